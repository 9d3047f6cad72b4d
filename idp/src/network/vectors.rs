//! Examples of zone decisions: the table of STANDARDS §10.2, then one example for each rule.
//!
//! Trusted proxies 10.0.0.1 and 10.0.0.2, internal 10.20.0.0/16 and 2001:db8:20::/48, of which 10.20.99.0/24 is a VPN pool.

use std::net::IpAddr;
use std::time::Duration;

use super::*;

pub(super) const PROXY: &str = "10.0.0.2";

pub(super) fn settings() -> NetworkSettings {
    let nets = |texts: &[&str]| texts.iter().map(|text| text.parse().unwrap()).collect();
    NetworkSettings {
        trusted_proxies: nets(&["10.0.0.1/32", "10.0.0.2/32"]),
        internal: nets(&["10.20.0.0/16", "2001:db8:20::/48"]),
        never_internal: nets(&["10.20.99.0/24"]),
        internal_max_age: Duration::from_hours(4),
    }
}

pub(super) fn listener(ceiling: NetworkZone, source: ClientAddressSource) -> ListenerZone {
    ListenerZone { name: "office".into(), ceiling, source, trusted_socket: false }
}

fn decide(peer: &str, source: ClientAddressSource, headers: &[(&str, &str)]) -> ZoneDecision {
    let listener = listener(NetworkZone::Internal, source);
    let headers = headers.iter().map(|(name, value)| (*name, value.as_bytes()));
    ZoneDecider::new(&settings()).decide(&listener, Some(peer.parse().unwrap()), headers)
}

fn client(decision: &ZoneDecision) -> Option<String> {
    decision.client_address.map(|address| address.to_string())
}

fn through_proxy(x_forwarded_for: &str) -> ZoneDecision {
    decide(PROXY, ClientAddressSource::XForwardedFor, &[("x-forwarded-for", x_forwarded_for)])
}

/// The table of STANDARDS §10.2. In its row "(absent)" PRODUCT §2.3 wins: no client address rather than the proxy's.
#[test]
fn zone_03_and_04_hold_for_the_table_of_the_standards() {
    use NetworkZone::{Internal, Nomades};
    for (peer, x_forwarded_for, ceiling, address, zone, why) in [
        (PROXY, Some("10.20.3.4, 10.0.0.1"), Internal, Some("10.20.3.4"), Internal, Why::InternalAddress),
        (
            PROXY,
            Some("10.20.3.4, 198.51.100.7, 10.0.0.1"),
            Internal,
            Some("198.51.100.7"),
            Nomades,
            Why::OutsideInternal,
        ),
        ("203.0.113.9", Some("10.20.3.4"), Internal, Some("203.0.113.9"), Nomades, Why::OutsideInternal),
        (PROXY, None, Internal, None, Nomades, Why::HeaderAbsent),
        (PROXY, Some("10.20.3.4, garbage"), Internal, None, Nomades, Why::HeaderMalformed),
        (PROXY, Some("::ffff:10.20.3.4"), Internal, Some("10.20.3.4"), Internal, Why::InternalAddress),
        (PROXY, Some("10.20.3.4"), Nomades, Some("10.20.3.4"), Nomades, Why::ListenerCeiling),
    ] {
        let listener = listener(ceiling, ClientAddressSource::XForwardedFor);
        let headers = x_forwarded_for.map(|value| ("x-forwarded-for", value.as_bytes()));
        let decision = ZoneDecider::new(&settings()).decide(&listener, peer.parse().ok(), headers);
        let got = (client(&decision), decision.zone, decision.why);
        assert_eq!(got, (address.map(str::to_owned), zone, why), "{peer} {x_forwarded_for:?}");
    }
}

#[test]
fn an_excluded_network_wins_over_the_internal_one() {
    for address in ["10.20.99.7", "::ffff:10.20.99.7", "[::ffff:10.20.99.7]:1234"] {
        let decision = through_proxy(address);
        assert_eq!((decision.zone, decision.why), (NetworkZone::Nomades, Why::NeverInternal), "{address}");
    }
}

#[test]
fn an_ipv6_workstation_is_internal_and_an_ipv4_mapped_peer_is_ipv4() {
    assert_eq!(through_proxy("2001:db8:20::7").zone, NetworkZone::Internal);
    let direct = decide("::ffff:10.20.3.4", ClientAddressSource::None, &[]);
    assert_eq!((direct.zone, client(&direct).as_deref()), (NetworkZone::Internal, Some("10.20.3.4")));
    let proxied = decide("::ffff:10.0.0.2", ClientAddressSource::XForwardedFor, &[("x-forwarded-for", "10.20.3.4")]);
    assert_eq!(proxied.zone, NetworkZone::Internal);
}

#[test]
fn a_client_cannot_write_itself_a_better_address_on_the_left() {
    for forged in ["10.20.3.4", "garbage", ",,,", "\"", "10.0.0.1"] {
        let decision = through_proxy(&format!("{forged}, 203.0.113.9, 10.0.0.1"));
        assert_eq!(
            (decision.zone, client(&decision).as_deref()),
            (NetworkZone::Nomades, Some("203.0.113.9")),
            "{forged}"
        );
    }
}

#[test]
fn several_header_lines_are_one_list_in_order_of_arrival() {
    let lines = |first, second| {
        let headers = [("x-forwarded-for", first), ("accept", "*/*"), ("X-Forwarded-For", second)];
        client(&decide(PROXY, ClientAddressSource::XForwardedFor, &headers))
    };
    assert_eq!(lines("10.20.3.4", "203.0.113.9").as_deref(), Some("203.0.113.9"));
    assert_eq!(lines("10.20.3.4", "10.0.0.1").as_deref(), Some("10.20.3.4"));
    assert_eq!(lines("10.20.3.4", ""), None);
}

#[test]
fn no_doubtful_header_of_a_trusted_proxy_gives_a_client() {
    let many = "10.20.3.4,".repeat(64) + "10.20.3.4";
    let long = format!("{}10.20.3.4", " ".repeat(5000));
    for (value, why) in [
        ("", Why::HeaderMalformed),
        ("10.20.3.4,", Why::HeaderMalformed),
        ("fe80::1%eth0", Why::HeaderMalformed),
        ("unknown", Why::HeaderMalformed),
        ("10.20.3.4\u{7f}", Why::HeaderMalformed),
        ("10.20.3.4, é", Why::HeaderMalformed),
        ("\u{7f}, 10.20.3.4", Why::HeaderMalformed),
        ("é, 10.20.3.4", Why::HeaderMalformed),
        ("10.0.0.1", Why::OnlyProxies),
        ("10.0.0.1, 10.0.0.2, ::ffff:10.0.0.1", Why::OnlyProxies),
        ("10.20.3.4, 10.0.0.1, 10.0.0.1, 10.0.0.1, 10.0.0.1, 10.0.0.1", Why::TooManyHops),
        (many.as_str(), Why::HeaderTooLong),
        (long.as_str(), Why::HeaderTooLong),
    ] {
        let decision = through_proxy(value);
        let got = (decision.zone, decision.client_address, decision.why);
        assert_eq!(got, (NetworkZone::Nomades, None, why), "{value:?}");
    }
}

#[test]
fn five_proxies_are_walked_and_no_more() {
    assert_eq!(through_proxy("10.20.3.4, 10.0.0.1, 10.0.0.1, 10.0.0.1, 10.0.0.1").zone, NetworkZone::Internal);
    assert_eq!(through_proxy("10.20.3.4, 10.0.0.1, 10.0.0.1, 10.0.0.1, 10.0.0.1, 10.0.0.1").why, Why::TooManyHops);
}

#[test]
fn the_forwarded_header_decides_where_it_is_the_source() {
    for (value, address, why) in [
        ("for=10.20.3.4", Some("10.20.3.4"), Why::InternalAddress),
        (r#"for=10.20.3.4;proto=https, For="10.0.0.1:4711""#, Some("10.20.3.4"), Why::InternalAddress),
        (r#"for="[2001:db8:20::7]:443";by=10.0.0.2"#, Some("2001:db8:20::7"), Why::InternalAddress),
        ("for=garbage, for=203.0.113.9", Some("203.0.113.9"), Why::OutsideInternal),
        ("for=10.20.3.4, for=unknown", None, Why::ClientHidden),
        ("for=10.20.3.4, for=_office", None, Why::ClientHidden),
        ("for=10.20.3.4, proto=https", None, Why::ClientHidden),
        ("for=10.20.3.4, for=garbage", None, Why::HeaderMalformed),
        ("for=10.20.3.4;for=10.20.3.4", None, Why::HeaderMalformed),
        (r#"x=", for=10.20.3.4"#, None, Why::HeaderMalformed),
        ("10.20.3.4", None, Why::HeaderMalformed),
        ("for=10.0.0.1", None, Why::OnlyProxies),
    ] {
        let decision = decide(PROXY, ClientAddressSource::Forwarded, &[("forwarded", value)]);
        assert_eq!((client(&decision).as_deref(), decision.why), (address, why), "{value}");
    }
}

#[test]
fn a_quote_opened_in_one_line_does_not_reach_into_the_next() {
    let headers = [("forwarded", r#"for=10.20.3.4;x=""#), ("forwarded", r#"";for=203.0.113.9"#)];
    assert_eq!(decide(PROXY, ClientAddressSource::Forwarded, &headers).why, Why::HeaderMalformed);
}

#[test]
fn the_other_header_is_ignored_and_listed() {
    let headers = [("x-forwarded-for", "10.20.3.4"), ("forwarded", "for=203.0.113.9"), ("x-network-zone", "internal")];
    let decision = decide(PROXY, ClientAddressSource::Forwarded, &headers);
    assert_eq!(client(&decision).as_deref(), Some("203.0.113.9"));
    let ignored: Vec<_> = decision.ignored.iter().map(|header| (header.name, header.because)).collect();
    assert_eq!(ignored, [("x-forwarded-for", Because::NotTheSource), ("x-network-zone", Because::NotTheSource)]);
}

#[test]
fn with_the_source_none_the_peer_is_the_client_whoever_it_is() {
    let headers = [("x-forwarded-for", "10.20.3.4"), ("forwarded", "for=10.20.3.4")];
    for peer in [PROXY, "203.0.113.9"] {
        let decision = decide(peer, ClientAddressSource::None, &headers);
        assert_eq!((decision.zone, client(&decision).as_deref()), (NetworkZone::Nomades, Some(peer)));
        assert_eq!(decision.ignored.len(), 2);
    }
}

#[test]
fn a_contact_without_a_peer_address_is_nomades() {
    let listener = listener(NetworkZone::Internal, ClientAddressSource::XForwardedFor);
    let headers = [("x-forwarded-for", "10.20.3.4".as_bytes())];
    let decision = ZoneDecider::new(&settings()).decide(&listener, None, headers);
    assert_eq!(decision.ignored.len(), 1);
    assert_eq!(ZoneDecision { ignored: Vec::new(), ..decision }, ZoneDecision::unknown());
}

/// ZONE-05: what the PROXY header says, from whom, and what becomes of it.
#[test]
fn the_proxy_header_of_a_trusted_proxy_decides_where_it_is_the_source() {
    use NetworkZone::{Internal, Nomades};
    let client = |text: &str| Some(Proxied::Client(text.parse().unwrap()));
    for (peer, proxied, ceiling, address, zone, why) in [
        (PROXY, client("10.20.3.4:1"), Internal, Some("10.20.3.4"), Internal, Why::InternalAddress),
        (PROXY, client("[::ffff:10.20.3.4]:1"), Internal, Some("10.20.3.4"), Internal, Why::InternalAddress),
        (PROXY, client("10.20.3.4:1"), Nomades, Some("10.20.3.4"), Nomades, Why::ListenerCeiling),
        (PROXY, client("10.20.99.4:1"), Internal, Some("10.20.99.4"), Nomades, Why::NeverInternal),
        (PROXY, client("203.0.113.9:1"), Internal, Some("203.0.113.9"), Nomades, Why::OutsideInternal),
        (PROXY, client("10.0.0.1:1"), Internal, None, Nomades, Why::OnlyProxies),
        (PROXY, Some(Proxied::Itself), Internal, None, Nomades, Why::ClientHidden),
        (PROXY, Some(Proxied::Hidden), Internal, None, Nomades, Why::ClientHidden),
        (PROXY, None, Internal, None, Nomades, Why::Closed),
        ("10.20.3.4", client("10.20.3.5:1"), Internal, None, Nomades, Why::Closed),
        ("10.20.3.4", None, Internal, None, Nomades, Why::Closed),
    ] {
        let listener = listener(ceiling, ClientAddressSource::ProxyV2);
        let arrival = Arrival { peer: peer.parse().ok(), proxied };
        // A header of the request never counts here.
        let headers = [("x-forwarded-for", "10.20.3.4".as_bytes()), ("forwarded", b"for=10.20.3.4")];
        let decision = ZoneDecider::new(&settings()).decide(&listener, arrival, headers);
        let got = (decision.client_address.map(|a| a.to_string()), decision.zone, decision.why);
        assert_eq!(got, (address.map(str::to_owned), zone, why), "{peer} {proxied:?}");
        assert_eq!(decision.ignored.len(), 2);
    }
}

#[test]
fn a_proxy_header_says_nothing_on_a_listener_with_another_source() {
    for source in [ClientAddressSource::None, ClientAddressSource::XForwardedFor, ClientAddressSource::Forwarded] {
        let proxied = Some(Proxied::Client("10.20.3.4:1".parse().unwrap()));
        let arrival = Arrival { peer: PROXY.parse().ok(), proxied };
        let listener = listener(NetworkZone::Internal, source);
        let decision = ZoneDecider::new(&settings()).decide(&listener, arrival, []);
        assert_eq!(decision.zone, NetworkZone::Nomades, "{source}");
        assert_ne!(decision.client_address, "10.20.3.4".parse().ok(), "{source}");
    }
}

#[test]
fn a_unix_socket_is_a_trusted_proxy_only_where_the_listener_says_so() {
    let decide = |trusted_socket, source, proxied| {
        let listener = ListenerZone { trusted_socket, ..listener(NetworkZone::Internal, source) };
        let headers = [("x-forwarded-for", "10.20.3.4".as_bytes()), ("forwarded", b"for=10.20.3.4")];
        ZoneDecider::new(&settings()).decide(&listener, Arrival { peer: None, proxied }, headers)
    };
    let proxied = Some(Proxied::Client("10.20.3.4:1".parse().unwrap()));
    for source in [ClientAddressSource::Forwarded, ClientAddressSource::XForwardedFor, ClientAddressSource::ProxyV2] {
        let believed = decide(true, source, proxied);
        assert_eq!((believed.zone, believed.hops[0].address), (NetworkZone::Internal, None), "{source}");
        let doubted = decide(false, source, proxied);
        assert_eq!((doubted.zone, doubted.client_address), (NetworkZone::Nomades, None), "{source}");
        assert!(doubted.ignored.iter().all(|header| header.because == Because::UntrustedPeer));
    }
    let nobody = decide(true, ClientAddressSource::None, None);
    assert_eq!((nobody.zone, nobody.why), (NetworkZone::Nomades, Why::NoPeer));
}

#[test]
fn without_any_setting_nobody_is_believed_and_nobody_is_internal() {
    let decider = ZoneDecider::new(&NetworkSettings::default());
    let listener = listener(NetworkZone::Internal, ClientAddressSource::XForwardedFor);
    for peer in ["10.20.3.4", "127.0.0.1", "::1"] {
        let peer: Option<IpAddr> = peer.parse().ok();
        let decision = decider.decide(&listener, peer, [("x-forwarded-for", "10.20.3.4".as_bytes())]);
        assert_eq!((decision.zone, decision.client_address), (NetworkZone::Nomades, peer));
    }
}

/// What `octroictl zone explain` prints.
#[test]
fn a_decision_explains_itself_hop_by_hop() {
    let headers = [("x-forwarded-for", "10.20.3.4, 10.0.0.1"), ("forwarded", "for=203.0.113.9")];
    let decision = decide(PROXY, ClientAddressSource::XForwardedFor, &headers);
    let expected = serde_json::json!({
        "zone": "internal",
        "client_address": "10.20.3.4",
        "hops": [
            {"address": "10.0.0.2", "seen_in": "peer", "role": "trusted_proxy",
             "note": "a trusted proxy, so its header is read"},
            {"address": "10.0.0.1", "seen_in": "x-forwarded-for", "role": "trusted_proxy",
             "note": "a trusted proxy, passed over"},
            {"address": "10.20.3.4", "seen_in": "x-forwarded-for", "role": "client",
             "note": "the right-most address that is not a trusted proxy"},
        ],
        "why": "internal_address",
        "ignored": [{"name": "forwarded", "lines": 1, "because": "not_the_source"}],
    });
    assert_eq!(serde_json::to_value(&decision).unwrap(), expected);
    let unreadable = through_proxy("10.20.3.4, <script>");
    let last = unreadable.hops.last().unwrap();
    assert_eq!(
        (last.role, last.address, last.note.as_ref()),
        (HopRole::Unreadable, None, "`<script>` is not an address")
    );
}
