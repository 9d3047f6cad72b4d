//! An authorization request of a stranger never yields a code, never an answer to an address that is not registered, and what
//! waits for a login comes back the same.
//!
//! An input is a query string, or a body behind `POST `.

#![no_main]

mod town;

use libfuzzer_sys::fuzz_target;
use octroi_idp::domain::application::ApplicationRecord;
use octroi_idp::oauth::authorize::{AuthorizationResponse, AuthorizeStep, ResponseMode};
use octroi_idp::oauth::{Params, ValidRedirectUri};

use crate::town::{ISSUER, TOWN, record};

fuzz_target!(|input: &[u8]| {
    let (is_post, encoded) = input.strip_prefix(b"POST ").map_or((false, input), |body| (true, body));
    let Ok(params) = Params::parse(encoded) else { return };
    assert!(
        params.pairs().len() <= 64
            && params.pairs().iter().all(|(name, value)| !(name.contains('\0') || value.contains('\0')))
    );

    let provider = &TOWN.provider;
    let step =
        TOWN.runtime.block_on(provider.authorize(&params, is_post, &TOWN.caller)).expect("no failure of our own");
    let proved = proved_address(&params);
    match step {
        AuthorizeStep::Page(error) => {
            assert!(proved.is_none(), "a page instead of an answer to the application: {error}");
            assert!(!error.public().is_empty());
        }
        AuthorizeStep::Redirect(response) => {
            let (_, to) = proved.expect("an answer to an address that is not proved");
            assert_error_for_the_application(&params, &response, &to);
        }
        AuthorizeStep::Login { interaction_id } => {
            assert!(!is_post, "a POST goes by the resume address");
            let (application, to) = proved.expect("a login for nobody");
            assert_may_wait(&params, &application);
            assert_waits(&params, &interaction_id, &to);
        }
        AuthorizeStep::Resume { interaction_id } => {
            assert!(is_post);
            let (application, to) = proved.expect("a request of nobody is kept");
            assert_sound(&params, &application);
            assert_waits(&params, &interaction_id, &to);
        }
        AuthorizeStep::Refusal(_) | AuthorizeStep::Gone => {
            panic!("nobody is logged in, and nothing was kept: {step:?}")
        }
    }
});

/// Application and redirect URI, where both are beyond doubt.
fn proved_address(params: &Params) -> Option<(ApplicationRecord, String)> {
    let client_id = params.one("client_id").ok()??;
    let application = ["portal", "webmail", "native", "federation"].contains(&client_id).then(|| record(client_id))?;
    let to = params.one("redirect_uri").ok()??.to_owned();
    ValidRedirectUri::check(&application, &to)?;
    assert!(application.redirect_uris.contains(&to) || (client_id == "native" && to.ends_with("/cb")), "{to}");
    Some((application, to))
}

/// What the answer repeats, errors included.
fn assert_answer(params: &Params, response: &AuthorizationResponse, to: &str) {
    assert_eq!(response.to.as_str(), to);
    assert_eq!(response.param("iss"), Some(ISSUER));
    assert_eq!(response.param("code"), None, "a code without a login");
    assert!(response.param("error").is_some() && response.param("error_description").is_some());
    // A state that was refused or repeated is not repeated.
    if let Some(state) = response.param("state") {
        assert_eq!(params.one("state"), Ok(Some(state)));
        assert!(!state.chars().any(char::is_control));
    }
    let location = response.location();
    assert!(location.starts_with(to) && location.bytes().all(|byte| byte.is_ascii_graphic()), "{location}");
}

fn assert_error_for_the_application(params: &Params, response: &AuthorizationResponse, to: &str) {
    assert_answer(params, response, to);
    assert_ne!(response.param("error"), Some("server_error"));
}

/// The rules once more, as directly as possible.
fn assert_sound(params: &Params, application: &ApplicationRecord) {
    let one = |name: &str| params.one(name).unwrap_or_else(|_| panic!("{name} is repeated"));
    assert_eq!(one("response_type"), Some("code"));
    assert!(one("scope").is_some_and(|scope| scope.split(' ').any(|word| word == "openid")));
    for name in ["request", "request_uri", "registration", "id_token_hint"] {
        assert_eq!(one(name), None);
    }
    assert!(matches!(one("response_mode"), None | Some("query" | "form_post")));
    match one("code_challenge") {
        Some(challenge) => {
            assert_eq!(one("code_challenge_method"), Some("S256"));
            assert!(challenge.len() == 43 && challenge.is_ascii());
        }
        None => assert!(!application.require_pkce && one("nonce").is_some(), "without PKCE"),
    }
    assert!(one("max_age").is_none_or(|age| age.parse::<u32>().is_ok()));
    for name in ["state", "nonce", "login_hint", "ui_locales"] {
        assert!(one(name).is_none_or(|text| text.len() <= 2048 && !text.chars().any(char::is_control)));
    }
}

fn assert_may_wait(params: &Params, application: &ApplicationRecord) {
    assert_sound(params, application);
    let prompt = params.one("prompt").unwrap().unwrap_or_default();
    assert!(!prompt.split(' ').any(|word| word == "none"), "a page in spite of prompt=none");
}

/// The request waits once: resumed, it asks for the login again or says why not; cancelled, it goes back where it came from.
fn assert_waits(params: &Params, interaction_id: &str, to: &str) {
    let provider = &TOWN.provider;
    let resumed = TOWN.runtime.block_on(provider.resume(interaction_id, &TOWN.caller)).expect("no failure of our own");
    let twice = TOWN.runtime.block_on(provider.resume(interaction_id, &TOWN.caller)).expect("no failure of our own");
    assert!(matches!(twice, AuthorizeStep::Gone), "an interaction is consumed twice: {twice:?}");
    let response = match resumed {
        AuthorizeStep::Redirect(response) => {
            assert_eq!(response.param("error"), Some("login_required"));
            response
        }
        AuthorizeStep::Login { interaction_id } => {
            let cancelled = TOWN.runtime.block_on(provider.cancel(&interaction_id)).expect("no failure of our own");
            let AuthorizeStep::Redirect(response) = cancelled else { panic!("{cancelled:?}") };
            response
        }
        other => panic!("what was accepted is not when it resumes: {other:?}"),
    };
    assert_answer(params, &response, to);
    assert_eq!(response.param("state"), params.one("state").unwrap());
    let asked =
        if params.one("response_mode") == Ok(Some("form_post")) { ResponseMode::FormPost } else { ResponseMode::Query };
    assert_eq!(response.mode, asked);
}
