//! The zone: told by the contact of the agent's own browser, never by a header that anybody could write, and carried in
//! tokens as the lowest of all contacts behind them.

use harness::browser::{Browser, Page};
use harness::engine::Database;
use harness::factors::Authenticator;
use harness::for_each_engine;
use harness::idp::{PASSWORD, TestIdp, free_port};
use serde_json::json;
use url::Url;

use crate::code::query;
use crate::{redeem, rp, sign_in, sign_in_with_totp, tokens_at_the_office, with};

for_each_engine!(
    a_stranger_sees_his_own_address_and_zone_and_nothing_else,
    at_the_office_a_forged_header_counts_for_nothing,
    through_the_gateway_nobody_is_internal,
    behind_a_proxy_the_vectors_of_the_standards_hold,
    only_a_trusted_peer_is_believed,
    an_excluded_network_is_never_internal,
    a_request_begun_at_home_stays_nomades_when_the_login_is_at_the_office,
    a_request_begun_at_the_office_is_nomades_when_the_login_is_at_home,
    one_session_moves_between_office_and_home_without_a_new_login,
    every_token_and_userinfo_say_the_zone,
    an_application_can_keep_the_zone_out_of_its_id_token,
);

/// Zone and client address, as `/diagnostic` shows them.
async fn seen(browser: &Browser, origin: &str) -> (String, Option<String>) {
    let page = browser.get(format!("{origin}/diagnostic")).await;
    assert_eq!(page.status, 200);
    (page.text("zone").expect("a zone"), page.text("client-address"))
}

fn is(zone: &str, address: &str) -> (String, Option<String>) {
    (zone.to_owned(), Some(address).filter(|a| !a.is_empty()).map(str::to_owned))
}

/// STANDARDS §10.2: trusted 10.0.0.1 and 10.0.0.2, internal 10.20.0.0/16; 127.0.0.1 plays the proxy that connects.
const NETWORK: &str = "[network]\ninternal = [\"10.20.0.0/16\", \"2001:db8:20::/48\"]\n\
    never_internal = [\"10.20.99.0/24\"]\ntrusted_proxies = [\"127.0.0.1\", \"10.0.0.1\", \"10.0.0.2\"]\n";

/// A provider with a third entrance: behind the municipal proxy, where `internal` is possible.
async fn behind_a_proxy(database: &Database, source: &str) -> (TestIdp, String) {
    let port = free_port();
    let extra = format!(
        "{NETWORK}[[listener]]\nname = \"proxy\"\nbind = \"127.0.0.1:{port}\"\nzone_ceiling = \"internal\"\n\
         client_address = \"{source}\"\n"
    );
    (TestIdp::start_with(database, &extra).await, format!("http://localhost:{port}"))
}

async fn a_stranger_sees_his_own_address_and_zone_and_nothing_else(database: Database) {
    let idp = TestIdp::start(&database).await;
    idp.hire("100001").await;
    let browser = Browser::new();
    let url = format!("{}/diagnostic", idp.issuer);
    let page = browser.get(&url).await;
    assert_eq!(
        (page.text("zone").as_deref(), page.text("client-address").as_deref()),
        (Some("internal"), Some("127.0.0.1"))
    );
    for secret in ["office", "gateway", "X-Forwarded-For", "Firefox/140.0"] {
        assert!(!page.says(secret), "a stranger reads {secret}");
    }
    sign_in(&idp.issuer, &browser, "100001").await;
    let page = browser.get(&url).await;
    assert!(page.says("office") && page.says("Firefox/140.0"), "an agent sees the whole chain");
}

async fn at_the_office_a_forged_header_counts_for_nothing(database: Database) {
    let idp = TestIdp::start(&database).await;
    for (header, value) in [
        ("x-forwarded-for", "203.0.113.7"),
        ("x-forwarded-for", "10.20.3.4"),
        ("forwarded", "for=203.0.113.7"),
        ("x-real-ip", "203.0.113.7"),
        ("x-forwarded-for", "garbage"),
    ] {
        let forger = Browser::new().with_header(header, value);
        assert_eq!(seen(&forger, &idp.issuer).await, is("internal", "127.0.0.1"), "{header}: {value}");
    }
}

async fn through_the_gateway_nobody_is_internal(database: Database) {
    let idp = TestIdp::start(&database).await;
    for (value, address) in [
        ("203.0.113.7", "203.0.113.7"),
        ("10.20.3.4", "10.20.3.4"),
        ("10.20.3.4, 203.0.113.7", "203.0.113.7"),
        ("203.0.113.7, 127.0.0.1", "203.0.113.7"),
        ("::ffff:10.20.3.4", "10.20.3.4"),
        ("2001:db8::7", "2001:db8::7"),
    ] {
        let browser = Browser::new().with_header("x-forwarded-for", value);
        assert_eq!(seen(&browser, &idp.gateway).await, is("nomades", address), "{value}");
    }
    assert_eq!(seen(&Browser::new(), &idp.gateway).await.0, "nomades", "without a header");
}

async fn behind_a_proxy_the_vectors_of_the_standards_hold(database: Database) {
    let (idp, proxy) = behind_a_proxy(&database, "x-forwarded-for").await;
    for (value, zone, address) in [
        ("10.20.3.4, 10.0.0.1", "internal", "10.20.3.4"),
        ("10.20.3.4, 198.51.100.7, 10.0.0.1", "nomades", "198.51.100.7"),
        ("::ffff:10.20.3.4", "internal", "10.20.3.4"),
        ("10.20.3.4:51234", "internal", "10.20.3.4"),
        ("[2001:db8:20::7]:51234", "internal", "2001:db8:20::7"),
        ("203.0.113.7, 10.20.3.4", "internal", "10.20.3.4"),
        ("10.20.3.4, garbage", "nomades", ""),
        ("10.20.3.4, ", "nomades", ""),
        ("10.20.3.4, unknown", "nomades", ""),
        ("10.20.3.4, 10.20.3", "nomades", ""),
        ("10.20.3.4 10.0.0.1", "nomades", ""),
        ("10.20.3.4;10.0.0.1", "nomades", ""),
        ("010.020.003.004", "nomades", ""),
        ("0x0a140304", "nomades", ""),
        ("10.0.0.1, 10.0.0.2", "nomades", ""),
        ("", "nomades", ""),
    ] {
        let browser = Browser::new().with_header("x-forwarded-for", value);
        let (actual, client) = seen(&browser, &proxy).await;
        assert_eq!(actual, zone, "{value:?}");
        if zone == "internal" || !address.is_empty() {
            assert_eq!(client.as_deref(), Some(address), "{value:?}");
        }
        assert_eq!(seen(&browser, &idp.gateway).await.0, "nomades", "the same through the Nomades entrance: {value:?}");
    }
    assert_eq!(seen(&Browser::new(), &proxy).await.0, "nomades", "PRODUCT §2.3: no header");
    let two_lines =
        Browser::new().with_header("x-forwarded-for", "10.20.3.4").and_header("x-forwarded-for", "203.0.113.7");
    assert_eq!(seen(&two_lines, &proxy).await, is("nomades", "203.0.113.7"), "ZONE-04: lines are one list");
    let bytes = Browser::new().with_bytes("x-forwarded-for", b"10.20.3.4\xff");
    assert_eq!(seen(&bytes, &proxy).await.0, "nomades");
    let many = Browser::new().with_header("x-forwarded-for", &format!("10.20.3.4{}", ", 10.0.0.1".repeat(2000)));
    assert_eq!(seen(&many, &proxy).await.0, "nomades", "over-long");
    let other = Browser::new().with_header("forwarded", "for=10.20.3.4");
    assert_eq!(seen(&other, &proxy).await.0, "nomades", "ZONE-03: one source, not the other");
}

async fn only_a_trusted_peer_is_believed(database: Database) {
    let (_idp, proxy) = behind_a_proxy(&database, "forwarded").await;
    for (value, zone) in [
        ("for=10.20.3.4", "internal"),
        ("for=\"[2001:db8:20::7]:4711\";proto=https", "internal"),
        ("for=10.20.3.4, for=203.0.113.7", "nomades"),
        ("for=203.0.113.7, for=10.20.3.4", "internal"),
        ("for=10.20.3.4, for=unknown", "nomades"),
        ("for=10.20.3.4, for=_hidden", "nomades"),
        ("by=10.20.3.4", "nomades"),
        ("for=10.20.3.4;for=10.20.3.5", "nomades"),
        ("for=\"10.20.3.4", "nomades"),
    ] {
        let through = Browser::at([127, 0, 0, 1].into()).with_header("forwarded", value);
        assert_eq!(seen(&through, &proxy).await.0, zone, "{value}");
        let around = Browser::at([127, 0, 0, 9].into()).with_header("forwarded", value);
        assert_eq!(seen(&around, &proxy).await, is("nomades", "127.0.0.9"), "an untrusted peer: {value}");
    }
}

async fn an_excluded_network_is_never_internal(database: Database) {
    let (_idp, proxy) = behind_a_proxy(&database, "x-forwarded-for").await;
    let vpn = Browser::new().with_header("x-forwarded-for", "10.20.99.7");
    assert_eq!(seen(&vpn, &proxy).await, is("nomades", "10.20.99.7"), "ZONE-07");
}

/// Where the agent logs in for an open interaction, and what comes of it.
async fn log_in_at(idp: &TestIdp, origin: &str, browser: &Browser, begun: &Page, phone: &Authenticator) -> Page {
    let interaction = query(&begun.url, "interaction");
    let page = browser.get(format!("{origin}/login?interaction={interaction}")).await;
    let form = page.form("/login").fill("soi", "100001").fill("password", PASSWORD);
    let page = browser.follow(browser.submit(&form).await).await;
    idp.give_totp(browser, &page, phone).await
}

const PREVIEW: &str = "[access]\npreview_nomades = true\n";

async fn a_request_begun_at_home_stays_nomades_when_the_login_is_at_the_office(database: Database) {
    let idp = TestIdp::start_with(&database, PREVIEW).await;
    idp.hire("100001").await;
    let phone = idp.enrol_totp("100001").await;
    let app = idp.register("portal", |_| {}).await;
    let rp = rp(&idp, &app).await;
    let browser = Browser::new();
    let request = rp.request();
    let begun = browser.follow(browser.get(idp.from_home(request.url.as_str())).await).await;

    let page = log_in_at(&idp, &idp.issuer, &browser, &begun, &phone).await;

    let tokens = redeem(&rp, request, &page).await.expect("tokens");
    assert_eq!(tokens.access_claims["network_zone"], "nomades", "PRODUCT §2.2");
}

async fn a_request_begun_at_the_office_is_nomades_when_the_login_is_at_home(database: Database) {
    let idp = TestIdp::start_with(&database, PREVIEW).await;
    idp.hire("100001").await;
    let phone = idp.enrol_totp("100001").await;
    let app = idp.register("portal", |_| {}).await;
    let rp = rp(&idp, &app).await;
    let browser = Browser::new();

    let request = rp.request();
    let begun = browser.follow(browser.get(&request.url).await).await;
    let page = log_in_at(&idp, &idp.gateway, &browser, &begun, &phone).await;
    let tokens = redeem(&rp, request, &page).await.expect("tokens");
    assert_eq!(tokens.access_claims["network_zone"], "nomades");

    // The login at home, in another tab, and then the last step at the office.
    let browser = Browser::new();
    let request = rp.request();
    let begun = browser.follow(browser.get(&request.url).await).await;
    sign_in_with_totp(&idp, &idp.gateway, &browser, "100001", &phone).await;
    let interaction = query(&begun.url, "interaction");
    let page = browser.get(format!("{}/oauth2/authorize/resume?interaction={interaction}", idp.issuer)).await;
    let tokens = redeem(&rp, request, &page).await.expect("tokens");
    assert_eq!(tokens.access_claims["network_zone"], "nomades", "the login's contact is behind this token");
}

async fn one_session_moves_between_office_and_home_without_a_new_login(database: Database) {
    let idp = TestIdp::start_with(&database, PREVIEW).await;
    idp.hire("100001").await;
    let app = idp.register("portal", |_| {}).await;
    let rp = rp(&idp, &app).await;
    let browser = Browser::new();
    let phone = idp.enrol_totp("100001").await;
    sign_in_with_totp(&idp, &idp.issuer, &browser, "100001", &phone).await;
    let request = rp.request();
    let page = browser.get(&request.url).await;
    let office = redeem(&rp, request, &page).await.expect("tokens");
    assert_eq!(office.id_claims["network_zone"], "internal");
    // Cookies do not know ports, so the browser that moves home is the same one.
    for (at_home, zone) in [(true, "nomades"), (false, "internal")] {
        idp.advance(std::time::Duration::from_secs(600));
        let request = rp.request();
        let silent = with(&request.url, "prompt", "none");
        let url = if at_home { idp.from_home(silent.as_str()) } else { silent.to_string() };
        let page = browser.get(url).await;
        let tokens = redeem(&rp, request, &page).await.expect("PRODUCT §2.7: no new login");
        assert_eq!(tokens.id_claims["network_zone"], zone);
        for same in ["sid", "auth_time", "acr", "amr"] {
            assert_eq!(tokens.id_claims[same], office.id_claims[same], "D10: the zone is no factor");
        }
        assert_eq!(tokens.id_claims["network_zone_at"], json!(idp.clock.now().seconds()));
    }
}

async fn every_token_and_userinfo_say_the_zone(database: Database) {
    let idp = TestIdp::start_with(&database, PREVIEW).await;
    idp.hire("100001").await;
    let app = idp.register("portal", |_| {}).await;
    let rp = rp(&idp, &app).await;
    let mut request = rp.request();
    request.url = Url::parse(&idp.from_home(request.url.as_str())).unwrap();
    let phone = idp.enrol_totp("100001").await;
    let page = idp.log_in_with_totp(&Browser::new(), &request.url, "100001", PASSWORD, &phone).await;
    let outside = redeem(&rp, request, &page).await.expect("tokens");
    let inside = tokens_at_the_office(&idp, &rp, &Browser::new(), "100001").await;
    // `internal` is believed for 4 h; outside the claim ends with the session, after 8 h.
    for (tokens, zone, hours) in [(inside, "internal", 4), (outside, "nomades", 8)] {
        let userinfo = rp.userinfo(&tokens.access_token, &format!("{}/oauth2/userinfo", idp.issuer)).await.1;
        for claims in [&tokens.id_claims, &tokens.access_claims, userinfo.as_object().unwrap()] {
            assert_eq!(claims["network_zone"], zone);
            let (at, until) =
                (claims["network_zone_at"].as_i64().unwrap(), claims["network_zone_until"].as_i64().unwrap());
            assert_eq!(at, idp.clock.now().seconds());
            assert!(until > at && until - at <= hours * 3600, "{zone}: {}", until - at);
        }
    }
}

async fn an_application_can_keep_the_zone_out_of_its_id_token(database: Database) {
    let idp = TestIdp::start(&database).await;
    idp.hire("100001").await;
    let app = idp.register("strict", |draft| draft.zone_in_id_token = Some(false)).await;
    let rp = rp(&idp, &app).await;
    let tokens = tokens_at_the_office(&idp, &rp, &Browser::new(), "100001").await;
    assert!(tokens.id_claims.keys().all(|name| !name.starts_with("network_zone")));
    let userinfo = rp.userinfo(&tokens.access_token, &format!("{}/oauth2/userinfo", idp.issuer)).await.1;
    for claims in [&tokens.access_claims, userinfo.as_object().unwrap()] {
        for name in ["network_zone", "network_zone_at", "network_zone_until"] {
            assert!(claims.contains_key(name), "{name}");
        }
    }
}
