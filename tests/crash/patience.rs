//! Waiting for a condition, never for luck: each wait looks again and again, and gives up with what it waited for.

use std::time::Duration;

use anyhow::{Context as _, Result};
use tokio::time::{MissedTickBehavior, interval, timeout};

/// Far more than anything here takes on a slow machine; only a hang reaches it.
pub const LONG: Duration = Duration::from_secs(60);

/// Looks until there is something.
pub async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> Result<T> {
    let mut ticks = interval(Duration::from_millis(10));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let found = async {
        loop {
            ticks.tick().await;
            if let Some(found) = look().await {
                return found;
            }
        }
    };
    timeout(LONG, found).await.with_context(|| format!("waited {LONG:?} in vain for {what}"))
}
