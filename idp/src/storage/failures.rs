//! What failed from which source network, the networks that are slowed for it, and what was told as suspect.
//!
//! Failures are noted after the verification, unlike attempts (`throttle.rs`): whoever logs in successfully counts for
//! nothing here, so many who share an address do not stand in each other's way. From a network that is slowed attempts
//! enter one by one ([`enter`]), which is decided before the verification. Keys are HMACs; no address is stored.

use super::{StoreError, Tx, on, statements};
use crate::domain::throttle::{FORGET_AFTER, NetworkFailures, Suspicion};
use crate::domain::time::Timestamp;

statements! {
    NOTE = "INSERT INTO throttle_failure (network_key, identifier_key, failures, last_at) VALUES ($1, $2, 1, $3) \
            ON CONFLICT (network_key, identifier_key) DO UPDATE SET \
              failures = CASE WHEN throttle_failure.last_at <= $4 THEN 1 ELSE throttle_failure.failures + 1 END, \
              last_at = excluded.last_at";
    COUNT = "SELECT (SELECT count(*) FROM throttle_failure WHERE network_key = $1 AND last_at > $3), \
             (SELECT CAST(coalesce(sum(failures), 0) AS BIGINT) FROM throttle_failure WHERE network_key = $1 AND last_at > $3), \
             (SELECT count(*) FROM throttle_failure WHERE identifier_key = $2 AND last_at > $3)";
    FORGET = "DELETE FROM throttle_failure WHERE network_key = $1 AND identifier_key = $2";
    FORGIVE = "DELETE FROM throttle_failure WHERE identifier_key = $1";
    SLOW = "INSERT INTO throttle_network (network_key, slowed_until, blocked_until) VALUES ($1, $2, $3) \
            ON CONFLICT (network_key) DO UPDATE SET slowed_until = excluded.slowed_until, \
              blocked_until = CASE WHEN throttle_network.blocked_until > excluded.blocked_until \
                              THEN throttle_network.blocked_until ELSE excluded.blocked_until END";
    SLOWED = "SELECT blocked_until FROM throttle_network WHERE network_key = $1 AND slowed_until > $2";
    /// Of those who come at once, one.
    ENTER = "UPDATE throttle_network SET blocked_until = $3 WHERE network_key = $1 AND blocked_until <= $2";
    /// Unless somebody else's failure blocks it meanwhile.
    LEAVE = "UPDATE throttle_network SET blocked_until = $3 WHERE network_key = $1 AND blocked_until = $2";
    RECOVER = "DELETE FROM throttle_network WHERE network_key = $1";
    SUSPECT = "INSERT INTO suspicion (kind, subject_key, last_at) VALUES ($1, $2, $3) \
               ON CONFLICT (kind, subject_key) DO UPDATE SET last_at = excluded.last_at WHERE suspicion.last_at <= $4";
    PURGE_FAILURES = "DELETE FROM throttle_failure WHERE last_at < $1";
    PURGE_NETWORKS = "DELETE FROM throttle_network WHERE slowed_until < $1 AND blocked_until < $1";
    PURGE_SUSPICIONS = "DELETE FROM suspicion WHERE last_at < $1";
}

/// Notes a failure of this identifier from this network.
pub async fn note(tx: &mut Tx, network: &[u8; 32], identifier: &[u8; 32], now: Timestamp) -> Result<(), StoreError> {
    on!(tx, conn => sqlx::query(NOTE)
        .bind(network.as_slice()).bind(identifier.as_slice()).bind(now.millis()).bind(now.minus(FORGET_AFTER).millis())
        .execute(conn).await.map(drop))?;
    Ok(())
}

/// What failed from this network within a day, and from how many networks this identifier failed.
pub async fn count(
    tx: &mut Tx,
    network: &[u8; 32],
    identifier: &[u8; 32],
    now: Timestamp,
) -> Result<NetworkFailures, StoreError> {
    let (identifiers, failures, networks): (i64, i64, i64) = on!(tx, conn => sqlx::query_as(COUNT)
        .bind(network.as_slice()).bind(identifier.as_slice()).bind(now.minus(FORGET_AFTER).millis())
        .fetch_one(conn).await)?;
    let number = |count| u32::try_from(count).unwrap_or(u32::MAX);
    Ok(NetworkFailures { identifiers: number(identifiers), failures: number(failures), networks: number(networks) })
}

/// The identifier succeeded from this network: what it failed before was mistyped.
pub async fn forget(tx: &mut Tx, network: &[u8; 32], identifier: &[u8; 32]) -> Result<(), StoreError> {
    on!(tx, conn => sqlx::query(FORGET)
        .bind(network.as_slice()).bind(identifier.as_slice()).execute(conn).await.map(drop))?;
    Ok(())
}

/// Forgets the failures of an identifier from every network; answers from how many there were some.
pub async fn forgive(tx: &mut Tx, identifier: &[u8; 32]) -> Result<u64, StoreError> {
    Ok(on!(tx, conn => sqlx::query(FORGIVE)
        .bind(identifier.as_slice()).execute(conn).await.map(|done| done.rows_affected()))?)
}

/// Slows a network down: its next attempt is at `next`, or later where that was said before.
pub async fn slow(tx: &mut Tx, network: &[u8; 32], next: Timestamp, now: Timestamp) -> Result<(), StoreError> {
    on!(tx, conn => sqlx::query(SLOW)
        .bind(network.as_slice()).bind(now.plus(FORGET_AFTER).millis()).bind(next.millis())
        .execute(conn).await.map(drop))?;
    Ok(())
}

/// When the next attempt may enter from this network, if it is slowed.
pub async fn slowed(tx: &mut Tx, network: &[u8; 32], now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
    let row: Option<(i64,)> = on!(tx, conn => sqlx::query_as(SLOWED)
        .bind(network.as_slice()).bind(now.millis()).fetch_optional(conn).await)?;
    Ok(row.map(|(until,)| Timestamp::from_millis(until)))
}

/// Lets one attempt in from a slowed network and keeps the others out until `next`; `false`: it is one of the others.
pub async fn enter(tx: &mut Tx, network: &[u8; 32], next: Timestamp, now: Timestamp) -> Result<bool, StoreError> {
    Ok(on!(tx, conn => sqlx::query(ENTER)
        .bind(network.as_slice()).bind(now.millis()).bind(next.millis())
        .execute(conn).await.map(|done| done.rows_affected()))?
        == 1)
}

/// The attempt that kept others out until `next` was no failure: the next one needs not wait.
pub async fn leave(tx: &mut Tx, network: &[u8; 32], next: Timestamp, now: Timestamp) -> Result<(), StoreError> {
    on!(tx, conn => sqlx::query(LEAVE)
        .bind(network.as_slice()).bind(next.millis()).bind(now.millis()).execute(conn).await.map(drop))?;
    Ok(())
}

/// The network is slowed no longer.
pub async fn recover(tx: &mut Tx, network: &[u8; 32]) -> Result<(), StoreError> {
    on!(tx, conn => sqlx::query(RECOVER).bind(network.as_slice()).execute(conn).await.map(drop))?;
    Ok(())
}

/// Whether this is to be told of `subject` (a network or an identifier): once within a day.
pub async fn suspect(
    tx: &mut Tx,
    suspicion: Suspicion,
    subject: &[u8; 32],
    now: Timestamp,
) -> Result<bool, StoreError> {
    Ok(on!(tx, conn => sqlx::query(SUSPECT)
        .bind(suspicion.kind()).bind(subject.as_slice()).bind(now.millis()).bind(now.minus(FORGET_AFTER).millis())
        .execute(conn).await.map(|done| done.rows_affected()))?
        == 1)
}

/// Deletes what no longer counts.
pub async fn purge(tx: &mut Tx, now: Timestamp) -> Result<u64, StoreError> {
    let a_day_ago = now.minus(FORGET_AFTER);
    let mut deleted = 0;
    for (statement, before) in [(PURGE_FAILURES, a_day_ago), (PURGE_NETWORKS, now), (PURGE_SUSPICIONS, a_day_ago)] {
        deleted += on!(tx, conn => sqlx::query(statement)
            .bind(before.millis()).execute(conn).await.map(|done| done.rows_affected()))?;
    }
    Ok(deleted)
}
