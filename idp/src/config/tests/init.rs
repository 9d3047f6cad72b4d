//! `octroi init`: all or nothing, private, and never over what exists.

use super::*;
use crate::config::init::{DEFAULT_ISSUER, InitError, prepare};

/// Bytes that count up, so that the two keys differ.
fn counting() -> impl FnMut(&mut [u8]) {
    let mut next = 0_u8;
    move |bytes| {
        bytes.fill_with(|| {
            next = next.wrapping_add(1);
            next
        });
    }
}

#[test]
fn a_new_directory_holds_a_configuration_that_is_sound_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("etc/octroi");
    let prepared = prepare(&dir, "https://login.ville.example", &mut counting()).unwrap();
    let config = Config::load(&prepared.config, []).unwrap_or_else(|report| panic!("{report}"));
    assert_eq!(config.server.issuer, "https://login.ville.example");
    assert_eq!(config.keys.sealing_key.reveal(), (1..=32).collect::<Vec<u8>>());
    assert_eq!(config.password.pepper.reveal(), (33..=64).collect::<Vec<u8>>());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&dir), 0o700);
        for path in [&prepared.config, &prepared.sealing_key, &prepared.pepper] {
            assert_eq!(mode(path), 0o600, "{}", path.display());
        }
    }
}

#[test]
fn nothing_that_exists_is_overwritten_and_nothing_is_added_to_it() {
    for name in ["octroi.toml", "sealing.key", "pepper.key"] {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(name), "mine").unwrap();
        let error = prepare(folder.path(), DEFAULT_ISSUER, &mut counting()).unwrap_err();
        assert!(matches!(&error, InitError::Exists(path) if path.ends_with(name)), "{error}");
        let names: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(names, [name]);
        assert_eq!(std::fs::read_to_string(folder.path().join(name)).unwrap(), "mine");
    }
}

#[test]
fn an_existing_empty_directory_is_filled_once() {
    let folder = tempfile::tempdir().unwrap();
    prepare(folder.path(), DEFAULT_ISSUER, &mut counting()).unwrap();
    assert!(matches!(prepare(folder.path(), DEFAULT_ISSUER, &mut counting()), Err(InitError::Exists(_))));
}

#[test]
fn a_wrong_issuer_or_an_impossible_place_makes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("new");
    let error = prepare(&dir, "http://login.ville.example", &mut counting()).unwrap_err();
    assert!(matches!(error, InitError::Issuer { .. }), "{error}");
    assert!(!dir.exists());
    std::fs::write(&dir, "a file").unwrap();
    assert!(matches!(prepare(&dir, DEFAULT_ISSUER, &mut counting()), Err(InitError::Io { .. })));
}
