//! Crash proof: real logins, activations, code exchanges and imports against the real `octroi serve`, which is killed with
//! SIGKILL at random moments, and with PostgreSQL the database server too. After each restart every acknowledged write is
//! there, nothing that works once works twice, and the audit matches the acts.
//!
//! `round.rs` is one round. The clients (`client.rs`, `operator.rs`) remember what was answered (`ledger.rs`);
//! `records.rs` reads what is stored; `settle.rs` compares the two; `verify.rs` tries the server itself. A round draws
//! from a seed (`chance.rs`), which a failure tells: `OCTROI_CRASH_SEED` repeats the draws, not the scheduler's moods.
//! `OCTROI_CRASH_ROUNDS` is the number of rounds per engine. What stays behind after a failure is told too.

mod chance;
mod client;
mod installation;
mod ledger;
mod operator;
mod patience;
mod postgres;
mod process;
mod records;
mod report;
mod round;
mod settle;
mod site;
mod verify;

use anyhow::{Context as _, Result, ensure};
use harness::engine::{Engine, QUICK, variable};

use chance::Chance;
use installation::{Cast, Installation};
use report::Report;
use round::Generation;

const ROUNDS: u32 = 200;
const SEED: u64 = 1607;

/// A database is used for so many rounds.
const GENERATION: u32 = 40;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_sqlite_acknowledged_outlives_kill_9_and_nothing_works_twice() {
    campaign(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_postgresql_acknowledged_outlives_kill_9_and_nothing_works_twice() {
    if variable(QUICK).as_deref() == Some("1") {
        println!("NOT TESTED on PostgreSQL: {QUICK}=1");
        return;
    }
    campaign(Engine::Postgres).await;
}

async fn campaign(engine: Engine) {
    let number = |name: &str| variable(name).map(|text| text.parse::<u64>().expect("a number"));
    let seed = number("OCTROI_CRASH_SEED").unwrap_or(SEED);
    let rounds = number("OCTROI_CRASH_ROUNDS").map_or(ROUNDS, |rounds| u32::try_from(rounds).expect("rounds"));
    println!("{engine:?}: {rounds} rounds, OCTROI_CRASH_SEED={seed}");
    let chance = Chance::of(seed, &format!("{engine:?}"));
    let (mut installation, cast) =
        Installation::create(engine, &chance).await.unwrap_or_else(|error| panic!("no installation: {error:#}"));
    let mut report = Report::begin();
    if let Err(error) = play(&mut installation, &cast, seed, rounds, &mut report).await {
        let kept = installation.keep();
        panic!("{engine:?}, OCTROI_CRASH_SEED={seed}: {error:#}\n{report}\nkept for you to look at: {kept:?}");
    }
    println!("{engine:?}: {report}");
    if let Some(cluster) = installation.cluster.take() {
        cluster.stop().await.expect("PostgreSQL stops");
    }
}

async fn play(installation: &mut Installation, cast: &Cast, seed: u64, rounds: u32, report: &mut Report) -> Result<()> {
    let mut played = 0;
    while played < rounds {
        let mut generation = Generation::begin(installation, cast, played / GENERATION, seed).await?;
        for _ in 0..GENERATION.min(rounds - played) {
            played += 1;
            generation.round(played, report).await.with_context(|| format!("round {played} of {rounds}"))?;
        }
        generation.end(report).await?;
    }
    ensure!(report.is_worth_something(), "the rounds held too little to prove anything");
    Ok(())
}
