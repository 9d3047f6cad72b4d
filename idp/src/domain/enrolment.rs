//! When a factor may be enrolled (PRODUCT §4, ANS-R4, NIST-27): the first one only where it is safe, every other one by
//! who has just given one. Never from the internet with a password alone.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::factor::SecondFactor;
use super::zone::NetworkZone;

/// How long a confirmation opens the enrolment.
pub const CONFIRMED_FOR: Duration = Duration::from_mins(15);
/// The same for a code that was handed over or posted: it was typed before the first login.
pub const CODE_OPENS_FOR: Duration = Duration::from_hours(1);

/// By what the first enrolment was confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// A code that was handed over or posted, typed in this browser.
    Code,
    /// A code over a verified channel.
    Channel,
    /// A code of the manager.
    Manager,
}

impl Basis {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::Code, Self::Channel, Self::Manager];

    /// The stored word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Channel => "channel",
            Self::Manager => "manager",
        }
    }
}

/// A text that names no basis.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} confirms no enrolment")]
pub struct UnknownBasis(pub String);

impl std::str::FromStr for Basis {
    type Err = UnknownBasis;

    fn from_str(text: &str) -> Result<Self, UnknownBasis> {
        let known = Self::ALL.into_iter().find(|basis| basis.as_str() == text);
        known.ok_or_else(|| UnknownBasis(text.chars().take(32).collect()))
    }
}

/// What the rule looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EnrolmentFacts {
    pub zone: NetworkZone,
    /// What was given in this session beside the password.
    pub given: Option<SecondFactor>,
    /// A passkey or an authenticator application is enrolled.
    pub has_factor: bool,
    /// What this browser holds a permit for.
    pub permit: Option<Basis>,
}

/// Whether a factor may be enrolled here and now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Enrolment {
    Allowed,
    /// Inside: a code over a verified channel or of the manager comes first.
    Confirm,
    /// One is enrolled: it is given first.
    GiveFactor,
    /// At the office, or with a code that was handed over.
    Unsafe,
}

/// Decides.
pub const fn may_enrol(facts: EnrolmentFacts) -> Enrolment {
    let EnrolmentFacts { zone, given, has_factor, permit } = facts;
    match (given, permit, zone) {
        (Some(given), ..) if given.is_held() => Enrolment::Allowed,
        _ if has_factor => Enrolment::GiveFactor,
        (_, Some(Basis::Code), _) | (_, Some(Basis::Channel | Basis::Manager), NetworkZone::Internal) => {
            Enrolment::Allowed
        }
        (_, _, NetworkZone::Internal) => Enrolment::Confirm,
        (_, _, NetworkZone::Nomades) => Enrolment::Unsafe,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use NetworkZone::{Internal, Nomades};

    const BARE: EnrolmentFacts = EnrolmentFacts { zone: Internal, given: None, has_factor: false, permit: None };

    #[test]
    fn the_first_factor_is_enrolled_inside_after_a_confirmation_or_with_a_code_that_was_handed_over() {
        assert_eq!(may_enrol(BARE), Enrolment::Confirm);
        for basis in Basis::ALL {
            assert_eq!(may_enrol(EnrolmentFacts { permit: Some(basis), ..BARE }), Enrolment::Allowed);
        }
        let outside = EnrolmentFacts { zone: Nomades, ..BARE };
        assert_eq!(may_enrol(outside), Enrolment::Unsafe);
        assert_eq!(may_enrol(EnrolmentFacts { permit: Some(Basis::Code), ..outside }), Enrolment::Allowed);
        for basis in [Basis::Channel, Basis::Manager] {
            assert_eq!(may_enrol(EnrolmentFacts { permit: Some(basis), ..outside }), Enrolment::Unsafe);
        }
    }

    #[test]
    fn neither_a_code_that_was_sent_nor_a_managers_pass_enrols_from_outside() {
        for given in [SecondFactor::Sms, SecondFactor::Mail, SecondFactor::ManagerPass] {
            let facts = EnrolmentFacts { zone: Nomades, given: Some(given), ..BARE };
            assert_eq!(may_enrol(facts), Enrolment::Unsafe);
            assert_eq!(may_enrol(EnrolmentFacts { zone: Internal, ..facts }), Enrolment::Confirm);
        }
    }

    #[test]
    fn who_has_a_factor_gives_it_before_enrolling_another() {
        let facts = EnrolmentFacts { has_factor: true, permit: Some(Basis::Code), ..BARE };
        assert_eq!(may_enrol(facts), Enrolment::GiveFactor);
        for given in [SecondFactor::Totp, SecondFactor::Passkey, SecondFactor::RecoveryCode] {
            for zone in [Internal, Nomades] {
                assert_eq!(may_enrol(EnrolmentFacts { zone, given: Some(given), ..facts }), Enrolment::Allowed);
            }
        }
    }
}
