//! Passwords: replaced only from the hash that was verified.

use harness::engine::Database;
use octroi_idp::storage::{Constraint, StoreError, Tx, passwords};

use crate::cast::{add_agents, agent, crowd, minute, soi};

harness::for_each_engine![
    a_password_is_set_found_and_set_again,
    of_fifty_changes_from_one_old_hash_one_wins,
    a_rehash_keeps_the_age_and_gives_way_to_a_change,
    a_password_needs_its_agent,
];

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

async fn of_fifty_changes_from_one_old_hash_one_wins(db: Database) {
    add_agents(&db, &[agent("100001", "Marchand")]).await;
    set(&db, "old", 1).await.unwrap();
    let store = db.store.clone();
    let won = crowd(|nth| {
        let store = store.clone();
        async move {
            let new = format!("new {nth}");
            let work = async |tx: &mut Tx| passwords::replace(tx, &soi("100001"), "old", &new, minute(2)).await;
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

async fn a_password_needs_its_agent(db: Database) {
    let refused = set(&db, "phc", 1).await;
    assert!(matches!(refused, Err(StoreError::Conflict(Constraint::Reference))), "{refused:?}");
}
