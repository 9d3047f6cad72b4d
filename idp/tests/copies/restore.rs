//! `octroi restore`: the whole way or no step of it. Whatever is refused, the database is as it was.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use sqlx::{Connection as _, SqliteConnection};

use crate::{Installation, mode};

/// An installation with a backup, after which a second agent came.
fn with_a_backup() -> Installation {
    let installation = Installation::new();
    // The first start makes the signing keys.
    installation.server().stop();
    installation.run(&["backup", "copy.db"]).done();
    number(&installation.path("octroi.db"), "UPDATE agent SET position = 'later' RETURNING 1");
    installation
}

/// One number that a statement answers, by another program than Octroi.
fn number(database: &Path, sql: &'static str) -> i64 {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut connection = SqliteConnection::connect(&format!("sqlite://{}", database.display())).await.unwrap();
        let answer = sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap();
        connection.close().await.unwrap();
        answer
    })
}

fn execute(database: &Path, sql: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut connection = SqliteConnection::connect(&format!("sqlite://{}", database.display())).await.unwrap();
        sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    });
}

const SCHEMA: &str = "SELECT max(version) FROM _sqlx_migrations";
const LATER: &str = "SELECT count(*) FROM agent WHERE position = 'later'";
const LIVE_CODES: &str = "SELECT count(*) FROM activation_code WHERE consumed_at IS NULL AND replaced_at IS NULL";
const RESTORES: &str = "SELECT count(*) FROM audit WHERE act = 'database.restored' AND actor_kind = 'local_operator'";

#[test]
fn a_restored_backup_is_in_place_with_nothing_alive_and_the_old_database_is_kept() {
    let installation = with_a_backup();
    let told = installation.run(&["restore", "copy.db", "--yes"]).done();
    for words in
        ["0 sessions", "1 activation codes", "what was there before is", "agent import", "passwords chosen since"]
    {
        assert!(told.contains(words), "{words}: {told}");
    }
    let (database, kept) = (installation.path("octroi.db"), installation.kept());
    assert_eq!((number(&database, LATER), number(&kept, LATER)), (0, 1));
    assert_eq!((number(&database, LIVE_CODES), number(&kept, LIVE_CODES)), (0, 1));
    assert_eq!((number(&database, RESTORES), number(&kept, RESTORES)), (1, 0));
    assert_eq!((mode(&database), mode(&kept)), (0o600, 0o600));
    assert!(!installation.files().iter().any(|name| name.contains("restoring")));
    installation.server().stop();
    // What was kept can be restored in its turn.
    let kept = kept.to_str().unwrap().to_owned();
    installation.run(&["restore", &kept, "--yes"]).done();
    assert_eq!(number(&database, LATER), 1);
}

#[test]
fn under_a_running_server_nothing_is_restored_and_a_rehearsal_is() {
    let installation = with_a_backup();
    let server = installation.server();
    let before = installation.files();
    for words in [["restore", "copy.db", "--yes"], ["restore", "--already-restored", "--yes"]] {
        let told = installation.run(&words).failed(1);
        assert!(told.contains("is in use: stop the server"), "{told}");
    }
    let told = installation.run(&["restore", "copy.db", "--dry-run"]).done();
    assert!(told.contains("nothing was changed") && told.contains("1 activation codes"), "{told}");
    assert_eq!(installation.files(), before);
    let database = installation.path("octroi.db");
    assert_eq!((number(&database, LATER), number(&database, RESTORES)), (1, 0));
    server.stop();
    installation.run(&["restore", "copy.db", "--yes"]).done();
}

#[tokio::test]
async fn another_program_that_has_the_database_open_is_noticed() {
    let installation = tokio::task::spawn_blocking(with_a_backup).await.unwrap();
    let url = format!("sqlite://{}", installation.path("octroi.db").display());
    let mut other = SqliteConnection::connect(&url).await.unwrap();
    sqlx::raw_sql("SELECT count(*) FROM agent").execute(&mut other).await.unwrap();
    let before = installation.files();
    let told = installation.run(&["restore", "copy.db", "--yes"]).failed(1);
    assert!(told.contains("is in use"), "{told}");
    assert_eq!(installation.files(), before);
    other.close().await.unwrap();
    installation.run(&["restore", "copy.db", "--yes"]).done();
}

#[test]
fn what_is_no_whole_backup_of_ours_changes_nothing() {
    let installation = with_a_backup();
    let whole = fs::read(installation.path("copy.db")).unwrap();
    let write = |name: &str, content: &[u8]| fs::write(installation.path(name), content).unwrap();
    write("cut.db", &whole[..whole.len() - 4096]);
    write("text.db", "soi;given_name\n".repeat(500).as_bytes());
    write("empty.db", b"");
    symlink("octroi.db", installation.path("link.db")).unwrap();
    let database = installation.path("octroi.db");
    let before = (installation.files(), fs::read(&database).unwrap());
    for (name, code, words) in [
        ("cut.db", 1, "cut off"),
        ("text.db", 1, "not a SQLite database"),
        ("empty.db", 1, "empty"),
        (".", 1, "not a file"),
        ("octroi.db", 1, "is the database itself"),
        ("link.db", 1, "is the database itself"),
        ("none.db", 3, "cannot be read"),
    ] {
        let told = installation.run(&["restore", name, "--yes"]).failed(code);
        assert!(told.contains(words), "{name}: {told}");
    }
    let told = installation.run(&["restore", "copy.db"]).failed(2);
    assert!(told.contains("--yes") && told.contains("--dry-run"), "{told}");
    assert_eq!((installation.files(), fs::read(&database).unwrap()), before);
}

#[test]
fn a_backup_of_an_older_version_is_brought_to_this_one() {
    let installation = with_a_backup();
    let copy = installation.path("copy.db");
    let of_this_version = number(&copy, SCHEMA);
    let tables = "import_line import_run password_history outbox channel preference alarm throttle_failure \
                  throttle_network suspicion password_reset reset_demand budget channel_code throttle \
                  totp_device passkey webauthn_user recovery_code second_channel_code manager_code enrolment_permit \
                  factor_choice";
    let columns = "password.renew_at password.judged_by password.warned_for password.warned_days password.suspended_at \
                   activation_code.delivery session.client_network session.user_agent session.confirmed_at \
                   session.second_factor session.second_factor_at session.second_factor_until session.postponed_at \
                   password.reset_at";
    for table in tables.split_whitespace() {
        execute(&copy, &format!("DROP TABLE {table}"));
    }
    for (table, column) in columns.split_whitespace().filter_map(|name| name.split_once('.')) {
        execute(&copy, &format!("ALTER TABLE {table} DROP COLUMN {column}"));
    }
    for step in [
        "CREATE TABLE throttle (identifier_key BLOB NOT NULL, zone TEXT NOT NULL, attempts INTEGER NOT NULL, \
         last_at INTEGER NOT NULL, blocked_until INTEGER NOT NULL, PRIMARY KEY (identifier_key, zone)) STRICT",
        "DELETE FROM _sqlx_migrations WHERE version > 1",
    ] {
        execute(&copy, step);
    }
    installation.run(&["restore", "copy.db", "--yes"]).done();
    assert_eq!((number(&copy, SCHEMA), number(&installation.path("octroi.db"), SCHEMA)), (1, of_this_version));
    installation.server().stop();
    assert_eq!(number(&installation.path("octroi.db"), "SELECT count(*) FROM import_run"), 0);
}

#[test]
fn a_backup_of_other_keys_is_refused_unless_new_ones_are_wanted() {
    let (installation, other) = (with_a_backup(), Installation::new());
    let copy = installation.path("copy.db");
    let copy = copy.to_str().unwrap();
    let told = other.run(&["restore", copy, "--yes"]).failed(1);
    assert!(told.contains("put back the key file") && told.contains("--new-signing-keys"), "{told}");
    assert_eq!(number(&other.path("octroi.db"), RESTORES), 0);

    let told = other.run(&["restore", copy, "--yes", "--new-signing-keys"]).done();
    assert!(told.contains("2 signing keys retired"), "{told}");
    other.server().stop();
    assert_eq!(number(&other.path("octroi.db"), "SELECT count(*) FROM signing_key WHERE retired_at IS NULL"), 2);
}

/// What a restore is for: the present database is damaged, and its log may hold what somebody can still read.
#[test]
fn a_damaged_database_is_replaced_and_kept_with_its_log() {
    let installation = with_a_backup();
    let database = installation.path("octroi.db");
    fs::write(&database, "garbage ".repeat(1000)).unwrap();
    fs::write(installation.path("octroi.db-wal"), "a log").unwrap();
    let told = installation.run(&["restore", "copy.db", "--yes"]).done();
    assert!(told.contains("damaged, with its log beside it"), "{told}");
    let kept: Vec<_> = fs::read_dir(installation.folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.to_str().unwrap().contains("before-restore"))
        .collect();
    let content = |suffix| {
        let path = kept.iter().find(|path| path.to_str().unwrap().ends_with(suffix)).unwrap();
        fs::read_to_string(path).unwrap()
    };
    assert_eq!((content("-wal").as_str(), content("Z").starts_with("garbage")), ("a log", true));
    assert_eq!((number(&database, LATER), number(&database, RESTORES)), (0, 1));
    installation.server().stop();
}

#[test]
fn a_new_place_and_a_linked_place_are_filled() {
    let installation = with_a_backup();
    installation.configure(&[("sqlite:octroi.db", "sqlite:new.db")]);
    let told = installation.run(&["restore", "copy.db", "--yes"]).done();
    assert!(!told.contains("what was there before"), "{told}");
    assert_eq!(number(&installation.path("new.db"), RESTORES), 1);

    fs::create_dir(installation.path("disk")).unwrap();
    fs::rename(installation.path("new.db"), installation.path("disk/real.db")).unwrap();
    symlink("disk/real.db", installation.path("new.db")).unwrap();
    installation.run(&["restore", "copy.db", "--yes"]).done();
    assert!(installation.path("new.db").is_symlink(), "the link stays");
    assert_eq!(number(&installation.path("disk/real.db"), RESTORES), 1);
    fs::remove_file(installation.path("disk/real.db")).unwrap();
    let told = installation.run(&["restore", "copy.db", "--yes"]).failed(5);
    assert!(told.contains("leads nowhere"), "{told}");
}

#[test]
fn without_space_the_database_is_as_it_was() {
    let installation = with_a_backup();
    let database = installation.path("octroi.db");
    let before = (installation.files(), fs::read(&database).unwrap());
    let limited = "trap '' XFSZ; ulimit -f 20; exec \"$0\" restore copy.db --yes";
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", limited, crate::OCTROI]).current_dir(installation.folder.path());
    let told = crate::run(shell.env("OCTROI_CONFIG", installation.path("octroi.toml"))).failed(5);
    assert!(told.contains("free space"), "{told}");
    assert_eq!((installation.files(), fs::read(&database).unwrap()), before);
}
