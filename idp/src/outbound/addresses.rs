//! Which addresses belong to the public internet. Everything else (this machine, private networks, what is reserved) is
//! reached only where an administrator allowed it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

/// Whether a request may go there.
pub fn may_reach(address: IpAddr, allowed: &[IpNet]) -> bool {
    let address = address.to_canonical();
    allowed.iter().any(|net| net.contains(&address)) || is_public(address)
}

/// Whether somebody on the internet may be there (IANA's special-purpose registries, RFC 6890).
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let is_special = address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        // "This" network, carriers' NAT, protocol assignments, 6to4's anycast, benchmarks, multicast, reserved.
        || a == 0
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (b == 18 || b == 19))
        || a >= 224;
    !is_special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    // Global unicast, without what carries an IPv4 address in it (Teredo, 6to4) and documentation.
    let is_global = (0x2000..0x4000).contains(&first);
    let is_special = match first {
        0x2001 => second < 0x200 || second == 0xdb8,
        0x2002 => true,
        0x3fff => second < 0x1000,
        _ => false,
    };
    is_global && !is_special
}

#[cfg(test)]
mod tests {
    use super::*;

    fn public(text: &str) -> bool {
        may_reach(text.parse().unwrap(), &[])
    }

    #[test]
    fn only_the_public_internet_is_reached_unasked() {
        for address in ["1.1.1.1", "93.184.216.34", "223.255.255.1", "2606:4700::1111", "2a01:e0a::1", "::ffff:1.1.1.1"]
        {
            assert!(public(address), "{address}");
        }
        for address in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "127.8.8.8",
            "169.254.169.254",
            "172.16.0.1",
            "192.0.0.8",
            "192.0.2.1",
            "192.168.1.1",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:10.1.2.3",
            "::ffff:127.0.0.1",
            "::10.1.2.3",
            "64:ff9b::a01:203",
            "2001::1",
            "2001:db8::1",
            "2002:a01:203::1",
            "fc00::1",
            "fd12::1",
            "fe80::1",
            "ff02::1",
        ] {
            assert!(!public(address), "{address}");
        }
    }

    #[test]
    fn an_allowed_network_is_reached_and_no_other() {
        let allowed = ["10.12.0.0/16".parse().unwrap(), "::1/128".parse().unwrap()];
        assert!(may_reach("10.12.3.4".parse().unwrap(), &allowed));
        assert!(may_reach("::ffff:10.12.3.4".parse().unwrap(), &allowed));
        assert!(may_reach("::1".parse().unwrap(), &allowed));
        assert!(!may_reach("10.13.3.4".parse().unwrap(), &allowed));
    }
}
