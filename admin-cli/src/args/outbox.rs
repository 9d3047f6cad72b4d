//! `octroictl outbox …`

use clap::{Args, Subcommand, ValueEnum};

/// What is done with mails and text messages.
#[derive(Debug, Subcommand)]
pub enum OutboxVerb {
    /// List mails and text messages, newest first; what they say is never shown
    #[command(after_help = "Examples:\n  octroictl outbox list --state dead\n  \
        octroictl outbox list --soi 100001 --format json")]
    List(OutboxListArgs),
    /// Send messages again that were given up, or now instead of later
    #[command(after_help = "Examples:\n  octroictl outbox retry 6f9f0b6e-3d4b-4c55-9f5e-1f0a6c1b7d11\n  \
        octroictl outbox retry --all-dead --reason 'relay mended'\n\n\
        What has expired cannot be sent again: its text is forgotten, and a code in it is dead.")]
    Retry(RetryArgs),
}

/// `outbox list`
#[derive(Debug, Args)]
pub struct OutboxListArgs {
    /// Only those that wait, were given up, or were sent
    #[arg(long, value_name = "STATE", value_enum)]
    pub state: Option<OutboxState>,
    /// Only those about this agent
    #[arg(long, value_name = "SOI")]
    pub soi: Option<String>,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub limit: u32,
}

/// A message's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OutboxState {
    Waiting,
    Dead,
    Sent,
}

/// `outbox retry`
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct RetryArgs {
    /// This message, by the id of the list
    pub id: Option<String>,
    /// Every message that was given up and has not expired
    #[arg(long)]
    pub all_dead: bool,
}
