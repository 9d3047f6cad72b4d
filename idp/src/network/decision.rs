//! The rule: which address is the client's, and which zone that address gives on this listener.
//!
//! The only place that says `internal`. It explains every step and decides nothing about access: that is
//! `domain/access.rs`. The headers are read by `forwarded.rs`, `x_forwarded_for.rs` and `proxy_v2.rs`.

use std::borrow::Cow;
use std::net::IpAddr;
use std::time::Duration;

use super::address::Node;
use super::explanation::{Contact, Hop, HopRole, Why, ZoneDecision};
use super::headers::{self, Lines};
use super::nets::Nets;
use super::{Arrival, ClientAddressSource, ListenerZone, NetworkSettings, Proxied, forwarded, x_forwarded_for};
use crate::domain::zone::NetworkZone;

/// ZONE-03: at most this many trusted proxies, the peer included, stand in front of a client.
const MAX_PROXIES: usize = 5;

/// No honest chain has more elements, left of the deciding one included.
const MAX_ELEMENTS: usize = 64;

/// Decides zones by the settings it was built from.
#[derive(Debug, Clone)]
pub struct ZoneDecider {
    trusted_proxies: Nets,
    internal: Nets,
    never_internal: Nets,
    internal_max_age: Duration,
}

/// How far the walk came.
struct Walk {
    hops: Vec<Hop>,
    client: Result<IpAddr, Why>,
}

impl ZoneDecider {
    pub fn new(settings: &NetworkSettings) -> Self {
        Self {
            trusted_proxies: Nets::new(&settings.trusted_proxies),
            internal: Nets::new(&settings.internal),
            never_internal: Nets::new(&settings.never_internal),
            internal_max_age: settings.internal_max_age,
        }
    }

    /// How long a zone seen as `internal` is believed: for `SeenZone::new`.
    pub fn internal_max_age(&self) -> Duration {
        self.internal_max_age
    }

    /// Whether the other end of a connection is believed: a listed address, or a socket that is declared as guarded.
    pub fn trusts(&self, listener: &ListenerZone, peer: Option<IpAddr>) -> bool {
        match peer {
            Some(address) => self.trusted_proxies.contains(address.to_canonical()),
            None => listener.trusted_socket,
        }
    }

    /// The zone of one contact. `headers` are all headers of the request in order of arrival; `arrival` is what the
    /// connection says, a mere peer address for most.
    pub fn decide<'h>(
        &self,
        listener: &ListenerZone,
        arrival: impl Into<Arrival>,
        headers: impl IntoIterator<Item = (&'h str, &'h [u8])>,
    ) -> ZoneDecision {
        let Arrival { peer, proxied } = arrival.into();
        let peer = peer.map(|address| address.to_canonical());
        let trusted = self.trusts(listener, peer);
        let (lines, ignored) = headers::sort(listener.source, trusted, headers.into_iter());
        let Walk { hops, client } = if listener.source == ClientAddressSource::ProxyV2 {
            self.walk_proxy(peer, trusted, proxied)
        } else {
            self.walk(listener.source, peer, trusted, lines)
        };
        let why = client.map_or_else(|doubt| doubt, |address| self.judge(listener, address));
        let zone = if why == Why::InternalAddress { NetworkZone::Internal } else { NetworkZone::Nomades };
        ZoneDecision { zone, client_address: client.ok(), hops, why, ignored }
    }

    /// PRODUCT §2.4: an address inside, not excluded, **and** a listener that may say so. The exclusion wins.
    fn judge(&self, listener: &ListenerZone, address: IpAddr) -> Why {
        if self.never_internal.contains(address) {
            Why::NeverInternal
        } else if !self.internal.contains(address) {
            Why::OutsideInternal
        } else if listener.ceiling != NetworkZone::Internal {
            Why::ListenerCeiling
        } else {
            Why::InternalAddress
        }
    }

    /// ZONE-03: from the peer backwards, over trusted proxies only, to the first address that is none.
    fn walk(&self, source: ClientAddressSource, peer: Option<IpAddr>, trusted: bool, lines: Lines) -> Walk {
        let peer_is_client = |note| match peer {
            Some(address) => Walk { hops: vec![at_peer(peer, HopRole::Client, note)], client: Ok(address) },
            None => Walk { hops: Vec::new(), client: Err(Why::NoPeer) },
        };
        if !trusted {
            return peer_is_client("not a trusted proxy, so it is the client itself");
        }
        let Some((seen_in, read)) = reader(source) else {
            return peer_is_client("a trusted proxy, but the listener's source is `none`, so it is the client itself");
        };
        let mut hops = vec![at_peer(peer, HopRole::TrustedProxy, "a trusted proxy, so its header is read")];
        let client = match nodes(lines, read) {
            Ok(nodes) => self.walk_nodes(seen_in, &nodes, &mut hops),
            Err((why, note)) => {
                hops.push(Hop { address: None, seen_in, role: HopRole::Unreadable, note });
                Err(why)
            }
        };
        Walk { hops, client }
    }

    /// ZONE-05: the one hop that the PROXY header tells. A connection without it is closed before any request; should a
    /// request come all the same, nobody is known.
    fn walk_proxy(&self, peer: Option<IpAddr>, trusted: bool, proxied: Option<Proxied>) -> Walk {
        if !trusted {
            let note = "not a trusted proxy, so the connection is closed";
            return Walk { hops: vec![at_peer(peer, HopRole::Unreadable, note)], client: Err(Why::Closed) };
        }
        let told = proxied.and_then(Proxied::address);
        let (address, role, note, client) = match (proxied, told) {
            (None, _) => {
                (None, HopRole::Unreadable, "there is no PROXY header, so the connection is closed", Err(Why::Closed))
            }
            (Some(Proxied::Itself), _) => {
                (None, HopRole::Unreadable, "`LOCAL`: the proxy speaks for itself", Err(Why::ClientHidden))
            }
            (Some(_), Some(address)) if self.trusted_proxies.contains(address) => {
                (told, HopRole::TrustedProxy, "a trusted proxy, and nobody is told behind it", Err(Why::OnlyProxies))
            }
            (Some(_), Some(address)) => (told, HopRole::Client, "the address for which the proxy speaks", Ok(address)),
            (Some(_), None) => {
                (None, HopRole::Unreadable, "the PROXY header tells no network address", Err(Why::ClientHidden))
            }
        };
        let told = Hop { address, seen_in: Contact::ProxyV2, role, note: Cow::Borrowed(note) };
        let peer = at_peer(peer, HopRole::TrustedProxy, "a trusted proxy, so its PROXY header is read");
        Walk { hops: vec![peer, told], client }
    }

    /// The header's part of the walk, from the right.
    fn walk_nodes(&self, seen_in: Contact, nodes: &[Node], hops: &mut Vec<Hop>) -> Result<IpAddr, Why> {
        for node in nodes.iter().rev() {
            if hops.len() > MAX_PROXIES {
                return Err(Why::TooManyHops);
            }
            let (address, role, note, end) = match node {
                Node::Address(address) if self.trusted_proxies.contains(*address) => {
                    (Some(*address), HopRole::TrustedProxy, Cow::Borrowed("a trusted proxy, passed over"), None)
                }
                Node::Address(address) => {
                    let note = Cow::Borrowed("the right-most address that is not a trusted proxy");
                    (Some(*address), HopRole::Client, note, Some(Ok(*address)))
                }
                // RFC 7239 §6.2, §6.3: somebody stands there, but we cannot know who.
                Node::Hidden(name) => {
                    let note = Cow::Owned(format!("`{name}` hides its address"));
                    (None, HopRole::Unreadable, note, Some(Err(Why::ClientHidden)))
                }
                Node::Missing => {
                    let note = Cow::Borrowed("an element without `for`");
                    (None, HopRole::Unreadable, note, Some(Err(Why::ClientHidden)))
                }
                Node::Unreadable(text) => {
                    let note = Cow::Owned(format!("`{text}` is not an address"));
                    (None, HopRole::Unreadable, note, Some(Err(Why::HeaderMalformed)))
                }
            };
            hops.push(Hop { address, seen_in, role, note });
            if let Some(end) = end {
                return end;
            }
        }
        Err(Why::OnlyProxies)
    }
}

/// The hop that the connection itself is.
fn at_peer(address: Option<IpAddr>, role: HopRole, note: &'static str) -> Hop {
    Hop { address, seen_in: Contact::Peer, role, note: Cow::Borrowed(note) }
}

/// Reads one line of a source header.
type Read = fn(&str) -> Result<Vec<Node>, forwarded::Malformed>;

/// The request header that a source names, if it names one.
fn reader(source: ClientAddressSource) -> Option<(Contact, Read)> {
    match source {
        ClientAddressSource::None | ClientAddressSource::ProxyV2 => None,
        ClientAddressSource::Forwarded => Some((Contact::Forwarded, forwarded::parse)),
        ClientAddressSource::XForwardedFor => Some((Contact::XForwardedFor, |line| Ok(x_forwarded_for::parse(line)))),
    }
}

/// The elements of all lines in order (ZONE-04: several lines are concatenated), or why there are none.
fn nodes(lines: Lines, read: Read) -> Result<Vec<Node>, (Why, Cow<'static, str>)> {
    let too_long = || (Why::HeaderTooLong, Cow::Borrowed("longer than 4096 bytes or 64 elements"));
    let lines = match lines {
        Lines::Read(lines) if !lines.is_empty() => lines,
        Lines::Read(_) | Lines::NotRead => return Err((Why::HeaderAbsent, Cow::Borrowed("the header is absent"))),
        Lines::BadByte => return Err((Why::HeaderMalformed, Cow::Borrowed("a byte that is not printable ASCII"))),
        Lines::TooLong => return Err(too_long()),
    };
    let mut nodes = Vec::new();
    for line in &lines {
        nodes.extend(read(line).map_err(|malformed| (Why::HeaderMalformed, Cow::Owned(malformed.to_string())))?);
        if nodes.len() > MAX_ELEMENTS {
            return Err(too_long());
        }
    }
    Ok(nodes)
}
