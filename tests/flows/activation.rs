//! Activation: the one-time code from the letter and the first password, which the agent alone chooses.

use std::time::Duration;

use harness::browser::{Browser, Page};
use harness::engine::Database;
use harness::for_each_engine;
use harness::idp::{PASSWORD, TestIdp};
use octroi_idp::directory::AgentDraft;
use octroi_idp::domain::audit::EventFilter;

use crate::{redeem, rp};

for_each_engine!(
    a_new_agent_activates_in_the_middle_of_a_login_and_reaches_the_application,
    every_code_that_does_not_work_reads_the_same,
    a_password_that_breaks_a_rule_does_not_spend_the_code,
    of_twenty_who_send_one_code_one_sets_the_password,
    codes_cannot_be_guessed_in_a_row,
    a_new_code_replaces_a_forgotten_password_and_ends_its_sessions,
    who_starts_next_week_activates_today_and_enters_then,
    a_form_of_another_site_activates_nobody,
);

const OTHER: &str = "Platane-Passerelle-1742";

async fn new_agent(idp: &TestIdp, soi: &str) -> String {
    idp.hire_as(soi, AgentDraft::default()).await;
    idp.activation_code(soi).await
}

async fn activate(idp: &TestIdp, browser: &Browser, soi: &str, code: &str, new: &str, again: &str) -> Page {
    let page = browser.get(format!("{}/activate", idp.issuer)).await;
    let form = page.form("/activate").fill("soi", soi).fill("code", code);
    browser.submit(&form.fill("new_password", new).fill("new_password_again", again)).await
}

async fn log_in(idp: &TestIdp, soi: &str, password: &str) -> Page {
    let browser = Browser::new();
    let page = browser.get(format!("{}/login", idp.issuer)).await;
    browser.submit(&page.form("/login").fill("soi", soi).fill("password", password)).await
}

/// The page without what differs by nature.
fn comparable(page: &Page, soi: &str) -> (u16, String) {
    let csrf = page.form("/activate").fields["csrf"].clone();
    (page.status, page.body.replace(soi, "SOI").replace(&csrf, "CSRF"))
}

async fn a_new_agent_activates_in_the_middle_of_a_login_and_reaches_the_application(database: Database) {
    let idp = TestIdp::start(&database).await;
    let code = new_agent(&idp, "100007").await;
    let app = idp.register("portal", |_| {}).await;
    let rp = rp(&idp, &app).await;
    let browser = Browser::new();
    let request = rp.request();

    let page = browser.follow(browser.get(&request.url).await).await;
    let link = page.link("href=\"/activate").expect("first time here?");
    let page = browser.get(page.url.join(&link).unwrap()).await;
    assert_eq!(page.form("/activate").fields["new_password"], "");
    // As people type: small letters, no dashes, spaces around the SOI.
    let typed = code.to_lowercase().replace('-', " ");
    let form = page.form("/activate").fill("soi", " 100007 ").fill("code", &typed);
    let page = browser.submit(&form.fill("new_password", PASSWORD).fill("new_password_again", PASSWORD)).await;
    let page = browser.follow(page).await;
    assert!(page.says("Votre compte est activé"), "{}", page.body);
    let form = page.form("/login").fill("soi", "100007").fill("password", PASSWORD);
    let page = browser.follow(browser.submit(&form).await).await;

    redeem(&rp, request, &page).await.expect("the request was carried through");
    let acts = idp.acts().await;
    for act in ["agent.activation_code_issued", "agent.activated", "login.succeeded"] {
        assert!(acts.iter().any(|a| a == act), "{act}");
    }
    let all = serde_json::to_string(&idp.events(EventFilter::default()).await).unwrap();
    assert!(!all.contains(&code) && !all.contains(PASSWORD), "GDPR-01");
}

async fn every_code_that_does_not_work_reads_the_same(database: Database) {
    let idp = TestIdp::start(&database).await;
    let wrong = "2222-2222-2222";
    new_agent(&idp, "100001").await;
    let replaced = new_agent(&idp, "100002").await;
    idp.activation_code("100002").await;
    let spent = new_agent(&idp, "100003").await;
    assert_eq!(activate(&idp, &Browser::new(), "100003", &spent, PASSWORD, PASSWORD).await.status, 303);
    let left = new_agent(&idp, "100004").await;
    idp.directory.leave_agent(&TestIdp::mandate(), "100004").await.expect("left");
    let suspended = new_agent(&idp, "100005").await;
    idp.directory.suspend_agent(&TestIdp::mandate(), "100005").await.expect("suspended");
    let expired = new_agent(&idp, "100006").await;
    idp.advance(Duration::from_secs(21 * 24 * 3600));
    let own = new_agent(&idp, "100008").await;
    new_agent(&idp, "100009").await;

    let mut answers = Vec::new();
    for (soi, code) in [
        ("100001", wrong),
        ("999999", wrong),
        ("100001", ""),
        ("100002", &replaced),
        ("100003", &spent),
        ("100004", &left),
        ("100005", &suspended),
        ("100006", &expired),
        ("100009", &own),
    ] {
        let page = activate(&idp, &Browser::new(), soi, code, OTHER, OTHER).await;
        assert_eq!((page.status, page.reason().as_deref()), (401, Some("activation.invalid")), "{soi} {code}");
        answers.push(comparable(&page, soi));
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "a stranger can tell them apart");
    assert_eq!(log_in(&idp, "100003", PASSWORD).await.status, 303, "the first use stands");
    let page = activate(&idp, &Browser::new(), "not a soi", wrong, OTHER, OTHER).await;
    assert_eq!((page.status, page.reason().as_deref()), (401, Some("activation.invalid")));
    let refused = idp.events(EventFilter { act: Some("activation.refused".into()), ..EventFilter::default() }).await;
    assert!(!serde_json::to_string(&refused).unwrap().contains("999999"), "GDPR-02");
}

async fn a_password_that_breaks_a_rule_does_not_spend_the_code(database: Database) {
    let idp = TestIdp::start(&database).await;
    let code = new_agent(&idp, "100007").await;
    let browser = Browser::new();
    for (new, again) in [
        ("court", "court"),
        ("", ""),
        (PASSWORD, OTHER),
        ("ouvre-toi octroi svp", "ouvre-toi octroi svp"),
        ("aaaaaaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaaaaaa"),
        ("mon numero est 100007", "mon numero est 100007"),
        ("bonjour camille bonjour", "bonjour camille bonjour"),
        (&"é".repeat(257), &"é".repeat(257)),
    ] {
        let page = activate(&idp, &browser, "100007", &code, new, again).await;
        assert_eq!(page.status, 422, "{new}: {}", page.body);
        let form = page.form("/activate");
        assert_eq!((form.fields["code"].as_str(), form.fields["new_password"].as_str()), (code.as_str(), ""), "{new}");
    }
    // A stranger without the code learns nothing about names.
    let page =
        activate(&idp, &browser, "100007", "2222-2222-2222", "bonjour camille bonjour", "bonjour camille bonjour")
            .await;
    assert_eq!(page.status, 401);
    assert_eq!(activate(&idp, &browser, "100007", &code, PASSWORD, PASSWORD).await.status, 303);
    assert_eq!(log_in(&idp, "100007", PASSWORD).await.status, 303);
}

async fn of_twenty_who_send_one_code_one_sets_the_password(database: Database) {
    let idp = TestIdp::start(&database).await;
    let code = new_agent(&idp, "100007").await;
    let browser = Browser::new();
    let form = browser.get(format!("{}/activate", idp.issuer)).await.form("/activate");
    let form = form.fill("soi", "100007").fill("code", &code);
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..20 {
        let password = format!("Platane-Passerelle-{n:04}");
        let form = form.clone().fill("new_password", &password).fill("new_password_again", &password);
        let browser = browser.clone();
        tasks.spawn(async move { (browser.submit(&form).await.status, password) });
    }
    let answers = tasks.join_all().await;
    let winners: Vec<_> = answers.iter().filter(|(status, _)| *status == 303).collect();
    assert_eq!(winners.len(), 1, "{answers:?}");
    assert!(answers.iter().all(|(status, _)| [303, 401, 429].contains(status)), "{answers:?}");
    let activated = idp.events(EventFilter { act: Some("agent.activated".into()), ..EventFilter::default() }).await;
    assert_eq!(activated.len(), 1);
    assert_eq!(log_in(&idp, "100007", &winners[0].1).await.status, 303, "the winner's password is the one that counts");
}

async fn codes_cannot_be_guessed_in_a_row(database: Database) {
    let idp = TestIdp::start(&database).await;
    let code = new_agent(&idp, "100007").await;
    let browser = Browser::new();
    for (soi, right) in [("100007", code.as_str()), ("999999", "3333-3333-3333")] {
        for _ in 0..4 {
            assert_eq!(activate(&idp, &browser, soi, "2222-2222-2222", PASSWORD, PASSWORD).await.status, 401);
        }
        let page = activate(&idp, &browser, soi, right, PASSWORD, PASSWORD).await;
        assert_eq!((page.status, page.reason().as_deref()), (429, Some("account.throttled")), "{soi}");
        assert_eq!(page.header("retry-after"), Some("15"));
    }
    idp.advance(Duration::from_secs(15));
    assert_eq!(activate(&idp, &browser, "100007", &code, PASSWORD, PASSWORD).await.status, 303);
}

async fn a_new_code_replaces_a_forgotten_password_and_ends_its_sessions(database: Database) {
    let idp = TestIdp::start(&database).await;
    idp.hire("100001").await;
    let browser = Browser::new();
    crate::sign_in(&idp.issuer, &browser, "100001").await;
    let code = idp.reset_code("100001").await;
    assert!(crate::is_signed_in(&idp.issuer, &browser).await, "a code alone changes nothing");

    assert_eq!(activate(&idp, &Browser::new(), "100001", &code, OTHER, OTHER).await.status, 303);

    assert!(!crate::is_signed_in(&idp.issuer, &browser).await);
    assert_eq!(log_in(&idp, "100001", PASSWORD).await.status, 401);
    assert_eq!(log_in(&idp, "100001", OTHER).await.status, 303);
}

async fn who_starts_next_week_activates_today_and_enters_then(database: Database) {
    let idp = TestIdp::start(&database).await;
    let week = Duration::from_secs(7 * 24 * 3600);
    let start = idp.clock.now().plus(week).date_in(&jiff::tz::TimeZone::get("Europe/Paris").unwrap()).to_string();
    idp.hire_as("100007", AgentDraft { start_date: Some(start), ..AgentDraft::default() }).await;
    let code = idp.activation_code("100007").await;
    assert_eq!(activate(&idp, &Browser::new(), "100007", &code, PASSWORD, PASSWORD).await.status, 303);
    let page = log_in(&idp, "100007", PASSWORD).await;
    assert_eq!((page.status, page.reason().as_deref()), (403, Some("account.not_started")));
    idp.advance(week);
    assert_eq!(log_in(&idp, "100007", PASSWORD).await.status, 303);
}

async fn a_form_of_another_site_activates_nobody(database: Database) {
    let idp = TestIdp::start(&database).await;
    let code = new_agent(&idp, "100007").await;
    let browser = Browser::new();
    let form = browser.get(format!("{}/activate", idp.issuer)).await.form("/activate");
    let form = form.fill("soi", "100007").fill("code", &code).fill("new_password", PASSWORD);
    let form = form.fill("new_password_again", PASSWORD);
    let fields: Vec<(&str, &str)> = form.fields.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    let without: Vec<(&str, &str)> = fields.iter().filter(|(k, _)| *k != "csrf").copied().collect();
    assert_eq!(browser.post_fields(&form.action, &without).await.status, 400);
    assert_eq!(Browser::new().post_fields(&form.action, &fields).await.status, 400);
    let evil = browser.clone().with_header("origin", "https://evil.example");
    assert_eq!(evil.post_fields(&form.action, &fields).await.status, 400);
    assert_eq!(browser.post_fields(&form.action, &fields).await.status, 303);
}
