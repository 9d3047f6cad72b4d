//! The portal as a browser meets it, with a provider that is away or answers strangely.

use std::net::SocketAddr;

use axum::routing::any;
use reqwest::header::{COOKIE, LOCATION, ORIGIN, SET_COOKIE};
use serde_json::json;

use super::*;

const OWN: &str = "http://localhost:8090";

async fn start(app: Router) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    address
}

async fn portal_of(issuer: String) -> String {
    let secrets = samples::applications(OWN).into_iter().map(|app| (app.record.client_id, PlainToken::new("secret")));
    let settings = Settings {
        origins: Origins { office: Url::parse(&issuer).unwrap(), home: Url::parse("http://localhost:8081").unwrap() },
        issuer,
        own_origin: OWN.to_owned(),
        mailbox_origin: "http://localhost:8082".to_owned(),
        client_secrets: secrets.collect(),
        time_zone: TimeZone::UTC,
    };
    format!("http://{}", start(router(settings, Clock::system()).unwrap()).await)
}

/// A provider that only introduces itself; its token endpoint refuses everything.
async fn provider() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let issuer = format!("http://{}", listener.local_addr().unwrap());
    let metadata = json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/oauth2/authorize"),
        "token_endpoint": format!("{issuer}/oauth2/token"),
        "jwks_uri": format!("{issuer}/oauth2/jwks"),
        "userinfo_endpoint": format!("{issuer}/oauth2/userinfo"),
        "end_session_endpoint": format!("{issuer}/oauth2/logout"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
    });
    let json = |body: serde_json::Value| {
        any(move || {
            let body = body.clone();
            async move { axum::Json(body) }
        })
    };
    let app = Router::new()
        .route("/.well-known/openid-configuration", json(metadata))
        .route("/oauth2/jwks", json(json!({ "keys": [] })))
        .route(
            "/oauth2/token",
            any(async || (StatusCode::BAD_REQUEST, axum::Json(json!({ "error": "invalid_grant" })))),
        );
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    issuer
}

fn browser() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap()
}

struct Begun {
    to: Url,
    cookie: String,
}

impl Begun {
    fn parameter(&self, name: &str) -> String {
        self.to.query_pairs().find(|(own, _)| own == name).map(|(_, value)| value.into_owned()).unwrap()
    }
}

async fn begin(portal: &str, path: &str, cookie: &str) -> Begun {
    let response = browser().get(format!("{portal}{path}")).header(COOKIE, cookie).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::SEE_OTHER, "{}", response.text().await.unwrap());
    let to = Url::parse(response.headers()[LOCATION].to_str().unwrap()).unwrap();
    let cookie = response.headers()[SET_COOKIE].to_str().unwrap().split(';').next().unwrap().to_owned();
    Begun { to, cookie }
}

async fn get_page(url: &str, cookie: &str) -> (StatusCode, String) {
    let response = browser().get(url).header(COOKIE, cookie).send().await.unwrap();
    (response.status(), response.text().await.unwrap())
}

#[tokio::test]
async fn each_login_carries_its_own_client_pkce_state_and_nonce() {
    let issuer = provider().await;
    let portal = portal_of(issuer.clone()).await;
    let begun = begin(&portal, "/apps/gis/login", "").await;
    assert!(begun.to.as_str().starts_with(&format!("{issuer}/oauth2/authorize?")));
    assert_eq!(begun.parameter("client_id"), "gis");
    assert_eq!(begun.parameter("redirect_uri"), "http://localhost:8090/apps/gis/callback");
    assert_eq!(begun.parameter("code_challenge_method"), "S256");
    assert_eq!(begun.parameter("scope"), "openid profile email agent");
    let again = begin(&portal, "/apps/gis/login", &begun.cookie).await;
    for fresh in ["state", "nonce", "code_challenge"] {
        assert_ne!(begun.parameter(fresh), again.parameter(fresh), "{fresh}");
    }
    let silent = begin(&portal, "/renew", &begun.cookie).await;
    assert_eq!((silent.parameter("prompt"), silent.parameter("client_id")), ("none".into(), "portal".into()));
}

#[tokio::test]
async fn the_switch_changes_the_browsers_way_and_not_the_redirect_uri() {
    let portal = portal_of(provider().await).await;
    let chosen = browser()
        .post(format!("{portal}/place"))
        .header(ORIGIN, OWN)
        .header("content-type", "application/x-www-form-urlencoded")
        .body("place=home")
        .send()
        .await
        .unwrap();
    assert_eq!(chosen.status(), StatusCode::SEE_OTHER);
    assert_eq!(chosen.headers()[SET_COOKIE], "portal-place=home; Path=/; HttpOnly; SameSite=Lax");
    let begun = begin(&portal, "/login", "portal-place=home").await;
    assert!(begun.to.as_str().starts_with("http://localhost:8081/oauth2/authorize?"), "{}", begun.to);
    assert_eq!(begun.parameter("redirect_uri"), "http://localhost:8090/callback");
}

#[tokio::test]
async fn an_answer_that_was_not_begun_here_is_not_followed() {
    let issuer = provider().await;
    let portal = portal_of(issuer.clone()).await;
    let begun = begin(&portal, "/apps/webmail/login", "").await;
    let (state, iss) = (begun.parameter("state"), form_encode(&issuer));
    for (path, cookie) in [
        (format!("/apps/webmail/callback?code=x&state=other&iss={iss}"), begun.cookie.as_str()),
        (format!("/apps/webmail/callback?code=x&iss={iss}"), &begun.cookie),
        (format!("/apps/webmail/callback?code=x&state={state}&iss={iss}"), ""),
        (format!("/apps/webmail/callback?code=x&state={state}&iss={iss}"), "portal-session=forged"),
        ("/apps/webmail/callback".to_owned(), &begun.cookie),
    ] {
        let (status, page) = get_page(&format!("{portal}{path}"), cookie).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{path}");
        assert!(page.contains("n’a pas été commencée ici"), "{path}");
    }
}

#[tokio::test]
async fn a_state_serves_once_and_only_its_own_application() {
    let issuer = provider().await;
    let portal = portal_of(issuer.clone()).await;
    let begun = begin(&portal, "/apps/webmail/login", "").await;
    let query = format!("code=x&state={}&iss={}", begun.parameter("state"), form_encode(&issuer));
    let (status, _) = get_page(&format!("{portal}/apps/gis/callback?{query}"), &begun.cookie).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let (_, page) = get_page(&format!("{portal}/apps/webmail/callback?{query}"), &begun.cookie).await;
    assert!(page.contains("n’a pas été commencée ici"), "the mix-up spent the state");
}

#[tokio::test]
async fn an_answer_without_our_issuer_is_not_followed() {
    let portal = portal_of(provider().await).await;
    for iss in ["", "&iss=http%3A%2F%2Fevil.example"] {
        let begun = begin(&portal, "/login", "").await;
        let query = format!("code=x&state={}{iss}", begun.parameter("state"));
        let (status, page) = get_page(&format!("{portal}/callback?{query}"), &begun.cookie).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert!(page.contains("ne vient pas d’Octroi"));
    }
}

#[tokio::test]
async fn a_refusal_is_shown_with_its_code_and_escaped() {
    let issuer = provider().await;
    let portal = portal_of(issuer.clone()).await;
    let begun = begin(&portal, "/apps/classified-docs/login", "").await;
    let query = format!(
        "error=access_denied&error_description=app.internal_only+%3Cb%3E&state={}&iss={}",
        begun.parameter("state"),
        form_encode(&issuer)
    );
    let (status, page) = get_page(&format!("{portal}/apps/classified-docs/callback?{query}"), &begun.cookie).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert!(
        page.contains("Documents classés\u{a0}» reste fermé") && page.contains("data-error=\"access_denied\""),
        "{page}"
    );
    assert!(
        page.contains("ne s’ouvre qu’au bureau") && !page.contains("<b>\n") && !page.contains("only <b>"),
        "{page}"
    );
}

#[tokio::test]
async fn a_provider_that_is_away_or_refuses_the_code_gives_a_plain_page() {
    let nobody = start(Router::new()).await;
    let portal = portal_of(format!("http://{nobody}")).await;
    let (status, page) = get_page(&format!("{portal}/login"), "").await;
    assert_eq!(status, StatusCode::BAD_GATEWAY);
    assert!(page.contains("La connexion n’a pas pu se faire"));

    let issuer = provider().await;
    let portal = portal_of(issuer.clone()).await;
    let begun = begin(&portal, "/login", "").await;
    let query = format!("code=x&state={}&iss={}", begun.parameter("state"), form_encode(&issuer));
    let (status, page) = get_page(&format!("{portal}/callback?{query}"), &begun.cookie).await;
    assert_eq!(status, StatusCode::BAD_GATEWAY);
    assert!(page.contains("invalid_grant"), "{page}");
}

#[tokio::test]
async fn strange_requests_get_an_answer_and_the_next_one_is_served() {
    let portal = portal_of(provider().await).await;
    let long = "x".repeat(20_000);
    for path in [
        "/callback?state=a&state=b",
        "/callback?code=%ff%fe&state=%00",
        "/apps/none",
        "/apps/none/login",
        "/apps/portal/callback",
        "/nothing",
        &format!("/callback?state={long}"),
    ] {
        let (status, _) = get_page(&format!("{portal}{path}"), "portal-session=%00; =; ;;").await;
        assert!(status.is_client_error(), "{path}: {status}");
    }
    for (body, origin) in
        [("place=moon", OWN), ("", OWN), ("place=home", "http://localhost:8081"), ("place=home", "null")]
    {
        let response = browser()
            .post(format!("{portal}/place"))
            .header(ORIGIN, origin)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body)
            .send()
            .await
            .unwrap();
        assert!(response.status().is_client_error(), "{body}");
    }
    let response = browser().get(&portal).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let policy = response.headers()["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'") && policy.contains("http://localhost:8081"), "{policy}");
    assert!(response.text().await.unwrap().contains("id=\"login\""));
}

fn form_encode(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
