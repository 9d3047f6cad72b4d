//! Budgets: how often something was asked for within a window, taken by one conditional statement.

use super::{StoreError, Tx, on, statements};
use crate::domain::budget::Budget;
use crate::domain::time::Timestamp;

statements! {
    /// Takes one if there is one left; a window that is over starts anew.
    TAKE = "INSERT INTO budget (budget_key, used, window_end) VALUES ($1, 1, $3) \
            ON CONFLICT (budget_key) DO UPDATE SET \
              used = CASE WHEN budget.window_end <= $2 THEN 1 ELSE budget.used + 1 END, \
              window_end = CASE WHEN budget.window_end <= $2 THEN excluded.window_end ELSE budget.window_end END \
            WHERE budget.window_end <= $2 OR budget.used < $4 RETURNING used";
    WINDOW_END = "SELECT window_end FROM budget WHERE budget_key = $1";
    PURGE = "DELETE FROM budget WHERE window_end <= $1";
}

/// Takes one of this budget; answers whether there was one. `key`: the digest of whose it is.
pub async fn take(tx: &mut Tx, key: &[u8; 32], budget: Budget, now: Timestamp) -> Result<bool, StoreError> {
    let row: Option<(i64,)> = on!(tx, conn => sqlx::query_as(TAKE)
        .bind(key.as_slice())
        .bind(now.millis())
        .bind(now.plus(budget.window).millis())
        .bind(i64::from(budget.most))
        .fetch_optional(conn).await)?;
    Ok(row.is_some())
}

/// When a budget that is spent starts anew.
pub async fn window_end(tx: &mut Tx, key: &[u8; 32]) -> Result<Option<Timestamp>, StoreError> {
    let row: Option<(i64,)> =
        on!(tx, conn => sqlx::query_as(WINDOW_END).bind(key.as_slice()).fetch_optional(conn).await)?;
    Ok(row.map(|(end,)| Timestamp::from_millis(end)))
}

/// Deletes windows that are over.
pub async fn purge(tx: &mut Tx, now: Timestamp) -> Result<u64, StoreError> {
    Ok(on!(tx, conn => sqlx::query(PURGE).bind(now.millis()).execute(conn).await.map(|d| d.rows_affected()))?)
}
