//! A list of networks to which an address does or does not belong.
//!
//! An IPv4-mapped network (`::ffff:10.0.0.0/104`) means the IPv4 network; addresses are looked up in canonical form, so the
//! two ways to write an IPv4 address can never lead to two answers.

use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Net};

/// The bits in front of the IPv4 address in an IPv4-mapped one (RFC 4291 §2.5.5.2).
const MAPPED_PREFIX: u8 = 96;

#[derive(Debug, Clone)]
pub(super) struct Nets(Vec<IpNet>);

impl Nets {
    pub(super) fn new(nets: &[IpNet]) -> Self {
        Self(nets.iter().map(|net| canonical(*net)).collect())
    }

    /// `address` must be canonical (`IpAddr::to_canonical`).
    pub(super) fn contains(&self, address: IpAddr) -> bool {
        self.0.iter().any(|net| net.contains(&address))
    }
}

fn canonical(net: IpNet) -> IpNet {
    let mapped = match net {
        IpNet::V4(_) => None,
        IpNet::V6(v6) => v6.addr().to_ipv4_mapped(),
    };
    // A mapped network wider than /96 holds every IPv4 address.
    let prefix = net.prefix_len().saturating_sub(MAPPED_PREFIX);
    mapped.and_then(|v4| Ipv4Net::new(v4, prefix).ok()).map_or(net, IpNet::V4)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(net: &str, address: &str) -> bool {
        let address: IpAddr = address.parse().unwrap();
        Nets::new(&[net.parse().unwrap()]).contains(address.to_canonical())
    }

    #[test]
    fn mapped_networks_and_mapped_addresses_are_ipv4() {
        for net in ["10.20.0.0/16", "::ffff:10.20.0.0/112"] {
            for address in ["10.20.3.4", "::ffff:10.20.3.4", "::ffff:a14:304"] {
                assert!(holds(net, address), "{net} {address}");
            }
            assert!(!holds(net, "10.21.0.1"), "{net}");
            assert!(!holds(net, "::10.20.3.4"), "{net}: IPv4-compatible is not IPv4-mapped");
        }
        assert!(holds("::ffff:10.0.0.0/90", "192.0.2.1"));
    }

    #[test]
    fn ipv6_networks_hold_ipv6_addresses_only() {
        assert!(holds("2001:db8:1::/48", "2001:db8:1:2::3"));
        assert!(!holds("2001:db8:1::/48", "2001:db8:2::3"));
        assert!(!holds("::/0", "192.0.2.1"));
        assert!(!holds("0.0.0.0/0", "2001:db8::1"));
    }
}
