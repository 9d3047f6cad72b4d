//! Codes of authenticator applications (RFC 6238): keys of 160 bits, SHA-1, six digits, steps of 30 seconds, since that is
//! what every application understands (WA-15). The only place that knows the library.
//!
//! The step of now and the one before it are accepted, none ahead (D6): whose telephone runs fast waits for half a minute.
//! That a step is used once is `storage/totp_devices.rs`' business.

use std::fmt;

pub use totp_rs::TotpError;
use totp_rs::{Builder, Totp};
use zeroize::Zeroizing;

use crate::crypto::hash::constant_time_eq;
use crate::crypto::random::Random;
use crate::crypto::short_code::PlainCode;
use crate::domain::time::Timestamp;

/// Digits of a code.
pub const DIGITS: usize = 6;

const STEP_SECONDS: u64 = 30;
const KEY_BYTES: usize = 20;

/// The purpose under which keys are sealed; their row is the device's id.
pub const PURPOSE: &str = "totp";

/// The key of one device.
#[derive(Clone)]
pub struct TotpKey(Zeroizing<Vec<u8>>);

impl fmt::Debug for TotpKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TotpKey(…)")
    }
}

impl TotpKey {
    /// A new key.
    pub fn generate(random: &Random) -> Self {
        let bytes: [u8; KEY_BYTES] = random.bytes();
        Self(Zeroizing::new(bytes.to_vec()))
    }

    /// One that was sealed.
    pub fn from_bytes(bytes: Zeroizing<Vec<u8>>) -> Self {
        Self(bytes)
    }

    /// What is sealed.
    pub fn reveal(&self) -> &[u8] {
        &self.0
    }

    /// The key for typing, in groups of four.
    pub fn for_typing(&self) -> Result<Zeroizing<String>, TotpError> {
        let symbols = Zeroizing::new(self.totp("octroi", "agent")?.secret().to_base32());
        let groups: Vec<&str> =
            symbols.as_bytes().chunks(4).map(|chunk| std::str::from_utf8(chunk).unwrap_or_default()).collect();
        Ok(Zeroizing::new(groups.join(" ")))
    }

    /// The key for a QR code: `otpauth://totp/…`.
    pub fn uri(&self, issuer: &str, account: &str) -> Result<Zeroizing<String>, TotpError> {
        // A colon divides the two.
        let plain = |text: &str| text.replace(':', " ");
        self.totp(&plain(issuer), &plain(account))?.to_url().map(Zeroizing::new)
    }

    /// The step of now or before whose code this is.
    pub fn step_of(&self, code: &PlainCode, now: Timestamp) -> Result<Option<i64>, TotpError> {
        let totp = self.totp("octroi", "agent")?;
        let now = step_at(now);
        let is_of = |step: &u64| {
            let expected = Zeroizing::new(totp.generate(step * STEP_SECONDS).to_string());
            constant_time_eq(expected.as_bytes(), code.normalised().as_bytes())
        };
        // Both are always looked at.
        let (present, before) = (is_of(&now), is_of(&now.saturating_sub(1)));
        let step = if present { Some(now) } else { before.then(|| now.saturating_sub(1)) };
        Ok(step.and_then(|step| i64::try_from(step).ok()))
    }

    /// The code of `now`, for the demonstration and for tests.
    pub fn code_at(&self, now: Timestamp) -> Result<String, TotpError> {
        Ok(self.totp("octroi", "agent")?.generate(step_at(now) * STEP_SECONDS).to_string())
    }

    fn totp(&self, issuer: &str, account: &str) -> Result<Totp, TotpError> {
        let builder = Builder::new().with_secret(self.0.to_vec()).with_skew(0).with_step_duration(STEP_SECONDS);
        builder.with_issuer(Some(issuer)).with_account_name(account).build()
    }
}

fn step_at(now: Timestamp) -> u64 {
    u64::try_from(now.seconds()).unwrap_or_default() / STEP_SECONDS
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, appendix B: the key of its test vectors.
    fn rfc() -> TotpKey {
        TotpKey::from_bytes(Zeroizing::new(b"12345678901234567890".to_vec()))
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    #[test]
    fn the_vectors_of_rfc_6238_hold() {
        // The RFC prints eight digits; six are the last six of them.
        for (seconds, code) in
            [(59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924"), (20_000_000_000, "353130")]
        {
            assert_eq!(rfc().code_at(at(seconds)).unwrap(), code);
            let step = rfc().step_of(&PlainCode::typed(code), at(seconds)).unwrap();
            assert_eq!(step, Some(seconds / 30));
        }
    }

    #[test]
    fn a_code_is_good_for_its_step_and_the_next_one_and_not_ahead_of_time() {
        let code = PlainCode::typed(&rfc().code_at(at(3000)).unwrap());
        for (now, step) in
            [(2999, None), (3000, Some(100)), (3029, Some(100)), (3030, Some(100)), (3059, Some(100)), (3060, None)]
        {
            assert_eq!(rfc().step_of(&code, at(now)).unwrap(), step, "{now}");
        }
    }

    #[test]
    fn a_telephone_that_is_29_seconds_slow_is_heard_and_one_that_is_fast_waits() {
        let (now, slow, fast) = (3010, 3010 - 29, 3010 + 29);
        let typed = |seconds| PlainCode::typed(&rfc().code_at(at(seconds)).unwrap());
        assert_eq!(rfc().step_of(&typed(slow), at(now)).unwrap(), Some(99));
        assert_eq!(rfc().step_of(&typed(fast), at(now)).unwrap(), None);
        assert_eq!(rfc().step_of(&typed(fast), at(fast)).unwrap(), Some(101));
    }

    #[test]
    fn the_key_is_shown_in_groups_and_as_an_address_that_names_issuer_and_account() {
        let key = rfc();
        assert_eq!(*key.for_typing().unwrap(), "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ");
        let uri = key.uri("Octroi: Ville", "100001").unwrap();
        assert!(uri.starts_with("otpauth://totp/") && uri.contains("100001"), "{}", *uri);
        assert!(uri.contains("secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ") && uri.contains("issuer=Octroi"), "{}", *uri);
        assert_eq!(format!("{key:?}"), "TotpKey(…)");
    }

    #[test]
    fn two_keys_differ() {
        let random = Random::seeded(1);
        assert_ne!(TotpKey::generate(&random).reveal(), TotpKey::generate(&random).reveal());
    }
}
