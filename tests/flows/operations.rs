//! What operators rely on: health, figures on their own listener, request ids, a clean end, changes seen without restart.

use std::time::Duration;

use harness::browser::Browser;
use harness::engine::Database;
use harness::for_each_engine;
use harness::idp::TestIdp;
use octroi_idp::directory::ApplicationDraft;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{interval, timeout};

use crate::{rp, sign_in, tokens_at_the_office, with};

for_each_engine!(
    health_says_whether_logins_can_be_served,
    figures_have_the_names_of_the_contract_and_a_listener_of_their_own,
    every_answer_names_its_request,
    a_request_in_flight_is_finished_at_the_end,
    an_application_that_the_command_line_adds_is_known_within_a_second,
    assets_are_cached_for_ever_under_their_hash,
);

async fn health_says_whether_logins_can_be_served(database: Database) {
    let idp = TestIdp::start(&database).await;
    let browser = Browser::new();
    for (path, status) in [("live", "live"), ("ready", "ready")] {
        let page = browser.get(format!("{}/health/{path}", idp.issuer)).await;
        assert_eq!((page.status, page.json()["status"].as_str()), (200, Some(status)));
        assert_eq!(page.header("cache-control"), Some("no-store"));
    }
    idp.web.login.store.close().await;
    let ready = browser.get(format!("{}/health/ready", idp.issuer)).await;
    assert_eq!((ready.status, ready.json()["database"].as_str()), (503, Some("unavailable")));
    assert_eq!(browser.get(format!("{}/health/live", idp.issuer)).await.status, 200, "the process still answers");
    let page = browser.get(format!("{}/login", idp.issuer)).await;
    let page = browser.submit(&page.form("/login").fill("soi", "100001").fill("password", "any")).await;
    assert_eq!((page.status, page.reason().as_deref()), (503, Some("overloaded")));
    assert_eq!(page.header("retry-after"), Some("5"));
    assert!(page.text("request-id").is_some() && !page.body.to_lowercase().contains("sqlx"), "HTTP-10");
}

async fn figures_have_the_names_of_the_contract_and_a_listener_of_their_own(database: Database) {
    let idp = TestIdp::start(&database).await;
    idp.hire("100001").await;
    let app = idp.register("portal", |_| {}).await;
    tokens_at_the_office(&idp, &rp(&idp, &app).await, &Browser::new(), "100001").await;
    let browser = Browser::new();
    let page = browser.get(format!("{}/metrics", idp.metrics)).await;
    assert_eq!(page.status, 200);
    for name in [
        "octroi_login_total{",
        "octroi_token_issued_total{",
        "octroi_http_request_duration_seconds",
        "octroi_argon2_queue_depth",
        "octroi_argon2_seconds",
        "octroi_store_write_seconds",
        "octroi_zone_decision_total{",
    ] {
        assert!(page.body.contains(name), "{name} is missing:\n{}", page.body);
    }
    let line = |name: &str| page.body.lines().find(|l| l.starts_with(name)).unwrap_or_default().to_owned();
    for (name, labels) in [
        ("octroi_login_total{", vec!["zone=\"", "result=\"", "reason=\""]),
        ("octroi_token_issued_total{", vec!["grant=\"", "client=\""]),
        ("octroi_zone_decision_total{", vec!["zone=\"", "why=\""]),
        ("octroi_http_request_duration_seconds", vec!["route=\"", "status=\""]),
    ] {
        assert!(labels.iter().all(|label| line(name).contains(label)), "{}", line(name));
    }
    let named = |line: &str| line.split('}').next().is_some_and(|labels| labels.contains("100001"));
    assert!(!page.body.lines().any(named), "no agent in a figure");
    for origin in [&idp.issuer, &idp.gateway] {
        assert_eq!(browser.get(format!("{origin}/metrics")).await.status, 404, "not for agents");
    }
    for path in ["/login", "/health/live", "/"] {
        assert_eq!(browser.get(format!("{}{path}", idp.metrics)).await.status, 404, "nothing else there: {path}");
    }
}

async fn every_answer_names_its_request(database: Database) {
    let idp = TestIdp::start(&database).await;
    let mut seen = std::collections::BTreeSet::new();
    let liar = Browser::new().with_header("x-request-id", "forged");
    for path in ["/", "/login", "/nowhere", "/health/live", "/oauth2/token", "/oauth2/authorize", "/assets/none"] {
        let id = liar.get(format!("{}{path}", idp.issuer)).await.header("x-request-id").expect("an id").to_owned();
        assert_ne!(id, "forged");
        assert!(seen.insert(id), "{path}: an id is used once");
    }
    let page = liar.get(format!("{}/oauth2/authorize?client_id=nobody", idp.issuer)).await;
    assert_eq!(page.text("request-id").as_deref(), page.header("x-request-id"), "the page says the same");
    idp.hire("100001").await;
    let page = sign_in(&idp.issuer, &Browser::new(), "100001").await;
    let events = idp.events(octroi_idp::domain::audit::EventFilter::default()).await;
    let login = events.iter().find(|e| e.act == "login.succeeded").expect("the login");
    assert_eq!(login.request_id.as_deref(), page.header("x-request-id"), "and so does the audit");
}

async fn a_request_in_flight_is_finished_at_the_end(database: Database) {
    let idp = TestIdp::start(&database).await;
    let address = idp.issuer.strip_prefix("http://localhost").map(|port| format!("127.0.0.1{port}")).unwrap();
    let body = "grant_type=authorization_code";
    let mut socket = TcpStream::connect(&address).await.expect("a connection");
    let head = format!(
        "POST /oauth2/token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n",
        body.len()
    );
    socket.write_all(head.as_bytes()).await.expect("the head is sent");
    let mut interim = [0_u8; 25];
    socket.read_exact(&mut interim).await.expect("the handler reads the body");
    assert_eq!(&interim, b"HTTP/1.1 100 Continue\r\n\r\n");

    let stopping = tokio::spawn(idp.stop());
    let refused = async {
        let mut ticks = interval(Duration::from_millis(10));
        while TcpStream::connect(&address).await.is_ok() {
            ticks.tick().await;
        }
    };
    timeout(Duration::from_secs(5), refused).await.expect("nobody new gets in");
    assert!(!stopping.is_finished(), "the provider waits for who is inside");

    socket.write_all(body.as_bytes()).await.expect("the rest is sent");
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 401") && answer.contains("invalid_client"), "{answer}");
    timeout(Duration::from_secs(5), stopping).await.expect("an end").expect("a clean one");
}

async fn an_application_that_the_command_line_adds_is_known_within_a_second(database: Database) {
    let idp = TestIdp::start(&database).await;
    let known = idp.register("portal", |_| {}).await;
    let url = with(&rp(&idp, &known).await.request().url, "client_id", "fresh");
    let browser = Browser::new();
    assert_eq!(browser.get(&url).await.status, 400, "not yet");
    let status_becomes = async |status: u16| {
        let polled = async {
            let mut ticks = interval(Duration::from_millis(25));
            while browser.get(&url).await.status != status {
                ticks.tick().await;
            }
        };
        timeout(Duration::from_secs(2), polled).await
    };
    let draft = ApplicationDraft {
        name: Some("Fresh".to_owned()),
        redirect_uris: Some(vec![harness::idp::CALLBACK.to_owned()]),
        ..ApplicationDraft::default()
    };
    idp.directory.add_application(&TestIdp::mandate(), "fresh", &draft).await.expect("added");
    status_becomes(303).await.expect("the application is known without a restart");
    idp.directory.remove_application(&TestIdp::mandate(), "fresh").await.expect("removed");
    status_becomes(400).await.expect("and forgotten without one");
}

async fn assets_are_cached_for_ever_under_their_hash(database: Database) {
    let idp = TestIdp::start(&database).await;
    let browser = Browser::new();
    let page = browser.get(format!("{}/login", idp.issuer)).await;
    let mut assets = 0;
    for reference in page.body.split(['"', ' ']).filter(|text| text.starts_with("/assets/")) {
        let url = format!("{}{reference}", idp.issuer);
        let asset = browser.get(&url).await;
        assert_eq!(asset.status, 200, "{reference}");
        assert_eq!(asset.header("cache-control"), Some("public, max-age=31536000, immutable"));
        assert!(asset.header("content-type").is_some_and(|t| !t.starts_with("text/html")));
        let known = browser.clone().with_header("if-none-match", asset.header("etag").expect("an etag"));
        assert_eq!(known.get(&url).await.status, 304);
        assets += 1;
    }
    assert!(assets >= 2, "a stylesheet and an icon");
    assert!(!page.body.contains("http://") || !page.body.contains("src=\"http"), "GDPR-07: nothing from elsewhere");
}
