//! Certificates made by rcgen, good and bad.

use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256, date_time_ymd};

use super::*;

fn certificate(names: &[&str], change: impl FnOnce(&mut CertificateParams)) -> (String, String) {
    let mut params = CertificateParams::new(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()).unwrap();
    change(&mut params);
    let key = KeyPair::generate().unwrap();
    (params.self_signed(&key).unwrap().pem(), key.serialize_pem())
}

#[test]
fn a_chain_is_valid_as_long_as_all_its_certificates() {
    let (own, key) = certificate(&["login.ville.example"], |params| {
        (params.not_before, params.not_after) = (date_time_ymd(2026, 1, 1), date_time_ymd(2026, 12, 31));
    });
    let (issuer, _) = certificate(&[], |params| {
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        (params.not_before, params.not_after) = (date_time_ymd(2026, 2, 1), date_time_ymd(2026, 6, 30));
    });
    let alone = ServerIdentity::from_pem(own.as_bytes(), key.as_bytes()).unwrap().validity();
    assert_eq!(
        (alone.0.to_rfc3339().as_str(), alone.1.to_rfc3339().as_str()),
        ("2026-01-01T00:00:00.000Z", "2026-12-31T00:00:00.000Z")
    );
    let chain = format!("{own}{issuer}");
    let whole = ServerIdentity::from_pem(chain.as_bytes(), key.as_bytes()).unwrap().validity();
    assert_eq!(
        (whole.0.to_rfc3339().as_str(), whole.1.to_rfc3339().as_str()),
        ("2026-02-01T00:00:00.000Z", "2026-06-30T00:00:00.000Z")
    );
}

#[test]
fn a_certificate_covers_the_names_and_addresses_that_it_lists() {
    let (pem, key) = certificate(&["login.ville.example", "*.portail.example", "127.0.0.1", "::1"], |_| {});
    let identity = ServerIdentity::from_pem(pem.as_bytes(), key.as_bytes()).unwrap();
    for host in ["login.ville.example", "a.portail.example", "127.0.0.1", "::1"] {
        assert!(identity.covers(host), "{host}");
    }
    for host in ["ville.example", "portail.example", "a.b.portail.example", "127.0.0.2", "", "not a name"] {
        assert!(!identity.covers(host), "{host}");
    }
}

#[test]
fn what_is_no_identity_is_told_with_the_file_to_look_at() {
    let (pem, key) = certificate(&["a.example"], |_| {});
    let (other, _) = certificate(&["a.example"], |_| {});
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let bad_key = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    for (chain, key, part) in [
        ("", key.as_str(), Part::Certificate),
        (key.as_str(), key.as_str(), Part::Certificate),
        (broken, key.as_str(), Part::Certificate),
        (&format!("{pem}{broken}"), key.as_str(), Part::Certificate),
        (&pem, "", Part::Key),
        (&pem, &pem, Part::Key),
        (&pem, bad_key, Part::Key),
        (&other, key.as_str(), Part::Key),
    ] {
        let error = ServerIdentity::from_pem(chain.as_bytes(), key.as_bytes()).unwrap_err();
        assert_eq!(error.part(), part, "{error}");
        assert!(!error.fix().is_empty() && !error.to_string().contains("AAAA"), "{error}");
    }
    assert!(matches!(ServerIdentity::from_pem(other.as_bytes(), key.as_bytes()), Err(IdentityError::Mismatch(_))));
}

#[test]
fn rsa_keys_serve_too() {
    let key = KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap();
    let pem = CertificateParams::new(vec!["a.example".to_owned()]).unwrap().self_signed(&key).unwrap().pem();
    let identity = ServerIdentity::from_pem(pem.as_bytes(), key.serialize_pem().as_bytes()).unwrap();
    assert_eq!(identity.server_config().unwrap().alpn_protocols, [b"http/1.1"]);
}
