//! Authorization codes: consumed by one conditional statement whose result decides.

use harness::engine::Database;
use octroi_idp::domain::grant::AuthorizationCode;
use octroi_idp::storage::codes::{self, Consumed};
use octroi_idp::storage::{Constraint, StoreError, Tx};

use crate::cast::{CROWD, code, crowd, hash, minute, one_login};

harness::for_each_engine![
    every_field_comes_back_as_it_went_in,
    of_fifty_who_present_one_code_one_gets_it_and_the_others_are_replays,
    an_unknown_code_is_unknown,
    an_expired_code_is_spent_like_any_other,
    the_same_hash_twice_is_a_conflict,
    expired_codes_are_purged,
];

async fn insert(db: &Database, byte: u8, code: &AuthorizationCode) -> Result<(), StoreError> {
    db.write(async |tx: &mut Tx| codes::insert(tx, &hash(byte), code).await).await
}

async fn consume(db: &Database, byte: u8, at: i64) -> Consumed {
    db.write(async |tx: &mut Tx| codes::consume(tx, &hash(byte), minute(at)).await).await.expect("an answer")
}

async fn every_field_comes_back_as_it_went_in(db: Database) {
    one_login(&db).await;
    insert(&db, 7, &code()).await.unwrap();
    let bare = AuthorizationCode { code_challenge: None, nonce: None, ..code() };
    insert(&db, 8, &bare).await.unwrap();
    let Consumed::Now(found) = consume(&db, 7, 1).await else { panic!("the first time") };
    assert_eq!(found, code());
    let Consumed::Replayed(again) = consume(&db, 7, 1).await else { panic!("the second time") };
    assert_eq!(again, code());
    let Consumed::Now(found) = consume(&db, 8, 1).await else { panic!("the first time") };
    assert_eq!(found, bare);
}

async fn of_fifty_who_present_one_code_one_gets_it_and_the_others_are_replays(db: Database) {
    one_login(&db).await;
    insert(&db, 7, &code()).await.unwrap();
    let store = db.store.clone();
    let told = crowd(|_| {
        let store = store.clone();
        async move {
            store.write(async |tx: &mut Tx| codes::consume(tx, &hash(7), minute(1)).await).await.expect("an answer")
        }
    })
    .await;
    let first = told.iter().filter(|told| matches!(told, Consumed::Now(_))).count();
    let replayed = told.iter().filter(|told| matches!(told, Consumed::Replayed(_))).count();
    assert_eq!((first, replayed), (1, CROWD - 1));
}

async fn an_unknown_code_is_unknown(db: Database) {
    one_login(&db).await;
    assert!(matches!(consume(&db, 9, 1).await, Consumed::Unknown));
}

async fn an_expired_code_is_spent_like_any_other(db: Database) {
    one_login(&db).await;
    insert(&db, 7, &code()).await.unwrap();
    let Consumed::Now(found) = consume(&db, 7, 500).await else { panic!("expired is for the caller to judge") };
    assert!(found.expires_at < minute(500));
}

async fn the_same_hash_twice_is_a_conflict(db: Database) {
    one_login(&db).await;
    insert(&db, 7, &code()).await.unwrap();
    let again = insert(&db, 7, &code()).await;
    assert!(matches!(again, Err(StoreError::Conflict(Constraint::Unique))), "{again:?}");
}

async fn expired_codes_are_purged(db: Database) {
    one_login(&db).await;
    insert(&db, 7, &code()).await.unwrap();
    insert(&db, 8, &AuthorizationCode { expires_at: minute(100), ..code() }).await.unwrap();
    let purged = db.write(async |tx: &mut Tx| codes::purge(tx, minute(50)).await).await.unwrap();
    assert_eq!(purged, 1);
    assert!(matches!(consume(&db, 7, 50).await, Consumed::Unknown));
    assert!(matches!(consume(&db, 8, 50).await, Consumed::Now(_)));
}
