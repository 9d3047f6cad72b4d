//! One password takes the place of another, inside the transactions of those who do it: chosen by who knows the old one
//! (renewal in the login, change on the account page), or with a code, sent or handed over, which takes with it everything
//! that the old one opened and every other code.

use serde_json::json;

use super::{Login, Visit};
use crate::domain::agent::Agent;
use crate::domain::audit::{Actor, Event};
use crate::domain::channel::ChannelKind;
use crate::domain::code_delivery::CodeDelivery;
use crate::domain::notice::{Alarm, Notice};
use crate::domain::reason::Reason;
use crate::domain::soi::Soi;
use crate::domain::throttle::Form;
use crate::domain::time::Timestamp;
use crate::storage::endings::{EndedAccess, end_access};
use crate::storage::passwords::StoredPassword;
use crate::storage::{StoreError, Tx, agents, audit, channels, passwords, throttle};

/// Over which way the code came.
#[derive(Debug, Clone, Copy)]
pub(super) enum Over {
    /// It was sent, at the agent's own wish.
    Channel(ChannelKind),
    /// The help desk issued it.
    HandedOver(Option<CodeDelivery>),
}

impl Login {
    /// Puts `phc` in the place of the password that was chosen at `verified`, remembers that one, and tells the agent on
    /// every channel. Answers the agent, held until the end of the transaction; or why nothing was changed.
    pub(super) async fn replace_password(
        &self,
        tx: &mut Tx,
        soi: &Soi,
        replaced: (Timestamp, Option<&StoredPassword>),
        phc: &str,
        visit: Visit<'_>,
        now: Timestamp,
    ) -> Result<Result<Agent, Reason>, StoreError> {
        let (verified, before) = replaced;
        let Some(agent) = agents::hold(tx, soi).await? else { return Ok(Err(Reason::CredentialsInvalid)) };
        if let Some(reason) = self.standing(&agent, now).refusal() {
            return Ok(Err(reason));
        }
        if !passwords::replace(tx, soi, verified, phc, now).await? {
            return Ok(Err(Reason::CredentialsInvalid));
        }
        self.note_judged(tx, &agent).await?;
        if let Some(before) = before {
            passwords::remember(tx, soi, before, self.settings.policies.of(&agent).remembered()).await?;
        }
        let circumstances = visit.circumstances(now);
        self.outbox.tell(tx, &agent, |alarm| Notice::PasswordChanged { circumstances, alarm }, now).await?;
        Ok(Ok(agent))
    }

    /// Sets a password in the place of another one. The agent is held, and the code was spent in this transaction.
    pub(super) async fn reset_in(
        &self,
        tx: &mut Tx,
        agent: &Agent,
        (replaced, phc): (&StoredPassword, &str),
        over: Over,
        visit: Visit<'_>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let soi = &agent.record.soi;
        passwords::remember(tx, soi, replaced, self.settings.policies.of(agent).remembered()).await?;
        passwords::set(tx, soi, phc, now).await?;
        self.note_judged(tx, agent).await?;
        passwords::note_reset(tx, soi, now).await?;
        let EndedAccess { sessions, grants } = end_access(tx, soi, "password.reset", now).await?;
        throttle::clear(tx, &self.lookup.digest(Form::Login.as_str(), soi.as_str()), visit.zone).await?;
        let (channel, delivery) = match over {
            Over::Channel(kind) => {
                channels::used_for_reset(tx, soi, kind, now).await?;
                (Some(kind), None)
            }
            Over::HandedOver(delivery) => (None, delivery),
        };
        let event = Event::new("password.reset", Actor::Agent(soi.clone()))
            .with_subject(soi)
            .with_contact(visit.contact)
            .with_detail(json!({
                "channel": channel,
                "delivery": delivery,
                "sessions_ended": sessions,
                "grants_revoked": grants,
                "was_suspended": replaced.suspended_at.is_some(),
            }));
        audit::append(tx, &event, now).await?;
        let circumstances = visit.circumstances(now);
        let notice = |alarm: Alarm| Notice::PasswordReset { circumstances, over: channel, alarm };
        self.outbox.tell(tx, agent, notice, now).await
    }
}
