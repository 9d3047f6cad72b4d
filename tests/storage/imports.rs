//! Long imports: each agent is written once and recorded once, whoever writes, however often it is interrupted, and
//! somebody else gets to write between the portions.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use harness::engine::{Database, Engine, fresh_store};
use jiff::tz::TimeZone;
use octroi_idp::crypto::random::Random;
use octroi_idp::crypto::seal::Sealer;
use octroi_idp::crypto::short_code::ShortCodeKey;
use octroi_idp::directory::{
    AgentDraft, Directory, DirectoryError, DirectorySettings, ImportConsent, ImportLine, ImportOptions, ImportPlan,
    Imported, Mandate, ResetCodeLifetimes, clear_imports, finish_imports,
};
use octroi_idp::domain::audit::{Actor, Contact};
use octroi_idp::domain::secret::KeyBytes;
use octroi_idp::domain::soi::SoiSyntax;
use octroi_idp::domain::time::Clock;
use octroi_idp::outbox::Outbox;
use octroi_idp::storage::{Cause, DatabaseUrl, Store, StoreError, StoreSettings, Tx, markers, sessions};
use sqlx::{Connection, SqliteConnection};
use tokio::sync::Notify;

use crate::cast::{crowd, hash, minute, session};

harness::for_each_engine![
    a_long_import_is_written_in_portions_and_managers_come_with_whom_they_manage,
    an_interrupted_import_is_finished_by_the_next_one,
    of_fifty_who_finish_an_import_each_portion_is_written_by_one,
    two_imports_at_once_write_each_agent_once,
    while_one_import_is_written_no_other_is_decided,
    whom_somebody_changed_meanwhile_stays_so_and_is_counted,
    a_long_import_whose_agent_changed_before_it_began_writes_nothing,
    leavers_of_a_long_import_lose_their_sessions_and_codes_with_their_audit_row,
    what_nobody_decided_on_is_cleared_after_a_day,
    a_refused_file_and_a_rehearsal_leave_nothing_behind,
];

/// More than one portion.
const LONG: u64 = 4_500;
const PLAIN: ImportOptions = ImportOptions { full: false, skip_bad: false };

fn directory(store: &Store, seed: u64) -> Directory {
    let settings = DirectorySettings {
        soi_syntax: SoiSyntax::new(SoiSyntax::DEFAULT).unwrap(),
        time_zone: TimeZone::UTC,
        activation_code_lifetime: Duration::from_hours(24),
        reset_codes: ResetCodeLifetimes { letter: Duration::from_hours(24), handed_over: Duration::from_hours(24) },
    };
    let key = KeyBytes::new(vec![7; 32]);
    let outbox = Outbox::new(Arc::new(Sealer::new(&key).unwrap()), Random::seeded(seed), ShortCodeKey::new(&key));
    Directory::new(store.clone(), Clock::manual(minute(0)), Random::seeded(seed), &key, outbox, settings)
}

fn hr() -> Mandate {
    Mandate::of(Actor::LocalOperator { real: "hr".into(), login: None })
}

fn line(nth: u64, department: &str, manager: Option<u64>) -> ImportLine {
    let draft = AgentDraft {
        given_name: Some("Claude".into()),
        family_name: Some(format!("Nombre {nth}")),
        email: Some(format!("claude{nth}@ville.example")),
        department: Some(department.into()),
        manager: manager.map(soi),
        ..AgentDraft::default()
    };
    ImportLine { line: nth + 2, soi: soi(nth), draft: Ok(draft) }
}

fn soi(nth: u64) -> String {
    (200_000 + nth).to_string()
}

/// Everybody has the next one as a manager up to the 30th of each hundred; the first and the last manage each other.
fn file(department: &str) -> Vec<ImportLine> {
    let manager = |nth: u64| match nth {
        0 => Some(LONG - 1),
        _ if nth == LONG - 1 => Some(0),
        _ if nth % 100 < 30 => Some(nth + 1),
        _ => None,
    };
    (0..LONG).map(|nth| line(nth, department, manager(nth))).collect()
}

async fn plan(directory: &Directory, lines: Vec<ImportLine>) -> ImportPlan {
    directory.plan_import(&hr(), lines, PLAIN).await.expect("a plan")
}

async fn apply(directory: &Directory, plan: &ImportPlan) -> Result<Imported, DirectoryError> {
    directory.apply_import(plan, ImportConsent { many_leavers: true }, &|_| ()).await
}

async fn import(directory: &Directory, lines: Vec<ImportLine>) -> Imported {
    let plan = plan(directory, lines).await;
    apply(directory, &plan).await.expect("an import")
}

/// Ends an import behind its first portion, and its connections with it, as `kill -9` would.
async fn interrupted(db: &Database, lines: Vec<ImportLine>) {
    let directory = directory(&Store::open(&db.settings).await.unwrap(), 9);
    let plan = plan(&directory, lines).await;
    let first_portion = Notify::new();
    let progress = |_: u64| first_portion.notify_one();
    tokio::select! {
        biased;
        () = first_portion.notified() => {}
        _ = directory.apply_import(&plan, ImportConsent::default(), &progress) => panic!("it was not long enough"),
    }
}

async fn agents(db: &Database) -> u64 {
    u64::try_from(db.number("SELECT count(*) FROM agent").await).unwrap()
}

async fn recorded(db: &Database, act: &str) -> u64 {
    let sql = format!("SELECT count(*) FROM audit WHERE act = '{act}'");
    u64::try_from(db.number(&sql).await).unwrap()
}

/// Every agent has one audit row of being added, and no other has one.
async fn audit_matches(db: &Database) {
    let apart = "SELECT count(*) FROM agent WHERE (SELECT count(*) FROM audit \
                 WHERE subject_soi = agent.soi AND act = 'agent.added') <> 1";
    assert_eq!(db.number(apart).await, 0);
    assert_eq!(agents(db).await, recorded(db, "agent.added").await);
}

async fn a_long_import_is_written_in_portions_and_managers_come_with_whom_they_manage(db: Database) {
    let directory = directory(&db, 1);
    let plan = plan(&directory, file("40")).await;
    assert_eq!((plan.summary().added, agents(&db).await), (LONG, 0));
    let portions = AtomicU64::new(0);
    let progress = |_: u64| {
        portions.fetch_add(1, Ordering::Relaxed);
    };
    let imported = directory.apply_import(&plan, ImportConsent::default(), &progress).await.unwrap();
    assert_eq!((imported.summary.added, imported.overtaken.total), (LONG, 0));
    assert!(portions.into_inner() > 1, "one portion would prove nothing");
    audit_matches(&db).await;
    assert_eq!((agents(&db).await, recorded(&db, "agents.imported").await), (LONG, 1));
    let managed = db.number("SELECT count(*) FROM agent WHERE manager_soi IS NOT NULL").await;
    assert_eq!(managed, 45 * 30 + 1);
    assert_eq!(db.number("SELECT count(*) FROM import_line").await, 0, "nothing is left of it");
    let again = import(&directory, file("40")).await;
    assert_eq!((again.summary.added, again.summary.changed, again.summary.unchanged), (0, 0, LONG));
    let moved = import(&directory, file("41")).await;
    assert_eq!((moved.summary.changed, recorded(&db, "agent.changed").await), (LONG, LONG));
    assert_eq!(db.number("SELECT count(*) FROM agent WHERE department = '41' AND version = 2").await, 4_500);
}

async fn an_interrupted_import_is_finished_by_the_next_one(db: Database) {
    let directory = directory(&db, 1);
    interrupted(&db, file("40")).await;
    let written = agents(&db).await;
    assert!(written > 0 && written < LONG, "{written}");
    audit_matches(&db).await;
    assert_eq!(recorded(&db, "agents.imported").await, 0);
    let again = import(&directory, file("40")).await;
    assert_eq!((again.summary.added, again.summary.unchanged), (0, LONG));
    audit_matches(&db).await;
    assert_eq!((agents(&db).await, recorded(&db, "agents.imported").await), (LONG, 1));
}

async fn of_fifty_who_finish_an_import_each_portion_is_written_by_one(db: Database) {
    interrupted(&db, file("40")).await;
    let store = db.store.clone();
    let outcomes = crowd(move |_| {
        let store = store.clone();
        async move { finish_imports(&store, &Clock::manual(minute(1)), Duration::ZERO).await }
    })
    .await;
    assert!(outcomes.iter().any(|outcome| matches!(outcome, Ok(true))), "{outcomes:?}");
    audit_matches(&db).await;
    assert_eq!((agents(&db).await, recorded(&db, "agents.imported").await), (LONG, 1));
}

async fn two_imports_at_once_write_each_agent_once(db: Database) {
    let other = Store::open(&db.settings).await.unwrap();
    let (one, two) = (directory(&db, 1), directory(&other, 2));
    let run = async |directory: &Directory| {
        let plan = directory.plan_import(&hr(), file("40"), PLAIN).await?;
        apply(directory, &plan).await
    };
    let outcomes = tokio::join!(run(&one), run(&two));
    for outcome in [&outcomes.0, &outcomes.1] {
        assert!(matches!(outcome, Ok(_) | Err(DirectoryError::Conflict { .. })), "{outcome:?}");
    }
    assert!(outcomes.0.is_ok() || outcomes.1.is_ok(), "{outcomes:?}");
    audit_matches(&db).await;
    assert_eq!(agents(&db).await, LONG);
    other.close().await;
}

async fn while_one_import_is_written_no_other_is_decided(db: Database) {
    let directory = directory(&db, 1);
    let other = plan(&directory, vec![line(9_000, "40", None)]).await;
    interrupted(&db, file("40")).await;
    let refused = apply(&directory, &other).await.unwrap_err();
    assert!(
        matches!(&refused, DirectoryError::Conflict { message } if message.contains("another import")),
        "{refused}"
    );
    assert_eq!(db.number("SELECT count(*) FROM agent WHERE soi = '209000'").await, 0);
    assert_eq!(import(&directory, vec![line(9_000, "40", None)]).await.summary.added, 1);
    assert_eq!(agents(&db).await, LONG + 1);
}

async fn whom_somebody_changed_meanwhile_stays_so_and_is_counted(db: Database) {
    let directory = directory(&db, 1);
    import(&directory, file("40")).await;
    interrupted(&db, file("41")).await;
    let last = soi(LONG - 1);
    let archivist = AgentDraft { position: Some("archiviste".into()), ..AgentDraft::default() };
    directory.set_agent(&hr(), &last, &archivist).await.unwrap();
    assert!(finish_imports(&db, &Clock::manual(minute(1)), Duration::ZERO).await.unwrap());
    let agent = directory.get_agent(&last).await.unwrap().agent;
    assert_eq!((agent.record.department.as_deref(), agent.version), (Some("40"), 2));
    assert_eq!(recorded(&db, "agent.changed").await, LONG, "the operator's change is one of them");
    let newest = "SELECT count(*) FROM audit WHERE act = 'agents.imported' AND CAST(detail AS TEXT) LIKE '%overtaken%'";
    assert_eq!(db.number(newest).await, 1);
}

async fn a_long_import_whose_agent_changed_before_it_began_writes_nothing(db: Database) {
    let directory = directory(&db, 1);
    let plan = plan(&directory, file("40")).await;
    let AgentDraft { given_name, family_name, email, .. } = line(0, "40", None).draft.unwrap();
    let faster = AgentDraft { given_name, family_name, email, ..AgentDraft::default() };
    directory.add_agent(&hr(), &soi(LONG - 2), &faster).await.unwrap();
    let refused = apply(&directory, &plan).await.unwrap_err();
    assert!(matches!(refused, DirectoryError::Conflict { .. }), "{refused}");
    assert_eq!((agents(&db).await, recorded(&db, "agents.imported").await), (1, 0));
    assert_eq!(db.number("SELECT count(*) FROM import_line").await, 0);
}

async fn leavers_of_a_long_import_lose_their_sessions_and_codes_with_their_audit_row(db: Database) {
    let directory = directory(&db, 1);
    import(&directory, file("40")).await;
    let (leaver, stays) = (soi(LONG - 1), soi(1));
    db.write(async |tx: &mut Tx| -> Result<(), StoreError> {
        sessions::insert(tx, &session("leaver", &leaver), &hash(1), &Contact::default()).await?;
        sessions::insert(tx, &session("stays", &stays), &hash(2), &Contact::default()).await
    })
    .await
    .unwrap();
    directory.issue_activation_code(&hr(), &leaver).await.unwrap();
    let full = ImportOptions { full: true, skip_bad: false };
    let few = (0..1_000).map(|nth| line(nth, "40", None));
    let plan = directory.plan_import(&hr(), few, full).await.unwrap();
    let imported = apply(&directory, &plan).await.unwrap();
    assert_eq!((imported.summary.left, recorded(&db, "agent.left").await), (3_500, 3_500));
    assert_eq!(db.number("SELECT count(*) FROM session WHERE ended_at IS NULL").await, 1);
    let ended = "SELECT count(*) FROM session WHERE sid = 'leaver' AND end_reason = 'agent.left'";
    assert_eq!(db.number(ended).await, 1);
    assert_eq!(db.number("SELECT count(*) FROM activation_code WHERE replaced_at IS NULL").await, 0);
    let told = format!(
        "SELECT count(*) FROM audit WHERE subject_soi = '{leaver}' AND act = 'agent.left' \
         AND REPLACE(CAST(detail AS TEXT), ' ', '') LIKE '%\"sessions_ended\":1%'"
    );
    assert_eq!(db.number(&told).await, 1);
}

async fn what_nobody_decided_on_is_cleared_after_a_day(db: Database) {
    let directory = directory(&db, 1);
    let old = plan(&directory, file("40")).await;
    clear_imports(&db, minute(60)).await.unwrap();
    assert_eq!(db.number("SELECT count(*) FROM import_line").await, 4_500, "an hour is not long to think");
    clear_imports(&db, minute(60 * 25)).await.unwrap();
    assert_eq!(db.number("SELECT count(*) FROM import_line").await, 0);
    assert_eq!(db.number("SELECT count(*) FROM import_run").await, 0);
    let refused = apply(&directory, &old).await.unwrap_err();
    assert!(matches!(refused, DirectoryError::Conflict { .. }), "{refused}");
    assert_eq!(agents(&db).await, 0);
}

async fn a_refused_file_and_a_rehearsal_leave_nothing_behind(db: Database) {
    let directory = directory(&db, 1);
    let mut bad = file("40");
    bad.push(ImportLine { soi: "x".into(), ..line(9_000, "40", None) });
    let refused = plan(&directory, bad).await;
    assert!(matches!(apply(&directory, &refused).await, Err(DirectoryError::Refused { .. })));
    let rehearsal = Mandate { dry_run: true, ..hr() };
    let rehearsed = directory.plan_import(&rehearsal, file("40"), PLAIN).await.unwrap();
    assert_eq!(rehearsed.added.len(), 4_500);
    assert_eq!(apply(&directory, &rehearsed).await.unwrap().summary.added, LONG);
    for table in ["agent", "audit", "import_line", "import_run"] {
        assert_eq!(db.number(&format!("SELECT count(*) FROM {table}")).await, 0, "{table}");
    }
}

/// A second store on the same file is another process to SQLite.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn somebody_else_writes_between_the_portions_on_sqlite() {
    let (db, _directory) = fresh_store(Engine::Sqlite).await.unwrap();
    let server = Store::open(&db.settings).await.unwrap();
    let directory = directory(&db, 1);
    let many = (0..20_000).map(|nth| line(nth, "40", None)).collect();
    let plan = plan(&directory, many).await;
    let (first_portion, written) = (Notify::new(), AtomicU64::new(0));
    let progress = |so_far: u64| {
        written.store(so_far, Ordering::SeqCst);
        first_portion.notify_one();
    };
    let login = async {
        first_portion.notified().await;
        server
            .write(async |tx: &mut Tx| markers::bump(tx, markers::Topic::Applications).await)
            .await
            .expect("it gets through");
        written.load(Ordering::SeqCst)
    };
    let (imported, written_then) =
        tokio::join!(directory.apply_import(&plan, ImportConsent::default(), &progress), login);
    assert_eq!(imported.unwrap().summary.added, 20_000);
    assert!(written_then < 20_000, "the login had to wait for the end of the import");
    server.close().await;
}

/// The limit of pages answers with the same code as a full disk, SQLITE_FULL.
#[tokio::test]
async fn a_disk_that_fills_in_the_middle_keeps_whole_portions_and_the_rest_follows() {
    let (db, _directory) = fresh_store(Engine::Sqlite).await.unwrap();
    let directory = directory(&db, 1);
    let plan = plan(&directory, file("40")).await;
    // Room for the first portion, whose lines give some back when they are written, and not for all.
    let room = db.number("PRAGMA page_count").await + 330;
    db.execute(&format!("PRAGMA max_page_count = {room}")).await;
    let stopped = apply(&directory, &plan).await.unwrap_err();
    assert!(
        matches!(&stopped, DirectoryError::Unfinished { error: StoreError::Unavailable(Cause::Full, _), message }
            if message.contains("next `agent import`")),
        "{stopped:?}"
    );
    audit_matches(&db).await;
    let written = agents(&db).await;
    assert!(written > 0 && written < LONG, "{written}");
    db.execute("PRAGMA max_page_count = 1000000").await;
    assert_eq!(import(&directory, file("40")).await.summary.unchanged, LONG);
    audit_matches(&db).await;
    assert_eq!((agents(&db).await, recorded(&db, "agents.imported").await), (LONG, 1));
}

#[tokio::test]
async fn a_database_that_another_process_locks_stops_an_import_which_is_finished_later() {
    let (db, _directory) = fresh_store(Engine::Sqlite).await.unwrap();
    let DatabaseUrl::Sqlite(path) = &db.settings.url else { unreachable!("a file") };
    let hasty = StoreSettings { busy_timeout: Duration::from_millis(100), ..db.settings.clone() };
    let store = Store::open(&hasty).await.unwrap();
    let hurried = directory(&store, 1);
    let plan = plan(&hurried, file("40")).await;
    let mut other = SqliteConnection::connect(&format!("sqlite://{}", path.display())).await.unwrap();
    sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
    let stopped = apply(&hurried, &plan).await.unwrap_err();
    assert!(matches!(stopped, DirectoryError::Store(StoreError::Busy)), "{stopped:?}");
    sqlx::raw_sql("ROLLBACK").execute(&mut other).await.unwrap();
    assert_eq!(agents(&db).await, 0);
    assert_eq!(import(&hurried, file("40")).await.summary.added, LONG);
    store.close().await;
}
