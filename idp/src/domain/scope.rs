//! Scopes (RFC 6749 §3.3). Requested and granted are different types: the state is in the name.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// Scopes that Octroi knows, each with the claims it releases (OpenID Connect Core §5.4, and `agent` of PRODUCT).
pub const KNOWN: &[(&str, &[&str])] = &[
    ("openid", &[]),
    ("profile", &["name", "given_name", "family_name", "updated_at"]),
    ("email", &["email", "email_verified"]),
    ("phone", &["phone_number", "phone_number_verified"]),
    ("agent", &["soi", "department", "position"]),
];

/// What an application asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RequestedScope(BTreeSet<String>);

impl RequestedScope {
    /// Splits a `scope` parameter at spaces.
    pub fn parse(parameter: &str) -> Self {
        Self(parameter.split(' ').filter(|s| !s.is_empty()).map(str::to_owned).collect())
    }

    /// Whether `scope` was asked for.
    pub fn contains(&self, scope: &str) -> bool {
        self.0.contains(scope)
    }

    /// What this application is granted: asked, known to Octroi and registered for it. Unknown scopes are ignored
    /// (OpenID Connect Core §3.1.2.1, STANDARDS PC-10).
    pub fn granted(&self, registered: &[String]) -> GrantedScope {
        GrantedScope(
            self.0.iter().filter(|s| KNOWN.iter().any(|(k, _)| k == s) && registered.contains(s)).cloned().collect(),
        )
    }
}

/// What was granted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct GrantedScope(BTreeSet<String>);

impl GrantedScope {
    /// From the stored, space-separated form.
    pub fn from_stored(text: &str) -> Self {
        Self(text.split(' ').filter(|s| !s.is_empty()).map(str::to_owned).collect())
    }

    /// Whether `scope` was granted.
    pub fn contains(&self, scope: &str) -> bool {
        self.0.contains(scope)
    }

    /// The space-separated form of RFC 6749 §3.3, also the stored one.
    pub fn to_parameter(&self) -> String {
        self.0.iter().map(String::as_str).collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_and_registered_scopes_are_granted_and_unknown_ones_are_ignored() {
        let asked = RequestedScope::parse("openid  profile siren agent");
        let granted = asked.granted(&["openid".into(), "profile".into(), "siren".into()]);
        assert_eq!(granted.to_parameter(), "openid profile");
        assert_eq!(GrantedScope::from_stored("openid profile"), granted);
    }
}
