//! Sessions: found by the hash of their cookie, listed for their owner, touched at most once a minute, ended for good.

use sqlx::FromRow;
use sqlx::types::Json;

use super::{StoreError, Tx, on, statements, stored};
use crate::domain::acr::AuthenticationMethod;
use crate::domain::audit::Contact;
use crate::domain::factor::GivenFactor;
use crate::domain::ids::Sid;
use crate::domain::place::network_of;
use crate::domain::secret::TokenHash;
use crate::domain::session::{LAST_SEEN_STEP, OpenSession, Session};
use crate::domain::soi::Soi;
use crate::domain::time::Timestamp;

const TABLE: &str = "session";

/// The columns of [`SessionRow`].
macro_rules! session_columns {
    () => {
        "session.sid, session.soi, session.login_zone, session.acr, session.amr, session.auth_time, session.last_seen_at, \
         session.ended_at, session.second_factor, session.second_factor_at, session.second_factor_until, \
         session.postponed_at"
    };
}
pub(super) use session_columns;

statements! {
    INSERT = "INSERT INTO session (sid, cookie_hash, soi, login_zone, acr, amr, auth_time, last_seen_at, client_network, \
              user_agent, second_factor, second_factor_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8, $9, $10, $11)";
    FIND = concat!("SELECT ", session_columns!(), " FROM session WHERE sid = $1");
    TOUCH = "UPDATE session SET last_seen_at = $2 WHERE sid = $1 AND last_seen_at <= $3 AND ended_at IS NULL";
    END = "UPDATE session SET ended_at = $2, end_reason = $3 WHERE sid = $1 AND ended_at IS NULL";
    END_ALL = "UPDATE session SET ended_at = $2, end_reason = $3 WHERE soi = $1 AND ended_at IS NULL";
    END_OWN = "UPDATE session SET ended_at = $2, end_reason = $3 WHERE sid = $1 AND soi = $4 AND ended_at IS NULL";
    END_OTHERS = "UPDATE session SET ended_at = $2, end_reason = $3 WHERE soi = $1 AND sid <> $4 AND ended_at IS NULL \
                  RETURNING sid";
    LIST_OPEN = concat!("SELECT ", session_columns!(), ", session.client_network, session.user_agent FROM session \
                 WHERE soi = $1 AND ended_at IS NULL AND auth_time > $2 ORDER BY last_seen_at DESC, sid LIMIT $3");
    PROVED_AT = "SELECT COALESCE(confirmed_at, auth_time) FROM session WHERE sid = $1 AND ended_at IS NULL";
    CONFIRM = "UPDATE session SET cookie_hash = $3, confirmed_at = $4 \
               WHERE sid = $1 AND cookie_hash = $2 AND ended_at IS NULL";
    RAISE = "UPDATE session SET cookie_hash = $3, acr = $4, amr = $5, second_factor = $6, second_factor_at = $7, \
               second_factor_until = $8 \
             WHERE sid = $1 AND cookie_hash = $2 AND ended_at IS NULL";
    POSTPONE = "UPDATE session SET postponed_at = $2 WHERE sid = $1 AND ended_at IS NULL";
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
    second_factor: Option<String>,
    second_factor_at: Option<i64>,
    second_factor_until: Option<i64>,
    postponed_at: Option<i64>,
}

impl TryFrom<SessionRow> for Session {
    type Error = StoreError;

    fn try_from(row: SessionRow) -> Result<Self, StoreError> {
        let second = match (&row.second_factor, row.second_factor_at) {
            (Some(factor), Some(at)) => Some(GivenFactor {
                factor: stored(TABLE, "second_factor", factor)?,
                at: Timestamp::from_millis(at),
                until: row.second_factor_until.map(Timestamp::from_millis),
            }),
            _ => None,
        };
        Ok(Self {
            sid: Sid::new(row.sid),
            soi: Soi::from_stored(row.soi),
            login_zone: stored(TABLE, "login_zone", &row.login_zone)?,
            authentication: AuthenticationMethod { acr: stored(TABLE, "acr", &row.acr)?, amr: row.amr.0 },
            second,
            is_postponed: row.postponed_at.is_some(),
            auth_time: Timestamp::from_millis(row.auth_time),
            last_seen_at: Timestamp::from_millis(row.last_seen_at),
            ended_at: row.ended_at.map(Timestamp::from_millis),
        })
    }
}

#[derive(FromRow)]
struct OpenRow {
    #[sqlx(flatten)]
    session: SessionRow,
    client_network: Option<String>,
    user_agent: Option<String>,
}

impl TryFrom<OpenRow> for OpenSession {
    type Error = StoreError;

    fn try_from(row: OpenRow) -> Result<Self, StoreError> {
        Ok(Self { session: row.session.try_into()?, network: row.client_network, browser: row.user_agent })
    }
}

/// Begins a session at this contact; its `last_seen_at` is its `auth_time`.
pub async fn insert(
    tx: &mut Tx,
    session: &Session,
    cookie_hash: &TokenHash,
    contact: &Contact,
) -> Result<(), StoreError> {
    on!(tx, conn => sqlx::query(INSERT)
        .bind(session.sid.as_str())
        .bind(cookie_hash.as_bytes().as_slice())
        .bind(session.soi.as_str())
        .bind(session.login_zone.as_str())
        .bind(session.authentication.acr.as_str())
        .bind(Json(&session.authentication.amr))
        .bind(session.auth_time.millis())
        .bind(contact.client_address.as_deref().and_then(network_of))
        .bind(&contact.user_agent)
        .bind(session.second.map(|given| given.factor.as_str()))
        .bind(session.second.map(|given| given.at.millis()))
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

/// Ends a session if it is this agent's; answers whether it was, and lived.
pub async fn end_own(tx: &mut Tx, soi: &Soi, sid: &Sid, why: &str, now: Timestamp) -> Result<bool, StoreError> {
    let ended = on!(tx, conn => sqlx::query(END_OWN)
        .bind(sid.as_str()).bind(now.millis()).bind(why).bind(soi.as_str())
        .execute(conn).await.map(|done| done.rows_affected()))?;
    Ok(ended == 1)
}

/// Ends every session of an agent but `kept`; answers those that lived.
pub async fn end_others(tx: &mut Tx, soi: &Soi, kept: &Sid, why: &str, now: Timestamp) -> Result<Vec<Sid>, StoreError> {
    let rows: Vec<(String,)> = on!(tx, conn => sqlx::query_as(END_OTHERS)
        .bind(soi.as_str()).bind(now.millis()).bind(why).bind(kept.as_str()).fetch_all(conn).await)?;
    Ok(rows.into_iter().map(|(sid,)| Sid::new(sid)).collect())
}

/// An agent's sessions that nobody ended and that began after `since`, the last used first, at most `most`. The limits of
/// their zones are the caller's to apply.
pub async fn list_open(tx: &mut Tx, soi: &Soi, since: Timestamp, most: u32) -> Result<Vec<OpenSession>, StoreError> {
    let rows: Vec<OpenRow> = on!(tx, conn => sqlx::query_as(LIST_OPEN)
        .bind(soi.as_str()).bind(since.millis()).bind(i64::from(most)).fetch_all(conn).await)?;
    rows.into_iter().map(OpenSession::try_from).collect()
}

/// When the password was last given in a session that lives: at its login, or at a confirmation since.
pub async fn proved_at(tx: &mut Tx, sid: &Sid) -> Result<Option<Timestamp>, StoreError> {
    let row: Option<(i64,)> = on!(tx, conn => sqlx::query_as(PROVED_AT).bind(sid.as_str()).fetch_optional(conn).await)?;
    Ok(row.map(|(at,)| Timestamp::from_millis(at)))
}

/// Notes that the password was given again, and exchanges the cookie `old` for another one. Of two at once, one is told
/// `true`: the browser that they share gets the cookie of that one.
pub async fn confirm(
    tx: &mut Tx,
    sid: &Sid,
    old: &TokenHash,
    new: &TokenHash,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let confirmed = on!(tx, conn => sqlx::query(CONFIRM)
        .bind(sid.as_str()).bind(old.as_bytes().as_slice()).bind(new.as_bytes().as_slice()).bind(now.millis())
        .execute(conn).await.map(|done| done.rows_affected()))?;
    Ok(confirmed == 1)
}

/// Notes a second factor and the level that it reaches, and exchanges the cookie `old` for another one. Of two at once, one
/// is told `true`: the browser that they share gets the cookie of that one.
pub async fn raise(
    tx: &mut Tx,
    sid: &Sid,
    old: &TokenHash,
    new: &TokenHash,
    authentication: &AuthenticationMethod,
    given: GivenFactor,
) -> Result<bool, StoreError> {
    let raised = on!(tx, conn => sqlx::query(RAISE)
        .bind(sid.as_str())
        .bind(old.as_bytes().as_slice())
        .bind(new.as_bytes().as_slice())
        .bind(authentication.acr.as_str())
        .bind(Json(&authentication.amr))
        .bind(given.factor.as_str())
        .bind(given.at.millis())
        .bind(given.until.map(Timestamp::millis))
        .execute(conn).await.map(|done| done.rows_affected()))?;
    Ok(raised == 1)
}

/// Notes that the enrolment of a factor was postponed in this session.
pub async fn postpone(tx: &mut Tx, sid: &Sid, now: Timestamp) -> Result<(), StoreError> {
    on!(tx, conn => sqlx::query(POSTPONE).bind(sid.as_str()).bind(now.millis()).execute(conn).await.map(drop))?;
    Ok(())
}

/// Deletes sessions that began before `before`, with their grants and codes.
pub async fn purge(tx: &mut Tx, before: Timestamp) -> Result<u64, StoreError> {
    Ok(on!(tx, conn => sqlx::query(PURGE).bind(before.millis()).execute(conn).await.map(|d| d.rows_affected()))?)
}
