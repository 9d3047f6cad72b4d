//! Group commit for the embedded engine: writers who come while others write share one COMMIT, and with it one wait for
//! the disk.
//!
//! There is one writing connection behind a fair mutex. Whoever gets it first opens the transaction (BEGIN IMMEDIATE); who
//! comes while it is open works inside a SAVEPOINT of it. The first member leaves behind a task that queues for the mutex
//! like everybody else, and so commits after those who were waiting by then. Nobody answers before that commit, refusals
//! included: a refusal may rest on what another member wrote. Whatever breaks, the members either hear of a commit, or of
//! its failure, or run again, alone; see docs/decisions/0013-group-commit.md. What runs in a turn is `connect.rs`'s
//! business; readers are in `readers.rs`.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions as _, Connection as _, Executor as _};
use tokio::sync::{Mutex, OwnedMappedMutexGuard, OwnedMutexGuard, watch};
use tokio::time::timeout;

use super::StoreError;
use super::error::{Cause, Constraint};

const BEGIN: &str = "BEGIN IMMEDIATE";
const COMMIT: &str = "COMMIT";
const ROLLBACK: &str = "ROLLBACK";
const ENTER: &str = "SAVEPOINT member";
const LEAVE: &str = "RELEASE member";
const UNDO: &str = "ROLLBACK TO member";

/// The writing connection and the queue before it. Clones share both.
#[derive(Debug, Clone)]
pub struct Group {
    /// Empty once it is closed.
    writer: Arc<Mutex<Option<Writer>>>,
    options: Arc<SqliteConnectOptions>,
    patience: Duration,
}

type Held = OwnedMappedMutexGuard<Option<Writer>, Writer>;

#[derive(Debug)]
struct Writer {
    connection: SqliteConnection,
    options: Arc<SqliteConnectOptions>,
    /// The transaction that is open, if one is.
    batch: Option<Batch>,
    /// A turn has begun. Still set when the next one begins: its owner hung up half-way.
    in_turn: bool,
    /// The connection is in a state that nobody knows: it is replaced before it is used again.
    broken: bool,
}

/// One transaction and those who wait for its end.
#[derive(Debug)]
struct Batch {
    /// Who has finished, and whose work is to be kept.
    members: u32,
    /// Somebody was sent to commit it.
    is_closing: bool,
    /// Nobody may join.
    is_sealed: bool,
    outcome: watch::Sender<Outcome>,
}

/// What became of a batch.
#[derive(Debug, Clone, Copy)]
enum Outcome {
    Open,
    Committed,
    /// COMMIT failed; nothing was kept.
    Failed(CommitFailure),
    /// Rolled back for a reason that is not each member's own: they run again.
    Lost,
}

/// Why a COMMIT failed, for each member.
#[derive(Debug, Clone, Copy)]
enum CommitFailure {
    Conflict(Constraint),
    Busy,
    Unavailable(Cause),
}

impl From<CommitFailure> for StoreError {
    fn from(failure: CommitFailure) -> Self {
        match failure {
            CommitFailure::Conflict(constraint) => Self::Conflict(constraint),
            CommitFailure::Busy => Self::Busy,
            // The error itself was logged where it happened, once for all members.
            CommitFailure::Unavailable(cause) => Self::Unavailable(cause, None),
        }
    }
}

/// How a turn ended, durably.
pub(super) enum Ended {
    /// What the work did is kept.
    Committed,
    /// What the work did is undone, and what it saw was real.
    Undone,
    /// Nothing was kept, for a reason that is not this work's own: it may run again.
    Lost,
}

/// The right to write: the connection, inside a transaction. Dropped without [`end`](Self::end), it is undone.
#[derive(Debug)]
pub struct Turn {
    writer: Held,
    group: Group,
    /// Nobody joins this transaction.
    alone: bool,
}

/// The writing connection outside any transaction: for migrations, and for tests that look behind the tables.
#[derive(Debug)]
pub struct Alone(Held);

impl Group {
    /// Opens the writing connection. A turn is waited for at most `patience`.
    pub(super) async fn open(options: SqliteConnectOptions, patience: Duration) -> Result<Self, sqlx::Error> {
        let connection = options.connect().await?;
        let options = Arc::new(options);
        let writer = Writer { connection, options: Arc::clone(&options), batch: None, in_turn: false, broken: false };
        Ok(Self { writer: Arc::new(Mutex::new(Some(writer))), options, patience })
    }

    /// What opens another writing connection, for work that cannot share this one.
    pub(super) fn options(&self) -> &SqliteConnectOptions {
        &self.options
    }

    /// Waits for a turn. `alone`: in a transaction that nobody else joins.
    pub(super) async fn turn(&self, alone: bool) -> Result<Turn, StoreError> {
        let mut writer = self.lock().await?;
        writer.tidy().await?;
        if alone || writer.batch.as_ref().is_some_and(|batch| batch.is_sealed) {
            writer = settle(writer).await?;
        }
        // From here on a caller who hangs up leaves a mark.
        writer.in_turn = true;
        let mut turn = Turn { writer, group: self.clone(), alone };
        turn.begin().await?;
        Ok(turn)
    }

    /// The connection itself, after whatever was open is committed.
    pub async fn alone(&self) -> Result<Alone, StoreError> {
        let mut writer = self.lock().await?;
        writer.tidy().await?;
        Ok(Alone(settle(writer).await?))
    }

    /// Commits what is open and closes the connection; the last one that is closed folds the engine's log into the file.
    pub(super) async fn close(&self) {
        if let Ok(writer) = self.lock().await {
            drop(commit_in(writer).await);
        }
        let writer = self.writer.lock().await.take();
        if let Some(writer) = writer
            && let Err(error) = writer.connection.close().await
        {
            tracing::warn!(%error, "the database was not closed in order");
        }
    }

    async fn lock(&self) -> Result<Held, StoreError> {
        let mutex = Arc::clone(&self.writer);
        let guard = match Arc::clone(&self.writer).try_lock_owned() {
            Ok(guard) => guard,
            Err(_) => timeout(self.patience, mutex.lock_owned()).await.map_err(|_| StoreError::Busy)?,
        };
        held(guard).ok_or(StoreError::Unavailable(Cause::Connection, None))
    }

    /// Commits this batch when those who are waiting now have joined it, or hung up.
    fn commit_later(&self) {
        let mutex = Arc::clone(&self.writer);
        tokio::spawn(async move {
            if let Some(writer) = held(mutex.lock_owned().await) {
                drop(commit_in(writer).await);
            }
        });
    }

    /// Undoes what a turn that was dropped has left, if nobody comes who would.
    fn tidy_later(&self) {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let mutex = Arc::clone(&self.writer);
        runtime.spawn(async move {
            if let Some(mut writer) = held(mutex.lock_owned().await)
                && let Err(error) = writer.tidy().await
            {
                tracing::error!(%error, "what an abandoned write has left could not be undone yet");
            }
        });
    }
}

/// `None`: it was closed.
fn held(guard: OwnedMutexGuard<Option<Writer>>) -> Option<Held> {
    OwnedMutexGuard::try_map(guard, Option::as_mut).ok()
}

/// Commits what is open, in a task of its own: a COMMIT whose caller hangs up is still carried out to its end, and heard.
async fn settle(writer: Held) -> Result<Held, StoreError> {
    if writer.batch.is_none() {
        return Ok(writer);
    }
    tokio::spawn(commit_in(writer)).await.map_err(|_| StoreError::Unavailable(Cause::Connection, None))
}

async fn commit_in(mut writer: Held) -> Held {
    if let Err(error) = writer.tidy().await {
        tracing::error!(%error, "the database cannot be opened again");
    }
    writer.commit().await;
    writer
}

impl Writer {
    /// Undoes the turn of somebody who hung up half-way, and replaces a broken connection.
    async fn tidy(&mut self) -> Result<(), StoreError> {
        if self.in_turn {
            match self.batch.as_ref().map(|batch| batch.members) {
                // Others' finished work stands before the savepoint.
                Some(1..) if self.undo().await.is_ok() => {}
                _ => self.lose().await,
            }
            self.in_turn = false;
        }
        if self.broken {
            self.lose().await;
            self.connection = self.options.connect().await?;
            self.broken = false;
        }
        Ok(())
    }

    /// Leaves the savepoint as it was entered.
    async fn undo(&mut self) -> Result<(), sqlx::Error> {
        self.run(UNDO).await?;
        self.run(LEAVE).await
    }

    /// Rolls everything back; the members run again.
    async fn lose(&mut self) {
        self.roll_back().await;
        if let Some(batch) = self.batch.take() {
            batch.outcome.send_replace(Outcome::Lost);
        }
    }

    async fn roll_back(&mut self) {
        if let Err(error) = self.run(ROLLBACK).await {
            // A full disk, for one, makes the engine roll back by itself.
            self.broken |= !StoreError::is_outside_transaction(&error);
        }
    }

    /// Ends the open transaction and tells its members.
    async fn commit(&mut self) {
        let Some(Batch { members, outcome, .. }) = self.batch.take() else { return };
        metrics::histogram!("octroi_group_commit_size").record(f64::from(members));
        let ended = match self.run(COMMIT).await {
            Ok(()) => Outcome::Committed,
            Err(error) => {
                self.roll_back().await;
                match StoreError::from(error) {
                    // A deferred rule is checked at the commit: whose it is shows when each runs alone.
                    StoreError::Conflict(_) if members > 1 => Outcome::Lost,
                    error => Outcome::Failed(CommitFailure::of(&error)),
                }
            }
        };
        outcome.send_replace(ended);
    }

    async fn run(&mut self, statement: &'static str) -> Result<(), sqlx::Error> {
        self.connection.execute(sqlx::query(statement)).await.map(drop)
    }
}

impl Turn {
    async fn begin(&mut self) -> Result<(), StoreError> {
        let writer = &mut *self.writer;
        if writer.batch.is_some() {
            writer.run(ENTER).await?;
        } else {
            writer.run(BEGIN).await?;
            let outcome = watch::Sender::new(Outcome::Open);
            writer.batch = Some(Batch { members: 0, is_closing: false, is_sealed: self.alone, outcome });
        }
        Ok(())
    }

    /// Keeps or undoes what was done, and waits until that, and what it rests on, is durable.
    pub(super) async fn end(mut self, keep: bool) -> Result<Ended, StoreError> {
        let left = self.leave(keep).await;
        // The next one's turn, before this one waits.
        drop(self);
        let mut outcome = match left {
            Left::Alone => return Ok(Ended::Undone),
            Left::Lost => return Ok(Ended::Lost),
            Left::Waiting(outcome) => outcome,
        };
        match outcome.wait_for(|outcome| !matches!(outcome, Outcome::Open)).await.as_deref() {
            Ok(Outcome::Committed) if keep => Ok(Ended::Committed),
            Ok(Outcome::Committed) => Ok(Ended::Undone),
            Ok(Outcome::Failed(failure)) => Err((*failure).into()),
            Ok(Outcome::Lost) => Ok(Ended::Lost),
            Ok(Outcome::Open) | Err(_) => Err(StoreError::Unavailable(Cause::Connection, None)),
        }
    }

    async fn leave(&mut self, keep: bool) -> Left {
        let writer = &mut *self.writer;
        let is_first = writer.batch.as_ref().is_none_or(|batch| batch.members == 0);
        let left = match (is_first, keep) {
            (true, true) => Ok(()),
            // Nobody's work but its own.
            (true, false) => {
                writer.lose().await;
                Ok(())
            }
            (false, true) => writer.run(LEAVE).await,
            (false, false) => writer.undo().await,
        };
        if left.is_err() {
            // The engine itself has rolled everything back, or nobody knows.
            writer.lose().await;
        }
        // No waiting from here on: nobody can hang up half-way.
        writer.in_turn = false;
        match writer.batch.as_mut() {
            None if left.is_ok() => Left::Alone,
            None => Left::Lost,
            Some(batch) => {
                batch.members += u32::from(keep);
                let outcome = batch.outcome.subscribe();
                if !batch.is_closing {
                    batch.is_closing = true;
                    self.group.commit_later();
                }
                Left::Waiting(outcome)
            }
        }
    }
}

/// How a turn was left.
enum Left {
    /// Undone, with nothing else in the transaction.
    Alone,
    Lost,
    Waiting(watch::Receiver<Outcome>),
}

impl Drop for Turn {
    fn drop(&mut self) {
        if self.writer.in_turn {
            self.group.tidy_later();
        }
    }
}

impl CommitFailure {
    fn of(error: &StoreError) -> Self {
        // Each member hears the cause; the chain behind it is told once.
        tracing::error!(error = error as &dyn std::error::Error, "COMMIT failed; nothing of it was kept");
        match error {
            StoreError::Conflict(constraint) => Self::Conflict(*constraint),
            StoreError::Busy => Self::Busy,
            StoreError::Unavailable(cause, _) => Self::Unavailable(*cause),
            _ => Self::Unavailable(Cause::Other),
        }
    }
}

impl Deref for Turn {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        &self.writer.connection
    }
}

impl DerefMut for Turn {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        &mut self.writer.connection
    }
}

impl Deref for Alone {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        &self.0.connection
    }
}

impl DerefMut for Alone {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        &mut self.0.connection
    }
}
