//! Bringing a database to this binary's schema, and saying plainly when it is older, newer or empty.

use sqlx::SqliteConnection;
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::postgres::PgPoolOptions;
use sqlx::sqlite::SqlitePoolOptions;

use super::error::Cause;
use super::{Store, StoreError};

static SQLITE: Migrator = sqlx::migrate!("../migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("../migrations/postgres");

/// The state of a database's schema beside what this binary knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Schema {
    /// No migration has run.
    Empty,
    Older {
        found: i64,
        known: i64,
    },
    Current,
    Newer {
        found: i64,
        known: i64,
    },
}

impl Store {
    /// Reads the schema's state; changes nothing.
    pub async fn schema(&self) -> Result<Schema, StoreError> {
        let known = self.migrator().iter().map(|m| m.version).max().unwrap_or(0);
        let found = match self {
            Self::Sqlite { writer, .. } => {
                let mut writer = writer.alone().await?;
                let table: i64 = sqlx::query_scalar(SQLITE_HAS_TABLE).fetch_one(&mut *writer).await?;
                if table == 0 { None } else { sqlx::query_scalar(NEWEST).fetch_one(&mut *writer).await? }
            }
            Self::Postgres(pool) => {
                let table: bool = sqlx::query_scalar(POSTGRES_HAS_TABLE).fetch_one(pool).await?;
                if table { sqlx::query_scalar(NEWEST).fetch_one(pool).await? } else { None }
            }
        };
        Ok(match found {
            None => Schema::Empty,
            Some(found) if found < known => Schema::Older { found, known },
            Some(found) if found > known => Schema::Newer { found, known },
            Some(_) => Schema::Current,
        })
    }

    /// Fails unless the schema is this binary's own.
    pub async fn require_current_schema(&self) -> Result<(), StoreError> {
        let known = self.migrator().iter().map(|m| m.version).max().unwrap_or(0);
        match self.schema().await? {
            Schema::Current => Ok(()),
            Schema::Empty => Err(StoreError::SchemaTooOld { found: 0, known }),
            Schema::Older { found, known } => Err(StoreError::SchemaTooOld { found, known }),
            Schema::Newer { found, known } => Err(StoreError::SchemaTooNew { found, known }),
        }
    }

    /// Runs the migrations that are due. A newer database is left untouched.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        let mut before = self.schema().await?;
        loop {
            if let Schema::Newer { found, known } = before {
                return Err(StoreError::SchemaTooNew { found, known });
            }
            let Err(error) = self.run_migrations().await else { return Ok(()) };
            // Two first starts at once: the other one was faster (SQLite has no lock for this, but one transaction each),
            // and may not be through yet. Behind each step of the other one we go on.
            match self.schema().await {
                Ok(Schema::Current) => return Ok(()),
                Ok(now) if now != before => before = now,
                _ => return Err(migration_failed(error)),
            }
        }
    }

    async fn run_migrations(&self) -> Result<(), MigrateError> {
        match self {
            Self::Sqlite { writer, .. } => {
                let own = SqlitePoolOptions::new().max_connections(1).connect_lazy_with(writer.options().clone());
                let outcome = SQLITE.run(&own).await;
                own.close().await;
                outcome
            }
            Self::Postgres(pool) => {
                // Who comes second waits until the other one has finished, however long that takes.
                let patient = pool.connect_options().as_ref().clone().options([("lock_timeout", "0")]);
                let patient = PgPoolOptions::new().max_connections(1).connect_lazy_with(patient);
                let outcome = POSTGRES.run(&patient).await;
                patient.close().await;
                outcome
            }
        }
    }

    /// Whether this is the embedded engine, which a server migrates by itself.
    pub const fn is_embedded(&self) -> bool {
        matches!(self, Self::Sqlite { .. })
    }

    fn migrator(&self) -> &'static Migrator {
        if self.is_embedded() { &SQLITE } else { &POSTGRES }
    }
}

/// Whose database a file of the embedded engine is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lineage {
    /// Ours, with this schema.
    Known(i64),
    Newer {
        found: i64,
        known: i64,
    },
    /// The first of our migrations never ran in it.
    Foreign,
}

/// Reads whose database this is: ours remembers our first migration by number and content.
pub(super) async fn lineage(connection: &mut SqliteConnection) -> Result<Lineage, sqlx::Error> {
    let table: i64 = sqlx::query_scalar(SQLITE_HAS_TABLE).fetch_one(&mut *connection).await?;
    let Some(first) = SQLITE.iter().next().filter(|_| table > 0) else { return Ok(Lineage::Foreign) };
    let is_ours: i64 =
        sqlx::query_scalar(RAN).bind(first.version).bind(first.checksum.as_ref()).fetch_one(&mut *connection).await?;
    if is_ours == 0 {
        return Ok(Lineage::Foreign);
    }
    let known = SQLITE.iter().map(|m| m.version).max().unwrap_or(0);
    let found: i64 = sqlx::query_scalar(NEWEST).fetch_one(connection).await?;
    Ok(if found > known { Lineage::Newer { found, known } } else { Lineage::Known(found) })
}

fn migration_failed(error: MigrateError) -> StoreError {
    match error {
        MigrateError::Execute(error) => StoreError::from(error),
        other => StoreError::Unavailable(Cause::Migration, Some(sqlx::Error::Migrate(Box::new(other)))),
    }
}

const SQLITE_HAS_TABLE: &str = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = '_sqlx_migrations'";
const POSTGRES_HAS_TABLE: &str = "SELECT to_regclass('_sqlx_migrations') IS NOT NULL";
const RAN: &str = "SELECT count(*) FROM _sqlx_migrations WHERE version = $1 AND checksum = $2";
const NEWEST: &str = "SELECT max(version) FROM _sqlx_migrations";
