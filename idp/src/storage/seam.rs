//! The seam: one transaction type for both engines, and the trait that lets an async closure borrow it.

use sqlx::{Postgres, Sqlite, Transaction};

/// An open transaction. Table files reach the connection through [`on!`]; nobody else can.
pub enum Tx {
    /// The embedded engine.
    Sqlite(Transaction<'static, Sqlite>),
    /// The shared engine.
    Postgres(Transaction<'static, Postgres>),
}

/// Expands the body once per engine; both copies are type-checked.
macro_rules! on {
    ($tx:expr, $conn:ident => $body:expr) => {
        match $tx {
            $crate::storage::Tx::Sqlite(transaction) => {
                let $conn = &mut **transaction;
                $body
            }
            $crate::storage::Tx::Postgres(transaction) => {
                let $conn = &mut **transaction;
                $body
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
