//! `/activate`: the one-time code from the letter, and the first password, chosen by the agent alone; and
//! `/forgot-password/code`, the same with a code of the help desk that replaces a password.
//!
//! What is wrong with the new password is said before the code is looked at as far as it concerns nobody in particular;
//! what concerns names is said after the code was right, so that a stranger learns nothing about a SOI.

use std::sync::Arc;
use std::time::Duration;

use super::guess::{Admission, Blocked, Guess, Suspected, Taken, tell};
use super::replacement::Over;
use super::{Login, LoginError, Visit, same_twice};
use crate::crypto::hash::hash_token;
use crate::crypto::short_code::PlainCode;
use crate::domain::agent::{Agent, Standing};
use crate::domain::audit::{Actor, Event};
use crate::domain::code_delivery::CodeDelivery;
use crate::domain::enrolment::{Basis, CODE_OPENS_FOR};
use crate::domain::password_policy::{Breach, PasswordPolicy};
use crate::domain::reason::Reason;
use crate::domain::secret::PlainPassword;
use crate::domain::soi::{Soi, normalise};
use crate::domain::throttle::Form;
use crate::domain::time::Timestamp;
use crate::storage::activation::PURPOSE;
use crate::storage::passwords::StoredPassword;
use crate::storage::{StoreError, Tx, activation, agents, audit, enrolment_permits, passwords, throttle};

/// Where an activation leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Activation {
    /// The first password is set; the agent logs in with it.
    Done,
    /// Another password is set in the place of the one before.
    Reset,
    /// Refused by a password rule; the code still works.
    Breach(Breach),
    /// The same after the code was right: the policy is the agent's own.
    OwnBreach { breach: Breach, policy: Arc<PasswordPolicy> },
    /// SOI or code wrong, spent, replaced or too old: one answer.
    Invalid,
    /// A delay runs; no code was looked at.
    Throttled { wait: Duration },
}

/// What the form holds, as typed.
#[derive(Debug, Clone)]
pub struct ActivationForm {
    pub soi: String,
    pub code: String,
    pub new: PlainPassword,
    pub again: PlainPassword,
}

impl Login {
    /// Sets a password with a one-time code that was handed over.
    pub async fn activate(&self, form: ActivationForm, visit: Visit<'_>) -> Result<Activation, LoginError> {
        let now = self.clock.now();
        let identifier = normalise(&form.soi);
        // Nothing that only some agents' policies ask for: it would tell who they are.
        let policy = self.settings.policies.common();
        if let Err(breach) = same_twice(&form.new, &form.again).and_then(|()| policy.check_text(&form.new, &identifier))
        {
            return Ok(Activation::Breach(breach));
        }
        let soi = self.settings.soi_syntax.parse(&form.soi).unwrap_or_else(|_| Soi::from_stored(String::new()));
        let guess = self.guess(Form::Activation, &identifier, visit, now);
        let digest = self.short_codes.digest(PURPOSE, soi.as_str(), &PlainCode::typed(&form.code));

        let (agent, taken) = match self.look_at_code(&soi, digest, &guess, visit, now).await? {
            Look::Blocked(blocked) => {
                blocked.note();
                return Ok(Activation::Throttled { wait: now.until(blocked.until) });
            }
            Look::Invalid(suspected) => {
                tell(&suspected);
                return Ok(Activation::Invalid);
            }
            Look::Live(agent, taken) => (*agent, taken),
        };
        let policy = self.settings.policies.of(&agent).clone();
        if let Err(breach) = self.check_new(&agent, &form.new).await {
            self.give_back(&taken, now).await?;
            return Ok(Activation::OwnBreach { breach, policy });
        }
        let before = self.passwords_of(&soi, policy.remembered()).await?;
        let phc = match self.hash_new(form.new, &before, visit.zone).await {
            Ok(Ok(phc)) => phc,
            // The attempt counts: a found letter is no way to guess what somebody's passwords were.
            Ok(Err(breach)) => return Ok(Activation::OwnBreach { breach, policy }),
            Err(full) => {
                self.give_back(&taken, now).await?;
                return Err(full.into());
            }
        };
        Ok(self.set_password(&soi, digest, &phc, &taken, visit, now).await?)
    }

    /// The password that a code replaces, if there is one, and those before it.
    pub(super) async fn passwords_of(&self, soi: &Soi, remembered: u32) -> Result<Vec<StoredPassword>, StoreError> {
        self.store
            .read(async |tx: &mut Tx| -> Result<_, StoreError> {
                let present = passwords::find(tx, soi).await?;
                Ok(present.into_iter().chain(passwords::history(tx, soi, remembered).await?).collect())
            })
            .await
    }

    async fn look_at_code(
        &self,
        soi: &Soi,
        digest: [u8; 32],
        guess: &Guess,
        visit: Visit<'_>,
        now: Timestamp,
    ) -> Result<Look, StoreError> {
        self.store
            .write(async |tx: &mut Tx| -> Result<Look, StoreError> {
                let admission = guess.take(tx, now).await?;
                let agent = agents::find(tx, soi).await?;
                let live = activation::is_live(tx, soi, digest, now).await?;
                let taken = match admission {
                    Admission::Taken(taken) => taken,
                    Admission::Blocked(blocked) => {
                        let event = refused_activation(agent.map(|a| a.record.soi), Reason::AccountThrottled, visit);
                        audit::append(tx, &event.with_detail(blocked.detail()), now).await?;
                        return Ok(Look::Blocked(blocked));
                    }
                };
                match agent {
                    Some(agent) if live && may_activate(self.standing(&agent, now)) => {
                        Ok(Look::Live(Box::new(agent), taken))
                    }
                    agent => {
                        let subject = agent.map(|agent| agent.record.soi);
                        let event = refused_activation(subject.clone(), Reason::ActivationInvalid, visit);
                        audit::append(tx, &event, now).await?;
                        Ok(Look::Invalid(taken.fail(tx, subject.as_ref(), visit.contact, now).await?))
                    }
                }
            })
            .await
    }

    /// Spends the code and sets the password in one transaction; of two at once, one wins. What a reset ends ends with it.
    async fn set_password(
        &self,
        soi: &Soi,
        digest: [u8; 32],
        phc: &str,
        taken: &Taken,
        visit: Visit<'_>,
        now: Timestamp,
    ) -> Result<Activation, StoreError> {
        self.store
            .write(async |tx: &mut Tx| -> Result<Activation, StoreError> {
                // The agent is held first: a login in flight either sees the new password or begins a session that ends here.
                let agent = agents::hold(tx, soi).await?;
                let known = agent.as_ref().map(|agent| agent.record.soi.clone());
                let spent = match agent.filter(|agent| may_activate(self.standing(agent, now))) {
                    Some(agent) => activation::consume(tx, soi, digest, now).await?.map(|spent| (agent, spent)),
                    None => None,
                };
                let Some((agent, spent)) = spent else {
                    audit::append(tx, &refused_activation(known, Reason::ActivationInvalid, visit), now).await?;
                    return Ok(Activation::Invalid);
                };
                taken.clear(tx, now).await?;
                if spent.delivery.is_some_and(CodeDelivery::enrols) {
                    // Who was handed a code may enrol the first factor right after the password, wherever they are.
                    let until = now.plus(CODE_OPENS_FOR);
                    enrolment_permits::grant(tx, soi, Basis::Code, &hash_token(visit.browser), until).await?;
                }
                if let Some(replaced) = passwords::hold(tx, soi).await? {
                    let over = Over::HandedOver(spent.delivery);
                    self.reset_in(tx, &agent, (&replaced, phc), over, visit, now).await?;
                    return Ok(Activation::Reset);
                }
                passwords::set(tx, soi, phc, now).await?;
                self.note_judged(tx, &agent).await?;
                throttle::clear(tx, &self.lookup.digest(Form::Login.as_str(), soi.as_str()), visit.zone).await?;
                let event = Event::new("agent.activated", Actor::Agent(soi.clone()))
                    .with_subject(soi)
                    .with_contact(visit.contact)
                    .with_detail(serde_json::json!({ "delivery": spent.delivery }));
                audit::append(tx, &event, now).await?;
                Ok(Activation::Done)
            })
            .await
    }
}

fn refused_activation(soi: Option<Soi>, reason: Reason, visit: Visit<'_>) -> Event {
    let event = Event::new("activation.refused", Actor::Stranger).refused(reason).with_contact(visit.contact);
    Event { subject: soi, ..event }
}

enum Look {
    Blocked(Blocked),
    Invalid(Vec<Suspected>),
    Live(Box<Agent>, Taken),
}

/// Who starts next Monday may choose the password today; who left may not.
const fn may_activate(standing: Standing) -> bool {
    matches!(standing, Standing::Active | Standing::NotStarted)
}
