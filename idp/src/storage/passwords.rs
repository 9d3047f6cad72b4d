//! Passwords: one peppered argon2id hash per agent, with the time it was chosen.
//!
//! That time also names the password: it never stays the same when another one is chosen, even where clocks step back, and
//! it stays the same when the hash is renewed.

use super::{StoreError, Tx, on, statements};
use crate::domain::soi::Soi;
use crate::domain::time::Timestamp;

/// A stored password.
#[derive(Debug, Clone)]
pub struct StoredPassword {
    /// PHC string.
    pub phc: String,
    pub changed_at: Timestamp,
}

statements! {
    FIND = "SELECT phc, changed_at FROM password WHERE soi = $1";
    HOLD = "UPDATE password SET changed_at = changed_at WHERE soi = $1 RETURNING phc, changed_at";
    SET = "INSERT INTO password (soi, phc, changed_at) VALUES ($1, $2, $3) \
           ON CONFLICT (soi) DO UPDATE SET phc = excluded.phc, changed_at = \
             CASE WHEN excluded.changed_at > password.changed_at THEN excluded.changed_at ELSE password.changed_at + 1 END";
    REPLACE = "UPDATE password SET phc = $2, changed_at = CASE WHEN $3 > changed_at THEN $3 ELSE changed_at + 1 END \
               WHERE soi = $1 AND changed_at = $4";
    REHASH = "UPDATE password SET phc = $2 WHERE soi = $1 AND phc = $3";
}

/// The agent's password, if one was ever chosen.
pub async fn find(tx: &mut Tx, soi: &Soi) -> Result<Option<StoredPassword>, StoreError> {
    let row: Option<(String, i64)> =
        on!(tx, conn => sqlx::query_as(FIND).bind(soi.as_str()).fetch_optional(conn).await)?;
    Ok(row.map(|(phc, at)| StoredPassword { phc, changed_at: Timestamp::from_millis(at) }))
}

/// The password as it is now, held so until the end of this transaction. The agent is held first (`agents::hold`).
pub async fn hold(tx: &mut Tx, soi: &Soi) -> Result<Option<StoredPassword>, StoreError> {
    let row: Option<(String, i64)> =
        on!(tx, conn => sqlx::query_as(HOLD).bind(soi.as_str()).fetch_optional(conn).await)?;
    Ok(row.map(|(phc, at)| StoredPassword { phc, changed_at: Timestamp::from_millis(at) }))
}

/// Sets the password, whatever was there (activation).
pub async fn set(tx: &mut Tx, soi: &Soi, phc: &str, now: Timestamp) -> Result<(), StoreError> {
    on!(tx, conn => sqlx::query(SET).bind(soi.as_str()).bind(phc).bind(now.millis()).execute(conn).await.map(drop))?;
    Ok(())
}

/// Replaces the password that was chosen at `old`, if it still is that one; answers whether it was. Of two changes at once,
/// one wins.
pub async fn replace(tx: &mut Tx, soi: &Soi, old: Timestamp, new: &str, now: Timestamp) -> Result<bool, StoreError> {
    let changed = on!(tx, conn => sqlx::query(REPLACE)
        .bind(soi.as_str()).bind(new).bind(now.millis()).bind(old.millis())
        .execute(conn).await.map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// Stores the same password under new parameters; its age does not change.
pub async fn rehash(tx: &mut Tx, soi: &Soi, old: &str, new: &str) -> Result<(), StoreError> {
    on!(tx, conn => sqlx::query(REHASH).bind(soi.as_str()).bind(new).bind(old).execute(conn).await.map(drop))?;
    Ok(())
}
