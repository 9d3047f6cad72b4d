//! The decision as agents and applications meet it: each refusal explained, each one findable by its reference, and the
//! audit row enough to decide the same case again.

use std::time::Duration;

use harness::browser::{Browser, Page};
use harness::engine::Database;
use harness::factors::Authenticator;
use harness::for_each_engine;
use harness::idp::{CALLBACK, PASSWORD, TestApp, TestIdp};
use jiff::tz::TimeZone;
use octroi_idp::directory::{AgentDraft, ApplicationDraft};
use octroi_idp::domain::access::{CASE_VERSION, Case, Decision, decide};
use octroi_idp::domain::acr::Acr;
use octroi_idp::domain::audit::EventFilter;
use octroi_idp::domain::factor::SecondFactor;
use octroi_idp::domain::zone::NetworkZone;
use serde_json::json;

use crate::code::query;
use crate::{redeem, rp, sign_in, tokens_at_the_office, with};

for_each_engine!(
    from_home_without_a_profile_the_refusal_is_explained,
    the_way_back_is_a_form_where_the_application_wants_one,
    the_preview_opens_home_for_the_demonstration,
    each_rule_about_the_application_has_its_own_page,
    an_application_hears_only_what_is_its_to_know,
    without_a_page_the_application_hears_the_same,
    who_is_suspended_is_out_at_once,
    an_employment_that_ends_at_midnight_ends_in_the_session,
    the_audit_row_decides_the_same_case_again,
    a_lowered_zone_is_decided_again_at_the_token_endpoint,
);

/// Opens the application and follows until Octroi has nothing more to ask.
async fn open(idp: &TestIdp, app: &TestApp, browser: &Browser, at_home: bool) -> Page {
    let url = rp(idp, app).await.request().url;
    let url = if at_home { idp.from_home(url.as_str()) } else { url.to_string() };
    let page = browser.follow(browser.get(url).await).await;
    match page.find_form("/login") {
        Some(form) => {
            browser.follow(browser.submit(&form.fill("soi", "100001").fill("password", PASSWORD)).await).await
        }
        None => page,
    }
}

/// Opens the application from home and gives the second factor that is asked for.
async fn open_from_home(idp: &TestIdp, app: &TestApp, browser: &Browser, phone: &Authenticator) -> Page {
    let page = open(idp, app, browser, true).await;
    if page.url.path() == "/login/factor" { idp.give_totp(browser, &page, phone).await } else { page }
}

/// What "back to the application" would tell it.
fn told(page: &Page) -> (String, String) {
    let href = page.link("back-to-application").unwrap_or_else(|| panic!("no way back: {}", page.body));
    let url = url::Url::parse(&href).expect("an address");
    assert!(href.starts_with(CALLBACK) && !query(&url, "state").is_empty() && !query(&url, "iss").is_empty(), "{href}");
    (query(&url, "error"), query(&url, "error_description"))
}

async fn from_home_without_a_profile_the_refusal_is_explained(database: Database) {
    let idp = TestIdp::start(&database).await;
    idp.hire("100001").await;
    let app = idp.register("portal", |_| {}).await;

    let page = open(&idp, &app, &Browser::new(), true).await;

    assert_eq!((page.status, page.reason().as_deref()), (403, Some("nomades.no_profile")));
    assert!(page.says("Votre mot de passe est bon") && page.says("01 00 00 00 00"), "what is right, and whom to call");
    assert_eq!(told(&page), ("access_denied".to_owned(), "access.refused".to_owned()));
    let reference = page.reference().expect("a reference");
    let by_reference = EventFilter { reference: Some(reference), limit: 10, ..EventFilter::default() };
    let found = idp.directory.search_audit(&TestIdp::mandate(), &by_reference).await.expect("audit search").events;
    assert_eq!(found.len(), 1);
    let event = &found[0];
    assert_eq!((event.act.as_str(), event.outcome.as_str()), ("access.decided", "refused"));
    assert_eq!((event.reason.as_deref(), event.subject.as_deref()), (Some("nomades.no_profile"), Some("100001")));
    assert_eq!((event.client_id.as_deref(), event.zone.as_deref()), (Some("portal"), Some("nomades")));
}

async fn the_preview_opens_home_for_the_demonstration(database: Database) {
    let idp = TestIdp::start_with(&database, "[access]\npreview_nomades = true\n").await;
    idp.hire("100001").await;
    let phone = idp.enrol_totp("100001").await;
    let app = idp.register("portal", |_| {}).await;
    let page = open(&idp, &app, &Browser::new(), true).await;
    assert_eq!(page.url.path(), "/login/factor", "a second factor is really wanted");
    let page = open_from_home(&idp, &app, &Browser::new(), &phone).await;
    assert!(page.location().is_some_and(|l| !query(&l, "code").is_empty()), "{}", page.body);
    let office_only = idp.register("gis", |draft| draft.zones = Some(vec![NetworkZone::Internal])).await;
    assert_eq!(open(&idp, &office_only, &Browser::new(), true).await.reason().as_deref(), Some("app.internal_only"));
}

type Change = fn(&mut ApplicationDraft);

async fn each_rule_about_the_application_has_its_own_page(database: Database) {
    let idp = TestIdp::start(&database).await;
    idp.hire_as("100001", AgentDraft { department: Some("40".into()), ..AgentDraft::default() }).await;
    idp.activate("100001", PASSWORD).await;
    let table: [(&str, Change, bool, &str); 4] = [
        ("gis", |d| d.zones = Some(vec![NetworkZone::Internal]), true, "app.internal_only"),
        ("paie", |d| d.departments = Some(vec!["41".into(), "42".into()]), false, "app.department"),
        ("vieux", |d| d.disabled = Some(true), false, "app.disabled"),
        // No maker of keys is listed: nothing that could be enrolled reaches it.
        ("coffre", |d| d.min_acr = Some(Some(Acr::Eidas3)), false, "app.acr_too_low"),
    ];
    let browser = Browser::new();
    sign_in(&idp.issuer, &browser, "100001").await;
    for (client_id, change, at_home, reason) in table {
        let app = idp.register(client_id, change).await;
        let page = open(&idp, &app, &browser, at_home).await;
        assert_eq!((page.status, page.reason().as_deref()), (403, Some(reason)), "{client_id}");
        assert_eq!(told(&page), ("access_denied".to_owned(), reason.to_owned()), "{client_id}");
        assert!(page.reference().is_some() && page.says(&format!("Application {client_id}")), "{client_id}");
        if reason == "app.department" {
            assert!(page.says("41") && page.says("42"), "which departments may");
        }
    }
    let own = idp.register("own", |d| d.departments = Some(vec!["40".into()])).await;
    assert_eq!(open(&idp, &own, &browser, false).await.status, 303, "the agent's own department");
}

async fn an_application_hears_only_what_is_its_to_know(database: Database) {
    let idp = TestIdp::start(&database).await;
    idp.hire("100001").await;
    let app = idp.register("portal", |_| {}).await;
    idp.directory.suspend_agent(&TestIdp::mandate(), "100001").await.expect("suspended");
    let page = open(&idp, &app, &Browser::new(), false).await;
    assert_eq!((page.status, page.reason().as_deref()), (403, Some("account.suspended")));
    assert_eq!(told(&page), ("access_denied".to_owned(), "access.refused".to_owned()), "HR's state is not theirs");
    assert!(!page.link("back-to-application").unwrap().contains("suspended"));
}

async fn without_a_page_the_application_hears_the_same(database: Database) {
    let idp = TestIdp::start(&database).await;
    idp.hire("100001").await;
    let browser = Browser::new();
    sign_in(&idp.issuer, &browser, "100001").await;
    let strong = idp.register("coffre", |d| d.min_acr = Some(Some(Acr::Eidas2))).await;
    let portal = idp.register("portal", |_| {}).await;
    let gis = idp.register("gis", |d| d.zones = Some(vec![NetworkZone::Internal])).await;
    for (app, at_home, error, description) in [
        (&portal, true, "access_denied", "access.refused"),
        (&gis, true, "access_denied", "app.internal_only"),
        // Something can be done about it, though not without a page (OA-36).
        (&strong, false, "interaction_required", "app.acr_too_low"),
    ] {
        let url = with(&rp(&idp, app).await.request().url, "prompt", "none");
        let url = if at_home { idp.from_home(url.as_str()) } else { url.to_string() };
        let location = browser.get(url).await.location().expect("an answer");
        assert_eq!(
            (query(&location, "error"), query(&location, "error_description")),
            (error.into(), description.into())
        );
    }
}

async fn who_is_suspended_is_out_at_once(database: Database) {
    let idp = TestIdp::start(&database).await;
    idp.hire("100001").await;
    let app = idp.register("portal", |_| {}).await;
    let rp = rp(&idp, &app).await;
    let browser = Browser::new();
    let tokens = tokens_at_the_office(&idp, &rp, &browser, "100001").await;
    let request = rp.request();
    let code = browser.get(&request.url).await;

    idp.directory.suspend_agent(&TestIdp::mandate(), "100001").await.expect("suspended");

    assert!(!crate::is_signed_in(&idp.issuer, &browser).await, "the session ended");
    assert_eq!(rp.userinfo(&tokens.access_token, &format!("{}/oauth2/userinfo", idp.issuer)).await.0, 401);
    assert!(redeem(&rp, request, &code).await.is_err(), "a code on its way is worthless");
    let page = open(&idp, &app, &browser, false).await;
    assert_eq!((page.status, page.reason().as_deref()), (403, Some("account.suspended")));

    idp.directory.reinstate_agent(&TestIdp::mandate(), "100001").await.expect("a mistake undone");
    assert!(!crate::is_signed_in(&idp.issuer, &browser).await, "what ended stays ended");
    assert_eq!(open(&idp, &app, &browser, false).await.status, 303);
}

async fn an_employment_that_ends_at_midnight_ends_in_the_session(database: Database) {
    let idp = TestIdp::start(&database).await;
    let paris = TimeZone::get("Europe/Paris").expect("the City's time zone");
    let (quarter, half) = (Duration::from_secs(900), Duration::from_secs(1800));
    while idp.clock.now().date_in(&paris) == idp.clock.now().plus(half).date_in(&paris) {
        idp.advance(quarter);
    }
    let today = idp.clock.now().date_in(&paris).to_string();
    idp.hire_as("100001", AgentDraft { end_date: Some(today), ..AgentDraft::default() }).await;
    idp.activate("100001", PASSWORD).await;
    let app = idp.register("portal", |_| {}).await;
    let browser = Browser::new();
    assert_eq!(open(&idp, &app, &browser, false).await.status, 303, "the last day is a day of work");
    idp.advance(half);
    let page = open(&idp, &app, &browser, false).await;
    assert_eq!((page.status, page.reason().as_deref()), (403, Some("account.ended")));
}

async fn the_audit_row_decides_the_same_case_again(database: Database) {
    let idp = TestIdp::start(&database).await;
    idp.hire("100001").await;
    let portal = idp.register("portal", |_| {}).await;
    let strong = idp.register("coffre", |d| d.min_acr = Some(Some(Acr::Eidas2))).await;
    let browser = Browser::new();
    open(&idp, &portal, &browser, false).await;
    open(&idp, &strong, &browser, false).await;
    open(&idp, &portal, &browser, true).await;

    let decided = idp.events(EventFilter { act: Some("access.decided".into()), ..EventFilter::default() }).await;
    assert_eq!(decided.len(), 3);
    for event in &decided {
        let case: Case = serde_json::from_value(event.detail["case"].clone()).expect("a case of this version");
        let decision: Decision = serde_json::from_value(event.detail["decision"].clone()).expect("a decision");
        assert_eq!(event.detail["case"]["version"], json!(CASE_VERSION));
        assert_eq!(decide(&case), decision, "the same inputs, the same verdict");
        assert_eq!(decision.reason().map(|r| r.code().to_owned()), event.reason);
        assert_eq!(case.now.at, event.at);
        // What if the agent had a profile, the charter and a second factor?
        let mut other = case.clone();
        other.preview_nomades = true;
        other.authentication.acr = Acr::Eidas2;
        other.authentication.second = Some(SecondFactor::Totp);
        assert_eq!(decide(&other), Decision::Allow, "a replay against other facts");
    }
}

async fn a_lowered_zone_is_decided_again_at_the_token_endpoint(database: Database) {
    let idp = TestIdp::start(&database).await;
    idp.hire("100001").await;
    let app = idp.register("kiosk", |draft| draft.public = Some(true)).await;
    let rp = rp(&idp, &app).await;
    let request = rp.request();
    let page = idp.log_in(&Browser::new(), &request.url, "100001", PASSWORD).await;
    let code = query(&page.location().unwrap(), "code");
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", CALLBACK),
        ("client_id", "kiosk"),
        ("code_verifier", request.verifier.secret().as_str()),
    ];
    let answer = Browser::new().post_fields(format!("{}/oauth2/token", idp.gateway), &fields).await;
    assert_eq!((answer.status, &answer.json()["error"]), (400, &json!("invalid_grant")), "PRODUCT §2.2");
    assert_eq!(answer.json()["error_description"], "zone.lowered");
    let at_home = EventFilter { reason: Some("nomades.no_profile".into()), ..EventFilter::default() };
    assert_eq!(idp.events(at_home).await.len(), 1, "the second decision is in the audit");
}

async fn the_way_back_is_a_form_where_the_application_wants_one(database: Database) {
    let idp = TestIdp::start(&database).await;
    idp.hire("100001").await;
    let app = idp.register("portal", |_| {}).await;
    let url = with(&rp(&idp, &app).await.request().url, "response_mode", "form_post");
    let browser = Browser::new();
    let page = browser.follow(browser.get(idp.from_home(url.as_str())).await).await;
    let form = page.form("/login").fill("soi", "100001").fill("password", PASSWORD);
    let page = browser.follow(browser.submit(&form).await).await;

    assert_eq!((page.status, page.reason().as_deref()), (403, Some("nomades.no_profile")));
    let back = page.form(CALLBACK);
    let field = |name: &str| back.fields.get(name).map(String::as_str);
    assert_eq!((field("error"), field("error_description")), (Some("access_denied"), Some("access.refused")));
    assert_eq!((field("state"), field("iss")), (Some(query(&url, "state").as_str()), Some(idp.issuer.as_str())));
    let policy = page.header("content-security-policy").expect("a policy");
    assert!(policy.contains("form-action 'self' https://app.ville.example;"), "{policy}");
}
