//! What can go wrong in storage, told apart by what the caller can do about it.

use std::str::FromStr;

use sqlx::error::ErrorKind;

/// A storage failure. Absence is not one: functions named `find_…` return `Option`.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A rule of the schema was broken; the caller turns it into a domain answer by name.
    #[error("the database refused: {0}")]
    Conflict(Constraint),
    /// Somebody else holds the database; trying again may help.
    #[error("the database is busy (locked by another process for longer than `database.busy_timeout`)")]
    Busy,
    /// It cannot be used now.
    #[error("the database is unavailable: {0}")]
    Unavailable(Cause, #[source] Option<sqlx::Error>),
    /// A stored value is not of our writing.
    #[error("table {table} holds a value in column {column} that this version does not understand")]
    Corrupt { table: &'static str, column: &'static str },
    /// The database was written by a later version.
    #[error(
        "the database has schema {found}, this binary knows up to {known}: use the newer octroi, or restore a backup made before"
    )]
    SchemaTooNew { found: i64, known: i64 },
    /// Migrations are due and were not asked for.
    #[error("the database has schema {found}, this binary needs {known}: run `octroi migrate`")]
    SchemaTooOld { found: i64, known: i64 },
}

/// Why the database is unavailable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Cause {
    #[error("there is no such file or directory, or it may not be opened")]
    Absent,
    #[error("it is read-only")]
    ReadOnly,
    #[error("the disk is full")]
    Full,
    #[error("the file is damaged or is not a database")]
    Damaged,
    #[error("it does not answer")]
    Connection,
    #[error("it refused the user or the password")]
    Login,
    #[error("a migration failed")]
    Migration,
    #[error("a statement failed and the work went on as if it had not: nothing was kept")]
    Unfinished,
    #[error("an unexpected answer")]
    Other,
}

/// Constraints that callers tell apart, mapped from index names here and nowhere else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Constraint {
    #[error("there is already an agent with this SOI")]
    AgentSoi,
    #[error("there is already an application with this client_id")]
    ApplicationClientId,
    #[error("a row that this one names does not exist")]
    Reference,
    #[error("a value that must be unique exists already")]
    Unique,
    #[error("a value is outside its set")]
    Check,
}

impl StoreError {
    /// Whether the same work, run again, may well succeed (PostgreSQL: serialization failure, deadlock).
    pub(super) fn is_worth_a_retry(error: &sqlx::Error) -> bool {
        error
            .as_database_error()
            .and_then(sqlx::error::DatabaseError::code)
            .is_some_and(|code| matches!(code.as_ref(), "40001" | "40P01"))
    }

    /// Whether SQLite refused a ROLLBACK because there is no transaction (it has no code of its own for this).
    pub(super) fn is_outside_transaction(error: &sqlx::Error) -> bool {
        error.as_database_error().and_then(sqlx::error::DatabaseError::code).is_some_and(|code| code == "1")
    }

    /// Whether the connection itself went away.
    pub(super) fn is_cut(error: &sqlx::Error) -> bool {
        match error {
            sqlx::Error::Io(_) | sqlx::Error::WorkerCrashed => true,
            sqlx::Error::Database(db) => db.code().is_some_and(|c| matches!(c.as_ref(), "25P03" | "57P01" | "57P02")),
            _ => false,
        }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(db) => match db.kind() {
                ErrorKind::UniqueViolation => Self::Conflict(unique(db.constraint(), db.message())),
                ErrorKind::ForeignKeyViolation => Self::Conflict(Constraint::Reference),
                ErrorKind::CheckViolation | ErrorKind::NotNullViolation => Self::Conflict(Constraint::Check),
                _ => {
                    let code = db.code().unwrap_or_default().into_owned();
                    by_code(&code, error)
                }
            },
            sqlx::Error::PoolTimedOut => Self::Busy,
            sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => {
                Self::Unavailable(Cause::Connection, Some(error))
            }
            _ => Self::Unavailable(Cause::Other, Some(error)),
        }
    }
}

/// SQLite's result codes are short decimal numbers (the low byte is the primary code); SQLSTATE has five characters.
fn by_code(code: &str, error: sqlx::Error) -> StoreError {
    let cause = match code {
        "53100" => Cause::Full,
        "25006" => Cause::ReadOnly,
        "28000" | "28P01" => Cause::Login,
        "3D000" => Cause::Absent,
        "25P03" | "57P01" | "57P02" | "57P03" => Cause::Connection,
        "55P03" | "53300" => return StoreError::Busy,
        _ if code.len() < 5 => match code.parse::<i64>().unwrap_or(0) & 0xff {
            5 | 6 => return StoreError::Busy,
            8 => Cause::ReadOnly,
            11 | 26 => Cause::Damaged,
            13 => Cause::Full,
            14 => Cause::Absent,
            _ => Cause::Other,
        },
        _ => Cause::Other,
    };
    StoreError::Unavailable(cause, Some(error))
}

/// PostgreSQL names the constraint, SQLite the columns.
fn unique(constraint: Option<&str>, message: &str) -> Constraint {
    match constraint {
        Some("agent_pkey") => Constraint::AgentSoi,
        Some("application_pkey") => Constraint::ApplicationClientId,
        None if message.ends_with("agent.soi") => Constraint::AgentSoi,
        None if message.ends_with("application.client_id") => Constraint::ApplicationClientId,
        _ => Constraint::Unique,
    }
}

/// Parses a stored word; what cannot be parsed is corrupt.
pub(crate) fn stored<T: FromStr>(table: &'static str, column: &'static str, text: &str) -> Result<T, StoreError> {
    text.parse().map_err(|_| StoreError::Corrupt { table, column })
}
