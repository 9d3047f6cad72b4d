//! Where a contact came from, as much of it as its owner is shown: enough to say "that was me, at home", too little to
//! follow somebody about.

use std::net::IpAddr;

/// The network of an address, cut behind its 24 (IPv4) or 48 (IPv6) leading bits: `203.0.113.x`, `2001:db8:10:x`.
/// `None`: the text is no address.
pub fn network_of(address: &str) -> Option<String> {
    Some(match address.parse::<IpAddr>().ok()?.to_canonical() {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            format!("{a}.{b}.{c}.x")
        }
        IpAddr::V6(v6) => {
            let [a, b, c, ..] = v6.segments();
            format!("{a:x}:{b:x}:{c:x}:x")
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machine_is_cut_off() {
        for (address, network) in [
            ("203.0.113.9", Some("203.0.113.x")),
            ("::ffff:203.0.113.9", Some("203.0.113.x")),
            ("2001:db8:10:20::7", Some("2001:db8:10:x")),
            ("::1", Some("0:0:0:x")),
            ("unknown", None),
            ("", None),
        ] {
            assert_eq!(network_of(address).as_deref(), network, "{address}");
        }
    }
}
