//! `octroictl audit …`, and how events are shown.

use octroi_idp::directory::EventPage;
use octroi_idp::domain::audit::{EventFilter, RecordedEvent};
use serde_json::{Value, json};

use super::{Context, plain};
use crate::args::{AuditVerb, Format, SearchArgs};
use crate::failure::Failure;
use crate::moments::{self, End, local};
use crate::output::{Answer, View};

/// Runs one verb.
pub async fn run(verb: &AuditVerb, context: &mut Context<'_, '_>) -> Result<(), Failure> {
    let AuditVerb::Search(args) = verb;
    search(args, context).await
}

async fn search(args: &SearchArgs, context: &mut Context<'_, '_>) -> Result<(), Failure> {
    let filter = EventFilter {
        subject: args.soi.clone(),
        act: args.act.clone(),
        client_id: args.client.clone(),
        reference: args.reference.clone(),
        reason: args.refused_for.clone(),
        outcome: args.outcome.clone(),
        actor: args.actor.clone(),
        before_seq: args.before,
        limit: args.limit,
        ..EventFilter::default()
    };
    let filter = within(filter, args.since.as_deref(), args.until.as_deref(), context)?;
    let page = context.directory.search_audit(&context.mandate(), &filter).await?;
    let shown = if args.reference.is_some() { Shown::Whole } else { Shown::Search };
    print(&page, shown, context)
}

/// The filter with its two moments.
pub fn within(
    filter: EventFilter,
    since: Option<&str>,
    until: Option<&str>,
    context: &Context<'_, '_>,
) -> Result<EventFilter, Failure> {
    let (zone, now) = (&context.directory.settings().time_zone, context.directory.now());
    let read = |option: &str, text: Option<&str>, end| {
        let moment = text.map(|text| moments::parse(text, end, zone, now)).transpose();
        moment.map_err(|what| Failure::Usage(format!("{option}: {what}")))
    };
    Ok(EventFilter { since: read("--since", since, End::First)?, until: read("--until", until, End::Last)?, ..filter })
}

/// How much of each event people are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// One line each, whoever is concerned.
    Search,
    /// One line each, all about one agent.
    History,
    /// Everything that is known: the trace behind a reference.
    Whole,
}

/// Prints events.
pub fn print(page: &EventPage, shown: Shown, context: &mut Context<'_, '_>) -> Result<(), Failure> {
    let zone = context.directory.settings().time_zone.clone();
    let when = |event: &RecordedEvent| local(event.at, &zone);
    let is_csv = context.global.format == Format::Csv;
    let view = if shown == Shown::Whole || is_csv {
        View::Records(page.events.iter().map(|event| fields(event, when(event), is_csv)).collect())
    } else {
        let concerned = if shown == Shown::Search { "agent" } else { "what" };
        let headings = vec!["seq", "when", "act", "outcome", "application", "zone", "actor", "reference", concerned];
        View::Table { headings, rows: page.events.iter().map(|event| row(event, when(event), shown)).collect() }
    };
    let mut answer = Answer {
        json: json!({ "events": page.events.iter().map(document).collect::<Vec<_>>(), "next": page.next }),
        view,
        ..Answer::default()
    };
    if page.events.is_empty() {
        answer.after.push("No event.".into());
    }
    if let Some(next) = page.next {
        answer.after.push(format!("There are more: --before {next}."));
    }
    context.print(&answer)
}

fn row(event: &RecordedEvent, when: String, shown: Shown) -> Vec<String> {
    let dash = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".into());
    vec![
        event.seq.to_string(),
        when,
        event.act.clone(),
        event.reason.clone().unwrap_or_else(|| event.outcome.clone()),
        dash(&event.client_id),
        dash(&event.zone),
        actor(event),
        dash(&event.reference),
        if shown == Shown::Search { dash(&event.subject) } else { what(&event.detail) },
    ]
}

/// The gist of an administrative act: what changed from what to what (as far as the audit keeps it), the role, the reason.
fn what(detail: &Value) -> String {
    let side = |side: &str, field: &str| detail.get(side).and_then(|values| values.get(field)).map(plain);
    let change = |field: &Value| {
        let field = plain(field);
        match (side("from", &field), side("to", &field)) {
            (Some(from), Some(to)) => format!("{field} {from} → {to}"),
            _ => field,
        }
    };
    let fields = detail.get("fields").and_then(Value::as_array).into_iter().flatten().map(change);
    let role = detail.get("role").map(plain);
    let reason = detail.get("reason").map(|reason| format!("\"{}\"", plain(reason)));
    fields.chain(role).chain(reason).collect::<Vec<_>>().join(", ")
}

/// Everything about one event; in CSV the detail stays one JSON value.
fn fields(event: &RecordedEvent, when: String, is_csv: bool) -> Vec<(&'static str, String)> {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let mut fields = vec![
        ("seq", event.seq.to_string()),
        ("when", if is_csv { event.at.to_rfc3339() } else { when }),
        ("act", event.act.clone()),
        ("outcome", event.outcome.clone()),
        ("reason", text(&event.reason)),
        ("reference", text(&event.reference)),
        ("agent", text(&event.subject)),
        ("application", text(&event.client_id)),
        ("actor", actor(event)),
        ("zone", text(&event.zone)),
        ("address", text(&event.client_address)),
        ("browser", text(&event.user_agent)),
        ("session", text(&event.sid)),
        ("request", text(&event.request_id)),
    ];
    if is_csv {
        fields.push(("detail", event.detail.to_string()));
    } else {
        fields.extend(spelled("", &event.detail).into_iter().map(|line| ("detail", line)));
    }
    fields
}

/// Nested facts as lines of `name: value`.
fn spelled(prefix: &str, detail: &Value) -> Vec<String> {
    let Value::Object(facts) = detail else { return vec![format!("{prefix}: {}", plain(detail))] };
    let name = |key: &str| if prefix.is_empty() { key.to_owned() } else { format!("{prefix}.{key}") };
    facts.iter().flat_map(|(key, value)| spelled(&name(key), value)).collect()
}

/// A local operator by name, an agent by SOI; whoever has no name by kind.
fn actor(event: &RecordedEvent) -> String {
    if event.actor.is_empty() { event.actor_kind.clone() } else { event.actor.clone() }
}

/// The stable document of one event.
fn document(event: &RecordedEvent) -> Value {
    json!({
        "seq": event.seq,
        "at": event.at.to_rfc3339(),
        "act": event.act,
        "outcome": event.outcome,
        "reason": event.reason,
        "reference": event.reference,
        "soi": event.subject,
        "client_id": event.client_id,
        "actor_kind": event.actor_kind,
        "actor": event.actor,
        "zone": event.zone,
        "client_address": event.client_address,
        "user_agent": event.user_agent,
        "sid": event.sid,
        "request_id": event.request_id,
        "detail": event.detail,
    })
}
