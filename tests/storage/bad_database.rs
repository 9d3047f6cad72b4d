//! Bad databases: absent, damaged, locked, full, read-only, unreachable. Each is named, nothing is lost, and when the
//! trouble is over the next request is served.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use harness::engine::{Database, Engine, fresh_store, postgres_server, without_password};
use octroi_idp::domain::agent::AgentRecord;
use octroi_idp::domain::ids::Sub;
use octroi_idp::storage::agents::{self, AgentFilter};
use octroi_idp::storage::{Cause, DatabaseUrl, Store, StoreError, StoreSettings, Tx};
use sqlx::{Connection, SqliteConnection};

use crate::cast::{add_agents, agent, minute};

fn file(path: &Path, create: bool) -> StoreSettings {
    StoreSettings {
        url: DatabaseUrl::Sqlite(path.to_owned()),
        create,
        read_connections: 2,
        write_connections: 1,
        busy_timeout: Duration::from_millis(300),
    }
}

fn path_of(db: &Database) -> PathBuf {
    let DatabaseUrl::Sqlite(path) = &db.settings.url else { unreachable!("a file") };
    path.clone()
}

fn cause<T>(outcome: Result<T, StoreError>) -> Cause {
    match outcome {
        Err(StoreError::Unavailable(cause, _)) => cause,
        Err(other) => panic!("another error: {other:?}"),
        Ok(_) => panic!("it worked"),
    }
}

async fn count(store: &Store) -> i64 {
    store.read(async |tx: &mut Tx| agents::count(tx).await).await.expect("count")
}

#[tokio::test]
async fn an_absent_file_is_absent_and_is_not_created() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("octroi.sqlite");
    assert_eq!(cause(Store::open(&file(&path, false)).await), Cause::Absent);
    assert!(!path.exists());
    let nowhere = directory.path().join("no such folder/octroi.sqlite");
    assert_eq!(cause(Store::open(&file(&nowhere, true)).await), Cause::Absent);
    assert_eq!(cause(Store::open(&file(directory.path(), true)).await), Cause::Absent, "a folder is no database");
}

#[tokio::test]
async fn a_file_that_is_no_database_is_damaged_and_keeps_its_content() {
    let directory = tempfile::tempdir().unwrap();
    for (name, content) in [("short", "Bonjour".to_owned()), ("long", "soi;given_name\n".repeat(2000))] {
        let path = directory.path().join(name);
        fs::write(&path, &content).unwrap();
        assert_eq!(cause(Store::open(&file(&path, true)).await), Cause::Damaged, "{name}");
        assert_eq!(fs::read_to_string(&path).unwrap(), content);
    }
}

#[tokio::test]
async fn a_database_with_a_torn_page_is_damaged() {
    let (db, _directory) = fresh_store(Engine::Sqlite).await.unwrap();
    let all: Vec<AgentRecord> = (0..300).map(|n| agent(&format!("{}", 300_000 + n), "Page")).collect();
    add_agents(&db, &all).await;
    db.close().await;
    let path = path_of(&db);
    let mut bytes = fs::read(&path).unwrap();
    bytes[8192..].fill(0xa5);
    fs::write(&path, bytes).unwrap();
    let outcome = async {
        let store = Store::open(&file(&path, false)).await?;
        let everybody = AgentFilter { limit: 1000, ..AgentFilter::default() };
        store.read(async |tx: &mut Tx| agents::list(tx, &everybody).await).await
    };
    assert_eq!(cause(outcome.await), Cause::Damaged);
}

#[tokio::test]
async fn a_locked_database_is_busy_and_works_after_the_release() {
    let (db, _directory) = fresh_store(Engine::Sqlite).await.unwrap();
    add_agents(&db, &[agent("100001", "X")]).await;
    let path = path_of(&db);
    let store = Store::open(&file(&path, false)).await.unwrap();
    let mut other = SqliteConnection::connect(&format!("sqlite://{}", path.display())).await.unwrap();
    sqlx::raw_sql("BEGIN EXCLUSIVE").execute(&mut other).await.unwrap();

    let write = async || {
        let record = agent("100002", "Y");
        store.write(async |tx: &mut Tx| agents::insert(tx, &record, &Sub::new("y"), minute(0)).await).await
    };
    let refused = write().await;
    assert!(matches!(refused, Err(StoreError::Busy)), "{refused:?}");
    assert!(refused.unwrap_err().to_string().contains("locked by another process"));
    assert_eq!(count(&store).await, 1, "reading goes on");

    sqlx::raw_sql("ROLLBACK").execute(&mut other).await.unwrap();
    write().await.expect("after the release");
    assert_eq!(count(&store).await, 2);
}

/// The limit of pages answers with the same code as a full disk, SQLITE_FULL.
#[tokio::test]
async fn a_full_database_is_full_keeps_what_it_has_and_works_when_there_is_room() {
    let (db, _directory) = fresh_store(Engine::Sqlite).await.unwrap();
    let room = db.number("PRAGMA page_count").await + 20;
    db.execute(&format!("PRAGMA max_page_count = {room}")).await;
    let batch = |nth: u32| -> Vec<AgentRecord> {
        (0..40).map(|n| agent(&format!("{}", 400_000 + 40 * nth + n), &"long ".repeat(100))).collect()
    };
    let write = async |nth: u32| {
        let batch = batch(nth);
        db.write(async |tx: &mut Tx| -> Result<(), StoreError> {
            for record in &batch {
                agents::insert(tx, record, &Sub::new(record.soi.as_str()), minute(0)).await?;
            }
            Ok(())
        })
        .await
    };
    let mut kept = 0;
    let refused = loop {
        match write(kept).await {
            Ok(()) => kept += 1,
            Err(error) => break error,
        }
        assert!(kept < 100, "it never fills");
    };
    assert_eq!(cause(Err::<(), _>(refused)), Cause::Full);
    assert_eq!(count(&db).await, i64::from(kept) * 40, "nothing is half-written");
    db.execute("PRAGMA max_page_count = 1000000").await;
    write(kept).await.expect("there is room again");
    assert_eq!(count(&db).await, i64::from(kept + 1) * 40);
}

/// Permissions do not bind root, who runs this test again without the capability to pass over them.
#[tokio::test]
async fn a_read_only_file_is_read_and_refuses_to_be_written() {
    let directory = tempfile::tempdir().unwrap();
    let probe = directory.path().join("probe");
    fs::write(&probe, "").unwrap();
    fs::set_permissions(&probe, fs::Permissions::from_mode(0o444)).unwrap();
    if fs::OpenOptions::new().append(true).open(&probe).is_ok() {
        let again = Command::new("setpriv")
            .args(["--inh-caps=-all", "--bounding-set=-dac_override,-dac_read_search"])
            .arg(std::env::current_exe().unwrap())
            .args(["--exact", "bad_database::a_read_only_file_is_read_and_refuses_to_be_written", "--nocapture"])
            .output()
            .expect("setpriv (package util-linux) runs");
        assert!(again.status.success(), "{}", String::from_utf8_lossy(&again.stdout));
        assert!(String::from_utf8_lossy(&again.stdout).contains("1 passed"), "the same test really ran");
        return;
    }

    let path = directory.path().join("octroi.sqlite");
    let store = Store::open(&file(&path, true)).await.unwrap();
    store.migrate().await.unwrap();
    add_agents(&store, &[agent("100001", "X")]).await;
    store.close().await;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).unwrap();

    let store = Store::open(&file(&path, false)).await.expect("it can be read");
    assert_eq!(count(&store).await, 1);
    let record = agent("100002", "Y");
    let refused = store.write(async |tx: &mut Tx| agents::insert(tx, &record, &Sub::new("y"), minute(0)).await).await;
    assert_eq!(cause(refused), Cause::ReadOnly);
    assert_eq!(count(&store).await, 1);
    store.close().await;

    // Reading made SQLite's companion files, as read-only as the database.
    for entry in fs::read_dir(directory.path()).unwrap() {
        fs::set_permissions(entry.unwrap().path(), fs::Permissions::from_mode(0o644)).unwrap();
    }
    let store = Store::open(&file(&path, false)).await.unwrap();
    add_agents(&store, &[agent("100002", "Y")]).await;
    assert_eq!(count(&store).await, 2);
}

fn postgres(url: DatabaseUrl) -> StoreSettings {
    StoreSettings {
        url,
        create: false,
        read_connections: 1,
        write_connections: 2,
        busy_timeout: Duration::from_secs(2),
    }
}

#[tokio::test]
async fn a_wrong_password_is_refused_as_a_login() {
    // The harness says loudly when there is no server.
    let Some((db, remains)) = fresh_store(Engine::Postgres).await else { return };
    db.close().await;
    remains.remove().await;
    let mut server = postgres_server().expect("there is one");
    server.set_password(Some("not the password")).unwrap();
    let refused = Store::open(&postgres(without_password(server))).await;
    let shown = format!("{refused:?}");
    assert_eq!(cause(refused), Cause::Login);
    assert!(!shown.contains("not the password"), "the password does not get out");
}

#[tokio::test]
async fn an_unknown_database_is_absent() {
    let Some((db, remains)) = fresh_store(Engine::Postgres).await else { return };
    db.close().await;
    remains.remove().await;
    assert_eq!(cause(Store::open(&db.settings).await), Cause::Absent);
}

#[tokio::test]
async fn a_server_that_does_not_listen_is_a_connection_that_fails() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = format!("postgres://octroi@127.0.0.1:{port}/octroi");
    assert_eq!(cause(Store::open(&postgres(DatabaseUrl::Postgres { url, password: None })).await), Cause::Connection);
}

#[tokio::test]
async fn a_server_that_accepts_and_says_nothing_is_a_connection_that_fails() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("postgres://octroi@127.0.0.1:{}/octroi", silent.local_addr().unwrap().port());
    assert_eq!(cause(Store::open(&postgres(DatabaseUrl::Postgres { url, password: None })).await), Cause::Connection);
}
