//! One module per page. A page struct receives facts that others decided and turns them into words and marks; its
//! `title()` is what the browser's tab says, the state of the page included (RGAA 8.5, STANDARDS A11Y-09).
//!
//! Pieces that several pages share stand here: [`Alert`], [`PasswordRules`].

pub mod account;
pub mod account_activity;
pub mod account_channel;
pub mod account_confirm;
pub mod account_contact;
pub mod account_factors;
pub mod account_language;
pub mod account_password;
pub mod account_sessions;
pub mod activate;
pub mod approvals;
pub mod bad_request;
pub mod diagnostic;
pub mod enrol;
pub mod factor;
pub mod forgot_password;
pub mod form_post;
pub mod login;
pub mod logout_confirm;
pub mod not_me;
pub mod notice;
pub mod password_ends;
pub mod password_expired;
pub mod refusal;
pub mod reset_code;
pub mod reset_password;
pub mod signed_out;
pub mod statements;

pub use account::{Account, PasswordFacts};
pub use account_activity::AccountActivity;
pub use account_channel::{AccountChannel, ChannelProblem, ChannelStep};
pub use account_confirm::{AccountConfirm, AccountConfirmProblem};
pub use account_contact::{AccountContact, ContactDone, ShownChannel};
pub use account_factors::{AccountFactors, AccountFactorsProblem, ShownFactor};
pub use account_language::AccountLanguage;
pub use account_password::{AccountPassword, AccountPasswordProblem};
pub use account_sessions::{AccountSessions, SessionsDone, ShownSession};
pub use activate::{Activate, ActivateProblem, ActivatePurpose};
pub use approvals::{Approvals, ApprovalsProblem, IssuedCode, ShownReport};
pub use bad_request::{BadRequest, BadRequestProblem};
pub use diagnostic::{Diagnostic, DiagnosticDetails, Hop, HopRole, ZoneWhy};
pub use enrol::{Enrol, EnrolProblem, EnrolStep};
pub use factor::{Factor, FactorProblem, FactorWay, OtherWay};
pub use forgot_password::{ForgotPassword, ForgotProblem};
pub use form_post::FormPost;
pub use login::{Login, LoginNotice, LoginProblem};
pub use logout_confirm::LogoutConfirm;
pub use not_me::{NotMe, NotMeDone, NotMeProblem};
pub use notice::{Notice, NoticeKind};
pub use password_ends::PasswordEnds;
pub use password_expired::{PasswordExpired, PasswordExpiredProblem, PasswordRenewal};
pub use refusal::{Refusal, Verdict, WayBack};
pub use reset_code::{ResetCode, ResetCodeProblem};
pub use reset_password::{ResetPassword, ResetPasswordProblem};
pub use signed_out::SignedOut;
pub use statements::{Accessibility, Privacy};

use std::time::Duration;

use fluent_bundle::FluentArgs;

use super::frame::Frame;
use super::words::{ReasonFacts, ReasonWords, breach};
use crate::domain::password_policy::{Breach, PHRASE_WORDS, PasswordForm, PasswordPolicy};
use crate::domain::reason::Reason;
use crate::i18n::text_with;

/// The summary above a form that was not accepted (`role="alert"`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    pub title: String,
    pub text: String,
}

impl Alert {
    /// A reason of the catalogue: what happened and what is missing. `after`: one sentence more.
    fn reason(frame: &Frame, reason: Reason, wait: Option<Duration>, after: Option<String>) -> Self {
        let words = ReasonWords::new(frame, reason, &ReasonFacts { wait, ..ReasonFacts::default() });
        let text = after.map_or_else(|| words.what.clone(), |after| format!("{} {after}", words.what));
        Self { title: words.title, text }
    }

    /// Attempts are slowed down. From outside: this says nothing about the desk at the office.
    fn throttled(frame: &Frame, wait: Duration) -> Self {
        let after = frame.is_nomades().then(|| frame.t("throttled-not-at-the-office"));
        Self::reason(frame, Reason::AccountThrottled, Some(wait), after)
    }

    /// The form was too old, or came without its cookie.
    fn form_expired(frame: &Frame) -> Self {
        Self { title: frame.t("form-expired-title"), text: frame.t("form-expired-text") }
    }

    fn breach(frame: &Frame, broken: Breach, rules: PasswordRules) -> Self {
        Self { title: frame.t("breach-title"), text: breach(frame.locale, broken, rules) }
    }
}

/// What a new password must be, listed before anybody types (RGAA 11.10).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordRules {
    /// Fewest characters.
    pub min_length: usize,
    /// Most characters.
    pub max_length: usize,
    /// What it must be made of.
    pub form: PasswordForm,
    /// What is easy to guess is refused.
    pub is_judged: bool,
    /// None of so many last ones; 0 or 1 where there is none but the present one.
    pub history: u32,
}

/// One rule, as a sentence, and whether a script may tick it while somebody types.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswordRule {
    pub text: String,
    /// What `assets/password-rules.js` does about it; empty: it asks for nothing.
    pub check: &'static str,
    /// The numbers of the check.
    pub numbers: Vec<(&'static str, usize)>,
}

impl PasswordRules {
    /// The rules of a policy.
    pub const fn of(policy: &PasswordPolicy) -> Self {
        let PasswordPolicy { min_length, max_length, form, min_score, history, .. } = *policy;
        Self { min_length, max_length, form, is_judged: min_score > 0, history }
    }

    /// The list, in order.
    pub fn list(&self, frame: &Frame) -> Vec<PasswordRule> {
        let rule = |text, check, numbers: &[_]| PasswordRule { text, check, numbers: numbers.to_vec() };
        let mut length = FluentArgs::new();
        length.set("min", self.min_length);
        length.set("max", self.max_length);
        let bounds = [("min", self.min_length), ("max", self.max_length)];
        let mut rules = vec![rule(text_with(frame.locale, "rule-length", &length), "length", &bounds)];
        match self.form {
            PasswordForm::Free => {}
            PasswordForm::Classes => rules.push(rule(frame.t("rule-classes"), "classes", &[])),
            PasswordForm::Passphrase => {
                let words = frame.t_with("rule-words", "count", &PHRASE_WORDS.to_string());
                rules.push(rule(words, "words", &[("min", PHRASE_WORDS)]));
            }
        }
        rules.push(rule(frame.t("rule-soi"), "soi", &[]));
        rules.push(rule(frame.t("rule-names"), "later", &[]));
        rules.push(rule(frame.t_with("rule-product", "product", &frame.branding.product), "later", &[]));
        if self.is_judged {
            rules.push(rule(frame.t("rule-guessable"), "later", &[]));
        }
        if self.history > 1 {
            rules.push(rule(frame.t_count("rule-history", "count", self.history), "later", &[]));
        }
        rules.push(rule(frame.t("rule-same"), "same", &[]));
        rules.push(rule(frame.t("rule-all-characters"), "", &[]));
        rules
    }
}

/// Whether a broken rule is about the second entry rather than the first.
fn concerns_again(breach: Option<Breach>) -> bool {
    breach == Some(Breach::Mismatch)
}
