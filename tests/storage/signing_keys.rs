//! Signing keys: of two first starts, one wins, and both sign with its keys.

use harness::engine::Database;
use octroi_idp::domain::application::SigningAlg;
use octroi_idp::storage::signing_keys::{self, SealedKey};
use octroi_idp::storage::{Tx, markers};

use crate::cast::{crowd, minute};

harness::for_each_engine![
    a_key_comes_back_byte_for_byte,
    of_fifty_first_starts_one_key_per_algorithm_lives,
    a_new_key_is_announced,
];

fn key(kid: &str, alg: SigningAlg) -> SealedKey {
    SealedKey { kid: kid.into(), alg, sealed: (0..=255).collect() }
}

async fn insert(db: &Database, key: &SealedKey) -> bool {
    db.write(async |tx: &mut Tx| signing_keys::insert(tx, key, minute(0)).await).await.expect("insert")
}

async fn live(db: &Database) -> Vec<SealedKey> {
    db.read(async |tx: &mut Tx| signing_keys::list_live(tx).await).await.expect("list")
}

async fn a_key_comes_back_byte_for_byte(db: Database) {
    assert!(insert(&db, &key("k1", SigningAlg::ES256)).await);
    assert!(insert(&db, &key("k2", SigningAlg::RS256)).await);
    assert!(!insert(&db, &key("k3", SigningAlg::RS256)).await);
    let found = live(&db).await;
    assert_eq!(
        found.iter().map(|k| (k.kid.as_str(), k.alg)).collect::<Vec<_>>(),
        [("k1", SigningAlg::ES256), ("k2", SigningAlg::RS256)]
    );
    assert_eq!(found[0].sealed, (0..=255).collect::<Vec<u8>>());
}

async fn of_fifty_first_starts_one_key_per_algorithm_lives(db: Database) {
    let store = db.store.clone();
    let stored = crowd(|nth| {
        let store = store.clone();
        async move {
            let alg = if nth % 2 == 0 { SigningAlg::ES256 } else { SigningAlg::RS256 };
            let key = key(&format!("k{nth}"), alg);
            store.write(async |tx: &mut Tx| signing_keys::insert(tx, &key, minute(0)).await).await.expect("insert")
        }
    })
    .await;
    assert_eq!(stored.into_iter().filter(|stored| *stored).count(), 2);
    assert_eq!(live(&db).await.len(), 2);
}

async fn a_new_key_is_announced(db: Database) {
    let version = async || db.read(async |tx: &mut Tx| markers::list(tx).await).await.unwrap()["signing_keys"];
    let before = version().await;
    insert(&db, &key("k1", SigningAlg::ES256)).await;
    assert!(version().await > before);
}
