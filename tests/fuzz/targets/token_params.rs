//! A token request without a code that was issued gets no token, an error that a client may read, and the same answer whatever
//! stands in the other fields when the client is not who it says.
//!
//! An input is the value of `Authorization` (may be empty) up to a line's end, then the body.

#![no_main]

mod town;

use libfuzzer_sys::fuzz_target;
use octroi_idp::oauth::token::TokenError;
use octroi_idp::oauth::{ErrorCode, Params};

use crate::town::{SECRET, TOWN, record};

fuzz_target!(|input: &[u8]| {
    let mut halves = input.splitn(2, |byte| *byte == b'\n');
    let header = halves.next().filter(|header| !header.is_empty());
    let Ok(params) = Params::parse(halves.next().unwrap_or_default()) else { return };

    let answer = TOWN.runtime.block_on(TOWN.provider.token(&params, header, &TOWN.caller));
    let Err(error) = answer else { panic!("a token without a code") };
    assert!(!matches!(error, TokenError::Provider(_)), "a failure of our own: {error:?}");
    let code = error.code();
    assert!((400..=401).contains(&code.status()), "{error:?}");
    assert!(!error.public().is_empty() && error.public().is_ascii());
    assert_eq!(error.challenge().is_some(), code == ErrorCode::InvalidClient && header.is_some(), "{error:?}");
    if !matches!(error, TokenError::Client(_)) {
        assert_client_is_proved(header, &params);
    }
    if matches!(error, TokenError::CodeUnknown) {
        for name in ["grant_type", "code", "redirect_uri"] {
            assert!(matches!(params.one(name), Ok(Some(_))), "{name}");
        }
        assert_eq!(params.one("grant_type"), Ok(Some("authorization_code")));
    }
});

/// Exactly the registered method, and the secret.
fn assert_client_is_proved(header: Option<&[u8]>, params: &Params) {
    let (client_id, secret) = (params.one("client_id").unwrap(), params.one("client_secret").unwrap());
    assert!(params.one("client_assertion").unwrap().is_none());
    match (header, secret) {
        (Some(header), None) => {
            assert!(header.len() > 6 && header[..6].eq_ignore_ascii_case(b"Basic "));
            assert!(client_id.is_none_or(|id| ["portal", "federation"].contains(&id)), "{client_id:?}");
        }
        (None, Some(secret)) => assert_eq!((client_id, secret), (Some("webmail"), SECRET)),
        (None, None) => assert!(client_id.is_some_and(|id| id == "native" && record(id).is_public()), "{client_id:?}"),
        (Some(_), Some(_)) => panic!("two methods"),
    }
}
