//! What Octroi says about itself: structured logs, metrics and the stopwatch behind them.
//!
//! Modules record through the `tracing` and `metrics` macros; only this file knows how they leave the process. A log line
//! never carries a secret: what is secret has a type whose `Debug` is silent.

/// Measures how long something took. Durations are for metrics only; decisions use `domain::time::Clock`.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch(std::time::Instant);

impl Stopwatch {
    /// Starts measuring.
    #[allow(clippy::disallowed_methods, reason = "the one place that reads the monotonic clock, for metrics only")]
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
