//! `bench`: loads an OpenID provider and says what it answered, how fast, and what that cost. Run it by `tests/bench/run`,
//! which builds for release and puts this program and the servers on different cores.
//!
//! `client/` speaks HTTP, `scenario/` says what is asked, `load.rs` how often, `measure.rs` counts; `yardstick/` are the
//! servers and loops beside which Octroi is judged.

mod client;
mod load;
mod machine;
mod measure;
mod process;
mod provider;
mod report;
mod rows;
mod scenario;
mod servers;
mod yardstick;

use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum as _};
use tokio::task::LocalSet;

use crate::provider::{Provider, ProviderOptions};
use crate::rows::{Row, TableOptions};
use crate::scenario::{Extent, Scenario};
use crate::yardstick::Yardstick;

/// Measures OpenID providers
#[derive(Debug, Parser)]
#[command(name = "bench", version, max_term_width = 120)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Load any OpenID provider that runs already
    Load(Box<LoadArguments>),
    /// Measure every row of the table, and print it
    All(TableOptions),
    /// Measure these rows only
    One {
        #[arg(required = true)]
        rows: Vec<Row>,
        #[command(flatten)]
        options: TableOptions,
    },
    /// Run one yardstick; the table starts them by itself
    #[command(subcommand)]
    Yardstick(Yardstick),
}

#[derive(Debug, Args)]
struct LoadArguments {
    scenario: Scenario,
    #[command(flatten)]
    provider: ProviderOptions,
    /// Seconds that count; a fifth of it, at most 2 s, comes before as warm-up
    #[arg(long, value_name = "SECONDS", default_value_t = 5)]
    duration: u64,
    /// Requests under way at a time
    #[arg(long, value_name = "N", default_value_t = 16)]
    concurrency: usize,
    /// Distinct access tokens for UserInfo
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    tokens: usize,
    /// UserInfo requests per second: at this rate instead of as fast as answers come
    #[arg(long, value_name = "N")]
    rate: Option<u32>,
    /// The server's process, for its processor time and memory
    #[arg(long, value_name = "PID")]
    server_pid: Option<u32>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(arguments.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report::progress(&format!("bench: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::All(options) => on_one_thread(rows::run(Row::value_variants(), options)),
        Command::One { rows, options } => on_one_thread(async move { rows::run(&rows, options).await }),
        Command::Load(arguments) => on_one_thread(load_one(*arguments)),
        Command::Yardstick(yardstick) => yardstick::run(yardstick),
    }
}

/// The client has one core.
fn on_one_thread(work: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(LocalSet::new().run_until(work))
}

async fn load_one(arguments: LoadArguments) -> anyhow::Result<()> {
    let provider = Provider::discover(arguments.provider).await?;
    let extent = Extent {
        duration: Duration::from_secs(arguments.duration),
        concurrency: arguments.concurrency,
        pid: arguments.server_pid,
    };
    let tokens = match arguments.scenario {
        Scenario::Userinfo | Scenario::Mixed => scenario::tokens::obtain(&provider, arguments.tokens).await?,
        _ => Vec::new(),
    };
    let mut table = report::Detail::default();
    match (arguments.scenario, arguments.rate) {
        (Scenario::Discovery, _) => table.add("discovery", &scenario::fixed(&provider.discovery, extent).await?),
        (Scenario::Jwks, _) => table.add("JWKS", &scenario::fixed(&provider.jwks, extent).await?),
        (Scenario::Userinfo, None) => {
            table.add("UserInfo", &scenario::userinfo(&provider.userinfo, &tokens, extent).await?);
        }
        (Scenario::Userinfo, Some(rate)) => {
            table.add("UserInfo", &scenario::userinfo_at(&provider.userinfo, &tokens, rate, extent).await?);
        }
        (Scenario::Login, _) => table.add("login", &scenario::logins(&provider, extent).await?),
        (Scenario::Mixed, rate) => {
            let (logins, userinfo) = scenario::mixed(&provider, &tokens, rate.unwrap_or(200), extent).await?;
            table.add("login", &logins);
            table.add("UserInfo beside it", &userinfo);
        }
    }
    report::say(&table.to_string())
}
