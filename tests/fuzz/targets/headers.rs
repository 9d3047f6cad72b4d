//! Arbitrary request headers in front of a zone decision, for one source.
//!
//! An input is text: its first byte chooses peer, ceiling and kind of socket, every further line is a header, `name: value`, or
//! the value alone, which is then the source's.

use std::net::IpAddr;

use octroi_idp::domain::zone::NetworkZone::{Internal, Nomades};
use octroi_idp::network::{ClientAddressSource, ZoneDecision};

use crate::zone::{Headers, PEERS, assert_sound, decide, is_trusted, listener, qualifies};

/// A stranger's address, as the trusted proxy appends it.
const STRANGER: &str = "198.51.100.77";

pub fn examine(source: ClientAddressSource, input: &[u8]) {
    let Some((&choice, text)) = input.split_first() else { return };
    let peer: Option<IpAddr> = PEERS[usize::from(choice & 7)].map(|peer| peer.parse().unwrap());
    let trusted_socket = choice & 8 != 0;
    let ceiling = if choice & 64 == 0 { Internal } else { Nomades };
    let listener = listener(ceiling, source, trusted_socket);
    let headers: Headers<'_> = text.split(|byte| *byte == b'\n').map(|line| header(source, line)).collect();

    let decision = decide(&listener, peer, &headers);
    assert_sound(&listener, &decision);

    if !peer.map_or(trusted_socket, is_trusted) {
        // An untrusted peer is the client itself, whatever it says.
        let mut silent = decide(&listener, peer, &Vec::new());
        silent.ignored.clone_from(&decision.ignored);
        assert_eq!(decision, silent, "a header of an untrusted peer was believed");
        assert_eq!(decision.client_address, peer.map(|peer| peer.to_canonical()));
        assert_eq!(decision.zone == Internal, ceiling == Internal && peer.is_some_and(qualifies));
        return;
    }

    assert!(!decision.client_address.is_some_and(is_trusted), "a trusted proxy as the client: {decision:?}");
    let of_the_source: Headers<'_> =
        headers.iter().copied().filter(|(name, _)| name.eq_ignore_ascii_case(source.as_str())).collect();
    let mut alone = decide(&listener, peer, &of_the_source);
    alone.ignored.clone_from(&decision.ignored);
    assert_eq!(decision, alone, "a header that is not the source was believed");

    // All that is here came from a stranger, and the proxy appended the address that it saw: on a line of its own, and on the last.
    let appended = if source == ClientAddressSource::Forwarded {
        format!("for=\"{STRANGER}\";host=\"octroi.example\";proto=https")
    } else {
        STRANGER.to_owned()
    };
    let mut own_line = of_the_source.clone();
    own_line.push((source.as_str(), appended.as_bytes()));
    assert_is_stranger(&decide(&listener, peer, &own_line));
    if let Some((name, last)) = of_the_source.last().copied() {
        let joined = [last, b", ", appended.as_bytes()].concat();
        let mut same_line = of_the_source.clone();
        same_line.pop();
        same_line.push((name, &joined));
        assert_is_stranger(&decide(&listener, peer, &same_line));
    }
}

fn assert_is_stranger(decision: &ZoneDecision) {
    assert_eq!(decision.zone, Nomades, "a stranger's header raised the zone: {decision:?}");
    let stranger: IpAddr = STRANGER.parse().unwrap();
    assert!(decision.client_address.is_none_or(|address| address == stranger), "{decision:?}");
}

fn header(source: ClientAddressSource, line: &[u8]) -> (&str, &[u8]) {
    let colon = line.windows(2).position(|two| two == b": ");
    let named = colon.and_then(|at| Some((std::str::from_utf8(&line[..at]).ok()?, &line[at + 2..])));
    named.unwrap_or((source.as_str(), line))
}
