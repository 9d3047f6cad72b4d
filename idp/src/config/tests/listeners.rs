//! `[[listener]]`: sources, unix sockets, TLS, limits, and what contradicts other sections.

use rcgen::date_time_ymd;

use super::*;
use crate::config::{Bind, ClientAddressSource};

/// A second listener with these keys; what follows may be other sections.
fn second(bind: &str, rest: &str) -> String {
    format!("[[listener]]\nname = \"gateway\"\nbind = \"{bind}\"\n{rest}")
}

fn warnings(folder: &Folder, added: &str) -> Vec<Problem> {
    folder.load_with(added).unwrap_or_else(|report| panic!("{added}\n{report}")).warnings().to_vec()
}

fn warning_of(folder: &Folder, added: &str, key: &str) -> Option<String> {
    warnings(folder, added).into_iter().find(|w| w.key == key).map(|w| w.what)
}

#[test]
fn proxy_v2_needs_somebody_who_is_trusted() {
    let proxied = second("127.0.0.1:8081", "client_address = \"proxy-v2\"\n");
    let error = the_error(&proxied);
    assert_eq!(error.key, "listener[1].client_address");
    assert!(error.what.contains("every connection would be closed"), "{error}");
    let config = assert_sound(&format!("{proxied}[network]\ntrusted_proxies = [\"10.0.0.1\"]\n"));
    assert_eq!(config.listeners[1].client_address, ClientAddressSource::ProxyV2);
}

#[test]
fn a_unix_socket_has_a_path_beside_the_configuration_and_a_mode() {
    let folder = Folder::new();
    let trusted = "client_address = \"x-forwarded-for\"\ntrusted_socket = true\n";
    let config = folder.load_with(&second("unix:run/gateway.sock", trusted)).unwrap();
    let listener = &config.listeners[1];
    assert_eq!(listener.bind, Bind::Unix(folder.path("run/gateway.sock")));
    assert_eq!((listener.socket_mode, listener.trusted_socket), (0o660, true));
    let config = assert_sound(&second("unix:/run/a.sock", &format!("{trusted}socket_mode = \"0600\"\n")));
    assert_eq!(config.listeners[1].socket_mode, 0o600);
    for mode in ["660x", "0770", "0060", "+660", "9", "01660", ""] {
        let error = the_error(&second("unix:/run/a.sock", &format!("{trusted}socket_mode = \"{mode}\"\n")));
        assert_eq!(error.key, "listener[1].socket_mode", "{mode}");
    }
    assert_eq!(the_error(&second("unix:", trusted)).key, "listener[1].bind");
    for key in ["trusted_socket = true", "socket_mode = \"0660\""] {
        assert!(the_error(&second("127.0.0.1:8081", key)).what.contains("only a unix socket"));
    }
    let twice = format!("{}{}", second("unix:/run/a.sock", trusted), second("unix:/run/a.sock", trusted))
        .replacen("gateway", "b", 1);
    assert_eq!(the_error(&twice).key, "listener[2].bind");
}

#[test]
fn nobody_on_a_unix_socket_is_believed_unless_the_configuration_says_so() {
    let folder = Folder::new();
    let trusted = "listener[1].trusted_socket";
    let header = second("unix:/run/a.sock", "client_address = \"forwarded\"\n");
    assert!(warning_of(&folder, &header, trusted).is_some_and(|what| what.contains("always ignored")));
    assert_eq!(warning_of(&folder, &format!("{header}trusted_socket = true\n"), trusted), None);
    let proxied = second("unix:/run/a.sock", "client_address = \"proxy-v2\"\n");
    assert_eq!(the_error(&proxied).key, trusted);
    assert_sound(&format!("{proxied}trusted_socket = true\n"));
    let mute = second("unix:/run/a.sock", "");
    assert!(
        warning_of(&folder, &mute, "listener[1].client_address").is_some_and(|what| what.contains("no peer address"))
    );
    let open = format!("{proxied}trusted_socket = true\nsocket_mode = \"0666\"\n");
    assert!(warning_of(&folder, &open, "listener[1].socket_mode").is_some_and(|what| what.contains("every account")));
}

#[test]
fn a_listener_has_limits_of_its_own() {
    let config = assert_sound(&second(
        "127.0.0.1:8081",
        "max_connections = 64\nheader_timeout = \"5s\"\nidle_timeout = \"20s\"\n",
    ));
    let (first, second_one) = (&config.listeners[0], &config.listeners[1]);
    assert_eq!((first.max_connections, first.header_timeout.as_secs(), first.idle_timeout.as_secs()), (4096, 10, 75));
    let limits = (second_one.max_connections, second_one.header_timeout.as_secs(), second_one.idle_timeout.as_secs());
    assert_eq!(limits, (64, 5, 20));
    for (key, value) in [
        ("max_connections", "0"),
        ("max_connections", "2000000"),
        ("header_timeout", "\"0s\""),
        ("header_timeout", "\"5m\""),
        ("idle_timeout", "\"1h\""),
    ] {
        let error = the_error(&second("127.0.0.1:8081", &format!("{key} = {value}\n")));
        assert_eq!(error.key, format!("listener[1].{key}"), "{value}");
    }
}

const TLS: &str = "tls = { certificate = \"tls.pem\", key = \"tls.key\" }\n";

#[test]
fn a_certificate_and_its_key_are_read_and_judged_with_the_configuration() {
    let folder = Folder::new();
    folder.write_certificate(&["login.ville.example"], |_| {});
    let config = folder.load_with(&second("127.0.0.1:8443", TLS)).unwrap();
    let tls = config.listeners[1].tls.as_ref().unwrap();
    assert_eq!((&tls.certificate, &tls.key), (&folder.path("tls.pem"), &folder.path("tls.key")));
    assert!(config.warnings().iter().all(|w| !w.key.contains("tls")), "{:?}", config.warnings());
    assert!(config.effective().contains("tls.certificate = \"tls.pem\""), "{}", config.effective());
}

#[test]
fn files_that_are_no_identity_are_refused_with_the_file_and_the_fix() {
    let error = |folder: &Folder, keys: &str| {
        let report = folder.load_with(&second("127.0.0.1:8443", keys)).unwrap_err();
        let errors = errors(&report);
        assert_eq!(errors.len(), 1, "{report}");
        errors[0].clone()
    };
    let folder = Folder::new();
    folder.write_certificate(&["login.ville.example"], |_| {});
    let key = std::fs::read_to_string(folder.path("tls.key")).unwrap();
    assert_eq!(error(&folder, "tls = { certificate = \"tls.pem\" }\n").key, "listener[1].tls.key");
    assert_eq!(error(&folder, "tls = { key = \"tls.key\" }\n").key, "listener[1].tls.certificate");
    let absent = error(&folder, &TLS.replace("tls.pem", "nowhere.pem"));
    assert!(absent.key.ends_with("tls.certificate") && absent.what.contains("nowhere.pem"), "{absent}");
    set_mode(&folder.path("tls.key"), 0o640);
    let exposed = error(&folder, TLS);
    assert!(exposed.key.ends_with("tls.key") && exposed.what.contains("0640"), "{exposed}");
    assert!(exposed.fix.starts_with("chmod 600 "), "{exposed}");
    folder.write_secret("tls.key", "not a key");
    assert!(error(&folder, TLS).what.contains("no PEM private key"));
    folder.write_certificate(&["login.ville.example"], |_| {});
    folder.write_secret("tls.key", &key);
    let mismatch = error(&folder, TLS);
    assert!(mismatch.what.contains("does not belong to"), "{mismatch}");
    assert!(!mismatch.to_string().contains(key.lines().nth(1).unwrap()));
    folder.write("tls.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    assert!(error(&folder, TLS).key.ends_with("tls.certificate"));
}

#[test]
fn a_certificate_that_browsers_will_refuse_is_warned_about() {
    let folder = Folder::new();
    let what = |added: &str| warning_of(&folder, added, "listener[1].tls.certificate").unwrap_or_default();
    let listener = second("127.0.0.1:8443", TLS);
    folder.write_certificate(&["login.ville.example"], |params| params.not_after = date_time_ymd(2020, 1, 1));
    assert!(what(&listener).contains("expired at 2020-01-01"));
    folder.write_certificate(&["login.ville.example"], |params| params.not_before = date_time_ymd(3000, 1, 1));
    assert!(what(&listener).contains("not valid before 3000-01-01"));
    folder.write_certificate(&["other.ville.example"], |_| {});
    assert!(what(&listener).contains("does not cover login.ville.example"));
    folder.write_certificate(&["gateway.ville.example"], |_| {});
    let origins = "https://gateway.ville.example:8443";
    let text = format!("{MINIMAL}{PASSWORD}{listener}").replace(
        "[[listener]]\nname = \"office\"",
        &format!("origins = [\"{origins}\"]\n[[listener]]\nname = \"office\""),
    );
    let config = folder.load(&text, &[]).unwrap();
    assert!(config.warnings().iter().all(|w| !w.key.contains("tls")), "{:?}", config.warnings());
}

#[test]
fn https_without_tls_here_is_a_proxys_work_and_tls_without_https_is_a_mistake() {
    assert!(!warned_keys("").iter().any(|key| key.contains("tls") || key.contains("bind")));
    let folder = Folder::new();
    folder.write_certificate(&["localhost"], |_| {});
    let text = format!("{MINIMAL}{PASSWORD}{}", second("0.0.0.0:8443", TLS))
        .replace("https://login.ville.example", "http://localhost:8080");
    let config = folder.load(&text, &[]).unwrap();
    let told: Vec<&str> = config.warnings().iter().map(|w| w.key.as_str()).filter(|key| key.contains("[1]")).collect();
    assert_eq!(told, ["listener[1].tls"], "{:?}", config.warnings());
}
