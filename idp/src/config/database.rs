//! `[database]`: SQLite in a file, or PostgreSQL. A password never stands in the URL.

use std::path::PathBuf;
use std::time::Duration;

use url::Url;

use super::problem::Fault;
use super::reader::Reader;
use super::secret;
use super::section::Section;
use crate::domain::secret::PlainToken;

/// The section, checked.
#[derive(Debug, Clone)]
pub struct DatabaseConfig {
    pub target: DatabaseTarget,
    /// Connections that only read.
    pub read_connections: u32,
    /// Connections of the PostgreSQL pool that write; SQLite has one writer.
    pub write_connections: u32,
    /// How long a statement waits for a lock or a connection.
    pub busy_timeout: Duration,
}

/// Which engine, and where.
#[derive(Debug, Clone)]
pub enum DatabaseTarget {
    Sqlite {
        file: PathBuf,
    },
    Postgres {
        /// Without a password.
        url: String,
        password: Option<PlainToken>,
    },
}

enum Address {
    File(PathBuf),
    Server(String),
}

pub(super) fn read(section: &Section<'_>) -> Option<DatabaseConfig> {
    let url = section.text("url", "sqlite:octroi.db");
    let address = section.judge("url", parse_url(section.reader, &url));
    let password = secret::optional_password(section, "password");
    let read_connections = section.integer("read_connections", 4, 1..=64);
    let write_connections = section.integer("write_connections", 8, 1..=256);
    let limits = Duration::from_millis(100)..=Duration::from_mins(1);
    let busy_timeout = section.duration("busy_timeout", Duration::from_secs(5), limits);
    if matches!(address, Some(Address::File(_))) {
        report_what_sqlite_has_not(section);
    }
    let target = match address? {
        Address::File(file) => DatabaseTarget::Sqlite { file },
        Address::Server(url) => DatabaseTarget::Postgres { url, password },
    };
    Some(DatabaseConfig { target, read_connections, write_connections, busy_timeout })
}

fn report_what_sqlite_has_not(section: &Section<'_>) {
    if section.reader.is_set("database.password") {
        let fault = Fault::new("SQLite has no password", "remove it, or name a PostgreSQL server in database.url");
        section.contradiction(&["password", "url"], fault);
    }
    if section.reader.is_set("database.write_connections") {
        section.warning("write_connections", Fault::new("SQLite has one writer: this changes nothing", "remove it"));
    }
}

/// The faults never repeat the URL: it may hold the very password that has no business there.
fn parse_url(reader: &Reader, text: &str) -> Result<Address, Fault> {
    const FIX: &str = "write \"sqlite:FILE\" or \"postgres://USER@HOST:PORT/DATABASE\"";
    if let Some(file) = text.strip_prefix("sqlite:") {
        let file = file.strip_prefix("//").unwrap_or(file);
        return match file {
            "" => Err(Fault::new("the name of the SQLite file is missing", FIX)),
            ":memory:" => Err(Fault::new("a database in memory forgets everything", FIX)),
            _ if file.contains(['?', '#']) => Err(Fault::new("a SQLite file takes no parameters here", FIX)),
            _ => Ok(Address::File(reader.resolve(file))),
        };
    }
    let url = Url::parse(text).map_err(|error| Fault::new(format!("this is no URL: {error}"), FIX))?;
    if !["postgres", "postgresql"].contains(&url.scheme()) {
        return Err(Fault::new("the database is neither SQLite nor PostgreSQL", FIX));
    }
    if url.password().is_some() || url.query_pairs().any(|(name, _)| name == "password") {
        let fix = "remove it and write password = { file = \"…\" } below the URL";
        return Err(Fault::new("a password stands in the URL", fix));
    }
    if url.path().len() < 2 {
        return Err(Fault::new("the name of the database is missing", FIX));
    }
    // A socket's directory may stand as ?host=/run/postgresql.
    if url.host_str().is_none_or(str::is_empty) && !url.query_pairs().any(|(name, _)| name == "host") {
        return Err(Fault::new("the database's host is missing", FIX));
    }
    Ok(Address::Server(text.to_owned()))
}
