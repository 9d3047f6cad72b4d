//! `octroictl role …`

use clap::Subcommand;
use octroi_idp::domain::role::Role;

/// What is done with roles.
#[derive(Debug, Subcommand)]
pub enum RoleVerb {
    /// Give an agent a role
    #[command(after_help = "Example:\n  octroictl role grant 100009 dsin --reason 'nomination 2026-12'")]
    Grant {
        /// The agent's SOI
        soi: String,
        /// dsin, hr, helpdesk or auditor
        role: Role,
    },
    /// Take a role away
    Revoke {
        /// The agent's SOI
        soi: String,
        /// dsin, hr, helpdesk or auditor
        role: Role,
    },
    /// List who holds which role
    List {
        /// Only this role
        #[arg(long)]
        role: Option<Role>,
    },
}
