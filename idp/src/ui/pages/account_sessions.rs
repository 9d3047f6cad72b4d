//! `/account/sessions`: where the agent is signed in, and the end of what they do not recognise.

use askama::Template;
use fluent_bundle::FluentArgs;

use super::account::{NavigationEntry, Section, navigation};
use crate::domain::ids::Sid;
use crate::domain::zone::NetworkZone;
use crate::i18n::text_with;
use crate::ui::{Frame, words};

/// The list of sessions.
#[derive(Debug, Template)]
#[template(path = "pages/account_sessions.html")]
pub struct AccountSessions {
    pub frame: Frame,
    /// The last used first.
    pub sessions: Vec<ShownSession>,
    pub done: Option<SessionsDone>,
}

/// One session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownSession {
    pub sid: Sid,
    /// Browser family, as noted at the login.
    pub browser: Option<String>,
    /// Of the login.
    pub zone: NetworkZone,
    /// Its network without the machine.
    pub network: Option<String>,
    /// Local date and time.
    pub begun: String,
    pub last_used: String,
    /// The session of the browser that shows this page.
    pub is_this: bool,
}

/// What went well before this page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionsDone {
    Ended,
    Others,
}

impl ShownSession {
    fn browser(&self, frame: &Frame) -> String {
        words::browser(frame, self.browser.as_deref())
    }

    fn place(&self, frame: &Frame) -> String {
        words::place(frame, self.zone, self.network.as_deref())
    }

    /// What a screen reader adds to the button.
    fn which(&self, frame: &Frame) -> String {
        let mut args = FluentArgs::new();
        args.set("browser", self.browser(frame));
        args.set("date", self.begun.as_str());
        text_with(frame.locale, "account_sessions-end-which", &args)
    }
}

impl AccountSessions {
    /// What the browser's tab says.
    pub fn title(&self) -> String {
        self.frame.t("account_sessions-title")
    }

    fn navigation(&self) -> Vec<NavigationEntry> {
        navigation(&self.frame, Section::Sessions)
    }

    fn count(&self) -> u32 {
        u32::try_from(self.sessions.len()).unwrap_or(u32::MAX)
    }

    fn has_others(&self) -> bool {
        self.sessions.iter().any(|session| !session.is_this)
    }

    fn good_news(&self) -> Option<String> {
        Some(self.frame.t(match self.done? {
            SessionsDone::Ended => "account_sessions-done-ended",
            SessionsDone::Others => "account_sessions-done-others",
        }))
    }
}
