//! Mails and text messages to be sent. What they say is sealed; it is forgotten when they are sent, and when it has expired.
//!
//! A message is *waiting*, *sent* or *dead* (given up). [`lease`] gives each waiting message that is due to one server for a
//! while; what became of it is written only while that lease is still the message's own, so a server that was away for too
//! long changes nothing. When a lease has run out, the message is due again. What happens to a message is decided in
//! `outbox/delivery.rs`.

use sqlx::FromRow;

use super::{StoreError, Tx, on, statements};
use crate::domain::soi::Soi;
use crate::domain::time::Timestamp;

statements! {
    UNQUEUE = "DELETE FROM outbox WHERE id = $1";
    INSERT = "INSERT INTO outbox (id, soi, medium, notice, address, sealed, created_at, due_at, expires_at, attempts) \
              VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8, 0)";
    // The outer conditions are looked at again by a server that waited for another one's lease.
    LEASE = "UPDATE outbox SET leased_until = $3, attempts = attempts + 1 \
             WHERE id IN (SELECT id FROM outbox WHERE medium = $1 AND sent_at IS NULL AND dead_at IS NULL \
                          AND due_at <= $2 AND expires_at > $2 AND (leased_until IS NULL OR leased_until <= $2) \
                          ORDER BY due_at, id LIMIT $4) \
             AND sent_at IS NULL AND dead_at IS NULL AND (leased_until IS NULL OR leased_until <= $2) \
             RETURNING id, soi, medium, notice, sealed, created_at, attempts, leased_until";
    // Whosever it is by now: it was taken.
    SENT = "UPDATE outbox SET sent_at = $2, leased_until = NULL, sealed = NULL, last_error = NULL \
            WHERE id = $1 AND sent_at IS NULL";
    LATER = "UPDATE outbox SET due_at = $4, leased_until = NULL, last_error = $5 \
             WHERE id = $1 AND attempts = $2 AND leased_until = $3 AND sent_at IS NULL AND dead_at IS NULL";
    // The text stays until it expires, in case that somebody mends what was wrong.
    BURY = "UPDATE outbox SET dead_at = $4, leased_until = NULL, last_error = $5 \
            WHERE id = $1 AND attempts = $2 AND leased_until = $3 AND sent_at IS NULL AND dead_at IS NULL";
    EXPIRE = "UPDATE outbox SET dead_at = $1, leased_until = NULL, sealed = NULL, \
              last_error = COALESCE('expired; ' || last_error, CASE medium WHEN 'mail' THEN $3 ELSE $4 END) \
              WHERE id IN (SELECT id FROM outbox WHERE sent_at IS NULL AND dead_at IS NULL AND expires_at <= $1 \
                           AND (leased_until IS NULL OR leased_until <= $1) ORDER BY expires_at, id LIMIT $2) \
              AND sent_at IS NULL AND dead_at IS NULL AND (leased_until IS NULL OR leased_until <= $1) \
              RETURNING id, soi, medium, notice, attempts, last_error";
    // Who waits for its next attempt need not, once the way is open again.
    HURRY = "UPDATE outbox SET due_at = $2 WHERE medium = $1 AND sent_at IS NULL AND dead_at IS NULL AND due_at > $2 \
             AND attempts > 0";
    FORGET = "UPDATE outbox SET sealed = NULL WHERE dead_at IS NOT NULL AND sealed IS NOT NULL AND expires_at <= $1";
    PURGE = "DELETE FROM outbox WHERE created_at < $1 AND (sent_at < $1 OR dead_at < $1)";
    WAITING = "SELECT medium, COUNT(*) AS messages, MIN(created_at) AS oldest FROM outbox \
               WHERE sent_at IS NULL AND dead_at IS NULL GROUP BY medium";
    LIST = "SELECT id, soi, medium, notice, address, sealed IS NOT NULL AS is_whole, created_at, due_at, expires_at, attempts, \
            leased_until, sent_at, dead_at, last_error FROM outbox \
            WHERE (CAST($1 AS TEXT) IS NULL OR soi = $1) \
            AND ($2 = '' OR ($2 = 'sent' AND sent_at IS NOT NULL) OR ($2 = 'dead' AND dead_at IS NOT NULL) \
                 OR ($2 = 'waiting' AND sent_at IS NULL AND dead_at IS NULL)) \
            AND (CAST($3 AS TEXT) IS NULL OR id = $3) \
            ORDER BY created_at DESC, id LIMIT $4";
    RETRY = "UPDATE outbox SET dead_at = NULL, due_at = $2, attempts = 0 \
             WHERE id = $1 AND sent_at IS NULL AND (leased_until IS NULL OR leased_until <= $2) AND sealed IS NOT NULL \
             AND expires_at > $2";
    RETRY_DEAD = "UPDATE outbox SET dead_at = NULL, due_at = $1, attempts = 0 \
                  WHERE dead_at IS NOT NULL AND sealed IS NOT NULL AND expires_at > $1";
}

/// A message to be queued.
#[derive(Debug, Clone, Copy)]
pub struct NewMessage<'a> {
    pub id: &'a str,
    pub soi: Option<&'a Soi>,
    /// `mail` or `sms`.
    pub medium: &'a str,
    pub notice: &'a str,
    /// Masked.
    pub address: &'a str,
    pub sealed: &'a [u8],
    pub expires_at: Timestamp,
}

/// A message that is ours to send for a while.
#[allow(clippy::struct_field_names, reason = "the names of the columns")]
#[derive(Clone, PartialEq, Eq, FromRow)]
pub struct Leased {
    pub id: String,
    soi: Option<String>,
    pub medium: String,
    pub notice: String,
    pub sealed: Option<Vec<u8>>,
    created_at: i64,
    /// This one included.
    pub attempts: i64,
    leased_until: i64,
}

impl std::fmt::Debug for Leased {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Leased({} {}, attempt {})", self.id, self.notice, self.attempts)
    }
}

impl Leased {
    /// Whom it is about.
    pub fn soi(&self) -> Option<Soi> {
        self.soi.clone().map(Soi::from_stored)
    }

    /// When it was queued.
    pub const fn created_at(&self) -> Timestamp {
        Timestamp::from_millis(self.created_at)
    }
}

/// A message that was given up.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Expired {
    pub id: String,
    soi: Option<String>,
    pub medium: String,
    pub notice: String,
    pub attempts: i64,
    pub last_error: String,
}

impl Expired {
    /// Whom it is about.
    pub fn soi(&self) -> Option<Soi> {
        self.soi.clone().map(Soi::from_stored)
    }
}

/// Where a message is on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Waiting,
    Sent,
    /// Given up.
    Dead,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 3] = [Self::Waiting, Self::Sent, Self::Dead];

    /// The word of the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sent => "sent",
            Self::Dead => "dead",
        }
    }
}

/// A message without its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    pub id: String,
    pub soi: Option<String>,
    pub medium: String,
    pub notice: String,
    /// Masked; empty for messages of an older version.
    pub address: String,
    pub state: State,
    /// Its text is still there.
    pub is_whole: bool,
    pub created_at: Timestamp,
    pub due_at: Timestamp,
    pub expires_at: Timestamp,
    pub attempts: i64,
    pub leased_until: Option<Timestamp>,
    pub sent_at: Option<Timestamp>,
    pub dead_at: Option<Timestamp>,
    pub last_error: Option<String>,
}

#[derive(FromRow)]
struct ListedRow {
    id: String,
    soi: Option<String>,
    medium: String,
    notice: String,
    address: Option<String>,
    is_whole: bool,
    created_at: i64,
    due_at: i64,
    expires_at: i64,
    attempts: i64,
    leased_until: Option<i64>,
    sent_at: Option<i64>,
    dead_at: Option<i64>,
    last_error: Option<String>,
}

/// Which messages to list, newest first.
#[derive(Debug, Clone, Copy, Default)]
pub struct Filter<'a> {
    pub id: Option<&'a str>,
    pub soi: Option<&'a Soi>,
    pub state: Option<State>,
    pub limit: u32,
}

/// What waits of one medium.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    pub medium: String,
    pub messages: i64,
    pub oldest: Timestamp,
}

/// Queues a message, due at once.
pub async fn insert(tx: &mut Tx, message: &NewMessage<'_>, now: Timestamp) -> Result<(), StoreError> {
    on!(tx, conn => sqlx::query(INSERT)
        .bind(message.id)
        .bind(message.soi.map(Soi::as_str))
        .bind(message.medium)
        .bind(message.notice)
        .bind(message.address)
        .bind(message.sealed)
        .bind(now.millis())
        .bind(message.expires_at.millis())
        .execute(conn).await.map(drop))?;
    Ok(())
}

/// Forgets a message as if it had never been queued: nobody but the transaction that queued it has seen it.
pub async fn unqueue(tx: &mut Tx, id: &str) -> Result<(), StoreError> {
    on!(tx, conn => sqlx::query(UNQUEUE).bind(id).execute(conn).await.map(drop))?;
    Ok(())
}

/// Takes up to `most` messages that are due, the longest due first: of all servers that ask, one gets each of them, until
/// `until`. The attempt is counted.
pub async fn lease(
    tx: &mut Tx,
    medium: &str,
    now: Timestamp,
    until: Timestamp,
    most: usize,
) -> Result<Vec<Leased>, StoreError> {
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    Ok(on!(tx, conn => sqlx::query_as(LEASE)
        .bind(medium).bind(now.millis()).bind(until.millis()).bind(most).fetch_all(conn).await)?)
}

/// The message was taken; its text is forgotten. Answers whether nobody said so before.
pub async fn sent(tx: &mut Tx, id: &str, now: Timestamp) -> Result<bool, StoreError> {
    let done = on!(tx, conn => sqlx::query(SENT).bind(id).bind(now.millis())
        .execute(conn).await.map(|done| done.rows_affected()))?;
    Ok(done == 1)
}

/// The message is tried again at `due_at`. Answers whether it was still ours.
pub async fn later(tx: &mut Tx, message: &Leased, due_at: Timestamp, why: &str) -> Result<bool, StoreError> {
    put_off(tx, LATER, message, due_at, why).await
}

/// The message is given up. Answers whether it was still ours.
pub async fn bury(tx: &mut Tx, message: &Leased, now: Timestamp, why: &str) -> Result<bool, StoreError> {
    put_off(tx, BURY, message, now, why).await
}

async fn put_off(
    tx: &mut Tx,
    statement: &'static str,
    message: &Leased,
    at: Timestamp,
    why: &str,
) -> Result<bool, StoreError> {
    let done = on!(tx, conn => sqlx::query(statement)
        .bind(&message.id).bind(message.attempts).bind(message.leased_until).bind(at.millis()).bind(why)
        .execute(conn).await.map(|done| done.rows_affected()))?;
    Ok(done == 1)
}

/// Gives up what has expired and nobody is sending, up to `most`. `untried` says why no attempt was made at a mail, and at a
/// text message.
pub async fn expire(tx: &mut Tx, now: Timestamp, most: usize, untried: [&str; 2]) -> Result<Vec<Expired>, StoreError> {
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let [mail, sms] = untried;
    Ok(on!(tx, conn => sqlx::query_as(EXPIRE)
        .bind(now.millis()).bind(most).bind(mail).bind(sms).fetch_all(conn).await)?)
}

/// Makes due what waits for its next attempt.
pub async fn hurry(tx: &mut Tx, medium: &str, now: Timestamp) -> Result<u64, StoreError> {
    Ok(on!(tx, conn => sqlx::query(HURRY).bind(medium).bind(now.millis()).execute(conn).await
        .map(|done| done.rows_affected()))?)
}

/// Forgets the texts of dead messages that have expired.
pub async fn forget(tx: &mut Tx, now: Timestamp) -> Result<u64, StoreError> {
    Ok(on!(tx, conn => sqlx::query(FORGET).bind(now.millis()).execute(conn).await.map(|done| done.rows_affected()))?)
}

/// Deletes messages that were sent or given up before `before`.
pub async fn purge(tx: &mut Tx, before: Timestamp) -> Result<u64, StoreError> {
    Ok(on!(tx, conn => sqlx::query(PURGE).bind(before.millis()).execute(conn).await.map(|done| done.rows_affected()))?)
}

/// How many messages wait, and since when.
pub async fn waiting(tx: &mut Tx) -> Result<Vec<Waiting>, StoreError> {
    let rows: Vec<(String, i64, i64)> = on!(tx, conn => sqlx::query_as(WAITING).fetch_all(conn).await)?;
    let waiting = |(medium, messages, oldest)| Waiting { medium, messages, oldest: Timestamp::from_millis(oldest) };
    Ok(rows.into_iter().map(waiting).collect())
}

/// Messages that meet every criterion, newest first.
pub async fn list(tx: &mut Tx, filter: Filter<'_>) -> Result<Vec<Listed>, StoreError> {
    let rows: Vec<ListedRow> = on!(tx, conn => sqlx::query_as(LIST)
        .bind(filter.soi.map(Soi::as_str))
        .bind(filter.state.map_or("", State::as_str))
        .bind(filter.id)
        .bind(i64::from(filter.limit))
        .fetch_all(conn).await)?;
    Ok(rows.into_iter().map(Listed::from).collect())
}

/// Makes a message due now that was given up or waits, if its text is still there and nobody is sending it.
pub async fn retry(tx: &mut Tx, id: &str, now: Timestamp) -> Result<bool, StoreError> {
    let done = on!(tx, conn => sqlx::query(RETRY).bind(id).bind(now.millis())
        .execute(conn).await.map(|done| done.rows_affected()))?;
    Ok(done == 1)
}

/// The same for every message that was given up and has not expired.
pub async fn retry_dead(tx: &mut Tx, now: Timestamp) -> Result<u64, StoreError> {
    Ok(on!(tx, conn => sqlx::query(RETRY_DEAD).bind(now.millis()).execute(conn).await
        .map(|done| done.rows_affected()))?)
}

impl From<ListedRow> for Listed {
    fn from(row: ListedRow) -> Self {
        let state = match (row.sent_at, row.dead_at) {
            (Some(_), _) => State::Sent,
            (None, Some(_)) => State::Dead,
            (None, None) => State::Waiting,
        };
        Self {
            id: row.id,
            soi: row.soi,
            medium: row.medium,
            notice: row.notice,
            address: row.address.unwrap_or_default(),
            state,
            is_whole: row.is_whole,
            created_at: Timestamp::from_millis(row.created_at),
            due_at: Timestamp::from_millis(row.due_at),
            expires_at: Timestamp::from_millis(row.expires_at),
            attempts: row.attempts,
            leased_until: row.leased_until.map(Timestamp::from_millis),
            sent_at: row.sent_at.map(Timestamp::from_millis),
            dead_at: row.dead_at.map(Timestamp::from_millis),
            last_error: row.last_error,
        }
    }
}
