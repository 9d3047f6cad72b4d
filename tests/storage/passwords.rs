//! Passwords: replaced only from the one that was verified, and named by the time they were chosen.

use harness::engine::Database;
use octroi_idp::domain::time::Timestamp;
use octroi_idp::storage::passwords::StoredPassword;
use octroi_idp::storage::{Constraint, StoreError, Tx, agents, passwords, standing};

use crate::cast::{add_agents, agent, crowd, minute, soi};

harness::for_each_engine![
    a_password_is_set_found_and_set_again,
    of_fifty_changes_of_one_old_password_one_wins,
    a_rehash_keeps_the_age_and_gives_way_to_a_change,
    another_password_never_has_the_time_of_the_one_before,
    a_held_password_waits_for_a_change_and_shows_it,
    a_password_needs_its_agent,
    the_last_ones_are_remembered_newest_first_and_no_more,
    the_rules_that_it_met_are_noted_until_another_one_is_chosen,
    of_fifty_who_would_warn_one_does_and_each_step_once,
    a_warning_is_not_claimed_for_a_password_that_changed,
    passwords_that_age_are_listed_in_pages,
];

async fn found(db: &Database) -> StoredPassword {
    db.read(async |tx: &mut Tx| passwords::find(tx, &soi("100001")).await).await.expect("find").expect("a password")
}

async fn the_rules_that_it_met_are_noted_until_another_one_is_chosen(db: Database) {
    add_agents(&db, &[agent("100001", "Marchand")]).await;
    set(&db, "one", 1).await.unwrap();
    assert_eq!(found(&db).await.judged_by, None);
    let judged = async |at: i64, digest: [u8; 32]| {
        let note = async |tx: &mut Tx| passwords::set_judged(tx, &soi("100001"), minute(at), &digest).await;
        db.write(note).await.expect("noted");
    };
    judged(2, [2; 32]).await;
    assert_eq!(found(&db).await.judged_by, None, "another password than the one that was judged");
    judged(1, [7; 32]).await;
    assert_eq!(found(&db).await.judged_by, Some(vec![7; 32]));
    let rehash = async |tx: &mut Tx| passwords::rehash(tx, &soi("100001"), "one", "anew").await;
    db.write(rehash).await.expect("rehashed");
    assert_eq!(found(&db).await.judged_by, Some(vec![7; 32]), "the same password");
    let standing = async |tx: &mut Tx| standing::find_agent(tx, &soi("100001")).await;
    let password = db.read(standing).await.expect("standing").and_then(|standing| standing.password);
    assert_eq!(password.expect("a password").judged_by, Some(vec![7; 32]), "it comes with the agent");
    set(&db, "two", 3).await.unwrap();
    assert_eq!(found(&db).await.judged_by, None);
    judged(3, [7; 32]).await;
    let replace = async |tx: &mut Tx| passwords::replace(tx, &soi("100001"), minute(3), "three", minute(4)).await;
    assert!(db.write(replace).await.expect("replaced"));
    assert_eq!(found(&db).await.judged_by, None);
}

async fn of_fifty_who_would_warn_one_does_and_each_step_once(db: Database) {
    add_agents(&db, &[agent("100001", "Marchand")]).await;
    set(&db, "one", 1).await.unwrap();
    let password = found(&db).await;
    let claim = async |ends: i64, days: u32| {
        let (store, password) = (db.store.clone(), password.clone());
        let won = crowd(|_| {
            let (store, password) = (store.clone(), password.clone());
            async move {
                let claim = async |tx: &mut Tx| {
                    passwords::claim_warning(tx, &soi("100001"), &password, minute(ends), days).await
                };
                store.write(claim).await.expect("claim")
            }
        })
        .await;
        won.into_iter().filter(|won| *won).count()
    };
    assert_eq!(claim(100, 15).await, 1);
    assert_eq!(claim(100, 15).await, 0, "told already");
    assert_eq!(claim(100, 3).await, 1, "a step that was left out is not made up for");
    assert_eq!(claim(100, 7).await, 0);
    assert_eq!(claim(200, 15).await, 1, "another end is another story");
}

async fn a_warning_is_not_claimed_for_a_password_that_changed(db: Database) {
    add_agents(&db, &[agent("100001", "Marchand")]).await;
    set(&db, "one", 1).await.unwrap();
    let claim = async |password: &StoredPassword| {
        let claim = async |tx: &mut Tx| passwords::claim_warning(tx, &soi("100001"), password, minute(100), 7).await;
        db.write(claim).await.expect("claim")
    };
    let before = found(&db).await;
    let renew = async |tx: &mut Tx| passwords::renew_from(tx, &soi("100001"), minute(50)).await;
    assert!(db.write(renew).await.expect("marked"));
    assert!(!claim(&before).await, "its end is another one now");
    let marked = found(&db).await;
    set(&db, "two", 2).await.unwrap();
    assert!(!claim(&marked).await, "it was changed");
    assert!(claim(&found(&db).await).await);
}

async fn passwords_that_age_are_listed_in_pages(db: Database) {
    let numbers = ["100001", "100002", "100003", "100004", "100005"];
    add_agents(&db, &numbers.map(|number| agent(number, "Marchand"))).await;
    for (number, at) in numbers.into_iter().zip([10, 20, 30, 40]) {
        let set = async |tx: &mut Tx| passwords::set(tx, &soi(number), "phc", minute(at)).await;
        db.write(set).await.expect("set");
    }
    let renew = async |tx: &mut Tx| passwords::renew_from(tx, &soi("100004"), minute(60)).await;
    assert!(db.write(renew).await.expect("marked"));
    let list = async |after: &str, chosen: Option<i64>, renewed: i64, limit: u32| {
        let list =
            async |tx: &mut Tx| standing::list_ageing(tx, after, chosen.map(minute), minute(renewed), limit).await;
        let found = db.read(list).await.expect("list");
        found.into_iter().map(|standing| standing.agent.record.soi.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(list("", Some(20), 0, 9).await, ["100001", "100002"]);
    assert_eq!(list("", Some(20), 60, 2).await, ["100001", "100002"]);
    assert_eq!(list("100002", Some(20), 60, 2).await, ["100004"]);
    assert_eq!(list("", None, 60, 9).await, ["100004"], "nobody renews by age");
    assert_eq!(list("", None, 59, 9).await, Vec::<String>::new());
    let leave = "UPDATE agent SET employment = 'left' WHERE soi = '100001'";
    db.execute(leave).await;
    assert_eq!(list("", Some(20), 0, 9).await, ["100002"], "who works");
}

async fn the_last_ones_are_remembered_newest_first_and_no_more(db: Database) {
    add_agents(&db, &[agent("100001", "Marchand"), agent("100002", "Autre")]).await;
    let remember = async |number: &str, phc: &str, at, most| {
        let (soi, phc, changed_at) = (soi(number), phc.to_owned(), minute(at));
        let old = StoredPassword { phc, changed_at, renew_at: None, suspended_at: None, judged_by: None };
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
