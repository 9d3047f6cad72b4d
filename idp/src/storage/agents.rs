//! Agents: what HR provides, found by SOI, listed by SOI in pages.

use std::sync::LazyLock;

use jiff::civil::Date;
use sqlx::FromRow;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::many::{self, KEYS};
use super::{StoreError, Tx, on, statements, stored};
use crate::domain::agent::{Agent, AgentRecord, Employment};
use crate::domain::ids::Sub;
use crate::domain::role::Roles;
use crate::domain::soi::Soi;
use crate::domain::time::Timestamp;

const TABLE: &str = "agent";

/// The columns of [`AgentRow`]. The roles come along as one number (`Role::weight`): policies ask for them at each login.
macro_rules! agent_columns {
    () => {
        "agent.soi, agent.sub, agent.given_name, agent.family_name, agent.email, agent.recovery_email, agent.mobile, \
         agent.department, agent.position, agent.manager_soi, agent.employment, agent.start_date, agent.end_date, \
         agent.version, agent.created_at, agent.updated_at, \
         (SELECT COALESCE(SUM(CASE role_grant.role WHEN 'dsin' THEN 1 WHEN 'hr' THEN 2 WHEN 'helpdesk' THEN 4 \
          WHEN 'auditor' THEN 8 ELSE 0 END), 0) FROM role_grant WHERE role_grant.soi = agent.soi) AS roles, \
         CASE WHEN EXISTS (SELECT 1 FROM agent AS report WHERE report.manager_soi = agent.soi \
          AND report.employment = 'active') THEN 1 ELSE 0 END AS is_manager"
    };
}
pub(super) use agent_columns;

statements! {
    FIND = concat!("SELECT ", agent_columns!(), " FROM agent WHERE soi = $1");
    INSERT = "INSERT INTO agent (soi, sub, given_name, family_name, search_key, email, recovery_email, mobile, department, \
              position, manager_soi, employment, start_date, end_date, version, created_at, updated_at) \
              VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 1, $15, $15)";
    UPDATE = "UPDATE agent SET given_name = $2, family_name = $3, search_key = $4, email = $5, recovery_email = $6, \
              mobile = $7, department = $8, position = $9, manager_soi = $10, employment = $11, start_date = $12, \
              end_date = $13, version = version + 1, updated_at = $14 WHERE soi = $1 AND version = $15";
    HOLD = concat!("UPDATE agent SET version = version WHERE soi = $1 RETURNING ", agent_columns!());
    LIST = concat!("SELECT ", agent_columns!(), " FROM agent WHERE soi > $1 \
            AND (CAST($2 AS TEXT) IS NULL OR department = $2) \
            AND (CAST($3 AS TEXT) IS NULL OR employment = $3) \
            AND (CAST($4 AS TEXT) IS NULL OR search_key LIKE $4 ESCAPE '\\') ORDER BY soi LIMIT $5");
    REPORTS = concat!("SELECT ", agent_columns!(), " FROM agent WHERE manager_soi = $1 AND employment = 'active' \
               ORDER BY family_name, given_name, soi LIMIT $2");
    COUNT = "SELECT count(*) FROM agent";
}

static FIND_MANY: LazyLock<String> =
    LazyLock::new(|| many::list(concat!("SELECT ", agent_columns!(), " FROM agent WHERE soi IN")));
static FIND_KNOWN: LazyLock<String> = LazyLock::new(|| many::list("SELECT soi FROM agent WHERE soi IN"));

/// The statements over many rows, by name.
pub(super) fn many() -> Vec<(&'static str, &'static str)> {
    vec![("FIND_MANY", FIND_MANY.as_str()), ("FIND_KNOWN", FIND_KNOWN.as_str())]
}

/// A row, in the types that both engines share.
#[derive(FromRow)]
pub(super) struct AgentRow {
    soi: String,
    sub: String,
    given_name: String,
    family_name: String,
    email: String,
    recovery_email: Option<String>,
    mobile: Option<String>,
    department: Option<String>,
    position: Option<String>,
    manager_soi: Option<String>,
    employment: String,
    start_date: Option<String>,
    end_date: Option<String>,
    version: i64,
    created_at: i64,
    updated_at: i64,
    roles: i64,
    is_manager: i32,
}

impl TryFrom<AgentRow> for Agent {
    type Error = StoreError;

    fn try_from(row: AgentRow) -> Result<Self, StoreError> {
        let date = |column, text: Option<String>| -> Result<Option<Date>, StoreError> {
            text.map(|t| stored(TABLE, column, &t)).transpose()
        };
        Ok(Self {
            sub: Sub::new(row.sub),
            record: AgentRecord {
                soi: Soi::from_stored(row.soi),
                given_name: row.given_name,
                family_name: row.family_name,
                email: row.email,
                recovery_email: row.recovery_email,
                mobile: row.mobile,
                department: row.department,
                position: row.position,
                manager: row.manager_soi.map(Soi::from_stored),
                employment: stored::<Employment>(TABLE, "employment", &row.employment)?,
                start_date: date("start_date", row.start_date)?,
                end_date: date("end_date", row.end_date)?,
            },
            roles: Roles::from_weights(row.roles),
            is_manager: row.is_manager != 0,
            version: row.version,
            created_at: Timestamp::from_millis(row.created_at),
            updated_at: Timestamp::from_millis(row.updated_at),
        })
    }
}

/// Which agents to list; a page begins after the SOI `after`.
#[derive(Debug, Clone, Default)]
pub struct AgentFilter {
    pub after: Option<Soi>,
    pub department: Option<String>,
    pub employment: Option<Employment>,
    /// Part of a name, SOI or e-mail; case and accents do not count.
    pub search: Option<String>,
    pub limit: u32,
}

/// The agent with this SOI.
pub async fn find(tx: &mut Tx, soi: &Soi) -> Result<Option<Agent>, StoreError> {
    let row: Option<AgentRow> = on!(tx, conn => sqlx::query_as(FIND).bind(soi.as_str()).fetch_optional(conn).await)?;
    row.map(Agent::try_from).transpose()
}

/// Those agents of `sois` who are known, in any order.
pub async fn find_many(tx: &mut Tx, sois: &[&Soi]) -> Result<Vec<Agent>, StoreError> {
    let mut found = Vec::with_capacity(sois.len());
    for chunk in sois.chunks(KEYS) {
        let rows: Vec<AgentRow> = on!(tx, conn => {
            let mut query = sqlx::query_as(FIND_MANY.as_str());
            for nth in 0..KEYS {
                query = query.bind(chunk.get(nth).map(|soi| soi.as_str()));
            }
            query.fetch_all(conn).await
        })?;
        for row in rows {
            found.push(Agent::try_from(row)?);
        }
    }
    Ok(found)
}

/// Those of `sois` that belong to an agent, in any order.
pub async fn find_known(tx: &mut Tx, sois: &[&Soi]) -> Result<Vec<Soi>, StoreError> {
    let mut known = Vec::with_capacity(sois.len());
    for chunk in sois.chunks(KEYS) {
        let found: Vec<String> = on!(tx, conn => {
            let mut query = sqlx::query_scalar(FIND_KNOWN.as_str());
            for nth in 0..KEYS {
                query = query.bind(chunk.get(nth).map(|soi| soi.as_str()));
            }
            query.fetch_all(conn).await
        })?;
        known.extend(found.into_iter().map(Soi::from_stored));
    }
    Ok(known)
}

/// The agent as it is now, held so until the end of this transaction: a change by somebody else comes before or after it.
///
/// PostgreSQL reads each statement from its own state, so a plain `find` says nothing about the moment of the commit. Who
/// holds several rows takes them in one order: agent, password, the rest.
pub async fn hold(tx: &mut Tx, soi: &Soi) -> Result<Option<Agent>, StoreError> {
    let row: Option<AgentRow> = on!(tx, conn => sqlx::query_as(HOLD).bind(soi.as_str()).fetch_optional(conn).await)?;
    row.map(Agent::try_from).transpose()
}

/// Adds an agent. A known SOI is [`Constraint::AgentSoi`](super::Constraint::AgentSoi); an unknown manager fails at commit.
pub async fn insert(tx: &mut Tx, record: &AgentRecord, sub: &Sub, now: Timestamp) -> Result<(), StoreError> {
    on!(tx, conn => sqlx::query(INSERT)
        .bind(record.soi.as_str())
        .bind(sub.as_str())
        .bind(&record.given_name)
        .bind(&record.family_name)
        .bind(search_key(record))
        .bind(&record.email)
        .bind(&record.recovery_email)
        .bind(&record.mobile)
        .bind(&record.department)
        .bind(&record.position)
        .bind(record.manager.as_ref().map(Soi::as_str))
        .bind(record.employment.as_str())
        .bind(record.start_date.map(|d| d.to_string()))
        .bind(record.end_date.map(|d| d.to_string()))
        .bind(now.millis())
        .execute(conn).await.map(drop))?;
    Ok(())
}

/// Replaces what HR provides, if the agent is still at `version`; answers whether it was.
pub async fn update(tx: &mut Tx, record: &AgentRecord, version: i64, now: Timestamp) -> Result<bool, StoreError> {
    let changed = on!(tx, conn => sqlx::query(UPDATE)
        .bind(record.soi.as_str())
        .bind(&record.given_name)
        .bind(&record.family_name)
        .bind(search_key(record))
        .bind(&record.email)
        .bind(&record.recovery_email)
        .bind(&record.mobile)
        .bind(&record.department)
        .bind(&record.position)
        .bind(record.manager.as_ref().map(Soi::as_str))
        .bind(record.employment.as_str())
        .bind(record.start_date.map(|d| d.to_string()))
        .bind(record.end_date.map(|d| d.to_string()))
        .bind(now.millis())
        .bind(version)
        .execute(conn).await.map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// A page of agents in the order of their SOI.
pub async fn list(tx: &mut Tx, filter: &AgentFilter) -> Result<Vec<Agent>, StoreError> {
    let rows: Vec<AgentRow> = on!(tx, conn => sqlx::query_as(LIST)
        .bind(filter.after.as_ref().map_or("", Soi::as_str))
        .bind(&filter.department)
        .bind(filter.employment.map(Employment::as_str))
        .bind(filter.search.as_deref().map(|s| format!("%{}%", escape_like(&fold(s)))))
        .bind(i64::from(filter.limit))
        .fetch_all(conn).await)?;
    rows.into_iter().map(Agent::try_from).collect()
}

/// Nobody has more agents of their own than this on one page.
const MOST_REPORTS: i64 = 500;

/// The agents whose manager this is and whose employment is active, in the order of their names.
pub async fn reports_of(tx: &mut Tx, manager: &Soi) -> Result<Vec<Agent>, StoreError> {
    let rows: Vec<AgentRow> = on!(tx, conn => sqlx::query_as(REPORTS)
        .bind(manager.as_str()).bind(MOST_REPORTS).fetch_all(conn).await)?;
    rows.into_iter().map(Agent::try_from).collect()
}

/// How many agents there are.
pub async fn count(tx: &mut Tx) -> Result<i64, StoreError> {
    Ok(on!(tx, conn => sqlx::query_scalar(COUNT).fetch_one(conn).await)?)
}

pub(super) fn search_key(record: &AgentRecord) -> String {
    fold(&format!("{} {} {} {}", record.given_name, record.family_name, record.soi, record.email))
}

/// Lower case without accents; ligatures become the letters that people type for them (Unicode does not decompose them).
fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let plain: String = text.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).collect();
    plain.replace('œ', "oe").replace('æ', "ae").replace('’', "'")
}

fn escape_like(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}
