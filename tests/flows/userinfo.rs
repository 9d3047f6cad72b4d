//! UserInfo: the token comes in the header or in the body, says what its scopes open, and stands only as long as what is
//! behind it.

use std::time::Duration;

use harness::browser::{Browser, Page};
use harness::engine::Database;
use harness::for_each_engine;
use harness::idp::{PASSWORD, TestIdp};
use harness::rp::{Rp, Tokens};
use octroi_idp::directory::{AgentDraft, ApplicationDraft};
use serde_json::json;

use crate::{redeem, rp, tokens_at_the_office, with};

for_each_engine!(
    a_token_is_taken_from_the_header_or_the_body,
    a_token_in_the_address_is_none,
    what_is_no_access_token_of_ours_is_refused,
    a_token_presented_twice_is_refused,
    each_scope_opens_its_claims_and_no_others,
    a_token_ends_after_five_minutes,
    a_token_ends_with_its_agent_its_session_and_its_application,
    a_stranger_gets_the_bare_challenge,
);

struct Scene {
    idp: TestIdp,
    rp: Rp,
    browser: Browser,
    tokens: Tokens,
    endpoint: String,
}

async fn scene(database: &Database) -> Scene {
    let idp = TestIdp::start(database).await;
    idp.hire("100001").await;
    let app = idp.register("portal", |_| {}).await;
    let rp = rp(&idp, &app).await;
    let browser = Browser::new();
    let tokens = tokens_at_the_office(&idp, &rp, &browser, "100001").await;
    let endpoint = format!("{}/oauth2/userinfo", idp.issuer);
    Scene { idp, rp, browser, tokens, endpoint }
}

impl Scene {
    async fn ask(&self, token: &str) -> Page {
        Browser::new().with_header("authorization", &format!("Bearer {token}")).get(&self.endpoint).await
    }
}

fn assert_refused(page: &Page, status: u16, error: &str) {
    assert_eq!((page.status, &page.json()["error"]), (status, &json!(error)), "{}", page.body);
    let challenge = page.header("www-authenticate").expect("RFC 6750 §3");
    assert!(challenge.starts_with("Bearer ") && challenge.contains(&format!("error=\"{error}\"")), "{challenge}");
}

async fn a_token_is_taken_from_the_header_or_the_body(database: Database) {
    let scene = scene(&database).await;
    let token = scene.tokens.access_token.as_str();
    let with_header = Browser::new().with_header("authorization", &format!("bearer {token}"));
    for page in [
        scene.ask(token).await,
        with_header.get(&scene.endpoint).await,
        with_header.ask("POST", &scene.endpoint).await,
        with_header.post_fields(&scene.endpoint, &[]).await,
        with_header.post_raw(&scene.endpoint, "application/json", b"{}".to_vec()).await,
        Browser::new().post_fields(&scene.endpoint, &[("access_token", token)]).await,
    ] {
        assert_eq!(page.status, 200, "{}", page.body);
        assert_eq!(page.header("cache-control"), Some("no-store"));
        assert_eq!(page.json()["sub"], scene.tokens.id_claims["sub"], "OpenID Connect Core §5.3.2");
    }
}

async fn a_token_in_the_address_is_none(database: Database) {
    let scene = scene(&database).await;
    let url = format!("{}?access_token={}", scene.endpoint, scene.tokens.access_token);
    for page in [Browser::new().get(&url).await, Browser::new().post_fields(&url, &[]).await] {
        assert_eq!(page.status, 401, "OA-19");
        assert!(!page.header("www-authenticate").unwrap().contains("error"));
    }
}

async fn what_is_no_access_token_of_ours_is_refused(database: Database) {
    let scene = scene(&database).await;
    let token = &scene.tokens.access_token;
    let (head, signature) = token.rsplit_once('.').unwrap();
    let other_key = {
        use base64::Engine as _;
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode([7_u8; 64])
    };
    let payload = head.split('.').nth(1).unwrap();
    for wrong in [
        "garbage".to_owned(),
        "a.b.c".to_owned(),
        format!("{head}."),
        format!("{head}.{other_key}"),
        format!("{}x.{signature}", &head[..head.len() - 1]),
        // RFC 8725 §3.1: alg none, in any spelling.
        format!("eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0.{payload}."),
        format!("{token}{token}"),
        "x".repeat(7000),
    ] {
        assert_refused(&scene.ask(&wrong).await, 401, "invalid_token");
        let page = Browser::new().post_fields(&scene.endpoint, &[("access_token", &wrong)]).await;
        assert_eq!(page.status, 401, "{wrong}");
    }
    assert_refused(&scene.ask(&scene.tokens.id_token).await, 401, "invalid_token");
    assert_refused(&scene.ask("two words").await, 400, "invalid_request");
}

async fn a_token_presented_twice_is_refused(database: Database) {
    let scene = scene(&database).await;
    let token = scene.tokens.access_token.as_str();
    let with_header = Browser::new().with_header("authorization", &format!("Bearer {token}"));
    assert_refused(&with_header.post_fields(&scene.endpoint, &[("access_token", token)]).await, 400, "invalid_request");
    let twice = [("access_token", token), ("access_token", token)];
    assert_refused(&Browser::new().post_fields(&scene.endpoint, &twice).await, 400, "invalid_request");
}

async fn each_scope_opens_its_claims_and_no_others(database: Database) {
    let idp = TestIdp::start(&database).await;
    let particulars = AgentDraft {
        mobile: Some("0612345678".into()),
        department: Some("40".into()),
        position: Some("Jardinière".into()),
        ..AgentDraft::default()
    };
    idp.hire_as("100001", particulars).await;
    idp.activate("100001", PASSWORD).await;
    let everything = |draft: &mut ApplicationDraft| {
        draft.scopes = Some(["openid", "profile", "email", "phone", "agent"].map(str::to_owned).to_vec());
    };
    let app = idp.register("portal", everything).await;
    let rp = rp(&idp, &app).await;
    let always = ["acr", "amr", "auth_time", "network_zone", "network_zone_at", "network_zone_until", "sid", "sub"];
    let browser = Browser::new();
    crate::sign_in(&idp.issuer, &browser, "100001").await;
    for (scope, opened) in [
        ("openid", vec![]),
        ("openid profile", vec!["family_name", "given_name", "name", "updated_at"]),
        ("openid email", vec!["email", "email_verified"]),
        ("openid phone", vec!["phone_number", "phone_number_verified"]),
        ("openid agent", vec!["department", "position", "soi"]),
    ] {
        let mut request = rp.request();
        request.url = with(&request.url, "scope", scope);
        let page = browser.get(&request.url).await;
        let tokens = redeem(&rp, request, &page).await.expect("tokens");
        let (_, claims) = rp.userinfo(&tokens.access_token, &format!("{}/oauth2/userinfo", idp.issuer)).await;
        let mut said: Vec<&str> = claims.as_object().unwrap().keys().map(String::as_str).collect();
        let mut expected = [always.to_vec(), opened].concat();
        said.sort_unstable();
        expected.sort_unstable();
        assert_eq!(said, expected, "{scope}");
        assert_ne!(claims["sub"], "100001", "never the SOI");
        if scope.contains("agent") {
            let agent = (&claims["soi"], &claims["department"], &claims["position"]);
            assert_eq!(agent, (&json!("100001"), &json!("40"), &json!("Jardinière")));
        }
    }
}

async fn a_token_ends_after_five_minutes(database: Database) {
    let scene = scene(&database).await;
    scene.idp.advance(Duration::from_secs(299));
    assert_eq!(scene.ask(&scene.tokens.access_token).await.status, 200);
    scene.idp.advance(Duration::from_secs(1));
    assert_refused(&scene.ask(&scene.tokens.access_token).await, 401, "invalid_token");
}

async fn a_token_ends_with_its_agent_its_session_and_its_application(database: Database) {
    let scene = scene(&database).await;
    let (idp, mandate) = (&scene.idp, TestIdp::mandate());
    let token = &scene.tokens.access_token;

    let closed = ApplicationDraft { disabled: Some(true), ..ApplicationDraft::default() };
    let open = ApplicationDraft { disabled: Some(false), ..ApplicationDraft::default() };
    for (draft, status) in [(closed, 401), (open, 200)] {
        idp.directory.set_application(&mandate, "portal", &draft).await.expect("a change");
        idp.reload().await;
        assert_eq!(scene.ask(token).await.status, status);
    }

    let home = scene.browser.get(format!("{}/", idp.issuer)).await;
    scene.browser.submit(&home.form("/oauth2/logout")).await;
    assert_refused(&scene.ask(token).await, 401, "invalid_token");

    let tokens = tokens_at_the_office(idp, &scene.rp, &Browser::new(), "100001").await;
    assert_eq!(scene.ask(&tokens.access_token).await.status, 200);
    idp.directory.suspend_agent(&mandate, "100001").await.expect("suspended");
    let page = scene.ask(&tokens.access_token).await;
    assert_refused(&page, 401, "invalid_token");
    assert!(!page.body.contains("suspend"), "not the application's to know");
}

async fn a_stranger_gets_the_bare_challenge(database: Database) {
    let idp = TestIdp::start(&database).await;
    let url = format!("{}/oauth2/userinfo", idp.issuer);
    let other = |header: &str| Browser::new().with_header("authorization", header);
    for page in [
        Browser::new().get(&url).await,
        Browser::new().post_fields(&url, &[]).await,
        other("Basic cG9ydGFsOng=").get(&url).await,
        other("Bearer").get(&url).await,
    ] {
        assert_eq!(page.status, 401);
        let challenge = page.header("www-authenticate").expect("a challenge");
        assert!(challenge.starts_with("Bearer") && !challenge.contains("error"), "RFC 6750 §3.1: {challenge}");
    }
}
