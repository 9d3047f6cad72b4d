//! An installation of Octroi: `octroi init`, agents from a CSV file by `octroictl`, accounts that were really activated.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use harness::passkey::SoftKey;
use octroi_idp::app::{App, Migrate, Surroundings};
use octroi_idp::config::{self, Config};
use octroi_idp::crypto::hash::hash_token;
use octroi_idp::directory::Mandate;
use octroi_idp::domain::audit::{Actor, Contact};
use octroi_idp::domain::enrolment::Basis;
use octroi_idp::domain::secret::{PlainPassword, PlainToken};
use octroi_idp::domain::soi::Soi;
use octroi_idp::domain::zone::NetworkZone;
use octroi_idp::login::activation::{Activation, ActivationForm};
use octroi_idp::login::confirmation::Held;
use octroi_idp::login::factor::enrolment::Enrolled;
use octroi_idp::login::password::Step;
use octroi_idp::login::{Visit, totp};
use octroi_idp::storage::enrolment_permits;
use octroi_idp::storage::totp_devices::{self, TotpDevice};
use octroi_idp::storage::{StoreError, Tx};
use sqlx::ConnectOptions as _;
use sqlx::sqlite::SqliteConnectOptions;
use tokio::time::Instant;
use url::Url;

use super::{PASSWORD, REDIRECT_URI, Workshop, free_port, secret_file};
use crate::process::{Server, cost, pinned};
use crate::provider::{Provider, ProviderOptions};

/// The key of every authenticator application.
const TOTP_KEY: &[u8; 20] = b"octroi-bench-totp-ke";

/// SOIs of the agents who log in begin here.
pub const FIRST_SOI: u32 = 200_000;

/// No command of the preparation takes longer.
const PREPARATION: Duration = Duration::from_secs(300);

/// A directory with configuration, keys and database.
#[derive(Debug, Clone)]
pub struct Installation {
    pub directory: PathBuf,
    pub config: PathBuf,
    port: u16,
    /// Passkeys belong to a name; everything else goes to the address, which nobody has to look up.
    host: &'static str,
    /// How many agents can log in.
    agents: u32,
}

impl Installation {
    /// `octroi init`, with what a benchmark on one machine needs: a free port, loopback as the office, and access tokens that
    /// live as long as is allowed, so that a round ends before they do. Everything else stays as it is delivered.
    pub async fn new(workshop: &Workshop, name: &str) -> anyhow::Result<Self> {
        Self::at(workshop, name, "127.0.0.1").await
    }

    /// The same under another name of this machine.
    pub async fn at(workshop: &Workshop, name: &str, host: &'static str) -> anyhow::Result<Self> {
        let (directory, port) = (workshop.work.join(name), free_port()?);
        let mut init = pinned(workshop.program("octroi")?);
        init.arg("init").arg(&directory).args(["--issuer", &format!("http://{host}:{port}")]);
        cost(&mut init, PREPARATION).await?.context("octroi init")?;
        let config = directory.join("octroi.toml");
        let mut text = fs::read_to_string(&config)?;
        for (from, to) in [
            ("bind = \"127.0.0.1:8080\"", format!("bind = \"127.0.0.1:{port}\"")),
            ("\ninternal = []", "\ninternal = [\"127.0.0.0/8\"]".to_owned()),
            ("# access_token_lifetime = \"5m\"", "access_token_lifetime = \"10m\"".to_owned()),
        ] {
            ensure!(text.contains(from), "{} has no line {from} any more", config.display());
            text = text.replacen(from, &to, 1);
        }
        fs::write(&config, text)?;
        let installation = Self { directory, config, port, host, agents: 0 };
        installation.migrate(workshop).await?;
        Ok(installation)
    }

    async fn migrate(&self, workshop: &Workshop) -> anyhow::Result<()> {
        let mut migrate = pinned(workshop.program("octroi")?);
        migrate.arg("migrate").arg("--config").arg(&self.config);
        cost(&mut migrate, PREPARATION).await?.context("octroi migrate")?;
        Ok(())
    }

    /// The same on a PostgreSQL database that is empty.
    pub async fn on_postgres(workshop: &Workshop, name: &str, url: &Url) -> anyhow::Result<Self> {
        let installation = Self::new(workshop, name).await?;
        let (mut bare, password) = (url.clone(), url.password().unwrap_or_default().to_owned());
        let _ = bare.set_password(None);
        let text = fs::read_to_string(&installation.config)?;
        let file = secret_file(&installation.directory.join("postgres.password"), &password)?;
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        fs::set_permissions(file, mode)?;
        let database = format!("url = \"{bare}\"\npassword = {{ file = \"postgres.password\" }}");
        ensure!(text.contains("url = \"sqlite:octroi.db\""), "the configuration names another database");
        fs::write(&installation.config, text.replacen("url = \"sqlite:octroi.db\"", &database, 1))?;
        installation.migrate(workshop).await?;
        Ok(installation)
    }

    /// Takes the client's address from `X-Forwarded-For`: one machine stands for many.
    pub fn believe_proxies(&self) -> anyhow::Result<()> {
        let mut text = fs::read_to_string(&self.config)?;
        for (from, to) in [
            ("client_address = \"none\"", "client_address = \"x-forwarded-for\""),
            ("\ntrusted_proxies = []", "\ntrusted_proxies = [\"127.0.0.1\"]"),
        ] {
            ensure!(text.contains(from), "{} has no line {from} any more", self.config.display());
            text = text.replacen(from, to, 1);
        }
        fs::write(&self.config, text)?;
        Ok(())
    }

    /// Every password is looked up among this many that were in a breach.
    pub async fn filter_breached(&self, workshop: &Workshop, entries: u32) -> anyhow::Result<()> {
        let list = self.directory.join("breached.txt");
        let mut lines = String::new();
        for number in 0..entries {
            writeln!(lines, "breached {number}")?;
        }
        fs::write(&list, lines)?;
        let (list, filter) = (list.display().to_string(), self.directory.join("breach.filter").display().to_string());
        self.octroictl(workshop, &["password", "filter", "build", &list, "--lines", "clear", "--output", &filter])
            .await?;
        self.replace("# breach_filter = \"breach.filter\"", "breach_filter = \"breach.filter\"")
    }

    /// Everybody has an authenticator application with [`TOTP_KEY`], and is asked for its code; answers where the key stands.
    pub async fn hand_out_keys(&self) -> anyhow::Result<PathBuf> {
        self.replace("# everywhere = false", "everywhere = true")?;
        let app = self.open().await?;
        let login = &app.web.login;
        let now = login.clock.now();
        for number in FIRST_SOI..FIRST_SOI + self.agents {
            let (soi, id) = (Soi::from_stored(number.to_string()), login.random.uuid());
            let sealed = login.sealer.seal(totp::PURPOSE, &id, TOTP_KEY, &login.random);
            let device =
                TotpDevice { id, name: "Bench".into(), sealed, last_step: 0, created_at: now, last_used_at: None };
            let insert =
                async |tx: &mut Tx| -> Result<bool, StoreError> { totp_devices::insert(tx, &soi, &device).await };
            ensure!(login.store.write(insert).await?, "{soi} has too many devices");
        }
        login.store.close().await;
        let file = self.directory.join("totp.key");
        fs::write(&file, TOTP_KEY)?;
        Ok(file)
    }

    /// Everybody makes a passkey, as a browser and its authenticator would.
    pub async fn make_passkeys(&self) -> anyhow::Result<Vec<SoftKey>> {
        let app = self.open().await?;
        let login = &app.web.login;
        let (contact, browser) = (Contact::default(), PlainToken::new("bench"));
        let visit =
            Visit { zone: NetworkZone::Internal, contact: &contact, browser: &browser, known: None, session: None };
        let mut keys = Vec::new();
        for number in FIRST_SOI..FIRST_SOI + self.agents {
            let soi = number.to_string();
            let Step::In(new) = login.attempt(&soi, PlainPassword::new(PASSWORD), visit).await? else {
                bail!("{soi} could not log in");
            };
            let own = new.session.soi.clone();
            let until = login.clock.now().plus(PREPARATION);
            let permit = async |tx: &mut Tx| -> Result<(), StoreError> {
                enrolment_permits::grant(tx, &own, Basis::Channel, &hash_token(&browser), until).await
            };
            login.store.write(permit).await?;
            let begun = login.begin_passkey(&new.session).await?.context("there are no passkeys here")?;
            let mut key = SoftKey::synchronised(&format!("http://{}:{}", self.host, self.port));
            let answer = key.make(&serde_json::from_str(&begun.options)?);
            let held = Held { session: &new.session, cookie: &new.cookie };
            let made = login.finish_passkey(held, &begun.token, &answer, "Bench".to_owned(), visit).await?;
            ensure!(matches!(made, Enrolled::Done { .. }), "{soi} has no passkey: {made:?}");
            keys.push(key);
        }
        login.store.close().await;
        Ok(keys)
    }

    /// Mails leave to a server on this port.
    pub fn mail_to(&self, port: u16) -> anyhow::Result<()> {
        let mut text = fs::read_to_string(&self.config)?;
        write!(
            text,
            "\n[mail]\nhost = \"127.0.0.1\"\nport = {port}\nsecurity = \"none\"\nfrom = \"octroi@ville.example\"\n"
        )?;
        fs::write(&self.config, text)?;
        Ok(())
    }

    /// The layers on this installation's database, in this process.
    pub async fn open(&self) -> anyhow::Result<App> {
        let config = Config::load(&self.config, config::environment()).map_err(|report| anyhow::anyhow!("{report}"))?;
        Ok(App::open(config, Surroundings::system(), Migrate::Embedded).await?)
    }

    fn replace(&self, from: &str, to: &str) -> anyhow::Result<()> {
        let text = fs::read_to_string(&self.config)?;
        ensure!(text.contains(from), "{} has no line {from} any more", self.config.display());
        fs::write(&self.config, text.replacen(from, to, 1))?;
        Ok(())
    }

    pub fn database(&self) -> PathBuf {
        self.directory.join("octroi.db")
    }

    /// The application `bench`, and this many agents who can log in with [`PASSWORD`].
    pub async fn furnish(&mut self, workshop: &Workshop, agents: u32) -> anyhow::Result<()> {
        let csv = self.directory.join("agents.csv");
        // Managers are asked for a second factor: nobody leads those who log in.
        fs::write(&csv, agents_csv(FIRST_SOI, agents, false)?)?;
        self.octroictl(workshop, &["--yes", "agent", "import", &csv.display().to_string()]).await?;
        let redirect = ["--redirect-uri", REDIRECT_URI, "--zones", "internal,nomades"];
        let add = [&["--format", "json", "app", "add", "bench", "--name", "Bench"], redirect.as_slice()].concat();
        let answer = self.octroictl(workshop, &add).await?;
        let answer: serde_json::Value = serde_json::from_str(&answer).context("octroictl app add")?;
        let secret = answer.get("client_secret").and_then(|secret| secret.as_str()).context("no client secret")?;
        secret_file(&self.directory.join("client.secret"), secret)?;
        secret_file(&self.directory.join("password"), PASSWORD)?;
        self.activate(agents).await?;
        self.agents = agents;
        Ok(())
    }

    pub async fn octroictl(&self, workshop: &Workshop, arguments: &[&str]) -> anyhow::Result<String> {
        let mut command = pinned(workshop.program("octroictl")?);
        command.arg("--config").arg(&self.config).args(arguments);
        let done =
            cost(&mut command, PREPARATION).await.with_context(|| format!("octroictl {}", arguments.join(" ")))?;
        Ok(done.with_context(|| format!("octroictl {} takes too long", arguments.join(" ")))?.output)
    }

    /// Each account as its agent would: with a code from the directory, and a password that is hashed for real.
    async fn activate(&self, agents: u32) -> anyhow::Result<()> {
        let app = self.open().await?;
        let mandate =
            Mandate { actor: Actor::System, reason: Some("agents of the benchmark".to_owned()), dry_run: false };
        for number in FIRST_SOI..FIRST_SOI + agents {
            let soi = number.to_string();
            let issued = app.directory.issue_activation_code(&mandate, &soi).await?;
            let form = ActivationForm {
                soi: soi.clone(),
                code: issued.code.grouped(),
                new: PlainPassword::new(PASSWORD),
                again: PlainPassword::new(PASSWORD),
            };
            let (contact, browser) = (Contact::default(), PlainToken::new("bench"));
            let visit =
                Visit { zone: NetworkZone::Internal, contact: &contact, browser: &browser, known: None, session: None };
            let done = app.web.login.activate(form, visit).await?;
            ensure!(done == Activation::Done, "{soi} could not be activated: {done:?}");
        }
        app.web.login.store.close().await;
        Ok(())
    }

    /// Starts the server; answers with it how long the first answer took.
    pub async fn start(&self, workshop: &Workshop, log: &str) -> anyhow::Result<(Server, Duration)> {
        let mut command = pinned(workshop.program("octroi")?);
        command.arg("serve").arg("--config").arg(&self.config);
        let started = Instant::now();
        let mut server = Server::start(&mut command, &workshop.log(log))?;
        let took = server.first_answer(&self.discovery()?, started).await?;
        Ok((server, took))
    }

    fn discovery(&self) -> anyhow::Result<Url> {
        Ok(Url::parse(&format!("http://{}:{}/.well-known/openid-configuration", self.host, self.port))?)
    }

    /// As the load client sees it.
    pub async fn provider(&self) -> anyhow::Result<Rc<Provider>> {
        let files = (self.directory.join("client.secret"), self.directory.join("password"));
        Provider::discover(ProviderOptions::of(self.discovery()?, files, FIRST_SOI, self.agents)).await
    }

    /// Adds agents and sessions until there are as many as asked for, directly in SQL: nobody logs in as them.
    pub async fn fill(&self, agents: u32, sessions: u32) -> anyhow::Result<()> {
        let options = SqliteConnectOptions::new().filename(self.database());
        let mut connection = options.connect().await?;
        for (sql, count) in [(MORE_AGENTS, agents), (MORE_SESSIONS, sessions)] {
            sqlx::query(sql)
                .bind(i64::from(count))
                .bind(Surroundings::system().clock.now().millis())
                .execute(&mut connection)
                .await?;
        }
        Ok(())
    }
}

const MORE_AGENTS: &str = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1) \
    INSERT INTO agent (soi, sub, given_name, family_name, search_key, email, department, position, employment, version, \
      created_at, updated_at) \
    SELECT CAST(10000000 + i AS TEXT), lower(hex(randomblob(16))), 'Camille', 'Nombre' || i, 'camille nombre' || i, \
      'agent' || i || '@ville.example', CAST(i % 60 AS TEXT), 'agent', 'active', 1, $2, $2 FROM n";

const MORE_SESSIONS: &str = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1) \
    INSERT INTO session (sid, cookie_hash, soi, login_zone, acr, amr, auth_time, last_seen_at) \
    SELECT lower(hex(randomblob(16))), randomblob(32), CAST(10000000 + i AS TEXT), 'internal', 'eidas1', '[\"pwd\"]', $2, \
      $2 FROM n";

/// An HR file with this many agents from this SOI on; `is_led`: with managers among them.
pub fn agents_csv(first: u32, count: u32, is_led: bool) -> anyhow::Result<String> {
    let mut text = String::from(
        "soi,given_name,family_name,email,recovery_email,mobile,department,position,manager_soi,employment,start_date,\
         end_date\n",
    );
    for soi in first..first + count {
        // The first of each thousand leads it.
        let manager = if !is_led || soi % 1000 == first % 1000 {
            String::new()
        } else {
            (soi - (soi - first) % 1000).to_string()
        };
        let department = soi % 60;
        writeln!(
            text,
            "{soi},Camille,Essai{soi},agent{soi}@ville.example,,,{department},agent,{manager},active,2020-01-01,"
        )?;
    }
    Ok(text)
}

/// The size of a file.
pub fn bytes(path: &Path) -> anyhow::Result<u64> {
    Ok(fs::metadata(path).with_context(|| path.display().to_string())?.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hr_file_has_a_line_per_agent_and_managers_who_are_in_it() {
        let csv = agents_csv(200_000, 2001, true).unwrap();
        assert_eq!(csv.lines().count(), 2002);
        assert!(csv.lines().nth(1).unwrap().contains(",agent,,active"));
        assert!(csv.lines().nth(1500).unwrap().contains(",201000,"));
    }
}
