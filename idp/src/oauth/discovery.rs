//! The metadata: OpenID Connect Discovery 1.0 §3 and RFC 8414 §2 in one document, served at both addresses. Only what
//! exists is named.

use serde::Serialize;

use super::{Provider, pkce, token};
use crate::domain::acr::Acr;
use crate::domain::application::{ClientAuthMethod, SigningAlg};
use crate::domain::scope;

/// Claims that do not depend on a scope.
const CLAIMS: &[&str] = &[
    "iss",
    "sub",
    "aud",
    "exp",
    "iat",
    "auth_time",
    "nonce",
    "acr",
    "amr",
    "sid",
    "at_hash",
    "network_zone",
    "network_zone_at",
    "network_zone_until",
];

/// The document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Metadata {
    /// Character for character the `iss` of every response and token (RFC 9207 §2.4).
    pub issuer: String,
    pub authorization_endpoint: String,
    pub token_endpoint: String,
    pub userinfo_endpoint: String,
    pub jwks_uri: String,
    pub end_session_endpoint: String,
    pub response_types_supported: &'static [&'static str],
    pub response_modes_supported: &'static [&'static str],
    pub grant_types_supported: &'static [&'static str],
    pub scopes_supported: Vec<&'static str>,
    pub claims_supported: Vec<&'static str>,
    pub claim_types_supported: &'static [&'static str],
    pub subject_types_supported: &'static [&'static str],
    pub acr_values_supported: Vec<&'static str>,
    pub prompt_values_supported: &'static [&'static str],
    pub ui_locales_supported: &'static [&'static str],
    pub id_token_signing_alg_values_supported: Vec<&'static str>,
    pub token_endpoint_auth_methods_supported: Vec<&'static str>,
    pub code_challenge_methods_supported: &'static [&'static str],
    pub authorization_response_iss_parameter_supported: bool,
    pub request_parameter_supported: bool,
    pub request_uri_parameter_supported: bool,
    pub claims_parameter_supported: bool,
}

impl Provider {
    /// The metadata of this issuer.
    pub fn metadata(&self) -> Metadata {
        let issuer = &self.settings.issuer;
        let at = |path: &str| format!("{}{path}", issuer.trim_end_matches('/'));
        Metadata {
            issuer: issuer.clone(),
            authorization_endpoint: at("/oauth2/authorize"),
            token_endpoint: at("/oauth2/token"),
            userinfo_endpoint: at("/oauth2/userinfo"),
            jwks_uri: at("/oauth2/jwks"),
            end_session_endpoint: at("/oauth2/logout"),
            response_types_supported: &["code"],
            response_modes_supported: &["query", "form_post"],
            grant_types_supported: token::GRANT_TYPES,
            scopes_supported: scope::KNOWN.iter().map(|(name, _)| *name).collect(),
            claims_supported: CLAIMS
                .iter()
                .chain(scope::KNOWN.iter().flat_map(|(_, claims)| claims.iter()))
                .copied()
                .collect(),
            claim_types_supported: &["normal"],
            subject_types_supported: &["public"],
            acr_values_supported: Acr::ALL
                .into_iter()
                .filter(|acr| *acr <= self.settings.highest_acr)
                .map(Acr::as_str)
                .collect(),
            prompt_values_supported: &["none", "login", "select_account"],
            ui_locales_supported: &["fr", "en"],
            id_token_signing_alg_values_supported: vec![SigningAlg::ES256.as_str(), SigningAlg::RS256.as_str()],
            token_endpoint_auth_methods_supported: vec![
                ClientAuthMethod::ClientSecretBasic.as_str(),
                ClientAuthMethod::ClientSecretPost.as_str(),
                ClientAuthMethod::None.as_str(),
            ],
            code_challenge_methods_supported: &[pkce::METHOD],
            authorization_response_iss_parameter_supported: true,
            request_parameter_supported: false,
            request_uri_parameter_supported: false,
            claims_parameter_supported: true,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::oauth::testing::Town;

    #[tokio::test]
    async fn the_document_names_what_exists_and_nothing_else() {
        let metadata = serde_json::to_value(Town::new().await.provider.metadata()).unwrap();
        assert_eq!(
            metadata,
            serde_json::json!({
                "issuer": "https://login.ville.example",
                "authorization_endpoint": "https://login.ville.example/oauth2/authorize",
                "token_endpoint": "https://login.ville.example/oauth2/token",
                "userinfo_endpoint": "https://login.ville.example/oauth2/userinfo",
                "jwks_uri": "https://login.ville.example/oauth2/jwks",
                "end_session_endpoint": "https://login.ville.example/oauth2/logout",
                "response_types_supported": ["code"],
                "response_modes_supported": ["query", "form_post"],
                "grant_types_supported": ["authorization_code"],
                "scopes_supported": ["openid", "profile", "email", "phone", "agent"],
                "claims_supported": [
                    "iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid", "at_hash",
                    "network_zone", "network_zone_at", "network_zone_until", "name", "given_name", "family_name",
                    "updated_at", "email", "email_verified", "phone_number", "phone_number_verified", "soi",
                    "department", "position"
                ],
                "claim_types_supported": ["normal"],
                "subject_types_supported": ["public"],
                "acr_values_supported": ["eidas1", "eidas1-mfa", "eidas2", "eidas3"],
                "prompt_values_supported": ["none", "login", "select_account"],
                "ui_locales_supported": ["fr", "en"],
                "id_token_signing_alg_values_supported": ["ES256", "RS256"],
                "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
                "code_challenge_methods_supported": ["S256"],
                "authorization_response_iss_parameter_supported": true,
                "request_parameter_supported": false,
                "request_uri_parameter_supported": false,
                "claims_parameter_supported": true
            })
        );
    }
}
