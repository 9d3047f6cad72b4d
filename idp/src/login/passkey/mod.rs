//! Passkeys and security keys (WebAuthn level 3). The only place that knows the library.
//!
//! [`Passkeys`] is what Octroi is to authenticators: one domain, its origins, the makers that the City trusts. It makes
//! options and judges answers, and knows neither agents nor the database. [`enrolment`] keeps what was made, [`challenge`]
//! hands out challenges that one browser may answer once, [`factor`] takes an answer beside the password and [`alone`]
//! instead of it. User verification is required everywhere, and a key that changes its backup eligibility is refused.

pub mod alone;
pub mod challenge;
pub mod enrolment;
mod factor;

use std::path::{Path, PathBuf};

use serde_json::Value;
use url::Url;
use uuid::Uuid;
use webauthn_rs::Webauthn;
use webauthn_rs::WebauthnBuilder;
use webauthn_rs::prelude::{
    AttestationCaList, Credential, DiscoverableAuthentication, Passkey, PasskeyRegistration, PublicKeyCredential,
    RegisterPublicKeyCredential, WebauthnError,
};
use webauthn_rs_proto::{
    AllowCredentials, AttestationConveyancePreference, AttestationFormat, AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor, ResidentKeyRequirement, UserVerificationPolicy,
};

use crate::domain::agent::Agent;
use crate::domain::factor::PasskeyKind;
use crate::storage::passkeys::StoredPasskey;

/// What passkeys need to know from the configuration.
#[derive(Debug, Clone)]
pub struct PasskeySettings {
    /// The issuer's origin.
    pub issuer: String,
    /// Further origins of ours.
    pub origins: Vec<String>,
    /// The domain that passkeys belong to; `None`: the issuer's host.
    pub rp_id: Option<String>,
    /// Shown by browsers and authenticators.
    pub product: String,
    /// PEM: makers that vouch for what they make.
    pub authorities: Option<PathBuf>,
}

/// Why passkeys cannot start.
#[derive(Debug, thiserror::Error)]
pub enum PasskeySetupError {
    #[error("cannot read {}", file.display())]
    Unreadable { file: PathBuf, source: std::io::Error },
    #[error("{} holds no certificate", .0.display())]
    Empty(PathBuf),
    #[error("certificate {nth} of {} cannot be read: {why}", file.display())]
    Certificate { file: PathBuf, nth: usize, why: String },
    #[error("factors.rp_id does not fit the issuer")]
    Domain(#[source] WebauthnError),
    #[error("an origin is no URL")]
    Origin(#[from] url::ParseError),
}

/// A credential, an answer or a state that is none.
#[derive(Debug, thiserror::Error)]
pub enum PasskeyError {
    /// What is kept cannot be read or written.
    #[error("a stored passkey cannot be used")]
    Kept(#[from] serde_json::Error),
    /// The library cannot make options.
    #[error("no options for a passkey")]
    Options(#[source] WebauthnError),
}

/// Why an answer is refused. Who answered reads one sentence for all but the reasons of the house.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::login) enum Refused {
    /// Not this key, challenge, origin or domain; no user verification; a signature that does not fit.
    Wrong,
    /// Right in everything, and it counted backwards: there may be a copy of the key.
    Copied,
}

/// What Octroi is to authenticators.
#[derive(Debug)]
pub struct Passkeys {
    webauthn: Webauthn,
    /// Each maker in a list of its own: of two with one name, the library looks at the first only.
    makers: Vec<AttestationCaList>,
}

/// What a browser answered to a challenge.
#[derive(Debug, Clone)]
pub(in crate::login) struct Answer {
    credential: PublicKeyCredential,
    state: DiscoverableAuthentication,
}

/// A key that was just made.
#[derive(Debug)]
pub(in crate::login) struct MadeKey {
    pub credential_id: Vec<u8>,
    /// As it is stored.
    pub credential: String,
    pub kind: PasskeyKind,
}

impl Passkeys {
    /// Reads the makers and puts domain and origins together. `None`: the issuer is an IP address, for which there are no
    /// passkeys.
    pub fn open(settings: &PasskeySettings) -> Result<Option<Self>, PasskeySetupError> {
        let issuer = Url::parse(&settings.issuer)?;
        let Some(host) = issuer.domain() else { return Ok(None) };
        let rp_id = settings.rp_id.as_deref().unwrap_or(host);
        let mut builder =
            WebauthnBuilder::new(rp_id, &issuer).map_err(PasskeySetupError::Domain)?.rp_name(&settings.product);
        for origin in &settings.origins {
            let origin = Url::parse(origin)?;
            // Browsers offer no passkey of this domain elsewhere.
            if origin.domain().is_some_and(|host| belongs_to(host, rp_id)) {
                builder = builder.append_allowed_origin(&origin);
            }
        }
        let webauthn = builder.build().map_err(PasskeySetupError::Domain)?;
        let makers = settings.authorities.as_deref().map(read_makers).transpose()?.unwrap_or_default();
        Ok(Some(Self { webauthn, makers }))
    }

    /// Options for a new key, and the state that judges it.
    fn begin_making(
        &self,
        agent: &Agent,
        user: Uuid,
        present: &[StoredPasskey],
    ) -> Result<(Value, Vec<u8>), PasskeyError> {
        // No SOI: the name stands in the accounts of whoever synchronises the key.
        let name = format!("{} {}", agent.record.given_name, agent.record.family_name);
        let (mut options, state) =
            self.webauthn.start_passkey_registration(user, &name, &name, None).map_err(PasskeyError::Options)?;
        let key = &mut options.public_key;
        // The library says "discouraged"; without a discoverable key there is no login with the key alone.
        key.authenticator_selection = Some(AuthenticatorSelectionCriteria {
            authenticator_attachment: None,
            resident_key: Some(ResidentKeyRequirement::Required),
            require_resident_key: true,
            user_verification: UserVerificationPolicy::Required,
        });
        let known = |key: &StoredPasskey| PublicKeyCredentialDescriptor {
            type_: "public-key".to_owned(),
            id: key.credential_id.clone(),
            transports: None,
        };
        key.exclude_credentials = Some(present.iter().map(known).collect());
        if !self.makers.is_empty() {
            key.attestation = Some(AttestationConveyancePreference::Direct);
            key.attestation_formats = Some(vec![AttestationFormat::Packed, AttestationFormat::Tpm]);
        }
        Ok((serde_json::to_value(&options)?, serde_json::to_vec(&state)?))
    }

    /// Judges a new key. `None`: it is refused.
    fn finish_making(&self, answer: &str, state: &[u8]) -> Result<Option<MadeKey>, PasskeyError> {
        let state: PasskeyRegistration = serde_json::from_slice(state)?;
        let Ok(answer) = serde_json::from_str::<RegisterPublicKeyCredential>(answer) else { return Ok(None) };
        let passkey = match self.webauthn.finish_passkey_registration(&answer, &state) {
            Ok(passkey) => passkey,
            Err(error) => {
                tracing::info!(why = %error, "a new passkey is refused");
                return Ok(None);
            }
        };
        let credential = Credential::from(passkey.clone());
        let kind = self.kind_of(&credential);
        let stored = serde_json::to_string(&passkey)?;
        Ok(Some(MadeKey { credential_id: credential.cred_id, credential: stored, kind }))
    }

    fn kind_of(&self, credential: &Credential) -> PasskeyKind {
        if credential.backup_eligible {
            return PasskeyKind::Synced;
        }
        let vouches = |maker: &AttestationCaList| matches!(credential.verify_attestation(maker), Ok(Some(_)));
        if self.makers.iter().any(vouches) { PasskeyKind::Attested } else { PasskeyKind::Device }
    }

    /// Options for an answer by one of `keys`, or by any key of ours; and the state that judges it.
    fn begin_asking(&self, keys: &[StoredPasskey]) -> Result<(Value, String, Vec<u8>), PasskeyError> {
        // The library's other kind of authentication lets a key become one that is backed up.
        let (mut options, state) = self.webauthn.start_discoverable_authentication().map_err(PasskeyError::Options)?;
        // Whether the browser asks by itself is its script's choice, and nothing is wanted beside the answer.
        options.mediation = None;
        options.public_key.extensions = None;
        options.public_key.allow_credentials = keys.iter().map(allowed).collect::<Result<_, _>>()?;
        let challenge = challenge::name_of(&options.public_key.challenge);
        Ok((serde_json::to_value(&options)?, challenge, serde_json::to_vec(&state)?))
    }

    /// Judges an answer by a key: what is stored of it from now on.
    fn judge(&self, answer: &Answer, key: &StoredPasskey) -> Result<Result<String, Refused>, PasskeyError> {
        let mut passkey: Passkey = serde_json::from_str(&key.credential)?;
        let Answer { credential, state } = answer;
        match self.webauthn.finish_discoverable_authentication_v2(credential, state.clone(), &passkey) {
            Ok(result) => {
                passkey.update_credential(&result);
                Ok(Ok(serde_json::to_string(&passkey)?))
            }
            // The last thing that the library looks at: the signature was right.
            Err(WebauthnError::CredentialPossibleCompromise) => Ok(Err(Refused::Copied)),
            Err(error) => {
                tracing::info!(why = %error, "the answer of a passkey is refused");
                Ok(Err(Refused::Wrong))
            }
        }
    }
}

impl Answer {
    /// Whom the key means, as far as it says so.
    fn user(&self) -> Option<Uuid> {
        self.credential.get_user_unique_id().and_then(|handle| Uuid::from_slice(handle).ok())
    }

    /// Whether the key says nothing about whom it means.
    fn names_nobody(&self) -> bool {
        self.credential.get_user_unique_id().is_none_or(<[u8]>::is_empty)
    }

    fn credential_id(&self) -> &[u8] {
        self.credential.get_credential_id()
    }
}

/// Whether passkeys of this domain work on pages of this host.
fn belongs_to(host: &str, domain: &str) -> bool {
    host == domain || host.strip_suffix(domain).is_some_and(|before| before.ends_with('.'))
}

fn allowed(key: &StoredPasskey) -> Result<AllowCredentials, PasskeyError> {
    let credential = Credential::from(serde_json::from_str::<Passkey>(&key.credential)?);
    let transports = credential.transports;
    Ok(AllowCredentials { type_: "public-key".to_owned(), id: key.credential_id.clone(), transports })
}

fn read_makers(file: &Path) -> Result<Vec<AttestationCaList>, PasskeySetupError> {
    const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
    const END: &str = "-----END CERTIFICATE-----";
    let pem = std::fs::read_to_string(file)
        .map_err(|source| PasskeySetupError::Unreadable { file: file.to_owned(), source })?;
    let mut makers = Vec::new();
    for (nth, rest) in pem.split(BEGIN).enumerate().skip(1) {
        // The library wants nothing but the block.
        let inside = rest.split(END).next().unwrap_or_default();
        let certificate = format!("{BEGIN}{inside}{END}\n");
        let maker = AttestationCaList::try_from(certificate.as_bytes()).map_err(|error| {
            PasskeySetupError::Certificate { file: file.to_owned(), nth, why: format!("{error:?}") }
        })?;
        makers.push(maker);
    }
    if makers.is_empty() { Err(PasskeySetupError::Empty(file.to_owned())) } else { Ok(makers) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(issuer: &str) -> PasskeySettings {
        PasskeySettings {
            issuer: issuer.to_owned(),
            origins: vec!["https://nomades.ville.example".to_owned(), "https://10.1.2.3".to_owned()],
            rp_id: None,
            product: "Octroi".to_owned(),
            authorities: None,
        }
    }

    fn origins(settings: &PasskeySettings) -> Vec<String> {
        let passkeys = Passkeys::open(settings).unwrap().unwrap();
        passkeys.webauthn.get_allowed_origins().iter().map(|url| url.origin().ascii_serialization()).collect()
    }

    #[test]
    fn keys_belong_to_the_issuers_host_or_to_the_domain_above_it_and_work_at_its_origins_only() {
        let own = settings("https://login.ville.example");
        assert_eq!(origins(&own), ["https://login.ville.example"]);
        let above = PasskeySettings { rp_id: Some("ville.example".to_owned()), ..own.clone() };
        assert_eq!(origins(&above), ["https://login.ville.example", "https://nomades.ville.example"]);
        for elsewhere in ["mairie.example", "n.ville.example", "ille.example"] {
            let settings = PasskeySettings { rp_id: Some(elsewhere.to_owned()), ..own.clone() };
            assert!(matches!(Passkeys::open(&settings), Err(PasskeySetupError::Domain(_))), "{elsewhere}");
        }
    }

    #[test]
    fn an_address_has_no_passkeys() {
        for issuer in ["http://127.0.0.1:8080", "http://[::1]:8080"] {
            assert!(Passkeys::open(&settings(issuer)).unwrap().is_none(), "{issuer}");
        }
    }

    #[test]
    fn makers_that_cannot_be_read_stop_the_start() {
        let files = tempfile::tempdir().unwrap();
        let open = |name: &str| {
            let authorities = Some(files.path().join(name));
            Passkeys::open(&PasskeySettings { authorities, ..settings("https://login.ville.example") })
        };
        assert!(matches!(open("absent.pem"), Err(PasskeySetupError::Unreadable { .. })));
        std::fs::write(files.path().join("empty.pem"), "nothing").unwrap();
        assert!(matches!(open("empty.pem"), Err(PasskeySetupError::Empty(_))));
        let garbage = "-----BEGIN CERTIFICATE-----\nQUJD\n-----END CERTIFICATE-----\n";
        std::fs::write(files.path().join("garbage.pem"), garbage).unwrap();
        assert!(matches!(open("garbage.pem"), Err(PasskeySetupError::Certificate { nth: 1, .. })));
    }

    #[test]
    fn a_domain_is_told_from_one_that_only_ends_like_it() {
        assert!(belongs_to("ville.example", "ville.example") && belongs_to("a.b.ville.example", "ville.example"));
        assert!(!belongs_to("maville.example", "ville.example") && !belongs_to("example", "ville.example"));
    }
}
