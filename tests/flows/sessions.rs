//! Sessions: a cookie that says nothing, an id that is new with each login, and ends that are real.

use std::time::Duration;

use harness::browser::Browser;
use harness::engine::Database;
use harness::for_each_engine;
use harness::idp::TestIdp;
use octroi_idp::domain::audit::EventFilter;

use crate::{is_signed_in, rp, sign_in, sign_in_with_totp, tokens_at_the_office};

for_each_engine!(
    the_cookie_is_for_this_host_and_for_no_script,
    under_https_the_cookies_are_bound_to_the_host_and_to_tls,
    a_login_renews_the_session_and_the_old_cookie_is_dead,
    a_fixed_cookie_of_a_stranger_becomes_nobodys_session,
    a_session_in_the_office_ends_after_two_idle_hours,
    a_session_in_the_office_ends_after_twelve_hours_at_work,
    a_session_from_home_ends_sooner,
    a_session_of_the_office_keeps_the_limits_of_home_while_it_is_seen_there,
    a_contact_is_written_at_most_once_a_minute,
    a_logout_ends_the_session_everywhere,
    what_is_over_is_deleted_after_two_days,
    a_session_that_may_last_six_days_is_not_deleted_on_the_way,
);

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
const COOKIE: &str = "octroi-session";

/// A browser into which somebody has copied a cookie.
fn thief(cookie: &str) -> Browser {
    Browser::new().with_header("cookie", cookie)
}

async fn the_cookie_is_for_this_host_and_for_no_script(database: Database) {
    let idp = TestIdp::start(&database).await;
    idp.hire("100001").await;
    let page = sign_in(&idp.issuer, &Browser::new(), "100001").await;
    let line = page.set_cookie(COOKIE).expect("the session cookie");
    let mut parts: Vec<&str> = line.split("; ").collect();
    let value = parts.remove(0).split_once('=').unwrap().1;
    assert_eq!(parts, ["Path=/", "HttpOnly", "SameSite=Lax"], "HTTP-06: no Domain, and it ends with the browser");
    assert_eq!(value.len(), 43, "256 random bits");
    let stored = database.number("SELECT count(*) FROM session").await;
    assert_eq!(stored, 1);
    let hex: String = value.bytes().map(|byte| format!("{byte:02x}")).collect();
    let as_text = format!(
        "SELECT count(*) FROM session WHERE {} LIKE '%{hex}%'",
        match database.engine {
            harness::engine::Engine::Sqlite => "lower(hex(cookie_hash))",
            harness::engine::Engine::Postgres => "encode(cookie_hash, 'hex')",
        }
    );
    assert_eq!(database.number(&as_text).await, 0, "the database knows a hash only");
}

async fn a_login_renews_the_session_and_the_old_cookie_is_dead(database: Database) {
    let idp = TestIdp::start(&database).await;
    idp.hire("100001").await;
    let browser = Browser::new();
    let form = browser.get(format!("{}/login", idp.issuer)).await.form("/login");
    let form = form.fill("soi", "100001").fill("password", harness::idp::PASSWORD);
    let first = browser.submit(&form).await.cookie(COOKIE).unwrap();
    assert!(is_signed_in(&idp.issuer, &thief(&first)).await);

    let second = browser.submit(&form).await.cookie(COOKIE).unwrap();

    assert_ne!(first, second, "HTTP-07");
    assert!(!is_signed_in(&idp.issuer, &thief(&first)).await, "the old one is dead");
    assert!(is_signed_in(&idp.issuer, &thief(&second)).await);
    let other_browser = sign_in(&idp.issuer, &Browser::new(), "100001").await.cookie(COOKIE).unwrap();
    assert!(is_signed_in(&idp.issuer, &browser).await && is_signed_in(&idp.issuer, &thief(&other_browser)).await);
}

async fn a_fixed_cookie_of_a_stranger_becomes_nobodys_session(database: Database) {
    let idp = TestIdp::start(&database).await;
    idp.hire("100001").await;
    let planted = format!("{COOKIE}={}", "A".repeat(43));
    let page = Browser::new().get(format!("{}/login", idp.issuer)).await;
    let form = page.form("/login").fill("soi", "100001").fill("password", harness::idp::PASSWORD);
    let victim = thief(&format!("{planted}; {}", page.cookie("octroi-browser").unwrap()));
    let page = victim.submit(&form).await;
    assert_eq!(page.status, 303);
    assert_ne!(page.cookie(COOKIE).unwrap(), planted);
    assert!(!is_signed_in(&idp.issuer, &thief(&planted)).await);
    for strange in ["", "x", "' OR 1=1 --", "%00", &"é".repeat(20), &"A".repeat(4000)] {
        let browser = Browser::new().with_bytes("cookie", format!("{COOKIE}={strange}").as_bytes());
        assert!(!is_signed_in(&idp.issuer, &browser).await, "{strange}");
    }
}

async fn a_session_in_the_office_ends_after_two_idle_hours(database: Database) {
    let idp = TestIdp::start(&database).await;
    idp.hire("100001").await;
    let browser = Browser::new();
    sign_in(&idp.issuer, &browser, "100001").await;
    for _ in 0..2 {
        idp.advance(2 * HOUR - MINUTE);
        assert!(is_signed_in(&idp.issuer, &browser).await, "activity keeps it alive");
    }
    idp.advance(2 * HOUR);
    assert!(!is_signed_in(&idp.issuer, &browser).await);
    assert!(!is_signed_in(&idp.issuer, &browser).await, "and coming back does not revive it");
}

async fn a_session_in_the_office_ends_after_twelve_hours_at_work(database: Database) {
    let idp = TestIdp::start(&database).await;
    idp.hire("100001").await;
    let browser = Browser::new();
    sign_in(&idp.issuer, &browser, "100001").await;
    for _ in 0..11 {
        idp.advance(HOUR);
        assert!(is_signed_in(&idp.issuer, &browser).await);
    }
    idp.advance(HOUR - MINUTE);
    assert!(is_signed_in(&idp.issuer, &browser).await);
    idp.advance(MINUTE);
    assert!(!is_signed_in(&idp.issuer, &browser).await);
}

async fn a_session_from_home_ends_sooner(database: Database) {
    let idp = TestIdp::start(&database).await;
    idp.hire("100001").await;
    let phone = idp.enrol_totp("100001").await;
    let (idle, busy) = (Browser::new(), Browser::new());
    sign_in_with_totp(&idp, &idp.gateway, &busy, "100001", &phone).await;
    for _ in 0..9 {
        idp.advance(50 * MINUTE);
        assert!(is_signed_in(&idp.gateway, &busy).await);
    }
    idp.advance(30 * MINUTE);
    assert!(!is_signed_in(&idp.gateway, &busy).await, "8 h");
    sign_in_with_totp(&idp, &idp.gateway, &idle, "100001", &phone).await;
    assert!(is_signed_in(&idp.gateway, &idle).await);
    idp.advance(HOUR);
    assert!(!is_signed_in(&idp.gateway, &idle).await, "1 h without a sign");
    assert!(!is_signed_in(&idp.issuer, &idle).await, "and the office does not prolong what began at home");
}

async fn a_session_of_the_office_keeps_the_limits_of_home_while_it_is_seen_there(database: Database) {
    let idp = TestIdp::start(&database).await;
    idp.hire("100001").await;
    let phone = idp.enrol_totp("100001").await;
    let browser = Browser::new();
    sign_in_with_totp(&idp, &idp.issuer, &browser, "100001", &phone).await;
    assert!(is_signed_in(&idp.gateway, &browser).await);
    idp.advance(HOUR);
    assert!(!is_signed_in(&idp.gateway, &browser).await, "for home it is too old");
    assert!(is_signed_in(&idp.issuer, &browser).await, "for the office it is not");
}

async fn a_contact_is_written_at_most_once_a_minute(database: Database) {
    let idp = TestIdp::start(&database).await;
    idp.hire("100001").await;
    let browser = Browser::new();
    sign_in(&idp.issuer, &browser, "100001").await;
    let last_seen = async || database.number("SELECT last_seen_at FROM session").await;
    let begun = last_seen().await;
    for (seconds, expected) in [(59, 0), (1, 60_000), (30, 60_000), (29, 60_000), (61, 180_000)] {
        idp.advance(Duration::from_secs(seconds));
        assert!(is_signed_in(&idp.issuer, &browser).await);
        assert_eq!(last_seen().await - begun, expected, "after {seconds} s more");
    }
}

async fn a_logout_ends_the_session_everywhere(database: Database) {
    let idp = TestIdp::start(&database).await;
    idp.hire("100001").await;
    let app = idp.register("portal", |_| {}).await;
    let rp = rp(&idp, &app).await;
    let browser = Browser::new();
    let copied = sign_in(&idp.issuer, &browser, "100001").await.cookie(COOKIE).unwrap();
    let silent = crate::with(&rp.request().url, "prompt", "none");
    assert_eq!(crate::code::query(&thief(&copied).get(&silent).await.location().unwrap(), "error"), "");
    let elsewhere = Browser::new();
    let tokens = tokens_at_the_office(&idp, &rp, &elsewhere, "100001").await;

    let home = elsewhere.get(format!("{}/", idp.issuer)).await;
    assert!(home.says("100001"), "who is signed in");
    let page = elsewhere.submit(&home.form("/oauth2/logout")).await;

    assert!(page.status == 200 && page.text("signed-out").is_some(), "{}", page.body);
    assert!(page.set_cookie(COOKIE).is_some_and(|line| line.contains("Max-Age=0")));
    assert_eq!(rp.userinfo(&tokens.access_token, &format!("{}/oauth2/userinfo", idp.issuer)).await.0, 401);
    assert!(is_signed_in(&idp.issuer, &browser).await, "the agent's other browser stays");

    let home = browser.get(format!("{}/", idp.issuer)).await;
    browser.submit(&home.form("/oauth2/logout")).await;
    let late = thief(&copied);
    assert!(!is_signed_in(&idp.issuer, &late).await, "the copied cookie is dead");
    assert_eq!(crate::code::query(&late.get(&silent).await.location().unwrap(), "error"), "login_required");
    let ended = idp.events(EventFilter { act: Some("session.ended".into()), ..EventFilter::default() }).await;
    assert_eq!(ended.len(), 2);
    assert_eq!(ended[0].detail["why"], "logout");
}

async fn what_is_over_is_deleted_after_two_days(database: Database) {
    let idp = TestIdp::start(&database).await;
    idp.hire("100001").await;
    let app = idp.register("portal", |_| {}).await;
    let rp = rp(&idp, &app).await;
    tokens_at_the_office(&idp, &rp, &Browser::new(), "100001").await;
    let rows = async || {
        let mut rows = Vec::new();
        for table in ["session", "application_grant", "authorization_code"] {
            rows.push(database.number(&format!("SELECT count(*) FROM {table}")).await);
        }
        rows
    };
    idp.advance((12 + 48) * HOUR);
    idp.jobs.purge(idp.clock.now()).await.expect("a purge");
    assert_eq!(rows().await[0], 1, "kept for questions the day after");
    let audited = database.number("SELECT count(*) FROM audit").await;
    idp.advance(Duration::from_secs(1));
    idp.jobs.purge(idp.clock.now()).await.expect("a purge");
    assert_eq!(rows().await, [0, 0, 0]);
    assert_eq!(database.number("SELECT count(*) FROM audit").await, audited, "the audit stays");
}

async fn a_session_that_may_last_six_days_is_not_deleted_on_the_way(database: Database) {
    let long = "[session.internal]\nabsolute = \"6d\"\nidle = \"3d\"\n";
    let idp = TestIdp::start_with(&database, long).await;
    idp.hire("100001").await;
    let browser = Browser::new();
    sign_in(&idp.issuer, &browser, "100001").await;
    for _ in 0..2 {
        idp.advance(2 * 24 * HOUR + HOUR);
        idp.jobs.purge(idp.clock.now()).await.expect("a purge");
        assert!(is_signed_in(&idp.issuer, &browser).await, "what the configuration allows");
    }
}

async fn under_https_the_cookies_are_bound_to_the_host_and_to_tls(database: Database) {
    let idp = TestIdp::start_behind_tls(&database, "https://login.ville.example").await;
    idp.hire("100001").await;
    let url = format!("{}/login", idp.issuer);
    let page = Browser::new().get(&url).await;
    let hsts = page.header("strict-transport-security").expect("HSTS");
    assert!(hsts.starts_with("max-age=63072000; includeSubDomains"), "{hsts}");
    let line = page.set_cookie("__Host-octroi-browser").expect("the pre-session cookie");
    assert!(line.ends_with("; Path=/; HttpOnly; SameSite=Lax; Secure") && !line.contains("Domain"), "{line}");

    let form = page.form("/login").fill("soi", "100001").fill("password", harness::idp::PASSWORD);
    let fields: Vec<(&str, &str)> = form.fields.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    let browser = thief(&page.cookie("__Host-octroi-browser").expect("a value"));
    let answer = browser.with_header("origin", "https://login.ville.example").post_fields(&url, &fields).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    let line = answer.set_cookie("__Host-octroi-session").expect("the session cookie");
    assert!(line.ends_with("; Path=/; HttpOnly; SameSite=Lax; Secure") && !line.contains("Domain"), "{line}");
}
