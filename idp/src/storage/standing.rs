//! How things stand with somebody now: agent, password, session and grant, read in one statement.
//!
//! What a login and the token endpoint ask on each request. On the embedded engine every statement is a round trip to the
//! thread of its connection, on the shared one to another machine: what belongs together is read together. Who has to
//! rule out a change between reading and commit *holds* ([`hold_agent`]). The tables themselves are written in `agents.rs`,
//! `passwords.rs`, `sessions.rs` and `grants.rs`.

use sqlx::FromRow;

use super::agents::{self, AgentRow, agent_columns};
use super::passwords::{self, StoredPassword};
use super::sessions::{SessionRow, session_columns};
use super::{StoreError, Tx, on, statements};
use crate::domain::agent::Agent;
use crate::domain::ids::{ClientId, GrantId, Sid};
use crate::domain::secret::TokenHash;
use crate::domain::session::Session;
use crate::domain::soi::Soi;
use crate::domain::time::Timestamp;

statements! {
    OF_AGENT = concat!("SELECT ", agent_columns!(), ", password.phc, password.changed_at, password.renew_at, password.suspended_at, password.judged_by FROM agent \
                LEFT JOIN password ON password.soi = agent.soi WHERE agent.soi = $1");
    OF_COOKIE = concat!("SELECT ", agent_columns!(), ", ", session_columns!(), " FROM session \
                 JOIN agent ON agent.soi = session.soi WHERE session.cookie_hash = $1");
    OF_SESSION = concat!("SELECT ", agent_columns!(), ", ", session_columns!(), ", password.phc, password.changed_at, password.renew_at, \
                  password.suspended_at, password.judged_by FROM session JOIN agent ON agent.soi = session.soi LEFT JOIN password ON password.soi = session.soi \
                  WHERE session.sid = $1");
    OF_GRANT = concat!("SELECT ", agent_columns!(), ", ", session_columns!(), ", password.phc, password.changed_at, password.renew_at, \
                password.suspended_at, password.judged_by, application_grant.client_id, application_grant.revoked_at FROM application_grant \
                JOIN session ON session.sid = application_grant.sid JOIN agent ON agent.soi = session.soi \
                LEFT JOIN password ON password.soi = session.soi WHERE application_grant.grant_id = $1");
    /// Those whose password is old, or is to be changed from a day on.
    AGEING = concat!("SELECT ", agent_columns!(), ", password.phc, password.changed_at, password.renew_at, password.suspended_at, password.judged_by \
              FROM agent JOIN password ON password.soi = agent.soi WHERE agent.employment = 'active' AND agent.soi > $1 \
              AND (password.changed_at <= CAST($2 AS BIGINT) OR password.renew_at <= CAST($3 AS BIGINT)) \
              ORDER BY agent.soi LIMIT $4");
}

/// An agent, and the password if one was ever chosen.
#[derive(Debug)]
pub struct AgentStanding {
    pub agent: Agent,
    pub password: Option<StoredPassword>,
}

/// A session, live or not, its agent, and the agent's password.
#[derive(Debug)]
pub struct SessionStanding {
    pub session: Session,
    pub agent: Agent,
    pub password: Option<StoredPassword>,
}

/// A grant, revoked or not, with what stands behind it.
#[derive(Debug)]
pub struct GrantStanding {
    pub client_id: ClientId,
    pub revoked_at: Option<Timestamp>,
    pub behind: SessionStanding,
}

#[derive(FromRow)]
struct PasswordRow {
    phc: Option<String>,
    changed_at: Option<i64>,
    renew_at: Option<i64>,
    judged_by: Option<Vec<u8>>,
    suspended_at: Option<i64>,
}

impl From<PasswordRow> for Option<StoredPassword> {
    fn from(row: PasswordRow) -> Self {
        Some(StoredPassword::from_row((row.phc?, row.changed_at?, row.renew_at, row.suspended_at, row.judged_by)))
    }
}

#[derive(FromRow)]
struct OfAgent {
    #[sqlx(flatten)]
    agent: AgentRow,
    #[sqlx(flatten)]
    password: PasswordRow,
}

#[derive(FromRow)]
struct OfCookie {
    #[sqlx(flatten)]
    agent: AgentRow,
    #[sqlx(flatten)]
    session: SessionRow,
}

#[derive(FromRow)]
struct OfSession {
    #[sqlx(flatten)]
    agent: AgentRow,
    #[sqlx(flatten)]
    session: SessionRow,
    #[sqlx(flatten)]
    password: PasswordRow,
}

#[derive(FromRow)]
struct OfGrant {
    #[sqlx(flatten)]
    behind: OfSession,
    client_id: String,
    revoked_at: Option<i64>,
}

impl TryFrom<OfAgent> for AgentStanding {
    type Error = StoreError;

    fn try_from(row: OfAgent) -> Result<Self, StoreError> {
        Ok(Self { agent: row.agent.try_into()?, password: row.password.into() })
    }
}

impl TryFrom<OfSession> for SessionStanding {
    type Error = StoreError;

    fn try_from(row: OfSession) -> Result<Self, StoreError> {
        Ok(Self { session: row.session.try_into()?, agent: row.agent.try_into()?, password: row.password.into() })
    }
}

impl TryFrom<OfGrant> for GrantStanding {
    type Error = StoreError;

    fn try_from(row: OfGrant) -> Result<Self, StoreError> {
        Ok(Self {
            client_id: ClientId::new(row.client_id),
            revoked_at: row.revoked_at.map(Timestamp::from_millis),
            behind: row.behind.try_into()?,
        })
    }
}

/// The agent with this SOI.
pub async fn find_agent(tx: &mut Tx, soi: &Soi) -> Result<Option<AgentStanding>, StoreError> {
    let row: Option<OfAgent> = on!(tx, conn => sqlx::query_as(OF_AGENT).bind(soi.as_str()).fetch_optional(conn).await)?;
    row.map(AgentStanding::try_from).transpose()
}

/// The same, held until the end of this writing transaction: whoever changes either comes before or after it.
pub async fn hold_agent(tx: &mut Tx, soi: &Soi) -> Result<Option<AgentStanding>, StoreError> {
    match tx {
        // Nobody else writes meanwhile.
        Tx::Sqlite(..) => find_agent(tx, soi).await,
        Tx::Postgres(..) => {
            let Some(agent) = agents::hold(tx, soi).await? else { return Ok(None) };
            Ok(Some(AgentStanding { agent, password: passwords::hold(tx, soi).await? }))
        }
    }
}

/// The session behind a cookie and its agent, live or not.
pub async fn find_cookie(tx: &mut Tx, cookie: &TokenHash) -> Result<Option<(Session, Agent)>, StoreError> {
    let row: Option<OfCookie> = on!(tx, conn => sqlx::query_as(OF_COOKIE)
        .bind(cookie.as_bytes().as_slice()).fetch_optional(conn).await)?;
    row.map(|row| Ok((row.session.try_into()?, row.agent.try_into()?))).transpose()
}

/// The session with this `sid`, live or not.
pub async fn find_session(tx: &mut Tx, sid: &Sid) -> Result<Option<SessionStanding>, StoreError> {
    let row: Option<OfSession> =
        on!(tx, conn => sqlx::query_as(OF_SESSION).bind(sid.as_str()).fetch_optional(conn).await)?;
    row.map(SessionStanding::try_from).transpose()
}

/// The grant with this id, revoked or not.
pub async fn find_grant(tx: &mut Tx, grant_id: &GrantId) -> Result<Option<GrantStanding>, StoreError> {
    let row: Option<OfGrant> =
        on!(tx, conn => sqlx::query_as(OF_GRANT).bind(grant_id.as_str()).fetch_optional(conn).await)?;
    row.map(GrantStanding::try_from).transpose()
}

/// Agents who work and whose password was chosen until `chosen` or is to be changed until `renewed`, in the order of their
/// SOI, at most `limit` after `after`.
pub async fn list_ageing(
    tx: &mut Tx,
    after: &str,
    chosen: Option<Timestamp>,
    renewed: Timestamp,
    limit: u32,
) -> Result<Vec<AgentStanding>, StoreError> {
    let rows: Vec<OfAgent> = on!(tx, conn => sqlx::query_as(AGEING)
        .bind(after)
        .bind(chosen.map(Timestamp::millis))
        .bind(renewed.millis())
        .bind(i64::from(limit))
        .fetch_all(conn).await)?;
    rows.into_iter().map(AgentStanding::try_from).collect()
}
