//! `octroictl agent …`

use std::path::PathBuf;

use clap::{Args, Subcommand};
use octroi_idp::domain::agent::Employment;
use octroi_idp::domain::code_delivery::CodeDelivery;

/// What is done with agents.
#[derive(Debug, Subcommand)]
pub enum AgentVerb {
    /// Add an agent
    #[command(
        after_help = "Example:\n  octroictl agent add 100010 --given-name Inès --family-name Marchand \\\n      \
        --email ines.marchand@ville.example --department 40 --manager 100004 --start 2026-12-01"
    )]
    Add(AddArgs),
    /// Show one agent
    Show {
        /// The agent's SOI
        soi: String,
    },
    /// List agents in the order of their SOI
    #[command(after_help = "Examples:\n  octroictl agent list --search marchand\n  \
        octroictl agent list --department 40 --employment active --all --format csv > service-40.csv")]
    List(ListArgs),
    /// Change fields of an agent; what is not given stays, '' clears
    #[command(after_help = "Examples:\n  octroictl agent set 100001 --department 41 --reason 'mutation 2026-118'\n  \
        octroictl agent set 100001 --mobile ''")]
    Set(SetArgs),
    /// Set an agent aside: no login, every session ends now
    Suspend {
        /// The agent's SOI
        soi: String,
    },
    /// Undo suspend or leave
    Reinstate {
        /// The agent's SOI
        soi: String,
    },
    /// Make an agent a leaver: every session ends now, the SOI stays reserved
    Leave {
        /// The agent's SOI
        soi: String,
    },
    /// Add and update agents from HR's CSV file
    #[command(long_about = IMPORT_ABOUT, after_help = IMPORT_EXAMPLES)]
    Import(ImportArgs),
    /// Print a one-time code with which a new agent chooses the first password on /activate
    #[command(after_help = "Examples:\n  octroictl agent activation-code 100010\n  \
        octroictl agent activation-code 100010 --deliver mail\n\n\
        Who has a password already needs `octroictl password reset-code`. A mailed code is not printed; it goes to the\n\
        recovery address, and who activates with it enrols no second factor by it.")]
    ActivationCode {
        /// The agent's SOI
        soi: String,
        /// How the code reaches the agent: letter, manager, counter or mail
        #[arg(long, value_name = "WAY", default_value_t = CodeDelivery::Letter)]
        deliver: CodeDelivery,
    },
    /// Forget an agent's failed attempts, so that the next one needs not wait
    #[command(
        after_help = "Example:\n  octroictl agent unlock 100001 --reason 'ticket 4711: identity checked by call-back'\n\n\
        Check who is calling first: whoever guesses may ask for this too. The password stays what it is."
    )]
    Unlock {
        /// The agent's SOI
        soi: String,
    },
    /// Show what happened to an agent, newest first (reading it is itself recorded)
    History(HistoryArgs),
}

const IMPORT_ABOUT: &str = "\
Add and update agents from HR's CSV file.

The header names the columns, in any order:
  soi,given_name,family_name,email,recovery_email,mobile,department,position,manager_soi,employment,start_date,end_date
The first four are needed; a column that is missing leaves its field as it is. An empty cell clears its field, except an
empty employment: it is active for a new agent and unchanged for a known one. Comma and semicolon are understood as
separators; the file must be UTF-8. Dates are written as 2026-09-01.

All lines are taken or none, unless --skip-bad. Agents who are not in the file stay as they are, unless --full.";

const IMPORT_EXAMPLES: &str = "\
Examples:
  octroictl agent import agents.csv --dry-run
  octroictl agent import agents.csv --reason 'HR feed of 22 November'
  octroictl agent import everybody.csv --full --dry-run";

/// `agent add`
#[derive(Debug, Args)]
pub struct AddArgs {
    /// The identifier that HR assigned
    pub soi: String,
    /// Given name
    #[arg(long, value_name = "NAME")]
    pub given_name: String,
    /// Family name
    #[arg(long, value_name = "NAME")]
    pub family_name: String,
    /// Work e-mail address
    #[arg(long, value_name = "ADDRESS")]
    pub email: String,
    #[command(flatten)]
    pub more: MoreFields,
}

/// `agent set`
#[derive(Debug, Args)]
pub struct SetArgs {
    /// The agent's SOI
    pub soi: String,
    /// Given name
    #[arg(long, value_name = "NAME")]
    pub given_name: Option<String>,
    /// Family name
    #[arg(long, value_name = "NAME")]
    pub family_name: Option<String>,
    /// Work e-mail address
    #[arg(long, value_name = "ADDRESS")]
    pub email: Option<String>,
    #[command(flatten)]
    pub more: MoreFields,
}

/// Fields that an agent can be without.
#[derive(Debug, Args)]
pub struct MoreFields {
    /// Private e-mail address, for recovery
    #[arg(long, value_name = "ADDRESS")]
    pub recovery_email: Option<String>,
    /// Mobile number, such as +33612345678 or '06 12 34 56 78'
    #[arg(long, value_name = "NUMBER")]
    pub mobile: Option<String>,
    /// Department
    #[arg(long, value_name = "CODE")]
    pub department: Option<String>,
    /// Position
    #[arg(long, value_name = "TEXT")]
    pub position: Option<String>,
    /// The manager's SOI
    #[arg(long, value_name = "SOI")]
    pub manager: Option<String>,
    /// First day of employment, as 2026-09-01
    #[arg(long, value_name = "DATE")]
    pub start: Option<String>,
    /// Last day of employment, as 2027-08-31
    #[arg(long, value_name = "DATE")]
    pub end: Option<String>,
}

/// `agent list`
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Only this department
    #[arg(long, value_name = "CODE")]
    pub department: Option<String>,
    /// Only active, suspended or left
    #[arg(long, value_name = "WORD")]
    pub employment: Option<Employment>,
    /// Part of a name, SOI or e-mail address; case and accents do not count
    #[arg(long, value_name = "TEXT")]
    pub search: Option<String>,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub limit: u32,
    /// Begin after this SOI (the next page)
    #[arg(long, value_name = "SOI", conflicts_with = "all")]
    pub after: Option<String>,
    /// All pages
    #[arg(long)]
    pub all: bool,
}

/// `agent import`
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// The CSV file
    #[arg(value_name = "FILE.csv")]
    pub file: PathBuf,
    /// The file is everybody: agents who are not in it leave
    #[arg(long)]
    pub full: bool,
    /// Take the good lines although others are bad
    #[arg(long)]
    pub skip_bad: bool,
}

/// `agent history`
#[derive(Debug, Args)]
pub struct HistoryArgs {
    /// The agent's SOI
    pub soi: String,
    /// From then on: 2026-11-22, 2026-11-22T14:30, 2h, 7d
    #[arg(long, value_name = "WHEN")]
    pub since: Option<String>,
    /// Until then; a bare date includes its day
    #[arg(long, value_name = "WHEN")]
    pub until: Option<String>,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub limit: u32,
    /// Only events before this number (the next page)
    #[arg(long, value_name = "SEQ")]
    pub before: Option<i64>,
}
