//! The password policy where agents meet it: per population, catching up with passwords in use, told ahead of their end; and
//! what people type to get around it.

use std::time::Duration;

use harness::browser::{Browser, Page};
use harness::engine::Database;
use harness::for_each_engine;
use harness::idp::{PASSWORD, TestIdp};
use octroi_idp::directory::{AgentDraft, ExpiryScope};
use octroi_idp::domain::role::Role;

use crate::{redeem, rp, sign_in};

for_each_engine!(
    a_policy_that_changed_is_explained_at_the_login_and_the_application_opens,
    who_becomes_an_administrator_has_the_rules_of_administrators,
    an_activation_shows_everybody_the_same_rules_until_the_code_is_right,
    an_end_is_told_once_after_the_login_and_the_application_opens,
    a_notice_with_nothing_to_tell_goes_on,
    each_agent_is_told_by_mail_once_a_step_however_many_nodes_there_are,
    nobody_is_told_who_does_not_work_or_has_no_mail,
    what_people_type_as_a_password_is_taken_or_refused_as_it_is,
);

const DAY: Duration = Duration::from_hours(24);
const CITY: &str = "[password]\npepper = { file = \"pepper.key\" }\nthreads = 1\npreset = \"city\"\n";
const LONG: &str = "un platane et quatre passerelles de fer";

fn settings(keys: &str) -> String {
    format!("[password]\npepper = {{ file = \"pepper.key\" }}\nthreads = 1\n{keys}")
}

fn choose(form: &harness::browser::Form, new: &str) -> harness::browser::Form {
    form.clone().fill("new_password", new).fill("new_password_again", new)
}

async fn log_in(idp: &TestIdp, browser: &Browser, soi: &str, password: &str) -> Page {
    let form = browser.get(format!("{}/login", idp.issuer)).await.form("/login");
    browser.submit(&form.fill("soi", soi).fill("password", password)).await
}

async fn a_policy_that_changed_is_explained_at_the_login_and_the_application_opens(database: Database) {
    let idp = TestIdp::start(&database).await;
    idp.hire("100001").await;
    let app = idp.register("webmail", |_| {}).await;
    let browser = Browser::new();
    sign_in(&idp.issuer, &browser, "100001").await;

    let idp = idp.restart_with(&database, &settings("min_length = 30\n")).await;
    let rp = rp(&idp, &app).await;
    assert_eq!(browser.get(format!("{}/", idp.issuer)).await.status, 200, "sessions that are open stay open");
    let wrong = log_in(&idp, &Browser::new(), "100001", "not the password").await;
    assert_eq!((wrong.status, wrong.reason().as_deref()), (401, Some("credentials.invalid")));
    let outside = Browser::new();
    let form = outside.get(format!("{}/login", idp.gateway)).await.form("/login");
    let page = outside.submit(&form.fill("soi", "100001").fill("password", PASSWORD)).await;
    assert_eq!((page.status, page.reason().as_deref()), (403, Some("password.expired")));

    let (browser, request) = (Browser::new(), rp.request());
    let page = idp.log_in(&browser, &request.url, "100001", PASSWORD).await;
    assert_eq!((page.status, page.reason().as_deref()), (200, Some("password.expired")));
    assert_eq!(page.heading().as_deref(), Some("Votre mot de passe ne suit plus les règles"));
    let body = page.body.replace('\u{a0}', " ");
    assert!(
        body.contains("il faut au moins 30 caractères") && body.contains("compte au moins 30 caractères"),
        "{body}"
    );
    let form = page.form("/login/password");
    let refused = browser.submit(&choose(&form, "Platane-Passerelle-1742")).await;
    assert_eq!(refused.status, 422);
    assert!(refused.heading().is_some_and(|heading| heading.contains("ne suit plus")), "and still says why");
    let page = browser.follow(browser.submit(&choose(&form, LONG)).await).await;
    redeem(&rp, request, &page).await.expect("straight on to the application");
    assert_eq!(log_in(&idp, &Browser::new(), "100001", LONG).await.status, 303);
}

async fn who_becomes_an_administrator_has_the_rules_of_administrators(database: Database) {
    let entry = "[[password.population]]\nname = \"administrators\"\nmin_length = 24\nmax_age = \"365d\"\n";
    let idp = TestIdp::start_with(&database, &settings(entry)).await;
    for soi in ["100001", "100002"] {
        idp.hire(soi).await;
    }
    let app = idp.register("webmail", |_| {}).await;
    let rp = rp(&idp, &app).await;
    let mandate = TestIdp::mandate();
    idp.directory.grant_role(&mandate, "100002", Role::Helpdesk).await.expect("granted");
    assert_eq!(log_in(&idp, &Browser::new(), "100001", PASSWORD).await.status, 303);
    let browser = Browser::new();
    let page = log_in(&idp, &browser, "100002", PASSWORD).await;
    assert!(page.body.replace('\u{a0}', " ").contains("compte au moins 24 caractères"), "{}", page.body);
    assert_eq!(browser.submit(&choose(&page.form("/login/password"), LONG)).await.status, 303);

    // A year later it is too old for an administrator, and for nobody else.
    let request = rp.request();
    idp.advance(366 * DAY);
    let page = idp.log_in(&Browser::new(), &request.url, "100001", PASSWORD).await;
    redeem(&rp, request, &page).await.expect("an agent's password does not age");
    let page = log_in(&idp, &Browser::new(), "100002", LONG).await;
    assert_eq!((page.status, page.reason().as_deref()), (200, Some("password.expired")));
    // Whoever is no administrator any more is an agent again.
    idp.directory.revoke_role(&mandate, "100002", Role::Helpdesk).await.expect("revoked");
    assert_eq!(log_in(&idp, &Browser::new(), "100002", LONG).await.status, 303);
}

async fn an_activation_shows_everybody_the_same_rules_until_the_code_is_right(database: Database) {
    let entry = "[[password.population]]\nname = \"administrators\"\nmin_length = 24\nform = \"classes\"\n";
    let idp = TestIdp::start_with(&database, &settings(entry)).await;
    for soi in ["100001", "100009"] {
        idp.hire_as(soi, AgentDraft::default()).await;
    }
    idp.directory.grant_role(&TestIdp::mandate(), "100009", Role::Dsin).await.expect("granted");
    let code = idp.activation_code("100009").await;
    let browser = Browser::new();
    let attempt = async |soi: &str, code: &str, new: &str| {
        let form = browser.get(format!("{}/activate", idp.issuer)).await.form("/activate");
        browser.submit(&choose(&form.fill("soi", soi).fill("code", code), new)).await
    };
    let same = |page: &Page, soi: &str| (page.status, page.body.replace(soi, "SOI").replace('\u{a0}', " "));
    // Long enough for an agent, too short for an administrator.
    let new = "Platane-Passerelle-17";
    let known = same(&attempt("100009", "AAAA-BBBB-CCCC", new).await, "100009");
    for soi in ["100001", "999999"] {
        assert_eq!(same(&attempt(soi, "AAAA-BBBB-CCCC", new).await, soi), known, "a stranger learns who is what");
    }
    assert!(known.0 == 401 && known.1.contains("compte au moins 15 caractères"), "{known:?}");
    let refused = attempt("100009", &code, new).await;
    let body = refused.body.replace('\u{a0}', " ");
    assert!(refused.status == 422 && body.contains("il faut au moins 24 caractères"), "{body}");
    assert!(
        body.contains("compte au moins 24 caractères") && body.contains("des majuscules et des chiffres"),
        "{body}"
    );
    let refused = attempt("100009", &code, "un platane et quatre passerelles").await;
    assert!(refused.status == 422 && refused.says("Il lui manque des minuscules, des majuscules ou des chiffres"));
    assert_eq!(attempt("100009", &code, "4 Platanes et des passerelles").await.status, 303, "the code was not spent");
}

async fn an_end_is_told_once_after_the_login_and_the_application_opens(database: Database) {
    let idp = TestIdp::start_with(&database, CITY).await;
    idp.hire("100001").await;
    let app = idp.register("webmail", |_| {}).await;
    let rp = rp(&idp, &app).await;
    idp.advance(164 * DAY);
    let request = rp.request();
    let page = idp.log_in(&Browser::new(), &request.url, "100001", PASSWORD).await;
    redeem(&rp, request, &page).await.expect("16 days ahead nothing is told");

    idp.advance(6 * DAY);
    let (browser, request) = (Browser::new(), rp.request());
    let page = idp.log_in(&browser, &request.url, "100001", PASSWORD).await;
    assert_eq!((page.status, page.url.path()), (200, "/login/notice"));
    assert_eq!(page.heading().as_deref(), Some("Votre mot de passe expire dans 10 jours"));
    assert!(page.says("Plus tard, continuer vers Application webmail"), "{}", page.body);
    let change = page.link("change-password").expect("a link");
    assert!(change.starts_with("/account/password?interaction="), "{change}");
    let again = browser.get(page.url.as_str()).await;
    assert_eq!(again.status, 200, "looking at it does nothing");
    let onward = format!("{}{}", idp.issuer, page.link("later").expect("a link"));
    let page = browser.follow(browser.get(&onward).await).await;
    redeem(&rp, request, &page).await.expect("on to the application");
    // The next application of this session opens without a word.
    let request = rp.request();
    let page = browser.follow(browser.get(&request.url).await).await;
    redeem(&rp, request, &page).await.expect("once is enough");
    assert_eq!(browser.get(&onward).await.status, 400, "and the step works once");

    // In English, and without an application.
    let browser = Browser::new().with_header("accept-language", "en");
    let page = browser.follow(log_in(&idp, &browser, "100001", PASSWORD).await).await;
    assert_eq!(page.heading().as_deref(), Some("Your password expires in 10 days"));
    assert_eq!(page.link("later").as_deref(), Some("/"));
}

async fn a_notice_with_nothing_to_tell_goes_on(database: Database) {
    let idp = TestIdp::start_with(&database, CITY).await;
    idp.hire("100001").await;
    let address = format!("{}/login/notice", idp.issuer);
    let stranger = Browser::new().get(&address).await;
    assert_eq!((stranger.status, stranger.header("location")), (303, Some("/login")));
    let gone = Browser::new().get(format!("{address}?interaction=unknown")).await;
    assert_eq!(gone.status, 400);
    let browser = Browser::new();
    sign_in(&idp.issuer, &browser, "100001").await;
    let page = browser.get(&address).await;
    assert_eq!((page.status, page.header("location")), (303, Some("/")));
    assert_eq!(browser.ask("POST", &address).await.status, 405);
    // What the DSIN sets is told like an age.
    let plan = idp.directory.plan_expiry(&ExpiryScope::Everybody, Some(1)).await.expect("a plan");
    idp.directory.expire_passwords(&TestIdp::mandate(), &plan, &|_| {}).await.expect("marked");
    assert_eq!(browser.get(&address).await.status, 200);
}

async fn warned(database: &Database) -> i64 {
    database.number("SELECT count(*) FROM outbox WHERE notice = 'password_expires' AND medium = 'mail'").await
}

async fn each_agent_is_told_by_mail_once_a_step_however_many_nodes_there_are(database: Database) {
    let idp = TestIdp::start_with(&database, CITY).await;
    for soi in ["100001", "100002", "100009"] {
        idp.hire(soi).await;
    }
    // An administrator's lives for a year.
    idp.directory.grant_role(&TestIdp::mandate(), "100009", Role::Dsin).await.expect("granted");
    let turn = async || {
        let (jobs, now) = (&idp.jobs, idp.clock.now());
        let nodes = (0..4).map(|_| {
            let (warnings, store) = (jobs.warnings.clone(), jobs.store.clone());
            tokio::spawn(async move { warnings.queue_due(&store, now).await.expect("a turn") })
        });
        let mut told = 0;
        for node in nodes.collect::<Vec<_>>() {
            told += node.await.expect("a node");
        }
        told
    };
    idp.advance(164 * DAY);
    assert_eq!(turn().await, 0);
    for (days, told) in [(1, 2), (1, 0), (6, 0), (1, 2), (3, 0), (1, 2), (1, 0), (1, 2), (1, 0)] {
        idp.advance(days * DAY);
        assert_eq!(turn().await, told, "{days} days later");
        assert_eq!(turn().await, 0, "and once only");
    }
    assert_eq!(warned(&database).await, 8, "15, 7, 3 and 1 days ahead, to two agents");

    // A new password begins anew; nobody ran for a while: the nearest step only.
    idp.reset("100001", LONG).await;
    idp.advance(178 * DAY);
    assert_eq!(turn().await, 2, "two days ahead, and a week before the year of an administrator is over");
    assert_eq!(warned(&database).await, 10);
}

async fn nobody_is_told_who_does_not_work_or_has_no_mail(database: Database) {
    let idp = TestIdp::start_with(&database, CITY).await;
    for soi in ["100001", "100002", "100003"] {
        idp.hire(soi).await;
    }
    idp.directory.suspend_agent(&TestIdp::mandate(), "100001").await.expect("suspended");
    database.execute("UPDATE agent SET email = '' WHERE soi = '100002'").await;
    let scope = ExpiryScope::Agent("100003".to_owned());
    let plan = idp.directory.plan_expiry(&scope, Some(1)).await.expect("a plan");
    idp.directory.expire_passwords(&TestIdp::mandate(), &plan, &|_| {}).await.expect("marked");
    let told = idp.jobs.warnings.queue_due(&idp.jobs.store, idp.clock.now()).await.expect("a turn");
    assert_eq!(told, 1, "the day that the DSIN chose is told like an age");
    idp.advance(170 * DAY);
    let told = idp.jobs.warnings.queue_due(&idp.jobs.store, idp.clock.now()).await.expect("a turn");
    assert_eq!(told, 0);
}

async fn what_people_type_as_a_password_is_taken_or_refused_as_it_is(database: Database) {
    let idp = TestIdp::start(&database).await;
    idp.hire_as("100001", AgentDraft::default()).await;
    let code = idp.activation_code("100001").await;
    let browser = Browser::new();
    let activate = async |new: &str| {
        let form = browser.get(format!("{}/activate", idp.issuer)).await.form("/activate");
        browser.submit(&choose(&form.fill("soi", "100001").fill("code", &code), new)).await
    };
    for long in ["ab12".repeat(65), "é".repeat(257), "🚲".repeat(2_000)] {
        let page = activate(&long).await;
        assert!(page.status == 422 && page.says("Il est trop long"), "{} {}", page.status, long.len());
    }
    for huge in ["a".repeat(10_000), "é".repeat(10_000), "🚲".repeat(10_000)] {
        let page = activate(&huge).await;
        assert!(page.status == 413 && page.says("Raccourcissez"), "more than a field may hold: {}", page.status);
    }
    assert_eq!(activate("🚲🌳🏛🎷🥖🐈🚇🗼🌉🎨🧀📚🎭⛲").await.status, 422, "fourteen code points");

    // Leading spaces, combining accents and emoji belong to it; composed or not, it is the same.
    let decomposed = "  de\u{301}jeuner 🥖 sur l’herbe";
    assert_eq!(activate(decomposed).await.status, 303);
    let composed = "  déjeuner 🥖 sur l’herbe";
    for (typed, status) in [
        (composed, 303),
        (decomposed, 303),
        ("déjeuner 🥖 sur l’herbe", 401),
        ("  dejeuner 🥖 sur l’herbe", 401),
        ("  déjeuner 🥖 sur l’herbe ", 401),
    ] {
        assert_eq!(log_in(&idp, &Browser::new(), "100001", typed).await.status, status, "{typed:?}");
    }
    assert_eq!(log_in(&idp, &Browser::new(), "100001", &"a".repeat(10_000)).await.status, 413);
}
