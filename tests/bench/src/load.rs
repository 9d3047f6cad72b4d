//! How often a job runs, and how it is timed: closed loop (each worker asks again when it has its answer) or open loop (a
//! fixed rate, whatever the server does).
//!
//! In the open loop the latency counts from the moment at which the request was due, so that a server which stands still
//! cannot hide the requests that would have come meanwhile ("coordinated omission").

use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

/// What a worker does again and again.
pub trait Job {
    /// Does it once. An error counts, and its text is told for the first one.
    async fn once(&mut self) -> anyhow::Result<()>;
}

/// What came of it.
#[derive(Debug, Default, Clone)]
pub struct Tally {
    /// Of the answers that were right, in microseconds.
    pub micros: Vec<u32>,
    pub errors: u64,
    pub first_error: Option<String>,
    pub elapsed: Duration,
}

/// After an error a worker takes a breath, so that a dead server is not asked a million times.
const AFTER_AN_ERROR: Duration = Duration::from_millis(2);

impl Tally {
    fn note(&mut self, outcome: anyhow::Result<()>, took: Duration) {
        match outcome {
            Ok(()) => self.micros.push(u32::try_from(took.as_micros()).unwrap_or(u32::MAX)),
            Err(error) => {
                self.errors += 1;
                self.first_error.get_or_insert_with(|| format!("{error:#}"));
            }
        }
    }

    fn add(&mut self, other: Self) {
        self.micros.extend(other.micros);
        self.errors += other.errors;
        self.first_error = self.first_error.take().or(other.first_error);
    }
}

/// Every worker as fast as it gets answers, until the time is up; what is under way then is finished and counts.
pub async fn closed<J: Job + 'static>(jobs: Vec<J>, duration: Duration) -> anyhow::Result<(Vec<J>, Tally)> {
    let started = Instant::now();
    let deadline = started + duration;
    let mut workers = JoinSet::new();
    for mut job in jobs {
        workers.spawn_local(async move {
            let mut tally = Tally::default();
            let mut begin = Instant::now();
            while begin < deadline {
                let outcome = job.once().await;
                let end = Instant::now();
                let failed = outcome.is_err();
                tally.note(outcome, end - begin);
                begin = end;
                if failed {
                    sleep_until(end + AFTER_AN_ERROR).await;
                    begin = Instant::now();
                }
            }
            (job, tally)
        });
    }
    gather(workers, started).await
}

/// `rate` requests a second in all, each due at its own moment.
pub async fn open<J: Job + 'static>(jobs: Vec<J>, rate: u32, duration: Duration) -> anyhow::Result<(Vec<J>, Tally)> {
    let started = Instant::now();
    let (workers_count, between) = (u32::try_from(jobs.len())?, Duration::from_secs(1) / rate.max(1));
    let due_in_all = u32::try_from(duration.as_nanos() / between.as_nanos().max(1))?;
    let mut workers = JoinSet::new();
    for (first, mut job) in (0_u32..).zip(jobs) {
        workers.spawn_local(async move {
            let mut tally = Tally::default();
            let mut number = first;
            while number < due_in_all {
                let due = started + between * number;
                sleep_until(due).await;
                let outcome = job.once().await;
                tally.note(outcome, due.elapsed());
                number += workers_count;
            }
            (job, tally)
        });
    }
    gather(workers, started).await
}

async fn gather<J: 'static>(mut workers: JoinSet<(J, Tally)>, started: Instant) -> anyhow::Result<(Vec<J>, Tally)> {
    let (mut jobs, mut all) = (Vec::new(), Tally::default());
    while let Some(ended) = workers.join_next().await {
        let (job, tally) = ended?;
        jobs.push(job);
        all.add(tally);
    }
    all.elapsed = started.elapsed();
    Ok((jobs, all))
}

#[cfg(test)]
mod tests {
    use tokio::task::LocalSet;

    use super::*;

    struct Counting(u32);

    impl Job for Counting {
        async fn once(&mut self) -> anyhow::Result<()> {
            self.0 += 1;
            tokio::task::yield_now().await;
            anyhow::ensure!(self.0 != 2, "the second one");
            Ok(())
        }
    }

    fn run<T>(work: impl Future<Output = T>) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(LocalSet::new().run_until(work))
    }

    #[test]
    fn the_open_loop_sends_what_is_due_and_no_more() {
        let jobs = vec![Counting(10), Counting(10), Counting(10)];
        let (jobs, tally) = run(open(jobs, 1000, Duration::from_millis(50))).unwrap();
        assert_eq!((tally.micros.len(), tally.errors), (50, 0));
        assert_eq!(jobs.iter().map(|job| job.0 - 10).sum::<u32>(), 50);
    }

    #[test]
    fn errors_are_counted_apart_and_the_first_one_is_told() {
        let (_, tally) = run(closed(vec![Counting(0)], Duration::from_millis(20))).unwrap();
        assert_eq!((tally.errors, tally.first_error.as_deref()), (1, Some("the second one")));
        assert!(tally.micros.len() > 1);
    }
}
