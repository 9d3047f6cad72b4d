//! Attempts per (identifier, zone), counted before the password is verified, so that a burst cannot outrun the count.

use super::{StoreError, Tx, on, statements, stored};
use crate::domain::throttle::{FORGET_AFTER, delay_after};
use crate::domain::time::Timestamp;
use crate::domain::zone::NetworkZone;

statements! {
    /// Takes one attempt if no delay runs; a count older than a day starts anew.
    TAKE = "INSERT INTO throttle (identifier_key, zone, attempts, last_at, blocked_until) VALUES ($1, $2, 1, $3, $3) \
            ON CONFLICT (identifier_key, zone) DO UPDATE SET \
              attempts = CASE WHEN throttle.last_at <= $4 THEN 1 ELSE throttle.attempts + 1 END, last_at = excluded.last_at \
            WHERE throttle.blocked_until <= excluded.last_at RETURNING attempts";
    BLOCK = "UPDATE throttle SET blocked_until = $3 WHERE identifier_key = $1 AND zone = $2";
    BLOCKED_UNTIL = "SELECT blocked_until FROM throttle WHERE identifier_key = $1 AND zone = $2";
    /// Only if no other attempt came after it: the delay that one started stays.
    GIVE_BACK = "UPDATE throttle SET attempts = attempts - 1, blocked_until = last_at \
                 WHERE identifier_key = $1 AND zone = $2 AND attempts = $3";
    CLEAR = "DELETE FROM throttle WHERE identifier_key = $1 AND zone = $2";
    FORGIVE = "DELETE FROM throttle WHERE identifier_key = $1 RETURNING zone, attempts, blocked_until";
    PURGE = "DELETE FROM throttle WHERE last_at < $1 AND blocked_until < $2";
}

/// Whether an attempt may be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attempt {
    /// Yes; it is the nth without success.
    Taken(u32),
    /// No; a delay runs until then, and no password is verified.
    Blocked(Timestamp),
}

/// Takes an attempt for this identifier (as a keyed digest) in this zone.
pub async fn take(tx: &mut Tx, key: &[u8; 32], zone: NetworkZone, now: Timestamp) -> Result<Attempt, StoreError> {
    let row: Option<(i64,)> = on!(tx, conn => sqlx::query_as(TAKE)
        .bind(key.as_slice())
        .bind(zone.as_str())
        .bind(now.millis())
        .bind(now.minus(FORGET_AFTER).millis())
        .fetch_optional(conn).await)?;
    let Some((attempts,)) = row else {
        let (until,): (i64,) = on!(tx, conn => sqlx::query_as(BLOCKED_UNTIL)
            .bind(key.as_slice()).bind(zone.as_str()).fetch_one(conn).await)?;
        return Ok(Attempt::Blocked(Timestamp::from_millis(until)));
    };
    let attempts = u32::try_from(attempts).unwrap_or(u32::MAX);
    let delay = delay_after(attempts);
    if delay.is_zero() {
        return Ok(Attempt::Taken(attempts)); // no delay runs: that was the condition
    }
    let until = now.plus(delay);
    on!(tx, conn => sqlx::query(BLOCK)
        .bind(key.as_slice()).bind(zone.as_str()).bind(until.millis()).execute(conn).await.map(drop))?;
    Ok(Attempt::Taken(attempts))
}

/// Takes back the attempt numbered `taken`, which was never looked at (the queue was full).
pub async fn give_back(tx: &mut Tx, key: &[u8; 32], zone: NetworkZone, taken: u32) -> Result<(), StoreError> {
    on!(tx, conn => sqlx::query(GIVE_BACK)
        .bind(key.as_slice()).bind(zone.as_str()).bind(i64::from(taken))
        .execute(conn).await.map(drop))?;
    Ok(())
}

/// Forgets the attempts after a success.
pub async fn clear(tx: &mut Tx, key: &[u8; 32], zone: NetworkZone) -> Result<(), StoreError> {
    on!(tx, conn => sqlx::query(CLEAR).bind(key.as_slice()).bind(zone.as_str()).execute(conn).await.map(drop))?;
    Ok(())
}

/// A count that was taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Forgiven {
    pub zone: NetworkZone,
    pub attempts: u32,
    /// In the past: no delay ran any more.
    pub blocked_until: Timestamp,
}

/// Forgets the attempts in every zone, and says what they were.
pub async fn forgive(tx: &mut Tx, key: &[u8; 32]) -> Result<Vec<Forgiven>, StoreError> {
    let rows: Vec<(String, i64, i64)> =
        on!(tx, conn => sqlx::query_as(FORGIVE).bind(key.as_slice()).fetch_all(conn).await)?;
    rows.into_iter()
        .map(|(zone, attempts, blocked_until)| {
            Ok(Forgiven {
                zone: stored("throttle", "zone", &zone)?,
                attempts: u32::try_from(attempts).unwrap_or(u32::MAX),
                blocked_until: Timestamp::from_millis(blocked_until),
            })
        })
        .collect()
}

/// Deletes counts that no longer count.
pub async fn purge(tx: &mut Tx, now: Timestamp) -> Result<u64, StoreError> {
    Ok(on!(tx, conn => sqlx::query(PURGE)
        .bind(now.minus(FORGET_AFTER).millis()).bind(now.millis())
        .execute(conn).await.map(|done| done.rows_affected()))?)
}
