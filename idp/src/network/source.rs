//! The network that an attempt comes from, as it is counted: a host, or what a provider gives to one household.
//!
//! An IPv4 address is one source: wider would let strangers of the same provider, or of the next building, make agents
//! wait. An IPv6 /64 is one source: whoever has one address has all of them. A declared shared address is a source of its own
//! kind, with many people behind it.

use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;

use super::nets::Nets;

/// What IPv6 gives to one network at least (RFC 6177).
const V6_PREFIX: u8 = 64;

/// Which addresses many agents share, and how many of them may fail.
#[derive(Debug, Clone)]
pub struct Sources {
    shared: Nets,
    /// So many SOIs may have failed at a shared address before it is slowed down.
    pub shared_failures: u32,
}

impl Default for Sources {
    fn default() -> Self {
        Self::new(&[], 100)
    }
}

/// Where an attempt comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source {
    net: IpNet,
    /// Declared: many agents are behind it.
    pub is_shared: bool,
}

impl Sources {
    pub fn new(shared: &[IpNet], shared_failures: u32) -> Self {
        Self { shared: Nets::new(shared), shared_failures }
    }

    /// The source of a client's address, as an event notes it; `None`: it has none.
    pub fn source_of(&self, client_address: Option<&str>) -> Option<Source> {
        let address = client_address?.parse::<IpAddr>().ok()?.to_canonical();
        let is_shared = self.shared.contains(address);
        let host = IpNet::from(address);
        // Beside a shared address in its /64 there may be others that are not.
        let net = if is_shared || address.is_ipv4() { host } else { IpNet::new(address, V6_PREFIX).ok()?.trunc() };
        Some(Source { net, is_shared })
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.net.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_a_host_or_a_household_and_a_shared_address_stands_alone() {
        let shared = ["10.1.2.3/32", "10.9.0.0/30", "2001:db8:7::1/128"].map(|net| net.parse().unwrap());
        let sources = Sources::new(&shared, 100);
        for (address, network, is_shared) in [
            ("203.0.113.77", "203.0.113.77/32", false),
            ("::ffff:203.0.113.9", "203.0.113.9/32", false),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64", false),
            ("10.1.2.3", "10.1.2.3/32", true),
            ("::ffff:10.1.2.3", "10.1.2.3/32", true),
            ("10.1.2.4", "10.1.2.4/32", false),
            ("10.9.0.2", "10.9.0.2/32", true),
            ("2001:db8:7::1", "2001:db8:7::1/128", true),
            ("2001:db8:7::2", "2001:db8:7::/64", false),
        ] {
            let source = sources.source_of(Some(address)).unwrap();
            assert_eq!((source.to_string().as_str(), source.is_shared), (network, is_shared), "{address}");
        }
        for address in [None, Some(""), Some("unknown"), Some("10.1.2.3:80")] {
            assert_eq!(sources.source_of(address), None);
        }
    }
}
