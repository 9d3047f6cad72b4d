//! The second step: the code. A try is counted before anything is compared, twice: in its own attempt, five at most, and
//! for the SOI as typed, with growing delays, so that new attempts and new codes give no new tries.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::{bearer, count, refused};
use crate::crypto::short_code::PlainCode;
use crate::domain::audit::{Actor, Event};
use crate::domain::password_policy::PasswordPolicy;
use crate::domain::reason::Reason;
use crate::domain::reset::{CODE_DIGITS, MOST_TRIES, RESEND_UNTIL};
use crate::domain::secret::PlainToken;
use crate::domain::soi::Soi;
use crate::domain::time::Timestamp;
use crate::login::{Login, LoginError, Visit};
use crate::storage::throttle::Attempt;
use crate::storage::{StoreError, Tx, agents, audit, resets, throttle};

const ACT: &str = "password.reset_code_refused";

/// Where a code leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// The code was right: the same ticket now opens the choice of a password for this agent.
    /// `asks_code`: with a second factor beside it.
    Right { soi: Soi, policy: Arc<PasswordPolicy>, asks_code: bool },
    /// A second factor is enrolled that cannot be typed here, and no session of this browser has given it.
    FactorNeeded,
    /// Wrong; so many tries are left.
    Wrong { left: u32 },
    /// Too old; another one can be sent in this attempt. Nothing was looked at or counted.
    Expired,
    /// Unknown, spent, far too old, or tried too often: begin anew.
    Gone,
    /// Not eight digits; nothing was looked at or counted.
    NoCode,
    /// A delay runs; nothing was looked at.
    Throttled { wait: Duration },
}

impl Login {
    /// Tries a code as typed.
    pub async fn prove_reset(&self, ticket: &PlainToken, typed: &str, visit: Visit<'_>) -> Result<Proof, LoginError> {
        let now = self.clock.now();
        let Some(code) = PlainCode::typed_digits(typed, CODE_DIGITS) else { return Ok(Proof::NoCode) };
        let (bearer, code_hash) = (bearer(ticket, visit), self.reset_digest(ticket, &code));
        let proof = self
            .store
            .write(async |tx: &mut Tx| -> Result<Proof, StoreError> {
                let Some(open) = resets::find(tx, &bearer, now.minus(RESEND_UNTIL)).await? else {
                    return Ok(Proof::Gone);
                };
                if now >= open.expires_at {
                    return Ok(Proof::Expired);
                }
                if let Attempt::Blocked(until) = throttle::take(tx, &open.identifier_key, visit.zone, now).await? {
                    let event = refused(ACT, open.soi.as_ref(), Reason::AccountThrottled, visit);
                    audit::append(tx, &event, now).await?;
                    return Ok(Proof::Throttled { wait: now.until(until) });
                }
                let tried = resets::try_code(tx, &bearer, code_hash, now).await?;
                let (soi, proof) = match tried {
                    Some(tried) if tried.is_proved => {
                        throttle::clear(tx, &open.identifier_key, visit.zone).await?;
                        return self.proved(tx, tried, visit, now).await;
                    }
                    Some(tried) => {
                        let left = MOST_TRIES.saturating_sub(tried.tries);
                        (tried.soi, if left == 0 { Proof::Gone } else { Proof::Wrong { left } })
                    }
                    None => (open.soi, Proof::Gone),
                };
                audit::append(tx, &refused(ACT, soi.as_ref(), Reason::ResetInvalid, visit), now).await?;
                Ok(proof)
            })
            .await?;
        count(visit, if matches!(proof, Proof::Right { .. }) { "proved" } else { "refused" });
        Ok(proof)
    }

    /// The code was right. A second factor comes beside the new password: a reset never goes round it.
    async fn proved(
        &self,
        tx: &mut Tx,
        tried: resets::Tried,
        visit: Visit<'_>,
        now: Timestamp,
    ) -> Result<Proof, StoreError> {
        let agent = match &tried.soi {
            Some(soi) => agents::find(tx, soi).await?,
            None => None,
        };
        let (Some(soi), Some(agent)) = (tried.soi, agent) else { return Ok(Proof::Gone) };
        let asks_code = self.reset_asks_code(tx, &soi, visit, now).await?;
        if asks_code && !self.has_typed_factor(tx, &soi).await? {
            resets::withdraw(tx, &soi).await?;
            audit::append(tx, &refused(ACT, Some(&soi), Reason::FactorRequired, visit), now).await?;
            return Ok(Proof::FactorNeeded);
        }
        let event = Event::new("password.reset_code_accepted", Actor::Agent(soi.clone()))
            .with_subject(&soi)
            .with_contact(visit.contact)
            .with_detail(json!({ "channel": tried.channel }));
        audit::append(tx, &event, now).await?;
        Ok(Proof::Right { soi, policy: self.settings.policies.of(&agent).clone(), asks_code })
    }
}
