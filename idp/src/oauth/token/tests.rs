//! The token endpoint: what a code gives, once, and to whom it gives nothing.

use std::time::Duration;

use serde_json::json;

use super::*;
use crate::domain::agent::Employment;
use crate::domain::application::{ApplicationRecord, SigningAlg};
use crate::domain::factor::Proof;
use crate::domain::ids::GrantId;
use crate::domain::zone::NetworkZone::Internal;
use crate::oauth::testing::{
    Ask, INES, ISSUER, MARC, Town, VERIFIER, application, basic, decoded, home, office, redemption, redirect_uri,
};
use crate::storage::{Tx, applications, grants, sessions};

const SECOND: Duration = Duration::from_secs(1);

fn error(answer: Result<TokenResponse, TokenError>) -> (&'static str, u16) {
    let code = answer.unwrap_err().code();
    (code.as_str(), code.status())
}

const INVALID_GRANT: (&str, u16) = ("invalid_grant", 400);
const INVALID_REQUEST: (&str, u16) = ("invalid_request", 400);

/// The grant behind an access token, as stored.
async fn is_revoked(town: &Town, tokens: &TokenResponse) -> bool {
    let grant_id = GrantId::new(decoded(&tokens.access_token).1["grant_id"].as_str().unwrap());
    town.write(async |tx: &mut Tx| grants::find(tx, &grant_id).await).await.unwrap().revoked_at.is_some()
}

#[tokio::test]
async fn an_honest_client_gets_tokens_that_say_who_how_and_where() {
    let town = Town::new().await;
    let (code, session) = town.code(&Ask::of("portal")).await;
    town.clock.advance(2 * SECOND);
    let tokens = town.redeem("portal", &code).await.unwrap();
    assert_eq!((tokens.token_type, tokens.expires_in), ("Bearer", 300));
    assert_eq!(tokens.scope, "agent openid profile");
    let sub = town.agent(INES).await.sub;
    let (header, access) = decoded(&tokens.access_token);
    assert_eq!((header["typ"].as_str(), header["alg"].as_str()), (Some("at+jwt"), Some("ES256")));
    let mut expected = json!({
        "iss": ISSUER, "sub": sub, "aud": "portal", "client_id": "portal",
        "iat": 1_795_341_602, "exp": 1_795_341_902, "scope": "agent openid profile",
        "acr": "eidas1", "amr": ["pwd"], "auth_time": 1_795_341_600, "sid": session.sid,
        "network_zone": "internal", "network_zone_at": 1_795_341_600, "network_zone_until": 1_795_356_000,
    });
    expected["jti"] = access["jti"].clone();
    expected["grant_id"] = access["grant_id"].clone();
    assert_eq!(serde_json::Value::Object(access), expected);

    let (header, id) = decoded(&tokens.id_token);
    assert_eq!((header["typ"].as_str(), header["alg"].as_str()), (Some("JWT"), Some("ES256")));
    assert_eq!(
        serde_json::Value::Object(id),
        json!({
            "iss": ISSUER, "sub": sub, "aud": "portal", "iat": 1_795_341_602, "exp": 1_795_341_902,
            "nonce": "n-0S6_WzA2Mj", "at_hash": crate::crypto::hash::at_hash(&tokens.access_token),
            "acr": "eidas1", "amr": ["pwd"], "auth_time": 1_795_341_600, "sid": session.sid,
            "network_zone": "internal", "network_zone_at": 1_795_341_600, "network_zone_until": 1_795_356_000,
        })
    );
    assert!(!format!("{tokens:?}").contains(&tokens.access_token), "no token in a log");
}

#[tokio::test]
async fn an_application_can_have_rs256_and_keep_the_zone_out_of_its_id_token() {
    let town = Town::with_keys(&[SigningAlg::ES256, SigningAlg::RS256]).await;
    let ask = Ask::of("federation").without("code_challenge").without("code_challenge_method");
    let (code, _) = town.code(&ask).await;
    let ask = redemption("federation", &code).without("code_verifier");
    let tokens = town.redeem_with("federation", &ask).await.unwrap();
    let (header, id) = decoded(&tokens.id_token);
    assert_eq!(header["alg"], "RS256");
    assert!(id.keys().all(|claim| !claim.starts_with("network_zone")), "{id:?}");
    let (header, access) = decoded(&tokens.access_token);
    assert_eq!((header["alg"].as_str(), access["network_zone"].as_str()), (Some("ES256"), Some("internal")));
}

#[tokio::test]
async fn issuing_is_audited_under_the_reference_of_its_decision() {
    let town = Town::new().await;
    let (code, session) = town.code(&Ask::of("portal")).await;
    let tokens = town.redeem("portal", &code).await.unwrap();
    let issued = town.audit("token.issued").await.remove(0);
    let decided = town.audit("access.decided").await.remove(0);
    assert_eq!(issued.reference, decided.reference);
    assert_eq!(issued.subject.as_deref(), Some(INES));
    assert_eq!(issued.sid.as_deref(), Some(session.sid.as_str()));
    assert_eq!(issued.detail["jti"], decoded(&tokens.access_token).1["jti"]);
    assert!(!issued.detail.to_string().contains(&code));
}

#[tokio::test]
async fn replayed_code_revokes_what_it_gave() {
    let town = Town::new().await;
    let (code, session) = town.code(&Ask::of("portal")).await;
    let tokens = town.redeem("portal", &code).await.unwrap();
    assert!(!is_revoked(&town, &tokens).await);
    assert_eq!(error(town.redeem("portal", &code).await), INVALID_GRANT);
    assert!(is_revoked(&town, &tokens).await, "the refusal is kept, not rolled back");
    let refused = town.audit("token.refused").await;
    assert_eq!(refused[0].detail["why"], "the code was presented before");
    assert_eq!(refused[0].outcome, "refused");
    // A code of the same grant that is still under way dies with it; the next login to the application lives.
    let next = town.code_in(&Ask::of("portal"), &session).await;
    assert!(!is_revoked(&town, &town.redeem("portal", &next).await.unwrap()).await);
}

#[tokio::test]
async fn a_replay_kills_other_codes_of_the_same_grant_that_are_under_way() {
    let town = Town::new().await;
    let (first, session) = town.code(&Ask::of("portal")).await;
    let second = town.code_in(&Ask::of("portal"), &session).await;
    town.redeem("portal", &first).await.unwrap();
    town.redeem("portal", &first).await.unwrap_err();
    assert!(matches!(town.redeem("portal", &second).await, Err(TokenError::GrantRevoked)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_fifty_who_present_one_code_one_wins_and_the_replay_revokes() {
    let town = std::sync::Arc::new(Town::new().await);
    let (code, _) = town.code(&Ask::of("portal")).await;
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let (town, code) = (town.clone(), code.clone());
        tasks.spawn(async move { town.redeem("portal", &code).await });
    }
    let answers = tasks.join_all().await;
    let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
    assert_eq!((won.len(), lost.len()), (1, 49));
    assert!(lost.into_iter().all(|answer| matches!(answer, Err(TokenError::CodeReplayed))));
    assert!(is_revoked(&town, won[0].as_ref().unwrap()).await);
}

#[tokio::test]
async fn whatever_does_not_fit_is_refused_and_burns_the_code() {
    let town = Town::new().await;
    let wrong_verifier = VERIFIER.replace('d', "e");
    for (flaw, expected, public) in [
        (("redirect_uri", "https://portal.ville.example/cb?"), INVALID_GRANT, "redirect_uri differs"),
        (("code_verifier", wrong_verifier.as_str()), INVALID_GRANT, "code_verifier does not match"),
        (("code_verifier", "short"), INVALID_GRANT, "code_verifier does not match"),
        (("code_verifier", ""), INVALID_GRANT, "code_verifier is missing"),
    ] {
        let (code, _) = town.code(&Ask::of("portal")).await;
        let ask = redemption("portal", &code).with(flaw.0, flaw.1);
        let refusal = town.redeem_with("portal", &ask).await.unwrap_err();
        assert_eq!((refusal.code().as_str(), refusal.code().status()), expected, "{flaw:?}");
        assert!(refusal.public().starts_with(public), "{}", refusal.public());
        assert!(matches!(town.redeem("portal", &code).await, Err(TokenError::CodeReplayed)), "no second guess");
    }
}

#[tokio::test]
async fn another_client_burns_a_stolen_code_and_learns_nothing() {
    let town = Town::new().await;
    let (code, _) = town.code(&Ask::of("portal")).await;
    let theft = redemption("vault", &code).with("redirect_uri", &redirect_uri("portal"));
    let stolen = town.redeem_with("vault", &theft).await.unwrap_err();
    assert!(matches!(stolen, TokenError::CodeOfAnotherClient));
    let unknown = town.redeem("vault", "x").await.unwrap_err();
    assert_eq!((unknown.code(), unknown.public()), (stolen.code(), stolen.public()));
    assert_eq!(error(town.redeem("portal", &code).await), INVALID_GRANT);
    assert_eq!(town.audit("token.refused").await.len(), 2, "codes that never were leave no row");
}

#[tokio::test]
async fn a_spent_code_in_the_hands_of_another_client_revokes_nothing() {
    let town = Town::new().await;
    let (code, _) = town.code(&Ask::of("portal")).await;
    let tokens = town.redeem("portal", &code).await.unwrap();
    for thief in ["vault", "native"] {
        let theft = redemption(thief, &code).with("redirect_uri", &redirect_uri("portal"));
        let refusal = town.redeem_with(thief, &theft).await.unwrap_err();
        assert!(matches!(refusal, TokenError::CodeOfAnotherClient), "{thief}: {refusal}");
    }
    assert!(!is_revoked(&town, &tokens).await, "only a replay by its own client revokes");
    assert_eq!(town.audit("token.refused").await.len(), 2, "both tries are told");
    town.redeem("portal", &code).await.unwrap_err();
    assert!(is_revoked(&town, &tokens).await);
}

#[tokio::test]
async fn a_code_lives_sixty_seconds() {
    let town = Town::new().await;
    let (code, session) = town.code(&Ask::of("portal")).await;
    town.clock.advance(Duration::from_millis(59_999));
    town.redeem("portal", &code).await.unwrap();
    let code = town.code_in(&Ask::of("portal"), &session).await;
    town.clock.advance(60 * SECOND);
    assert!(matches!(town.redeem("portal", &code).await, Err(TokenError::CodeExpired)));
}

/// OA-03.
#[tokio::test]
async fn a_verifier_without_a_challenge_is_a_downgrade() {
    let town = Town::new().await;
    let ask = Ask::of("federation").without("code_challenge").without("code_challenge_method");
    let (code, _) = town.code(&ask).await;
    assert_eq!(error(town.redeem("federation", &code).await), INVALID_REQUEST);
}

#[tokio::test]
async fn a_code_is_worth_nothing_once_the_session_the_agent_or_the_application_is_gone() {
    let town = Town::new().await;
    let now = town.clock.now();
    let (code, session) = town.code(&Ask::of("portal")).await;
    town.write(async |tx: &mut Tx| sessions::end(tx, &session.sid, "logout", now).await).await;
    let ended = town.redeem("portal", &code).await.unwrap_err();
    assert!(matches!(ended, TokenError::SessionEnded));
    assert_eq!((ended.code().as_str(), ended.public()), ("invalid_grant", "access.refused"));

    let (code, _) = town.code(&Ask::of("portal")).await;
    town.change(INES, |record| record.employment = Employment::Left).await;
    assert!(matches!(town.redeem("portal", &code).await, Err(TokenError::AgentNotActive)));
    town.change(INES, |record| record.employment = Employment::Active).await;

    let (code, _) = town.code(&Ask::of("portal")).await;
    town.register(ApplicationRecord { disabled: true, ..application("portal") }).await;
    assert_eq!(error(town.redeem("portal", &code).await), ("unauthorized_client", 400));

    let (code, _) = town.code(&Ask::of("webmail")).await;
    let id = crate::domain::ids::ClientId::new("webmail");
    town.write(async |tx: &mut Tx| applications::delete(tx, &id).await).await;
    town.reload().await;
    assert_eq!(error(town.redeem("webmail", &code).await), ("invalid_client", 401));
}

#[tokio::test]
async fn what_is_missing_repeated_or_unknown_is_named_as_the_rfc_names_it() {
    let town = Town::new().await;
    let (code, _) = town.code(&Ask::of("portal")).await;
    let honest = || redemption("portal", &code);
    for (ask, expected) in [
        (honest().without("grant_type"), INVALID_REQUEST),
        (honest().with("grant_type", ""), INVALID_REQUEST),
        (honest().with("grant_type", "password"), ("unsupported_grant_type", 400)),
        (honest().with("grant_type", "client_credentials"), ("unsupported_grant_type", 400)),
        (honest().with("grant_type", "refresh_token"), ("unsupported_grant_type", 400)),
        (honest().twice("grant_type", "authorization_code"), INVALID_REQUEST),
        (honest().without("code"), INVALID_REQUEST),
        (honest().twice("code", &code), INVALID_REQUEST),
        (honest().without("redirect_uri"), INVALID_REQUEST),
        (honest().twice("redirect_uri", "x"), INVALID_REQUEST),
        (honest().twice("code_verifier", "x"), INVALID_REQUEST),
        (honest().twice("client_id", "portal").twice("client_id", "portal"), INVALID_REQUEST),
        (honest().with("client_secret", "x"), INVALID_REQUEST),
    ] {
        assert_eq!(error(town.redeem_with("portal", &ask).await), expected, "{:?}", ask.params().pairs());
    }
    // None of these touched the code, and what an application adds of its own is ignored (PC-12).
    town.redeem_with("portal", &honest().with("sp_id", "1").with("sp_name", "Service")).await.unwrap();

    let mut record = application("portal");
    record.grant_types = vec!["refresh_token".into()];
    town.register(record).await;
    assert_eq!(error(town.redeem("portal", &code).await), ("unauthorized_client", 400));
}

#[tokio::test]
async fn a_client_that_is_not_authenticated_does_not_reach_the_code() {
    let town = Town::new().await;
    let (code, _) = town.code(&Ask::of("portal")).await;
    let ask = redemption("portal", &code);
    let header = basic("portal:"); // the secret begins with a colon now
    let refusal = town.provider.token(&ask.params(), Some(header.as_bytes()), &home(None)).await.unwrap_err();
    assert_eq!((refusal.code().as_str(), refusal.code().status()), ("invalid_client", 401));
    assert!(refusal.challenge().unwrap().starts_with("Basic "));
    let public = ask.with("client_id", "portal");
    let refusal = town.provider.token(&public.params(), None, &home(None)).await.unwrap_err();
    assert_eq!((refusal.code().as_str(), refusal.challenge()), ("invalid_client", None));
    town.redeem("portal", &code).await.unwrap();
}

/// PRODUCT §2.2.
#[tokio::test]
async fn a_public_clients_call_can_only_lower_the_zone_and_a_confidential_one_says_nothing() {
    let town = Town::new().await;
    let (code, _) = town.code(&Ask::of("portal")).await;
    let tokens = town.redeem("portal", &code).await.unwrap();
    assert_eq!(decoded(&tokens.access_token).1["network_zone"], "internal", "its server is anywhere");

    let (code, _) = town.code(&Ask::of("native")).await;
    let ask = redemption("native", &code);
    let tokens = town.provider.token(&ask.params(), None, &office(None)).await.unwrap();
    assert_eq!(decoded(&tokens.access_token).1["network_zone"], "internal");

    // From home the decision is taken again: without a Nomades profile there is no token.
    let (code, _) = town.code(&Ask::of("native")).await;
    let refusal = town.redeem("native", &code).await.unwrap_err();
    assert_eq!((refusal.code().as_str(), refusal.public()), ("invalid_grant", "zone.lowered"));
    let decided = town.audit("access.decided").await.remove(0);
    assert_eq!(decided.reason.as_deref(), Some("nomades.no_profile"));
    assert_eq!(decided.detail["case"]["zone"], "nomades");

    // Where `nomades` is open, a second factor is still wanted, and the token says `nomades`.
    let town = town.configured(|settings| settings.preview_nomades = true);
    let (code, _) = town.code(&Ask::of("native")).await;
    let refusal = town.redeem("native", &code).await.unwrap_err();
    assert_eq!((refusal.code().as_str(), refusal.public()), ("invalid_grant", "zone.lowered"));
    assert_eq!(town.audit("access.decided").await.remove(0).reason.as_deref(), Some("factor.required"));
    let session = town.login_with(INES, Internal, Proof::Totp).await;
    let code = town.code_in(&Ask::of("native"), &session).await;
    town.clock.advance(SECOND);
    let tokens = town.redeem("native", &code).await.unwrap();
    let claims = decoded(&tokens.access_token).1;
    assert_eq!(claims["network_zone"], "nomades");
    assert_eq!(claims["network_zone_at"].as_i64(), Some(town.clock.now().seconds()));
}

/// PRODUCT §2.6.
#[tokio::test]
async fn an_internal_that_became_too_old_before_the_code_was_redeemed_is_not_told() {
    let town = Town::new().await.configured(|settings| settings.internal_max_age = 30 * SECOND);
    let (code, _) = town.code(&Ask::of("portal")).await;
    town.clock.advance(30 * SECOND);
    assert!(matches!(town.redeem("portal", &code).await, Err(TokenError::ZoneLowered(_))));
}

#[tokio::test]
async fn no_token_outlives_the_session() {
    let town = Town::new().await;
    let session = town.login(MARC, Internal).await;
    for _ in 0..11 {
        town.clock.advance(3600 * SECOND);
        let (sid, now) = (&session.sid, town.clock.now());
        town.write(async |tx: &mut Tx| sessions::touch(tx, sid, now).await).await;
    }
    town.clock.advance(3500 * SECOND);
    let code = town.code_in(&Ask::of("portal"), &session).await;
    let tokens = town.redeem("portal", &code).await.unwrap();
    assert_eq!(tokens.expires_in, 100);
    let end = session.auth_time.plus(12 * 3600 * SECOND).seconds();
    for token in [&tokens.access_token, &tokens.id_token] {
        let claims = decoded(token).1;
        assert_eq!(claims["exp"].as_i64(), Some(end));
        assert_eq!(claims["network_zone_until"].as_i64(), Some(end));
    }
}
