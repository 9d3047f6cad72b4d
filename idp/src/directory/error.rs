//! Why an act was not done, in sentences that say what to do. No secret ever stands in one.

use std::fmt;

use crate::domain::reason::Reason;
use crate::domain::soi::SoiError;
use crate::storage::StoreError;

/// Why an act was not done.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// `what` is "agent", "application", "factor" or "message".
    #[error("there is no {what} {name}")]
    NotFound { what: &'static str, name: String },
    /// It exists already, or somebody else changed it meanwhile.
    #[error("{message}")]
    Conflict { message: String },
    /// What was given cannot be; every problem is told.
    #[error("{}", spelled(.0))]
    Invalid(Vec<FieldProblem>),
    /// A rule forbids it.
    #[error("{message}")]
    Refused { refusal: Refusal, message: String },
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A decided import could not be written to its end; it will be.
    #[error("{message}")]
    Unfinished {
        message: String,
        #[source]
        error: StoreError,
    },
}

impl DirectoryError {
    pub(super) fn no_agent(soi: impl fmt::Display) -> Self {
        Self::NotFound { what: "agent", name: soi.to_string() }
    }

    pub(super) fn no_application(client_id: impl fmt::Display) -> Self {
        Self::NotFound { what: "application", name: client_id.to_string() }
    }

    pub(super) fn changed_meanwhile(name: impl fmt::Display) -> Self {
        Self::Conflict {
            message: format!("{name} was changed by somebody else at the same moment; look again and retry"),
        }
    }

    pub(super) fn by_rule(rule: Rule, message: impl Into<String>) -> Self {
        Self::Refused { refusal: Refusal::Rule(rule), message: message.into() }
    }

    pub(super) fn by_reason(reason: Reason, message: impl Into<String>) -> Self {
        Self::Refused { refusal: Refusal::Reason(reason), message: message.into() }
    }
}

impl From<FieldProblem> for DirectoryError {
    fn from(problem: FieldProblem) -> Self {
        Self::Invalid(vec![problem])
    }
}

/// What forbids an act: a reason of the catalogue, which pages show too, or a rule of administration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    Reason(Reason),
    Rule(Rule),
}

impl Refusal {
    /// The stable code, printed by the command line.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Reason(reason) => reason.code(),
            Self::Rule(rule) => rule.code(),
        }
    }
}

/// Rules that concern administrators only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// Lines of an import are wrong and nobody said to skip them.
    ImportBadLines,
    /// A full import would make more than one agent in ten a leaver.
    ImportTooManyLeavers,
    /// In a full import a line whose SOI cannot be read would make its agent a leaver.
    ImportUnreadableSoi,
    /// A public application has no secret to rotate.
    ApplicationPublic,
    /// An activation code is for who never had a password.
    PasswordChosen,
    /// The code of an administrator takes two people.
    SecondPerson,
    /// A message that was sent is not sent again.
    MessageSent,
    /// A message's text is forgotten when it has expired.
    MessageExpired,
    /// A server is sending the message at this moment.
    MessageUnderWay,
}

impl Rule {
    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::ImportBadLines => "import.bad_lines",
            Self::ImportTooManyLeavers => "import.too_many_leavers",
            Self::ImportUnreadableSoi => "import.unreadable_soi",
            Self::ApplicationPublic => "application.public",
            Self::PasswordChosen => "password.chosen",
            Self::SecondPerson => "reset.second_person",
            Self::MessageSent => "outbox.sent",
            Self::MessageExpired => "outbox.expired",
            Self::MessageUnderWay => "outbox.under_way",
        }
    }
}

/// What is wrong with one field, and how to mend it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldProblem {
    /// As the CSV header names it.
    pub field: &'static str,
    pub what: String,
    pub fix: String,
}

impl FieldProblem {
    pub fn new(field: &'static str, what: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { field, what: what.into(), fix: fix.into() }
    }

    pub(super) fn soi(field: &'static str, error: &SoiError) -> Self {
        Self::new(field, error.to_string(), "give the identifier that HR assigned (syntax: identity.soi_pattern)")
    }
}

impl fmt::Display for FieldProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; {}", self.field, self.what, self.fix)
    }
}

fn spelled(problems: &[FieldProblem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}
