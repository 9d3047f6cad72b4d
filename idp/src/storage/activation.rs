//! Codes that are handed over: of an activation, or of a reset by the help desk. At most one live code per agent, consumed
//! once. What a code does follows from whether the agent has a password; who may issue which decides `directory`.

use super::{StoreError, Tx, on, statements, stored};
use crate::domain::code_delivery::CodeDelivery;
use crate::domain::soi::Soi;
use crate::domain::time::Timestamp;

/// What the digest of a code is bound to beside the agent: who issues and who consumes must say the same.
pub const PURPOSE: &str = "activation";

statements! {
    REPLACE = "UPDATE activation_code SET replaced_at = $2 WHERE soi = $1 AND consumed_at IS NULL AND replaced_at IS NULL";
    INSERT = "INSERT INTO activation_code (id, soi, code_hash, delivery, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)";
    IS_LIVE = "SELECT 1 FROM activation_code WHERE soi = $1 AND code_hash = $2 AND consumed_at IS NULL \
               AND replaced_at IS NULL AND expires_at > $3";
    CONSUME = "UPDATE activation_code SET consumed_at = $3 WHERE soi = $1 AND code_hash = $2 AND consumed_at IS NULL \
               AND replaced_at IS NULL AND expires_at > $3 RETURNING delivery";
    PURGE = "DELETE FROM activation_code WHERE expires_at < $1";
}

/// A code to be kept as a digest.
#[derive(Debug, Clone)]
pub struct NewCode<'a> {
    pub id: &'a str,
    pub soi: &'a Soi,
    pub code_hash: [u8; 32],
    pub delivery: CodeDelivery,
    pub expires_at: Timestamp,
}

/// Stores a code; the one before it stops working.
pub async fn replace(tx: &mut Tx, code: &NewCode<'_>, now: Timestamp) -> Result<(), StoreError> {
    on!(tx, conn => sqlx::query(REPLACE).bind(code.soi.as_str()).bind(now.millis()).execute(conn).await.map(drop))?;
    on!(tx, conn => sqlx::query(INSERT)
        .bind(code.id)
        .bind(code.soi.as_str())
        .bind(code.code_hash.as_slice())
        .bind(code.delivery.as_str())
        .bind(now.millis())
        .bind(code.expires_at.millis())
        .execute(conn).await.map(drop))?;
    Ok(())
}

/// Whether this code would be accepted now; consumes nothing.
pub async fn is_live(tx: &mut Tx, soi: &Soi, code_hash: [u8; 32], now: Timestamp) -> Result<bool, StoreError> {
    let row: Option<(i32,)> = on!(tx, conn => sqlx::query_as(IS_LIVE)
        .bind(soi.as_str()).bind(code_hash.as_slice()).bind(now.millis()).fetch_optional(conn).await)?;
    Ok(row.is_some())
}

/// A code that was spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpentCode {
    /// How it came to the agent; unknown for old ones.
    pub delivery: Option<CodeDelivery>,
}

/// Spends the code: of all who present it, one is told so.
pub async fn consume(
    tx: &mut Tx,
    soi: &Soi,
    code_hash: [u8; 32],
    now: Timestamp,
) -> Result<Option<SpentCode>, StoreError> {
    let row: Option<(Option<String>,)> = on!(tx, conn => sqlx::query_as(CONSUME)
        .bind(soi.as_str()).bind(code_hash.as_slice()).bind(now.millis()).fetch_optional(conn).await)?;
    let Some((delivery,)) = row else { return Ok(None) };
    let delivery = delivery.map(|way| stored("activation_code", "delivery", &way)).transpose()?;
    Ok(Some(SpentCode { delivery }))
}

/// Makes the live code worthless (the agent left or was suspended, or the password was reset another way).
pub async fn withdraw(tx: &mut Tx, soi: &Soi, now: Timestamp) -> Result<(), StoreError> {
    on!(tx, conn => sqlx::query(REPLACE).bind(soi.as_str()).bind(now.millis()).execute(conn).await.map(drop))?;
    Ok(())
}

/// Deletes codes that expired before `before`.
pub async fn purge(tx: &mut Tx, before: Timestamp) -> Result<u64, StoreError> {
    Ok(on!(tx, conn => sqlx::query(PURGE).bind(before.millis()).execute(conn).await.map(|d| d.rows_affected()))?)
}
