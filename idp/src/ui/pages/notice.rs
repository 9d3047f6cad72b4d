//! One short page for everything that stops a request before it became a page: gone, too large, not found, broken.

use std::time::Duration;

use askama::Template;
use fluent_bundle::FluentArgs;

use crate::domain::reason::Reason;
use crate::i18n::text_with;
use crate::ui::{Frame, Link, words};

/// A short page with one thing to do.
#[derive(Debug, Template)]
#[template(path = "pages/notice.html")]
pub struct Notice {
    pub frame: Frame,
    pub kind: NoticeKind,
    /// For the help desk; shown on `ServerError` and wherever it is given.
    pub request_id: Option<String>,
    /// Where to go on; the portal, else the login page, when there is nothing better.
    pub onward: Option<Link>,
}

/// What stopped the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoticeKind {
    /// The interaction is gone: expired, or used in another tab.
    PageExpired,
    /// The CSRF value did not fit, on a page that has no form to show again.
    FormExpired,
    /// The browser keeps no cookies.
    CookiesRefused,
    NotFound,
    MethodNotAllowed,
    TooLarge,
    /// A request that cannot be read (400 outside the protocol).
    Unreadable,
    ServerError,
    /// 503 with `Retry-After`.
    Overloaded {
        wait: Duration,
    },
}

impl Notice {
    /// What the browser's tab says.
    pub fn title(&self) -> String {
        self.say("title")
    }

    fn text(&self) -> String {
        self.say("text")
    }

    fn say(&self, part: &str) -> String {
        let mut args = FluentArgs::new();
        let kind = match self.kind {
            NoticeKind::PageExpired => "notice-page_expired",
            NoticeKind::FormExpired => "notice-form_expired",
            NoticeKind::CookiesRefused => "notice-cookies_refused",
            NoticeKind::NotFound => "notice-not_found",
            NoticeKind::MethodNotAllowed => "notice-method_not_allowed",
            NoticeKind::TooLarge => "notice-too_large",
            NoticeKind::Unreadable => "notice-unreadable",
            NoticeKind::ServerError => "notice-server_error",
            NoticeKind::Overloaded { wait } => {
                args.set("wait", words::wait(self.frame.locale, wait));
                "notice-overloaded"
            }
        };
        text_with(self.frame.locale, &format!("{kind}-{part}"), &args)
    }

    fn reason(&self) -> Option<&'static str> {
        matches!(self.kind, NoticeKind::Overloaded { .. }).then(|| Reason::Overloaded.code())
    }

    /// The one action: back to where this came from.
    fn action(&self) -> Link {
        self.onward
            .clone()
            .or_else(|| self.frame.portal())
            .unwrap_or_else(|| Link { name: self.frame.t("notice-login"), href: "/login".to_owned() })
    }

    fn action_label(&self) -> String {
        let action = self.action();
        if action.href == "/login" { action.name } else { self.frame.t_with("back-to", "name", &action.name) }
    }
}
