//! The right to enrol the first factor, in one browser: one per agent, spent by the enrolment.

use super::{StoreError, Tx, on, statements, stored};
use crate::domain::enrolment::Basis;
use crate::domain::secret::TokenHash;
use crate::domain::soi::Soi;
use crate::domain::time::Timestamp;

statements! {
    GRANT = "INSERT INTO enrolment_permit (soi, basis, browser_hash, expires_at) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (soi) DO UPDATE SET basis = excluded.basis, browser_hash = excluded.browser_hash, \
               expires_at = excluded.expires_at";
    FIND = "SELECT basis FROM enrolment_permit WHERE soi = $1 AND browser_hash = $2 AND expires_at > $3";
    SPEND = "DELETE FROM enrolment_permit WHERE soi = $1";
    PURGE = "DELETE FROM enrolment_permit WHERE expires_at <= $1";
}

/// Gives the right, in the place of one that was there.
pub async fn grant(
    tx: &mut Tx,
    soi: &Soi,
    basis: Basis,
    browser: &TokenHash,
    expires_at: Timestamp,
) -> Result<(), StoreError> {
    on!(tx, conn => sqlx::query(GRANT)
        .bind(soi.as_str())
        .bind(basis.as_str())
        .bind(browser.as_bytes().as_slice())
        .bind(expires_at.millis())
        .execute(conn).await.map(drop))?;
    Ok(())
}

/// By what this browser may enrol this agent's first factor.
pub async fn find(tx: &mut Tx, soi: &Soi, browser: &TokenHash, now: Timestamp) -> Result<Option<Basis>, StoreError> {
    let row: Option<(String,)> = on!(tx, conn => sqlx::query_as(FIND)
        .bind(soi.as_str()).bind(browser.as_bytes().as_slice()).bind(now.millis()).fetch_optional(conn).await)?;
    row.map(|(basis,)| stored("enrolment_permit", "basis", &basis)).transpose()
}

/// It was used, or shall not be used any more.
pub async fn spend(tx: &mut Tx, soi: &Soi) -> Result<(), StoreError> {
    on!(tx, conn => sqlx::query(SPEND).bind(soi.as_str()).execute(conn).await.map(drop))?;
    Ok(())
}

/// Deletes those that are over.
pub async fn purge(tx: &mut Tx, now: Timestamp) -> Result<u64, StoreError> {
    Ok(on!(tx, conn => sqlx::query(PURGE).bind(now.millis()).execute(conn).await.map(|d| d.rows_affected()))?)
}
