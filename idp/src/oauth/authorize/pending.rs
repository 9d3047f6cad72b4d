//! The request while the agent stands before a page: kept in ephemeral state under a random id, consumed once.
//!
//! What is kept are the parameters, not what the checks made of them; they are checked again when the request resumes.
//! The id is hashed before it becomes a key: whoever sees the keys cannot go on with somebody's login.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::super::{Params, Provider, ProviderError};
use super::error::{AuthorizeError, RequestError};
use super::request::AuthorizationRequest;
use crate::crypto::hash::sha256;
use crate::domain::interaction::Interaction;
use crate::domain::time::Timestamp;
use crate::domain::zone::NetworkZone;
use crate::ephemeral::{EphemeralError, Kind};

/// The parameters that the checks read.
pub(super) const KEPT: &[&str] = &[
    "client_id",
    "redirect_uri",
    "state",
    "response_mode",
    "response_type",
    "scope",
    "nonce",
    "code_challenge",
    "code_challenge_method",
    "prompt",
    "max_age",
    "login_hint",
    "ui_locales",
    "acr_values",
    "id_token_hint",
];

/// A request on its way.
pub(super) struct Pending {
    pub params: Params,
    pub created_at: Timestamp,
    /// A login counts only at or after this moment.
    pub login_after: Option<Timestamp>,
    /// The lowest zone seen so far.
    pub zone: NetworkZone,
}

impl Provider {
    /// What a page needs to know about the request behind it; consumes nothing.
    pub async fn find_interaction(&self, interaction_id: &str) -> Result<Option<Interaction>, ProviderError> {
        let stored = self.ephemeral.get(Kind::Interaction, &key(interaction_id)).await?;
        Ok(stored.map(|bytes| serde_json::from_slice(&bytes)).transpose()?)
    }

    /// Stores the request under a new id.
    pub(super) async fn keep(
        &self,
        request: &AuthorizationRequest,
        pending: &Pending,
    ) -> Result<String, AuthorizeError> {
        let record = &request.application.application.record;
        let interaction = Interaction {
            client_id: record.client_id.clone(),
            application_name: record.name.clone(),
            return_origin: request.back.to.origin(),
            login_hint: request.login_hint.clone(),
            ui_locales: request.ui_locales.clone(),
            created_at: pending.created_at,
            login_after: pending.login_after,
            zone: pending.zone,
            request: serde_json::to_value(pending.params.pairs()).map_err(ProviderError::from)?,
        };
        let bytes = serde_json::to_vec(&interaction).map_err(ProviderError::from)?;
        let id = self.random.token();
        let lifetime = self.settings.interaction_lifetime;
        match self.ephemeral.put(Kind::Interaction, &key(id.reveal()), bytes, lifetime).await {
            Ok(()) => Ok(id.reveal().to_owned()),
            Err(EphemeralError::TooLarge) => Err(AuthorizeError::Redirect(request.back.error(RequestError::TooLarge))),
            Err(error) => Err(ProviderError::from(error).into()),
        }
    }

    /// Takes the request; of two who resume, one gets it.
    pub(super) async fn take(&self, interaction_id: &str) -> Result<Option<Pending>, ProviderError> {
        let Some(bytes) = self.ephemeral.take(Kind::Interaction, &key(interaction_id)).await? else { return Ok(None) };
        let interaction: Interaction = serde_json::from_slice(&bytes)?;
        Ok(Some(Pending {
            params: Params::from_pairs(serde_json::from_value(interaction.request)?),
            created_at: interaction.created_at,
            login_after: interaction.login_after,
            zone: interaction.zone,
        }))
    }
}

fn key(interaction_id: &str) -> String {
    URL_SAFE_NO_PAD.encode(sha256(interaction_id.as_bytes()))
}
