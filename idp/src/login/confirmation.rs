//! The password given again in a session, before something that a stranger at an open browser must not do.
//!
//! It is tried and counted like a login, and the session's cookie is exchanged; the session keeps its `sid` and its
//! `auth_time`, so that it ends when it would have ended and tells applications nothing new (docs/decisions/0025).

use std::time::Duration;

use super::guess::{Admission, Taken};
use super::{Login, LoginError, Visit};
use crate::crypto::hash::hash_token;
use crate::domain::audit::{Actor, Event};
use crate::domain::secret::{PlainPassword, PlainToken};
use crate::domain::session::{Session, is_fresh};
use crate::domain::soi::Soi;
use crate::domain::throttle::Form;
use crate::domain::time::Timestamp;
use crate::storage::passwords::StoredPassword;
use crate::storage::standing::{self, AgentStanding};
use crate::storage::{StoreError, Tx, audit, sessions};

/// A session as its browser holds it.
#[derive(Debug, Clone, Copy)]
pub struct Held<'a> {
    pub session: &'a Session,
    pub cookie: &'a PlainToken,
}

/// Where a confirmation leads.
#[derive(Debug)]
pub enum Confirmation {
    /// The password was right. The browser gets this cookie in place of its own; `None`: another page of the same browser
    /// was faster and got it.
    Done { cookie: Option<PlainToken> },
    /// The password is wrong; it counts.
    WrongPassword,
    /// A delay runs; nothing was verified.
    Throttled { wait: Duration },
    /// The account or the password changed meanwhile: log in again.
    Gone,
}

/// An attempt that was taken, and what is to be verified.
pub(super) struct OwnAttempt {
    pub taken: Taken,
    pub stored: StoredPassword,
}

/// Whether the password of a session's agent may be tried.
pub(super) enum Take {
    Taken(Box<OwnAttempt>),
    Blocked(Duration),
    /// There is no such agent or password any more.
    Gone,
}

impl Login {
    /// Whether the password was given in this session so recently that a sensitive act does not ask for it.
    pub async fn is_fresh(&self, session: &Session) -> Result<bool, LoginError> {
        let now = self.clock.now();
        let proved = self
            .store
            .read_one(async |tx: &mut Tx| -> Result<_, StoreError> { sessions::proved_at(tx, &session.sid).await })
            .await?;
        Ok(proved.is_some_and(|proved| is_fresh(proved, now)))
    }

    /// Tries the password of a session's agent.
    pub async fn confirm(
        &self,
        held: Held<'_>,
        password: PlainPassword,
        visit: Visit<'_>,
    ) -> Result<Confirmation, LoginError> {
        let now = self.clock.now();
        let soi = &held.session.soi;
        let attempt = match self.take_own_attempt(soi, visit, now).await? {
            Take::Taken(attempt) => attempt,
            Take::Blocked(wait) => return Ok(Confirmation::Throttled { wait }),
            Take::Gone => return Ok(Confirmation::Gone),
        };
        let verdict = match self.hashing(visit.zone).verify(password, Some(attempt.stored.phc.clone())).await {
            Ok(verdict) => verdict,
            Err(full) => {
                self.give_back(&attempt.taken, now).await?;
                return Err(full.into());
            }
        };
        if !verdict.matches {
            self.note_wrong_credentials(&attempt.taken, Some(soi), visit, now).await?;
            return Ok(Confirmation::WrongPassword);
        }
        self.note_confirmation(held, &attempt, visit, now).await
    }

    async fn note_confirmation(
        &self,
        held: Held<'_>,
        attempt: &OwnAttempt,
        visit: Visit<'_>,
        now: Timestamp,
    ) -> Result<Confirmation, LoginError> {
        let Session { sid, soi, .. } = held.session;
        let new = self.random.token();
        let (old_hash, new_hash) = (hash_token(held.cookie), hash_token(&new));
        let event = Event::new("password.confirmed", Actor::Agent(soi.clone()))
            .with_subject(soi)
            .with_session(sid)
            .with_contact(visit.contact);
        let exchanged = self
            .store
            .write(async |tx: &mut Tx| -> Result<Option<bool>, StoreError> {
                let stands = |held: &AgentStanding| {
                    held.password.as_ref().is_some_and(|p| p.changed_at == attempt.stored.changed_at)
                        && self.standing(&held.agent, now).refusal().is_none()
                };
                if !standing::hold_agent(tx, soi).await?.as_ref().is_some_and(stands) {
                    return Ok(None);
                }
                attempt.taken.succeed(tx, now).await?;
                let exchanged = sessions::confirm(tx, sid, &old_hash, &new_hash, now).await?;
                audit::append(tx, &event, now).await?;
                Ok(Some(exchanged))
            })
            .await?;
        Ok(match exchanged {
            None => Confirmation::Gone,
            Some(exchanged) => Confirmation::Done { cookie: exchanged.then_some(new) },
        })
    }

    /// Takes an attempt as a login does, from the same budget: a browser that was left open is no second way to guess.
    pub(super) async fn take_own_attempt(
        &self,
        soi: &Soi,
        visit: Visit<'_>,
        now: Timestamp,
    ) -> Result<Take, LoginError> {
        let guess = self.guess(Form::Login, soi.as_str(), visit, now);
        Ok(match self.take_attempt(&guess, Some(soi), visit, now).await? {
            (Admission::Blocked(blocked), _) => {
                blocked.note();
                Take::Blocked(now.until(blocked.until))
            }
            (Admission::Taken(taken), Some(AgentStanding { password: Some(stored), .. })) => {
                Take::Taken(Box::new(OwnAttempt { taken, stored }))
            }
            (Admission::Taken(_), _) => Take::Gone,
        })
    }
}
