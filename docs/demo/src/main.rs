//! `cargo demo`: arguments and signals. What happens in between is in `start`.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;
use octroi_demo::ports::{LAST_BASE, Ports};
use octroi_demo::start::{Demo, Sockets};
use tempfile::TempDir;
use tokio::signal::unix::{SignalKind, signal};

/// Starts Octroi with sample data, a sample portal, a simulated Nomades gateway and a mailbox.
#[derive(Parser)]
#[command(name = "demo", version)]
struct Args {
    /// First port N: provider N, gateway N+1, mailbox N+2, portal N+10
    #[arg(long, value_name = "N", default_value_t = 8080, value_parser = clap::value_parser!(u16).range(1..=i64::from(LAST_BASE)))]
    port: u16,
    /// Keep the data in DIR (created if absent); without it a temporary directory is used and removed at the end
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Use this empty PostgreSQL database, postgres://USER@HOST:PORT/DATABASE, instead of an embedded SQLite file; its password is
    /// read from OCTROI_DEMO_DATABASE_PASSWORD
    #[arg(long, value_name = "URL")]
    database: Option<String>,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Args::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nowhere left to say it if standard error is closed.
            let _ = writeln!(io::stderr().lock(), "demo: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(args: Args) -> anyhow::Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut told_to_stop = pin!(async move {
        tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {} }
    });
    let ports = Ports::from_base(args.port);
    let sockets = Sockets::bind(ports)?;
    let data = DataDir::open(args.data)?;
    let mut demo = tokio::select! {
        // A signal during the start ends it, and the temporary directory with it.
        biased;
        () = &mut told_to_stop => return Ok(()),
        started = Demo::start(ports, sockets, data.path(), args.database) => started?,
    };
    demo.announce(&mut io::stdout().lock(), ports, data.path(), data.is_kept())?;
    let failure = tokio::select! {
        biased;
        () = &mut told_to_stop => None,
        failure = demo.failed() => Some(failure),
    };
    let stopped = demo.stop().await;
    failure.map_or(stopped, Err)
}

/// Where the provider's data lives; a temporary directory goes when this is dropped.
enum DataDir {
    Kept(PathBuf),
    Temporary(TempDir),
}

impl DataDir {
    fn open(asked: Option<PathBuf>) -> anyhow::Result<Self> {
        let Some(dir) = asked else {
            return Ok(Self::Temporary(TempDir::with_prefix("octroi-demo-").context("no temporary directory")?));
        };
        let dir = std::path::absolute(&dir)?;
        std::fs::create_dir_all(&dir)
            .with_context(|| format!("the data directory {} cannot be made", dir.display()))?;
        Ok(Self::Kept(dir))
    }

    fn path(&self) -> &Path {
        match self {
            Self::Kept(dir) => dir,
            Self::Temporary(dir) => dir.path(),
        }
    }

    fn is_kept(&self) -> bool {
        matches!(self, Self::Kept(_))
    }
}
