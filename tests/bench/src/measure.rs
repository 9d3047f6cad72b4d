//! One measurement: a load, and beside it what the server's process consumed. Percentiles, medians, spreads.

use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use crate::load::Tally;
use crate::process::{memory, processor_time};

/// The figures of one run of one scenario.
#[derive(Debug, Clone, Default)]
pub struct Measured {
    /// Right answers per second.
    pub rate: f64,
    /// Milliseconds.
    pub p50: f64,
    pub p99: f64,
    pub max: f64,
    pub answers: usize,
    pub errors: u64,
    pub first_error: Option<String>,
    /// Microseconds of the server's processor per right answer.
    pub cpu: Option<f64>,
    /// The same of this client: where it comes near the whole core, the client was the limit.
    pub client_cpu: f64,
    /// The most resident memory seen meanwhile, in KiB.
    pub resident: Option<u64>,
}

impl Measured {
    pub fn of(mut tally: Tally, consumed: Consumed) -> Self {
        tally.micros.sort_unstable();
        let at = |share: f64| percentile(&tally.micros, share) / 1000.0;
        let answers = tally.micros.len();
        let count = to_f64(answers);
        let each = |processor: Duration| processor.as_secs_f64() * 1e6 / count.max(1.0);
        Self {
            rate: count / tally.elapsed.as_secs_f64().max(1e-9),
            p50: at(0.50),
            p99: at(0.99),
            max: at(1.0),
            answers,
            errors: tally.errors,
            first_error: tally.first_error,
            cpu: consumed.server.map(each),
            client_cpu: each(consumed.client),
            resident: consumed.resident,
        }
    }
}

/// What was used while something ran.
#[derive(Debug, Clone, Copy, Default)]
pub struct Consumed {
    /// Processor time of the server's process, when it runs here.
    pub server: Option<Duration>,
    /// Processor time of this process.
    pub client: Duration,
    /// The most resident memory of the server, in KiB.
    pub resident: Option<u64>,
}

/// Runs `load`, and watches this process and the server's.
pub async fn watch<T>(
    pid: Option<u32>,
    load: impl Future<Output = anyhow::Result<T>>,
) -> anyhow::Result<(T, Consumed)> {
    let own = std::process::id();
    let (server, client) = (pid.map(processor_time).transpose()?, processor_time(own)?);
    let mut resident = None;
    let mut look = interval(Duration::from_millis(50));
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    tokio::pin!(load);
    let done = loop {
        tokio::select! {
            biased;
            done = &mut load => break done?,
            _ = look.tick() => resident = resident.max(pid.and_then(memory).map(|memory| memory.resident)),
        }
    };
    let client = processor_time(own)?.saturating_sub(client);
    let server = match (pid, server) {
        (Some(pid), Some(before)) => Some(processor_time(pid)?.saturating_sub(before)),
        _ => None,
    };
    Ok((done, Consumed { server, client, resident }))
}

/// The value below which this share of the sorted values lies (nearest rank).
pub fn percentile(sorted: &[u32], share: f64) -> f64 {
    let count = to_f64(sorted.len());
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rank of a list in memory")]
    let rank = (count * share).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied().map_or(0.0, f64::from)
}

#[allow(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
pub const fn to_f64(count: usize) -> f64 {
    count as f64
}

/// Several runs of one figure.
#[derive(Debug, Clone, Copy)]
pub struct Spread {
    pub median: f64,
    pub min: f64,
    pub max: f64,
}

/// `None` without a value.
pub fn spread(values: impl IntoIterator<Item = f64>) -> Option<Spread> {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    let (min, max) = (*values.first()?, *values.last()?);
    let middle = values.len() / 2;
    let upper = *values.get(middle)?;
    let median = if values.len() % 2 == 1 { upper } else { f64::midpoint(upper, *values.get(middle - 1)?) };
    Some(Spread { median, min, max })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_the_nearest_rank() {
        let values: Vec<u32> = (1..=100).collect();
        let at = |share| percentile(&values, share).to_bits();
        assert_eq!([at(0.5), at(0.99), at(1.0)], [50.0_f64, 99.0, 100.0].map(f64::to_bits));
        assert_eq!(percentile(&[], 0.5).to_bits(), 0.0_f64.to_bits());
    }

    #[test]
    fn the_median_of_an_even_number_lies_between() {
        let spread = spread([4.0, 1.0, 3.0, 2.0]).unwrap();
        assert_eq!([spread.median, spread.min, spread.max].map(f64::to_bits), [2.5, 1.0, 4.0].map(f64::to_bits));
        assert!(super::spread([]).is_none());
    }
}
