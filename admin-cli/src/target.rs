//! What a command works on: the installation that a configuration file names, opened directly (local mode). Whoever may
//! read the configuration, its keys and the database may administer; the operating system decides that, not we.

use std::fs::File;
use std::io::ErrorKind;
use std::path::Path;

use octroi_idp::app;
use octroi_idp::config::{self, Config, DatabaseTarget, NetworkConfig, Report};
use octroi_idp::directory::Directory;
use octroi_idp::network::{ListenerZone, ZoneDecider};

use crate::failure::Failure;

/// What the commands about zones need.
#[derive(Debug, Clone)]
pub struct Zones {
    pub decider: ZoneDecider,
    pub network: NetworkConfig,
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
    if let DatabaseTarget::Sqlite { file } = &config.database.target {
        require_readable(file, "the database")?;
    }
    let store = app::store_settings(&config.database, false);
    let outbox = app::outbox(config, &app::Surroundings::system().random)
        .map_err(|error| Failure::Usage(format!("keys.sealing_key cannot be used: {error}")))?;
    let settings = app::directory_settings(config);
    let opened = Directory::open(&store, &config.keys.sealing_key, outbox, settings).await;
    opened.map_err(|error| Failure::Unavailable(format!("database {}: {error}", app::describe(&config.database))))
}

/// The zones of a configuration; no database is needed for them.
pub fn zones(config: &Config) -> Zones {
    let listener = |configured: &config::ListenerConfig| (app::listener_zone(configured), configured.bind.to_string());
    Zones {
        decider: app::zone_decider(config),
        network: config.network.clone(),
        listeners: config.listeners.iter().map(listener).collect(),
    }
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
