//! `/` and `/login` with a live session and no application: who is signed in here, and the way out.

use askama::Template;

use crate::ui::Frame;

/// Who is signed in with this browser.
#[derive(Debug, Template)]
#[template(path = "pages/signed_in.html")]
pub struct SignedIn {
    pub frame: Frame,
    /// Given and family name.
    pub name: String,
    pub soi: String,
    /// Local date and time of the login.
    pub since: String,
}

impl SignedIn {
    /// What the browser's tab says.
    pub fn title(&self) -> String {
        self.frame.t("signed_in-title")
    }
}
