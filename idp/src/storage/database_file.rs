//! Files of the embedded engine as files: copied while others write, looked at before they are trusted, folded before they
//! are moved. Opens connections of its own, never a [`Store`](super::Store): it must work on files that are none.
//!
//! What the words of these findings lead to is decided in `app/backup.rs` and `app/restore`.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection};

use super::migrate::Lineage;
use super::signing_keys::{self, SealedKey};
use super::{StoreError, migrate};
use crate::domain::time::Timestamp;

// Only the embedded engine knows these.
const COPY: &str = "VACUUM INTO $1";
const FOLD: &str = "PRAGMA journal_mode = DELETE";
const CHECK: &str = "PRAGMA integrity_check(5)";
const CHECK_REFERENCES: &str = "SELECT DISTINCT \"table\" FROM pragma_foreign_key_check LIMIT 5";

const AGENTS: &str = "SELECT count(*) FROM agent";
const NEWEST_EVENT: &str = "SELECT max(at) FROM audit";

/// What a whole database of ours holds.
#[derive(Debug, Clone)]
pub struct Inspection {
    pub bytes: u64,
    /// The newest migration that ran.
    pub schema: i64,
    pub agents: i64,
    /// When the last audited act happened: how old the content is.
    pub newest_event: Option<Timestamp>,
    /// The live signing keys, sealed.
    pub signing_keys: Vec<SealedKey>,
}

/// Why a file cannot be taken for a database of ours.
#[derive(Debug, thiserror::Error)]
pub enum FileFault {
    #[error("it cannot be read")]
    Unreadable(#[source] io::Error),
    #[error("it is not a file")]
    NotAFile,
    #[error("it is empty")]
    Empty,
    #[error("it is not a SQLite database")]
    NotADatabase,
    #[error("it is cut off: its first page announces {announced} bytes, and there are {found}")]
    Truncated { announced: u64, found: u64 },
    #[error("it has {found} bytes where its first page announces {announced}: something was appended")]
    TooLong { announced: u64, found: u64 },
    #[error("a part of its content is in {0}, which this command would leave behind")]
    Unfolded(PathBuf),
    #[error("it is damaged: {0}")]
    Damaged(String),
    #[error("it is a SQLite database, but not one of Octroi's")]
    Foreign,
    #[error("it has schema {found}, and this binary knows up to {known}")]
    SchemaTooNew { found: i64, known: i64 },
}

impl FileFault {
    /// Nothing has this name.
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Unreadable(error) if error.kind() == io::ErrorKind::NotFound)
    }

    /// Nothing is known of the content.
    pub const fn is_unreadable(&self) -> bool {
        matches!(self, Self::Unreadable(_))
    }
}

/// Copies a database that others may be using, in one reading transaction: what was committed before it began is in the
/// copy, nothing of what came after. `target` is an empty file; what is written there is compact and stands alone.
pub async fn copy_into(database: &Path, target: &Path, busy_timeout: Duration) -> Result<(), StoreError> {
    // Not read-only: whoever closes last folds the log, and a reader could not.
    let target = target.to_str().ok_or_else(|| {
        sqlx::Error::Io(io::Error::new(io::ErrorKind::InvalidFilename, "the engine takes names in UTF-8 only"))
    })?;
    let options = SqliteConnectOptions::new().filename(database).create_if_missing(false).busy_timeout(busy_timeout);
    let mut connection = options.connect().await?;
    let copied = sqlx::query(COPY).bind(target).execute(&mut connection).await;
    connection.close().await?;
    copied?;
    Ok(())
}

/// Reads the whole file and judges it; changes nothing and makes no file beside it.
pub async fn inspect(path: &Path) -> Result<Inspection, FileFault> {
    let bytes = read_header(path)?;
    for companion in companions(path) {
        if companion.metadata().is_ok_and(|found| found.len() > 0) {
            return Err(FileFault::Unfolded(companion));
        }
    }
    // `immutable`: no locks, no log, no shared memory. A hostile schema runs nothing while it is read.
    let options = SqliteConnectOptions::new()
        .filename(path)
        .read_only(true)
        .immutable(true)
        .pragma("trusted_schema", "OFF")
        .pragma("cell_size_check", "ON");
    let mut connection = options.connect().await.map_err(told_by_the_engine)?;
    let inspected = inspect_content(&mut connection, bytes).await;
    let closed = connection.close().await.map_err(told_by_the_engine);
    let inspection = inspected?;
    closed.map(|()| inspection)
}

async fn inspect_content(connection: &mut SqliteConnection, bytes: u64) -> Result<Inspection, FileFault> {
    let schema = match migrate::lineage(connection).await.map_err(told_by_the_engine)? {
        Lineage::Foreign => return Err(FileFault::Foreign),
        Lineage::Newer { found, known } => return Err(FileFault::SchemaTooNew { found, known }),
        Lineage::Known(schema) => schema,
    };
    let findings: Vec<String> =
        sqlx::query_scalar(CHECK).fetch_all(&mut *connection).await.map_err(told_by_the_engine)?;
    if findings != ["ok"] {
        return Err(FileFault::Damaged(findings.join("; ")));
    }
    let dangling: Vec<String> =
        sqlx::query_scalar(CHECK_REFERENCES).fetch_all(&mut *connection).await.map_err(told_by_the_engine)?;
    if !dangling.is_empty() {
        return Err(FileFault::Damaged(format!("rows of {} name rows that do not exist", dangling.join(", "))));
    }
    Ok(Inspection {
        bytes,
        schema,
        agents: sqlx::query_scalar(AGENTS).fetch_one(&mut *connection).await.map_err(told_by_the_engine)?,
        newest_event: sqlx::query_scalar::<_, Option<i64>>(NEWEST_EVENT)
            .fetch_one(&mut *connection)
            .await
            .map_err(told_by_the_engine)?
            .map(Timestamp::from_millis),
        signing_keys: signing_keys::list_live_of_file(connection).await.map_err(|error| match error {
            StoreError::Unavailable(_, Some(error)) => told_by_the_engine(error),
            other => FileFault::Damaged(other.to_string()),
        })?,
    })
}

/// Writes the log of a database into its file, so that the file can be moved alone. Fails with [`StoreError::Busy`] while
/// anybody else has it open, whatever program that is.
pub async fn fold(database: &Path) -> Result<(), StoreError> {
    let options =
        SqliteConnectOptions::new().filename(database).create_if_missing(false).busy_timeout(Duration::from_secs(1));
    let mut connection = options.connect().await?;
    let folded = sqlx::query(FOLD).execute(&mut connection).await;
    connection.close().await?;
    folded?;
    Ok(())
}

/// The files in which the engine may keep a part of the content, or what belongs to it.
pub fn companions(database: &Path) -> [PathBuf; 2] {
    ["-wal", "-journal"].map(|suffix| beside(database, suffix))
}

/// The same path with something after its name.
pub fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// The size, when it is what the header announces (<https://sqlite.org/fileformat2.html#the_database_header>). The engine
/// itself reads on in a file that is too long, and says of one that is too short only that it is malformed.
fn read_header(path: &Path) -> Result<u64, FileFault> {
    let mut file = File::open(path).map_err(FileFault::Unreadable)?;
    let metadata = file.metadata().map_err(FileFault::Unreadable)?;
    if !metadata.is_file() {
        return Err(FileFault::NotAFile);
    }
    let found = metadata.len();
    if found == 0 {
        return Err(FileFault::Empty);
    }
    let mut header = [0_u8; 100];
    match file.read_exact(&mut header) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Err(FileFault::NotADatabase),
        other => other.map_err(FileFault::Unreadable)?,
    }
    if !header.starts_with(b"SQLite format 3\0") {
        return Err(FileFault::NotADatabase);
    }
    let page_size = match number(&header, 16, 2) {
        1 => 65536,
        other => other,
    };
    let announced = number(&header, 28, 4) * page_size;
    let is_valid = announced > 0 && number(&header, 24, 4) == number(&header, 92, 4);
    match found.cmp(&announced) {
        std::cmp::Ordering::Less if is_valid => Err(FileFault::Truncated { announced, found }),
        std::cmp::Ordering::Greater if is_valid => Err(FileFault::TooLong { announced, found }),
        _ => Ok(found),
    }
}

/// A big-endian number of the header.
fn number(header: &[u8], at: usize, length: usize) -> u64 {
    header.iter().skip(at).take(length).fold(0, |number, byte| (number << 8) | u64::from(*byte))
}

/// What the engine says of a file that nobody else is using.
fn told_by_the_engine(error: sqlx::Error) -> FileFault {
    match error {
        sqlx::Error::Database(error) => FileFault::Damaged(error.message().to_owned()),
        sqlx::Error::Io(error) => FileFault::Unreadable(error),
        other => FileFault::Damaged(other.to_string()),
    }
}
