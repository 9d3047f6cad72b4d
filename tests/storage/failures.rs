//! Failures by source network: noted once for each SOI, forgotten after a day, and told once when they look like guessing.
//! From a slowed network one attempt enters at a time.

use std::time::Duration;

use harness::engine::Database;
use octroi_idp::domain::throttle::{FORGET_AFTER, NetworkFailures, Suspicion};
use octroi_idp::domain::time::Timestamp;
use octroi_idp::domain::zone::NetworkZone::Nomades;
use octroi_idp::storage::throttle::{self, Count};
use octroi_idp::storage::{Tx, failures};

use crate::cast::{CROWD, crowd, minute};

harness::for_each_engine![
    failures_are_counted_for_the_network_and_for_the_identifier,
    who_succeeds_is_no_failure_of_the_network,
    a_day_forgets_failures,
    fifty_notes_at_once_are_all_counted,
    of_fifty_from_a_slowed_network_one_enters,
    who_entered_and_was_right_keeps_nobody_out,
    a_later_moment_is_not_made_earlier,
    from_a_slowed_network_nothing_is_taken_in_passing,
    of_fifty_who_suspect_one_tells_it_and_a_day_later_another,
    what_is_over_is_purged,
];

const HOME: [u8; 32] = [1; 32];
const CAFE: [u8; 32] = [2; 32];
const INES: [u8; 32] = [7; 32];
const YANN: [u8; 32] = [8; 32];

async fn note(db: &Database, network: [u8; 32], identifier: [u8; 32], at: Timestamp) {
    db.write(async |tx: &mut Tx| failures::note(tx, &network, &identifier, at).await).await.expect("noted");
}

/// Identifiers and failures of the network, networks of the identifier.
async fn count(db: &Database, network: [u8; 32], identifier: [u8; 32], at: Timestamp) -> (u32, u32, u32) {
    let found = db.read(async |tx: &mut Tx| failures::count(tx, &network, &identifier, at).await).await;
    let NetworkFailures { identifiers, failures, networks } = found.expect("counted");
    (identifiers, failures, networks)
}

async fn slow(db: &Database, next: Timestamp, at: Timestamp) {
    db.write(async |tx: &mut Tx| failures::slow(tx, &HOME, next, at).await).await.expect("slowed");
}

async fn slowed(db: &Database, at: Timestamp) -> Option<Timestamp> {
    db.read(async |tx: &mut Tx| failures::slowed(tx, &HOME, at).await).await.expect("an answer")
}

async fn failures_are_counted_for_the_network_and_for_the_identifier(db: Database) {
    assert_eq!(count(&db, HOME, INES, minute(0)).await, (0, 0, 0));
    for _ in 0..3 {
        note(&db, HOME, INES, minute(0)).await;
    }
    note(&db, HOME, YANN, minute(1)).await;
    note(&db, CAFE, INES, minute(1)).await;
    assert_eq!(count(&db, HOME, INES, minute(1)).await, (2, 4, 2));
    assert_eq!(count(&db, CAFE, YANN, minute(1)).await, (1, 1, 1));
}

async fn who_succeeds_is_no_failure_of_the_network(db: Database) {
    for network in [HOME, CAFE] {
        note(&db, network, INES, minute(0)).await;
        note(&db, network, YANN, minute(0)).await;
    }
    db.write(async |tx: &mut Tx| failures::forget(tx, &HOME, &INES).await).await.unwrap();
    assert_eq!(count(&db, HOME, INES, minute(0)).await, (1, 1, 1));
    let forgiven = db.write(async |tx: &mut Tx| failures::forgive(tx, &YANN).await).await.unwrap();
    assert_eq!((forgiven, count(&db, CAFE, YANN, minute(0)).await), (2, (1, 1, 0)));
}

async fn a_day_forgets_failures(db: Database) {
    note(&db, HOME, INES, minute(0)).await;
    note(&db, HOME, INES, minute(0)).await;
    let a_day_later = minute(0).plus(FORGET_AFTER);
    assert_eq!(count(&db, HOME, INES, Timestamp::from_millis(a_day_later.millis() - 1)).await, (1, 2, 1));
    assert_eq!(count(&db, HOME, INES, a_day_later).await, (0, 0, 0));
    note(&db, HOME, INES, a_day_later).await;
    assert_eq!(count(&db, HOME, INES, a_day_later).await, (1, 1, 1), "and begins anew");
}

async fn fifty_notes_at_once_are_all_counted(db: Database) {
    let store = db.store.clone();
    crowd(|nth| {
        let store = store.clone();
        let identifier = [u8::try_from(nth % 5).unwrap(); 32];
        async move {
            store
                .write(async |tx: &mut Tx| failures::note(tx, &HOME, &identifier, minute(0)).await)
                .await
                .expect("noted");
        }
    })
    .await;
    assert_eq!(count(&db, HOME, [0; 32], minute(0)).await, (5, u32::try_from(CROWD).unwrap(), 1));
}

async fn of_fifty_from_a_slowed_network_one_enters(db: Database) {
    slow(&db, minute(1), minute(0)).await;
    let store = db.store.clone();
    for (at, next, expected) in [(minute(0), minute(5), 0), (minute(1), minute(6), 1), (minute(6), minute(9), 1)] {
        let told =
            crowd(|_| {
                let store = store.clone();
                async move {
                    store.write(async |tx: &mut Tx| failures::enter(tx, &HOME, next, at).await).await.expect("told")
                }
            })
            .await;
        assert_eq!(told.into_iter().filter(|entered| *entered).count(), expected, "{at:?}");
    }
    assert_eq!(slowed(&db, minute(6)).await, Some(minute(9)));
}

async fn who_entered_and_was_right_keeps_nobody_out(db: Database) {
    slow(&db, minute(0), minute(0)).await;
    let enter =
        async |next, at| db.write(async |tx: &mut Tx| failures::enter(tx, &HOME, next, at).await).await.unwrap();
    let leave =
        async |next, at| db.write(async |tx: &mut Tx| failures::leave(tx, &HOME, next, at).await).await.unwrap();
    assert!(enter(minute(5), minute(1)).await);
    leave(minute(5), minute(2)).await;
    assert!(enter(minute(6), minute(2)).await, "the next one needs not wait");
    slow(&db, minute(9), minute(3)).await;
    leave(minute(6), minute(3)).await;
    assert_eq!(slowed(&db, minute(3)).await, Some(minute(9)), "somebody else failed meanwhile");
}

async fn a_later_moment_is_not_made_earlier(db: Database) {
    slow(&db, minute(9), minute(0)).await;
    slow(&db, minute(5), minute(1)).await;
    assert_eq!(slowed(&db, minute(1)).await, Some(minute(9)));
    slow(&db, minute(12), minute(2)).await;
    assert_eq!(slowed(&db, minute(2)).await, Some(minute(12)));
    assert_eq!(slowed(&db, minute(2).plus(FORGET_AFTER)).await, None, "a day after the last failure");
}

async fn from_a_slowed_network_nothing_is_taken_in_passing(db: Database) {
    let taken = async |network: &[u8], at| {
        let count = Count::of_strangers(&INES, Nomades);
        let take = async |tx: &mut Tx| throttle::take_unless_slowed(tx, count, network, at).await;
        db.write(take).await.expect("an answer")
    };
    slow(&db, minute(1), minute(0)).await;
    assert_eq!(taken(&HOME, minute(5)).await, None, "also when its delay is over: others may wait, too");
    assert_eq!(taken(&CAFE, minute(5)).await, Some(1));
    assert_eq!(taken(&[], minute(5)).await, Some(2), "no network");
    db.write(async |tx: &mut Tx| failures::recover(tx, &HOME).await).await.unwrap();
    assert_eq!(taken(&HOME, minute(5)).await, Some(3));
}

async fn of_fifty_who_suspect_one_tells_it_and_a_day_later_another(db: Database) {
    let store = db.store.clone();
    let suspect = async |subject: [u8; 32], at: Timestamp| {
        let told = crowd(|_| {
            let store = store.clone();
            let suspicion = Suspicion::ManyIdentifiers(10);
            async move {
                let tell = async |tx: &mut Tx| failures::suspect(tx, suspicion, &subject, at).await;
                store.write(tell).await.expect("an answer")
            }
        });
        told.await.into_iter().filter(|told| *told).count()
    };
    assert_eq!(suspect(HOME, minute(0)).await, 1);
    assert_eq!(suspect(HOME, minute(60)).await, 0);
    assert_eq!(suspect(CAFE, minute(60)).await, 1, "another network is another matter");
    assert_eq!(suspect(HOME, minute(0).plus(FORGET_AFTER)).await, 1);
}

async fn what_is_over_is_purged(db: Database) {
    note(&db, HOME, INES, minute(0)).await;
    note(&db, HOME, YANN, minute(60)).await;
    slow(&db, minute(1), minute(0)).await;
    for (suspicion, at) in [(Suspicion::ManyNetworks(5), minute(0)), (Suspicion::ManyAttempts(10), minute(60))] {
        db.write(async |tx: &mut Tx| failures::suspect(tx, suspicion, &INES, at).await).await.unwrap();
    }
    let now = minute(0).plus(FORGET_AFTER + Duration::from_millis(1));
    let purged = db.write(async |tx: &mut Tx| failures::purge(tx, now).await).await.unwrap();
    assert_eq!(purged, 3);
    assert_eq!(count(&db, HOME, YANN, now).await, (1, 1, 1));
}
