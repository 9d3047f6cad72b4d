//! Attempts per (identifier, zone), and per browser that an agent has used before, counted before the password is verified,
//! so that a burst cannot outrun the count. What failed from which network is in `failures.rs`.

use super::{StoreError, Tx, on, statements, stored};
use crate::domain::throttle::{CREDIT, FORGET_AFTER, SPENT_BY_ONE, next_attempt};
use crate::domain::time::Timestamp;
use crate::domain::zone::NetworkZone;

statements! {
    /// Takes one attempt if no delay runs and the network is not slowed; a count older than a day starts anew.
    TAKE = "INSERT INTO throttle (identifier_key, zone, browser, attempts, last_at, blocked_until, spent_until) \
            SELECT $1, $2, $3, 1, $4, $4, $5 \
            WHERE NOT EXISTS (SELECT 1 FROM throttle_network WHERE network_key = $6 AND slowed_until > $4) \
            ON CONFLICT (identifier_key, zone, browser) DO UPDATE SET \
              attempts = CASE WHEN throttle.last_at <= $7 THEN 1 ELSE throttle.attempts + 1 END, last_at = excluded.last_at, \
              spent_until = CASE WHEN throttle.spent_until > excluded.last_at THEN throttle.spent_until + $8 \
                            ELSE excluded.spent_until END \
            WHERE throttle.blocked_until <= excluded.last_at RETURNING attempts, spent_until";
    BLOCK = "UPDATE throttle SET blocked_until = $4 WHERE identifier_key = $1 AND zone = $2 AND browser = $3";
    BLOCKED_UNTIL = "SELECT blocked_until FROM throttle WHERE identifier_key = $1 AND zone = $2 AND browser = $3";
    /// Only if no other attempt came after it: the delay that one started stays.
    GIVE_BACK = "UPDATE throttle SET attempts = attempts - 1, blocked_until = last_at, spent_until = spent_until - $5 \
                 WHERE identifier_key = $1 AND zone = $2 AND browser = $3 AND attempts = $4";
    /// This attempt was no failure; what earlier ones spent of the day stays spent.
    SUCCEED = "UPDATE throttle SET attempts = 0, spent_until = spent_until - $4, \
               blocked_until = CASE WHEN spent_until - $5 > last_at THEN spent_until - $5 ELSE last_at END \
               WHERE identifier_key = $1 AND zone = $2 AND browser = $3";
    CLEAR = "DELETE FROM throttle WHERE identifier_key = $1 AND zone = $2";
    FORGIVE = "DELETE FROM throttle WHERE identifier_key = $1 RETURNING zone, browser, attempts, last_at, blocked_until";
    PURGE = "DELETE FROM throttle WHERE last_at < $1 AND blocked_until < $2 AND spent_until < $2";
}

/// The count that an attempt belongs to.
#[derive(Debug, Clone, Copy)]
pub struct Count<'a> {
    /// Keyed digest of the identifier.
    pub key: &'a [u8; 32],
    pub zone: NetworkZone,
    /// Digest of the agent's known browser; empty: everybody else.
    pub browser: &'a [u8],
}

impl<'a> Count<'a> {
    /// Of whoever is in no known browser.
    pub const fn of_strangers(key: &'a [u8; 32], zone: NetworkZone) -> Self {
        Self { key, zone, browser: &[] }
    }
}

/// Whether an attempt may be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attempt {
    /// Yes; it is the nth without success.
    Taken(u32),
    /// No; a delay runs until then, and no password is verified.
    Blocked(Timestamp),
}

/// Takes an attempt for this identifier (as a keyed digest) in this zone, wherever it comes from.
pub async fn take(tx: &mut Tx, key: &[u8; 32], zone: NetworkZone, now: Timestamp) -> Result<Attempt, StoreError> {
    take_of(tx, Count::of_strangers(key, zone), now).await
}

/// The same for any count.
pub async fn take_of(tx: &mut Tx, count: Count<'_>, now: Timestamp) -> Result<Attempt, StoreError> {
    match take_unless_slowed(tx, count, &[], now).await? {
        Some(nth) => Ok(Attempt::Taken(nth)),
        None => Ok(Attempt::Blocked(blocked_until(tx, count).await?)),
    }
}

/// Takes an attempt, and says its number, unless a delay runs or the network with this key is slowed: two questions, one
/// statement.
pub async fn take_unless_slowed(
    tx: &mut Tx,
    count: Count<'_>,
    network: &[u8],
    now: Timestamp,
) -> Result<Option<u32>, StoreError> {
    let row: Option<(i64, i64)> = on!(tx, conn => sqlx::query_as(TAKE)
        .bind(count.key.as_slice())
        .bind(count.zone.as_str())
        .bind(count.browser)
        .bind(now.millis())
        .bind(now.plus(SPENT_BY_ONE).millis())
        .bind(network)
        .bind(now.minus(FORGET_AFTER).millis())
        .bind(millis(SPENT_BY_ONE))
        .fetch_optional(conn).await)?;
    let Some((attempts, spent_until)) = row else { return Ok(None) };
    let attempts = u32::try_from(attempts).unwrap_or(u32::MAX);
    let next = next_attempt(attempts, Timestamp::from_millis(spent_until), now);
    if next > now {
        on!(tx, conn => sqlx::query(BLOCK)
            .bind(count.key.as_slice()).bind(count.zone.as_str()).bind(count.browser).bind(next.millis())
            .execute(conn).await.map(drop))?;
    }
    Ok(Some(attempts))
}

/// Until when the delay of this count runs; in the past where none does.
pub async fn blocked_until(tx: &mut Tx, count: Count<'_>) -> Result<Timestamp, StoreError> {
    let row: Option<(i64,)> = on!(tx, conn => sqlx::query_as(BLOCKED_UNTIL)
        .bind(count.key.as_slice()).bind(count.zone.as_str()).bind(count.browser)
        .fetch_optional(conn).await)?;
    Ok(Timestamp::from_millis(row.map_or(0, |(until,)| until)))
}

/// Takes back the attempt numbered `taken`, which was never looked at (the queue was full).
pub async fn give_back(tx: &mut Tx, key: &[u8; 32], zone: NetworkZone, taken: u32) -> Result<(), StoreError> {
    give_back_of(tx, Count::of_strangers(key, zone), taken).await
}

/// The same for any count.
pub async fn give_back_of(tx: &mut Tx, count: Count<'_>, taken: u32) -> Result<(), StoreError> {
    on!(tx, conn => sqlx::query(GIVE_BACK)
        .bind(count.key.as_slice()).bind(count.zone.as_str()).bind(count.browser)
        .bind(i64::from(taken)).bind(millis(SPENT_BY_ONE))
        .execute(conn).await.map(drop))?;
    Ok(())
}

/// The attempt that was taken succeeded: delays end. The failures before it stay spent, so that somebody's own logins give no
/// stranger more guesses.
pub async fn succeed(tx: &mut Tx, count: Count<'_>) -> Result<(), StoreError> {
    on!(tx, conn => sqlx::query(SUCCEED)
        .bind(count.key.as_slice()).bind(count.zone.as_str()).bind(count.browser)
        .bind(millis(SPENT_BY_ONE)).bind(millis(SPENT_BY_ONE.saturating_add(CREDIT)))
        .execute(conn).await.map(drop))?;
    Ok(())
}

/// Forgets the attempts of this zone, in every browser: what they were about is another password or code now.
pub async fn clear(tx: &mut Tx, key: &[u8; 32], zone: NetworkZone) -> Result<(), StoreError> {
    on!(tx, conn => sqlx::query(CLEAR).bind(key.as_slice()).bind(zone.as_str()).execute(conn).await.map(drop))?;
    Ok(())
}

/// A count that was taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Forgiven {
    pub zone: NetworkZone,
    /// It was that of a browser that the agent had used before.
    pub known_browser: bool,
    pub attempts: u32,
    /// In the past: no delay ran any more.
    pub blocked_until: Timestamp,
}

#[derive(sqlx::FromRow)]
struct Row {
    zone: String,
    browser: Vec<u8>,
    attempts: i64,
    last_at: i64,
    blocked_until: i64,
}

/// Forgets the attempts in every zone and browser, and says what they were.
pub async fn forgive(tx: &mut Tx, key: &[u8; 32]) -> Result<Vec<Forgiven>, StoreError> {
    let rows: Vec<Row> = on!(tx, conn => sqlx::query_as(FORGIVE).bind(key.as_slice()).fetch_all(conn).await)?;
    // After a success nothing is held against anybody, unless the day was spent before.
    rows.into_iter()
        .filter(|row| row.attempts > 0 || row.blocked_until > row.last_at)
        .map(|row| {
            Ok(Forgiven {
                zone: stored("throttle", "zone", &row.zone)?,
                known_browser: !row.browser.is_empty(),
                attempts: u32::try_from(row.attempts).unwrap_or(u32::MAX),
                blocked_until: Timestamp::from_millis(row.blocked_until),
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

fn millis(duration: std::time::Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
