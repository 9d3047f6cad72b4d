//! `[network]`: whose headers are believed, and which addresses are municipal workstations (PRODUCT §2.3, §2.4). The
//! lists are empty unless written: nothing is trusted and nobody is `internal` by default.

use std::net::IpAddr;
use std::time::Duration;

use ipnet::IpNet;

use super::problem::Fault;
use super::section::{Section, text_of, wrong_type};
use super::tree::{Node, Value, quoted};

/// A trusted proxy's range, or one of shared addresses, may have this many without saying `wide`: /24, and /64 for IPv6.
const NARROW_V4: u8 = 24;
const NARROW_V6: u8 = 64;

/// The section, checked.
#[derive(Debug, Clone)]
pub struct NetworkConfig {
    /// Peers whose forwarding headers count.
    pub trusted_proxies: Vec<IpNet>,
    /// Municipal buildings.
    pub internal: Vec<IpNet>,
    /// VPN pools, guest Wi-Fi, servers: never `internal`, whatever `internal` says.
    pub never_internal: Vec<IpNet>,
    /// Addresses behind which many agents are: an office proxy, the gateway of the remote access.
    pub shared: Vec<IpNet>,
    /// So many SOIs may have failed at a shared address before it is slowed down.
    pub shared_failures: u32,
    /// How long a contact from `internal` may be believed.
    pub internal_max_age: Duration,
}

pub(super) fn read(section: &Section<'_>) -> NetworkConfig {
    let list = |key, parse: fn(&Node) -> Result<IpNet, Fault>| {
        section.list(key, Vec::new(), |net: &IpNet| quoted(&net.to_string()), parse)
    };
    let trusted_proxies = list("trusted_proxies", parse_proxy);
    let internal = list("internal", parse_any_width);
    let never_internal = list("never_internal", parse_any_width);
    let shared = list("shared", parse_shared);
    let shared_failures = section.integer("shared_failures", 100, 10..=100_000);
    let limits = Duration::from_mins(1)..=Duration::from_hours(24);
    let internal_max_age = section.duration("internal_max_age", Duration::from_hours(4), limits);

    for (index, net) in &internal {
        if let Some((_, exclusion)) = never_internal.iter().find(|(_, exclusion)| exclusion.contains(net)) {
            let what = format!("{net} lies inside {exclusion} of network.never_internal, so it can never be internal");
            section.error(&format!("internal[{index}]"), Fault::new(what, "remove it from one of the two lists"));
        }
        if net.prefix_len() == 0 {
            let fault = Fault::new(format!("{net} makes the whole world internal"), "list the City's own ranges");
            section.warning(&format!("internal[{index}]"), fault);
        }
    }
    for (index, net) in trusted_proxies.iter().filter(|(_, net)| net.prefix_len() == 0) {
        let fault = Fault::new(format!("{net} lets anybody choose his own address"), "list the proxies themselves");
        section.warning(&format!("trusted_proxies[{index}]"), fault);
    }
    for (index, net) in &shared {
        if trusted_proxies.iter().any(|(_, proxy)| proxy.contains(net)) {
            let what =
                format!("{net} is a trusted proxy, so it is never a client: those behind it are told apart already");
            section.warning(&format!("shared[{index}]"), Fault::new(what, "remove it from one of the two lists"));
        }
    }
    let plain = |list: Vec<(usize, IpNet)>| list.into_iter().map(|(_, net)| net).collect();
    NetworkConfig {
        trusted_proxies: plain(trusted_proxies),
        internal: plain(internal),
        never_internal: plain(never_internal),
        shared: plain(shared),
        shared_failures,
        internal_max_age,
    }
}

fn parse_any_width(node: &Node) -> Result<IpNet, Fault> {
    parse_entry(node).map(|(net, _)| net)
}

fn parse_proxy(node: &Node) -> Result<IpNet, Fault> {
    parse_narrow(node, "every machine in it could forge the client's address", "the proxies")
}

fn parse_shared(node: &Node) -> Result<IpNet, Fault> {
    parse_narrow(node, "every machine in it could try passwords of many agents", "the shared addresses")
}

/// `danger`: what a wide range means; `wanted`: what is to be listed instead.
fn parse_narrow(node: &Node, danger: &str, wanted: &str) -> Result<IpNet, Fault> {
    let (net, is_declared_wide) = parse_entry(node)?;
    let narrow = if net.addr().is_ipv4() { NARROW_V4 } else { NARROW_V6 };
    if net.prefix_len() >= narrow || is_declared_wide {
        return Ok(net);
    }
    let what = format!("{net} is wider than /{narrow}: {danger}");
    Err(Fault::new(what, format!("list {wanted} themselves, or write {{ net = \"{net}\", wide = true }}")))
}

/// `"10.0.0.0/8"`, `"10.0.0.1"` or `{ net = "…", wide = true }`.
fn parse_entry(node: &Node) -> Result<(IpNet, bool), Fault> {
    let Value::Table(table) = &node.value else {
        return Ok((parse_net(&text_of(node)?)?, false));
    };
    let fix = "write \"10.0.0.0/24\" or { net = \"10.0.0.0/8\", wide = true }";
    if let Some(other) = table.keys().find(|key| !["net", "wide"].contains(&key.as_str())) {
        return Err(Fault::new(format!("a range has no key {other:?}"), fix));
    }
    let is_wide = match table.get("wide") {
        None => false,
        Some(Node { value: Value::Boolean(yes), .. }) => *yes,
        Some(other) => return Err(wrong_type(other, "true or false", fix)),
    };
    let net = table.get("net").ok_or_else(|| Fault::new("the range's `net` is missing", fix))?;
    Ok((parse_net(&text_of(net)?)?, is_wide))
}

fn parse_net(text: &str) -> Result<IpNet, Fault> {
    let bare = |address: IpAddr| IpNet::from(address);
    let net = text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(bare)).map_err(|_| {
        let what = format!("{text:?} is not an address or a range");
        Fault::new(what, "write an address or ADDRESS/PREFIX, such as \"10.12.0.0/16\" or \"2001:db8::/32\"")
    })?;
    if let IpNet::V6(v6) = net
        && v6.addr().to_ipv4_mapped().is_some()
    {
        // The peer of a dual-stack socket is unmapped before it is judged, so such an entry would never match.
        return Err(Fault::new(format!("{text:?} is an IPv4 range in IPv6 clothes"), "write it as IPv4"));
    }
    if net.trunc() != net {
        return Err(Fault::new(format!("{text:?} has bits behind its prefix"), format!("write \"{}\"", net.trunc())));
    }
    Ok(net)
}
