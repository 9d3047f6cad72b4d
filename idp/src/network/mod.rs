//! From a contact to its network zone: peer + headers + listener → client address → zone, with the explanation
//! (PRODUCT §2 points 3, 4 and 8; STANDARDS ZONE-01 to ZONE-07).
//!
//! Pure: no sockets, no framework, no configuration file. It believes a header only from a trusted proxy and only the one
//! that the listener names; whatever is not certain is `nomades`. It must never raise a zone for any other reason than
//! the address and the listener.
//!
//! Look next at `decision.rs`, where the rule stands; at `forwarded.rs`, `x_forwarded_for.rs` and `proxy_v2.rs`, which read
//! one header each; at `vectors.rs` for the table of examples, and at `properties.rs` for what no header may ever achieve.
//! `source.rs` says which addresses count as one where attempts are counted.

mod address;
mod decision;
mod explanation;
mod forwarded;
mod headers;
mod nets;
pub mod proxy_v2;
mod source;
mod x_forwarded_for;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod vectors;

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::time::Duration;

use ipnet::IpNet;

use crate::domain::zone::NetworkZone;

pub use decision::ZoneDecider;
pub use explanation::{Contact, Hop, HopRole, Why, ZoneDecision};
pub use headers::{Because, IgnoredHeader};
pub use proxy_v2::Proxied;
pub use source::{Source, Sources};

/// What the configuration says about networks.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NetworkSettings {
    /// Peers whose forwarding header counts. Empty by default: nobody is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Where the municipal workstations are.
    pub internal: Vec<IpNet>,
    /// VPN pools, guest Wi-Fi, servers: never `internal`, whatever else is said (ZONE-07).
    pub never_internal: Vec<IpNet>,
    /// How long a contact seen as `internal` is believed (PRODUCT §2.6).
    pub internal_max_age: Duration,
}

/// The one place from which a listener takes the client's address (PRODUCT §2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ClientAddressSource {
    /// The TCP peer itself.
    None,
    /// The `Forwarded` header (RFC 7239).
    Forwarded,
    /// The `X-Forwarded-For` header.
    XForwardedFor,
    /// The PROXY protocol, version 2: every connection begins with its header, or is closed.
    ProxyV2,
}

impl ClientAddressSource {
    /// The word used in the configuration; for a header source also the header's name in lower case.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Forwarded => "forwarded",
            Self::XForwardedFor => "x-forwarded-for",
            Self::ProxyV2 => "proxy-v2",
        }
    }

    /// Whether it is a header of the request, by the name of [`as_str`](Self::as_str).
    pub const fn is_header(self) -> bool {
        matches!(self, Self::Forwarded | Self::XForwardedFor)
    }
}

impl fmt::Display for ClientAddressSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that names no source of client addresses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no source of client addresses (none, forwarded, x-forwarded-for or proxy-v2)")]
pub struct UnknownSource(pub String);

impl FromStr for ClientAddressSource {
    type Err = UnknownSource;

    fn from_str(text: &str) -> Result<Self, UnknownSource> {
        match text {
            "none" => Ok(Self::None),
            "forwarded" => Ok(Self::Forwarded),
            "x-forwarded-for" => Ok(Self::XForwardedFor),
            "proxy-v2" => Ok(Self::ProxyV2),
            other => Err(UnknownSource(other.chars().take(32).collect())),
        }
    }
}

/// What the zone needs to know about the listener on which a contact arrived (ZONE-01).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListenerZone {
    /// Its name in the configuration.
    pub name: String,
    /// The highest zone that a contact on it can have.
    pub ceiling: NetworkZone,
    /// Where the client's address comes from.
    pub source: ClientAddressSource,
    /// A unix socket whose permissions let only a trusted proxy in: a peer without address is then a trusted proxy.
    pub trusted_socket: bool,
}

/// What a connection says about whence it comes, before any request on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Arrival {
    /// The address at the other end; absent on a socket that has none.
    pub peer: Option<IpAddr>,
    /// What the PROXY header said; absent where there was none.
    pub proxied: Option<Proxied>,
}

impl From<Option<IpAddr>> for Arrival {
    fn from(peer: Option<IpAddr>) -> Self {
        Self { peer, proxied: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_written_as_the_configuration_writes_it() {
        use ClientAddressSource::{Forwarded, None, ProxyV2, XForwardedFor};
        for source in [None, Forwarded, XForwardedFor, ProxyV2] {
            assert_eq!(source.as_str().parse(), Ok(source));
        }
        for text in ["", "None", "Forwarded", "x_forwarded_for", "x-real-ip", "proxy-v1"] {
            assert!(text.parse::<ClientAddressSource>().is_err(), "{text:?}");
        }
    }
}
