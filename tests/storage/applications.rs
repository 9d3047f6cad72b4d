//! Applications: every field round trips, an update is conditional, and each write announces itself to running servers.

use harness::engine::Database;
use octroi_idp::domain::application::ApplicationRecord;
use octroi_idp::domain::ids::ClientId;
use octroi_idp::domain::secret::TokenHash;
use octroi_idp::storage::applications::{self, StoredApplication};
use octroi_idp::storage::{Constraint, StoreError, Tx, markers};

use crate::cast::{hash, hr_validation, minute, portal};

harness::for_each_engine![
    every_field_comes_back_as_it_went_in,
    an_update_counts_the_version_and_loses_against_an_older_one,
    a_known_client_id_is_a_conflict_of_its_own_name,
    each_write_is_announced_and_a_rolled_back_one_is_not,
];

async fn insert(db: &Database, record: &ApplicationRecord, secret: Option<TokenHash>) -> Result<(), StoreError> {
    db.write(async |tx: &mut Tx| applications::insert(tx, record, secret.as_ref(), minute(0)).await).await
}

async fn find(db: &Database, client_id: &str) -> Option<StoredApplication> {
    let client_id = ClientId::new(client_id);
    db.read(async |tx: &mut Tx| applications::find(tx, &client_id).await).await.expect("find")
}

async fn version(db: &Database) -> i64 {
    db.read(async |tx: &mut Tx| markers::list(tx).await).await.expect("markers")["applications"]
}

async fn every_field_comes_back_as_it_went_in(db: Database) {
    insert(&db, &portal(), None).await.unwrap();
    insert(&db, &hr_validation(), Some(hash(3))).await.unwrap();
    let found = find(&db, "hr-validation").await.expect("present");
    assert_eq!(found.application.record, hr_validation());
    assert_eq!(found.secret_hash, Some(hash(3)));
    assert_eq!((found.application.version, found.application.created_at), (1, minute(0)));
    let public = find(&db, "portal").await.expect("present");
    assert_eq!(public.application.record, portal());
    assert_eq!(public.secret_hash, None);
    assert!(find(&db, "nothing").await.is_none());
    let all = db.read(async |tx: &mut Tx| applications::list(tx).await).await.unwrap();
    let ids: Vec<&str> = all.iter().map(|stored| stored.application.record.client_id.as_str()).collect();
    assert_eq!(ids, ["hr-validation", "portal"]);
}

async fn an_update_counts_the_version_and_loses_against_an_older_one(db: Database) {
    insert(&db, &hr_validation(), Some(hash(3))).await.unwrap();
    let changed = ApplicationRecord { client_id: ClientId::new("hr-validation"), disabled: true, ..portal() };
    let update = async |version| {
        let work = async |tx: &mut Tx| applications::update(tx, &changed, Some(&hash(4)), version, minute(7)).await;
        db.write(work).await.expect("update")
    };
    assert!(update(1).await);
    assert!(!update(1).await);
    let found = find(&db, "hr-validation").await.unwrap();
    assert_eq!(found.application.record, changed);
    assert_eq!(found.secret_hash, Some(hash(4)));
    assert_eq!((found.application.version, found.application.updated_at), (2, minute(7)));
}

async fn a_known_client_id_is_a_conflict_of_its_own_name(db: Database) {
    insert(&db, &portal(), None).await.unwrap();
    let again = insert(&db, &portal(), None).await;
    assert!(matches!(again, Err(StoreError::Conflict(Constraint::ApplicationClientId))), "{again:?}");
}

async fn each_write_is_announced_and_a_rolled_back_one_is_not(db: Database) {
    let start = version(&db).await;
    insert(&db, &portal(), None).await.unwrap();
    let inserted = version(&db).await;
    assert!(inserted > start);
    insert(&db, &portal(), None).await.unwrap_err();
    assert_eq!(version(&db).await, inserted);
    let update = async |tx: &mut Tx| applications::update(tx, &portal(), None, 1, minute(1)).await;
    assert!(db.write(update).await.unwrap());
    let updated = version(&db).await;
    assert!(updated > inserted);
    let delete = async |tx: &mut Tx| applications::delete(tx, &ClientId::new("portal")).await;
    assert!(db.write(delete).await.unwrap());
    assert!(version(&db).await > updated);
}
