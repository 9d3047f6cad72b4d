//! Signing keys: making one, reading it back, and the [`KeyRing`] that holds all live keys as an immutable snapshot
//! together with its JWKS document (RFC 7517).
//!
//! Keys are parsed once and kept, because parsing costs more than signing. A `kid` is the key's RFC 7638 thumbprint, so
//! it is unique and cannot be confused. What is signed and what is believed: [`jwt`](super::jwt). Storing, sealing and
//! rotating them is not done here.

use std::fmt;

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeySize, PublicKeyComponents};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::hash::sha256;
use super::jwt::SignatureVerifier;
use super::random::Random;
use crate::domain::application::SigningAlg;

/// What can be wrong with a key or a set of keys.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    #[error("a new {0} key could not be made")]
    Generation(SigningAlg),
    #[error("the stored private key {kid:?} is not a usable {alg} key")]
    Unusable { kid: String, alg: SigningAlg },
    #[error("two live keys have the same kid {0:?}")]
    DuplicateKid(String),
    #[error("two keys want to sign with {0}")]
    TwoSigners(SigningAlg),
    #[error("signing with key {0:?} failed")]
    Signing(String),
}

/// A new key, to be sealed and stored.
pub struct GeneratedKey {
    pub kid: String,
    pub alg: SigningAlg,
    /// The private key (PKCS #8, RFC 5208), to be sealed at once.
    pub pkcs8: Zeroizing<Vec<u8>>,
    pub public_jwk: Value,
}

impl fmt::Debug for GeneratedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GeneratedKey({} {})", self.alg, self.kid)
    }
}

/// Makes a P-256 key for ES256 or an RSA key of 3072 bits for RS256. The latter takes up to a second: not for an async
/// thread, and drawn by the cryptographic library itself, which lets nobody else choose its primes.
pub fn generate(alg: SigningAlg, random: &Random) -> Result<GeneratedKey, KeyError> {
    let pkcs8 = match alg {
        SigningAlg::ES256 => generate_p256(random),
        SigningAlg::RS256 => RsaKeyPair::generate(KeySize::Rsa3072)
            .and_then(|pair| pair.as_der())
            .ok()
            .map(|der| Zeroizing::new(der.as_ref().to_vec())),
    }
    .ok_or(KeyError::Generation(alg))?;
    let pair = Pair::from_pkcs8(alg, &pkcs8).ok_or(KeyError::Generation(alg))?;
    let public = pair.public().ok_or(KeyError::Generation(alg))?;
    let kid = public.thumbprint();
    Ok(GeneratedKey { public_jwk: public.jwk(&kid), kid, alg, pkcs8 })
}

/// By testing candidates (FIPS 186-5 §A.2.2): 32 random bytes are a private key unless they are zero or not below the
/// order of the curve, which happens once in 2^32 times.
fn generate_p256(random: &Random) -> Option<Zeroizing<Vec<u8>>> {
    // ECPrivateKey (RFC 5915 §3): version 1, the key, the curve's name (prime256v1). The library computes the point.
    const BEFORE: [u8; 7] = [0x30, 0x31, 0x02, 0x01, 0x01, 0x04, 0x20];
    const AFTER: [u8; 12] = [0xa0, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
    (0..8).find_map(|_| {
        let candidate = Zeroizing::new(random.bytes::<32>());
        let der = Zeroizing::new([BEFORE.as_slice(), candidate.as_slice(), &AFTER].concat());
        let pair = EcdsaKeyPair::from_private_key_der(&ECDSA_P256_SHA256_FIXED_SIGNING, &der).ok()?;
        Some(Zeroizing::new(pair.to_pkcs8v1().ok()?.as_ref().to_vec()))
    })
}

/// A parsed private key.
enum Pair {
    Es256(EcdsaKeyPair),
    Rs256(Box<RsaKeyPair>),
}

impl Pair {
    /// RSA keys below 2048 bits are refused by the library.
    fn from_pkcs8(alg: SigningAlg, pkcs8: &[u8]) -> Option<Self> {
        match alg {
            SigningAlg::ES256 => {
                EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8).ok().map(Self::Es256)
            }
            SigningAlg::RS256 => RsaKeyPair::from_pkcs8(pkcs8).ok().map(|pair| Self::Rs256(Box::new(pair))),
        }
    }

    fn public(&self) -> Option<PublicKey> {
        match self {
            Self::Es256(pair) => {
                // SEC 1 §2.3.3: 04, x, y, of 32 bytes each.
                let point = pair.public_key().as_ref();
                let (x, y) = point.strip_prefix(&[4])?.split_at_checked(32)?;
                Some(PublicKey::Ec {
                    x: URL_SAFE_NO_PAD.encode(x),
                    y: URL_SAFE_NO_PAD.encode(y),
                    point: point.to_vec(),
                })
            }
            Self::Rs256(pair) => {
                let PublicKeyComponents { n, e } = PublicKeyComponents::<Vec<u8>>::from(pair.public_key());
                Some(PublicKey::Rsa { n, e })
            }
        }
    }
}

/// The public half, in the two forms that are needed: for the JWKS document and for the verifier.
pub(super) enum PublicKey {
    Ec { x: String, y: String, point: Vec<u8> },
    Rsa { n: Vec<u8>, e: Vec<u8> },
}

impl PublicKey {
    fn jwk(&self, kid: &str) -> Value {
        match self {
            Self::Ec { x, y, .. } => {
                json!({"kty": "EC", "crv": "P-256", "x": x, "y": y, "use": "sig", "alg": "ES256", "kid": kid})
            }
            Self::Rsa { n, e } => {
                let (n, e) = (URL_SAFE_NO_PAD.encode(n), URL_SAFE_NO_PAD.encode(e));
                json!({"kty": "RSA", "n": n, "e": e, "use": "sig", "alg": "RS256", "kid": kid})
            }
        }
    }

    /// RFC 7638 §3: SHA-256 over the required members in lexicographic order without white space.
    fn thumbprint(&self) -> String {
        let members = match self {
            Self::Ec { x, y, .. } => format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#),
            Self::Rsa { n, e } => {
                let (n, e) = (URL_SAFE_NO_PAD.encode(n), URL_SAFE_NO_PAD.encode(e));
                format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#)
            }
        };
        URL_SAFE_NO_PAD.encode(sha256(members.as_bytes()))
    }
}

/// A live key: signs (if it is its algorithm's signer) and verifies.
pub struct SigningKey {
    kid: String,
    alg: SigningAlg,
    pair: Pair,
    public_jwk: Value,
    pub(super) verifier: SignatureVerifier,
}

impl SigningKey {
    /// Reads what [`generate`] made and `kid` it was stored under.
    pub fn from_pkcs8(kid: &str, alg: SigningAlg, pkcs8: &[u8]) -> Result<Self, KeyError> {
        let unusable = || KeyError::Unusable { kid: kid.to_owned(), alg };
        let pair = Pair::from_pkcs8(alg, pkcs8).ok_or_else(unusable)?;
        let public = pair.public().ok_or_else(unusable)?;
        Ok(Self {
            kid: kid.to_owned(),
            alg,
            pair,
            public_jwk: public.jwk(kid),
            verifier: SignatureVerifier::new(alg, &public),
        })
    }

    pub fn kid(&self) -> &str {
        &self.kid
    }

    pub fn alg(&self) -> SigningAlg {
        self.alg
    }

    /// The public key as it is published.
    pub fn public_jwk(&self) -> &Value {
        &self.public_jwk
    }

    /// The JWS signature over `message`: r and s of 32 bytes each for ES256 (RFC 7518 §3.4), PKCS #1 v1.5 for RS256
    /// (§3.3).
    pub(super) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        let failed = |_| KeyError::Signing(self.kid.clone());
        // The library draws what a signature needs by itself and ignores this argument.
        let ignored = SystemRandom::new();
        match &self.pair {
            Pair::Es256(pair) => Ok(pair.sign(&ignored, message).map_err(failed)?.as_ref().to_vec()),
            Pair::Rs256(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &ignored, message, &mut signature).map_err(failed)?;
                Ok(signature)
            }
        }
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({} {})", self.alg, self.kid)
    }
}

/// What a live key is for. Each is published and verifies; one per algorithm signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyUse {
    /// Signs new tokens.
    Sign,
    /// Published before its time comes, or until the last token that it signed has expired.
    VerifyOnly,
}

/// All live keys, as published.
#[derive(Debug)]
pub struct KeyRing {
    keys: Vec<(SigningKey, KeyUse)>,
    jwks: Value,
}

impl KeyRing {
    /// Refuses a `kid` that occurs twice and two signers of one algorithm.
    pub fn new(keys: Vec<(SigningKey, KeyUse)>) -> Result<Self, KeyError> {
        for (at, (key, key_use)) in keys.iter().enumerate() {
            for (other, other_use) in keys.iter().take(at) {
                if key.kid == other.kid {
                    return Err(KeyError::DuplicateKid(key.kid.clone()));
                }
                if key.alg == other.alg && (*key_use, *other_use) == (KeyUse::Sign, KeyUse::Sign) {
                    return Err(KeyError::TwoSigners(key.alg));
                }
            }
        }
        let published: Vec<&Value> = keys.iter().map(|(key, _)| &key.public_jwk).collect();
        let jwks = json!({ "keys": published });
        Ok(Self { keys, jwks })
    }

    /// The JWK Set (RFC 7517 §5) with all live keys.
    pub fn jwks(&self) -> &Value {
        &self.jwks
    }

    /// The key that signs with `alg`.
    pub fn find_signer(&self, alg: SigningAlg) -> Option<&SigningKey> {
        self.keys.iter().find(|(key, key_use)| key.alg == alg && *key_use == KeyUse::Sign).map(|(key, _)| key)
    }

    /// The live key with this `kid`.
    pub fn find(&self, kid: &str) -> Option<&SigningKey> {
        self.keys.iter().map(|(key, _)| key).find(|key| key.kid == kid)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::sync::LazyLock;

    use super::*;

    /// Making an RSA key takes a while: one for all tests.
    pub(in crate::crypto) static RSA: LazyLock<GeneratedKey> =
        LazyLock::new(|| generate(SigningAlg::RS256, &Random::system()).unwrap());

    pub(in crate::crypto) fn es256(seed: u64) -> SigningKey {
        live(&generate(SigningAlg::ES256, &Random::seeded(seed)).unwrap())
    }

    pub(in crate::crypto) fn rs256() -> SigningKey {
        live(&RSA)
    }

    fn live(key: &GeneratedKey) -> SigningKey {
        SigningKey::from_pkcs8(&key.kid, key.alg, &key.pkcs8).unwrap()
    }

    /// RFC 7638 §3.1.
    #[test]
    fn the_thumbprint_of_the_rfc_s_key_is_the_rfc_s() {
        let n = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCi\
                 FV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnY\
                 b9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0\
                 Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
        let key = PublicKey::Rsa { n: URL_SAFE_NO_PAD.decode(n).unwrap(), e: vec![1, 0, 1] };
        assert_eq!(key.thumbprint(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    }

    #[test]
    fn a_generated_key_signs_again_after_it_was_stored() {
        for generated in [&generate(SigningAlg::ES256, &Random::system()).unwrap(), &*RSA] {
            let key = live(generated);
            assert_eq!(key.public_jwk(), &generated.public_jwk);
            assert_eq!((key.kid(), key.alg()), (generated.kid.as_str(), generated.alg));
            let length = if key.alg() == SigningAlg::ES256 { 64 } else { 384 };
            assert_eq!(key.sign(b"message").unwrap().len(), length);
        }
    }

    #[test]
    fn an_es256_key_is_repeatable_with_seeded_randomness_and_otherwise_new() {
        assert_eq!(es256(1).kid(), es256(1).kid());
        assert_ne!(es256(1).kid(), es256(2).kid());
        let fresh = || generate(SigningAlg::ES256, &Random::system()).unwrap().kid;
        assert_ne!(fresh(), fresh());
    }

    #[test]
    fn the_published_set_holds_all_live_keys_and_nothing_private() {
        let ring =
            KeyRing::new(vec![(es256(1), KeyUse::Sign), (es256(2), KeyUse::VerifyOnly), (rs256(), KeyUse::Sign)])
                .unwrap();
        let keys = ring.jwks()["keys"].as_array().unwrap();
        assert_eq!(keys.len(), 3);
        for key in keys {
            let mut members: Vec<&str> = key.as_object().unwrap().keys().map(String::as_str).collect();
            members.sort_unstable();
            match key["kty"].as_str().unwrap() {
                "EC" => assert_eq!(members, ["alg", "crv", "kid", "kty", "use", "x", "y"]),
                _ => assert_eq!(members, ["alg", "e", "kid", "kty", "n", "use"]),
            }
            assert_eq!(key["use"], "sig");
        }
        assert_eq!(keys[2]["e"], "AQAB");
        assert_eq!(ring.find_signer(SigningAlg::ES256).unwrap().kid(), es256(1).kid());
        assert!(ring.find(es256(2).kid()).is_some());
        assert!(ring.find("unknown").is_none());
    }

    #[test]
    fn a_ring_with_two_signers_or_one_kid_twice_is_refused() {
        let twice = KeyRing::new(vec![(es256(1), KeyUse::Sign), (es256(1), KeyUse::VerifyOnly)]);
        assert_eq!(twice.unwrap_err(), KeyError::DuplicateKid(es256(1).kid().to_owned()));
        let rivals = KeyRing::new(vec![(es256(1), KeyUse::Sign), (es256(2), KeyUse::Sign)]);
        assert_eq!(rivals.unwrap_err(), KeyError::TwoSigners(SigningAlg::ES256));
        assert!(KeyRing::new(vec![]).unwrap().find_signer(SigningAlg::ES256).is_none());
    }

    #[test]
    fn a_private_key_of_the_other_algorithm_or_of_no_algorithm_is_refused() {
        let es256 = generate(SigningAlg::ES256, &Random::seeded(1)).unwrap();
        for (alg, pkcs8) in [
            (SigningAlg::RS256, es256.pkcs8.as_slice()),
            (SigningAlg::ES256, RSA.pkcs8.as_slice()),
            (SigningAlg::ES256, b"rubbish".as_slice()),
            (SigningAlg::RS256, b"".as_slice()),
        ] {
            let error = SigningKey::from_pkcs8("kid-1", alg, pkcs8).unwrap_err();
            assert_eq!(error, KeyError::Unusable { kid: "kid-1".to_owned(), alg });
        }
    }

    #[test]
    fn debug_shows_algorithm_and_kid_only() {
        let generated = generate(SigningAlg::ES256, &Random::seeded(1)).unwrap();
        assert_eq!(format!("{generated:?}"), format!("GeneratedKey(ES256 {})", generated.kid));
        assert_eq!(format!("{:?}", es256(1)), format!("SigningKey(ES256 {})", generated.kid));
        let ring = KeyRing::new(vec![(es256(1), KeyUse::Sign)]).unwrap();
        assert!(!format!("{ring:?}").contains("pkcs8"));
    }
}
