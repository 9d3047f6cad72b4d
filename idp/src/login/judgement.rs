//! What becomes of a right password at its login: good as it is, to be changed first, or good until a day that is near.
//!
//! A changed policy catches up here: the password carries a digest of the rules it last met, so that it is judged again only
//! when they changed, at the one moment when it is known in clear. Nothing here is told before the password was right.

use std::sync::Arc;

use super::Login;
use crate::crypto::hash::sha256;
use crate::domain::agent::Agent;
use crate::domain::password_policy::{Breach, PasswordPolicy};
use crate::domain::reason::Reason;
use crate::domain::secret::PlainPassword;
use crate::domain::time::Timestamp;
use crate::storage::passwords::{self, StoredPassword};
use crate::storage::{StoreError, Tx};

/// Why a right password is to be changed first, and what the new one must be.
#[derive(Debug, Clone)]
pub struct MustRenew {
    pub reason: Reason,
    /// It is older than the policy allows, and not only expired by somebody.
    pub by_age: bool,
    /// The rules changed since it was chosen, and it breaks this one.
    pub broken: Option<Breach>,
    pub policy: Arc<PasswordPolicy>,
}

/// What becomes of a right password.
pub(super) enum Judgement {
    MustRenew(MustRenew),
    /// `by`: rules that it was judged by for the first time, to be noted.
    Good {
        by: Option<[u8; 32]>,
        ends: Option<Timestamp>,
    },
}

impl Login {
    /// Judges a password that is right. What others know is worse than what is old.
    pub(super) async fn judge(
        &self,
        agent: &Agent,
        password: &PlainPassword,
        stored: &StoredPassword,
        now: Timestamp,
    ) -> Judgement {
        let must_renew = |reason, broken| Judgement::MustRenew(self.must_renew(agent, stored, reason, broken, now));
        if self.breached.contains(password).await {
            return must_renew(Reason::PasswordCompromised, None);
        }
        let policy = self.settings.policies.of(agent);
        if policy.is_expired(stored.changed_at, stored.renew_at, now) {
            return must_renew(Reason::PasswordExpired, None);
        }
        let rules = self.rules_for(policy);
        let is_known = stored.judged_by.as_deref() == Some(rules.as_slice());
        if !is_known && let Err(broken) = self.check_rules(agent, password) {
            return must_renew(Reason::PasswordExpired, Some(broken));
        }
        let ends = policy.expires_soon(stored.changed_at, stored.renew_at, now);
        Judgement::Good { by: (!is_known).then_some(rules), ends }
    }

    /// Notes that the password which was set in this transaction met the rules of today: its first login judges it no more.
    pub(super) async fn note_judged(&self, tx: &mut Tx, agent: &Agent) -> Result<(), StoreError> {
        let rules = self.rules_for(self.settings.policies.of(agent));
        passwords::set_judged_new(tx, &agent.record.soi, &rules).await
    }

    /// Why this password is to be changed, in all that a page may say about it.
    pub(super) fn must_renew(
        &self,
        agent: &Agent,
        stored: &StoredPassword,
        reason: Reason,
        broken: Option<Breach>,
        now: Timestamp,
    ) -> MustRenew {
        let policy = self.settings.policies.of(agent).clone();
        MustRenew { reason, by_age: policy.is_expired(stored.changed_at, None, now), broken, policy }
    }

    /// Everything that a text is judged by without asking its owner's past, as one digest.
    fn rules_for(&self, policy: &PasswordPolicy) -> [u8; 32] {
        let mut rules = self.blocked.digest().to_vec();
        rules.extend_from_slice(policy.rules().as_bytes());
        sha256(&rules)
    }
}
