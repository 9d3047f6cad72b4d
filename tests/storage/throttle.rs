//! Attempts: counted before a password is verified, per identifier, zone and known browser, forgotten after a day.

use std::time::Duration;

use harness::engine::Database;
use octroi_idp::domain::throttle::{FORGET_AFTER, delay_after};
use octroi_idp::domain::time::Timestamp;
use octroi_idp::domain::zone::NetworkZone::{self, Internal, Nomades};
use octroi_idp::storage::Tx;
use octroi_idp::storage::throttle::{self, Attempt, Count};

use crate::cast::{crowd, minute};

harness::for_each_engine![
    fifty_attempts_at_once_take_no_more_than_the_free_ones,
    a_delay_runs_until_its_end_and_grows,
    zones_and_identifiers_are_counted_apart,
    a_success_forgets,
    what_is_forgiven_is_gone_in_every_zone_and_told,
    a_day_without_attempts_forgets,
    what_no_longer_counts_is_purged,
    however_often_the_agent_succeeds_strangers_have_25_attempts_a_day,
    a_success_ends_the_delay,
    a_known_browser_is_counted_apart_and_as_strictly,
    what_is_forgiven_says_where_it_was_counted,
    who_waits_because_the_day_is_spent_is_forgiven_too,
];

const KEY: [u8; 32] = [7; 32];

async fn what_is_forgiven_is_gone_in_every_zone_and_told(db: Database) {
    for at in 0..5 {
        take(&db, KEY, Nomades, minute(at * 30)).await;
    }
    take(&db, KEY, Internal, minute(0)).await;
    take(&db, [9; 32], Internal, minute(0)).await;
    let mut forgiven = db.write(async |tx: &mut Tx| throttle::forgive(tx, &KEY).await).await.expect("forgiven");
    forgiven.sort_by_key(|count| count.attempts);
    let told: Vec<_> = forgiven.iter().map(|count| (count.zone, count.attempts)).collect();
    assert_eq!(told, [(Internal, 1), (Nomades, 5)]);
    assert!(forgiven[1].blocked_until > minute(120));
    assert_eq!(take(&db, KEY, Nomades, minute(120)).await, Attempt::Taken(1));
    assert_eq!(take(&db, [9; 32], Internal, minute(0)).await, Attempt::Taken(2), "somebody else's stays");
}

async fn take(db: &Database, key: [u8; 32], zone: NetworkZone, at: Timestamp) -> Attempt {
    db.write(async |tx: &mut Tx| throttle::take(tx, &key, zone, at).await).await.expect("an answer")
}

/// How many attempts pass before the first delay: the one that starts the delay is still taken.
fn free() -> u32 {
    (1..).find(|n| delay_after(*n) > Duration::ZERO).unwrap()
}

async fn fifty_attempts_at_once_take_no_more_than_the_free_ones(db: Database) {
    let store = db.store.clone();
    let told = crowd(|_| {
        let store = store.clone();
        async move {
            let work = async |tx: &mut Tx| throttle::take(tx, &KEY, Nomades, minute(0)).await;
            store.write(work).await.expect("an answer")
        }
    })
    .await;
    let mut taken: Vec<u32> = told
        .iter()
        .filter_map(|attempt| match attempt {
            Attempt::Taken(nth) => Some(*nth),
            Attempt::Blocked(until) => {
                assert_eq!(*until, minute(0).plus(delay_after(free())));
                None
            }
        })
        .collect();
    taken.sort_unstable();
    assert_eq!(taken, (1..=free()).collect::<Vec<_>>());
}

async fn a_delay_runs_until_its_end_and_grows(db: Database) {
    let mut now = minute(0);
    for nth in 1..=9 {
        assert_eq!(take(&db, KEY, Nomades, now).await, Attempt::Taken(nth));
        let delay = delay_after(nth);
        if delay > Duration::ZERO {
            let until = now.plus(delay);
            let last_moment = Timestamp::from_millis(until.millis() - 1);
            assert_eq!(take(&db, KEY, Nomades, now).await, Attempt::Blocked(until));
            assert_eq!(take(&db, KEY, Nomades, last_moment).await, Attempt::Blocked(until), "waiting is not punished");
            now = until;
        }
    }
}

async fn zones_and_identifiers_are_counted_apart(db: Database) {
    for _ in 0..free() {
        take(&db, KEY, Nomades, minute(0)).await;
    }
    assert!(matches!(take(&db, KEY, Nomades, minute(0)).await, Attempt::Blocked(_)));
    assert_eq!(take(&db, KEY, Internal, minute(0)).await, Attempt::Taken(1), "a storm outside locks nobody inside");
    assert_eq!(take(&db, [8; 32], Nomades, minute(0)).await, Attempt::Taken(1));
}

async fn a_success_forgets(db: Database) {
    for _ in 0..free() {
        take(&db, KEY, Nomades, minute(0)).await;
        take(&db, KEY, Internal, minute(0)).await;
    }
    db.write(async |tx: &mut Tx| throttle::clear(tx, &KEY, Nomades).await).await.unwrap();
    assert_eq!(take(&db, KEY, Nomades, minute(0)).await, Attempt::Taken(1));
    assert!(matches!(take(&db, KEY, Internal, minute(0)).await, Attempt::Blocked(_)), "only in this zone");
}

async fn a_day_without_attempts_forgets(db: Database) {
    for nth in 1..free() {
        assert_eq!(take(&db, KEY, Nomades, minute(0)).await, Attempt::Taken(nth));
    }
    let a_day_later = minute(0).plus(FORGET_AFTER);
    let nearly = Timestamp::from_millis(a_day_later.millis() - 1);
    assert_eq!(take(&db, KEY, Nomades, nearly).await, Attempt::Taken(free()));
    assert_eq!(take(&db, KEY, Nomades, nearly.plus(FORGET_AFTER)).await, Attempt::Taken(1));
}

async fn what_no_longer_counts_is_purged(db: Database) {
    take(&db, KEY, Nomades, minute(0)).await;
    take(&db, [8; 32], Nomades, minute(60)).await;
    let now = Timestamp::from_millis(minute(0).plus(FORGET_AFTER).millis() + 1);
    let purged = db.write(async |tx: &mut Tx| throttle::purge(tx, now).await).await.unwrap();
    assert_eq!(purged, 1);
    assert_eq!(take(&db, [8; 32], Nomades, now).await, Attempt::Taken(2));
}

const BROWSER: [u8; 32] = [5; 32];

fn known<'a>() -> Count<'a> {
    Count { key: &KEY, zone: Nomades, browser: &BROWSER }
}

async fn take_of(db: &Database, count: Count<'_>, at: Timestamp) -> Attempt {
    db.write(async |tx: &mut Tx| throttle::take_of(tx, count, at).await).await.expect("an answer")
}

async fn succeed(db: &Database, count: Count<'_>) {
    db.write(async |tx: &mut Tx| throttle::succeed(tx, count).await).await.expect("a success");
}

/// CNIL-05, by the greediest guesser there is: whenever no delay runs, and the agent logs in after each failure.
async fn however_often_the_agent_succeeds_strangers_have_25_attempts_a_day(db: Database) {
    for count in [Count::of_strangers(&KEY, Nomades), known()] {
        let (begin, mut now, mut moments) = (minute(0), minute(0), Vec::new());
        while begin.until(now) < 3 * FORGET_AFTER {
            match take_of(&db, count, now).await {
                Attempt::Blocked(until) => now = until,
                Attempt::Taken(_) => {
                    moments.push(now);
                    if let Attempt::Taken(_) = take_of(&db, count, now).await {
                        succeed(&db, count).await;
                    }
                }
            }
        }
        let in_a_day =
            |from: &Timestamp| moments.iter().filter(|at| **at >= *from && from.until(**at) < FORGET_AFTER).count();
        let most = moments.iter().map(in_a_day).max().unwrap();
        assert!((13..=25).contains(&most), "{most} in a day");
    }
}

async fn a_success_ends_the_delay(db: Database) {
    let strangers = Count::of_strangers(&KEY, Nomades);
    for _ in 0..free() {
        take(&db, KEY, Nomades, minute(0)).await;
    }
    assert!(matches!(take(&db, KEY, Nomades, minute(0)).await, Attempt::Blocked(_)));
    let later = minute(0).plus(delay_after(free()));
    assert_eq!(take(&db, KEY, Nomades, later).await, Attempt::Taken(free() + 1));
    succeed(&db, strangers).await;
    assert_eq!(take(&db, KEY, Nomades, later).await, Attempt::Taken(1));
}

async fn a_known_browser_is_counted_apart_and_as_strictly(db: Database) {
    let store = db.store.clone();
    let told = crowd(|_| {
        let store = store.clone();
        async move {
            let work = async |tx: &mut Tx| throttle::take_of(tx, known(), minute(0)).await;
            store.write(work).await.expect("an answer")
        }
    })
    .await;
    let taken = told.iter().filter(|attempt| matches!(attempt, Attempt::Taken(_))).count();
    assert_eq!(taken, usize::try_from(free()).unwrap(), "fifty at once");
    assert_eq!(take(&db, KEY, Nomades, minute(0)).await, Attempt::Taken(1), "nobody else waits for it");
    for _ in 0..free() {
        take(&db, KEY, Nomades, minute(0)).await;
    }
    assert!(matches!(take(&db, KEY, Nomades, minute(0)).await, Attempt::Blocked(_)));
    let another = Count { browser: &[6; 32], ..known() };
    assert_eq!(take_of(&db, another, minute(0)).await, Attempt::Taken(1), "and it waits for nobody else");
    succeed(&db, another).await;
    assert!(
        matches!(take(&db, KEY, Nomades, minute(0)).await, Attempt::Blocked(_)),
        "whose success lifts nothing else"
    );
    db.write(async |tx: &mut Tx| throttle::clear(tx, &KEY, Nomades).await).await.unwrap();
    assert_eq!(take_of(&db, known(), minute(0)).await, Attempt::Taken(1), "another password begins anew everywhere");
}

async fn what_is_forgiven_says_where_it_was_counted(db: Database) {
    take(&db, KEY, Internal, minute(0)).await;
    take_of(&db, known(), minute(0)).await;
    let another = Count { browser: &[6; 32], ..known() };
    take_of(&db, another, minute(0)).await;
    succeed(&db, another).await;
    let forgiven = db.write(async |tx: &mut Tx| throttle::forgive(tx, &KEY).await).await.expect("forgiven");
    let mut told: Vec<_> = forgiven.iter().map(|count| (count.zone, count.known_browser, count.attempts)).collect();
    told.sort_by_key(|(_, known, _)| *known);
    assert_eq!(told, [(Internal, false, 1), (Nomades, true, 1)], "a success is nothing to forgive");
    assert_eq!(db.number("SELECT count(*) FROM throttle").await, 0);
}

async fn who_waits_because_the_day_is_spent_is_forgiven_too(db: Database) {
    let strangers = Count::of_strangers(&KEY, Nomades);
    let until = loop {
        match take_of(&db, strangers, minute(0)).await {
            Attempt::Blocked(until) => break until,
            Attempt::Taken(_) => {
                if let Attempt::Taken(_) = take_of(&db, strangers, minute(0)).await {
                    succeed(&db, strangers).await;
                }
            }
        }
    };
    assert!(minute(0).until(until) > Duration::from_hours(1), "not a delay that grows");
    db.write(async |tx: &mut Tx| throttle::forgive(tx, &KEY).await).await.expect("forgiven");
    assert_eq!(take_of(&db, strangers, minute(0)).await, Attempt::Taken(1));
}
