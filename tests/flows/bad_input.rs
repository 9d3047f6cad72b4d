//! Whatever arrives, at every address of the router: a clear refusal, never a 5xx, and the next request is served.
//!
//! [`ENDPOINTS`] lists what each address reads; a test compares it with the router, so that no new one is forgotten.

use std::collections::BTreeSet;
use std::time::Duration;

use harness::browser::{Browser, Page};
use harness::engine::Database;
use harness::for_each_engine;
use harness::idp::TestIdp;
use octroi_idp::storage::{DatabaseUrl, Store};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{interval, timeout};

use crate::sign_in;

for_each_engine!(
    bad_queries_are_refused_wherever_they_are_read,
    bad_bodies_are_refused_wherever_one_is_read,
    a_megabyte_is_refused_in_the_address_and_in_the_body,
    a_wrong_method_is_405_and_says_which_ones_are_right,
    strange_headers_break_nothing,
    a_locked_database_is_503_and_the_next_request_is_served,
    connections_that_are_cut_come_back_by_themselves,
    a_full_house_says_so_and_counts_no_attempt,
);

/// An address: what a GET reads from its query (`None`: there is no GET), and whether it takes a form.
struct Endpoint {
    path: &'static str,
    query: Option<&'static [&'static str]>,
    form: bool,
}

const fn page(path: &'static str, query: &'static [&'static str]) -> Endpoint {
    Endpoint { path, query: Some(query), form: false }
}

const fn form(path: &'static str, query: &'static [&'static str]) -> Endpoint {
    Endpoint { path, query: Some(query), form: true }
}

const ENDPOINTS: &[Endpoint] = &[
    page("/.well-known/openid-configuration", &[]),
    page("/.well-known/oauth-authorization-server", &[]),
    page("/oauth2/jwks", &[]),
    form("/oauth2/authorize", &["client_id", "redirect_uri", "state", "scope", "id_token_hint", "x"]),
    page("/oauth2/authorize/resume", &["interaction"]),
    Endpoint { path: "/oauth2/token", query: None, form: true },
    form("/oauth2/userinfo", &[]),
    form("/oauth2/logout", &["id_token_hint", "client_id", "post_logout_redirect_uri", "state", "x"]),
    page("/", &[]),
    form("/login", &["interaction"]),
    form("/login/password", &[]),
    form("/login/factor", &["interaction"]),
    form("/login/enrol", &["interaction"]),
    form("/login/passkey", &[]),
    Endpoint { path: "/login/passkey/options", query: None, form: true },
    page("/login/notice", &["interaction"]),
    form("/activate", &["interaction"]),
    form("/forgot-password", &["interaction"]),
    form("/forgot-password/verify", &[]),
    form("/forgot-password/new", &[]),
    form("/forgot-password/code", &["interaction"]),
    form("/not-me", &[]),
    page("/account", &[]),
    form("/account/password", &[]),
    form("/account/factors", &[]),
    form("/approvals", &[]),
    page("/account/contact", &[]),
    form("/account/contact/{kind}", &[]),
    form("/account/sessions", &[]),
    page("/account/activity", &[]),
    form("/account/language", &[]),
    form("/account/confirm", &[]),
    page("/diagnostic", &[]),
    page("/accessibilite", &[]),
    page("/confidentialite", &[]),
    page("/assets/{file}", &[]),
    page("/health/live", &[]),
    page("/health/ready", &[]),
];

impl Endpoint {
    fn at(&self, idp: &TestIdp) -> String {
        format!("{}{}", idp.issuer, self.path.replace("{file}", "octroi.css").replace("{kind}", "mobile"))
    }
}

const FORM: &str = "application/x-www-form-urlencoded";

/// Refused, and the visitor is told something.
fn assert_clear(page: &Page, what: &str) {
    assert!((400..500).contains(&page.status), "{what}: {} {}", page.status, page.body);
    let challenge = page.header("www-authenticate").is_some();
    assert!(challenge || !page.body.is_empty(), "{what}: {} without a word", page.status);
    assert!(page.header("x-request-id").is_some() && page.header("location").is_none(), "{what}");
    for inside in ["panicked", "sqlx", "src/", "axum", "Error {"] {
        assert!(!page.body.contains(inside), "HTTP-10, {what}: {inside}");
    }
}

fn assert_no_harm(page: &Page, what: &str) {
    assert!(page.status < 500, "{what}: {} {}", page.status, page.body);
}

/// After all that: ready, and a login works.
async fn assert_unharmed(idp: &TestIdp) {
    assert_eq!(Browser::new().get(format!("{}/health/ready", idp.issuer)).await.status, 200);
    let browser = Browser::new();
    sign_in(&idp.issuer, &browser, "100001").await;
    assert!(crate::is_signed_in(&idp.issuer, &browser).await);
}

async fn start(database: &Database) -> TestIdp {
    let idp = TestIdp::start(database).await;
    idp.hire("100001").await;
    idp
}

#[test]
fn every_address_of_the_router_is_tried() {
    let router = include_str!("../../idp/src/web/router.rs");
    let routes: BTreeSet<&str> = router.split(".route(").skip(1).filter_map(|rest| rest.split('"').nth(1)).collect();
    let tried: BTreeSet<&str> = ENDPOINTS.iter().map(|e| e.path).collect();
    assert_eq!(routes, tried);
}

async fn bad_queries_are_refused_wherever_they_are_read(database: Database) {
    let idp = start(&database).await;
    let browser = Browser::new();
    for endpoint in ENDPOINTS {
        let Some(read) = endpoint.query else { continue };
        let url = endpoint.at(&idp);
        for broken in ["%ff", "%00", "%", "%zz", "%C0%AF", &"x".repeat(9000)] {
            for name in read {
                let page = browser.get(format!("{url}?{name}={broken}")).await;
                assert_clear(&page, &format!("{} {name}={broken:.20}", endpoint.path));
            }
            assert_no_harm(&browser.get(format!("{url}?unknown={broken}")).await, endpoint.path);
            assert_no_harm(&browser.get(format!("{url}?{broken}")).await, endpoint.path);
            assert_no_harm(&browser.get(format!("{url}?ui_locales={broken}&notice={broken}")).await, endpoint.path);
        }
        for strange in ["\u{301}\u{202e}", "..%2f..%2fetc%2fpasswd", "'%20OR%201=1--", "%3Cscript%3E", "%0d%0aX:%20y"] {
            for name in read {
                let page = browser.get(format!("{url}?{name}={strange}")).await;
                assert_no_harm(&page, &format!("{} {name}={strange}", endpoint.path));
                assert!(!page.body.contains("<script>") && page.header("x").is_none(), "{} {name}", endpoint.path);
            }
        }
        for name in read.iter().filter(|name| **name != "x") {
            let page = browser.get(format!("{url}?{name}=a&{name}=b")).await;
            assert_clear(&page, &format!("{} {name} twice", endpoint.path));
        }
        assert_no_harm(&browser.get(format!("{url}?&&=&==&a")).await, endpoint.path);
        assert_no_harm(&browser.get(format!("{url}?{}", "a=1&".repeat(5000))).await, endpoint.path);
    }
    for path in ["/assets/%ff", "/assets/%00", "/assets/..%2f..%2fCargo.toml", "/%ff", "//", "/login/"] {
        let page = browser.get(format!("{}{path}", idp.issuer)).await;
        assert!((400..500).contains(&page.status) && !page.body.is_empty(), "{path}: {} {:?}", page.status, page.body);
    }
    assert_unharmed(&idp).await;
}

async fn bad_bodies_are_refused_wherever_one_is_read(database: Database) {
    let idp = start(&database).await;
    let browser = Browser::new();
    // With the CSRF value of a real page, so that the values are looked at.
    let csrf = browser.get(format!("{}/login", idp.issuer)).await.form("/login").fields["csrf"].clone();
    for endpoint in ENDPOINTS.iter().filter(|e| e.form) {
        let url = endpoint.at(&idp);
        // A logout without parameters is a question that a stranger may ask.
        let is_logout = endpoint.path == "/oauth2/logout";
        // A form of a session that can be read leads a stranger to the login.
        // A reset for nobody is answered like any other.
        // Options for a passkey are the same for every stranger.
        let answers_strangers =
            ["/forgot-password", "/approvals", "/login/factor", "/login/enrol", "/login/passkey/options"];
        let may_be_empty =
            is_logout || endpoint.path.starts_with("/account") || answers_strangers.contains(&endpoint.path);
        for body in ["", "&&&", "x", "a=1", "=", "csrf=", &format!("csrf={csrf}")] {
            let page = browser.post_raw(&url, FORM, body.into()).await;
            let what = format!("{} {body:?}", endpoint.path);
            if may_be_empty { assert_no_harm(&page, &what) } else { assert_clear(&page, &what) }
        }
        for name in ["soi", "password", "code", "interaction", "client_id", "grant_type", "access_token", "ticket"] {
            for bad in ["%ff", "%00", "%", "%zz"] {
                let body = format!("csrf={csrf}&{name}={bad}");
                let page = browser.post_raw(&url, FORM, body.into()).await;
                assert_clear(&page, &format!("{} {name}={bad}", endpoint.path));
            }
            let body = format!("csrf={csrf}&{name}=a&{name}=b");
            let page = browser.post_raw(&url, FORM, body.into()).await;
            if !may_be_empty || (is_logout && name == "client_id") {
                assert_clear(&page, &format!("{} {name} twice", endpoint.path));
            }
        }
        for body in [&b"\xff\xfe"[..], b"a\0=b", b"soi=\xc3\x28", b"password=\0"] {
            assert_clear(&browser.post_raw(&url, FORM, body.to_vec()).await, endpoint.path);
        }
        let many = "a=1&".repeat(100);
        assert_clear(&browser.post_raw(&url, FORM, many.into()).await, endpoint.path);
        for media_type in ["application/json", "text/plain", "multipart/form-data; boundary=x", "", "garbage", "*/*"] {
            let body = "soi=100001&grant_type=authorization_code";
            let page = browser.post_raw(&url, media_type, body.into()).await;
            assert_clear(&page, &format!("{} {media_type}", endpoint.path));
            assert!([401, 415].contains(&page.status), "{} {media_type}: {}", endpoint.path, page.status);
        }
        let charset = browser.post_raw(&url, "Application/X-WWW-Form-Urlencoded; charset=UTF-8", "a=1".into()).await;
        assert_ne!(charset.status, 415, "{}: what clients really send", endpoint.path);
    }
    assert_unharmed(&idp).await;
}

async fn a_megabyte_is_refused_in_the_address_and_in_the_body(database: Database) {
    let idp = start(&database).await;
    let browser = Browser::new();
    let megabyte = "x".repeat(1 << 20);
    for endpoint in ENDPOINTS {
        if endpoint.form {
            for body in [format!("soi={megabyte}"), "a=1&".repeat(1 << 18)] {
                let url = endpoint.at(&idp);
                let page = browser.post_raw(&url, FORM, body.into_bytes()).await;
                assert_eq!(page.status, 413, "{}", endpoint.path);
                assert_clear(&page, endpoint.path);
            }
        }
        let status = raw(&idp, &format!("GET {}?x={megabyte} HTTP/1.1", endpoint.path)).await;
        assert!(["414", "431", "400", "413"].contains(&status.as_str()), "{}: {status}", endpoint.path);
        // The longest address that still reaches a handler.
        let page = browser.get(format!("{}?x={}", endpoint.at(&idp), &megabyte[..60_000])).await;
        assert_no_harm(&page, endpoint.path);
    }
    let status = raw(&idp, &format!("GET /login HTTP/1.1\r\nCookie: octroi-session={megabyte}")).await;
    assert!(["431", "400"].contains(&status.as_str()), "{status}");
    assert_unharmed(&idp).await;
}

/// Sends a request head that no well-behaved client would; answers the status.
async fn raw(idp: &TestIdp, head: &str) -> String {
    let address = idp.issuer.replace("http://localhost", "127.0.0.1");
    let mut socket = TcpStream::connect(address).await.expect("a connection");
    // The server may answer and close before it has read everything.
    let _ = socket.write_all(format!("{head}\r\nHost: localhost\r\nConnection: close\r\n\r\n").as_bytes()).await;
    let mut answer = vec![0; 64];
    let read = timeout(Duration::from_secs(5), socket.read(&mut answer)).await.expect("an answer in time").unwrap_or(0);
    let line = String::from_utf8_lossy(&answer[..read]).into_owned();
    line.split(' ').nth(1).unwrap_or("closed").to_owned()
}

async fn a_wrong_method_is_405_and_says_which_ones_are_right(database: Database) {
    let idp = start(&database).await;
    let browser = Browser::new();
    for endpoint in ENDPOINTS {
        let url = endpoint.at(&idp);
        let mut wrong = vec!["PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND"];
        if !endpoint.form {
            wrong.push("POST");
        }
        if endpoint.query.is_none() {
            wrong.push("GET");
        }
        for method in wrong {
            let page = browser.ask(method, &url).await;
            let what = format!("{method} {}", endpoint.path);
            assert_clear(&page, &what);
            assert_eq!(page.status, 405, "{what}");
            let allowed = page.header("allow").unwrap_or_default();
            assert_eq!(allowed.contains("GET"), endpoint.query.is_some(), "RFC 9110 §15.5.6, {what}: {allowed:?}");
            assert_eq!(allowed.contains("POST"), endpoint.form, "{what}: {allowed:?}");
        }
        if endpoint.query.is_some() {
            let page = browser.ask("HEAD", &url).await;
            assert!(page.body.is_empty() && page.status < 500, "HEAD {}: {}", endpoint.path, page.status);
        }
    }
    let page = browser.get(format!("{}/nowhere", idp.issuer)).await;
    assert_eq!(page.status, 404);
    assert_clear(&page, "/nowhere");
    assert_unharmed(&idp).await;
}

async fn strange_headers_break_nothing(database: Database) {
    let idp = start(&database).await;
    for endpoint in ENDPOINTS {
        let url = endpoint.at(&idp);
        for (name, value) in [
            ("cookie", &b"octroi-session=\xff; octroi-browser=\xff; octroi-language=\xff"[..]),
            ("cookie", b";;;===;octroi-session;octroi-session=;=octroi-session"),
            ("accept-language", b"\xff\xfe"),
            ("accept-language", b"fr;q=NaN,en;q=9999999999999999999,*;q=-1,,,;"),
            ("user-agent", b"\xff"),
            ("origin", b"null"),
            ("origin", b"\xff"),
            ("authorization", b"\xff"),
            ("authorization", b"Basic !!!"),
            ("authorization", b"Basic /////w=="),
            ("authorization", b"Bearer"),
            ("x-forwarded-for", b"\xff,,,"),
            ("forwarded", b"for=\"\\\";;;"),
            ("if-none-match", b"\xff"),
            ("content-type", b"\xff"),
        ] {
            let browser = Browser::new().with_bytes(name, value);
            let what = format!("{} {name}: {}", endpoint.path, String::from_utf8_lossy(value));
            assert_no_harm(&browser.get(&url).await, &what);
            if endpoint.form {
                assert_no_harm(&browser.post_fields(&url, &[("a", "1")]).await, &what);
            }
        }
    }
    assert_unharmed(&idp).await;
}

/// The same database, for which nobody waits longer than a moment.
fn impatient(database: &Database) -> String {
    let (url, password) = match &database.settings.url {
        DatabaseUrl::Sqlite(file) => (format!("sqlite:{}", file.display()), false),
        DatabaseUrl::Postgres { url, password } => (url.clone(), password.is_some()),
    };
    let password = if password { "password = { env = \"OCTROI_TEST_DATABASE_PASSWORD\" }\n" } else { "" };
    format!("[database]\nurl = \"{url}\"\n{password}busy_timeout = \"2s\"\n")
}

async fn a_locked_database_is_503_and_the_next_request_is_served(database: Database) {
    let idp = TestIdp::start_with(&database, &impatient(&database)).await;
    idp.hire("100001").await;
    let browser = Browser::new();
    let form = browser.get(format!("{}/login", idp.issuer)).await.form("/login");
    let form = form.fill("soi", "100001").fill("password", harness::idp::PASSWORD);
    let refused = async || {
        let page = timeout(Duration::from_secs(15), browser.submit(&form)).await.expect("nobody waits for ever");
        assert_eq!((page.status, page.reason().as_deref()), (503, Some("overloaded")));
        assert!(page.header("retry-after").is_some() && page.says("rien n’est perdu"));
        assert_eq!(browser.get(format!("{}/health/ready", idp.issuer)).await.status, 200, "reading works");
    };
    // Somebody else holds what a login writes.
    match &database.store {
        Store::Sqlite { writer, .. } => {
            let mut connection = writer.alone().await.expect("the writing connection");
            let lock = sqlx::Connection::begin_with(&mut *connection, "BEGIN EXCLUSIVE");
            let held = lock.await.expect("the lock");
            refused().await;
            held.rollback().await.expect("the release");
        }
        Store::Postgres(pool) => {
            let mut held = pool.begin().await.expect("a transaction");
            let lock = "LOCK TABLE throttle IN ACCESS EXCLUSIVE MODE";
            sqlx::query(lock).execute(&mut *held).await.expect("the lock");
            refused().await;
            held.rollback().await.expect("the release");
        }
    }
    assert_eq!(browser.submit(&form).await.status, 303, "the very next one is served");
    assert_unharmed(&idp).await;
}

async fn connections_that_are_cut_come_back_by_themselves(database: Database) {
    // The embedded engine has no connections that somebody could cut.
    let Store::Postgres(pool) = &database.store else { return };
    let idp = start(&database).await;
    let browser = Browser::new();
    let form = browser.get(format!("{}/login", idp.issuer)).await.form("/login");
    let form = form.fill("soi", "100001").fill("password", harness::idp::PASSWORD);
    let cut = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
               WHERE datname = current_database() AND pid <> pg_backend_pid()";
    let cut: i64 = sqlx::query_scalar(cut).fetch_one(pool).await.expect("the connections are cut");
    assert!(cut > 0);
    let recovered = async {
        let mut ticks = interval(Duration::from_millis(20));
        loop {
            let page = browser.submit(&form).await;
            if page.status == 303 {
                return;
            }
            assert_eq!(page.status, 503, "{}", page.body);
            assert!(page.header("retry-after").is_some());
            ticks.tick().await;
        }
    };
    timeout(Duration::from_secs(10), recovered).await.expect("connections come back by themselves");
}

async fn a_full_house_says_so_and_counts_no_attempt(database: Database) {
    let small = "[password]\npepper = { file = \"pepper.key\" }\nthreads = 1\nqueue = 1\n";
    let idp = TestIdp::start_with(&database, small).await;
    idp.hire("100001").await;
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..40 {
        let (issuer, browser) = (idp.issuer.clone(), Browser::new());
        tasks.spawn(async move {
            let form = browser.get(format!("{issuer}/login")).await.form("/login");
            let form = form.fill("soi", &format!("2000{n:02}")).fill("password", "nobody's password");
            browser.submit(&form).await
        });
    }
    let pages = tasks.join_all().await;
    let full: Vec<&Page> = pages.iter().filter(|page| page.status == 503).collect();
    assert!(!full.is_empty(), "forty at once do not fit into a queue of one");
    assert!(full.iter().all(|p| p.header("retry-after") == Some("5") && p.reason().as_deref() == Some("overloaded")));
    assert!(pages.iter().all(|page| [401, 503].contains(&page.status)));
    let counted = database.number("SELECT count(*) FROM throttle WHERE attempts > 0").await;
    assert_eq!(
        usize::try_from(counted).unwrap(),
        pages.len() - full.len(),
        "an attempt that was not made does not count"
    );
    assert_unharmed(&idp).await;
}
