//! Addresses that wait for their code: at most one per agent and kind, spent once, with few tries and few sendings.
//!
//! Sendings and wrong codes are counted over an hour, whatever the address: neither another address nor a new code gives
//! new tries (NIST-12).

use super::{StoreError, Tx, on, statements};
use crate::domain::channel::{Address, CODE_WINDOW, ChannelKind, MOST_CODES, MOST_WRONG_CODES};
use crate::domain::soi::Soi;
use crate::domain::time::Timestamp;

statements! {
    ISSUE = "INSERT INTO channel_code (soi, kind, address, code_hash, expires_at, counted_from, sent, failures) \
             VALUES ($1, $2, $3, $4, $5, $6, 1, 0) \
             ON CONFLICT (soi, kind) DO UPDATE SET address = excluded.address, code_hash = excluded.code_hash, \
               expires_at = excluded.expires_at, consumed_at = NULL, \
               sent = CASE WHEN channel_code.counted_from <= $7 THEN 1 ELSE channel_code.sent + 1 END, \
               failures = CASE WHEN channel_code.counted_from <= $7 THEN 0 ELSE channel_code.failures END, \
               counted_from = CASE WHEN channel_code.counted_from <= $7 THEN excluded.counted_from ELSE channel_code.counted_from END \
             WHERE channel_code.counted_from <= $7 OR (channel_code.sent < $8 AND channel_code.failures < $9) \
             RETURNING sent";
    COUNTED_FROM = "SELECT counted_from FROM channel_code WHERE soi = $1 AND kind = $2";
    FIND = "SELECT address, expires_at, failures FROM channel_code WHERE soi = $1 AND kind = $2 AND consumed_at IS NULL \
            AND expires_at > $3 AND failures < $4";
    /// Right or wrong, one statement decides: a burst of guesses cannot outrun the count.
    TRY = "UPDATE channel_code SET consumed_at = CASE WHEN code_hash = $4 THEN $5 ELSE consumed_at END, \
             failures = CASE WHEN code_hash = $4 THEN failures ELSE failures + 1 END \
           WHERE soi = $1 AND kind = $2 AND address = $3 AND consumed_at IS NULL AND expires_at > $5 AND failures < $6 \
           RETURNING consumed_at, failures";
    WITHDRAW = "UPDATE channel_code SET consumed_at = $3 WHERE soi = $1 AND kind = $2 AND consumed_at IS NULL";
    PURGE = "DELETE FROM channel_code WHERE counted_from <= $1 AND expires_at <= $2";
}

/// A code to be sent.
#[derive(Debug, Clone, Copy)]
pub struct NewChannelCode<'a> {
    pub soi: &'a Soi,
    pub kind: ChannelKind,
    pub address: &'a Address,
    pub code_hash: [u8; 32],
    pub expires_at: Timestamp,
}

/// An address whose code may still be typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    pub address: Address,
    pub expires_at: Timestamp,
    /// Wrong codes that may still be typed, at least one.
    pub tries_left: u32,
}

/// What became of a code that was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tried {
    /// It was right, and is spent.
    Right,
    /// It was wrong; so many more may be typed.
    Wrong { tries_left: u32 },
    /// There was none to be tried: spent, expired, replaced, or too many were wrong.
    Gone,
}

/// Keeps a code, in place of the one before it; or answers from when on one may be sent again.
pub async fn issue(
    tx: &mut Tx,
    code: &NewChannelCode<'_>,
    now: Timestamp,
) -> Result<Result<(), Timestamp>, StoreError> {
    let row: Option<(i64,)> = on!(tx, conn => sqlx::query_as(ISSUE)
        .bind(code.soi.as_str())
        .bind(code.kind.as_str())
        .bind(code.address.as_str())
        .bind(code.code_hash.as_slice())
        .bind(code.expires_at.millis())
        .bind(now.millis())
        .bind(now.minus(CODE_WINDOW).millis())
        .bind(i64::from(MOST_CODES))
        .bind(i64::from(MOST_WRONG_CODES))
        .fetch_optional(conn).await)?;
    if row.is_some() {
        return Ok(Ok(()));
    }
    let (from,): (i64,) = on!(tx, conn => sqlx::query_as(COUNTED_FROM)
        .bind(code.soi.as_str()).bind(code.kind.as_str()).fetch_one(conn).await)?;
    Ok(Err(Timestamp::from_millis(from).plus(CODE_WINDOW)))
}

/// The address of this kind that waits for its code.
pub async fn find(tx: &mut Tx, soi: &Soi, kind: ChannelKind, now: Timestamp) -> Result<Option<Waiting>, StoreError> {
    let row: Option<(String, i64, i64)> = on!(tx, conn => sqlx::query_as(FIND)
        .bind(soi.as_str()).bind(kind.as_str()).bind(now.millis()).bind(i64::from(MOST_WRONG_CODES))
        .fetch_optional(conn).await)?;
    Ok(row.map(|(address, expires_at, failures)| Waiting {
        address: kind.address(address),
        expires_at: Timestamp::from_millis(expires_at),
        tries_left: left(failures),
    }))
}

/// Tries a code for this address: of all who present the right one, one is told so.
pub async fn try_code(
    tx: &mut Tx,
    soi: &Soi,
    kind: ChannelKind,
    address: &Address,
    code_hash: [u8; 32],
    now: Timestamp,
) -> Result<Tried, StoreError> {
    let row: Option<(Option<i64>, i64)> = on!(tx, conn => sqlx::query_as(TRY)
        .bind(soi.as_str())
        .bind(kind.as_str())
        .bind(address.as_str())
        .bind(code_hash.as_slice())
        .bind(now.millis())
        .bind(i64::from(MOST_WRONG_CODES))
        .fetch_optional(conn).await)?;
    Ok(match row {
        None => Tried::Gone,
        Some((Some(_), _)) => Tried::Right,
        Some((None, failures)) => Tried::Wrong { tries_left: left(failures) },
    })
}

/// Makes the live code worthless; what was counted stays. Answers whether there was one.
pub async fn withdraw(tx: &mut Tx, soi: &Soi, kind: ChannelKind, now: Timestamp) -> Result<bool, StoreError> {
    let withdrawn = on!(tx, conn => sqlx::query(WITHDRAW)
        .bind(soi.as_str()).bind(kind.as_str()).bind(now.millis())
        .execute(conn).await.map(|done| done.rows_affected()))?;
    Ok(withdrawn == 1)
}

/// Deletes codes that are over and no longer count.
pub async fn purge(tx: &mut Tx, now: Timestamp) -> Result<u64, StoreError> {
    Ok(on!(tx, conn => sqlx::query(PURGE)
        .bind(now.minus(CODE_WINDOW).millis()).bind(now.millis())
        .execute(conn).await.map(|done| done.rows_affected()))?)
}

fn left(failures: i64) -> u32 {
    MOST_WRONG_CODES.saturating_sub(u32::try_from(failures).unwrap_or(u32::MAX))
}
