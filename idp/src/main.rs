//! The binary `octroi`: arguments in, exit code out. What a command does stands in the library; here it is only called
//! and told (`main/copies.rs` for backup and restore). Exit codes are those of the project's contract (0 done, 1 refused, 2 usage, 3 not found, 4
//! conflict, 5 unavailable).

#[path = "main/copies.rs"]
mod copies;

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, Parser, Subcommand};
use idp::app::{self, Migrate, Surroundings};
use idp::config::{self, Config, init};
use idp::directory::AgentDraft;

const REFUSED: u8 = 1;
const USAGE: u8 = 2;
const NOT_FOUND: u8 = 3;
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
        #[command(flatten)]
        administrator: Administrator,
    },
    /// Serve logins and tokens until SIGTERM
    Serve {
        #[command(flatten)]
        file: ConfigFile,
        /// Bring a shared PostgreSQL up to this version too; an embedded database is migrated in any case
        #[arg(long)]
        migrate: bool,
    },
    /// Bring the database up to this version, and stop
    Migrate(ConfigFile),
    /// Copy the embedded database while it is in use; what exists is not overwritten
    Backup {
        /// The file to make
        file: PathBuf,
        #[command(flatten)]
        config: ConfigFile,
    },
    /// Put a backup in the database's place, with every session, grant and code in it ended; the server is stopped
    Restore(copies::RestoreArguments),
    /// Look at the configuration
    #[command(subcommand)]
    Config(ConfigCommand),
}

/// The first administrator; without these options none is added.
#[derive(Debug, Args)]
#[group(requires_all = ["admin", "admin_given_name", "admin_family_name", "admin_email"], multiple = true)]
struct Administrator {
    /// The SOI of the first administrator: adds the agent with the role dsin and prints an activation code
    #[arg(long, value_name = "SOI")]
    admin: Option<String>,
    /// Their given name
    #[arg(long, value_name = "NAME")]
    admin_given_name: Option<String>,
    /// Their family name
    #[arg(long, value_name = "NAME")]
    admin_family_name: Option<String>,
    /// Their work e-mail
    #[arg(long, value_name = "EMAIL")]
    admin_email: Option<String>,
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
        Command::Init { dir, issuer, administrator } => make_directory(&dir, &issuer, administrator),
        Command::Serve { file, migrate } => serve(&file.config, migrate),
        Command::Migrate(file) => migrate(&file.config),
        Command::Backup { file, config } => copies::backup(&file, &config.config),
        Command::Restore(arguments) => copies::restore(&arguments),
        Command::Config(ConfigCommand::Check(file)) => check_config(&file.config),
        Command::Config(ConfigCommand::Show(file)) => show_config(&file.config),
    };
    outcome.unwrap_or_else(|error| {
        // Nobody is left to tell when standard error is gone too.
        let _ = writeln!(io::stderr().lock(), "octroi: {error:#}");
        ExitCode::from(UNAVAILABLE)
    })
}

fn make_directory(dir: &Path, issuer: &str, administrator: Administrator) -> anyhow::Result<ExitCode> {
    let random = Surroundings::system().random;
    match init::prepare(dir, issuer, &mut |bytes| random.fill(bytes)) {
        Ok(prepared) => {
            say(&format!("{}\n", made(&prepared)))?;
            if let Some(soi) = &administrator.admin {
                say(&add_administrator(&prepared.config, soi, &administrator)?)?;
            }
            say(&next_steps(&prepared, administrator.admin.is_some()))?;
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

fn made(prepared: &init::Prepared) -> String {
    format!("made {}, {}, {}", prepared.config.display(), prepared.sealing_key.display(), prepared.pepper.display())
}

/// Adds the agent to the new database and says the code, once.
fn add_administrator(config: &Path, soi: &str, administrator: &Administrator) -> anyhow::Result<String> {
    let config = Config::load(config, config::environment()).map_err(|report| anyhow::anyhow!("{report}"))?;
    let draft = AgentDraft {
        given_name: administrator.admin_given_name.clone(),
        family_name: administrator.admin_family_name.clone(),
        email: administrator.admin_email.clone(),
        ..AgentDraft::default()
    };
    let issued = runtime()?.block_on(app::administrator::add_first(&config, soi, &draft))?;
    Ok(format!(
        "added the administrator {} (role dsin); activation code {}, to be used at {}/activate\n",
        issued.soi,
        issued.code.grouped(),
        config.server.issuer
    ))
}

fn next_steps(prepared: &init::Prepared, has_administrator: bool) -> String {
    let config = prepared.config.display();
    let administrator = if has_administrator {
        String::new()
    } else {
        format!(
            "  5. the first administrator: octroictl --config {config} agent add SOI --given-name X --family-name X \
             --email X,\n     then role grant SOI dsin and agent activation-code SOI\n"
        )
    };
    format!(
        "\nnext:\n  \
         1. list the networks of your buildings in {config} (network.internal)\n  \
         2. keep a copy of both keys in a safe place, apart from the database's backups\n  \
         3. octroi config check --config {config}\n  \
         4. octroi serve --config {config}\n{administrator}"
    )
}

/// Reads the configuration, or tells every problem.
fn load(path: &Path) -> anyhow::Result<Result<Config, ExitCode>> {
    match Config::load(path, config::environment()) {
        Ok(config) => Ok(Ok(config)),
        Err(report) => {
            writeln!(io::stderr().lock(), "{report}")?;
            Ok(Err(ExitCode::from(REFUSED)))
        }
    }
}

fn serve(path: &Path, migrate: bool) -> anyhow::Result<ExitCode> {
    let config = match load(path)? {
        Ok(config) => config,
        Err(code) => return Ok(code),
    };
    let migrate = if migrate { Migrate::Always } else { Migrate::Embedded };
    runtime()?.block_on(app::serve::serve(config, migrate))?;
    Ok(ExitCode::SUCCESS)
}

fn migrate(path: &Path) -> anyhow::Result<ExitCode> {
    let config = match load(path)? {
        Ok(config) => config,
        Err(code) => return Ok(code),
    };
    runtime()?.block_on(async {
        let store = app::open_store(&config, Migrate::Always).await?;
        store.close().await;
        anyhow::Ok(())
    })?;
    say(&format!("{} is up to date\n", app::describe(&config.database)))?;
    Ok(ExitCode::SUCCESS)
}

fn runtime() -> io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()
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
    match load(path)? {
        Ok(config) => {
            say(config.effective())?;
            Ok(ExitCode::SUCCESS)
        }
        Err(code) => Ok(code),
    }
}

/// Command-line output. A reader that hangs up (`octroi config show | head`) is no error.
fn say(text: &str) -> anyhow::Result<()> {
    match io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error).context("standard output"),
        _ => Ok(()),
    }
}
