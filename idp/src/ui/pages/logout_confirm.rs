//! `/oauth2/logout` by GET: a logout is confirmed by a person, so no link can sign somebody out (OpenID Connect
//! RP-Initiated Logout §2).

use askama::Template;

use crate::ui::Frame;

/// "Sign out?"
#[derive(Debug, Template)]
#[template(path = "pages/logout_confirm.html")]
pub struct LogoutConfirm {
    pub frame: Frame,
    /// The application that asked.
    pub application: Option<String>,
    /// Given and family name of who is signed in.
    pub name: Option<String>,
    /// Hidden fields that the confirmed request carries again, as `(name, value)`.
    pub fields: Vec<(String, String)>,
    /// Where "stay signed in" leads.
    pub cancel_href: String,
}

impl LogoutConfirm {
    /// What the browser's tab says.
    pub fn title(&self) -> String {
        self.frame.t("logout_confirm-title")
    }
}
