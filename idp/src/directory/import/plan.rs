//! Comparing a file with the store: what would be added, changed, left; and everything that is wrong with the file.
//!
//! Lines come in groups. Of each group the agents whom the store knows are read, the lines are judged (`reading.rs`), and
//! what is to be written is put aside (`staging.rs`), so memory holds one group and a few bytes per agent.

use std::collections::HashMap;

use super::super::agent_change::leaver;
use super::super::error::DirectoryError;
use super::super::{Directory, Mandate};
use super::reading::{Parsed, Reading, Row};
use super::roster::State;
use super::staging::Staging;
use super::{ImportLine, ImportOptions, ImportPlan, ImportSummary, PlannedChange};
use crate::domain::agent::{Agent, Employment};
use crate::domain::soi::Soi;
use crate::storage::agents::{self, AgentFilter};
use crate::storage::{StoreError, Tx};

/// Lines compared at a time.
const GROUP: usize = 1_000;
/// Agents read from the store at a time, when all are read.
const PAGE: u32 = 1_000;

impl Directory {
    /// Compares `lines` with the store. What would be written is kept until [`apply_import`](Self::apply_import) or
    /// [`discard_import`](Self::discard_import); no agent is touched, and a rehearsal writes nothing at all. An import that
    /// was decided and interrupted is finished first.
    pub async fn plan_import(
        &self,
        mandate: &Mandate,
        lines: impl IntoIterator<Item = ImportLine>,
        options: ImportOptions,
    ) -> Result<ImportPlan, DirectoryError> {
        if !mandate.dry_run {
            self.finish_imports().await?;
            self.clear_imports().await?;
        }
        let moment = (self.today(), self.now());
        let mut staging = Staging::new(&self.store, &self.random, mandate, moment);
        let plan = self.compare(lines, options, &mut staging).await;
        let run = staging.run;
        if let (Err(_), Some(run)) = (&plan, run) {
            self.give_up(run).await?;
        }
        plan
    }

    async fn compare(
        &self,
        lines: impl IntoIterator<Item = ImportLine>,
        options: ImportOptions,
        staging: &mut Staging<'_>,
    ) -> Result<ImportPlan, DirectoryError> {
        let mut reading = Reading::new(&self.settings.soi_syntax, options.skip_bad);
        let mut lines = lines.into_iter();
        loop {
            let group: Vec<Parsed> = lines.by_ref().take(GROUP).map(|line| reading.parse(line)).collect();
            if group.is_empty() {
                break;
            }
            self.compare_group(group, &mut reading, staging).await?;
        }
        reading.check_managers();
        let (working, leaving) = if options.full { self.leavers(&reading, staging).await? } else { (0, 0) };
        if reading.is_refused() {
            staging.abandon();
        } else {
            staging.flush().await?;
            staging.take_back(&reading.fallen).await?;
            staging.bring_managers_forward(&reading.roster).await?;
        }
        Ok(plan(options, &mut reading, staging, (working, leaving)))
    }

    async fn compare_group(
        &self,
        group: Vec<Parsed>,
        reading: &mut Reading<'_>,
        staging: &mut Staging<'_>,
    ) -> Result<(), DirectoryError> {
        let sois: Vec<&Soi> = group.iter().filter_map(|parsed| parsed.soi.as_ref().ok()).collect();
        let find = async |tx: &mut Tx| -> Result<Vec<Agent>, StoreError> { agents::find_many(tx, &sois).await };
        let known = self.store.read(find).await?;
        let mut known: HashMap<Soi, Agent> = known.into_iter().map(|agent| (agent.record.soi.clone(), agent)).collect();
        let mut rows = Vec::with_capacity(group.len());
        for parsed in group {
            rows.extend(reading.take(parsed, &mut known)?);
        }
        self.look_up_managers(&rows, reading).await?;
        for Row { id, record, before } in rows {
            let state = reading.roster.get(id).map(|entry| entry.state);
            if !staging.is_wanted(reading) || !matches!(state, Some(State::Added | State::Changed)) {
                continue;
            }
            let nth = match before {
                None => staging.add(id, record).await?,
                Some(before) => staging.change(id, before, record).await?,
            };
            if let Some(entry) = reading.roster.get_mut(id) {
                entry.nth = nth;
            }
        }
        Ok(())
    }

    async fn look_up_managers(&self, rows: &[Row], reading: &mut Reading<'_>) -> Result<(), DirectoryError> {
        let is_new = |row: &&Row| {
            row.record.manager.is_some() && row.before.as_ref().is_none_or(|b| b.record.manager != row.record.manager)
        };
        let new: Vec<(u32, &Soi)> =
            rows.iter().filter(is_new).filter_map(|row| row.record.manager.as_ref().map(|m| (row.id, m))).collect();
        let mut named: Vec<&Soi> = new.iter().map(|(_, manager)| *manager).collect();
        named.sort_unstable();
        named.dedup();
        let find = async |tx: &mut Tx| -> Result<Vec<Soi>, StoreError> { agents::find_known(tx, &named).await };
        let mut known = self.store.read(find).await?;
        known.sort_unstable();
        for (id, manager) in new {
            if known.binary_search(manager).is_err() {
                reading.name_manager(id, manager)?;
            }
        }
        Ok(())
    }

    /// Puts aside everybody who has not left and is not in the file; answers how many had not left, and how many leave.
    async fn leavers(&self, reading: &Reading<'_>, staging: &mut Staging<'_>) -> Result<(u64, u64), DirectoryError> {
        let (mut working, mut leaving) = (0, 0);
        let mut filter = AgentFilter { limit: PAGE, ..AgentFilter::default() };
        loop {
            let list = async |tx: &mut Tx| -> Result<Vec<Agent>, StoreError> { agents::list(tx, &filter).await };
            let page = self.store.read(list).await?;
            let Some(last) = page.last() else { return Ok((working, leaving)) };
            filter.after = Some(last.record.soi.clone());
            for before in page.into_iter().filter(|agent| agent.record.employment != Employment::Left) {
                working += 1;
                if reading.roster.has_line(&before.record.soi) {
                    continue;
                }
                leaving += 1;
                if staging.is_wanted(reading) {
                    let after = leaver(&before.record, self.today());
                    staging.leave(PlannedChange { before, after }).await?;
                }
            }
        }
    }
}

fn plan(
    options: ImportOptions,
    reading: &mut Reading<'_>,
    staging: &mut Staging<'_>,
    (working, leaving): (u64, u64),
) -> ImportPlan {
    let problems = reading.problems();
    let summary = ImportSummary {
        lines: reading.lines,
        added: reading.roster.count(State::Added),
        changed: reading.roster.count(State::Changed),
        unchanged: reading.roster.count(State::Unchanged),
        left: leaving,
        skipped: problems.bad_lines,
    };
    let is_good = |id: u32| reading.roster.get(id).is_some_and(|entry| entry.state != State::Bad);
    let rehearsal = std::mem::take(&mut staging.rehearsal);
    ImportPlan {
        options,
        lines: reading.lines,
        added: rehearsal.added.into_iter().filter(|(id, _)| is_good(*id)).map(|(_, record)| record).collect(),
        changed: rehearsal.changed.into_iter().filter(|(id, _)| is_good(*id)).map(|(_, change)| change).collect(),
        left: rehearsal.left,
        problems,
        summary,
        working,
        without_soi: reading.without_soi,
        mandate: staging.mandate.clone(),
        run: staging.run,
        last: i64::from(staging.last),
    }
}
