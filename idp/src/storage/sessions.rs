//! Sessions: found by the hash of their cookie, touched at most once a minute, ended for good.

use sqlx::FromRow;
use sqlx::types::Json;

use super::{StoreError, Tx, on, statements, stored};
use crate::domain::acr::AuthenticationMethod;
use crate::domain::ids::Sid;
use crate::domain::secret::TokenHash;
use crate::domain::session::{LAST_SEEN_STEP, Session};
use crate::domain::soi::Soi;
use crate::domain::time::Timestamp;

const TABLE: &str = "session";

/// The columns of [`SessionRow`].
macro_rules! session_columns {
    () => {
        "session.sid, session.soi, session.login_zone, session.acr, session.amr, session.auth_time, session.last_seen_at, \
         session.ended_at"
    };
}
pub(super) use session_columns;

statements! {
    INSERT = "INSERT INTO session (sid, cookie_hash, soi, login_zone, acr, amr, auth_time, last_seen_at) \
              VALUES ($1, $2, $3, $4, $5, $6, $7, $7)";
    FIND = concat!("SELECT ", session_columns!(), " FROM session WHERE sid = $1");
    TOUCH = "UPDATE session SET last_seen_at = $2 WHERE sid = $1 AND last_seen_at <= $3 AND ended_at IS NULL";
    END = "UPDATE session SET ended_at = $2, end_reason = $3 WHERE sid = $1 AND ended_at IS NULL";
    END_ALL = "UPDATE session SET ended_at = $2, end_reason = $3 WHERE soi = $1 AND ended_at IS NULL";
    PURGE = "DELETE FROM session WHERE auth_time < $1";
}

#[derive(FromRow)]
pub(super) struct SessionRow {
    sid: String,
    soi: String,
    login_zone: String,
    acr: String,
    amr: Json<Vec<String>>,
    auth_time: i64,
    last_seen_at: i64,
    ended_at: Option<i64>,
}

impl TryFrom<SessionRow> for Session {
    type Error = StoreError;

    fn try_from(row: SessionRow) -> Result<Self, StoreError> {
        Ok(Self {
            sid: Sid::new(row.sid),
            soi: Soi::from_stored(row.soi),
            login_zone: stored(TABLE, "login_zone", &row.login_zone)?,
            authentication: AuthenticationMethod { acr: stored(TABLE, "acr", &row.acr)?, amr: row.amr.0 },
            auth_time: Timestamp::from_millis(row.auth_time),
            last_seen_at: Timestamp::from_millis(row.last_seen_at),
            ended_at: row.ended_at.map(Timestamp::from_millis),
        })
    }
}

/// Begins a session; its `last_seen_at` is its `auth_time`.
pub async fn insert(tx: &mut Tx, session: &Session, cookie_hash: &TokenHash) -> Result<(), StoreError> {
    on!(tx, conn => sqlx::query(INSERT)
        .bind(session.sid.as_str())
        .bind(cookie_hash.as_bytes().as_slice())
        .bind(session.soi.as_str())
        .bind(session.login_zone.as_str())
        .bind(session.authentication.acr.as_str())
        .bind(Json(&session.authentication.amr))
        .bind(session.auth_time.millis())
        .execute(conn).await.map(drop))?;
    Ok(())
}

/// The session with this `sid`, live or not.
pub async fn find(tx: &mut Tx, sid: &Sid) -> Result<Option<Session>, StoreError> {
    let row: Option<SessionRow> = on!(tx, conn => sqlx::query_as(FIND).bind(sid.as_str()).fetch_optional(conn).await)?;
    row.map(Session::try_from).transpose()
}

/// Notes a contact, unless one was noted within the last minute or the session has ended.
pub async fn touch(tx: &mut Tx, sid: &Sid, now: Timestamp) -> Result<bool, StoreError> {
    let touched = on!(tx, conn => sqlx::query(TOUCH)
        .bind(sid.as_str()).bind(now.millis()).bind(now.minus(LAST_SEEN_STEP).millis())
        .execute(conn).await.map(|done| done.rows_affected()))?;
    Ok(touched == 1)
}

/// Ends a session; answers whether it lived. `why`: `logout`, `relogin`, `agent.suspended`…
pub async fn end(tx: &mut Tx, sid: &Sid, why: &str, now: Timestamp) -> Result<bool, StoreError> {
    let ended = on!(tx, conn => sqlx::query(END)
        .bind(sid.as_str()).bind(now.millis()).bind(why).execute(conn).await.map(|done| done.rows_affected()))?;
    Ok(ended == 1)
}

/// Ends every session of an agent; answers how many lived.
pub async fn end_all(tx: &mut Tx, soi: &Soi, why: &str, now: Timestamp) -> Result<u64, StoreError> {
    Ok(on!(tx, conn => sqlx::query(END_ALL)
        .bind(soi.as_str()).bind(now.millis()).bind(why).execute(conn).await.map(|done| done.rows_affected()))?)
}

/// Deletes sessions that began before `before`, with their grants and codes.
pub async fn purge(tx: &mut Tx, before: Timestamp) -> Result<u64, StoreError> {
    Ok(on!(tx, conn => sqlx::query(PURGE).bind(before.millis()).execute(conn).await.map(|d| d.rows_affected()))?)
}
