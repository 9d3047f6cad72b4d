//! Secrets as types: they do not print, they do not compare with `==`, and what is stored is another type.
//!
//! [`PlainToken`] is what a browser or application holds (cookie, code, client secret); [`TokenHash`] is its SHA-256,
//! the only form that reaches the database; [`PlainPassword`] is what an agent typed, NFC-normalised once (NIST-05).

use std::fmt;

use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

/// A machine secret of 128 bits and more, in its plain form.
#[derive(Clone)]
pub struct PlainToken(Zeroizing<String>);

impl PlainToken {
    /// Wraps a secret that was generated or received.
    pub fn new(value: impl Into<String>) -> Self {
        Self(Zeroizing::new(value.into()))
    }

    /// The secret itself, for a cookie, a response or a hash; never for a log.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PlainToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PlainToken(…)")
    }
}

/// SHA-256 of a [`PlainToken`]: what the database keeps and looks up.
#[derive(Clone, Hash, PartialEq, Eq)]
pub struct TokenHash([u8; 32]);

impl TokenHash {
    /// From a digest computed by `crypto::hash`.
    pub const fn from_digest(digest: [u8; 32]) -> Self {
        Self(digest)
    }

    /// The digest, as stored (32 bytes).
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenHash(…)")
    }
}

/// The longest password that is accepted or verified, in code points after NFC (STANDARDS D3, CS-07).
pub const PASSWORD_MAX_CODE_POINTS: usize = 256;

/// A password as typed, normalised to NFC, never truncated.
#[derive(Clone)]
pub struct PlainPassword(Zeroizing<String>);

impl PlainPassword {
    /// Normalises what was typed. Length is judged by the policy, which refuses; nothing is cut here.
    pub fn new(typed: &str) -> Self {
        Self(Zeroizing::new(typed.nfc().collect()))
    }

    /// The normalised text, for hashing and policy only.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Code points after NFC.
    pub fn code_points(&self) -> usize {
        self.0.chars().count()
    }

    /// Whether it is too long to be anybody's password, so that no hash needs to be computed over it.
    pub fn is_over_long(&self) -> bool {
        self.code_points() > PASSWORD_MAX_CODE_POINTS
    }
}

impl fmt::Debug for PlainPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PlainPassword(…)")
    }
}

/// Key bytes read from a file or the environment (pepper, sealing key).
#[derive(Clone)]
pub struct KeyBytes(Zeroizing<Vec<u8>>);

impl KeyBytes {
    /// Wraps raw key bytes.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The raw bytes, for `crypto` only.
    pub fn reveal(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for KeyBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyBytes({} bytes)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_do_not_print() {
        assert_eq!(format!("{:?}", PlainToken::new("abc")), "PlainToken(…)");
        assert_eq!(format!("{:?}", PlainPassword::new("abc")), "PlainPassword(…)");
        assert_eq!(format!("{:?}", TokenHash::from_digest([7; 32])), "TokenHash(…)");
        assert_eq!(format!("{:?}", KeyBytes::new(vec![1, 2])), "KeyBytes(2 bytes)");
    }

    #[test]
    fn a_password_is_normalised_to_nfc_and_counted_in_code_points() {
        // "é" typed as e + combining acute (macOS) and as one code point are the same password.
        assert_eq!(PlainPassword::new("e\u{301}té").reveal(), PlainPassword::new("été").reveal());
        assert_eq!(PlainPassword::new("漢é").code_points(), 2);
        assert!(!PlainPassword::new(&"漢".repeat(256)).is_over_long());
        assert!(PlainPassword::new(&"漢".repeat(257)).is_over_long());
    }
}
