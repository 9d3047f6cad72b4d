//! `octroictl factor …`

use clap::{Args, Subcommand};

/// What is done with second factors.
#[derive(Debug, Subcommand)]
pub enum FactorVerb {
    /// List an agent's second factors and how many recovery codes are left (looking is itself recorded)
    #[command(after_help = "Example:\n  octroictl factor list 100002 --format json")]
    List {
        /// The agent's SOI
        soi: String,
    },
    /// Take second factors away from an agent: every session ends, and the agent is told on every channel
    #[command(after_help = "Examples:\n  \
        octroictl factor remove 100002 --id 6f9f0b6e-3d4b-4c55-9f5e-1f0a6c1b7d11 --reason 'ticket 4711: telephone lost'\n  \
        octroictl factor remove 100002 --all --reason 'ticket 4712: identity card seen at the counter'\n\n\
        Check who is asking first: whoever has the password may ask for this too. The next factor is enrolled at the\n\
        office, or with a code that is handed over.")]
    Remove(RemoveFactorArgs),
}

/// `factor remove`
#[derive(Debug, Args)]
pub struct RemoveFactorArgs {
    /// The agent's SOI
    pub soi: String,
    #[command(flatten)]
    pub which: Which,
}

/// One, or all.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct Which {
    /// This factor, by the id of the list
    #[arg(long, value_name = "ID")]
    pub id: Option<String>,
    /// Every factor, with the recovery codes
    #[arg(long)]
    pub all: bool,
}
