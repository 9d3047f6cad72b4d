//! Octroi itself, run inside the demo: the one place where the demo touches the provider's own functions.
//!
//! [`start`] receives the sockets and the data directory, writes the configuration there, seeds [`crate::samples`]
//! through `directory` and real activations, and posts the activation letter. The rest of the demo knows the provider by
//! HTTP only.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail};
use octroi_idp::app::{App, Migrate, Surroundings};
use octroi_idp::config::{self, Config, init};
use octroi_idp::directory::{AgentDraft, ApplicationDraft, Directory, Mandate};
use octroi_idp::domain::agent::{AgentRecord, Employment};
use octroi_idp::domain::application::{ApplicationRecord, ClientAuthMethod};
use octroi_idp::domain::audit::{Actor, Contact};
use octroi_idp::domain::channel::{Address, ChannelKind};
use octroi_idp::domain::ids::ClientId;
use octroi_idp::domain::secret::{PlainPassword, PlainToken};
use octroi_idp::domain::soi::Soi;
use octroi_idp::domain::time::Clock;
use octroi_idp::domain::zone::NetworkZone;
use octroi_idp::login::activation::{Activation, ActivationForm};
use octroi_idp::login::{Login, Visit, totp};
use octroi_idp::storage::totp_devices::TotpDevice;
use octroi_idp::storage::{StoreError, Tx, channels, totp_devices};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::listen::Bound;
use crate::mailbox::{Letter, Mailbox, Medium};
use crate::ports::{Ports, origin};
use crate::samples::{self, PASSWORD, SampleAgent, SamplePassword, TOTP_KEY, WITH_TOTP};

/// Older than the demo's policy allows.
const EXPIRED_AGE: Duration = Duration::from_hours(200 * 24);

/// A channel is a factor some days after it was proved.
const PROVED_AGE: Duration = Duration::from_hours(10 * 24);

/// The variable with the password of a PostgreSQL database.
const DATABASE_PASSWORD: &str = "OCTROI_DEMO_DATABASE_PASSWORD";

/// Client secrets stay readable for the portal between starts of `--data DIR`; the database holds their hashes only.
const SECRETS_FILE: &str = "portal-secrets.json";

/// What the provider is started with.
pub struct Settings {
    /// Holds `octroi.toml`, the database and the keys; exists.
    pub data: PathBuf,
    /// The address of a PostgreSQL database; `None`: a SQLite file in `data`.
    pub database: Option<String>,
    /// The origins of the demo (`ports::origin`): issuer, gateway, mailbox and portal.
    pub ports: Ports,
    /// "At the office": the issuer's port on every loopback address, already bound.
    pub office: Bound,
    /// Behind the Nomades gateway: a free port, already bound.
    pub nomades: Bound,
    /// Where the letters go.
    pub mailbox: Mailbox,
    /// The port of the demo's mail server.
    pub smtp: u16,
}

/// The provider, up and seeded.
pub struct Running {
    /// One secret per sample application, for the portal.
    pub client_secrets: BTreeMap<ClientId, PlainToken>,
    /// The activation codes of the agents who wait for one, to be printed.
    pub activation_codes: BTreeMap<Soi, PlainToken>,
    /// Ends when `stop` turns true and the requests under way are answered.
    pub server: JoinHandle<anyhow::Result<()>>,
}

/// Starts and seeds the provider; returns when it answers.
pub async fn start(settings: Settings, mut stop: watch::Receiver<bool>) -> anyhow::Result<Running> {
    let Settings { data, database, ports, office, nomades, mailbox, smtp } = settings;
    let around = Surroundings::system();
    let path = configure(&data, database.as_deref(), ports, smtp, &nomades, &around)?;
    let config = Config::load(&path, config::environment().filter(|(name, _)| name == DATABASE_PASSWORD))
        .map_err(|report| anyhow::anyhow!("{report}"))?;
    for warning in config.warnings() {
        tracing::debug!("{warning}");
    }
    let app = App::open(config, around, Migrate::Always).await?;

    let secrets_file = data.join(SECRETS_FILE);
    let first_start = !secrets_file.exists();
    let seed = Seed { directory: &app.directory, login: &app.web.login, mailbox: &mailbox, ports };
    let client_secrets = if first_start {
        seed.agents().await?;
        let secrets = seed.applications().await?;
        keep_secrets(&secrets_file, &secrets)?;
        secrets
    } else {
        read_secrets(&secrets_file)?
    };
    let activation_codes = seed.letters().await?;
    app.jobs.reload_applications().await?;

    let mut sockets = Vec::new();
    sockets.extend(office.into_listeners().into_iter().map(|socket| ("office".to_owned(), socket)));
    sockets.extend(nomades.into_listeners().into_iter().map(|socket| ("gateway".to_owned(), socket)));
    let bound = app.bind_with(sockets)?;
    let server = tokio::spawn(async move {
        let stopped = async move {
            // A sender that is gone means the same as a stop.
            let _ = stop.wait_for(|stopped| *stopped).await;
        };
        bound.serve(stopped).await.map_err(anyhow::Error::from)
    });
    Ok(Running { client_secrets, activation_codes, server })
}

/// Writes the configuration for these ports; keys and database of an earlier start stay.
fn configure(
    data: &Path,
    database: Option<&str>,
    ports: Ports,
    smtp: u16,
    nomades: &Bound,
    around: &Surroundings,
) -> anyhow::Result<PathBuf> {
    let path = data.join("octroi.toml");
    if !path.exists() {
        let random = around.random.clone();
        init::prepare(data, &origin(ports.provider), &mut |bytes| random.fill(bytes))?;
    }
    let gateway = *nomades.addresses().first().context("no address behind the gateway")?;
    let toml = configuration(ports, smtp, gateway.port(), database);
    fs::write(&path, toml).with_context(|| path.display().to_string())?;
    Ok(path)
}

fn configuration(ports: Ports, smtp: u16, gateway: u16, database: Option<&str>) -> String {
    let database = match database {
        None => "url = \"sqlite:octroi.db\"".to_owned(),
        Some(url) => format!("url = {url:?}\npassword = {{ env = \"{DATABASE_PASSWORD}\" }}"),
    };
    let (issuer, home, portal) = (origin(ports.provider), origin(ports.gateway), origin(ports.portal));
    let (office, mailbox) = (ports.provider, ports.mailbox);
    format!(
        r#"# Written by `cargo demo` at each start. A demonstration: preview_nomades must never be set elsewhere.
[server]
issuer = "{issuer}"
origins = ["{home}"]

[[listener]]
name = "office"
bind = "127.0.0.1:{office}"
zone_ceiling = "internal"
client_address = "none"

[[listener]]
name = "gateway"
bind = "127.0.0.1:{gateway}"
zone_ceiling = "nomades"
client_address = "x-forwarded-for"

[database]
{database}

[network]
internal = ["127.0.0.0/8", "::1/128"]
trusted_proxies = ["127.0.0.1", "::1"]

[password]
pepper = {{ file = "pepper.key" }}
preset = "city"

[keys]
sealing_key = {{ file = "sealing.key" }}

[access]
preview_nomades = true

[mail]
host = "127.0.0.1"
port = {smtp}
security = "none"
from = "ne-pas-repondre@ville.example"
from_name = "Octroi – la Ville"

[sms]
url = "http://127.0.0.1:{mailbox}/sms"
allow = ["127.0.0.1"]

[help]
name = "Support DSIN"
phone = "01 00 00 00 00"
hours = "8 h – 18 h, du lundi au vendredi"

[brand]
organisation = "la Ville"
portal = "IntraParis"
portal_uri = "{portal}/"
"#
    )
}

/// Fills an empty database with the samples.
struct Seed<'a> {
    directory: &'a Directory,
    login: &'a Login,
    mailbox: &'a Mailbox,
    ports: Ports,
}

impl Seed<'_> {
    async fn agents(&self) -> anyhow::Result<()> {
        let mandate = mandate();
        for SampleAgent { record, password, roles, .. } in samples::agents() {
            let soi = record.soi.as_str();
            self.directory.add_agent(&mandate, soi, &draft(&record)).await?;
            match password {
                SamplePassword::Chosen => self.choose_password(soi, self.login.clock.clone()).await?,
                SamplePassword::Expired => {
                    let then = self.login.clock.now().minus(EXPIRED_AGE);
                    self.choose_password(soi, Clock::manual(then)).await?;
                }
                SamplePassword::NotActivated => {}
            }
            if password != SamplePassword::NotActivated {
                self.prove_mail(&record).await?;
            }
            if soi == WITH_TOTP {
                self.take_over_key(&record.soi).await?;
            }
            for role in roles {
                self.directory.grant_role(&mandate, soi, *role).await?;
            }
            if record.employment == Employment::Left {
                self.directory.leave_agent(&mandate, soi).await?;
            }
        }
        Ok(())
    }

    /// Activates an account as its agent would, at the time of `clock`.
    async fn choose_password(&self, soi: &str, clock: Clock) -> anyhow::Result<()> {
        let issued = self.directory.issue_activation_code(&mandate(), soi).await?;
        let form = ActivationForm {
            soi: soi.to_owned(),
            code: issued.code.grouped(),
            new: PlainPassword::new(PASSWORD),
            again: PlainPassword::new(PASSWORD),
        };
        let login = Login { clock, ..self.login.clone() };
        let (contact, browser) = (Contact::default(), self.login.random.token());
        let visit =
            Visit { zone: NetworkZone::Internal, contact: &contact, browser: &browser, known: None, session: None };
        match login.activate(form, visit).await? {
            Activation::Done => Ok(()),
            other => bail!("the sample agent {soi} could not choose a password: {other:?}"),
        }
    }

    /// The work mail was proved some days ago: codes may be sent there.
    async fn prove_mail(&self, record: &AgentRecord) -> anyhow::Result<()> {
        let then = self.login.clock.now().minus(PROVED_AGE);
        let address = Address::Email(record.email.clone());
        let prove = async |tx: &mut Tx| -> Result<(), StoreError> {
            channels::set_verified(tx, &record.soi, ChannelKind::WorkEmail, &address, then).await
        };
        Ok(self.login.store.write(prove).await?)
    }

    /// The key that is printed, as if an application had taken it over.
    async fn take_over_key(&self, soi: &Soi) -> anyhow::Result<()> {
        let (random, now) = (&self.login.random, self.login.clock.now());
        let id = random.uuid();
        let sealed = self.login.sealer.seal(totp::PURPOSE, &id, TOTP_KEY, random);
        let name = "Téléphone de Karim".to_owned();
        let device = TotpDevice { id, name, sealed, last_step: 0, created_at: now, last_used_at: None };
        let store = async |tx: &mut Tx| -> Result<bool, StoreError> { totp_devices::insert(tx, soi, &device).await };
        self.login.store.write(store).await?;
        Ok(())
    }

    async fn applications(&self) -> anyhow::Result<BTreeMap<ClientId, PlainToken>> {
        let mut secrets = BTreeMap::new();
        for sample in samples::applications(&origin(self.ports.portal)) {
            let client_id = sample.record.client_id.clone();
            let draft = application_draft(&sample.record);
            let added = self.directory.add_application(&mandate(), client_id.as_str(), &draft).await?;
            let secret = added.client_secret.with_context(|| format!("{client_id} got no secret"))?;
            secrets.insert(client_id, secret);
        }
        Ok(secrets)
    }

    /// A fresh letter for everybody who has not chosen a password yet.
    async fn letters(&self) -> anyhow::Result<BTreeMap<Soi, PlainToken>> {
        let mut codes = BTreeMap::new();
        let waiting = samples::agents().into_iter().filter(|a| a.password == SamplePassword::NotActivated);
        for agent in waiting {
            let soi = &agent.record.soi;
            if self.directory.get_agent(soi.as_str()).await?.password_changed_at.is_some() {
                continue;
            }
            let issued = self.directory.issue_activation_code(&mandate(), soi.as_str()).await?;
            let code = issued.code.grouped();
            self.mailbox.deliver(Letter {
                medium: Medium::Post,
                to: agent.record.full_name(),
                subject: "Votre code d’activation".to_owned(),
                body: letter(&agent.record, &code, self.ports),
            });
            codes.insert(soi.clone(), PlainToken::new(code));
        }
        Ok(codes)
    }
}

fn letter(record: &AgentRecord, code: &str, ports: Ports) -> String {
    let (name, page) = (record.full_name(), origin(ports.provider));
    format!(
        "Bonjour {name},\n\nVotre compte à la Ville est prêt. Choisissez votre mot de passe à la page \
         {page}/activate avec votre identifiant SOI, qui figure sur votre carte d’agent, et ce code\u{a0}:\n\n{code}\n\n\
         Ce code ne sert qu’une fois. Personne ne vous le demandera au téléphone.\n\nLa DSIN"
    )
}

fn mandate() -> Mandate {
    Mandate { actor: Actor::System, reason: Some("sample data of the demo".to_owned()), dry_run: false }
}

/// An employment that has ended begins as an active one, so that the account could be used before.
fn draft(record: &AgentRecord) -> AgentDraft {
    AgentDraft {
        given_name: Some(record.given_name.clone()),
        family_name: Some(record.family_name.clone()),
        email: Some(record.email.clone()),
        recovery_email: record.recovery_email.clone(),
        mobile: record.mobile.clone(),
        department: record.department.clone(),
        position: record.position.clone(),
        manager: record.manager.as_ref().map(ToString::to_string),
        employment: None,
        start_date: record.start_date.map(|d| d.to_string()),
        end_date: record.end_date.map(|d| d.to_string()),
    }
}

fn application_draft(record: &ApplicationRecord) -> ApplicationDraft {
    ApplicationDraft {
        name: Some(record.name.clone()),
        redirect_uris: Some(record.redirect_uris.clone()),
        post_logout_redirect_uris: Some(record.post_logout_redirect_uris.clone()),
        home_uri: record.home_uri.clone(),
        public: Some(record.token_endpoint_auth_method == ClientAuthMethod::None),
        auth_method: Some(record.token_endpoint_auth_method),
        grant_types: Some(record.grant_types.clone()),
        scopes: Some(record.scopes.clone()),
        zones: Some(record.zones.clone()),
        waiver_possible: Some(record.waiver_possible),
        departments: Some(record.departments.clone()),
        min_acr: Some(record.min_acr),
        id_token_alg: Some(record.id_token_signed_response_alg),
        zone_in_id_token: Some(record.zone_in_id_token),
        require_pkce: Some(record.require_pkce),
        disabled: Some(record.disabled),
    }
}

fn keep_secrets(path: &Path, secrets: &BTreeMap<ClientId, PlainToken>) -> anyhow::Result<()> {
    let plain: BTreeMap<&str, &str> = secrets.iter().map(|(id, secret)| (id.as_str(), secret.reveal())).collect();
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .with_context(|| path.display().to_string())?;
    file.write_all(serde_json::to_string_pretty(&plain)?.as_bytes())?;
    Ok(())
}

fn read_secrets(path: &Path) -> anyhow::Result<BTreeMap<ClientId, PlainToken>> {
    let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let plain: BTreeMap<String, String> =
        serde_json::from_str(&text).with_context(|| format!("{} is damaged: remove the directory", path.display()))?;
    Ok(plain.into_iter().map(|(id, secret)| (ClientId::new(id), PlainToken::new(secret))).collect())
}
