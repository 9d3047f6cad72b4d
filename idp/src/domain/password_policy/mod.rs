//! What a password must be (`standard`): at least 15 code points, at most 256, at least 50 bits, not easy to guess, never
//! with the SOI, the names, the department or the product's words in it (STANDARDS D1, D3, NIST-01, NIST-06, ANS-R27). Pure:
//! it judges a text and an age, it stores and hashes nothing. Passwords chosen before, those in a breach and those on the
//! City's own list are the login's business.
//!
//! [`policies`] says whose policy is which, [`deviations`] where one leaves the standards.

mod blocklist;
mod deviations;
mod form;
mod guessing;
mod policies;
#[cfg(test)]
mod tests;
mod words;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::secret::{PASSWORD_MAX_CODE_POINTS, PlainPassword};
use super::time::Timestamp;

pub use blocklist::{Blocklist, BlocklistFault};
pub use deviations::{Deviation, Lists};
pub use form::{PHRASE_WORDS, PasswordForm};
pub use policies::{PasswordPolicies, Preset};
pub use words::SHORTEST_WORD;
use words::{SHORTEST_NAME, contains, fold, parts};

/// The policy of one population, as configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswordPolicy {
    /// Fewest code points.
    pub min_length: usize,
    /// Most code points.
    pub max_length: usize,
    /// What it must be made of.
    pub form: PasswordForm,
    /// Least score of zxcvbn, of 4: 3 means more than 10⁸ guesses.
    pub min_score: u8,
    /// None of so many passwords is chosen again, the present one among them.
    pub history: u32,
    /// Not changed again before; nought: at any time. Whoever *has to* change it may.
    pub min_age: Duration,
    /// Age after which a password is changed at login; `None`: never (STANDARDS D2).
    pub max_age: Option<Duration>,
    /// So long before its end an agent is told.
    pub warn_before: Duration,
    /// Words of the product and the City that no password may contain.
    pub forbidden_words: Vec<String>,
}

impl Default for PasswordPolicy {
    /// `standard`, for ordinary agents, without words of a product.
    fn default() -> Self {
        Self {
            min_length: Self::FLOOR,
            max_length: PASSWORD_MAX_CODE_POINTS,
            form: PasswordForm::Free,
            min_score: 3,
            history: 5,
            min_age: Duration::ZERO,
            max_age: None,
            warn_before: 15 * DAY,
            forbidden_words: Vec::new(),
        }
    }
}

/// A day.
const DAY: Duration = Duration::from_hours(24);

/// Grows when the rules of this module change: passwords are then judged again, as after a change of the configuration.
const RULES: u32 = 1;

/// What a password must not contain about its owner.
#[derive(Debug, Clone, Default)]
pub struct Owner<'a> {
    pub soi: &'a str,
    pub given_name: &'a str,
    pub family_name: &'a str,
    pub email: &'a str,
    /// Its code or name; empty: none.
    pub department: &'a str,
}

/// Which rule a proposed password breaks. Each has its sentence on the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Breach {
    TooShort,
    TooLong,
    /// Not the classes of characters that the policy asks for.
    LacksClasses,
    /// Not the number of words that the policy asks for.
    LacksWords,
    ContainsSoi,
    ContainsName,
    ContainsDepartment,
    ContainsProduct,
    /// One character or a short pattern again and again.
    Repetitive,
    /// Common words, rows of the keyboard, dates, digits only.
    Guessable,
    /// On the City's own list.
    Listed,
    /// One of the last ones.
    UsedBefore,
    /// It was in a breach, so attackers try it.
    Compromised,
    /// The same as the present one.
    Unchanged,
    /// The second entry differs from the first.
    Mismatch,
    /// The present one was chosen too short a time ago.
    TooRecent,
}

impl PasswordPolicy {
    /// Fewest code points that Octroi accepts as the minimum: NIST-01 for a password that can be the only factor.
    pub const FLOOR: usize = 15;

    /// Fewest code points that the maximum must allow (NIST-02).
    pub const LEAST_MAXIMUM: usize = 64;

    /// Passwords before the present one that are remembered.
    pub const fn remembered(&self) -> u32 {
        self.history.saturating_sub(1)
    }

    /// The rules that concern nobody in particular, and the SOI that was typed beside it.
    pub fn check_text(&self, password: &PlainPassword, soi: &str) -> Result<(), Breach> {
        let length = password.code_points();
        if length < self.min_length {
            return Err(Breach::TooShort);
        }
        // Before anything looks at the text: it may be of any size.
        if length > self.max_length.min(PASSWORD_MAX_CODE_POINTS) {
            return Err(Breach::TooLong);
        }
        let folded = fold(password.reveal());
        if is_repetitive(&folded) {
            return Err(Breach::Repetitive);
        }
        self.form.check(password.reveal())?;
        if contains(&folded, soi, SHORTEST_WORD) {
            return Err(Breach::ContainsSoi);
        }
        if self.forbidden_words.iter().any(|word| contains(&folded, word, SHORTEST_WORD)) {
            return Err(Breach::ContainsProduct);
        }
        Ok(())
    }

    /// All rules about the text, for a known owner.
    pub fn check(&self, password: &PlainPassword, owner: &Owner<'_>) -> Result<(), Breach> {
        self.check_text(password, owner.soi)?;
        let folded = fold(password.reveal());
        let local_part = owner.email.split('@').next().unwrap_or_default();
        let names = [owner.given_name, owner.family_name, local_part];
        // Each part of a compound name counts, and the whole.
        if names.iter().flat_map(|name| parts(name)).chain(names).any(|part| contains(&folded, part, SHORTEST_NAME)) {
            return Err(Breach::ContainsName);
        }
        if parts(owner.department).any(|word| contains(&folded, word, SHORTEST_WORD)) {
            return Err(Breach::ContainsDepartment);
        }
        let is_guessable = guessing::is_guessable(password.reveal(), owner, self.min_score);
        if is_guessable { Err(Breach::Guessable) } else { Ok(()) }
    }

    /// Whether an agent may choose another one only because they want to. Whoever has been told to change it may at any time.
    pub fn check_age(&self, changed_at: Timestamp, renew_at: Option<Timestamp>, now: Timestamp) -> Result<(), Breach> {
        let is_told = renew_at.is_some() || self.expires_soon(changed_at, renew_at, now).is_some();
        if is_told || self.min_age.is_zero() || now >= changed_at.plus(self.min_age) {
            Ok(())
        } else {
            Err(Breach::TooRecent)
        }
    }

    /// When a password set at `changed_at` is to be renewed: by its age, or because somebody said so.
    pub fn expires_at(&self, changed_at: Timestamp, renew_at: Option<Timestamp>) -> Option<Timestamp> {
        let by_age = self.max_age.map(|age| changed_at.plus(age));
        by_age.into_iter().chain(renew_at).min()
    }

    /// Whether it is to be renewed at `now`.
    pub fn is_expired(&self, changed_at: Timestamp, renew_at: Option<Timestamp>, now: Timestamp) -> bool {
        self.expires_at(changed_at, renew_at).is_some_and(|at| now >= at)
    }

    /// When it is to be renewed, if that is so near that its owner is told and has not come yet.
    pub fn expires_soon(
        &self,
        changed_at: Timestamp,
        renew_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Option<Timestamp> {
        self.expires_at(changed_at, renew_at).filter(|at| now < *at && *at <= now.plus(self.warn_before))
    }

    /// Everything that a text is judged by: another answer says that passwords are to be judged again.
    pub fn rules(&self) -> String {
        let Self { min_length, max_length, form, min_score, forbidden_words, .. } = self;
        format!("{RULES} {min_length} {max_length} {} {min_score} {forbidden_words:?}", form.as_str())
    }
}

fn is_repetitive(folded: &str) -> bool {
    let chars: Vec<char> = folded.chars().collect();
    (1..=4).any(|period| chars.len() > period && chars.iter().zip(chars.iter().skip(period)).all(|(a, b)| a == b))
}
