//! JWTs: signing what we say, and believing only what we signed. The home of the crate `jsonwebtoken`, which verifies
//! signatures here and does nothing else: times are compared with our clock, headers are judged by us.
//!
//! The rules of RFC 8725 in one place: the algorithm comes from the key and never from the token (§3.1), the type is
//! compared so that an ID token is no access token (§3.11), unknown critical headers are refused, and keys that a token
//! brings along (`jwk`, `jku`, `x5u`, `x5c`) are not looked at. Which claims a token needs is its reader's business.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::keys::{KeyRing, PublicKey};
use crate::domain::application::SigningAlg;
use crate::domain::time::Timestamp;

/// The longest token that is looked at, in bytes.
pub const TOKEN_MAX_BYTES: usize = 16 * 1024;

/// How far another node's clock may be ahead of ours, in seconds: for `iat` and `nbf` only, an expiry is an expiry.
const CLOCK_SKEW_SECONDS: i64 = 10;

/// What a token is, as its header's `typ` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenType {
    /// `at+jwt` (RFC 9068 §2.1).
    AccessToken,
    /// `JWT`: an ID token has no type of its own (OpenID Connect Core §2).
    IdToken,
}

impl TokenType {
    /// The value of `typ`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AccessToken => "at+jwt",
            Self::IdToken => "JWT",
        }
    }

    /// Media types are compared without case, and `application/` may be written or left out (RFC 7515 §4.1.9).
    fn is_named(self, typ: &str) -> bool {
        let short = match typ.split_at_checked("application/".len()) {
            Some((prefix, rest)) if prefix.eq_ignore_ascii_case("application/") => rest,
            _ => typ,
        };
        short.eq_ignore_ascii_case(self.as_str())
    }
}

/// Why a token was not made or not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JwtError {
    #[error("there is no key that signs with {0}")]
    NoSigner(SigningAlg),
    #[error("the token could not be signed")]
    SigningFailed,
    #[error("the token is longer than {TOKEN_MAX_BYTES} bytes")]
    TooLong,
    #[error("the token is not a JWT in compact form")]
    Malformed,
    #[error("the token is of another type")]
    WrongType,
    #[error("the token names no live key")]
    UnknownKey,
    #[error("the token's algorithm is not the one of its key")]
    WrongAlgorithm,
    #[error("the token demands critical headers that are not understood")]
    CriticalHeader,
    #[error("the token's signature does not match")]
    BadSignature,
    #[error("the token has expired")]
    Expired,
    #[error("the token is not valid yet")]
    NotYetValid,
    #[error("the token's times are missing or no numbers")]
    BadTimes,
}

/// A public key as `jsonwebtoken` wants it, made once.
pub(super) struct SignatureVerifier {
    key: DecodingKey,
    rules: Validation,
}

impl SignatureVerifier {
    pub(super) fn new(alg: SigningAlg, public: &PublicKey) -> Self {
        let mut rules = Validation::new(match alg {
            SigningAlg::ES256 => Algorithm::ES256,
            SigningAlg::RS256 => Algorithm::RS256,
        });
        rules.validate_exp = false;
        rules.validate_aud = false;
        rules.required_spec_claims.clear();
        let key = match public {
            PublicKey::Ec { point, .. } => DecodingKey::from_ec_der(point),
            PublicKey::Rsa { n, e } => DecodingKey::from_rsa_raw_components(n, e),
        };
        Self { key, rules }
    }

    fn verify(&self, token: &str) -> Result<Map<String, Value>, JwtError> {
        match jsonwebtoken::decode::<Map<String, Value>>(token, &self.key, &self.rules) {
            Ok(verified) => Ok(verified.claims),
            Err(error) if *error.kind() == jsonwebtoken::errors::ErrorKind::InvalidSignature => {
                Err(JwtError::BadSignature)
            }
            Err(_) => Err(JwtError::Malformed),
        }
    }
}

/// The parts of a JOSE header (RFC 7515 §4.1) that we judge. A member that occurs twice is an error.
#[derive(Deserialize)]
struct Header {
    alg: Option<String>,
    kid: Option<String>,
    typ: Option<String>,
    #[serde(default, deserialize_with = "present")]
    crit: bool,
}

/// Whether a member is there, whatever its value: `"crit": null` is not "no crit".
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    serde::de::IgnoredAny::deserialize(deserializer).map(|_| true)
}

impl Header {
    fn read(token: &str) -> Result<Self, JwtError> {
        let (encoded, _) = token.split_once('.').ok_or(JwtError::Malformed)?;
        let decoded = URL_SAFE_NO_PAD.decode(encoded).map_err(|_| JwtError::Malformed)?;
        serde_json::from_slice(&decoded).map_err(|_| JwtError::Malformed)
    }
}

impl KeyRing {
    /// A signed token (JWS compact form, RFC 7515 §7.1) with the header `alg`, `typ`, `kid`.
    pub fn sign(&self, alg: SigningAlg, typ: TokenType, claims: &impl Serialize) -> Result<String, JwtError> {
        let key = self.find_signer(alg).ok_or(JwtError::NoSigner(alg))?;
        let header = json!({"alg": alg.as_str(), "typ": typ.as_str(), "kid": key.kid()});
        let mut token = URL_SAFE_NO_PAD.encode(header.to_string());
        token.push('.');
        let claims = serde_json::to_vec(claims).map_err(|_| JwtError::SigningFailed)?;
        URL_SAFE_NO_PAD.encode_string(claims, &mut token);
        let signature = key.sign(token.as_bytes()).map_err(|_| JwtError::SigningFailed)?;
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        Ok(token)
    }

    /// The claims of a token of type `typ` that one of our live keys signed, **however old it is**: for `id_token_hint`,
    /// which may have expired (OpenID Connect RP-Initiated Logout §2). Everybody else wants
    /// [`verify_at`](Self::verify_at).
    pub fn verify(&self, token: &str, typ: TokenType) -> Result<Map<String, Value>, JwtError> {
        if token.len() > TOKEN_MAX_BYTES {
            return Err(JwtError::TooLong);
        }
        let header = Header::read(token)?;
        if header.crit {
            return Err(JwtError::CriticalHeader); // RFC 7515 §4.1.11: we understand no extension
        }
        if !header.typ.is_some_and(|named| typ.is_named(&named)) {
            return Err(JwtError::WrongType);
        }
        let key = header.kid.and_then(|kid| self.find(&kid)).ok_or(JwtError::UnknownKey)?;
        if header.alg.as_deref() != Some(key.alg().as_str()) {
            return Err(JwtError::WrongAlgorithm);
        }
        key.verifier.verify(token)
    }

    /// As [`verify`](Self::verify), and valid at `now`: before `exp`, not before `nbf`, not issued in the future. `exp`
    /// and `iat` must be there.
    pub fn verify_at(&self, token: &str, typ: TokenType, now: Timestamp) -> Result<Map<String, Value>, JwtError> {
        let claims = self.verify(token, typ)?;
        let now = now.seconds();
        let exp = numeric_date(&claims, "exp")?.ok_or(JwtError::BadTimes)?;
        let iat = numeric_date(&claims, "iat")?.ok_or(JwtError::BadTimes)?;
        let nbf = numeric_date(&claims, "nbf")?.unwrap_or(iat);
        // RFC 7519 §4.1.4: "on or after which the JWT MUST NOT be accepted".
        if exp <= now {
            return Err(JwtError::Expired);
        }
        if iat.max(nbf) > now.saturating_add(CLOCK_SKEW_SECONDS) {
            return Err(JwtError::NotYetValid);
        }
        Ok(claims)
    }
}

/// A NumericDate in whole seconds, the only form that we issue.
fn numeric_date(claims: &Map<String, Value>, name: &str) -> Result<Option<i64>, JwtError> {
    claims.get(name).map(|value| value.as_i64().ok_or(JwtError::BadTimes)).transpose()
}

#[cfg(test)]
mod tests;
