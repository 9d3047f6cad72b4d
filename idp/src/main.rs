//! The binary `octroi`: arguments in, exit code out. What a command does stands in the library; here it is only called
//! and told. Exit codes are those of the project's contract (0 done, 1 refused, 2 usage, 4 conflict, 5 unavailable).

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, Parser, Subcommand};
use idp::config::{self, Config, init};

const REFUSED: u8 = 1;
const USAGE: u8 = 2;
const CONFLICT: u8 = 4;
const UNAVAILABLE: u8 = 5;

/// Octroi: logs the agents of a city in, and tells applications who they are and where they are.
#[derive(Debug, Parser)]
#[command(name = "octroi", version, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a directory with a configuration, a sealing key and a pepper
    Init {
        /// The directory; nothing that exists in it is overwritten
        dir: PathBuf,
        /// The address under which agents and applications will know Octroi
        #[arg(long, value_name = "URL", default_value = init::DEFAULT_ISSUER)]
        issuer: String,
    },
    /// Look at the configuration
    #[command(subcommand)]
    Config(ConfigCommand),
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Report every problem at once, with file, line and the fix
    Check(ConfigFile),
    /// Print the effective configuration as TOML, without secrets
    Show(ConfigFile),
}

#[derive(Debug, Args)]
struct ConfigFile {
    /// The configuration file
    #[arg(long, value_name = "FILE", env = config::PATH_VARIABLE, default_value = config::DEFAULT_PATH)]
    config: PathBuf,
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Init { dir, issuer } => make_directory(&dir, &issuer),
        Command::Config(ConfigCommand::Check(file)) => check_config(&file.config),
        Command::Config(ConfigCommand::Show(file)) => show_config(&file.config),
    };
    outcome.unwrap_or_else(|error| {
        // Nobody is left to tell when standard error is gone too.
        let _ = writeln!(io::stderr().lock(), "octroi: {error:#}");
        ExitCode::from(UNAVAILABLE)
    })
}

fn make_directory(dir: &Path, issuer: &str) -> anyhow::Result<ExitCode> {
    match init::prepare(dir, issuer, &mut fill_random) {
        Ok(prepared) => {
            say(&next_steps(&prepared))?;
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => {
            let code = match error {
                init::InitError::Exists(_) => CONFLICT,
                init::InitError::Issuer { .. } => USAGE,
                init::InitError::Io { .. } => UNAVAILABLE,
            };
            writeln!(io::stderr().lock(), "octroi: {error}")?;
            Ok(ExitCode::from(code))
        }
    }
}

fn next_steps(prepared: &init::Prepared) -> String {
    let (config, sealing_key, pepper) =
        (prepared.config.display(), prepared.sealing_key.display(), prepared.pepper.display());
    format!(
        "made {config}, {sealing_key}, {pepper}\n\n\
         next:\n  \
         1. list the networks of your buildings in {config} (network.internal)\n  \
         2. keep a copy of both keys in a safe place, apart from the database's backups\n  \
         3. octroi config check --config {config}\n"
    )
}

/// An installation without random keys is worse than none, so there is no way on.
fn fill_random(bytes: &mut [u8]) {
    if aws_lc_rs::rand::fill(bytes).is_err() {
        let _ = writeln!(io::stderr().lock(), "octroi: the system gives no random bytes");
        std::process::exit(i32::from(UNAVAILABLE));
    }
}

fn check_config(path: &Path) -> anyhow::Result<ExitCode> {
    match Config::load(path, config::environment()) {
        Ok(config) => {
            for warning in config.warnings() {
                say(&format!("{warning}\n"))?;
            }
            say("the configuration is sound\n")?;
            Ok(ExitCode::SUCCESS)
        }
        Err(report) => {
            say(&format!("{report}\n"))?;
            Ok(ExitCode::from(REFUSED))
        }
    }
}

fn show_config(path: &Path) -> anyhow::Result<ExitCode> {
    match Config::load(path, config::environment()) {
        Ok(config) => {
            say(config.effective())?;
            Ok(ExitCode::SUCCESS)
        }
        Err(report) => {
            writeln!(io::stderr().lock(), "{report}")?;
            Ok(ExitCode::from(REFUSED))
        }
    }
}

/// Command-line output. A reader that hangs up (`octroi config show | head`) is no error.
fn say(text: &str) -> anyhow::Result<()> {
    match io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error).context("standard output"),
        _ => Ok(()),
    }
}
