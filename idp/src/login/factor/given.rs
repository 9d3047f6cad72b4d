//! A factor was given: the session is raised in the transaction that verified it, and gets another cookie.
//!
//! `auth_time` stays the moment of the login, and with it the session's end (docs/decisions/0026).

use std::time::Duration;

use serde_json::json;

use super::event;
use super::offer::factor_of;
use crate::crypto::hash::hash_token;
use crate::crypto::short_code::PlainCode;
use crate::domain::agent::Agent;
use crate::domain::channel::ChannelKind;
use crate::domain::factor::{GivenFactor, Proof, SecondFactor};
use crate::domain::ids::{Reference, Sid};
use crate::domain::notice::{FactorEvent, Notice};
use crate::domain::reason::Reason;
use crate::domain::secret::PlainToken;
use crate::domain::session::Session;
use crate::domain::soi::Soi;
use crate::domain::throttle::Form;
use crate::domain::time::Timestamp;
use crate::domain::vouching::Voucher;
use crate::login::confirmation::Held;
use crate::login::guess::{Admission, Suspected, Taken, tell};
use crate::login::passkey::Answer;
use crate::login::{Login, LoginError, Visit};
use crate::storage::{StoreError, Tx, agents, audit, factor_choices, sessions};

/// So many wrong ones after a right password are told to the agent (CS-09).
const TOLD_AFTER: u32 = 5;

/// Where giving a factor leads.
#[derive(Debug)]
pub enum Given {
    /// It was right. The browser gets this cookie in place of its own; `None`: another page of the same browser was faster.
    Done {
        cookie: Option<PlainToken>,
    },
    Wrong(WrongFactor),
    /// A delay runs; nothing was looked at.
    Throttled {
        wait: Duration,
    },
    /// The session or the account ended meanwhile: log in again.
    Gone,
}

/// What was wrong with it. The password was right: the truth may be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WrongFactor {
    /// No code of ours by its form; nothing was looked at or counted.
    Shape,
    Wrong,
    /// The code was right and has been used before.
    Used,
    /// There is none to be given: it was removed, withdrawn or is too old.
    NotThere,
    /// A key was right and counted backwards: refused and told, and not counted.
    Copied,
}

/// What was typed, or answered by a key, in a form that can be compared.
#[derive(Debug, Clone)]
pub(in crate::login) enum Evidence {
    Totp(PlainCode),
    RecoveryCode(PlainCode),
    /// The code that was sent in this session over this channel.
    SecondChannel {
        sid: Sid,
        kind: ChannelKind,
        code: PlainCode,
    },
    ManagerPass(PlainCode),
    /// `None`: the answer cannot be read, or answers no challenge of this session.
    Passkey(Option<Box<Answer>>),
}

impl Evidence {
    const fn factor(&self) -> SecondFactor {
        match self {
            Self::Totp(_) => SecondFactor::Totp,
            Self::RecoveryCode(_) => SecondFactor::RecoveryCode,
            Self::SecondChannel { kind, .. } => factor_of(*kind),
            Self::ManagerPass(_) => SecondFactor::ManagerPass,
            Self::Passkey(_) => SecondFactor::Passkey,
        }
    }
}

/// How a transaction ended; told after its commit.
enum Ended {
    Raised(bool),
    Wrong(WrongFactor, Vec<Suspected>),
    Blocked(crate::login::guess::Blocked),
    Gone,
}

impl Login {
    /// Takes an attempt, verifies, and raises the session or counts the failure: one transaction.
    pub(in crate::login) async fn give(
        &self,
        held: Held<'_>,
        evidence: &Evidence,
        visit: Visit<'_>,
    ) -> Result<Given, LoginError> {
        let (now, factor) = (self.clock.now(), evidence.factor());
        let soi = &held.session.soi;
        let guess = self.guess(Form::Factor, soi.as_str(), visit, now);
        let cookie = self.random.token();
        let ended = self
            .store
            .write(async |tx: &mut Tx| -> Result<Ended, LoginError> {
                let Some(agent) = agents::hold(tx, soi).await?.filter(|a| self.standing(a, now).refusal().is_none())
                else {
                    return Ok(Ended::Gone);
                };
                let taken = match guess.take(tx, now).await? {
                    Admission::Taken(taken) => taken,
                    Admission::Blocked(blocked) => {
                        let refused = event("factor.refused", held.session, visit)
                            .refused(Reason::AccountThrottled)
                            .with_detail(blocked.detail());
                        audit::append(tx, &refused, now).await?;
                        return Ok(Ended::Blocked(blocked));
                    }
                };
                match self.verify(tx, &agent, evidence, visit, now).await? {
                    Ok(proof) => {
                        taken.succeed(tx, now).await?;
                        let raised = self.raise(tx, held, proof, &cookie, visit, now).await?;
                        Ok(raised.map_or(Ended::Gone, Ended::Raised))
                    }
                    Err(wrong) => {
                        let told =
                            self.note_wrong_factor(tx, &agent, (&taken, factor, wrong), held, visit, now).await?;
                        Ok(Ended::Wrong(wrong, told))
                    }
                }
            })
            .await?;
        count(visit, factor, matches!(ended, Ended::Raised(_)));
        Ok(match ended {
            Ended::Raised(exchanged) => Given::Done { cookie: exchanged.then_some(cookie) },
            Ended::Wrong(wrong, suspected) => {
                tell(&suspected);
                Given::Wrong(wrong)
            }
            Ended::Blocked(blocked) => {
                blocked.note();
                Given::Throttled { wait: now.until(blocked.until) }
            }
            Ended::Gone => Given::Gone,
        })
    }

    /// Whether it is right, with the agent held and the attempt counted; spends what works once.
    pub(in crate::login) async fn verify(
        &self,
        tx: &mut Tx,
        agent: &Agent,
        evidence: &Evidence,
        visit: Visit<'_>,
        now: Timestamp,
    ) -> Result<Result<Proof, WrongFactor>, LoginError> {
        Ok(match evidence {
            Evidence::Totp(code) => self.use_totp(tx, &agent.record.soi, code, now).await?.map(|()| Proof::Totp),
            Evidence::RecoveryCode(code) if self.use_recovery_code(tx, agent, code, visit, now).await? => {
                Ok(Proof::RecoveryCode)
            }
            Evidence::SecondChannel { sid, kind, code } => {
                self.use_factor_code(tx, agent, sid, (*kind, code), visit, now).await?
            }
            Evidence::ManagerPass(code)
                if self.use_manager_code(tx, agent, Voucher::Pass, code, visit, now).await? =>
            {
                Ok(Proof::ManagerPass)
            }
            Evidence::RecoveryCode(_) | Evidence::ManagerPass(_) => Err(WrongFactor::Wrong),
            Evidence::Passkey(answer) => self.use_passkey(tx, agent, answer.as_deref(), visit, now).await?,
        })
    }

    /// Notes what was given, the level that it reaches, and the browser's new cookie. `None`: the session has ended.
    /// `Some(false)`: its cookie was exchanged by another page meanwhile.
    pub(in crate::login) async fn raise(
        &self,
        tx: &mut Tx,
        held: Held<'_>,
        proof: Proof,
        cookie: &PlainToken,
        visit: Visit<'_>,
        now: Timestamp,
    ) -> Result<Option<bool>, StoreError> {
        let sid = &held.session.sid;
        let Some(session) = sessions::find(tx, sid).await?.filter(|s| s.ended_at.is_none()) else { return Ok(None) };
        let authentication = session.authentication.with(proof);
        let given = GivenFactor { factor: proof.factor(), at: now, until: proof.until(now) };
        let (old, new) = (hash_token(held.cookie), hash_token(cookie));
        let exchanged = sessions::raise(tx, sid, &old, &new, &authentication, given).await?;
        if exchanged {
            factor_choices::set(tx, &session.soi, proof.factor()).await?;
            let detail = json!({ "factor": proof.factor(), "acr": authentication.acr, "amr": authentication.amr });
            audit::append(tx, &event("factor.verified", held.session, visit).with_detail(detail), now).await?;
        }
        Ok(Some(exchanged))
    }

    /// Notes that an agent stopped at a missing factor; answers the reference under which it is found.
    pub async fn note_factor_refusal(
        &self,
        own: &Session,
        reason: Reason,
        visit: Visit<'_>,
    ) -> Result<Reference, LoginError> {
        let (now, reference) = (self.clock.now(), self.random.reference());
        let refused = event("factor.refused", own, visit).refused(reason).with_reference(&reference);
        let note = async |tx: &mut Tx| -> Result<(), StoreError> { audit::append(tx, &refused, now).await };
        self.store.write(note).await?;
        Ok(reference)
    }

    async fn note_wrong_factor(
        &self,
        tx: &mut Tx,
        agent: &Agent,
        (taken, factor, wrong): (&Taken, SecondFactor, WrongFactor),
        held: Held<'_>,
        visit: Visit<'_>,
        now: Timestamp,
    ) -> Result<Vec<Suspected>, StoreError> {
        let soi: &Soi = &agent.record.soi;
        let refused = event("factor.refused", held.session, visit)
            .refused(Reason::FactorInvalid)
            .with_detail(json!({ "factor": factor, "used_before": wrong == WrongFactor::Used }));
        audit::append(tx, &refused, now).await?;
        if wrong == WrongFactor::Copied {
            taken.give_back(tx, now).await?;
            return Ok(Vec::new());
        }
        if taken.is_nth(TOLD_AFTER) {
            let circumstances = visit.circumstances(now);
            let notice = |alarm| Notice::Factors { event: FactorEvent::Suspected, circumstances, alarm };
            self.outbox.tell(tx, agent, notice, now).await?;
        }
        taken.fail(tx, Some(soi), visit.contact, now).await
    }
}

fn count(visit: Visit<'_>, factor: SecondFactor, is_right: bool) {
    let result = if is_right { "right" } else { "refused" };
    metrics::counter!("octroi_factor_total", "zone" => visit.zone.as_str(), "factor" => factor.as_str(), "result" => result)
        .increment(1);
}
