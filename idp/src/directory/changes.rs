//! What an act changes, field by field: for the answer to whoever acts, and, minimised, for the audit.
//!
//! The audit keeps old and new values of what access depends on (department, position, manager, employment, dates) and of
//! applications; of names, addresses and numbers it keeps only that they changed.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::domain::agent::AgentRecord;
use crate::domain::application::ApplicationRecord;

/// What an act did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change<T> {
    /// The state now, and how it differs from before.
    Changed { now: T, fields: Vec<FieldChange> },
    /// There was nothing to change; nothing was written.
    Unchanged(T),
}

impl<T> Change<T> {
    /// The state now.
    pub fn now(&self) -> &T {
        match self {
            Self::Changed { now, .. } | Self::Unchanged(now) => now,
        }
    }

    /// What changed; empty for nothing.
    pub fn fields(&self) -> &[FieldChange] {
        match self {
            Self::Changed { fields, .. } => fields,
            Self::Unchanged(_) => &[],
        }
    }
}

/// One field before and after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldChange {
    pub field: String,
    pub from: Value,
    pub to: Value,
}

/// Fields of an agent whose values stay out of the audit.
const PERSONAL: [&str; 5] = ["given_name", "family_name", "email", "recovery_email", "mobile"];

/// How two records of one agent differ.
pub(super) fn of_agent(before: &AgentRecord, after: &AgentRecord) -> Vec<FieldChange> {
    differences(&agent_values(before), &agent_values(after))
}

/// How two registrations differ.
pub(super) fn of_application(before: &ApplicationRecord, after: &ApplicationRecord) -> Vec<FieldChange> {
    differences(&application_values(before), &application_values(after))
}

/// The audit's detail for changed fields: all names, and the values that it may keep.
pub(super) fn detail(fields: &[FieldChange]) -> Map<String, Value> {
    let kept = |side: fn(&FieldChange) -> &Value| -> Value {
        let values = fields.iter().filter(|c| !PERSONAL.contains(&c.field.as_str()));
        Value::Object(values.map(|c| (c.field.clone(), side(c).clone())).collect())
    };
    let names: Vec<Value> = fields.iter().map(|c| Value::from(c.field.as_str())).collect();
    let entries = [("fields", Value::from(names)), ("from", kept(|c| &c.from)), ("to", kept(|c| &c.to))];
    entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

/// The audit's detail for a new agent.
pub(super) fn new_agent_detail(record: &AgentRecord) -> Map<String, Value> {
    let mut values = agent_values(record);
    values.retain(|field, value| !PERSONAL.contains(&field.as_str()) && !value.is_null());
    Map::from_iter([("to".to_owned(), Value::Object(values))])
}

/// The audit's detail for a new or removed application.
pub(super) fn application_detail(record: &ApplicationRecord) -> Map<String, Value> {
    application_values(record)
}

fn differences(before: &Map<String, Value>, after: &Map<String, Value>) -> Vec<FieldChange> {
    let changed = after.iter().filter(|(field, to)| before.get(*field) != Some(to));
    changed
        .map(|(field, to)| FieldChange {
            field: field.clone(),
            from: before.get(field).cloned().unwrap_or_default(),
            to: to.clone(),
        })
        .collect()
}

/// The fields by the names of the CSV header.
fn agent_values(record: &AgentRecord) -> Map<String, Value> {
    let optional = |text: &Option<String>| text.as_deref().map_or(Value::Null, Value::from);
    let date = |date: Option<jiff::civil::Date>| date.map_or(Value::Null, |d| Value::from(d.to_string()));
    let fields = [
        ("given_name", Value::from(record.given_name.as_str())),
        ("family_name", Value::from(record.family_name.as_str())),
        ("email", Value::from(record.email.as_str())),
        ("recovery_email", optional(&record.recovery_email)),
        ("mobile", optional(&record.mobile)),
        ("department", optional(&record.department)),
        ("position", optional(&record.position)),
        ("manager_soi", record.manager.as_ref().map_or(Value::Null, |m| Value::from(m.as_str()))),
        ("employment", Value::from(record.employment.as_str())),
        ("start_date", date(record.start_date)),
        ("end_date", date(record.end_date)),
    ];
    fields.into_iter().map(|(field, value)| (field.to_owned(), value)).collect()
}

/// The fields by their names in JSON; the record holds texts, lists and flags only, so it is always an object.
fn application_values(record: &ApplicationRecord) -> Map<String, Value> {
    match serde_json::to_value(record) {
        Ok(Value::Object(mut fields)) => {
            fields.remove("client_id");
            fields
        }
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::sample;

    #[test]
    fn the_audit_learns_that_contact_fields_changed_but_not_from_what_to_what() {
        let before = sample::record("100001");
        let mut after = before.clone();
        after.email = "nouvelle.adresse@ville.example".into();
        after.mobile = Some("+33612345678".into());
        after.department = Some("41".into());
        let detail = Value::Object(detail(&of_agent(&before, &after)));
        assert_eq!(detail["from"], serde_json::json!({ "department": "40" }));
        assert_eq!(detail["to"], serde_json::json!({ "department": "41" }));
        assert_eq!(detail["fields"].as_array().unwrap().len(), 3);
        let text = detail.to_string();
        assert!(!text.contains("nouvelle") && !text.contains("+336"), "{text}");
    }

    #[test]
    fn equal_records_do_not_differ() {
        assert_eq!(of_agent(&sample::record("100001"), &sample::record("100001")), []);
    }
}
