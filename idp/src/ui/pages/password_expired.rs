//! `/login/password`: a password that must be renewed, within the login itself. The ticket proves that the old one was
//! right, so it is not asked for again.

use askama::Template;

use super::factor::FactorProblem;
use super::{Alert, PasswordRules, concerns_again};
use crate::domain::password_policy::Breach;
use crate::domain::reason::Reason;
use crate::ui::Frame;
use crate::ui::words::{ReasonFacts, ReasonWords, breach};

/// The page that asks for a new password before going on.
#[derive(Debug, Template)]
#[template(path = "pages/password_expired.html")]
pub struct PasswordExpired {
    pub frame: Frame,
    pub why: PasswordRenewal,
    /// Proof of the password that was just verified; a hidden field.
    pub ticket: String,
    /// The pending authorization request, to which the login goes on.
    pub interaction: Option<String>,
    /// For the browser's password manager; a field without a name.
    pub soi: String,
    /// Where the login leads afterwards.
    pub application: Option<String>,
    pub rules: PasswordRules,
    /// Outside, a second factor is given beside the new password.
    pub asks_code: bool,
    pub problem: Option<PasswordExpiredProblem>,
}

/// Why it must be renewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordRenewal {
    /// Older than the policy allows.
    Expired {
        max_age_days: Option<u32>,
    },
    Compromised,
    /// The rules changed since it was chosen, and it breaks this one.
    Outdated(Breach),
}

/// Why the form is shown again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordExpiredProblem {
    Breach(Breach),
    /// The code beside the new password.
    Factor(FactorProblem),
    FormExpired,
}

impl PasswordExpired {
    /// What the browser's tab says.
    pub fn title(&self) -> String {
        match self.alert() {
            Some(alert) => format!("{} – {}", alert.title, self.heading()),
            None => self.heading(),
        }
    }

    fn heading(&self) -> String {
        match self.why {
            PasswordRenewal::Outdated(_) => self.frame.t("password_expired-outdated-title"),
            PasswordRenewal::Expired { .. } | PasswordRenewal::Compromised => self.words().title,
        }
    }

    const fn reason(&self) -> Reason {
        match self.why {
            PasswordRenewal::Expired { .. } | PasswordRenewal::Outdated(_) => Reason::PasswordExpired,
            PasswordRenewal::Compromised => Reason::PasswordCompromised,
        }
    }

    fn words(&self) -> ReasonWords {
        ReasonWords::new(&self.frame, self.reason(), &ReasonFacts::default())
    }

    /// Why, and where it goes on to.
    fn lead(&self) -> String {
        let why = match self.why {
            PasswordRenewal::Expired { max_age_days: Some(days) } => {
                self.frame.t_count("password_expired-older-than", "days", days)
            }
            PasswordRenewal::Outdated(broken) => {
                let broken = breach(self.frame.locale, broken, self.rules);
                self.frame.t_with("password_expired-outdated", "rule", &broken)
            }
            PasswordRenewal::Expired { max_age_days: None } | PasswordRenewal::Compromised => self.words().what,
        };
        let then = match &self.application {
            Some(name) => self.frame.t_with("password_expired-then-application", "application", name),
            None => self.frame.t("password_expired-then"),
        };
        format!("{why} {then}")
    }

    fn breach(&self) -> Option<Breach> {
        match self.problem? {
            PasswordExpiredProblem::Breach(breach) => Some(breach),
            PasswordExpiredProblem::Factor(_) | PasswordExpiredProblem::FormExpired => None,
        }
    }

    fn alert(&self) -> Option<Alert> {
        Some(match self.problem? {
            PasswordExpiredProblem::Breach(breach) => Alert::breach(&self.frame, breach, self.rules),
            PasswordExpiredProblem::Factor(problem) => Alert::factor(&self.frame, problem),
            PasswordExpiredProblem::FormExpired => Alert::form_expired(&self.frame),
        })
    }

    fn new_password_is_wrong(&self) -> bool {
        self.breach().is_some() && !self.again_is_wrong()
    }

    fn code_is_wrong(&self) -> bool {
        matches!(self.problem, Some(PasswordExpiredProblem::Factor(_)))
    }

    fn again_is_wrong(&self) -> bool {
        concerns_again(self.breach())
    }
}
