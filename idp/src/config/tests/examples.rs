//! The example files in `config/`: sound, complete, and with the defaults that they claim.

use super::*;

const ONE_NODE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../config/octroi.toml"));
const POSTGRES: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../config/postgres.toml"));

#[test]
fn the_documented_example_is_sound() {
    let config = Folder::new().load(ONE_NODE, &[]).unwrap_or_else(|report| panic!("{report}"));
    assert_eq!(config.server.issuer, crate::config::init::DEFAULT_ISSUER);
}

#[test]
fn the_postgresql_example_is_sound_and_draws_no_warning() {
    let folder = Folder::new();
    folder.write_secret("postgres.password", "hunter2\n");
    folder.write_secret("smtp.password", "hunter2\n");
    let config = folder.load(POSTGRES, &[]).unwrap_or_else(|report| panic!("{report}"));
    assert_eq!(config.warnings(), [], "{:?}", config.warnings());
}

/// The example documents every key: what it shows commented out is read too, and nothing that is read is missing.
#[test]
fn every_key_of_the_example_exists_and_every_key_that_exists_is_in_the_example() {
    let is_key = |line: &str| {
        line.strip_prefix("# ").is_some_and(|rest| {
            let name = rest.split_once(" = ").map_or("", |(name, _)| name);
            !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_' || b == b'.')
        })
    };
    let is_section = |line: &str| {
        [
            "[metrics]",
            "[[listener]]",
            "[[population]]",
            "[[password.population]]",
            "[[factors.population]]",
            "[mail]",
            "[sms]",
        ]
        .iter()
        .any(|section| line.strip_prefix("# ").is_some_and(|rest| rest.starts_with(section)))
    };
    let uncommented: Vec<&str> = ONE_NODE
        .lines()
        .map(|line| if is_key(line) || is_section(line) { line.trim_start_matches("# ") } else { line })
        .collect();
    let folder = Folder::new();
    folder.write_certificate(&["login.ville.example"], |_| {});
    folder.write_breach_filter();
    folder.write("blocklist.txt", "motdepasse\n");
    folder.write("authority.pem", std::fs::read(folder.path("tls.pem")).unwrap());
    folder.write("authorities.pem", std::fs::read(folder.path("tls.pem")).unwrap());
    folder.write_secret("smtp.password", "hunter2\n");
    folder.write_secret("sms.token", "hunter2\n");
    let config = folder.load(&uncommented.join("\n"), &[]).unwrap_or_else(|report| panic!("{report}"));
    let defaults: Vec<&str> = config.effective().lines().filter(|line| line.ends_with("# default")).collect();
    // PostgreSQL's pool has no place in the example for SQLite; a listener's key is explained once for all listeners.
    let is_explained = |line: &&str| ONE_NODE.lines().any(|l| l.trim_start_matches("# ").starts_with(key_of(line)));
    let unexplained: Vec<&str> = defaults.into_iter().filter(|line| !is_explained(line)).collect();
    assert_eq!(unexplained, ["write_connections = 8  # default"]);
}

#[test]
fn what_the_example_shows_as_default_is_the_default() {
    let config = Folder::new().load(ONE_NODE, &[]).unwrap();
    for line in config.effective().lines().filter_map(|line| line.strip_suffix("  # default")) {
        let (key, value) = line.split_once(" = ").unwrap();
        let is_tested = !["write_connections", "threads"].contains(&key) && !key.contains('.') && value != "[]";
        assert!(!is_tested || ONE_NODE.contains(&format!("# {line}\n")), "{line}");
    }
}

/// `key =` of a line of the effective configuration.
fn key_of(line: &str) -> &str {
    line.split_inclusive('=').next().unwrap_or_default()
}
