//! Values and contradictions, one rule at a time.

use std::time::Duration;

use super::*;
use crate::config::{ClientAddressSource, DatabaseTarget, LogFormat, LogLevel};
use crate::domain::zone::NetworkZone;

#[test]
fn the_defaults_are_the_documented_ones() {
    let config = assert_sound("");
    assert_eq!(config.server.drain, Duration::from_secs(10));
    assert!(config.server.origins.is_empty() && config.server.is_https());
    assert_eq!(config.listeners[0].zone_ceiling, NetworkZone::Nomades);
    assert_eq!(config.listeners[0].client_address, ClientAddressSource::None);
    assert!(config.metrics.is_none());
    assert_eq!((config.database.read_connections, config.database.write_connections), (4, 8));
    assert!(config.network.trusted_proxies.is_empty() && config.network.internal.is_empty());
    assert_eq!(config.network.internal_max_age, Duration::from_hours(4));
    assert_eq!(config.identity.time_zone.iana_name(), Some("Europe/Paris"));
    assert!(config.identity.soi_syntax.parse("100001").is_ok());
    let policy = config.password.policies.of_agents();
    assert_eq!((policy.min_length, policy.max_age), (15, None));
    assert_eq!((config.password.hashing.memory_kib, config.password.hashing.iterations), (19_456, 2));
    assert_eq!((config.password.hashing.parallelism, config.password.hashing.queue), (1, 64));
    assert_eq!(config.activation.code_lifetime, Duration::from_hours(21 * 24));
    assert_eq!(config.session.internal.absolute, Duration::from_hours(12));
    assert_eq!(config.session.nomades.idle, Duration::from_hours(1));
    assert_eq!(config.oauth.code_lifetime, Duration::from_mins(1));
    assert_eq!(config.oauth.access_token_lifetime, Duration::from_mins(5));
    assert!(!config.access.preview_nomades);
    assert_eq!(config.help.name, "Support DSIN");
    assert_eq!(config.brand.portal, "IntraParis");
    assert_eq!((config.log.format, config.log.level), (LogFormat::Text, LogLevel::Info));
}

fn issuer_error(issuer: &str) -> Option<String> {
    let text = format!("{MINIMAL}{PASSWORD}").replace("https://login.ville.example", issuer);
    let report = Folder::new().load(&text, &[]).err()?;
    assert_eq!(errors(&report)[0].key, "server.issuer", "{report}");
    Some(errors(&report)[0].to_string())
}

#[test]
fn an_issuer_is_an_https_origin_or_an_http_one_on_this_machine() {
    for issuer in [
        "https://login.ville.example",
        "https://login.ville.example:8443",
        "http://localhost:8080",
        "http://octroi.localhost",
        "http://127.0.0.1:8080",
        "http://[::1]:8080",
    ] {
        assert_eq!(issuer_error(issuer), None, "{issuer}");
    }
    for issuer in [
        "https://login.ville.example/",
        "https://login.ville.example/idp",
        "https://login.ville.example?x=1",
        "https://login.ville.example#x",
        "https://Login.Ville.example",
        "https://login.ville.example:443",
        "http://login.ville.example",
        "http://localhost.ville.example",
        "ftp://login.ville.example",
        "login.ville.example",
        "https://",
    ] {
        assert!(issuer_error(issuer).is_some(), "{issuer}");
    }
    let error = issuer_error("https://admin:hunter2@login.ville.example").unwrap();
    assert!(!error.contains("hunter2"), "{error}");
    assert!(issuer_error("https://Login.Ville.example/").unwrap().contains("\"https://login.ville.example\""));
}

#[test]
fn listeners_have_names_addresses_ceilings_and_known_sources() {
    let listener = |rest: &str| format!("[[listener]]\nname = \"gateway\"\nbind = \"127.0.0.1:8081\"\n{rest}");
    let config = assert_sound(&listener(
        "client_address = \"forwarded\"\nzone_ceiling = \"internal\"\n[network]\ntrusted_proxies = [\"10.0.0.1\"]\n",
    ));
    assert_eq!(config.listeners[1].client_address, ClientAddressSource::Forwarded);
    assert_eq!(the_error(&listener("client_address = \"x-real-ip\"\n")).key, "listener[1].client_address");
    assert_eq!(the_error(&listener("zone_ceiling = \"Internal\"\n")).key, "listener[1].zone_ceiling");
    assert_eq!(the_error("[[listener]]\nname = \"a b\"\nbind = \"127.0.0.1:1\"\n").key, "listener[1].name");
}

#[test]
fn two_listeners_share_neither_name_nor_address() {
    let same_name = the_error("[[listener]]\nname = \"office\"\nbind = \"127.0.0.1:8081\"\n");
    assert_eq!((same_name.key.as_str(), same_name.line()), ("listener[1].name", Some(ADDED_LINE + 1)));
    for bind in ["127.0.0.1:8080", "0.0.0.0:8080", "[::]:8080"] {
        let same_bind = the_error(&format!("[[listener]]\nname = \"b\"\nbind = \"{bind}\"\n"));
        assert_eq!((same_bind.key.as_str(), same_bind.line()), ("listener[1].bind", Some(ADDED_LINE + 2)));
    }
    assert_eq!(the_error("[metrics]\nbind = \"127.0.0.1:8080\"\n").key, "metrics.bind");
    assert_sound("[metrics]\n[[listener]]\nname = \"b\"\nbind = \"127.0.0.2:8080\"\n");
}

#[test]
fn a_database_is_a_sqlite_file_beside_the_configuration_or_a_postgresql_server() {
    let folder = Folder::new();
    let config = folder.load_with("[database]\nurl = \"sqlite:data/city.db\"\n").unwrap();
    let DatabaseTarget::Sqlite { file } = &config.database.target else { panic!("{config:?}") };
    assert_eq!(*file, folder.path("data/city.db"));
    let config = assert_sound("[database]\nurl = \"sqlite:///var/lib/octroi/octroi.db\"\n");
    let DatabaseTarget::Sqlite { file } = &config.database.target else { panic!("{config:?}") };
    assert_eq!(*file, Path::new("/var/lib/octroi/octroi.db"));
    assert_sound("[database]\nurl = \"postgres:///octroi?host=/run/postgresql\"\n");
    for url in [
        "mysql://db/octroi",
        "octroi.db",
        "sqlite:",
        "sqlite::memory:",
        "sqlite:a.db?mode=rwc",
        "postgres://db",
        "postgres:///octroi",
    ] {
        assert_eq!(the_error(&format!("[database]\nurl = \"{url}\"\n")).key, "database.url", "{url}");
    }
    assert_eq!(the_error("[database]\npassword = { file = \"pepper.key\" }\n").key, "database.password");
    assert!(warned_keys("[database]\nwrite_connections = 4\n").contains(&"database.write_connections".to_owned()));
}

#[test]
fn a_wide_range_of_proxies_is_refused_unless_it_says_so() {
    for (net, is_sound) in [
        ("\"10.0.0.0/24\"", true),
        ("\"10.0.0.0/23\"", false),
        ("{ net = \"10.0.0.0/8\", wide = true }", true),
        ("{ net = \"10.0.0.0/8\", wide = false }", false),
        ("{ net = \"10.0.0.0/8\" }", false),
        ("\"192.0.2.1\"", true),
        ("\"2001:db8::/64\"", true),
        ("\"2001:db8::/63\"", false),
        ("{ net = \"2001:db8::/32\", wide = true }", true),
    ] {
        let added = format!("[network]\ntrusted_proxies = [{net}]\n");
        if is_sound {
            assert_sound(&added);
        } else {
            let error = the_error(&added);
            assert_eq!(error.key, "network.trusted_proxies[0]");
            assert!(error.fix.contains("wide = true"), "{error}");
        }
    }
    assert_sound("[network]\ninternal = [\"10.0.0.0/8\"]\n");
}

#[test]
fn a_wide_range_of_shared_addresses_is_refused_unless_it_says_so() {
    let wide = "[network]\nshared = [\"10.1.2.3\", \"10.1.0.0/16\"]\n";
    let error = the_error(wide);
    assert_eq!(error.key, "network.shared[1]");
    assert!(error.fix.contains("wide = true"), "{error}");
    assert_sound("[network]\nshared = [\"10.1.2.3\", { net = \"10.1.0.0/16\", wide = true }]\nshared_failures = 500\n");
    assert_eq!(the_error("[network]\nshared_failures = 0\n").key, "network.shared_failures");
}

#[test]
fn a_shared_address_that_is_a_trusted_proxy_is_warned_about() {
    let added = "[network]\ntrusted_proxies = [\"10.1.2.0/24\"]\nshared = [\"10.1.2.3\"]\n";
    assert!(warned_keys(added).contains(&"network.shared[0]".to_owned()));
}

#[test]
fn what_is_no_range_is_refused_with_the_range_that_was_meant() {
    for net in ["\"10.0.0.0/33\"", "\"10.0.0\"", "\"bureau\"", "10", "{ net = \"10.0.0.1\", wild = true }", "{}"] {
        assert_eq!(the_error(&format!("[network]\ninternal = [{net}]\n")).key, "network.internal[0]", "{net}");
    }
    assert!(the_error("[network]\ninternal = [\"10.1.2.3/8\"]\n").fix.contains("10.0.0.0/8"));
    assert!(the_error("[network]\ninternal = [\"::ffff:10.0.0.0/104\"]\n").fix.contains("IPv4"));
}

#[test]
fn a_range_that_can_never_be_internal_is_a_contradiction() {
    let added = "[network]\ninternal = [\"10.1.0.0/16\", \"10.2.0.0/16\"]\nnever_internal = [\"10.2.0.0/15\"]\n";
    let error = the_error(added);
    assert_eq!((error.key.as_str(), error.line()), ("network.internal[1]", Some(ADDED_LINE + 1)));
    // An exclusion inside the range is what exclusions are for.
    assert_sound("[network]\ninternal = [\"10.0.0.0/8\"]\nnever_internal = [\"10.2.0.0/16\"]\n");
}

#[test]
fn a_header_that_nobody_is_trusted_to_send_is_warned_about() {
    let listener = "[[listener]]\nname = \"b\"\nbind = \"127.0.0.1:1\"\nclient_address = \"x-forwarded-for\"\n";
    assert!(warned_keys(listener).contains(&"listener[1].client_address".to_owned()));
    let trusting = format!("{listener}[network]\ntrusted_proxies = [\"192.0.2.1\"]\n");
    assert!(!warned_keys(&trusting).contains(&"listener[1].client_address".to_owned()));
}

#[test]
fn a_proxy_inside_the_internal_network_is_warned_about_where_its_own_address_would_count() {
    let at = |source: &str, exclusions: &str| {
        format!(
            "[[listener]]\nname = \"b\"\nbind = \"127.0.0.1:1\"\nzone_ceiling = \"internal\"\nclient_address = {source}\n\
             [network]\ninternal = [\"10.0.0.0/8\"]\ntrusted_proxies = [\"10.9.0.0/28\"]\nnever_internal = [{exclusions}]\n"
        )
    };
    let key = "listener[1].client_address".to_owned();
    assert!(warned_keys(&at("\"none\"", "")).contains(&key));
    assert!(!warned_keys(&at("\"forwarded\"", "")).contains(&key));
    assert!(!warned_keys(&at("\"none\"", "\"10.9.0.0/16\"")).contains(&key));
}

#[test]
fn a_network_where_nobody_can_be_internal_is_warned_about() {
    let open = "[[listener]]\nname = \"b\"\nbind = \"127.0.0.1:1\"\nzone_ceiling = \"internal\"\n";
    let key = "network.internal".to_owned();
    assert!(warned_keys(open).contains(&key));
    assert!(warned_keys("[network]\ninternal = [\"10.0.0.0/8\"]\n").contains(&key));
    assert!(!warned_keys(&format!("{open}[network]\ninternal = [\"10.0.0.0/8\"]\n")).contains(&key));
    assert!(warned_keys("[network]\ninternal = [\"0.0.0.0/0\"]\n").contains(&"network.internal[0]".to_owned()));
}

#[test]
fn the_soi_pattern_is_a_whole_regular_expression_and_the_time_zone_exists() {
    assert_sound("[identity]\nsoi_pattern = \"[A-Z][0-9]{5}\"\ntime_zone = \"America/Cayenne\"\n");
    for pattern in ["[0-9", "a)|(b", "{6}"] {
        assert_eq!(the_error(&format!("[identity]\nsoi_pattern = '{pattern}'\n")).key, "identity.soi_pattern");
    }
    assert_eq!(the_error("[identity]\ntime_zone = \"Europe/Lutece\"\n").key, "identity.time_zone");
}

#[test]
fn a_hash_below_the_floor_of_owasp_is_refused() {
    for (memory, iterations, is_sound) in [
        (47_104, 1, true),
        (47_103, 1, false),
        (19_456, 2, true),
        (19_455, 2, false),
        (12_288, 3, true),
        (12_287, 3, false),
        (12_288, 9, true),
    ] {
        let added = format!("memory_kib = {memory}\niterations = {iterations}\n");
        if is_sound {
            assert_sound(&added);
        } else {
            assert_eq!(the_error(&added).key, "password.memory_kib");
        }
    }
    assert_eq!(the_error("iterations = 1\n").key, "password.iterations");
    for added in ["iterations = 0\n", "parallelism = 0\n", "threads = 0\n", "queue = 0\n", "memory_kib = -1\n"] {
        assert!(the_error(added).what.contains("out of range"), "{added}");
    }
}

#[test]
fn session_limits_contradict_neither_each_other_nor_the_other_zone() {
    for (added, key) in [
        ("internal.idle = \"12h\"\n", "session.internal.idle"),
        ("nomades = { absolute = \"1h\", idle = \"1h\" }\n", "session.nomades.idle"),
        ("nomades.absolute = \"13h\"\n", "session.nomades.absolute"),
        ("nomades.idle = \"3h\"\n", "session.nomades.idle"),
        ("internal.absolute = \"0s\"\n", "session.internal.absolute"),
        // Only what is written can be mended, whichever of the two it is.
        ("internal.absolute = \"7h\"\n", "session.internal.absolute"),
    ] {
        assert_eq!(the_error(&format!("[session]\n{added}")).key, key, "{added}");
    }
    assert!(warned_keys("[network]\ninternal_max_age = \"13h\"\n").contains(&"network.internal_max_age".to_owned()));
}

#[test]
fn lifetimes_stay_within_the_standards() {
    for added in [
        "[oauth]\ncode_lifetime = \"61s\"\n",
        "[oauth]\naccess_token_lifetime = \"11m\"\n",
        "[oauth]\nid_token_lifetime = \"2h\"\n",
        "[activation]\ncode_lifetime = \"91d\"\n",
        "[network]\ninternal_max_age = \"25h\"\n",
    ] {
        assert!(the_error(added).fix.starts_with("choose from"), "{added}");
    }
}

#[test]
fn the_preview_of_nomades_and_a_support_without_number_are_warned_about() {
    assert!(warned_keys("[access]\npreview_nomades = true\n").contains(&"access.preview_nomades".to_owned()));
    assert!(warned_keys("").contains(&"help.phone".to_owned()));
    assert!(!warned_keys("[help]\nphone = \"01 23 45 67 89\"\n").contains(&"help.phone".to_owned()));
    for added in ["phone = \"appelez\"\n", "email = \"support\"\n", "email = \"a@b.example?cc=x\"\n"] {
        assert!(the_error(&format!("[help]\n{added}")).key.starts_with("help."), "{added}");
    }
    for uri in ["javascript:alert(1)", "https://a:b@x.example", "intraparis"] {
        assert_eq!(the_error(&format!("[brand]\nportal_uri = \"{uri}\"\n")).key, "brand.portal_uri");
    }
}

#[test]
fn an_http_issuer_with_a_listener_for_other_machines_is_warned_about() {
    let text = format!("{MINIMAL}{PASSWORD}")
        .replace("https://login.ville.example", "http://localhost:8080")
        .replace("127.0.0.1:8080", "0.0.0.0:8080");
    let config = Folder::new().load(&text, &[]).unwrap();
    assert!(config.warnings().iter().any(|w| w.key == "listener[0].bind" && w.what.contains("clear text")));
}

#[test]
fn passkeys_belong_to_the_issuers_host_or_to_a_domain_above_it() {
    for sound in ["login.ville.example", "ville.example"] {
        let config = assert_sound(&format!("[factors]\nrp_id = \"{sound}\"\n"));
        assert_eq!(config.factors.rp_id.as_deref(), Some(sound));
    }
    for wrong in ["example", "mairie.example", "ille.example", "www.login.ville.example", "LOGIN.ville.example"] {
        let text = format!("{MINIMAL}{PASSWORD}[factors]\nrp_id = \"{wrong}\"\n");
        let report = Folder::new().load(&text, &[]).unwrap_err();
        assert_eq!(errors(&report)[0].key, "factors.rp_id", "{report}");
    }
    let text = format!("{MINIMAL}{PASSWORD}[factors]\nrp_id = \"127.0.0.1\"\n");
    let text = text.replace("https://login.ville.example", "http://127.0.0.1:8080");
    let report = Folder::new().load(&text, &[]).unwrap_err();
    assert!(errors(&report)[0].to_string().contains("IP address"), "{report}");
}
