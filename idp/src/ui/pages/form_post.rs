//! `response_mode=form_post` (OAuth 2.0 Form Post Response Mode §2): the answer travels in a form that sends itself, or
//! by one click where there is no JavaScript.

use askama::Template;

use crate::ui::Frame;

/// The form that carries the answer to the application.
#[derive(Debug, Template)]
#[template(path = "pages/form_post.html")]
pub struct FormPost {
    pub frame: Frame,
    /// The application's name.
    pub application: String,
    /// A redirect URI that was validated.
    pub action: String,
    /// `code`, `state`, `iss`, or the error, as `(name, value)`.
    pub fields: Vec<(String, String)>,
}

impl FormPost {
    /// What the browser's tab says.
    pub fn title(&self) -> String {
        self.frame.t_with("form_post-title", "application", &self.application)
    }
}
