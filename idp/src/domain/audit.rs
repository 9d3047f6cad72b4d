//! What the audit keeps: one event per act, written in the act's own transaction.
//!
//! Never in an event: password, code, token, secret, cookie, query string (STANDARDS GDPR-01, PA080-13). An identifier
//! that matched no agent is not kept either (GDPR-02): people type passwords in the wrong field.

use serde::{Deserialize, Serialize};

use super::ids::{ClientId, Reference, RequestId, Sid};
use super::reason::Reason;
use super::soi::Soi;
use super::time::Timestamp;
use super::zone::NetworkZone;

/// Who acts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "name", rename_all = "snake_case")]
pub enum Actor {
    /// An agent at Octroi's pages.
    Agent(Soi),
    /// Somebody who has not proved who they are.
    Stranger,
    /// An application at the token endpoint or UserInfo.
    Application(ClientId),
    /// The operating system's user behind the command line in local mode: real user, and login user where they differ.
    LocalOperator { real: String, login: Option<String> },
    /// Octroi itself: jobs, demo data.
    System,
}

impl Actor {
    /// The kind, as stored.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Agent(_) => "agent",
            Self::Stranger => "stranger",
            Self::Application(_) => "application",
            Self::LocalOperator { .. } => "local_operator",
            Self::System => "system",
        }
    }

    /// The name, as stored and shown: `root (login alice)` for an operator who changed user.
    pub fn name(&self) -> String {
        match self {
            Self::Agent(soi) => soi.to_string(),
            Self::Application(client_id) => client_id.to_string(),
            Self::LocalOperator { real, login: Some(login) } if login != real => format!("{real} (login {login})"),
            Self::LocalOperator { real, .. } => real.clone(),
            Self::System => "system".to_owned(),
            Self::Stranger => String::new(),
        }
    }

    /// Who that is, whichever user they work as: an operator who became `root` is the person who logged in.
    pub fn person(&self) -> String {
        match self {
            Self::LocalOperator { login: Some(login), .. } => login.clone(),
            _ => self.name(),
        }
    }
}

/// How the act ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    Done,
    Refused,
}

impl Outcome {
    /// The stored word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "refused",
        }
    }
}

/// One event to be written. Built with [`Event::new`] and the `with_…` methods.
#[derive(Debug, Clone, Serialize)]
pub struct Event {
    /// `agent.added`, `login.refused`, `access.decided`…
    pub act: &'static str,
    pub outcome: Outcome,
    pub reason: Option<Reason>,
    pub actor: Actor,
    /// The agent whom it concerns.
    pub subject: Option<Soi>,
    pub client_id: Option<ClientId>,
    pub sid: Option<Sid>,
    pub reference: Option<Reference>,
    pub contact: Contact,
    /// Act-specific facts, versioned where a replay reads them.
    pub detail: serde_json::Value,
}

/// From where the act came, as far as it came over HTTP.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Contact {
    pub zone: Option<NetworkZone>,
    pub client_address: Option<String>,
    /// Browser family, such as `Firefox`; never the whole header.
    pub user_agent: Option<String>,
    pub request_id: Option<RequestId>,
}

impl Event {
    /// An act that was done.
    pub fn new(act: &'static str, actor: Actor) -> Self {
        Self {
            act,
            outcome: Outcome::Done,
            reason: None,
            actor,
            subject: None,
            client_id: None,
            sid: None,
            reference: None,
            contact: Contact::default(),
            detail: serde_json::Value::Object(serde_json::Map::new()),
        }
    }

    /// The act was refused for `reason`.
    #[must_use]
    pub fn refused(mut self, reason: Reason) -> Self {
        self.outcome = Outcome::Refused;
        self.reason = Some(reason);
        self
    }

    #[must_use]
    pub fn with_subject(mut self, soi: &Soi) -> Self {
        self.subject = Some(soi.clone());
        self
    }

    #[must_use]
    pub fn with_client(mut self, client_id: &ClientId) -> Self {
        self.client_id = Some(client_id.clone());
        self
    }

    #[must_use]
    pub fn with_session(mut self, sid: &Sid) -> Self {
        self.sid = Some(sid.clone());
        self
    }

    #[must_use]
    pub fn with_reference(mut self, reference: &Reference) -> Self {
        self.reference = Some(reference.clone());
        self
    }

    #[must_use]
    pub fn with_contact(mut self, contact: &Contact) -> Self {
        self.contact = contact.clone();
        self
    }

    #[must_use]
    pub fn with_detail(mut self, detail: serde_json::Value) -> Self {
        self.detail = detail;
        self
    }
}

/// An event as read back.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RecordedEvent {
    /// Order of writing; also the page cursor.
    pub seq: i64,
    pub at: Timestamp,
    pub act: String,
    pub outcome: String,
    pub reason: Option<String>,
    pub actor_kind: String,
    pub actor: String,
    pub subject: Option<String>,
    pub client_id: Option<String>,
    pub sid: Option<String>,
    pub reference: Option<String>,
    pub zone: Option<String>,
    pub client_address: Option<String>,
    pub user_agent: Option<String>,
    pub request_id: Option<String>,
    pub detail: serde_json::Value,
}

/// Which events to read; every criterion that is set must hold.
#[derive(Debug, Clone, Default)]
pub struct EventFilter {
    pub subject: Option<String>,
    pub act: Option<String>,
    pub client_id: Option<String>,
    pub reference: Option<String>,
    pub reason: Option<String>,
    pub outcome: Option<String>,
    pub actor: Option<String>,
    pub since: Option<Timestamp>,
    pub until: Option<Timestamp>,
    /// Events written before this one (the next page).
    pub before_seq: Option<i64>,
    /// At most so many, newest first.
    pub limit: u32,
}
