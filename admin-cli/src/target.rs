//! What a command works on: the installation that a configuration file names, opened directly (local mode). Whoever may
//! read the configuration, its keys and the database may administer; the operating system decides that, not we.

use std::fs::File;
use std::io::ErrorKind;
use std::path::Path;

use octroi_idp::config::{self, Config, DatabaseTarget, Report};
use octroi_idp::directory::{DatabaseUrl, Directory, DirectorySettings, StoreSettings};
use octroi_idp::network::{ClientAddressSource, ListenerZone, NetworkSettings, ZoneDecider};

use crate::failure::Failure;

/// What the commands about zones need.
#[derive(Debug, Clone)]
pub struct Zones {
    pub decider: ZoneDecider,
    pub settings: NetworkSettings,
    /// Each with the address it listens on.
    pub listeners: Vec<(ListenerZone, String)>,
}

/// Reads the configuration.
pub fn load(path: &Path) -> Result<Config, Failure> {
    require_readable(path, "the configuration")?;
    Config::load(path, config::environment()).map_err(|report| {
        if keys_are_hidden(&report) {
            let what = format!("the keys of this installation are not for you:\n{report}");
            return Failure::NotAuthorised(what);
        }
        Failure::Usage(format!("the configuration cannot be used:\n{report}"))
    })
}

/// Opens the directory.
pub async fn open(config: &Config) -> Result<Directory, Failure> {
    let database = &config.database;
    let (url, name) = match &database.target {
        DatabaseTarget::Sqlite { file } => {
            require_readable(file, "the database")?;
            (DatabaseUrl::Sqlite(file.clone()), file.display().to_string())
        }
        DatabaseTarget::Postgres { url, password } => {
            (DatabaseUrl::Postgres { url: url.clone(), password: password.clone() }, url.clone())
        }
    };
    let store = StoreSettings {
        url,
        create: false,
        read_connections: database.read_connections,
        write_connections: database.write_connections,
        busy_timeout: database.busy_timeout,
    };
    let settings = DirectorySettings {
        soi_syntax: config.identity.soi_syntax.clone(),
        time_zone: config.identity.time_zone.clone(),
        activation_code_lifetime: config.activation.code_lifetime,
    };
    let opened = Directory::open(&store, &config.keys.sealing_key, settings).await;
    opened.map_err(|error| Failure::Unavailable(format!("database {name}: {error}")))
}

/// The zones of a configuration; no database is needed for them.
pub fn zones(config: &Config) -> Zones {
    let network = &config.network;
    let settings = NetworkSettings {
        trusted_proxies: network.trusted_proxies.clone(),
        internal: network.internal.clone(),
        never_internal: network.never_internal.clone(),
        internal_max_age: network.internal_max_age,
    };
    let listener = |configured: &config::ListenerConfig| {
        let source = match configured.client_address {
            config::ClientAddressSource::None => ClientAddressSource::None,
            config::ClientAddressSource::Forwarded => ClientAddressSource::Forwarded,
            config::ClientAddressSource::XForwardedFor => ClientAddressSource::XForwardedFor,
        };
        let zone = ListenerZone { name: configured.name.clone(), ceiling: configured.zone_ceiling, source };
        (zone, configured.bind.to_string())
    };
    Zones { decider: ZoneDecider::new(&settings), settings, listeners: config.listeners.iter().map(listener).collect() }
}

/// A file that exists and may not be read is a question of rights; every other trouble is told by who opens it.
fn require_readable(path: &Path, what: &str) -> Result<(), Failure> {
    match File::open(path) {
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            let path = path.display();
            Err(Failure::NotAuthorised(format!("{what} {path} is not for you to read: run octroictl as Octroi's user")))
        }
        _ => Ok(()),
    }
}

/// Whether the operating system refused to show a key file (the report keeps the system's words).
fn keys_are_hidden(report: &Report) -> bool {
    let refused = std::io::Error::from(ErrorKind::PermissionDenied).to_string().to_lowercase();
    report.problems.iter().any(|problem| problem.what.to_lowercase().contains(&refused))
}
