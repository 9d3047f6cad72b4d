//! Mails to agents whose password is to be changed soon: at the beginning of the time of warnings, and 7, 3 and 1 days ahead.
//!
//! Every node looks, and one statement per agent decides who sends (`passwords::claim_warning`), in the transaction that
//! queues the mail. Who could not be told in time (nobody ran, the policy changed) is told the nearest step only.

use std::time::Duration;

use jiff::tz::TimeZone;

use crate::domain::channel::ChannelKind;
use crate::domain::notice::Notice;
use crate::domain::password_policy::PasswordPolicies;
use crate::domain::time::Timestamp;
use crate::outbox::Outbox;
use crate::storage::passwords::StoredPassword;
use crate::storage::standing::AgentStanding;
use crate::storage::{Store, StoreError, Tx, passwords, standing};

/// Days ahead, beside the first warning.
const STEPS: [u32; 3] = [7, 3, 1];

/// Agents who are read at a time.
const PAGE: u32 = 500;

/// Mails that are queued in one transaction, so that no login waits long for it.
const PORTION: usize = 50;

const DAY: Duration = Duration::from_hours(24);

/// What warnings are made from.
#[derive(Debug, Clone)]
pub struct ExpiryWarnings {
    pub policies: PasswordPolicies,
    /// The City's: a mail names a day.
    pub time_zone: TimeZone,
    pub outbox: Outbox,
}

/// One agent to be told.
struct Due {
    standing: AgentStanding,
    password: StoredPassword,
    ends_at: Timestamp,
    /// The step that has begun.
    step: u32,
}

impl ExpiryWarnings {
    /// Queues every warning that is due and was not queued before; answers how many.
    pub async fn queue_due(&self, store: &Store, now: Timestamp) -> Result<u64, StoreError> {
        let (longest, youngest) = self.policies.outermost();
        let chosen = youngest.map(|age| now.plus(longest).minus(age));
        let (mut after, mut told) = (String::new(), 0);
        loop {
            let page = store
                .read(async |tx: &mut Tx| -> Result<_, StoreError> {
                    standing::list_ageing(tx, &after, chosen, now.plus(longest), PAGE).await
                })
                .await?;
            let Some(last) = page.last() else { return Ok(told) };
            after = last.agent.record.soi.to_string();
            let is_last = page.len() < usize::try_from(PAGE).unwrap_or(usize::MAX);
            let due: Vec<Due> = page.into_iter().filter_map(|standing| self.due(standing, now)).collect();
            for portion in due.chunks(PORTION) {
                told += store
                    .write(async |tx: &mut Tx| -> Result<u64, StoreError> {
                        let mut told = 0;
                        for due in portion {
                            told += u64::from(self.tell(tx, due, now).await?);
                        }
                        Ok(told)
                    })
                    .await?;
            }
            if is_last {
                return Ok(told);
            }
        }
    }

    /// The step that has begun for this agent, if one has.
    fn due(&self, standing: AgentStanding, now: Timestamp) -> Option<Due> {
        let password = standing.password.clone()?;
        let policy = self.policies.of(&standing.agent);
        let ends_at = policy.expires_soon(password.changed_at, password.renew_at, now)?;
        let left = now.until(ends_at);
        let first = u32::try_from(policy.warn_before.as_secs() / DAY.as_secs()).unwrap_or(u32::MAX);
        let begun = STEPS.into_iter().chain([first]).filter(|days| left <= DAY * *days);
        let step = begun.min().unwrap_or(first);
        Some(Due { standing, password, ends_at, step })
    }

    async fn tell(&self, tx: &mut Tx, due: &Due, now: Timestamp) -> Result<bool, StoreError> {
        let Due { standing: AgentStanding { agent, .. }, password, ends_at, step } = due;
        let Some(address) = ChannelKind::WorkEmail.address_of(&agent.record) else { return Ok(false) };
        if !passwords::claim_warning(tx, &agent.record.soi, password, *ends_at, *step).await? {
            return Ok(false);
        }
        let to = self.outbox.recipient(tx, agent, address).await?;
        let on = ends_at.date_in(&self.time_zone);
        let days = ends_at.days_from(now, &self.time_zone);
        self.outbox.queue(tx, to, Notice::PasswordExpires { on, days }, now).await?;
        Ok(true)
    }
}
