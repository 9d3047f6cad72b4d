//! Whether an attempt may be made, and what it means for the counts when it is over. For every form with a secret: take an
//! attempt, verify, and then tell how it went.
//!
//! Joins two counts of the storage: attempts, taken before the verification (`storage/throttle.rs`), and failures by network,
//! noted after it (`storage/failures.rs`). A browser that the agent has used before has a budget of its own, and neither
//! what strangers did to the SOI nor what others did in the network keeps it waiting. Known and unknown SOIs run the same
//! statements: keys are digests of what was typed. The rules are in `domain/throttle.rs`.

use serde_json::{Map, Value};

use super::{Login, Visit};
use crate::domain::audit::{Actor, Contact, Event};
use crate::domain::soi::Soi;
use crate::domain::throttle::{Form, NetworkFailures, NetworkRule, Scope, Suspicion};
use crate::domain::time::Timestamp;
use crate::domain::zone::NetworkZone;
use crate::network::Source;
use crate::storage::throttle::{Attempt, Count};
use crate::storage::{StoreError, Tx, audit, failures, throttle};

/// An attempt before it is made: by whose counts it is judged.
#[derive(Debug, Clone)]
pub(super) struct Guess {
    /// Digest of the identifier.
    key: [u8; 32],
    zone: NetworkZone,
    /// Digest of the browser, where the agent has used it before.
    browser: Option<[u8; 32]>,
    /// Absent in a known browser, and where there is no client address.
    network: Option<Network>,
}

#[derive(Debug, Clone)]
struct Network {
    /// Digest of zone and source.
    key: [u8; 32],
    source: Source,
    rule: NetworkRule,
}

/// Whether it may be made.
#[derive(Debug, Clone)]
pub(super) enum Admission {
    Taken(Taken),
    /// Nothing is verified until then.
    Blocked(Blocked),
}

/// An attempt that is being made.
#[derive(Debug, Clone)]
pub(super) struct Taken {
    guess: Guess,
    /// It is the nth without success.
    nth: u32,
    /// It was let in from a slowed network and keeps the others out until then.
    entered: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Blocked {
    pub until: Timestamp,
    /// Whose count asks for the longest wait.
    scope: Scope,
    zone: NetworkZone,
}

/// What looked like guessing, and was not told today.
#[derive(Debug, Clone)]
pub(super) struct Suspected {
    suspicion: Suspicion,
    network: Option<String>,
}

impl Login {
    /// An attempt at `form` with a normalised identifier.
    pub(super) fn guess(&self, form: Form, identifier: &str, visit: Visit<'_>, now: Timestamp) -> Guess {
        let key = self.lookup.digest(form.as_str(), identifier);
        // Only a password that was right makes a browser known, so only passwords have the budget.
        let cookie = visit.known.filter(|_| form == Form::Login);
        let browser = cookie.and_then(|cookie| self.browsers.recognise(cookie, identifier, now));
        let source = self.settings.sources.source_of(visit.contact.client_address.as_deref());
        if source.is_none() {
            metrics::counter!("octroi_attempt_without_address_total", "zone" => visit.zone.as_str()).increment(1);
        }
        let network = source.filter(|_| browser.is_none()).map(|source| {
            let rule = if source.is_shared {
                NetworkRule::shared(self.settings.sources.shared_failures)
            } else {
                NetworkRule::ORDINARY
            };
            // What comes from outside stands in nobody's way inside, whatever the address.
            let purpose = match (visit.zone, source.is_shared) {
                (NetworkZone::Internal, false) => "network",
                (NetworkZone::Internal, true) => "shared network",
                (NetworkZone::Nomades, false) => "network outside",
                (NetworkZone::Nomades, true) => "shared network outside",
            };
            Network { key: self.lookup.digest(purpose, &source.to_string()), source, rule }
        });
        Guess { key, zone: visit.zone, browser, network }
    }
}

impl Guess {
    fn count(&self) -> Count<'_> {
        let browser = self.browser.as_ref().map(<[u8; 32]>::as_slice).unwrap_or_default();
        Count { key: &self.key, zone: self.zone, browser }
    }

    /// Takes the attempt, or says how long to wait. One statement where nothing stands in the way.
    pub async fn take(&self, tx: &mut Tx, now: Timestamp) -> Result<Admission, StoreError> {
        let network = self.network.as_ref().map(|network| network.key.as_slice()).unwrap_or_default();
        if let Some(nth) = throttle::take_unless_slowed(tx, self.count(), network, now).await? {
            return Ok(self.taken(nth, None));
        }
        if let Some(network) = &self.network
            && let Some(next) = failures::slowed(tx, &network.key, now).await?
        {
            return self.take_slowed(tx, network, next, now).await;
        }
        Ok(self.blocked(throttle::blocked_until(tx, self.count()).await?, None))
    }

    /// From a slowed network attempts enter one by one; each has its own delay to respect as well.
    async fn take_slowed(
        &self,
        tx: &mut Tx,
        network: &Network,
        next: Timestamp,
        now: Timestamp,
    ) -> Result<Admission, StoreError> {
        if next > now {
            return Ok(self.blocked(throttle::blocked_until(tx, self.count()).await?, Some(next)));
        }
        let nth = match throttle::take_of(tx, self.count(), now).await? {
            Attempt::Taken(nth) => nth,
            Attempt::Blocked(until) => return Ok(self.blocked(until, None)),
        };
        let delay = network.rule.delay(failures::count(tx, &network.key, &self.key, now).await?);
        if delay.is_zero() {
            failures::recover(tx, &network.key).await?;
            return Ok(self.taken(nth, None));
        }
        let next = now.plus(delay);
        if failures::enter(tx, &network.key, next, now).await? {
            return Ok(self.taken(nth, Some(next)));
        }
        throttle::give_back_of(tx, self.count(), nth).await?;
        let next = failures::slowed(tx, &network.key, now).await?.unwrap_or(next);
        Ok(self.blocked(now, Some(next)))
    }

    fn taken(&self, nth: u32, entered: Option<Timestamp>) -> Admission {
        Admission::Taken(Taken { guess: self.clone(), nth, entered })
    }

    /// The longest wait that applies.
    fn blocked(&self, own: Timestamp, network: Option<Timestamp>) -> Admission {
        let own_scope = if self.browser.is_some() { Scope::Browser } else { Scope::Identifier };
        let (until, scope) = match network.filter(|until| *until > own) {
            Some(until) => (until, Scope::Network),
            None => (own, own_scope),
        };
        Admission::Blocked(Blocked { until, scope, zone: self.zone })
    }
}

impl Taken {
    /// Whether it is the nth in a row without success.
    pub const fn is_nth(&self, n: u32) -> bool {
        self.nth == n
    }

    /// What was typed was right.
    pub async fn succeed(&self, tx: &mut Tx, now: Timestamp) -> Result<(), StoreError> {
        throttle::succeed(tx, self.guess.count()).await?;
        self.leave(tx, now).await
    }

    /// What was guessed at is another one now: nothing that was tried before counts any more.
    pub async fn clear(&self, tx: &mut Tx, now: Timestamp) -> Result<(), StoreError> {
        throttle::clear(tx, &self.guess.key, self.guess.zone).await?;
        self.leave(tx, now).await
    }

    /// Nobody looked: the queue was full, or something else was wrong.
    pub async fn give_back(&self, tx: &mut Tx, now: Timestamp) -> Result<(), StoreError> {
        throttle::give_back_of(tx, self.guess.count(), self.nth).await?;
        match (&self.guess.network, self.entered) {
            (Some(network), Some(next)) => failures::leave(tx, &network.key, next, now).await,
            _ => Ok(()),
        }
    }

    /// The network holds nothing against this identifier any more. Without an attempt before this one there is nothing.
    async fn leave(&self, tx: &mut Tx, now: Timestamp) -> Result<(), StoreError> {
        let Some(network) = &self.guess.network else { return Ok(()) };
        if self.nth > 1 || self.entered.is_some() {
            failures::forget(tx, &network.key, &self.guess.key).await?;
        }
        match self.entered {
            Some(next) => failures::leave(tx, &network.key, next, now).await,
            None => Ok(()),
        }
    }

    /// What was typed was wrong. Slows the network down where that is due, and writes down what looks like guessing; pass it
    /// to [`tell`] after the commit. `agent`: whose SOI was typed, if it is anybody's.
    pub async fn fail(
        &self,
        tx: &mut Tx,
        agent: Option<&Soi>,
        contact: &Contact,
        now: Timestamp,
    ) -> Result<Vec<Suspected>, StoreError> {
        let key = &self.guess.key;
        let (mut found, mut rule) = (NetworkFailures::default(), NetworkRule::ORDINARY);
        if let Some(network) = &self.guess.network {
            failures::note(tx, &network.key, key, now).await?;
            (found, rule) = (failures::count(tx, &network.key, key, now).await?, network.rule);
            let delay = rule.delay(found);
            if !delay.is_zero() {
                failures::slow(tx, &network.key, now.plus(delay), now).await?;
            }
        }
        let mut told = Vec::new();
        for suspicion in Suspicion::of(self.nth, found, rule) {
            let about_network =
                self.guess.network.as_ref().filter(|_| matches!(suspicion, Suspicion::ManyIdentifiers(_)));
            let subject = about_network.map_or(key, |network| &network.key);
            if failures::suspect(tx, suspicion, subject, now).await? {
                let suspected = Suspected { suspicion, network: about_network.map(|n| n.source.to_string()) };
                audit::append(tx, &suspected.event(agent, contact), now).await?;
                told.push(suspected);
            }
        }
        Ok(told)
    }
}

impl Blocked {
    /// What the event of the refusal says beside its reason.
    pub fn detail(self) -> Value {
        serde_json::json!({ "scope": self.scope.as_str() })
    }

    /// Counts the refusal; after the commit.
    pub fn note(self) {
        metrics::counter!("octroi_throttle_total", "zone" => self.zone.as_str(), "scope" => self.scope.as_str())
            .increment(1);
    }
}

impl Suspected {
    fn event(&self, agent: Option<&Soi>, contact: &Contact) -> Event {
        let mut detail = Map::from_iter([
            ("kind".to_owned(), self.suspicion.kind().into()),
            ("count".to_owned(), self.suspicion.count().into()),
        ]);
        detail.extend(self.network.clone().map(|network| ("network".to_owned(), network.into())));
        let event = Event::new("guessing.suspected", Actor::System).with_contact(contact).with_detail(detail.into());
        // A network is suspected for what it did to many; an identifier that matches nobody is not kept (GDPR-02).
        Event { subject: agent.filter(|_| self.network.is_none()).cloned(), ..event }
    }
}

/// Says in the log and in the metrics what was written down; after the commit.
pub(super) fn tell(suspected: &[Suspected]) {
    for Suspected { suspicion, network } in suspected {
        metrics::counter!("octroi_guessing_suspected_total", "kind" => suspicion.kind()).increment(1);
        tracing::warn!(
            kind = suspicion.kind(),
            count = suspicion.count(),
            network = network.as_deref().unwrap_or_default(),
            "somebody seems to guess passwords or codes"
        );
    }
}
