//! A security key written by hand (ES256, discoverable): it speaks as browser and authenticator do together, shares no
//! code with the server, and lies when a test wants it to.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::{SystemRandom, fill};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

const USER_PRESENT: u8 = 0x01;
const USER_VERIFIED: u8 = 0x04;
const BACKUP_ELIGIBLE: u8 = 0x08;
const BACKED_UP: u8 = 0x10;
const HAS_CREDENTIAL: u8 = 0x40;

/// Who vouches for a new key.
pub enum Attestation {
    /// Nobody (`none`).
    None,
    /// `packed` with these bytes as signature and certificate.
    Garbage,
    /// `packed` by a maker.
    Maker(Maker),
}

/// A maker of keys: the certificate of an authority, and one of its batch.
pub struct Maker {
    /// PEM of the authority.
    pub authority: String,
    certificate: Vec<u8>,
    signer: EcdsaKeyPair,
}

/// The key, with one credential.
pub struct SoftKey {
    pair: EcdsaKeyPair,
    pub id: Vec<u8>,
    /// As the server named its owner.
    pub user: Option<Vec<u8>>,
    /// The count of the next answer; it goes up by itself. Zero: it does not count.
    pub counter: u32,
    /// The PIN or finger was asked for.
    pub verifies: bool,
    /// It can be copied to the owner's other devices.
    pub synchronises: bool,
    pub attestation: Attestation,
    /// What the browser says it was asked for, where it lies.
    pub ceremony: Option<&'static str>,
    /// The origin that the browser tells.
    pub origin: String,
}

impl SoftKey {
    /// A key that stays where it is and counts, in a browser at this origin.
    pub fn new(origin: &str) -> Self {
        let mut id = vec![0; 32];
        fill(&mut id).expect("chance");
        Self {
            pair: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).expect("a key pair"),
            id,
            user: None,
            counter: 1,
            verifies: true,
            synchronises: false,
            attestation: Attestation::None,
            ceremony: None,
            origin: origin.to_owned(),
        }
    }

    /// A passkey of a telephone: synchronised, without a counter.
    pub fn synchronised(origin: &str) -> Self {
        Self { counter: 0, synchronises: true, ..Self::new(origin) }
    }

    /// What `navigator.credentials.create` answers to these options, as the script of the page sends it.
    pub fn make(&mut self, options: &Value) -> String {
        let options = &options["publicKey"];
        self.user = Some(decode(&options["user"]["id"]));
        let client_data = self.client_data("webauthn.create", options["challenge"].as_str().expect("a challenge"));
        let mut auth_data = self.auth_data(options["rp"]["id"].as_str().expect("a domain"), HAS_CREDENTIAL);
        auth_data.extend([0; 16]);
        auth_data.extend(u16::try_from(self.id.len()).expect("a short id").to_be_bytes());
        auth_data.extend(&self.id);
        auth_data.extend(cose_key(self.pair.public_key().as_ref()));
        let signed = [auth_data.as_slice(), digest(&SHA256, client_data.as_bytes()).as_ref()].concat();

        let mut object = vec![0xa3];
        object.extend(text("fmt"));
        match &self.attestation {
            Attestation::None => {
                object.extend(text("none"));
                object.extend(text("attStmt"));
                object.push(0xa0);
            }
            Attestation::Garbage => object.extend(packed(b"no signature", b"no certificate")),
            Attestation::Maker(maker) => {
                let signature = maker.signer.sign(&SystemRandom::new(), &signed).expect("a signature");
                object.extend(packed(signature.as_ref(), &maker.certificate));
            }
        }
        object.extend(text("authData"));
        object.extend(byte_string(&auth_data));
        json!({
            "id": encode(&self.id), "rawId": encode(&self.id), "type": "public-key",
            "response": {
                "attestationObject": encode(&object),
                "clientDataJSON": encode(client_data.as_bytes()),
                "transports": ["usb"],
            },
        })
        .to_string()
    }

    /// What `navigator.credentials.get` answers to these options.
    pub fn answer(&mut self, options: &Value) -> String {
        let challenge = options["publicKey"]["challenge"].as_str().expect("a challenge").to_owned();
        self.answer_to(options, &challenge)
    }

    /// The same to another challenge.
    pub fn answer_to(&mut self, options: &Value, challenge: &str) -> String {
        let client_data = self.client_data("webauthn.get", challenge);
        let auth_data = self.auth_data(options["publicKey"]["rpId"].as_str().expect("a domain"), 0);
        let signed = [auth_data.as_slice(), digest(&SHA256, client_data.as_bytes()).as_ref()].concat();
        let signature = self.pair.sign(&SystemRandom::new(), &signed).expect("a signature");
        json!({
            "id": encode(&self.id), "rawId": encode(&self.id), "type": "public-key",
            "response": {
                "authenticatorData": encode(&auth_data),
                "clientDataJSON": encode(client_data.as_bytes()),
                "signature": encode(signature.as_ref()),
                "userHandle": self.user.as_deref().map(encode),
            },
        })
        .to_string()
    }

    fn client_data(&self, kind: &str, challenge: &str) -> String {
        let kind = self.ceremony.unwrap_or(kind);
        json!({ "type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": false }).to_string()
    }

    fn auth_data(&mut self, rp_id: &str, flags: u8) -> Vec<u8> {
        let flags = flags
            | USER_PRESENT
            | if self.verifies { USER_VERIFIED } else { 0 }
            | if self.synchronises { BACKUP_ELIGIBLE | BACKED_UP } else { 0 };
        let mut data = digest(&SHA256, rp_id.as_bytes()).as_ref().to_vec();
        data.push(flags);
        data.extend(self.counter.to_be_bytes());
        if self.counter > 0 {
            self.counter += 1;
        }
        data
    }
}

impl Maker {
    /// A maker with certificates as WebAuthn §8.2.1 asks for.
    pub fn new() -> Self {
        let authority_key = rcgen::KeyPair::generate().expect("a key pair");
        let mut authority = rcgen::CertificateParams::default();
        authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        authority.distinguished_name.push(rcgen::DnType::CommonName, "Essai Root");
        authority.key_usages = vec![rcgen::KeyUsagePurpose::KeyCertSign];
        let certificate = authority.self_signed(&authority_key).expect("a certificate");
        let issuer = rcgen::Issuer::new(authority, authority_key);

        let key = rcgen::KeyPair::generate().expect("a key pair");
        let mut batch = rcgen::CertificateParams::default();
        batch.is_ca = rcgen::IsCa::ExplicitNoCa;
        for (kind, value) in [
            (rcgen::DnType::CountryName, "FR"),
            (rcgen::DnType::OrganizationName, "Essai"),
            (rcgen::DnType::OrganizationalUnitName, "Authenticator Attestation"),
            (rcgen::DnType::CommonName, "Essai Batch"),
        ] {
            batch.distinguished_name.push(kind, value);
        }
        let signed = batch.signed_by(&key, &issuer).expect("a certificate");
        let signer = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, key.serialized_der()).expect("a key");
        Self { authority: certificate.pem(), certificate: signed.der().to_vec(), signer }
    }
}

impl Default for Maker {
    fn default() -> Self {
        Self::new()
    }
}

/// `fmt` and `attStmt` of a `packed` attestation (the name of `fmt` stands before).
fn packed(signature: &[u8], certificate: &[u8]) -> Vec<u8> {
    let mut out = text("packed");
    out.extend(text("attStmt"));
    out.push(0xa3);
    out.extend(text("alg"));
    out.push(0x26);
    out.extend(text("sig"));
    out.extend(byte_string(signature));
    out.extend(text("x5c"));
    out.push(0x81);
    out.extend(byte_string(certificate));
    out
}

/// An EC2 key for ES256 (RFC 9053 §7.1.1), from an uncompressed point.
fn cose_key(point: &[u8]) -> Vec<u8> {
    let mut key = vec![0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21];
    key.extend(byte_string(&point[1..33]));
    key.push(0x22);
    key.extend(byte_string(&point[33..65]));
    key
}

fn text(value: &str) -> Vec<u8> {
    assert!(value.len() < 24);
    let mut out = vec![0x60 | u8::try_from(value.len()).expect("short")];
    out.extend(value.as_bytes());
    out
}

fn byte_string(value: &[u8]) -> Vec<u8> {
    let mut out = vec![0x59];
    out.extend(u16::try_from(value.len()).expect("a short string").to_be_bytes());
    out.extend(value);
    out
}

fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn decode(value: &Value) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(value.as_str().expect("base64url")).expect("base64url")
}
