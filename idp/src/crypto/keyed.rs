//! Small keyed digests that guard a form or hide a name, each with its own key and its own type, so that one cannot be
//! used for the other: [`CsrfKey`] for forms, [`LookupKey`] for rows about identifiers that may belong to nobody.
//!
//! Short codes have theirs in [`short_code`](super::short_code).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::hash::{DerivedKey, constant_time_eq, derive_key, hmac};
use crate::domain::secret::KeyBytes;

/// The key that ties a form to the browser that it was sent to.
#[derive(Debug, Clone)]
pub struct CsrfKey(DerivedKey);

impl CsrfKey {
    /// Derived from the server's sealing key.
    pub fn new(master: &KeyBytes) -> Self {
        Self(derive_key(master, "csrf"))
    }

    /// The value of the form field for the browser that holds `cookie` (base64url, 43 characters).
    pub fn token_for(&self, cookie: &str) -> String {
        URL_SAFE_NO_PAD.encode(hmac(&self.0, &[cookie.as_bytes()]))
    }

    /// Whether the form field came from a page that this browser was shown. An empty cookie proves nothing.
    pub fn verify(&self, cookie: &str, presented: &str) -> bool {
        !cookie.is_empty() && constant_time_eq(self.token_for(cookie).as_bytes(), presented.as_bytes())
    }
}

/// The key for rows that must be found again by an identifier that was typed, without storing what was typed: it may be
/// somebody's password in the wrong field.
#[derive(Debug, Clone)]
pub struct LookupKey(DerivedKey);

impl LookupKey {
    /// Derived from the server's sealing key.
    pub fn new(master: &KeyBytes) -> Self {
        Self(derive_key(master, "lookup"))
    }

    /// The key of another row about what `key` is about already.
    pub fn digest_again(&self, purpose: &'static str, key: &[u8; 32]) -> [u8; 32] {
        hmac(&self.0, &[purpose.as_bytes(), key])
    }

    /// The key of the row for a normalised identifier.
    pub fn digest(&self, purpose: &'static str, identifier: &str) -> [u8; 32] {
        hmac(&self.0, &[purpose.as_bytes(), identifier.as_bytes()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn master() -> KeyBytes {
        KeyBytes::new(vec![5; 32])
    }

    #[test]
    fn a_form_is_accepted_from_its_own_browser_only() {
        let key = CsrfKey::new(&master());
        let token = key.token_for("browser-a");
        assert_eq!(token.len(), 43);
        assert!(key.verify("browser-a", &token));
        assert!(!key.verify("browser-b", &token));
        assert!(!key.verify("browser-a", ""));
        assert!(!key.verify("browser-a", "browser-a"));
        assert!(!CsrfKey::new(&KeyBytes::new(vec![6; 32])).verify("browser-a", &token));
    }

    #[test]
    fn an_empty_cookie_proves_nothing() {
        let key = CsrfKey::new(&master());
        assert!(!key.verify("", &key.token_for("")));
    }

    #[test]
    fn a_lookup_digest_depends_on_purpose_and_identifier() {
        let key = LookupKey::new(&master());
        assert_eq!(key.digest("throttle", "100001"), key.digest("throttle", "100001"));
        assert_ne!(key.digest("throttle", "100001"), key.digest("throttle", "100002"));
        assert_ne!(key.digest("throttle", "100001"), key.digest("reset", "100001"));
    }

    #[test]
    fn debug_does_not_show_the_keys() {
        assert_eq!(format!("{:?}", CsrfKey::new(&master())), "CsrfKey(DerivedKey(…))");
        assert_eq!(format!("{:?}", LookupKey::new(&master())), "LookupKey(DerivedKey(…))");
    }
}
