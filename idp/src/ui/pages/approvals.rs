//! `/approvals`: a manager's agents, and the code that is told to one of them, shown once.

use askama::Template;

use super::Alert;
use super::account::{APPROVALS, NavigationEntry, navigation_on};
use crate::domain::vouching::{Unvouched, Voucher};
use crate::i18n::text_with;
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
    fn why_not(&self, frame: &Frame) -> Option<String> {
        let why = self.may.err()?;
        let mut args = fluent_bundle::FluentArgs::new();
        args.set("until", self.from.as_deref().unwrap_or_default());
        Some(text_with(frame.locale, &format!("approvals-not-{}", why.as_str()), &args))
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
        self.frame.t_with(&format!("approvals-issued-{}", issued.voucher), "name", &issued.name)
    }
}
