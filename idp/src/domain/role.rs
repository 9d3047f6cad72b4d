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

    const fn bit(self) -> u8 {
        match self {
            Self::Dsin => 1,
            Self::Hr => 2,
            Self::Helpdesk => 4,
            Self::Auditor => 8,
        }
    }

    /// What it adds to the sum by which a statement tells all roles of an agent in one number (`storage/agents.rs`).
    pub fn weight(self) -> i64 {
        i64::from(self.bit())
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The roles of one agent. Small enough to come along wherever the agent does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<Role>", into = "Vec<Role>")]
pub struct Roles(u8);

impl Roles {
    /// From the stored sum of [`Role::weight`]s.
    pub fn from_weights(sum: i64) -> Self {
        Role::ALL.into_iter().filter(|role| sum & role.weight() != 0).collect()
    }

    /// Whether nothing is held.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether this role is held.
    pub fn contains(self, role: Role) -> bool {
        i64::from(self.0) & role.weight() != 0
    }

    /// The roles, in the order of [`Role::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Role> {
        Role::ALL.into_iter().filter(move |role| self.contains(*role))
    }
}

impl FromIterator<Role> for Roles {
    fn from_iter<I: IntoIterator<Item = Role>>(roles: I) -> Self {
        Self(roles.into_iter().fold(0, |held, role| held | role.bit()))
    }
}

impl From<Vec<Role>> for Roles {
    fn from(roles: Vec<Role>) -> Self {
        roles.into_iter().collect()
    }
}

impl From<Roles> for Vec<Role> {
    fn from(roles: Roles) -> Self {
        roles.iter().collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_told_apart_in_one_number() {
        for held in [&[][..], &[Role::Hr], &[Role::Dsin, Role::Auditor], &Role::ALL] {
            let sum = held.iter().map(|role| role.weight()).sum();
            let roles = Roles::from_weights(sum);
            assert_eq!(roles, held.iter().copied().collect());
            assert!(Role::ALL.iter().all(|role| roles.contains(*role) == held.contains(role)));
            assert_eq!(roles.is_empty(), held.is_empty());
        }
        let json = serde_json::to_string(&Roles::from_weights(5)).unwrap();
        assert_eq!(json, r#"["dsin","helpdesk"]"#);
        assert_eq!(serde_json::from_str::<Roles>(&json).unwrap(), Roles::from_weights(5));
    }
}
