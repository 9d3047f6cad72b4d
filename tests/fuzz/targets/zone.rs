//! Zone decisions as the targets see them: one town, and its definitions once more, so that the code does not judge itself.

use std::net::IpAddr;
use std::sync::LazyLock;
use std::time::Duration;

use ipnet::IpNet;
use octroi_idp::domain::zone::NetworkZone;
use octroi_idp::network::{Arrival, ClientAddressSource, ListenerZone, NetworkSettings, ZoneDecider, ZoneDecision};

struct Networks {
    settings: NetworkSettings,
    decider: ZoneDecider,
}

static NETWORKS: LazyLock<Networks> = LazyLock::new(|| {
    let nets = |texts: &[&str]| texts.iter().map(|text| text.parse().unwrap()).collect();
    let settings = NetworkSettings {
        trusted_proxies: nets(&["10.0.0.1/32", "10.0.0.2/32", "2001:db8:1::/64"]),
        internal: nets(&["10.20.0.0/16", "2001:db8:20::/48"]),
        never_internal: nets(&["10.20.99.0/24"]),
        internal_max_age: Duration::from_secs(4 * 3600),
    };
    Networks { decider: ZoneDecider::new(&settings), settings }
});

/// Somebody at the other end of a connection: trusted proxies first, then the office, its VPN pool, and strangers.
pub const PEERS: &[Option<&str>] = &[
    Some("10.0.0.2"),
    Some("::ffff:10.0.0.1"),
    Some("2001:db8:1::7"),
    None,
    Some("10.20.3.4"),
    Some("10.20.99.1"),
    Some("203.0.113.9"),
    Some("2001:db8:20::1"),
];

fn is_in(nets: &[IpNet], address: IpAddr) -> bool {
    nets.iter().any(|net| net.contains(&address.to_canonical()))
}

pub fn is_trusted(address: IpAddr) -> bool {
    is_in(&NETWORKS.settings.trusted_proxies, address)
}

/// Whether this address may be `internal` at all.
pub fn qualifies(address: IpAddr) -> bool {
    is_in(&NETWORKS.settings.internal, address) && !is_in(&NETWORKS.settings.never_internal, address)
}

pub fn listener(ceiling: NetworkZone, source: ClientAddressSource, trusted_socket: bool) -> ListenerZone {
    ListenerZone { name: "office".into(), ceiling, source, trusted_socket }
}

pub type Headers<'a> = Vec<(&'a str, &'a [u8])>;

pub fn decide(listener: &ListenerZone, arrival: impl Into<Arrival>, headers: &Headers<'_>) -> ZoneDecision {
    NETWORKS.decider.decide(listener, arrival, headers.iter().copied())
}

/// What holds for every decision.
pub fn assert_sound(listener: &ListenerZone, decision: &ZoneDecision) {
    if decision.zone == NetworkZone::Internal {
        assert_eq!(listener.ceiling, NetworkZone::Internal, "above the listener's ceiling: {decision:?}");
        assert!(decision.client_address.is_some_and(qualifies), "not an internal address: {decision:?}");
    }
    assert!(decision.client_address.is_none_or(|address| address == address.to_canonical()), "{decision:?}");
    assert!(decision.hops.len() <= 7 && decision.ignored.len() <= 12, "{decision:?}");
}
