//! Octroi itself, run inside the demo: the one place where the demo touches the provider's own functions.
//!
//! [`start`] receives the sockets and the data directory, writes the configuration there, seeds [`crate::samples`]
//! through `directory`, and posts the activation letter. The rest of the demo knows the provider by HTTP only.

use std::collections::BTreeMap;
use std::path::PathBuf;

use octroi_idp::domain::ids::ClientId;
use octroi_idp::domain::secret::PlainToken;
use octroi_idp::domain::soi::Soi;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::listen::Bound;
use crate::mailbox::Mailbox;
use crate::ports::Ports;

/// What the provider is started with.
pub struct Settings {
    /// Holds `octroi.toml`, the database and the keys; exists.
    pub data: PathBuf,
    /// The origins of the demo (`ports::origin`): issuer, gateway, mailbox and portal.
    pub ports: Ports,
    /// "At the office": the issuer's port on every loopback address, already bound.
    pub office: Bound,
    /// Behind the Nomades gateway: a free port, already bound. Ceiling `nomades`, client address `x-forwarded-for`,
    /// trusted proxies 127.0.0.1 and ::1.
    pub nomades: Bound,
    /// Where the letters go.
    pub mailbox: Mailbox,
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
#[allow(clippy::unused_async, reason = "the caller awaits the provider's own start")]
pub async fn start(settings: Settings, stop: watch::Receiver<bool>) -> anyhow::Result<Running> {
    drop((settings, stop));
    anyhow::bail!("this build has no provider to run yet")
}
