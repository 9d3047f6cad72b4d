//! A whole provider for one test: real configuration file, real database, real sockets, our clock.
//!
//! It has two entrances: `office`, where the loopback network counts as municipal and the client is the TCP peer, and
//! `gateway`, whose ceiling is `nomades` and which believes `X-Forwarded-For`. The cast: agents are hired with
//! [`TestIdp::hire`] and choose [`PASSWORD`] with a real activation code; applications are registered with
//! [`TestIdp::register`]. The clock starts at the real time and moves only by [`TestIdp::advance`].

use std::net::TcpListener;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use octroi_idp::app::{App, Migrate, Surroundings};
use octroi_idp::config::Config;
use octroi_idp::crypto::random::Random;
use octroi_idp::directory::{AgentDraft, ApplicationDraft, DemandedCode, Directory, Mandate};
use octroi_idp::domain::audit::{Actor, Contact, EventFilter, RecordedEvent};
use octroi_idp::domain::code_delivery::CodeDelivery;
use octroi_idp::domain::secret::{PlainPassword, PlainToken};
use octroi_idp::domain::time::{Clock, Timestamp};
use octroi_idp::domain::zone::NetworkZone;
use octroi_idp::jobs::Jobs;
use octroi_idp::login::activation::{Activation, ActivationForm};
use octroi_idp::login::{Login, Visit};
use octroi_idp::storage::signing_keys::{self, SealedKey};
use octroi_idp::storage::{DatabaseUrl, StoreError, StoreSettings, Tx, audit};
use octroi_idp::web::Web;
use octroi_idp::web::listen::Tls;
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::browser::{Browser, Page};
use crate::engine::Database;
use crate::mail::MailServer;
use crate::sms::SmsGateway;

/// What every agent of the tests chooses.
pub const PASSWORD: &str = "Marronnier-Quai-1607!";

/// Where applications of the tests are called back; nobody listens there, the test reads the address.
pub const CALLBACK: &str = "https://app.ville.example/callback";

/// A running provider.
pub struct TestIdp {
    /// The issuer, which is also the origin of the entrance `office`.
    pub issuer: String,
    /// The origin of the entrance `gateway`.
    pub gateway: String,
    /// The origin of the metrics listener.
    pub metrics: String,
    pub clock: Clock,
    pub directory: Directory,
    pub web: Web,
    pub jobs: Jobs,
    /// The certificates of listeners with TLS, to be reloaded as SIGHUP does.
    pub certificates: Vec<Tls>,
    /// Where its mails arrive; somebody's after [`start_with_mail`](Self::start_with_mail) only.
    pub mail: Option<Arc<MailServer>>,
    /// Where its text messages arrive.
    pub sms: Option<Arc<SmsGateway>>,
    stop: Option<oneshot::Sender<()>>,
    running: Option<JoinHandle<()>>,
    ports: [u16; 3],
    files: TempDir,
}

/// A registered application.
#[derive(Debug, Clone)]
pub struct TestApp {
    pub client_id: String,
    pub secret: Option<String>,
}

impl TestIdp {
    /// Starts a provider on this database.
    pub async fn start(database: &Database) -> Self {
        Self::start_with(database, "").await
    }

    /// The same with further sections, which replace the defaults of the same name.
    pub async fn start_with(database: &Database, extra: &str) -> Self {
        let ports = free_ports();
        Self::start_from(database, ports, configuration(&database.settings, ports, extra)).await
    }

    /// Starts a provider that sends mails and text messages, to servers of its own: [`mail`](Self::mail) and
    /// [`sms`](Self::sms) read what arrived.
    pub async fn start_with_mail(database: &Database) -> Self {
        Self::start_with_mail_and(database, "").await
    }

    /// The same with further sections.
    pub async fn start_with_mail_and(database: &Database, extra: &str) -> Self {
        let (mail, sms) = (Arc::new(MailServer::start().await), Arc::new(SmsGateway::start().await));
        let extra = format!("{extra}\n{}{}", mail.config(), sms.config());
        Self { mail: Some(mail), sms: Some(sms), ..Self::start_with(database, &extra).await }
    }

    /// The server that takes its mails.
    pub fn mail(&self) -> &MailServer {
        self.mail.as_deref().expect("started with mail")
    }

    /// The gateway that takes its text messages.
    pub fn sms(&self) -> &SmsGateway {
        self.sms.as_deref().expect("started with mail")
    }

    /// Starts a provider that agents know by `issuer`, as behind a proxy with TLS.
    pub async fn start_behind_tls(database: &Database, issuer: &str) -> Self {
        let ports = free_ports();
        let here = format!("issuer = \"http://localhost:{}\"", ports[0]);
        let toml = configuration(&database.settings, ports, "").replacen(&here, &format!("issuer = \"{issuer}\""), 1);
        Self::start_from(database, ports, toml).await
    }

    async fn start_from(database: &Database, ports: [u16; 3], toml: String) -> Self {
        let files = tempfile::tempdir().expect("a temporary directory");
        std::fs::write(files.path().join("octroi.toml"), toml).expect("the configuration");
        write_key(&files.path().join("sealing.key"), &sealing_key());
        write_key(&files.path().join("pepper.key"), &Random::system().bytes());
        Self::launch(database, files, ports, Clock::manual(Clock::system().now())).await
    }

    /// Stops this provider and starts it again: same configuration, same keys, same database, same time.
    pub async fn restart(mut self, database: &Database) -> Self {
        let empty = tempfile::tempdir().expect("a temporary directory");
        let files = std::mem::replace(&mut self.files, empty);
        let (ports, clock) = (self.ports, self.clock.clone());
        let (mail, sms) = (self.mail.take(), self.sms.take());
        self.stop().await;
        Self { mail, sms, ..Self::launch(database, files, ports, clock).await }
    }

    /// The configuration with another database: same keys, same listeners.
    pub fn config_on(&self, database: &StoreSettings) -> Config {
        let file = self.files.path().join("elsewhere.toml");
        std::fs::write(&file, configuration(database, self.ports, "")).expect("the configuration");
        load(&file, database)
    }

    /// Stops this provider and starts it again on another database: same keys, same time.
    pub async fn restart_on(self, database: &Database) -> Self {
        self.restart_with(database, "").await
    }

    /// The same with further sections, which replace the defaults of the same name.
    pub async fn restart_with(self, database: &Database, extra: &str) -> Self {
        let toml = configuration(&database.settings, self.ports, extra);
        std::fs::write(self.files.path().join("octroi.toml"), toml).expect("the configuration");
        self.restart(database).await
    }

    async fn launch(database: &Database, files: TempDir, ports: [u16; 3], clock: Clock) -> Self {
        let [office, gateway, metrics] = ports;
        let config = load(&files.path().join("octroi.toml"), &database.settings);
        let around = Surroundings { clock: clock.clone(), random: Random::system() };
        lend_signing_keys(database, clock.now()).await;
        let app = App::open(config, around, Migrate::Always).await.expect("the provider opens");
        keep_signing_keys(database).await;
        let bound = app.bind().expect("ports");
        let (web, directory, jobs) = (bound.app.web.clone(), bound.app.directory.clone(), bound.app.jobs.clone());
        let certificates = bound.certificates();
        let (stop, stopped) = oneshot::channel::<()>();
        let running = tokio::spawn(async move {
            let stopped = async move { drop(stopped.await) };
            bound.serve(stopped).await.expect("the provider serves and drains");
        });
        Self {
            issuer: format!("http://localhost:{office}"),
            gateway: format!("http://localhost:{gateway}"),
            metrics: format!("http://localhost:{metrics}"),
            clock,
            directory,
            web,
            jobs,
            certificates,
            mail: None,
            sms: None,
            ports,
            stop: Some(stop),
            running: Some(running),
            files,
        }
    }

    /// Drains and stops; a test that does not call it just drops the provider.
    pub async fn stop(mut self) {
        drop(self.stop.take());
        if let Some(running) = self.running.take() {
            running.await.expect("a clean end");
        }
    }

    /// Moves time. What is due by then is looked for at once.
    pub fn advance(&self, by: Duration) {
        self.clock.advance(by);
        self.directory.outbox().ring();
    }

    /// What an administrator of the tests acts under.
    pub fn mandate() -> Mandate {
        Mandate::of(Actor::System)
    }

    /// Hires an agent and activates the account with [`PASSWORD`].
    pub async fn hire(&self, soi: &str) {
        self.hire_as(soi, AgentDraft::default()).await;
        self.activate(soi, PASSWORD).await;
    }

    /// Hires an agent with these particulars; not activated. Names and e-mail are filled in where absent.
    pub async fn hire_as(&self, soi: &str, draft: AgentDraft) {
        let draft = AgentDraft {
            given_name: draft.given_name.or_else(|| Some("Camille".to_owned())),
            family_name: draft.family_name.or_else(|| Some(format!("Essai{soi}"))),
            email: draft.email.or_else(|| Some(format!("agent{soi}@ville.example"))),
            ..draft
        };
        self.directory.add_agent(&Self::mandate(), soi, &draft).await.expect("the agent is added");
    }

    /// A fresh activation code.
    pub async fn activation_code(&self, soi: &str) -> String {
        let issued = self.directory.issue_activation_code(&Self::mandate(), soi).await.expect("a code");
        issued.code.grouped()
    }

    /// A fresh reset code of the help desk, for an agent without a role.
    pub async fn reset_code(&self, soi: &str) -> String {
        let mandate = Mandate { reason: Some("ticket".to_owned()), ..Self::mandate() };
        let demanded = self.directory.demand_reset_code(&mandate, soi, CodeDelivery::Counter).await.expect("a code");
        let DemandedCode::Issued(issued) = demanded else { panic!("{demanded:?}") };
        issued.code.grouped()
    }

    /// Activates an account through the login layer.
    pub async fn activate(&self, soi: &str, password: &str) {
        let code = self.activation_code(soi).await;
        assert_eq!(self.use_code(soi, code, password).await, Activation::Done);
    }

    /// Has an agent choose another password with a code of the help desk.
    pub async fn reset(&self, soi: &str, password: &str) {
        let code = self.reset_code(soi).await;
        assert_eq!(self.use_code(soi, code, password).await, Activation::Reset);
    }

    async fn use_code(&self, soi: &str, code: String, password: &str) -> Activation {
        let form = ActivationForm {
            soi: soi.to_owned(),
            code,
            new: PlainPassword::new(password),
            again: PlainPassword::new(password),
        };
        let contact = Contact::default();
        let browser = PlainToken::new("x");
        let visit =
            Visit { zone: NetworkZone::Internal, contact: &contact, browser: &browser, known: None, session: None };
        self.web.login.activate(form, visit).await.expect("an answer")
    }

    /// The login layer.
    pub fn login(&self) -> &Login {
        &self.web.login
    }

    /// Registers a confidential application that opens in both zones, changed by `change`.
    pub async fn register(&self, client_id: &str, change: impl FnOnce(&mut ApplicationDraft)) -> TestApp {
        let mut draft = ApplicationDraft {
            name: Some(format!("Application {client_id}")),
            redirect_uris: Some(vec![CALLBACK.to_owned()]),
            zones: Some(vec![NetworkZone::Internal, NetworkZone::Nomades]),
            ..ApplicationDraft::default()
        };
        change(&mut draft);
        let added = self.directory.add_application(&Self::mandate(), client_id, &draft).await.expect("the application");
        let secret = added.client_secret.map(|s| s.reveal().to_owned());
        self.reload().await;
        TestApp { client_id: client_id.to_owned(), secret }
    }

    /// Makes the server see changed applications now instead of within a second.
    pub async fn reload(&self) {
        self.jobs.reload_applications().await.expect("the applications");
    }

    /// The newest events that meet a filter.
    pub async fn events(&self, filter: EventFilter) -> Vec<RecordedEvent> {
        let filter = EventFilter { limit: if filter.limit == 0 { 100 } else { filter.limit }, ..filter };
        let store = &self.web.login.store;
        store
            .read(async |tx: &mut Tx| -> Result<_, StoreError> { audit::search(tx, &filter).await })
            .await
            .expect("the audit")
    }

    /// The acts of the newest events, newest first.
    pub async fn acts(&self) -> Vec<String> {
        self.events(EventFilter::default()).await.into_iter().map(|e| e.act).collect()
    }

    /// Opens `url` (an authorization request), logs in where asked, and follows to the answer or to a page.
    pub async fn log_in(&self, browser: &Browser, url: impl AsRef<str>, soi: &str, password: &str) -> Page {
        let page = browser.follow(browser.get(url).await).await;
        let form = page.form("/login").fill("soi", soi).fill("password", password);
        browser.follow(browser.submit(&form).await).await
    }

    /// Puts the same path and query at the entrance `gateway`.
    pub fn from_home(&self, url: &str) -> String {
        url.replacen(&self.issuer, &self.gateway, 1)
    }
}

/// All providers of one test run share it, so that the signing keys of the first one serve the others: finding an RSA key
/// takes longer than most tests.
static SEALING_KEY: OnceLock<[u8; 32]> = OnceLock::new();
static SIGNING_KEYS: OnceLock<Vec<SealedKey>> = OnceLock::new();

/// The key under which every provider of this run seals.
pub(crate) fn sealing_key() -> [u8; 32] {
    *SEALING_KEY.get_or_init(|| Random::system().bytes())
}

/// Gives an empty database the keys that another test had to generate.
async fn lend_signing_keys(database: &Database, now: Timestamp) {
    for key in SIGNING_KEYS.get().into_iter().flatten() {
        let insert = async |tx: &mut Tx| -> Result<bool, StoreError> { signing_keys::insert(tx, key, now).await };
        database.store.write(insert).await.expect("a signing key");
    }
}

/// Keeps the keys that a provider has generated.
async fn keep_signing_keys(database: &Database) {
    if SIGNING_KEYS.get().is_none() {
        let list = async |tx: &mut Tx| -> Result<_, StoreError> { signing_keys::list_live(tx).await };
        SIGNING_KEYS.get_or_init({
            let keys = database.store.read(list).await.expect("the signing keys");
            || keys
        });
    }
}

/// Reads a configuration file, with the password of this database in the environment.
fn load(file: &std::path::Path, database: &StoreSettings) -> Config {
    let password = match &database.url {
        DatabaseUrl::Postgres { password: Some(password), .. } => password.reveal().to_owned(),
        _ => String::new(),
    };
    let environment = [("OCTROI_TEST_DATABASE_PASSWORD".to_owned(), password)];
    Config::load(file, environment).unwrap_or_else(|report| panic!("{report}"))
}

fn write_key(path: &std::path::Path, key: &[u8; 32]) {
    use base64::Engine as _;
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::write(path, base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(key)).expect("a key file");
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).expect("mode 0600");
}

/// A port that was free a moment ago, for a listener of the test's own.
pub fn free_port() -> u16 {
    let [port, _, _] = free_ports();
    port
}

/// Three ports that were free a moment ago. They lie below those that the system gives to outgoing connections, of which
/// tests make thousands.
fn free_ports() -> [u16; 3] {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let is_free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
    // Processes beside each other begin at different places.
    let begin = std::process::id().wrapping_mul(211);
    let candidate = || 10_000 + begin.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed)) % 22_000;
    let mut candidates = std::iter::repeat_with(candidate).filter_map(|port| u16::try_from(port).ok());
    [(); 3].map(|()| candidates.by_ref().take(22_000).find(is_free).expect("a free port"))
}

/// Password hashing at OWASP's floor with one thread, so that many tests run beside each other.
fn configuration(database: &StoreSettings, [office, gateway, metrics]: [u16; 3], extra: &str) -> String {
    let (url, password) = match &database.url {
        DatabaseUrl::Sqlite(file) => (format!("sqlite:{}", file.display()), ""),
        DatabaseUrl::Postgres { url, password } => (
            url.clone(),
            if password.is_some() { "password = { env = \"OCTROI_TEST_DATABASE_PASSWORD\" }" } else { "" },
        ),
    };
    let defaults = [
        (
            "network",
            "internal = [\"127.0.0.0/8\", \"::1/128\", \"10.20.0.0/16\"]\ntrusted_proxies = [\"127.0.0.1\", \"::1\"]"
                .to_owned(),
        ),
        ("password", "pepper = { file = \"pepper.key\" }\nthreads = 1\nqueue = 64".to_owned()),
        ("keys", "sealing_key = { file = \"sealing.key\" }".to_owned()),
        ("help", "name = \"Support DSIN\"\nphone = \"01 00 00 00 00\"".to_owned()),
        ("database", format!("url = \"{url}\"\n{password}")),
        ("metrics", format!("bind = \"127.0.0.1:{metrics}\"")),
    ];
    let mut toml = format!(
        "[server]\nissuer = \"http://localhost:{office}\"\norigins = [\"http://localhost:{gateway}\"]\n\
         [[listener]]\nname = \"office\"\nbind = \"127.0.0.1:{office}\"\nzone_ceiling = \"internal\"\n\
         client_address = \"none\"\n\
         [[listener]]\nname = \"gateway\"\nbind = \"127.0.0.1:{gateway}\"\nzone_ceiling = \"nomades\"\n\
         client_address = \"x-forwarded-for\"\n"
    );
    for (section, lines) in defaults {
        if !extra.contains(&format!("[{section}]")) {
            toml.push_str(&format!("[{section}]\n{lines}\n"));
        }
    }
    toml.push_str(extra);
    toml
}
