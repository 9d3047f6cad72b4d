//! `/forgot-password/new`, the third step: the new password. The code was right, so the rules may be told closely.

use askama::Template;

use super::{Alert, PasswordRules, concerns_again};
use crate::domain::password_policy::Breach;
use crate::ui::Frame;

/// The page that asks for the new password.
#[derive(Debug, Template)]
#[template(path = "pages/reset_password.html")]
pub struct ResetPassword {
    pub frame: Frame,
    pub interaction: Option<String>,
    /// Names the attempt whose code was right; a hidden field.
    pub ticket: String,
    /// For the browser's password manager; a field without a name.
    pub soi: String,
    pub rules: PasswordRules,
    pub problem: Option<Breach>,
}

impl ResetPassword {
    /// What the browser's tab says.
    pub fn title(&self) -> String {
        let page = self.frame.t("reset_password-title");
        match self.alert() {
            Some(alert) => format!("{} – {page}", alert.title),
            None => page,
        }
    }

    fn alert(&self) -> Option<Alert> {
        Some(Alert::breach(&self.frame, self.problem?, self.rules))
    }

    fn new_password_is_wrong(&self) -> bool {
        self.problem.is_some() && !self.again_is_wrong()
    }

    fn again_is_wrong(&self) -> bool {
        concerns_again(self.problem)
    }
}
