//! Reading connections of the embedded engine: opened at the start, lent one by one.
//!
//! A lease that was dropped inside its transaction leaves it open; the next one who gets the connection ends it first.
//! Writers stand in `group.rs`.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions as _, Connection as _, Executor as _};
use tokio::sync::{Mutex, OwnedMappedMutexGuard, OwnedMutexGuard, OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::StoreError;
use super::error::Cause;

/// The reading connections. Clones share them.
#[derive(Debug, Clone)]
pub struct Readers {
    /// Each is empty once it is closed.
    connections: Arc<[Arc<Mutex<Option<Reader>>>]>,
    /// One for each connection: who has a place finds a connection.
    places: Arc<Semaphore>,
    patience: Duration,
}

#[derive(Debug)]
struct Reader {
    connection: SqliteConnection,
    /// A transaction may be open.
    in_transaction: bool,
}

/// A connection that was lent, to be given back by dropping it.
#[derive(Debug)]
pub struct Lease {
    // Dropped in this order: whoever gets the place finds the connection free.
    reader: OwnedMappedMutexGuard<Option<Reader>, Reader>,
    _place: OwnedSemaphorePermit,
}

impl Readers {
    /// Opens `count` connections. One is waited for at most `patience`.
    pub(super) async fn open(
        options: SqliteConnectOptions,
        count: u32,
        patience: Duration,
    ) -> Result<Self, sqlx::Error> {
        let mut connections = Vec::new();
        for _ in 0..count.max(1) {
            let reader = Reader { connection: options.connect().await?, in_transaction: false };
            connections.push(Arc::new(Mutex::new(Some(reader))));
        }
        let places = Arc::new(Semaphore::new(connections.len()));
        Ok(Self { connections: connections.into(), places, patience })
    }

    /// A connection outside any transaction: each statement sees its own state.
    pub(super) async fn lend(&self) -> Result<Lease, StoreError> {
        let place = timeout(self.patience, Arc::clone(&self.places).acquire_owned())
            .await
            .map_err(|_| StoreError::Busy)?
            .map_err(|_| StoreError::Unavailable(Cause::Connection, None))?;
        let free = self.connections.iter().find_map(|reader| {
            OwnedMutexGuard::try_map(Arc::clone(reader).try_lock_owned().ok()?, Option::as_mut).ok()
        });
        let mut lease = Lease { reader: free.ok_or(StoreError::Busy)?, _place: place };
        if lease.reader.in_transaction {
            match lease.run("ROLLBACK").await {
                // Whoever hung up did so before the transaction had begun.
                Err(error) if !StoreError::is_outside_transaction(&error) => return Err(error.into()),
                _ => lease.reader.in_transaction = false,
            }
        }
        Ok(lease)
    }

    /// A connection inside a transaction: everything is read from one state.
    pub(super) async fn begin(&self) -> Result<Lease, StoreError> {
        let mut lease = self.lend().await?;
        lease.reader.in_transaction = true;
        lease.run("BEGIN").await?;
        Ok(lease)
    }

    /// Lends nothing any more, and closes each connection when it has come back.
    pub(super) async fn close(&self) {
        self.places.close();
        for reader in self.connections.iter() {
            let reader = reader.lock().await.take();
            if let Some(reader) = reader
                && let Err(error) = reader.connection.close().await
            {
                tracing::warn!(%error, "a reading connection was not closed in order");
            }
        }
    }
}

impl Lease {
    /// Ends the transaction. Nothing was written in it.
    pub(super) async fn end(mut self) -> Result<(), StoreError> {
        if self.reader.in_transaction {
            self.run("COMMIT").await?;
            self.reader.in_transaction = false;
        }
        Ok(())
    }

    async fn run(&mut self, statement: &'static str) -> Result<(), sqlx::Error> {
        self.reader.connection.execute(sqlx::query(statement)).await.map(drop)
    }
}

impl Deref for Lease {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        &self.reader.connection
    }
}

impl DerefMut for Lease {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        &mut self.reader.connection
    }
}
