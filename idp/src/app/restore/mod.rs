//! `octroi restore`: a backup becomes the embedded database, in two steps. [`prepare`] judges the file and makes of it, under
//! another name, the database that would be put in place: of this schema, with nothing alive in it, verified. It changes
//! nothing, so it is the whole of a rehearsal too. [`Prepared::put_in_place`] (`place.rs`) swaps the files.
//!
//! What was restored by other means (PostgreSQL) is treated in `already_restored.rs`. What ends, and why, is known by
//! `storage/revival.rs` only.

mod already_restored;
mod error;
mod place;

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::placing::Draft;
use super::serve::stop_signal;
use super::{Surroundings, describe, postgres};
use crate::config::{Config, DatabaseTarget};
use crate::crypto::seal::Sealer;
use crate::domain::audit::{Actor, Event};
use crate::domain::time::Timestamp;
use crate::jobs::keys::unseal;
use crate::storage::database_file::{self, FileFault, Inspection};
use crate::storage::revival;
use crate::storage::{DatabaseUrl, Presence, Store, StoreError, StoreSettings, Tx, audit, real_path};

pub use already_restored::{AlreadyRestored, end_what_was_restored};
pub use error::RestoreError;
pub use place::{Kept, Restored};

pub use crate::storage::revival::Ended;

/// What is to be restored, by whom.
#[derive(Debug, Clone)]
pub struct Order<'a> {
    pub file: &'a Path,
    pub actor: Actor,
    /// Only prepared: a server may go on.
    pub rehearsal: bool,
    /// Start with new signing keys: those of the backup cannot be opened, or are not to be trusted any more.
    pub new_signing_keys: bool,
}

/// A database that could be put in place. Dropped, it is removed.
#[derive(Debug)]
pub struct Prepared {
    /// The database that it is made for; symbolic links are followed.
    pub database: PathBuf,
    /// What the file held.
    pub content: Inspection,
    /// What lived in it and does not any more.
    pub ended: Ended,
    pub signing_keys_retired: u64,
    /// The schema after migration.
    pub schema: i64,
    /// When it was prepared.
    pub at: Timestamp,
    draft: Draft,
    /// Nobody else uses the database as long as this lives; absent in a rehearsal.
    presence: Option<Presence>,
}

/// Judges the file and prepares what would be put in place. A signal ends it, and nothing is left.
pub async fn prepare(config: &Config, order: &Order<'_>, around: &Surroundings) -> Result<Prepared, RestoreError> {
    let stopped = stop_signal().map_err(|source| RestoreError::Write { file: order.file.to_owned(), source })?;
    tokio::select! {
        prepared = prepare_file(config, order, around) => prepared,
        () = stopped => Err(RestoreError::Stopped),
    }
}

async fn prepare_file(config: &Config, order: &Order<'_>, around: &Surroundings) -> Result<Prepared, RestoreError> {
    let configured = match &config.database.target {
        DatabaseTarget::Sqlite { file } => file,
        DatabaseTarget::Postgres { url, .. } => {
            let commands = postgres::restore_commands(url, order.file);
            return Err(RestoreError::NotEmbedded { database: url.clone(), commands });
        }
    };
    let database = place_of(configured)?;
    let presence = if order.rehearsal { None } else { Some(alone(config, &database)?) };
    if is_same_file(order.file, &database) {
        return Err(RestoreError::IsTheDatabase(order.file.to_owned()));
    }
    let refused = |source| RestoreError::File { file: order.file.to_owned(), source };
    let content = database_file::inspect(order.file).await.map_err(refused)?;
    if !order.new_signing_keys {
        let sealer = Sealer::new(&config.keys.sealing_key).map_err(RestoreError::SealingKey)?;
        unseal(&sealer, &content.signing_keys)
            .map_err(|source| RestoreError::Keys { file: order.file.to_owned(), source })?;
    }

    let unwritable = |source| RestoreError::Write { file: database.clone(), source };
    let draft = Draft::create(&database, "restoring", &around.random).map_err(unwritable)?;
    draft.copy_from(order.file).map_err(unwritable)?;
    let owner = if database.exists() { Some(database.as_path()) } else { database.parent() };
    if let Some(owner) = owner {
        draft.give_to_the_owner_of(owner).map_err(unwritable)?;
    }
    let at = around.clock.now();
    let (ended, signing_keys_retired) = make_harmless(config, draft.path(), order, &content, at)
        .await
        .map_err(|source| RestoreError::Prepare { file: order.file.to_owned(), source })?;
    draft.sync().map_err(unwritable)?;
    let prepared = database_file::inspect(draft.path())
        .await
        .map_err(|source| RestoreError::Verify { file: order.file.to_owned(), source })?;
    Ok(Prepared { database, content, ended, signing_keys_retired, schema: prepared.schema, at, draft, presence })
}

/// Brings a copy of the backup to this schema and ends what lives in it, with the audit row that says so.
async fn make_harmless(
    config: &Config,
    copy: &Path,
    order: &Order<'_>,
    content: &Inspection,
    now: Timestamp,
) -> Result<(Ended, u64), StoreError> {
    let settings = StoreSettings {
        url: DatabaseUrl::Sqlite(copy.to_owned()),
        create: false,
        read_connections: 1,
        write_connections: 1,
        busy_timeout: config.database.busy_timeout,
    };
    let store = Store::open(&settings).await?;
    let done = async {
        store.migrate().await?;
        store
            .write(async |tx: &mut Tx| -> Result<(Ended, u64), StoreError> {
                let ended = revival::end_everything(tx, now).await?;
                let retired = if order.new_signing_keys { revival::retire_signing_keys(tx, now).await? } else { 0 };
                audit::append(tx, &restored(&order.actor, content.newest_event, ended, retired), now).await?;
                Ok((ended, retired))
            })
            .await
    }
    .await;
    store.close().await;
    done
}

/// The audit event of a restore, in the restored database.
fn restored(actor: &Actor, newest_event: Option<Timestamp>, ended: Ended, signing_keys_retired: u64) -> Event {
    Event::new("database.restored", actor.clone()).with_detail(json!({
        "newest_event": newest_event.map(Timestamp::to_rfc3339),
        "ended": ended,
        "signing_keys_retired": signing_keys_retired,
    }))
}

/// Where the database is, or will be.
fn place_of(configured: &Path) -> Result<PathBuf, RestoreError> {
    let unplaced = |source| RestoreError::Write { file: configured.to_owned(), source };
    let database = real_path(configured).map_err(unplaced)?;
    if database.is_dir() {
        return Err(RestoreError::NoPlace { database, what: "a directory" });
    }
    if database.is_symlink() {
        return Err(RestoreError::NoPlace { database, what: "a symbolic link that leads nowhere" });
    }
    Ok(database)
}

/// Keeps every other process of Octroi out, or says that one is there.
fn alone(config: &Config, database: &Path) -> Result<Presence, RestoreError> {
    Presence::alone(database).map_err(|error| match error {
        StoreError::Busy => RestoreError::InUse { database: describe(&config.database) },
        source => RestoreError::Database { database: describe(&config.database), source },
    })
}

/// Whether two names lead to one file.
fn is_same_file(one: &Path, other: &Path) -> bool {
    let (Ok(one), Ok(other)) = (fs::metadata(one), fs::metadata(other)) else { return false };
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

/// A backup by its name and what is wrong with it, for [`RestoreError`].
pub(super) fn advice(fault: &FileFault) -> &'static str {
    match fault {
        FileFault::SchemaTooNew { .. } => "use the octroi that made it, or a newer one",
        FileFault::Unfolded(_) => {
            "copy with `octroi backup`; a copy by hand needs its log, which `sqlite3 FILE 'PRAGMA journal_mode=DELETE'` folds in"
        }
        FileFault::Unreadable(_) => "name a file that this user may read",
        FileFault::NotAFile | FileFault::Foreign | FileFault::NotADatabase | FileFault::Empty => {
            "name a file that `octroi backup` made"
        }
        FileFault::Truncated { .. } | FileFault::TooLong { .. } | FileFault::Damaged(_) => {
            "fetch it again from where it is kept, or use an older one"
        }
    }
}
