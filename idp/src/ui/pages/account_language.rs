//! `/account/language`: the language of the pages in this browser, and of what Octroi writes to the agent.

use askama::Template;

use super::account::{NavigationEntry, Section, navigation};
use crate::domain::locale::Locale;
use crate::ui::Frame;

/// Each language by its own name.
const CHOICES: [(Locale, &str); 2] = [(Locale::Fr, "account_language-fr"), (Locale::En, "account_language-en")];

/// The choice of a language.
#[derive(Debug, Template)]
#[template(path = "pages/account_language.html")]
pub struct AccountLanguage {
    pub frame: Frame,
    /// The choice was saved a moment ago.
    pub is_saved: bool,
}

impl AccountLanguage {
    /// What the browser's tab says.
    pub fn title(&self) -> String {
        self.frame.t("account_language-title")
    }

    fn navigation(&self) -> Vec<NavigationEntry> {
        navigation(&self.frame, Section::Language)
    }
}
