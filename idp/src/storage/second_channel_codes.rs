//! Codes that were sent over a second channel: at most one per session and purpose, spent once, with few tries and few
//! sendings in the session, whatever the code (NIST-12). They go with their session.

use super::channel_codes::Tried;
use super::{StoreError, Tx, on, statements, stored};
use crate::domain::channel::ChannelKind;
use crate::domain::ids::Sid;
use crate::domain::second_channel::{CodePurpose, MOST_SENT, MOST_TRIES, pause_after};
use crate::domain::time::Timestamp;

const TABLE: &str = "second_channel_code";

statements! {
    /// Only the one that follows on `sent` others, when it is due: of two at once, one is kept.
    ISSUE = "INSERT INTO second_channel_code (sid, purpose, kind, code_hash, expires_at, tries, sent, next_at) \
             VALUES ($1, $2, $3, $4, $5, 0, 1, $6) \
             ON CONFLICT (sid, purpose) DO UPDATE SET kind = excluded.kind, code_hash = excluded.code_hash, \
               expires_at = excluded.expires_at, next_at = excluded.next_at, sent = second_channel_code.sent + 1, \
               consumed_at = NULL \
             WHERE second_channel_code.sent = $7 AND second_channel_code.sent < $8 AND second_channel_code.tries < $9 \
               AND second_channel_code.next_at <= $10";
    STATE = "SELECT sent, tries, next_at FROM second_channel_code WHERE sid = $1 AND purpose = $2";
    LIVE = "SELECT purpose, kind FROM second_channel_code WHERE sid = $1 AND consumed_at IS NULL AND expires_at > $2 \
            AND tries < $3";
    /// Right or wrong, one statement decides: a burst of guesses cannot outrun the count.
    TRY = "UPDATE second_channel_code SET consumed_at = CASE WHEN code_hash = $4 THEN $5 ELSE consumed_at END, \
             tries = CASE WHEN code_hash = $4 THEN tries ELSE tries + 1 END \
           WHERE sid = $1 AND purpose = $2 AND kind = $3 AND consumed_at IS NULL AND expires_at > $5 AND tries < $6 \
           RETURNING consumed_at, tries";
}

/// A code to be sent.
#[derive(Debug, Clone, Copy)]
pub struct NewSecondChannelCode<'a> {
    pub sid: &'a Sid,
    pub purpose: CodePurpose,
    pub kind: ChannelKind,
    pub code_hash: [u8; 32],
    pub expires_at: Timestamp,
}

/// Whether another code may be sent in a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Now; so many were sent before.
    Due { sent: u32 },
    /// From then on.
    At(Timestamp),
    /// No more in this session: too many were sent, or too many were wrong.
    Never,
}

/// Whether another code may be sent.
pub async fn next(tx: &mut Tx, sid: &Sid, purpose: CodePurpose, now: Timestamp) -> Result<Next, StoreError> {
    let row: Option<(i64, i64, i64)> = on!(tx, conn => sqlx::query_as(STATE)
        .bind(sid.as_str()).bind(purpose.as_str()).fetch_optional(conn).await)?;
    let Some((sent, tries, next_at)) = row else { return Ok(Next::Due { sent: 0 }) };
    let next_at = Timestamp::from_millis(next_at);
    Ok(match sent {
        _ if sent >= i64::from(MOST_SENT) || tries >= i64::from(MOST_TRIES) => Next::Never,
        _ if now < next_at => Next::At(next_at),
        sent => Next::Due { sent: u32::try_from(sent).unwrap_or(u32::MAX) },
    })
}

/// Keeps a code that follows on `sent` others, in place of the one before it; answers whether it did.
pub async fn issue(
    tx: &mut Tx,
    code: &NewSecondChannelCode<'_>,
    sent: u32,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let issued = on!(tx, conn => sqlx::query(ISSUE)
        .bind(code.sid.as_str())
        .bind(code.purpose.as_str())
        .bind(code.kind.as_str())
        .bind(code.code_hash.as_slice())
        .bind(code.expires_at.millis())
        .bind(now.plus(pause_after(sent.saturating_add(1))).millis())
        .bind(i64::from(sent))
        .bind(i64::from(MOST_SENT))
        .bind(i64::from(MOST_TRIES))
        .bind(now.millis())
        .execute(conn).await.map(|done| done.rows_affected()))?;
    Ok(issued == 1)
}

/// The codes of a session that may still be typed, and over which channel they went.
pub async fn live(tx: &mut Tx, sid: &Sid, now: Timestamp) -> Result<Vec<(CodePurpose, ChannelKind)>, StoreError> {
    let rows: Vec<(String, String)> = on!(tx, conn => sqlx::query_as(LIVE)
        .bind(sid.as_str()).bind(now.millis()).bind(i64::from(MOST_TRIES)).fetch_all(conn).await)?;
    rows.into_iter()
        .map(|(purpose, kind)| Ok((stored(TABLE, "purpose", &purpose)?, stored(TABLE, "kind", &kind)?)))
        .collect()
}

/// Tries a code that went over this channel: of all who present the right one, one is told so.
pub async fn try_code(
    tx: &mut Tx,
    sid: &Sid,
    (purpose, kind): (CodePurpose, ChannelKind),
    code_hash: [u8; 32],
    now: Timestamp,
) -> Result<Tried, StoreError> {
    let row: Option<(Option<i64>, i64)> = on!(tx, conn => sqlx::query_as(TRY)
        .bind(sid.as_str())
        .bind(purpose.as_str())
        .bind(kind.as_str())
        .bind(code_hash.as_slice())
        .bind(now.millis())
        .bind(i64::from(MOST_TRIES))
        .fetch_optional(conn).await)?;
    Ok(match row {
        None => Tried::Gone,
        Some((Some(_), _)) => Tried::Right,
        Some((None, tries)) => {
            Tried::Wrong { tries_left: MOST_TRIES.saturating_sub(u32::try_from(tries).unwrap_or(u32::MAX)) }
        }
    })
}
