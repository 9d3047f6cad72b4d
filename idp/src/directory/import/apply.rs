//! Writing a plan: first the rules that may forbid it, then the decision, then the agents.
//!
//! A plan that fits into one portion is decided and written in one transaction. A longer one is decided in a short
//! transaction, from which on it will be written whatever happens: portion by portion, each with its audit rows, by this
//! process, by the next import or by a running server. Whoever comes, [`imports::advance`] lets one of them write a portion.

use std::time::Duration;

use serde_json::{Map, Value};

use super::super::agent_change;
use super::super::error::{DirectoryError, Rule};
use super::super::{Directory, Mandate};
use super::pace::Pace;
use super::{ImportConsent, ImportPlan, ImportSummary, Imported, Overtaken, PORTION, TOLD_PROBLEMS};
use crate::domain::soi::Soi;
use crate::domain::time::{Clock, Stopwatch, Timestamp};
use crate::storage::imports::{self, Portion, Run};
use crate::storage::{Constraint, Store, StoreError, Tx};

/// What was put aside and not decided, or is written, is kept this long.
const KEEP: Duration = Duration::from_hours(24);
/// So often in a row a portion is tried again, when agents change under it.
const MOST_CROSSINGS: u32 = 20;
/// In the detail of the whole: lines that were not taken because somebody else was faster.
const OVERTAKEN: &str = "overtaken";

impl ImportPlan {
    /// Whether the rules allow this plan.
    pub fn require_allowed(&self, consent: ImportConsent) -> Result<(), DirectoryError> {
        let bad = self.problems.bad_lines;
        if bad > 0 && !self.options.skip_bad {
            let message = format!(
                "{bad} of {} lines cannot be taken, so none was: correct them, or take the others with --skip-bad",
                self.lines
            );
            return Err(DirectoryError::by_rule(Rule::ImportBadLines, message));
        }
        if self.options.full && self.without_soi > 0 {
            let message =
                "a line without a readable SOI would make its agent a leaver: correct it, or import without --full";
            return Err(DirectoryError::by_rule(Rule::ImportUnreadableSoi, message));
        }
        let leaving = self.summary.left;
        if leaving * 10 > self.working && !consent.many_leavers {
            let message = format!(
                "{leaving} of {} agents are not in the file and would leave, more than one in ten: look at them with \
                 --dry-run, and confirm with --yes if they really left",
                self.working
            );
            return Err(DirectoryError::by_rule(Rule::ImportTooManyLeavers, message));
        }
        Ok(())
    }
}

impl Directory {
    /// Does what the plan says. `Conflict`, and nothing is written, when an agent was changed since the plan was made; what
    /// changes while a long import is already being written is told in [`Imported::overtaken`]. `progress` hears how many
    /// agents were written.
    pub async fn apply_import(
        &self,
        plan: &ImportPlan,
        consent: ImportConsent,
        progress: &(dyn Fn(u64) + Sync),
    ) -> Result<Imported, DirectoryError> {
        let nothing = Imported { summary: plan.summary, overtaken: Overtaken::default() };
        let decided = match plan.require_allowed(consent) {
            Ok(()) if plan.mandate.dry_run || plan.writes() == 0 => Ok(None),
            Ok(()) => self.decide_import(plan).await,
            Err(refused) => Err(refused),
        };
        let Ok(Some(run)) = decided else {
            let discarded = self.discard_import(plan).await;
            decided?;
            return Ok(discarded.map(|()| nothing)?);
        };
        let written = write_on(&self.store, &self.clock, run, progress).await;
        let (whole, overtaken) = written.map_err(|error| unfinished(plan, error))?;
        Ok(Imported { summary: after(plan.summary, &whole), overtaken })
    }

    /// Forgets a plan that will not be applied.
    pub async fn discard_import(&self, plan: &ImportPlan) -> Result<(), StoreError> {
        let Some(run) = plan.run else { return Ok(()) };
        self.give_up(run).await
    }

    pub(super) async fn give_up(&self, run: i64) -> Result<(), StoreError> {
        self.store.write(async |tx: &mut Tx| -> Result<(), StoreError> { imports::give_up(tx, run).await }).await?;
        self.clear_imports().await
    }

    /// Finishes an import that was decided and interrupted.
    pub(super) async fn finish_imports(&self) -> Result<(), StoreError> {
        finish_imports(&self.store, &self.clock, Duration::ZERO).await.map(drop)
    }

    /// Deletes what imports left behind.
    pub(super) async fn clear_imports(&self) -> Result<(), StoreError> {
        clear_imports(&self.store, self.now()).await
    }

    /// From here on the plan will be written; a short one is.
    async fn decide_import(&self, plan: &ImportPlan) -> Result<Option<i64>, DirectoryError> {
        let Some(run) = plan.run else { return Ok(None) };
        let all = Portion { run, after: 0, upto: plan.last };
        let is_short = plan.last <= i64::try_from(PORTION).unwrap_or(i64::MAX);
        if !is_short {
            // A long look, so not in the transaction that writes.
            let look = async |tx: &mut Tx| -> Result<_, StoreError> { imports::overtaken(tx, all, 1).await };
            require_none(&self.store.read(look).await?)?;
        }
        let now = self.now();
        let detail = whole(&plan.mandate, plan.summary, plan.options.full);
        let decide = async |tx: &mut Tx| -> Result<(), DirectoryError> {
            match imports::decide(tx, run, plan.last, &detail, now).await {
                Ok(true) => {}
                Ok(false) => return Err(no_longer("the plan is more than a day old")),
                Err(StoreError::Conflict(Constraint::Unique)) => {
                    return Err(no_longer("another import is being written"));
                }
                Err(other) => return Err(other.into()),
            }
            if !is_short {
                return Ok(());
            }
            require_none(&imports::overtaken(tx, all, 1).await?)?;
            let Some(decided) = imports::find(tx, run).await? else { return Err(no_longer("the plan is gone")) };
            match write_portion(tx, &decided, all, now).await {
                Ok(_) => Ok(()),
                Err(Hindrance::Crossed) => Err(no_longer("an agent was changed by somebody else at the same moment")),
                Err(Hindrance::Store(error)) => Err(error.into()),
            }
        };
        self.store.write(decide).await?;
        Ok(Some(run))
    }
}

/// Finishes the import that was decided and then not touched for `idle`; answers whether there was one.
pub async fn finish_imports(store: &Store, clock: &Clock, idle: Duration) -> Result<bool, StoreError> {
    let mut found = false;
    loop {
        let find = async |tx: &mut Tx| -> Result<Option<Run>, StoreError> { imports::find_decided(tx).await };
        let decided = store.read(find).await?;
        let Some(run) = decided.filter(|run| run.touched_at <= clock.now().minus(idle)) else { return Ok(found) };
        found = true;
        write_on(store, clock, run.id, &|_| ()).await?;
    }
}

/// Deletes lines that nobody decided on within a day, and the traces of imports that are written.
pub async fn clear_imports(store: &Store, now: Timestamp) -> Result<(), StoreError> {
    let (before, mut pace) = (now.minus(KEEP), Pace::new());
    let find = async |tx: &mut Tx| -> Result<Option<i64>, StoreError> { imports::find_over(tx, before).await };
    while let Some(run) = store.read(find).await? {
        loop {
            let count = i64::try_from(pace.size()).unwrap_or(i64::MAX);
            let clear = async |tx: &mut Tx| -> Result<bool, StoreError> { imports::clear(tx, run, count).await };
            pace.give_way(store).await;
            let transaction = Stopwatch::start();
            if !store.write(clear).await? {
                break;
            }
            pace.wrote(transaction);
        }
    }
    Ok(())
}

/// Writes what is left of a decided run; answers with the detail of the whole and who was overtaken meanwhile.
async fn write_on(
    store: &Store,
    clock: &Clock,
    run: i64,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<(Map<String, Value>, Overtaken), StoreError> {
    let (mut overtaken, mut crossings, mut pace) = (Overtaken::default(), 0, Pace::new());
    loop {
        let find = async |tx: &mut Tx| -> Result<Option<Run>, StoreError> { imports::find(tx, run).await };
        let Some(run) = store.read(find).await? else { return Ok((Map::new(), overtaken)) };
        if run.is_done {
            return Ok((run.detail, overtaken));
        }
        let upto = run.applied.saturating_add(i64::try_from(pace.size()).unwrap_or(i64::MAX)).min(run.last);
        let portion = Portion { run: run.id, after: run.applied, upto };
        let now = clock.now();
        let write = async |tx: &mut Tx| -> Result<_, Hindrance> { write_portion(tx, &run, portion, now).await };
        pace.give_way(store).await;
        let transaction = Stopwatch::start();
        match store.write(write).await {
            Ok(lines) => {
                crossings = 0;
                overtaken.add(&lines);
                progress(u64::try_from(upto).unwrap_or(0));
            }
            // Somebody else wrote this portion, or an agent of it: look again.
            Err(Hindrance::Crossed) if crossings < MOST_CROSSINGS => crossings += 1,
            Err(Hindrance::Crossed) => return Err(StoreError::Busy),
            Err(Hindrance::Store(error)) => return Err(error),
        }
        pace.wrote(transaction);
    }
}

fn unfinished(plan: &ImportPlan, error: StoreError) -> DirectoryError {
    let message = format!(
        "{error}; the import is decided and in part written: the rest of its {} agents is written by the next \
         `agent import`, or by a running server within a minute",
        plan.writes()
    );
    DirectoryError::Unfinished { message, error }
}

/// Why a portion was not written.
enum Hindrance {
    /// Somebody else was faster; nothing of the portion was written.
    Crossed,
    Store(StoreError),
}

impl From<StoreError> for Hindrance {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict(Constraint::AgentSoi) => Self::Crossed,
            other => Self::Store(other),
        }
    }
}

/// Writes one portion: agents, ends of sessions, audit rows, and with the last one the audit row for the whole.
async fn write_portion(
    tx: &mut Tx,
    run: &Run,
    portion: Portion,
    now: Timestamp,
) -> Result<Vec<imports::Overtaken>, Hindrance> {
    let overtaken = imports::overtaken(tx, portion, u32::MAX).await?;
    let mut detail = run.detail.clone();
    for line in &overtaken {
        imports::drop_overtaken(tx, run.id, line).await?;
        count(&mut detail, &line.kind, |n| n.saturating_sub(1));
        count(&mut detail, OVERTAKEN, |n| n + 1);
    }
    if !imports::advance(tx, portion, &detail, now).await? {
        return Err(Hindrance::Crossed);
    }
    let written = imports::write_agents(tx, portion, now).await?;
    for mut line in imports::shut_out(tx, portion).await? {
        let soi = Soi::from_stored(line.soi.clone());
        let ended = agent_change::shut_out(tx, &soi, &line.shut_out, now).await?;
        imports::note_sessions_ended(tx, run.id, &mut line, ended).await?;
    }
    // On PostgreSQL an agent may have changed since we looked: then one line wrote nothing, and its audit row would lie.
    if imports::record(tx, portion, now).await? != written {
        return Err(Hindrance::Crossed);
    }
    if portion.upto >= run.last {
        imports::finish(tx, run.id, now).await?;
    }
    Ok(overtaken)
}

impl Overtaken {
    fn add(&mut self, lines: &[imports::Overtaken]) {
        self.total += u64::try_from(lines.len()).unwrap_or(u64::MAX);
        let room = TOLD_PROBLEMS.saturating_sub(self.first.len());
        self.first.extend(lines.iter().take(room).map(name));
    }
}

fn name(line: &imports::Overtaken) -> String {
    format!("{} {} ({})", line.given_name, line.family_name, line.soi)
}

fn require_none(overtaken: &[imports::Overtaken]) -> Result<(), DirectoryError> {
    overtaken.first().map_or(Ok(()), |line| Err(DirectoryError::changed_meanwhile(name(line))))
}

fn no_longer(what: &str) -> DirectoryError {
    DirectoryError::Conflict { message: format!("{what}, so nothing was written; run the same import again") }
}

fn count(detail: &mut Map<String, Value>, key: &str, change: impl Fn(u64) -> u64) {
    let now = change(detail.get(key).and_then(Value::as_u64).unwrap_or(0));
    detail.insert(key.to_owned(), now.into());
}

/// The plan's counts without what was overtaken.
fn after(summary: ImportSummary, detail: &Map<String, Value>) -> ImportSummary {
    let count = |key: &str, planned: u64| detail.get(key).and_then(Value::as_u64).unwrap_or(planned);
    let ImportSummary { added, changed, left, .. } = summary;
    ImportSummary {
        added: count("added", added),
        changed: count("changed", changed),
        left: count("left", left),
        ..summary
    }
}

/// The detail of the audit row for the whole.
fn whole(mandate: &Mandate, summary: ImportSummary, full: bool) -> Map<String, Value> {
    let counts = [
        ("lines", summary.lines),
        ("added", summary.added),
        ("changed", summary.changed),
        ("unchanged", summary.unchanged),
        ("left", summary.left),
        ("skipped", summary.skipped),
    ];
    let mut detail: Map<String, Value> = counts.into_iter().map(|(key, n)| (key.to_owned(), n.into())).collect();
    detail.insert("full".into(), full.into());
    match mandate.event("agents.imported", detail).detail {
        Value::Object(detail) => detail,
        _ => Map::new(),
    }
}
