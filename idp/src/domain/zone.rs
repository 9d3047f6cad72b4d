//! The network zone. Context, never a factor: it chooses the rules and raises nothing (PRODUCT §2.1, STANDARDS D10).

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::time::Timestamp;

/// Where an agent is. Exactly these two; any doubt is [`NetworkZone::Nomades`]. `Nomades < Internal`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NetworkZone {
    /// Everywhere else.
    Nomades,
    /// A workstation in a municipal building.
    Internal,
}

impl NetworkZone {
    /// The claim's value.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Internal => "internal",
            Self::Nomades => "nomades",
        }
    }

    /// The lower of two zones: contacts can only lower (PRODUCT §2.2).
    #[must_use]
    pub fn lowest(self, other: Self) -> Self {
        self.min(other)
    }
}

impl fmt::Display for NetworkZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that names no zone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a network zone (internal or nomades)")]
pub struct UnknownZone(pub String);

impl FromStr for NetworkZone {
    type Err = UnknownZone;

    fn from_str(text: &str) -> Result<Self, UnknownZone> {
        match text {
            "internal" => Ok(Self::Internal),
            "nomades" => Ok(Self::Nomades),
            other => Err(UnknownZone(other.chars().take(32).collect())),
        }
    }
}

/// A zone with the moment of the contact that saw it: what tokens carry (PRODUCT §2.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenZone {
    /// `network_zone`
    pub zone: NetworkZone,
    /// `network_zone_at`
    pub at: Timestamp,
    /// `network_zone_until`: after it the application must ask again.
    pub until: Timestamp,
}

impl SeenZone {
    /// A zone seen now. `internal` holds for `internal_max_age`; neither holds longer than the session (`session_end`).
    pub fn new(zone: NetworkZone, at: Timestamp, internal_max_age: Duration, session_end: Timestamp) -> Self {
        let until = match zone {
            NetworkZone::Internal => at.plus(internal_max_age).min(session_end),
            NetworkZone::Nomades => session_end,
        };
        Self { zone, at, until }
    }

    /// The same, lowered by a further contact; never raised.
    #[must_use]
    pub fn lowered_to(self, other: NetworkZone) -> Self {
        Self { zone: self.zone.lowest(other), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_further_contact_lowers_and_never_raises() {
        use NetworkZone::{Internal, Nomades};
        assert_eq!(Internal.lowest(Nomades), Nomades);
        assert_eq!(Nomades.lowest(Internal), Nomades);
        let end = Timestamp::from_seconds(100_000);
        let seen = SeenZone::new(Nomades, Timestamp::from_seconds(0), Duration::from_secs(60), end);
        assert_eq!(seen.lowered_to(Internal).zone, Nomades);
    }

    #[test]
    fn internal_is_not_believed_longer_than_its_maximum_age_nor_than_the_session() {
        let at = Timestamp::from_seconds(1_000);
        let far = Timestamp::from_seconds(1_000_000);
        let age = Duration::from_secs(4 * 3600);
        assert_eq!(SeenZone::new(NetworkZone::Internal, at, age, far).until, at.plus(age));
        let near = Timestamp::from_seconds(1_060);
        assert_eq!(SeenZone::new(NetworkZone::Internal, at, age, near).until, near);
        assert_eq!(SeenZone::new(NetworkZone::Nomades, at, age, far).until, far);
    }

    #[test]
    fn only_the_two_exact_words_are_zones() {
        for text in ["Internal", "INTERNAL", "nomade", "", " internal"] {
            assert!(text.parse::<NetworkZone>().is_err(), "{text:?}");
        }
    }
}
