//! What no header may ever achieve: properties over forged, repeated, malformed and over-long headers, in any number and
//! order (PRODUCT §6: never `internal` for somebody who was not there).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use proptest::collection::vec;
use proptest::prelude::*;

use super::vectors::{listener, settings};
use super::*;
use NetworkZone::{Internal, Nomades};

type Headers = Vec<(String, Vec<u8>)>;

/// Addresses of every kind that the settings tell apart, and any others; IPv4 also as IPv4-mapped IPv6.
fn addresses() -> impl Strategy<Value = IpAddr> {
    let v4 = prop_oneof![
        Just(Ipv4Addr::new(10, 0, 0, 1)),
        Just(Ipv4Addr::new(10, 0, 0, 2)),
        any::<[u8; 2]>().prop_map(|[c, d]| Ipv4Addr::new(10, 20, c, d)),
        any::<u8>().prop_map(|d| Ipv4Addr::new(10, 20, 99, d)),
        any::<Ipv4Addr>(),
    ];
    prop_oneof![
        4 => v4.clone().prop_map(IpAddr::V4),
        1 => v4.prop_map(|v4| IpAddr::V6(v4.to_ipv6_mapped())),
        1 => any::<u16>().prop_map(|x| IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0x20, 0, 0, 0, 0, x))),
        1 => any::<Ipv6Addr>().prop_map(IpAddr::V6),
    ]
}

/// One element of a list, honest or not.
fn elements() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        addresses().prop_map(|a| a.to_string().into_bytes()),
        (addresses(), any::<u16>()).prop_map(|(a, port)| std::net::SocketAddr::new(a, port).to_string().into_bytes()),
        addresses().prop_map(|a| format!("for=\"[{a}]\"").into_bytes()),
        addresses().prop_map(|a| format!("for={a};proto=https").into_bytes()),
        addresses().prop_map(|a| format!("For=\"{a}:80\"").into_bytes()),
        "(for|FOR|by|x)=(unknown|_hidden|\"|\"\\\\|\\\\\"|10\\.20\\.3\\.4|;)".prop_map(String::into_bytes),
        "[ -~\t]{0,24}".prop_map(String::into_bytes),
        vec(any::<u8>(), 0..12),
        Just(b"10.20.3.4, ".repeat(400)),
    ]
}

fn headers() -> impl Strategy<Value = Headers> {
    let names = prop_oneof![
        3 => Just("x-forwarded-for".to_owned()),
        3 => Just("forwarded".to_owned()),
        1 => prop::sample::select(vec!["X-Forwarded-For", "x-real-ip", "x-octroi-zone", "x-network-zone", "via", "accept"])
            .prop_map(str::to_owned),
        1 => "[a-zA-Z-]{0,12}",
    ];
    vec((names, vec(elements(), 0..8).prop_map(|parts| parts.join(b", ".as_slice()))), 0..8)
}

fn sources() -> impl Strategy<Value = ClientAddressSource> {
    use ClientAddressSource::{Forwarded, None, XForwardedFor};
    prop::sample::select(vec![None, Forwarded, XForwardedFor])
}

fn decide(ceiling: NetworkZone, source: ClientAddressSource, peer: Option<IpAddr>, headers: &Headers) -> ZoneDecision {
    let headers = headers.iter().map(|(name, value)| (name.as_str(), value.as_slice()));
    ZoneDecider::new(&settings()).decide(&listener(ceiling, source), peer, headers)
}

// The definitions once more, as directly as possible, so that the code does not judge itself.
fn trusted(address: IpAddr) -> bool {
    let address = address.to_canonical();
    settings().trusted_proxies.iter().any(|net| net.contains(&address))
}

fn qualifies(address: IpAddr) -> bool {
    let address = address.to_canonical();
    settings().internal.iter().any(|net| net.contains(&address))
        && !settings().never_internal.iter().any(|net| net.contains(&address))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_untrusted_peer_is_the_client_whatever_headers_it_sends(
        source in sources(), peer in addresses(), headers in headers()
    ) {
        prop_assume!(!trusted(peer));
        let decision = decide(Internal, source, Some(peer), &headers);
        prop_assert_eq!(decision.zone == Internal, qualifies(peer));
        let mut silent = decide(Internal, source, Some(peer), &Vec::new());
        silent.ignored.clone_from(&decision.ignored);
        prop_assert_eq!(decision, silent);
    }

    #[test]
    fn a_listener_whose_ceiling_is_nomades_never_says_internal(
        source in sources(), peer in proptest::option::of(addresses()), headers in headers()
    ) {
        prop_assert_eq!(decide(Nomades, source, peer, &headers).zone, Nomades);
    }

    #[test]
    fn internal_always_has_a_qualifying_client_address_and_a_peer(
        source in sources(), peer in proptest::option::of(addresses()), headers in headers()
    ) {
        let decision = decide(Internal, source, peer, &headers);
        let by_address = peer.is_some() && decision.client_address.is_some_and(qualifies);
        prop_assert_eq!(decision.zone == Internal, by_address);
        prop_assert_eq!(decision.zone == Internal, decision.why == Why::InternalAddress);
        prop_assert!(decision.client_address.is_none_or(|address| address == address.to_canonical()));
        prop_assert!(decision.hops.len() <= 7);
        prop_assert!(decision.ignored.len() <= 12);
    }

    /// Behind PROXY v2 only the connection speaks, and only a trusted proxy's.
    #[test]
    fn behind_proxy_v2_no_request_header_moves_anybody(
        peer in proptest::option::of(addresses()), client in addresses(), told in 0..4, headers in headers()
    ) {
        let proxied = match told {
            0 => None,
            1 => Some(Proxied::Itself),
            2 => Some(Proxied::Hidden),
            _ => Some(Proxied::Client((client, 443).into())),
        };
        let listener = listener(Internal, ClientAddressSource::ProxyV2);
        let headers = headers.iter().map(|(name, value)| (name.as_str(), value.as_slice()));
        let decision = ZoneDecider::new(&settings()).decide(&listener, Arrival { peer, proxied }, headers);
        let counts = told == 3 && peer.is_some_and(trusted) && !trusted(client);
        prop_assert_eq!(decision.client_address, counts.then(|| client.to_canonical()));
        prop_assert_eq!(decision.zone == Internal, counts && qualifies(client));
    }

    #[test]
    fn a_header_never_names_a_trusted_proxy_as_the_client(
        source in sources(), proxy in prop::sample::select(vec!["10.0.0.1", "10.0.0.2"]), headers in headers()
    ) {
        prop_assume!(source != ClientAddressSource::None);
        let decision = decide(Internal, source, proxy.parse().ok(), &headers);
        prop_assert!(!decision.client_address.is_some_and(trusted));
    }

    #[test]
    fn garbage_from_a_trusted_proxy_is_never_internal(
        source in sources(), garbage in vec(vec(any::<u8>(), 0..200), 0..6)
    ) {
        let headers = garbage.into_iter().map(|value| (source.to_string(), value)).collect();
        let decision = decide(Internal, source, "10.0.0.2".parse().ok(), &headers);
        prop_assert_eq!(decision.zone, Nomades);
    }

    /// The proxy appends the address it saw; nothing that the client wrote before may replace it.
    #[test]
    fn whatever_a_client_wrote_the_address_appended_by_the_proxy_is_the_only_one_possible(
        forged in vec(elements(), 0..6), seen in addresses(), same_line in any::<bool>(), rfc_7239 in any::<bool>()
    ) {
        prop_assume!(!trusted(seen));
        let source = if rfc_7239 { ClientAddressSource::Forwarded } else { ClientAddressSource::XForwardedFor };
        let appended = match seen {
            IpAddr::V4(v4) if rfc_7239 => format!("for={v4};host=\"octroi.example\";proto=https"),
            IpAddr::V6(v6) if rfc_7239 => format!("for=\"[{v6}]\";host=\"octroi.example\";proto=https"),
            address => address.to_string(),
        };
        let forged = forged.join(b", ".as_slice());
        let lines = if same_line {
            vec![[forged.as_slice(), b", ", appended.as_bytes()].concat()]
        } else {
            vec![forged, appended.into_bytes()]
        };
        let headers = lines.into_iter().map(|value| (source.to_string(), value)).collect();
        let decision = decide(Internal, source, "10.0.0.2".parse().ok(), &headers);
        prop_assert!(decision.client_address.is_none_or(|address| address == seen.to_canonical()));
        prop_assert!(decision.zone == Nomades || qualifies(seen));
    }
}
