//! `octroictl password …`

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use octroi_idp::domain::code_delivery::CodeDelivery;

/// What is done about passwords.
#[derive(Debug, Subcommand)]
pub enum PasswordVerb {
    /// Have passwords changed at the next login, or spread over working days
    #[command(after_help = "Examples:\n  octroictl password expire 100001 --reason 'seen on a note'\n  \
        octroictl password expire --department 40 --spread 5\n  \
        octroictl password expire --all --spread 60 --dry-run --format csv > forecast.csv\n\n\
        The agent changes it after the right password, then goes straight on. Sessions that are open stay open.")]
    Expire(ExpireArgs),
    /// Say what passwords must be, for each population or for one agent, and which advice that leaves
    #[command(after_help = "Examples:\n  octroictl password policy\n  octroictl password policy 100001\n  \
        octroictl password policy --format json\n\n\
        Each line below the table is a point at which a policy leaves ANSSI, CNIL, NIST or OWASP: they contradict each\n\
        other, so no policy follows them all.")]
    Policy(PolicyArgs),
    /// Print a one-time code with which an agent replaces a forgotten or blocked password
    #[command(
        after_help = "Examples:\n  octroictl password reset-code 100001 --deliver counter --reason 'ticket 4711, identity card seen'\n  \
        octroictl password reset-code 100001 --deliver letter --reason 'ticket 4712'\n\n\
        Never tell the code on the telephone. The agent is told on every channel that it was issued. For the holder of a\n\
        role, a second person runs the same command within 24 hours; only then the code is printed."
    )]
    ResetCode(ResetCodeArgs),
    /// The offline filter of breached passwords
    Filter {
        #[command(subcommand)]
        verb: FilterVerb,
    },
}

/// `password policy`
#[derive(Debug, Args)]
pub struct PolicyArgs {
    /// Only the policy of this agent, and why it is that one
    pub soi: Option<String>,
}

/// `password expire`
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("whose").required(true).args(["soi", "department", "all"]))]
pub struct ExpireArgs {
    /// The agent's SOI
    pub soi: Option<String>,
    /// All of a department who work and have a password
    #[arg(long, value_name = "CODE")]
    pub department: Option<String>,
    /// Everybody who works and has a password
    #[arg(long)]
    pub all: bool,
    /// Over so many working days from the next one on [default: now]
    #[arg(long, value_name = "DAYS")]
    pub spread: Option<u32>,
}

/// `password reset-code`
#[derive(Debug, Args)]
pub struct ResetCodeArgs {
    /// The agent's SOI
    pub soi: String,
    /// How the code reaches the agent: manager, letter or counter
    #[arg(long, value_name = "WAY")]
    pub deliver: CodeDelivery,
}

/// What is done with the filter.
#[derive(Debug, Subcommand)]
pub enum FilterVerb {
    /// Compile a list of breached passwords into one compact file
    #[command(
        after_help = "Examples:\n  octroictl password filter build pwned-passwords-sha1.txt --output breach.filter\n  \
        zcat lists/*.gz | octroictl password filter build - --output breach.filter\n\n\
        The server uses it when password.breach_filter names the file, and takes over a new one within 30 seconds.\n\
        While it is built, 8 bytes for each line are needed beside the output."
    )]
    Build(BuildArgs),
    /// Say of passwords whether the filter knows them
    #[command(
        after_help = "Example:\n  octroictl password filter check --stdin --filter breach.filter < candidates.txt\n\n\
        Exit code 1 and `password.compromised`: at least one is known. The passwords are never shown."
    )]
    Check(CheckArgs),
}

/// `password filter build`
#[derive(Debug, Args)]
pub struct BuildArgs {
    /// The list: a file, or - for standard input
    pub list: PathBuf,
    /// Where the filter goes; an older filter there is replaced in one step
    #[arg(long, short, value_name = "FILE")]
    pub output: PathBuf,
    /// What a line is; `auto` looks at the first one
    #[arg(long, value_name = "WHAT", value_enum, default_value_t = Lines::Auto)]
    pub lines: Lines,
}

/// What the lines of a list are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Lines {
    Auto,
    /// 40 hexadecimal digits, then nothing or `:` and a count
    Sha1,
    /// A password
    Clear,
}

/// `password filter check`
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Read one password a line from standard input (they are never given as arguments)
    #[arg(long, required = true)]
    pub stdin: bool,
    /// The filter to ask [default: the one that the configuration names]
    #[arg(long, value_name = "FILE")]
    pub filter: Option<PathBuf>,
}
