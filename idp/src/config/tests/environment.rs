//! Overrides from the environment: they win, and their faults name the variable.

use super::*;
use crate::config::Place;
use crate::domain::zone::NetworkZone;

fn load(environment: &[(&str, &str)]) -> Result<Config, Report> {
    Folder::new().load(&format!("{MINIMAL}{PASSWORD}"), environment)
}

#[test]
fn a_variable_overrides_any_key_as_text_number_switch_or_list() {
    let config = load(&[
        ("OCTROI__SERVER__ISSUER", "https://other.ville.example"),
        ("OCTROI__PASSWORD__QUEUE", "12"),
        ("OCTROI__ACCESS__PREVIEW_NOMADES", "true"),
        ("OCTROI__NETWORK__INTERNAL", "[\"10.0.0.0/8\", \"192.0.2.7\"]"),
        ("OCTROI__SESSION__NOMADES__IDLE", "30m"),
        ("OCTROI__BRAND__PRODUCT", "\"Barrière\""),
        ("OCTROI__HELP__PHONE", "3975"),
    ])
    .unwrap();
    assert_eq!(config.server.issuer, "https://other.ville.example");
    assert_eq!(config.password.hashing.queue, 12);
    assert!(config.access.preview_nomades);
    assert_eq!(config.network.internal.len(), 2);
    assert_eq!(config.session.nomades.idle.as_secs(), 1800);
    assert_eq!(config.session.nomades.absolute.as_secs(), 8 * 3600);
    assert_eq!(config.brand.product, "Barrière");
    assert_eq!(config.help.phone.as_deref(), Some("3975"));
}

#[test]
fn a_listener_is_overridden_or_added_by_its_index() {
    let config = load(&[
        ("OCTROI__LISTENER__0__BIND", "[::1]:9000"),
        ("OCTROI__LISTENER__0__ZONE_CEILING", "internal"),
        ("OCTROI__LISTENER__1__NAME", "gateway"),
        ("OCTROI__LISTENER__1__BIND", "127.0.0.1:9001"),
    ])
    .unwrap();
    assert_eq!(config.listeners[0].bind.to_string(), "[::1]:9000");
    assert_eq!(config.listeners[0].zone_ceiling, NetworkZone::Internal);
    let second = &config.listeners[1];
    assert_eq!((second.name.as_str(), second.bind.to_string().as_str()), ("gateway", "127.0.0.1:9001"));

    let report = load(&[("OCTROI__LISTENER__7__BIND", "127.0.0.1:9001")]).unwrap_err();
    let error = errors(&report)[0];
    assert_eq!(error.place, Place::Variable("OCTROI__LISTENER__7__BIND".into()), "{report}");
    assert!(error.what.contains("no entry 7"), "{report}");
}

#[test]
fn a_problem_of_a_variable_names_the_variable() {
    let report = load(&[
        ("OCTROI__SERVER__DRAIN", "soon"),
        ("OCTROI__SERVER__ISUER", "https://x.example"),
        ("OCTROI__SERVER__ISSUER__HOST", "x"),
        ("OCTROI__", "x"),
        ("OCTROI__LISTENER__BIND", "x"),
        ("OCTROI_CONFIG", "not an override"),
        ("PATH", "/bin"),
    ])
    .unwrap_err();
    let named: Vec<&Place> = errors(&report).into_iter().map(|p| &p.place).collect();
    for name in [
        "OCTROI__SERVER__DRAIN",
        "OCTROI__SERVER__ISUER",
        "OCTROI__SERVER__ISSUER__HOST",
        "OCTROI__",
        "OCTROI__LISTENER__BIND",
    ] {
        assert!(named.contains(&&Place::Variable(name.into())), "{name}\n{report}");
    }
    assert_eq!(named.len(), 5, "{report}");
    let text = report.to_string();
    assert!(text.contains("$OCTROI__SERVER__DRAIN: error: server.drain: \"soon\" is not a duration"), "{text}");
    assert!(text.contains("did you mean `issuer`"), "{text}");
}

#[test]
fn a_whole_configuration_can_come_from_the_environment() {
    let environment = [
        ("OCTROI__SERVER__ISSUER", "https://login.ville.example"),
        ("OCTROI__LISTENER__0__NAME", "office"),
        ("OCTROI__LISTENER__0__BIND", "127.0.0.1:8080"),
        ("OCTROI__KEYS__SEALING_KEY", "{ env = \"SEALING\" }"),
        ("OCTROI__PASSWORD__PEPPER__ENV", "PEPPER"),
        ("SEALING", SEALING_KEY),
        ("PEPPER", PEPPER),
    ];
    let config = Folder::new().load("", &environment).unwrap_or_else(|report| panic!("{report}"));
    assert_eq!(config.password.pepper.reveal().len(), 32);
    assert!(!config.effective().contains(SEALING_KEY));
}
