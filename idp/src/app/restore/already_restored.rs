//! `octroi restore --already-restored`: the database was restored by other means (`pg_restore`, a copied file). What it
//! brought back ends here, in one transaction, by the same function as everywhere.

use super::{RestoreError, restored};
use crate::app::{Surroundings, describe, store_settings};
use crate::config::{Config, DatabaseTarget};
use crate::domain::audit::{Actor, EventFilter};
use crate::domain::time::Timestamp;
use crate::storage::revival::{self, Ended};
use crate::storage::{Presence, Store, StoreError, Tx, audit, servers};

/// What was ended.
#[derive(Debug)]
pub struct AlreadyRestored {
    pub database: String,
    pub newest_event: Option<Timestamp>,
    pub ended: Ended,
    pub signing_keys_retired: u64,
    pub at: Timestamp,
    pub rehearsal: bool,
}

/// How the transaction ends.
enum Ending {
    Rehearsed(Option<Timestamp>, Ended, u64),
    Failed(StoreError),
}

impl From<StoreError> for Ending {
    fn from(error: StoreError) -> Self {
        Self::Failed(error)
    }
}

/// Ends everything that lives in the configured database. Refused while servers use it: what they issue meanwhile would be
/// of the restored state.
pub async fn end_what_was_restored(
    config: &Config,
    actor: &Actor,
    rehearsal: bool,
    new_signing_keys: bool,
    around: &Surroundings,
) -> Result<AlreadyRestored, RestoreError> {
    let database = describe(&config.database);
    let failed = |source| RestoreError::Database { database: database.clone(), source };
    if !rehearsal {
        require_unused(config).await?;
    }
    let store = Store::open(&store_settings(&config.database, false)).await.map_err(failed)?;
    let at = around.clock.now();
    let done = async {
        if rehearsal {
            store.require_current_schema().await?;
        } else {
            store.migrate().await?;
        }
        store
            .write(async |tx: &mut Tx| -> Result<(Option<Timestamp>, Ended, u64), Ending> {
                let newest = EventFilter { limit: 1, ..EventFilter::default() };
                let newest_event = audit::search(tx, &newest).await?.first().map(|event| event.at);
                let ended = revival::end_everything(tx, at).await?;
                let retired = if new_signing_keys { revival::retire_signing_keys(tx, at).await? } else { 0 };
                audit::append(tx, &restored(actor, newest_event, ended, retired), at).await?;
                if rehearsal {
                    Err(Ending::Rehearsed(newest_event, ended, retired))
                } else {
                    Ok((newest_event, ended, retired))
                }
            })
            .await
    }
    .await;
    store.close().await;
    let (newest_event, ended, signing_keys_retired) = match done {
        Ok(told) => told,
        Err(Ending::Rehearsed(newest_event, ended, retired)) => (newest_event, ended, retired),
        Err(Ending::Failed(error)) => return Err(failed(error)),
    };
    Ok(AlreadyRestored { database, newest_event, ended, signing_keys_retired, at, rehearsal })
}

async fn require_unused(config: &Config) -> Result<(), RestoreError> {
    let database = describe(&config.database);
    match &config.database.target {
        DatabaseTarget::Sqlite { file } => match Presence::alone(file) {
            Ok(presence) => presence.leave(),
            Err(StoreError::Busy) => return Err(RestoreError::InUse { database }),
            Err(source) => return Err(RestoreError::Database { database, source }),
        },
        DatabaseTarget::Postgres { .. } => {
            let connected = servers::list(&store_settings(&config.database, false)).await;
            let servers = connected.map_err(|source| RestoreError::Database { database: database.clone(), source })?;
            if !servers.is_empty() {
                return Err(RestoreError::ServersConnected { database, servers });
            }
        }
    }
    Ok(())
}
