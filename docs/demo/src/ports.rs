//! The four addresses of the demo, all derived from one `--port N` (CONTRACT: N, N+1, N+10, N+2).

use url::Url;

/// The last `N` for which `N + 10` is still a port.
pub const LAST_BASE: u16 = u16::MAX - 10;

/// The ports of one demo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ports {
    /// The provider and issuer, "at the office".
    pub provider: u16,
    /// The simulated Nomades gateway, "from home".
    pub gateway: u16,
    /// The mailbox.
    pub mailbox: u16,
    /// The sample portal.
    pub portal: u16,
}

impl Ports {
    /// From the base `N`; saturates above [`LAST_BASE`], which the command line refuses before.
    pub const fn from_base(base: u16) -> Self {
        Self {
            provider: base,
            gateway: base.saturating_add(1),
            mailbox: base.saturating_add(2),
            portal: base.saturating_add(10),
        }
    }
}

/// `http://localhost:PORT`, without a trailing slash: an issuer is compared character by character.
pub fn origin(port: u16) -> String {
    format!("http://localhost:{port}")
}

/// The same as a URL to build further addresses on.
pub fn origin_url(port: u16) -> Result<Url, url::ParseError> {
    Url::parse(&origin(port))
}
