//! "This was not me": the code of a notice suspends the agent's credentials at once. It opens nothing and tells nothing;
//! only the help desk ends the suspension, with a code that is handed over.

use std::time::Duration;

use serde_json::json;

use super::{Login, LoginError, Visit};
use crate::crypto::short_code::PlainCode;
use crate::domain::agent::Agent;
use crate::domain::audit::{Actor, Event};
use crate::domain::budget::{ALARMS_PER_REFERENCE, alarms_from};
use crate::domain::channel::Address;
use crate::domain::ids::Reference;
use crate::domain::locale::Locale;
use crate::domain::notice::{Notice, Recipient};
use crate::domain::reason::Reason;
use crate::domain::time::Timestamp;
use crate::storage::endings::{EndedAccess, end_access};
use crate::storage::{StoreError, Tx, agents, alarms, audit, budgets, passwords};

/// What came of an alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Raised {
    /// The credentials are suspended.
    Done,
    /// Reference or code wrong, spent or too old: one answer.
    Invalid,
    /// Tried too often; no code was looked at.
    Throttled { wait: Duration },
}

impl Login {
    /// Sets an alarm off, with reference and code as typed.
    pub async fn raise_alarm(&self, reference: &str, code: &str, visit: Visit<'_>) -> Result<Raised, LoginError> {
        let now = self.clock.now();
        let reference = Reference::new(PlainCode::typed(reference).grouped());
        let code_hash = self.short_codes.digest(alarms::PURPOSE, reference.as_str(), &PlainCode::typed(code));
        let raised = self
            .store
            .write(async |tx: &mut Tx| -> Result<Raised, StoreError> {
                if let Err(wait) = self.may_raise(tx, &reference, visit, now).await? {
                    audit::append(tx, &refused(Reason::AccountThrottled, visit), now).await?;
                    return Ok(Raised::Throttled { wait });
                }
                let Some(set_off) = alarms::consume(tx, &reference, code_hash, now).await? else {
                    audit::append(tx, &refused(Reason::ResetInvalid, visit), now).await?;
                    return Ok(Raised::Invalid);
                };
                // An alarm names an agent who exists, and nobody is ever deleted.
                if let Some(agent) = agents::hold(tx, &set_off.soi).await? {
                    self.suspend(tx, &agent, &set_off.about, &reference, visit, now).await?;
                }
                Ok(Raised::Done)
            })
            .await?;
        if raised == Raised::Done {
            metrics::counter!("octroi_alarm_total").increment(1);
            tracing::warn!(reference = reference.as_str(), "an agent said that a change was not theirs");
        }
        Ok(raised)
    }

    async fn may_raise(
        &self,
        tx: &mut Tx,
        reference: &Reference,
        visit: Visit<'_>,
        now: Timestamp,
    ) -> Result<Result<(), Duration>, StoreError> {
        let source = self.settings.sources.source_of(visit.contact.client_address.as_deref());
        let of_network = source.map(|source| (alarms_from(visit.zone, source.is_shared), source.to_string()));
        let counts = of_network.into_iter().chain([(ALARMS_PER_REFERENCE, reference.to_string())]);
        for (budget, whose) in counts {
            let key = self.lookup.digest(budget.purpose, &whose);
            if !budgets::take(tx, &key, budget, now).await? {
                let end = budgets::window_end(tx, &key).await?;
                return Ok(Err(end.map_or(budget.window, |end| now.until(end))));
            }
        }
        Ok(Ok(()))
    }

    /// Nothing opens any more, and everybody hears of it whom it concerns.
    async fn suspend(
        &self,
        tx: &mut Tx,
        agent: &Agent,
        about: &str,
        reference: &Reference,
        visit: Visit<'_>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let soi = &agent.record.soi;
        let is_new = passwords::suspend(tx, soi, now).await?;
        let EndedAccess { sessions, grants } = end_access(tx, soi, "credentials.suspended", now).await?;
        let event = Event::new("credentials.suspended", Actor::Agent(soi.clone()))
            .with_subject(soi)
            .with_reference(reference)
            .with_contact(visit.contact)
            .with_detail(json!({
                "about": about,
                "sessions_ended": sessions,
                "grants_revoked": grants,
                "was_suspended": !is_new,
            }));
        audit::append(tx, &event, now).await?;
        self.outbox.tell_plainly(tx, agent, &Notice::CredentialsSuspended { at: now }, now).await?;
        if let Some(alerts) = &self.settings.alerts {
            let address = Address::Email(alerts.clone());
            let to = Recipient { soi: None, name: String::new(), address, locale: Locale::default() };
            let notice = Notice::AlarmRaised { soi: soi.clone(), reference: reference.to_string(), at: now };
            self.outbox.queue(tx, to, notice, now).await?;
        }
        Ok(())
    }
}

/// Whose alarm was meant is not known.
fn refused(reason: Reason, visit: Visit<'_>) -> Event {
    Event::new("alarm.refused", Actor::Stranger).refused(reason).with_contact(visit.contact)
}
