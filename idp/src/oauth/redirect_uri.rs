//! The redirect URI: the one place that decides where an authorization response may go.
//!
//! [`ValidRedirectUri`] is a proof: it can be built only here, by comparing with what an administrator registered, so an
//! answer to an unchecked address does not compile. Comparison is of strings; no URL is parsed, because two parsers that
//! disagree are an open redirector.

use url::Url;

use crate::domain::application::ApplicationRecord;

/// A redirect URI that its application registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValidRedirectUri(String);

impl ValidRedirectUri {
    /// Checks a redirect URI against the registered ones. `None`: it must never be redirected to (OA-01).
    pub fn check(application: &ApplicationRecord, presented: &str) -> Option<Self> {
        // RFC 6749 §3.1.2: no fragment. A control character has no business in a header either.
        if presented.contains('#') || presented.chars().any(char::is_control) {
            return None;
        }
        // RFC 9700 §2.1: exact string matching.
        let exact = application.redirect_uris.iter().any(|registered| registered == presented);
        // RFC 8252 §7.3: the one exception, the port of a loopback address of a native application.
        let loopback = application.is_public()
            && application.redirect_uris.iter().any(|registered| same_but_for_the_port(registered, presented));
        (exact || loopback).then(|| Self(presented.to_owned()))
    }

    /// The URI, as registered and presented.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What `form-action` must name so that a browser follows a form to this URI (HTTP-02): the origin, or the scheme
    /// of a private-use URI.
    pub fn origin(&self) -> String {
        source_expression(&self.0)
    }

    /// The URI with `params` added to its query, whatever it already has (RFC 6749 §3.1.2, §4.1.2).
    pub fn with_query(&self, params: &[(&str, String)]) -> String {
        add_query(&self.0, params)
    }
}

/// A URI registered for the return after logout (OpenID Connect RP-Initiated Logout §3.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValidPostLogoutUri(String);

impl ValidPostLogoutUri {
    /// Exact string matching, without exception.
    pub fn check(application: &ApplicationRecord, presented: &str) -> Option<Self> {
        let exact = application.post_logout_redirect_uris.iter().any(|registered| registered == presented);
        (exact && !presented.chars().any(char::is_control)).then(|| Self(presented.to_owned()))
    }

    /// The URI itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// See [`ValidRedirectUri::origin`].
    pub fn origin(&self) -> String {
        source_expression(&self.0)
    }

    /// The URI with `state` added, when there is one.
    pub fn with_state(&self, state: Option<&str>) -> String {
        state.map_or_else(|| self.0.clone(), |state| add_query(&self.0, &[("state", state.to_owned())]))
    }
}

fn source_expression(uri: &str) -> String {
    match Url::parse(uri) {
        Ok(url) if url.origin().is_tuple() => url.origin().ascii_serialization(),
        Ok(url) => format!("{}:", url.scheme()),
        Err(_) => String::new(),
    }
}

fn add_query(uri: &str, params: &[(&str, String)]) -> String {
    let separator = match uri.split_once('?') {
        None => "?",
        Some((_, query)) if query.is_empty() || query.ends_with('&') => "",
        Some(_) => "&",
    };
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(params).finish();
    format!("{uri}{separator}{query}")
}

fn same_but_for_the_port(registered: &str, presented: &str) -> bool {
    matches!((split_loopback(registered), split_loopback(presented)), (Some(r), Some(p)) if r == p)
}

/// Host and remainder of a loopback URI, without its port. `localhost` is a name and not meant (RFC 8252 §8.3).
fn split_loopback(uri: &str) -> Option<(&'static str, &str)> {
    let (host, after) =
        ["http://127.0.0.1", "http://[::1]"].into_iter().find_map(|host| Some((host, uri.strip_prefix(host)?)))?;
    let rest = match after.strip_prefix(':') {
        None => after,
        Some(port_and_rest) => {
            let digits = port_and_rest.bytes().take_while(u8::is_ascii_digit).count();
            let (port, rest) = port_and_rest.split_at_checked(digits)?;
            port.parse::<u16>().ok().filter(|port| *port > 0)?;
            rest
        }
    };
    (rest.is_empty() || rest.starts_with(['/', '?'])).then_some((host, rest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::application::ClientAuthMethod;
    use crate::oauth::testing::application;

    fn registered(uri: &str, method: ClientAuthMethod) -> ApplicationRecord {
        ApplicationRecord {
            redirect_uris: vec![uri.into()],
            token_endpoint_auth_method: method,
            ..application("portal")
        }
    }

    fn accepts(uri: &str, method: ClientAuthMethod, presented: &str) -> bool {
        ValidRedirectUri::check(&registered(uri, method), presented).is_some()
    }

    const CONFIDENTIAL: ClientAuthMethod = ClientAuthMethod::ClientSecretBasic;
    const PUBLIC: ClientAuthMethod = ClientAuthMethod::None;

    #[test]
    fn only_the_exact_string_is_accepted() {
        let uri = "https://app.ville.example/cb?tenant=1";
        assert!(accepts(uri, CONFIDENTIAL, uri));
        for other in [
            "https://app.ville.example/cb",
            "https://app.ville.example/cb?tenant=1&x=2",
            "https://app.ville.example/cb?tenant=1#",
            "https://app.ville.example/cb/?tenant=1",
            "https://APP.ville.example/cb?tenant=1",
            "https://app.ville.example:443/cb?tenant=1",
            "http://app.ville.example/cb?tenant=1",
            "https://app.ville.example/x/../cb?tenant=1",
            "https://app.ville.example.evil.example/cb?tenant=1",
            "https://app.ville.example@evil.example/cb?tenant=1",
            "https://app.ville.example/cb?tenant=1 ",
            "https://app.ville.example/cb?tenant=1\r\nSet-Cookie: a=b",
            "",
        ] {
            assert!(!accepts(uri, CONFIDENTIAL, other), "{other:?}");
        }
    }

    #[test]
    fn a_registered_fragment_is_refused_all_the_same() {
        assert!(!accepts("https://app.ville.example/#cb", CONFIDENTIAL, "https://app.ville.example/#cb"));
    }

    #[test]
    fn the_port_of_a_loopback_address_may_vary_for_native_applications_only() {
        for (uri, presented) in [
            ("http://127.0.0.1/cb", "http://127.0.0.1:49152/cb"),
            ("http://127.0.0.1:7777/cb", "http://127.0.0.1:49152/cb"),
            ("http://127.0.0.1:7777/cb", "http://127.0.0.1/cb"),
            ("http://[::1]/cb?a=b", "http://[::1]:80/cb?a=b"),
        ] {
            assert!(accepts(uri, PUBLIC, presented), "{presented}");
            assert!(!accepts(uri, CONFIDENTIAL, presented), "{presented}");
        }
        for presented in [
            "http://127.0.0.1:49152/other",
            "http://127.0.0.1:0/cb",
            "http://127.0.0.1:99999/cb",
            "http://127.0.0.1:/cb",
            "http://127.0.0.1:80@evil.example/cb",
            "http://127.0.0.1.evil.example/cb",
            "http://127.0.0.2:80/cb",
            "http://localhost:80/cb",
            "http://[::1]:80/cb",
            "https://127.0.0.1:80/cb",
        ] {
            assert!(!accepts("http://127.0.0.1/cb", PUBLIC, presented), "{presented}");
        }
        assert!(!accepts("http://localhost/cb", PUBLIC, "http://localhost:8080/cb"), "a name is no loopback literal");
        assert!(!accepts("https://app.ville.example/cb", PUBLIC, "https://app.ville.example:8443/cb"));
    }

    #[test]
    fn parameters_join_the_query_that_is_there() {
        let with = |uri: &str| {
            let application = registered(uri, CONFIDENTIAL);
            ValidRedirectUri::check(&application, uri).unwrap().with_query(&[("state", "a b&c".into())])
        };
        assert_eq!(with("https://a.example/cb"), "https://a.example/cb?state=a+b%26c");
        assert_eq!(with("https://a.example/cb?x=1"), "https://a.example/cb?x=1&state=a+b%26c");
        assert_eq!(with("https://a.example/cb?"), "https://a.example/cb?state=a+b%26c");
    }

    #[test]
    fn the_origin_is_what_a_content_security_policy_can_name() {
        let origin = |uri: &str| ValidRedirectUri::check(&registered(uri, PUBLIC), uri).unwrap().origin();
        assert_eq!(origin("https://a.example/cb?x=1"), "https://a.example");
        assert_eq!(origin("http://localhost:8090/cb"), "http://localhost:8090");
        assert_eq!(origin("example.ville.app:/cb"), "example.ville.app:");
    }

    proptest! {
        #[test]
        fn a_confidential_application_is_answered_at_its_own_address_only(presented in "\\PC{0,60}") {
            let uri = "https://app.ville.example/cb";
            prop_assert_eq!(accepts(uri, CONFIDENTIAL, &presented), presented == uri);
        }

        #[test]
        fn whatever_follows_a_loopback_address_it_stays_one(rest in "[:0-9@./a-z?]{0,24}") {
            let presented = format!("http://127.0.0.1{rest}");
            if accepts("http://127.0.0.1/cb", PUBLIC, &presented) {
                let url = Url::parse(&presented).unwrap();
                prop_assert_eq!(url.host_str(), Some("127.0.0.1"));
                prop_assert_eq!(url.path(), "/cb");
            }
        }
    }
}
