//! The application: an OIDC client with its access rules.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::acr::Acr;
use super::ids::ClientId;
use super::time::Timestamp;
use super::zone::NetworkZone;

/// How an application proves who it is at the token endpoint; one method per application, exactly (STANDARDS D8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientAuthMethod {
    /// `client_secret_basic`, credentials form-encoded first (RFC 6749 §2.3.1).
    ClientSecretBasic,
    /// `client_secret_post`
    ClientSecretPost,
    /// Public client.
    None,
}

impl ClientAuthMethod {
    /// The registered name (RFC 7591 §2).
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ClientSecretBasic => "client_secret_basic",
            Self::ClientSecretPost => "client_secret_post",
            Self::None => "none",
        }
    }
}

impl fmt::Display for ClientAuthMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that names no method.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a client authentication method (client_secret_basic, client_secret_post or none)")]
pub struct UnknownAuthMethod(pub String);

impl FromStr for ClientAuthMethod {
    type Err = UnknownAuthMethod;

    fn from_str(text: &str) -> Result<Self, UnknownAuthMethod> {
        match text {
            "client_secret_basic" => Ok(Self::ClientSecretBasic),
            "client_secret_post" => Ok(Self::ClientSecretPost),
            "none" => Ok(Self::None),
            other => Err(UnknownAuthMethod(other.chars().take(32).collect())),
        }
    }
}

/// JWS algorithms that Octroi signs with (STANDARDS D9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum SigningAlg {
    ES256,
    RS256,
}

impl SigningAlg {
    /// The `alg` value (RFC 7518 §3.1).
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ES256 => "ES256",
            Self::RS256 => "RS256",
        }
    }
}

impl fmt::Display for SigningAlg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that names no algorithm.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a signing algorithm (ES256 or RS256)")]
pub struct UnknownAlg(pub String);

impl FromStr for SigningAlg {
    type Err = UnknownAlg;

    fn from_str(text: &str) -> Result<Self, UnknownAlg> {
        match text {
            "ES256" => Ok(Self::ES256),
            "RS256" => Ok(Self::RS256),
            other => Err(UnknownAlg(other.chars().take(32).collect())),
        }
    }
}

/// What an administrator registers; lists keep their order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApplicationRecord {
    pub client_id: ClientId,
    /// Shown to agents.
    pub name: String,
    /// Exact strings (STANDARDS OA-01).
    pub redirect_uris: Vec<String>,
    pub post_logout_redirect_uris: Vec<String>,
    /// Where the application's own front page is, for "back to the application"; may be missing.
    pub home_uri: Option<String>,
    pub token_endpoint_auth_method: ClientAuthMethod,
    pub grant_types: Vec<String>,
    pub scopes: Vec<String>,
    /// Zones from which it opens.
    pub zones: Vec<NetworkZone>,
    /// Whether a waiver can open it from `nomades` although it is `internal` only.
    pub waiver_possible: bool,
    /// Departments for which it opens; empty: all.
    pub departments: Vec<String>,
    /// The lowest level it accepts.
    pub min_acr: Option<Acr>,
    pub id_token_signed_response_alg: SigningAlg,
    /// Whether the three zone claims are in the ID token too (strict clients switch this off).
    pub zone_in_id_token: bool,
    /// PKCE can be waived only for a confidential application that sends `nonce` (STANDARDS D7).
    pub require_pkce: bool,
    pub disabled: bool,
}

impl ApplicationRecord {
    /// Whether it is a public client (RFC 6749 §2.1).
    pub fn is_public(&self) -> bool {
        self.token_endpoint_auth_method == ClientAuthMethod::None
    }
}

/// An application as stored. Its secret's hash stays in storage and in the snapshot that authenticates clients.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Application {
    #[serde(flatten)]
    pub record: ApplicationRecord,
    /// Grows with each change: decisions cite it.
    pub version: i64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}
