//! `/activate`: the first password, with the code from a letter or a manager; and `/forgot-password/code`, the same form for
//! a code of the help desk. A wrong SOI and a wrong code read the same.

use std::time::Duration;

use askama::Template;

use super::{Alert, PasswordRules, concerns_again};
use crate::domain::password_policy::Breach;
use crate::domain::reason::Reason;
use crate::ui::Frame;

/// The activation page.
#[derive(Debug, Template)]
#[template(path = "pages/activate.html")]
pub struct Activate {
    pub frame: Frame,
    pub purpose: ActivatePurpose,
    pub interaction: Option<String>,
    pub soi: String,
    /// Kept when only the password was refused, so that nobody types a good code twice (WCAG 3.3.7); else empty.
    pub code: String,
    pub rules: PasswordRules,
    pub problem: Option<ActivateProblem>,
}

/// What the code is for, in the eyes of who opened the page. What it does is decided by the code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActivatePurpose {
    FirstLogin,
    Reset,
}

/// Why the form is shown again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActivateProblem {
    /// `activation.invalid`
    Invalid,
    /// `account.throttled`
    Throttled {
        wait: Duration,
    },
    /// `overloaded`
    Overloaded {
        wait: Duration,
    },
    Breach(Breach),
    FormExpired,
}

impl Activate {
    /// What the browser's tab says.
    pub fn title(&self) -> String {
        let page = self.heading();
        match self.alert() {
            Some(alert) => format!("{} – {page}", alert.title),
            None => page,
        }
    }

    fn is_reset(&self) -> bool {
        self.purpose == ActivatePurpose::Reset
    }

    fn action(&self) -> &'static str {
        if self.is_reset() { "/forgot-password/code" } else { "/activate" }
    }

    fn heading(&self) -> String {
        self.frame.t(if self.is_reset() { "code_handed-title" } else { "activate-title" })
    }

    fn lead(&self) -> String {
        self.frame.t(if self.is_reset() { "code_handed-lead" } else { "activate-lead" })
    }

    fn code_label(&self) -> String {
        self.frame.t(if self.is_reset() { "code_handed-label" } else { "code-label" })
    }

    fn code_hint(&self) -> String {
        self.frame.t(if self.is_reset() { "code_handed-hint" } else { "code-hint" })
    }

    fn submit(&self) -> String {
        self.frame.t(if self.is_reset() { "code_handed-submit" } else { "activate-submit" })
    }

    /// What a code that does not work is called: the same event, in the words of the page.
    const fn wrong_code(&self) -> Reason {
        match self.purpose {
            ActivatePurpose::FirstLogin => Reason::ActivationInvalid,
            ActivatePurpose::Reset => Reason::ResetInvalid,
        }
    }

    fn reason(&self) -> Option<&'static str> {
        let reason = match self.problem? {
            ActivateProblem::Invalid => self.wrong_code(),
            ActivateProblem::Throttled { .. } => Reason::AccountThrottled,
            ActivateProblem::Overloaded { .. } => Reason::Overloaded,
            ActivateProblem::Breach(_) | ActivateProblem::FormExpired => return None,
        };
        Some(reason.code())
    }

    fn alert(&self) -> Option<Alert> {
        Some(match self.problem? {
            ActivateProblem::Invalid => Alert::reason(&self.frame, self.wrong_code(), None, None),
            ActivateProblem::Throttled { wait } => Alert::throttled(&self.frame, wait),
            ActivateProblem::Overloaded { wait } => Alert::reason(&self.frame, Reason::Overloaded, Some(wait), None),
            ActivateProblem::Breach(breach) => Alert::breach(&self.frame, breach, self.rules),
            ActivateProblem::FormExpired => Alert::form_expired(&self.frame),
        })
    }

    fn breach(&self) -> Option<Breach> {
        match self.problem? {
            ActivateProblem::Breach(breach) => Some(breach),
            _ => None,
        }
    }

    fn code_is_wrong(&self) -> bool {
        self.problem == Some(ActivateProblem::Invalid)
    }

    fn new_password_is_wrong(&self) -> bool {
        self.breach().is_some() && !self.again_is_wrong()
    }

    fn again_is_wrong(&self) -> bool {
        concerns_again(self.breach())
    }
}
