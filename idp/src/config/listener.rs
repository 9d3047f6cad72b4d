//! `[[listener]]`: where Octroi listens, the highest zone that a contact there can have, and who tells the client's
//! address (PRODUCT §2.3, §2.4).

use std::net::SocketAddr;

use super::problem::Fault;
use super::section::Section;
use crate::domain::zone::NetworkZone;

/// One listener, checked.
#[derive(Debug, Clone)]
pub struct ListenerConfig {
    pub name: String,
    pub bind: SocketAddr,
    /// A contact through this listener is never in a higher zone.
    pub zone_ceiling: NetworkZone,
    pub client_address: ClientAddressSource,
}

/// Who tells where a request comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientAddressSource {
    /// The TCP peer.
    None,
    /// `Forwarded` (RFC 7239) from a trusted proxy.
    Forwarded,
    /// `X-Forwarded-For` from a trusted proxy.
    XForwardedFor,
}

pub(super) fn read(section: &Section<'_>) -> Option<ListenerConfig> {
    let name = section.required_text("name", "office").and_then(|name| section.judge("name", check_name(name)));
    let bind =
        section.required_text("bind", "127.0.0.1:8080").and_then(|bind| section.judge("bind", parse_bind(&bind)));
    // Whoever does not say so gets no `internal`.
    let zone_ceiling =
        section.choice("zone_ceiling", ("nomades", NetworkZone::Nomades), &[("internal", NetworkZone::Internal)]);
    let source = section.text("client_address", "none");
    let client_address = section.judge("client_address", parse_source(&source));
    Some(ListenerConfig { name: name?, bind: bind?, zone_ceiling, client_address: client_address? })
}

/// `ADDRESS:PORT`, without name resolution: a listener must not move with a name server's answer.
pub(super) fn parse_bind(text: &str) -> Result<SocketAddr, Fault> {
    text.parse().map_err(|_| {
        Fault::new(
            format!("{text:?} is not an address with a port"),
            "write ADDRESS:PORT, such as \"127.0.0.1:8080\", \"0.0.0.0:8080\" or \"[::1]:8080\"",
        )
    })
}

/// Whether the second of two listeners could not be opened beside the first.
pub(super) fn collide(a: SocketAddr, b: SocketAddr) -> bool {
    // Port 0 asks the system for a free one.
    a.port() == b.port() && a.port() != 0 && (a.ip() == b.ip() || a.ip().is_unspecified() || b.ip().is_unspecified())
}

fn check_name(name: String) -> Result<String, Fault> {
    let is_plain = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_');
    if is_plain && name.len() <= 32 {
        return Ok(name);
    }
    Err(Fault::new(format!("{name:?} is not a listener's name"), "use up to 32 of a-z, 0-9, - and _"))
}

fn parse_source(text: &str) -> Result<ClientAddressSource, Fault> {
    const FIX: &str = "write one of \"none\", \"forwarded\", \"x-forwarded-for\"";
    match text {
        "none" => Ok(ClientAddressSource::None),
        "forwarded" => Ok(ClientAddressSource::Forwarded),
        "x-forwarded-for" => Ok(ClientAddressSource::XForwardedFor),
        "proxy-v2" => Err(Fault::new("\"proxy-v2\" is not available in this version", FIX)),
        other => Err(Fault::new(format!("{other:?} is not known here"), FIX)),
    }
}
