//! The configuration: one TOML file, environment overrides (`OCTROI__SECTION__KEY`), secrets by file or variable only.
//!
//! One file per section turns text into checked, typed values; `section` records **every** problem with its line and
//! fix; `contradictions` holds the rules between sections. This is the only module that reads the environment, and only
//! `app`, `main` and the command line read it: everybody else receives a small settings struct. To add a key: ask for it
//! in its section's `read`, and document it in `config/octroi.toml`. Look next at [`Config::load`], then `section`.

mod access;
mod activation;
mod brand;
mod contradictions;
mod database;
mod duration;
mod effective;
mod factors;
mod help;
mod identity;
pub mod init;
mod keys;
mod listener;
mod log;
mod mail;
mod metrics;
mod network;
mod oauth;
mod overrides;
mod password;
mod password_policy;
mod population;
mod problem;
mod reader;
mod reset;
mod secret;
mod section;
mod server;
mod session;
mod sms;
mod suggestion;
#[cfg(test)]
mod tests;
mod tree;

use std::collections::BTreeMap;
use std::path::Path;

pub use access::AccessConfig;
pub use activation::ActivationConfig;
pub use brand::BrandConfig;
pub use database::{DatabaseConfig, DatabaseTarget};
pub use factors::FactorsConfig;
pub use help::HelpConfig;
pub use identity::IdentityConfig;
pub use keys::KeysConfig;
pub use listener::{Bind, ClientAddressSource, ListenerConfig, ListenerTls};
pub use log::{LogConfig, LogFormat, LogLevel};
pub use mail::{MailConfig, MailSecurity};
pub use metrics::MetricsConfig;
pub use network::NetworkConfig;
pub use oauth::OauthConfig;
pub use overrides::environment;
pub use password::{HashingConfig, PasswordConfig};
pub use problem::{Place, Problem, Report, Severity};
pub use reset::ResetConfig;
pub use server::ServerConfig;
pub use sms::{SmsBody, SmsConfig};

use crate::domain::session::SessionPolicy;
use problem::Fault;
use reader::Reader;
use section::Section;
use tree::Node;

/// Where the configuration is looked for unless told otherwise.
pub const DEFAULT_PATH: &str = "config/octroi.toml";

/// The variable that tells otherwise.
pub const PATH_VARIABLE: &str = "OCTROI_CONFIG";

/// A configuration without errors.
#[derive(Debug, Clone)]
pub struct Config {
    pub server: ServerConfig,
    /// At least one.
    pub listeners: Vec<ListenerConfig>,
    pub metrics: Option<MetricsConfig>,
    pub database: DatabaseConfig,
    pub network: NetworkConfig,
    pub identity: IdentityConfig,
    pub password: PasswordConfig,
    pub factors: FactorsConfig,
    pub activation: ActivationConfig,
    pub reset: ResetConfig,
    pub session: SessionPolicy,
    pub oauth: OauthConfig,
    pub keys: KeysConfig,
    pub access: AccessConfig,
    pub mail: Option<MailConfig>,
    pub sms: Option<SmsConfig>,
    pub help: HelpConfig,
    pub brand: BrandConfig,
    pub log: LogConfig,
    warnings: Vec<Problem>,
    effective: String,
}

impl Config {
    /// Reads the file, lays the environment over it and checks everything. The report holds all errors and warnings.
    pub fn load(path: &Path, environment: impl IntoIterator<Item = (String, String)>) -> Result<Self, Report> {
        let environment: BTreeMap<String, String> = environment.into_iter().collect();
        let mut root = tree::read_file(path)?;
        let misplaced = overrides::apply(&mut root, &environment);
        let reader = Reader::new(path, environment, root);
        for (variable, key, fault) in misplaced {
            reader.report_at(Severity::Error, Place::Variable(variable), &key, fault);
        }
        let draft = reader.read(Draft::read);
        contradictions::check(&reader, &draft);
        let (problems, effective) = reader.finish();
        let report = Report::new(problems);
        if report.has_errors() {
            return Err(report);
        }
        draft.complete(report, effective.into_text())
    }

    /// What is accepted but should be looked at.
    pub fn warnings(&self) -> &[Problem] {
        &self.warnings
    }

    /// The effective configuration as TOML, with a note beside defaults and overridden values; no secret's value.
    pub fn effective(&self) -> &str {
        &self.effective
    }
}

/// The sections as far as they could be read: a section with a fault in a key without default is absent.
struct Draft {
    server: Option<ServerConfig>,
    listeners: Vec<(usize, ListenerConfig)>,
    metrics: Option<MetricsConfig>,
    database: Option<DatabaseConfig>,
    network: NetworkConfig,
    identity: Option<IdentityConfig>,
    password: Option<PasswordConfig>,
    factors: FactorsConfig,
    activation: ActivationConfig,
    reset: ResetConfig,
    session: SessionPolicy,
    oauth: OauthConfig,
    keys: Option<KeysConfig>,
    access: AccessConfig,
    mail: Option<MailConfig>,
    sms: Option<SmsConfig>,
    help: HelpConfig,
    brand: BrandConfig,
    log: LogConfig,
}

impl Draft {
    /// Every section of the document, in the order of `config/octroi.toml`.
    fn read(root: &Section<'_>) -> Self {
        let populations = population::read(root);
        let preset = std::cell::Cell::default();
        Self {
            server: root.table("server", server::read),
            listeners: read_listeners(root),
            metrics: root.optional_table("metrics", metrics::read),
            database: root.table("database", database::read),
            network: root.table("network", network::read),
            identity: root.table("identity", identity::read),
            password: root.table("password", |section| {
                let password = password::read(section, &populations);
                preset.set(password.as_ref().map(|password| password.preset).unwrap_or_default());
                password
            }),
            factors: root.table("factors", |section| factors::read(section, &populations, preset.get())),
            activation: root.table("activation", activation::read),
            reset: root.table("reset", reset::read),
            session: root.table("session", session::read),
            oauth: root.table("oauth", oauth::read),
            keys: root.table("keys", keys::read),
            access: root.table("access", access::read),
            mail: root.optional_table("mail", mail::read),
            sms: root.optional_table("sms", sms::read),
            help: root.table("help", help::read),
            brand: root.table("brand", brand::read),
            log: root.table("log", log::read),
        }
    }

    /// The configuration, once the report is known to hold no error.
    fn complete(self, report: Report, effective: String) -> Result<Config, Report> {
        let (Some(server), Some(database), Some(identity), Some(mut password), Some(keys)) =
            (self.server, self.database, self.identity, self.password, self.keys)
        else {
            return Err(report);
        };
        // The names on the pages are the first that come to mind at the password field.
        for word in [&self.brand.product, &self.brand.portal] {
            password.policies.forbid(word);
        }
        Ok(Config {
            server,
            listeners: self.listeners.into_iter().map(|(_, listener)| listener).collect(),
            metrics: self.metrics,
            database,
            network: self.network,
            identity,
            password,
            factors: self.factors,
            activation: self.activation,
            reset: self.reset,
            session: self.session,
            oauth: self.oauth,
            keys,
            access: self.access,
            mail: self.mail,
            sms: self.sms,
            help: self.help,
            brand: self.brand,
            log: self.log,
            warnings: report.problems,
            effective,
        })
    }
}

fn read_listeners(root: &Section<'_>) -> Vec<(usize, ListenerConfig)> {
    let listeners = root.tables("listener", listener::read);
    if root.find("listener").is_none_or(Node::is_empty_list) {
        let fix = "add a section [[listener]] with name, bind and zone_ceiling";
        root.error("listener", Fault::new("there is no listener", fix));
    }
    listeners
}
