//! The mandate of an act: who orders it, the reason they give, and whether it is only a rehearsal.

use serde_json::{Map, Value};

use crate::domain::audit::{Actor, Event};

/// Who orders an act.
#[derive(Debug, Clone)]
pub struct Mandate {
    pub actor: Actor,
    /// In the actor's words, kept in the audit.
    pub reason: Option<String>,
    /// Do the work, say what it would change, and roll it back.
    pub dry_run: bool,
}

impl Mandate {
    /// The actor acts, without a reason, for good.
    pub fn of(actor: Actor) -> Self {
        Self { actor, reason: None, dry_run: false }
    }

    /// An event of this actor, with the reason in its detail.
    pub(super) fn event(&self, act: &'static str, mut detail: Map<String, Value>) -> Event {
        if let Some(reason) = &self.reason {
            detail.insert("reason".into(), reason.as_str().into());
        }
        Event::new(act, self.actor.clone()).with_detail(Value::Object(detail))
    }
}
