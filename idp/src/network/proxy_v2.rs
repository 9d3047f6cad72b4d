//! The PROXY protocol, version 2: what a proxy writes in front of a connection about whom it speaks for (HAProxy's
//! "The PROXY protocol", §2.2).
//!
//! Pure and total: [`parse`] takes the bytes that have come so far and never panics. It is strict: what it does not know, or what
//! contradicts its own length, is no header. Version 1 (text) is not read. Who may send such a header is decided by
//! `decision.rs`; the bytes are read by `web/listen/proxy_v2.rs`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// What every header begins with (ZONE-05).
pub const SIGNATURE: [u8; 12] = *b"\r\n\r\n\0\r\nQUIT\n";

/// Signature, version and command, family and transport, length.
const FIXED: usize = 16;

/// The longest header that is read, all in all. Addresses and TLVs of honest proxies take less.
pub const MAX_LENGTH: usize = 536;

/// A whole header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// How many bytes it takes; what comes behind them belongs to the connection.
    pub length: usize,
    pub proxied: Proxied,
}

/// For whom the proxy speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proxied {
    /// For itself (command `LOCAL`): a health check.
    Itself,
    /// For somebody whose address it does not tell (`AF_UNSPEC`, `AF_UNIX`).
    Hidden,
    /// For this client over TCP.
    Client(SocketAddr),
}

impl Proxied {
    /// The client's address in canonical form, where there is one.
    pub fn address(self) -> Option<IpAddr> {
        match self {
            Self::Itself | Self::Hidden => None,
            Self::Client(client) => Some(client.ip().to_canonical()),
        }
    }
}

/// Why there is no header in these bytes, or not yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// So far it may become one: the header has at least `needed` bytes in all. No byte behind it has to be read.
    #[error("the header is cut: at least {needed} bytes are needed")]
    Incomplete { needed: usize },
    #[error("the connection does not begin with the PROXY v2 signature")]
    Signature,
    #[error("the version is not 2")]
    Version,
    #[error("the command is neither LOCAL nor PROXY")]
    Command,
    #[error("the address family or the transport is not one of a stream")]
    Family,
    #[error("the header is longer than any honest one")]
    TooLong,
    #[error("the addresses do not fit into the header's length")]
    Addresses,
    #[error("a TLV does not fit into the header's length")]
    Tlv,
}

impl ParseError {
    /// The stable code: the metric label.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Incomplete { .. } => "proxy_cut",
            Self::Signature => "proxy_absent",
            Self::Version | Self::Command | Self::Family | Self::TooLong | Self::Addresses | Self::Tlv => {
                "proxy_malformed"
            }
        }
    }
}

/// Reads the header at the beginning of `bytes`.
pub fn parse(bytes: &[u8]) -> Result<Header, ParseError> {
    let seen = bytes.len().min(SIGNATURE.len());
    if bytes.get(..seen) != SIGNATURE.get(..seen) {
        return Err(ParseError::Signature);
    }
    let Some((fixed, rest)) = bytes.split_first_chunk::<FIXED>() else {
        return Err(ParseError::Incomplete { needed: FIXED });
    };
    let [.., version_and_command, family_and_transport, high, low] = *fixed;
    if version_and_command >> 4 != 2 {
        return Err(ParseError::Version);
    }
    let block = usize::from(u16::from_be_bytes([high, low]));
    let length = FIXED + block;
    if length > MAX_LENGTH {
        return Err(ParseError::TooLong);
    }
    let block = rest.get(..block).ok_or(ParseError::Incomplete { needed: length });
    let proxied = match version_and_command & 0x0f {
        // The family is ignored and the block skipped, whatever stands there.
        0 => block.map(|_| Proxied::Itself)?,
        1 => proxied(family_and_transport, block)?,
        _ => return Err(ParseError::Command),
    };
    Ok(Header { length, proxied })
}

/// `AF_*` in the upper half, `SOCK_*` in the lower.
fn proxied(family_and_transport: u8, block: Result<&[u8], ParseError>) -> Result<Proxied, ParseError> {
    match family_and_transport {
        // AF_UNSPEC: the block is skipped.
        0x00 => block.map(|_| Proxied::Hidden),
        0x11 => {
            let (addresses, tlvs) = block?.split_first_chunk::<12>().ok_or(ParseError::Addresses)?;
            check_tlvs(tlvs)?;
            let [a, b, c, d, _, _, _, _, high, low, ..] = *addresses;
            let client = SocketAddr::from((Ipv4Addr::new(a, b, c, d), u16::from_be_bytes([high, low])));
            Ok(Proxied::Client(client))
        }
        0x21 => {
            let (addresses, tlvs) = block?.split_first_chunk::<36>().ok_or(ParseError::Addresses)?;
            check_tlvs(tlvs)?;
            let (source, rest) = addresses.split_first_chunk::<16>().ok_or(ParseError::Addresses)?;
            let [.., high, low, _, _] = *rest else { return Err(ParseError::Addresses) };
            let client = SocketAddr::from((Ipv6Addr::from(*source), u16::from_be_bytes([high, low])));
            Ok(Proxied::Client(client))
        }
        // AF_UNIX over a stream: two paths, which say nothing about where somebody is.
        0x31 => {
            let (_, tlvs) = block?.split_first_chunk::<216>().ok_or(ParseError::Addresses)?;
            check_tlvs(tlvs)?;
            Ok(Proxied::Hidden)
        }
        _ => Err(ParseError::Family),
    }
}

/// Type, length in two bytes, value; nothing of it is used, but it has to end where the header ends.
fn check_tlvs(mut rest: &[u8]) -> Result<(), ParseError> {
    while !rest.is_empty() {
        let ([_, high, low], behind) = rest.split_first_chunk::<3>().ok_or(ParseError::Tlv)?;
        rest = behind.get(usize::from(u16::from_be_bytes([*high, *low]))..).ok_or(ParseError::Tlv)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    /// A header as a proxy writes it.
    fn header(command: u8, family: u8, block: &[u8]) -> Vec<u8> {
        let length = u16::try_from(block.len()).unwrap().to_be_bytes();
        [SIGNATURE.as_slice(), &[0x20 | command, family], &length, block].concat()
    }

    fn v4(tail: &[u8]) -> Vec<u8> {
        header(1, 0x11, &[&[10, 20, 3, 4, 10, 0, 0, 1, 0x1f, 0x90, 1, 187], tail].concat())
    }

    #[test]
    fn addresses_of_both_families_are_read_and_nothing_behind_them() {
        let bytes = [v4(&[]), b"GET / HTTP/1.1".to_vec()].concat();
        let expected = Header { length: 28, proxied: Proxied::Client("10.20.3.4:8080".parse().unwrap()) };
        assert_eq!(parse(&bytes), Ok(expected));
        let (source, destination) = ("2001:db8:20::7".parse::<Ipv6Addr>().unwrap(), Ipv6Addr::LOCALHOST);
        let block = [source.octets().as_slice(), &destination.octets(), &[0, 80, 1, 187]].concat();
        let read = parse(&header(1, 0x21, &block)).unwrap();
        assert_eq!(read, Header { length: 52, proxied: Proxied::Client("[2001:db8:20::7]:80".parse().unwrap()) });
        let mapped = "::ffff:10.20.3.4".parse::<Ipv6Addr>().unwrap();
        let block = [mapped.octets().as_slice(), &destination.octets(), &[0, 80, 1, 187]].concat();
        assert_eq!(parse(&header(1, 0x21, &block)).unwrap().proxied.address(), "10.20.3.4".parse().ok());
    }

    #[test]
    fn a_health_check_and_a_hidden_client_have_no_address() {
        assert_eq!(parse(&header(0, 0x00, &[])), Ok(Header { length: 16, proxied: Proxied::Itself }));
        // LOCAL: the block is discarded, the family ignored.
        assert_eq!(parse(&header(0, 0x7f, &[1, 2])), Ok(Header { length: 18, proxied: Proxied::Itself }));
        assert_eq!(parse(&header(1, 0x00, &[9; 7])), Ok(Header { length: 23, proxied: Proxied::Hidden }));
        assert_eq!(parse(&header(1, 0x31, &[0; 216])).map(|h| h.proxied), Ok(Proxied::Hidden));
    }

    #[test]
    fn tlvs_are_skipped_and_have_to_end_with_the_header() {
        assert_eq!(parse(&v4(&[0x02, 0, 2, b'h', b'2', 0x04, 0, 0])).map(|h| h.length), Ok(36));
        for tlvs in [&[0x02_u8][..], &[0x02, 0], &[0x02, 0, 1], &[0x02, 0xff, 0xff, 1], &[0x04, 0, 0, 0x02]] {
            assert_eq!(parse(&v4(tlvs)), Err(ParseError::Tlv), "{tlvs:?}");
        }
    }

    #[test]
    fn everything_that_is_not_exactly_a_header_is_refused() {
        let with = |at: usize, byte: u8| {
            let mut bytes = v4(&[]);
            bytes[at] = byte;
            parse(&bytes)
        };
        assert_eq!(parse(b"GET / HTTP/1.1\r\n"), Err(ParseError::Signature));
        assert_eq!(parse(b"G"), Err(ParseError::Signature));
        assert_eq!(parse(b"PROXY TCP4 10.20.3.4 10.0.0.1 8080 443\r\n"), Err(ParseError::Signature));
        assert_eq!(with(0, b'\n'), Err(ParseError::Signature));
        assert_eq!(with(11, 0), Err(ParseError::Signature));
        assert_eq!(with(12, 0x11), Err(ParseError::Version));
        assert_eq!(with(12, 0x31), Err(ParseError::Version));
        assert_eq!(with(12, 0x22), Err(ParseError::Command));
        for family in [0x01, 0x02, 0x10, 0x12, 0x22, 0x32, 0x41, 0xff] {
            assert_eq!(with(13, family), Err(ParseError::Family), "{family:#x}");
        }
        assert_eq!(parse(&header(1, 0x11, &[0; 11])), Err(ParseError::Addresses));
        assert_eq!(parse(&header(1, 0x21, &[0; 35])), Err(ParseError::Addresses));
        assert_eq!(parse(&header(1, 0x31, &[0; 215])), Err(ParseError::Addresses));
        let tlv_to_the_limit = [&[0xea, 0x01, 0xf9][..], &[0; 505]].concat();
        assert_eq!(parse(&v4(&tlv_to_the_limit)).map(|h| h.length), Ok(MAX_LENGTH));
        assert_eq!(parse(&header(0, 0, &[0; 521])), Err(ParseError::TooLong));
    }

    /// How a reader that takes what it is told to need fares: it never asks for a byte behind the header.
    fn needed(bytes: &[u8]) -> Result<usize, ParseError> {
        match parse(bytes) {
            Err(ParseError::Incomplete { needed }) => Ok(needed),
            Err(error) => Err(error),
            Ok(header) => Ok(header.length),
        }
    }

    proptest! {
        #[test]
        fn no_bytes_break_it_and_no_header_is_longer_than_its_bytes(
            bytes in vec(any::<u8>(), 0..700), signed in any::<bool>(), plausible in any::<bool>()
        ) {
            let mut bytes = bytes;
            if signed {
                bytes.splice(..bytes.len().min(12), SIGNATURE);
                if let (true, Some(rest)) = (plausible, bytes.get_mut(12..16)) {
                    rest[0] = 0x20 | (rest[0] & 1);
                    rest[1] = [0x00, 0x11, 0x21, 0x31][usize::from(rest[1] & 3)];
                    rest[2] &= 1;
                }
            }
            match parse(&bytes) {
                Ok(header) => prop_assert!(header.length <= bytes.len() && header.length <= MAX_LENGTH),
                Err(ParseError::Incomplete { needed }) => {
                    prop_assert!(needed > bytes.len() && needed <= MAX_LENGTH);
                }
                Err(_) => {}
            }
        }

        #[test]
        fn a_cut_header_asks_for_more_and_never_for_too_much(
            address in any::<[u8; 12]>(), values in vec(vec(any::<u8>(), 0..40), 0..6), cut in any::<prop::sample::Index>()
        ) {
            let tlvs: Vec<u8> = values
                .iter()
                .flat_map(|value| [&[0xea, 0, u8::try_from(value.len()).unwrap()][..], value].concat())
                .collect();
            let whole = header(1, 0x11, &[address.as_slice(), &tlvs].concat());
            prop_assert_eq!(parse(&whole).map(|h| h.length), Ok(whole.len()));
            let cut = cut.index(whole.len());
            let asked = needed(&whole[..cut]);
            prop_assert!(asked.is_ok_and(|needed| needed > cut && needed <= whole.len()), "{:?}", asked);
        }
    }
}
