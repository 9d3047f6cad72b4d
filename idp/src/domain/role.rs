//! Administrative roles, stored and audited; what each may do is decided where it is used.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A role that an agent can hold beside their work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Administrator of the IT department.
    Dsin,
    /// Human resources.
    Hr,
    Helpdesk,
    Auditor,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 4] = [Self::Dsin, Self::Hr, Self::Helpdesk, Self::Auditor];

    /// The stored word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Dsin => "dsin",
            Self::Hr => "hr",
            Self::Helpdesk => "helpdesk",
            Self::Auditor => "auditor",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that names no role.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a role (dsin, hr, helpdesk or auditor)")]
pub struct UnknownRole(pub String);

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        Self::ALL.into_iter().find(|r| r.as_str() == text).ok_or_else(|| UnknownRole(text.chars().take(32).collect()))
    }
}
