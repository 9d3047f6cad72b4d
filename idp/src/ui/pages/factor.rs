//! `/login/factor`: what an agent gives beside the password. One way at a time, the others one click away.

use std::time::Duration;

use askama::Template;

use super::Alert;
use crate::domain::channel::ChannelKind;
use crate::domain::factor::SecondFactor;
use crate::domain::reason::Reason;
use crate::ui::{Frame, words};

/// The page that asks for a second factor.
#[derive(Debug, Template)]
#[template(path = "pages/factor.html")]
pub struct Factor {
    pub frame: Frame,
    /// Where it leads: the pending authorization request, or a page of ours.
    pub interaction: Option<String>,
    pub to: Option<&'static str>,
    pub application: Option<String>,
    pub way: FactorWay,
    /// The other ways, with the address of each.
    pub others: Vec<OtherWay>,
    /// The application would welcome it and goes on without.
    pub is_wish: bool,
    pub problem: Option<FactorProblem>,
}

/// The way that the form asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FactorWay {
    Passkey,
    Totp,
    /// A code that is sent, or was sent.
    SecondChannel {
        factor: SecondFactor,
        kind: ChannelKind,
        masked: String,
        is_sent: bool,
    },
    RecoveryCode {
        left: u32,
    },
    ManagerPass {
        manager: String,
    },
}

impl FactorWay {
    /// The value of the field `way`.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Passkey => "passkey",
            Self::Totp => "totp",
            Self::SecondChannel { kind, .. } => kind.as_str(),
            Self::RecoveryCode { .. } => "recovery_code",
            Self::ManagerPass { .. } => "manager_pass",
        }
    }
}

/// A way that is not the one of the form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherWay {
    pub way: FactorWay,
    pub href: String,
}

/// Why the form is shown again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FactorProblem {
    /// What was typed is no code of ours.
    Shape,
    Wrong,
    /// The code has been used before.
    Used,
    /// There is none to be typed any more.
    Gone,
    Throttled {
        wait: Duration,
    },
    /// Too many codes were sent; the next one later.
    TooManySent {
        wait: Duration,
    },
    /// No code is sent any more in this session.
    NoMore,
    /// The key's answer was not accepted.
    Key,
    FormExpired,
}

impl Factor {
    /// What the browser's tab says.
    pub fn title(&self) -> String {
        match self.alert() {
            Some(alert) => format!("{} – {}", alert.title, self.heading()),
            None => self.heading(),
        }
    }

    fn heading(&self) -> String {
        self.frame.t("factor-title")
    }

    fn lead(&self) -> String {
        match &self.way {
            FactorWay::Passkey => self.frame.t("factor-lead-passkey"),
            FactorWay::Totp => self.frame.t("factor-lead-totp"),
            FactorWay::SecondChannel { is_sent: false, masked, .. } => {
                self.frame.t_with("factor-lead-channel", "address", &words::masked(masked))
            }
            FactorWay::SecondChannel { is_sent: true, masked, .. } => {
                self.frame.t_with("factor-lead-channel-sent", "address", &words::masked(masked))
            }
            FactorWay::RecoveryCode { left } => self.frame.t_count("factor-lead-recovery", "left", *left),
            FactorWay::ManagerPass { manager } => self.frame.t_with("factor-lead-manager", "manager", manager),
        }
    }

    fn link(&self, way: &FactorWay) -> String {
        match way {
            FactorWay::Passkey => self.frame.t("factor-way-passkey"),
            FactorWay::Totp => self.frame.t("factor-way-totp"),
            FactorWay::SecondChannel { masked, .. } => {
                self.frame.t_with("factor-way-channel", "address", &words::masked(masked))
            }
            FactorWay::RecoveryCode { .. } => self.frame.t("factor-way-recovery"),
            FactorWay::ManagerPass { manager } => self.frame.t_with("factor-way-manager", "manager", manager),
        }
    }

    fn label(&self) -> String {
        match &self.way {
            FactorWay::RecoveryCode { .. } => self.frame.t("factor-label-recovery"),
            FactorWay::ManagerPass { .. } => self.frame.t("factor-label-manager"),
            _ => self.frame.t("factor-label-code"),
        }
    }

    fn hint(&self) -> String {
        match &self.way {
            FactorWay::RecoveryCode { .. } => self.frame.t("factor-hint-recovery"),
            FactorWay::ManagerPass { .. } => self.frame.t("factor-hint-manager"),
            FactorWay::Totp => self.frame.t("factor-hint-totp"),
            _ => self.frame.t("factor-hint-channel"),
        }
    }

    /// What helps whose telephone is lost: no more than what can be given here.
    fn lost(&self) -> String {
        let ways = || std::iter::once(&self.way).chain(self.others.iter().map(|other| &other.way));
        let recovery = ways().any(|way| matches!(way, FactorWay::RecoveryCode { .. }));
        let manager = ways().any(|way| matches!(way, FactorWay::ManagerPass { .. }));
        self.frame.t(match (recovery, manager) {
            (true, true) => "factor-lost-text",
            (true, false) => "factor-lost-text-recovery",
            (false, true) => "factor-lost-text-manager",
            (false, false) => "factor-lost-text-support",
        })
    }

    fn is_numeric(&self) -> bool {
        matches!(self.way, FactorWay::Totp | FactorWay::SecondChannel { .. })
    }

    fn is_passkey(&self) -> bool {
        self.way == FactorWay::Passkey
    }

    /// Nothing is typed before the code is sent.
    fn is_to_be_sent(&self) -> bool {
        matches!(self.way, FactorWay::SecondChannel { is_sent: false, .. })
    }

    fn is_sent(&self) -> bool {
        matches!(self.way, FactorWay::SecondChannel { is_sent: true, .. })
    }

    fn reason(&self) -> Reason {
        match self.problem {
            Some(FactorProblem::Throttled { .. } | FactorProblem::TooManySent { .. } | FactorProblem::NoMore) => {
                Reason::AccountThrottled
            }
            Some(FactorProblem::Wrong | FactorProblem::Used | FactorProblem::Key) => Reason::FactorInvalid,
            _ => Reason::FactorRequired,
        }
    }

    fn alert(&self) -> Option<Alert> {
        let say = |title, text| Some(Alert { title: self.frame.t(title), text: self.frame.t(text) });
        match (self.problem?, &self.way) {
            (FactorProblem::Shape, _) if !self.is_numeric() => say("factor-shape-title", "factor-shape-text-long"),
            // The clock of a telephone matters to its application only.
            (FactorProblem::Wrong, FactorWay::SecondChannel { .. }) => {
                say("factor-wrong-title", "factor-wrong-text-sent")
            }
            (FactorProblem::Wrong, FactorWay::RecoveryCode { .. } | FactorWay::ManagerPass { .. }) => {
                say("factor-wrong-title", "factor-wrong-text-long")
            }
            (problem, _) => Some(Alert::factor(&self.frame, problem)),
        }
    }

    fn field_is_wrong(&self) -> bool {
        matches!(
            self.problem,
            Some(FactorProblem::Shape | FactorProblem::Wrong | FactorProblem::Used | FactorProblem::Gone)
        )
    }
}

impl Alert {
    /// A factor was not accepted. The password was right before: the truth is told.
    pub(super) fn factor(frame: &Frame, problem: FactorProblem) -> Self {
        let say = |title, text| Self { title: frame.t(title), text: frame.t(text) };
        match problem {
            FactorProblem::Shape => say("factor-shape-title", "factor-shape-text"),
            FactorProblem::Wrong => say("factor-wrong-title", "factor-wrong-text"),
            FactorProblem::Used => say("factor-used-title", "factor-used-text"),
            FactorProblem::Gone => say("factor-gone-title", "factor-gone-text"),
            FactorProblem::Throttled { wait } => Self::throttled(frame, wait),
            FactorProblem::TooManySent { wait } => {
                let text = frame.t_with("factor-too_many-text", "wait", &words::wait(frame.locale, wait));
                Self { title: frame.t("factor-too_many-title"), text }
            }
            FactorProblem::NoMore => say("factor-no_more-title", "factor-no_more-text"),
            FactorProblem::Key => say("factor-key-title", "factor-key-text"),
            FactorProblem::FormExpired => Self::form_expired(frame),
        }
    }
}
