//! Files of the embedded engine: copied while somebody writes, judged before they are trusted, folded only when nobody
//! else is there.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use harness::engine::{Database, Engine, Remains, fresh_store};
use octroi_idp::storage::database_file::{FileFault, copy_into, fold, inspect};
use octroi_idp::storage::{DatabaseUrl, Presence, Store, StoreError};
use sqlx::{Connection, SqliteConnection};

use crate::cast::{add_agents, agent};

const PATIENCE: Duration = Duration::from_millis(200);

/// A database with some agents, and its path.
async fn stage() -> (Database, PathBuf, Remains) {
    let (db, remains) = fresh_store(Engine::Sqlite).await.expect("SQLite is always there");
    let everybody: Vec<_> = (0..200).map(|n| agent(&format!("{}", 300_000 + n), "Copie")).collect();
    add_agents(&db, &everybody).await;
    let DatabaseUrl::Sqlite(path) = &db.settings.url else { unreachable!("a file") };
    let path = path.clone();
    (db, path, remains)
}

/// A copy of it beside it.
async fn copy(path: &Path, name: &str) -> PathBuf {
    let target = path.with_file_name(name);
    copy_into(path, &target, PATIENCE).await.expect("a copy");
    target
}

async fn open_beside(path: &Path) -> SqliteConnection {
    SqliteConnection::connect(&format!("sqlite://{}", path.display())).await.expect("another program")
}

#[tokio::test]
async fn a_copy_is_one_whole_file_and_holds_what_only_the_log_had() {
    let (db, path, _remains) = stage().await;
    let target = copy(&path, "a copy #1.db").await;
    let found = inspect(&target).await.expect("it is whole");
    let newest = db.number("SELECT max(version) FROM _sqlx_migrations").await;
    assert_eq!((found.agents, found.schema, found.newest_event), (200, newest, None));
    assert_eq!(found.bytes, fs::metadata(&target).unwrap().len());
    let beside: Vec<_> = fs::read_dir(path.parent().unwrap())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with("a copy"))
        .collect();
    assert_eq!(beside, ["a copy #1.db"], "looking at it makes no file beside it");
    db.close().await;
}

#[tokio::test]
async fn a_copy_leaves_out_what_is_not_committed() {
    let (db, path, _remains) = stage().await;
    let mut other = open_beside(&path).await;
    sqlx::raw_sql("BEGIN IMMEDIATE; DELETE FROM agent WHERE soi < '300100'").execute(&mut other).await.unwrap();
    let target = copy(&path, "copy.db").await;
    assert_eq!(inspect(&target).await.unwrap().agents, 200);
    sqlx::raw_sql("COMMIT").execute(&mut other).await.expect("the writer was not disturbed");
    drop(db);
}

#[tokio::test]
async fn a_file_cut_anywhere_is_told_from_a_whole_one() {
    let (_db, path, _remains) = stage().await;
    let whole = fs::read(copy(&path, "copy.db").await).unwrap();
    let cut = path.with_file_name("cut.db");
    let steps = (0..whole.len()).step_by(4096).chain([1, 15, 16, 99, 100, 101, whole.len() - 1]);
    for length in steps {
        fs::write(&cut, &whole[..length]).unwrap();
        let fault = inspect(&cut).await.expect_err("a part of a file");
        match length {
            0 => assert!(matches!(fault, FileFault::Empty), "{length}: {fault:?}"),
            1..100 => assert!(matches!(fault, FileFault::NotADatabase), "{length}: {fault:?}"),
            _ => assert!(matches!(fault, FileFault::Truncated { .. }), "{length}: {fault:?}"),
        }
    }
    fs::write(&cut, [whole.as_slice(), &[0; 10]].concat()).unwrap();
    assert!(matches!(inspect(&cut).await, Err(FileFault::TooLong { .. })));
    fs::write(&cut, &whole).unwrap();
    inspect(&cut).await.expect("the whole of it");
}

#[tokio::test]
async fn a_page_that_was_overwritten_is_damage_wherever_it_is() {
    let (_db, path, _remains) = stage().await;
    let whole = fs::read(copy(&path, "copy.db").await).unwrap();
    let torn = path.with_file_name("torn.db");
    for page in (0..whole.len() / 4096).rev() {
        let mut bytes = whole.clone();
        // The first 100 bytes are judged by the test above.
        let from = if page == 0 { 100 } else { page * 4096 };
        bytes[from..(page + 1) * 4096].fill(0xa5);
        fs::write(&torn, bytes).unwrap();
        let fault = inspect(&torn).await.expect_err("a torn page");
        assert!(matches!(fault, FileFault::Damaged(_)), "page {page}: {fault:?}");
    }
}

#[tokio::test]
async fn what_is_not_ours_is_named_for_what_it_is() {
    let (db, path, _remains) = stage().await;
    let at = |name: &str| path.with_file_name(name);
    fs::write(at("text"), "soi;given_name\n".repeat(500)).unwrap();
    assert!(matches!(inspect(&at("text")).await, Err(FileFault::NotADatabase)));
    assert!(matches!(inspect(path.parent().unwrap()).await, Err(FileFault::NotAFile)));
    assert!(inspect(&at("nothing")).await.expect_err("nothing").is_absent());

    for (name, sql) in [
        ("another.db", "CREATE TABLE agent (soi TEXT); CREATE TABLE audit (at INTEGER)"),
        (
            "sqlx.db",
            "CREATE TABLE _sqlx_migrations (version BIGINT PRIMARY KEY, checksum BLOB); \
             INSERT INTO _sqlx_migrations VALUES (1, x'00')",
        ),
    ] {
        fs::write(at(name), "").unwrap();
        let mut foreign = open_beside(&at(name)).await;
        sqlx::raw_sql(sql).execute(&mut foreign).await.unwrap();
        foreign.close().await.unwrap();
        assert!(matches!(inspect(&at(name)).await, Err(FileFault::Foreign)), "{name}");
    }

    let newer = copy(&path, "newer.db").await;
    let mut future = open_beside(&newer).await;
    let migrated = "INSERT INTO _sqlx_migrations SELECT 9999, 'from the future', installed_on, success, checksum, 0 \
                    FROM _sqlx_migrations WHERE version = 1";
    sqlx::raw_sql(migrated).execute(&mut future).await.unwrap();
    future.close().await.unwrap();
    assert!(matches!(inspect(&newer).await, Err(FileFault::SchemaTooNew { found: 9999, .. })));

    let dangling = copy(&path, "dangling.db").await;
    let mut careless = open_beside(&dangling).await;
    let orphan = "PRAGMA foreign_keys = OFF; INSERT INTO password (soi, phc, changed_at) VALUES ('999999', 'x', 1)";
    sqlx::raw_sql(orphan).execute(&mut careless).await.unwrap();
    careless.close().await.unwrap();
    let fault = inspect(&dangling).await.expect_err("a row that points nowhere");
    assert!(fault.to_string().contains("password"), "{fault}");
    db.close().await;
}

/// Somebody copied the file of a running server: what is in its log would be lost.
#[tokio::test]
async fn a_file_whose_log_lies_beside_it_is_refused() {
    let (_db, path, _remains) = stage().await;
    let copied = path.with_file_name("copied.db");
    fs::copy(&path, &copied).unwrap();
    let log = path.with_file_name("copied.db-wal");
    let of_the_original = path.with_file_name(format!("{}-wal", path.file_name().unwrap().to_str().unwrap()));
    fs::copy(of_the_original, &log).unwrap();
    assert!(matches!(inspect(&copied).await, Err(FileFault::Unfolded(found)) if found == log));
}

#[tokio::test]
async fn a_database_is_not_folded_while_anybody_has_it_open() {
    let (db, path, _remains) = stage().await;
    db.close().await;
    let mut other = open_beside(&path).await;
    sqlx::raw_sql("SELECT count(*) FROM agent").execute(&mut other).await.unwrap();
    assert!(matches!(fold(&path).await, Err(StoreError::Busy)));
    other.close().await.unwrap();
    fold(&path).await.expect("nobody is there");
    assert_eq!(inspect(&path).await.unwrap().agents, 200, "it stands alone");
}

#[tokio::test]
async fn a_store_keeps_a_restore_out_and_a_restore_keeps_stores_out() {
    let (db, path, _remains) = stage().await;
    assert!(matches!(Presence::alone(&path), Err(StoreError::Busy)));
    let second = Store::open(&db.settings).await.expect("stores share");
    db.close().await;
    assert!(matches!(Presence::alone(&path), Err(StoreError::Busy)), "one is still there");
    second.close().await;

    let alone = Presence::alone(&path).expect("all have left");
    let mut settings = db.settings.clone();
    settings.busy_timeout = PATIENCE;
    assert!(matches!(Store::open(&settings).await, Err(StoreError::Busy)));
    // A link to the database is the database.
    let link = path.with_file_name("link.db");
    std::os::unix::fs::symlink(&path, &link).unwrap();
    settings.url = DatabaseUrl::Sqlite(link);
    assert!(matches!(Store::open(&settings).await, Err(StoreError::Busy)));
    alone.leave();
    Store::open(&settings).await.expect("it is free again").close().await;
}
