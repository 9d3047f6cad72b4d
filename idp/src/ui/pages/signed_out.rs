//! After a logout: says so in `#signed-out`, and where one may go from here.

use askama::Template;

use crate::ui::{Frame, Link};

/// "You are signed out."
#[derive(Debug, Template)]
#[template(path = "pages/signed_out.html")]
pub struct SignedOut {
    pub frame: Frame,
    /// The application that asked, when it registered an address to come back to.
    pub back: Option<Link>,
}

impl SignedOut {
    /// What the browser's tab says.
    pub fn title(&self) -> String {
        self.frame.t("signed_out-title")
    }

    /// The application, else the portal.
    fn onward(&self) -> Option<Link> {
        self.back.clone().or_else(|| self.frame.portal())
    }
}
