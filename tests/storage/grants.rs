//! Grants: one live grant per session and application, whoever asks at once.

use std::collections::BTreeSet;

use harness::engine::Database;
use octroi_idp::domain::grant::Grant;
use octroi_idp::domain::ids::{ClientId, GrantId, Sid};
use octroi_idp::storage::{Constraint, StoreError, Tx, applications, grants};

use crate::cast::{crowd, hr_validation, minute, one_login, soi};

harness::for_each_engine![
    asking_twice_gives_the_same_grant_and_after_a_revocation_a_new_one,
    fifty_who_ask_at_once_get_one_live_grant,
    applications_have_grants_of_their_own,
    a_grant_needs_its_session_and_its_application,
    removing_an_application_takes_its_grants,
];

async fn obtain(db: &Database, id: &str, sid: &str, client: &str) -> Result<GrantId, StoreError> {
    let (id, sid, client) = (GrantId::new(id), Sid::new(sid), ClientId::new(client));
    db.write(async |tx: &mut Tx| grants::obtain(tx, &id, &sid, &client, &soi("100001"), minute(3)).await).await
}

async fn find(db: &Database, id: &str) -> Option<Grant> {
    db.read(async |tx: &mut Tx| grants::find(tx, &GrantId::new(id)).await).await.expect("find")
}

async fn revoke(db: &Database, id: &str, at: i64) -> bool {
    db.write(async |tx: &mut Tx| grants::revoke(tx, &GrantId::new(id), minute(at)).await).await.expect("revoke")
}

async fn asking_twice_gives_the_same_grant_and_after_a_revocation_a_new_one(db: Database) {
    one_login(&db).await;
    assert_eq!(obtain(&db, "other", "s", "portal").await.unwrap().as_str(), "g");
    let expected = Grant {
        grant_id: GrantId::new("g"),
        sid: Sid::new("s"),
        client_id: ClientId::new("portal"),
        soi: soi("100001"),
        created_at: minute(0),
        revoked_at: None,
    };
    assert_eq!(find(&db, "g").await, Some(expected.clone()));
    assert!(revoke(&db, "g", 9).await);
    assert!(!revoke(&db, "g", 10).await);
    assert_eq!(find(&db, "g").await, Some(Grant { revoked_at: Some(minute(9)), ..expected }));
    assert_eq!(obtain(&db, "new", "s", "portal").await.unwrap().as_str(), "new");
    assert_eq!(find(&db, "unknown").await, None);
}

async fn fifty_who_ask_at_once_get_one_live_grant(db: Database) {
    one_login(&db).await;
    revoke(&db, "g", 1).await;
    let store = db.store.clone();
    let told: BTreeSet<GrantId> = crowd(|nth| {
        let store = store.clone();
        async move {
            let (id, sid, client) = (GrantId::new(format!("g{nth}")), Sid::new("s"), ClientId::new("portal"));
            let number = soi("100001");
            let work = async |tx: &mut Tx| grants::obtain(tx, &id, &sid, &client, &number, minute(2)).await;
            store.write(work).await.expect("a grant")
        }
    })
    .await
    .into_iter()
    .collect();
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(db.number("SELECT count(*) FROM application_grant WHERE revoked_at IS NULL").await, 1);
}

async fn applications_have_grants_of_their_own(db: Database) {
    one_login(&db).await;
    db.write(async |tx: &mut Tx| applications::insert(tx, &hr_validation(), None, minute(0)).await).await.unwrap();
    assert_eq!(obtain(&db, "h", "s", "hr-validation").await.unwrap().as_str(), "h");
    assert!(revoke(&db, "h", 4).await);
    assert_eq!(find(&db, "g").await.unwrap().revoked_at, None);
}

async fn a_grant_needs_its_session_and_its_application(db: Database) {
    one_login(&db).await;
    for (sid, client) in [("nobody", "portal"), ("s", "nothing")] {
        let refused = obtain(&db, "x", sid, client).await;
        assert!(matches!(refused, Err(StoreError::Conflict(Constraint::Reference))), "{refused:?}");
    }
}

async fn removing_an_application_takes_its_grants(db: Database) {
    one_login(&db).await;
    let remove = async |client: &str| {
        let client = ClientId::new(client);
        db.write(async |tx: &mut Tx| applications::delete(tx, &client).await).await.expect("delete")
    };
    assert!(remove("portal").await);
    assert!(!remove("portal").await);
    assert_eq!(find(&db, "g").await, None);
}
