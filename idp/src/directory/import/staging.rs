//! Where planned writes wait: in the store's `import_line`, or, in a rehearsal, in memory, because a rehearsal writes
//! nothing and its list is printed anyway.
//!
//! Each portion is a transaction of its own at a pace (`pace.rs`), so that on SQLite a login finds the writer free.

use std::collections::HashMap;

use super::super::Mandate;
use super::super::agent_change::{Consequences, consequences};
use super::super::changes;
use super::super::error::DirectoryError;
use super::pace::Pace;
use super::reading::Reading;
use super::roster::{Id, Roster, State};
use super::{PORTION, PlannedChange, act};
use crate::crypto::random::Random;
use crate::domain::agent::{Agent, AgentRecord};
use crate::domain::time::{Stopwatch, Timestamp};
use crate::storage::imports::{self, Kind, Line};
use crate::storage::{Store, StoreError, Tx};

/// What a rehearsal would do, agent by agent.
#[derive(Debug, Clone, Default)]
pub(super) struct Rehearsal {
    pub added: Vec<(Id, AgentRecord)>,
    pub changed: Vec<(Id, PlannedChange)>,
    pub left: Vec<PlannedChange>,
}

/// Where planned writes go.
pub(super) struct Staging<'a> {
    store: &'a Store,
    random: &'a Random,
    pub mandate: &'a Mandate,
    today: jiff::civil::Date,
    now: Timestamp,
    pub rehearsal: Rehearsal,
    /// Made with the first line.
    pub run: Option<i64>,
    waiting: Vec<Line>,
    pace: Pace,
    /// Lines given a number so far.
    pub last: u32,
}

impl<'a> Staging<'a> {
    pub fn new(
        store: &'a Store,
        random: &'a Random,
        mandate: &'a Mandate,
        (today, now): (jiff::civil::Date, Timestamp),
    ) -> Self {
        let (rehearsal, waiting) = (Rehearsal::default(), Vec::new());
        Self { store, random, mandate, today, now, rehearsal, run: None, waiting, pace: Pace::new(), last: 0 }
    }

    /// Whether more lines are of use: a refused file will not be written, but a rehearsal shows all of it.
    pub fn is_wanted(&self, reading: &Reading<'_>) -> bool {
        self.mandate.dry_run || !reading.is_refused()
    }

    /// A new agent; answers under which number it waits, if it does.
    pub async fn add(&mut self, id: Id, record: AgentRecord) -> Result<u32, DirectoryError> {
        if self.mandate.dry_run {
            self.rehearsal.added.push((id, record));
            return Ok(0);
        }
        let event = self.mandate.event("agent.added", changes::new_agent_detail(&record));
        let line = Line {
            nth: 0,
            kind: Kind::Added,
            act: event.act,
            record,
            sub: Some(self.random.sub()),
            version: None,
            shut_out: None,
            detail: event.detail,
        };
        self.push(line).await
    }

    /// A known agent of the file.
    pub async fn change(&mut self, id: Id, before: Agent, after: AgentRecord) -> Result<u32, DirectoryError> {
        let change = PlannedChange { before, after };
        if self.mandate.dry_run {
            self.rehearsal.changed.push((id, change));
            return Ok(0);
        }
        self.push(self.line(Kind::Changed, change)).await
    }

    /// A known agent who is not in a full file.
    pub async fn leave(&mut self, change: PlannedChange) -> Result<(), DirectoryError> {
        if self.mandate.dry_run {
            self.rehearsal.left.push(change);
            return Ok(());
        }
        self.push(self.line(Kind::Left, change)).await.map(drop)
    }

    fn line(&self, kind: Kind, change: PlannedChange) -> Line {
        let act = act(&change);
        let PlannedChange { before, after: record } = change;
        let Consequences { detail, shut_out } = consequences(act, &before, &record, self.today);
        let detail = self.mandate.event(act, detail).detail;
        Line { nth: 0, kind, act, record, sub: None, version: Some(before.version), shut_out, detail }
    }

    async fn push(&mut self, line: Line) -> Result<u32, DirectoryError> {
        self.last += 1;
        self.waiting.push(Line { nth: i64::from(self.last), ..line });
        if self.waiting.len() >= self.pace.size() {
            self.flush().await?;
        }
        Ok(self.last)
    }

    /// Writes the lines that wait in memory.
    pub async fn flush(&mut self) -> Result<(), StoreError> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let lines = std::mem::take(&mut self.waiting);
        let (run, actor, now) = (self.run, &self.mandate.actor, self.now);
        let stage = async |tx: &mut Tx| -> Result<i64, StoreError> {
            let run = match run {
                Some(run) => run,
                None => imports::create(tx, actor, now).await?,
            };
            imports::stage(tx, run, &lines).await?;
            Ok(run)
        };
        self.pace.give_way(self.store).await;
        let transaction = Stopwatch::start();
        self.run = Some(self.store.write(stage).await?);
        self.pace.wrote(transaction);
        Ok(())
    }

    /// The file is refused: nothing more is prepared, and what waits is thrown away.
    pub fn abandon(&mut self) {
        self.waiting.clear();
    }

    /// Takes lines back that turned out to be bad.
    pub async fn take_back(&mut self, fallen: &[u32]) -> Result<(), StoreError> {
        let Some(run) = self.run else { return Ok(()) };
        for portion in fallen.chunks(PORTION) {
            let take_back = async |tx: &mut Tx| -> Result<(), StoreError> {
                for nth in portion {
                    imports::unstage(tx, run, i64::from(*nth)).await?;
                }
                Ok(())
            };
            self.pace.give_way(self.store).await;
            let transaction = Stopwatch::start();
            self.store.write(take_back).await?;
            self.pace.wrote(transaction);
        }
        Ok(())
    }

    /// Brings managers forward to whoever needs them first: the store knows an agent's manager when the portion with the
    /// agent is committed. A ring of managers comes to one place.
    pub async fn bring_managers_forward(&mut self, roster: &Roster) -> Result<(), StoreError> {
        let Some(run) = self.run else { return Ok(()) };
        let moved: Vec<(u32, u32)> = moved_managers(roster);
        for portion in moved.chunks(PORTION) {
            let pull = async |tx: &mut Tx| -> Result<(), StoreError> {
                for (nth, place) in portion {
                    imports::pull(tx, run, i64::from(*nth), i64::from(*place)).await?;
                }
                Ok(())
            };
            self.pace.give_way(self.store).await;
            let transaction = Stopwatch::start();
            self.store.write(pull).await?;
            self.pace.wrote(transaction);
        }
        Ok(())
    }
}

/// Each manager who stands behind somebody who names them: number and new place.
fn moved_managers(roster: &Roster) -> Vec<(u32, u32)> {
    let mut naming: Vec<(u32, Id)> =
        roster.all().filter(|(_, e)| e.manager.is_some() && is_waiting(e)).map(|(id, e)| (e.nth, id)).collect();
    naming.sort_unstable();
    let mut moved: HashMap<u32, u32> = HashMap::new();
    for (nth, id) in naming {
        let place = moved.get(&nth).copied().unwrap_or(nth);
        let mut manager = roster.get(id).and_then(|entry| entry.manager);
        // Up the chain, until somebody is early enough. Places only fall, so each manager is moved once.
        while let Some(entry) = manager.and_then(|id| roster.get(id.get())).filter(is_waiting) {
            if moved.get(&entry.nth).copied().unwrap_or(entry.nth) <= place {
                break;
            }
            moved.insert(entry.nth, place);
            manager = entry.manager;
        }
    }
    let mut moved: Vec<_> = moved.into_iter().collect();
    moved.sort_unstable();
    moved
}

fn is_waiting(entry: &super::roster::Entry) -> bool {
    entry.nth > 0 && entry.state != State::Bad
}
