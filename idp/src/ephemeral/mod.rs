//! State that may be forgotten: pending interactions, claims against replay, coarse request counts, and the word that
//! something was changed on another node. Six verbs: `put`, `get` (look without consuming), `take` once, `claim` (first
//! wins), `hit` (count), and `publish`/`subscribe`.
//!
//! Two mechanisms are one trait, used as `Arc<dyn Ephemeral>`: [`Memory`](memory::Memory) for one node, and a shared
//! server for several. What must survive a restart is not kept here: codes, sessions, refresh tokens and the login
//! throttle are in SQL with what they create. A key that is itself a secret should arrive hashed.
//!
//! Limits of each kind of value: [`Kind`]. The suite that every mechanism passes: `contract.rs`.

#[cfg(test)]
mod contract;
mod kind;
pub mod memory;

use std::pin::Pin;
use std::time::Duration;

use tokio::sync::broadcast;

pub use self::kind::{Capacity, Kind, WhenUnavailable};

/// A future in a box, so that the trait can be used as `dyn`.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The longest key, in bytes.
pub const KEY_MAX_BYTES: usize = 512;

/// Why a verb had no effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EphemeralError {
    /// A key or value beyond the limits of its kind.
    #[error("the value is too large to be kept")]
    TooLarge,
    /// The mechanism does not answer; [`Kind::when_unavailable`] says what to do.
    #[error("the store for temporary values is not available")]
    Unavailable,
    /// There is no room for another value of this kind. Live ones are never thrown out for it.
    #[error("there are too many temporary values of this kind")]
    Full,
}

/// What [`Ephemeral::hit`] counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// Hits in the present window, this one included.
    pub hits: u64,
    /// Until the count starts anew.
    pub resets_in: Duration,
}

/// What nodes tell each other. The message is a hint to read the database again, never the news itself: it may be lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Topic {
    /// An application was registered, changed or removed.
    Applications,
    /// The signing keys changed.
    SigningKeys,
    /// Zones, roles or other settings in the database changed.
    Settings,
}

/// A mechanism for state that may be forgotten. Times are cut to the kind's longest; a value of a kind is reached with
/// one family of verbs only: `put`/`get`/`take`, or `claim`, or `hit`.
pub trait Ephemeral: Send + Sync {
    /// Keeps `value` for `ttl`; replaces what was there.
    fn put<'a>(
        &'a self,
        kind: Kind,
        key: &'a str,
        value: Vec<u8>,
        ttl: Duration,
    ) -> BoxFuture<'a, Result<(), EphemeralError>>;

    /// Looks at a value and leaves it.
    fn get<'a>(&'a self, kind: Kind, key: &'a str) -> BoxFuture<'a, Result<Option<Vec<u8>>, EphemeralError>>;

    /// Takes a value away. Of any number of callers at most one gets it.
    fn take<'a>(&'a self, kind: Kind, key: &'a str) -> BoxFuture<'a, Result<Option<Vec<u8>>, EphemeralError>>;

    /// Whether the caller is the first to claim `key` within `ttl`.
    fn claim<'a>(&'a self, kind: Kind, key: &'a str, ttl: Duration) -> BoxFuture<'a, Result<bool, EphemeralError>>;

    /// Counts one more event for `key`. The window starts with the first event and is not prolonged by others.
    fn hit<'a>(&'a self, kind: Kind, key: &'a str, window: Duration) -> BoxFuture<'a, Result<Count, EphemeralError>>;

    /// Tells every subscriber of `topic`, on this node and the others.
    fn publish(&self, topic: Topic, message: String) -> BoxFuture<'_, Result<(), EphemeralError>>;

    /// Listens from now on. A receiver that lags behind has to assume that everything changed.
    fn subscribe(&self, topic: Topic) -> broadcast::Receiver<String>;
}
