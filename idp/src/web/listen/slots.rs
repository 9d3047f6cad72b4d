//! How many connections a listener holds, and which one goes when it is full.
//!
//! A full listener closes the connection that has been at rest longest (no request under way: idle keep-alive, trickled
//! header, half handshake) for the new one, so that ten thousand silent connections keep nobody out. Only when each has a
//! request under way do new ones wait, at most one in here and the rest in the kernel's queue.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::Waker;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

/// How long a full listener waits before it looks again for a connection at rest.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// How many busy connections are passed over in one look.
const LOOK_AT: usize = 256;

/// What a connection's socket and its requests know of each other.
#[derive(Debug)]
pub(super) struct Link {
    /// Requests that have begun, ever.
    begun: AtomicU32,
    /// A request is under way.
    busy: AtomicBool,
    /// When the last request ended, in milliseconds after `since`.
    rested: AtomicU32,
    since: Instant,
    /// It has to go as soon as it is at rest.
    leaving: AtomicBool,
    waker: Mutex<Option<Waker>>,
}

impl Link {
    fn new() -> Self {
        Self {
            begun: AtomicU32::new(0),
            busy: AtomicBool::new(false),
            rested: AtomicU32::new(0),
            since: Instant::now(),
            leaving: AtomicBool::new(false),
            waker: Mutex::new(None),
        }
    }

    pub fn begin_request(&self) {
        self.busy.store(true, Ordering::Release);
        self.begun.fetch_add(1, Ordering::Release);
    }

    pub fn end_request(&self) {
        let millis = u32::try_from(self.since.elapsed().as_millis()).unwrap_or(u32::MAX);
        self.rested.store(millis, Ordering::Release);
        self.busy.store(false, Ordering::Release);
        if self.is_leaving() {
            self.wake();
        }
    }

    pub fn begun(&self) -> u32 {
        self.begun.load(Ordering::Acquire)
    }

    pub fn is_busy(&self) -> bool {
        self.busy.load(Ordering::Acquire)
    }

    /// Since when it has been at rest, if it is.
    pub fn resting_since(&self) -> Instant {
        self.since + Duration::from_millis(self.rested.load(Ordering::Acquire).into())
    }

    pub fn is_leaving(&self) -> bool {
        self.leaving.load(Ordering::Acquire)
    }

    /// Whom to wake when it has to go.
    pub fn wake_by(&self, waker: &Waker) {
        *lock(&self.waker) = Some(waker.clone());
    }

    fn leave(&self) {
        self.leaving.store(true, Ordering::Release);
        self.wake();
    }

    fn wake(&self) {
        if let Some(waker) = lock(&self.waker).as_ref() {
            waker.wake_by_ref();
        }
    }
}

/// A connection's place; given back when it is dropped.
#[derive(Debug)]
pub(super) struct Slot {
    pub link: Arc<Link>,
    pub listener: Arc<str>,
    _permit: OwnedSemaphorePermit,
}

/// The places of one listener.
#[derive(Debug)]
pub(super) struct Slots {
    listener: Arc<str>,
    max: usize,
    permits: Arc<Semaphore>,
    /// In the order of their coming; who was busy at a look goes to the end.
    taken: Mutex<VecDeque<Weak<Link>>>,
}

impl Slots {
    pub fn new(listener: Arc<str>, max: usize) -> Self {
        Self { listener, max, permits: Arc::new(Semaphore::new(max)), taken: Mutex::default() }
    }

    /// A place for a connection that has come; sends another one away if that is what it takes.
    pub async fn take(&self) -> Slot {
        loop {
            if let Ok(permit) = self.permits.clone().try_acquire_owned() {
                return self.occupy(permit);
            }
            self.close_one_at_rest();
            let freed = tokio::time::timeout(LOOK_AGAIN, self.permits.clone().acquire_owned()).await;
            if let Ok(Ok(permit)) = freed {
                return self.occupy(permit);
            }
        }
    }

    fn occupy(&self, permit: OwnedSemaphorePermit) -> Slot {
        let link = Arc::new(Link::new());
        let mut taken = lock(&self.taken);
        // Those that have ended stay in the row until it is twice as long as it need be.
        if taken.len() >= self.max.saturating_mul(2) {
            taken.retain(|link| link.strong_count() > 0);
        }
        taken.push_back(Arc::downgrade(&link));
        Slot { link, listener: self.listener.clone(), _permit: permit }
    }

    /// Sends away the connection that came first among those at rest.
    pub fn close_one_at_rest(&self) -> bool {
        let mut taken = lock(&self.taken);
        for _ in 0..LOOK_AT.min(taken.len()) {
            let Some(oldest) = taken.pop_front() else { break };
            let Some(link) = oldest.upgrade() else { continue };
            if link.is_leaving() {
                continue;
            }
            if link.is_busy() {
                taken.push_back(oldest);
                continue;
            }
            link.leave();
            drop(taken);
            metrics::counter!("octroi_connection_closed_total", "listener" => self.listener.to_string(), "why" => "full")
                .increment(1);
            return true;
        }
        false
    }

    /// At the end: what has no request under way goes at once, the others after theirs.
    pub fn close_all_at_rest(&self) {
        for link in lock(&self.taken).iter().filter_map(Weak::upgrade) {
            link.leave();
        }
    }
}

/// Nothing is done under these locks that could panic and leave a half-done change.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slots(max: usize) -> Slots {
        Slots::new("office".into(), max)
    }

    #[tokio::test]
    async fn a_full_listener_sends_away_the_first_that_rests_and_none_that_works() {
        let slots = slots(3);
        let held = [slots.take().await, slots.take().await, slots.take().await];
        held[0].link.begin_request();
        assert!(slots.close_one_at_rest());
        let leaving: Vec<bool> = held.iter().map(|slot| slot.link.is_leaving()).collect();
        assert_eq!(leaving, [false, true, false]);
        held[2].link.begin_request();
        assert!(!slots.close_one_at_rest(), "the second is already on its way");
        held[0].link.end_request();
        assert!(slots.close_one_at_rest());
        assert!(held[0].link.is_leaving() && !held[2].link.is_leaving());
    }

    #[tokio::test]
    async fn a_newcomer_waits_only_while_all_are_busy() {
        let slots = slots(1);
        let first = slots.take().await;
        first.link.begin_request();
        let waiting = tokio::time::timeout(LOOK_AGAIN * 3, slots.take()).await;
        assert!(waiting.is_err() && !first.link.is_leaving());
        first.link.end_request();
        let ((), second) = tokio::join!(
            async {
                while !first.link.is_leaving() {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
                drop(first);
            },
            slots.take()
        );
        assert!(!second.link.is_leaving());
    }

    #[tokio::test]
    async fn the_row_of_those_who_came_does_not_grow_for_ever() {
        let slots = slots(4);
        for _ in 0..1000 {
            drop(slots.take().await);
        }
        assert!(lock(&slots.taken).len() <= 8);
    }
}
