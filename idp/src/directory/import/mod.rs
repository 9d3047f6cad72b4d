//! HR's file, line by line, in two steps: [`plan`] compares it with the store and touches no agent; [`apply`] decides in one
//! short transaction that the plan holds, and then writes it portion by portion.
//!
//! Reading CSV is the command line's business: lines arrive here as [`ImportLine`]s. The same file twice changes nothing
//! the second time, and then no write transaction is opened at all. Why an import is decided before it is written, and what
//! that gives when it is interrupted: `docs/decisions/0015-import-in-two-steps.md`.

mod apply;
mod pace;
mod plan;
mod reading;
mod roster;
mod staging;
#[cfg(test)]
mod tests;

use serde::Serialize;

use super::Mandate;
use super::agent_record::AgentDraft;
use super::changes::{self, FieldChange};
use super::error::FieldProblem;
use crate::domain::agent::{Agent, AgentRecord, Employment};

pub use apply::{clear_imports, finish_imports};

/// So many problems are told one by one; the rest is counted.
const TOLD_PROBLEMS: usize = 100;
/// Up to so many agents are written in the transaction that decides it; with more, the first transaction has so many.
const PORTION: usize = 2_000;

/// One line of the file.
#[derive(Debug, Clone)]
pub struct ImportLine {
    /// Counted from 1, the header included.
    pub line: u64,
    /// As written; empty when it could not be read.
    pub soi: String,
    /// What stands on the line, or why it could not be read; a problem of the whole line has no field.
    pub draft: Result<AgentDraft, Vec<FieldProblem>>,
}

/// How to read the file.
#[derive(Debug, Clone, Copy, Default)]
pub struct ImportOptions {
    /// Agents who are not in the file leave.
    pub full: bool,
    /// Take the good lines although others are bad.
    pub skip_bad: bool,
}

/// What was agreed to beforehand.
#[derive(Debug, Clone, Copy, Default)]
pub struct ImportConsent {
    /// More than one agent in ten may leave.
    pub many_leavers: bool,
}

/// What an import would do.
#[derive(Debug, Clone)]
pub struct ImportPlan {
    pub options: ImportOptions,
    /// Lines with content, without the header.
    pub lines: u64,
    /// Listed only in a rehearsal, as the next two.
    pub added: Vec<AgentRecord>,
    pub changed: Vec<PlannedChange>,
    /// Agents who are not in a full file.
    pub left: Vec<PlannedChange>,
    pub problems: Problems,
    summary: ImportSummary,
    /// In a full import: agents who have not left, before it.
    working: u64,
    /// Lines whose SOI could not be read.
    without_soi: u64,
    mandate: Mandate,
    /// Under which the lines to be written wait, if there are any.
    run: Option<i64>,
    /// The place of the last one.
    last: i64,
}

impl ImportPlan {
    /// What will have been done.
    pub const fn summary(&self) -> ImportSummary {
        self.summary
    }

    /// How many agents will be written.
    pub fn writes(&self) -> u64 {
        self.summary.added + self.summary.changed + self.summary.left
    }
}

/// A known agent and the record after the import.
#[derive(Debug, Clone)]
pub struct PlannedChange {
    pub before: Agent,
    pub after: AgentRecord,
}

impl PlannedChange {
    /// What differs.
    pub fn fields(&self) -> Vec<FieldChange> {
        changes::of_agent(&self.before.record, &self.after)
    }
}

/// A change of employment has the name of the act that makes it.
fn act(change: &PlannedChange) -> &'static str {
    let employment = |record: &AgentRecord| record.employment;
    match (employment(&change.before.record), employment(&change.after)) {
        (before, after) if before == after => "agent.changed",
        (_, Employment::Left) => "agent.left",
        (_, Employment::Suspended) => "agent.suspended",
        (_, Employment::Active) => "agent.reinstated",
    }
}

/// What an import did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    pub summary: ImportSummary,
    pub overtaken: Overtaken,
}

/// Agents whom somebody else added or changed while a long import was being written: they stay as that left them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overtaken {
    /// The first hundred: name and SOI.
    pub first: Vec<String>,
    pub total: u64,
}

/// What an import did, counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ImportSummary {
    pub lines: u64,
    pub added: u64,
    pub changed: u64,
    pub unchanged: u64,
    pub left: u64,
    /// Bad lines.
    pub skipped: u64,
}

/// What is wrong with the file.
#[derive(Debug, Clone, Default)]
pub struct Problems {
    /// The first hundred, in the order of the file.
    pub first: Vec<LineProblem>,
    /// All that were found.
    pub total: u64,
    /// Lines with at least one.
    pub bad_lines: u64,
}

/// What is wrong with one line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LineProblem {
    pub line: u64,
    /// The column's name; empty for the whole line.
    pub column: &'static str,
    pub what: String,
    pub fix: String,
}
