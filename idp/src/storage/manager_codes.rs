//! Codes that a manager tells an agent: at most one live code per agent and purpose, spent once. Who may issue one is
//! decided in `login/vouching.rs`.

use super::{StoreError, Tx, on, statements};
use crate::domain::soi::Soi;
use crate::domain::time::Timestamp;
use crate::domain::vouching::Voucher;

statements! {
    REPLACE = "UPDATE manager_code SET replaced_at = $3 WHERE soi = $1 AND purpose = $2 AND consumed_at IS NULL \
               AND replaced_at IS NULL";
    INSERT = "INSERT INTO manager_code (id, soi, issued_by, purpose, code_hash, created_at, expires_at) \
              VALUES ($1, $2, $3, $4, $5, $6, $7)";
    CONSUME = "UPDATE manager_code SET consumed_at = $5 WHERE soi = $1 AND purpose = $2 AND code_hash = $3 \
               AND issued_by = $4 AND consumed_at IS NULL AND replaced_at IS NULL AND expires_at > $5";
    WITHDRAW = "UPDATE manager_code SET replaced_at = $2 WHERE soi = $1 AND consumed_at IS NULL AND replaced_at IS NULL";
    PURGE = "DELETE FROM manager_code WHERE expires_at < $1";
}

/// A code to be kept as a digest.
#[derive(Debug, Clone, Copy)]
pub struct NewManagerCode<'a> {
    pub id: &'a str,
    pub soi: &'a Soi,
    pub issued_by: &'a Soi,
    pub voucher: Voucher,
    pub code_hash: [u8; 32],
    pub expires_at: Timestamp,
}

/// Stores a code; the one before it stops working.
pub async fn replace(tx: &mut Tx, code: &NewManagerCode<'_>, now: Timestamp) -> Result<(), StoreError> {
    on!(tx, conn => sqlx::query(REPLACE)
        .bind(code.soi.as_str()).bind(code.voucher.as_str()).bind(now.millis()).execute(conn).await.map(drop))?;
    on!(tx, conn => sqlx::query(INSERT)
        .bind(code.id)
        .bind(code.soi.as_str())
        .bind(code.issued_by.as_str())
        .bind(code.voucher.as_str())
        .bind(code.code_hash.as_slice())
        .bind(now.millis())
        .bind(code.expires_at.millis())
        .execute(conn).await.map(drop))?;
    Ok(())
}

/// Spends a code that `manager` issued: of all who present it, one is told so.
pub async fn consume(
    tx: &mut Tx,
    soi: &Soi,
    (voucher, manager): (Voucher, &Soi),
    code_hash: [u8; 32],
    now: Timestamp,
) -> Result<bool, StoreError> {
    let spent = on!(tx, conn => sqlx::query(CONSUME)
        .bind(soi.as_str())
        .bind(voucher.as_str())
        .bind(code_hash.as_slice())
        .bind(manager.as_str())
        .bind(now.millis())
        .execute(conn).await.map(|done| done.rows_affected()))?;
    Ok(spent == 1)
}

/// Makes the live codes of an agent worthless (a reset, a leaver).
pub async fn withdraw(tx: &mut Tx, soi: &Soi, now: Timestamp) -> Result<(), StoreError> {
    on!(tx, conn => sqlx::query(WITHDRAW).bind(soi.as_str()).bind(now.millis()).execute(conn).await.map(drop))?;
    Ok(())
}

/// Deletes codes that expired before `before`.
pub async fn purge(tx: &mut Tx, before: Timestamp) -> Result<u64, StoreError> {
    Ok(on!(tx, conn => sqlx::query(PURGE).bind(before.millis()).execute(conn).await.map(|d| d.rows_affected()))?)
}
