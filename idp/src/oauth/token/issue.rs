//! Issuing: what the tokens will say is settled inside the transaction ([`Issue`]), signed after it is durable.
//!
//! Signing RSA takes milliseconds, for which the only writer of the embedded engine would stand still. If it fails, the
//! code stays spent and the audit says that a token was issued which nobody received: the safe side.

use std::fmt;
use std::time::Duration;

use serde::Serialize;
use serde_json::json;

use super::super::claims::{AccessTokenClaims, IdTokenClaims, LoginClaims, ZoneClaims};
use super::super::client_auth::AuthenticatedClient;
use super::super::{Provider, ProviderError};
use crate::crypto::hash::at_hash;
use crate::crypto::jwt::TokenType;
use crate::domain::application::SigningAlg;
use crate::domain::audit::{Actor, Event};
use crate::domain::grant::AuthorizationCode;
use crate::domain::ids::Sub;
use crate::domain::time::Timestamp;
use crate::domain::zone::SeenZone;

/// The successful answer (RFC 6749 §5.1, OpenID Connect Core §3.1.3.3).
#[derive(Serialize)]
pub struct TokenResponse {
    pub access_token: String,
    pub token_type: &'static str,
    pub expires_in: u64,
    pub id_token: String,
    pub scope: String,
}

impl fmt::Debug for TokenResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenResponse").field("expires_in", &self.expires_in).finish_non_exhaustive()
    }
}

/// What is issued, before it is signed.
pub(super) struct Issue {
    pub code: AuthorizationCode,
    pub sub: Sub,
    /// The lowest zone of all contacts, this one included where it counts.
    pub zone: SeenZone,
    /// No token outlives the session.
    pub session_end: Timestamp,
    pub jti: String,
    pub at: Timestamp,
}

impl Issue {
    /// The audit row `token.issued`, for the transaction that spends the code.
    pub fn event(&self, client: &AuthenticatedClient) -> Event {
        let code = &self.code;
        Event::new("token.issued", Actor::Application(client.client_id().clone()))
            .with_subject(&code.soi)
            .with_client(client.client_id())
            .with_session(&code.sid)
            .with_reference(&code.decision)
            .with_detail(json!({
                "grant_type": "authorization_code",
                "grant_id": code.grant_id.as_str(),
                "jti": self.jti.as_str(),
                "scope": code.scope.to_parameter(),
                "network_zone": self.zone.zone.as_str(),
            }))
    }

    /// Signs access token and ID token.
    pub fn sign(self, provider: &Provider, client: &AuthenticatedClient) -> Result<TokenResponse, ProviderError> {
        let (settings, keys, record) = (&provider.settings, provider.keys.load(), client.record());
        let iat = self.at.seconds();
        let expires = |lifetime: Duration| self.at.plus(lifetime).min(self.session_end);
        let login = LoginClaims::new(&self.code.authentication, self.code.auth_time, &self.code.sid);
        let zone = ZoneClaims::new(self.zone);
        let scope = self.code.scope.to_parameter();
        let access_until = expires(settings.access_token_lifetime);

        let access = AccessTokenClaims {
            iss: settings.issuer.clone(),
            sub: self.sub.clone(),
            aud: record.client_id.clone(),
            exp: access_until.seconds(),
            iat,
            jti: self.jti,
            client_id: record.client_id.clone(),
            scope: scope.clone(),
            grant_id: self.code.grant_id,
            login: login.clone(),
            zone,
        };
        let access_token = keys.sign(SigningAlg::ES256, TokenType::AccessToken, &access)?;
        let id = IdTokenClaims {
            iss: &settings.issuer,
            sub: &self.sub,
            aud: &record.client_id,
            exp: expires(settings.id_token_lifetime).seconds(),
            iat,
            nonce: self.code.nonce.as_deref(),
            at_hash: at_hash(&access_token),
            login: &login,
            zone: record.zone_in_id_token.then_some(zone),
        };
        let id_token = keys.sign(record.id_token_signed_response_alg, TokenType::IdToken, &id)?;
        let expires_in = self.at.until(access_until).as_secs();
        Ok(TokenResponse { access_token, token_type: "Bearer", expires_in, id_token, scope })
    }
}
