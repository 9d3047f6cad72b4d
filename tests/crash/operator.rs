//! The DSIN at its command line: imports and suspensions by the real `octroictl`, beside a server that works and dies, and
//! sometimes killed itself.
//!
//! Of a killed import nothing is assumed but this: whoever is there has a row in the audit, and the same file again
//! completes it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::chance::Chance;
use crate::client::{Once, brief};
use crate::installation::{Account, HEADER, Installation, line};
use crate::ledger::{Ledger, act};
use crate::process::{Said, octroictl};
use crate::records::Records;
use crate::site::Site;

/// Agents in one file.
const LINES: u32 = 40;

/// A file of agents who are all new.
#[derive(Debug)]
pub struct Import {
    file: PathBuf,
    pub agents: Vec<String>,
    pub done: Once,
    /// By the reason that was given: how many rows `agents.imported` it must have left, if that is known.
    pub attempts: Vec<(String, Option<i64>)>,
}

/// Somebody who is to be suspended.
#[derive(Debug)]
pub struct Suspension {
    account: Account,
    pub done: Once,
    unseen: bool,
}

/// The operator with their memory.
pub struct Operator {
    config: PathBuf,
    chance: Chance,
    ledger: Ledger,
    pub imports: Vec<Import>,
    pub suspensions: Vec<Suspension>,
}

/// What the operator does in one round.
pub enum Task {
    Import { file: PathBuf, agents: Vec<String> },
    Suspend(Account),
    Nothing,
}

impl Operator {
    pub fn new(installation: &Installation, chance: Chance, ledger: Ledger) -> Self {
        let config = installation.config();
        Self { config, chance, ledger, imports: Vec::new(), suspensions: Vec::new() }
    }

    /// Draws a task.
    pub fn draw(&mut self, installation: &Installation, spare: impl FnOnce() -> Option<Account>) -> Result<Task> {
        match self.chance.below(12) {
            0..4 => {
                let first = 20_000_000 + u32::try_from(self.imports.len())? * LINES;
                let agents: Vec<String> = (first..first + LINES).map(|soi| soi.to_string()).collect();
                let mut csv = HEADER.to_owned();
                for soi in &agents {
                    line(&mut csv, soi);
                }
                Ok(Task::Import { file: installation.write(&format!("{first}.csv"), &csv)?, agents })
            }
            4..6 => Ok(spare().map_or(Task::Nothing, Task::Suspend)),
            _ => Ok(Task::Nothing),
        }
    }

    /// Does it, killed in every second case.
    pub async fn work(&mut self, task: Task) -> Result<()> {
        let weather = Weather::Storm { kill_after: self.chance.one_in(2).then(|| self.chance.millis(5..=250)) };
        match task {
            Task::Import { file, agents } => {
                self.imports.push(Import { file, agents, done: Once::InDoubt, attempts: Vec::new() });
                self.import(self.imports.len() - 1, weather).await
            }
            Task::Suspend(account) => {
                self.suspensions.push(Suspension { account, done: Once::InDoubt, unseen: true });
                self.suspend(self.suspensions.len() - 1, weather).await
            }
            Task::Nothing => Ok(()),
        }
    }

    /// After a restart: who was suspended is shut out; what was not finished is finished now. Answers who was suspended.
    pub async fn verify(&mut self, site: &Site, records: &Records) -> Result<Vec<String>> {
        for import in 0..self.imports.len() {
            if self.imports[import].done == Once::InDoubt {
                let missing = self.imports[import].agents.iter().filter(|soi| !records.agents.contains_key(*soi));
                for soi in missing {
                    self.ledger.sent(act::ADDED, soi);
                }
                self.import(import, Weather::Calm).await.context("the same file again completes a killed import")?;
            }
        }
        let mut suspended = Vec::new();
        for place in 0..self.suspensions.len() {
            if self.suspensions[place].done != Once::Done {
                self.suspend(place, Weather::Calm).await.context("a suspension works after a restart")?;
                suspended.push(self.suspensions[place].account.soi.clone());
            }
            let Suspension { account: Account { soi, password, .. }, unseen: true, .. } = &self.suspensions[place]
            else {
                continue;
            };
            self.ledger.sent(act::LOGIN_REFUSED, soi);
            let page = site.log_in(soi, password, None).await.context("a login of a suspended agent")?;
            let reason = page.reason();
            ensure!(reason.as_deref() == Some("account.suspended"), "a suspended agent logs in: {}", brief(&page));
            self.ledger.done(act::LOGIN_REFUSED, soi);
            self.suspensions[place].unseen = false;
        }
        Ok(suspended)
    }

    /// The public reading of the audit agrees with the direct one.
    pub async fn search_audit(&self, soi: &str, records: &Records) -> Result<()> {
        let words = ["audit", "search", "--soi", soi, "--format", "json", "--limit", "10000"];
        self.ledger.sent(act::READ, soi);
        let said = octroictl(&self.config, &words, None).await?.context("audit search")?;
        ensure!(said.status.success(), "audit search: {}", said.err);
        self.ledger.done(act::READ, soi);
        let read: Value = serde_json::from_str(&said.out)?;
        let read = read["events"].as_array().map(Vec::len).context("events")?;
        let stored: u64 = records.counts.iter().filter(|((_, of), _)| of == soi).map(|(_, rows)| rows).sum();
        ensure!(u64::try_from(read)? == stored, "audit search finds {read} rows about {soi}, stored are {stored}");
        Ok(())
    }

    async fn import(&mut self, place: usize, weather: Weather) -> Result<()> {
        let import = &mut self.imports[place];
        let file = import.file.display().to_string();
        let reason = format!("{file} {}", import.attempts.len() + 1);
        if import.attempts.is_empty() {
            for soi in &import.agents {
                self.ledger.sent(act::ADDED, soi);
            }
        }
        self.ledger.sent(act::IMPORTED, "");
        import.attempts.push((reason.clone(), None));
        let words = ["agent", "import", &file, "--format", "json", "--reason", &reason];
        let Some(said) = weather.run(&self.config, &words).await? else { return Ok(()) };
        let summary: Value = serde_json::from_str(&said.out)?;
        let added = summary["added"].as_u64().context("added")?;
        // Nothing to write leaves no row for the whole.
        if added == 0 {
            self.ledger.not_done(act::IMPORTED, "");
        } else {
            self.ledger.done(act::IMPORTED, "");
        }
        import.done = Once::Done;
        import.attempts.last_mut().context("this attempt")?.1 = Some(i64::from(added > 0));
        Ok(())
    }

    async fn suspend(&mut self, place: usize, weather: Weather) -> Result<()> {
        let soi = self.suspensions[place].account.soi.clone();
        self.ledger.sent(act::SUSPENDED, &soi);
        let words = ["agent", "suspend", &soi];
        if weather.run(&self.config, &words).await?.is_some() {
            self.ledger.done(act::SUSPENDED, &soi);
            self.suspensions[place].done = Once::Done;
        }
        Ok(())
    }
}

impl Suspension {
    pub fn soi(&self) -> &str {
        &self.account.soi
    }
}

/// What may happen to a command.
#[derive(Clone, Copy)]
enum Weather {
    /// Nothing: it succeeds.
    Calm,
    /// It may be killed, and the database with which it works too.
    Storm { kill_after: Option<Duration> },
}

impl Weather {
    /// Killed, or the database was away (exit code 5): nothing is known. Any other failure cannot be.
    async fn run(self, config: &Path, words: &[&str]) -> Result<Option<Said>> {
        let kill_after = if let Self::Storm { kill_after } = self { kill_after } else { None };
        let Some(said) = octroictl(config, words, kill_after).await? else { return Ok(None) };
        let may_fail = matches!(self, Self::Storm { .. }) && said.status.code() == Some(5);
        ensure!(said.status.success() || may_fail, "octroictl {words:?}: {}: {}", said.status, said.err);
        Ok(said.status.success().then_some(said))
    }
}
