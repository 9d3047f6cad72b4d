//! A login with a passkey and nothing else: the key says who it is, and its owner proved to it who they are.
//!
//! Whatever is wrong before the signature is right reads the same: unknown key, other origin, other or spent challenge, no
//! user verification. After it the truth is told, as after a right password. No password is verified, so no place in the
//! hashing queue is taken.

use serde_json::json;

use super::{Answer, Refused};
use crate::domain::acr::AuthenticationMethod;
use crate::domain::agent::Agent;
use crate::domain::audit::{Actor, Event};
use crate::domain::factor::{GivenFactor, PasskeyKind, SecondFactor};
use crate::domain::ids::{Reference, Sid};
use crate::domain::reason::Reason;
use crate::domain::secret::PlainToken;
use crate::domain::session::Session;
use crate::domain::soi::Soi;
use crate::domain::throttle::Form;
use crate::domain::time::Timestamp;
use crate::login::guess::{Admission, Blocked, Suspected, Taken, tell};
use crate::login::password::Step;
use crate::login::{Login, LoginError, NewSession, Visit};
use crate::storage::passkeys;
use crate::storage::standing::{self, AgentStanding};
use crate::storage::{Tx, audit, factor_choices};

/// Who proved who they are.
struct Proved {
    agent: Agent,
    kind: PasskeyKind,
    /// Why nothing opens to them all the same.
    shut: Option<Reason>,
}

/// How a transaction ended; told after its commit.
enum Ended {
    In(Box<NewSession>),
    Shut(Reason),
    Wrong(Vec<Suspected>),
    Blocked(Blocked),
}

impl Login {
    /// Tries the answer of a key. [`Step::WrongCredentials`]: it is not accepted, whatever the cause.
    pub async fn log_in_with_passkey(&self, answer: &str, visit: Visit<'_>) -> Result<Step, LoginError> {
        let step = self.try_passkey(answer, visit).await?;
        let (result, reason) = match &step {
            Step::In(_) => ("in", ""),
            Step::Refused { reason, .. } => ("refused", reason.code()),
            Step::Throttled { .. } => ("refused", Reason::AccountThrottled.code()),
            Step::WrongCredentials | Step::Renew { .. } => ("refused", Reason::FactorInvalid.code()),
        };
        metrics::counter!("octroi_login_total", "zone" => visit.zone.as_str(), "result" => result, "reason" => reason)
            .increment(1);
        Ok(step)
    }

    async fn try_passkey(&self, answer: &str, visit: Visit<'_>) -> Result<Step, LoginError> {
        let now = self.clock.now();
        let answer = self.take_answer(answer, None, visit).await?;
        let (reference, cookie) = (self.random.reference(), self.random.token());
        let sid = self.random.uuid();
        let ended = self
            .store
            .write(async |tx: &mut Tx| -> Result<Ended, LoginError> {
                let meant = match &answer {
                    Some(answer) => self.agent_meant(tx, answer).await?.map(|soi| (answer, soi)),
                    None => None,
                };
                let Some((answer, soi)) = meant else {
                    // Nobody is meant, so nobody's count is touched; there is nothing here that could be guessed.
                    audit::append(tx, &refused_login(None, Reason::FactorInvalid, visit), now).await?;
                    return Ok(Ended::Wrong(Vec::new()));
                };
                let taken = match self.guess(Form::Passkey, soi.as_str(), visit, now).take(tx, now).await? {
                    Admission::Taken(taken) => taken,
                    Admission::Blocked(blocked) => {
                        let refused = refused_login(Some(&soi), Reason::AccountThrottled, visit);
                        audit::append(tx, &refused.with_detail(blocked.detail()), now).await?;
                        return Ok(Ended::Blocked(blocked));
                    }
                };
                let Proved { agent, kind, shut } = match self.prove_with_key(tx, &soi, answer, visit, now).await? {
                    Ok(proved) => proved,
                    Err(refused) => return self.note_refused(tx, &soi, refused, &taken, visit, now).await,
                };
                taken.succeed(tx, now).await?;
                if let Some(reason) = shut {
                    audit::append(tx, &shut_out(&agent, reason, &reference, visit), now).await?;
                    return Ok(Ended::Shut(reason));
                }
                let new = session_of_key(&soi, kind, (&sid, &cookie), visit, now);
                self.store_session(tx, &new, visit, now).await?;
                factor_choices::set(tx, &soi, SecondFactor::Passkey).await?;
                Ok(Ended::In(Box::new(new)))
            })
            .await?;
        Ok(match ended {
            Ended::In(new) => Step::In(*new),
            Ended::Shut(reason) => Step::Refused { reason, reference },
            Ended::Wrong(suspected) => {
                tell(&suspected);
                Step::WrongCredentials
            }
            Ended::Blocked(blocked) => {
                blocked.note();
                Step::Throttled { wait: now.until(blocked.until) }
            }
        })
    }

    /// The agent behind a right answer, held.
    async fn prove_with_key(
        &self,
        tx: &mut Tx,
        soi: &Soi,
        answer: &Answer,
        visit: Visit<'_>,
        now: Timestamp,
    ) -> Result<Result<Proved, Refused>, LoginError> {
        // Who was never activated has no password, and nothing to come back to.
        let Some(AgentStanding { agent, password: Some(password) }) = standing::hold_agent(tx, soi).await? else {
            return Ok(Err(Refused::Wrong));
        };
        let Some(key) = passkeys::find(tx, soi, answer.credential_id()).await? else {
            return Ok(Err(Refused::Wrong));
        };
        if let Err(refused) = self.use_key(tx, &key, answer, now).await? {
            if refused == Refused::Copied {
                self.note_copied(tx, &agent, &key, visit, now).await?;
            }
            return Ok(Err(refused));
        }
        let shut = self.shut(&agent, &password, now);
        Ok(Ok(Proved { agent, kind: key.kind, shut }))
    }

    async fn note_refused(
        &self,
        tx: &mut Tx,
        soi: &Soi,
        refused: Refused,
        taken: &Taken,
        visit: Visit<'_>,
        now: Timestamp,
    ) -> Result<Ended, LoginError> {
        audit::append(tx, &refused_login(Some(soi), Reason::FactorInvalid, visit), now).await?;
        if refused == Refused::Copied {
            // The right key, or its copy: nobody guessed, and nobody is kept waiting.
            taken.give_back(tx, now).await?;
            return Ok(Ended::Wrong(Vec::new()));
        }
        Ok(Ended::Wrong(taken.fail(tx, Some(soi), visit.contact, now).await?))
    }
}

fn session_of_key(
    soi: &Soi,
    kind: PasskeyKind,
    (sid, cookie): (&str, &PlainToken),
    visit: Visit<'_>,
    now: Timestamp,
) -> NewSession {
    NewSession {
        cookie: cookie.clone(),
        session: Session {
            sid: Sid::new(sid),
            soi: soi.clone(),
            login_zone: visit.zone,
            authentication: AuthenticationMethod::passkey(kind),
            second: Some(GivenFactor { factor: SecondFactor::Passkey, at: now, until: None }),
            is_postponed: false,
            auth_time: now,
            last_seen_at: now,
            ended_at: None,
        },
        password_ends: None,
    }
}

fn shut_out(agent: &Agent, reason: Reason, reference: &Reference, visit: Visit<'_>) -> Event {
    let detail = json!({ "method": "passkey", "agent_version": agent.version, "key_was_right": true });
    refused_login(Some(&agent.record.soi), reason, visit).with_reference(reference).with_detail(detail)
}

fn refused_login(soi: Option<&Soi>, reason: Reason, visit: Visit<'_>) -> Event {
    let event = Event::new("login.refused", Actor::Stranger)
        .refused(reason)
        .with_contact(visit.contact)
        .with_detail(json!({ "method": "passkey" }));
    match soi {
        Some(soi) => event.with_subject(soi),
        None => event,
    }
}
