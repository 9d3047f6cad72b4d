//! What a mail says, piece by piece, before it becomes text and HTML.

use super::moments::Calendar;
use super::plain::plain;
use super::words::{Names, Voice};
use crate::domain::notice::{Alarm, Circumstances, FactorEvent, Notice, ShownCode};
use crate::domain::zone::NetworkZone;

/// The pieces in the order in which they are read.
#[derive(Default)]
pub struct Content {
    pub subject: String,
    pub paragraphs: Vec<String>,
    /// Alone on its line.
    pub code: Option<String>,
    /// A page of ours; it acts on POST only.
    pub link: Option<String>,
    /// When and from where.
    pub facts: Vec<String>,
    pub after: Vec<String>,
    pub alarm: Option<AlarmContent>,
}

/// "This was not me."
pub struct AlarmContent {
    pub link: String,
    pub code: String,
}

impl AlarmContent {
    pub fn new(alarm: &Alarm, names: &Names) -> Self {
        Self { link: names.not_me(&alarm.reference), code: alarm.code.reveal().to_owned() }
    }
}

/// What is said of a notice. `say` has been told every value that the notice holds.
pub fn of(notice: &Notice, say: &Voice<'_>, names: &Names, calendar: Calendar<'_>) -> Content {
    let coded = |subject: String, text: String, code: &ShownCode, after: String| Content {
        subject,
        paragraphs: vec![text],
        code: Some(code.reveal().to_owned()),
        after: vec![after],
        ..Content::default()
    };
    let told = |subject: String, text: String, facts: Vec<String>, alarm: &Alarm| Content {
        subject,
        paragraphs: vec![text],
        facts,
        alarm: Some(AlarmContent::new(alarm, names)),
        ..Content::default()
    };
    match notice {
        Notice::ChannelCode { code, .. } => coded(
            say.t("mail-channel_code-subject"),
            say.t("mail-channel_code-text"),
            code,
            say.t("mail-channel_code-ignore"),
        ),
        Notice::ResetCode { code, .. } => coded(
            say.t("mail-reset_code-subject"),
            say.t("mail-reset_code-text"),
            code,
            say.t("mail-reset_code-ignore"),
        ),
        Notice::ActivationCode { code, .. } => Content {
            link: Some(names.page("/activate")),
            ..coded(
                say.t("mail-activation_code-subject"),
                say.t("mail-activation_code-text"),
                code,
                say.t("mail-activation_code-soi"),
            )
        },
        Notice::PasswordChanged { circumstances, alarm } => told(
            say.t("mail-password_changed-subject"),
            say.t("mail-password_changed-text"),
            facts(circumstances, say, calendar),
            alarm,
        ),
        Notice::PasswordReset { circumstances, alarm, .. } => told(
            say.t("mail-password_reset-subject"),
            say.t("mail-password_reset-text"),
            facts(circumstances, say, calendar),
            alarm,
        ),
        Notice::ResetCodeIssued { alarm, .. } => {
            told(say.t("mail-reset_code_issued-subject"), say.t("mail-reset_code_issued-text"), Vec::new(), alarm)
        }
        Notice::ChannelChanged { now, circumstances, alarm, .. } => {
            let text = match now {
                Some(_) => say.t("mail-channel_changed-text"),
                None => say.t("mail-channel_changed-removed"),
            };
            told(say.t("mail-channel_changed-subject"), text, facts(circumstances, say, calendar), alarm)
        }
        Notice::FactorCode { code, .. } => coded(
            say.t("mail-factor_code-subject"),
            say.t("mail-factor_code-text"),
            code,
            say.t("mail-factor_code-ignore"),
        ),
        Notice::EnrolmentCode { code, .. } => coded(
            say.t("mail-enrolment_code-subject"),
            say.t("mail-enrolment_code-text"),
            code,
            say.t("mail-enrolment_code-ignore"),
        ),
        Notice::Factors { event, circumstances, alarm } => {
            let (subject, text) = match event {
                FactorEvent::Added { .. } => ("mail-factor_added-subject", "mail-factor_added-text"),
                FactorEvent::Removed { .. } => ("mail-factor_removed-subject", "mail-factor_removed-text"),
                FactorEvent::RecoveryCodes => ("mail-recovery_codes-subject", "mail-recovery_codes-text"),
                FactorEvent::RecoveryCodeUsed { .. } => {
                    ("mail-recovery_code_used-subject", "mail-recovery_code_used-text")
                }
                FactorEvent::Suspected => ("mail-factor_suspected-subject", "mail-factor_suspected-text"),
                FactorEvent::PassGiven { .. } => ("mail-manager_pass-subject", "mail-manager_pass-text"),
                FactorEvent::EnrolmentVouched { .. } => {
                    ("mail-enrolment_vouched-subject", "mail-enrolment_vouched-text")
                }
                FactorEvent::CounterWentBack { .. } => ("mail-key_copied-subject", "mail-key_copied-text"),
            };
            told(say.t(subject), say.t(text), facts(circumstances, say, calendar), alarm)
        }
        Notice::PasswordExpires { .. } => Content {
            subject: say.t("mail-password_expires-subject"),
            paragraphs: vec![say.t("mail-password_expires-text")],
            link: Some(names.page("/account/password")),
            ..Content::default()
        },
        Notice::CredentialsSuspended { .. } => Content {
            subject: say.t("mail-credentials_suspended-subject"),
            paragraphs: vec![say.t("mail-credentials_suspended-text"), say.t("mail-credentials_suspended-next")],
            ..Content::default()
        },
        Notice::AlarmRaised { .. } => Content {
            subject: say.t("mail-alarm_raised-subject"),
            paragraphs: vec![say.t("mail-alarm_raised-text"), say.t("mail-alarm_raised-next")],
            ..Content::default()
        },
    }
}

/// When and from where something was done.
fn facts(circumstances: &Circumstances, say: &Voice<'_>, calendar: Calendar<'_>) -> Vec<String> {
    let mut facts = vec![say.with("mail-when", "when", calendar.moment(circumstances.at))];
    if let Some(zone) = circumstances.zone {
        let place = match zone {
            NetworkZone::Internal => say.t("mail-where-internal"),
            NetworkZone::Nomades => say.t("mail-where-nomades"),
        };
        facts.push(say.with("mail-where", "where", place));
    }
    if let Some(browser) = circumstances.browser.as_deref().map(plain).filter(|name| !name.is_empty()) {
        facts.push(say.with("mail-browser", "browser", browser));
    }
    facts
}
