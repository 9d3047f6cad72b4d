//! The session: one browser's login at Octroi, with limits per zone (STANDARDS §0: 12 h / 2 h inside, 8 h / 1 h outside).

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::acr::AuthenticationMethod;
use super::factor::{GivenFactor, SecondFactor};
use super::ids::Sid;
use super::soi::Soi;
use super::time::Timestamp;
use super::zone::NetworkZone;

/// `last_seen` is written at most this often.
pub const LAST_SEEN_STEP: Duration = Duration::from_mins(1);

/// So long after the password was given, sensitive acts do not ask for it again.
pub const FRESH: Duration = Duration::from_mins(5);

/// Whether a password that was given at `proved_at` still speaks for a sensitive act at `now`.
pub fn is_fresh(proved_at: Timestamp, now: Timestamp) -> bool {
    now < proved_at.plus(FRESH)
}

/// How long a session may last in one zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionLimits {
    /// From the login.
    pub absolute: Duration,
    /// From the last contact.
    pub idle: Duration,
}

/// The limits of both zones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionPolicy {
    pub internal: SessionLimits,
    pub nomades: SessionLimits,
}

impl SessionPolicy {
    /// The limits that hold in `zone`.
    pub const fn limits(&self, zone: NetworkZone) -> SessionLimits {
        match zone {
            NetworkZone::Internal => self.internal,
            NetworkZone::Nomades => self.nomades,
        }
    }
}

/// A session as stored. The cookie's value is known only as a hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Told to applications.
    pub sid: Sid,
    pub soi: Soi,
    /// The zone of the login.
    pub login_zone: NetworkZone,
    pub authentication: AuthenticationMethod,
    /// What was given beside the password, last.
    pub second: Option<GivenFactor>,
    /// "Later" was said to the enrolment of a factor.
    pub is_postponed: bool,
    pub auth_time: Timestamp,
    pub last_seen_at: Timestamp,
    pub ended_at: Option<Timestamp>,
}

/// A session that lives, with what its owner may want to know it again by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenSession {
    pub session: Session,
    /// The network of the login, without the machine (see `place`).
    pub network: Option<String>,
    /// Browser family at the login.
    pub browser: Option<String>,
}

impl Session {
    /// The second factor that counts at `now`.
    pub fn second_at(&self, now: Timestamp) -> Option<SecondFactor> {
        self.second.and_then(|given| given.at(now))
    }

    /// Whether the session lives for a contact from `zone` at `now`: the stricter of the login's zone and this one.
    pub fn is_live(&self, policy: &SessionPolicy, zone: NetworkZone, now: Timestamp) -> bool {
        let idle = policy.limits(zone.lowest(self.login_zone)).idle;
        self.ended_at.is_none() && now < self.absolute_end(policy, zone) && now < self.last_seen_at.plus(idle)
    }

    /// When the session ends at the latest for contacts from `zone`.
    pub fn absolute_end(&self, policy: &SessionPolicy, zone: NetworkZone) -> Timestamp {
        self.auth_time.plus(policy.limits(zone.lowest(self.login_zone)).absolute)
    }

    /// Whether this contact is worth a write of `last_seen`.
    pub fn is_touch_due(&self, now: Timestamp) -> bool {
        now >= self.last_seen_at.plus(LAST_SEEN_STEP)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    fn policy() -> SessionPolicy {
        SessionPolicy {
            internal: SessionLimits { absolute: 12 * HOUR, idle: 2 * HOUR },
            nomades: SessionLimits { absolute: 8 * HOUR, idle: HOUR },
        }
    }

    fn session(login_zone: NetworkZone) -> Session {
        Session {
            sid: Sid::new("s"),
            soi: Soi::from_stored("100001".into()),
            login_zone,
            authentication: AuthenticationMethod::password(),
            second: None,
            is_postponed: false,
            auth_time: Timestamp::from_seconds(0),
            last_seen_at: Timestamp::from_seconds(0),
            ended_at: None,
        }
    }

    #[test]
    fn idle_and_absolute_limits_hold_to_the_second() {
        use NetworkZone::{Internal, Nomades};
        let mut s = session(Internal);
        assert!(s.is_live(&policy(), Internal, Timestamp::from_seconds(7199)));
        assert!(!s.is_live(&policy(), Internal, Timestamp::from_seconds(7200)));
        assert!(!s.is_live(&policy(), Nomades, Timestamp::from_seconds(3600)));
        s.last_seen_at = Timestamp::from_seconds(12 * 3600 - 60);
        assert!(s.is_live(&policy(), Internal, Timestamp::from_seconds(12 * 3600 - 1)));
        assert!(!s.is_live(&policy(), Internal, Timestamp::from_seconds(12 * 3600)));
    }

    #[test]
    fn a_session_born_outside_keeps_the_stricter_limits_inside() {
        let s = session(NetworkZone::Nomades);
        assert!(!s.is_live(&policy(), NetworkZone::Internal, Timestamp::from_seconds(3600)));
    }

    #[test]
    fn an_ended_session_is_dead_at_once() {
        let mut s = session(NetworkZone::Internal);
        s.ended_at = Some(Timestamp::from_seconds(1));
        assert!(!s.is_live(&policy(), NetworkZone::Internal, Timestamp::from_seconds(1)));
    }

    #[test]
    fn a_password_speaks_for_five_minutes() {
        let proved = Timestamp::from_seconds(0);
        assert!(is_fresh(proved, Timestamp::from_seconds(299)));
        assert!(!is_fresh(proved, Timestamp::from_seconds(300)));
    }

    #[test]
    fn last_seen_is_written_at_most_once_a_minute() {
        let s = session(NetworkZone::Internal);
        assert!(!s.is_touch_due(Timestamp::from_seconds(59)));
        assert!(s.is_touch_due(Timestamp::from_seconds(60)));
    }
}
