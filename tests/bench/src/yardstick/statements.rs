//! The SQL of one whole login, alone: the statements that Octroi sends, in its transactions, one login after the other, on
//! the same kind of file with the same settings (WAL, `synchronous=FULL`).
//!
//! The texts are Octroi's own ([`octroi_idp::storage::every_statement`]); which of them a login sends, and in which
//! transaction, is written here and has to follow `login/password.rs`, `login/session.rs`, `oauth/authorize/decision.rs`
//! and `oauth/token/authorization_code.rs`.

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context as _, ensure};
use octroi_idp::domain::time::Clock;
use octroi_idp::storage::every_statement;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection};

use self::Value::{Blob, Int, Null, Text};
use super::{Loop, Timer};

const SCOPE: &str = "email openid profile";
const AMR: &str = r#"["pwd"]"#;
const ACR: &str = "eidas1";
const ZONE: &str = "internal";
const DAY: i64 = 24 * 3600 * 1000;
const TWO_HOURS: i64 = 2 * 3600 * 1000;

/// What is bound to a placeholder.
#[derive(Clone, Copy)]
enum Value<'a> {
    Text(&'a str),
    Blob(&'a [u8]),
    Int(i64),
    Null,
}

/// A statement, by its file in `idp/src/storage` and its name there, with its values.
type Statement<'a> = (&'static str, &'static str, Vec<Value<'a>>);

pub async fn run(database: &Path, client_id: &str, seconds: u64) -> anyhow::Result<Loop> {
    let texts: HashMap<_, _> = every_statement().into_iter().map(|(file, name, sql)| ((file, name), sql)).collect();
    let clock = Clock::system();
    let mut connection = SqliteConnectOptions::new()
        .filename(database)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .connect()
        .await?;
    let agents: Vec<(String,)> =
        sqlx::query_as("SELECT soi FROM password ORDER BY soi LIMIT 400").fetch_all(&mut connection).await?;
    ensure!(!agents.is_empty(), "no agent with a password in the database");
    let begun = clock.now().millis();
    let (timer, mut rounds) = (Timer::start(seconds)?, 0_u32);
    for (soi,) in agents.iter().cycle() {
        if timer.is_over() {
            break;
        }
        rounds += 1;
        // As long as Octroi's ids and hashes, and different in every run.
        let (id, hash) = (format!("{begun:016}-{rounds:019}"), format!("{begun:016}{rounds:016}"));
        let login = Login { soi, client_id, id: &id, hash: hash.as_bytes(), at: clock.now().millis() };
        for (begin, statements) in login.transactions() {
            let mut transaction = connection.begin_with(begin).await?;
            for (file, name, values) in statements {
                let sql = texts.get(&(file, name));
                let sql = sql.with_context(|| format!("storage/{file}.rs has no statement {name} any more"))?;
                let sent = send(&mut transaction, sql, values).await;
                sent.with_context(|| format!("the statement {name} of storage/{file}.rs"))?;
            }
            transaction.commit().await?;
        }
    }
    timer.stop(rounds)
}

async fn send(connection: &mut SqliteConnection, sql: &'static str, values: Vec<Value<'_>>) -> sqlx::Result<()> {
    let mut query = sqlx::query(sql);
    for value in values {
        query = match value {
            Text(text) => query.bind(text.to_owned()),
            Blob(bytes) => query.bind(bytes.to_vec()),
            Int(number) => query.bind(number),
            Null => query.bind(None::<String>),
        };
    }
    query.fetch_all(connection).await.map(drop)
}

struct Login<'a> {
    soi: &'a str,
    client_id: &'a str,
    /// Of session, grant and decision: each has its own table.
    id: &'a str,
    /// Of cookie, code and throttle key.
    hash: &'a [u8],
    at: i64,
}

impl<'a> Login<'a> {
    fn transactions(&self) -> [(&'static str, Vec<Statement<'a>>); 5] {
        let Self { soi, client_id, id, hash, at } = *self;
        let attempt = vec![("throttle", "TAKE", self.take()), ("standing", "OF_AGENT", vec![Text(soi)])];
        let begin = vec![
            ("standing", "OF_AGENT", vec![Text(soi)]),
            ("throttle", "SUCCEED", vec![Blob(hash), Text(ZONE), Blob(&[]), Int(TWO_HOURS), Int(TWO_HOURS + DAY)]),
            ("sessions", "INSERT", vec![Text(id), Blob(hash), Text(soi), Text(ZONE), Text(ACR), Text(AMR), Int(at)]),
            self.audit("login.succeeded", ("agent", soi), r#"{"acr":"eidas1","amr":["pwd"]}"#),
        ];
        let look_up = vec![("standing", "OF_COOKIE", vec![Blob(hash)])];
        let decide = vec![
            ("standing", "OF_SESSION", vec![Text(id)]),
            self.audit("access.decided", ("agent", soi), CASE),
            ("grants", "OBTAIN", vec![Text(id), Text(id), Text(client_id), Text(soi), Int(at)]),
            ("codes", "INSERT", self.code()),
        ];
        let redeem = vec![
            ("codes", "CONSUME", vec![Blob(hash), Int(at)]),
            ("standing", "OF_GRANT", vec![Text(id)]),
            self.audit("token.issued", ("application", client_id), ISSUED),
        ];
        let (write, read) = ("BEGIN IMMEDIATE", "BEGIN");
        [(write, attempt), (write, begin), (read, look_up), (write, decide), (write, redeem)]
    }

    /// An attempt in a browser that nobody knows, from a network.
    fn take(&self) -> Vec<Value<'a>> {
        let Self { hash, at, .. } = *self;
        vec![Blob(hash), Text(ZONE), Blob(&[]), Int(at), Int(at + TWO_HOURS), Blob(hash), Int(at - DAY), Int(TWO_HOURS)]
    }

    /// The columns of `authorization_code`, in the order of the statement.
    fn code(&self) -> Vec<Value<'a>> {
        let Self { soi, client_id, id, hash, at } = *self;
        vec![
            Blob(hash),
            Text(id),
            Text(client_id),
            Text(id),
            Text(soi),
            Text("http://127.0.0.1:9/callback"),
            Text("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
            Text("8nYb0ZJ3mQ1n0Xq5nO1cSx1xk9JvM3yQm2z6sQ0vYqA"),
            Text(SCOPE),
            Text(ACR),
            Text(AMR),
            Int(at),
            Text(ZONE),
            Int(at),
            Int(at + DAY),
            Text(id),
            Int(at),
            Int(at + 60_000),
        ]
    }

    fn audit(&self, act: &'a str, (kind, actor): (&'a str, &'a str), detail: &'a str) -> Statement<'a> {
        let Self { soi, client_id, id, at, .. } = *self;
        let values = vec![
            Int(at),
            Text(act),
            Text("done"),
            Null,
            Text(kind),
            Text(actor),
            Text(soi),
            Text(client_id),
            Text(id),
            Text(id),
            Text(ZONE),
            Text("127.0.0.1"),
            Text("Firefox"),
            Text(id),
            Text(detail),
        ];
        ("audit", "APPEND", values)
    }
}

/// As large as the case that `access.decided` keeps.
const CASE: &str = r#"{"case":{"version":1,"agent":{"soi":"200000","version":1,"standing":"active","department":"40","second_factor_everywhere":false},"application":{"client_id":"bench","version":1,"zones":["internal","nomades"],"departments":[],"disabled":false,"min_acr":null,"waiver_possible":false},"zone":"internal","authentication":{"acr":"eidas1","amr":["pwd"]},"password":{"expired":false,"compromised":false},"profile":"none","charter":"unmet","waiver":null,"brake":false,"preview_nomades":false,"at":"2026-01-01T00:00:00Z"},"decision":"Allow"}"#;
const ISSUED: &str = r#"{"grant_type":"authorization_code","grant_id":"11111111-1111-4111-8111-111111111111","jti":"11111111-1111-4111-8111-111111111111","scope":"email openid profile","network_zone":"internal"}"#;
