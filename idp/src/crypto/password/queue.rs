//! The waiting room of the password pool: bounded, first come first served, refusing at once when it is full.
//!
//! A thread that is idle counts as a place, so a burst that the threads can take is not refused. Jobs whose caller hung
//! up make room for others.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::worker::Job;

/// Why a job was not accepted.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refused {
    Full,
    Stopped,
}

pub(super) struct Queue {
    state: Mutex<State>,
    changed: Condvar,
    limit: usize,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Job>,
    idle_threads: usize,
    stopped: bool,
}

impl Queue {
    pub(super) fn new(limit: usize) -> Self {
        Self { state: Mutex::default(), changed: Condvar::new(), limit }
    }

    /// Hands a job to the threads.
    pub(super) fn push(&self, job: Job) -> Result<(), Refused> {
        let mut state = self.lock();
        if state.stopped {
            return Err(Refused::Stopped);
        }
        if state.is_full(self.limit) {
            state.waiting.retain(|job| !job.is_abandoned());
        }
        if state.is_full(self.limit) {
            return Err(Refused::Full);
        }
        state.waiting.push_back(job);
        state.report_depth();
        drop(state);
        self.changed.notify_one();
        Ok(())
    }

    /// The next job; waits for one. `None` once the pool has stopped.
    pub(super) fn next(&self) -> Option<Job> {
        let mut state = self.lock();
        loop {
            if state.stopped {
                return None;
            }
            if let Some(job) = state.waiting.pop_front() {
                state.report_depth();
                return Some(job);
            }
            state.idle_threads += 1;
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.idle_threads -= 1;
        }
    }

    /// Sends the threads home after their present job; who still waits is told that hashing has stopped.
    pub(super) fn stop(&self) {
        let mut state = self.lock();
        state.stopped = true;
        state.waiting.clear();
        state.report_depth();
        drop(state);
        self.changed.notify_all();
    }

    /// A panicking thread cannot leave the state half changed: each change is one call.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn is_full(&self, limit: usize) -> bool {
        self.waiting.len() >= limit + self.idle_threads
    }

    fn report_depth(&self) {
        #[allow(clippy::cast_precision_loss, reason = "a queue length is far below 2^52")]
        metrics::gauge!("octroi_argon2_queue_depth").set(self.waiting.len() as f64);
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::job;
    use super::*;

    #[test]
    fn one_more_than_the_limit_is_refused_at_once() {
        let queue = Queue::new(2);
        let (first, _a) = job();
        let (second, _b) = job();
        let (third, _c) = job();
        assert_eq!(queue.push(first), Ok(()));
        assert_eq!(queue.push(second), Ok(()));
        assert_eq!(queue.push(third), Err(Refused::Full));
        queue.next().unwrap();
        assert_eq!(queue.push(job().0), Ok(()));
    }

    #[test]
    fn who_hung_up_makes_room() {
        let queue = Queue::new(1);
        let (first, caller) = job();
        assert_eq!(queue.push(first), Ok(()));
        drop(caller);
        let (second, _caller) = job();
        assert_eq!(queue.push(second), Ok(()));
        assert_eq!(queue.push(job().0), Err(Refused::Full));
    }

    #[test]
    fn after_the_stop_nothing_is_accepted_and_who_waits_is_told() {
        let queue = Queue::new(1);
        let (waiting, mut caller) = job();
        queue.push(waiting).unwrap();
        queue.stop();
        assert!(matches!(caller.try_recv(), Err(tokio::sync::oneshot::error::TryRecvError::Closed)));
        assert_eq!(queue.push(job().0), Err(Refused::Stopped));
        assert!(queue.next().is_none());
    }
}
