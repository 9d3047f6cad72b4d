//! What contradicts itself across sections. Each section checks itself; here stand the rules that need two of them.
//!
//! A contradiction is told only when the keys it stands between have no fault of their own.

use subtle::ConstantTimeEq as _;

use super::Draft;
use super::duration::spell;
use super::listener::{ClientAddressSource, ListenerConfig, collide};
use super::problem::Fault;
use super::problem::Severity::{Error, Warning};
use super::reader::Reader;
use crate::domain::zone::NetworkZone;

pub(super) fn check(reader: &Reader, draft: &Draft) {
    check_names_and_binds(reader, draft);
    check_client_addresses(reader, draft);
    check_internal_is_possible(reader, draft);
    check_ages(reader, draft);
    check_clear_text(reader, draft);
    check_keys_differ(reader, draft);
}

fn check_names_and_binds(reader: &Reader, draft: &Draft) {
    for (position, (index, listener)) in draft.listeners.iter().enumerate() {
        for (earlier_index, earlier) in draft.listeners.iter().take(position) {
            let keys = |key: &str| (format!("listener[{index}].{key}"), format!("listener[{earlier_index}].{key}"));
            if listener.name == earlier.name {
                let (key, other) = keys("name");
                let fault = Fault::new(format!("two listeners are called {:?}", listener.name), "rename one of them");
                reader.report_contradiction(Error, &[&key, &other], fault);
            }
            if collide(listener.bind, earlier.bind) {
                let (key, other) = keys("bind");
                let what = format!("{} is taken by the listener {:?} ({})", listener.bind, earlier.name, earlier.bind);
                reader.report_contradiction(Error, &[&key, &other], Fault::new(what, "choose another port"));
            }
        }
        if let Some(metrics) = &draft.metrics
            && collide(metrics.bind, listener.bind)
        {
            let what = format!("{} is taken by the listener {:?} ({})", metrics.bind, listener.name, listener.bind);
            let key = format!("listener[{index}].bind");
            reader.report_contradiction(Error, &["metrics.bind", &key], Fault::new(what, "choose another port"));
        }
    }
}

fn check_client_addresses(reader: &Reader, draft: &Draft) {
    let network = &draft.network;
    for (index, listener) in &draft.listeners {
        let key = format!("listener[{index}].client_address");
        let keys = [key.as_str(), "network.trusted_proxies", "network.internal"];
        let reads_header = listener.client_address != ClientAddressSource::None;
        if reads_header && network.trusted_proxies.is_empty() {
            let what = "no peer is trusted (network.trusted_proxies is empty), so this header is always ignored";
            let fix = "list the proxies in network.trusted_proxies, or write client_address = \"none\"";
            reader.report_contradiction(Warning, &keys, Fault::new(what, fix));
        }
        // The peer's own address is judged here, and behind a proxy everybody has the proxy's.
        let is_excluded = |net| network.never_internal.iter().any(|exclusion| exclusion.contains(net));
        let proxy = network.trusted_proxies.iter().filter(|net| !is_excluded(*net)).find(|proxy| {
            network.internal.iter().any(|internal| internal.contains(*proxy) || proxy.contains(internal))
        });
        if let Some(proxy) = proxy.filter(|_| !reads_header && listener.zone_ceiling == NetworkZone::Internal) {
            let what = format!("whoever reaches this listener through the proxy {proxy} is taken for internal");
            let fix = "let the listener read the proxy's header, or add the proxy to network.never_internal";
            reader.report_contradiction(Warning, &keys, Fault::new(what, fix));
        }
    }
}

fn check_internal_is_possible(reader: &Reader, draft: &Draft) {
    let is_internal = |(_, listener): &&(usize, ListenerConfig)| listener.zone_ceiling == NetworkZone::Internal;
    let keys = ["network.internal", "listener"];
    match (draft.network.internal.is_empty(), draft.listeners.iter().find(is_internal)) {
        (true, Some(_)) => {
            let what = "no range is internal, so everybody is in nomades";
            let fix = "list the networks of the municipal buildings in network.internal";
            reader.report_contradiction(Warning, &keys, Fault::new(what, fix));
        }
        (false, None) if !draft.listeners.is_empty() => {
            let what = "no listener has the ceiling internal, so everybody is in nomades";
            let fix = "write zone_ceiling = \"internal\" at the listener of the municipal network";
            reader.report_contradiction(Warning, &keys, Fault::new(what, fix));
        }
        _ => {}
    }
}

fn check_ages(reader: &Reader, draft: &Draft) {
    let (age, session) = (draft.network.internal_max_age, draft.session.internal.absolute);
    // The default is no promise that somebody made.
    if age > session && reader.is_set("network.internal_max_age") {
        let what = format!("{} is never reached: a session ends after {}", spell(age), spell(session));
        let fix = format!("lower it to {} or less, or raise session.internal.absolute", spell(session));
        let keys = ["network.internal_max_age", "session.internal.absolute"];
        reader.report_contradiction(Warning, &keys, Fault::new(what, fix));
    }
}

/// An issuer over http is for this machine only; a listener for others would carry passwords in clear.
fn check_clear_text(reader: &Reader, draft: &Draft) {
    let Some(server) = draft.server.as_ref().filter(|server| !server.is_https()) else { return };
    let is_open = |(_, listener): &&(usize, ListenerConfig)| !listener.bind.ip().is_loopback();
    for (index, listener) in draft.listeners.iter().filter(is_open) {
        let what = format!("{} answers other machines in clear text: the issuer is {}", listener.bind, server.issuer);
        let fix = "use an https issuer, or listen on 127.0.0.1";
        let key = format!("listener[{index}].bind");
        reader.report_contradiction(Warning, &[&key, "server.issuer"], Fault::new(what, fix));
    }
}

/// One key for two purposes: whoever learns it from one place has the other too.
fn check_keys_differ(reader: &Reader, draft: &Draft) {
    if let (Some(keys), Some(password)) = (&draft.keys, &draft.password)
        && bool::from(keys.sealing_key.reveal().ct_eq(password.pepper.reveal()))
    {
        let fault = Fault::new("the sealing key and the pepper are the same key", "make another key for one of them");
        reader.report_contradiction(Error, &["password.pepper", "keys.sealing_key"], fault);
    }
}
