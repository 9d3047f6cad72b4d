//! `/forgot-password/new`, the third step: the new password. The code was right, so the rules may be told closely.

use askama::Template;

use super::factor::FactorProblem;
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
    /// A second factor is enrolled: its code is given beside the new password.
    pub asks_code: bool,
    pub problem: Option<ResetPasswordProblem>,
}

/// Why the form is shown again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResetPasswordProblem {
    Breach(Breach),
    /// The code beside the new password.
    Factor(FactorProblem),
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
        Some(match self.problem? {
            ResetPasswordProblem::Breach(breach) => Alert::breach(&self.frame, breach, self.rules),
            ResetPasswordProblem::Factor(problem) => Alert::factor(&self.frame, problem),
        })
    }

    fn new_password_is_wrong(&self) -> bool {
        self.breach().is_some() && !self.again_is_wrong()
    }

    fn again_is_wrong(&self) -> bool {
        concerns_again(self.breach())
    }

    fn code_is_wrong(&self) -> bool {
        matches!(self.problem, Some(ResetPasswordProblem::Factor(_)))
    }

    fn breach(&self) -> Option<Breach> {
        match self.problem? {
            ResetPasswordProblem::Breach(breach) => Some(breach),
            ResetPasswordProblem::Factor(_) => None,
        }
    }
}
