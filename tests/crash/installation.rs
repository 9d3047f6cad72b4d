//! An installation under test: configuration, keys, one database after the other, and the cast that every database begins
//! with.
//!
//! The cast is made once, with the real programs, into a database that is copied for each generation: accounts with
//! passwords, agents who wait with an activation code, agents whose passwords are only ever mistyped, two applications.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use harness::engine::Engine;
use harness::idp::CALLBACK;
use octroi_idp::app::{App, Migrate, Surroundings};
use octroi_idp::config::Config;
use octroi_idp::crypto::keyed::LookupKey;
use octroi_idp::crypto::random::Random;
use octroi_idp::directory::{ApplicationDraft, Mandate};
use octroi_idp::domain::audit::{Actor, Contact};
use octroi_idp::domain::secret::{KeyBytes, PlainPassword, PlainToken};
use octroi_idp::domain::zone::NetworkZone;
use octroi_idp::login::Visit;
use octroi_idp::login::activation::{Activation, ActivationForm};
use sqlx::ConnectOptions as _;
use sqlx::sqlite::SqliteConnectOptions;
use tempfile::TempDir;

use crate::chance::Chance;
use crate::postgres::{Cluster, free_port};
use crate::process::{Server, octroictl};
use crate::records::Reader;

/// How many clients act at once.
pub const CLIENTS: usize = 12;

/// So many of each kind for each client.
const ACCOUNTS: usize = 2;
const WAITING: usize = 16;
const MISTYPED: usize = 12;

const TEMPLATE: &str = "template";

/// Somebody who can log in.
#[derive(Debug, Clone)]
pub struct Account {
    pub soi: String,
    pub password: String,
    /// A login was sent and not answered: its attempt may be counted.
    pub in_doubt: bool,
}

/// Somebody who holds an activation code.
#[derive(Debug, Clone)]
pub struct Letter {
    pub soi: String,
    pub code: String,
}

/// One client's people.
#[derive(Debug, Clone, Default)]
pub struct People {
    pub accounts: Vec<Account>,
    pub letters: Vec<Letter>,
    pub mistyped: Vec<String>,
}

/// What every database begins with.
#[derive(Debug, Clone, Default)]
pub struct Cast {
    pub people: Vec<People>,
    /// The secrets of the applications `solo` and `duel`.
    pub secrets: [String; 2],
}

/// The installation.
pub struct Installation {
    folder: TempDir,
    port: u16,
    pub cluster: Option<Cluster>,
    /// Names the throttle's rows.
    pub lookup: LookupKey,
    database: String,
}

impl Installation {
    /// Makes an installation with its cast.
    pub async fn create(engine: Engine, chance: &Chance) -> Result<(Self, Cast)> {
        let folder = tempfile::Builder::new().prefix("octroi-crash.").tempdir()?;
        let cluster = match engine {
            Engine::Sqlite => None,
            Engine::Postgres => Some(Cluster::create().await?),
        };
        let sealing_key = Random::system().bytes::<32>();
        secret(&folder.path().join("sealing.key"), &URL_SAFE_NO_PAD.encode(sealing_key))?;
        secret(&folder.path().join("pepper.key"), &URL_SAFE_NO_PAD.encode(Random::system().bytes::<32>()))?;
        if let Some(cluster) = &cluster {
            secret(&folder.path().join("postgres.password"), &cluster.password)?;
        }
        let lookup = LookupKey::new(&KeyBytes::new(sealing_key.to_vec()));
        let mut installation = Self { folder, port: free_port(), cluster, lookup, database: TEMPLATE.to_owned() };
        if let Some(cluster) = &installation.cluster {
            cluster.execute("postgres", &format!("CREATE DATABASE {TEMPLATE}")).await?;
        }
        installation.configure()?;
        let cast = installation.cast(chance).await?;
        Ok((installation, cast))
    }

    /// A fresh database with the cast; the one before it is removed.
    pub async fn begin_generation(&mut self, number: u32) -> Result<()> {
        let before = std::mem::replace(&mut self.database, format!("generation_{number}"));
        if let Some(cluster) = &self.cluster {
            if before != TEMPLATE {
                cluster.execute("postgres", &format!("DROP DATABASE {before}")).await?;
            }
            let create = format!("CREATE DATABASE {} TEMPLATE {TEMPLATE}", self.database);
            cluster.execute("postgres", &create).await?;
            // Without it a crash would set the copy's sequences back to where the template stands: PostgreSQL has logged
            // their next values there and not here.
            cluster.execute("postgres", "CHECKPOINT").await?;
        } else {
            if before != TEMPLATE {
                for part in ["db", "db-wal", "db-shm"] {
                    let part = self.file(&before).with_extension(part);
                    if part.exists() {
                        fs::remove_file(part)?;
                    }
                }
            }
            fs::copy(self.file(TEMPLATE), self.file(&self.database))?;
        }
        self.configure()
    }

    /// Starts a server.
    pub async fn serve(&self) -> Result<Server> {
        Server::start(&self.config(), &self.origin(), &self.log()).await
    }

    /// A connection that reads what is stored.
    pub async fn reader(&self) -> Result<Reader> {
        Ok(match &self.cluster {
            Some(cluster) => Reader::Postgres(cluster.connect(&self.database).await?),
            None => {
                let file = SqliteConnectOptions::new().filename(self.file(&self.database)).read_only(true);
                Reader::Sqlite(file.connect().await?)
            }
        })
    }

    /// Waits until what a killed server has left unfinished is decided. SQLite leaves nothing that works on.
    pub async fn left_alone(&self) -> Result<()> {
        match &self.cluster {
            Some(cluster) => cluster.left_alone(&self.database).await,
            None => Ok(()),
        }
    }

    /// The same of a killed command, beside a server that is there again.
    pub async fn quiet(&self) -> Result<()> {
        match &self.cluster {
            Some(cluster) => cluster.quiet(&self.database).await,
            None => Ok(()),
        }
    }

    /// Where the server is met. By its address: a name would be looked up for each connection.
    pub fn origin(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub fn config(&self) -> PathBuf {
        self.folder.path().join("octroi.toml")
    }

    pub fn log(&self) -> PathBuf {
        self.folder.path().join("server.log")
    }

    /// A file beside the configuration.
    pub fn write(&self, name: &str, content: &str) -> Result<PathBuf> {
        let path = self.folder.path().join(name);
        fs::write(&path, content)?;
        Ok(path)
    }

    /// The directories, for whoever looks at what is left of a failure.
    pub fn keep(&mut self) -> Vec<PathBuf> {
        self.folder.disable_cleanup(true);
        let cluster = self.cluster.as_mut().map(|cluster| cluster.keep().to_owned());
        [Some(self.folder.path().to_owned()), cluster].into_iter().flatten().collect()
    }

    fn file(&self, database: &str) -> PathBuf {
        self.folder.path().join(format!("{database}.db"))
    }

    /// Password hashing at OWASP's floor, one at a time, so that a round holds many logins and the other acts have a core.
    fn configure(&self) -> Result<()> {
        let database = match &self.cluster {
            Some(cluster) => format!(
                "url = \"postgres://octroi@127.0.0.1:{}/{}\"\npassword = {{ file = \"postgres.password\" }}",
                cluster.port, self.database
            ),
            None => format!("url = \"sqlite:{}.db\"", self.database),
        };
        let port = self.port;
        // One address for everybody: on a slow machine more logins are cut off there than an office mistypes in a day.
        let toml = format!(
            "[server]\nissuer = \"http://localhost:{port}\"\n\
             [[listener]]\nname = \"office\"\nbind = \"127.0.0.1:{port}\"\nzone_ceiling = \"internal\"\n\
             client_address = \"none\"\n\
             [database]\n{database}\n\
             [network]\ninternal = [\"127.0.0.1/32\"]\nshared = [\"127.0.0.1\"]\nshared_failures = 10000\n\
             [password]\npepper = {{ file = \"pepper.key\" }}\nthreads = 1\n\
             [keys]\nsealing_key = {{ file = \"sealing.key\" }}\n\
             [help]\nname = \"Support DSIN\"\nphone = \"01 00 00 00 00\"\n\
             [log]\nlevel = \"warn\"\n"
        );
        fs::write(self.config(), toml)?;
        Ok(())
    }

    async fn cast(&mut self, chance: &Chance) -> Result<Cast> {
        let config = Config::load(&self.config(), []).map_err(|report| anyhow::anyhow!("{report}"))?;
        let app = App::open(config, Surroundings::system(), Migrate::Always).await?;
        let mut people = vec![People::default(); CLIENTS];
        let (mut soi, mut csv) = (100_001, HEADER.to_owned());
        let mut hire = |csv: &mut String| {
            let hired = soi.to_string();
            soi += 1;
            line(csv, &hired);
            hired
        };
        for one in &mut people {
            let account = |soi| Account { soi, password: chance.password(), in_doubt: false };
            one.accounts = (0..ACCOUNTS).map(|_| account(hire(&mut csv))).collect();
            let letter = |soi| Letter { soi, code: String::new() };
            one.letters = (0..WAITING).map(|_| letter(hire(&mut csv))).collect();
            one.mistyped = (0..MISTYPED).map(|_| hire(&mut csv)).collect();
        }
        let file = self.write("cast.csv", &csv)?;
        let words = ["agent", "import", file.to_str().context("a path")?];
        let said = octroictl(&self.config(), &words, None).await?.context("the import of the cast")?;
        ensure!(said.status.success(), "the import of the cast: {}", said.err);

        let mandate = Mandate::of(Actor::System);
        for one in &mut people {
            for letter in &mut one.letters {
                letter.code = app.directory.issue_activation_code(&mandate, &letter.soi).await?.code.grouped();
            }
            for account in &one.accounts {
                let code = app.directory.issue_activation_code(&mandate, &account.soi).await?.code.grouped();
                activate(&app, account, code).await?;
            }
        }
        let mut secrets = [String::new(), String::new()];
        for (client_id, secret) in ["solo", "duel"].into_iter().zip(&mut secrets) {
            let draft = ApplicationDraft {
                name: Some(format!("Application {client_id}")),
                redirect_uris: Some(vec![CALLBACK.to_owned()]),
                zones: Some(vec![NetworkZone::Internal]),
                ..ApplicationDraft::default()
            };
            let added = app.directory.add_application(&mandate, client_id, &draft).await?;
            added.client_secret.context("a secret")?.reveal().clone_into(secret);
        }
        app.directory.close().await;
        Ok(Cast { people, secrets })
    }
}

/// The columns of an import.
pub const HEADER: &str = "soi,given_name,family_name,email,department\n";

/// One agent of an import.
pub fn line(csv: &mut String, soi: &str) {
    writeln!(csv, "{soi},Camille,Essai,agent{soi}@ville.example,40").expect("a text grows");
}

async fn activate(app: &App, account: &Account, code: String) -> Result<()> {
    let (contact, browser) = (Contact::default(), PlainToken::new("x"));
    let visit = Visit { zone: NetworkZone::Internal, contact: &contact, browser: &browser, known: None, session: None };
    let password = PlainPassword::new(&account.password);
    let form = ActivationForm { soi: account.soi.clone(), code, new: password.clone(), again: password };
    let done = app.web.login.activate(form, visit).await?;
    ensure!(done == Activation::Done, "{done:?}");
    Ok(())
}

fn secret(path: &Path, content: &str) -> Result<()> {
    fs::write(path, content)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
    Ok(())
}
