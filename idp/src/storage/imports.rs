//! Imports: lines wait in `import_line` until their run is decided, and are then written place by place.
//!
//! [`advance`] is the gate of each portion: of all who want to write it, one is told `true`. What follows in the same
//! transaction works on sets, so a portion of thousands of agents costs a handful of statements. Which portions there are
//! and what happens to an agent who was changed meanwhile is decided in `directory/import/`; look next at `apply.rs` there.

use std::sync::LazyLock;

use serde_json::{Map, Value};
use sqlx::FromRow;
use sqlx::types::Json;

use super::many::{self, ROWS};
use super::{StoreError, Tx, agents, on, statements};
use crate::domain::agent::AgentRecord;
use crate::domain::audit::Actor;
use crate::domain::ids::Sub;
use crate::domain::soi::Soi;
use crate::domain::time::Timestamp;

const COLUMNS: usize = 22;
const STAGE: &str = "INSERT INTO import_line (run_id, place, nth, kind, act, soi, sub, given_name, family_name, search_key, \
                     email, recovery_email, mobile, department, position, manager_soi, employment, start_date, end_date, \
                     version, shut_out, detail) VALUES";

statements! {
    CREATE = "INSERT INTO import_run (state, actor_kind, actor, applied, last, detail, touched_at) \
              VALUES ('reading', $1, $2, 0, 0, $3, $4) RETURNING run_id";
    UNSTAGE = "DELETE FROM import_line WHERE run_id = $1 AND place = $2 AND nth = $3";
    PULL = "UPDATE import_line SET place = $3 WHERE run_id = $1 AND place = $2 AND nth = $2";
    DECIDE = "UPDATE import_run SET state = 'decided', last = $2, detail = $3, touched_at = $4 \
              WHERE run_id = $1 AND state = 'reading'";
    FIND = "SELECT run_id, state, applied, last, detail, touched_at FROM import_run WHERE run_id = $1";
    FIND_DECIDED = "SELECT run_id, state, applied, last, detail, touched_at FROM import_run WHERE state = 'decided'";
    OVERTAKEN = "SELECT l.place, l.nth, l.kind, l.soi, l.given_name, l.family_name FROM import_line AS l \
                 LEFT JOIN agent AS a ON a.soi = l.soi WHERE l.run_id = $1 AND l.place > $2 AND l.place <= $3 \
                 AND ((l.version IS NULL AND a.soi IS NOT NULL) \
                      OR (l.version IS NOT NULL AND (a.version IS NULL OR a.version <> l.version))) \
                 ORDER BY l.place, l.nth LIMIT $4";
    ADVANCE = "UPDATE import_run SET applied = $3, detail = $4, touched_at = $5 \
               WHERE run_id = $1 AND applied = $2 AND state = 'decided'";
    ADD = "INSERT INTO agent (soi, sub, given_name, family_name, search_key, email, recovery_email, mobile, department, \
           position, manager_soi, employment, start_date, end_date, version, created_at, updated_at) \
           SELECT soi, sub, given_name, family_name, search_key, email, recovery_email, mobile, department, position, \
           manager_soi, employment, start_date, end_date, 1, CAST($4 AS BIGINT), CAST($4 AS BIGINT) FROM import_line \
           WHERE run_id = $1 AND place > $2 AND place <= $3 AND version IS NULL ORDER BY place, nth";
    CHANGE = "UPDATE agent SET given_name = l.given_name, family_name = l.family_name, search_key = l.search_key, \
              email = l.email, recovery_email = l.recovery_email, mobile = l.mobile, department = l.department, \
              position = l.position, manager_soi = l.manager_soi, employment = l.employment, start_date = l.start_date, \
              end_date = l.end_date, version = l.version + 1, updated_at = $4 FROM import_line AS l \
              WHERE l.run_id = $1 AND l.place > $2 AND l.place <= $3 AND agent.soi = l.soi AND agent.version = l.version";
    SHUT_OUT = "SELECT place, nth, soi, shut_out, detail FROM import_line \
                WHERE run_id = $1 AND place > $2 AND place <= $3 AND shut_out IS NOT NULL ORDER BY place, nth";
    SET_DETAIL = "UPDATE import_line SET detail = $4 WHERE run_id = $1 AND place = $2 AND nth = $3";
    RECORD = "INSERT INTO audit (at, act, outcome, actor_kind, actor, subject_soi, detail) \
              SELECT CAST($4 AS BIGINT), l.act, 'done', r.actor_kind, r.actor, l.soi, l.detail \
              FROM import_line AS l JOIN import_run AS r ON r.run_id = l.run_id \
              WHERE l.run_id = $1 AND l.place > $2 AND l.place <= $3 ORDER BY l.place, l.nth";
    FORGET = "DELETE FROM import_line WHERE run_id = $1 AND place > $2 AND place <= $3";
    RECORD_WHOLE = "INSERT INTO audit (at, act, outcome, actor_kind, actor, detail) \
                    SELECT CAST($2 AS BIGINT), 'agents.imported', 'done', actor_kind, actor, detail FROM import_run \
                    WHERE run_id = $1";
    FINISH = "UPDATE import_run SET state = 'done' WHERE run_id = $1 AND state = 'decided'";
    FIND_OVER = "SELECT run_id FROM import_run WHERE state <> 'decided' AND touched_at < $1 ORDER BY run_id LIMIT 1";
    GIVE_UP = "UPDATE import_run SET touched_at = 0 WHERE run_id = $1 AND state = 'reading'";
    CLEAR = "DELETE FROM import_line WHERE run_id = $1 AND place < $2 + \
             (SELECT min(place) FROM import_line WHERE run_id = $1)";
    REMOVE = "DELETE FROM import_run WHERE run_id = $1 AND state <> 'decided'";
}

static STAGE_ONE: LazyLock<String> = LazyLock::new(|| many::values(STAGE, COLUMNS, 1));
static STAGE_MANY: LazyLock<String> = LazyLock::new(|| many::values(STAGE, COLUMNS, ROWS));

/// The statements over many rows, by name.
pub(super) fn many() -> Vec<(&'static str, &'static str)> {
    vec![("STAGE_ONE", STAGE_ONE.as_str()), ("STAGE_MANY", STAGE_MANY.as_str())]
}

/// What happens to the agent of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Added,
    Changed,
    /// Not in a full file.
    Left,
}

impl Kind {
    /// The stored word, which is also the count's name in the detail of the whole.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Changed => "changed",
            Self::Left => "left",
        }
    }
}

/// An agent to be written.
#[derive(Debug, Clone)]
pub struct Line {
    /// Its place, and its number for ever.
    pub nth: i64,
    pub kind: Kind,
    /// In the audit.
    pub act: &'static str,
    pub record: AgentRecord,
    /// Of a new agent.
    pub sub: Option<Sub>,
    /// Of a known agent: the version that the line was compared with.
    pub version: Option<i64>,
    /// Why the agent's sessions end.
    pub shut_out: Option<&'static str>,
    /// Of the audit row.
    pub detail: Value,
}

/// An import.
#[derive(Debug, Clone)]
pub struct Run {
    pub id: i64,
    pub is_done: bool,
    /// Lines up to this place are written.
    pub applied: i64,
    /// The place of the last line.
    pub last: i64,
    /// Of the audit row for the whole.
    pub detail: Map<String, Value>,
    /// When it was begun, decided, or wrote its last portion.
    pub touched_at: Timestamp,
}

#[derive(FromRow)]
struct RunRow {
    run_id: i64,
    state: String,
    applied: i64,
    last: i64,
    detail: Json<Map<String, Value>>,
    touched_at: i64,
}

impl From<RunRow> for Run {
    fn from(row: RunRow) -> Self {
        Self {
            id: row.run_id,
            is_done: row.state == "done",
            applied: row.applied,
            last: row.last,
            detail: row.detail.0,
            touched_at: Timestamp::from_millis(row.touched_at),
        }
    }
}

/// Lines of a run: those behind `after`, up to `upto`.
#[derive(Debug, Clone, Copy)]
pub struct Portion {
    pub run: i64,
    pub after: i64,
    pub upto: i64,
}

/// A line whose agent was added or changed by somebody else since the line was compared.
#[derive(Debug, Clone, FromRow)]
pub struct Overtaken {
    place: i64,
    nth: i64,
    /// The count that it is taken from.
    pub kind: String,
    pub soi: String,
    pub given_name: String,
    pub family_name: String,
}

/// A line whose agent may no longer work.
#[derive(Debug, Clone, FromRow)]
pub struct ShutOut {
    place: i64,
    nth: i64,
    pub soi: String,
    /// Why the sessions end.
    pub shut_out: String,
    detail: Json<Map<String, Value>>,
}

/// Begins a run that is still being read.
pub async fn create(tx: &mut Tx, actor: &Actor, now: Timestamp) -> Result<i64, StoreError> {
    Ok(on!(tx, conn => sqlx::query_scalar(CREATE)
        .bind(actor.kind()).bind(actor.name()).bind(Json(Map::new())).bind(now.millis())
        .fetch_one(conn).await)?)
}

/// Keeps lines for later.
pub async fn stage(tx: &mut Tx, run: i64, lines: &[Line]) -> Result<(), StoreError> {
    let (many, rest) = lines.as_chunks::<ROWS>();
    for chunk in many {
        stage_rows(tx, STAGE_MANY.as_str(), run, chunk).await?;
    }
    for line in rest {
        stage_rows(tx, STAGE_ONE.as_str(), run, std::slice::from_ref(line)).await?;
    }
    Ok(())
}

async fn stage_rows(tx: &mut Tx, statement: &'static str, run: i64, lines: &[Line]) -> Result<(), StoreError> {
    on!(tx, conn => {
        let mut query = sqlx::query(statement);
        for line in lines {
            let record = &line.record;
            query = query
                .bind(run)
                .bind(line.nth)
                .bind(line.nth)
                .bind(line.kind.as_str())
                .bind(line.act)
                .bind(record.soi.as_str())
                .bind(line.sub.as_ref().map(Sub::as_str))
                .bind(&record.given_name)
                .bind(&record.family_name)
                .bind(agents::search_key(record))
                .bind(&record.email)
                .bind(&record.recovery_email)
                .bind(&record.mobile)
                .bind(&record.department)
                .bind(&record.position)
                .bind(record.manager.as_ref().map(Soi::as_str))
                .bind(record.employment.as_str())
                .bind(record.start_date.map(|d| d.to_string()))
                .bind(record.end_date.map(|d| d.to_string()))
                .bind(line.version)
                .bind(line.shut_out)
                .bind(Json(&line.detail));
        }
        query.execute(conn).await.map(drop)
    })?;
    Ok(())
}

/// Takes a line back that turned out to be bad.
pub async fn unstage(tx: &mut Tx, run: i64, nth: i64) -> Result<(), StoreError> {
    on!(tx, conn => sqlx::query(UNSTAGE).bind(run).bind(nth).bind(nth).execute(conn).await.map(drop))?;
    Ok(())
}

/// Brings a line forward to `place`, where its agent is needed as a manager.
pub async fn pull(tx: &mut Tx, run: i64, nth: i64, place: i64) -> Result<(), StoreError> {
    on!(tx, conn => sqlx::query(PULL).bind(run).bind(nth).bind(place).execute(conn).await.map(drop))?;
    Ok(())
}

/// From now on the run will be written. `false` when it is gone; [`Constraint::Unique`](super::Constraint::Unique) when
/// another one is decided and not yet written.
pub async fn decide(
    tx: &mut Tx,
    run: i64,
    last: i64,
    detail: &Map<String, Value>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let decided = on!(tx, conn => sqlx::query(DECIDE)
        .bind(run).bind(last).bind(Json(detail)).bind(now.millis())
        .execute(conn).await.map(|done| done.rows_affected()))?;
    Ok(decided == 1)
}

/// A run.
pub async fn find(tx: &mut Tx, run: i64) -> Result<Option<Run>, StoreError> {
    let row: Option<RunRow> = on!(tx, conn => sqlx::query_as(FIND).bind(run).fetch_optional(conn).await)?;
    Ok(row.map(Run::from))
}

/// The run that is decided and not yet written, if there is one.
pub async fn find_decided(tx: &mut Tx) -> Result<Option<Run>, StoreError> {
    let row: Option<RunRow> = on!(tx, conn => sqlx::query_as(FIND_DECIDED).fetch_optional(conn).await)?;
    Ok(row.map(Run::from))
}

/// Lines whose agent is no longer what the line was compared with: at most `limit`, in order.
pub async fn overtaken(tx: &mut Tx, portion: Portion, limit: u32) -> Result<Vec<Overtaken>, StoreError> {
    Ok(on!(tx, conn => sqlx::query_as(OVERTAKEN)
        .bind(portion.run).bind(portion.after).bind(portion.upto).bind(i64::from(limit))
        .fetch_all(conn).await)?)
}

/// Drops an overtaken line.
pub async fn drop_overtaken(tx: &mut Tx, run: i64, line: &Overtaken) -> Result<(), StoreError> {
    on!(tx, conn => sqlx::query(UNSTAGE).bind(run).bind(line.place).bind(line.nth).execute(conn).await.map(drop))?;
    Ok(())
}

/// Takes a portion for this transaction; `false` when somebody else took it.
pub async fn advance(
    tx: &mut Tx,
    portion: Portion,
    detail: &Map<String, Value>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let advanced = on!(tx, conn => sqlx::query(ADVANCE)
        .bind(portion.run).bind(portion.after).bind(portion.upto).bind(Json(detail)).bind(now.millis())
        .execute(conn).await.map(|done| done.rows_affected()))?;
    Ok(advanced == 1)
}

/// Adds the new agents of a portion and changes the known ones that are still what they were; answers how many.
pub async fn write_agents(tx: &mut Tx, portion: Portion, now: Timestamp) -> Result<u64, StoreError> {
    let Portion { run, after, upto } = portion;
    let mut written = 0;
    for statement in [ADD, CHANGE] {
        written += on!(tx, conn => sqlx::query(statement)
            .bind(run).bind(after).bind(upto).bind(now.millis())
            .execute(conn).await.map(|done| done.rows_affected()))?;
    }
    Ok(written)
}

/// The agents of a portion who may no longer work.
pub async fn shut_out(tx: &mut Tx, portion: Portion) -> Result<Vec<ShutOut>, StoreError> {
    Ok(on!(tx, conn => sqlx::query_as(SHUT_OUT)
        .bind(portion.run).bind(portion.after).bind(portion.upto)
        .fetch_all(conn).await)?)
}

/// Notes in a line's detail how many sessions ended.
pub async fn note_sessions_ended(tx: &mut Tx, run: i64, line: &mut ShutOut, ended: u64) -> Result<(), StoreError> {
    line.detail.0.insert("sessions_ended".into(), ended.into());
    on!(tx, conn => sqlx::query(SET_DETAIL)
        .bind(run).bind(line.place).bind(line.nth).bind(&line.detail)
        .execute(conn).await.map(drop))?;
    Ok(())
}

/// Writes the audit rows of a portion and forgets its lines; answers how many there were.
pub async fn record(tx: &mut Tx, portion: Portion, now: Timestamp) -> Result<u64, StoreError> {
    let Portion { run, after, upto } = portion;
    on!(tx, conn => sqlx::query(RECORD)
        .bind(run).bind(after).bind(upto).bind(now.millis()).execute(conn).await.map(drop))?;
    Ok(on!(tx, conn => sqlx::query(FORGET)
        .bind(run).bind(after).bind(upto).execute(conn).await.map(|done| done.rows_affected()))?)
}

/// Ends a run whose lines are all written, with the audit row for the whole.
pub async fn finish(tx: &mut Tx, run: i64, now: Timestamp) -> Result<(), StoreError> {
    on!(tx, conn => sqlx::query(RECORD_WHOLE).bind(run).bind(now.millis()).execute(conn).await.map(drop))?;
    on!(tx, conn => sqlx::query(FINISH).bind(run).execute(conn).await.map(drop))?;
    Ok(())
}

/// A run is not wanted any more: it is over at once.
pub async fn give_up(tx: &mut Tx, run: i64) -> Result<(), StoreError> {
    on!(tx, conn => sqlx::query(GIVE_UP).bind(run).execute(conn).await.map(drop))?;
    Ok(())
}

/// A run that is neither being written nor was touched since `before`.
pub async fn find_over(tx: &mut Tx, before: Timestamp) -> Result<Option<i64>, StoreError> {
    Ok(on!(tx, conn => sqlx::query_scalar(FIND_OVER).bind(before.millis()).fetch_optional(conn).await)?)
}

/// Deletes the first `count` places of a run that is over, or the run itself when no line is left; answers whether
/// something may be left.
pub async fn clear(tx: &mut Tx, run: i64, count: i64) -> Result<bool, StoreError> {
    let cleared = on!(tx, conn => sqlx::query(CLEAR)
        .bind(run).bind(count).execute(conn).await.map(|done| done.rows_affected()))?;
    if cleared > 0 {
        return Ok(true);
    }
    on!(tx, conn => sqlx::query(REMOVE).bind(run).execute(conn).await.map(drop))?;
    Ok(false)
}
