//! One thread of the password pool: computes argon2id in memory blocks that it keeps, one job after the other.

use argon2::{Algorithm, Argon2, Block, Params, Version};
use tokio::sync::oneshot;

use super::phc::{Cost, PasswordHash};
use super::queue::Queue;
use crate::domain::secret::{KeyBytes, PlainPassword};
use crate::domain::time::Stopwatch;

/// Where the output goes; `None` when it could not be computed.
pub(super) type Answer = oneshot::Sender<Option<Vec<u8>>>;

/// Hash `password` with the parameters, the salt and the length of `target`.
pub(super) struct Task {
    pub password: PlainPassword,
    pub target: PasswordHash,
}

/// A task and who waits for it.
pub(super) struct Job {
    pub task: Task,
    pub answer: Answer,
}

impl Job {
    /// Whether nobody waits any more (the request was dropped).
    pub(super) fn is_abandoned(&self) -> bool {
        self.answer.is_closed()
    }
}

/// How far behind other threads hashing runs, in steps of `nice(2)`.
const NICENESS: i32 = 10;

/// What a thread owns.
pub(super) struct Worker {
    pepper: KeyBytes,
    memory: Vec<Block>,
}

impl Worker {
    /// Reserves room for `cost`; `None` when there is not enough. The system hands the memory out at the first password,
    /// so a server that nobody logs in to stays small.
    pub(super) fn new(pepper: KeyBytes, cost: Cost) -> Option<Self> {
        Some(Self { pepper, memory: reserved(&params(cost, 32)?)? })
    }

    /// Works until the queue stops, behind everybody else: a token, a page and a health check take microseconds, and a
    /// storm of logins would otherwise have them wait for the whole turn of a hash.
    pub(super) fn run(mut self, queue: &Queue) {
        // On Linux this concerns the calling thread only.
        if let Err(error) = rustix::process::nice(NICENESS) {
            tracing::debug!(%error, "password hashing runs at the usual priority");
        }
        while let Some(job) = queue.next() {
            if job.is_abandoned() {
                continue;
            }
            let stopwatch = Stopwatch::start();
            let output = self.compute(&job.task);
            metrics::histogram!("octroi_argon2_seconds").record(stopwatch.seconds());
            // Nobody may be waiting any more; then the answer is of no use.
            let _ = job.answer.send(output);
        }
    }

    pub(super) fn compute(&mut self, task: &Task) -> Option<Vec<u8>> {
        let Task { password, target } = task;
        let params = params(target.cost, target.output_len())?;
        let needed = params.block_count();
        let mut output = vec![0; target.output_len()];
        let argon2 =
            Argon2::new_with_secret(self.pepper.reveal(), Algorithm::Argon2id, Version::V0x13, params.clone()).ok()?;
        let mut hash = |memory: &mut [Block]| {
            argon2.hash_password_into_with_memory(password.reveal().as_bytes(), &target.salt, &mut output, memory)
        };
        if self.memory.capacity() >= needed {
            if self.memory.len() < needed {
                self.memory.resize(needed, Block::new());
            }
            hash(&mut self.memory).ok()?;
        } else {
            // A hash that was made with larger parameters than today's: its memory is given back afterwards.
            let mut blocks = reserved(&params)?;
            blocks.resize(needed, Block::new());
            hash(&mut blocks).ok()?;
        }
        Some(output)
    }
}

fn params(cost: Cost, output_len: usize) -> Option<Params> {
    Params::new(cost.memory_kib, cost.iterations, cost.parallelism, Some(output_len)).ok()
}

/// Room for blocks, or `None` instead of ending the process when memory is short.
fn reserved(params: &Params) -> Option<Vec<Block>> {
    let mut blocks = Vec::new();
    blocks.try_reserve_exact(params.block_count()).ok()?;
    Some(blocks)
}
