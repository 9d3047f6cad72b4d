//! The swap: the present database is kept under another name, the prepared one takes its place. At every moment the
//! database's own name leads to a whole file, the old one or the new one; never to the new one with the old one's log.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::{Prepared, RestoreError};
use crate::app::placing::{keep_as, sync_directory_of};
use crate::domain::time::Timestamp;
use crate::storage::database_file::{self, beside, companions};
use crate::storage::{Presence, StoreError};

/// A restore that happened.
#[derive(Debug)]
pub struct Restored {
    pub database: PathBuf,
    /// The database that was there before, if there was one.
    pub kept: Option<Kept>,
}

/// The database that was there before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    pub file: PathBuf,
    /// Its log is in the file. A damaged one keeps its log beside it, under the same name.
    pub folded: bool,
}

impl Prepared {
    /// Swaps the files. What was there before is kept beside it.
    pub async fn put_in_place(self) -> Result<Restored, RestoreError> {
        let Self { database, draft, at, presence, .. } = self;
        let failed = |source: io::Error| RestoreError::Write { file: database.clone(), source };
        // A rehearsal has not asked for it before.
        let presence = match presence {
            Some(presence) => presence,
            None => Presence::alone(&database).map_err(|error| in_use(&database, error))?,
        };
        let kept = if database.exists() { Some(keep(&database, at).await?) } else { None };
        // What the engine would take for the new file's own.
        for stale in companions(&database).into_iter().chain([beside(&database, "-shm")]) {
            remove_if_there(&stale).map_err(failed)?;
        }
        sync_directory_of(&database).map_err(failed)?;
        draft.replace(&database).map_err(failed)?;
        presence.leave();
        Ok(Restored { database, kept })
    }
}

/// Folds the database's log into it and gives it a second name. One that is too damaged to be folded is kept as it is, with
/// its log: that is what a restore is for. The log is copied before, for the engine throws away what it cannot read.
async fn keep(database: &Path, at: Timestamp) -> Result<Kept, RestoreError> {
    let moment = at.to_rfc3339().replace(['-', ':'], "");
    let file = beside(database, &format!(".before-restore-{moment}"));
    let failed = |source: io::Error| RestoreError::Write { file: file.clone(), source };
    let logs = companions(&file);
    for (log, copy) in companions(database).iter().zip(&logs) {
        if log.exists() {
            fs::copy(log, copy).map_err(failed)?;
        }
    }
    let outcome = database_file::fold(database).await;
    let folded = outcome.is_ok();
    if folded || matches!(outcome, Err(StoreError::Busy)) {
        for copy in &logs {
            remove_if_there(copy).map_err(failed)?;
        }
    }
    if let Err(StoreError::Busy) = outcome {
        return Err(in_use(database, StoreError::Busy));
    }
    keep_as(database, &file).map_err(failed)?;
    Ok(Kept { file, folded })
}

fn in_use(database: &Path, error: StoreError) -> RestoreError {
    let database = database.display().to_string();
    match error {
        StoreError::Busy => RestoreError::InUse { database },
        source => RestoreError::Database { database, source },
    }
}

fn remove_if_there(file: &Path) -> io::Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
