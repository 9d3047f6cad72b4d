//! Opening a database, and the two verbs: `read` and `write`.
//!
//! SQLite: WAL, foreign keys, `synchronous = FULL`, one writer connection and a pool of readers. PostgreSQL: one pool,
//! READ COMMITTED, serialization failures and deadlocks run again.

use std::path::PathBuf;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};

use super::StoreError;
use super::error::Cause;
use super::seam::{Tx, Work};
use crate::domain::secret::PlainToken;

/// How often work is run again after a serialization failure or a deadlock.
const RETRIES: u32 = 5;

/// Where the database is.
#[derive(Debug, Clone)]
pub enum DatabaseUrl {
    /// A file of the embedded engine.
    Sqlite(PathBuf),
    /// `postgres://user@host:port/database`, never with a password inside.
    Postgres { url: String, password: Option<PlainToken> },
}

/// What [`Store::open`] needs.
#[derive(Debug, Clone)]
pub struct StoreSettings {
    pub url: DatabaseUrl,
    /// Create the file of the embedded engine when it is absent.
    pub create: bool,
    /// SQLite: reading connections.
    pub read_connections: u32,
    /// PostgreSQL: all connections.
    pub write_connections: u32,
    /// How long to wait for a lock or a connection.
    pub busy_timeout: Duration,
}

/// The database, whichever engine. Cheap to clone.
#[derive(Debug, Clone)]
pub enum Store {
    Sqlite { writer: SqlitePool, readers: SqlitePool },
    Postgres(PgPool),
}

impl Store {
    /// Connects. Says clearly when the file is absent, the server does not answer or the password is refused.
    pub async fn open(settings: &StoreSettings) -> Result<Self, StoreError> {
        match &settings.url {
            DatabaseUrl::Sqlite(path) => {
                if !settings.create && !path.exists() {
                    return Err(StoreError::Unavailable(Cause::Absent, None));
                }
                let options = SqliteConnectOptions::new()
                    .filename(path)
                    .create_if_missing(settings.create)
                    .journal_mode(SqliteJournalMode::Wal)
                    .synchronous(SqliteSynchronous::Full)
                    .foreign_keys(true)
                    .busy_timeout(settings.busy_timeout);
                let writer = sqlite_pool(1, settings).connect_with(options.clone()).await?;
                let readers =
                    sqlite_pool(settings.read_connections, settings).connect_with(options.read_only(true)).await?;
                Ok(Self::Sqlite { writer, readers })
            }
            DatabaseUrl::Postgres { url, password } => {
                let mut options: PgConnectOptions = url.parse()?;
                if let Some(password) = password {
                    options = options.password(password.reveal());
                }
                let pool = PgPoolOptions::new()
                    .max_connections(settings.write_connections)
                    .acquire_timeout(settings.busy_timeout)
                    .test_before_acquire(false)
                    .connect_with(options)
                    .await?;
                Ok(Self::Postgres(pool))
            }
        }
    }

    /// Runs work in one reading transaction: everything in it is read from one state.
    pub async fn read<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: for<'t> Work<'t, T, E>,
        E: From<StoreError>,
    {
        let mut tx = match self {
            Self::Sqlite { readers, .. } => Tx::Sqlite(readers.begin().await.map_err(StoreError::from)?),
            Self::Postgres(pool) => Tx::Postgres(pool.begin_with(READ_ONLY).await.map_err(StoreError::from)?),
        };
        let answer = work.run(&mut tx).await?;
        commit(tx).await.map_err(StoreError::from)?;
        Ok(answer)
    }

    /// Runs work in one writing transaction and returns after it is durable. `Err` from the work rolls everything back.
    ///
    /// The work may run more than once: only storage calls belong in it.
    pub async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: for<'t> Work<'t, T, E>,
        E: From<StoreError>,
    {
        let started = crate::domain::time::Stopwatch::start();
        let mut attempt = 0;
        loop {
            let mut tx = match self {
                Self::Sqlite { writer, .. } => {
                    Tx::Sqlite(writer.begin_with("BEGIN IMMEDIATE").await.map_err(StoreError::from)?)
                }
                Self::Postgres(pool) => Tx::Postgres(pool.begin().await.map_err(StoreError::from)?),
            };
            let answer = work.run(&mut tx).await?;
            match commit(tx).await {
                Ok(()) => {
                    started.record("octroi_store_write_seconds");
                    return Ok(answer);
                }
                Err(error) if attempt < RETRIES && StoreError::is_worth_a_retry(&error) => attempt += 1,
                Err(error) => return Err(StoreError::from(error).into()),
            }
        }
    }

    /// Whether a trivial read succeeds: what `/health/ready` asks.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.read(async |tx: &mut Tx| -> Result<(), StoreError> { super::markers::list(tx).await.map(drop) }).await
    }

    /// Closes all connections; the embedded engine folds its log into the file.
    pub async fn close(&self) {
        match self {
            Self::Sqlite { writer, readers } => {
                readers.close().await;
                writer.close().await;
            }
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

const READ_ONLY: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY";

async fn commit(tx: Tx) -> Result<(), sqlx::Error> {
    match tx {
        Tx::Sqlite(transaction) => transaction.commit().await,
        Tx::Postgres(transaction) => transaction.commit().await,
    }
}

fn sqlite_pool(connections: u32, settings: &StoreSettings) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(settings.busy_timeout)
        .test_before_acquire(false)
        .idle_timeout(None)
        .max_lifetime(None)
}
