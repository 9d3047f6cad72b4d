//! Attempts to reset a password by a code: bound to a ticket and a browser, tried at most five times, proved once, used
//! once. A row without an agent is a decoy: it behaves alike, and no code opens it.

use super::{StoreError, Tx, on, statements, stored};
use crate::domain::channel::ChannelKind;
use crate::domain::reset::{MOST_CHOICES, MOST_SENDINGS, MOST_TRIES};
use crate::domain::secret::TokenHash;
use crate::domain::soi::Soi;
use crate::domain::time::Timestamp;

/// What the digest of a code is bound to beside the ticket.
pub const PURPOSE: &str = "reset";

statements! {
    INSERT = "INSERT INTO password_reset (ticket_hash, browser_hash, identifier_key, soi, channel, code_hash, tries, \
              sendings, choices, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, 0, 1, 0, $7, $8)";
    FIND = "SELECT identifier_key, soi, channel, code_hash, expires_at FROM password_reset \
            WHERE ticket_hash = $1 AND browser_hash = $2 AND created_at > $3 AND proved_at IS NULL \
            AND consumed_at IS NULL AND tries < $4";
    /// Counts the try and decides it in one.
    TRY = "UPDATE password_reset SET tries = tries + 1, \
             proved_at = CASE WHEN code_hash = $3 AND soi IS NOT NULL THEN $4 ELSE proved_at END \
           WHERE ticket_hash = $1 AND browser_hash = $2 AND expires_at > $4 AND proved_at IS NULL \
           AND consumed_at IS NULL AND tries < $5 RETURNING tries, soi, channel, proved_at";
    /// Another code; the tries stay (NIST-12).
    RESEND = "UPDATE password_reset SET code_hash = $3, expires_at = $4, sendings = sendings + 1 \
              WHERE ticket_hash = $1 AND browser_hash = $2 AND proved_at IS NULL AND consumed_at IS NULL \
              AND tries < $5 AND sendings < $6";
    FIND_PROVED = "SELECT soi, channel FROM password_reset WHERE ticket_hash = $1 AND browser_hash = $2 \
                   AND soi IS NOT NULL AND proved_at > $3 AND consumed_at IS NULL";
    CHOOSE = "UPDATE password_reset SET choices = choices + 1 WHERE ticket_hash = $1 AND browser_hash = $2 \
              AND soi IS NOT NULL AND proved_at > $3 AND consumed_at IS NULL AND choices < $4";
    CONSUME = "UPDATE password_reset SET consumed_at = $4 WHERE ticket_hash = $1 AND browser_hash = $2 \
               AND soi IS NOT NULL AND proved_at > $3 AND consumed_at IS NULL";
    /// What is withdrawn becomes a decoy, so that whoever holds its ticket learns nothing from it.
    WITHDRAW = "UPDATE password_reset SET soi = NULL WHERE soi = $1 AND consumed_at IS NULL";
    PURGE = "DELETE FROM password_reset WHERE created_at < $1";
}

/// What the form of an attempt proves: its ticket, and the browser that it was given to.
#[derive(Debug, Clone)]
pub struct Bearer {
    pub ticket: TokenHash,
    pub browser: TokenHash,
}

/// An attempt to be begun.
#[derive(Debug, Clone, Copy)]
pub struct NewReset<'a> {
    pub bearer: &'a Bearer,
    pub identifier_key: [u8; 32],
    /// `None`: a decoy.
    pub soi: Option<&'a Soi>,
    pub channel: ChannelKind,
    pub code_hash: [u8; 32],
    pub expires_at: Timestamp,
}

/// An attempt that waits for its code.
#[derive(Debug, Clone)]
pub struct OpenReset {
    pub identifier_key: [u8; 32],
    pub soi: Option<Soi>,
    pub channel: ChannelKind,
    pub code_hash: [u8; 32],
    pub expires_at: Timestamp,
}

/// A try that was counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    /// This one included.
    pub tries: u32,
    pub soi: Option<Soi>,
    pub channel: ChannelKind,
    /// The code was right.
    pub is_proved: bool,
}

/// An attempt whose code was right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProvedReset {
    pub soi: Soi,
    pub channel: ChannelKind,
}

/// Begins an attempt.
pub async fn insert(tx: &mut Tx, reset: &NewReset<'_>, now: Timestamp) -> Result<(), StoreError> {
    on!(tx, conn => sqlx::query(INSERT)
        .bind(reset.bearer.ticket.as_bytes().as_slice())
        .bind(reset.bearer.browser.as_bytes().as_slice())
        .bind(reset.identifier_key.as_slice())
        .bind(reset.soi.map(Soi::as_str))
        .bind(reset.channel.as_str())
        .bind(reset.code_hash.as_slice())
        .bind(now.millis())
        .bind(reset.expires_at.millis())
        .execute(conn).await.map(drop))?;
    Ok(())
}

/// Digest of the identifier, SOI, channel, digest of the code, its end.
type OpenRow = (Vec<u8>, Option<String>, String, Vec<u8>, i64);

/// The attempt behind a form, begun after `since`, if a code may still be tried or sent.
pub async fn find(tx: &mut Tx, bearer: &Bearer, since: Timestamp) -> Result<Option<OpenReset>, StoreError> {
    let row: Option<OpenRow> = on!(tx, conn => sqlx::query_as(FIND)
        .bind(bearer.ticket.as_bytes().as_slice())
        .bind(bearer.browser.as_bytes().as_slice())
        .bind(since.millis())
        .bind(i64::from(MOST_TRIES))
        .fetch_optional(conn).await)?;
    row.map(|(identifier_key, soi, channel, code_hash, expires_at)| {
        Ok(OpenReset {
            identifier_key: digest("identifier_key", &identifier_key)?,
            soi: soi.map(Soi::from_stored),
            channel: kind(&channel)?,
            code_hash: digest("code_hash", &code_hash)?,
            expires_at: Timestamp::from_millis(expires_at),
        })
    })
    .transpose()
}

/// Tries a code: counted whatever it is, and proved at most once. `None`: there is nothing to be tried any more.
pub async fn try_code(
    tx: &mut Tx,
    bearer: &Bearer,
    code_hash: [u8; 32],
    now: Timestamp,
) -> Result<Option<Tried>, StoreError> {
    let row: Option<(i64, Option<String>, String, Option<i64>)> = on!(tx, conn => sqlx::query_as(TRY)
        .bind(bearer.ticket.as_bytes().as_slice())
        .bind(bearer.browser.as_bytes().as_slice())
        .bind(code_hash.as_slice())
        .bind(now.millis())
        .bind(i64::from(MOST_TRIES))
        .fetch_optional(conn).await)?;
    row.map(|(tries, soi, channel, proved_at)| {
        Ok(Tried {
            tries: u32::try_from(tries).unwrap_or(u32::MAX),
            soi: soi.map(Soi::from_stored),
            channel: kind(&channel)?,
            is_proved: proved_at.is_some(),
        })
    })
    .transpose()
}

/// Replaces the code of an attempt; answers whether another one was still allowed.
pub async fn resend(
    tx: &mut Tx,
    bearer: &Bearer,
    code_hash: [u8; 32],
    expires_at: Timestamp,
) -> Result<bool, StoreError> {
    let replaced = on!(tx, conn => sqlx::query(RESEND)
        .bind(bearer.ticket.as_bytes().as_slice())
        .bind(bearer.browser.as_bytes().as_slice())
        .bind(code_hash.as_slice())
        .bind(expires_at.millis())
        .bind(i64::from(MOST_TRIES))
        .bind(i64::from(MOST_SENDINGS))
        .execute(conn).await.map(|done| done.rows_affected()))?;
    Ok(replaced == 1)
}

/// The attempt behind a form whose code was right after `since`.
pub async fn find_proved(tx: &mut Tx, bearer: &Bearer, since: Timestamp) -> Result<Option<ProvedReset>, StoreError> {
    let row: Option<(String, String)> = on!(tx, conn => sqlx::query_as(FIND_PROVED)
        .bind(bearer.ticket.as_bytes().as_slice())
        .bind(bearer.browser.as_bytes().as_slice())
        .bind(since.millis())
        .fetch_optional(conn).await)?;
    row.map(|(soi, channel)| Ok(ProvedReset { soi: Soi::from_stored(soi), channel: kind(&channel)? })).transpose()
}

/// Counts a new password that is about to be compared with the former ones; answers whether it may be.
pub async fn choose(tx: &mut Tx, bearer: &Bearer, since: Timestamp) -> Result<bool, StoreError> {
    let counted = on!(tx, conn => sqlx::query(CHOOSE)
        .bind(bearer.ticket.as_bytes().as_slice())
        .bind(bearer.browser.as_bytes().as_slice())
        .bind(since.millis())
        .bind(i64::from(MOST_CHOICES))
        .execute(conn).await.map(|done| done.rows_affected()))?;
    Ok(counted == 1)
}

/// Uses a proved attempt up: of all who come with it, one is told `true`.
pub async fn consume(tx: &mut Tx, bearer: &Bearer, since: Timestamp, now: Timestamp) -> Result<bool, StoreError> {
    let consumed = on!(tx, conn => sqlx::query(CONSUME)
        .bind(bearer.ticket.as_bytes().as_slice())
        .bind(bearer.browser.as_bytes().as_slice())
        .bind(since.millis())
        .bind(now.millis())
        .execute(conn).await.map(|done| done.rows_affected()))?;
    Ok(consumed == 1)
}

/// Makes every attempt of an agent worthless.
pub async fn withdraw(tx: &mut Tx, soi: &Soi) -> Result<(), StoreError> {
    on!(tx, conn => sqlx::query(WITHDRAW).bind(soi.as_str()).execute(conn).await.map(drop))?;
    Ok(())
}

/// Deletes attempts that began before `before`.
pub async fn purge(tx: &mut Tx, before: Timestamp) -> Result<u64, StoreError> {
    Ok(on!(tx, conn => sqlx::query(PURGE).bind(before.millis()).execute(conn).await.map(|d| d.rows_affected()))?)
}

fn kind(text: &str) -> Result<ChannelKind, StoreError> {
    stored("password_reset", "channel", text)
}

fn digest(column: &'static str, bytes: &[u8]) -> Result<[u8; 32], StoreError> {
    bytes.try_into().map_err(|_| StoreError::Corrupt { table: "password_reset", column })
}
