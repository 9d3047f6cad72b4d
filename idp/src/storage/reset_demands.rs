//! Reset codes for administrators, demanded by one person and waiting for another.

use super::{StoreError, Tx, on, statements, stored};
use crate::domain::code_delivery::CodeDelivery;
use crate::domain::soi::Soi;
use crate::domain::time::Timestamp;

statements! {
    /// A demand that waits is not replaced; one that waited too long is.
    RECORD = "INSERT INTO reset_demand (soi, delivery, demanded_by, created_at, expires_at) VALUES ($1, $2, $3, $4, $5) \
              ON CONFLICT (soi) DO UPDATE SET delivery = excluded.delivery, demanded_by = excluded.demanded_by, \
                created_at = excluded.created_at, expires_at = excluded.expires_at \
              WHERE reset_demand.expires_at <= excluded.created_at";
    FIND = "SELECT delivery, demanded_by FROM reset_demand WHERE soi = $1 AND expires_at > $2";
    SECOND = "DELETE FROM reset_demand WHERE soi = $1 AND delivery = $2 AND demanded_by <> $3 AND expires_at > $4";
    PURGE = "DELETE FROM reset_demand WHERE expires_at <= $1";
}

/// A demand that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Demand {
    pub delivery: CodeDelivery,
    pub demanded_by: String,
}

/// Notes a demand until `expires_at`; answers whether none was waiting.
pub async fn record(
    tx: &mut Tx,
    soi: &Soi,
    demand: &Demand,
    expires_at: Timestamp,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let recorded = on!(tx, conn => sqlx::query(RECORD)
        .bind(soi.as_str())
        .bind(demand.delivery.as_str())
        .bind(&demand.demanded_by)
        .bind(now.millis())
        .bind(expires_at.millis())
        .execute(conn).await.map(|done| done.rows_affected()))?;
    Ok(recorded == 1)
}

/// The demand that waits for this agent.
pub async fn find(tx: &mut Tx, soi: &Soi, now: Timestamp) -> Result<Option<Demand>, StoreError> {
    let row: Option<(String, String)> = on!(tx, conn => sqlx::query_as(FIND)
        .bind(soi.as_str()).bind(now.millis()).fetch_optional(conn).await)?;
    row.map(|(delivery, demanded_by)| {
        Ok(Demand { delivery: stored("reset_demand", "delivery", &delivery)?, demanded_by })
    })
    .transpose()
}

/// Takes the demand that somebody else made for the same delivery: of all who come second, one is told `true`.
pub async fn second(tx: &mut Tx, soi: &Soi, by: &Demand, now: Timestamp) -> Result<bool, StoreError> {
    let taken = on!(tx, conn => sqlx::query(SECOND)
        .bind(soi.as_str())
        .bind(by.delivery.as_str())
        .bind(&by.demanded_by)
        .bind(now.millis())
        .execute(conn).await.map(|done| done.rows_affected()))?;
    Ok(taken == 1)
}

/// Deletes demands that nobody seconded in time.
pub async fn purge(tx: &mut Tx, now: Timestamp) -> Result<u64, StoreError> {
    Ok(on!(tx, conn => sqlx::query(PURGE).bind(now.millis()).execute(conn).await.map(|d| d.rows_affected()))?)
}
