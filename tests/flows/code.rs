//! Authorization code: from the request to the tokens, and what becomes of codes that are replayed, stolen or late.

use std::time::Duration;

use harness::browser::Browser;
use harness::engine::Database;
use harness::for_each_engine;
use harness::idp::{CALLBACK, TestIdp};
use harness::rp::jose_header;
use octroi_idp::domain::application::SigningAlg;
use octroi_idp::domain::audit::EventFilter;
use serde_json::{Value, json};

use crate::{rp, sign_in_with_totp, tokens_at_the_office};

for_each_engine!(
    an_agent_logs_in_and_the_application_reads_a_truthful_zone,
    tokens_are_what_the_rfcs_say,
    a_replayed_code_revokes_what_it_gave,
    of_fifty_who_present_one_code_one_wins,
    a_code_dies_after_a_minute,
    a_stolen_code_is_worthless_to_another_application_and_burnt,
    a_code_without_its_verifier_is_worthless,
    client_credentials_are_checked_as_registered,
    a_public_application_uses_pkce_and_no_secret,
    rs256_is_signed_for_who_registered_it,
);

async fn an_agent_logs_in_and_the_application_reads_a_truthful_zone(database: Database) {
    let idp = TestIdp::start(&database).await;
    idp.hire("100001").await;
    let app = idp.register("portal", |_| {}).await;
    let rp = rp(&idp, &app).await;

    let tokens = tokens_at_the_office(&idp, &rp, &Browser::new(), "100001").await;

    for claims in [&tokens.id_claims, &tokens.access_claims] {
        assert_eq!(claims["network_zone"], "internal");
        let (at, until) = (claims["network_zone_at"].as_i64().unwrap(), claims["network_zone_until"].as_i64().unwrap());
        assert_eq!(at, idp.clock.now().seconds());
        assert_eq!(until - at, 4 * 3600);
        assert_eq!((&claims["acr"], &claims["amr"]), (&json!("eidas1"), &json!(["pwd"])));
        assert_ne!(claims["sub"], "100001");
    }
    let acts = idp.acts().await;
    for act in ["token.issued", "access.decided", "login.succeeded"] {
        assert!(acts.iter().any(|a| a == act), "{act} is not in the audit: {acts:?}");
    }
}

async fn tokens_are_what_the_rfcs_say(database: Database) {
    let idp = TestIdp::start(&database).await;
    idp.hire("100001").await;
    let app = idp.register("portal", |_| {}).await;
    let rp = rp(&idp, &app).await;
    let tokens = tokens_at_the_office(&idp, &rp, &Browser::new(), "100001").await;

    // RFC 9068 §2.1, §2.2
    let header = jose_header(&tokens.access_token);
    assert_eq!((&header["typ"], &header["alg"]), (&json!("at+jwt"), &json!("ES256")));
    let access = &tokens.access_claims;
    assert_eq!(
        (&access["iss"], &access["aud"], &access["client_id"]),
        (&json!(idp.issuer), &json!("portal"), &json!("portal"))
    );
    assert_eq!(access["exp"].as_i64().unwrap() - access["iat"].as_i64().unwrap(), 300);
    assert!(access["jti"].is_string() && access["sub"] == tokens.id_claims["sub"]);
    assert_eq!(access["scope"], "agent email openid profile");
    // OpenID Connect Core §2
    let id = &tokens.id_claims;
    assert_eq!((&id["iss"], &id["aud"]), (&json!(idp.issuer), &json!("portal")));
    assert_eq!(id["auth_time"], json!(idp.clock.now().seconds()));
    assert!(id["sid"].is_string() && id["at_hash"].is_string());
    assert_eq!(id["sid"], access["sid"]);
}

async fn a_replayed_code_revokes_what_it_gave(database: Database) {
    let idp = TestIdp::start(&database).await;
    idp.hire("100001").await;
    let app = idp.register("portal", |_| {}).await;
    let rp = rp(&idp, &app).await;
    let request = rp.request();
    let page = idp.log_in(&Browser::new(), &request.url, "100001", harness::idp::PASSWORD).await;
    let code = query(&page.location().unwrap(), "code");
    let verifier = request.verifier.secret().clone();
    let tokens = rp.redeem(request, &page.location().unwrap()).await.expect("the first time");
    let userinfo = format!("{}/oauth2/userinfo", idp.issuer);
    assert_eq!(rp.userinfo(&tokens.access_token, &userinfo).await.0, 200);

    let again = token(&idp, &app, &code, &verifier).await;

    assert_eq!((again.status, &again.json()["error"]), (400, &json!("invalid_grant")));
    assert_eq!(rp.userinfo(&tokens.access_token, &userinfo).await.0, 401, "RFC 6749 §4.1.2: what it gave is revoked");
}

async fn of_fifty_who_present_one_code_one_wins(database: Database) {
    let idp = TestIdp::start(&database).await;
    idp.hire("100001").await;
    let app = idp.register("portal", |_| {}).await;
    let rp = rp(&idp, &app).await;
    let request = rp.request();
    let page = idp.log_in(&Browser::new(), &request.url, "100001", harness::idp::PASSWORD).await;
    let code = query(&page.location().unwrap(), "code");
    let verifier = request.verifier.secret().clone();

    let mut tasks = tokio::task::JoinSet::new();
    let url = format!("{}/oauth2/token", idp.issuer);
    for _ in 0..50 {
        let (url, code, verifier, app) = (url.clone(), code.clone(), verifier.clone(), app.clone());
        tasks.spawn(async move { token_at(&url, &app, &code, &verifier).await.status });
    }
    let statuses = tasks.join_all().await;

    assert_eq!(statuses.iter().filter(|s| **s == 200).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|s| **s == 400).count(), 49, "{statuses:?}");
}

async fn a_code_dies_after_a_minute(database: Database) {
    let idp = TestIdp::start(&database).await;
    idp.hire("100001").await;
    let app = idp.register("portal", |_| {}).await;
    let rp = rp(&idp, &app).await;
    let request = rp.request();
    let page = idp.log_in(&Browser::new(), &request.url, "100001", harness::idp::PASSWORD).await;

    idp.advance(Duration::from_secs(60));

    let answer = token(&idp, &app, &query(&page.location().unwrap(), "code"), request.verifier.secret()).await;
    assert_eq!((answer.status, &answer.json()["error"]), (400, &json!("invalid_grant")));
}

async fn a_stolen_code_is_worthless_to_another_application_and_burnt(database: Database) {
    let idp = TestIdp::start(&database).await;
    idp.hire("100001").await;
    let (portal, thief) = (idp.register("portal", |_| {}).await, idp.register("webmail", |_| {}).await);
    let rp = rp(&idp, &portal).await;
    let request = rp.request();
    let page = idp.log_in(&Browser::new(), &request.url, "100001", harness::idp::PASSWORD).await;
    let code = query(&page.location().unwrap(), "code");

    let stolen = token(&idp, &thief, &code, request.verifier.secret()).await;
    assert_eq!((stolen.status, &stolen.json()["error"]), (400, &json!("invalid_grant")));

    let late = token(&idp, &portal, &code, request.verifier.secret()).await;
    assert_eq!((late.status, &late.json()["error"]), (400, &json!("invalid_grant")));
}

async fn a_code_without_its_verifier_is_worthless(database: Database) {
    let idp = TestIdp::start(&database).await;
    idp.hire("100001").await;
    let app = idp.register("portal", |_| {}).await;
    let rp = rp(&idp, &app).await;
    for wrong in ["", "wrong-verifier-wrong-verifier-wrong-verifier-wrong"] {
        let request = rp.request();
        let browser = Browser::new();
        let page = idp.log_in(&browser, &request.url, "100001", harness::idp::PASSWORD).await;
        let answer = token(&idp, &app, &query(&page.location().unwrap(), "code"), wrong).await;
        assert_eq!((answer.status, &answer.json()["error"]), (400, &json!("invalid_grant")), "verifier {wrong:?}");
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
}

async fn client_credentials_are_checked_as_registered(database: Database) {
    let idp = TestIdp::start(&database).await;
    let app = idp.register("portal", |_| {}).await;
    let browser = Browser::new();
    let url = format!("{}/oauth2/token", idp.issuer);
    let secret = app.secret.clone().unwrap();
    let grant =
        [("grant_type", "authorization_code"), ("code", "x"), ("redirect_uri", CALLBACK), ("code_verifier", "y")];

    // Registered for client_secret_basic, so the body is the wrong place, also for the right secret (STANDARDS D8).
    let mut in_body = grant.to_vec();
    in_body.extend([("client_id", "portal"), ("client_secret", secret.as_str())]);
    let answer = browser.post_fields(&url, &in_body).await;
    assert_eq!((answer.status, &answer.json()["error"]), (401, &json!("invalid_client")));

    for (id, secret) in [("portal", "wrong"), ("nobody", secret.as_str()), ("", "")] {
        let basic = browser.clone().with_header("authorization", &basic(id, secret));
        let answer = basic.post_fields(&url, &grant).await;
        assert_eq!((answer.status, &answer.json()["error"]), (401, &json!("invalid_client")), "{id}:{secret}");
        assert!(answer.header("www-authenticate").is_some_and(|h| h.starts_with("Basic")), "RFC 6749 §5.2");
    }

    let right = browser.clone().with_header("authorization", &basic("portal", &secret));
    let answer = right.post_fields(&url, &grant).await;
    assert_eq!((answer.status, &answer.json()["error"]), (400, &json!("invalid_grant")));
    for (grant_type, error) in [
        ("password", "unsupported_grant_type"),
        ("client_credentials", "unsupported_grant_type"),
        ("", "invalid_request"),
    ] {
        let answer = right.post_fields(&url, &[("grant_type", grant_type)]).await;
        assert_eq!((answer.status, &answer.json()["error"]), (400, &json!(error)), "{grant_type}");
    }
    let repeated =
        right.post_fields(&url, &[("grant_type", "authorization_code"), ("grant_type", "authorization_code")]).await;
    assert_eq!(repeated.json()["error"], "invalid_request", "OA-17");
}

async fn a_public_application_uses_pkce_and_no_secret(database: Database) {
    let idp = TestIdp::start_with(&database, "[access]\npreview_nomades = true\n").await;
    idp.hire("100001").await;
    let app = idp.register("kiosk", |draft| draft.public = Some(true)).await;
    assert!(app.secret.is_none());
    let rp = rp(&idp, &app).await;

    let tokens = tokens_at_the_office(&idp, &rp, &Browser::new(), "100001").await;
    assert_eq!(tokens.access_claims["client_id"], "kiosk");
    assert_eq!(tokens.access_claims["network_zone"], "internal");

    // PRODUCT §2.2: a public client's own call can lower the zone, in a session that satisfies `nomades`.
    let phone = idp.enrol_totp("100001").await;
    let browser = Browser::new();
    sign_in_with_totp(&idp, &idp.issuer, &browser, "100001", &phone).await;
    let request = rp.request();
    let page = browser.get(&request.url).await;
    let code = query(&page.location().unwrap(), "code");
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", CALLBACK),
        ("client_id", "kiosk"),
        ("code_verifier", request.verifier.secret().as_str()),
    ];
    let browser = Browser::new().with_header("x-forwarded-for", "203.0.113.7");
    let answer = browser.post_fields(format!("{}/oauth2/token", idp.gateway), &fields).await;
    let access = answer.json()["access_token"].as_str().map(harness::rp::payload).expect("tokens");
    assert_eq!(access["network_zone"], "nomades");
}

async fn rs256_is_signed_for_who_registered_it(database: Database) {
    let idp = TestIdp::start(&database).await;
    idp.hire("100001").await;
    let app = idp.register("legacy", |draft| draft.id_token_alg = Some(SigningAlg::RS256)).await;
    let rp = rp(&idp, &app).await;
    let tokens = tokens_at_the_office(&idp, &rp, &Browser::new(), "100001").await;
    assert_eq!(jose_header(&tokens.id_token)["alg"], "RS256");
    let issued = idp.events(EventFilter { act: Some("token.issued".into()), ..EventFilter::default() }).await;
    assert_eq!(issued.len(), 1);
    assert!(
        !serde_json::to_string(&issued[0].detail).unwrap().contains(&tokens.access_token[..40]),
        "no token in the audit"
    );
}

/// One parameter of an address.
pub fn query(url: &url::Url, name: &str) -> String {
    url.query_pairs().find(|(k, _)| k == name).map(|(_, v)| v.into_owned()).unwrap_or_default()
}

/// `client_secret_basic`, form-encoded first (RFC 6749 §2.3.1).
pub fn basic(id: &str, secret: &str) -> String {
    use base64::Engine as _;
    let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let pair = format!("{}:{}", encode(id), encode(secret));
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair))
}

async fn token(idp: &TestIdp, app: &harness::idp::TestApp, code: &str, verifier: &str) -> harness::browser::Page {
    token_at(&format!("{}/oauth2/token", idp.issuer), app, code, verifier).await
}

async fn token_at(url: &str, app: &harness::idp::TestApp, code: &str, verifier: &str) -> harness::browser::Page {
    let mut browser = Browser::new();
    if let Some(secret) = &app.secret {
        browser = browser.with_header("authorization", &basic(&app.client_id, secret));
    }
    let mut fields = vec![
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", verifier),
    ];
    fields.retain(|(_, value)| !value.is_empty());
    browser.post_fields(url, &fields).await
}

#[test]
fn basic_credentials_are_form_encoded_first() {
    assert_ne!(basic("a:b", "c d"), basic("a", "b:c d"));
    assert_eq!(Value::from(basic("portal", "x")), json!("Basic cG9ydGFsOng="));
}
