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
    /// From when on it is to be changed at the login, whatever its age.
    pub renew_at: Option<Timestamp>,
    /// From when on it opens nothing, although it is right ("this was not me").
    pub suspended_at: Option<Timestamp>,
    /// Digest of the rules that it last met; `None`: not judged since it was chosen.
    pub judged_by: Option<Vec<u8>>,
}

/// The columns of a password, in the order in which they are read everywhere.
pub(super) type Row = (String, i64, Option<i64>, Option<i64>, Option<Vec<u8>>);

impl StoredPassword {
    pub(super) fn from_row((phc, changed_at, renew_at, suspended_at, judged_by): Row) -> Self {
        let at = Timestamp::from_millis;
        let (renew_at, suspended_at) = (renew_at.map(at), suspended_at.map(at));
        Self { phc, changed_at: at(changed_at), renew_at, suspended_at, judged_by }
    }
}

statements! {
    FIND = "SELECT phc, changed_at, renew_at, suspended_at, judged_by FROM password WHERE soi = $1";
    HOLD = "UPDATE password SET changed_at = changed_at WHERE soi = $1 \
            RETURNING phc, changed_at, renew_at, suspended_at, judged_by";
    SET = "INSERT INTO password (soi, phc, changed_at) VALUES ($1, $2, $3) \
           ON CONFLICT (soi) DO UPDATE SET phc = excluded.phc, renew_at = NULL, suspended_at = NULL, judged_by = NULL, \
             changed_at = CASE WHEN excluded.changed_at > password.changed_at THEN excluded.changed_at \
                          ELSE password.changed_at + 1 END";
    REPLACE = "UPDATE password SET phc = $2, renew_at = NULL, judged_by = NULL, \
               changed_at = CASE WHEN $3 > changed_at THEN $3 ELSE changed_at + 1 END \
               WHERE soi = $1 AND changed_at = $4 AND suspended_at IS NULL";
    SUSPEND = "UPDATE password SET suspended_at = $2 WHERE soi = $1 AND suspended_at IS NULL";
    NOTE_RESET = "UPDATE password SET reset_at = $2 WHERE soi = $1";
    RESET_AT = "SELECT reset_at FROM password WHERE soi = $1";
    RENEW = "UPDATE password SET renew_at = $2 WHERE soi = $1";
    HOLDERS = "SELECT agent.soi FROM password JOIN agent ON agent.soi = password.soi WHERE agent.employment = 'active' \
               AND agent.soi > $1 AND (CAST($2 AS TEXT) IS NULL OR agent.department = $2) ORDER BY agent.soi LIMIT $3";
    HISTORY = "SELECT phc, changed_at FROM password_history WHERE soi = $1 ORDER BY changed_at DESC LIMIT $2";
    REMEMBER = "INSERT INTO password_history (soi, changed_at, phc) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    FORGET = "DELETE FROM password_history WHERE soi = $1 AND changed_at NOT IN \
              (SELECT changed_at FROM password_history WHERE soi = $1 ORDER BY changed_at DESC LIMIT $2)";
    REHASH = "UPDATE password SET phc = $2 WHERE soi = $1 AND phc = $3";
    JUDGED = "UPDATE password SET judged_by = $3 WHERE soi = $1 AND changed_at = $2";
    JUDGED_NEW = "UPDATE password SET judged_by = $2 WHERE soi = $1";
    /// Each end is told once for each number of days ahead, and never more days ahead than before.
    WARNED = "UPDATE password SET warned_for = $4, warned_days = $5 WHERE soi = $1 AND changed_at = $2 \
              AND COALESCE(renew_at, -1) = COALESCE(CAST($3 AS BIGINT), -1) \
              AND (warned_for IS NULL OR warned_for <> $4 OR warned_days > $5)";
}

/// The agent's password, if one was ever chosen.
pub async fn find(tx: &mut Tx, soi: &Soi) -> Result<Option<StoredPassword>, StoreError> {
    let row: Option<Row> = on!(tx, conn => sqlx::query_as(FIND).bind(soi.as_str()).fetch_optional(conn).await)?;
    Ok(row.map(StoredPassword::from_row))
}

/// The password as it is now, held so until the end of this transaction. The agent is held first (`agents::hold`).
pub async fn hold(tx: &mut Tx, soi: &Soi) -> Result<Option<StoredPassword>, StoreError> {
    let row: Option<Row> = on!(tx, conn => sqlx::query_as(HOLD).bind(soi.as_str()).fetch_optional(conn).await)?;
    Ok(row.map(StoredPassword::from_row))
}

/// From now on the password opens nothing; answers whether it did until now. The agent is held first (`agents::hold`).
pub async fn suspend(tx: &mut Tx, soi: &Soi, now: Timestamp) -> Result<bool, StoreError> {
    let suspended = on!(tx, conn => sqlx::query(SUSPEND)
        .bind(soi.as_str()).bind(now.millis()).execute(conn).await.map(|done| done.rows_affected()))?;
    Ok(suspended == 1)
}

/// Sets the password, whatever was there, suspended or not (activation, reset).
pub async fn set(tx: &mut Tx, soi: &Soi, phc: &str, now: Timestamp) -> Result<(), StoreError> {
    on!(tx, conn => sqlx::query(SET).bind(soi.as_str()).bind(phc).bind(now.millis()).execute(conn).await.map(drop))?;
    Ok(())
}

/// Notes that the password was set in the place of another one, with a code: no pass is given for some time.
pub async fn note_reset(tx: &mut Tx, soi: &Soi, now: Timestamp) -> Result<(), StoreError> {
    on!(tx, conn => sqlx::query(NOTE_RESET).bind(soi.as_str()).bind(now.millis()).execute(conn).await.map(drop))?;
    Ok(())
}

/// When it was last set with a code in the place of another one.
pub async fn reset_at(tx: &mut Tx, soi: &Soi) -> Result<Option<Timestamp>, StoreError> {
    let row: Option<(Option<i64>,)> =
        on!(tx, conn => sqlx::query_as(RESET_AT).bind(soi.as_str()).fetch_optional(conn).await)?;
    Ok(row.and_then(|(at,)| at).map(Timestamp::from_millis))
}

/// Replaces the password that was chosen at `old`, if it still is that one and not suspended; answers whether it was. Of two changes at once,
/// one wins.
pub async fn replace(tx: &mut Tx, soi: &Soi, old: Timestamp, new: &str, now: Timestamp) -> Result<bool, StoreError> {
    let changed = on!(tx, conn => sqlx::query(REPLACE)
        .bind(soi.as_str()).bind(new).bind(now.millis()).bind(old.millis())
        .execute(conn).await.map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// Agents who work and have a password, in the order of their SOI, at most `limit` after `after`; in this department or in
/// all.
pub async fn holders(tx: &mut Tx, after: &str, department: Option<&str>, limit: u32) -> Result<Vec<Soi>, StoreError> {
    let rows: Vec<(String,)> = on!(tx, conn => sqlx::query_as(HOLDERS)
        .bind(after).bind(department).bind(i64::from(limit)).fetch_all(conn).await)?;
    Ok(rows.into_iter().map(|(soi,)| Soi::from_stored(soi)).collect())
}

/// From `at` on the password is to be changed at the login; answers whether there is one.
pub async fn renew_from(tx: &mut Tx, soi: &Soi, at: Timestamp) -> Result<bool, StoreError> {
    let marked = on!(tx, conn => sqlx::query(RENEW)
        .bind(soi.as_str()).bind(at.millis()).execute(conn).await.map(|done| done.rows_affected()))?;
    Ok(marked == 1)
}

/// The passwords before the present one, newest first, at most `most`.
pub async fn history(tx: &mut Tx, soi: &Soi, most: u32) -> Result<Vec<StoredPassword>, StoreError> {
    let rows: Vec<(String, i64)> =
        on!(tx, conn => sqlx::query_as(HISTORY).bind(soi.as_str()).bind(i64::from(most)).fetch_all(conn).await)?;
    Ok(rows
        .into_iter()
        .map(|(phc, changed_at)| StoredPassword::from_row((phc, changed_at, None, None, None)))
        .collect())
}

/// Keeps a password that was just replaced, and of those before it as many as make `most` together.
pub async fn remember(tx: &mut Tx, soi: &Soi, replaced: &StoredPassword, most: u32) -> Result<(), StoreError> {
    if most > 0 {
        on!(tx, conn => sqlx::query(REMEMBER)
            .bind(soi.as_str()).bind(replaced.changed_at.millis()).bind(&replaced.phc)
            .execute(conn).await.map(drop))?;
    }
    on!(tx, conn => sqlx::query(FORGET).bind(soi.as_str()).bind(i64::from(most)).execute(conn).await.map(drop))?;
    Ok(())
}

/// Stores the same password under new parameters; its age does not change.
pub async fn rehash(tx: &mut Tx, soi: &Soi, old: &str, new: &str) -> Result<(), StoreError> {
    on!(tx, conn => sqlx::query(REHASH).bind(soi.as_str()).bind(new).bind(old).execute(conn).await.map(drop))?;
    Ok(())
}

/// Notes the rules that a password met which was set in this transaction.
pub async fn set_judged_new(tx: &mut Tx, soi: &Soi, judged_by: &[u8; 32]) -> Result<(), StoreError> {
    on!(tx, conn => sqlx::query(JUDGED_NEW)
        .bind(soi.as_str()).bind(judged_by.as_slice()).execute(conn).await.map(drop))?;
    Ok(())
}

/// Notes the rules that the password chosen at `changed_at` was judged by and met.
pub async fn set_judged(tx: &mut Tx, soi: &Soi, changed_at: Timestamp, judged_by: &[u8; 32]) -> Result<(), StoreError> {
    on!(tx, conn => sqlx::query(JUDGED)
        .bind(soi.as_str()).bind(changed_at.millis()).bind(judged_by.as_slice())
        .execute(conn).await.map(drop))?;
    Ok(())
}

/// Whether the owner of this password, which ends at `ends_at`, is to be told so many days ahead: of all who ask at once,
/// one is answered yes, and nobody when the password was changed meanwhile.
pub async fn claim_warning(
    tx: &mut Tx,
    soi: &Soi,
    password: &StoredPassword,
    ends_at: Timestamp,
    days: u32,
) -> Result<bool, StoreError> {
    let claimed = on!(tx, conn => sqlx::query(WARNED)
        .bind(soi.as_str())
        .bind(password.changed_at.millis())
        .bind(password.renew_at.map(Timestamp::millis))
        .bind(ends_at.millis())
        .bind(i64::from(days))
        .execute(conn).await.map(|done| done.rows_affected()))?;
    Ok(claimed == 1)
}
