//! Writing a change of one agent: the new record with its audit row, and whoever may no longer work is shut out in the
//! same transaction. `agents.rs` and `import/` decide what changes; the end date that leaving sets and reinstating takes
//! away is remembered in the audit.

use jiff::civil::Date;
use serde_json::{Map, Value};

use super::agents::named;
use super::error::DirectoryError;
use super::{Mandate, changes};
use crate::domain::agent::{Agent, AgentRecord, Employment, Standing};
use crate::domain::audit::{EventFilter, Outcome};
use crate::domain::soi::Soi;
use crate::domain::time::Timestamp;
use crate::storage::{StoreError, Tx, activation, agents, audit, manager_codes, resets, sessions};

/// In the detail of `agent.left`: the end date that this act set because there was none.
const END_DATE_SET: &str = "end_date_set";
/// Sessions of somebody whose employment has not begun end; the activation code stays good for the first day.
const NOT_STARTED: &str = "agent.not_started";

/// The record of somebody who leaves today, or left before.
pub(super) fn leaver(before: &AgentRecord, today: Date) -> AgentRecord {
    if before.employment == Employment::Left {
        return before.clone();
    }
    // Somebody who leaves before the first day has no last one.
    let last_day = Some(today).filter(|today| before.start_date.is_none_or(|start| start <= *today));
    AgentRecord { employment: Employment::Left, end_date: before.end_date.or(last_day), ..before.clone() }
}

/// What a change says in the audit, and whether it shuts the agent out.
pub(super) struct Consequences {
    pub detail: Map<String, Value>,
    /// Why sessions end, as the session table says it.
    pub shut_out: Option<&'static str>,
}

/// What follows from a change.
pub(super) fn consequences(act: &str, before: &Agent, after: &AgentRecord, today: Date) -> Consequences {
    let mut detail = changes::detail(&changes::of_agent(&before.record, after));
    detail.insert("version".into(), Value::from(before.version + 1));
    if act == "agent.left"
        && before.record.end_date.is_none()
        && let Some(end) = after.end_date
    {
        detail.insert(END_DATE_SET.into(), Value::from(end.to_string()));
    }
    let (was, is) = (before.record.standing(today), after.standing(today));
    let shut_out = (was != is && is != Standing::Active).then(|| shut_out_as(is));
    Consequences { detail, shut_out }
}

/// Ends the sessions of an agent and withdraws every code, unless the employment only has not begun; answers how
/// many sessions lived.
pub(super) async fn shut_out(tx: &mut Tx, soi: &Soi, why: &str, now: Timestamp) -> Result<u64, StoreError> {
    let ended = sessions::end_all(tx, soi, why, now).await?;
    if why != NOT_STARTED {
        activation::withdraw(tx, soi, now).await?;
        resets::withdraw(tx, soi).await?;
        manager_codes::withdraw(tx, soi, now).await?;
    }
    Ok(ended)
}

/// Writes a change with its audit row, and shuts out whoever may no longer work. `Conflict` when the agent is no longer
/// at the version of `before`.
pub(super) async fn replace(
    tx: &mut Tx,
    mandate: &Mandate,
    act: &'static str,
    before: &Agent,
    after: &AgentRecord,
    (today, now): (Date, Timestamp),
) -> Result<(), DirectoryError> {
    if !agents::update(tx, after, before.version, now).await? {
        return Err(DirectoryError::changed_meanwhile(named(&before.record)));
    }
    let Consequences { mut detail, shut_out: why } = consequences(act, before, after, today);
    if let Some(why) = why {
        let ended = shut_out(tx, &after.soi, why, now).await?;
        detail.insert("sessions_ended".into(), Value::from(ended));
    }
    audit::append(tx, &mandate.event(act, detail).with_subject(&after.soi), now).await?;
    Ok(())
}

/// Why the sessions ended, as the session table says it.
const fn shut_out_as(standing: Standing) -> &'static str {
    match standing {
        Standing::Suspended => "agent.suspended",
        Standing::Left => "agent.left",
        Standing::Ended => "agent.ended",
        Standing::NotStarted | Standing::Active => NOT_STARTED,
    }
}

/// The end date that the newest `agent.left` set, if it set one.
pub(super) async fn end_date_set_by_leaving(tx: &mut Tx, soi: &Soi) -> Result<Option<Date>, StoreError> {
    let filter = EventFilter {
        subject: Some(soi.to_string()),
        act: Some("agent.left".into()),
        outcome: Some(Outcome::Done.as_str().into()),
        limit: 1,
        ..EventFilter::default()
    };
    let events = audit::search(tx, &filter).await?;
    let set = events.first().and_then(|event| event.detail.get(END_DATE_SET)).and_then(Value::as_str);
    Ok(set.and_then(|date| date.parse().ok()))
}
