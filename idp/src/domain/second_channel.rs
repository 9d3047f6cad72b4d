//! Codes that are sent over a second channel, in one session: how many, how often, how long (PRODUCT §4, NIST-12).

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How long a code may be typed.
pub const CODE_LIFETIME: Duration = Duration::from_mins(10);
/// Digits of a code.
pub const CODE_DIGITS: usize = 8;
/// Wrong codes that may be typed in one session; a new code gives no new tries.
pub const MOST_TRIES: u32 = 5;
/// Codes that are sent in one session.
pub const MOST_SENT: u32 = 5;

/// How long the next code waits after the first one, the second one…
const PAUSES: [Duration; 4] =
    [Duration::from_secs(30), Duration::from_mins(1), Duration::from_mins(2), Duration::from_mins(5)];

/// What a code is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CodePurpose {
    /// It stands beside the password at a login.
    Factor,
    /// It confirms the enrolment of the first factor.
    Enrolment,
}

impl CodePurpose {
    /// Every one.
    pub const ALL: [Self; 2] = [Self::Factor, Self::Enrolment];

    /// The stored word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Factor => "factor",
            Self::Enrolment => "enrolment",
        }
    }

    /// What the digest of a code is bound to beside the session.
    pub const fn digest_purpose(self) -> &'static str {
        match self {
            Self::Factor => "second channel factor",
            Self::Enrolment => "second channel enrolment",
        }
    }
}

impl fmt::Display for CodePurpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that names no purpose.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no purpose of a code")]
pub struct UnknownPurpose(pub String);

impl FromStr for CodePurpose {
    type Err = UnknownPurpose;

    fn from_str(text: &str) -> Result<Self, UnknownPurpose> {
        let known = Self::ALL.into_iter().find(|purpose| purpose.as_str() == text);
        known.ok_or_else(|| UnknownPurpose(text.chars().take(32).collect()))
    }
}

/// How long the next code waits when this one is the `nth` of its session.
pub fn pause_after(nth: u32) -> Duration {
    let index = usize::try_from(nth.saturating_sub(1)).unwrap_or(usize::MAX).min(PAUSES.len() - 1);
    PAUSES.get(index).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_waits_longer_than_the_one_before_it() {
        assert_eq!([1, 2, 3, 4, 5].map(pause_after).map(|pause| pause.as_secs()), [30, 60, 120, 300, 300]);
    }

    #[test]
    fn every_word_leads_back_to_its_purpose() {
        for purpose in CodePurpose::ALL {
            assert_eq!(purpose.as_str().parse(), Ok(purpose));
        }
        assert!("login".parse::<CodePurpose>().is_err());
    }
}
