//! From when until when a certificate is valid, and whom it names: asked of rustls' own verifier, so that no second parser
//! reads certificates.
//!
//! A certificate is verified against no authority at all, at the beginning and at the end of time: dates are looked at
//! before issuers, and the refusal tells the date.

use std::time::Duration;

use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, Error, RootCertStore};

use crate::domain::time::Timestamp;

/// Later than the last date that a certificate can carry (9999-12-31, RFC 5280 §4.1.2.5).
const END_OF_TIME: Duration = Duration::from_secs(1 << 38);

/// The time during which all certificates of a chain are valid.
pub(super) fn of_chain(chain: &[CertificateDer<'_>]) -> (Timestamp, Timestamp) {
    let whole = (Timestamp::from_seconds(0), Timestamp::from_seconds(seconds(END_OF_TIME.as_secs())));
    chain.iter().fold(whole, |(from, until), certificate| {
        let not_before = match refusal(certificate, Duration::ZERO) {
            Some(CertificateError::NotValidYetContext { not_before, .. }) => at(not_before),
            _ => from,
        };
        let not_after = match refusal(certificate, END_OF_TIME) {
            Some(CertificateError::ExpiredContext { not_after, .. }) => at(not_after),
            _ => until,
        };
        (from.max(not_before), until.min(not_after))
    })
}

/// Whether the certificate names this host.
pub(super) fn covers(certificate: &CertificateDer<'_>, host: &str) -> bool {
    let (Ok(certificate), Ok(name)) = (ParsedCertificate::try_from(certificate), ServerName::try_from(host)) else {
        return false;
    };
    verify_server_name(&certificate, &name).is_ok()
}

fn refusal(certificate: &CertificateDer<'_>, moment: Duration) -> Option<CertificateError> {
    let parsed = ParsedCertificate::try_from(certificate).ok()?;
    let moment = UnixTime::since_unix_epoch(moment);
    let verified = verify_server_cert_signed_by_trust_anchor(&parsed, &RootCertStore::empty(), &[], moment, &[]);
    match verified {
        Err(Error::InvalidCertificate(refusal)) => Some(refusal),
        _ => None,
    }
}

fn at(moment: UnixTime) -> Timestamp {
    Timestamp::from_seconds(seconds(moment.as_secs()))
}

fn seconds(seconds: u64) -> i64 {
    i64::try_from(seconds).unwrap_or(i64::MAX)
}
