//! What an agent sees of their own account: the state of the password, the addresses, what happened; and the language.

use super::{Login, LoginError, Visit};
use crate::domain::agent::Agent;
use crate::domain::audit::{Actor, Event, RecordedEvent};
use crate::domain::channel::{Address, ChannelKind};
use crate::domain::locale::Locale;
use crate::domain::session::Session;
use crate::domain::soi::Soi;
use crate::domain::time::Timestamp;
use crate::storage::channel_codes::{self, Waiting};
use crate::storage::passwords::StoredPassword;
use crate::storage::{StoreError, Tx, agents, audit, channels, passwords, preferences};

/// An account, as its owner sees it.
#[derive(Debug, Clone)]
pub struct OwnAccount {
    pub agent: Agent,
    pub password: Option<PasswordState>,
    /// One of every kind, in their order.
    pub channels: Vec<OwnChannel>,
}

/// The password's age.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordState {
    pub changed_at: Timestamp,
    /// From when on it is changed at the login; `None`: never, by the rules of today.
    pub expires_at: Option<Timestamp>,
}

/// One kind of address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnChannel {
    pub kind: ChannelKind,
    /// The address that is in force.
    pub address: Option<Address>,
    /// Since when it is proved; `None`: it is not.
    pub verified_at: Option<Timestamp>,
    /// An address that waits for its code.
    pub waiting: Option<Waiting>,
}

/// One page of what happened, newest first.
#[derive(Debug, Clone)]
pub struct OwnActivity {
    pub events: Vec<RecordedEvent>,
    /// The next page holds events before this one; `None`: this was the last.
    pub next: Option<i64>,
}

impl Login {
    /// The account of a session's agent.
    pub async fn own_account(&self, session: &Session) -> Result<Option<OwnAccount>, LoginError> {
        let (soi, now) = (&session.soi, self.clock.now());
        let found = self
            .store
            .read(async |tx: &mut Tx| -> Result<_, StoreError> {
                let Some(agent) = agents::find(tx, soi).await? else { return Ok(None) };
                let password = passwords::find(tx, soi).await?.map(|stored| self.password_state(&agent, &stored));
                let channels = own_channels(tx, &agent, now).await?;
                Ok(Some(OwnAccount { agent, password, channels }))
            })
            .await?;
        Ok(found)
    }

    /// What happened to the account, at most `limit` events before `before`.
    pub async fn own_activity(
        &self,
        session: &Session,
        before: Option<i64>,
        limit: u32,
    ) -> Result<OwnActivity, LoginError> {
        let mut events = self
            .store
            .read_one(async |tx: &mut Tx| -> Result<_, StoreError> {
                audit::of_subject(tx, &session.soi, before, limit.saturating_add(1)).await
            })
            .await?;
        let most = usize::try_from(limit).unwrap_or(usize::MAX);
        let has_more = events.len() > most;
        events.truncate(most);
        let next = events.last().filter(|_| has_more).map(|event| event.seq);
        Ok(OwnActivity { events, next })
    }

    /// Chooses the language in which Octroi writes to the agent.
    pub async fn choose_language(&self, soi: &Soi, locale: Locale, visit: Visit<'_>) -> Result<(), LoginError> {
        let now = self.clock.now();
        let event = Event::new("agent.language_chosen", Actor::Agent(soi.clone()))
            .with_subject(soi)
            .with_contact(visit.contact)
            .with_detail(serde_json::json!({ "language": locale.tag() }));
        self.store
            .write(async |tx: &mut Tx| -> Result<(), StoreError> {
                preferences::set_language(tx, soi, locale).await?;
                audit::append(tx, &event, now).await
            })
            .await?;
        Ok(())
    }

    fn password_state(&self, agent: &Agent, stored: &StoredPassword) -> PasswordState {
        let expires_at = self.settings.policies.of(agent).expires_at(stored.changed_at, stored.renew_at);
        PasswordState { changed_at: stored.changed_at, expires_at }
    }
}

/// Every kind of address of an agent, with its state.
pub(super) async fn own_channels(tx: &mut Tx, agent: &Agent, now: Timestamp) -> Result<Vec<OwnChannel>, StoreError> {
    let soi = &agent.record.soi;
    let proved = channels::of_agent(tx, soi).await?;
    let mut own = Vec::new();
    for kind in ChannelKind::ALL {
        let address = kind.address_of(&agent.record);
        let is_this = |address: &Address| proved.iter().find(|c| c.kind == kind && c.address == *address);
        let verified_at = address.as_ref().and_then(is_this).map(|channel| channel.verified_at);
        let waiting = channel_codes::find(tx, soi, kind, now).await?;
        // HR may have changed the work mail since its code was sent: that code proves nothing any more.
        let waiting = waiting.filter(|w| kind != ChannelKind::WorkEmail || Some(&w.address) == address.as_ref());
        own.push(OwnChannel { kind, address, verified_at, waiting });
    }
    Ok(own)
}
