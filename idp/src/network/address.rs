//! One address as a forwarding header writes it. IPv4-mapped IPv6 is brought to IPv4 here, once, for everybody (ZONE-04).
//!
//! Must not guess: a zone id (`fe80::1%eth0`), a leading zero, a stray space or a port out of range is no address.

use std::net::{IpAddr, Ipv6Addr};

/// What one element of a forwarding header says about one hop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Node {
    /// A readable address, in canonical form.
    Address(IpAddr),
    /// Hidden on purpose: `unknown` or `_obfuscated` (RFC 7239 §6.2, §6.3).
    Hidden(String),
    /// An element that says nothing about the client (RFC 7239: without `for`).
    Missing,
    /// Something that is not an address.
    Unreadable(String),
}

impl Node {
    /// Not an address: keeps an excerpt for the explanation.
    pub(super) fn unreadable(text: &str) -> Self {
        Self::Unreadable(excerpt(text))
    }
}

/// What is shown of a text that a client may have written.
pub(super) fn excerpt(text: &str) -> String {
    const SHOWN: usize = 40;
    let mut shown: String = text.chars().take(SHOWN).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}

/// `192.0.2.1` or `2001:db8::1`, without brackets and port.
pub(super) fn parse_bare(text: &str) -> Option<IpAddr> {
    text.parse::<IpAddr>().ok().map(|address| address.to_canonical())
}

/// `192.0.2.1:port` or `[2001:db8::1]`, with or without `:port`; what stands behind the colon is judged by `port`.
pub(super) fn parse_with_port(text: &str, port: fn(&str) -> bool) -> Option<IpAddr> {
    let (address, rest) = if let Some(inside) = text.strip_prefix('[') {
        let (address, rest) = inside.split_once(']')?;
        (IpAddr::V6(address.parse::<Ipv6Addr>().ok()?), rest)
    } else {
        let (address, _) = text.split_once(':')?;
        (IpAddr::V4(address.parse().ok()?), text.strip_prefix(address)?)
    };
    let acceptable = rest.is_empty() || rest.strip_prefix(':').is_some_and(port);
    acceptable.then(|| address.to_canonical())
}

/// A TCP port: one to five digits, at most 65535.
pub(super) fn is_port(text: &str) -> bool {
    text.len() <= 5 && text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u16>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_with_and_without_port() {
        let read = |text| parse_bare(text).or_else(|| parse_with_port(text, is_port)).map(|ip| ip.to_string());
        for (text, address) in [
            ("192.0.2.1", "192.0.2.1"),
            ("192.0.2.1:8080", "192.0.2.1"),
            ("2001:DB8::1", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("[2001:db8::1]:443", "2001:db8::1"),
            ("::ffff:10.20.3.4", "10.20.3.4"),
            ("[::ffff:a14:304]:1", "10.20.3.4"),
        ] {
            assert_eq!(read(text).as_deref(), Some(address), "{text}");
        }
        for text in [
            "",
            " 192.0.2.1",
            "192.0.2",
            "192.0.2.256",
            "010.20.3.4",
            "0x0a.20.3.4",
            "3232235777",
            "192.0.2.1:",
            "192.0.2.1:+80",
            "192.0.2.1:65536",
            "192.0.2.1:000080",
            "192.0.2.1:80:80",
            "[192.0.2.1]",
            "[2001:db8::1",
            "[2001:db8::1]443",
            "[2001:db8::1]:",
            "2001:db8::1]",
            "fe80::1%eth0",
            "[fe80::1%1]:80",
            "10.20.3.4/16",
            "localhost",
            "garbage",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn an_excerpt_is_short_however_long_the_text() {
        assert_eq!(excerpt("garbage"), "garbage");
        assert_eq!(excerpt(&"é".repeat(4000)).chars().count(), 41);
    }
}
