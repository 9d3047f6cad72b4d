//! `[[listener]]`: where Octroi listens, the highest zone that a contact there can have, who tells the client's address
//! (PRODUCT §2.3, §2.4), TLS, and what one listener may hold.
//!
//! Addresses and paths are read in `bind.rs`, certificates in `tls.rs`; what contradicts other sections is in
//! `config/contradictions.rs`.

mod bind;
mod tls;

use std::time::Duration;

pub use bind::Bind;
pub(super) use bind::{collide, parse_tcp};
pub use tls::ListenerTls;

use super::problem::Fault;
use super::section::Section;
use crate::domain::zone::NetworkZone;

/// One listener, checked.
#[derive(Debug, Clone)]
pub struct ListenerConfig {
    pub name: String,
    pub bind: Bind,
    /// A contact through this listener is never in a higher zone.
    pub zone_ceiling: NetworkZone,
    pub client_address: ClientAddressSource,
    /// Whoever can open this unix socket is a trusted proxy.
    pub trusted_socket: bool,
    /// Who may open the unix socket.
    pub socket_mode: u32,
    /// TLS by Octroi itself; without it, the listener speaks plain HTTP.
    pub tls: Option<ListenerTls>,
    /// So many connections at a time.
    pub max_connections: usize,
    /// From a connection's first byte, or from its beginning, to a whole request header.
    pub header_timeout: Duration,
    /// How long a connection may rest between two requests.
    pub idle_timeout: Duration,
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
    /// The PROXY protocol, version 2, from a trusted proxy: required on each connection.
    ProxyV2,
}

pub(super) fn read(section: &Section<'_>) -> Option<ListenerConfig> {
    let name = section.required_text("name", "office").and_then(|name| section.judge("name", check_name(name)));
    let bind = section
        .required_text("bind", "127.0.0.1:8080")
        .and_then(|text| section.judge("bind", bind::parse(&text, section.reader)));
    // Whoever does not say so gets no `internal`.
    let zone_ceiling =
        section.choice("zone_ceiling", ("nomades", NetworkZone::Nomades), &[("internal", NetworkZone::Internal)]);
    let source = section.text("client_address", "none");
    let client_address = section.judge("client_address", parse_source(&source));
    let (trusted_socket, socket_mode) = match &bind {
        // What a TCP listener does not have is not shown for it.
        Some(Bind::Tcp(_)) => {
            for key in ["trusted_socket", "socket_mode"] {
                if section.find(key).is_some() {
                    let fix = "remove it, or write bind = \"unix:PATH\"";
                    section.error(key, Fault::new("only a unix socket has this", fix));
                }
            }
            (false, bind::DEFAULT_MODE)
        }
        Some(Bind::Unix(_)) | None => {
            let trusted_socket = section.boolean("trusted_socket", false);
            let mode = section.text("socket_mode", "0660");
            let mode = section.judge("socket_mode", bind::parse_mode(&mode));
            (trusted_socket, mode.unwrap_or(bind::DEFAULT_MODE))
        }
    };
    let tls = section.optional_table("tls", tls::read);
    let max_connections = section.integer("max_connections", 4096, 16..=1_000_000);
    let header_limits = Duration::from_secs(1)..=Duration::from_mins(1);
    let header_timeout = section.duration("header_timeout", Duration::from_secs(10), header_limits);
    let idle_limits = Duration::from_secs(1)..=Duration::from_mins(15);
    let idle_timeout = section.duration("idle_timeout", Duration::from_secs(75), idle_limits);
    Some(ListenerConfig {
        name: name?,
        bind: bind?,
        zone_ceiling,
        client_address: client_address?,
        trusted_socket,
        socket_mode,
        tls,
        max_connections,
        header_timeout,
        idle_timeout,
    })
}

fn check_name(name: String) -> Result<String, Fault> {
    let is_plain = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_');
    if is_plain && name.len() <= 32 {
        return Ok(name);
    }
    Err(Fault::new(format!("{name:?} is not a listener's name"), "use up to 32 of a-z, 0-9, - and _"))
}

fn parse_source(text: &str) -> Result<ClientAddressSource, Fault> {
    match text {
        "none" => Ok(ClientAddressSource::None),
        "forwarded" => Ok(ClientAddressSource::Forwarded),
        "x-forwarded-for" => Ok(ClientAddressSource::XForwardedFor),
        "proxy-v2" => Ok(ClientAddressSource::ProxyV2),
        other => {
            let fix = "write one of \"none\", \"forwarded\", \"x-forwarded-for\", \"proxy-v2\"";
            Err(Fault::new(format!("{other:?} is not known here"), fix))
        }
    }
}
