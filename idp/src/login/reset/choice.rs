//! The third step: the new password, by the rules of every new password. Everything that the old one opened ends; the
//! agent is told on every channel and then logs in as always.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::{bearer, count, refused};
use crate::domain::agent::Agent;
use crate::domain::password_policy::{Breach, PasswordPolicy};
use crate::domain::reason::Reason;
use crate::domain::reset::CHOICE_LIFETIME;
use crate::domain::secret::{PlainPassword, PlainToken};
use crate::domain::soi::Soi;
use crate::domain::time::Timestamp;
use crate::login::factor::beside::Beside;
use crate::login::factor::given::WrongFactor;
use crate::login::replacement::Over;
use crate::login::{Login, LoginError, Visit, same_twice};
use crate::storage::resets::{Bearer, ProvedReset};
use crate::storage::{StoreError, Tx, agents, audit, passwords, resets};

/// Where a new password leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reset {
    Done,
    /// Refused by a rule; the ticket still works.
    Breach {
        breach: Breach,
        asked: ResetAsked,
    },
    /// The code beside it is wrong; the ticket still works.
    Factor {
        wrong: WrongFactor,
        asked: ResetAsked,
    },
    /// Too many wrong codes; nothing was looked at.
    Throttled {
        wait: Duration,
        asked: ResetAsked,
    },
    /// The ticket is unknown, not proved, spent or too old, or the account was shut meanwhile: begin anew.
    Gone,
}

/// Whose password is chosen, and what the form asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResetAsked {
    pub soi: Soi,
    pub policy: Arc<PasswordPolicy>,
    /// A second factor is given beside the new password.
    pub asks_code: bool,
}

impl Login {
    /// Sets the password. `code`: what is typed beside it.
    pub async fn reset_password(
        &self,
        ticket: &PlainToken,
        new: PlainPassword,
        again: PlainPassword,
        code: &str,
        visit: Visit<'_>,
    ) -> Result<Reset, LoginError> {
        let now = self.clock.now();
        let bearer = bearer(ticket, visit);
        let Some(proved) = self.proved_reset(&bearer, now).await? else { return Ok(Reset::Gone) };
        let soi = proved.soi.clone();
        let find = async |tx: &mut Tx| -> Result<(Option<Agent>, bool), StoreError> {
            Ok((agents::find(tx, &soi).await?, self.reset_asks_code(tx, &soi, visit, now).await?))
        };
        let (Some(agent), asks_code) = self.store.read(find).await? else { return Ok(Reset::Gone) };
        let policy = self.settings.policies.of(&agent).clone();
        let asked = ResetAsked { soi: soi.clone(), policy: policy.clone(), asks_code };
        let checked = match same_twice(&new, &again) {
            Ok(()) => self.check_new(&agent, &new).await,
            mismatch => mismatch,
        };
        if let Err(breach) = checked {
            return Ok(Reset::Breach { breach, asked });
        }
        let choose = async |tx: &mut Tx| -> Result<bool, StoreError> { resets::choose(tx, &bearer, since(now)).await };
        if !self.store.write(choose).await? {
            return Ok(Reset::Gone);
        }
        let before = self.passwords_of(&soi, policy.remembered()).await?;
        let phc = match self.hash_new(new, &before, visit.zone).await? {
            Ok(phc) => phc,
            Err(breach) => return Ok(Reset::Breach { breach, asked }),
        };
        if asks_code {
            match self.prove_beside_password(&agent, code, visit, now).await? {
                Beside::Right(_) => {}
                Beside::Wrong(wrong) => return Ok(Reset::Factor { wrong, asked }),
                Beside::Throttled { wait } => return Ok(Reset::Throttled { wait, asked }),
            }
        }
        let done = self.use_reset(&bearer, &proved, &phc, visit, now).await?;
        count(visit, if done { "done" } else { "refused" });
        Ok(if done { Reset::Done } else { Reset::Gone })
    }

    /// Spends the attempt and sets the password in one transaction; of two at once, one wins.
    async fn use_reset(
        &self,
        bearer: &Bearer,
        proved: &ProvedReset,
        phc: &str,
        visit: Visit<'_>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let soi = &proved.soi;
        self.store
            .write(async |tx: &mut Tx| -> Result<bool, StoreError> {
                // Agent and password are held first: whoever shuts the account comes before, and is seen, or after.
                let agent = agents::hold(tx, soi).await?;
                let password = passwords::hold(tx, soi).await?;
                let (Some(agent), Some(password)) = (agent, password) else { return Ok(false) };
                let shut = self.shut(&agent, &password, now);
                let reason = match shut {
                    None if resets::consume(tx, bearer, since(now), now).await? => None,
                    None => Some(Reason::ResetInvalid),
                    shut => shut,
                };
                if let Some(reason) = reason {
                    let event = refused("password.reset", Some(soi), reason, visit)
                        .with_detail(json!({ "channel": proved.channel }));
                    audit::append(tx, &event, now).await?;
                    return Ok(false);
                }
                self.reset_in(tx, &agent, (&password, phc), Over::Channel(proved.channel), visit, now).await?;
                Ok(true)
            })
            .await
    }

    async fn proved_reset(&self, bearer: &Bearer, now: Timestamp) -> Result<Option<ProvedReset>, StoreError> {
        self.store.read(async |tx: &mut Tx| resets::find_proved(tx, bearer, since(now)).await).await
    }
}

/// A code that was right before this moment is worth nothing any more.
fn since(now: Timestamp) -> Timestamp {
    now.minus(CHOICE_LIFETIME)
}
