//! Recovery codes: sets of ten, kept as digests, each consumed once. A new set replaces the one before it.

use super::{StoreError, Tx, on, statements};
use crate::domain::soi::Soi;
use crate::domain::time::Timestamp;

/// What the digest of a code is bound to beside the agent.
pub const PURPOSE: &str = "recovery";

statements! {
    REMOVE_ALL = "DELETE FROM recovery_code WHERE soi = $1";
    INSERT = "INSERT INTO recovery_code (soi, code_hash, created_at) VALUES ($1, $2, $3)";
    CONSUME = "UPDATE recovery_code SET consumed_at = $3 WHERE soi = $1 AND code_hash = $2 AND consumed_at IS NULL";
    LEFT = "SELECT count(*) FROM recovery_code WHERE soi = $1 AND consumed_at IS NULL";
    CREATED_AT = "SELECT created_at FROM recovery_code WHERE soi = $1 LIMIT 1";
}

/// Stores a set; those before it stop working.
pub async fn replace(tx: &mut Tx, soi: &Soi, hashes: &[[u8; 32]], now: Timestamp) -> Result<(), StoreError> {
    remove_all(tx, soi).await?;
    for hash in hashes {
        on!(tx, conn => sqlx::query(INSERT)
            .bind(soi.as_str()).bind(hash.as_slice()).bind(now.millis()).execute(conn).await.map(drop))?;
    }
    Ok(())
}

/// Spends a code: of all who present it, one is told so.
pub async fn consume(tx: &mut Tx, soi: &Soi, hash: [u8; 32], now: Timestamp) -> Result<bool, StoreError> {
    let spent = on!(tx, conn => sqlx::query(CONSUME)
        .bind(soi.as_str()).bind(hash.as_slice()).bind(now.millis())
        .execute(conn).await.map(|done| done.rows_affected()))?;
    Ok(spent == 1)
}

/// How many are left.
pub async fn left(tx: &mut Tx, soi: &Soi) -> Result<u32, StoreError> {
    let (left,): (i64,) = on!(tx, conn => sqlx::query_as(LEFT).bind(soi.as_str()).fetch_one(conn).await)?;
    Ok(u32::try_from(left).unwrap_or(u32::MAX))
}

/// When the set was made.
pub async fn created_at(tx: &mut Tx, soi: &Soi) -> Result<Option<Timestamp>, StoreError> {
    let row: Option<(i64,)> =
        on!(tx, conn => sqlx::query_as(CREATED_AT).bind(soi.as_str()).fetch_optional(conn).await)?;
    Ok(row.map(|(at,)| Timestamp::from_millis(at)))
}

/// Forgets the set; answers how many codes it had.
pub async fn remove_all(tx: &mut Tx, soi: &Soi) -> Result<u64, StoreError> {
    Ok(on!(tx, conn => sqlx::query(REMOVE_ALL).bind(soi.as_str()).execute(conn).await.map(|d| d.rows_affected()))?)
}
