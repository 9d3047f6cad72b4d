//! Hashes and keyed hashes: SHA-256, HMAC-SHA256 with unambiguous framing, HKDF sub-keys, comparison in constant time,
//! and the two digests that OAuth and OpenID Connect define over tokens.
//!
//! Machine secrets are stored as plain SHA-256 ([`hash_token`]): they cannot be guessed. What people choose or type is
//! not hashed here: passwords belong to [`password`](super::password), short codes to [`short_code`](super::short_code).

use std::fmt;

use aws_lc_rs::{digest, hkdf, hmac as mac};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::fail_stop;
use crate::domain::secret::{KeyBytes, PlainToken, TokenHash};

/// The shortest key file that is accepted, in bytes: what is derived from it protects 256-bit secrets.
pub const MIN_KEY_BYTES: usize = 32;

/// SHA-256 of `bytes`.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    fixed(digest::digest(&digest::SHA256, bytes).as_ref())
}

/// What is stored of a machine secret.
pub fn hash_token(token: &PlainToken) -> TokenHash {
    TokenHash::from_digest(sha256(token.reveal().as_bytes()))
}

/// Whether two byte strings are equal, in a time that does not depend on where they differ. Lengths are not secret.
pub fn constant_time_eq(left: &[u8], right: &[u8]) -> bool {
    left.ct_eq(right).into()
}

/// A 256-bit key for one purpose.
#[derive(Clone)]
pub struct DerivedKey(Zeroizing<[u8; 32]>);

impl DerivedKey {
    /// The key itself, for the ciphers next door only.
    pub(super) fn reveal(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for DerivedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DerivedKey(…)")
    }
}

/// A key for the purpose `label`, derived with HKDF-SHA256 (RFC 5869): keys of different labels tell nothing about
/// each other nor about `master`.
pub fn derive_key(master: &KeyBytes, label: &str) -> DerivedKey {
    let mut key = Zeroizing::new([0; 32]);
    let prk = hkdf::Salt::new(hkdf::HKDF_SHA256, b"octroi v1").extract(master.reveal());
    let info = [label.as_bytes()];
    // Fails only for outputs beyond 255 hashes (RFC 5869 §2.3); ours is one.
    if prk.expand(&info, hkdf::HKDF_SHA256).and_then(|okm| okm.fill(key.as_mut_slice())).is_err() {
        fail_stop("key derivation");
    }
    DerivedKey(key)
}

/// HMAC-SHA256 over `parts`, each preceded by its length, so that ("ab", "c") and ("a", "bc") differ.
pub fn hmac(key: &DerivedKey, parts: &[&[u8]]) -> [u8; 32] {
    fixed(mac::sign(&mac::Key::new(mac::HMAC_SHA256, key.reveal()), &framed(parts)).as_ref())
}

/// The parts one after the other, each preceded by its length in eight bytes.
pub(super) fn framed(parts: &[&[u8]]) -> Vec<u8> {
    let mut text = Vec::with_capacity(parts.iter().map(|part| part.len() + 8).sum());
    for part in parts {
        text.extend_from_slice(&(part.len() as u64).to_be_bytes());
        text.extend_from_slice(part);
    }
    text
}

/// The `code_challenge` of a `code_verifier` by method S256 (RFC 7636 §4.2).
pub fn s256(code_verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(sha256(code_verifier.as_bytes()))
}

/// Whether `code_verifier` belongs to the `code_challenge` that was sent with S256 (RFC 7636 §4.6).
pub fn s256_matches(code_verifier: &str, code_challenge: &str) -> bool {
    constant_time_eq(s256(code_verifier).as_bytes(), code_challenge.as_bytes())
}

/// `at_hash` of an access token (OpenID Connect Core §3.1.3.6), and `c_hash` of a code (§3.3.2.11): the left half of
/// the hash that belongs to the ID token's `alg`. Both our algorithms, ES256 and RS256, hash with SHA-256.
pub fn at_hash(access_token: &str) -> String {
    let [left @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] = sha256(access_token.as_bytes());
    let left: [u8; 16] = left;
    URL_SAFE_NO_PAD.encode(left)
}

fn fixed(bytes: &[u8]) -> [u8; 32] {
    match bytes.try_into() {
        Ok(fixed) => fixed,
        Err(_) => fail_stop("a SHA-256 of 32 bytes"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(label: &str) -> DerivedKey {
        derive_key(&KeyBytes::new(vec![9; 32]), label)
    }

    #[test]
    fn sha256_is_the_one_of_fips_180() {
        let expected = "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0";
        assert_eq!(URL_SAFE_NO_PAD.encode(sha256(b"abc")), expected);
        assert_eq!(URL_SAFE_NO_PAD.encode(hash_token(&PlainToken::new("abc")).as_bytes()), expected);
    }

    /// RFC 7636 appendix B.
    #[test]
    fn the_challenge_of_the_rfc_s_verifier_is_the_rfc_s_challenge() {
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        assert_eq!(s256(verifier), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
        assert!(s256_matches(verifier, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"));
        assert!(!s256_matches(verifier, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cN"));
        assert!(!s256_matches(verifier, verifier), "the plain method does not pass for S256");
        assert!(!s256_matches("", ""));
    }

    /// OpenID Connect Core appendices A.3 and A.4.
    #[test]
    fn at_hash_is_the_left_half_of_sha256() {
        assert_eq!(at_hash("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"), "77QmUPtjPfzWtF2AnpK9RQ");
        assert_eq!(at_hash("Qcb0Orv1zh30vL1MPRsbm-diHiMwcLyZvn1arpZv-Jxf_11jnpEX3Tgfvk"), "LDktKdoQak3Pk0cnXxCltA");
    }

    #[test]
    fn keys_differ_by_label_and_by_master() {
        assert_eq!(key("a").reveal(), key("a").reveal());
        assert_ne!(key("a").reveal(), key("b").reveal());
        assert_ne!(key("a").reveal(), derive_key(&KeyBytes::new(vec![8; 32]), "a").reveal());
    }

    #[test]
    fn moving_a_letter_from_one_part_to_the_next_changes_the_digest() {
        let key = key("test");
        assert_eq!(hmac(&key, &[b"ab", b"c"]), hmac(&key, &[b"ab", b"c"]));
        assert_ne!(hmac(&key, &[b"ab", b"c"]), hmac(&key, &[b"a", b"bc"]));
        assert_ne!(hmac(&key, &[b"ab", b"c"]), hmac(&key, &[b"ab", b"c", b""]));
        assert_ne!(hmac(&key, &[b"ab"]), hmac(&self::key("other"), &[b"ab"]));
    }

    #[test]
    fn equality_needs_equal_length_and_bytes() {
        assert!(constant_time_eq(b"", b""));
        assert!(constant_time_eq(b"abc", b"abc"));
        assert!(!constant_time_eq(b"abc", b"abd"));
        assert!(!constant_time_eq(b"abc", b"abcd"));
    }

    #[test]
    fn debug_does_not_show_the_key() {
        assert_eq!(format!("{:?}", key("a")), "DerivedKey(…)");
    }
}
