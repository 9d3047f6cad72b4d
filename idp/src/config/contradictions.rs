//! What contradicts itself across sections. Each section checks itself; here stand the rules that need two of them.
//!
//! A contradiction is told only when the keys it stands between have no fault of their own.

use subtle::ConstantTimeEq as _;

use super::Draft;
use super::duration::spell;
use super::listener::{Bind, ClientAddressSource, ListenerConfig, collide};
use super::problem::Fault;
use super::problem::Severity::{Error, Warning};
use super::reader::Reader;
use crate::domain::zone::NetworkZone;

pub(super) fn check(reader: &Reader, draft: &Draft) {
    check_names_and_binds(reader, draft);
    check_client_addresses(reader, draft);
    check_unix_sockets(reader, draft);
    check_internal_is_possible(reader, draft);
    check_ages(reader, draft);
    check_clear_text(reader, draft);
    check_certificates(reader, draft);
    check_keys_differ(reader, draft);
    check_somebody_is_told(reader, draft);
    check_passkey_domain(reader, draft);
}

/// Passkeys belong to the issuer's host or to a domain above it (WebAuthn §5.1.2); an IP address has none.
fn check_passkey_domain(reader: &Reader, draft: &Draft) {
    let (Some(server), Some(rp_id)) = (&draft.server, &draft.factors.rp_id) else { return };
    let issuer = url::Url::parse(&server.issuer).ok();
    let host = issuer.as_ref().and_then(url::Url::domain);
    let keys = ["factors.rp_id", "server.issuer"];
    let Some(host) = host else {
        let fault = Fault::new("the issuer is an IP address, for which there are no passkeys", "remove the key");
        return reader.report_contradiction(Error, &keys, fault);
    };
    // A top-level domain is everybody's.
    let is_above = rp_id.contains('.') && host.ends_with(&format!(".{rp_id}"));
    if rp_id != host && !is_above {
        let what = format!("{rp_id:?} is neither the issuer's host {host:?} nor a domain above it");
        reader.report_contradiction(Error, &keys, Fault::new(what, format!("write \"{host}\", or remove the key")));
    }
}

/// Codes and alarms that nobody takes away.
fn check_somebody_is_told(reader: &Reader, draft: &Draft) {
    if draft.mail.is_none() && !reader.is_set("mail") {
        let what =
            "no mail leaves: agents get no code to reset a password, and do not hear of changes of their accounts";
        reader.report_contradiction(Warning, &["mail"], Fault::new(what, "add a section [mail] with host and from"));
    }
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
            if collide(&listener.bind, &earlier.bind) {
                let (key, other) = keys("bind");
                let what = format!("{} is taken by the listener {:?} ({})", listener.bind, earlier.name, earlier.bind);
                reader.report_contradiction(Error, &[&key, &other], Fault::new(what, "choose another one"));
            }
        }
        if let Some(metrics) = &draft.metrics
            && collide(&Bind::Tcp(metrics.bind), &listener.bind)
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
        let is_tcp = listener.bind.tcp().is_some();
        if listener.client_address == ClientAddressSource::ProxyV2 && is_tcp && network.trusted_proxies.is_empty() {
            let what = "no peer is trusted (network.trusted_proxies is empty), so every connection would be closed";
            let fix = "list the proxies in network.trusted_proxies";
            reader.report_contradiction(Error, &keys, Fault::new(what, fix));
        } else if reads_header && is_tcp && network.trusted_proxies.is_empty() {
            let what = "no peer is trusted (network.trusted_proxies is empty), so this header is always ignored";
            let fix = "list the proxies in network.trusted_proxies, or write client_address = \"none\"";
            reader.report_contradiction(Warning, &keys, Fault::new(what, fix));
        }
        // The peer's own address is judged here, and behind a proxy everybody has the proxy's.
        let is_excluded = |net| network.never_internal.iter().any(|exclusion| exclusion.contains(net));
        let proxy = network.trusted_proxies.iter().filter(|net| !is_excluded(*net)).find(|proxy| {
            network.internal.iter().any(|internal| internal.contains(*proxy) || proxy.contains(internal))
        });
        if let Some(proxy) = proxy.filter(|_| is_tcp && !reads_header && listener.zone_ceiling == NetworkZone::Internal)
        {
            let what = format!("whoever reaches this listener through the proxy {proxy} is taken for internal");
            let fix = "let the listener read the proxy's header, or add the proxy to network.never_internal";
            reader.report_contradiction(Warning, &keys, Fault::new(what, fix));
        }
    }
}

/// A unix socket has no peer address: either its permissions stand for one, or nobody there has an address.
fn check_unix_sockets(reader: &Reader, draft: &Draft) {
    for (index, listener) in draft.listeners.iter().filter(|(_, listener)| listener.bind.tcp().is_none()) {
        let key = |key: &str| format!("listener[{index}].{key}");
        let (source, trusted) = (key("client_address"), key("trusted_socket"));
        let report = |severity, first: &str, what: &str, fix: &str| {
            reader.report_contradiction(severity, &[first, &source, &trusted], Fault::new(what, fix));
        };
        match (listener.client_address, listener.trusted_socket) {
            (ClientAddressSource::None, _) => {
                let what = "a unix socket has no peer address, so everybody here is in nomades";
                report(Warning, &source, what, "name the header that the proxy writes, and set trusted_socket = true");
            }
            (ClientAddressSource::ProxyV2, false) => {
                let what = "nobody is trusted on this socket, so every connection would be closed";
                report(Error, &trusted, what, "set trusted_socket = true if only the proxy may open the socket");
            }
            (_, false) => {
                let what = "nobody is trusted on this socket, so its header is always ignored";
                report(Warning, &trusted, what, "set trusted_socket = true if only the proxy may open the socket");
            }
            (_, true) if listener.socket_mode & 0o006 != 0 => {
                let what = "every account of this machine may open the socket, and each is believed";
                report(
                    Warning,
                    &key("socket_mode"),
                    what,
                    "write socket_mode = \"0660\" and put the proxy into the group",
                );
            }
            (_, true) => {}
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
    for (index, listener) in &draft.listeners {
        let key = format!("listener[{index}].bind");
        if listener.tls.is_some() {
            let what = format!("TLS is spoken here, but the issuer is {}: cookies would not be Secure", server.issuer);
            let key = format!("listener[{index}].tls");
            reader.report_contradiction(Warning, &[&key, "server.issuer"], Fault::new(what, "use an https issuer"));
        } else if listener.bind.is_open() {
            let what =
                format!("{} answers other machines in clear text: the issuer is {}", listener.bind, server.issuer);
            let fix = "use an https issuer, or listen on 127.0.0.1";
            reader.report_contradiction(Warning, &[&key, "server.issuer"], Fault::new(what, fix));
        }
    }
}

/// A certificate that names neither the issuer nor another origin of ours: browsers will not go on.
fn check_certificates(reader: &Reader, draft: &Draft) {
    let Some(server) = draft.server.as_ref() else { return };
    let hosts: Vec<&str> = std::iter::once(&server.issuer_origin).chain(&server.origins).map(|o| host(o)).collect();
    for (index, listener) in &draft.listeners {
        let Some(tls) = &listener.tls else { continue };
        if !hosts.iter().any(|host| tls.identity.covers(host)) {
            let key = format!("listener[{index}].tls.certificate");
            let what = format!("the certificate does not cover {}, the issuer's host", host(&server.issuer_origin));
            let fix = "ask for one that names it (subjectAltName)";
            reader.report_contradiction(Warning, &[&key, "server.issuer"], Fault::new(what, fix));
        }
    }
}

/// The host of an origin that was checked: `https://HOST` or `https://HOST:PORT`, an IPv6 address without brackets.
fn host(origin: &str) -> &str {
    let authority = origin.split_once("://").map_or(origin, |(_, authority)| authority);
    match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, _)) => address,
        None => authority.split_once(':').map_or(authority, |(host, _)| host),
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
