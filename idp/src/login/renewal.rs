//! An expired password is changed in the login flow: the ticket proves that the old one was just given.
//!
//! The ticket lives ten minutes in ephemeral state, works once, only in the browser that obtained it, and only where a
//! password may be changed.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::factor::beside::Beside;
use super::factor::given::WrongFactor;
use super::guess::Taken;
use super::judgement::MustRenew;
use super::{Login, LoginError, NewSession, Visit, same_twice};
use crate::crypto::hash::hash_token;
use crate::domain::agent::Agent;
use crate::domain::audit::{Actor, Event};
use crate::domain::factor::{GivenFactor, Proof};
use crate::domain::password_policy::Breach;
use crate::domain::reason::Reason;
use crate::domain::secret::{PlainPassword, PlainToken};
use crate::domain::soi::Soi;
use crate::domain::time::Timestamp;
use crate::domain::zone::NetworkZone;
use crate::ephemeral::Kind;
use crate::storage::passwords::StoredPassword;
use crate::storage::{StoreError, Tx, agents, audit, passwords, sessions};

/// How long a ticket waits for the new password.
const TICKET_LIFETIME: Duration = Duration::from_mins(10);

/// What a ticket stands for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Ticket {
    pub soi: Soi,
    /// The password that was verified, named by its age.
    pub changed_at: Timestamp,
    pub reason: Reason,
    /// The rule that it breaks since the rules changed.
    broken: Option<Breach>,
    /// Digest of the browser's pre-session cookie.
    browser: Vec<u8>,
}

/// Where a new password leads.
#[derive(Debug)]
pub enum Renewal {
    /// Changed, and logged in.
    In(NewSession),
    /// Refused by a rule; the ticket still works. With what the page says about the old one.
    Breach { breach: Breach, why: MustRenew },
    /// Outside, the code beside the new password is wrong; the ticket still works.
    Factor { wrong: WrongFactor, why: MustRenew },
    /// Too many wrong codes; nothing was looked at.
    Throttled { wait: Duration, why: MustRenew },
    /// The ticket is unknown, spent, too old or another browser's, or what it stands for changed: log in
    /// again.
    Gone,
}

impl Login {
    pub(super) async fn issue_ticket(
        &self,
        agent: &Agent,
        stored: &StoredPassword,
        why: &MustRenew,
        taken: &Taken,
        visit: Visit<'_>,
        now: Timestamp,
    ) -> Result<PlainToken, LoginError> {
        let ticket = Ticket {
            soi: agent.record.soi.clone(),
            changed_at: stored.changed_at,
            reason: why.reason,
            broken: why.broken,
            browser: hash_token(visit.browser).as_bytes().to_vec(),
        };
        let token = self.random.token();
        let value = serde_json::to_vec(&ticket).unwrap_or_default();
        self.ephemeral.put(Kind::PasswordTicket, &ticket_key(&token), value, TICKET_LIFETIME).await?;
        let event = Event::new("login.renewal_asked", Actor::Agent(agent.record.soi.clone()))
            .with_subject(&agent.record.soi)
            .with_contact(visit.contact)
            .with_detail(match why.broken {
                None => serde_json::json!({ "why": why.reason }),
                // Not which rule: that would describe a password which still opens something.
                Some(_) => serde_json::json!({ "why": why.reason, "rules_changed": true }),
            });
        self.store
            .write(async |tx: &mut Tx| -> Result<(), StoreError> {
                taken.succeed(tx, now).await?;
                audit::append(tx, &event, now).await
            })
            .await?;
        Ok(token)
    }

    /// The ticket behind a page, if this browser may use it; consumes nothing.
    pub async fn find_ticket(&self, token: &PlainToken, browser: &PlainToken) -> Result<Option<Ticket>, LoginError> {
        let value = self.ephemeral.get(Kind::PasswordTicket, &ticket_key(token)).await?;
        let ticket: Option<Ticket> = value.and_then(|v| serde_json::from_slice(&v).ok());
        let own = hash_token(browser);
        Ok(ticket.filter(|t| crate::crypto::hash::constant_time_eq(&t.browser, own.as_bytes())))
    }

    /// Changes the password and begins the session. `code`: what is typed beside it outside.
    pub async fn renew(
        &self,
        token: &PlainToken,
        new: PlainPassword,
        again: PlainPassword,
        code: &str,
        visit: Visit<'_>,
    ) -> Result<Renewal, LoginError> {
        let now = self.clock.now();
        let Some(ticket) = self.find_ticket(token, visit.browser).await? else { return Ok(Renewal::Gone) };
        let (agent, before) = match self.ticket_owner(&ticket, now).await? {
            Ok(owner) => owner,
            Err(reason) => return self.refuse_renewal(&ticket, reason, visit, now).await,
        };
        let checked = match same_twice(&new, &again) {
            Ok(()) => self.check_new(&agent, &new).await,
            mismatch => mismatch,
        };
        let hashed = match checked {
            Ok(()) => self.hash_new(new, &before, visit.zone).await?,
            Err(breach) => Err(breach),
        };
        let phc = match (hashed, before.first()) {
            (Ok(phc), _) => phc,
            (Err(breach), Some(present)) => {
                let why = self.must_renew(&agent, present, ticket.reason, ticket.broken, now);
                return Ok(Renewal::Breach { breach, why });
            }
            (Err(_), None) => return Ok(Renewal::Gone),
        };
        // Outside, a password is changed after the second factor only (PRODUCT §4).
        let given = match visit.zone {
            NetworkZone::Internal => None,
            NetworkZone::Nomades => {
                let Some(present) = before.first() else { return Ok(Renewal::Gone) };
                let why = self.must_renew(&agent, present, ticket.reason, ticket.broken, now);
                match self.prove_beside_password(&agent, code, visit, now).await? {
                    Beside::Right(proof) => Some(proof),
                    Beside::Wrong(wrong) => return Ok(Renewal::Factor { wrong, why }),
                    Beside::Throttled { wait } => return Ok(Renewal::Throttled { wait, why }),
                }
            }
        };
        if self.ephemeral.take(Kind::PasswordTicket, &ticket_key(token)).await?.is_none() {
            return self.refuse_renewal(&ticket, Reason::CredentialsInvalid, visit, now).await;
        }
        self.change(&ticket, before.first(), &phc, given, visit, now).await
    }

    /// Changes the password, ends the sessions that the old one began, and begins a new one; or notes why not.
    async fn change(
        &self,
        ticket: &Ticket,
        replaced: Option<&StoredPassword>,
        phc: &str,
        given: Option<Proof>,
        visit: Visit<'_>,
        now: Timestamp,
    ) -> Result<Renewal, LoginError> {
        let soi = &ticket.soi;
        let mut session = self.new_session(soi, visit.zone, now);
        if let Some(proof) = given {
            session.session.authentication = session.session.authentication.with(proof);
            session.session.second = Some(GivenFactor { factor: proof.factor(), at: now, until: proof.until(now) });
        }
        let done = self
            .store
            .write(async |tx: &mut Tx| -> Result<bool, StoreError> {
                let replaced = (ticket.changed_at, replaced);
                if let Err(reason) = self.replace_password(tx, soi, replaced, phc, visit, now).await? {
                    audit::append(tx, &refused_renewal(ticket, reason, visit), now).await?;
                    return Ok(false);
                }
                let ended = sessions::end_all(tx, soi, "password.changed", now).await?;
                let changed = Event::new("password.changed", Actor::Agent(soi.clone()))
                    .with_subject(soi)
                    .with_session(&session.session.sid)
                    .with_contact(visit.contact)
                    .with_detail(serde_json::json!({ "why": ticket.reason, "sessions_ended": ended }));
                audit::append(tx, &changed, now).await?;
                self.store_session(tx, &session, visit, now).await?;
                Ok(true)
            })
            .await?;
        Ok(if done { Renewal::In(session) } else { Renewal::Gone })
    }

    /// The agent of a ticket, the password that it renews and those before it, if all is still so; else the reason.
    async fn ticket_owner(
        &self,
        ticket: &Ticket,
        now: Timestamp,
    ) -> Result<Result<(Agent, Vec<StoredPassword>), Reason>, StoreError> {
        let (agent, present, history) = self
            .store
            .read(async |tx: &mut Tx| -> Result<_, StoreError> {
                let agent = agents::find(tx, &ticket.soi).await?;
                let present = passwords::find(tx, &ticket.soi).await?;
                let remembered = agent.as_ref().map_or(0, |agent| self.settings.policies.of(agent).remembered());
                Ok((agent, present, passwords::history(tx, &ticket.soi, remembered).await?))
            })
            .await?;
        let present = present.filter(|present| present.changed_at == ticket.changed_at);
        let (Some(agent), Some(present)) = (agent, present) else { return Ok(Err(Reason::CredentialsInvalid)) };
        let shut = self.shut(&agent, &present, now);
        let before = [vec![present], history].concat();
        Ok(match shut {
            None => Ok((agent, before)),
            Some(reason) => Err(reason),
        })
    }

    async fn refuse_renewal(
        &self,
        ticket: &Ticket,
        reason: Reason,
        visit: Visit<'_>,
        now: Timestamp,
    ) -> Result<Renewal, LoginError> {
        let event = refused_renewal(ticket, reason, visit);
        self.store
            .write(async |tx: &mut Tx| -> Result<(), StoreError> { audit::append(tx, &event, now).await })
            .await?;
        Ok(Renewal::Gone)
    }
}

fn refused_renewal(ticket: &Ticket, reason: Reason, visit: Visit<'_>) -> Event {
    Event::new("password.changed", Actor::Agent(ticket.soi.clone()))
        .with_subject(&ticket.soi)
        .refused(reason)
        .with_contact(visit.contact)
        .with_detail(serde_json::json!({ "why": ticket.reason }))
}

/// The plain ticket is a secret, so ephemeral state knows it by its hash.
fn ticket_key(token: &PlainToken) -> String {
    use base64::Engine;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(hash_token(token).as_bytes())
}
