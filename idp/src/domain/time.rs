//! Time as a parameter. [`Timestamp`] is what is stored and compared; [`Clock`] is the only source of "now";
//! [`Stopwatch`] measures durations, for metrics only.
//!
//! Nothing else in the workspace may ask the system for the time (clippy's `disallowed-methods` names this module).

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

/// A point in time: whole milliseconds since the Unix epoch, UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From milliseconds since the Unix epoch, as stored.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// From a NumericDate (RFC 7519 §2), seconds since the Unix epoch.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1000))
    }

    /// Milliseconds since the Unix epoch, the stored form.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// NumericDate (RFC 7519 §2): whole seconds, rounded down.
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// This point plus `duration`; saturates at the end of time.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(millis_of(duration)))
    }

    /// This point minus `duration`.
    #[must_use]
    pub fn minus(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(millis_of(duration)))
    }

    /// How long it is from `self` until `later`; zero when `later` has passed.
    pub fn until(self, later: Timestamp) -> Duration {
        Duration::from_millis(u64::try_from(later.0.saturating_sub(self.0)).unwrap_or(0))
    }

    /// The civil date at this point in `zone` (an employment ends at local midnight).
    pub fn date_in(self, zone: &TimeZone) -> Date {
        self.civil_in(zone).date()
    }

    /// What calendar and clock on the wall say at this point in `zone`.
    pub fn civil_in(self, zone: &TimeZone) -> DateTime {
        self.to_jiff().to_zoned(zone.clone()).datetime()
    }

    /// RFC 3339 in UTC with milliseconds, for logs and JSON output.
    pub fn to_rfc3339(self) -> String {
        format!("{:.3}", self.to_jiff())
    }

    /// `JJ/MM/AAAA HH:MM` in `zone`, for people.
    pub fn to_local(self, zone: &TimeZone) -> String {
        self.to_jiff().to_zoned(zone.clone()).strftime("%d/%m/%Y %H:%M").to_string()
    }

    /// `JJ/MM/AAAA` in `zone`, for people.
    pub fn to_local_date(self, zone: &TimeZone) -> String {
        self.date_in(zone).strftime("%d/%m/%Y").to_string()
    }

    /// How many days of the calendar in `zone` lie between `earlier` and this point: nought on the same day.
    pub fn days_from(self, earlier: Timestamp, zone: &TimeZone) -> u32 {
        let days = earlier.date_in(zone).until(self.date_in(zone)).map_or(0, |span| span.get_days());
        u32::try_from(days).unwrap_or(0)
    }

    fn to_jiff(self) -> jiff::Timestamp {
        jiff::Timestamp::from_millisecond(self.0).unwrap_or(jiff::Timestamp::MAX)
    }
}

fn millis_of(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// The source of "now". Servers use [`Clock::system`]; tests hold a [`Clock::manual`] and move it.
#[derive(Debug, Clone)]
pub struct Clock(Source);

#[derive(Debug, Clone)]
enum Source {
    System,
    Manual(Arc<AtomicI64>),
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that stands still at `start` until [`advance`](Self::advance) moves it. Clones move together.
    pub fn manual(start: Timestamp) -> Self {
        Self(Source::Manual(Arc::new(AtomicI64::new(start.millis()))))
    }

    /// The present moment.
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            #[allow(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
            Source::System => {
                let since_epoch =
                    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
                Timestamp::from_millis(millis_of(since_epoch))
            }
            Source::Manual(millis) => Timestamp::from_millis(millis.load(Ordering::SeqCst)),
        }
    }

    /// Moves a manual clock forward; a system clock does not move by hand.
    pub fn advance(&self, by: Duration) {
        if let Source::Manual(millis) = &self.0 {
            millis.fetch_add(millis_of(by), Ordering::SeqCst);
        }
    }
}

/// Measures how long something took. Durations are for metrics and for the pace of long work; decisions use
/// `domain::time::Clock`.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch(std::time::Instant);

impl Stopwatch {
    /// Starts measuring.
    #[allow(clippy::disallowed_methods, reason = "the one place that reads the monotonic clock")]
    pub fn start() -> Self {
        Self(std::time::Instant::now())
    }

    /// Seconds since the start.
    pub fn seconds(self) -> f64 {
        self.0.elapsed().as_secs_f64()
    }

    /// Records the time in a histogram without labels.
    pub fn record(self, histogram: &'static str) {
        metrics::histogram!(histogram).record(self.seconds());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_moves_only_when_moved_and_its_clones_follow() {
        let clock = Clock::manual(Timestamp::from_seconds(1_000));
        let other = clock.clone();
        assert_eq!(clock.now(), other.now());
        clock.advance(Duration::from_millis(1500));
        assert_eq!(other.now().millis(), 1_001_500);
        assert_eq!(other.now().seconds(), 1_001);
    }

    #[test]
    fn a_date_is_the_local_one() {
        let paris = TimeZone::get("Europe/Paris").unwrap();
        // 2026-06-30T22:30:00Z is already 1 July in Paris.
        let at = Timestamp::from_seconds(1_782_858_600);
        assert_eq!(at.date_in(&paris).to_string(), "2026-07-01");
        assert_eq!(at.to_local(&paris), "01/07/2026 00:30");
    }

    #[test]
    fn time_left_is_never_negative() {
        let now = Timestamp::from_seconds(10);
        assert_eq!(now.until(Timestamp::from_seconds(4)), Duration::ZERO);
        assert_eq!(now.until(Timestamp::from_seconds(14)), Duration::from_secs(4));
    }
}
