//! Text messages: one sentence or two, in letters that every telephone has.

use super::Sms;
use super::gsm::spelled;
use super::words::{Names, Voice};
use crate::domain::notice::Notice;

/// The text message to this number. `say` has been told every other value that the notice holds.
pub fn written(notice: &Notice, mut say: Voice<'_>, names: &Names, to: &str) -> Sms {
    match notice {
        Notice::ChannelCode { code, .. } | Notice::ResetCode { code, .. } => {
            say.args.set("code", code.reveal().to_owned());
        }
        Notice::ActivationCode { code, .. } => {
            say.args.set("code", code.reveal().to_owned());
            say.args.set("url", names.page("/activate"));
        }
        Notice::PasswordChanged { alarm, .. }
        | Notice::PasswordReset { alarm, .. }
        | Notice::ResetCodeIssued { alarm, .. }
        | Notice::ChannelChanged { alarm, .. } => {
            say.args.set("alarm", alarm.code.reveal().to_owned());
            say.args.set("url", names.not_me(&alarm.reference));
        }
        Notice::PasswordExpires { .. } => say.args.set("url", names.page("/account/password")),
        Notice::CredentialsSuspended { .. } | Notice::AlarmRaised { .. } => {}
    }
    let text = match notice {
        Notice::ChannelCode { .. } => say.t("sms-code"),
        Notice::ResetCode { .. } => say.t("sms-reset_code"),
        Notice::ActivationCode { .. } => say.t("sms-activation_code"),
        Notice::PasswordChanged { .. } => say.t("sms-password_changed"),
        Notice::PasswordReset { .. } => say.t("sms-password_reset"),
        Notice::ResetCodeIssued { .. } => say.t("sms-reset_code_issued"),
        Notice::ChannelChanged { .. } => say.t("sms-channel_changed"),
        Notice::PasswordExpires { .. } => say.t("sms-password_expires"),
        Notice::CredentialsSuspended { .. } => say.t("sms-credentials_suspended"),
        Notice::AlarmRaised { .. } => say.t("sms-alarm_raised"),
    };
    Sms { to: to.to_owned(), text: spelled(&text) }
}
