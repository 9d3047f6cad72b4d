//! Levels: what `acr`, `amr` and `auth_time` say, who is asked for more, and what an application hears when there is no
//! more.

use std::time::Duration;

use harness::browser::{Browser, Page};
use harness::engine::Database;
use harness::for_each_engine;
use harness::idp::{CALLBACK, PASSWORD, TestApp, TestIdp};
use harness::rp::{Request, Rp, Tokens};
use jiff::tz::TimeZone;
use octroi_idp::directory::AgentDraft;
use octroi_idp::domain::acr::Acr;
use octroi_idp::domain::role::Role;
use octroi_idp::domain::time::Clock;
use serde_json::{Value, json};
use url::Url;

use crate::code::query;
use crate::{redeem, rp, sign_in, sign_in_with_totp, tokens_at_the_office, with};

for_each_engine!(
    a_session_that_is_too_weak_gives_the_factor_and_no_new_password,
    an_essential_level_is_reached_on_the_way,
    an_essential_level_that_cannot_be_met_is_told_to_the_application_at_once,
    at_the_office_an_essential_level_leads_to_an_enrolment,
    a_wish_is_asked_for_once_and_can_be_declined,
    a_resource_that_wants_more_gets_it_by_a_step_up,
    a_login_that_is_asked_for_anew_asks_for_the_factor_anew,
    administrators_and_managers_give_a_factor_at_the_office,
    an_enrolment_is_postponed_inside_up_to_its_day,
    a_level_that_nothing_reaches_is_refused_and_does_not_go_round_in_circles,
);

const MINUTE: Duration = Duration::from_secs(60);

/// An application that wants `eidas2`.
async fn coffre(idp: &TestIdp) -> TestApp {
    idp.register("coffre", |draft| draft.min_acr = Some(Some(Acr::Eidas2))).await
}

/// An essential `acr` (OpenID Connect Core §5.5.1).
fn essential(request: &Request, values: &[&str]) -> Url {
    let claims = json!({ "id_token": { "acr": { "essential": true, "values": values } } });
    with(&request.url, "claims", &claims.to_string())
}

/// The page at the end of the redirects.
async fn open(browser: &Browser, url: impl AsRef<str>) -> Page {
    browser.follow(browser.get(url).await).await
}

/// The page that asks for a second factor, which is the only thing asked.
fn assert_asks_for_a_factor(page: &Page) {
    assert_eq!((page.status, page.url.path()), (200, "/login/factor"), "{}", page.body);
    assert!(!page.body.contains("name=\"password\""), "only what is missing is asked for");
}

/// `error` and `error_description` at the application's address.
fn told(page: &Page) -> (String, String) {
    let location = page.location().unwrap_or_else(|| panic!("no redirect: {} {}", page.status, page.body));
    assert!(location.as_str().starts_with(CALLBACK), "{location}");
    (query(&location, "error"), query(&location, "error_description"))
}

/// What the ID token, the access token and UserInfo say of the level: the same.
async fn level(rp: &Rp, tokens: &Tokens) -> (Value, Value, Value) {
    let userinfo = rp.userinfo(&tokens.access_token, &format!("{}/oauth2/userinfo", rp.issuer)).await.1;
    let said = |claims: &serde_json::Map<String, Value>| {
        (claims["acr"].clone(), claims["amr"].clone(), claims["auth_time"].clone())
    };
    let (id, access) = (said(&tokens.id_claims), said(&tokens.access_claims));
    assert_eq!(id, access);
    assert_eq!(said(userinfo.as_object().expect("claims")), id);
    id
}

async fn a_session_that_is_too_weak_gives_the_factor_and_no_new_password(database: Database) {
    let idp = TestIdp::start(&database).await;
    idp.hire("100001").await;
    let phone = idp.enrol_totp("100001").await;
    let portal = rp(&idp, &idp.register("portal", |_| {}).await).await;
    let coffre = rp(&idp, &coffre(&idp).await).await;
    let browser = Browser::new();
    let begun = json!(idp.clock.now().seconds());
    let weak = tokens_at_the_office(&idp, &portal, &browser, "100001").await;
    assert_eq!(level(&portal, &weak).await, (json!("eidas1"), json!(["pwd"]), begun.clone()));
    idp.advance(10 * MINUTE);

    let silent = coffre.request();
    let silent = told(&browser.get(with(&silent.url, "prompt", "none")).await);
    assert_eq!(silent, ("interaction_required".to_owned(), "app.acr_too_low".to_owned()), "OA-36");
    let request = coffre.request();
    let page = open(&browser, &request.url).await;
    assert_asks_for_a_factor(&page);
    assert!(page.says("Application coffre"), "for whom");
    let page = idp.give_totp(&browser, &page, &phone).await;

    let strong = redeem(&coffre, request, &page).await.expect("tokens");
    let reached = (json!("eidas2"), json!(["pwd", "otp", "mfa"]), begun);
    assert_eq!(level(&coffre, &strong).await, reached, "auth_time is the login's (ADR 0026)");
    assert_eq!(strong.id_claims["sid"], weak.id_claims["sid"], "the same session");
    // PC-18: the session remembers it.
    let request = portal.request();
    let page = browser.get(with(&request.url, "prompt", "none")).await;
    let tokens = redeem(&portal, request, &page).await.expect("tokens without a page");
    assert_eq!(level(&portal, &tokens).await, reached);
}

async fn an_essential_level_is_reached_on_the_way(database: Database) {
    let idp = TestIdp::start(&database).await;
    idp.hire("100001").await;
    let phone = idp.enrol_totp("100001").await;
    let rp = rp(&idp, &idp.register("portal", |_| {}).await).await;
    let browser = Browser::new();
    // As ProConnect asks (STANDARDS §6.3), from a browser that nobody is logged in with.
    let request = rp.request();
    let url = essential(&request, &["eidas0-mfa", "eidas1-mfa", "eidas2", "eidas3"]);
    let page = idp.log_in(&browser, &url, "100001", PASSWORD).await;
    assert_asks_for_a_factor(&page);
    let page = idp.give_totp(&browser, &page, &phone).await;
    let tokens = redeem(&rp, request, &page).await.expect("tokens");
    assert_eq!(level(&rp, &tokens).await.0, json!("eidas2"));

    // PC-15: one of the values asked, never more than was done.
    for (values, answer) in [(&["eidas1", "eidas1-mfa"][..], "eidas1-mfa"), (&["eidas3", "eidas1"], "eidas1")] {
        let request = rp.request();
        let page = browser.get(essential(&request, values)).await;
        let tokens = redeem(&rp, request, &page).await.expect("tokens");
        let (acr, amr, _) = level(&rp, &tokens).await;
        assert_eq!((acr, amr), (json!(answer), json!(["pwd", "otp", "mfa"])));
    }
}

async fn an_essential_level_that_cannot_be_met_is_told_to_the_application_at_once(database: Database) {
    let idp = TestIdp::start_with(&database, "[access]\npreview_nomades = true\n").await;
    idp.hire("100001").await;
    let rp = rp(&idp, &idp.register("portal", |_| {}).await).await;
    let unmet = "unmet_authentication_requirements";
    // Values that we do not know, and a level that no factor reaches here: nobody needs to log in to hear so.
    for values in [&["gold", "silver"][..], &["eidas3"]] {
        for prompt in ["login", "none"] {
            let url = with(&essential(&rp.request(), values), "prompt", prompt);
            assert_eq!(told(&Browser::new().get(url).await).0, unmet, "{values:?}");
        }
    }
    // At home nothing is enrolled with a password alone. The application hears what it asked about.
    let browser = Browser::new();
    let url = idp.from_home(essential(&rp.request(), &["eidas2"]).as_str());
    let page = idp.log_in(&browser, url, "100001", PASSWORD).await;
    assert_eq!(told(&page).0, unmet);
    // Where a page could help, `prompt=none` says so, and no more.
    let browser = Browser::new();
    sign_in(&idp.issuer, &browser, "100001").await;
    let url = with(&essential(&rp.request(), &["eidas2"]), "prompt", "none");
    assert_eq!(told(&browser.get(url).await).0, "interaction_required", "OA-36");
}

async fn at_the_office_an_essential_level_leads_to_an_enrolment(database: Database) {
    let idp = TestIdp::start(&database).await;
    idp.hire("100001").await;
    let rp = rp(&idp, &idp.register("portal", |_| {}).await).await;
    let page = idp.log_in(&Browser::new(), essential(&rp.request(), &["eidas2"]), "100001", PASSWORD).await;
    assert_eq!((page.status, page.url.path()), (200, "/login/enrol"), "PC-17");
    assert_eq!(page.reason().as_deref(), Some("factor.enrolment_needed"));
    assert!(!page.body.contains("enrol-later"), "a level is not postponed");
}

async fn a_wish_is_asked_for_once_and_can_be_declined(database: Database) {
    let idp = TestIdp::start(&database).await;
    idp.hire("100001").await;
    let rp = rp(&idp, &idp.register("portal", |_| {}).await).await;
    let wish = |request: &Request| with(&request.url, "acr_values", "eidas2 gold");
    let browser = Browser::new();
    let request = rp.request();
    let page = idp.log_in(&browser, wish(&request), "100001", PASSWORD).await;
    let tokens = redeem(&rp, request, &page).await.expect("who has no factor is asked for none");
    assert_eq!(level(&rp, &tokens).await.0, json!("eidas1"));

    let phone = idp.enrol_totp("100001").await;
    let request = rp.request();
    let page = open(&browser, wish(&request)).await;
    assert_asks_for_a_factor(&page);
    assert!(page.says("Continuer sans cette confirmation"));
    let skip = page.form("/login/factor").forge("act", "skip");
    let page = browser.follow(browser.submit(&skip).await).await;
    let tokens = redeem(&rp, request, &page).await.expect("the login goes on");
    assert_eq!(level(&rp, &tokens).await.0, json!("eidas1"), "and tells the truth");

    let request = rp.request();
    let page = browser.get(with(&wish(&request), "prompt", "none")).await;
    assert_eq!(level(&rp, &redeem(&rp, request, &page).await.expect("tokens")).await.0, json!("eidas1"));
    let request = rp.request();
    let page = open(&browser, wish(&request)).await;
    let page = idp.give_totp(&browser, &page, &phone).await;
    assert_eq!(level(&rp, &redeem(&rp, request, &page).await.expect("tokens")).await.0, json!("eidas2"));
}

/// RFC 9470, as docs/guides/applications.md shows it: the resource wants `eidas2` and a login of the last five minutes.
async fn a_resource_that_wants_more_gets_it_by_a_step_up(database: Database) {
    let idp = TestIdp::start(&database).await;
    idp.hire("100001").await;
    let phone = idp.enrol_totp("100001").await;
    let rp = rp(&idp, &idp.register("portal", |_| {}).await).await;
    let browser = Browser::new();
    let is_enough = |claims: &serde_json::Map<String, Value>| {
        let recent = claims["auth_time"].as_i64().is_some_and(|at| idp.clock.now().seconds() - at <= 300);
        recent && matches!(claims["acr"].as_str(), Some("eidas2" | "eidas3"))
    };
    let weak = tokens_at_the_office(&idp, &rp, &browser, "100001").await;
    assert!(!is_enough(&weak.access_claims), "401 insufficient_user_authentication");
    idp.advance(10 * MINUTE);

    let request = rp.request();
    let url = with(&with(&request.url, "acr_values", "eidas2"), "max_age", "300");
    let page = idp.log_in(&browser, url, "100001", PASSWORD).await;
    assert_asks_for_a_factor(&page);
    let page = idp.give_totp(&browser, &page, &phone).await;
    let strong = redeem(&rp, request, &page).await.expect("tokens");
    assert!(is_enough(&strong.access_claims), "{:?}", strong.access_claims);
    idp.advance(5 * MINUTE + Duration::from_secs(1));
    assert!(!is_enough(&strong.access_claims), "and not for ever");
}

/// OA-37.
async fn a_login_that_is_asked_for_anew_asks_for_the_factor_anew(database: Database) {
    let idp = TestIdp::start(&database).await;
    idp.hire("100001").await;
    let phone = idp.enrol_totp("100001").await;
    let rp = rp(&idp, &coffre(&idp).await).await;
    let browser = Browser::new();
    sign_in_with_totp(&idp, &idp.issuer, &browser, "100001", &phone).await;
    for (name, value) in [("prompt", "login"), ("max_age", "60")] {
        idp.advance(2 * MINUTE);
        let now = json!(idp.clock.now().seconds());
        let request = rp.request();
        let page = idp.log_in(&browser, with(&request.url, name, value), "100001", PASSWORD).await;
        assert_asks_for_a_factor(&page);
        let page = idp.give_totp(&browser, &page, &phone).await;
        let tokens = redeem(&rp, request, &page).await.expect("tokens");
        assert_eq!(level(&rp, &tokens).await, (json!("eidas2"), json!(["pwd", "otp", "mfa"]), now), "{name}");
    }
}

async fn administrators_and_managers_give_a_factor_at_the_office(database: Database) {
    let idp = TestIdp::start(&database).await;
    for soi in ["100001", "100002", "100003"] {
        idp.hire(soi).await;
    }
    let reports = AgentDraft { manager: Some("100002".into()), ..AgentDraft::default() };
    idp.hire_as("100004", reports).await;
    idp.directory.grant_role(&TestIdp::mandate(), "100003", Role::Helpdesk).await.expect("a role");
    let rp = rp(&idp, &idp.register("portal", |_| {}).await).await;

    tokens_at_the_office(&idp, &rp, &Browser::new(), "100001").await;
    for soi in ["100002", "100003"] {
        let page = idp.log_in(&Browser::new(), rp.request().url, soi, PASSWORD).await;
        assert_eq!((page.status, page.url.path()), (200, "/login/enrol"), "{soi} has none: {}", page.body);
        let phone = idp.enrol_totp(soi).await;
        let request = rp.request();
        let page = idp.log_in(&Browser::new(), &request.url, soi, PASSWORD).await;
        assert_asks_for_a_factor(&page);
        let page = idp.give_totp(&Browser::new(), &page, &phone).await;
        assert_eq!(page.status, 400, "the form of another browser");
        let request = rp.request();
        let page = idp.log_in_with_totp(&Browser::new(), &request.url, soi, PASSWORD, &phone).await;
        let tokens = redeem(&rp, request, &page).await.expect("tokens");
        assert_eq!(level(&rp, &tokens).await.0, json!("eidas2"));
    }
}

async fn an_enrolment_is_postponed_inside_up_to_its_day(database: Database) {
    let paris = TimeZone::get("Europe/Paris").expect("the City's time zone");
    let today = Clock::system().now().date_in(&paris);
    let everywhere = format!(
        "[factors]\neverywhere = true\npostpone_until = \"{}\"\n[access]\npreview_nomades = true\n",
        today.tomorrow().expect("a day")
    );
    let idp = TestIdp::start_with(&database, &everywhere).await;
    idp.hire("100002").await;
    idp.hire_as("100001", AgentDraft { manager: Some("100002".into()), ..AgentDraft::default() }).await;
    idp.activate("100001", PASSWORD).await;
    let rp = rp(&idp, &idp.register("portal", |_| {}).await).await;
    let later = async |browser: &Browser, page: &Page| {
        browser.follow(browser.submit(&page.form("/login/enrol").forge("act", "later")).await).await
    };

    let browser = Browser::new();
    let request = rp.request();
    let page = idp.log_in(&browser, &request.url, "100001", PASSWORD).await;
    assert_eq!((page.status, page.url.path()), (200, "/login/enrol"), "{}", page.body);
    assert!(page.body.contains("enrol-later"), "{}", page.body);
    let page = later(&browser, &page).await;
    let tokens = redeem(&rp, request, &page).await.expect("later is heard");
    assert_eq!(level(&rp, &tokens).await.0, json!("eidas1"));
    let request = rp.request();
    let page = browser.get(&request.url).await;
    redeem(&rp, request, &page).await.expect("and remembered for this session");

    let page = idp.log_in(&Browser::new(), idp.from_home(rp.request().url.as_str()), "100001", PASSWORD).await;
    assert_eq!(page.reason().as_deref(), Some("factor.enrolment_unsafe"), "outside nothing is postponed");

    idp.advance(2 * 24 * 60 * MINUTE);
    let browser = Browser::new();
    let page = idp.log_in(&browser, rp.request().url, "100001", PASSWORD).await;
    assert_eq!(page.url.path(), "/login/enrol");
    assert!(!page.body.contains("enrol-later"), "the day is over");
    let page = later(&browser, &page).await;
    assert_eq!(page.url.path(), "/login/enrol", "and a forged word is not heard");
}

async fn a_level_that_nothing_reaches_is_refused_and_does_not_go_round_in_circles(database: Database) {
    let idp = TestIdp::start(&database).await;
    idp.hire("100001").await;
    let phone = idp.enrol_totp("100001").await;
    let app = idp.register("coffre", |draft| draft.min_acr = Some(Some(Acr::Eidas3))).await;
    let rp = rp(&idp, &app).await;
    let browser = Browser::new();
    sign_in_with_totp(&idp, &idp.issuer, &browser, "100001", &phone).await;
    let page = open(&browser, rp.request().url).await;
    assert_eq!((page.status, page.reason().as_deref()), (403, Some("app.acr_too_low")));
    let back = Url::parse(&page.link("back-to-application").expect("a way back")).expect("an address");
    let back = (query(&back, "error"), query(&back, "error_description"));
    assert_eq!(back, ("access_denied".to_owned(), "app.acr_too_low".to_owned()));
}
