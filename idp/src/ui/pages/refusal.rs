//! The refusal: what is right, what is missing, what to do, whom to call with which reference (PRODUCT §3).

use std::time::Duration;

use askama::Template;

use crate::domain::ids::Reference;
use crate::domain::reason::Reason;
use crate::ui::words::{ReasonFacts, ReasonWords};
use crate::ui::{Frame, Link};

/// Why somebody does not get in, or not yet.
#[derive(Debug, Template)]
#[template(path = "pages/refusal.html")]
pub struct Refusal {
    pub frame: Frame,
    pub verdict: Verdict,
    pub reason: Reason,
    /// Opens the trace for the help desk.
    pub reference: Reference,
    /// The application that was asked for.
    pub application: Option<String>,
    /// The departments it is open to (`app.department`).
    pub departments: Vec<String>,
    /// The password has been verified: say so first.
    pub password_is_right: bool,
    /// How long until it is worth trying again (`account.throttled`, `overloaded`).
    pub wait: Option<Duration>,
    /// Back to the application with `access_denied`.
    pub back_to_application: Option<WayBack>,
}

/// The way back, as the application wants its answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WayBack {
    /// The address with the answer in its query.
    Link(String),
    /// `response_mode=form_post`: the answer in hidden fields, as `(name, value)`.
    Form { action: String, fields: Vec<(String, String)> },
}

/// How the decision ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Denied,
    /// Access is within reach: a step of the agent's own is missing.
    NeedMore,
}

impl Refusal {
    /// What the browser's tab says.
    pub fn title(&self) -> String {
        self.words().title
    }

    fn words(&self) -> ReasonWords {
        let facts = ReasonFacts { departments: &self.departments, wait: self.wait };
        ReasonWords::new(&self.frame, self.reason, &facts)
    }

    /// The portal is where work goes on, unless it is the portal itself that refuses.
    fn portal(&self) -> Option<Link> {
        self.frame
            .portal()
            .filter(|portal| self.back_to_application.is_none() || self.application.as_ref() != Some(&portal.name))
    }

    fn back_label(&self) -> String {
        match &self.application {
            Some(name) => self.frame.t_with("back-to", "name", name),
            None => self.frame.t("back-to-application"),
        }
    }

    /// The agent is logged in without the password that is to be renewed: it is changed on the account page.
    fn leads_to_password(&self) -> bool {
        self.needs_more() && matches!(self.reason, Reason::PasswordExpired | Reason::PasswordCompromised)
    }

    fn needs_more(&self) -> bool {
        self.verdict == Verdict::NeedMore
    }
}
