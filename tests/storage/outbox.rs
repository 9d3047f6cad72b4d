//! Messages: each is one server's at a time, and what became of it is written once.

use std::collections::BTreeSet;
use std::time::Duration;

use harness::engine::Database;
use octroi_idp::domain::time::Timestamp;
use octroi_idp::storage::outbox::{self, Filter, Leased, Listed, NewMessage, State};
use octroi_idp::storage::{StoreError, Tx};

use crate::cast::{add_agents, agent, crowd, minute, soi};

harness::for_each_engine![
    of_fifty_servers_one_gets_each_message,
    the_longest_due_goes_first_and_no_more_than_asked_for,
    what_is_not_due_or_has_expired_or_is_of_another_medium_is_nobodys,
    a_lease_that_ran_out_is_somebody_elses_and_its_first_owner_changes_nothing,
    what_was_sent_is_sent_whoever_says_so_and_its_text_is_gone,
    what_was_given_up_keeps_its_text_until_it_expires,
    what_somebody_is_sending_does_not_expire,
    a_way_that_opens_makes_due_what_was_tried,
    messages_are_counted_listed_and_deleted,
];

async fn add(db: &Database, id: &str, medium: &str, at: i64, until: i64) {
    let message = NewMessage {
        id,
        soi: None,
        medium,
        notice: "reset_code",
        address: "i…s@ville.example",
        sealed: &[1, 2, 3],
        expires_at: minute(until),
    };
    db.write(async |tx: &mut Tx| outbox::insert(tx, &message, minute(at)).await).await.expect("a message");
}

async fn lease(db: &Database, at: i64, most: usize) -> Vec<Leased> {
    let work = async |tx: &mut Tx| outbox::lease(tx, "mail", minute(at), minute(at + 2), most).await;
    db.write(work).await.expect("a lease")
}

async fn list(db: &Database) -> Vec<Listed> {
    let filter = Filter { limit: 100, ..Filter::default() };
    db.read(async |tx: &mut Tx| outbox::list(tx, filter).await).await.expect("a list")
}

async fn expire(db: &Database, at: i64) -> usize {
    let work = async |tx: &mut Tx| outbox::expire(tx, minute(at), 100, ["no mail", "no sms"]).await;
    db.write(work).await.expect("the expired").len()
}

fn ids(leased: &[Leased]) -> Vec<&str> {
    leased.iter().map(|message| message.id.as_str()).collect()
}

async fn of_fifty_servers_one_gets_each_message(db: Database) {
    for nth in 0..20 {
        add(&db, &format!("m{nth}"), "mail", 0, 60).await;
    }
    let store = db.store.clone();
    let told = crowd(|_| {
        let store = store.clone();
        async move {
            let work = async |tx: &mut Tx| outbox::lease(tx, "mail", minute(1), minute(3), 3).await;
            store.write(work).await.expect("an answer")
        }
    })
    .await;
    let all: Vec<String> = told.into_iter().flatten().map(|message| message.id).collect();
    assert_eq!(all.len(), all.iter().collect::<BTreeSet<_>>().len(), "nobody got what another one has");
    let rest = lease(&db, 1, 100).await;
    assert_eq!(all.len() + rest.len(), 20);
}

async fn the_longest_due_goes_first_and_no_more_than_asked_for(db: Database) {
    for (id, at) in [("late", 3), ("first", 1), ("second", 2)] {
        add(&db, id, "mail", at, 60).await;
    }
    let mut two = lease(&db, 5, 2).await;
    two.sort_by(|a, b| a.id.cmp(&b.id));
    assert_eq!(ids(&two), ["first", "second"]);
    assert_eq!((two[0].attempts, two[0].created_at()), (1, minute(1)));
    assert_eq!(ids(&lease(&db, 5, 2).await), ["late"]);
}

async fn what_is_not_due_or_has_expired_or_is_of_another_medium_is_nobodys(db: Database) {
    add(&db, "future", "mail", 10, 60).await;
    add(&db, "expired", "mail", 0, 5).await;
    add(&db, "sms", "sms", 0, 60).await;
    assert!(lease(&db, 5, 10).await.is_empty());
}

async fn a_lease_that_ran_out_is_somebody_elses_and_its_first_owner_changes_nothing(db: Database) {
    add(&db, "m", "mail", 0, 60).await;
    let first = lease(&db, 1, 1).await.remove(0);
    assert!(lease(&db, 2, 1).await.is_empty());
    let second = lease(&db, 3, 1).await.remove(0);
    assert_eq!(second.attempts, 2);
    let late = async |tx: &mut Tx| -> Result<_, StoreError> {
        Ok((outbox::later(tx, &first, minute(50), "slow").await?, outbox::bury(tx, &first, minute(4), "slow").await?))
    };
    assert_eq!(db.write(late).await.expect("an answer"), (false, false));
    let work = async |tx: &mut Tx| outbox::later(tx, &second, minute(7), "away").await;
    assert!(db.write(work).await.expect("an answer"));
    assert!(lease(&db, 6, 1).await.is_empty());
    assert_eq!(lease(&db, 7, 1).await.remove(0).attempts, 3);
}

async fn what_was_sent_is_sent_whoever_says_so_and_its_text_is_gone(db: Database) {
    add(&db, "m", "mail", 0, 60).await;
    lease(&db, 1, 1).await;
    let second = lease(&db, 3, 1).await.remove(0);
    let sent = async |tx: &mut Tx| outbox::sent(tx, "m", minute(4)).await;
    assert!(db.write(sent).await.expect("an answer"), "by the server whose lease ran out");
    assert!(!db.write(sent).await.expect("an answer"), "once");
    let work = async |tx: &mut Tx| outbox::later(tx, &second, minute(7), "away").await;
    assert!(!db.write(work).await.expect("an answer"));
    let listed = list(&db).await.remove(0);
    assert_eq!((listed.state, listed.sent_at, listed.is_whole), (State::Sent, Some(minute(4)), false));
    assert!(lease(&db, 30, 1).await.is_empty());
}

async fn what_was_given_up_keeps_its_text_until_it_expires(db: Database) {
    add(&db, "m", "mail", 0, 60).await;
    let leased = lease(&db, 1, 1).await.remove(0);
    assert_eq!(leased.sealed.as_deref(), Some(&[1, 2, 3][..]));
    let bury = async |tx: &mut Tx| outbox::bury(tx, &leased, minute(2), "550").await;
    assert!(db.write(bury).await.expect("an answer"));
    assert!(lease(&db, 10, 1).await.is_empty());
    let listed = list(&db).await.remove(0);
    assert_eq!((listed.state, listed.is_whole, listed.last_error.as_deref()), (State::Dead, true, Some("550")));
    let retry = async |tx: &mut Tx| outbox::retry(tx, "m", minute(11)).await;
    assert!(db.write(retry).await.expect("an answer"));
    let leased = lease(&db, 11, 1).await.remove(0);
    let bury = async |tx: &mut Tx| outbox::bury(tx, &leased, minute(12), "550").await;
    db.write(bury).await.expect("an answer");
    for (at, forgotten) in [(59, 0), (60, 1), (61, 0)] {
        let forget = async |tx: &mut Tx| outbox::forget(tx, minute(at)).await;
        assert_eq!(db.write(forget).await.expect("a number"), forgotten, "{at}");
    }
    let retry = async |tx: &mut Tx| -> Result<_, StoreError> {
        Ok((outbox::retry(tx, "m", minute(13)).await?, outbox::retry_dead(tx, minute(13)).await?))
    };
    assert_eq!(db.write(retry).await.expect("an answer"), (false, 0), "without its text");
}

async fn what_somebody_is_sending_does_not_expire(db: Database) {
    add(&db, "m", "mail", 0, 60).await;
    lease(&db, 59, 1).await;
    assert_eq!(expire(&db, 60).await, 0);
    assert_eq!(expire(&db, 61).await, 1, "when the lease has run out");
    assert_eq!(expire(&db, 61).await, 0);
    let listed = list(&db).await.remove(0);
    assert_eq!((listed.state, listed.is_whole), (State::Dead, false));
    assert_eq!(listed.last_error.as_deref(), Some("no mail"));
}

async fn a_way_that_opens_makes_due_what_was_tried(db: Database) {
    for (id, at) in [("tried", 0), ("planned", 40)] {
        add(&db, id, "mail", at, 60).await;
    }
    let leased = lease(&db, 1, 1).await.remove(0);
    let later = async |tx: &mut Tx| outbox::later(tx, &leased, minute(30), "away").await;
    db.write(later).await.expect("an answer");
    let hurry = async |tx: &mut Tx| outbox::hurry(tx, "mail", minute(5)).await;
    assert_eq!(db.write(hurry).await.expect("a number"), 1);
    assert_eq!(ids(&lease(&db, 5, 10).await), ["tried"]);
}

async fn messages_are_counted_listed_and_deleted(db: Database) {
    add_agents(&db, &[agent("100001", "Marchand")]).await;
    let number = soi("100001");
    let message = NewMessage {
        id: "hers",
        soi: Some(&number),
        medium: "sms",
        notice: "reset_code",
        address: "+33 … 78",
        sealed: &[1],
        expires_at: minute(60),
    };
    db.write(async |tx: &mut Tx| outbox::insert(tx, &message, minute(2)).await).await.expect("a message");
    add(&db, "sent", "mail", 0, 60).await;
    add(&db, "waits", "mail", 1, 60).await;
    db.write(async |tx: &mut Tx| outbox::sent(tx, "sent", minute(3)).await).await.expect("an answer");
    let waiting = db.read(async |tx: &mut Tx| outbox::waiting(tx).await).await.expect("figures");
    let of = |medium: &str| waiting.iter().find(|w| w.medium == medium).map(|w| (w.messages, w.oldest));
    assert_eq!((of("mail"), of("sms")), (Some((1, minute(1))), Some((1, minute(2)))));

    let filtered = async |filter: Filter<'_>| -> Vec<String> {
        let found = db.read(async |tx: &mut Tx| outbox::list(tx, filter).await).await.expect("a list");
        found.into_iter().map(|message| message.id).collect()
    };
    let all = Filter { limit: 10, ..Filter::default() };
    assert_eq!(filtered(all).await, ["hers", "waits", "sent"], "newest first");
    assert_eq!(filtered(Filter { soi: Some(&number), ..all }).await, ["hers"]);
    assert_eq!(filtered(Filter { state: Some(State::Sent), ..all }).await, ["sent"]);
    assert_eq!(filtered(Filter { state: Some(State::Waiting), limit: 1, ..all }).await, ["hers"]);
    assert_eq!(filtered(Filter { id: Some("waits"), ..all }).await, ["waits"]);

    let purge =
        async |at: Timestamp| db.write(async |tx: &mut Tx| outbox::purge(tx, at).await).await.expect("a number");
    assert_eq!(purge(minute(3)).await, 0);
    assert_eq!(purge(minute(3).plus(Duration::from_millis(1))).await, 1);
    assert_eq!(filtered(all).await, ["hers", "waits"], "what waits stays");
}
