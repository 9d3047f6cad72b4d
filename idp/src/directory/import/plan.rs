//! Comparing a file with the store: what would be added, changed, left; and everything that is wrong with the file.

use std::collections::{HashMap, HashSet};

use super::super::agent_change::leaver;
use super::super::agents::unknown_manager;
use super::super::error::{DirectoryError, FieldProblem};
use super::super::{AgentDraft, Directory};
use super::{ImportLine, ImportOptions, ImportPlan, LineProblem, PlannedChange, Problems, TOLD_PROBLEMS};
use crate::domain::agent::{Agent, AgentRecord, Employment};
use crate::domain::soi::{Soi, SoiSyntax};
use crate::storage::agents::{self, AgentFilter};
use crate::storage::{StoreError, Tx};

/// Agents read from the store at a time.
const PAGE: u32 = 5_000;
/// So many problems are remembered while reading; problems of managers come last and are sorted in afterwards.
const REMEMBERED: usize = 10 * TOLD_PROBLEMS;

impl Directory {
    /// Compares `lines` with the store and changes nothing.
    pub async fn plan_import(
        &self,
        lines: impl IntoIterator<Item = ImportLine>,
        options: ImportOptions,
    ) -> Result<ImportPlan, DirectoryError> {
        let known = self.store.read(async |tx: &mut Tx| -> Result<_, StoreError> { everybody(tx).await }).await?;
        let mut reading = Reading::new(known, &self.settings.soi_syntax);
        for line in lines {
            reading.take(line);
        }
        reading.check_managers(options.skip_bad);
        Ok(reading.into_plan(options, self.today()))
    }
}

async fn everybody(tx: &mut Tx) -> Result<HashMap<Soi, Agent>, StoreError> {
    let mut known = HashMap::new();
    let mut filter = AgentFilter { limit: PAGE, ..AgentFilter::default() };
    loop {
        let page = agents::list(tx, &filter).await?;
        let Some(last) = page.last() else { return Ok(known) };
        filter.after = Some(last.record.soi.clone());
        known.extend(page.into_iter().map(|agent| (agent.record.soi.clone(), agent)));
    }
}

/// A line that could be read.
struct Row {
    line: u64,
    record: AgentRecord,
    is_bad: bool,
}

/// The file as far as it was read.
struct Reading<'a> {
    syntax: &'a SoiSyntax,
    known: HashMap<Soi, Agent>,
    rows: Vec<Row>,
    /// Every SOI that was read, on a bad line too: the line of its first appearance, and its row if that could be read.
    seen: HashMap<Soi, (u64, Option<usize>)>,
    lines: u64,
    without_soi: u64,
    problems: Vec<LineProblem>,
    total: u64,
    bad_lines: HashSet<u64>,
}

impl<'a> Reading<'a> {
    fn new(known: HashMap<Soi, Agent>, syntax: &'a SoiSyntax) -> Self {
        Self {
            syntax,
            known,
            rows: Vec::new(),
            seen: HashMap::new(),
            lines: 0,
            without_soi: 0,
            problems: Vec::new(),
            total: 0,
            bad_lines: HashSet::new(),
        }
    }

    fn take(&mut self, ImportLine { line, soi, draft }: ImportLine) {
        self.lines += 1;
        let soi = match self.syntax.parse(&soi) {
            Ok(soi) => soi,
            Err(error) => {
                self.without_soi += 1;
                return match draft {
                    Ok(_) => self.report(line, FieldProblem::soi("soi", &error)),
                    Err(problems) => self.report_all(line, problems),
                };
            }
        };
        if let Some((first, row)) = self.seen.get(&soi).copied() {
            let what = format!("{soi} stands on line {first} already");
            self.report(line, FieldProblem::new("soi", what, format!("keep line {first} or line {line}, not both")));
            // Which of the two is right is not ours to say: neither is taken.
            self.bad_lines.insert(first);
            if let Some(row) = row.and_then(|at| self.rows.get_mut(at)) {
                row.is_bad = true;
            }
            return;
        }
        let base = self.known.get(&soi).map(|agent| &agent.record);
        let completed = draft.and_then(|draft: AgentDraft| draft.complete(&soi, base, self.syntax));
        let row = match completed {
            Ok(record) => {
                self.rows.push(Row { line, record, is_bad: false });
                Some(self.rows.len() - 1)
            }
            Err(problems) => {
                self.report_all(line, problems);
                None
            }
        };
        self.seen.insert(soi, (line, row));
    }

    /// A manager is known already or stands in the file. Where bad lines are skipped, a manager on a skipped line is
    /// nobody, and the lines that name them fall too.
    fn check_managers(&mut self, skip_bad: bool) {
        let mut rows = std::mem::take(&mut self.rows);
        let mut naming: HashMap<Soi, Vec<usize>> = HashMap::new();
        for (at, row) in rows.iter_mut().enumerate() {
            let Some(manager) = row.record.manager.clone().filter(|soi| !self.known.contains_key(soi)) else {
                continue;
            };
            if self.seen.contains_key(&manager) {
                naming.entry(manager).or_default().push(at);
            } else {
                row.is_bad = true;
                self.report(row.line, unknown_manager(&manager));
            }
        }
        if skip_bad {
            let is_taken = |row: &Option<usize>| row.and_then(|at| rows.get(at)).is_some_and(|row| !row.is_bad);
            let skipped = self.seen.iter().filter(|(_, (_, row))| !is_taken(row));
            let mut falling: Vec<Soi> = skipped.map(|(soi, _)| soi.clone()).collect();
            while let Some(manager) = falling.pop() {
                for at in naming.remove(&manager).unwrap_or_default() {
                    let Some(row) = rows.get_mut(at).filter(|row| !row.is_bad) else { continue };
                    row.is_bad = true;
                    falling.push(row.record.soi.clone());
                    let what = format!("the manager {manager} stands on a line that is skipped");
                    self.report(row.line, FieldProblem::new("manager_soi", what, "correct that line"));
                }
            }
        }
        self.rows = rows;
    }

    fn report_all(&mut self, line: u64, problems: Vec<FieldProblem>) {
        for problem in problems {
            self.report(line, problem);
        }
    }

    fn report(&mut self, line: u64, problem: FieldProblem) {
        self.total += 1;
        self.bad_lines.insert(line);
        if self.problems.len() < REMEMBERED {
            let FieldProblem { field: column, what, fix } = problem;
            self.problems.push(LineProblem { line, column, what, fix });
        }
    }

    fn into_plan(mut self, options: ImportOptions, today: jiff::civil::Date) -> ImportPlan {
        let (mut added, mut changed, mut left, mut unchanged) = (Vec::new(), Vec::new(), Vec::new(), 0);
        let working = self.known.values().filter(|agent| agent.record.employment != Employment::Left).count();
        if options.full {
            let absent = self.known.values().filter(|agent| !self.seen.contains_key(&agent.record.soi));
            let leaving = absent.filter(|agent| agent.record.employment != Employment::Left);
            left.extend(
                leaving.map(|agent| PlannedChange { before: agent.clone(), after: leaver(&agent.record, today) }),
            );
            left.sort_by(|a, b| a.after.soi.cmp(&b.after.soi));
        }
        for row in self.rows.into_iter().filter(|row| !row.is_bad) {
            match self.known.remove(&row.record.soi) {
                None => added.push(row.record),
                Some(before) if before.record == row.record => unchanged += 1,
                Some(before) => changed.push(PlannedChange { before, after: row.record }),
            }
        }
        self.problems.sort_by_key(|problem| problem.line);
        self.problems.truncate(TOLD_PROBLEMS);
        let bad_lines = u64::try_from(self.bad_lines.len()).unwrap_or(u64::MAX);
        let problems = Problems { first: self.problems, total: self.total, bad_lines };
        let (lines, without_soi) = (self.lines, self.without_soi);
        ImportPlan { options, lines, added, changed, left, unchanged, problems, working, without_soi }
    }
}
