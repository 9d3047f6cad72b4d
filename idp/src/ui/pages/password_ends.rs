//! `/login/notice`: the password is still good, and ends soon. One step between the login and the application, with two ways on.

use askama::Template;

use crate::ui::Frame;

/// The page that tells of an end ahead.
#[derive(Debug, Template)]
#[template(path = "pages/password_ends.html")]
pub struct PasswordEnds {
    pub frame: Frame,
    /// `JJ/MM/AAAA`
    pub on: String,
    /// Days until then; nought: today.
    pub days: u32,
    /// The pending authorization request, for the page that changes the password.
    pub interaction: Option<String>,
    /// Where it goes on to.
    pub application: Option<String>,
    /// The way on without a change.
    pub onward: String,
}

impl PasswordEnds {
    /// What the browser's tab says.
    pub fn title(&self) -> String {
        self.frame.t_count("password_ends-title", "days", self.days)
    }

    fn lead(&self) -> String {
        self.frame.t_with("password_ends-lead", "on", &self.on)
    }

    fn later(&self) -> String {
        match &self.application {
            Some(name) => self.frame.t_with("password_ends-later-application", "application", name),
            None => self.frame.t("password_ends-later"),
        }
    }
}
