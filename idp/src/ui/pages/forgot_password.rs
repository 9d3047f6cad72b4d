//! `/forgot-password`: for now, whom to call.

use askama::Template;

use crate::ui::Frame;

/// Whom to call about a forgotten password.
#[derive(Debug, Template)]
#[template(path = "pages/forgot_password.html")]
pub struct ForgotPassword {
    pub frame: Frame,
    pub interaction: Option<String>,
}

impl ForgotPassword {
    /// What the browser's tab says.
    pub fn title(&self) -> String {
        self.frame.t("forgot-title")
    }
}
