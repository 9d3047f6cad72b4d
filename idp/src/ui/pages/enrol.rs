//! `/login/enrol`: a factor is enrolled: confirmed where it is the first one, chosen, proved by its first use; and the recovery codes,
//! shown once.

use std::time::Duration;

use askama::Template;

use super::Alert;
use crate::domain::channel::ChannelKind;
use crate::domain::factor::SecondFactor;
use crate::domain::reason::Reason;
use crate::ui::{Frame, words};

/// The page in one of its steps.
#[derive(Debug, Template)]
#[template(path = "pages/enrol.html")]
pub struct Enrol {
    pub frame: Frame,
    pub interaction: Option<String>,
    pub to: Option<&'static str>,
    pub application: Option<String>,
    pub step: EnrolStep,
    /// "Later" is heard; up to which day, `JJ/MM/AAAA`.
    pub may_postpone: Option<String>,
    /// The page is here because the rules ask for a factor.
    pub is_asked_for: bool,
    pub problem: Option<EnrolProblem>,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EnrolStep {
    /// Who it is, is confirmed first: over an address, or by the manager.
    Confirm { addresses: Vec<(ChannelKind, String)>, manager: Option<String>, sent: Option<(ChannelKind, String)> },
    /// Which factor.
    Choose { passkey: bool },
    /// The key goes into an application.
    Totp { token: String, qr: String, key: String, name: String },
    /// A passkey is made by the browser.
    Passkey { token: String, options: String, name: String },
    /// The codes for the day without the telephone.
    RecoveryCodes { codes: Vec<String>, onward: String },
}

/// Why it is shown again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EnrolProblem {
    Shape,
    /// The manager's code is not whole.
    ManagerShape,
    Wrong,
    Gone,
    /// The code that confirms cannot be used any more.
    CodeGone,
    Name,
    TooMany,
    Throttled {
        wait: Duration,
    },
    TooManySent {
        wait: Duration,
    },
    /// No code is sent any more in this session.
    NoMore,
    Key,
}

/// The name that a new factor has until its agent gives another one.
pub fn default_name(frame: &Frame, factor: SecondFactor) -> String {
    match factor {
        SecondFactor::Passkey => frame.t("enrol-name-default-passkey"),
        _ => frame.t("enrol-name-default-totp"),
    }
}

impl EnrolStep {
    /// Title and first sentence.
    const fn words(&self) -> (&'static str, &'static str) {
        match self {
            Self::Confirm { .. } => ("enrol-confirm-title", "enrol-confirm-lead"),
            Self::Choose { .. } => ("enrol-choose-title", "enrol-choose-lead"),
            Self::Totp { .. } => ("enrol-totp-title", "enrol-totp-lead"),
            Self::Passkey { .. } => ("enrol-passkey-title", "enrol-passkey-lead"),
            Self::RecoveryCodes { .. } => ("enrol-recovery-title", "enrol-recovery-lead"),
        }
    }
}

impl Enrol {
    /// What the browser's tab says.
    pub fn title(&self) -> String {
        match self.alert() {
            Some(alert) => format!("{} – {}", alert.title, self.heading()),
            None => self.heading(),
        }
    }

    fn heading(&self) -> String {
        self.frame.t(self.step.words().0)
    }

    fn lead(&self) -> String {
        self.frame.t(self.step.words().1)
    }

    fn is_passkey(&self) -> bool {
        matches!(self.step, EnrolStep::Passkey { .. })
    }

    fn reason(&self) -> Option<Reason> {
        self.is_asked_for.then_some(Reason::FactorEnrolmentNeeded)
    }

    fn alert(&self) -> Option<Alert> {
        let say = |title, text| Some(Alert { title: self.frame.t(title), text: self.frame.t(text) });
        let sentence = |title, text, wait| {
            let text = self.frame.t_with(text, "wait", &words::wait(self.frame.locale, wait));
            Some(Alert { title: self.frame.t(title), text })
        };
        match self.problem? {
            EnrolProblem::Shape => say("factor-shape-title", "factor-shape-text"),
            EnrolProblem::ManagerShape => say("factor-shape-title", "factor-shape-text-long"),
            EnrolProblem::Wrong if matches!(self.step, EnrolStep::Confirm { .. }) => {
                say("factor-wrong-title", "factor-wrong-text-long")
            }
            EnrolProblem::Wrong => say("factor-wrong-title", "factor-wrong-text"),
            EnrolProblem::CodeGone => say("factor-gone-title", "factor-gone-text"),
            EnrolProblem::Gone => say("enrol-gone-title", "enrol-gone-text"),
            EnrolProblem::Name => say("enrol-name-title", "enrol-name-text"),
            EnrolProblem::TooMany => say("enrol-too_many-title", "enrol-too_many-text"),
            EnrolProblem::Throttled { wait } => Some(Alert::throttled(&self.frame, wait)),
            EnrolProblem::TooManySent { wait } => sentence("factor-too_many-title", "factor-too_many-text", wait),
            EnrolProblem::NoMore => say("factor-no_more-title", "factor-no_more-text"),
            EnrolProblem::Key => say("enrol-key-title", "enrol-key-text"),
        }
    }

    fn code_is_wrong(&self) -> bool {
        matches!(
            self.problem,
            Some(EnrolProblem::Shape | EnrolProblem::Wrong | EnrolProblem::CodeGone | EnrolProblem::Gone)
        )
    }

    fn name_is_wrong(&self) -> bool {
        self.problem == Some(EnrolProblem::Name)
    }
}
