//! The PROXY header is read the same however its bytes arrive, takes no byte behind it, and speaks for a trusted proxy only.
//!
//! An input is what arrives on a connection.

#![no_main]

mod zone;

use std::net::IpAddr;

use libfuzzer_sys::fuzz_target;
use octroi_idp::domain::zone::NetworkZone::Internal;
use octroi_idp::network::proxy_v2::{self, MAX_LENGTH, ParseError, SIGNATURE};
use octroi_idp::network::{Arrival, ClientAddressSource, Proxied};

use crate::zone::{PEERS, assert_sound, decide, is_trusted, listener, qualifies};

/// Signature, version and command, family and transport, length.
const FIXED: usize = 16;

fuzz_target!(|input: &[u8]| {
    let whole = proxy_v2::parse(input);
    assert_arrives_in_any_pieces(input, whole);
    match whole {
        Ok(header) => {
            assert!((FIXED..=MAX_LENGTH.min(input.len())).contains(&header.length), "{header:?}");
            assert_eq!(proxy_v2::parse(&input[..header.length]), whole, "what stands behind the header was read");
            assert!(input.starts_with(&SIGNATURE));
            assert_address_is_the_one_written(input, header.proxied);
            assert_zone(Some(header.proxied));
        }
        Err(ParseError::Incomplete { needed }) => {
            assert!(needed > input.len() && needed <= MAX_LENGTH, "{needed}");
            assert_zone(None);
        }
        Err(error) => assert!(!error.code().is_empty() && !error.to_string().is_empty()),
    }
});

/// Every prefix asks for more, until the answer is there; then it stays.
fn assert_arrives_in_any_pieces(input: &[u8], whole: Result<proxy_v2::Header, ParseError>) {
    let mut answered = None;
    let mut asked = 0;
    for end in 0..=input.len().min(MAX_LENGTH + 1) {
        let answer = proxy_v2::parse(&input[..end]);
        match (answered, answer) {
            (Some(before), now) => assert_eq!(before, now, "another answer with {end} bytes"),
            (None, Err(ParseError::Incomplete { needed })) => {
                assert!(needed > end && needed >= asked, "{needed} of {end}");
                asked = needed;
            }
            (None, answer) => {
                if let Ok(header) = answer {
                    assert_eq!(header.length, end, "a header before its end, or bytes behind it asked for");
                }
                answered = Some(answer);
            }
        }
    }
    if let Some(answer) = answered {
        assert_eq!(answer, whole);
    }
}

fn assert_address_is_the_one_written(input: &[u8], proxied: Proxied) {
    let (command, family) = (input[12] & 0x0f, input[13]);
    let written: Option<IpAddr> = match (command, family) {
        (1, 0x11) => Some(<[u8; 4]>::try_from(&input[16..20]).unwrap().into()),
        (1, 0x21) => Some(<[u8; 16]>::try_from(&input[16..32]).unwrap().into()),
        _ => None,
    };
    assert_eq!(proxied.address(), written.map(|address| address.to_canonical()));
    assert_eq!(proxied == Proxied::Itself, command == 0);
}

fn assert_zone(proxied: Option<Proxied>) {
    let listener = listener(Internal, ClientAddressSource::ProxyV2, false);
    for peer in PEERS {
        let peer: Option<IpAddr> = peer.map(|peer| peer.parse().unwrap());
        let headers = vec![("forwarded", &b"for=10.20.3.4"[..]), ("x-forwarded-for", b"10.20.3.4")];
        let decision = decide(&listener, Arrival { peer, proxied }, &headers);
        assert_sound(&listener, &decision);
        let told = proxied.and_then(Proxied::address).filter(|address| !is_trusted(*address));
        let client = if peer.is_some_and(is_trusted) { told } else { None };
        assert_eq!(decision.client_address, client, "{decision:?}");
        assert_eq!(decision.zone == Internal, client.is_some_and(qualifies), "{decision:?}");
    }
}
