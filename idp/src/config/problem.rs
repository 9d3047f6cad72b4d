//! What is wrong with a configuration, told so that the reader can mend it: where, which key, what, and the fix.
//!
//! A [`Report`] carries every problem that was found. No value of a secret may ever reach a `what` or a `fix`.

use std::fmt;
use std::path::PathBuf;

/// Whether Octroi starts in spite of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Octroi refuses to start.
    Error,
    /// Octroi starts and says so.
    Warning,
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// The file as a whole (something is missing).
    File,
    /// A line of the file, counted from 1.
    Line(usize),
    /// An environment variable.
    Variable(String),
}

/// One thing to mend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub severity: Severity,
    /// The configuration file.
    pub file: PathBuf,
    pub place: Place,
    /// The dotted path, such as `listener[0].bind`; empty for the file itself.
    pub key: String,
    pub what: String,
    pub fix: String,
}

impl Problem {
    /// The line of the file, when the problem has one.
    pub fn line(&self) -> Option<usize> {
        match self.place {
            Place::Line(line) => Some(line),
            Place::File | Place::Variable(_) => None,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::File => write!(f, "{}", self.file.display())?,
            Place::Line(line) => write!(f, "{}:{line}", self.file.display())?,
            Place::Variable(name) => write!(f, "${name}")?,
        }
        let severity = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        write!(f, ": {severity}: ")?;
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        write!(f, "{}\n    fix: {}", self.what, self.fix)
    }
}

/// Everything that was found, in the order of the file; what comes from the environment stands last.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.summary())]
pub struct Report {
    pub problems: Vec<Problem>,
}

impl Report {
    /// Sorted by place; problems of one place stay in the order in which they were found.
    pub(super) fn new(mut problems: Vec<Problem>) -> Self {
        problems.sort_by(|a, b| a.place.cmp(&b.place));
        Self { problems }
    }

    /// Whether anything forbids to start.
    pub fn has_errors(&self) -> bool {
        self.problems.iter().any(|p| p.severity == Severity::Error)
    }

    /// Every problem, then their number.
    fn summary(&self) -> String {
        let plural = if self.problems.len() == 1 { "" } else { "s" };
        let count = format!("{} problem{plural}", self.problems.len());
        let lines: Vec<String> = self.problems.iter().map(ToString::to_string).chain([count]).collect();
        lines.join("\n")
    }
}

/// Why a value is refused, before it is known where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub what: String,
    pub fix: String,
}

impl Fault {
    pub fn new(what: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { what: what.into(), fix: fix.into() }
    }
}
