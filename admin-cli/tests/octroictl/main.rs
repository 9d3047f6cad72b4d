//! `octroictl` as its users meet it: command lines in, what is printed and the exit code out, on a real configuration and
//! a real SQLite file in a temporary directory. `Installation` is the stage; one file per noun.

#![cfg(test)]

mod agents;
mod applications;
mod audit;
mod exit_codes;
mod factors;
mod import;
mod passwords;
mod zones;

use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use admin_cli::{Console, run};
use octroi_idp::config::init;
use octroi_idp::storage::{DatabaseUrl, Store, StoreSettings};
use serde_json::Value;
use tempfile::TempDir;

/// An installation made by `octroi init`, with an empty database of the current schema.
struct Installation {
    folder: TempDir,
}

/// What a command did.
struct Outcome {
    code: u8,
    out: String,
    err: String,
}

impl Outcome {
    /// What was printed, if all went well.
    #[track_caller]
    fn done(self) -> String {
        assert_eq!(self.code, 0, "{}{}", self.out, self.err);
        self.out
    }

    /// The JSON document, if all went well.
    #[track_caller]
    fn json(self) -> Value {
        serde_json::from_str(&self.done()).unwrap()
    }

    /// What was said on standard error, if the command failed with `code`.
    #[track_caller]
    fn failed(self, code: u8) -> String {
        assert_eq!(self.code, code, "{}{}", self.out, self.err);
        self.err
    }
}

impl Installation {
    async fn new() -> Self {
        let installation = Self::without_database();
        let store = installation.store().await;
        store.migrate().await.unwrap();
        store.close().await;
        installation
    }

    fn without_database() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut count = 0;
        let prepared = init::prepare(folder.path(), init::DEFAULT_ISSUER, &mut |key| {
            count += 1;
            key.fill(count);
        });
        let config = prepared.unwrap().config;
        let text = fs::read_to_string(&config).unwrap();
        let text = text.replace("internal = []", "internal = [\"10.12.0.0/16\"]");
        let text = text.replace("never_internal = [\"10.12.0.0/16\"]", "never_internal = [\"10.12.9.0/24\"]");
        let text = text.replace("trusted_proxies = []", "trusted_proxies = [\"10.0.0.5\"]");
        let text = text.replacen("client_address = \"none\"", "client_address = \"x-forwarded-for\"", 1);
        fs::write(&config, text).unwrap();
        Self { folder }
    }

    /// The store beside the command line, as a running server has it open.
    async fn store(&self) -> Store {
        let settings = StoreSettings {
            url: DatabaseUrl::Sqlite(self.path("octroi.db")),
            create: true,
            read_connections: 1,
            write_connections: 1,
            busy_timeout: Duration::from_secs(5),
        };
        Store::open(&settings).await.unwrap()
    }

    /// Sections that replace none of those that are there.
    fn add_to_configuration(&self, sections: &str) {
        let path = self.path("octroi.toml");
        let text = fs::read_to_string(&path).unwrap();
        fs::write(path, text + sections).unwrap();
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file; answers with its path as an argument.
    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// Runs `octroictl` where nobody can answer a question. Arguments are split at spaces.
    async fn run(&self, line: &str) -> Outcome {
        self.run_words(&line.split(' ').collect::<Vec<_>>()).await
    }

    /// The same with arguments that hold spaces.
    async fn run_words(&self, words: &[&str]) -> Outcome {
        self.run_on(words, None).await
    }

    /// Runs `octroictl` on a terminal where somebody types `answer`.
    async fn run_answering(&self, line: &str, answer: &str) -> Outcome {
        self.run_on(&line.split(' ').collect::<Vec<_>>(), Some(answer)).await
    }

    async fn run_on(&self, words: &[&str], answer: Option<&str>) -> Outcome {
        let config = self.path("octroi.toml");
        let config = ["octroictl", "--config", config.to_str().unwrap()];
        let args: Vec<OsString> = config.iter().chain(words).map(OsString::from).collect();
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let mut input = answer.unwrap_or_default().as_bytes();
        let mut console = Console {
            out: &mut out,
            err: &mut err,
            input: &mut input,
            can_ask: answer.is_some(),
            shows_progress: false,
        };
        let code = run(args, &mut console).await;
        Outcome { code, out: String::from_utf8(out).unwrap(), err: String::from_utf8(err).unwrap() }
    }

    /// Adds an agent who is like every other.
    async fn add(&self, soi: &str) {
        let words = ["agent", "add", soi, "--given-name", "Inès", "--family-name", "Marchand"];
        let more = ["--email", "ines.marchand@ville.example", "--department", "40"];
        self.run_words(&[words.as_slice(), more.as_slice()].concat()).await.done();
    }
}
