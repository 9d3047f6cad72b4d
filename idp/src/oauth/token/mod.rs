//! The token endpoint: who asks ([`client_auth`](super::client_auth)), by which grant, and one file per grant.

mod authorization_code;
mod error;
mod issue;
#[cfg(test)]
mod tests;

pub use self::error::TokenError;
pub use self::issue::TokenResponse;

use super::client_auth::{AuthenticatedClient, authenticate, claimed_id};
use super::{Applications, Caller, ClientAuthError, Params, Provider};
use crate::domain::ids::ClientId;

/// The grants that exist here. Their names are in the metadata too.
pub(super) const GRANT_TYPES: &[&str] = &["authorization_code"];

impl Provider {
    /// A token request (RFC 6749 §3.2). `authorization` is the header's value; `caller` has no session.
    pub async fn token(
        &self,
        params: &Params,
        authorization: Option<&[u8]>,
        caller: &Caller,
    ) -> Result<TokenResponse, TokenError> {
        let applications = self.applications.load_full();
        let client = authenticate(&applications, params, authorization).inspect_err(|error| {
            report_failed_authentication(&applications, &claimed_id(params, authorization), *error);
        })?;
        let answer = self.exchange(&client, params, caller).await;
        match &answer {
            Ok(_) => {
                let client_id = client.client_id().to_string();
                metrics::counter!("octroi_token_issued_total", "grant" => "authorization_code", "client" => client_id)
                    .increment(1);
            }
            Err(error) => tracing::info!(client.id = %client.client_id(), why = %error, "token request refused"),
        }
        answer
    }

    async fn exchange(
        &self,
        client: &AuthenticatedClient,
        params: &Params,
        caller: &Caller,
    ) -> Result<TokenResponse, TokenError> {
        // RFC 6749 §5.2: unknown to us, or not for this client. `password` does not exist (OA-07).
        let grant_type = params.one("grant_type")?.ok_or(TokenError::GrantTypeMissing)?;
        if !GRANT_TYPES.contains(&grant_type) {
            return Err(TokenError::GrantTypeUnknown);
        }
        if !client.record().grant_types.iter().any(|registered| registered == grant_type) {
            return Err(TokenError::GrantNotAllowed);
        }
        if client.record().disabled {
            return Err(TokenError::ApplicationDisabled);
        }
        self.redeem_code(client, params, caller).await
    }
}

/// Somebody tries secrets, or an application is configured wrongly. A label comes from the register only: what strangers
/// invent must not become time series.
fn report_failed_authentication(applications: &Applications, claimed: &str, error: ClientAuthError) {
    tracing::warn!(client.id = claimed, why = %error, "client authentication failed");
    let label = match applications.find(&ClientId::new(claimed)) {
        Some(known) => known.application.record.client_id.to_string(),
        None => "unknown".to_owned(),
    };
    metrics::counter!("octroi_client_auth_failed_total", "client" => label).increment(1);
}
