//! The yardsticks: what this machine can do at best, measured in the same run. Each is a subcommand, so that it runs as a
//! process of its own on the server's core.
//!
//! `fixed`: bare axum · `verified`: bare axum that verifies a token and reads a row · `hashing`: argon2id alone ·
//! `statements`: the SQL of one login alone.

mod fixed;
mod hashing;
mod statements;
mod verified;

use std::path::PathBuf;
use std::time::Duration;

use clap::Subcommand;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use crate::process::processor_time;
use crate::report;

#[derive(Debug, Clone, Subcommand)]
pub enum Yardstick {
    /// Bare axum: `/discovery` and `/jwks` with fixed bodies of these sizes
    AxumFixed {
        #[arg(long)]
        port: u16,
        #[arg(long)]
        discovery_bytes: usize,
        #[arg(long)]
        jwks_bytes: usize,
    },
    /// Bare axum: `/userinfo` verifies one ES256 token and reads one row by its key
    AxumVerified {
        #[arg(long)]
        port: u16,
        /// An SQLite database of Octroi with agents in it
        #[arg(long, value_name = "FILE")]
        database: PathBuf,
        /// Where the tokens are written that it accepts, one per line
        #[arg(long, value_name = "FILE")]
        tokens_to: PathBuf,
        #[arg(long)]
        tokens: usize,
        /// The size of a token
        #[arg(long)]
        token_bytes: usize,
        /// The size of an answer
        #[arg(long)]
        body_bytes: usize,
    },
    /// argon2id with reused memory, one hash after the other
    Hashing {
        #[arg(long, default_value_t = 19_456)]
        memory_kib: u32,
        #[arg(long, default_value_t = 2)]
        iterations: u32,
        #[arg(long, default_value_t = 5)]
        seconds: u64,
    },
    /// The SQL statements of one login in their transactions, one login after the other
    Statements {
        /// An SQLite database of Octroi with agents and the application in it
        #[arg(long, value_name = "FILE")]
        database: PathBuf,
        #[arg(long, default_value = "bench")]
        client_id: String,
        #[arg(long, default_value_t = 5)]
        seconds: u64,
    },
}

/// What a loop prints.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub struct Loop {
    pub rounds: u32,
    pub seconds: f64,
    /// Of its processor time.
    pub processor: f64,
}

impl Loop {
    pub fn per_second(self) -> f64 {
        f64::from(self.rounds) / self.seconds.max(1e-9)
    }

    /// Milliseconds of processor time for one round.
    pub fn each(self) -> f64 {
        self.processor * 1000.0 / f64::from(self.rounds.max(1))
    }

    /// Two parts of one measurement.
    pub fn and(self, other: Self) -> Self {
        Self {
            rounds: self.rounds + other.rounds,
            seconds: self.seconds + other.seconds,
            processor: self.processor + other.processor,
        }
    }
}

/// How long a loop runs, and what it costs this process.
struct Timer {
    started: Instant,
    limit: Duration,
    before: Duration,
}

impl Timer {
    fn start(seconds: u64) -> anyhow::Result<Self> {
        let (limit, before) = (Duration::from_secs(seconds), processor_time(std::process::id())?);
        Ok(Self { started: Instant::now(), limit, before })
    }

    fn is_over(&self) -> bool {
        self.started.elapsed() >= self.limit
    }

    fn stop(self, rounds: u32) -> anyhow::Result<Loop> {
        let seconds = self.started.elapsed().as_secs_f64();
        let processor = processor_time(std::process::id())?.saturating_sub(self.before).as_secs_f64();
        Ok(Loop { rounds, seconds, processor })
    }
}

/// Serves until it is ended, or loops and prints what it did.
pub fn run(yardstick: Yardstick) -> anyhow::Result<()> {
    match yardstick {
        Yardstick::AxumFixed { port, discovery_bytes, jwks_bytes } => {
            runtime()?.block_on(fixed::serve(port, discovery_bytes, jwks_bytes))
        }
        Yardstick::AxumVerified { port, database, tokens_to, tokens, token_bytes, body_bytes } => {
            let sizes = verified::Sizes { tokens, token_bytes, body_bytes };
            runtime()?.block_on(verified::serve(port, &database, &tokens_to, sizes))
        }
        Yardstick::Hashing { memory_kib, iterations, seconds } => tell(&hashing::run(memory_kib, iterations, seconds)?),
        Yardstick::Statements { database, client_id, seconds } => {
            tell(&runtime()?.block_on(statements::run(&database, &client_id, seconds))?)
        }
    }
}

fn tell(done: &Loop) -> anyhow::Result<()> {
    report::say(&format!("{}\n", serde_json::to_string(done)?))
}

/// The runtime that Octroi has too: on one core, one worker.
fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()
}
