//! Both engines for every storage test: [`for_each_engine!`](crate::for_each_engine) makes two tests of one function,
//! `sqlite::name` and `postgres::name`, each with a [`Database`] of its own that nobody else sees and that is gone
//! afterwards.
//!
//! SQLite is a file in a temporary directory. PostgreSQL is a fresh database on the server that `OCTROI_TEST_POSTGRES_URL`
//! names (`tests/run` starts one). Without it the PostgreSQL tests fail, and say what to do; only `OCTROI_TEST_QUICK=1`
//! lets them pass with a notice. Never skip silently.

use std::ops::Deref;
use std::path::PathBuf;
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use octroi_idp::domain::secret::PlainToken;
use octroi_idp::storage::{DatabaseUrl, Store, StoreSettings};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tempfile::TempDir;
use url::Url;

/// Where the server for the PostgreSQL tests is: `postgres://user:password@host:port/database`.
pub const POSTGRES_URL: &str = "OCTROI_TEST_POSTGRES_URL";

/// Set to `1` by `tests/run quick`: the PostgreSQL tests pass with a notice.
pub const QUICK: &str = "OCTROI_TEST_QUICK";

/// One of the two engines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

/// A migrated database for one test. Dereferences to its [`Store`].
#[derive(Debug)]
pub struct Database {
    pub engine: Engine,
    pub store: Store,
    /// What opens the same database again.
    pub settings: StoreSettings,
}

impl Deref for Database {
    type Target = Store;

    fn deref(&self) -> &Store {
        &self.store
    }
}

impl Database {
    /// Runs statements that the storage layer would never send: to damage a row, to look behind a table.
    pub async fn execute(&self, sql: &str) {
        let sql = AssertSqlSafe(sql.to_owned());
        match &self.store {
            Store::Sqlite { writer, .. } => {
                let mut connection = writer.alone().await.expect("the writing connection");
                sqlx::raw_sql(sql).execute(&mut *connection).await.map(drop)
            }
            Store::Postgres(pool) => sqlx::raw_sql(sql).execute(pool).await.map(drop),
        }
        .expect("raw SQL");
    }

    /// One number that a statement answers.
    pub async fn number(&self, sql: &str) -> i64 {
        let sql = AssertSqlSafe(sql.to_owned());
        match &self.store {
            Store::Sqlite { writer, .. } => {
                let mut connection = writer.alone().await.expect("the writing connection");
                sqlx::query_scalar(sql).fetch_one(&mut *connection).await
            }
            Store::Postgres(pool) => sqlx::query_scalar(sql).fetch_one(pool).await,
        }
        .expect("raw SQL that answers a number")
    }

    /// The texts that a statement answers.
    pub async fn texts(&self, sql: &str) -> Vec<String> {
        let sql = AssertSqlSafe(sql.to_owned());
        match &self.store {
            Store::Sqlite { writer, .. } => {
                let mut connection = writer.alone().await.expect("the writing connection");
                sqlx::query_scalar(sql).fetch_all(&mut *connection).await
            }
            Store::Postgres(pool) => sqlx::query_scalar(sql).fetch_all(pool).await,
        }
        .expect("raw SQL that answers texts")
    }
}

/// Keeps what has to be removed when the test is over; see [`remove`](Self::remove).
#[derive(Debug)]
pub enum Remains {
    Directory(TempDir),
    Database { server: Url, name: String },
}

impl Remains {
    /// Removes the database. A temporary directory goes with its value.
    pub async fn remove(self) {
        if let Self::Database { server, name } = self {
            let mut connection = PgConnection::connect(server.as_str()).await.expect("the PostgreSQL server");
            let drop_it = AssertSqlSafe(format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
            sqlx::raw_sql(drop_it).execute(&mut connection).await.expect("DROP DATABASE");
        }
    }
}

/// An empty place for a database, not migrated, and what remains of it. `None` only for PostgreSQL in quick mode.
pub async fn fresh_settings(engine: Engine) -> Option<(StoreSettings, Remains)> {
    let (url, remains) = match engine {
        Engine::Sqlite => {
            let directory = tempfile::tempdir().expect("a temporary directory");
            let file: PathBuf = directory.path().join("octroi test.sqlite");
            (DatabaseUrl::Sqlite(file), Remains::Directory(directory))
        }
        Engine::Postgres => fresh_postgres().await?,
    };
    let settings = StoreSettings {
        url,
        create: true,
        read_connections: 4,
        write_connections: 8,
        busy_timeout: Duration::from_secs(20),
    };
    Some((settings, remains))
}

/// A store on a fresh, migrated database, and what remains of it. `None` only for PostgreSQL in quick mode.
pub async fn fresh_store(engine: Engine) -> Option<(Database, Remains)> {
    let (settings, remains) = fresh_settings(engine).await?;
    let store = Store::open(&settings).await.expect("a fresh database opens");
    store.migrate().await.expect("a fresh database migrates");
    Some((Database { engine, store, settings }, remains))
}

/// Runs one test on a fresh database and removes the database, also when the test fails.
pub async fn with_database<F, Fut>(engine: Engine, test: F)
where
    F: FnOnce(Database) -> Fut,
    Fut: Future<Output = ()> + Send + 'static,
{
    let Some((database, remains)) = fresh_store(engine).await else { return };
    let store = database.store.clone();
    let outcome = tokio::spawn(test(database)).await;
    store.close().await;
    remains.remove().await;
    if let Err(failure) = outcome {
        std::panic::resume_unwind(failure.into_panic());
    }
}

/// Makes two tests of each named `async fn(Database)`: `sqlite::name` and `postgres::name`.
#[macro_export]
macro_rules! for_each_engine {
    ($($name:ident),+ $(,)?) => {
        $crate::for_each_engine!(@engine sqlite Sqlite $($name)+);
        $crate::for_each_engine!(@engine postgres Postgres $($name)+);
    };
    (@engine $module:ident $engine:ident $($name:ident)+) => {
        mod $module {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
                async fn $name() {
                    $crate::engine::with_database($crate::engine::Engine::$engine, super::$name).await;
                }
            )+
        }
    };
}

/// A new database on the server for tests, by a name that no other test has.
async fn fresh_postgres() -> Option<(DatabaseUrl, Remains)> {
    static NEXT: AtomicU32 = AtomicU32::new(0);

    let Some(server) = postgres_server() else {
        assert!(
            variable(QUICK).as_deref() == Some("1"),
            "{POSTGRES_URL} is not set, so there is no PostgreSQL to test on. Run `tests/run`, which starts one; or set \
             it to postgres://user:password@host:port/database of a server where databases may be created; or set \
             {QUICK}=1 to leave PostgreSQL out."
        );
        println!("NOT TESTED on PostgreSQL: {QUICK}=1 and no {POSTGRES_URL}");
        return None;
    };
    let name = format!("octroi_test_{}_{}", process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    let mut connection = PgConnection::connect(server.as_str()).await.expect("the PostgreSQL server for tests");
    sqlx::raw_sql(AssertSqlSafe(format!("CREATE DATABASE {name}")))
        .execute(&mut connection)
        .await
        .expect("CREATE DATABASE");
    connection.close().await.expect("a clean goodbye");

    let mut url = server.clone();
    url.set_path(&name);
    Some((without_password(url), Remains::Database { server, name }))
}

/// The server for tests, if there is one.
pub fn postgres_server() -> Option<Url> {
    variable(POSTGRES_URL).map(|url| url.parse().expect("OCTROI_TEST_POSTGRES_URL is a URL"))
}

/// Takes the password out of the address, as the configuration does.
pub fn without_password(mut url: Url) -> DatabaseUrl {
    let password = url.password().map(PlainToken::new);
    url.set_password(None).expect("a postgres:// address can do without a password");
    DatabaseUrl::Postgres { url: url.to_string(), password }
}

/// What the caller of the tests has set.
#[allow(clippy::disallowed_methods, reason = "tests/run tells the tests by two variables where the server is")]
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
