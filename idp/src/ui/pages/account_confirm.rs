//! `/account/confirm`: the password given again before a sensitive act.

use std::time::Duration;

use askama::Template;

use super::Alert;
use super::account::{APPROVALS, NavigationEntry, Section, navigation_on};
use crate::domain::reason::Reason;
use crate::ui::Frame;

/// The page that asks for the password again.
#[derive(Debug, Template)]
#[template(path = "pages/account_confirm.html")]
pub struct AccountConfirm {
    pub frame: Frame,
    /// For the browser's password manager; a field without a name.
    pub soi: String,
    /// Where it goes on to: one of our own paths.
    pub to: &'static str,
    pub problem: Option<AccountConfirmProblem>,
}

/// Why the form is shown again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountConfirmProblem {
    WrongPassword,
    /// `account.throttled`
    Throttled {
        wait: Duration,
    },
    /// `overloaded`
    Overloaded {
        wait: Duration,
    },
}

impl AccountConfirm {
    /// What the browser's tab says.
    pub fn title(&self) -> String {
        let page = self.frame.t("account_confirm-title");
        match self.alert() {
            Some(alert) => format!("{} – {page}", alert.title),
            None => page,
        }
    }

    /// Where the navigation shows this page: where it goes on to.
    fn navigation(&self) -> Vec<NavigationEntry> {
        let of = |section: &Section| *section != Section::Overview && self.to.starts_with(section.path());
        let section = Section::ALL.into_iter().find(of).unwrap_or(Section::Overview);
        navigation_on(&self.frame, if self.to == APPROVALS { APPROVALS } else { section.path() })
    }

    fn alert(&self) -> Option<Alert> {
        Some(match self.problem? {
            AccountConfirmProblem::WrongPassword => Alert {
                title: self.frame.t("account_confirm-wrong-title"),
                text: self.frame.t("account_confirm-wrong-text"),
            },
            AccountConfirmProblem::Throttled { wait } => Alert::throttled(&self.frame, wait),
            AccountConfirmProblem::Overloaded { wait } => {
                Alert::reason(&self.frame, Reason::Overloaded, Some(wait), None)
            }
        })
    }

    fn is_wrong(&self) -> bool {
        self.problem == Some(AccountConfirmProblem::WrongPassword)
    }

    fn field_at_fault(&self) -> Option<&'static str> {
        self.is_wrong().then_some("current_password")
    }
}
