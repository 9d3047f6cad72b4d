//! Temporary values in the memory of one node.
//!
//! Each kind has its own shelf with its own lock and its own bounds. A full shelf throws out what has expired and then
//! refuses: a flood of new interactions must not end those of agents who are about to log in. Nothing sleeps and no
//! task runs: what has expired by our [`Clock`] is not found any more, and is cleared away a little with each insertion.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::broadcast;

use super::{BoxFuture, Capacity, Count, Ephemeral, EphemeralError, KEY_MAX_BYTES, Kind, Topic};
use crate::domain::time::{Clock, Timestamp};

/// What an entry costs beside its key and value: two tree or table slots and the allocations.
const ENTRY_OVERHEAD: usize = 160;
/// How many expired entries one insertion clears away: more than it adds, and never a long stop.
const SWEEP_STEP: usize = 64;
/// Messages that a slow subscriber may be behind.
const TOPIC_BACKLOG: usize = 64;

/// The mechanism of a single node.
pub struct Memory {
    clock: Clock,
    interactions: Mutex<Shelf>,
    interactions_outside: Mutex<Shelf>,
    password_tickets: Mutex<Shelf>,
    enrolments: Mutex<Shelf>,
    challenges: Mutex<Shelf>,
    challenges_outside: Mutex<Shelf>,
    replays: Mutex<Shelf>,
    request_counts: Mutex<Shelf>,
    applications: broadcast::Sender<String>,
    signing_keys: broadcast::Sender<String>,
    settings: broadcast::Sender<String>,
}

impl Memory {
    /// With the capacities of [`Kind::memory_capacity`].
    pub fn new(clock: Clock) -> Self {
        Self::with_capacity(clock, Kind::memory_capacity)
    }

    /// With capacities of one's own.
    pub fn with_capacity(clock: Clock, capacity: impl Fn(Kind) -> Capacity) -> Self {
        let shelf = |kind| Mutex::new(Shelf::new(capacity(kind)));
        let topic = || broadcast::channel(TOPIC_BACKLOG).0;
        Self {
            clock,
            interactions: shelf(Kind::Interaction),
            interactions_outside: shelf(Kind::InteractionOutside),
            password_tickets: shelf(Kind::PasswordTicket),
            enrolments: shelf(Kind::Enrolment),
            challenges: shelf(Kind::Challenge),
            challenges_outside: shelf(Kind::ChallengeOutside),
            replays: shelf(Kind::Replay),
            request_counts: shelf(Kind::RequestCount),
            applications: topic(),
            signing_keys: topic(),
            settings: topic(),
        }
    }

    /// No shelf is left half changed by a panic: nothing in this file can panic between two changes.
    fn shelf(&self, kind: Kind) -> MutexGuard<'_, Shelf> {
        match kind {
            Kind::Interaction => &self.interactions,
            Kind::InteractionOutside => &self.interactions_outside,
            Kind::PasswordTicket => &self.password_tickets,
            Kind::Enrolment => &self.enrolments,
            Kind::Challenge => &self.challenges,
            Kind::ChallengeOutside => &self.challenges_outside,
            Kind::Replay => &self.replays,
            Kind::RequestCount => &self.request_counts,
        }
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
    }

    fn topic(&self, topic: Topic) -> &broadcast::Sender<String> {
        match topic {
            Topic::Applications => &self.applications,
            Topic::SigningKeys => &self.signing_keys,
            Topic::Settings => &self.settings,
        }
    }

    fn insert(&self, shelf: &mut Shelf, kind: Kind, key: &str, entry: Entry) -> Result<(), EphemeralError> {
        if key.len() > KEY_MAX_BYTES || entry.value.len() > kind.max_value_bytes() {
            return Err(EphemeralError::TooLarge);
        }
        shelf.sweep(self.clock.now());
        shelf.insert(key, entry)
    }

    fn expiry(&self, kind: Kind, ttl: Duration) -> Timestamp {
        self.clock.now().plus(ttl.min(kind.max_ttl()))
    }
}

impl Ephemeral for Memory {
    fn put<'a>(
        &'a self,
        kind: Kind,
        key: &'a str,
        value: Vec<u8>,
        ttl: Duration,
    ) -> BoxFuture<'a, Result<(), EphemeralError>> {
        Box::pin(async move {
            let entry = Entry { value, hits: 0, expires_at: self.expiry(kind, ttl) };
            self.insert(&mut self.shelf(kind), kind, key, entry)
        })
    }

    fn get<'a>(&'a self, kind: Kind, key: &'a str) -> BoxFuture<'a, Result<Option<Vec<u8>>, EphemeralError>> {
        Box::pin(async move { Ok(self.shelf(kind).find(key, self.clock.now()).map(|entry| entry.value.clone())) })
    }

    fn take<'a>(&'a self, kind: Kind, key: &'a str) -> BoxFuture<'a, Result<Option<Vec<u8>>, EphemeralError>> {
        Box::pin(async move {
            let now = self.clock.now();
            Ok(self.shelf(kind).remove(key).filter(|entry| entry.is_live(now)).map(|entry| entry.value))
        })
    }

    fn claim<'a>(&'a self, kind: Kind, key: &'a str, ttl: Duration) -> BoxFuture<'a, Result<bool, EphemeralError>> {
        Box::pin(async move {
            let mut shelf = self.shelf(kind);
            if shelf.find(key, self.clock.now()).is_some() {
                return Ok(false);
            }
            let entry = Entry { value: Vec::new(), hits: 0, expires_at: self.expiry(kind, ttl) };
            self.insert(&mut shelf, kind, key, entry).map(|()| true)
        })
    }

    fn hit<'a>(&'a self, kind: Kind, key: &'a str, window: Duration) -> BoxFuture<'a, Result<Count, EphemeralError>> {
        Box::pin(async move {
            let now = self.clock.now();
            let mut shelf = self.shelf(kind);
            if let Some(entry) = shelf.find_mut(key, now) {
                entry.hits = entry.hits.saturating_add(1);
                return Ok(Count { hits: entry.hits, resets_in: now.until(entry.expires_at) });
            }
            let expires_at = self.expiry(kind, window);
            self.insert(&mut shelf, kind, key, Entry { value: Vec::new(), hits: 1, expires_at })?;
            Ok(Count { hits: 1, resets_in: now.until(expires_at) })
        })
    }

    fn publish(&self, topic: Topic, message: String) -> BoxFuture<'_, Result<(), EphemeralError>> {
        Box::pin(async move {
            // An error says that nobody listens, which is no concern of the one who speaks.
            let _ = self.topic(topic).send(message);
            Ok(())
        })
    }

    fn subscribe(&self, topic: Topic) -> broadcast::Receiver<String> {
        self.topic(topic).subscribe()
    }
}

/// Numbers only: keys and values may be secrets.
impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kinds = [
            Kind::Interaction,
            Kind::InteractionOutside,
            Kind::PasswordTicket,
            Kind::Enrolment,
            Kind::Challenge,
            Kind::ChallengeOutside,
            Kind::Replay,
            Kind::RequestCount,
        ];
        f.debug_map().entries(kinds.map(|kind| (kind, self.shelf(kind).entries.len()))).finish()
    }
}

struct Entry {
    value: Vec<u8>,
    hits: u64,
    expires_at: Timestamp,
}

impl Entry {
    fn is_live(&self, now: Timestamp) -> bool {
        self.expires_at > now
    }
}

/// The entries of one kind, and the same entries in the order in which they expire.
struct Shelf {
    capacity: Capacity,
    entries: HashMap<Arc<str>, Entry>,
    by_expiry: BTreeSet<(Timestamp, Arc<str>)>,
    bytes: usize,
}

impl Shelf {
    fn new(capacity: Capacity) -> Self {
        Self { capacity, entries: HashMap::new(), by_expiry: BTreeSet::new(), bytes: 0 }
    }

    fn find(&self, key: &str, now: Timestamp) -> Option<&Entry> {
        self.entries.get(key).filter(|entry| entry.is_live(now))
    }

    fn find_mut(&mut self, key: &str, now: Timestamp) -> Option<&mut Entry> {
        self.entries.get_mut(key).filter(|entry| entry.is_live(now))
    }

    /// Replaces the entry of the same key; refuses when there is no room, and then leaves that entry as it was.
    fn insert(&mut self, key: &str, entry: Entry) -> Result<(), EphemeralError> {
        let replaced = self.entries.get(key).map(|old| cost(key, old));
        let entries = self.entries.len() - usize::from(replaced.is_some()) + 1;
        let bytes = self.bytes - replaced.unwrap_or(0) + cost(key, &entry);
        if entries > self.capacity.entries || bytes > self.capacity.bytes {
            return Err(EphemeralError::Full);
        }
        self.remove(key);
        self.bytes = bytes;
        let key: Arc<str> = key.into();
        self.by_expiry.insert((entry.expires_at, Arc::clone(&key)));
        self.entries.insert(key, entry);
        Ok(())
    }

    fn remove(&mut self, key: &str) -> Option<Entry> {
        let (key, entry) = self.entries.remove_entry(key)?;
        self.bytes -= cost(&key, &entry);
        self.by_expiry.remove(&(entry.expires_at, key));
        Some(entry)
    }

    /// Clears away what expired first, a bounded number at a time.
    fn sweep(&mut self, now: Timestamp) {
        for _ in 0..SWEEP_STEP {
            let Some((_, key)) = self.by_expiry.first().filter(|(expires_at, _)| *expires_at <= now) else { return };
            let key = Arc::clone(key);
            self.remove(&key);
        }
    }
}

fn cost(key: &str, entry: &Entry) -> usize {
    key.len() + entry.value.len() + ENTRY_OVERHEAD
}

#[cfg(test)]
mod tests {
    use super::super::contract::{Subject, honours_the_contract};
    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);

    fn clock() -> Clock {
        Clock::manual(Timestamp::from_seconds(1_000))
    }

    fn subject() -> Subject {
        let clock = clock();
        Subject {
            mechanism: Arc::new(Memory::new(clock.clone())),
            pass: Box::new(move |time| {
                clock.advance(time);
                Box::pin(std::future::ready(()))
            }),
        }
    }

    honours_the_contract!(subject());

    fn small(clock: &Clock, entries: usize, bytes: usize) -> Memory {
        Memory::with_capacity(clock.clone(), |_| Capacity { entries, bytes })
    }

    async fn put(memory: &Memory, key: &str, length: usize) -> Result<(), EphemeralError> {
        memory.put(Kind::Interaction, key, vec![0; length], MINUTE).await
    }

    #[tokio::test]
    async fn a_full_shelf_refuses_the_new_and_keeps_the_old() {
        let memory = small(&clock(), 2, 10_000);
        assert_eq!(put(&memory, "a", 1).await, Ok(()));
        assert_eq!(put(&memory, "b", 1).await, Ok(()));
        assert_eq!(put(&memory, "c", 1).await, Err(EphemeralError::Full));
        assert!(memory.get(Kind::Interaction, "a").await.unwrap().is_some());
        assert_eq!(put(&memory, "a", 2).await, Ok(()), "one's own value may be replaced");
        memory.take(Kind::Interaction, "b").await.unwrap();
        assert_eq!(put(&memory, "c", 1).await, Ok(()));
    }

    #[tokio::test]
    async fn bytes_are_bounded_too() {
        let memory = small(&clock(), 100, 2_000);
        assert_eq!(put(&memory, "a", 1_000).await, Ok(()));
        assert_eq!(put(&memory, "b", 1_000).await, Err(EphemeralError::Full));
        assert_eq!(put(&memory, "a", 1_900).await, Err(EphemeralError::Full));
        assert_eq!(memory.get(Kind::Interaction, "a").await.unwrap().unwrap().len(), 1_000, "refused, not lost");
        assert_eq!(put(&memory, "a", 10).await, Ok(()));
        assert_eq!(put(&memory, "b", 1_000).await, Ok(()));
    }

    #[tokio::test]
    async fn what_has_expired_makes_room() {
        let clock = clock();
        let memory = small(&clock, 200, 1_000_000);
        for number in 0..200 {
            assert_eq!(put(&memory, &format!("old-{number}"), 1).await, Ok(()));
        }
        assert_eq!(put(&memory, "new", 1).await, Err(EphemeralError::Full));
        clock.advance(MINUTE);
        for number in 0..200 {
            assert_eq!(put(&memory, &format!("new-{number}"), 1).await, Ok(()));
        }
        let shelf = memory.shelf(Kind::Interaction);
        assert_eq!((shelf.entries.len(), shelf.by_expiry.len()), (200, 200));
    }

    #[tokio::test]
    async fn a_flood_of_one_kind_leaves_the_others_alone() {
        let memory = small(&clock(), 1, 10_000);
        assert_eq!(put(&memory, "a", 1).await, Ok(()));
        assert_eq!(put(&memory, "b", 1).await, Err(EphemeralError::Full));
        assert_eq!(memory.claim(Kind::Replay, "jti", MINUTE).await, Ok(true));
        assert_eq!(memory.claim(Kind::Replay, "other", MINUTE).await, Err(EphemeralError::Full));
        assert_eq!(memory.claim(Kind::Replay, "jti", MINUTE).await, Ok(false));
        assert_eq!(memory.hit(Kind::RequestCount, "10.0.0.1", MINUTE).await.unwrap().hits, 1);
        assert_eq!(memory.hit(Kind::RequestCount, "10.0.0.2", MINUTE).await, Err(EphemeralError::Full));
        assert_eq!(memory.hit(Kind::RequestCount, "10.0.0.1", MINUTE).await.unwrap().hits, 2);
    }

    #[tokio::test]
    async fn nothing_outlives_the_longest_time_of_its_kind() {
        let clock = clock();
        let memory = Memory::new(clock.clone());
        memory.put(Kind::PasswordTicket, "t", vec![1], Duration::MAX).await.unwrap();
        clock.advance(Kind::PasswordTicket.max_ttl().saturating_sub(Duration::from_millis(1)));
        assert!(memory.get(Kind::PasswordTicket, "t").await.unwrap().is_some());
        clock.advance(Duration::from_millis(1));
        assert!(memory.get(Kind::PasswordTicket, "t").await.unwrap().is_none());
    }

    #[tokio::test]
    async fn after_everything_was_taken_or_has_expired_nothing_is_accounted_for() {
        let clock = clock();
        let memory = Memory::new(clock.clone());
        for number in 0..50 {
            put(&memory, &number.to_string(), number).await.unwrap();
            put(&memory, &number.to_string(), number * 2).await.unwrap();
        }
        for number in 0..25 {
            memory.take(Kind::Interaction, &number.to_string()).await.unwrap();
        }
        clock.advance(MINUTE);
        put(&memory, "last", 1).await.unwrap();
        memory.take(Kind::Interaction, "last").await.unwrap();
        let shelf = memory.shelf(Kind::Interaction);
        assert_eq!((shelf.entries.len(), shelf.by_expiry.len(), shelf.bytes), (0, 0, 0));
    }

    #[tokio::test]
    async fn debug_shows_numbers_only() {
        let memory = Memory::new(clock());
        put(&memory, "secret-key", 3).await.unwrap();
        let text = format!("{memory:?}");
        assert_eq!(
            text,
            "{Interaction: 1, InteractionOutside: 0, PasswordTicket: 0, Enrolment: 0, Challenge: 0, ChallengeOutside: 0, Replay: 0, RequestCount: 0}"
        );
    }
}
