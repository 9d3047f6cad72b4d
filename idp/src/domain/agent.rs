//! The agent: the person behind one SOI, as HR knows them.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::ids::Sub;
use super::reason::Reason;
use super::role::Roles;
use super::soi::Soi;
use super::time::Timestamp;

/// HR's word on the employment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Employment {
    /// Works here.
    Active,
    /// Set aside for a time.
    Suspended,
    /// Gone; the SOI stays reserved for ever.
    Left,
}

impl Employment {
    /// The stored and imported word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Left => "left",
        }
    }
}

impl fmt::Display for Employment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that names no employment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an employment (active, suspended or left)")]
pub struct UnknownEmployment(pub String);

impl FromStr for Employment {
    type Err = UnknownEmployment;

    fn from_str(text: &str) -> Result<Self, UnknownEmployment> {
        match text {
            "active" => Ok(Self::Active),
            "suspended" => Ok(Self::Suspended),
            "left" => Ok(Self::Left),
            other => Err(UnknownEmployment(other.chars().take(32).collect())),
        }
    }
}

/// What HR provides about an agent: everything that an import or an administrator may set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentRecord {
    /// The identifier, normalised.
    pub soi: Soi,
    pub given_name: String,
    pub family_name: String,
    /// Work e-mail.
    pub email: String,
    pub recovery_email: Option<String>,
    pub mobile: Option<String>,
    pub department: Option<String>,
    pub position: Option<String>,
    /// The manager's SOI.
    pub manager: Option<Soi>,
    pub employment: Employment,
    /// First day of employment.
    pub start_date: Option<Date>,
    /// Last day of employment (inclusive).
    pub end_date: Option<Date>,
}

/// An agent as stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agent {
    /// `sub` in tokens.
    pub sub: Sub,
    #[serde(flatten)]
    pub record: AgentRecord,
    /// What they hold beside their work.
    #[serde(default)]
    pub roles: Roles,
    /// Somebody who works has this agent as manager.
    #[serde(default)]
    pub is_manager: bool,
    /// Grows with each change: decisions cite it.
    pub version: i64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl Agent {
    /// Administrators and managers: their account opens more than their own work.
    pub fn is_privileged(&self) -> bool {
        self.is_manager || !self.roles.is_empty()
    }

    /// Whether this agent may work today (a civil date in the City's time zone).
    pub fn standing(&self, today: Date) -> Standing {
        self.record.standing(today)
    }
}

impl AgentRecord {
    /// Whether this agent may work today.
    pub fn standing(&self, today: Date) -> Standing {
        match self.employment {
            Employment::Left => Standing::Left,
            Employment::Suspended => Standing::Suspended,
            Employment::Active if self.start_date.is_some_and(|start| today < start) => Standing::NotStarted,
            Employment::Active if self.end_date.is_some_and(|end| today > end) => Standing::Ended,
            Employment::Active => Standing::Active,
        }
    }

    /// "Given Family".
    pub fn full_name(&self) -> String {
        format!("{} {}", self.given_name, self.family_name)
    }
}

/// Employment and dates together, on one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    Active,
    NotStarted,
    Suspended,
    Left,
    Ended,
}

impl Standing {
    /// The reason for refusal, unless active.
    pub const fn refusal(self) -> Option<Reason> {
        match self {
            Self::Active => None,
            Self::NotStarted => Some(Reason::AccountNotStarted),
            Self::Suspended => Some(Reason::AccountSuspended),
            Self::Left => Some(Reason::AccountLeft),
            Self::Ended => Some(Reason::AccountEnded),
        }
    }
}

/// An agent like every other, for the tests of rules about agents.
#[cfg(test)]
pub(crate) fn sample() -> Agent {
    let at = Timestamp::from_seconds(0);
    let record = tests::record(Employment::Active, None, None);
    Agent {
        sub: Sub::new("sub"),
        record,
        roles: Roles::default(),
        is_manager: false,
        version: 1,
        created_at: at,
        updated_at: at,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn record(employment: Employment, start: Option<&str>, end: Option<&str>) -> AgentRecord {
        AgentRecord {
            soi: Soi::from_stored("100001".into()),
            given_name: "Inès".into(),
            family_name: "Marchand".into(),
            email: "ines.marchand@ville.example".into(),
            recovery_email: None,
            mobile: None,
            department: None,
            position: None,
            manager: None,
            employment,
            start_date: start.map(|d| d.parse().unwrap()),
            end_date: end.map(|d| d.parse().unwrap()),
        }
    }

    #[test]
    fn an_employment_holds_from_its_first_to_its_last_day_inclusive() {
        let r = record(Employment::Active, Some("2026-03-02"), Some("2026-08-31"));
        for (day, standing) in [
            ("2026-03-01", Standing::NotStarted),
            ("2026-03-02", Standing::Active),
            ("2026-08-31", Standing::Active),
            ("2026-09-01", Standing::Ended),
        ] {
            assert_eq!(r.standing(day.parse().unwrap()), standing, "{day}");
        }
    }

    #[test]
    fn suspended_and_left_win_over_dates() {
        let day = "2026-05-05".parse().unwrap();
        assert_eq!(record(Employment::Suspended, None, None).standing(day), Standing::Suspended);
        assert_eq!(record(Employment::Left, None, None).standing(day).refusal(), Some(Reason::AccountLeft));
    }
}
