//! "This was not me": what a notice's code can set off, once.

use super::{StoreError, Tx, on, statements};
use crate::domain::ids::Reference;
use crate::domain::soi::Soi;
use crate::domain::time::Timestamp;

/// What the digest of a code is bound to beside its reference.
pub const PURPOSE: &str = "alarm";

statements! {
    INSERT = "INSERT INTO alarm (reference, soi, code_hash, about, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)";
    CONSUME = "UPDATE alarm SET consumed_at = $3 WHERE reference = $1 AND code_hash = $2 AND consumed_at IS NULL \
               AND expires_at > $3 RETURNING soi, about";
    PURGE = "DELETE FROM alarm WHERE expires_at < $1";
}

/// An alarm to be armed.
#[derive(Debug, Clone, Copy)]
pub struct NewAlarm<'a> {
    pub reference: &'a Reference,
    pub soi: &'a Soi,
    pub code_hash: [u8; 32],
    /// The notice that carries it (`Notice::as_str`).
    pub about: &'a str,
    pub expires_at: Timestamp,
}

/// An alarm that was set off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetOff {
    pub soi: Soi,
    pub about: String,
}

/// Arms an alarm.
pub async fn insert(tx: &mut Tx, alarm: &NewAlarm<'_>, now: Timestamp) -> Result<(), StoreError> {
    on!(tx, conn => sqlx::query(INSERT)
        .bind(alarm.reference.as_str())
        .bind(alarm.soi.as_str())
        .bind(alarm.code_hash.as_slice())
        .bind(alarm.about)
        .bind(now.millis())
        .bind(alarm.expires_at.millis())
        .execute(conn).await.map(drop))?;
    Ok(())
}

/// Sets it off: of all who present its code, one is told whose it is.
pub async fn consume(
    tx: &mut Tx,
    reference: &Reference,
    code_hash: [u8; 32],
    now: Timestamp,
) -> Result<Option<SetOff>, StoreError> {
    let row: Option<(String, String)> = on!(tx, conn => sqlx::query_as(CONSUME)
        .bind(reference.as_str()).bind(code_hash.as_slice()).bind(now.millis()).fetch_optional(conn).await)?;
    Ok(row.map(|(soi, about)| SetOff { soi: Soi::from_stored(soi), about }))
}

/// Deletes alarms that expired before `before`.
pub async fn purge(tx: &mut Tx, before: Timestamp) -> Result<u64, StoreError> {
    Ok(on!(tx, conn => sqlx::query(PURGE).bind(before.millis()).execute(conn).await.map(|d| d.rows_affected()))?)
}
