//! The rows of the table. `rates`: what is measured in interleaved rounds beside yardsticks and peer · `life`: start,
//! memory, size · `stored`: logins with a million agents · `import`: the HR file · `breach`: the filter of breached
//! passwords · `change`: a password changed at the login · `strangers`: what they can tell from the time of an answer ·
//! `factors`: logins with a second factor, and codes that are sent.

mod breach;
mod change;
mod factors;
mod import;
mod life;
mod rates;
mod stored;
mod strangers;

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use url::Url;

use crate::report::{Detail, Table, progress, say};
use crate::servers::Workshop;
use crate::{machine, servers};

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Row {
    /// The discovery document, beside bare axum
    Discovery,
    /// The key set, beside bare axum
    Jwks,
    /// UserInfo over distinct tokens, beside bare axum that verifies one token and reads one row
    Userinfo,
    /// Whole logins, beside argon2id alone and the SQL alone
    Login,
    /// UserInfo at 200 requests a second, alone and beside a storm of logins
    Mixed,
    /// From exec to the first answer
    Start,
    /// At rest and in a storm of logins
    Memory,
    /// The size of the program
    Binary,
    /// Logins with 1,000,000 agents and sessions stored, beside 1,000
    Stored,
    /// Import of 55,000 agents, and of 1,000,000
    Import,
    /// The filter of breached passwords: made of 10,000,000 SHA-1 lines, and asked
    Breach,
    /// A password changed in the login, beside argon2id alone
    Change,
    /// The time of an answer to known and to unknown SOIs
    Strangers,
    /// Logins with a code of an authenticator application, beside those without
    Totp,
    /// Logins with a passkey alone
    Passkey,
    /// 10,000 codes over a second channel, to a foreign mail server, beside logins
    Codes,
}

#[derive(Debug, Clone, Args)]
pub struct TableOptions {
    /// Shorter measurements, fewer tokens and agents, no row with a million of anything: to see that all works
    #[arg(long)]
    quick: bool,
    /// Leave out the rows with 1,000,000 agents
    #[arg(long)]
    without_million: bool,
    /// Leave out node-oidc-provider
    #[arg(long)]
    without_peer: bool,
    /// A PostgreSQL on which a database may be made, for the import: postgres://USER:PASSWORD@HOST:PORT/DATABASE
    #[arg(long, value_name = "URL", env = "OCTROI_BENCH_POSTGRES_URL", hide_env_values = true)]
    postgres: Option<Url>,
    /// Where databases and logs go while it runs: on a real disk
    #[arg(long, value_name = "DIR", default_value = "/tmp")]
    work: PathBuf,
    /// Keep databases and logs
    #[arg(long)]
    keep: bool,
    /// Rounds of each measurement
    #[arg(long, value_name = "N", default_value_t = 3)]
    rounds: usize,
    /// Seconds of each measurement [default: 5, quick: 2]
    #[arg(long, value_name = "SECONDS")]
    seconds: Option<u64>,
    /// Connections for everything but logins
    #[arg(long, value_name = "N", default_value_t = 32)]
    connections: usize,
    /// Logins under way at a time
    #[arg(long, value_name = "N", default_value_t = 16)]
    logins: usize,
    /// Logins under way at a time in a storm
    #[arg(long, value_name = "N", default_value_t = 48)]
    storm: usize,
}

/// What the rows share.
pub struct Run {
    pub options: TableOptions,
    pub workshop: Workshop,
    pub table: Table,
    pub detail: Detail,
    pub notes: Vec<String>,
}

impl TableOptions {
    fn seconds(&self) -> u64 {
        self.seconds.unwrap_or(if self.quick { 2 } else { 5 })
    }

    fn tokens(&self) -> usize {
        if self.quick { 1_000 } else { 10_000 }
    }

    fn agents(&self) -> u32 {
        if self.quick { 100 } else { 400 }
    }

    fn with_million(&self) -> bool {
        !self.quick && !self.without_million
    }
}

/// Measures these rows and prints the table.
pub async fn run(rows: &[Row], options: TableOptions) -> anyhow::Result<()> {
    let programs = std::env::current_exe()?.parent().map(PathBuf::from).unwrap_or_default();
    let peers = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("peers");
    let work = tempfile::Builder::new().prefix("octroi-bench.").tempdir_in(&options.work)?;
    let workshop = Workshop { programs, peers, work: work.path().to_owned() };
    if let Some(warning) = machine::same_core() {
        progress(&warning);
    }
    let facts = machine::facts(&workshop, &options.work)?;
    let has = |row: Row| rows.contains(&row);
    let mut run = Run { options, workshop, table: Table::default(), detail: Detail::default(), notes: Vec::new() };
    let rates = [Row::Discovery, Row::Jwks, Row::Userinfo, Row::Login, Row::Mixed].into_iter().filter(|row| has(*row));
    let rates: Vec<Row> = rates.collect();
    if !rates.is_empty() {
        rates::measure(&mut run, &rates).await?;
    }
    if has(Row::Start) {
        life::start(&mut run).await?;
    }
    if has(Row::Memory) {
        life::memory(&mut run).await?;
    }
    if has(Row::Binary) {
        life::binary(&mut run)?;
    }
    if has(Row::Stored) {
        stored::measure(&mut run).await?;
    }
    if has(Row::Import) {
        import::measure(&mut run).await?;
    }
    if has(Row::Breach) {
        breach::measure(&mut run).await?;
    }
    if has(Row::Change) {
        change::measure(&mut run).await?;
    }
    if has(Row::Strangers) {
        strangers::measure(&mut run).await?;
    }
    if has(Row::Totp) {
        factors::totp(&mut run).await?;
    }
    if has(Row::Passkey) {
        factors::passkey(&mut run).await?;
    }
    if has(Row::Codes) {
        factors::codes(&mut run).await?;
    }
    let Run { options, table, detail, notes, .. } = run;
    say(&format!("{facts}\n{table}\n"))?;
    if !detail.is_empty() {
        say(&format!("{detail}\n"))?;
    }
    for note in &notes {
        say(&format!("{note}\n"))?;
    }
    if options.keep {
        progress(&format!("databases and logs stay in {}", work.keep().display()));
    }
    Ok(())
}

/// Entries of the breach filter that every login is judged by.
const BREACHED: u32 = 100_000;

/// An installation with agents, and copies of its database for the yardsticks.
async fn furnished(run: &Run, name: &str) -> anyhow::Result<servers::octroi::Installation> {
    furnished_with(run, name, run.options.agents()).await
}

async fn furnished_with(run: &Run, name: &str, agents: u32) -> anyhow::Result<servers::octroi::Installation> {
    progress(&format!("preparing Octroi with {agents} agents"));
    let mut installation = servers::octroi::Installation::new(&run.workshop, name).await?;
    installation.filter_breached(&run.workshop, BREACHED).await?;
    installation.furnish(&run.workshop, agents).await?;
    Ok(installation)
}
