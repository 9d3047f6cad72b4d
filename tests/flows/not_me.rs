//! "This was not me", and the reset codes of the help desk, which alone reopen what it shut.

use std::time::Duration;

use harness::browser::{Browser, Page};
use harness::engine::Database;
use harness::for_each_engine;
use harness::idp::{PASSWORD, TestIdp};
use harness::letters::{alarm, letters, reset_code};
use octroi_idp::directory::{AgentDraft, DemandedCode, Mandate};
use octroi_idp::domain::audit::{Actor, EventFilter};
use octroi_idp::domain::code_delivery::CodeDelivery;
use octroi_idp::domain::role::Role;

use crate::reset::{NEW, ask, hire, log_in};
use crate::{is_signed_in, rp, sign_in, tokens_at_the_office};

for_each_engine!(
    the_link_of_a_message_does_nothing_and_its_code_shuts_everything,
    while_shut_the_right_password_hears_the_truth_and_only_the_help_desk_reopens,
    whatever_is_wrong_about_an_alarm_reads_the_same,
    an_alarm_is_not_guessed,
    a_code_of_the_help_desk_replaces_a_password_and_is_told,
    a_code_of_the_help_desk_is_spent_once_and_guessed_never,
    an_administrator_s_code_takes_two_people,
);

/// Opens the link of a message and sends its form.
async fn say_not_me(idp: &TestIdp, browser: &Browser, reference: &str, code: &str) -> Page {
    let page = browser.get(format!("{}/not-me?reference={reference}", idp.issuer)).await;
    browser.submit(&page.form("/not-me").fill("code", code)).await
}

/// Replaces the password with a code of the help desk.
async fn use_code(idp: &TestIdp, soi: &str, code: &str, new: &str) -> Page {
    let browser = Browser::new();
    let form = browser.get(format!("{}/forgot-password/code", idp.issuer)).await.form("/forgot-password/code");
    let form = form.fill("soi", soi).fill("code", code);
    browser.submit(&form.fill("new_password", new).fill("new_password_again", new)).await
}

async fn the_link_of_a_message_does_nothing_and_its_code_shuts_everything(database: Database) {
    let idp =
        TestIdp::start_with(&database, "[help]\nname = \"Support\"\nalerts_email = \"alertes@ville.example\"\n").await;
    hire(&idp, &database, "100001").await;
    let app = idp.register("portal", |_| {}).await;
    let party = rp(&idp, &app).await;
    let letter = idp.reset_code("100001").await;
    let (reference, code) = alarm(&database).await.expect("the agent was told of the code");
    let browser = Browser::new();
    let tokens = tokens_at_the_office(&idp, &party, &browser, "100001").await;
    let attempt = ask(&idp, &browser, "100001").await;
    let (reset, _) = reset_code(&database).await.expect("a code");

    // A mail scanner opens every link, with whatever method reads.
    for method in ["GET", "HEAD"] {
        let page = browser.ask(method, format!("{}/not-me?reference={reference}&code={code}", idp.issuer)).await;
        assert_eq!(page.status, 200);
    }
    assert!(is_signed_in(&idp.issuer, &browser).await, "nothing happened");

    let page = say_not_me(&idp, &Browser::new(), &reference, &code.to_lowercase().replace('-', " ")).await;
    assert!(page.status == 200 && page.says("Votre compte est bloqué"), "{}", page.body);

    assert!(!is_signed_in(&idp.issuer, &browser).await);
    let userinfo = format!("{}/oauth2/userinfo", idp.issuer);
    assert_eq!(party.userinfo(&tokens.access_token, &userinfo).await.0, 401);
    assert_eq!(database.number("SELECT count(*) FROM application_grant WHERE revoked_at IS NULL").await, 0);
    assert_eq!(use_code(&idp, "100001", &letter, NEW).await.status, 401, "the code that raised it is dead");
    let page = browser.submit(&attempt.form("/forgot-password/verify").fill("code", &reset)).await;
    assert_eq!(page.status, 401, "an attempt under way is dead");
    let told = letters(&database).await;
    let to = |notice: &str| -> Vec<&str> {
        let mut to: Vec<_> =
            told.iter().filter(|l| l.notice.as_str() == notice).map(|l| l.to.address.as_str()).collect();
        to.sort_unstable();
        to
    };
    assert_eq!(to("credentials_suspended"), ["100001@maison.example", "agent100001@ville.example"]);
    assert_eq!(to("alarm_raised"), ["alertes@ville.example"]);
    let event = idp.events(EventFilter { reference: Some(reference.clone()), ..EventFilter::default() }).await;
    assert_eq!(event[0].act, "credentials.suspended");
    assert_eq!(
        (&event[0].detail["about"], &event[0].detail["sessions_ended"]),
        (&"reset_code_issued".into(), &1.into())
    );
    let metrics = Browser::new().get(format!("{}/metrics", idp.metrics)).await;
    assert!(metrics.body.contains("octroi_alarm_total"), "{}", metrics.body);

    let again = say_not_me(&idp, &Browser::new(), &reference, &code).await;
    assert_eq!((again.status, again.reason().as_deref()), (401, Some("reset.invalid")), "once");
}

async fn while_shut_the_right_password_hears_the_truth_and_only_the_help_desk_reopens(database: Database) {
    let idp = TestIdp::start(&database).await;
    hire(&idp, &database, "100001").await;
    idp.reset_code("100001").await;
    let (reference, code) = alarm(&database).await.unwrap();
    let other_tab = Browser::new();
    sign_in(&idp.issuer, &other_tab, "100001").await;
    say_not_me(&idp, &Browser::new(), &reference, &code).await;

    let page = log_in(&idp, "100001", PASSWORD).await;
    assert_eq!((page.status, page.reason().as_deref()), (403, Some("password.suspended")));
    assert!(page.set_cookie("octroi-session").is_none() && page.reference().is_some());
    assert_eq!(log_in(&idp, "100001", "Another-Password-1234").await.status, 401, "a wrong one learns nothing");
    ask(&idp, &Browser::new(), "100001").await;
    assert_eq!(reset_code(&database).await, None, "no help over the channels that somebody else may read");

    let letter = idp.reset_code("100001").await;
    let page = log_in(&idp, "100001", PASSWORD).await;
    assert_eq!(page.reason().as_deref(), Some("password.suspended"), "a code alone changes nothing");
    let page = use_code(&idp, "100001", &letter, PASSWORD).await;
    assert!(page.status == 422 && page.says("mot de passe actuel"), "{}", page.body);
    assert_eq!(use_code(&idp, "100001", &letter, NEW).await.status, 303);
    assert_eq!(log_in(&idp, "100001", NEW).await.status, 303);
    let filter = EventFilter { act: Some("password.reset".into()), ..EventFilter::default() };
    let event = &idp.events(filter).await[0];
    assert_eq!((&event.detail["delivery"], &event.detail["was_suspended"]), (&"counter".into(), &true.into()));
}

async fn whatever_is_wrong_about_an_alarm_reads_the_same(database: Database) {
    let idp = TestIdp::start(&database).await;
    hire(&idp, &database, "100001").await;
    hire(&idp, &database, "100002").await;
    idp.reset_code("100001").await;
    let (expired, expired_code) = alarm(&database).await.unwrap();
    idp.advance(Duration::from_hours(7 * 24));
    idp.reset_code("100002").await;
    let (live, code) = alarm(&database).await.unwrap();
    assert_ne!(live, expired);

    let mut answers = Vec::new();
    for (reference, typed) in [
        (expired.as_str(), expired_code.as_str()),
        (&live, "2222-2222"),
        (&live, ""),
        (&live, &expired_code),
        ("2222-2222", &code),
    ] {
        let browser = Browser::new();
        let page = say_not_me(&idp, &browser, reference, typed).await;
        assert_eq!((page.status, page.reason().as_deref()), (401, Some("reset.invalid")), "{reference}");
        let csrf = page.form("/not-me").fields["csrf"].clone();
        answers.push(page.body.replace(&csrf, "CSRF").replace(reference, "REFERENCE"));
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]));
    for soi in ["100001", "100002"] {
        assert_eq!(log_in(&idp, soi, PASSWORD).await.status, 303, "{soi}");
    }
    let form = Browser::new().get(format!("{}/not-me?reference={live}", idp.issuer)).await.form("/not-me");
    let fields = [("csrf", form.fields["csrf"].as_str()), ("reference", &live), ("code", &code)];
    assert_eq!(Browser::new().post_fields(&form.action, &fields).await.status, 400, "a form of another browser");
    assert_eq!(log_in(&idp, "100002", PASSWORD).await.status, 303);
}

async fn an_alarm_is_not_guessed(database: Database) {
    let idp = TestIdp::start(&database).await;
    hire(&idp, &database, "100001").await;
    idp.reset_code("100001").await;
    let (reference, code) = alarm(&database).await.unwrap();
    for known in [reference.as_str(), "2222-2222"] {
        for _ in 0..10 {
            assert_eq!(say_not_me(&idp, &Browser::new(), known, "3333-3333").await.status, 401);
        }
        let page = say_not_me(&idp, &Browser::new(), known, &code).await;
        assert_eq!((page.status, page.reason().as_deref()), (429, Some("account.throttled")), "{known}");
        assert!(page.header("retry-after").is_some());
    }
    idp.advance(Duration::from_hours(24));
    assert_eq!(say_not_me(&idp, &Browser::new(), &reference, &code).await.status, 200);
}

async fn a_code_of_the_help_desk_replaces_a_password_and_is_told(database: Database) {
    let idp = TestIdp::start(&database).await;
    hire(&idp, &database, "100001").await;
    let browser = Browser::new();
    sign_in(&idp.issuer, &browser, "100001").await;
    let letter = idp.reset_code("100001").await;
    assert!(is_signed_in(&idp.issuer, &browser).await, "a code alone changes nothing");
    let page = browser.follow(use_code(&idp, "100001", &letter, NEW).await).await;
    assert_eq!(page.status, 200);
    assert!(!is_signed_in(&idp.issuer, &browser).await);
    assert_eq!((log_in(&idp, "100001", PASSWORD).await.status, log_in(&idp, "100001", NEW).await.status), (401, 303));
    let told: Vec<_> = letters(&database).await.iter().map(|letter| letter.notice.as_str()).collect();
    for notice in ["reset_code_issued", "password_reset"] {
        assert_eq!(told.iter().filter(|n| **n == notice).count(), 2, "{notice} on both channels");
    }
}

async fn a_code_of_the_help_desk_is_spent_once_and_guessed_never(database: Database) {
    let idp = TestIdp::start(&database).await;
    hire(&idp, &database, "100001").await;
    hire(&idp, &database, "100002").await;
    let replaced = idp.reset_code("100001").await;
    let letter = idp.reset_code("100001").await;
    for (soi, code) in [("100001", replaced.as_str()), ("100002", &letter), ("999999", &letter)] {
        let page = use_code(&idp, soi, code, NEW).await;
        assert_eq!((page.status, page.reason().as_deref()), (401, Some("reset.invalid")), "{soi}");
    }
    assert_eq!(use_code(&idp, "100001", &letter, NEW).await.status, 303);
    assert_eq!(use_code(&idp, "100001", &letter, "Erable-Passerelle-1744").await.status, 401, "once");
    let late = idp.reset_code("100002").await;
    idp.advance(Duration::from_hours(24));
    assert_eq!(use_code(&idp, "100002", &late, NEW).await.status, 401, "a day at the counter");
}

async fn an_administrator_s_code_takes_two_people(database: Database) {
    let idp = TestIdp::start(&database).await;
    idp.hire_as("100009", AgentDraft::default()).await;
    idp.activate("100009", PASSWORD).await;
    idp.directory.grant_role(&TestIdp::mandate(), "100009", Role::Dsin).await.expect("a role");
    let demand = async |name: &str| {
        let actor = Actor::LocalOperator { real: name.to_owned(), login: None };
        let mandate = Mandate { reason: Some("ticket".into()), ..Mandate::of(actor) };
        idp.directory.demand_reset_code(&mandate, "100009", CodeDelivery::Counter).await
    };
    assert!(matches!(demand("alice").await, Ok(DemandedCode::Waiting { .. })));
    assert!(letters(&database).await.is_empty(), "nothing was issued");
    demand("alice").await.expect_err("the same person twice");
    // Two others at once: one code.
    let (bob, carol) = tokio::join!(demand("bob"), demand("carol"));
    let issued: Vec<_> = [bob, carol]
        .into_iter()
        .filter_map(|answer| match answer {
            Ok(DemandedCode::Issued(issued)) => Some(issued.code.grouped()),
            _ => None,
        })
        .collect();
    assert_eq!(issued.len(), 1);
    assert_eq!(use_code(&idp, "100009", &issued[0], NEW).await.status, 303);
}
