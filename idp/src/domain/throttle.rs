//! How fast passwords may be tried: growing delays per (SOI, zone), the same for known and unknown SOIs.
//!
//! The count is durable and taken *before* a password is verified (see `storage/throttle.rs`); this file only says how
//! long the next attempt has to wait. With these steps at most 25 attempts fit into any 24 h (CNIL-05).

use std::time::Duration;

/// What is tried: each is counted apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A password at the login.
    Login,
    /// The code of an activation.
    Activation,
}

impl Form {
    pub const ALL: [Self; 2] = [Self::Login, Self::Activation];

    /// The purpose of its keys.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Activation => "activation",
        }
    }
}

/// After this time without an attempt the count starts anew.
pub const FORGET_AFTER: Duration = Duration::from_hours(24);

/// Attempts without any delay: a person mistypes.
const FREE: u32 = 3;

/// Delays after the 4th, 5th… attempt, in seconds; the last one stays.
const STEPS: [u64; 10] = [15, 60, 120, 240, 480, 960, 1800, 3600, 5400, 7200];

/// How long to wait after `attempts` attempts without success (this one included).
pub fn delay_after(attempts: u32) -> Duration {
    match attempts.checked_sub(FREE + 1) {
        None => Duration::ZERO,
        Some(step) => {
            let index = usize::try_from(step).unwrap_or(usize::MAX).min(STEPS.len() - 1);
            Duration::from_secs(STEPS.get(index).copied().unwrap_or(7200))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_may_mistype_three_times_and_waits_a_minute_after_five() {
        assert_eq!(delay_after(3), Duration::ZERO);
        assert_eq!(delay_after(4), Duration::from_secs(15));
        assert!(delay_after(5) >= Duration::from_secs(60));
    }

    /// CNIL-05: at most 25 attempts in 24 h, however patient the guesser.
    #[test]
    fn at_most_25_attempts_fit_into_24_hours() {
        let (mut attempts, mut elapsed) = (0_u32, Duration::ZERO);
        while elapsed < Duration::from_secs(24 * 3600) {
            attempts += 1;
            elapsed += delay_after(attempts);
        }
        assert!(attempts <= 25, "{attempts}");
    }
}
