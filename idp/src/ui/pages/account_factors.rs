//! `/account/factors`: the agent's second factors, named, with their last use; and how many recovery codes are left.

use askama::Template;

use super::Alert;
use super::account::{NavigationEntry, Section, navigation};
use crate::domain::factor::SecondFactor;
use crate::ui::Frame;

/// The list.
#[derive(Debug, Template)]
#[template(path = "pages/account_factors.html")]
pub struct AccountFactors {
    pub frame: Frame,
    pub factors: Vec<ShownFactor>,
    /// Recovery codes that are left; `None`: no factor, hence none.
    pub recovery_left: Option<u32>,
    /// A set that was made a moment ago, shown once.
    pub new_codes: Vec<String>,
    pub is_removed: bool,
    pub problem: Option<AccountFactorsProblem>,
}

/// One factor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownFactor {
    pub factor: SecondFactor,
    pub id: String,
    pub name: String,
    /// Local dates.
    pub added_on: String,
    pub used_on: Option<String>,
}

/// Why nothing was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountFactorsProblem {
    /// The rules ask for a factor, and it is the last one.
    LastOne,
    /// A factor is given in this session first.
    GiveFactor,
}

impl ShownFactor {
    fn kind(&self) -> &'static str {
        match self.factor {
            SecondFactor::Passkey => "account_factors-passkey",
            _ => "account_factors-totp",
        }
    }
}

impl AccountFactors {
    /// What the browser's tab says.
    pub fn title(&self) -> String {
        let page = self.frame.t("account_factors-title");
        match self.alert() {
            Some(alert) => format!("{} – {page}", alert.title),
            None => page,
        }
    }

    fn navigation(&self) -> Vec<NavigationEntry> {
        navigation(&self.frame, Section::Factors)
    }

    fn alert(&self) -> Option<Alert> {
        let say = |title, text| Some(Alert { title: self.frame.t(title), text: self.frame.t(text) });
        match self.problem? {
            AccountFactorsProblem::LastOne => say("account_factors-last-title", "account_factors-last-text"),
            AccountFactorsProblem::GiveFactor => say("account_factors-give-title", "account_factors-give-text"),
        }
    }

    fn left(&self) -> Option<String> {
        self.recovery_left.map(|left| self.frame.t_count("account_factors-recovery-left", "left", left))
    }

    fn asks_for_factor(&self) -> bool {
        self.problem == Some(AccountFactorsProblem::GiveFactor)
    }
}
