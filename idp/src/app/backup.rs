//! `octroi backup`: a copy of the embedded database, taken while it is in use. It is made under another name, verified,
//! brought to the disk, and only then gets its name; what exists is never overwritten.
//!
//! How the copy is taken stands in `storage/database_file.rs`, why so in `docs/decisions/0016`. PostgreSQL has its own tools.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::placing::{Draft, advice};
use super::serve::stop_signal;
use super::{Surroundings, describe, postgres};
use crate::config::{Config, DatabaseTarget};
use crate::domain::time::Stopwatch;
use crate::storage::database_file::{self, FileFault, Inspection};
use crate::storage::{Cause, Presence, StoreError, real_path};

/// A backup that is in its place.
#[derive(Debug)]
pub struct Backup {
    pub file: PathBuf,
    pub content: Inspection,
    pub seconds: f64,
}

/// Why there is no backup. Nothing was left behind.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error("the database is {database}, and PostgreSQL makes backups with its own tools. Run\n\n  {command}\n")]
    NotEmbedded { database: String, command: String },
    #[error("{} exists, and a backup never overwrites: choose another name, or move it away", .0.display())]
    Exists(PathBuf),
    #[error("{} is no name for a file", .0.display())]
    NoName(PathBuf),
    #[error("the database {database} cannot be copied to {} (is there space for it?)", file.display())]
    Copy { database: String, file: PathBuf, source: StoreError },
    #[error("database {database}")]
    Database { database: String, source: StoreError },
    #[error("{} cannot be written ({})", file.display(), advice(source))]
    Write { file: PathBuf, source: io::Error },
    #[error("what was copied from {database} is not a whole database, so it was removed; look at the database itself")]
    Verify { database: String, source: FileFault },
    #[error("stopped by a signal")]
    Stopped,
}

/// Copies the configured database to `file`.
pub async fn take(config: &Config, file: &Path, around: &Surroundings) -> Result<Backup, BackupError> {
    let database = match &config.database.target {
        DatabaseTarget::Sqlite { file } => file,
        DatabaseTarget::Postgres { url, .. } => {
            return Err(BackupError::NotEmbedded { database: url.clone(), command: postgres::dump_command(url, file) });
        }
    };
    let stopped = stop_signal().map_err(|source| BackupError::Write { file: file.to_owned(), source })?;
    tokio::select! {
        taken = copy(config, database, file, around) => taken,
        () = stopped => Err(BackupError::Stopped),
    }
}

async fn copy(config: &Config, database: &Path, file: &Path, around: &Surroundings) -> Result<Backup, BackupError> {
    let watch = Stopwatch::start();
    let unwritable = |source: io::Error| BackupError::Write { file: file.to_owned(), source };
    if fs::symlink_metadata(file).is_ok() {
        return Err(BackupError::Exists(file.to_owned()));
    }
    if file.file_name().is_none() || file.to_str().is_none() {
        return Err(BackupError::NoName(file.to_owned()));
    }
    let unopened = |source| BackupError::Database { database: describe(&config.database), source };
    // A restore waits for us, and we for it.
    let presence = Presence::shared(database, config.database.busy_timeout).await.map_err(unopened)?;
    require_file(database).map_err(unopened)?;
    // The engine takes a name that begins with `file:` for a URI; a whole path never does.
    let target = real_path(file).map_err(unwritable)?;
    let draft = Draft::create(&target, "partial", &around.random).map_err(unwritable)?;
    database_file::copy_into(database, draft.path(), config.database.busy_timeout)
        .await
        .map_err(|source| BackupError::Copy { database: describe(&config.database), file: file.to_owned(), source })?;
    draft.sync().map_err(unwritable)?;
    let content = database_file::inspect(draft.path())
        .await
        .map_err(|source| BackupError::Verify { database: describe(&config.database), source })?;
    draft.place_as_new(&target).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => BackupError::Exists(file.to_owned()),
        _ => unwritable(error),
    })?;
    drop(presence);
    Ok(Backup { file: file.to_owned(), content, seconds: watch.seconds() })
}

/// The engine says of an absent file what it says of a hundred other troubles.
fn require_file(database: &Path) -> Result<(), StoreError> {
    if database.is_file() { Ok(()) } else { Err(StoreError::Unavailable(Cause::Absent, None)) }
}
