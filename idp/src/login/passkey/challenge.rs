//! Challenges: each is answered once, within minutes, by the browser that asked for it, and in its session if it has one.
//!
//! An answer names its challenge (in what it signs), so that a page carries nothing else. Strangers ask too: those from
//! outside fill a room of their own.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::Value;
use webauthn_rs::prelude::PublicKeyCredential;

use super::{Answer, PasskeyError, Passkeys};
use crate::crypto::hash::hash_token;
use crate::domain::session::Session;
use crate::domain::zone::NetworkZone;
use crate::ephemeral::Kind;
use crate::login::{Login, LoginError, Visit};
use crate::storage::{StoreError, Tx, passkeys};

/// How long an answer is waited for. The script of the page asks anew before.
const LIFETIME: Duration = Duration::from_mins(10);

/// What the answer says that it answers; signed, and judged by the library later.
#[derive(Deserialize)]
struct ClientData {
    challenge: String,
}

impl Login {
    /// Options for `navigator.credentials.get`: for the keys of the session's agent, or without a session for whoever
    /// answers. `None`: there are no passkeys here.
    pub async fn ask_for_passkey(&self, own: Option<&Session>, visit: Visit<'_>) -> Result<Option<Value>, LoginError> {
        let Some(passkeys) = &self.passkeys else { return Ok(None) };
        let keys = match own {
            Some(own) => {
                let read = async |tx: &mut Tx| -> Result<_, StoreError> { passkeys::of_agent(tx, &own.soi).await };
                self.store.read(read).await?
            }
            None => Vec::new(),
        };
        if own.is_some() && keys.is_empty() {
            return Ok(None);
        }
        let (options, challenge, state) = passkeys.begin_asking(&keys)?;
        self.ephemeral.put(room(visit.zone), &key_of(&challenge, own, visit), state, LIFETIME).await?;
        Ok(Some(options))
    }

    /// An answer with the challenge that it spends. `None`: it cannot be read, or there is no such challenge for this
    /// browser and session.
    pub(super) async fn take_answer(
        &self,
        answer: &str,
        own: Option<&Session>,
        visit: Visit<'_>,
    ) -> Result<Option<Answer>, LoginError> {
        let Some(credential) = serde_json::from_str::<PublicKeyCredential>(answer).ok() else { return Ok(None) };
        let signed = &credential.response.client_data_json;
        let Ok(ClientData { challenge }) = serde_json::from_slice(signed) else { return Ok(None) };
        let Ok(challenge) = URL_SAFE_NO_PAD.decode(challenge.trim_end_matches('=')) else { return Ok(None) };
        if challenge.len() > 64 {
            return Ok(None);
        }
        let key = key_of(&name_of(&challenge), own, visit);
        // Who moved meanwhile asked in the other zone.
        for zone in [visit.zone, other(visit.zone)] {
            if let Some(state) = self.ephemeral.take(room(zone), &key).await? {
                let state = serde_json::from_slice(&state).map_err(PasskeyError::from)?;
                return Ok(Some(Answer { credential, state }));
            }
        }
        Ok(None)
    }

    /// What Octroi is to authenticators, if it is anything.
    pub fn passkeys(&self) -> Option<&Passkeys> {
        self.passkeys.as_deref()
    }
}

/// How a challenge is written.
pub(super) fn name_of(challenge: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(challenge)
}

const fn room(zone: NetworkZone) -> Kind {
    match zone {
        NetworkZone::Internal => Kind::Challenge,
        NetworkZone::Nomades => Kind::ChallengeOutside,
    }
}

const fn other(zone: NetworkZone) -> NetworkZone {
    match zone {
        NetworkZone::Internal => NetworkZone::Nomades,
        NetworkZone::Nomades => NetworkZone::Internal,
    }
}

/// Nobody else finds it under their own name.
fn key_of(challenge: &str, own: Option<&Session>, visit: Visit<'_>) -> String {
    let browser = URL_SAFE_NO_PAD.encode(hash_token(visit.browser).as_bytes());
    let sid = own.map(|own| own.sid.as_str()).unwrap_or_default();
    format!("{browser} {sid} {challenge}")
}
