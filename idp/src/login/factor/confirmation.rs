//! The first enrolment is confirmed: by a code over a proved address, or by one that the manager tells. It opens the
//! enrolment for some minutes, in this browser (`domain/enrolment.rs`).

use std::time::Duration;

use serde_json::json;

use super::event;
use super::given::WrongFactor;
use crate::crypto::hash::hash_token;
use crate::crypto::short_code::PlainCode;
use crate::domain::agent::Agent;
use crate::domain::channel::ChannelKind;
use crate::domain::enrolment::{Basis, CONFIRMED_FOR, Enrolment};
use crate::domain::reason::Reason;
use crate::domain::second_channel::{CODE_DIGITS, CodePurpose};
use crate::domain::session::Session;
use crate::domain::throttle::Form;
use crate::domain::time::Timestamp;
use crate::domain::vouching::{CODE_SYMBOLS, Voucher};
use crate::login::guess::{Admission, Blocked, Suspected, tell};
use crate::login::{Login, LoginError, Visit};
use crate::storage::{StoreError, Tx, agents, audit, enrolment_permits};

/// By which code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConfirmedBy {
    /// It was sent to the agent's address of this kind.
    Channel(ChannelKind),
    /// The manager told it.
    Manager,
}

/// Where typing it leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Confirmed {
    /// A factor may be enrolled now.
    Done,
    Wrong(WrongFactor),
    /// A delay runs; nothing was looked at.
    Throttled {
        wait: Duration,
    },
    /// There is nothing to confirm, or not here.
    Not(Enrolment),
}

enum Ended {
    Done,
    Wrong(WrongFactor, Vec<Suspected>),
    Blocked(Blocked),
    Not(Enrolment),
}

impl Login {
    /// Tries a code that confirms the first enrolment; counted like a factor that is given.
    pub async fn confirm_enrolment(
        &self,
        own: &Session,
        by: ConfirmedBy,
        typed: &str,
        visit: Visit<'_>,
    ) -> Result<Confirmed, LoginError> {
        let Some(code) = read(by, typed) else { return Ok(Confirmed::Wrong(WrongFactor::Shape)) };
        let (now, soi) = (self.clock.now(), &own.soi);
        let guess = self.guess(Form::Factor, soi.as_str(), visit, now);
        let ended = self
            .store
            .write(async |tx: &mut Tx| -> Result<Ended, StoreError> {
                let may = self.hold_for_enrolment(tx, own, visit, now).await?;
                let agent = agents::find(tx, soi).await?;
                let Some(agent) = agent.filter(|_| may == Enrolment::Confirm) else { return Ok(Ended::Not(may)) };
                let refused = event("factor.refused", own, visit);
                let taken = match guess.take(tx, now).await? {
                    Admission::Taken(taken) => taken,
                    Admission::Blocked(blocked) => {
                        let refused = refused.refused(Reason::AccountThrottled).with_detail(blocked.detail());
                        audit::append(tx, &refused, now).await?;
                        return Ok(Ended::Blocked(blocked));
                    }
                };
                if let Err(wrong) = self.verify_confirmation(tx, (own, &agent), by, &code, visit, now).await? {
                    let detail = json!({ "purpose": CodePurpose::Enrolment });
                    audit::append(tx, &refused.refused(Reason::FactorInvalid).with_detail(detail), now).await?;
                    return Ok(Ended::Wrong(wrong, taken.fail(tx, Some(soi), visit.contact, now).await?));
                }
                taken.succeed(tx, now).await?;
                let basis = match by {
                    ConfirmedBy::Channel(_) => Basis::Channel,
                    ConfirmedBy::Manager => Basis::Manager,
                };
                let until = now.plus(CONFIRMED_FOR);
                enrolment_permits::grant(tx, soi, basis, &hash_token(visit.browser), until).await?;
                let detail = json!({ "basis": basis });
                let confirmed = event("factor.enrolment_confirmed", own, visit).with_detail(detail);
                audit::append(tx, &confirmed, now).await?;
                Ok(Ended::Done)
            })
            .await?;
        Ok(match ended {
            Ended::Done => Confirmed::Done,
            Ended::Not(may) => Confirmed::Not(may),
            Ended::Wrong(wrong, suspected) => {
                tell(&suspected);
                Confirmed::Wrong(wrong)
            }
            Ended::Blocked(blocked) => {
                blocked.note();
                Confirmed::Throttled { wait: now.until(blocked.until) }
            }
        })
    }

    /// Whether it is right; spends it.
    async fn verify_confirmation(
        &self,
        tx: &mut Tx,
        (own, agent): (&Session, &Agent),
        by: ConfirmedBy,
        code: &PlainCode,
        visit: Visit<'_>,
        now: Timestamp,
    ) -> Result<Result<(), WrongFactor>, StoreError> {
        match by {
            ConfirmedBy::Manager => {
                let is_right = self.use_manager_code(tx, agent, Voucher::Enrolment, code, visit, now).await?;
                Ok(if is_right { Ok(()) } else { Err(WrongFactor::Wrong) })
            }
            ConfirmedBy::Channel(kind) => {
                let channel = self.proved_channel(tx, agent, kind).await?;
                if !channel.is_some_and(|channel| self.may_confirm_now(&channel, now)) {
                    return Ok(Err(WrongFactor::NotThere));
                }
                self.try_sent_code(tx, &own.sid, (CodePurpose::Enrolment, kind), code, now).await
            }
        }
    }
}

/// The code in the form that is compared; `None`: it is none by its form.
fn read(by: ConfirmedBy, typed: &str) -> Option<PlainCode> {
    match by {
        ConfirmedBy::Channel(_) => PlainCode::typed_digits(typed, CODE_DIGITS),
        ConfirmedBy::Manager => {
            Some(PlainCode::typed(typed)).filter(|code| code.normalised().chars().count() == CODE_SYMBOLS)
        }
    }
}
