//! Judging the lines of a file: duplicates, fields, managers. Everything that is wrong is reported here and nowhere else.
//!
//! What the store knows is handed in; nothing is read or written here. `plan.rs` drives it portion by portion.

use std::collections::HashMap;
use std::num::NonZero;

use super::super::agents::unknown_manager;
use super::super::error::{DirectoryError, FieldProblem};
use super::roster::{Id, Roster, State};
use super::{ImportLine, LineProblem, Problems, TOLD_PROBLEMS};
use crate::domain::agent::{Agent, AgentRecord};
use crate::domain::soi::{Soi, SoiError, SoiSyntax};

/// A line whose SOI could be read, or not.
pub(super) struct Parsed {
    line: ImportLine,
    pub soi: Result<Soi, SoiError>,
}

/// A line that can be taken, as far as it is known.
pub(super) struct Row {
    pub id: Id,
    pub record: AgentRecord,
    pub before: Option<Agent>,
}

/// A problem with a manager, found when everybody was read.
struct Naming {
    line: u64,
    manager: Id,
    is_skipped: bool,
}

/// The file as far as it was read.
pub(super) struct Reading<'a> {
    syntax: &'a SoiSyntax,
    skip_bad: bool,
    pub roster: Roster,
    pub lines: u64,
    pub without_soi: u64,
    problems: Vec<LineProblem>,
    total: u64,
    bad_lines: u64,
    /// Lines that were to be written before they turned out to be bad.
    pub fallen: Vec<u32>,
}

impl<'a> Reading<'a> {
    pub fn new(syntax: &'a SoiSyntax, skip_bad: bool) -> Self {
        Self {
            syntax,
            skip_bad,
            roster: Roster::default(),
            lines: 0,
            without_soi: 0,
            problems: Vec::new(),
            total: 0,
            bad_lines: 0,
            fallen: Vec::new(),
        }
    }

    /// Whether the file is refused already, so that nothing needs to be prepared any more.
    pub fn is_refused(&self) -> bool {
        self.bad_lines > 0 && !self.skip_bad
    }

    pub fn parse(&self, line: ImportLine) -> Parsed {
        Parsed { soi: self.syntax.parse(&line.soi), line }
    }

    /// Judges one line beside the agent whom the store knows under its SOI.
    pub fn take(&mut self, parsed: Parsed, known: &mut HashMap<Soi, Agent>) -> Result<Option<Row>, DirectoryError> {
        let Parsed { line: ImportLine { line, draft, .. }, soi } = parsed;
        self.lines += 1;
        let soi = match soi {
            Ok(soi) => soi,
            Err(error) => {
                self.without_soi += 1;
                self.bad_lines += 1;
                match draft {
                    Ok(_) => self.report(line, FieldProblem::soi("soi", &error)),
                    Err(problems) => self.report_all(line, problems),
                }
                return Ok(None);
            }
        };
        let id = self.id(&soi)?;
        let first = self.roster.get(id).map_or(0, |entry| entry.line);
        if first > 0 {
            let what = format!("{soi} stands on line {first} already");
            self.report(line, FieldProblem::new("soi", what, format!("keep line {first} or line {line}, not both")));
            self.bad_lines += 1;
            // Which of the two is right is not ours to say: neither is taken.
            self.spoil(id);
            return Ok(None);
        }
        let before = known.remove(&soi);
        let completed = draft.and_then(|draft| draft.complete(&soi, before.as_ref().map(|b| &b.record), self.syntax));
        let (state, row) = match completed {
            Ok(record) => {
                let state = match &before {
                    None => State::Added,
                    Some(before) if before.record == record => State::Unchanged,
                    Some(_) => State::Changed,
                };
                (state, Some(Row { id, record, before }))
            }
            Err(problems) => {
                self.bad_lines += 1;
                self.report_all(line, problems);
                (State::Bad, None)
            }
        };
        if let Some(entry) = self.roster.get_mut(id) {
            (entry.line, entry.state) = (line, state);
        }
        Ok(row)
    }

    /// Notes that a line names a manager whom the store does not know.
    pub fn name_manager(&mut self, id: Id, manager: &Soi) -> Result<(), DirectoryError> {
        let manager = NonZero::new(self.id(manager)?);
        if let Some(entry) = self.roster.get_mut(id) {
            entry.manager = manager;
        }
        Ok(())
    }

    /// A manager is known already or stands in the file. Where bad lines are skipped, a manager on a skipped line is
    /// nobody, and the lines that name them fall too.
    pub fn check_managers(&mut self) {
        let mut naming: Vec<(Id, Id)> =
            self.roster.all().filter_map(|(id, entry)| entry.manager.map(|manager| (manager.get(), id))).collect();
        naming.sort_unstable();
        let mut found = Vec::new();
        let mut falling: Vec<(Id, State)> = self
            .roster
            .all()
            .filter(|(_, entry)| entry.state == State::Named || (self.skip_bad && entry.state == State::Bad))
            .map(|(id, entry)| (id, entry.state))
            .collect();
        while let Some((manager, state)) = falling.pop() {
            let begin = naming.partition_point(|(named, _)| *named < manager);
            for (_, id) in naming.iter().skip(begin).take_while(|(named, _)| *named == manager) {
                let Some(entry) = self.roster.get(*id) else { continue };
                let was_bad = entry.state == State::Bad;
                if was_bad && state == State::Bad {
                    continue;
                }
                found.push(Naming { line: entry.line, manager, is_skipped: state == State::Bad });
                self.spoil(*id);
                if self.skip_bad && !was_bad {
                    falling.push((*id, State::Bad));
                }
            }
        }
        self.report_managers(found);
    }

    fn report_managers(&mut self, mut found: Vec<Naming>) {
        self.total += u64::try_from(found.len()).unwrap_or(u64::MAX);
        found.sort_unstable_by_key(|naming| naming.line);
        found.truncate(TOLD_PROBLEMS);
        let sois = self.roster.sois(&found.iter().map(|naming| naming.manager).collect::<Vec<_>>());
        for Naming { line, manager, is_skipped } in found {
            let Some(manager) = sois.get(&manager) else { continue };
            let problem = if is_skipped {
                let what = format!("the manager {manager} stands on a line that is skipped");
                FieldProblem::new("manager_soi", what, "correct that line")
            } else {
                unknown_manager(manager)
            };
            self.problems.push(told(line, problem));
        }
    }

    /// Everything that is wrong.
    pub fn problems(&mut self) -> Problems {
        let mut first = std::mem::take(&mut self.problems);
        first.sort_by_key(|problem| problem.line);
        first.truncate(TOLD_PROBLEMS);
        Problems { first, total: self.total, bad_lines: self.bad_lines }
    }

    fn id(&mut self, soi: &Soi) -> Result<Id, DirectoryError> {
        let full = || FieldProblem::new("", "the file has more agents than can be counted", "import it in parts");
        self.roster.id(soi).ok_or_else(|| full().into())
    }

    /// A line that looked good is not taken.
    fn spoil(&mut self, id: Id) {
        let Some(entry) = self.roster.get_mut(id).filter(|entry| entry.state != State::Bad) else { return };
        entry.state = State::Bad;
        self.bad_lines += 1;
        if entry.nth > 0 {
            self.fallen.push(entry.nth);
        }
    }

    fn report_all(&mut self, line: u64, problems: Vec<FieldProblem>) {
        for problem in problems {
            self.report(line, problem);
        }
    }

    fn report(&mut self, line: u64, problem: FieldProblem) {
        self.total += 1;
        if self.problems.len() < TOLD_PROBLEMS {
            self.problems.push(told(line, problem));
        }
    }
}

fn told(line: u64, problem: FieldProblem) -> LineProblem {
    let FieldProblem { field: column, what, fix } = problem;
    LineProblem { line, column, what, fix }
}
