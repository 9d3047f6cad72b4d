//! `/approvals`: a manager's agents, and the code that is told to one of them, shown once.

use askama::Template;

use super::Alert;
use super::account::{APPROVALS, NavigationEntry, navigation_on};
use crate::domain::vouching::{Unvouched, Voucher};
use crate::ui::Frame;

/// The list.
#[derive(Debug, Template)]
#[template(path = "pages/approvals.html")]
pub struct Approvals {
    pub frame: Frame,
    pub agents: Vec<ShownReport>,
    /// A code that was made a moment ago.
    pub issued: Option<IssuedCode>,
    pub problem: Option<ApprovalsProblem>,
}

/// One agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownReport {
    pub soi: String,
    pub name: String,
    pub position: Option<String>,
    pub may: Result<Voucher, Unvouched>,
    /// The local date from which on a pass is possible, where it is not yet.
    pub from: Option<String>,
}

/// A code that was issued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuedCode {
    pub voucher: Voucher,
    pub name: String,
    /// Grouped for reading.
    pub code: String,
    /// Local time.
    pub until: String,
}

/// Why no code was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApprovalsProblem {
    /// Somebody else's agent, or one who does not work today.
    NotYours,
    /// What was possible is so no more: the list says why.
    Changed,
}

impl ShownReport {
    /// What can be given: its hint, and its button.
    fn offer(&self) -> Option<(&'static str, &'static str)> {
        Some(match self.may.ok()? {
            Voucher::Pass => ("approvals-pass-hint", "approvals-pass"),
            Voucher::Enrolment => ("approvals-enrolment-hint", "approvals-enrolment"),
        })
    }

    fn why_not(&self, frame: &Frame) -> Option<String> {
        let until = self.from.as_deref().unwrap_or_default();
        match self.may.err()? {
            Unvouched::Privileged => Some(frame.t("approvals-not-privileged")),
            Unvouched::AfterReset { .. } => Some(frame.t_with("approvals-not-after_reset", "until", until)),
            Unvouched::PassGiven { .. } => Some(frame.t_with("approvals-not-pass_given", "until", until)),
            Unvouched::NotYours | Unvouched::NotWorking | Unvouched::HasFactor | Unvouched::NoFactor => None,
        }
    }
}

impl Approvals {
    /// What the browser's tab says.
    pub fn title(&self) -> String {
        let page = self.frame.t("approvals-title");
        match self.alert() {
            Some(alert) => format!("{} – {page}", alert.title),
            None => page,
        }
    }

    fn navigation(&self) -> Vec<NavigationEntry> {
        navigation_on(&self.frame, APPROVALS)
    }

    fn alert(&self) -> Option<Alert> {
        let text = match self.problem? {
            ApprovalsProblem::NotYours => "approvals-refused-not_yours",
            ApprovalsProblem::Changed => "approvals-refused-changed",
        };
        Some(Alert { title: self.frame.t("approvals-refused-title"), text: self.frame.t(text) })
    }

    fn issued_title(&self, issued: &IssuedCode) -> String {
        let id = match issued.voucher {
            Voucher::Pass => "approvals-issued-pass",
            Voucher::Enrolment => "approvals-issued-enrolment",
        };
        self.frame.t_with(id, "name", &issued.name)
    }
}
