//! Who uses an embedded database: every [`Store`](super::Store) holds a shared lock on a file beside it, `NAME.lock`, and
//! a restore holds it alone while it puts another file in the database's place.
//!
//! The engine's own locks do not do for this: they belong to the file that is replaced, so whoever waited for them would
//! go on with the old one. The operating system ends a lock with its process, also after a kill. What knows nothing of
//! this file (the `sqlite3` shell) is seen by the engine's locks, see `database_file`.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, fchown};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{sleep, timeout};

use super::StoreError;
use super::error::Cause;

/// How long to wait before asking again.
const BETWEEN_ATTEMPTS: Duration = Duration::from_millis(20);

/// A lock that ends with [`leave`](Self::leave), or when its last clone is dropped.
#[derive(Debug, Clone)]
pub struct Presence(Option<Arc<File>>);

impl Presence {
    /// Uses the database beside others; waits while a restore is at work.
    pub async fn shared(database: &Path, patience: Duration) -> Result<Self, StoreError> {
        let Some(file) = open(database)? else { return Ok(Self(None)) };
        let granted = timeout(patience, async {
            loop {
                match file.try_lock_shared() {
                    Err(TryLockError::WouldBlock) => sleep(BETWEEN_ATTEMPTS).await,
                    settled => return settled,
                }
            }
        });
        match granted.await {
            Err(_) | Ok(Err(TryLockError::WouldBlock)) => Err(StoreError::Busy),
            Ok(outcome) => granted_or_unknown(outcome, file),
        }
    }

    /// Has the database alone, or fails at once with [`StoreError::Busy`].
    pub fn alone(database: &Path) -> Result<Self, StoreError> {
        let Some(file) = open(database)? else { return Ok(Self(None)) };
        granted_or_unknown(file.try_lock(), file)
    }

    /// Ends the lock, for every clone of it.
    pub fn leave(&self) {
        if let Some(file) = &self.0 {
            // An unlock that fails is made good by the end of the process.
            let _ = file.unlock();
        }
    }
}

/// A file system without such locks leaves the engine's own, which are asked as well.
fn granted_or_unknown(outcome: Result<(), TryLockError>, file: File) -> Result<Presence, StoreError> {
    match outcome {
        Ok(()) => Ok(Presence(Some(Arc::new(file)))),
        Err(TryLockError::WouldBlock) => Err(StoreError::Busy),
        Err(TryLockError::Error(error)) if error.kind() == ErrorKind::Unsupported => Ok(Presence(None)),
        Err(TryLockError::Error(error)) => Err(StoreError::Unavailable(Cause::Other, Some(sqlx::Error::Io(error)))),
    }
}

/// The file beside the database. Nothing where there can be no database, or where this user may make no file: such a user
/// runs no server there either, for the engine needs its own files in the same place.
fn open(database: &Path) -> Result<Option<File>, StoreError> {
    let Ok(database) = real_path(database) else { return Ok(None) };
    if database.is_dir() {
        return Ok(None);
    }
    let path = lock_path(&database);
    let opened = OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(&path);
    match opened {
        Ok(file) => {
            give_to_the_owner(&file, &database);
            Ok(Some(file))
        }
        Err(error) if matches!(error.kind(), ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem) => Ok(None),
        Err(error) => {
            let cause = if error.kind() == ErrorKind::StorageFull { Cause::Full } else { Cause::Other };
            Err(StoreError::Unavailable(cause, Some(sqlx::Error::Io(error))))
        }
    }
}

/// `octroi.db.lock`
fn lock_path(database: &Path) -> PathBuf {
    let mut name = OsString::from(database);
    name.push(".lock");
    name.into()
}

/// What root makes must not shut out the server's account; the engine does the same with its own files.
fn give_to_the_owner(file: &File, database: &Path) {
    // Before there is a database, it will be made by whom the directory belongs to.
    let known = if database.exists() { Some(database) } else { database.parent() };
    let (Ok(made), Some(Ok(wanted))) = (file.metadata(), known.map(fs::metadata)) else { return };
    if made.uid() != wanted.uid() {
        // Only root may; where it is refused, the one who made the file is the one who will use it.
        let _ = fchown(file, Some(wanted.uid()), Some(wanted.gid()));
    }
}

/// The database's own path, also before it exists: symbolic links are followed, as the engine does.
pub fn real_path(path: &Path) -> io::Result<PathBuf> {
    match fs::canonicalize(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
            let name = path.file_name().ok_or(error)?;
            Ok(fs::canonicalize(parent)?.join(name))
        }
        known => known,
    }
}
