//! The composition root: configuration in, a running server out. The only place that knows every layer.

pub mod administrator;
pub mod backup;
mod messages;
pub mod operator;
mod placing;
mod postgres;
pub mod restore;
pub mod serve;

/// The filter of breached passwords, for the command line that makes it.
pub use crate::crypto::breach;

use std::io;
use std::net::TcpListener;
use std::sync::Arc;

use arc_swap::ArcSwap;
use tokio::sync::watch;

use crate::config::{Bind, Config, DatabaseConfig, DatabaseTarget, ListenerConfig};
use crate::crypto::blocklist::{BlockedPasswords, BlocklistError};
use crate::crypto::breach::{BreachedPasswords, FilterError};
use crate::crypto::keyed::{CsrfKey, LookupKey};
use crate::crypto::known_browser::BrowserKey;
use crate::crypto::password::{PasswordPool, PasswordSettings, PasswordSettingsError};
use crate::crypto::random::Random;
use crate::crypto::seal::{SealError, Sealer};
use crate::crypto::short_code::ShortCodeKey;
use crate::crypto::tls::IdentityError;
use crate::directory::{Directory, DirectorySettings, ResetCodeLifetimes};
use crate::domain::time::Clock;
use crate::ephemeral::memory::Memory;
use crate::jobs::expiry::ExpiryWarnings;
use crate::jobs::keys::{KeysError, load_or_generate};
use crate::jobs::{AUDIT_MONTHS, Jobs, load_applications};
use crate::login::passkey::{PasskeySettings, PasskeySetupError, Passkeys};
use crate::login::{Login, LoginSettings};
use crate::network::{ListenerZone, NetworkSettings, Sources, ZoneDecider};
use crate::notify::smtp::RelayError;
use crate::oauth::userinfo::VerifiedTokens;
use crate::oauth::{OauthSettings, Provider};
use crate::outbound::sms::GatewayError;
use crate::outbox::Outbox;
use crate::storage::{DatabaseUrl, Store, StoreError, StoreSettings};
use crate::telemetry;
use crate::ui::{Branding, Help, Localised, SoiField};
use crate::web::listen::{self, BoundSocket, Entrance, Limits, Listener, Tls, UnixSocket};
use crate::web::{Web, WebSettings, router};

/// Why a server does not start. Print it with its sources: each level says its own part only.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("database {database}")]
    Store { database: String, source: StoreError },
    #[error(transparent)]
    Keys(#[from] KeysError),
    #[error("keys.sealing_key cannot be used")]
    SealingKey(#[from] SealError),
    #[error("password hashing cannot start")]
    Passwords(#[from] PasswordSettingsError),
    #[error("password.breach_filter cannot be used")]
    BreachFilter(#[from] FilterError),
    #[error("password.blocklist cannot be used")]
    Blocklist(#[from] BlocklistError),
    #[error("passkeys cannot start")]
    Passkeys(#[from] PasskeySetupError),
    #[error(transparent)]
    Listener(#[from] io::Error),
    #[error("TLS cannot start")]
    Tls(#[from] IdentityError),
    #[error("mails cannot be sent")]
    Mail(#[from] RelayError),
    #[error("text messages cannot be sent")]
    Sms(#[from] GatewayError),
}

/// Whether a start may change the schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Migrate {
    /// The embedded database by itself, a shared one never.
    Embedded,
    /// Either.
    Always,
}

/// Time and chance, as parameters: tests bring their own.
#[derive(Debug, Clone)]
pub struct Surroundings {
    pub clock: Clock,
    pub random: Random,
}

impl Surroundings {
    /// The machine's own.
    pub fn system() -> Self {
        Self { clock: Clock::system(), random: Random::system() }
    }
}

/// A provider that is put together and not yet listening.
pub struct App {
    pub web: Web,
    /// Administrative acts on the same database.
    pub directory: Directory,
    pub jobs: Jobs,
    config: Config,
}

/// A provider whose listeners are bound.
pub struct Bound {
    pub app: App,
    listeners: Vec<Listener>,
}

/// The settings of the store, from the configuration. `create`: make the embedded file when it is absent.
pub fn store_settings(config: &DatabaseConfig, create: bool) -> StoreSettings {
    let url = match &config.target {
        DatabaseTarget::Sqlite { file } => DatabaseUrl::Sqlite(file.clone()),
        DatabaseTarget::Postgres { url, password } => {
            DatabaseUrl::Postgres { url: url.clone(), password: password.clone() }
        }
    };
    StoreSettings {
        url,
        create,
        read_connections: config.read_connections,
        write_connections: config.write_connections,
        busy_timeout: config.busy_timeout,
    }
}

/// Opens the database and brings its schema up to date where that is allowed.
pub async fn open_store(config: &Config, migrate: Migrate) -> Result<Store, StartError> {
    let named = |source| StartError::Store { database: describe(&config.database), source };
    let store = Store::open(&store_settings(&config.database, true)).await.map_err(named)?;
    if migrate == Migrate::Always || store.is_embedded() {
        store.migrate().await.map_err(named)?;
    } else {
        store.require_current_schema().await.map_err(named)?;
    }
    Ok(store)
}

/// The database as an administrator knows it, without its password.
pub fn describe(config: &DatabaseConfig) -> String {
    match &config.target {
        DatabaseTarget::Sqlite { file } => file.display().to_string(),
        DatabaseTarget::Postgres { url, .. } => url.clone(),
    }
}

impl App {
    /// Puts all layers together.
    pub async fn open(config: Config, around: Surroundings, migrate: Migrate) -> Result<Self, StartError> {
        // Layers keep handles on figures: the recorder is there before them.
        telemetry::metrics();
        let store = open_store(&config, migrate).await?;
        let named = |source| StartError::Store { database: describe(&config.database), source };
        let Surroundings { clock, random } = around.clone();
        let master = &config.keys.sealing_key;
        let sealer = Arc::new(Sealer::new(master)?);
        let keys = load_or_generate(&store, &sealer, &random, clock.now()).await?;
        let keys = Arc::new(ArcSwap::from_pointee(keys));
        let applications = Arc::new(ArcSwap::from_pointee(load_applications(&store).await.map_err(named)?));
        let hashing = &config.password.hashing;
        let passwords = PasswordPool::new(
            PasswordSettings {
                memory_kib: hashing.memory_kib,
                iterations: hashing.iterations,
                parallelism: hashing.parallelism,
                threads: hashing.threads,
                queue: hashing.queue,
            },
            config.password.pepper.clone(),
            random.clone(),
        )?;
        let breached = BreachedPasswords::open(config.password.breach_filter.as_deref())?;
        let blocked = BlockedPasswords::open(config.password.blocklist.as_deref())?;
        let outbox = outbox(&config, &random)?;
        let delivery = messages::delivery(&config, store.clone(), &around, sealer.clone())?;
        let ephemeral: Arc<dyn crate::ephemeral::Ephemeral> = Arc::new(Memory::new(clock.clone()));
        let login = Login {
            store: store.clone(),
            ephemeral: ephemeral.clone(),
            clock: clock.clone(),
            random: random.clone(),
            passwords: Arc::new(passwords),
            breached: breached.clone(),
            blocked: blocked.clone(),
            lookup: LookupKey::new(master),
            browsers: BrowserKey::new(master),
            short_codes: ShortCodeKey::new(master),
            sealer: sealer.clone(),
            passkeys: Passkeys::open(&passkey_settings(&config))?.map(Arc::new),
            outbox: outbox.clone(),
            settings: Arc::new(LoginSettings {
                soi_syntax: config.identity.soi_syntax.clone(),
                policies: config.password.policies.clone(),
                sessions: config.session,
                sources: Sources::new(&config.network.shared, config.network.shared_failures),
                time_zone: config.identity.time_zone.clone(),
                product: config.brand.product.clone(),
                factors: config.factors.policies.clone(),
                highest_acr: config.factors.highest_acr(),
                sends_sms: config.sms.is_some(),
                alerts: config.help.alerts_email.clone(),
            }),
        };
        let oauth = Provider {
            store: store.clone(),
            ephemeral,
            clock: clock.clone(),
            random,
            keys: keys.clone(),
            applications: applications.clone(),
            verified: VerifiedTokens::default(),
            settings: Arc::new(oauth_settings(&config)),
        };
        let bell = outbox.bell();
        let directory = Directory::new(
            store.clone(),
            clock.clone(),
            oauth.random.clone(),
            master,
            outbox,
            directory_settings(&config),
        );
        let (sessions, reloading) = (config.session, Arc::default());
        let warnings = ExpiryWarnings {
            policies: config.password.policies.clone(),
            time_zone: config.identity.time_zone.clone(),
            outbox: directory.outbox().clone(),
        };
        let jobs = Jobs {
            store,
            clock,
            sealer,
            applications,
            keys,
            breached,
            blocked,
            delivery,
            bell,
            reloading,
            sessions,
            warnings,
        };
        let web = Web::new(login, oauth, zone_decider(&config), CsrfKey::new(master), web_settings(&config));
        Ok(Self { web, directory, jobs, config })
    }

    /// Binds every listener, so that nothing is announced that does not work.
    pub fn bind(self) -> Result<Bound, StartError> {
        self.bind_with(Vec::new())
    }

    /// The same with sockets that were bound before, by the name of their listener; one listener may have several.
    pub fn bind_with(self, given: Vec<(String, TcpListener)>) -> Result<Bound, StartError> {
        let mut listeners = Vec::new();
        let mut given = given;
        for configured in &self.config.listeners {
            let (own, others): (Vec<_>, Vec<_>) = given.into_iter().partition(|(name, _)| *name == configured.name);
            given = others;
            let sockets = if own.is_empty() {
                vec![bind(configured)?]
            } else {
                own.into_iter().map(|(_, socket)| BoundSocket::Tcp(socket)).collect()
            };
            for socket in sockets {
                let router = router::router(&self.web, listener_zone(configured));
                let entrance = entrance(configured, &self.web.zones)?;
                listeners.push(Listener::new(&configured.name, socket, router).with(limits(configured), entrance));
            }
        }
        if let Some(metrics) = &self.config.metrics {
            let socket = BoundSocket::Tcp(listen::bind("metrics", metrics.bind)?);
            let figures = telemetry::metrics();
            listeners.push(Listener::new("metrics", socket, crate::web::metrics::router(|| figures.render())));
        }
        Ok(Bound { app: self, listeners })
    }
}

impl Bound {
    /// Name and address of each listener.
    pub fn addresses(&self) -> io::Result<Vec<(String, String)>> {
        self.listeners.iter().map(|l| Ok((l.name.clone(), l.address()?))).collect()
    }

    /// What a reload reads again of the listeners' certificates.
    pub fn certificates(&self) -> Vec<Tls> {
        self.listeners.iter().filter_map(Listener::tls).collect()
    }

    /// Serves until `stop` resolves, drains, and closes the database.
    pub async fn serve(self, stop: impl Future<Output = ()>) -> Result<(), StartError> {
        let Self { app, listeners } = self;
        let store = app.jobs.store.clone();
        let (stop_jobs, stopped) = watch::channel(false);
        let mut jobs = app.jobs.clone().start(&stopped);
        let served = listen::serve(listeners, stop, app.config.server.drain).await;
        // Jobs that are in the middle of a turn finish it.
        let _ = stop_jobs.send(true);
        while jobs.join_next().await.is_some() {}
        store.close().await;
        served.map_err(StartError::from)
    }
}

/// Administrative acts on a store that is open.
pub fn directory(config: &Config, store: Store, around: &Surroundings) -> Result<Directory, SealError> {
    let outbox = outbox(config, &around.random)?;
    let (clock, random, settings) = (around.clock.clone(), around.random.clone(), directory_settings(config));
    Ok(Directory::new(store, clock, random, &config.keys.sealing_key, outbox, settings))
}

/// The settings of administrative acts, from the configuration.
pub fn directory_settings(config: &Config) -> DirectorySettings {
    DirectorySettings {
        soi_syntax: config.identity.soi_syntax.clone(),
        time_zone: config.identity.time_zone.clone(),
        activation_code_lifetime: config.activation.code_lifetime,
        reset_codes: ResetCodeLifetimes {
            letter: config.reset.letter_lifetime,
            handed_over: config.reset.handover_lifetime,
        },
    }
}

/// Where notices are put, sealed under the configuration's key.
pub fn outbox(config: &Config, random: &Random) -> Result<Outbox, SealError> {
    let master = &config.keys.sealing_key;
    Ok(Outbox::new(Arc::new(Sealer::new(master)?), random.clone(), ShortCodeKey::new(master)))
}

/// What Octroi is to authenticators.
fn passkey_settings(config: &Config) -> PasskeySettings {
    PasskeySettings {
        issuer: config.server.issuer_origin.clone(),
        origins: config.server.origins.clone(),
        rp_id: config.factors.rp_id.clone(),
        product: config.brand.product.clone(),
        authorities: config.factors.attestation_authorities.clone(),
    }
}

/// A configured listener, as the zone decision sees it.
pub fn listener_zone(configured: &ListenerConfig) -> ListenerZone {
    use crate::config::ClientAddressSource as Configured;
    use crate::network::ClientAddressSource as Source;
    let source = match configured.client_address {
        Configured::None => Source::None,
        Configured::Forwarded => Source::Forwarded,
        Configured::XForwardedFor => Source::XForwardedFor,
        Configured::ProxyV2 => Source::ProxyV2,
    };
    let (name, trusted_socket) = (configured.name.clone(), configured.trusted_socket);
    ListenerZone { name, ceiling: configured.zone_ceiling, source, trusted_socket }
}

fn bind(configured: &ListenerConfig) -> io::Result<BoundSocket> {
    match &configured.bind {
        Bind::Tcp(address) => listen::bind(&configured.name, *address).map(BoundSocket::Tcp),
        Bind::Unix(path) => UnixSocket::bind(&configured.name, path, configured.socket_mode).map(BoundSocket::Unix),
    }
}

fn limits(configured: &ListenerConfig) -> Limits {
    Limits {
        max_connections: configured.max_connections,
        header_timeout: configured.header_timeout,
        idle_timeout: configured.idle_timeout,
        ..Limits::default()
    }
}

/// What stands before HTTP on a configured listener.
fn entrance(configured: &ListenerConfig, zones: &ZoneDecider) -> Result<Entrance, StartError> {
    let needs_header = configured.client_address == crate::config::ClientAddressSource::ProxyV2;
    let tls = configured
        .tls
        .as_ref()
        .map(|tls| Tls::new(&configured.name, &tls.identity, tls.certificate.clone(), tls.key.clone()));
    Ok(Entrance { proxy_v2: needs_header.then(|| (zones.clone(), listener_zone(configured))), tls: tls.transpose()? })
}

/// The zone rules of a configuration.
pub fn zone_decider(config: &Config) -> ZoneDecider {
    let network = &config.network;
    ZoneDecider::new(&NetworkSettings {
        trusted_proxies: network.trusted_proxies.clone(),
        internal: network.internal.clone(),
        never_internal: network.never_internal.clone(),
        internal_max_age: network.internal_max_age,
    })
}

fn oauth_settings(config: &Config) -> OauthSettings {
    OauthSettings {
        issuer: config.server.issuer.clone(),
        code_lifetime: config.oauth.code_lifetime,
        access_token_lifetime: config.oauth.access_token_lifetime,
        id_token_lifetime: config.oauth.id_token_lifetime,
        interaction_lifetime: std::time::Duration::from_mins(30),
        internal_max_age: config.network.internal_max_age,
        sessions: config.session,
        passwords: config.password.policies.clone(),
        time_zone: config.identity.time_zone.clone(),
        factors: config.factors.policies.clone(),
        highest_acr: config.factors.highest_acr(),
        preview_nomades: config.access.preview_nomades,
    }
}

fn web_settings(config: &Config) -> WebSettings {
    let mut origins = vec![config.server.issuer_origin.clone()];
    origins.extend(config.server.origins.iter().cloned());
    let help = &config.help;
    WebSettings {
        origins,
        secure: config.server.is_https(),
        branding: Branding {
            product: config.brand.product.clone(),
            organisation: config.brand.organisation.clone(),
            portal_name: config.brand.portal.clone(),
            portal_url: config.brand.portal_uri.as_ref().map(ToString::to_string),
            soi: soi_field(config),
            help: Help {
                name: help.name.clone(),
                phone: help.phone.clone(),
                hours: help.hours.clone(),
                email: help.email.clone(),
            },
            legal_notice: None,
            accessibility_stated_on: None,
            privacy_contact: None,
            log_retention_months: AUDIT_MONTHS,
        },
        time_zone: config.identity.time_zone.clone(),
    }
}

/// The default syntax is described in words; another one is described by the administrator's own.
fn soi_field(config: &Config) -> SoiField {
    if config.identity.soi_syntax.is_default() {
        let hint = Localised { fr: "6 à 8 chiffres".to_owned(), en: "6 to 8 digits".to_owned() };
        SoiField { hint, numeric: true }
    } else {
        let hint = Localised { fr: "sur votre carte d’agent".to_owned(), en: "on your staff card".to_owned() };
        SoiField { hint, numeric: false }
    }
}
