//! Enrolling an authenticator application, and taking factors away again.
//!
//! The key waits in ephemeral state, sealed, for the first code that proves it was taken over; each tab has its own. The
//! rule when a factor may be enrolled stands in `domain/enrolment.rs`; it is asked again in the transaction that stores.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

use super::event;
use super::given::WrongFactor;
use crate::crypto::hash::hash_token;
use crate::crypto::short_code::PlainCode;
use crate::domain::enrolment::Enrolment;
use crate::domain::factor::{FactorRule, Proof, SecondFactor};
use crate::domain::notice::{FactorEvent, Notice};
use crate::domain::secret::PlainToken;
use crate::domain::session::Session;
use crate::domain::time::Timestamp;
use crate::ephemeral::Kind;
use crate::login::confirmation::Held;
use crate::login::totp::{DIGITS, PURPOSE, TotpKey};
use crate::login::{Login, LoginError, Visit};
use crate::storage::totp_devices::TotpDevice;
use crate::storage::{
    StoreError, Tx, agents, audit, enrolment_permits, passkeys, recovery_codes, sessions, totp_devices,
};

/// How long a key waits for its first code.
const LIFETIME: Duration = Duration::from_mins(15);

/// A key on its way into an application.
#[derive(Debug)]
pub struct TotpEnrolment {
    /// Names it in the form; worth nothing in another session.
    pub token: PlainToken,
    pub key: TotpKey,
}

/// Where enrolling leads.
#[derive(Debug)]
pub enum Enrolled {
    Done {
        /// As with every factor that is given.
        cookie: Option<PlainToken>,
        /// The first set of recovery codes, shown once.
        recovery_codes: Option<Vec<String>>,
    },
    Wrong(WrongFactor),
    /// As many as one may have.
    TooMany,
    /// Something else has to come before, or it is not safe here.
    Not(Enrolment),
    /// The key waits no longer: begin anew.
    Gone,
}

/// Where removing a factor leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removal {
    Removed,
    /// There is none of this id.
    Nothing,
    /// The rules ask for a factor, and it is the last one.
    LastOne,
    /// A factor is given in this session first.
    GiveFactor,
}

impl Login {
    /// Draws a key that waits for its first code in this session.
    pub async fn begin_totp(&self, own: &Session) -> Result<TotpEnrolment, LoginError> {
        let (token, key) = (self.random.token(), TotpKey::generate(&self.random));
        let sealed = self.sealer.seal(PURPOSE, &row_of(own, &token), key.reveal(), &self.random);
        self.ephemeral.put(Kind::Enrolment, &ephemeral_key(&token), sealed, LIFETIME).await?;
        Ok(TotpEnrolment { token, key })
    }

    /// The key behind a form that is shown again.
    pub async fn find_totp(&self, own: &Session, token: &PlainToken) -> Result<Option<TotpKey>, LoginError> {
        let Some(sealed) = self.ephemeral.get(Kind::Enrolment, &ephemeral_key(token)).await? else { return Ok(None) };
        // Another session's opens under another row only.
        Ok(self.sealer.open(PURPOSE, &row_of(own, token), &sealed).ok().map(TotpKey::from_bytes))
    }

    /// Stores the key if `typed` is its code of now.
    pub async fn finish_totp(
        &self,
        held: Held<'_>,
        token: &PlainToken,
        typed: &str,
        name: String,
        visit: Visit<'_>,
    ) -> Result<Enrolled, LoginError> {
        let own = held.session;
        let Some(key) = self.find_totp(own, token).await? else { return Ok(Enrolled::Gone) };
        let Some(code) = PlainCode::typed_digits(typed, DIGITS) else { return Ok(Enrolled::Wrong(WrongFactor::Shape)) };
        let now = self.clock.now();
        let Some(step) = key.step_of(&code, now)? else { return Ok(Enrolled::Wrong(WrongFactor::Wrong)) };
        if self.ephemeral.take(Kind::Enrolment, &ephemeral_key(token)).await?.is_none() {
            return Ok(Enrolled::Gone);
        }
        let id = self.random.uuid();
        let sealed = self.sealer.seal(PURPOSE, &id, key.reveal(), &self.random);
        let device = TotpDevice { id, name, sealed, last_step: step, created_at: now, last_used_at: Some(now) };
        let (cookie, codes) = (self.random.token(), self.draw_recovery_codes());
        self.store
            .write(async |tx: &mut Tx| -> Result<Enrolled, LoginError> {
                let may = self.hold_for_enrolment(tx, own, visit, now).await?;
                if may != Enrolment::Allowed {
                    return Ok(Enrolled::Not(may));
                }
                if !totp_devices::insert(tx, &own.soi, &device).await? {
                    return Ok(Enrolled::TooMany);
                }
                self.enrolled(tx, held, (Proof::Totp, &device.name), (&cookie, &codes), visit, now).await
            })
            .await
    }

    /// Holds the agent and says whether a factor may be enrolled in this session now.
    pub(in crate::login) async fn hold_for_enrolment(
        &self,
        tx: &mut Tx,
        own: &Session,
        visit: Visit<'_>,
        now: Timestamp,
    ) -> Result<Enrolment, StoreError> {
        let agent = agents::hold(tx, &own.soi).await?;
        let stands = agent.is_some_and(|agent| self.standing(&agent, now).refusal().is_none());
        let lives = sessions::find(tx, &own.sid).await?.is_some_and(|session| session.ended_at.is_none());
        if stands && lives { self.may_enrol_now(tx, own, visit, now).await } else { Ok(Enrolment::Unsafe) }
    }

    /// What follows every enrolment: the permit is spent, the session is raised by what was just proved, recovery codes
    /// come with the first factor, and the agent is told.
    pub(in crate::login) async fn enrolled(
        &self,
        tx: &mut Tx,
        held: Held<'_>,
        (proof, name): (Proof, &str),
        (cookie, codes): (&PlainToken, &[String]),
        visit: Visit<'_>,
        now: Timestamp,
    ) -> Result<Enrolled, LoginError> {
        let own = held.session;
        let soi = &own.soi;
        enrolment_permits::spend(tx, soi).await?;
        let needs_codes = recovery_codes::left(tx, soi).await? == 0;
        if needs_codes {
            self.make_recovery_codes(tx, own, visit, now, codes).await?;
        }
        let factor = proof.factor();
        let added = event("factor.added", own, visit).with_detail(json!({ "factor": factor, "name": name }));
        audit::append(tx, &added, now).await?;
        let Some(exchanged) = self.raise(tx, held, proof, cookie, visit, now).await? else { return Ok(Enrolled::Gone) };
        if let Some(agent) = agents::find(tx, soi).await? {
            let (event, circumstances) =
                (FactorEvent::Added { factor, name: name.to_owned() }, visit.circumstances(now));
            self.outbox.tell(tx, &agent, |alarm| Notice::Factors { event, circumstances, alarm }, now).await?;
        }
        Ok(Enrolled::Done {
            cookie: exchanged.then(|| cookie.clone()),
            recovery_codes: needs_codes.then(|| codes.to_vec()),
        })
    }

    /// Takes a factor away; other sessions end, since they may be on the device that was lost.
    pub async fn remove_factor(
        &self,
        own: &Session,
        factor: SecondFactor,
        id: &str,
        visit: Visit<'_>,
    ) -> Result<Removal, LoginError> {
        let now = self.clock.now();
        let soi = &own.soi;
        let today = now.date_in(&self.settings.time_zone);
        let remove = async |tx: &mut Tx| -> Result<Removal, StoreError> {
            let Some(agent) = agents::hold(tx, soi).await? else { return Ok(Removal::Nothing) };
            let (devices, keys) = (totp_devices::of_agent(tx, soi).await?, passkeys::of_agent(tx, soi).await?);
            let name = match factor {
                SecondFactor::Totp => devices.iter().find(|device| device.id == id).map(|device| device.name.clone()),
                SecondFactor::Passkey => keys.iter().find(|key| key.id == id).map(|key| key.name.clone()),
                _ => None,
            };
            let Some(name) = name else { return Ok(Removal::Nothing) };
            if !own.second_at(now).is_some_and(SecondFactor::is_held) {
                return Ok(Removal::GiveFactor);
            }
            let rule = self.settings.factors.of(&agent).rule(agent.is_privileged(), today);
            if devices.len() + keys.len() == 1 && rule != FactorRule::Outside {
                return Ok(Removal::LastOne);
            }
            let removed = match factor {
                SecondFactor::Totp => totp_devices::remove(tx, soi, id).await?,
                _ => passkeys::remove(tx, soi, id).await?,
            };
            if !removed {
                return Ok(Removal::Nothing);
            }
            let ended = sessions::end_others(tx, soi, &own.sid, "factor.removed", now).await?.len();
            let removed = event("factor.removed", own, visit)
                .with_detail(json!({ "factor": factor, "name": name, "sessions_ended": ended }));
            audit::append(tx, &removed, now).await?;
            let (event, circumstances) = (FactorEvent::Removed { factor, name }, visit.circumstances(now));
            self.outbox.tell(tx, &agent, |alarm| Notice::Factors { event, circumstances, alarm }, now).await?;
            Ok(Removal::Removed)
        };
        Ok(self.store.write(remove).await?)
    }

    /// Makes a new set of recovery codes, shown once. `None`: a factor is given in this session first.
    pub async fn renew_recovery_codes(
        &self,
        own: &Session,
        visit: Visit<'_>,
    ) -> Result<Option<Vec<String>>, LoginError> {
        let now = self.clock.now();
        if !own.second_at(now).is_some_and(SecondFactor::is_held) {
            return Ok(None);
        }
        let codes = self.draw_recovery_codes();
        let made = async |tx: &mut Tx| -> Result<bool, StoreError> {
            let Some(agent) = agents::hold(tx, &own.soi).await? else { return Ok(false) };
            if !self.has_factor(tx, &own.soi).await? {
                return Ok(false);
            }
            self.make_recovery_codes(tx, own, visit, now, &codes).await?;
            let circumstances = visit.circumstances(now);
            let notice = |alarm| Notice::Factors { event: FactorEvent::RecoveryCodes, circumstances, alarm };
            self.outbox.tell(tx, &agent, notice, now).await?;
            Ok(true)
        };
        Ok(self.store.write(made).await?.then_some(codes))
    }

    /// "Later": heard inside, where the rule lets it wait.
    pub async fn postpone_enrolment(&self, own: &Session, visit: Visit<'_>) -> Result<(), LoginError> {
        let now = self.clock.now();
        let postpone = async |tx: &mut Tx| -> Result<(), StoreError> {
            sessions::postpone(tx, &own.sid, now).await?;
            audit::append(tx, &event("factor.enrolment_postponed", own, visit), now).await
        };
        Ok(self.store.write(postpone).await?)
    }
}

/// A key waits in its session only.
fn row_of(own: &Session, token: &PlainToken) -> String {
    format!("{} {}", own.sid, ephemeral_key(token))
}

/// The plain token is a secret, so ephemeral state knows it by its hash.
fn ephemeral_key(token: &PlainToken) -> String {
    URL_SAFE_NO_PAD.encode(hash_token(token).as_bytes())
}
