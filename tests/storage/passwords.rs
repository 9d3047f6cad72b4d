//! Passwords: replaced only from the one that was verified, and named by the time they were chosen.

use harness::engine::Database;
use octroi_idp::domain::time::Timestamp;
use octroi_idp::storage::passwords::StoredPassword;
use octroi_idp::storage::{Constraint, StoreError, Tx, agents, passwords};

use crate::cast::{add_agents, agent, crowd, minute, soi};

harness::for_each_engine![
    a_password_is_set_found_and_set_again,
    of_fifty_changes_of_one_old_password_one_wins,
    a_rehash_keeps_the_age_and_gives_way_to_a_change,
    another_password_never_has_the_time_of_the_one_before,
    a_held_password_waits_for_a_change_and_shows_it,
    a_password_needs_its_agent,
    the_last_ones_are_remembered_newest_first_and_no_more,
];

async fn the_last_ones_are_remembered_newest_first_and_no_more(db: Database) {
    add_agents(&db, &[agent("100001", "Marchand"), agent("100002", "Autre")]).await;
    let remember = async |number: &str, phc: &str, at, most| {
        let (soi, old) = (soi(number), StoredPassword { phc: phc.to_owned(), changed_at: minute(at), renew_at: None });
        db.write(async |tx: &mut Tx| passwords::remember(tx, &soi, &old, most).await).await.expect("remembered");
    };
    let history = async |most| {
        let read = async |tx: &mut Tx| passwords::history(tx, &soi("100001"), most).await;
        let found = db.read(read).await.expect("history");
        found.into_iter().map(|password| password.phc).collect::<Vec<_>>()
    };
    remember("100002", "somebody else's", 1, 4).await;
    for (phc, at) in [("one", 1), ("two", 2), ("three", 3), ("three", 3), ("four", 4)] {
        remember("100001", phc, at, 3).await;
    }
    assert_eq!(history(9).await, ["four", "three", "two"]);
    assert_eq!(history(1).await, ["four"]);
    // A policy that remembers less forgets more at the next change.
    remember("100001", "five", 5, 2).await;
    assert_eq!(history(9).await, ["five", "four"]);
    remember("100001", "six", 6, 0).await;
    assert_eq!(history(9).await, Vec::<String>::new());
}

async fn stored(db: &Database) -> Option<(String, i64)> {
    let found = db.read(async |tx: &mut Tx| passwords::find(tx, &soi("100001")).await).await.expect("find");
    found.map(|password| (password.phc, password.changed_at.millis()))
}

async fn set(db: &Database, phc: &str, at: i64) -> Result<(), StoreError> {
    db.write(async |tx: &mut Tx| passwords::set(tx, &soi("100001"), phc, minute(at)).await).await
}

async fn a_password_is_set_found_and_set_again(db: Database) {
    add_agents(&db, &[agent("100001", "Marchand")]).await;
    assert_eq!(stored(&db).await, None);
    set(&db, "$argon2id$one", 1).await.unwrap();
    set(&db, "$argon2id$two", 2).await.unwrap();
    assert_eq!(stored(&db).await, Some(("$argon2id$two".into(), minute(2).millis())));
}

async fn of_fifty_changes_of_one_old_password_one_wins(db: Database) {
    add_agents(&db, &[agent("100001", "Marchand")]).await;
    set(&db, "old", 1).await.unwrap();
    let store = db.store.clone();
    let won = crowd(|nth| {
        let store = store.clone();
        async move {
            let new = format!("new {nth}");
            let work = async |tx: &mut Tx| passwords::replace(tx, &soi("100001"), minute(1), &new, minute(2)).await;
            store.write(work).await.expect("replace").then_some(new.clone())
        }
    })
    .await;
    let winners: Vec<String> = won.into_iter().flatten().collect();
    assert_eq!(winners.len(), 1);
    assert_eq!(stored(&db).await, Some((winners[0].clone(), minute(2).millis())));
}

async fn a_rehash_keeps_the_age_and_gives_way_to_a_change(db: Database) {
    add_agents(&db, &[agent("100001", "Marchand")]).await;
    set(&db, "weak", 1).await.unwrap();
    let rehash = async |old, new| {
        db.write(async |tx: &mut Tx| passwords::rehash(tx, &soi("100001"), old, new).await).await.expect("rehash");
    };
    rehash("weak", "strong").await;
    assert_eq!(stored(&db).await, Some(("strong".into(), minute(1).millis())));
    rehash("weak", "late").await;
    assert_eq!(stored(&db).await.unwrap().0, "strong", "a slower login does not undo it");
}

async fn another_password_never_has_the_time_of_the_one_before(db: Database) {
    add_agents(&db, &[agent("100001", "Marchand")]).await;
    set(&db, "one", 5).await.unwrap();
    set(&db, "two", 4).await.unwrap();
    let after = |millis: i64| Timestamp::from_millis(minute(5).millis() + millis);
    assert_eq!(stored(&db).await, Some(("two".into(), after(1).millis())), "a clock that steps back");
    let replace = async |tx: &mut Tx| passwords::replace(tx, &soi("100001"), after(1), "three", after(1)).await;
    assert!(db.write(replace).await.unwrap());
    assert_eq!(stored(&db).await, Some(("three".into(), after(2).millis())), "the same millisecond");
    assert!(!db.write(replace).await.unwrap());
}

/// What `find` reads on PostgreSQL may be old before it is used; what `hold` reads is not.
async fn a_held_password_waits_for_a_change_and_shows_it(db: Database) {
    add_agents(&db, &[agent("100001", "Marchand")]).await;
    set(&db, "old", 1).await.unwrap();
    let (changed, told) = tokio::sync::oneshot::channel::<()>();
    let changed = std::sync::Mutex::new(Some(changed));
    let change = db.write(async |tx: &mut Tx| -> Result<(), StoreError> {
        agents::hold(tx, &soi("100001")).await?;
        passwords::set(tx, &soi("100001"), "new", minute(2)).await?;
        drop(changed.lock().unwrap().take());
        for _ in 0..100 {
            passwords::find(tx, &soi("100001")).await?; // time in which the other one could read the old one
        }
        Ok(())
    });
    let hold = async {
        drop(told.await);
        let work = async |tx: &mut Tx| -> Result<_, StoreError> {
            let agent = agents::hold(tx, &soi("100001")).await?;
            Ok((agent.map(|a| a.version), passwords::hold(tx, &soi("100001")).await?))
        };
        db.write(work).await.unwrap()
    };
    let (done, (version, held)) = tokio::join!(change, hold);
    done.unwrap();
    assert_eq!((version, held.map(|p| p.phc)), (Some(1), Some("new".into())));
    let nobody = async |tx: &mut Tx| agents::hold(tx, &soi("999999")).await;
    assert!(db.write(nobody).await.unwrap().is_none());
}

async fn a_password_needs_its_agent(db: Database) {
    let refused = set(&db, "phc", 1).await;
    assert!(matches!(refused, Err(StoreError::Conflict(Constraint::Reference))), "{refused:?}");
}
