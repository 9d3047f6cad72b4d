//! UserInfo: which tokens still stand, and what each scope opens.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::*;
use crate::crypto::hash::hash_token;
use crate::crypto::jwt::TokenType;
use crate::domain::agent::Employment;
use crate::domain::application::{ApplicationRecord, SigningAlg};
use crate::domain::secret::PlainToken;
use crate::oauth::ErrorCode;
use crate::oauth::testing::{Ask, INES, Town, application, decoded, office};
use crate::oauth::token::TokenResponse;
use crate::storage::codes;

async fn tokens(town: &Town, scope: &str) -> TokenResponse {
    let (code, _) = town.code(&Ask::of("portal").with("scope", scope)).await;
    town.redeem("portal", &code).await.unwrap()
}

fn header(token: &str) -> Vec<u8> {
    format!("Bearer {token}").into_bytes()
}

async fn ask(town: &Town, token: &str) -> Result<Map<String, Value>, UserInfoError> {
    let answer = town.provider.userinfo(Some(&header(token)), None).await?;
    Ok(serde_json::to_value(answer).unwrap().as_object().unwrap().clone())
}

fn refusal<T: std::fmt::Debug>(answer: Result<T, UserInfoError>) -> (Option<&'static str>, u16) {
    let error = answer.unwrap_err();
    (error.code().map(ErrorCode::as_str), error.status())
}

const INVALID_TOKEN: (Option<&str>, u16) = (Some("invalid_token"), 401);

#[tokio::test]
async fn the_scopes_of_the_token_say_what_is_told() {
    let town = Town::new().await;
    let tokens = tokens(&town, "openid profile email phone agent").await;
    let (_, access) = decoded(&tokens.access_token);
    let expected = json!({
        "sub": access["sub"], "sid": access["sid"],
        "name": "Inès Marchand", "given_name": "Inès", "family_name": "Marchand", "updated_at": 1_795_341_600,
        "email": "marchand@ville.example", "email_verified": false,
        "phone_number": "+33600000001", "phone_number_verified": false,
        "soi": "100001", "department": "40", "position": "Cartographer",
        "acr": "eidas1", "amr": ["pwd"], "auth_time": 1_795_341_600,
        "network_zone": "internal", "network_zone_at": 1_795_341_600, "network_zone_until": 1_795_356_000,
    });
    assert_eq!(Value::Object(ask(&town, &tokens.access_token).await.unwrap()), expected);

    let bare = ask(&town, &self::tokens(&town, "openid").await.access_token).await.unwrap();
    for claim in ["name", "email", "phone_number", "soi", "department"] {
        assert!(!bare.contains_key(claim), "{claim}");
    }
    assert_eq!(bare["sub"], access["sub"]);
}

#[tokio::test]
async fn the_token_comes_in_the_header_or_in_the_body_but_not_twice() {
    let town = Town::new().await;
    let token = tokens(&town, "openid").await.access_token;
    let form = Params::parse(format!("access_token={token}").as_bytes()).unwrap();
    let userinfo = |header: Option<Vec<u8>>, form: Option<Params>| {
        let provider = town.provider.clone();
        async move { provider.userinfo(header.as_deref(), form.as_ref()).await }
    };
    userinfo(None, Some(form.clone())).await.unwrap();
    userinfo(Some(format!("bEARER {token}").into()), Some(Params::default())).await.unwrap();
    let invalid_request = (Some("invalid_request"), 400);
    assert_eq!(refusal(userinfo(Some(header(&token)), Some(form)).await), invalid_request);
    let twice = Params::parse(b"access_token=a&access_token=b").unwrap();
    assert_eq!(refusal(userinfo(None, Some(twice)).await), invalid_request);
    for malformed in ["", "a b", "a\"b", "é"] {
        assert_eq!(refusal(userinfo(Some(header(malformed)), None).await), invalid_request, "{malformed}");
    }
    for nothing in [None, Some(b"Basic abc".to_vec()), Some(b"Bearer".to_vec()), Some(b"".to_vec())] {
        let error = userinfo(nothing, None).await.unwrap_err();
        assert_eq!((error.code(), error.status()), (None, 401), "RFC 6750 §3.1");
        assert_eq!(error.challenge().unwrap(), r#"Bearer realm="octroi""#);
    }
}

#[tokio::test]
async fn an_id_token_a_forged_token_and_an_expired_one_are_refused() {
    let town = Town::new().await;
    let tokens = tokens(&town, "openid").await;
    assert_eq!(refusal(ask(&town, &tokens.id_token).await), INVALID_TOKEN, "OA-23");
    let (head, signature) = tokens.access_token.rsplit_once('.').unwrap();
    for forged in [format!("{head}."), format!("{head}.{}", signature.chars().rev().collect::<String>())] {
        assert_eq!(refusal(ask(&town, &forged).await), INVALID_TOKEN);
    }
    assert_eq!(refusal(ask(&town, "rubbish").await), INVALID_TOKEN);
    let error = ask(&town, "rubbish").await.unwrap_err();
    assert!(error.challenge().unwrap().contains(r#"error="invalid_token""#));
    town.clock.advance(Duration::from_secs(299));
    ask(&town, &tokens.access_token).await.unwrap();
    town.clock.advance(Duration::from_secs(1));
    assert_eq!(refusal(ask(&town, &tokens.access_token).await), INVALID_TOKEN);
}

/// Signed with our key, but not what we would have said.
#[tokio::test]
async fn a_token_for_another_issuer_audience_or_application_is_refused() {
    let town = Town::new().await;
    let token = tokens(&town, "openid").await.access_token;
    let resigned = |changes: &[(&str, Value)]| {
        let mut claims = decoded(&token).1;
        claims.extend(changes.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        town.provider.keys.load().sign(SigningAlg::ES256, TokenType::AccessToken, &claims).unwrap()
    };
    ask(&town, &resigned(&[])).await.unwrap();
    for changes in [
        &[("iss", json!("https://other.example"))][..],
        &[("aud", json!("webmail"))],
        &[("aud", json!(["portal"]))],
        &[("aud", json!("nobody")), ("client_id", json!("nobody"))],
        &[("aud", json!("webmail")), ("client_id", json!("webmail"))],
        &[("grant_id", json!(null))],
        &[("grant_id", json!("unknown"))],
        &[("sub", json!("somebody-else"))],
        &[("network_zone", json!("moon"))],
    ] {
        assert_eq!(refusal(ask(&town, &resigned(changes)).await), INVALID_TOKEN, "{changes:?}");
    }
    let without_openid = resigned(&[("scope", json!("profile"))]);
    let error = ask(&town, &without_openid).await.unwrap_err();
    assert_eq!(refusal::<()>(Err(error)), (Some("insufficient_scope"), 403));
}

#[tokio::test]
async fn a_token_falls_with_its_grant_session_agent_or_application() {
    let town = Town::new().await;
    // Grant: the code is replayed.
    let (code, session) = town.code(&Ask::of("portal")).await;
    let token = town.redeem("portal", &code).await.unwrap().access_token;
    ask(&town, &token).await.unwrap();
    town.redeem("portal", &code).await.unwrap_err();
    assert_eq!(refusal(ask(&town, &token).await), INVALID_TOKEN);
    // Session: the agent logs out.
    let code = town.code_in(&Ask::of("portal"), &session).await;
    let token = town.redeem("portal", &code).await.unwrap().access_token;
    town.provider.end_session(&session, "logout", &office(None).contact).await.unwrap();
    assert_eq!(refusal(ask(&town, &token).await), INVALID_TOKEN);
    // Agent: suspended at this moment.
    let token = tokens(&town, "openid").await.access_token;
    town.change(INES, |record| record.employment = Employment::Suspended).await;
    assert_eq!(refusal(ask(&town, &token).await), INVALID_TOKEN);
    town.change(INES, |record| record.employment = Employment::Active).await;
    ask(&town, &token).await.unwrap();
    // Application: disabled.
    town.register(ApplicationRecord { disabled: true, ..application("portal") }).await;
    assert_eq!(refusal(ask(&town, &token).await), INVALID_TOKEN);
}

#[tokio::test]
async fn an_internal_that_is_too_old_is_told_as_nomades() {
    let town = Town::new().await.configured(|settings| settings.internal_max_age = Duration::from_secs(100));
    let token = tokens(&town, "openid").await.access_token;
    assert_eq!(ask(&town, &token).await.unwrap()["network_zone"], "internal");
    town.clock.advance(Duration::from_secs(100));
    assert_eq!(ask(&town, &token).await.unwrap()["network_zone"], "nomades");
}

#[tokio::test]
async fn a_code_is_stored_as_a_hash_only() {
    let town = Town::new().await;
    let (code, _) = town.code(&Ask::of("portal")).await;
    let hash = hash_token(&PlainToken::new(code));
    let now = town.clock.now();
    let found = town.write(async |tx: &mut Tx| codes::consume(tx, &hash, now).await).await;
    assert!(matches!(found, codes::Consumed::Now(_)));
}
