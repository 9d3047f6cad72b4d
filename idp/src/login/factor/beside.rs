//! A code that is typed beside something else than a login: a password that is renewed outside, or reset. No session is
//! there yet to be raised; the code is tried and counted all the same.

use std::time::Duration;

use super::given::{Evidence, WrongFactor};
use super::recovery::SYMBOLS;
use crate::crypto::short_code::PlainCode;
use crate::domain::agent::Agent;
use crate::domain::audit::{Actor, Event};
use crate::domain::factor::Proof;
use crate::domain::reason::Reason;
use crate::domain::soi::Soi;
use crate::domain::throttle::Form;
use crate::domain::time::Timestamp;
use crate::login::guess::{Admission, Blocked, Suspected, tell};
use crate::login::totp::DIGITS;
use crate::login::{Login, LoginError, Visit};
use crate::storage::{StoreError, Tx, audit, recovery_codes, totp_devices};

/// Where the code leads.
#[derive(Debug)]
pub(in crate::login) enum Beside {
    Right(Proof),
    Wrong(WrongFactor),
    /// A delay runs; nothing was looked at.
    Throttled {
        wait: Duration,
    },
}

enum Ended {
    Right(Proof),
    Wrong(WrongFactor, Vec<Suspected>),
    Blocked(Blocked),
}

impl Login {
    /// Whether this agent has something that can be typed there.
    pub(in crate::login) async fn can_prove_beside_password(&self, agent: &Agent) -> Result<bool, StoreError> {
        let soi = &agent.record.soi;
        self.store.read(async |tx: &mut Tx| -> Result<bool, StoreError> { self.has_typed_factor(tx, soi).await }).await
    }

    /// The same inside a transaction.
    pub(in crate::login) async fn has_typed_factor(&self, tx: &mut Tx, soi: &Soi) -> Result<bool, StoreError> {
        Ok(!totp_devices::of_agent(tx, soi).await?.is_empty() || recovery_codes::left(tx, soi).await? > 0)
    }

    /// Tries what was typed: a code of an authenticator application, or a recovery code.
    pub(in crate::login) async fn prove_beside_password(
        &self,
        agent: &Agent,
        typed: &str,
        visit: Visit<'_>,
        now: Timestamp,
    ) -> Result<Beside, LoginError> {
        let Some(evidence) = read(typed) else { return Ok(Beside::Wrong(WrongFactor::Shape)) };
        let soi = &agent.record.soi;
        let guess = self.guess(Form::Factor, soi.as_str(), visit, now);
        let ended = self
            .store
            .write(async |tx: &mut Tx| -> Result<Ended, LoginError> {
                let noted =
                    |act| Event::new(act, Actor::Agent(soi.clone())).with_subject(soi).with_contact(visit.contact);
                let taken = match guess.take(tx, now).await? {
                    Admission::Taken(taken) => taken,
                    Admission::Blocked(blocked) => {
                        let refused = noted("factor.refused").refused(Reason::AccountThrottled);
                        audit::append(tx, &refused.with_detail(blocked.detail()), now).await?;
                        return Ok(Ended::Blocked(blocked));
                    }
                };
                match self.verify(tx, agent, &evidence, visit, now).await? {
                    Ok(proof) => {
                        taken.succeed(tx, now).await?;
                        let detail = serde_json::json!({ "factor": proof.factor() });
                        audit::append(tx, &noted("factor.verified").with_detail(detail), now).await?;
                        Ok(Ended::Right(proof))
                    }
                    Err(wrong) => {
                        audit::append(tx, &noted("factor.refused").refused(Reason::FactorInvalid), now).await?;
                        Ok(Ended::Wrong(wrong, taken.fail(tx, Some(soi), visit.contact, now).await?))
                    }
                }
            })
            .await?;
        Ok(match ended {
            Ended::Right(proof) => Beside::Right(proof),
            Ended::Wrong(wrong, suspected) => {
                tell(&suspected);
                Beside::Wrong(wrong)
            }
            Ended::Blocked(blocked) => {
                blocked.note();
                Beside::Throttled { wait: now.until(blocked.until) }
            }
        })
    }
}

/// Which of the two it is, by its length.
fn read(typed: &str) -> Option<Evidence> {
    if let Some(code) = PlainCode::typed_digits(typed, DIGITS) {
        return Some(Evidence::Totp(code));
    }
    let code = PlainCode::typed(typed);
    (code.normalised().chars().count() == SYMBOLS).then_some(Evidence::RecoveryCode(code))
}
