//! How much an import writes at a time, and how long it lets others write in between.
//!
//! SQLite has one writer, and another process waits for it by asking again: at growing intervals, after 50 ms at most until
//! it has waited 180 ms, then every 100 ms. So a pause longer than its interval serves everybody who waits, and a
//! transaction that took long makes the next one smaller.

use std::time::Duration;

use tokio::time::sleep;

use super::PORTION;
use crate::domain::time::Stopwatch;
use crate::storage::Store;

const LEAST: usize = 100;
const MOST: usize = 5_000;

/// A transaction that takes longer halves the next one.
const LONG: Duration = Duration::from_millis(150);
/// One that takes less lets the next one grow.
const SHORT: Duration = Duration::from_millis(75);

/// Behind a transaction that was not long.
const PAUSE: Duration = Duration::from_millis(60);
/// Behind one that was.
const LONG_PAUSE: Duration = Duration::from_millis(120);

/// The size of the next transaction, and when it may begin.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    size: usize,
    pause: Duration,
    /// Since the end of the last one.
    free: Option<Stopwatch>,
}

impl Pace {
    pub const fn new() -> Self {
        Self { size: PORTION, pause: PAUSE, free: None }
    }

    pub const fn size(self) -> usize {
        self.size
    }

    /// Lets others write. Whatever was done since the last transaction counts: reading a file leaves the writer free too.
    pub async fn give_way(self, store: &Store) {
        // PostgreSQL has no need of a pause: there only the same agent waits.
        if let Some(free) = self.free.filter(|_| store.is_embedded()) {
            sleep(self.pause.saturating_sub(Duration::from_secs_f64(free.seconds()))).await;
        }
    }

    /// Learns from a transaction that has just ended.
    pub fn wrote(&mut self, transaction: Stopwatch) {
        let took = Duration::from_secs_f64(transaction.seconds());
        self.learn(took);
        self.pause = if took > LONG { LONG_PAUSE } else { PAUSE };
        self.free = Some(Stopwatch::start());
    }

    fn learn(&mut self, took: Duration) {
        if took > LONG {
            self.size = (self.size / 2).max(LEAST);
        } else if took < SHORT {
            self.size = (self.size + self.size / 4).min(MOST);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slow_transactions_become_small_and_quick_ones_large_within_bounds() {
        let mut pace = Pace::new();
        pace.learn(Duration::from_millis(100));
        assert_eq!(pace.size(), PORTION, "what is neither long nor short stays");
        pace.learn(Duration::from_millis(151));
        assert_eq!(pace.size(), PORTION / 2);
        for _ in 0..20 {
            pace.learn(Duration::from_secs(1));
        }
        assert_eq!(pace.size(), LEAST);
        for _ in 0..40 {
            pace.learn(Duration::from_millis(5));
        }
        assert_eq!(pace.size(), MOST);
    }
}
