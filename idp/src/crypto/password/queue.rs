//! The waiting room of the password pool: bounded, first come first served, refusing at once when it is full.
//!
//! A thread that is idle counts as a place, so a burst that the threads can take is not refused. Jobs whose caller hung
//! up make room for others. Jobs from outside may take half of the places and are served after those from inside, so
//! that a storm from the internet does not lock the office.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::worker::Job;

/// Why a job was not accepted.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refused {
    Full,
    Stopped,
}

/// On whose behalf a job waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Inside,
    Outside,
}

pub(super) struct Queue {
    state: Mutex<State>,
    changed: Condvar,
    limit: usize,
}

#[derive(Default)]
struct State {
    inside: VecDeque<Job>,
    outside: VecDeque<Job>,
    idle_threads: usize,
    stopped: bool,
}

impl Queue {
    pub(super) fn new(limit: usize) -> Self {
        Self { state: Mutex::default(), changed: Condvar::new(), limit }
    }

    /// Hands a job to the threads.
    pub(super) fn push(&self, side: Side, job: Job) -> Result<(), Refused> {
        let mut state = self.lock();
        if state.stopped {
            return Err(Refused::Stopped);
        }
        if state.is_full(side, self.limit) {
            state.inside.retain(|job| !job.is_abandoned());
            state.outside.retain(|job| !job.is_abandoned());
        }
        if state.is_full(side, self.limit) {
            return Err(Refused::Full);
        }
        match side {
            Side::Inside => state.inside.push_back(job),
            Side::Outside => state.outside.push_back(job),
        }
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
            let next = state.inside.pop_front();
            if let Some(job) = next.or_else(|| state.outside.pop_front()) {
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
        state.inside.clear();
        state.outside.clear();
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
    fn waiting(&self) -> usize {
        self.inside.len() + self.outside.len()
    }

    fn is_full(&self, side: Side, limit: usize) -> bool {
        let half = limit.div_ceil(2);
        self.waiting() >= limit + self.idle_threads
            || (side == Side::Outside && self.outside.len() >= half + self.idle_threads)
    }

    fn report_depth(&self) {
        #[allow(clippy::cast_precision_loss, reason = "a queue length is far below 2^52")]
        metrics::gauge!("octroi_argon2_queue_depth").set(self.waiting() as f64);
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
        assert_eq!(queue.push(Side::Inside, first), Ok(()));
        assert_eq!(queue.push(Side::Inside, second), Ok(()));
        assert_eq!(queue.push(Side::Inside, third), Err(Refused::Full));
        queue.next().unwrap();
        assert_eq!(queue.push(Side::Inside, job().0), Ok(()));
    }

    #[test]
    fn who_hung_up_makes_room() {
        let queue = Queue::new(1);
        let (first, caller) = job();
        assert_eq!(queue.push(Side::Inside, first), Ok(()));
        drop(caller);
        let (second, _caller) = job();
        assert_eq!(queue.push(Side::Inside, second), Ok(()));
        assert_eq!(queue.push(Side::Inside, job().0), Err(Refused::Full));
    }

    #[test]
    fn after_the_stop_nothing_is_accepted_and_who_waits_is_told() {
        let queue = Queue::new(1);
        let (waiting, mut caller) = job();
        queue.push(Side::Inside, waiting).unwrap();
        queue.stop();
        assert!(matches!(caller.try_recv(), Err(tokio::sync::oneshot::error::TryRecvError::Closed)));
        assert_eq!(queue.push(Side::Inside, job().0), Err(Refused::Stopped));
        assert!(queue.next().is_none());
    }

    #[test]
    fn a_storm_from_outside_leaves_places_for_the_office() {
        let queue = Queue::new(4);
        let mut callers = Vec::new();
        let mut push = |side| {
            let (job, caller) = job();
            callers.push(caller);
            queue.push(side, job)
        };
        assert_eq!([(); 3].map(|()| push(Side::Outside)), [Ok(()), Ok(()), Err(Refused::Full)]);
        assert_eq!([(); 3].map(|()| push(Side::Inside)), [Ok(()), Ok(()), Err(Refused::Full)]);
        // The office goes first; what is left of the storm may not grow meanwhile.
        let served = || queue.next().is_some();
        assert!(served() && served());
        assert_eq!(queue.lock().outside.len(), 2);
        assert_eq!(push(Side::Outside), Err(Refused::Full));
        assert_eq!(push(Side::Inside), Ok(()));
    }

    #[test]
    fn who_hung_up_outside_makes_room_outside() {
        let queue = Queue::new(2);
        let (gone, caller) = job();
        assert_eq!(queue.push(Side::Outside, gone), Ok(()));
        drop(caller);
        let (next, _caller) = job();
        assert_eq!(queue.push(Side::Outside, next), Ok(()));
        assert_eq!(queue.push(Side::Outside, job().0), Err(Refused::Full));
    }
}
