//! `/not-me`: "this was not me". The link of a message opens this form and does nothing; the code of the message does.

use std::time::Duration;

use askama::Template;

use super::Alert;
use crate::domain::reason::Reason;
use crate::ui::Frame;

/// The page that suspends an agent's credentials.
#[derive(Debug, Template)]
#[template(path = "pages/not_me.html")]
pub struct NotMe {
    pub frame: Frame,
    /// As the link brought it, or as typed.
    pub reference: String,
    pub problem: Option<NotMeProblem>,
}

/// Why the form is shown again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotMeProblem {
    /// `reset.invalid`: reference or code wrong, spent or too old.
    Invalid,
    /// `account.throttled`
    Throttled {
        wait: Duration,
    },
    FormExpired,
}

impl NotMe {
    /// What the browser's tab says.
    pub fn title(&self) -> String {
        let page = self.frame.t("not_me-title");
        match self.alert() {
            Some(alert) => format!("{} – {page}", alert.title),
            None => page,
        }
    }

    fn reason(&self) -> Option<&'static str> {
        let reason = match self.problem? {
            NotMeProblem::Invalid => Reason::ResetInvalid,
            NotMeProblem::Throttled { .. } => Reason::AccountThrottled,
            NotMeProblem::FormExpired => return None,
        };
        Some(reason.code())
    }

    fn alert(&self) -> Option<Alert> {
        let frame = &self.frame;
        Some(match self.problem? {
            NotMeProblem::Invalid => {
                Alert { title: frame.t("not_me-invalid-title"), text: frame.t("not_me-invalid-text") }
            }
            NotMeProblem::Throttled { wait } => Alert::reason(frame, Reason::AccountThrottled, Some(wait), None),
            NotMeProblem::FormExpired => {
                Alert { title: frame.t("form-expired-title"), text: frame.t("not_me-form-expired") }
            }
        })
    }

    fn fields_are_wrong(&self) -> bool {
        self.problem == Some(NotMeProblem::Invalid)
    }
}

/// The credentials are suspended.
#[derive(Debug, Template)]
#[template(path = "pages/not_me_done.html")]
pub struct NotMeDone {
    pub frame: Frame,
}

impl NotMeDone {
    /// What the browser's tab says.
    pub fn title(&self) -> String {
        self.frame.t("not_me_done-title")
    }
}
