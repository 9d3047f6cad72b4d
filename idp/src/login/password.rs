//! One attempt with SOI and password.
//!
//! In order: take an attempt (`guess.rs`, or be told to wait) → look the agent up → verify (a dummy where there is nothing to verify)
//! → only then the truth about the account → a session. The attempt is counted *before* the verification, so that a burst
//! of parallel guesses cannot outrun the delay, and given back when the queue was full.

use std::time::Duration;

use super::guess::{Admission, Guess, Taken, tell};
use super::judgement::{Judgement, MustRenew};
use super::{Login, LoginError, NewSession, Visit};
use crate::domain::acr::AuthenticationMethod;
use crate::domain::agent::Agent;
use crate::domain::audit::{Actor, Event};
use crate::domain::ids::{Reference, Sid};
use crate::domain::reason::Reason;
use crate::domain::secret::{PlainPassword, PlainToken};
use crate::domain::session::Session;
use crate::domain::soi::{Soi, normalise};
use crate::domain::throttle::Form;
use crate::domain::time::Timestamp;
use crate::domain::zone::NetworkZone;
use crate::storage::passwords::StoredPassword;
use crate::storage::standing::{self, AgentStanding};
use crate::storage::{StoreError, Tx, agents, audit, passwords, sessions};

/// Where an attempt leads.
#[derive(Debug)]
pub enum Step {
    /// Logged in.
    In(NewSession),
    /// The password was right and is to be changed first; the ticket opens `/login/password`.
    Renew { ticket: PlainToken, why: MustRenew },
    /// The password was right, and the account cannot be used: the plain truth, with its reference.
    Refused { reason: Reason, reference: Reference },
    /// SOI unknown, password wrong, or never activated: one answer.
    WrongCredentials,
    /// A delay runs; nothing was verified.
    Throttled { wait: Duration },
}

/// What is noted about a right password beside the session that it begins.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Noted<'a> {
    /// The same password under new parameters.
    pub rehashed: Option<&'a str>,
    /// The rules that it met, where they are not noted yet.
    pub judged_by: Option<[u8; 32]>,
}

/// What became of a login whose password was right when it was verified.
enum Begun {
    Session,
    /// Another password was chosen meanwhile.
    PasswordChanged,
    /// The account was shut meanwhile.
    Shut(Reason),
}

impl Login {
    /// Tries SOI and password, both as typed.
    pub async fn attempt(
        &self,
        typed_soi: &str,
        password: PlainPassword,
        visit: Visit<'_>,
    ) -> Result<Step, LoginError> {
        let step = self.try_password(typed_soi, password, visit).await?;
        let (result, reason) = match &step {
            Step::In(_) => ("in", ""),
            Step::Renew { why, .. } => ("renew", why.reason.code()),
            Step::Refused { reason, .. } => ("refused", reason.code()),
            Step::WrongCredentials => ("refused", Reason::CredentialsInvalid.code()),
            Step::Throttled { .. } => ("refused", Reason::AccountThrottled.code()),
        };
        metrics::counter!("octroi_login_total", "zone" => visit.zone.as_str(), "result" => result, "reason" => reason)
            .increment(1);
        Ok(step)
    }

    async fn try_password(&self, typed: &str, password: PlainPassword, visit: Visit<'_>) -> Result<Step, LoginError> {
        let now = self.clock.now();
        let guess = self.guess(Form::Login, &normalise(typed), visit, now);
        let soi = self.settings.soi_syntax.parse(typed).ok();

        let (admission, known) = self.take_attempt(&guess, soi.as_ref(), visit, now).await?;
        let taken = match admission {
            Admission::Blocked(blocked) => {
                blocked.note();
                return Ok(Step::Throttled { wait: now.until(blocked.until) });
            }
            Admission::Taken(taken) => taken,
        };

        let phc = known.as_ref().and_then(|k| k.password.as_ref()).map(|p| p.phc.clone());
        let verdict = match self.hashing(visit.zone).verify(password.clone(), phc).await {
            Ok(verdict) => verdict,
            Err(full) => {
                self.give_back(&taken, now).await?;
                return Err(full.into());
            }
        };
        let Some(AgentStanding { agent, password: Some(stored) }) = known.filter(|_| verdict.matches) else {
            self.note_wrong_credentials(&taken, soi.as_ref(), visit, now).await?;
            return Ok(Step::WrongCredentials);
        };

        // From here on the truth may be told.
        if let Some(reason) = self.shut(&agent, &stored, now) {
            return self.refuse(&agent, reason, &taken, visit, now).await;
        }
        let (judged_by, ends) = match self.judge(&agent, &password, &stored, now).await {
            Judgement::Good { by, ends } => (by, ends),
            Judgement::MustRenew(why)
                if visit.zone == NetworkZone::Nomades && !self.can_prove_beside_password(&agent).await? =>
            {
                // Outside, a password is changed after the second factor only (PRODUCT §4).
                return self.refuse(&agent, why.reason, &taken, visit, now).await;
            }
            Judgement::MustRenew(why) => {
                let ticket = self.issue_ticket(&agent, &stored, &why, &taken, visit, now).await?;
                return Ok(Step::Renew { ticket, why });
            }
        };
        let rehashed = if verdict.needs_rehash { self.hashing(visit.zone).hash(password).await.ok() } else { None };
        let noted = Noted { rehashed: rehashed.as_deref(), judged_by };
        let step = self.begin(&agent, &stored, noted, &taken, visit, now).await?;
        Ok(match step {
            Step::In(new) => Step::In(NewSession { password_ends: ends, ..new }),
            other => other,
        })
    }

    /// Why nothing opens to this agent, although the password is right.
    pub(super) fn shut(&self, agent: &Agent, password: &StoredPassword, now: Timestamp) -> Option<Reason> {
        let suspended = password.suspended_at.map(|_| Reason::PasswordSuspended);
        self.standing(agent, now).refusal().or(suspended)
    }

    /// One transaction, the same statements for known and unknown SOIs.
    pub(super) async fn take_attempt(
        &self,
        guess: &Guess,
        soi: Option<&Soi>,
        visit: Visit<'_>,
        now: Timestamp,
    ) -> Result<(Admission, Option<AgentStanding>), StoreError> {
        let unknown = Soi::from_stored(String::new());
        let soi = soi.unwrap_or(&unknown);
        self.store
            .write(async |tx: &mut Tx| -> Result<_, StoreError> {
                let admission = guess.take(tx, now).await?;
                let known = standing::find_agent(tx, soi).await?;
                if let Admission::Blocked(blocked) = &admission {
                    let subject = known.as_ref().map(|known| &known.agent.record.soi);
                    let event = refused_login(subject, Reason::AccountThrottled, visit).with_detail(blocked.detail());
                    audit::append(tx, &event, now).await?;
                }
                Ok((admission, known))
            })
            .await
    }

    /// The queue was full: the attempt was none.
    pub(super) async fn give_back(&self, taken: &Taken, now: Timestamp) -> Result<(), StoreError> {
        let give_back = async |tx: &mut Tx| -> Result<(), StoreError> { taken.give_back(tx, now).await };
        self.store.write(give_back).await
    }

    pub(super) async fn note_wrong_credentials(
        &self,
        taken: &Taken,
        soi: Option<&Soi>,
        visit: Visit<'_>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let unknown = Soi::from_stored(String::new());
        let soi = soi.unwrap_or(&unknown);
        let suspected = self
            .store
            .write(async |tx: &mut Tx| -> Result<_, StoreError> {
                // An identifier that matches nobody is not kept (GDPR-02).
                let agent = agents::find(tx, soi).await?;
                let subject = agent.as_ref().map(|a| &a.record.soi);
                audit::append(tx, &refused_login(subject, Reason::CredentialsInvalid, visit), now).await?;
                taken.fail(tx, subject, visit.contact, now).await
            })
            .await?;
        tell(&suspected);
        Ok(())
    }

    /// The password was right and the account is shut: the truth, with a reference to its event.
    async fn refuse(
        &self,
        agent: &Agent,
        reason: Reason,
        taken: &Taken,
        visit: Visit<'_>,
        now: Timestamp,
    ) -> Result<Step, LoginError> {
        let reference = self.random.reference();
        self.store
            .write(async |tx: &mut Tx| -> Result<(), StoreError> {
                taken.succeed(tx, now).await?;
                audit::append(tx, &shut_out(agent, reason, &reference, visit), now).await
            })
            .await?;
        Ok(Step::Refused { reason, reference })
    }

    /// Begins the session, if the agent and the password are still what was verified. Both are held until the session is
    /// stored, so that whoever changes them comes before, and is seen here, or after, and ends this session too.
    pub(super) async fn begin(
        &self,
        agent: &Agent,
        verified: &StoredPassword,
        noted: Noted<'_>,
        taken: &Taken,
        visit: Visit<'_>,
        now: Timestamp,
    ) -> Result<Step, LoginError> {
        let soi = &agent.record.soi;
        let (new, reference) = (self.new_session(soi, visit.zone, now), self.random.reference());
        let begun = self
            .store
            .write(async |tx: &mut Tx| -> Result<Begun, StoreError> {
                // By its age, which another login's renewed hash keeps.
                let is_verified = |password: &StoredPassword| password.changed_at == verified.changed_at;
                let held = standing::hold_agent(tx, soi).await?;
                let Some(AgentStanding { agent, password: Some(password) }) =
                    held.filter(|h| h.password.as_ref().is_some_and(is_verified))
                else {
                    let event = refused_login(Some(soi), Reason::CredentialsInvalid, visit)
                        .with_detail(serde_json::json!({ "password_changed_meanwhile": true }));
                    audit::append(tx, &event, now).await?;
                    return Ok(Begun::PasswordChanged);
                };
                taken.succeed(tx, now).await?;
                if let Some(reason) = self.shut(&agent, &password, now) {
                    audit::append(tx, &shut_out(&agent, reason, &reference, visit), now).await?;
                    return Ok(Begun::Shut(reason));
                }
                if let Some(phc) = noted.rehashed {
                    passwords::rehash(tx, soi, &verified.phc, phc).await?;
                }
                if let Some(rules) = &noted.judged_by {
                    passwords::set_judged(tx, soi, verified.changed_at, rules).await?;
                }
                self.store_session(tx, &new, visit, now).await?;
                Ok(Begun::Session)
            })
            .await?;
        Ok(match begun {
            Begun::Session => Step::In(new),
            Begun::PasswordChanged => Step::WrongCredentials,
            Begun::Shut(reason) => Step::Refused { reason, reference },
        })
    }

    pub(super) fn new_session(&self, soi: &Soi, zone: NetworkZone, now: Timestamp) -> NewSession {
        NewSession {
            cookie: self.random.token(),
            session: Session {
                sid: Sid::new(self.random.uuid()),
                soi: soi.clone(),
                login_zone: zone,
                authentication: AuthenticationMethod::password(),
                second: None,
                is_postponed: false,
                auth_time: now,
                last_seen_at: now,
                ended_at: None,
            },
            password_ends: None,
        }
    }

    /// Ends what this browser held before (the id is renewed at each login), stores the new session and its event.
    pub(super) async fn store_session(
        &self,
        tx: &mut Tx,
        new: &NewSession,
        visit: Visit<'_>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        if let Some(before) = visit.session
            && sessions::end(tx, &before.sid, "relogin", now).await?
        {
            // Its agent may be somebody else: on a shared machine the one who comes ends what the other left open.
            let ended = Event::new("session.ended", Actor::Agent(new.session.soi.clone()))
                .with_subject(&before.soi)
                .with_session(&before.sid)
                .with_contact(visit.contact)
                .with_detail(serde_json::json!({ "why": "relogin" }));
            audit::append(tx, &ended, now).await?;
        }
        sessions::insert(tx, &new.session, &crate::crypto::hash::hash_token(&new.cookie), visit.contact).await?;
        let event = Event::new("login.succeeded", Actor::Agent(new.session.soi.clone()))
            .with_subject(&new.session.soi)
            .with_session(&new.session.sid)
            .with_contact(visit.contact)
            .with_detail(serde_json::json!({
                "acr": new.session.authentication.acr,
                "amr": new.session.authentication.amr,
            }));
        audit::append(tx, &event, now).await
    }
}

fn shut_out(agent: &Agent, reason: Reason, reference: &Reference, visit: Visit<'_>) -> Event {
    refused_login(Some(&agent.record.soi), reason, visit)
        .with_reference(reference)
        .with_detail(serde_json::json!({ "agent_version": agent.version, "password_was_right": true }))
}

fn refused_login(soi: Option<&Soi>, reason: Reason, visit: Visit<'_>) -> Event {
    let event = Event::new("login.refused", Actor::Stranger).refused(reason).with_contact(visit.contact);
    match soi {
        Some(soi) => event.with_subject(soi),
        None => event,
    }
}
