//! `octroictl audit …`

use clap::{Args, Subcommand};
use octroi_idp::domain::reason::Reason;

/// What is done with the audit.
#[derive(Debug, Subcommand)]
pub enum AuditVerb {
    /// Search events, newest first (reading them is itself recorded)
    #[command(after_help = "Examples:\n  octroictl audit search --ref K7QM-2F4X\n  \
        octroictl audit search --soi 100001 --since 7d\n  \
        octroictl audit search --refused-for app.internal_only --since 2026-11-22 --format csv")]
    Search(SearchArgs),
}

/// `audit search`
#[derive(Debug, Args)]
pub struct SearchArgs {
    /// The reference that a refusal page showed; opens the whole trace
    #[arg(long = "ref", value_name = "CODE")]
    pub reference: Option<String>,
    /// About this agent
    #[arg(long, value_name = "SOI")]
    pub soi: Option<String>,
    /// This act, such as login.refused or agent.changed
    #[arg(long, value_name = "ACT")]
    pub act: Option<String>,
    /// This application
    #[arg(long, value_name = "ID")]
    pub client: Option<String>,
    /// Refused for this reason, by its code (--reason says why you are reading)
    #[arg(long, value_name = "CODE", value_parser = reason_code)]
    pub refused_for: Option<String>,
    /// done or refused
    #[arg(long, value_name = "WORD", value_parser = ["done", "refused"])]
    pub outcome: Option<String>,
    /// Done by this actor, as the audit names it
    #[arg(long, value_name = "NAME")]
    pub actor: Option<String>,
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

fn reason_code(text: &str) -> Result<String, String> {
    let reason = Reason::from_code(text).ok_or_else(|| {
        let codes: Vec<&str> = Reason::ALL.iter().map(|reason| reason.code()).collect();
        format!("no reason has this code; the catalogue is {}", codes.join(" "))
    })?;
    Ok(reason.code().to_owned())
}
