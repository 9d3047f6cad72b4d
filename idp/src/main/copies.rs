//! `octroi backup` and `octroi restore`: what they ask and what they tell. What they do stands in `app/backup.rs` and
//! `app/restore/`.

use std::io::{self, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use idp::app::Surroundings;
use idp::app::backup::{self, Backup, BackupError};
use idp::app::operator::operator;
use idp::app::restore::{self, AlreadyRestored, Ended, Order, Prepared, RestoreError, Restored};
use idp::app::serve::stop_signal;
use idp::config::Config;
use idp::domain::time::Timestamp;
use tokio::sync::oneshot;

use super::{CONFLICT, ConfigFile, NOT_FOUND, REFUSED, UNAVAILABLE, USAGE, load, runtime, say};

/// What `octroi restore` is told.
#[derive(Debug, Args)]
pub struct RestoreArguments {
    /// A backup that `octroi backup` made
    #[arg(required_unless_present = "already_restored")]
    file: Option<PathBuf>,
    /// The database was restored by other means (pg_restore): end the sessions, grants and codes that it brought back
    #[arg(long, conflicts_with = "file")]
    already_restored: bool,
    /// Do everything but the last step, and say what would be; a server may go on
    #[arg(long)]
    dry_run: bool,
    /// Do not ask
    #[arg(long)]
    yes: bool,
    /// Start with new signing keys: the backup's sealing key is lost, or a signing key of that time leaked since
    #[arg(long)]
    new_signing_keys: bool,
    #[command(flatten)]
    config: ConfigFile,
}

pub fn backup(file: &Path, config: &Path) -> anyhow::Result<ExitCode> {
    let config = match load(config)? {
        Ok(config) => config,
        Err(code) => return Ok(code),
    };
    let runtime = runtime()?;
    match runtime.block_on(backup::take(&config, file, &Surroundings::system())) {
        Ok(taken) => {
            say(&told_of_backup(&taken))?;
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => {
            let code = match error {
                BackupError::NotEmbedded { .. } => REFUSED,
                BackupError::NoName(_) => USAGE,
                BackupError::Exists(_) => CONFLICT,
                _ => UNAVAILABLE,
            };
            fail(code, error.into())
        }
    }
}

fn told_of_backup(taken: &Backup) -> String {
    let content = &taken.content;
    format!(
        "backed up and verified: {}, {:.1} MiB, schema {}, {} agents, {:.1} s\n\
         It holds personal data and sealed signing keys: keep it as you keep a personnel file. It does not hold the sealing \
         key and the pepper, without which it cannot be used: keep copies of both apart from it.\n",
        taken.file.display(),
        mebibytes(content.bytes),
        content.schema,
        content.agents,
        taken.seconds
    )
}

#[allow(clippy::cast_precision_loss, reason = "a size for people")]
fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

pub fn restore(arguments: &RestoreArguments) -> anyhow::Result<ExitCode> {
    let config = match load(&arguments.config.config)? {
        Ok(config) => config,
        Err(code) => return Ok(code),
    };
    let runtime = runtime()?;
    let outcome = runtime.block_on(async {
        match &arguments.file {
            Some(file) => restore_file(&config, file, arguments).await,
            None => end_what_was_restored(&config, arguments).await,
        }
    });
    match outcome {
        Ok(text) => {
            say(&text)?;
            Ok(ExitCode::SUCCESS)
        }
        Err(Ending::Failed(error)) => {
            let code = match &error {
                RestoreError::File { source, .. } if source.is_absent() => NOT_FOUND,
                RestoreError::File { source, .. } if source.is_unreadable() => UNAVAILABLE,
                RestoreError::NotEmbedded { .. }
                | RestoreError::File { .. }
                | RestoreError::IsTheDatabase(_)
                | RestoreError::Keys { .. }
                | RestoreError::InUse { .. }
                | RestoreError::ServersConnected { .. } => REFUSED,
                _ => UNAVAILABLE,
            };
            fail(code, error.into())
        }
        Err(Ending::Unasked) => fail(
            USAGE,
            anyhow::anyhow!("nobody is at the terminal to confirm this: add --yes, or look first with --dry-run"),
        ),
        Err(Ending::Declined) => fail(REFUSED, anyhow::anyhow!("declined: nothing was changed")),
    }
}

/// Why there is nothing to tell.
enum Ending {
    Failed(RestoreError),
    Unasked,
    Declined,
}

impl From<RestoreError> for Ending {
    fn from(error: RestoreError) -> Self {
        Self::Failed(error)
    }
}

async fn restore_file(config: &Config, file: &Path, arguments: &RestoreArguments) -> Result<String, Ending> {
    let order =
        Order { file, actor: operator(), rehearsal: arguments.dry_run, new_signing_keys: arguments.new_signing_keys };
    if !arguments.dry_run {
        require_somebody(arguments)?;
    }
    let prepared = restore::prepare(config, &order, &Surroundings::system()).await?;
    let findings = findings(file, &prepared);
    if arguments.dry_run {
        return Ok(format!("{findings}Dry run: nothing was changed.\n"));
    }
    let question = format!("{findings}{} will be replaced; it is kept beside it.", prepared.database.display());
    confirm(arguments, question).await?;
    let newest_event = prepared.content.newest_event;
    let restored = prepared.put_in_place().await?;
    let replaced = if arguments.yes { findings } else { String::new() };
    Ok(format!("{replaced}{}{}", told_of_restore(&restored), what_is_next(newest_event)))
}

async fn end_what_was_restored(config: &Config, arguments: &RestoreArguments) -> Result<String, Ending> {
    if !arguments.dry_run {
        require_somebody(arguments)?;
        let database = idp::app::describe(&config.database);
        confirm(arguments, format!("Every session, grant and code in {database} ends now.")).await?;
    }
    let (dry_run, new_keys) = (arguments.dry_run, arguments.new_signing_keys);
    let around = Surroundings::system();
    let done = restore::end_what_was_restored(config, &operator(), dry_run, new_keys, &around).await?;
    let AlreadyRestored { database, newest_event, ended, signing_keys_retired, at, rehearsal } = done;
    let age = age(newest_event, at);
    let end = if rehearsal { "Dry run: nothing was changed.\n".to_owned() } else { what_is_next(newest_event) };
    Ok(format!("{database}: {age}\n{}{end}", ended_line(ended, signing_keys_retired)))
}

/// What the file holds, and what of it is ended.
fn findings(file: &Path, prepared: &Prepared) -> String {
    let content = &prepared.content;
    let migrated =
        if prepared.schema == content.schema { String::new() } else { format!(" (brought to {})", prepared.schema) };
    format!(
        "{}: whole, schema {}{migrated}, {} agents; {}\n{}",
        file.display(),
        content.schema,
        content.agents,
        age(content.newest_event, prepared.at),
        ended_line(prepared.ended, prepared.signing_keys_retired)
    )
}

fn ended_line(ended: Ended, signing_keys_retired: u64) -> String {
    let Ended { sessions, grants, authorization_codes, activation_codes, messages, .. } = ended;
    let keys = match signing_keys_retired {
        0 => String::new(),
        count => format!("; {count} signing keys retired, new ones are made at the next start"),
    };
    format!(
        "Ended in it, so that nothing revives: {sessions} sessions, {grants} grants, {authorization_codes} authorization \
         codes, {activation_codes} activation codes, {messages} messages to be sent{keys}.\n"
    )
}

/// "its last act is of 2026-11-26T03:00:00.000Z, 17 h ago"
fn age(newest_event: Option<Timestamp>, now: Timestamp) -> String {
    let Some(newest) = newest_event else { return "no act was ever audited in it".to_owned() };
    let minutes = newest.until(now).as_secs() / 60;
    let ago = match minutes {
        0..120 => format!("{minutes} min"),
        120..2880 => format!("{} h", minutes / 60),
        _ => format!("{} days", minutes / 1440),
    };
    format!("its last act is of {}, {ago} ago", newest.to_rfc3339())
}

fn told_of_restore(restored: &Restored) -> String {
    let database = restored.database.display();
    match &restored.kept {
        None => format!("restored {database}\n"),
        Some(kept) if kept.folded => format!("restored {database}; what was there before is {}\n", kept.file.display()),
        Some(kept) => format!(
            "restored {database}; what was there before is {}, damaged, with its log beside it\n",
            kept.file.display()
        ),
    }
}

fn what_is_next(newest_event: Option<Timestamp>) -> String {
    let since = newest_event.map_or_else(|| "the backup".to_owned(), Timestamp::to_rfc3339);
    format!(
        "\nWhat happened after {since} is not in it: passwords chosen since are the older ones again, agents suspended \
         or gone since may log in again, applications, secrets and roles are those of then.\nnext:\n  \
         1. octroictl agent import with HR's newest file, before anybody logs in\n  \
         2. suspend again whom you suspended since by hand, and repeat changes of roles and applications\n  \
         3. octroi serve\n  \
         4. new activation codes for whoever still waits for a letter\n"
    )
}

/// Fails early where nobody could answer.
fn require_somebody(arguments: &RestoreArguments) -> Result<(), Ending> {
    let can_ask = io::stdin().is_terminal() && io::stderr().is_terminal();
    if arguments.yes || can_ask { Ok(()) } else { Err(Ending::Unasked) }
}

/// Asks in a thread of its own: whoever answers with Ctrl-C leaves as well, and what was prepared is removed.
async fn confirm(arguments: &RestoreArguments, question: String) -> Result<(), Ending> {
    if arguments.yes {
        return Ok(());
    }
    let (answer, answered) = oneshot::channel();
    std::thread::spawn(move || {
        let mut line = String::new();
        let asked =
            write!(io::stderr().lock(), "{question} Go on? [y/N] ").and_then(|()| io::stdin().read_line(&mut line));
        // Nobody waits for it after Ctrl-C.
        let _ = answer.send(asked.is_ok() && matches!(line.trim().to_lowercase().as_str(), "y" | "yes" | "o" | "oui"));
    });
    let stopped = stop_signal().map_err(|_| Ending::Declined)?;
    tokio::select! {
        yes = answered => if yes.unwrap_or(false) { Ok(()) } else { Err(Ending::Declined) },
        () = stopped => Err(Ending::Declined),
    }
}

fn fail(code: u8, error: anyhow::Error) -> anyhow::Result<ExitCode> {
    writeln!(io::stderr().lock(), "octroi: {error:#}")?;
    Ok(ExitCode::from(code))
}
