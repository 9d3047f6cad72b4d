//! `/forgot-password`, the first step: which agent, and over which channel the code goes. The choices are the same for
//! everybody, and so is what is said afterwards.

use std::time::Duration;

use askama::Template;

use super::Alert;
use crate::domain::channel::ChannelKind;
use crate::domain::reason::Reason;
use crate::ui::Frame;

/// The page that asks for a reset code.
#[derive(Debug, Template)]
#[template(path = "pages/forgot_password.html")]
pub struct ForgotPassword {
    pub frame: Frame,
    pub interaction: Option<String>,
    pub soi: String,
    /// What is ticked.
    pub channel: ChannelKind,
    /// A mobile can be chosen.
    pub sends_sms: bool,
    pub problem: Option<ForgotProblem>,
}

/// Why the form is shown again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ForgotProblem {
    /// `account.throttled`: this network asks too often.
    Throttled {
        wait: Duration,
    },
    /// `reset.invalid`: an attempt is over.
    Gone,
    /// `factor.required`: a second factor is enrolled, and a reset does not go round it.
    FactorNeeded,
    FormExpired,
}

impl ForgotPassword {
    /// What the browser's tab says.
    pub fn title(&self) -> String {
        let page = self.frame.t("forgot-title");
        match self.alert() {
            Some(alert) => format!("{} – {page}", alert.title),
            None => page,
        }
    }

    fn reason(&self) -> Option<&'static str> {
        let reason = match self.problem? {
            ForgotProblem::Throttled { .. } => Reason::AccountThrottled,
            ForgotProblem::Gone => Reason::ResetInvalid,
            ForgotProblem::FactorNeeded => Reason::FactorRequired,
            ForgotProblem::FormExpired => return None,
        };
        Some(reason.code())
    }

    fn alert(&self) -> Option<Alert> {
        Some(match self.problem? {
            ForgotProblem::Throttled { wait } => Alert::reason(&self.frame, Reason::AccountThrottled, Some(wait), None),
            ForgotProblem::Gone => {
                Alert { title: self.frame.t("reset-gone-title"), text: self.frame.t("reset-gone-text") }
            }
            ForgotProblem::FactorNeeded => Alert::reason(&self.frame, Reason::FactorRequired, None, None),
            ForgotProblem::FormExpired => Alert::form_expired(&self.frame),
        })
    }

    /// The channels that can be chosen: value, words, whether ticked.
    fn choices(&self) -> Vec<(&'static str, String, bool)> {
        let offered = ChannelKind::ALL.into_iter().filter(|kind| self.sends_sms || *kind != ChannelKind::Mobile);
        offered.map(|kind| (kind.as_str(), self.words(kind), kind == self.channel)).collect()
    }

    fn words(&self, kind: ChannelKind) -> String {
        match kind {
            ChannelKind::WorkEmail => self.frame.t("channel-work_email"),
            ChannelKind::RecoveryEmail => self.frame.t("channel-recovery_email"),
            ChannelKind::Mobile => self.frame.t("channel-mobile"),
        }
    }
}
