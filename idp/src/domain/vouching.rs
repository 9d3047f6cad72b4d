//! What a manager may vouch for (PRODUCT §4): a pass for the agent whose factor is lost, or the confirmation of the first
//! enrolment. Never for himself, never for somebody else's agent, never for administrators or approvers.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::channel::FACTOR_PAUSE;
use super::time::Timestamp;

/// How long the code that a manager tells may be typed.
pub const CODE_LIFETIME: Duration = Duration::from_mins(30);
/// Groups of four symbols in it.
pub const CODE_GROUPS: usize = 2;
/// Symbols that are typed.
pub const CODE_SYMBOLS: usize = 4 * CODE_GROUPS;

/// What the code opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Voucher {
    /// It stands in for the factor for some hours.
    Pass,
    /// It confirms the first enrolment.
    Enrolment,
}

impl Voucher {
    /// Every one.
    pub const ALL: [Self; 2] = [Self::Pass, Self::Enrolment];

    /// The stored word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Enrolment => "enrolment",
        }
    }

    /// What the digest of a code is bound to beside the agent.
    pub const fn digest_purpose(self) -> &'static str {
        match self {
            Self::Pass => "manager pass",
            Self::Enrolment => "manager enrolment",
        }
    }
}

impl fmt::Display for Voucher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that names no voucher.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is nothing that a manager vouches for")]
pub struct UnknownVoucher(pub String);

impl FromStr for Voucher {
    type Err = UnknownVoucher;

    fn from_str(text: &str) -> Result<Self, UnknownVoucher> {
        let known = Self::ALL.into_iter().find(|voucher| voucher.as_str() == text);
        known.ok_or_else(|| UnknownVoucher(text.chars().take(32).collect()))
    }
}

/// What the rule looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VouchingFacts {
    /// The manager of record asks, and it is not himself.
    pub is_own_agent: bool,
    /// The agent may work today.
    pub works: bool,
    /// Holds a role, or is somebody's manager.
    pub is_privileged: bool,
    /// A passkey or an authenticator application is enrolled.
    pub has_factor: bool,
    /// When the password was last reset.
    pub reset_at: Option<Timestamp>,
    /// No second pass before.
    pub next_pass_at: Option<Timestamp>,
}

/// Why a manager cannot vouch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unvouched {
    /// Somebody else's agent, himself, or nobody.
    NotYours,
    NotWorking,
    Privileged,
    /// The password was reset a short time ago: a pass would let in who holds no more than that.
    AfterReset {
        until: Timestamp,
    },
    /// One was given a short time ago.
    PassGiven {
        until: Timestamp,
    },
    /// A factor is enrolled: there is no first enrolment to confirm.
    HasFactor,
    /// None is enrolled: there is nothing that a pass could stand in for.
    NoFactor,
}

impl Unvouched {
    /// The word of the audit.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotYours => "not_your_agent",
            Self::NotWorking => "not_working",
            Self::Privileged => "privileged",
            Self::AfterReset { .. } => "after_reset",
            Self::PassGiven { .. } => "pass_given",
            Self::HasFactor => "has_factor",
            Self::NoFactor => "no_factor",
        }
    }
}

/// From when on a pass may be given to who reset the password at `reset_at`.
pub fn pass_after_reset(reset_at: Timestamp) -> Timestamp {
    reset_at.plus(FACTOR_PAUSE)
}

/// Whether a manager may vouch for this at `now`.
pub fn may_vouch(voucher: Voucher, facts: VouchingFacts, now: Timestamp) -> Result<(), Unvouched> {
    let is_ahead = |at: &Timestamp| now < *at;
    match voucher {
        _ if !facts.is_own_agent => Err(Unvouched::NotYours),
        _ if !facts.works => Err(Unvouched::NotWorking),
        _ if facts.is_privileged => Err(Unvouched::Privileged),
        Voucher::Enrolment => {
            if facts.has_factor {
                Err(Unvouched::HasFactor)
            } else {
                Ok(())
            }
        }
        Voucher::Pass if !facts.has_factor => Err(Unvouched::NoFactor),
        Voucher::Pass => {
            if let Some(until) = facts.reset_at.map(pass_after_reset).filter(is_ahead) {
                return Err(Unvouched::AfterReset { until });
            }
            facts.next_pass_at.filter(is_ahead).map_or(Ok(()), |until| Err(Unvouched::PassGiven { until }))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_000_000);
    const BARE: VouchingFacts = VouchingFacts {
        is_own_agent: true,
        works: true,
        is_privileged: false,
        has_factor: true,
        reset_at: None,
        next_pass_at: None,
    };

    #[test]
    fn a_pass_is_for_who_has_a_factor_and_a_confirmation_for_who_has_none() {
        assert_eq!(may_vouch(Voucher::Pass, BARE, NOW), Ok(()));
        assert_eq!(may_vouch(Voucher::Enrolment, BARE, NOW), Err(Unvouched::HasFactor));
        let without = VouchingFacts { has_factor: false, ..BARE };
        assert_eq!(may_vouch(Voucher::Enrolment, without, NOW), Ok(()));
        assert_eq!(may_vouch(Voucher::Pass, without, NOW), Err(Unvouched::NoFactor));
    }

    #[test]
    fn nobody_vouches_for_others_agents_for_who_is_away_or_for_the_privileged() {
        for voucher in Voucher::ALL {
            for (facts, why) in [
                (VouchingFacts { is_own_agent: false, ..BARE }, Unvouched::NotYours),
                (VouchingFacts { works: false, ..BARE }, Unvouched::NotWorking),
                (VouchingFacts { is_privileged: true, ..BARE }, Unvouched::Privileged),
            ] {
                assert_eq!(may_vouch(voucher, facts, NOW), Err(why));
            }
        }
    }

    #[test]
    fn no_pass_within_72_hours_of_a_reset_nor_before_the_next_one_is_due() {
        let reset_at = NOW.minus(FACTOR_PAUSE);
        assert_eq!(may_vouch(Voucher::Pass, VouchingFacts { reset_at: Some(reset_at), ..BARE }, NOW), Ok(()));
        let later = reset_at.plus(Duration::from_secs(1));
        let until = NOW.plus(Duration::from_secs(1));
        let after_reset = VouchingFacts { reset_at: Some(later), ..BARE };
        assert_eq!(may_vouch(Voucher::Pass, after_reset, NOW), Err(Unvouched::AfterReset { until }));
        assert_eq!(may_vouch(Voucher::Pass, VouchingFacts { next_pass_at: Some(NOW), ..BARE }, NOW), Ok(()));
        let given = VouchingFacts { next_pass_at: Some(until), ..BARE };
        assert_eq!(may_vouch(Voucher::Pass, given, NOW), Err(Unvouched::PassGiven { until }));
    }
}
