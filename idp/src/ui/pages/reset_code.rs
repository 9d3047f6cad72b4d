//! `/forgot-password/verify`, the second step: the code. It says the same whether or not one was sent.

use std::time::Duration;

use askama::Template;

use super::Alert;
use crate::domain::reason::Reason;
use crate::ui::Frame;

/// The page that asks for the code.
#[derive(Debug, Template)]
#[template(path = "pages/reset_code.html")]
pub struct ResetCode {
    pub frame: Frame,
    pub interaction: Option<String>,
    /// Names the attempt; a hidden field.
    pub ticket: String,
    /// Another code was asked for.
    pub is_resent: bool,
    pub problem: Option<ResetCodeProblem>,
}

/// Why the form is shown again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResetCodeProblem {
    /// `reset.invalid`; so many tries are left.
    Wrong { left: u32 },
    /// `reset.invalid`: too old.
    Expired,
    /// Not eight digits.
    NoCode,
    /// `account.throttled`: nothing was looked at.
    Throttled { wait: Duration },
}

impl ResetCode {
    /// What the browser's tab says.
    pub fn title(&self) -> String {
        let page = self.frame.t("reset_code-title");
        match self.alert() {
            Some(alert) => format!("{} – {page}", alert.title),
            None => page,
        }
    }

    fn reason(&self) -> Option<&'static str> {
        let reason = match self.problem? {
            ResetCodeProblem::Wrong { .. } | ResetCodeProblem::Expired => Reason::ResetInvalid,
            ResetCodeProblem::Throttled { .. } => Reason::AccountThrottled,
            ResetCodeProblem::NoCode => return None,
        };
        Some(reason.code())
    }

    fn alert(&self) -> Option<Alert> {
        let frame = &self.frame;
        Some(match self.problem? {
            ResetCodeProblem::Wrong { left } => {
                let after = frame.t_count("reset_code-left", "left", left);
                Alert::reason(frame, Reason::ResetInvalid, None, Some(after))
            }
            ResetCodeProblem::Expired => {
                Alert { title: frame.t("reset-expired-title"), text: frame.t("reset-expired-text") }
            }
            ResetCodeProblem::NoCode => {
                Alert { title: frame.t("reset-no_code-title"), text: frame.t("reset-no_code-text") }
            }
            ResetCodeProblem::Throttled { wait } => Alert::throttled(frame, wait),
        })
    }

    fn news(&self) -> String {
        self.frame.t(if self.is_resent { "reset_code-resent" } else { "reset_code-sent" })
    }

    /// The code is at fault, not the moment.
    fn code_is_wrong(&self) -> bool {
        self.problem.is_some_and(|problem| !matches!(problem, ResetCodeProblem::Throttled { .. }))
    }
}
