//! Who is at the keyboard: password login, renewal of an expired password, activation, reset, "this was not me", the session
//! that follows, and what agents do with their own account in it.
//!
//! This layer takes what was typed and answers with a step; it sees neither HTTP nor SQL. Two promises shape it: until the
//! password is right, known and unknown SOIs get the same words, the same statements and the same argon2id run; and while
//! a delay runs, no password is verified. Look next at [`password`] and `guess.rs`, then `web/pages/login.rs`.

pub mod account;
pub mod activation;
pub mod alarm;
pub mod change;
pub mod channels;
pub mod confirmation;
pub mod factor;
mod guess;
mod judgement;
pub mod own_sessions;
pub mod passkey;
pub mod password;
pub mod renewal;
mod replacement;
pub mod reset;
pub mod session;
#[cfg(test)]
mod tests;
pub mod totp;

use std::sync::Arc;

use jiff::tz::TimeZone;

use crate::crypto::blocklist::BlockedPasswords;
use crate::crypto::breach::BreachedPasswords;
use crate::crypto::keyed::LookupKey;
use crate::crypto::known_browser::{BrowserCookie, BrowserKey};
use crate::crypto::password::{NewHash, PasswordPool, PasswordPoolError};
use crate::crypto::random::Random;
use crate::crypto::seal::{SealError, Sealer};
use crate::crypto::short_code::ShortCodeKey;
use crate::domain::acr::Acr;
use crate::domain::agent::{Agent, Standing};
use crate::domain::audit::Contact;
use crate::domain::factor::SecondFactor;
use crate::domain::factor_policies::FactorPolicies;
use crate::domain::notice::Circumstances;
use crate::domain::password_policy::{Breach, Owner, PasswordPolicies};
use crate::domain::secret::{PlainPassword, PlainToken};
use crate::domain::session::{Session, SessionPolicy};
use crate::domain::soi::{Soi, SoiSyntax};
use crate::domain::time::{Clock, Timestamp};
use crate::domain::zone::NetworkZone;
use crate::ephemeral::{Ephemeral, EphemeralError};
use crate::network::Sources;
use crate::outbox::Outbox;
use crate::storage::passwords::StoredPassword;
use crate::storage::{Store, StoreError};

pub use judgement::MustRenew;

/// What a login needs to know from the configuration.
#[derive(Debug, Clone)]
pub struct LoginSettings {
    pub soi_syntax: SoiSyntax,
    pub policies: PasswordPolicies,
    pub sessions: SessionPolicy,
    /// What is one source of attempts, and which addresses many agents share.
    pub sources: Sources,
    pub time_zone: TimeZone,
    /// Under which name authenticator applications show an account.
    pub product: String,
    /// Which factors there are, for whom.
    pub factors: FactorPolicies,
    /// The highest level that can be reached: `eidas3` only where makers of keys are listed.
    pub highest_acr: Acr,
    /// Text messages can be sent: a reset code may go to a mobile.
    pub sends_sms: bool,
    /// Where alarms are told, beside the agent (`help.alerts_email`).
    pub alerts: Option<String>,
}

/// The login layer. Cheap to clone.
#[derive(Clone)]
pub struct Login {
    pub store: Store,
    pub ephemeral: Arc<dyn Ephemeral>,
    pub clock: Clock,
    pub random: Random,
    pub passwords: Arc<PasswordPool>,
    pub breached: BreachedPasswords,
    /// The City's own list.
    pub blocked: BlockedPasswords,
    /// Keys the throttle: what was typed is never stored, only its digest.
    pub lookup: LookupKey,
    /// Knows the browsers that an agent has used before.
    pub browsers: BrowserKey,
    pub short_codes: ShortCodeKey,
    /// Seals the keys of authenticator applications.
    pub sealer: Arc<Sealer>,
    /// What Octroi is to authenticators; `None`: there are no passkeys here.
    pub passkeys: Option<Arc<passkey::Passkeys>>,
    /// What is told to agents is put here, in the transaction of the act.
    pub outbox: Outbox,
    pub settings: Arc<LoginSettings>,
}

/// The contact behind a form: where it came from and what the audit notes about it.
#[derive(Debug, Clone, Copy)]
pub struct Visit<'a> {
    pub zone: NetworkZone,
    pub contact: &'a Contact,
    /// The pre-session cookie: a renewal ticket works only in the browser that obtained it.
    pub browser: &'a PlainToken,
    /// What says which agents have used this browser before; nobody has looked at it yet.
    pub known: Option<&'a BrowserCookie>,
    /// The session that this browser held before, to be ended by a new login.
    pub session: Option<&'a Session>,
}

/// A session that has just begun.
#[derive(Debug, Clone)]
pub struct NewSession {
    /// The cookie's value, shown once.
    pub cookie: PlainToken,
    pub session: Session,
    /// The password ends so soon that its owner is told, once, before going on.
    pub password_ends: Option<Timestamp>,
}

/// Why a step could not be taken at all; nothing is known about the credentials.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// Too many passwords wait to be verified: 503 with `Retry-After`. The attempt does not count.
    #[error("the queue of passwords to verify is full")]
    Overloaded,
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Ephemeral(#[from] EphemeralError),
    /// The key of an authenticator application cannot be opened.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The key of an authenticator application is none.
    #[error(transparent)]
    Totp(#[from] totp::TotpError),
    /// What is kept of a passkey cannot be used.
    #[error(transparent)]
    Passkey(#[from] passkey::PasskeyError),
}

impl From<PasswordPoolError> for LoginError {
    fn from(_: PasswordPoolError) -> Self {
        Self::Overloaded
    }
}

impl Login {
    /// The hashing pool as contacts from `zone` may use it: a storm from outside leaves places for the office.
    fn hashing(&self, zone: NetworkZone) -> PasswordPool {
        match zone {
            NetworkZone::Internal => PasswordPool::clone(&self.passwords),
            NetworkZone::Nomades => self.passwords.outside(),
        }
    }

    /// The cookie that makes this browser known to the agent who has just logged in.
    pub fn remember_browser(&self, sent: Option<&BrowserCookie>, soi: &Soi) -> BrowserCookie {
        self.browsers.remember(sent, self.random.token(), soi.as_str(), self.clock.now())
    }

    /// Whether a contact from `zone` may change what a password opens or over which address it is reset: outside after the
    /// second factor only (PRODUCT §4), given in this session.
    pub fn may_change_in(&self, zone: NetworkZone, own: Option<&Session>) -> bool {
        let now = self.clock.now();
        zone == NetworkZone::Internal || own.and_then(|own| own.second_at(now)).is_some_and(SecondFactor::is_held)
    }

    fn standing(&self, agent: &Agent, now: Timestamp) -> Standing {
        agent.standing(now.date_in(&self.settings.time_zone))
    }

    /// Everything that a new password must be, the reading of a file last.
    async fn check_new(&self, agent: &Agent, new: &PlainPassword) -> Result<(), Breach> {
        self.check_rules(agent, new)?;
        if self.breached.contains(new).await { Err(Breach::Compromised) } else { Ok(()) }
    }

    /// The stored form of a new password, or which of the last ones it is. `before`: the present one first.
    async fn hash_new(
        &self,
        new: PlainPassword,
        before: &[StoredPassword],
        zone: NetworkZone,
    ) -> Result<Result<String, Breach>, PasswordPoolError> {
        let before: Vec<String> = before.iter().map(|password| password.phc.clone()).collect();
        Ok(match self.hashing(zone).hash_beside(new, &before).await? {
            NewHash::New(phc) => Ok(phc),
            NewHash::Known(0) => Err(Breach::Unchanged),
            NewHash::Known(_) => Err(Breach::UsedBefore),
        })
    }

    fn check_rules(&self, agent: &Agent, new: &PlainPassword) -> Result<(), Breach> {
        let record = &agent.record;
        let owner = Owner {
            soi: record.soi.as_str(),
            given_name: &record.given_name,
            family_name: &record.family_name,
            email: &record.email,
            department: record.department.as_deref().unwrap_or_default(),
        };
        self.settings.policies.of(agent).check(new, &owner)?;
        if self.blocked.contains(new) { Err(Breach::Listed) } else { Ok(()) }
    }
}

impl Visit<'_> {
    /// What a notice says about this contact.
    fn circumstances(&self, now: Timestamp) -> Circumstances {
        Circumstances { at: now, zone: Some(self.zone), browser: self.contact.user_agent.clone() }
    }
}

/// The two entries of a new password must be the same, after normalisation.
fn same_twice(new: &PlainPassword, again: &PlainPassword) -> Result<(), Breach> {
    if new.reveal() == again.reveal() { Ok(()) } else { Err(Breach::Mismatch) }
}
