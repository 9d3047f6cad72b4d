//! `/` and `/account`: who is signed in here, how things stand with the account, and the way out. The navigation that all
//! account pages share stands here too.

use askama::Template;

use crate::ui::Frame;

/// One page of the account, as the navigation lists them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    Overview,
    Password,
    Factors,
    Contact,
    Sessions,
    Activity,
    Language,
}

impl Section {
    /// All, in the order of the navigation.
    pub const ALL: [Self; 7] =
        [Self::Overview, Self::Password, Self::Factors, Self::Contact, Self::Sessions, Self::Activity, Self::Language];

    /// Where it is.
    pub const fn path(self) -> &'static str {
        match self {
            Self::Overview => "/account",
            Self::Password => "/account/password",
            Self::Factors => "/account/factors",
            Self::Contact => "/account/contact",
            Self::Sessions => "/account/sessions",
            Self::Activity => "/account/activity",
            Self::Language => "/account/language",
        }
    }

    const fn label(self) -> &'static str {
        match self {
            Self::Overview => "account-nav-overview",
            Self::Password => "account-nav-password",
            Self::Factors => "account-nav-factors",
            Self::Contact => "account-nav-contact",
            Self::Sessions => "account-nav-sessions",
            Self::Activity => "account-nav-activity",
            Self::Language => "account-nav-language",
        }
    }
}

/// The page of who has agents of their own.
pub const APPROVALS: &str = "/approvals";

/// One entry of the navigation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NavigationEntry {
    pub href: &'static str,
    pub label: String,
    pub is_current: bool,
}

/// The navigation of the account pages, as it stands on the page of `current`.
pub fn navigation(frame: &Frame, current: Section) -> Vec<NavigationEntry> {
    navigation_on(frame, current.path())
}

/// The same for a page that is no section.
pub(super) fn navigation_on(frame: &Frame, current: &str) -> Vec<NavigationEntry> {
    let entry =
        |href: &'static str, label| NavigationEntry { href, label: frame.t(label), is_current: href == current };
    let sections = Section::ALL.into_iter().map(|section| entry(section.path(), section.label()));
    let approvals = (frame.is_manager || current == APPROVALS).then(|| entry(APPROVALS, "account-nav-approvals"));
    sections.chain(approvals).collect()
}

/// The overview.
#[derive(Debug, Template)]
#[template(path = "pages/account.html")]
pub struct Account {
    pub frame: Frame,
    /// Given and family name.
    pub name: String,
    pub soi: String,
    pub department: Option<String>,
    pub position: Option<String>,
    /// Local date and time of the login.
    pub since: String,
    pub password: Option<PasswordFacts>,
    /// How many addresses are not proved.
    pub unproved: u32,
    /// The password was changed a moment ago.
    pub password_is_new: bool,
}

/// The age of the password, as local dates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswordFacts {
    pub changed_on: String,
    pub expires_on: Option<String>,
}

impl Account {
    /// What the browser's tab says.
    pub fn title(&self) -> String {
        self.frame.t("account-title")
    }

    fn navigation(&self) -> Vec<NavigationEntry> {
        navigation(&self.frame, Section::Overview)
    }

    fn unproved_title(&self) -> Option<String> {
        (self.unproved > 0).then(|| self.frame.t_count("account-unproved-title", "count", self.unproved))
    }
}
