//! Opening a database, and the two verbs: `read` and `write`.
//!
//! SQLite: WAL, foreign keys, `synchronous = FULL`, one writing connection whose users share commits (`group.rs`) and some
//! reading ones (`readers.rs`). PostgreSQL: one pool, READ COMMITTED, serialization failures and deadlocks run again.

use std::fs::OpenOptions;
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection};
use tokio::time::{sleep, timeout};

use super::StoreError;
use super::error::Cause;
use super::group::{Ended, Group};
use super::presence::Presence;
use super::readers::Readers;
use super::seam::{Course, PostgresTx, SqliteTx, Tx, Work};
use crate::domain::secret::PlainToken;

/// How often work is run again after a serialization failure, a deadlock, or the loss of a shared transaction.
const RETRIES: u32 = 5;

/// How long a first start waits before it tries again to open a file that another one is making.
const BETWEEN_ATTEMPTS: Duration = Duration::from_millis(20);

/// How PostgreSQL knows our connections (`pg_stat_activity`).
pub(super) const APPLICATION_NAME: &str = "octroi";

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
    Sqlite { writer: Group, readers: Readers, presence: Presence },
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
                // Before the file is made: a restore may be about to put one there.
                let presence = Presence::shared(path, settings.busy_timeout).await?;
                if settings.create {
                    create_private(path)?;
                }
                let options = SqliteConnectOptions::new()
                    .filename(path)
                    .create_if_missing(settings.create)
                    .journal_mode(SqliteJournalMode::Wal)
                    .synchronous(SqliteSynchronous::Full)
                    .foreign_keys(true)
                    .busy_timeout(settings.busy_timeout);
                let patience = settings.busy_timeout;
                let writer = patiently(patience, || Group::open(options.clone(), patience)).await?;
                let reading = options.read_only(true);
                let count = settings.read_connections;
                let readers = patiently(patience, || Readers::open(reading.clone(), count, patience)).await?;
                Ok(Self::Sqlite { writer, readers, presence })
            }
            DatabaseUrl::Postgres { url, password } => {
                let options = postgres_options(url, password.as_ref(), settings.busy_timeout)?;
                // The pool would try a refused port again and again, and then only say that time is up.
                timeout(settings.busy_timeout, options.connect())
                    .await
                    .map_err(|_| StoreError::Unavailable(Cause::Connection, None))??
                    .close()
                    .await?;
                let pool = PgPoolOptions::new()
                    .max_connections(settings.write_connections)
                    .acquire_timeout(settings.busy_timeout)
                    .test_before_acquire(false)
                    .connect_lazy_with(options);
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
            Self::Sqlite { readers, .. } => Tx::Sqlite(SqliteTx::Reading(readers.begin().await?), Course::default()),
            Self::Postgres(pool) => begin_postgres(pool, READ_ONLY).await?,
        };
        let answer = work.run(&mut tx).await?;
        match tx {
            Tx::Sqlite(SqliteTx::Reading(lease), _) => lease.end().await?,
            Tx::Postgres(PostgresTx::Transaction(tx), _) => tx.commit().await.map_err(StoreError::from)?,
            Tx::Sqlite(SqliteTx::Writing(_), _) | Tx::Postgres(PostgresTx::Statement(_), _) => {}
        }
        Ok(answer)
    }

    /// Runs work that reads with **one statement**, which is its own state: no transaction is opened around it.
    pub async fn read_one<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: for<'t> Work<'t, T, E>,
        E: From<StoreError>,
    {
        match self {
            Self::Sqlite { readers, .. } => {
                work.run(&mut Tx::Sqlite(SqliteTx::Reading(readers.lend().await?), Course::default())).await
            }
            Self::Postgres(pool) => {
                // A connection that died while it waited in the pool is found out by the statement itself.
                for _ in 0..pool.options().get_max_connections() {
                    let connection = pool.acquire().await.map_err(|error| no_connection(pool, error))?;
                    let mut tx = Tx::Postgres(PostgresTx::Statement(connection), Course::default());
                    let answer = work.run(&mut tx).await;
                    if answer.is_ok() || tx.course() != Course::Cut {
                        return answer;
                    }
                }
                self.read(work).await
            }
        }
    }

    /// Runs work in one writing transaction and returns after it is durable. `Err` from the work rolls everything back.
    ///
    /// The work may run more than once: only storage calls belong in it. A statement's failure has to come out as `Err`:
    /// what goes on after one is not kept ([`Cause::Unfinished`]).
    pub async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: for<'t> Work<'t, T, E>,
        E: From<StoreError>,
    {
        let started = crate::domain::time::Stopwatch::start();
        for attempt in 0..=RETRIES {
            let mut tx = match self {
                Self::Sqlite { writer, .. } => {
                    // Who runs again runs alone.
                    Tx::Sqlite(SqliteTx::Writing(writer.turn(attempt > 0).await?), Course::default())
                }
                Self::Postgres(pool) => begin_postgres(pool, READ_WRITE).await?,
            };
            let answer = work.run(&mut tx).await;
            match end(tx, answer.is_ok()).await? {
                Ended::Committed => {
                    started.record("octroi_store_write_seconds");
                    return answer;
                }
                Ended::Undone => {
                    return answer.and_then(|_| Err(StoreError::Unavailable(Cause::Unfinished, None).into()));
                }
                Ended::Lost => {}
            }
        }
        Err(StoreError::Busy.into())
    }

    /// Whether a trivial read succeeds: what `/health/ready` asks.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.read(async |tx: &mut Tx| -> Result<(), StoreError> { super::markers::list(tx).await.map(drop) }).await
    }

    /// Closes all connections; the embedded engine folds its log into the file.
    pub async fn close(&self) {
        match self {
            Self::Sqlite { writer, readers, presence } => {
                readers.close().await;
                writer.close().await;
                presence.leave();
            }
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

/// How long a transaction that does nothing may hold its locks. Ours send one statement after the other: this ends those
/// whose process stands still.
const MAX_IDLE_IN_TRANSACTION: Duration = Duration::from_mins(1);

/// How to reach PostgreSQL, under our name.
pub(super) fn postgres_options(
    url: &str,
    password: Option<&PlainToken>,
    busy_timeout: Duration,
) -> Result<PgConnectOptions, StoreError> {
    let options = url.parse::<PgConnectOptions>()?.application_name(APPLICATION_NAME).options(limits(busy_timeout));
    Ok(match password {
        Some(password) => options.password(password.reveal()),
        None => options,
    })
}

/// What PostgreSQL does by itself: without these a statement waits for another's lock for ever, and its request with it.
fn limits(busy_timeout: Duration) -> [(&'static str, String); 2] {
    let millis = |limit: Duration| limit.as_millis().max(1).to_string();
    [("lock_timeout", millis(busy_timeout)), ("idle_in_transaction_session_timeout", millis(MAX_IDLE_IN_TRANSACTION))]
}

/// Connects within `patience`. Of two first starts at once both switch the new file to WAL, for which the engine does not
/// wait by itself as it does for a lock: so the second one tries again.
async fn patiently<T, Fut>(patience: Duration, connect: impl Fn() -> Fut) -> Result<T, StoreError>
where
    Fut: Future<Output = Result<T, sqlx::Error>>,
{
    let connected = timeout(patience, async {
        loop {
            match connect().await.map_err(StoreError::from) {
                Err(StoreError::Busy) => sleep(BETWEEN_ATTEMPTS).await,
                settled => return settled,
            }
        }
    });
    connected.await.unwrap_or(Err(StoreError::Busy))
}

/// Makes the file readable by its owner only: it holds what HR knows. Its log files get the same mode from the engine.
fn create_private(path: &Path) -> Result<(), StoreError> {
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            let cause = match error.kind() {
                io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied => Cause::Absent,
                io::ErrorKind::ReadOnlyFilesystem => Cause::ReadOnly,
                io::ErrorKind::StorageFull => Cause::Full,
                _ => Cause::Other,
            };
            Err(StoreError::Unavailable(cause, Some(sqlx::Error::Io(error))))
        }
        _ => Ok(()),
    }
}

const READ_ONLY: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY";
const READ_WRITE: &str = "BEGIN ISOLATION LEVEL READ COMMITTED";

/// Ends a writing transaction durably: committed if the work is to be kept and all its statements were carried out.
async fn end(tx: Tx, keep: bool) -> Result<Ended, StoreError> {
    match tx {
        Tx::Sqlite(SqliteTx::Writing(turn), course) => turn.end(keep && course == Course::Smooth).await,
        // The same work may well succeed now. Dropping a transaction rolls it back.
        Tx::Postgres(_, Course::Crossed) => Ok(Ended::Lost),
        Tx::Postgres(PostgresTx::Transaction(transaction), Course::Smooth) if keep => {
            match transaction.commit().await {
                Ok(()) => Ok(Ended::Committed),
                Err(error) if StoreError::is_worth_a_retry(&error) => Ok(Ended::Lost),
                Err(error) => Err(error.into()),
            }
        }
        Tx::Postgres(..) | Tx::Sqlite(SqliteTx::Reading(_), _) => Ok(Ended::Undone),
    }
}

/// Begins on a connection that lives, in a task of its own: a caller who hangs up while BEGIN is on its way would leave a
/// connection in the pool that is inside a transaction and does not know it. Those that died while they waited in the pool (the server was restarted) are found
/// out by this first statement and thrown away, so each costs one more try and no request fails for it.
async fn begin_postgres(pool: &PgPool, statement: &'static str) -> Result<Tx, StoreError> {
    let most = pool.options().get_max_connections();
    let mut died = 0;
    loop {
        let pooled = pool.clone();
        let begun = tokio::spawn(async move { pooled.begin_with(statement).await });
        match begun.await.map_err(|_| StoreError::Unavailable(Cause::Connection, None))? {
            Ok(transaction) => return Ok(Tx::Postgres(PostgresTx::Transaction(transaction), Course::default())),
            Err(error) => {
                let waited = matches!(error, sqlx::Error::PoolTimedOut);
                match no_connection(pool, error) {
                    StoreError::Unavailable(Cause::Connection, _) if died < most && !waited => died += 1,
                    other => return Err(other),
                }
            }
        }
    }
}

/// With room for another connection, waiting was not for a connection but for the server.
fn no_connection(pool: &PgPool, error: sqlx::Error) -> StoreError {
    match error {
        sqlx::Error::PoolTimedOut if pool.size() < pool.options().get_max_connections() => {
            StoreError::Unavailable(Cause::Connection, Some(sqlx::Error::PoolTimedOut))
        }
        error => StoreError::from(error),
    }
}
