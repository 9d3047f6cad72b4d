//! The command line as types: global options here, one file per noun. Help texts are part of the product: each verb says
//! what it does, and the long help of each noun ends with examples.
//!
//! No password and no secret is ever an argument: other users of the machine could read it.

mod agent;
mod app;
mod audit;
mod factor;
mod outbox;
mod password;
mod role;
mod zone;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub use agent::{AddArgs, AgentVerb, HistoryArgs, ImportArgs, ListArgs, SetArgs};
pub use app::{AppVerb, Registration};
pub use audit::{AuditVerb, SearchArgs};
pub use factor::{FactorVerb, RemoveFactorArgs};
pub use outbox::{OutboxListArgs, OutboxState, OutboxVerb, RetryArgs};
pub use password::{BuildArgs, CheckArgs, ExpireArgs, FilterVerb, Lines, PasswordVerb, PolicyArgs, ResetCodeArgs};
pub use role::RoleVerb;
pub use zone::{ExplainArgs, ZoneVerb};

const EXIT_CODES: &str = "\
Exit codes:
  0  done            3  not found    5  storage or network unavailable
  1  refused         4  conflict     6  not authorised
  2  usage

The code of the rule that refused stands on standard error. Whoever may read the
configuration and its keys may administer; the audit names the user of the
operating system.";

/// Administer Octroi: agents, applications, second factors, roles, the audit, mails, passwords, the network zone.
#[derive(Debug, Parser)]
#[command(name = "octroictl", version, after_help = EXIT_CODES, max_term_width = 120)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub noun: Noun,
}

/// Options that every command takes, before or after its noun and verb.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    /// Configuration of the installation to administer
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "OCTROI_CONFIG",
        default_value = "config/octroi.toml",
        hide_env_values = true
    )]
    pub config: PathBuf,
    /// How to print the answer: for people, one stable document, or lines with a header
    #[arg(long, global = true, value_name = "FORMAT", value_enum, default_value_t = Format::Table)]
    pub format: Format,
    /// Do the work, say what would change, and change nothing
    #[arg(long, global = true)]
    pub dry_run: bool,
    /// Answer every question with yes
    #[arg(long, global = true)]
    pub yes: bool,
    /// Why, in your words (a ticket, a letter); kept in the audit
    #[arg(long, global = true, value_name = "TEXT", value_parser = reason)]
    pub reason: Option<String>,
}

/// How answers are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Table,
    Json,
    Csv,
}

/// What is administered.
#[derive(Debug, Subcommand)]
pub enum Noun {
    /// Agents: the people behind the SOIs
    Agent {
        #[command(subcommand)]
        verb: AgentVerb,
    },
    /// Applications that delegate their login to Octroi
    App {
        #[command(subcommand)]
        verb: AppVerb,
    },
    /// Second factors of agents
    Factor {
        #[command(subcommand)]
        verb: FactorVerb,
    },
    /// Administrative roles of agents
    Role {
        #[command(subcommand)]
        verb: RoleVerb,
    },
    /// What was done, by whom, and why it was refused
    Audit {
        #[command(subcommand)]
        verb: AuditVerb,
    },
    /// Mails and text messages: what became of them
    Outbox {
        #[command(subcommand)]
        verb: OutboxVerb,
    },
    /// Passwords: what the whole City's have in common
    Password {
        #[command(subcommand)]
        verb: PasswordVerb,
    },
    /// The network zone: what is configured, and why an address is where it is
    Zone {
        #[command(subcommand)]
        verb: ZoneVerb,
    },
}

fn reason(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > 500 || text.chars().any(char::is_control) {
        return Err("give 1 to 500 characters on one line".into());
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_contradicts_itself_nowhere() {
        Cli::command().debug_assert();
    }

    #[test]
    fn global_options_stand_before_or_after_the_verb() {
        for line in [
            "octroictl --dry-run --format json agent leave 100001",
            "octroictl agent leave 100001 --format json --dry-run",
        ] {
            let cli = Cli::try_parse_from(line.split(' ')).unwrap();
            assert!(cli.global.dry_run && cli.global.format == Format::Json, "{line}");
        }
    }

    #[test]
    fn every_verb_explains_itself() {
        for noun in Cli::command().get_subcommands() {
            assert!(noun.get_about().is_some(), "{}", noun.get_name());
            for verb in noun.get_subcommands() {
                assert!(verb.get_about().is_some(), "{} {}", noun.get_name(), verb.get_name());
                for argument in verb.get_arguments() {
                    assert!(
                        argument.get_help().is_some(),
                        "{} {} {}",
                        noun.get_name(),
                        verb.get_name(),
                        argument.get_id()
                    );
                }
            }
        }
    }
}
