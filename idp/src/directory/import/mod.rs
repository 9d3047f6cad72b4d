//! HR's file, line by line, in two steps: [`plan`] compares it with the store and changes nothing; [`apply`] writes the
//! plan in one transaction, or refuses it.
//!
//! Reading CSV is the command line's business: lines arrive here as [`ImportLine`]s. The same file twice changes nothing
//! the second time, and then no write transaction is opened at all.

mod apply;
mod plan;
#[cfg(test)]
mod tests;

use serde::Serialize;

use super::agent_record::AgentDraft;
use super::changes::{self, FieldChange};
use super::error::FieldProblem;
use crate::domain::agent::{Agent, AgentRecord};

/// So many problems are told one by one; the rest is counted.
const TOLD_PROBLEMS: usize = 100;

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
    pub added: Vec<AgentRecord>,
    pub changed: Vec<PlannedChange>,
    /// Agents who are not in a full file.
    pub left: Vec<PlannedChange>,
    pub unchanged: u64,
    pub problems: Problems,
    /// Agents who have not left, before the import.
    working: usize,
    /// Lines whose SOI could not be read.
    without_soi: u64,
}

impl ImportPlan {
    /// What will have been done.
    pub fn summary(&self) -> ImportSummary {
        let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
        ImportSummary {
            lines: self.lines,
            added: count(self.added.len()),
            changed: count(self.changed.len()),
            unchanged: self.unchanged,
            left: count(self.left.len()),
            skipped: self.problems.bad_lines,
        }
    }

    /// How many agents will be written.
    pub fn writes(&self) -> u64 {
        let summary = self.summary();
        summary.added + summary.changed + summary.left
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
