//! What looks like guessing is told once a day, in the audit and in the figures; and where failures are counted for a network,
//! and where not.

use std::collections::BTreeSet;
use std::time::Duration;

use harness::browser::Browser;
use harness::engine::Database;
use harness::for_each_engine;
use harness::idp::{PASSWORD, TestIdp};
use octroi_idp::directory::AgentDraft;
use octroi_idp::domain::audit::{Contact, RecordedEvent};
use octroi_idp::domain::secret::{PlainPassword, PlainToken};
use octroi_idp::domain::zone::NetworkZone::{Internal, Nomades};
use octroi_idp::login::Visit;
use octroi_idp::login::password::Step;

use crate::throttling::{WRONG, address, events, fail_with_many, figures, nobody, try_from, wait_of};

for_each_engine!(
    what_looks_like_guessing_is_told_once_a_day,
    without_an_address_no_network_is_counted,
    guesses_at_activation_codes_slow_the_network_too,
);

async fn what_looks_like_guessing_is_told_once_a_day(database: Database) {
    let idp = TestIdp::start(&database).await;
    for soi in ["100001", "100002", "100003"] {
        idp.hire(soi).await;
    }
    let told = async || {
        let of = |e: &RecordedEvent| {
            let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
            (
                text(&e.detail["kind"]),
                e.detail["count"].as_u64().unwrap_or_default(),
                text(&e.detail["network"]),
                e.subject.clone(),
            )
        };
        events(&idp, "guessing.suspected").await.iter().rev().map(of).collect::<Vec<_>>()
    };
    // One network, many agents.
    fail_with_many(&idp, (Nomades, "203.0.113.1"), 0, 12).await;
    let one_network = ("many_identifiers".to_owned(), 10, "203.0.113.1/32".to_owned(), None);
    assert_eq!(told().await, [one_network]);
    // One agent, many networks; and the same with a SOI that is nobody's.
    for soi in ["100002", "999999"] {
        for nth in 10..15 {
            try_from(&idp, (Nomades, &address(nth)), soi, WRONG).await;
            idp.advance(Duration::from_secs(60));
        }
    }
    let many_networks = |soi: Option<&str>| ("many_networks".to_owned(), 5, String::new(), soi.map(str::to_owned));
    assert_eq!(told().await[1..], [many_networks(Some("100002")), many_networks(None)]);
    // One agent, one network, slowly.
    for _ in 0..11 {
        let wait = wait_of(&try_from(&idp, (Internal, "10.20.0.7"), "100003", WRONG).await).unwrap_or_default();
        idp.advance(Duration::from_secs(wait + 1));
        while let Some(wait) = wait_of(&try_from(&idp, (Internal, "10.20.0.7"), "100003", WRONG).await) {
            idp.advance(Duration::from_secs(wait));
        }
    }
    let kinds: BTreeSet<String> = told().await.into_iter().map(|(kind, ..)| kind).collect();
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), ["many_attempts", "many_identifiers", "many_networks"]);
    let slow: Vec<_> = told().await.into_iter().filter(|(kind, ..)| kind == "many_attempts").collect();
    assert_eq!(slow[0], ("many_attempts".to_owned(), 10, String::new(), Some("100003".to_owned())));
    let all = serde_json::to_string(&events(&idp, "guessing.suspected").await).unwrap();
    assert!(!all.contains("999999") && !all.contains("700000"), "GDPR-02: what matches nobody is not kept");

    let before = told().await.len();
    idp.advance(Duration::from_secs(24 * 3600));
    fail_with_many(&idp, (Nomades, "203.0.113.1"), 0, 10).await;
    assert_eq!(told().await.len(), before + 1, "and another day it is told again");
    let figures = figures(&idp).await;
    for kind in ["many_attempts", "many_identifiers", "many_networks"] {
        assert!(figures.contains(&format!("octroi_guessing_suspected_total{{kind=\"{kind}\"}}")), "{kind}");
    }
}

async fn without_an_address_no_network_is_counted(database: Database) {
    let idp = TestIdp::start(&database).await;
    for nth in 0..40 {
        let (contact, browser) = (Contact::default(), PlainToken::new("x"));
        let visit = Visit { zone: Nomades, contact: &contact, browser: &browser, known: None, session: None };
        let step = idp.login().attempt(&nobody(nth), PlainPassword::new(WRONG), visit).await.expect("an answer");
        assert!(matches!(step, Step::WrongCredentials), "{step:?}");
    }
    assert_eq!(database.number("SELECT count(*) FROM throttle_failure").await, 0);
    assert!(figures(&idp).await.contains("octroi_attempt_without_address_total{zone=\"nomades\"}"));
}

async fn guesses_at_activation_codes_slow_the_network_too(database: Database) {
    let idp = TestIdp::start(&database).await;
    idp.hire_as("100007", AgentDraft::default()).await;
    let code = idp.activation_code("100007").await;
    let activate = async |nth: u8, soi: &str, code: &str| {
        let browser = Browser::new().behind([203, 0, 113, nth].into());
        let form = browser.get(format!("{}/activate", idp.gateway)).await.form("/activate");
        let form = form.fill("soi", soi).fill("code", code);
        browser.submit(&form.fill("new_password", PASSWORD).fill("new_password_again", PASSWORD)).await
    };
    for nth in 0..31 {
        assert_eq!(activate(1, &nobody(nth), "AAAA-AAAA-AAAA").await.status, 401, "{nth}");
    }
    let page = activate(1, "100007", &code).await;
    assert_eq!((page.status, page.header("retry-after")), (429, Some("5")));
    let wait = try_from(&idp, (Nomades, "203.0.113.1"), "100001", WRONG).await;
    assert_eq!(wait_of(&wait), Some(5), "at every form");
    assert_eq!(activate(2, "100007", &code).await.status, 303, "nobody waits elsewhere, and the code still works");
}
