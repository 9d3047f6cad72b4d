//! Why a restore did not happen, in words for who sits before the terminal: what is wrong, and what to do. Whatever is said
//! here, the database is as it was.

use std::io;
use std::path::PathBuf;

use super::advice;
use crate::app::placing;
use crate::crypto::seal::SealError;
use crate::jobs::keys::KeysError;
use crate::storage::StoreError;
use crate::storage::database_file::FileFault;

/// Why nothing was restored.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    #[error(
        "the database is {database}, and PostgreSQL restores with its own tools. \
         With all servers stopped, into an empty database, run\n\n  {commands}\n"
    )]
    NotEmbedded { database: String, commands: String },
    #[error("{} cannot be restored ({})", file.display(), advice(source))]
    File { file: PathBuf, source: FileFault },
    #[error("{} is the database itself, not a backup of it", .0.display())]
    IsTheDatabase(PathBuf),
    #[error("the database's place {} is {what}", database.display())]
    NoPlace { database: PathBuf, what: &'static str },
    #[error(
        "the signing keys of {} cannot be opened with this installation's sealing key: put back the key file that belongs \
         to the backup; if it is lost, --new-signing-keys restores without them, and codes that wait in letters are lost \
         either way",
        file.display()
    )]
    Keys { file: PathBuf, source: KeysError },
    #[error("keys.sealing_key cannot be used")]
    SealingKey(#[source] SealError),
    #[error(
        "{database} is in use: stop the server (and every octroictl and sqlite3) first; a rehearsal with --dry-run needs no stop"
    )]
    InUse { database: String },
    #[error("servers are connected to {database} ({}): stop them first", servers.join(", "))]
    ServersConnected { database: String, servers: Vec<String> },
    #[error("database {database}")]
    Database { database: String, source: StoreError },
    #[error("a database made from {} could not be prepared", file.display())]
    Prepare { file: PathBuf, source: StoreError },
    #[error("what was prepared from {} is not whole, and was removed", file.display())]
    Verify { file: PathBuf, source: FileFault },
    #[error("{} cannot be written ({})", file.display(), placing::advice(source))]
    Write { file: PathBuf, source: io::Error },
    #[error("stopped by a signal")]
    Stopped,
}
