//! The seam: one transaction type for both engines, and the trait that lets an async closure borrow it.
//!
//! A transaction remembers how its statements went ([`Course`]), because the work's own error type does not tell the
//! store whether running it again would help.

use std::ops::{Deref, DerefMut};

use sqlx::pool::PoolConnection;
use sqlx::sqlite::SqliteConnection;
use sqlx::{PgConnection, Postgres, Transaction};

use super::StoreError;
use super::group::Turn;
use super::readers::Lease;

/// An open transaction, or one statement's worth of reading. Table files reach the connection through [`on!`]; nobody
/// else can.
pub enum Tx {
    /// The embedded engine.
    Sqlite(SqliteTx, Course),
    /// The shared engine.
    Postgres(PostgresTx, Course),
}

/// A connection of the embedded engine, for reading or for writing.
pub enum SqliteTx {
    Reading(Lease),
    Writing(Turn),
}

/// A connection of the shared engine, inside a transaction or for one statement.
pub enum PostgresTx {
    Transaction(Transaction<'static, Postgres>),
    Statement(PoolConnection<Postgres>),
}

impl Deref for SqliteTx {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        match self {
            Self::Reading(lease) => lease,
            Self::Writing(turn) => turn,
        }
    }
}

impl DerefMut for SqliteTx {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        match self {
            Self::Reading(lease) => lease,
            Self::Writing(turn) => turn,
        }
    }
}

impl Deref for PostgresTx {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        match self {
            Self::Transaction(transaction) => transaction,
            Self::Statement(connection) => connection,
        }
    }
}

impl DerefMut for PostgresTx {
    fn deref_mut(&mut self) -> &mut PgConnection {
        match self {
            Self::Transaction(transaction) => transaction,
            Self::Statement(connection) => connection,
        }
    }
}

/// How the statements of a transaction went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Course {
    /// Each was carried out.
    #[default]
    Smooth,
    /// One failed: PostgreSQL answers ROLLBACK to COMMIT from here on, so nobody may believe in a commit.
    Failed,
    /// One failed because of another transaction (serialization failure, deadlock): the same work may well succeed.
    Crossed,
    /// The connection was cut: nothing is known of what was sent through it.
    Cut,
}

impl Course {
    /// Takes note of a statement's outcome.
    pub fn note<T>(&mut self, outcome: &Result<T, sqlx::Error>) {
        if let Err(error) = outcome {
            *self = if StoreError::is_worth_a_retry(error) {
                Self::Crossed
            } else if StoreError::is_cut(error) {
                Self::Cut
            } else {
                Self::Failed
            };
        }
    }
}

impl Tx {
    /// How the statements went so far.
    pub(super) const fn course(&self) -> Course {
        match self {
            Self::Sqlite(_, course) | Self::Postgres(_, course) => *course,
        }
    }
}

/// Expands the body (which ends in a `Result<_, sqlx::Error>`) once per engine; both copies are type-checked.
macro_rules! on {
    ($tx:expr, $conn:ident => $body:expr) => {
        match $tx {
            $crate::storage::Tx::Sqlite(transaction, course) => {
                let $conn = &mut **transaction;
                let outcome = $body;
                course.note(&outcome);
                outcome
            }
            $crate::storage::Tx::Postgres(transaction, course) => {
                let $conn = &mut **transaction;
                let outcome = $body;
                course.note(&outcome);
                outcome
            }
        }
    };
}
pub(crate) use on;

/// Work inside a transaction: any `async |tx: &mut Tx| -> Result<T, E> { … }`.
///
/// A plain `F: AsyncFn(&mut Tx)` bound fails in axum's handlers ("`Send` is not general enough"); naming the future as an
/// associated type per lifetime does not.
pub trait Work<'t, T, E> {
    /// The future of one run.
    type Fut: Future<Output = Result<T, E>> + Send;
    /// Starts one run; a retry starts another.
    fn run(&self, tx: &'t mut Tx) -> Self::Fut;
}

impl<'t, T, E, F, Fut> Work<'t, T, E> for F
where
    F: Fn(&'t mut Tx) -> Fut,
    Fut: Future<Output = Result<T, E>> + Send,
{
    type Fut = Fut;

    fn run(&self, tx: &'t mut Tx) -> Fut {
        self(tx)
    }
}
