//! The audit: appended in the transaction of the act, read newest first.

use sqlx::FromRow;
use sqlx::types::Json;

use super::{StoreError, Tx, on, statements};
use crate::domain::audit::{Event, EventFilter, RecordedEvent};
use crate::domain::ids::{ClientId, Reference, RequestId, Sid};
use crate::domain::reason::Reason;
use crate::domain::soi::Soi;
use crate::domain::time::Timestamp;
use crate::domain::zone::NetworkZone;

statements! {
    APPEND = "INSERT INTO audit (at, act, outcome, reason, actor_kind, actor, subject_soi, client_id, sid, reference, zone, \
              client_address, user_agent, request_id, detail) \
              VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)";
    SEARCH = "SELECT seq, at, act, outcome, reason, actor_kind, actor, subject_soi, client_id, sid, reference, zone, \
              client_address, user_agent, request_id, detail FROM audit \
              WHERE (CAST($1 AS TEXT) IS NULL OR subject_soi = $1) \
              AND (CAST($2 AS TEXT) IS NULL OR act = $2) \
              AND (CAST($3 AS TEXT) IS NULL OR client_id = $3) \
              AND (CAST($4 AS TEXT) IS NULL OR reference = $4) \
              AND (CAST($5 AS TEXT) IS NULL OR reason = $5) \
              AND (CAST($6 AS TEXT) IS NULL OR outcome = $6) \
              AND (CAST($7 AS TEXT) IS NULL OR actor = $7) \
              AND at >= $8 AND at < $9 AND seq < $10 ORDER BY seq DESC LIMIT $11";
    /// What an application asks for with its tokens, and every silent renewal of an access, would bury the rest.
    OF_SUBJECT = "SELECT seq, at, act, outcome, reason, actor_kind, actor, subject_soi, client_id, sid, reference, zone, \
                  client_address, user_agent, request_id, detail FROM audit WHERE subject_soi = $1 AND seq < $2 \
                  AND act NOT IN ('token.issued', 'token.refused') AND NOT (act = 'access.decided' AND outcome = 'done') \
                  ORDER BY seq DESC LIMIT $3";
    PURGE = "DELETE FROM audit WHERE at < $1";
}

#[derive(FromRow)]
struct EventRow {
    seq: i64,
    at: i64,
    act: String,
    outcome: String,
    reason: Option<String>,
    actor_kind: String,
    actor: String,
    subject_soi: Option<String>,
    client_id: Option<String>,
    sid: Option<String>,
    reference: Option<String>,
    zone: Option<String>,
    client_address: Option<String>,
    user_agent: Option<String>,
    request_id: Option<String>,
    detail: Json<serde_json::Value>,
}

/// Appends an event.
pub async fn append(tx: &mut Tx, event: &Event, now: Timestamp) -> Result<(), StoreError> {
    on!(tx, conn => sqlx::query(APPEND)
        .bind(now.millis())
        .bind(event.act)
        .bind(event.outcome.as_str())
        .bind(event.reason.map(Reason::code))
        .bind(event.actor.kind())
        .bind(event.actor.name())
        .bind(event.subject.as_ref().map(Soi::as_str))
        .bind(event.client_id.as_ref().map(ClientId::as_str))
        .bind(event.sid.as_ref().map(Sid::as_str))
        .bind(event.reference.as_ref().map(Reference::as_str))
        .bind(event.contact.zone.map(NetworkZone::as_str))
        .bind(&event.contact.client_address)
        .bind(&event.contact.user_agent)
        .bind(event.contact.request_id.as_ref().map(RequestId::as_str))
        .bind(Json(&event.detail))
        .execute(conn).await.map(drop))?;
    Ok(())
}

/// Events that meet every criterion, newest first.
pub async fn search(tx: &mut Tx, filter: &EventFilter) -> Result<Vec<RecordedEvent>, StoreError> {
    let rows: Vec<EventRow> = on!(tx, conn => sqlx::query_as(SEARCH)
        .bind(&filter.subject)
        .bind(&filter.act)
        .bind(&filter.client_id)
        .bind(&filter.reference)
        .bind(&filter.reason)
        .bind(&filter.outcome)
        .bind(&filter.actor)
        .bind(filter.since.map_or(i64::MIN, Timestamp::millis))
        .bind(filter.until.map_or(i64::MAX, Timestamp::millis))
        .bind(filter.before_seq.unwrap_or(i64::MAX))
        .bind(i64::from(filter.limit))
        .fetch_all(conn).await)?;
    Ok(rows.into_iter().map(RecordedEvent::from).collect())
}

/// What happened to an agent, newest first, as the agent reads it: without tokens, and of accesses only the refused ones.
pub async fn of_subject(
    tx: &mut Tx,
    soi: &Soi,
    before_seq: Option<i64>,
    limit: u32,
) -> Result<Vec<RecordedEvent>, StoreError> {
    let rows: Vec<EventRow> = on!(tx, conn => sqlx::query_as(OF_SUBJECT)
        .bind(soi.as_str()).bind(before_seq.unwrap_or(i64::MAX)).bind(i64::from(limit)).fetch_all(conn).await)?;
    Ok(rows.into_iter().map(RecordedEvent::from).collect())
}

/// Deletes events from before `before`: their retention is over (GDPR-03).
pub async fn purge(tx: &mut Tx, before: Timestamp) -> Result<u64, StoreError> {
    Ok(on!(tx, conn => sqlx::query(PURGE).bind(before.millis()).execute(conn).await.map(|d| d.rows_affected()))?)
}

impl From<EventRow> for RecordedEvent {
    fn from(row: EventRow) -> Self {
        Self {
            seq: row.seq,
            at: Timestamp::from_millis(row.at),
            act: row.act,
            outcome: row.outcome,
            reason: row.reason,
            actor_kind: row.actor_kind,
            actor: row.actor,
            subject: row.subject_soi,
            client_id: row.client_id,
            sid: row.sid,
            reference: row.reference,
            zone: row.zone,
            client_address: row.client_address,
            user_agent: row.user_agent,
            request_id: row.request_id,
            detail: row.detail.0,
        }
    }
}
