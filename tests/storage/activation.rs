//! Activation codes: one live code per agent, spent once.

use harness::engine::Database;
use octroi_idp::domain::code_delivery::CodeDelivery;
use octroi_idp::storage::activation::{self, NewCode};
use octroi_idp::storage::{StoreError, Tx};

use crate::cast::{add_agents, agent, crowd, minute, soi};

harness::for_each_engine![
    of_fifty_who_present_one_code_one_is_told_yes,
    a_new_code_replaces_the_one_before,
    an_expired_code_is_refused_to_the_millisecond,
    looking_spends_nothing_and_another_agents_code_is_worthless,
    a_withdrawn_code_is_worthless,
    expired_codes_are_purged,
];

async fn add_code(db: &Database, id: &str, byte: u8, until: i64) {
    let number = soi("100001");
    let code =
        NewCode { id, soi: &number, code_hash: [byte; 32], delivery: CodeDelivery::Letter, expires_at: minute(until) };
    let stored = db.write(async |tx: &mut Tx| activation::replace(tx, &code, minute(0)).await).await;
    stored.expect("a code is stored");
}

async fn consume(db: &Database, number: &str, byte: u8, at: i64) -> bool {
    let number = soi(number);
    let told = db.write(async |tx: &mut Tx| activation::consume(tx, &number, [byte; 32], minute(at)).await).await;
    told.expect("an answer").is_some()
}

async fn is_live(db: &Database, byte: u8, at: i64) -> bool {
    let told = db.read(async |tx: &mut Tx| activation::is_live(tx, &soi("100001"), [byte; 32], minute(at)).await).await;
    told.expect("an answer")
}

async fn of_fifty_who_present_one_code_one_is_told_yes(db: Database) {
    add_agents(&db, &[agent("100001", "Marchand")]).await;
    add_code(&db, "a", 1, 60).await;
    let store = db.store.clone();
    let told = crowd(|_| {
        let store = store.clone();
        async move {
            let work = async |tx: &mut Tx| activation::consume(tx, &soi("100001"), [1; 32], minute(1)).await;
            store.write(work).await.expect("an answer")
        }
    })
    .await;
    assert_eq!(told.into_iter().filter(Option::is_some).count(), 1);
    assert!(!is_live(&db, 1, 1).await);
}

async fn a_new_code_replaces_the_one_before(db: Database) {
    add_agents(&db, &[agent("100001", "Marchand")]).await;
    add_code(&db, "a", 1, 60).await;
    add_code(&db, "b", 2, 60).await;
    assert!(!consume(&db, "100001", 1, 1).await);
    assert!(consume(&db, "100001", 2, 1).await);
    assert!(!consume(&db, "100001", 2, 1).await, "once");
    add_code(&db, "c", 3, 60).await;
    assert!(consume(&db, "100001", 3, 1).await, "a spent code does not stand in the way of a new one");
}

async fn an_expired_code_is_refused_to_the_millisecond(db: Database) {
    add_agents(&db, &[agent("100001", "Marchand")]).await;
    add_code(&db, "a", 1, 60).await;
    assert!(!is_live(&db, 1, 60).await);
    assert!(!consume(&db, "100001", 1, 60).await);
    assert!(consume(&db, "100001", 1, 59).await);
}

async fn looking_spends_nothing_and_another_agents_code_is_worthless(db: Database) {
    add_agents(&db, &[agent("100001", "Marchand"), agent("100002", "Autre")]).await;
    add_code(&db, "a", 1, 60).await;
    assert!(is_live(&db, 1, 1).await);
    assert!(is_live(&db, 1, 1).await);
    assert!(!is_live(&db, 9, 1).await);
    assert!(!consume(&db, "100002", 1, 1).await);
    assert!(consume(&db, "100001", 1, 1).await);
}

async fn a_withdrawn_code_is_worthless(db: Database) {
    add_agents(&db, &[agent("100001", "Marchand")]).await;
    add_code(&db, "a", 1, 60).await;
    let withdrawn: Result<(), StoreError> =
        db.write(async |tx: &mut Tx| activation::withdraw(tx, &soi("100001"), minute(1)).await).await;
    withdrawn.unwrap();
    assert!(!consume(&db, "100001", 1, 2).await);
}

async fn expired_codes_are_purged(db: Database) {
    add_agents(&db, &[agent("100001", "Marchand")]).await;
    add_code(&db, "a", 1, 10).await;
    add_code(&db, "b", 2, 60).await;
    let purged = db.write(async |tx: &mut Tx| activation::purge(tx, minute(30)).await).await.unwrap();
    assert_eq!(purged, 1);
    assert!(is_live(&db, 2, 30).await);
}
