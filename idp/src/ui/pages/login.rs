//! `/login`: SOI and password. Before the right password everybody reads the same, whatever SOI they typed.

use std::time::Duration;

use askama::Template;

use super::Alert;
use crate::domain::reason::Reason;
use crate::ui::Frame;

/// The login page.
#[derive(Debug, Template)]
#[template(path = "pages/login.html")]
pub struct Login {
    pub frame: Frame,
    /// The pending authorization request, carried in a hidden field and in the links.
    pub interaction: Option<String>,
    /// The application that waits behind the login.
    pub application: Option<String>,
    /// What the field holds already: `login_hint`, or what was typed before.
    pub soi: String,
    /// Where the login leads when no application waits: one of our own paths.
    pub to: Option<&'static str>,
    /// A passkey may stand in for SOI and password.
    pub passkey: bool,
    pub problem: Option<LoginProblem>,
    pub notice: Option<LoginNotice>,
}

/// Why the form is shown again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoginProblem {
    /// `credentials.invalid`
    Credentials,
    /// `factor.invalid`: a passkey was not accepted, whatever the cause.
    Key,
    /// `account.throttled`: no password was verified.
    Throttled { wait: Duration },
    /// `overloaded`: no place in the queue.
    Overloaded { wait: Duration },
    /// The CSRF value did not fit: an old page, or a browser that sent no cookie.
    FormExpired,
}

/// What went well before this page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoginNotice {
    Activated,
    PasswordChanged,
    SignedOut,
    SessionEnded,
}

impl Login {
    /// What the browser's tab says.
    pub fn title(&self) -> String {
        let page = self.frame.t("login-title");
        match self.alert() {
            Some(alert) => format!("{} – {page}", alert.title),
            None => page,
        }
    }

    fn reason(&self) -> Option<&'static str> {
        let reason = match self.problem? {
            LoginProblem::Credentials => Reason::CredentialsInvalid,
            LoginProblem::Key => Reason::FactorInvalid,
            LoginProblem::Throttled { .. } => Reason::AccountThrottled,
            LoginProblem::Overloaded { .. } => Reason::Overloaded,
            LoginProblem::FormExpired => return None,
        };
        Some(reason.code())
    }

    fn alert(&self) -> Option<Alert> {
        Some(match self.problem? {
            LoginProblem::Credentials => Alert::reason(&self.frame, Reason::CredentialsInvalid, None, None),
            LoginProblem::Key => {
                Alert { title: self.frame.t("factor-key-title"), text: self.frame.t("factor-key-text-alone") }
            }
            LoginProblem::Throttled { wait } => Alert::throttled(&self.frame, wait),
            LoginProblem::Overloaded { wait } => Alert::reason(&self.frame, Reason::Overloaded, Some(wait), None),
            LoginProblem::FormExpired => Alert::form_expired(&self.frame),
        })
    }

    fn good_news(&self) -> Option<String> {
        let id = match self.notice? {
            LoginNotice::Activated => "login-notice-activated",
            LoginNotice::PasswordChanged => "login-notice-password-changed",
            LoginNotice::SignedOut => "login-notice-signed-out",
            LoginNotice::SessionEnded => "login-notice-session-ended",
        };
        Some(self.frame.t(id))
    }

    /// The fields are at fault, not the moment.
    fn fields_are_wrong(&self) -> bool {
        self.problem == Some(LoginProblem::Credentials)
    }

    /// The sentence under the heading: where this login leads.
    fn lead(&self) -> String {
        match &self.application {
            Some(name) if *name != self.frame.branding.portal_name => {
                self.frame.t_with("login-lead-application", "application", name)
            }
            _ => self.frame.t("login-lead"),
        }
    }

    /// The cursor goes where typing starts.
    fn soi_first(&self) -> bool {
        self.soi.is_empty()
    }
}
