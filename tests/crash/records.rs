//! What the database says after a restart, read directly and in one state: what the ledger is compared with, and the
//! sentences that must hold over every table whatever anybody remembers.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, ensure};
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{Executor as _, FromRow, PgConnection, SqliteConnection};

use crate::ledger::Counts;

/// A connection that only reads.
pub enum Reader {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

/// A session as stored.
#[derive(Debug)]
pub struct StoredSession {
    pub soi: String,
    pub ended: bool,
}

/// An authorization code as stored.
#[derive(Debug)]
pub struct StoredCode {
    pub grant: String,
    pub decision: String,
    pub consumed: bool,
}

/// One state of the database.
#[derive(Debug, Default)]
pub struct Records {
    /// By the hash of the cookie.
    pub sessions: BTreeMap<Vec<u8>, StoredSession>,
    /// By the hash of the code.
    pub codes: BTreeMap<Vec<u8>, StoredCode>,
    /// Whether each grant is revoked.
    pub grants: BTreeMap<String, bool>,
    /// The decision behind each access token, by its `jti`.
    pub issued: BTreeMap<String, String>,
    /// Employment by SOI.
    pub agents: BTreeMap<String, String>,
    /// Who has a password.
    pub passwords: BTreeMap<String, i64>,
    /// Attempts by the digest of what was typed.
    pub attempts: BTreeMap<Vec<u8>, i64>,
    /// Rows `agents.imported` by the reason that was given.
    pub imports: BTreeMap<String, i64>,
    pub counts: Counts,
    /// The newest row of the audit, and how many there are.
    pub audit: (i64, i64),
}

/// What no state may hold: each statement finds those who break the sentence.
const NEVER: &[(&str, &str)] = &[
    (
        "a session without exactly one login in the audit",
        "SELECT sid FROM session WHERE sid NOT IN (SELECT sid FROM audit WHERE act = 'login.succeeded' \
         GROUP BY sid HAVING count(*) = 1)",
    ),
    (
        "a login in the audit without its session",
        "SELECT sid FROM audit WHERE act = 'login.succeeded' AND sid NOT IN (SELECT sid FROM session)",
    ),
    (
        "a session that was ended at a page without exactly one row that says so",
        "SELECT sid FROM session WHERE end_reason IN ('logout', 'relogin') AND sid NOT IN \
         (SELECT sid FROM audit WHERE act = 'session.ended' GROUP BY sid HAVING count(*) = 1)",
    ),
    (
        "an end in the audit of a session that goes on",
        "SELECT sid FROM audit WHERE act = 'session.ended' AND sid NOT IN \
         (SELECT sid FROM session WHERE ended_at IS NOT NULL)",
    ),
    (
        "a code without exactly one decision",
        "SELECT decision FROM authorization_code WHERE decision NOT IN (SELECT reference FROM audit \
         WHERE act = 'access.decided' AND outcome = 'done' GROUP BY reference HAVING count(*) = 1)",
    ),
    (
        "a decision that allowed and left no code",
        "SELECT reference FROM audit WHERE act = 'access.decided' AND outcome = 'done' AND reference NOT IN \
         (SELECT decision FROM authorization_code)",
    ),
    (
        "a code that gave tokens twice",
        "SELECT reference FROM audit WHERE act = 'token.issued' GROUP BY reference HAVING count(*) > 1",
    ),
    (
        "a token issued twice under one jti",
        "SELECT detail ->> 'jti' FROM audit WHERE act = 'token.issued' GROUP BY detail ->> 'jti' HAVING count(*) > 1",
    ),
    (
        "a spent code without exactly one row that says what it was spent for",
        "SELECT decision FROM authorization_code WHERE consumed_at IS NOT NULL AND decision NOT IN \
         (SELECT reference FROM audit WHERE act = 'token.issued' OR (act = 'token.refused' \
         AND detail ->> 'why' <> 'the code was presented before') GROUP BY reference HAVING count(*) = 1)",
    ),
    (
        "a code that is not spent and was answered",
        "SELECT decision FROM authorization_code WHERE consumed_at IS NULL AND decision IN \
         (SELECT reference FROM audit WHERE act IN ('token.issued', 'token.refused'))",
    ),
    (
        "a grant revoked without a replay",
        "SELECT grant_id FROM application_grant WHERE revoked_at IS NOT NULL AND grant_id NOT IN \
         (SELECT detail ->> 'grant_id' FROM audit WHERE act = 'token.refused' \
         AND detail ->> 'why' = 'the code was presented before')",
    ),
    (
        "a replay that revoked nothing",
        "SELECT grant_id FROM application_grant WHERE revoked_at IS NULL AND grant_id IN \
         (SELECT detail ->> 'grant_id' FROM audit WHERE act = 'token.refused' \
         AND detail ->> 'why' = 'the code was presented before')",
    ),
    (
        "a password without exactly one activation",
        "SELECT soi FROM password WHERE soi NOT IN (SELECT subject_soi FROM audit WHERE act = 'agent.activated' \
         GROUP BY subject_soi HAVING count(*) = 1)",
    ),
    (
        "an activation without a password",
        "SELECT subject_soi FROM audit WHERE act = 'agent.activated' AND subject_soi NOT IN (SELECT soi FROM password)",
    ),
    (
        "a spent activation code without a password",
        "SELECT soi FROM activation_code WHERE consumed_at IS NOT NULL AND soi NOT IN (SELECT soi FROM password)",
    ),
    (
        "a password whose activation code is not spent",
        "SELECT soi FROM password WHERE soi NOT IN (SELECT soi FROM activation_code WHERE consumed_at IS NOT NULL)",
    ),
    (
        "an agent whom the audit did not add exactly once",
        "SELECT soi FROM agent WHERE soi NOT IN (SELECT subject_soi FROM audit WHERE act = 'agent.added' \
         GROUP BY subject_soi HAVING count(*) = 1)",
    ),
    (
        "an agent whom the audit added and who is not there",
        "SELECT subject_soi FROM audit WHERE act = 'agent.added' AND subject_soi NOT IN (SELECT soi FROM agent)",
    ),
    (
        "a suspended agent whom the audit did not suspend exactly once",
        "SELECT soi FROM agent WHERE employment = 'suspended' AND soi NOT IN (SELECT subject_soi FROM audit \
         WHERE act = 'agent.suspended' GROUP BY subject_soi HAVING count(*) = 1)",
    ),
    (
        "a suspension in the audit of somebody who is not suspended",
        "SELECT subject_soi FROM audit WHERE act = 'agent.suspended' AND subject_soi NOT IN \
         (SELECT soi FROM agent WHERE employment = 'suspended')",
    ),
    (
        "a live session of a suspended agent",
        "SELECT sid FROM session WHERE ended_at IS NULL AND soi IN \
         (SELECT soi FROM agent WHERE employment = 'suspended')",
    ),
];

impl Reader {
    /// Reads everything, and tells whoever breaks a sentence that must hold.
    pub async fn read(&mut self, findings: &mut Vec<String>) -> Result<Records> {
        self.execute("BEGIN").await?;
        if let Self::Postgres(connection) = self {
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY").await?;
        }
        for (sentence, offenders) in NEVER {
            let found: Vec<(String,)> =
                self.rows(offenders).await.with_context(|| format!("looking for {sentence}"))?;
            let found: Vec<String> = found.into_iter().map(|(name,)| name).collect();
            if !found.is_empty() {
                findings.push(format!("NEVER: {sentence}: {}", found.join(", ")));
            }
        }
        let records = self.records().await?;
        self.execute("COMMIT").await?;
        Ok(records)
    }

    /// How many rows of the audit are not younger than `seq`.
    pub async fn rows_until(&mut self, seq: i64) -> Result<i64> {
        let rows: Vec<(i64,)> = self.rows(&format!("SELECT count(*) FROM audit WHERE seq <= {seq}")).await?;
        Ok(rows.first().context("a count")?.0)
    }

    /// The engine's own opinion of its file.
    pub async fn check(&mut self) -> Result<()> {
        if let Self::Sqlite(_) = self {
            let integrity: Vec<(String,)> = self.rows("PRAGMA integrity_check").await?;
            ensure!(integrity == [("ok".to_owned(),)], "PRAGMA integrity_check: {integrity:?}");
            let orphans: Vec<(String,)> = self.rows("SELECT \"table\" FROM pragma_foreign_key_check").await?;
            ensure!(orphans.is_empty(), "PRAGMA foreign_key_check: {orphans:?}");
            return Ok(());
        }
        // Part of Debian's package; elsewhere perhaps not installed.
        const AVAILABLE: &str = "SELECT name::text FROM pg_available_extensions WHERE name = 'amcheck'";
        if self.rows::<(String,)>(AVAILABLE).await?.is_empty() {
            return Ok(());
        }
        self.execute("CREATE EXTENSION IF NOT EXISTS amcheck").await?;
        const INDEXES: &str = "SELECT bt_index_check(index => c.oid, heapallindexed => true)::text FROM pg_class c \
             JOIN pg_am m ON m.oid = c.relam WHERE m.amname = 'btree' AND c.relkind = 'i' \
             AND c.relnamespace = 'public'::regnamespace";
        self.rows::<(Option<String>,)>(INDEXES).await.context("bt_index_check")?;
        const TABLES: &str = "SELECT h.msg FROM pg_class c CROSS JOIN LATERAL verify_heapam(c.oid) h \
             WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace";
        let damaged: Vec<(String,)> = self.rows(TABLES).await.context("verify_heapam")?;
        ensure!(damaged.is_empty(), "verify_heapam: {damaged:?}");
        Ok(())
    }

    async fn records(&mut self) -> Result<Records> {
        let sessions: Vec<(Vec<u8>, String, Option<i64>)> =
            self.rows("SELECT cookie_hash, soi, ended_at FROM session").await?;
        let codes: Vec<(Vec<u8>, String, String, Option<i64>)> =
            self.rows("SELECT code_hash, grant_id, decision, consumed_at FROM authorization_code").await?;
        let grants: Vec<(String, Option<i64>)> =
            self.rows("SELECT grant_id, revoked_at FROM application_grant").await?;
        const COUNTS: &str = "SELECT act, coalesce(subject_soi, ''), count(*) FROM audit GROUP BY act, subject_soi";
        let counts: Vec<(String, String, i64)> = self.rows(COUNTS).await?;
        const IMPORTS: &str = "SELECT coalesce(detail ->> 'reason', ''), count(*) FROM audit \
                               WHERE act = 'agents.imported' GROUP BY detail ->> 'reason'";
        // Those of browsers that nobody knows.
        const STRANGERS: &str = "SELECT identifier_key, attempts FROM throttle WHERE length(browser) = 0";
        let issued = "SELECT detail ->> 'jti', reference FROM audit WHERE act = 'token.issued'";
        let newest: Vec<(i64, i64)> = self.rows("SELECT coalesce(max(seq), 0), count(*) FROM audit").await?;
        Ok(Records {
            sessions: sessions
                .into_iter()
                .map(|(hash, soi, ended)| (hash, StoredSession { soi, ended: ended.is_some() }))
                .collect(),
            codes: codes
                .into_iter()
                .map(|(hash, grant, decision, consumed)| {
                    (hash, StoredCode { grant, decision, consumed: consumed.is_some() })
                })
                .collect(),
            grants: grants.into_iter().map(|(grant, revoked)| (grant, revoked.is_some())).collect(),
            issued: self.rows(issued).await?.into_iter().collect(),
            agents: self.rows("SELECT soi, employment FROM agent").await?.into_iter().collect(),
            passwords: self.rows("SELECT soi, changed_at FROM password").await?.into_iter().collect(),
            attempts: self.rows(STRANGERS).await?.into_iter().collect(),
            imports: self.rows(IMPORTS).await?.into_iter().collect(),
            counts: counts
                .into_iter()
                .map(|(act, subject, rows)| ((act, subject), u64::try_from(rows).unwrap_or_default()))
                .collect(),
            audit: newest.first().copied().context("the audit")?,
        })
    }

    async fn execute(&mut self, statement: &'static str) -> Result<()> {
        match self {
            Self::Sqlite(connection) => connection.execute(statement).await.map(drop)?,
            Self::Postgres(connection) => connection.execute(statement).await.map(drop)?,
        }
        Ok(())
    }

    /// One text for both engines.
    async fn rows<T>(&mut self, statement: &str) -> Result<Vec<T>, sqlx::Error>
    where
        T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin,
    {
        let statement = sqlx::AssertSqlSafe(statement.to_owned());
        match self {
            Self::Sqlite(connection) => sqlx::query_as(statement).fetch_all(connection).await,
            Self::Postgres(connection) => sqlx::query_as(statement).fetch_all(connection).await,
        }
    }
}
