//! An authorization or logout request that cannot be answered by a redirect: a 400 page that says so (RFC 9700 §4.11).
//! Plain words for the agent, who can do nothing about it; one technical line for the application's developer.

use askama::Template;

use crate::domain::reason::Reason;
use crate::ui::{Frame, Link};

/// "This application's request cannot be followed."
#[derive(Debug, Template)]
#[template(path = "pages/bad_request.html")]
pub struct BadRequest {
    pub frame: Frame,
    pub problem: BadRequestProblem,
    /// The application, when it is known.
    pub application: Option<String>,
    /// The error as the RFC names it: `invalid_request`.
    pub error: &'static str,
    /// One fixed sentence for the developer; never a value from the request.
    pub description: &'static str,
    pub request_id: String,
}

/// What is wrong with the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadRequestProblem {
    /// The redirect URI is missing or not exactly a registered one.
    RedirectUri,
    /// No application has this `client_id`.
    ApplicationUnknown,
    /// The application is switched off.
    ApplicationDisabled,
    /// A parameter is missing, repeated, too long or unreadable.
    Malformed,
    /// The post-logout redirect URI is not registered.
    PostLogoutUri,
}

impl BadRequest {
    /// What the browser's tab says.
    pub fn title(&self) -> String {
        self.say("title")
    }

    fn say(&self, part: &str) -> String {
        let problem = match self.problem {
            BadRequestProblem::RedirectUri => "bad_request-redirect_uri",
            BadRequestProblem::ApplicationUnknown => "bad_request-application_unknown",
            BadRequestProblem::ApplicationDisabled => "bad_request-application_disabled",
            BadRequestProblem::Malformed => "bad_request-malformed",
            BadRequestProblem::PostLogoutUri => "bad_request-post_logout_uri",
        };
        self.frame.t(&format!("{problem}-{part}"))
    }

    fn reason(&self) -> Option<&'static str> {
        match self.problem {
            BadRequestProblem::ApplicationUnknown => Some(Reason::AppUnknown.code()),
            BadRequestProblem::ApplicationDisabled => Some(Reason::AppDisabled.code()),
            _ => None,
        }
    }

    fn portal(&self) -> Option<Link> {
        self.frame.portal()
    }
}
