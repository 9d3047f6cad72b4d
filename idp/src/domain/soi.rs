//! The SOI: the identifier that HR gives at hiring, never changed and never given again.
//!
//! Its syntax is configuration (`identity.soi_pattern`); it is normalised once, here, and a [`Soi`] is always normal.

use std::fmt;

use regex::Regex;
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

/// Longer input is not looked at: no SOI syntax needs it.
const MAX_TYPED_BYTES: usize = 128;

/// A normalised SOI. Built by [`SoiSyntax::parse`] from outside, or from a stored value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Soi(String);

impl Soi {
    /// A value that comes from our own database, where only normal forms are written.
    pub fn from_stored(value: String) -> Self {
        Self(value)
    }

    /// The normal form.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Soi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The configured syntax of a SOI.
#[derive(Debug, Clone)]
pub struct SoiSyntax {
    pattern: Regex,
    source: String,
}

/// Why a text is no SOI.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SoiError {
    /// Nothing was given.
    #[error("the SOI is empty")]
    Empty,
    /// The normal form does not match `identity.soi_pattern`.
    #[error("{0:?} is not a SOI (expected: {1})")]
    Syntax(String, String),
}

impl SoiSyntax {
    /// The default: 6 to 8 digits.
    pub const DEFAULT: &'static str = "[0-9]{6,8}";

    /// Compiles `pattern`, which must match the whole normal form (upper case, no spaces).
    pub fn new(pattern: &str) -> Result<Self, regex::Error> {
        Ok(Self { pattern: Regex::new(&format!("^(?:{pattern})$"))?, source: pattern.to_owned() })
    }

    /// Whether this is [`SoiSyntax::DEFAULT`], which pages can describe in words.
    pub fn is_default(&self) -> bool {
        self.source == Self::DEFAULT
    }

    /// Normalises `typed` (NFKC, no white space, upper case) and checks it.
    pub fn parse(&self, typed: &str) -> Result<Soi, SoiError> {
        let normal = normalise(typed);
        if normal.is_empty() {
            return Err(SoiError::Empty);
        }
        if typed.len() > MAX_TYPED_BYTES || !self.pattern.is_match(&normal) {
            let shown: String = normal.chars().filter(|c| !c.is_control()).take(24).collect();
            return Err(SoiError::Syntax(shown, self.source.clone()));
        }
        Ok(Soi(normal))
    }
}

/// The normal form of anything typed where a SOI is expected: at most 128 bytes of it are looked at.
pub fn normalise(typed: &str) -> String {
    typed
        .chars()
        .take(MAX_TYPED_BYTES)
        .nfkc()
        .filter(|c| !c.is_whitespace() && *c != '\0')
        .flat_map(char::to_uppercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn syntax() -> SoiSyntax {
        SoiSyntax::new(SoiSyntax::DEFAULT).unwrap()
    }

    #[test]
    fn what_is_typed_is_normalised_once() {
        for typed in ["100001", " 100001 ", "100 001", "100\u{a0}001", "１００００１"] {
            assert_eq!(syntax().parse(typed).unwrap().as_str(), "100001", "{typed:?}");
        }
        let letters = SoiSyntax::new("[A-Z][0-9]{5}").unwrap();
        assert_eq!(letters.parse("a12345").unwrap().as_str(), "A12345");
    }

    #[test]
    fn what_is_no_soi_is_refused_and_shown_short() {
        assert_eq!(syntax().parse("  "), Err(SoiError::Empty));
        for typed in ["12345", "123456789", "12345a", "100001\n; drop", "१०००००१x"] {
            assert!(matches!(syntax().parse(typed), Err(SoiError::Syntax(..))), "{typed:?}");
        }
        let Err(SoiError::Syntax(shown, _)) = syntax().parse(&"9".repeat(1_000_000)) else { panic!("accepted") };
        assert!(shown.len() <= 24);
    }
}
