//! PKCE (RFC 7636), method S256 only: the syntax of challenge and verifier, and their comparison.

use crate::crypto::hash;

/// The only method; `plain` is refused (OA-04).
pub const METHOD: &str = "S256";

/// Whether this can be an S256 challenge: 32 bytes in base64url without padding (RFC 7636 §4.2).
pub fn is_challenge(text: &str) -> bool {
    text.len() == 43 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// Whether this can be a verifier: 43 to 128 unreserved characters (RFC 7636 §4.1).
pub fn is_verifier(text: &str) -> bool {
    (43..=128).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~'))
}

/// Whether `verifier` is the one behind `challenge` (RFC 7636 §4.6).
pub fn matches(verifier: &str, challenge: &str) -> bool {
    is_verifier(verifier) && hash::s256_matches(verifier, challenge)
}

#[cfg(test)]
mod tests {
    use super::*;

    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    #[test]
    fn the_example_of_the_rfc_matches() {
        assert!(is_challenge(CHALLENGE) && is_verifier(VERIFIER));
        assert!(matches(VERIFIER, CHALLENGE));
    }

    #[test]
    fn another_verifier_and_the_challenge_itself_do_not() {
        assert!(!matches(&VERIFIER.to_lowercase(), CHALLENGE));
        assert!(!matches(CHALLENGE, CHALLENGE));
        assert!(!matches("", CHALLENGE));
    }

    #[test]
    fn syntax_is_that_of_the_rfc() {
        assert!(!is_verifier(&"a".repeat(42)) && is_verifier(&"a".repeat(43)));
        assert!(is_verifier(&"~".repeat(128)) && !is_verifier(&"a".repeat(129)));
        assert!(!is_verifier(&format!("{} ", "a".repeat(43))) && !is_verifier(&"é".repeat(30)));
        for wrong in [&CHALLENGE[1..], &format!("{CHALLENGE}="), &CHALLENGE.replace('-', "+"), ""] {
            assert!(!is_challenge(wrong), "{wrong}");
        }
    }
}
