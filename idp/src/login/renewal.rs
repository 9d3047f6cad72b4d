//! An expired password is changed in the login flow: the ticket proves that the old one was just given.
//!
//! The ticket lives ten minutes in ephemeral state, works once, and only in the browser that obtained it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Login, LoginError, NewSession, Visit, same_twice};
use crate::crypto::hash::hash_token;
use crate::domain::agent::Agent;
use crate::domain::audit::{Actor, Event};
use crate::domain::password_policy::Breach;
use crate::domain::reason::Reason;
use crate::domain::secret::{PlainPassword, PlainToken};
use crate::domain::soi::Soi;
use crate::domain::time::Timestamp;
use crate::ephemeral::Kind;
use crate::storage::passwords::StoredPassword;
use crate::storage::{StoreError, Tx, agents, audit, passwords, throttle};

/// How long a ticket waits for the new password.
const TICKET_LIFETIME: Duration = Duration::from_mins(10);

/// What a ticket stands for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Ticket {
    pub soi: Soi,
    /// The password that was verified, named by its age.
    pub changed_at: Timestamp,
    pub reason: Reason,
    /// Digest of the browser's pre-session cookie.
    browser: Vec<u8>,
}

/// Where a new password leads.
#[derive(Debug)]
pub enum Renewal {
    /// Changed, and logged in.
    In(NewSession),
    /// Refused by a rule; the ticket still works.
    Breach(Breach),
    /// The ticket is unknown, spent, too old or another browser's: log in again.
    Gone,
}

impl Login {
    pub(super) async fn issue_ticket(
        &self,
        agent: &Agent,
        stored: &StoredPassword,
        reason: Reason,
        key: &[u8; 32],
        visit: Visit<'_>,
        now: Timestamp,
    ) -> Result<PlainToken, LoginError> {
        let ticket = Ticket {
            soi: agent.record.soi.clone(),
            changed_at: stored.changed_at,
            reason,
            browser: hash_token(visit.browser).as_bytes().to_vec(),
        };
        let token = self.random.token();
        let value = serde_json::to_vec(&ticket).unwrap_or_default();
        self.ephemeral.put(Kind::PasswordTicket, &ticket_key(&token), value, TICKET_LIFETIME).await?;
        let event = Event::new("login.renewal_asked", Actor::Agent(agent.record.soi.clone()))
            .with_subject(&agent.record.soi)
            .with_contact(visit.contact)
            .with_detail(serde_json::json!({ "why": reason }));
        self.store
            .write(async |tx: &mut Tx| -> Result<(), StoreError> {
                throttle::clear(tx, key, visit.zone).await?;
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

    /// Changes the password and begins the session.
    pub async fn renew(
        &self,
        token: &PlainToken,
        new: PlainPassword,
        again: PlainPassword,
        visit: Visit<'_>,
    ) -> Result<Renewal, LoginError> {
        let now = self.clock.now();
        let Some(ticket) = self.find_ticket(token, visit.browser).await? else { return Ok(Renewal::Gone) };
        let Some((agent, stored)) = self.ticket_owner(&ticket, now).await? else { return Ok(Renewal::Gone) };
        if let Err(breach) = same_twice(&new, &again).and_then(|()| self.check_new(&agent, &new)) {
            return Ok(Renewal::Breach(breach));
        }
        if self.passwords.verify(new.clone(), Some(stored.phc.clone())).await?.matches {
            return Ok(Renewal::Breach(Breach::Unchanged));
        }
        let phc = self.passwords.hash(new).await?;
        if self.ephemeral.take(Kind::PasswordTicket, &ticket_key(token)).await?.is_none() {
            return Ok(Renewal::Gone);
        }

        let session = self.new_session(&ticket.soi, visit.zone, now);
        let changed = Event::new("password.changed", Actor::Agent(ticket.soi.clone()))
            .with_subject(&ticket.soi)
            .with_session(&session.session.sid)
            .with_contact(visit.contact)
            .with_detail(serde_json::json!({ "why": ticket.reason }));
        let done = self
            .store
            .write(async |tx: &mut Tx| -> Result<bool, StoreError> {
                let active =
                    agents::find(tx, &ticket.soi).await?.is_some_and(|a| self.standing(&a, now).refusal().is_none());
                if !active || !passwords::replace(tx, &ticket.soi, &stored.phc, &phc, now).await? {
                    return Ok(false);
                }
                audit::append(tx, &changed, now).await?;
                self.store_session(tx, &session, visit, now).await?;
                Ok(true)
            })
            .await?;
        Ok(if done { Renewal::In(session) } else { Renewal::Gone })
    }

    /// The agent of a ticket and the password that it renews, if both are still so.
    async fn ticket_owner(
        &self,
        ticket: &Ticket,
        now: Timestamp,
    ) -> Result<Option<(Agent, StoredPassword)>, StoreError> {
        let found = self
            .store
            .read(async |tx: &mut Tx| -> Result<_, StoreError> {
                Ok((agents::find(tx, &ticket.soi).await?, passwords::find(tx, &ticket.soi).await?))
            })
            .await?;
        Ok(match found {
            (Some(agent), Some(stored))
                if stored.changed_at == ticket.changed_at && self.standing(&agent, now).refusal().is_none() =>
            {
                Some((agent, stored))
            }
            _ => None,
        })
    }
}

/// The plain ticket is a secret, so ephemeral state knows it by its hash.
fn ticket_key(token: &PlainToken) -> String {
    use base64::Engine;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(hash_token(token).as_bytes())
}
