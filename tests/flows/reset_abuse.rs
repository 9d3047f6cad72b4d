//! Resets abused: many requests fill no mailbox, lock no login and do not go on without end; forms of other sites do nothing.

use std::time::Duration;

use harness::browser::Browser;
use harness::engine::Database;
use harness::for_each_engine;
use harness::idp::{PASSWORD, TestIdp};
use harness::letters::reset_code;
use octroi_idp::domain::audit::Contact;
use octroi_idp::domain::channel::ChannelKind;
use octroi_idp::domain::secret::PlainToken;
use octroi_idp::domain::zone::NetworkZone;
use octroi_idp::login::Visit;
use octroi_idp::login::reset::request::Requested;

use crate::reset::{NEW, ask, comparable, hire, log_in, resend, type_code};

for_each_engine!(
    a_storm_fills_no_mailbox_and_locks_no_login,
    one_network_asks_so_often_and_no_more,
    forms_of_other_sites_and_forged_marks_do_nothing,
);

async fn a_storm_fills_no_mailbox_and_locks_no_login(database: Database) {
    let idp = TestIdp::start(&database).await;
    hire(&idp, &database, "100001").await;
    let mut answers = Vec::new();
    let own = Browser::new();
    let mine = ask(&idp, &own, "100001").await;
    let (code, _) = reset_code(&database).await.unwrap();
    for _ in 0..8 {
        idp.advance(Duration::from_secs(1));
        answers.push(comparable(&ask(&idp, &Browser::new(), "100001").await));
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "the same page beyond the limit");
    let sent = "SELECT count(*) FROM outbox WHERE notice = 'reset_code'";
    assert_eq!(database.number(sent).await, 3, "three an hour");
    // Where no other code is sent, the one before stays good.
    let page = own.submit(&resend(&mine)).await;
    assert!(page.says("Utilisez le plus récent"), "{}", page.body);
    assert_eq!(type_code(&own, &page, &code).await.status, 200);
    assert_eq!(log_in(&idp, "100001", PASSWORD).await.status, 303);
    for hour in 0..5 {
        idp.advance(Duration::from_mins(61));
        for _ in 0..4 {
            ask(&idp, &Browser::new(), "100001").await;
        }
        assert!(database.number(sent).await <= 6, "six a day ({hour})");
    }
    assert_eq!(database.number(sent).await, 6);
    // Fifty at once get no more than one by one.
    idp.advance(Duration::from_hours(25));
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let login = idp.login().clone();
        tasks.spawn(async move {
            let (contact, browser) = (Contact::default(), PlainToken::new("x"));
            let visit =
                Visit { zone: NetworkZone::Internal, contact: &contact, browser: &browser, known: None, session: None };
            login.request_reset("100001", ChannelKind::WorkEmail, visit).await.expect("an answer")
        });
    }
    tasks.join_all().await;
    assert_eq!(database.number(sent).await, 9);
    assert_eq!(log_in(&idp, "100001", PASSWORD).await.status, 303);
}

async fn one_network_asks_so_often_and_no_more(database: Database) {
    let idp = TestIdp::start(&database).await;
    let contact = |address: &str| Contact { client_address: Some(address.to_owned()), ..Contact::default() };
    let browser = PlainToken::new("x");
    let ask = async |contact: &Contact| {
        let visit = Visit { zone: NetworkZone::Nomades, contact, browser: &browser, known: None, session: None };
        idp.login().request_reset("100001", ChannelKind::WorkEmail, visit).await.expect("an answer")
    };
    for nth in 0..60 {
        let from = contact(&format!("2001:db8:1:2::{nth:x}"));
        assert!(matches!(ask(&from).await, Requested::Taken(_)), "{nth}");
    }
    let answer = ask(&contact("2001:db8:1:2:ffff::1")).await;
    assert!(matches!(&answer, Requested::TooOften { wait } if *wait == Duration::from_hours(1)), "{answer:?}");
    assert!(matches!(ask(&contact("2001:db8:1:3::1")).await, Requested::Taken(_)), "the neighbour is not meant");
    idp.advance(Duration::from_hours(1));
    assert!(matches!(ask(&contact("2001:db8:1:2::1")).await, Requested::Taken(_)));
}

async fn forms_of_other_sites_and_forged_marks_do_nothing(database: Database) {
    let idp = TestIdp::start(&database).await;
    hire(&idp, &database, "100001").await;
    let browser = Browser::new();
    let page = browser.get(format!("{}/forgot-password", idp.issuer)).await;
    let form = page.form("/forgot-password").fill("soi", "100001").fill("channel", "work_email");
    let evil = browser.clone().with_header("origin", "https://evil.example");
    let fields: Vec<(&str, &str)> = form.fields.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    assert_eq!(evil.post_fields(&form.action, &fields).await.status, 400);
    let without: Vec<(&str, &str)> = fields.iter().filter(|(k, _)| *k != "csrf").copied().collect();
    assert_eq!(browser.post_fields(&form.action, &without).await.status, 400);
    assert_eq!(reset_code(&database).await, None);
    let page = ask(&idp, &browser, "100001").await;
    let (code, _) = reset_code(&database).await.unwrap();
    for path in ["/forgot-password/verify", "/forgot-password/new"] {
        let ticket = page.form("/forgot-password/verify").fields["ticket"].clone();
        let fields = [("ticket", ticket.as_str()), ("code", &code), ("new_password", NEW), ("new_password_again", NEW)];
        assert_eq!(browser.post_fields(format!("{}{path}", idp.issuer), &fields).await.status, 400, "{path}");
        let back = browser.get(format!("{}{path}?ui_locales=en&next=https://evil.example", idp.issuer)).await;
        assert_eq!(back.header("location"), Some("/forgot-password?ui_locales=en"), "{path}");
    }
    let page = browser.get(format!("{}/login?changed=yes", idp.issuer)).await;
    assert!(!page.says("est changé"), "no link of a stranger says so");
}
