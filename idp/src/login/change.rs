//! `/account/password`: the agent chooses another password in a session.
//!
//! The present one is tried and counted like a login. What concerns the new one alone is judged before; whether it is one
//! of the last ones is told only after the present one was right. Both hashes are computed beside each other, so that the
//! agent waits for one.

use std::time::Duration;

use super::confirmation::{Held, OwnAttempt, Take};
use super::{Login, LoginError, Visit, same_twice};
use crate::crypto::hash::hash_token;
use crate::domain::agent::Agent;
use crate::domain::audit::{Actor, Event};
use crate::domain::password_policy::Breach;
use crate::domain::reason::Reason;
use crate::domain::secret::{PlainPassword, PlainToken};
use crate::domain::soi::Soi;
use crate::domain::time::Timestamp;
use crate::storage::passwords::StoredPassword;
use crate::storage::{StoreError, Tx, agents, audit, grants, passwords, sessions};

/// Where a change leads.
#[derive(Debug)]
pub enum PasswordChange {
    /// Changed; every other session ended. The browser gets this cookie in place of its own; `None`: its session ended
    /// meanwhile.
    Done { cookie: Option<PlainToken> },
    /// Refused by a rule; the password stays.
    Breach(Breach),
    /// The present password is wrong; it counts.
    WrongPassword,
    /// A delay runs; nothing was verified.
    Throttled { wait: Duration },
    /// Outside, a password is changed after the second factor only.
    AtTheOffice,
    /// The account or the password changed meanwhile: log in again.
    Gone,
}

/// What the form holds, as typed.
#[derive(Debug, Clone)]
pub struct ChangeForm {
    pub current: PlainPassword,
    pub new: PlainPassword,
    pub again: PlainPassword,
}

impl Login {
    /// Changes the password of a session's agent.
    pub async fn change_password(
        &self,
        held: Held<'_>,
        form: ChangeForm,
        visit: Visit<'_>,
    ) -> Result<PasswordChange, LoginError> {
        let now = self.clock.now();
        let soi = &held.session.soi;
        if !self.may_change_in(visit.zone, Some(held.session)) {
            self.note_refused_change(soi, Reason::FactorRequired, visit, now).await?;
            return Ok(PasswordChange::AtTheOffice);
        }
        let Some((agent, before)) = self.own_passwords(soi).await? else { return Ok(PasswordChange::Gone) };
        let policy = self.settings.policies.of(&agent);
        let present = before.first().map_or(Ok(()), |p| policy.check_age(p.changed_at, p.renew_at, now));
        let checked = match present.and_then(|()| same_twice(&form.new, &form.again)) {
            Ok(()) => self.check_new(&agent, &form.new).await,
            refused => refused,
        };
        if let Err(breach) = checked {
            return Ok(PasswordChange::Breach(breach));
        }
        let attempt = match self.take_own_attempt(soi, visit, now).await? {
            Take::Taken(attempt) => attempt,
            Take::Blocked(wait) => return Ok(PasswordChange::Throttled { wait }),
            Take::Gone => return Ok(PasswordChange::Gone),
        };
        let pool = self.hashing(visit.zone);
        let computed = tokio::join!(
            pool.verify(form.current, Some(attempt.stored.phc.clone())),
            self.hash_new(form.new, &before, visit.zone)
        );
        let (verdict, hashed) = match computed {
            (Ok(verdict), Ok(hashed)) => (verdict, hashed),
            (Err(full), _) | (_, Err(full)) => {
                self.give_back(&attempt.taken, now).await?;
                return Err(full.into());
            }
        };
        if !verdict.matches {
            self.note_wrong_credentials(&attempt.taken, Some(soi), visit, now).await?;
            return Ok(PasswordChange::WrongPassword);
        }
        match hashed {
            Ok(phc) => self.change_own(held, &attempt, &phc, visit, now).await,
            Err(breach) => {
                let taken = &attempt.taken;
                let succeed = async |tx: &mut Tx| -> Result<(), StoreError> { taken.succeed(tx, now).await };
                self.store.write(succeed).await?;
                Ok(PasswordChange::Breach(breach))
            }
        }
    }

    /// Changes the password, ends every other session with its grants, and exchanges the cookie of this one.
    async fn change_own(
        &self,
        held: Held<'_>,
        attempt: &OwnAttempt,
        phc: &str,
        visit: Visit<'_>,
        now: Timestamp,
    ) -> Result<PasswordChange, LoginError> {
        let (sid, soi) = (&held.session.sid, &held.session.soi);
        let new = self.random.token();
        let (old_hash, new_hash) = (hash_token(held.cookie), hash_token(&new));
        let exchanged = self
            .store
            .write(async |tx: &mut Tx| -> Result<Option<bool>, StoreError> {
                let replaced = (attempt.stored.changed_at, Some(&attempt.stored));
                if let Err(reason) = self.replace_password(tx, soi, replaced, phc, visit, now).await? {
                    audit::append(tx, &refused_change(soi, reason, visit), now).await?;
                    return Ok(None);
                }
                attempt.taken.clear(tx, now).await?;
                grants::revoke_of_others(tx, soi, sid, now).await?;
                let ended = sessions::end_others(tx, soi, sid, "password.changed", now).await?;
                let exchanged = sessions::confirm(tx, sid, &old_hash, &new_hash, now).await?;
                let changed = Event::new("password.changed", Actor::Agent(soi.clone()))
                    .with_subject(soi)
                    .with_session(sid)
                    .with_contact(visit.contact)
                    .with_detail(serde_json::json!({ "why": "chosen", "sessions_ended": ended.len() }));
                audit::append(tx, &changed, now).await?;
                Ok(Some(exchanged))
            })
            .await?;
        Ok(match exchanged {
            None => PasswordChange::Gone,
            Some(exchanged) => PasswordChange::Done { cookie: exchanged.then_some(new) },
        })
    }

    /// The agent, the present password, and those before it.
    async fn own_passwords(&self, soi: &Soi) -> Result<Option<(Agent, Vec<StoredPassword>)>, StoreError> {
        self.store
            .read(async |tx: &mut Tx| -> Result<_, StoreError> {
                let Some(agent) = agents::find(tx, soi).await? else { return Ok(None) };
                let present = passwords::find(tx, soi).await?;
                let remembered = self.settings.policies.of(&agent).remembered();
                let before = passwords::history(tx, soi, remembered).await?;
                Ok(Some((agent, present.into_iter().chain(before).collect())))
            })
            .await
    }

    async fn note_refused_change(
        &self,
        soi: &Soi,
        reason: Reason,
        visit: Visit<'_>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let event = refused_change(soi, reason, visit);
        self.store.write(async |tx: &mut Tx| -> Result<(), StoreError> { audit::append(tx, &event, now).await }).await
    }
}

fn refused_change(soi: &Soi, reason: Reason, visit: Visit<'_>) -> Event {
    Event::new("password.changed", Actor::Agent(soi.clone()))
        .with_subject(soi)
        .refused(reason)
        .with_contact(visit.contact)
        .with_detail(serde_json::json!({ "why": "chosen" }))
}
