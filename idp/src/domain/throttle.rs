//! How fast passwords may be tried: growing delays and a daily cap per (SOI, zone) and per known browser, delays per source
//! network, and what looks like guessing. The same for known and unknown SOIs.
//!
//! Counts are durable and taken *before* a password is verified (`storage/throttle.rs`); failures by network are noted
//! afterwards (`storage/failures.rs`); `login/guess.rs` joins them. This file only says how long the next attempt has to
//! wait. docs/decisions/0007 and 0022 say why.

use std::time::Duration;

use super::time::Timestamp;

/// What is tried: each is counted apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A password at the login.
    Login,
    /// The code of an activation.
    Activation,
    /// The code of a reset.
    ResetCode,
    /// A second factor.
    Factor,
    /// A passkey instead of a password.
    Passkey,
}

impl Form {
    pub const ALL: [Self; 5] = [Self::Login, Self::Activation, Self::ResetCode, Self::Factor, Self::Passkey];

    /// The purpose of its keys.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Activation => "activation",
            Self::ResetCode => "reset_code",
            Self::Factor => "factor",
            Self::Passkey => "passkey",
        }
    }
}

/// Whose count makes somebody wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// What was typed as SOI, in this zone.
    Identifier,
    /// Where the attempt came from.
    Network,
    /// The agent's known browser.
    Browser,
}

impl Scope {
    /// The word of the audit and of metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Identifier => "identifier",
            Self::Network => "network",
            Self::Browser => "browser",
        }
    }
}

/// After this time without an attempt the count starts anew; failures of a network count for as long.
pub const FORGET_AFTER: Duration = Duration::from_hours(24);

/// What one failure spends of a day.
pub const SPENT_BY_ONE: Duration = Duration::from_hours(2);

/// How far ahead of now may be spent when an attempt begins: 13 failures at once and 12 more in a day make CNIL's 25, however
/// often somebody succeeds in between.
pub const CREDIT: Duration = Duration::from_hours(24);

/// Attempts without any delay: a person mistypes.
const FREE: u32 = 3;

/// Delays after the 4th, 5th… attempt, in seconds; the last one stays.
const STEPS: [u64; 10] = [15, 60, 120, 240, 480, 960, 1800, 3600, 5400, 7200];

/// How long to wait after `attempts` attempts without success (this one included).
pub fn delay_after(attempts: u32) -> Duration {
    step(&STEPS, attempts, FREE)
}

/// When the next attempt may be made, after `attempts` without success, the last one `now`.
pub fn next_attempt(attempts: u32, spent_until: Timestamp, now: Timestamp) -> Timestamp {
    now.plus(delay_after(attempts)).max(spent_until.minus(CREDIT))
}

/// When a network is slowed down, and how far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NetworkRule {
    /// Up to so many failures a day nobody waits: each counts where one host is one person, each SOI once where an address
    /// is shared.
    pub free: u32,
    /// What is counted: SOIs that failed, or their failures.
    pub counts_identifiers: bool,
    /// No delay is longer.
    pub longest: Duration,
}

/// Delays between two attempts from a slowed network, in seconds, one failure after the other; the last one stays.
const NETWORK_STEPS: [u64; 8] = [5, 15, 30, 60, 120, 240, 480, 900];

impl NetworkRule {
    /// An address of which nothing was said.
    pub const ORDINARY: Self = Self { free: 30, counts_identifiers: false, longest: Duration::from_mins(15) };

    /// A declared shared address: `free` SOIs may have failed there and not succeeded since. Whoever has to wait behind
    /// somebody else's failures waits a minute at most.
    pub const fn shared(free: u32) -> Self {
        Self { free, counts_identifiers: true, longest: Duration::from_mins(1) }
    }

    /// How long the next attempt waits; zero: the network is not slowed.
    pub fn delay(self, failures: NetworkFailures) -> Duration {
        let counted = if self.counts_identifiers { failures.identifiers } else { failures.failures };
        step(&NETWORK_STEPS, counted, self.free).min(self.longest)
    }
}

/// The failures of a network within [`FORGET_AFTER`], without those of who succeeded there afterwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NetworkFailures {
    /// Different SOIs.
    pub identifiers: u32,
    pub failures: u32,
    /// Different networks from which the SOI at hand failed.
    pub networks: u32,
}

/// What looks like guessing. Told once within [`FORGET_AFTER`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suspicion {
    /// So many attempts on one SOI without success, however slowly.
    ManyAttempts(u32),
    /// One network, many SOIs.
    ManyIdentifiers(u32),
    /// One SOI, many networks.
    ManyNetworks(u32),
}

impl Suspicion {
    /// An agent who forgot the password has asked somebody by then.
    const ATTEMPTS: u32 = 10;
    /// A household or a small office does not have so many agents who fail on one day.
    const IDENTIFIERS: u32 = 10;
    /// Nobody is at so many places on one day.
    const NETWORKS: u32 = 5;

    /// What a failure that was the nth without success makes suspect.
    pub fn of(nth: u32, failures: NetworkFailures, rule: NetworkRule) -> Vec<Self> {
        let NetworkFailures { identifiers, networks, .. } = failures;
        let many_identifiers = if rule.counts_identifiers { rule.free + 1 } else { Self::IDENTIFIERS };
        [
            (nth >= Self::ATTEMPTS).then_some(Self::ManyAttempts(nth)),
            (identifiers >= many_identifiers).then_some(Self::ManyIdentifiers(identifiers)),
            (networks >= Self::NETWORKS).then_some(Self::ManyNetworks(networks)),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// The word of the audit, of metrics and of the database.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::ManyAttempts(_) => "many_attempts",
            Self::ManyIdentifiers(_) => "many_identifiers",
            Self::ManyNetworks(_) => "many_networks",
        }
    }

    pub const fn count(self) -> u32 {
        match self {
            Self::ManyAttempts(count) | Self::ManyIdentifiers(count) | Self::ManyNetworks(count) => count,
        }
    }
}

/// The delay after `count`, of which `free` have none; the last step stays.
fn step(steps: &[u64], count: u32, free: u32) -> Duration {
    let Some(beyond) = count.checked_sub(free + 1) else { return Duration::ZERO };
    let index = usize::try_from(beyond).unwrap_or(usize::MAX).min(steps.len().saturating_sub(1));
    Duration::from_secs(steps.get(index).copied().unwrap_or_default())
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

    /// CNIL-05, whatever lifts the delays in between.
    #[test]
    fn who_spends_a_day_s_failures_waits_even_where_no_delay_grows() {
        let begin = Timestamp::from_seconds(1_800_000_000);
        let (mut now, mut spent, mut moments) = (begin, begin, Vec::new());
        while begin.until(now) < 3 * FORGET_AFTER {
            moments.push(now);
            spent = spent.max(now).plus(SPENT_BY_ONE);
            now = next_attempt(1, spent, now);
        }
        let in_a_day = |from: &Timestamp| {
            let within = |at: &&Timestamp| *at >= from && from.until(**at) < FORGET_AFTER;
            moments.iter().filter(within).count()
        };
        let most = moments.iter().map(in_a_day).max().unwrap();
        assert!((13..=25).contains(&most), "{most}");
    }

    #[test]
    fn a_network_waits_longer_with_each_failure_and_a_shared_one_counts_agents() {
        let failed = |identifiers, failures| NetworkFailures { identifiers, failures, networks: 1 };
        let ordinary = |failures| NetworkRule::ORDINARY.delay(failed(1, failures)).as_secs();
        assert_eq!([30, 31, 32, 38, 100].map(ordinary), [0, 5, 15, 900, 900]);
        let shared = |identifiers| NetworkRule::shared(100).delay(failed(identifiers, 5_000)).as_secs();
        assert_eq!([1, 100, 101, 104, 1_000].map(shared), [0, 0, 5, 60, 60], "one who mistypes a lot is one");
    }

    #[test]
    fn what_looks_like_guessing() {
        let failed = |identifiers, networks| NetworkFailures { identifiers, failures: identifiers, networks };
        let ordinary = |nth, failures| Suspicion::of(nth, failures, NetworkRule::ORDINARY);
        assert_eq!(ordinary(9, failed(9, 4)), []);
        assert_eq!(ordinary(10, failed(1, 1)), [Suspicion::ManyAttempts(10)]);
        assert_eq!(ordinary(1, failed(10, 1)), [Suspicion::ManyIdentifiers(10)]);
        assert_eq!(ordinary(1, failed(1, 5)), [Suspicion::ManyNetworks(5)]);
        assert_eq!(Suspicion::of(1, failed(100, 1), NetworkRule::shared(100)), []);
        assert_eq!(Suspicion::of(1, failed(101, 1), NetworkRule::shared(100)), [Suspicion::ManyIdentifiers(101)]);
    }
}
