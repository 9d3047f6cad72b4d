//! `/account/password`: another password, chosen in a session.

use std::time::Duration;

use askama::Template;

use super::account::{NavigationEntry, Section, navigation};
use super::{Alert, PasswordRules, concerns_again};
use crate::domain::password_policy::Breach;
use crate::domain::reason::Reason;
use crate::ui::Frame;

/// The page to change the password.
#[derive(Debug, Template)]
#[template(path = "pages/account_password.html")]
pub struct AccountPassword {
    pub frame: Frame,
    /// For the browser's password manager; a field without a name.
    pub soi: String,
    pub rules: PasswordRules,
    /// Here the password may be changed; elsewhere the page says where.
    pub may_change: bool,
    pub problem: Option<AccountPasswordProblem>,
}

/// Why the form is shown again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountPasswordProblem {
    /// The present password is wrong.
    Current,
    Breach(Breach),
    /// `account.throttled`
    Throttled {
        wait: Duration,
    },
    /// `overloaded`
    Overloaded {
        wait: Duration,
    },
}

impl AccountPassword {
    /// What the browser's tab says.
    pub fn title(&self) -> String {
        let page = self.frame.t("account_password-title");
        match self.alert() {
            Some(alert) => format!("{} – {page}", alert.title),
            None => page,
        }
    }

    fn navigation(&self) -> Vec<NavigationEntry> {
        navigation(&self.frame, Section::Password)
    }

    fn alert(&self) -> Option<Alert> {
        Some(match self.problem? {
            AccountPasswordProblem::Current => Alert {
                title: self.frame.t("account_password-wrong-title"),
                text: self.frame.t("account_password-wrong-text"),
            },
            AccountPasswordProblem::Breach(breach) => Alert::breach(&self.frame, breach, self.rules),
            AccountPasswordProblem::Throttled { wait } => Alert::throttled(&self.frame, wait),
            AccountPasswordProblem::Overloaded { wait } => {
                Alert::reason(&self.frame, Reason::Overloaded, Some(wait), None)
            }
        })
    }

    fn field_at_fault(&self) -> Option<&'static str> {
        match self.problem? {
            AccountPasswordProblem::Current => Some("current_password"),
            AccountPasswordProblem::Breach(Breach::Mismatch) => Some("new_password_again"),
            AccountPasswordProblem::Breach(_) => Some("new_password"),
            AccountPasswordProblem::Throttled { .. } | AccountPasswordProblem::Overloaded { .. } => None,
        }
    }

    fn current_is_wrong(&self) -> bool {
        self.problem == Some(AccountPasswordProblem::Current)
    }

    fn breach(&self) -> Option<Breach> {
        match self.problem? {
            AccountPasswordProblem::Breach(breach) => Some(breach),
            _ => None,
        }
    }

    fn new_password_is_wrong(&self) -> bool {
        self.breach().is_some() && !self.again_is_wrong()
    }

    fn again_is_wrong(&self) -> bool {
        concerns_again(self.breach())
    }
}
