//! Each check of an authorization request, and which entry points run it.

use super::*;
use crate::domain::application::{ApplicationRecord, ClientAuthMethod};
use crate::oauth::authorize::{AuthorizeStep, PageError};
use crate::oauth::testing::{Ask, Town, application, login_asked, office, redirected};

/// The checks that no way in may skip, now and later.
#[test]
fn every_entry_point_runs_redirect_uri_and_pkce() {
    for entry in [Entry::Authorize, Entry::Resume] {
        for name in ["client_id", "redirect_uri", "code_challenge_method", "code_challenge", "state", "response_mode"] {
            let runs = CHECKS.iter().any(|check| check.name == name && check.entries & entry as u8 != 0);
            assert!(runs, "{entry:?} does not run {name}");
        }
    }
}

#[test]
fn addresses_are_proved_before_anything_travels() {
    let first_that_travels = CHECKS.iter().position(|check| matches!(check.run, Request(_))).unwrap();
    let last_address = CHECKS.iter().rposition(|check| matches!(check.run, Address(_))).unwrap();
    assert!(last_address < first_that_travels);
    assert!(CHECKS.iter().take(last_address + 1).any(|check| check.name == "redirect_uri"));
}

async fn error_of(town: &Town, ask: &Ask) -> String {
    let response = redirected(town.authorize(ask, &office(None)).await);
    assert_eq!(response.param("iss"), Some("https://login.ville.example"), "RFC 9207: errors too");
    response.param("error").unwrap().to_owned()
}

async fn page_of(town: &Town, ask: &Ask) -> PageError {
    match town.authorize(ask, &office(None)).await {
        AuthorizeStep::Page(error) => error,
        other => panic!("no page: {other:?}"),
    }
}

#[tokio::test]
async fn a_request_without_a_proved_address_gets_a_page_and_no_redirect() {
    let town = Town::new().await;
    let portal = || Ask::of("portal");
    let application = || "Application portal".to_owned();
    for (ask, error) in [
        (portal().without("client_id"), PageError::ClientIdMissing),
        (portal().with("client_id", ""), PageError::ClientIdMissing),
        (portal().twice("client_id", "portal"), PageError::ClientIdRepeated),
        (portal().with("client_id", "nobody"), PageError::ApplicationUnknown),
        (portal().with("client_id", "Portal"), PageError::ApplicationUnknown),
        (portal().without("redirect_uri"), PageError::RedirectUriMissing { application: application() }),
        (
            portal().twice("redirect_uri", "https://portal.ville.example/cb"),
            PageError::RedirectUriRepeated { application: application() },
        ),
        (
            portal().with("redirect_uri", "https://evil.example/cb"),
            PageError::RedirectUriUnregistered { application: application() },
        ),
        (
            portal().with("redirect_uri", "https://webmail.ville.example/cb"),
            PageError::RedirectUriUnregistered { application: application() },
        ),
    ] {
        let said = page_of(&town, &ask).await;
        assert_eq!(said, error);
        assert_eq!(said.code().status(), 400);
    }
}

#[tokio::test]
async fn each_flaw_has_the_error_that_its_rfc_names() {
    let town = Town::new().await;
    let portal = || Ask::of("portal");
    let long = |n: usize| "x".repeat(n);
    for (ask, error) in [
        (portal().without("response_type"), "invalid_request"),
        (portal().with("response_type", "token"), "unsupported_response_type"),
        (portal().with("response_type", "code id_token"), "unsupported_response_type"),
        (portal().with("response_mode", "fragment"), "invalid_request"),
        (portal().with("request", "eyJ"), "request_not_supported"),
        (portal().with("request_uri", "https://a.example/r"), "request_uri_not_supported"),
        (portal().with("registration", "{}"), "registration_not_supported"),
        (portal().without("scope"), "invalid_scope"),
        (portal().with("scope", "profile"), "invalid_scope"),
        (portal().with("state", &long(2049)), "invalid_request"),
        (portal().with("state", "a\nb"), "invalid_request"),
        (portal().with("nonce", &long(513)), "invalid_request"),
        (portal().with("nonce", "a\u{7}"), "invalid_request"),
        (portal().without("code_challenge").without("code_challenge_method"), "invalid_request"),
        (portal().without("code_challenge"), "invalid_request"),
        (portal().without("code_challenge_method"), "invalid_request"),
        (portal().with("code_challenge_method", "plain"), "invalid_request"),
        (portal().with("code_challenge_method", "s256"), "invalid_request"),
        (portal().with("code_challenge", "short"), "invalid_request"),
        (portal().with("code_challenge", &long(44)), "invalid_request"),
        (portal().with("prompt", "none login"), "invalid_request"),
        (portal().with("prompt", "none consent"), "invalid_request"),
        (portal().with("prompt", "create"), "invalid_request"),
        (portal().with("prompt", "None"), "invalid_request"),
        (portal().with("max_age", "-1"), "invalid_request"),
        (portal().with("max_age", "+1"), "invalid_request"),
        (portal().with("max_age", "1.5"), "invalid_request"),
        (portal().with("max_age", &"9".repeat(40)), "invalid_request"),
        (portal().with("login_hint", &long(513)), "invalid_request"),
        (portal().with("ui_locales", &long(513)), "invalid_request"),
        (portal().with("acr_values", &long(513)), "invalid_request"),
        (portal().with("acr_values", "eidas2\n"), "invalid_request"),
        (portal().with("id_token_hint", "not.a.token"), "invalid_request"),
        (portal().with("prompt", "none"), "login_required"),
    ] {
        assert_eq!(error_of(&town, &ask).await, error, "{:?}", ask.params().pairs());
    }
}

/// OpenID Connect Core §5.5.
#[tokio::test]
async fn claims_that_are_no_claims_are_refused_and_what_we_do_not_use_in_them_is_ignored() {
    let town = Town::new().await;
    let with = |claims: &str| Ask::of("portal").with("claims", claims);
    for flawed in [
        "acr",
        "[]",
        "null",
        "\"{}\"",
        r#"{"id_token":"#,
        r#"{"id_token":[]}"#,
        r#"{"userinfo":true}"#,
        r#"{"id_token":{"acr":"eidas2"}}"#,
        r#"{"id_token":{"acr":{"essential":"true","value":"eidas2"}}}"#,
        r#"{"id_token":{"acr":{"value":2}}}"#,
        r#"{"id_token":{"acr":{"values":"eidas2"}}}"#,
        r#"{"id_token":{"acr":{"values":[["eidas2"]]}}}"#,
        r#"{"id_token":{},"userinfo":{"acr":{"essential":1}}}"#,
    ] {
        assert_eq!(error_of(&town, &with(flawed)).await, "invalid_request", "{flawed}");
    }
    let room = "x".repeat(2048 - r#"{"x":""}"#.len());
    assert_eq!(error_of(&town, &with(&format!(r#"{{"x":"{room}x"}}"#))).await, "invalid_request", "too long");
    let deep = format!("{}{}", "{\"a\":".repeat(200), "}".repeat(200));
    assert_eq!(error_of(&town, &with(&deep)).await, "invalid_request", "too deep");
    for good in [
        "{}",
        &format!(r#"{{"x":"{room}"}}"#),
        r#"{"id_token":{"acr":null,"amr":null,"email":{"essential":true}},"userinfo":{"name":7},"other":[]}"#,
        r#"{"id_token":{"acr":{"essential":true,"values":[],"more":0}}}"#,
        r#"{"id_token":{"acr":{"essential":false,"value":"gold"}}}"#,
    ] {
        login_asked(town.authorize(&with(good), &office(None)).await);
    }
}

#[tokio::test]
async fn every_parameter_that_we_know_may_come_once_only() {
    let town = Town::new().await;
    for name in [
        "state",
        "response_mode",
        "response_type",
        "request",
        "request_uri",
        "scope",
        "nonce",
        "code_challenge",
        "code_challenge_method",
        "prompt",
        "max_age",
        "login_hint",
        "ui_locales",
        "acr_values",
        "id_token_hint",
        "claims",
        "display",
    ] {
        let ask = Ask::of("portal").with(name, "code").twice(name, "code");
        assert_eq!(error_of(&town, &ask).await, "invalid_request", "{name}");
    }
}

#[tokio::test]
async fn errors_carry_the_state_exactly_and_travel_the_way_that_was_asked() {
    let town = Town::new().await;
    let ask = Ask::of("portal").with("scope", "x").with("response_mode", "form_post").with("state", " a+b%20&é\u{a0}=");
    let response = redirected(town.authorize(&ask, &office(None)).await);
    assert_eq!(response.param("state"), Some(" a+b%20&é\u{a0}="));
    assert_eq!(response.mode, crate::oauth::authorize::ResponseMode::FormPost);
    let repeated = redirected(town.authorize(&ask.twice("state", "b"), &office(None)).await);
    assert_eq!(repeated.param("state"), None, "which of the two is anybody's guess");
}

#[tokio::test]
async fn what_we_do_not_know_is_ignored() {
    let town = Town::new().await;
    let ask = Ask::of("portal")
        .with("scope", "openid siren chorusdt")
        .with("sp_name", "Service")
        .with("claims", r#"{"id_token":{"acr":null}}"#)
        .with("acr_values", "eidas2 eidas1")
        .with("prompt", "consent")
        .with("display", "popup")
        .twice("siret_hint", "1")
        .twice("siret_hint", "2");
    login_asked(town.authorize(&ask, &office(None)).await);
}

/// STANDARDS D7.
#[tokio::test]
async fn pkce_is_waived_only_for_a_confidential_application_that_is_registered_so_and_sends_a_nonce() {
    let town = Town::new().await;
    let bare = |id| Ask::of(id).without("code_challenge").without("code_challenge_method");
    login_asked(town.authorize(&bare("federation"), &office(None)).await);
    assert_eq!(error_of(&town, &bare("federation").without("nonce")).await, "invalid_request");
    assert_eq!(error_of(&town, &bare("portal")).await, "invalid_request");
    let mut public = application("native");
    public.token_endpoint_auth_method = ClientAuthMethod::None;
    public.require_pkce = false;
    town.register(public).await;
    assert_eq!(error_of(&town, &bare("native")).await, "invalid_request");
    // A challenge that is sent is held to, exempt or not.
    let plain = Ask::of("federation").with("code_challenge_method", "plain");
    assert_eq!(error_of(&town, &plain).await, "invalid_request");
}

#[tokio::test]
async fn an_application_without_the_grant_or_the_scope_is_told_so() {
    let town = Town::new().await;
    let mut record = application("portal");
    record.grant_types = vec!["client_credentials".into()];
    town.register(record.clone()).await;
    assert_eq!(error_of(&town, &Ask::of("portal")).await, "unauthorized_client");
    record.grant_types = vec!["authorization_code".into()];
    record.scopes = vec!["profile".into()];
    town.register(record).await;
    assert_eq!(error_of(&town, &Ask::of("portal")).await, "invalid_scope");
}

#[tokio::test]
async fn a_request_that_is_too_large_to_wait_is_told_so() {
    let town = Town::new().await;
    // Quotation marks take twice their room. A usual application's longest request is kept even so.
    let quotes = |n: usize| "\"".repeat(n);
    let longest = Ask::of("portal")
        .with("state", &quotes(2048))
        .with("nonce", &quotes(512))
        .with("login_hint", &quotes(512))
        .with("ui_locales", &quotes(512));
    login_asked(town.authorize(&longest, &office(None)).await);
    town.register(ApplicationRecord { name: "n".repeat(1000), ..application("portal") }).await;
    assert_eq!(error_of(&town, &longest).await, "invalid_request");
    login_asked(town.authorize(&longest.with("nonce", "n"), &office(None)).await);
}
