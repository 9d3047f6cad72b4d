//! Agents' passwords: argon2id with a pepper, computed by a bounded pool of threads so that a storm of logins is told to
//! come back later before it starves the rest of the server or its memory.
//!
//! The home of the crate `argon2`. [`PasswordPool`] is all that `login` and `directory` see; `phc` reads and writes the
//! stored form, `queue` is the waiting room, `worker` computes. What a good password is: `domain/password_policy.rs`.
//! How often one may be tried: `storage/throttle.rs`. Nobody outside computes or compares a password hash.

mod phc;
mod queue;
mod worker;

use std::fmt;
use std::sync::Arc;

use tokio::sync::oneshot;

use self::phc::{Cost, OUTPUT_LEN, PasswordHash, SALT_LEN};
use self::queue::{Queue, Refused, Side};
use self::worker::{Answer, Job, Task, Worker};
use super::hash::MIN_KEY_BYTES;
use super::random::Random;
use crate::domain::secret::{KeyBytes, PlainPassword};

/// How passwords are hashed and by how many threads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordSettings {
    /// Memory of one computation, in KiB (`m`).
    pub memory_kib: u32,
    /// Passes (`t`).
    pub iterations: u32,
    /// Lanes (`p`); one thread computes them all.
    pub parallelism: u32,
    /// Computations at the same time; each thread holds `memory_kib` of memory for good.
    pub threads: usize,
    /// How many computations may wait for a thread; one more is refused at once.
    pub queue: usize,
}

/// Whether the parameters reach OWASP's floor for argon2id (ASVS 11.4.2, appendix C).
pub const fn meets_floor(memory_kib: u32, iterations: u32) -> bool {
    match iterations {
        0 => false,
        1 => memory_kib >= 47_104,
        2 => memory_kib >= 19_456,
        _ => memory_kib >= 12_288,
    }
}

/// Why a pool cannot be built; for the administrator, at start.
#[derive(Debug, thiserror::Error)]
pub enum PasswordSettingsError {
    #[error("the pepper has {found} bytes; at least {MIN_KEY_BYTES} random bytes are needed")]
    ShortPepper { found: usize },
    #[error("{0} is not a set of argon2id parameters that this server computes (see the limits in the reference)")]
    Parameters(String),
    #[error("at least one thread and one waiting place are needed for password hashing")]
    Capacity,
    #[error("not enough memory for {threads} threads with {memory_kib} KiB each")]
    Memory { threads: usize, memory_kib: u32 },
    #[error("a thread for password hashing cannot be started")]
    Thread(#[source] std::io::Error),
}

/// Why no answer was computed. None of these says anything about the password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordPoolError {
    /// The waiting room is full: answer 503 with `Retry-After`.
    #[error("too many passwords are being verified at the same time")]
    Overloaded,
    /// The server is shutting down.
    #[error("password hashing has stopped")]
    Stopped,
    /// Only [`PasswordPool::hash`]: the policy refuses such passwords first.
    #[error("the password is longer than any that is accepted")]
    TooLong,
    /// Not enough memory for a stored hash that was computed with larger parameters.
    #[error("the password hash cannot be computed on this server")]
    Failed,
}

/// What a verification found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    pub matches: bool,
    /// The password is right and its hash was made with other parameters than today's: store a new one.
    pub needs_rehash: bool,
}

/// A new password beside older ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NewHash {
    /// Its stored form.
    New(String),
    /// It is the nth of those that were given; nothing is to be stored.
    Known(usize),
}

/// The pool. Clones share the threads, which end when the last clone is gone.
#[derive(Clone)]
pub struct PasswordPool(Arc<Shared>, Side);

struct Shared {
    queue: Arc<Queue>,
    cost: Cost,
    random: Random,
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.queue.stop();
    }
}

impl PasswordPool {
    /// Starts the threads and reserves room for their memory.
    pub fn new(settings: PasswordSettings, pepper: KeyBytes, random: Random) -> Result<Self, PasswordSettingsError> {
        let found = pepper.reveal().len();
        if found < MIN_KEY_BYTES {
            return Err(PasswordSettingsError::ShortPepper { found });
        }
        if settings.threads == 0 || settings.queue == 0 {
            return Err(PasswordSettingsError::Capacity);
        }
        let cost = Cost {
            memory_kib: settings.memory_kib,
            iterations: settings.iterations,
            parallelism: settings.parallelism,
        };
        if !cost.is_computable() {
            return Err(PasswordSettingsError::Parameters(cost.to_string()));
        }
        // Dropping `pool` on an early return ends the threads that were started before.
        let pool = Self(Arc::new(Shared { queue: Arc::new(Queue::new(settings.queue)), cost, random }), Side::Inside);
        for number in 0..settings.threads {
            let worker = Worker::new(pepper.clone(), cost)
                .ok_or(PasswordSettingsError::Memory { threads: settings.threads, memory_kib: settings.memory_kib })?;
            let queue = Arc::clone(&pool.0.queue);
            std::thread::Builder::new()
                .name(format!("argon2-{number}"))
                .spawn(move || worker.run(&queue))
                .map_err(PasswordSettingsError::Thread)?;
        }
        Ok(pool)
    }

    /// The same pool for callers outside: they may take half of the waiting places and are served after those inside.
    #[must_use]
    pub fn outside(&self) -> Self {
        Self(Arc::clone(&self.0), Side::Outside)
    }

    /// The stored form (PHC string) of a new password. Whether the password is acceptable was decided before.
    pub async fn hash(&self, password: PlainPassword) -> Result<String, PasswordPoolError> {
        if password.is_over_long() {
            return Err(PasswordPoolError::TooLong);
        }
        let target = PasswordHash::new(self.0.cost, self.0.random.bytes::<SALT_LEN>(), [0; OUTPUT_LEN]);
        let output = self.compute(password, target.clone()).await?;
        Ok(target.with_output(output).to_string())
    }

    /// The stored form of a new password of somebody who had others, the present one first, and whether it is one of them.
    ///
    /// It gets the salt of the present one, so that one computation answers both (`docs/decisions/0020`). Those that were
    /// made with another salt or other parameters cannot be compared that way: of them only the present one is, by a
    /// computation of its own.
    pub async fn hash_beside(&self, password: PlainPassword, before: &[String]) -> Result<NewHash, PasswordPoolError> {
        let present = before.first().and_then(|text| PasswordHash::parse(text));
        let Some(present) = present.filter(|hash| hash.is_current(self.0.cost)) else {
            if let Some(present) = before.first()
                && self.verify(password.clone(), Some(present.clone())).await?.matches
            {
                return Ok(NewHash::Known(0));
            }
            return self.hash(password).await.map(NewHash::New);
        };
        if password.is_over_long() {
            return Err(PasswordPoolError::TooLong);
        }
        let output = self.compute(password, present.clone()).await?;
        let is_it = |hash: &PasswordHash| hash.is_computed_like(&present) && hash.has_output(&output);
        let known = before.iter().position(|text| PasswordHash::parse(text).is_some_and(|hash| is_it(&hash)));
        Ok(known.map_or_else(|| NewHash::New(present.with_output(output).to_string()), NewHash::Known))
    }

    /// Whether `password` is the one that `stored` was made of.
    ///
    /// Without a readable stored hash (no such agent, not activated) the same work is done for nothing, so that the
    /// answer takes as long (ASVS 6.3.8). An over-long password is not hashed, a short text is instead.
    pub async fn verify(&self, password: PlainPassword, stored: Option<String>) -> Result<Verdict, PasswordPoolError> {
        let target = self.target(stored.as_deref());
        let possible = target.is_real && !password.is_over_long();
        let password = if password.is_over_long() { PlainPassword::new("over-long") } else { password };

        let output = self.compute(password, target.hash.clone()).await?;
        let matches = target.hash.has_output(&output) & possible;
        Ok(Verdict { matches, needs_rehash: matches && !target.hash.is_current(self.0.cost) })
    }

    fn target(&self, stored: Option<&str>) -> Target {
        let readable = stored.and_then(|text| {
            let hash = PasswordHash::parse(text);
            if hash.is_none() {
                tracing::error!("a stored password hash cannot be read; its agent needs a new activation code");
            }
            hash
        });
        match readable {
            Some(hash) => Target { hash, is_real: true },
            None => Target { hash: self.dummy(), is_real: false },
        }
    }

    /// A hash that belongs to nobody, with today's parameters.
    fn dummy(&self) -> PasswordHash {
        PasswordHash::new(self.0.cost, self.0.random.bytes::<SALT_LEN>(), self.0.random.bytes::<OUTPUT_LEN>())
    }

    async fn compute(&self, password: PlainPassword, target: PasswordHash) -> Result<Vec<u8>, PasswordPoolError> {
        let (answer, answered): (Answer, _) = oneshot::channel();
        let job = Job { task: Task { password, target }, answer };
        self.0.queue.push(self.1, job).map_err(|refused| match refused {
            Refused::Full => PasswordPoolError::Overloaded,
            Refused::Stopped => PasswordPoolError::Stopped,
        })?;
        match answered.await {
            Ok(Some(output)) => Ok(output),
            Ok(None) => Err(PasswordPoolError::Failed),
            Err(_) => Err(PasswordPoolError::Stopped),
        }
    }
}

impl fmt::Debug for PasswordPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PasswordPool({})", self.0.cost)
    }
}

/// What a verification computes, and whether it can succeed at all.
struct Target {
    hash: PasswordHash,
    is_real: bool,
}

#[cfg(test)]
mod tests;
