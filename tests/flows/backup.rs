//! A backup taken while agents log in and HR's file is imported, restored elsewhere: it is one state of the database, with
//! everything that was acknowledged before it began, and nothing in it works that somebody could have kept.
//!
//! SQLite by `octroi backup` and `octroi restore`, PostgreSQL by its own `pg_dump` and `pg_restore` and by `octroi restore
//! --already-restored`.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use harness::browser::Browser;
use harness::engine::{Database, Engine, fresh_settings};
use harness::for_each_engine;
use harness::idp::{PASSWORD, TestIdp};
use octroi_idp::app::Surroundings;
use octroi_idp::app::restore::{self, Ended, Order, RestoreError};
use octroi_idp::config::Config;
use octroi_idp::directory::{AgentDraft, Directory, ImportConsent, ImportLine, ImportOptions};
use octroi_idp::domain::audit::{Actor, Contact, EventFilter};
use octroi_idp::domain::secret::{PlainPassword, PlainToken};
use octroi_idp::domain::zone::NetworkZone;
use octroi_idp::login::Visit;
use octroi_idp::login::activation::{Activation, ActivationForm};
use octroi_idp::storage::{DatabaseUrl, Store, StoreSettings};
use tokio::process::Command;
use tokio::task::JoinSet;
use tokio::time::{interval, timeout};

use crate::{is_signed_in, redeem, rp, sign_in, tokens_at_the_office};

for_each_engine!(a_backup_under_load_is_one_state_and_nothing_in_it_revives,);

/// Agents who come with HR's file, all or none.
const IMPORTED: usize = 400;

/// How far the load has come.
#[derive(Default)]
struct Progress {
    stop: AtomicBool,
    added: AtomicUsize,
    imports: AtomicUsize,
    logins: AtomicUsize,
}

async fn a_backup_under_load_is_one_state_and_nothing_in_it_revives(database: Database) {
    let idp = TestIdp::start(&database).await;
    idp.hire("100001").await;
    idp.hire_as("100007", AgentDraft::default()).await;
    let app = idp.register("portal", |_| {}).await;
    let party = rp(&idp, &app).await;
    // What somebody may have kept: a cookie, a token, a code on its way, a letter.
    let browser = Browser::new();
    let tokens = tokens_at_the_office(&idp, &party, &browser, "100001").await;
    let userinfo = format!("{}/oauth2/userinfo", idp.issuer);
    assert_eq!(party.userinfo(&tokens.access_token, &userinfo).await.0, 200);
    let request = party.request();
    let unspent = idp.log_in(&Browser::new(), &request.url, "100001", PASSWORD).await;
    let letter = idp.activation_code("100007").await;

    let progress = Arc::new(Progress::default());
    let load = load(&idp, &progress);
    reach(|| progress.logins.load(Ordering::SeqCst) >= 3 && progress.imports.load(Ordering::SeqCst) >= 1).await;
    let (added, logins) = (progress.added.load(Ordering::SeqCst), progress.logins.load(Ordering::SeqCst));
    let folder = tempfile::tempdir().expect("a temporary directory");
    let file = folder.path().join("copy");
    back_up(&idp, &database, &file).await;
    reach(|| progress.logins.load(Ordering::SeqCst) > logins && progress.added.load(Ordering::SeqCst) > added).await;
    progress.stop.store(true, Ordering::SeqCst);
    load.join_all().await;
    assert!(is_signed_in(&idp.issuer, &browser).await, "the server went on");

    let (settings, remains) = fresh_settings(database.engine).await.expect("a place of the same engine");
    let ended = restore_elsewhere(&idp.config_on(&settings), &settings, &file).await;
    assert!(ended.sessions >= 2 + logins as u64 && ended.grants >= 2, "{ended:?}");
    assert_eq!((ended.authorization_codes, ended.activation_codes), (1, 1), "{ended:?}");
    let store = Store::open(&settings).await.expect("the restored database opens");
    let restored = Database { engine: database.engine, store, settings };
    is_one_state(&restored, added).await;

    let idp = idp.restart_on(&restored).await;
    assert!(!is_signed_in(&idp.issuer, &browser).await, "an old cookie");
    assert_eq!(party.userinfo(&tokens.access_token, &userinfo).await.0, 401, "an old token");
    let refused = redeem(&party, request, &unspent).await.expect_err("an old code");
    assert!(refused.contains("invalid_grant"), "{refused}");
    assert_ne!(activate(&idp, "100007", &letter).await, Activation::Done, "an old letter");
    tokens_at_the_office(&idp, &rp(&idp, &app).await, &browser, "100001").await;
    assert_eq!(activate(&idp, "100007", &idp.activation_code("100007").await).await, Activation::Done, "a new letter");
    let told = idp.events(EventFilter { act: Some("database.restored".into()), ..EventFilter::default() }).await;
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].detail["ended"]["sessions"], ended.sessions);

    idp.stop().await;
    restored.store.close().await;
    remains.remove().await;
}

/// Logins, new agents one by one, and imports that each change every agent of the file.
fn load(idp: &TestIdp, progress: &Arc<Progress>) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    let (issuer, at_work) = (idp.issuer.clone(), Arc::clone(progress));
    tasks.spawn(async move {
        while !at_work.stop.load(Ordering::SeqCst) {
            sign_in(&issuer, &Browser::new(), "100001").await;
            at_work.logins.fetch_add(1, Ordering::SeqCst);
        }
    });
    let (directory, at_work) = (idp.directory.clone(), Arc::clone(progress));
    tasks.spawn(async move {
        while !at_work.stop.load(Ordering::SeqCst) {
            let nth = at_work.added.load(Ordering::SeqCst);
            let draft = draft("Nouvelle", nth, "40");
            let soi = format!("{}", 500_000 + nth);
            directory.add_agent(&TestIdp::mandate(), &soi, &draft).await.expect("an agent is added");
            at_work.added.fetch_add(1, Ordering::SeqCst);
        }
    });
    let (directory, at_work) = (idp.directory.clone(), Arc::clone(progress));
    tasks.spawn(async move {
        while !at_work.stop.load(Ordering::SeqCst) {
            import(&directory, at_work.imports.load(Ordering::SeqCst)).await;
            at_work.imports.fetch_add(1, Ordering::SeqCst);
        }
    });
    tasks
}

/// HR's file of this turn: everybody moves to the department of its number.
async fn import(directory: &Directory, turn: usize) {
    let department = format!("{}", 10 + turn);
    let lines = (0..IMPORTED).map(|nth| ImportLine {
        line: nth as u64 + 2,
        soi: format!("{}", 700_000 + nth),
        draft: Ok(draft("Fichier", nth, &department)),
    });
    let lines: Vec<_> = lines.collect();
    let plan = directory.plan_import(&TestIdp::mandate(), lines, ImportOptions::default()).await.expect("a plan");
    directory.apply_import(&plan, ImportConsent::default(), &|_| {}).await.expect("an import");
}

fn draft(family_name: &str, nth: usize, department: &str) -> AgentDraft {
    AgentDraft {
        given_name: Some("Camille".to_owned()),
        family_name: Some(family_name.to_owned()),
        email: Some(format!("{}{nth}@ville.example", family_name.to_lowercase())),
        department: Some(department.to_owned()),
        ..AgentDraft::default()
    }
}

/// Waits for progress, not for time.
async fn reach(is_there: impl Fn() -> bool) {
    let mut ticks = interval(Duration::from_millis(10));
    let reached = async {
        while !is_there() {
            ticks.tick().await;
        }
    };
    timeout(Duration::from_secs(120), reached).await.expect("the load moves on");
}

async fn back_up(idp: &TestIdp, database: &Database, file: &Path) {
    match database.engine {
        Engine::Sqlite => {
            let config = idp.config_on(&database.settings);
            let taken = octroi_idp::app::backup::take(&config, file, &Surroundings::system()).await.expect("a backup");
            assert!(taken.content.agents > 2);
        }
        Engine::Postgres => {
            let (url, mut pg_dump) = postgres_tool("pg_dump", &database.settings);
            pg_dump.args(["--format=custom", "--no-owner", "--no-privileges"]).arg("--file").arg(file);
            succeed(pg_dump.arg("--dbname").arg(url)).await;
        }
    }
}

async fn restore_elsewhere(config: &Config, settings: &StoreSettings, file: &Path) -> Ended {
    let around = Surroundings::system();
    match &settings.url {
        DatabaseUrl::Sqlite(path) => {
            let order = Order { file, actor: Actor::System, rehearsal: false, new_signing_keys: false };
            let prepared = restore::prepare(config, &order, &around).await.expect("the backup is good");
            let ended = prepared.ended;
            let restored = prepared.put_in_place().await.expect("it is put in place");
            assert_eq!((restored.database.as_path(), restored.kept), (path.as_path(), None));
            ended
        }
        DatabaseUrl::Postgres { .. } => {
            let (url, mut pg_restore) = postgres_tool("pg_restore", settings);
            pg_restore.args(["--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges"]);
            succeed(pg_restore.arg("--dbname").arg(url).arg(file)).await;
            end_while_nobody_is_there(config, settings, &around).await
        }
    }
}

/// Refused as long as a server is connected.
async fn end_while_nobody_is_there(config: &Config, settings: &StoreSettings, around: &Surroundings) -> Ended {
    let end = async || restore::end_what_was_restored(config, &Actor::System, false, false, around).await;
    let server = Store::open(settings).await.expect("a server");
    server.ping().await.expect("it is connected");
    let refused = end().await.expect_err("a server is connected");
    assert!(matches!(refused, RestoreError::ServersConnected { .. }), "{refused:?}");
    server.close().await;
    // PostgreSQL takes a moment to forget who has left.
    let mut ticks = interval(Duration::from_millis(20));
    let ended = async {
        loop {
            match end().await {
                Ok(done) => return done.ended,
                Err(RestoreError::ServersConnected { .. }) => ticks.tick().await,
                Err(other) => panic!("{other:?}"),
            };
        }
    };
    timeout(Duration::from_secs(20), ended).await.expect("the connections end")
}

async fn is_one_state(restored: &Database, acknowledged: usize) {
    let acknowledged = i64::try_from(acknowledged).expect("a count");
    let added = "FROM agent WHERE soi >= '500000' AND soi < '700000'";
    let count = restored.number(&format!("SELECT count(*) {added}")).await;
    assert!(count >= acknowledged, "{count} of {acknowledged} that were acknowledged before");
    let last = format!("SELECT coalesce(max(CAST(soi AS BIGINT)), 499999) - 499999 {added}");
    assert_eq!(restored.number(&last).await, count, "what was written one after the other is there up to one moment");
    let imported = "FROM agent WHERE soi >= '700000'";
    let everybody = i64::try_from(IMPORTED).expect("a count");
    assert_eq!(restored.number(&format!("SELECT count(*) {imported}")).await, everybody);
    assert_eq!(
        restored.number(&format!("SELECT count(DISTINCT department) {imported}")).await,
        1,
        "an import is whole"
    );
    // The audit matches the acts.
    let audited =
        "SELECT count(*) FROM audit WHERE act = 'agent.added' AND subject_soi >= '500000' AND subject_soi < '700000'";
    assert_eq!(restored.number(audited).await, count);
    let sessions = restored.number("SELECT count(*) FROM session").await;
    let logins = restored.number("SELECT count(*) FROM audit WHERE act = 'login.succeeded'").await;
    assert_eq!(sessions, logins);
    assert_eq!(restored.number("SELECT count(*) FROM session WHERE ended_at IS NULL").await, 0);
    if restored.engine == Engine::Sqlite {
        assert_eq!(restored.number("SELECT count(*) FROM pragma_foreign_key_check").await, 0);
    }
}

async fn activate(idp: &TestIdp, soi: &str, code: &str) -> Activation {
    let form = ActivationForm {
        soi: soi.to_owned(),
        code: code.to_owned(),
        new: PlainPassword::new(PASSWORD),
        again: PlainPassword::new(PASSWORD),
    };
    let (contact, browser) = (Contact::default(), PlainToken::new("x"));
    let visit = Visit { zone: NetworkZone::Internal, contact: &contact, browser: &browser, known: None, session: None };
    idp.web.login.activate(form, visit).await.expect("an answer")
}

/// One of PostgreSQL's own programs, with the password where it looks for it.
fn postgres_tool(name: &str, settings: &StoreSettings) -> (String, Command) {
    let DatabaseUrl::Postgres { url, password } = &settings.url else { unreachable!("PostgreSQL") };
    let mut installed: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|version| Some(version.ok()?.path().join("bin").join(name)))
        .filter(|path| path.is_file())
        .collect();
    installed.sort();
    let mut command = Command::new(installed.pop().unwrap_or_else(|| name.into()));
    if let Some(password) = password {
        command.env("PGPASSWORD", password.reveal());
    }
    (url.clone(), command)
}

async fn succeed(command: &mut Command) {
    let output = command.output().await.expect("PostgreSQL's programs are installed");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}
