//! Text messages: one sentence or two, in letters that every telephone has.

use super::Sms;
use super::gsm::spelled;
use super::words::{Names, Voice};
use crate::domain::notice::{FactorEvent, Notice};

/// The text message to this number. `say` has been told every other value that the notice holds.
pub fn written(notice: &Notice, mut say: Voice<'_>, names: &Names, to: &str) -> Sms {
    match notice {
        Notice::ChannelCode { code, .. }
        | Notice::ResetCode { code, .. }
        | Notice::FactorCode { code, .. }
        | Notice::EnrolmentCode { code, .. } => {
            say.args.set("code", code.reveal().to_owned());
        }
        Notice::ActivationCode { code, .. } => {
            say.args.set("code", code.reveal().to_owned());
            say.args.set("url", names.page("/activate"));
        }
        Notice::PasswordChanged { alarm, .. }
        | Notice::PasswordReset { alarm, .. }
        | Notice::ResetCodeIssued { alarm, .. }
        | Notice::ChannelChanged { alarm, .. }
        | Notice::Factors { alarm, .. } => {
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
        Notice::FactorCode { .. } => say.t("sms-factor_code"),
        Notice::EnrolmentCode { .. } => say.t("sms-enrolment_code"),
        Notice::Factors { event, .. } => match event {
            FactorEvent::Added { .. } => say.t("sms-factor_added"),
            FactorEvent::Removed { .. } => say.t("sms-factor_removed"),
            FactorEvent::RecoveryCodes => say.t("sms-recovery_codes"),
            FactorEvent::RecoveryCodeUsed { .. } => say.t("sms-recovery_code_used"),
            FactorEvent::Suspected => say.t("sms-factor_suspected"),
            FactorEvent::PassGiven { .. } => say.t("sms-manager_pass"),
            FactorEvent::EnrolmentVouched { .. } => say.t("sms-enrolment_vouched"),
            FactorEvent::CounterWentBack { .. } => say.t("sms-key_copied"),
        },
        Notice::PasswordExpires { .. } => say.t("sms-password_expires"),
        Notice::CredentialsSuspended { .. } => say.t("sms-credentials_suspended"),
        Notice::AlarmRaised { .. } => say.t("sms-alarm_raised"),
    };
    Sms { to: to.to_owned(), text: spelled(&text) }
}
