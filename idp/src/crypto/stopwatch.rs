//! Durations for metrics: the one use of the machine's monotonic clock in `crypto`, never a source of "now".

use std::time::Instant;

/// Runs from [`start`](Self::start).
pub(super) struct Stopwatch(Instant);

impl Stopwatch {
    #[allow(clippy::disallowed_methods, reason = "measures how long a computation took; decides nothing")]
    pub(super) fn start() -> Self {
        Self(Instant::now())
    }

    pub(super) fn seconds(&self) -> f64 {
        self.0.elapsed().as_secs_f64()
    }
}
