//! Migrations: the same on both engines, harmless when run again, and a newer database is left alone.

use std::collections::BTreeSet;
use std::path::Path;

use harness::engine::Database;
use octroi_idp::storage::{Schema, Store, StoreError};

harness::for_each_engine![
    a_migrated_database_is_current_and_migrating_again_changes_nothing,
    a_newer_database_is_refused_and_left_untouched,
    an_older_database_says_what_to_run,
];

fn migrations(engine: &str) -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrations").join(engine);
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn both_engines_have_migrations_of_the_same_numbers_and_names() {
    assert_eq!(migrations("sqlite"), migrations("postgres"));
    for name in migrations("sqlite") {
        let (number, rest) = name.split_once('_').expect("NNNN_name.sql");
        assert!(number.len() == 4 && number.parse::<u32>().is_ok() && rest.ends_with(".sql"), "{name}");
    }
}

async fn a_migrated_database_is_current_and_migrating_again_changes_nothing(db: Database) {
    assert_eq!(db.schema().await.unwrap(), Schema::Current);
    db.require_current_schema().await.unwrap();
    let before = db.number("SELECT count(*) FROM _sqlx_migrations").await;
    db.migrate().await.unwrap();
    assert_eq!(db.number("SELECT count(*) FROM _sqlx_migrations").await, before);
    assert_eq!(before, i64::try_from(migrations("sqlite").len()).unwrap());
}

async fn a_newer_database_is_refused_and_left_untouched(db: Database) {
    db.execute(
        "INSERT INTO _sqlx_migrations (version, description, installed_on, success, checksum, execution_time) \
         SELECT 9999, 'from the future', installed_on, success, checksum, 0 FROM _sqlx_migrations WHERE version = 1",
    )
    .await;
    let known = db.number("SELECT max(version) FROM _sqlx_migrations WHERE version < 9999").await;
    for refused in [db.migrate().await, db.require_current_schema().await] {
        assert!(
            matches!(refused, Err(StoreError::SchemaTooNew { found: 9999, known: k }) if k == known),
            "{refused:?}"
        );
    }
    assert_eq!(db.schema().await.unwrap(), Schema::Newer { found: 9999, known });
    assert_eq!(db.number("SELECT max(version) FROM _sqlx_migrations").await, 9999);
}

async fn an_older_database_says_what_to_run(db: Database) {
    db.execute("DELETE FROM _sqlx_migrations WHERE version > 1").await;
    db.execute("UPDATE _sqlx_migrations SET version = 0").await;
    let refused = db.require_current_schema().await;
    assert!(matches!(refused, Err(StoreError::SchemaTooOld { found: 0, .. })), "{refused:?}");
    assert!(refused.unwrap_err().to_string().contains("octroi migrate"));
}

mod empty {
    use harness::engine::{Engine, fresh_settings};
    use octroi_idp::storage::Schema;

    use super::{Store, StoreError};

    #[tokio::test]
    async fn sqlite_an_empty_database_is_told_from_an_older_one() {
        empty_is_told_from_older(Engine::Sqlite).await;
    }

    #[tokio::test]
    async fn postgres_an_empty_database_is_told_from_an_older_one() {
        empty_is_told_from_older(Engine::Postgres).await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn sqlite_two_first_starts_at_once_migrate_once() {
        two_first_starts(Engine::Sqlite).await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn postgres_two_first_starts_at_once_migrate_once() {
        two_first_starts(Engine::Postgres).await;
    }

    async fn empty_is_told_from_older(engine: Engine) {
        let Some((settings, remains)) = fresh_settings(engine).await else { return };
        let store = Store::open(&settings).await.unwrap();
        assert_eq!(store.schema().await.unwrap(), Schema::Empty);
        let refused = store.require_current_schema().await;
        assert!(matches!(refused, Err(StoreError::SchemaTooOld { found: 0, .. })), "{refused:?}");
        store.migrate().await.unwrap();
        store.require_current_schema().await.unwrap();
        store.close().await;
        remains.remove().await;
    }

    async fn two_first_starts(engine: Engine) {
        let Some((settings, remains)) = fresh_settings(engine).await else { return };
        let mut starts = Vec::new();
        for _ in 0..4 {
            let settings = settings.clone();
            starts.push(tokio::spawn(async move {
                let store = Store::open(&settings).await?;
                store.migrate().await?;
                store.ping().await?;
                store.close().await;
                Ok::<(), StoreError>(())
            }));
        }
        for start in starts {
            start.await.unwrap().expect("each of four first starts succeeds");
        }
        remains.remove().await;
    }
}
