//! `octroictl zone …`: what is configured, and why a contact is where it is.

use octroi_idp::network::{Arrival, Contact, Hop, HopRole, ListenerZone, ZoneDecision};
use serde_json::{Value, json};

use crate::args::{ExplainArgs, Format, ZoneVerb};
use crate::console::Console;
use crate::failure::Failure;
use crate::output::{self, Answer, View};
use crate::target::Zones;

/// Runs one verb.
pub fn run(verb: &ZoneVerb, zones: &Zones, format: Format, console: &mut Console<'_>) -> Result<(), Failure> {
    let answer = match verb {
        ZoneVerb::List => list(zones),
        ZoneVerb::Explain(args) => explain(args, zones)?,
    };
    output::print(&answer, format, console)
}

fn list(zones: &Zones) -> Answer {
    let network = &zones.network;
    let mut rows: Vec<Vec<String>> = zones
        .listeners
        .iter()
        .map(|(listener, bind)| {
            let detail = format!("ceiling {}, client address from {}", listener.ceiling, source(listener));
            vec!["listener".into(), format!("{} ({bind})", listener.name), detail]
        })
        .collect();
    let networks = [
        ("trusted proxy", &network.trusted_proxies, "its forwarding header is believed"),
        ("internal", &network.internal, "municipal workstations"),
        ("never internal", &network.never_internal, "nomades, whatever else is said"),
    ];
    for (kind, nets, meaning) in networks {
        rows.extend(nets.iter().map(|net| vec![kind.to_owned(), net.to_string(), meaning.to_owned()]));
    }
    let minutes = network.internal_max_age.as_secs() / 60;
    let mut after =
        vec![format!("Everything else is nomades. A contact seen as internal is believed for {minutes} min.")];
    if network.internal.is_empty() {
        after.push("network.internal is empty: everybody is in the zone nomades.".into());
    }
    let listeners: Vec<Value> = zones
        .listeners
        .iter()
        .map(|(listener, bind)| {
            let (name, ceiling, source) = (&listener.name, listener.ceiling, listener.source.as_str());
            json!({ "name": name, "bind": bind, "zone_ceiling": ceiling, "client_address": source })
        })
        .collect();
    let json = json!({
        "listeners": listeners,
        "trusted_proxies": network.trusted_proxies,
        "internal": network.internal,
        "never_internal": network.never_internal,
        "internal_max_age_seconds": network.internal_max_age.as_secs(),
    });
    Answer { json, view: View::Table { headings: vec!["kind", "what", "meaning"], rows }, after, ..Answer::default() }
}

fn explain(args: &ExplainArgs, zones: &Zones) -> Result<Answer, Failure> {
    let (listener, bind) = listener(args.listener.as_deref(), zones)?;
    if args.peer.is_none() && !bind.starts_with("unix:") {
        return Err(Failure::Usage(format!("--peer is missing: the listener {} is no unix socket", listener.name)));
    }
    let arrival = Arrival { peer: args.peer.filter(|_| !bind.starts_with("unix:")), proxied: args.proxied };
    let headers = args.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
    let decision = zones.decider.decide(listener, arrival, headers);
    let ZoneDecision { zone, client_address, hops, why, ignored } = &decision;
    let address = client_address.map_or_else(|| "unknown".to_owned(), |address| address.to_string());
    let before = vec![
        format!("{zone}: {}.", why.sentence()),
        format!(
            "Listener {} (ceiling {}, client address from {}); client {address}.",
            listener.name,
            listener.ceiling,
            source(listener)
        ),
    ];
    let after = ignored
        .iter()
        .map(|header| {
            let because = match header.because.code() {
                "untrusted_peer" => "the peer is not a trusted proxy",
                _ => "it is not this listener's source",
            };
            format!("Ignored: {} ({because}).", header.name)
        })
        .collect();
    let rows = (1..).zip(hops).map(|(at, hop)| row(at, hop)).collect();
    let json = json!({
        "zone": zone,
        "client_address": client_address,
        "hops": hops,
        "why": why,
        "explanation": why.sentence(),
        "listener": listener.name,
        "ignored": ignored,
    });
    let view = View::Table { headings: vec!["hop", "address", "seen_in", "role", "note"], rows };
    Ok(Answer { json, view, before, after, ..Answer::default() })
}

/// The listener by name; the first one by default.
fn listener<'z>(name: Option<&str>, zones: &'z Zones) -> Result<&'z (ListenerZone, String), Failure> {
    let mut listeners = zones.listeners.iter();
    let found = match name {
        None => listeners.next(),
        Some(name) => listeners.find(|(listener, _)| listener.name == name),
    };
    found.ok_or_else(|| {
        let names: Vec<&str> = zones.listeners.iter().map(|(listener, _)| listener.name.as_str()).collect();
        Failure::Usage(format!("--listener: the configured listeners are {}", names.join(", ")))
    })
}

fn row(at: usize, hop: &Hop) -> Vec<String> {
    let seen_in = match hop.seen_in {
        Contact::Peer => "connection",
        Contact::Forwarded => "Forwarded",
        Contact::XForwardedFor => "X-Forwarded-For",
        Contact::ProxyV2 => "PROXY v2",
    };
    let role = match hop.role {
        HopRole::TrustedProxy => "trusted proxy",
        HopRole::Client => "client",
        HopRole::Unreadable => "unreadable",
    };
    let address = hop.address.map_or_else(|| "-".to_owned(), |address| address.to_string());
    vec![at.to_string(), address, seen_in.to_owned(), role.to_owned(), hop.note.to_string()]
}

fn source(listener: &ListenerZone) -> &'static str {
    match listener.source.as_str() {
        "none" => "the connection",
        "forwarded" => "the Forwarded header",
        "proxy-v2" => "the PROXY v2 header",
        _ => "the X-Forwarded-For header",
    }
}
