//! `octroictl`, the command line with which administrators run Octroi, as a library that tests can call.
//!
//! It reads arguments (`args/`), opens the directory that the configuration names (`target.rs`), calls one act of
//! `octroi_idp::directory` per command (`commands/`) and prints the answer (`output.rs`) or the failure with its exit code
//! (`failure.rs`). No rule stands here: what is allowed is decided in the directory.

mod args;
mod commands;
mod console;
#[doc(hidden)] // open to `tests/fuzz` only
pub mod csv_file;
mod failure;
mod moments;
mod output;
mod target;

use std::ffi::OsString;

use clap::Parser as _;
use octroi_idp::app::operator::operator;

use args::{Cli, Noun, PasswordVerb};
use commands::Context;
use failure::Failure;

pub use console::Console;

/// Runs one command line and answers with its exit code.
pub async fn run(args: impl IntoIterator<Item = OsString>, console: &mut Console<'_>) -> u8 {
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(answer) => return failure::print_parsing(&answer, console),
    };
    match execute(&cli, console).await {
        Ok(()) => 0,
        Err(failure) => failure::print(&failure, console),
    }
}

async fn execute(cli: &Cli, console: &mut Console<'_>) -> Result<(), Failure> {
    if let Noun::Password { verb: PasswordVerb::Filter { verb } } = &cli.noun {
        return commands::filter::run(verb, &cli.global, console);
    }
    let config = target::load(&cli.global.config)?;
    if let Noun::Zone { verb } = &cli.noun {
        return commands::zone::run(verb, &target::zones(&config), cli.global.format, console);
    }
    if let Noun::Password { verb: PasswordVerb::Policy(args) } = &cli.noun {
        return commands::policy::run(args, &config, cli.global.format, console).await;
    }
    let directory = target::open(&config).await?;
    let mut context = Context { directory: &directory, global: &cli.global, actor: operator(), console };
    let outcome = commands::run(&cli.noun, &mut context).await;
    directory.close().await;
    outcome
}
