//! An answer goes to a registered address and nowhere else, and a registered address is one that a browser, a header and a
//! content security policy all read alike.
//!
//! An input is text: a first byte (odd: a public application), the registered URI up to a line's end, the presented one.

#![no_main]

use libfuzzer_sys::fuzz_target;
use octroi_idp::directory::ApplicationDraft;
use octroi_idp::domain::application::ApplicationRecord;
use octroi_idp::domain::ids::ClientId;
use octroi_idp::oauth::{ValidPostLogoutUri, ValidRedirectUri};
use url::{Host, Url};

fuzz_target!(|input: &[u8]| {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let Some(kind) = text.chars().next() else { return };
    let rest = &text[kind.len_utf8()..];
    let (registered, presented) = rest.split_once('\n').unwrap_or((rest, rest));
    let public = u32::from(kind) % 2 == 1;

    let uris = Some(vec![registered.to_owned()]);
    let draft = ApplicationDraft {
        name: Some("Portal".into()),
        redirect_uris: uris.clone(),
        post_logout_redirect_uris: uris,
        public: Some(public),
        ..ApplicationDraft::default()
    };
    let record = match draft.complete(&ClientId::new("portal"), None) {
        Ok(record) => record,
        Err(problems) => {
            assert!(problems.iter().all(|p| !p.what.is_empty() && !p.fix.is_empty()), "{problems:?}");
            // Matching does not lean on the registration's rules: whatever stands in the database, it compares strings.
            let uris = vec![registered.to_owned()];
            let sound = ApplicationDraft {
                redirect_uris: Some(vec!["https://app.ville.example/cb".into()]),
                post_logout_redirect_uris: None,
                ..draft
            };
            let sound = sound.complete(&ClientId::new("portal"), None).expect("a sound registration");
            let record = ApplicationRecord { redirect_uris: uris.clone(), post_logout_redirect_uris: uris, ..sound };
            return assert_matches_only_what_is_registered(&record, presented);
        }
    };
    assert_eq!(record.redirect_uris, [registered.trim()], "not kept to the letter");
    assert_registered_is_plain(&record, public);
    assert_matches_only_what_is_registered(&record, presented);
});

/// What the registration let in.
fn assert_registered_is_plain(record: &ApplicationRecord, public: bool) {
    let uri = &record.redirect_uris[0];
    assert!(uri.bytes().all(|byte| byte.is_ascii_graphic()) && !uri.contains(['#', '*', '\\']), "{uri}");
    let url = Url::parse(uri).expect("an absolute URI");
    assert!(url.username().is_empty() && url.password().is_none() && url.fragment().is_none(), "{uri}");
    match url.scheme() {
        "https" | "http" => {
            let host = url.host_str().expect("a host");
            let written = uri.to_ascii_lowercase();
            let behind = written.strip_prefix(&format!("{}://{host}", url.scheme()));
            assert!(behind.is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '/', '?'])), "{uri} is {host}");
            let is_loopback = match url.host() {
                Some(Host::Domain(name)) => name == "localhost",
                Some(Host::Ipv4(v4)) => v4.is_loopback(),
                Some(Host::Ipv6(v6)) => v6.is_loopback(),
                None => false,
            };
            assert!(url.scheme() == "https" || is_loopback, "{uri}");
        }
        scheme => assert!(public && scheme.contains('.'), "{uri}"),
    }
    let valid = ValidRedirectUri::check(record, uri).expect("what is registered is accepted");
    let origin = valid.origin();
    let is_source = |c: char| c.is_ascii_alphanumeric() || "+-._:/[]".contains(c);
    assert!(!origin.is_empty() && origin.chars().all(is_source), "form-action {origin:?} of {uri}");

    let added = [("state", "a b&c=é\r\n".to_owned()), ("iss", "https://login.ville.example".to_owned())];
    let location = valid.with_query(&added);
    assert!(location.starts_with(uri.as_str()) && location.bytes().all(|byte| byte.is_ascii_graphic()), "{location}");
    let answered = Url::parse(&location).expect("an absolute URI");
    assert_eq!((answered.scheme(), answered.host(), answered.port()), (url.scheme(), url.host(), url.port()));
    assert_eq!(answered.path(), url.path());
    let pairs: Vec<(String, String)> = answered.query_pairs().into_owned().collect();
    assert!(pairs.ends_with(&added.map(|(name, value)| (name.to_owned(), value))), "{location}");
}

fn assert_matches_only_what_is_registered(record: &ApplicationRecord, presented: &str) {
    let registered = record.redirect_uris[0].as_str();
    if let Some(valid) = ValidRedirectUri::check(record, presented) {
        assert_eq!(valid.as_str(), presented);
        assert!(!presented.contains('#') && !presented.chars().any(char::is_control), "{presented:?}");
        if presented != registered {
            assert!(record.is_public(), "{presented:?} for {registered:?}");
            assert_differs_by_a_loopback_port(registered, presented);
        }
    }
    if let Some(valid) = ValidPostLogoutUri::check(record, presented) {
        assert_eq!(valid.as_str(), presented);
        assert_eq!(presented, record.post_logout_redirect_uris[0]);
    }
}

/// RFC 8252 §7.3.
fn assert_differs_by_a_loopback_port(registered: &str, presented: &str) {
    let (r, p) = (Url::parse(registered).unwrap(), Url::parse(presented).expect("a URL"));
    for url in [&r, &p] {
        let is_loopback = matches!(url.host(), Some(Host::Ipv4(v4)) if v4.is_loopback())
            || matches!(url.host(), Some(Host::Ipv6(v6)) if v6.is_loopback());
        assert!(
            url.scheme() == "http" && is_loopback && url.username().is_empty() && url.password().is_none(),
            "{url}"
        );
    }
    assert_eq!(r.host(), p.host());
    let behind_authority = |uri: &str| {
        let rest = uri.strip_prefix("http://").expect("http").to_owned();
        rest.find(['/', '?']).map_or_else(String::new, |at| rest[at..].to_owned())
    };
    assert_eq!(behind_authority(registered), behind_authority(presented));
}
