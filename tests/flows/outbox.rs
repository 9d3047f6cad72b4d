//! Mails and text messages on the wire, whatever the other side does: nothing is lost, and nothing comes twice unless the other
//! side took it without saying so.

use std::collections::BTreeSet;
use std::time::Duration;

use harness::engine::{Database, Engine};
use harness::idp::TestIdp;
use harness::mail::MailServer;
use octroi_idp::directory::{DirectoryError, Message, MessageQuery, MessageState};
use octroi_idp::domain::audit::EventFilter;
use octroi_idp::domain::channel::Address;
use octroi_idp::domain::locale::Locale;
use octroi_idp::domain::notice::{Notice, Recipient, ShownCode};
use octroi_idp::domain::time::Stopwatch;
use octroi_idp::storage::{StoreError, Tx, outbox};

harness::for_each_engine![
    a_queued_mail_arrives_at_once_and_its_text_is_forgotten,
    what_was_rolled_back_is_not_sent,
    a_slow_server_keeps_nobody_else_waiting,
    a_refused_recipient_is_given_up_alone_and_sent_again_when_mended,
    a_server_that_breaks_off_in_the_middle_gets_the_mail_once,
    a_mail_that_was_taken_without_an_answer_comes_again_as_the_same_mail,
    a_server_that_wants_a_login_kills_no_mail,
    a_server_that_is_away_for_an_hour_loses_nothing_and_gets_nothing_twice,
    a_gateway_that_fails_is_asked_again_under_the_same_key,
    what_has_expired_is_not_sent,
    without_a_mail_server_messages_expire_and_the_audit_says_why,
    two_servers_deliver_each_of_two_hundred_mails_once,
    the_lease_of_a_server_that_died_runs_out,
];

const INES: &str = "ines.marchand@ville.example";
const OMAR: &str = "omar.benali@ville.example";

/// Longer than the first pause after a failure, shorter than a lease.
const A_MOMENT: Duration = Duration::from_secs(7);

fn mail_to(address: &str) -> Address {
    Address::Email(address.to_owned())
}

/// Queues a code that is valid for two hours; answers the message's id.
async fn queue(idp: &TestIdp, address: Address) -> String {
    let to = Recipient { soi: None, name: "Inès Marchand".into(), address, locale: Locale::Fr };
    let notice = Notice::ResetCode { code: ShownCode::new("4821-9037"), valid_for: Duration::from_hours(2) };
    let (outbox, now) = (idp.directory.outbox(), idp.clock.now());
    let queue =
        async |tx: &mut Tx| -> Result<String, StoreError> { outbox.queue(tx, to.clone(), notice.clone(), now).await };
    idp.login().store.write(queue).await.expect("a queued message")
}

async fn list(idp: &TestIdp, state: Option<MessageState>) -> Vec<Message> {
    let query = MessageQuery { state, limit: 1000, ..MessageQuery::default() };
    idp.directory.list_messages(&query).await.expect("the list")
}

/// Waits until the list shows this.
async fn until(idp: &TestIdp, what: &str, holds: impl Fn(&[Message]) -> bool) -> Vec<Message> {
    let mut ticks = tokio::time::interval(Duration::from_millis(25));
    for _ in 0..800 {
        let messages = list(idp, None).await;
        if holds(&messages) {
            return messages;
        }
        ticks.tick().await;
    }
    panic!("{what}: {:#?}", list(idp, None).await);
}

fn all(state: MessageState) -> impl Fn(&[Message]) -> bool {
    move |messages| messages.iter().all(|message| message.state == state)
}

/// Every message has failed at least so often and waits.
fn tried(attempts: i64) -> impl Fn(&[Message]) -> bool {
    move |messages| messages.iter().all(|message| message.attempts >= attempts && message.leased_until.is_none())
}

async fn deaths(idp: &TestIdp) -> Vec<serde_json::Value> {
    let filter = EventFilter { act: Some("outbox.dead".to_owned()), ..EventFilter::default() };
    idp.events(filter).await.into_iter().map(|event| event.detail).collect()
}

async fn a_queued_mail_arrives_at_once_and_its_text_is_forgotten(db: Database) {
    let idp = TestIdp::start_with_mail(&db).await;
    let watch = Stopwatch::start();
    let id = queue(&idp, mail_to(INES)).await;
    let mail = idp.mail().next_to(INES).await;
    println!("from the queue to the server: {:.3} s", watch.seconds());
    assert_eq!((mail.from.as_str(), &mail.message_id), (harness::mail::FROM, &format!("{id}@ville.example")));
    assert_eq!(mail.code().as_deref(), Some("4821-9037"), "{}", mail.text);
    assert_eq!(mail.header("Auto-Submitted"), Some("auto-generated"));
    assert!(mail.html.contains("4821-9037") && !mail.subject.contains("4821"));
    let messages = until(&idp, "sent", all(MessageState::Sent)).await;
    assert_eq!((messages.len(), messages[0].is_whole, messages[0].attempts), (1, false, 1));
    assert_eq!(db.number("SELECT COUNT(*) FROM outbox WHERE sealed IS NOT NULL").await, 0);
    assert_eq!(idp.mail().received().len(), 1);
}

async fn what_was_rolled_back_is_not_sent(db: Database) {
    let idp = TestIdp::start_with_mail(&db).await;
    let to = Recipient { soi: None, name: String::new(), address: mail_to(OMAR), locale: Locale::En };
    let notice = Notice::CredentialsSuspended { at: idp.clock.now() };
    let (outbox, now) = (idp.directory.outbox(), idp.clock.now());
    let fail = async |tx: &mut Tx| -> Result<(), StoreError> {
        outbox.queue(tx, to.clone(), notice.clone(), now).await?;
        outbox::insert(
            tx,
            &outbox::NewMessage {
                id: "x",
                soi: None,
                medium: "pigeon",
                notice: "x",
                address: "",
                sealed: &[],
                expires_at: now,
            },
            now,
        )
        .await
    };
    idp.login().store.write(fail).await.expect_err("no such medium");
    queue(&idp, mail_to(INES)).await;
    idp.mail().next_to(INES).await;
    assert_eq!((idp.mail().received().len(), list(&idp, None).await.len()), (1, 1));
}

async fn a_slow_server_keeps_nobody_else_waiting(db: Database) {
    let idp = TestIdp::start_with_mail(&db).await;
    idp.mail().hold();
    queue(&idp, mail_to(INES)).await;
    idp.mail().wait_for_last_lines(1).await;
    queue(&idp, mail_to(OMAR)).await;
    queue(&idp, Address::Mobile("+33612345678".into())).await;
    idp.mail().wait_for_last_lines(2).await;
    idp.sms().wait_for(1).await;
    assert!(idp.mail().received().is_empty());
    idp.mail().release();
    idp.mail().wait_for(2).await;
    until(&idp, "sent", all(MessageState::Sent)).await;
    assert_eq!((idp.mail().received().len(), idp.sms().received().len()), (2, 1));
}

async fn a_refused_recipient_is_given_up_alone_and_sent_again_when_mended(db: Database) {
    let idp = TestIdp::start_with_mail(&db).await;
    idp.mail().refuse(OMAR);
    let refused = queue(&idp, mail_to(OMAR)).await;
    queue(&idp, mail_to(INES)).await;
    idp.mail().next_to(INES).await;
    let messages = until(&idp, "one dead", |messages| messages.iter().any(|m| m.state == MessageState::Dead)).await;
    let dead = messages.iter().find(|message| message.id == refused).expect("the message");
    assert_eq!((dead.attempts, dead.is_whole, dead.address.as_str()), (1, true, "o…i@ville.example"));
    let why = dead.last_error.as_deref().unwrap_or_default();
    assert!(why.starts_with("RCPT TO: 550") && !why.contains(OMAR), "{why}");
    let told = deaths(&idp).await;
    assert_eq!((told.len(), &told[0]["because"], &told[0]["message"]), (1, &"refused".into(), &refused.clone().into()));

    idp.mail().accept_all();
    idp.directory.retry_message(&TestIdp::mandate(), &refused).await.expect("it is tried again");
    let mail = idp.mail().next_to(OMAR).await;
    assert_eq!(mail.message_id, format!("{refused}@ville.example"));
    until(&idp, "sent", all(MessageState::Sent)).await;
    let again = idp.directory.retry_message(&TestIdp::mandate(), &refused).await;
    assert!(matches!(again, Err(DirectoryError::Refused { refusal, .. }) if refusal.code() == "outbox.sent"));
    assert_eq!(idp.mail().received().len(), 2);
}

async fn a_server_that_breaks_off_in_the_middle_gets_the_mail_once(db: Database) {
    let idp = TestIdp::start_with_mail(&db).await;
    idp.mail().break_in_data(1);
    queue(&idp, mail_to(INES)).await;
    let failed = until(&idp, "an attempt failed", tried(1)).await;
    assert_eq!(failed[0].state, MessageState::Waiting);
    assert!(failed[0].last_error.is_some() && failed[0].due_at > idp.clock.now());
    idp.advance(A_MOMENT);
    idp.mail().next_to(INES).await;
    until(&idp, "sent", all(MessageState::Sent)).await;
    assert_eq!(idp.mail().received().len(), 1);
}

async fn a_mail_that_was_taken_without_an_answer_comes_again_as_the_same_mail(db: Database) {
    let idp = TestIdp::start_with_mail(&db).await;
    idp.mail().break_after_data(1);
    queue(&idp, mail_to(INES)).await;
    let failed = until(&idp, "an attempt failed", tried(1)).await;
    assert!(failed[0].last_error.as_deref().is_some_and(|why| why.contains("while the mail was handed over")));
    idp.advance(A_MOMENT);
    let copies = idp.mail().wait_for(2).await;
    assert_eq!(copies[0].raw, copies[1].raw, "receivers can tell that it is the same");
    until(&idp, "sent", all(MessageState::Sent)).await;
}

async fn a_server_that_wants_a_login_kills_no_mail(db: Database) {
    let idp = TestIdp::start_with_mail(&db).await;
    idp.mail().refuse_logins();
    queue(&idp, mail_to(INES)).await;
    let failed = until(&idp, "an attempt failed", tried(1)).await;
    assert_eq!(failed[0].state, MessageState::Waiting);
    assert!(failed[0].last_error.as_deref().is_some_and(|why| why.starts_with("MAIL FROM: 530")));
    idp.mail().accept_all();
    idp.advance(A_MOMENT);
    idp.mail().next_to(INES).await;
}

async fn a_server_that_is_away_for_an_hour_loses_nothing_and_gets_nothing_twice(db: Database) {
    const MAILS: usize = 20;
    let idp = TestIdp::start_with_mail(&db).await;
    idp.mail().go_away();
    let mut queued = BTreeSet::new();
    for _ in 0..MAILS {
        queued.insert(format!("{}@ville.example", queue(&idp, mail_to(INES)).await));
    }
    until(&idp, "every mail failed", tried(1)).await;
    for round in 2..=7 {
        idp.advance(Duration::from_mins(10));
        until(&idp, "every mail failed again", tried(round)).await;
    }
    idp.mail().come_back().await;
    // Beyond the longest pause of one of them; the others follow at once.
    idp.advance(Duration::from_mins(10));
    idp.mail().wait_for(MAILS).await;
    until(&idp, "sent", all(MessageState::Sent)).await;
    let received: Vec<String> = idp.mail().received().into_iter().map(|mail| mail.message_id).collect();
    assert_eq!(received.len(), MAILS, "nothing twice");
    assert_eq!(received.into_iter().collect::<BTreeSet<_>>(), queued, "nothing lost");
}

async fn a_gateway_that_fails_is_asked_again_under_the_same_key(db: Database) {
    let idp = TestIdp::start_with_mail(&db).await;
    idp.sms().answer(&[500]);
    let id = queue(&idp, Address::Mobile("+33612345678".into())).await;
    idp.sms().wait_for(1).await;
    until(&idp, "an attempt failed", tried(1)).await;
    idp.advance(A_MOMENT);
    let requests = idp.sms().wait_for(2).await;
    assert_eq!(requests.iter().map(|sms| sms.status).collect::<Vec<_>>(), [500, 202]);
    assert!(requests.iter().all(|sms| sms.idempotency_key == id && sms.to == "+33612345678"));
    assert!(requests[1].text.contains("4821-9037"), "{}", requests[1].text);
    until(&idp, "sent", all(MessageState::Sent)).await;

    idp.sms().answer(&[400]);
    queue(&idp, Address::Mobile("+33600000000".into())).await;
    let messages = until(&idp, "given up", |m| m.iter().any(|m| m.state == MessageState::Dead)).await;
    let dead = messages.iter().find(|message| message.state == MessageState::Dead).expect("the message");
    assert_eq!((dead.address.as_str(), dead.attempts), ("+33 … 00", 1));
    assert_eq!(dead.last_error.as_deref(), Some("the gateway answered 400 Bad Request"), "not what it wrote");
}

async fn what_has_expired_is_not_sent(db: Database) {
    let idp = TestIdp::start_with_mail(&db).await;
    idp.mail().go_away();
    let id = queue(&idp, mail_to(INES)).await;
    until(&idp, "an attempt failed", tried(1)).await;
    idp.mail().come_back().await;
    idp.clock.advance(Duration::from_hours(2));
    assert_eq!(idp.jobs.delivery.expire().await.expect("the round"), 1);
    idp.directory.outbox().ring();
    let messages = until(&idp, "given up", all(MessageState::Dead)).await;
    assert!(messages[0].last_error.as_deref().is_some_and(|why| why.starts_with("expired; connecting")));
    assert!(!messages[0].is_whole, "its text is forgotten");
    assert_eq!(deaths(&idp).await[0]["because"], "expired");
    let again = idp.directory.retry_message(&TestIdp::mandate(), &id).await;
    assert!(matches!(again, Err(DirectoryError::Refused { refusal, .. }) if refusal.code() == "outbox.expired"));
    queue(&idp, mail_to(OMAR)).await;
    idp.mail().next_to(OMAR).await;
    assert_eq!(idp.mail().received().len(), 1);
}

async fn without_a_mail_server_messages_expire_and_the_audit_says_why(db: Database) {
    let idp = TestIdp::start(&db).await;
    queue(&idp, mail_to(INES)).await;
    idp.advance(Duration::from_hours(2));
    assert_eq!(idp.jobs.delivery.expire().await.expect("the round"), 1);
    let why = deaths(&idp).await[0]["why"].as_str().unwrap_or_default().to_owned();
    assert!(why.contains("[mail] is not configured"), "{why}");
}

async fn two_servers_deliver_each_of_two_hundred_mails_once(db: Database) {
    const MAILS: usize = 200;
    let mail = MailServer::start().await;
    let first = TestIdp::start_with(&db, &mail.config()).await;
    // One server is all that an embedded database has.
    let second = match db.engine {
        Engine::Postgres => Some(TestIdp::start_with(&db, &mail.config()).await),
        Engine::Sqlite => None,
    };
    for nth in 0..MAILS {
        let idp = second.as_ref().filter(|_| nth % 2 == 1).unwrap_or(&first);
        queue(idp, mail_to(INES)).await;
    }
    mail.wait_for(MAILS).await;
    until(&first, "sent", all(MessageState::Sent)).await;
    let received: Vec<String> = mail.received().into_iter().map(|mail| mail.message_id).collect();
    assert_eq!((received.len(), received.iter().collect::<BTreeSet<_>>().len()), (MAILS, MAILS));
    assert_eq!(db.number("SELECT COUNT(*) FROM outbox WHERE attempts <> 1").await, 0);
}

async fn the_lease_of_a_server_that_died_runs_out(db: Database) {
    let dead = TestIdp::start(&db).await;
    queue(&dead, mail_to(OMAR)).await;
    let (now, lease) = (dead.clock.now(), Duration::from_mins(2));
    let work =
        async |tx: &mut Tx| -> Result<_, StoreError> { outbox::lease(tx, "mail", now, now.plus(lease), 8).await };
    assert_eq!(db.store.write(work).await.expect("a lease").len(), 1);
    dead.stop().await;

    let idp = TestIdp::start_with_mail(&db).await;
    queue(&idp, mail_to(INES)).await;
    idp.mail().next_to(INES).await;
    assert_eq!(idp.mail().received().len(), 1, "the other one is still somebody's");
    // Its own lease must not run out between the answer of the mail server and what is written of it.
    until(&idp, "one sent", |messages| messages.iter().any(|message| message.state == MessageState::Sent)).await;
    idp.advance(lease);
    idp.mail().next_to(OMAR).await;
    let messages = until(&idp, "sent", all(MessageState::Sent)).await;
    assert_eq!(messages.iter().map(|message| message.attempts).max(), Some(2));
    assert_eq!(idp.mail().received().len(), 2);
}
