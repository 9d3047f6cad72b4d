//! What an application obtains: the grant (session × application) and the authorization code that leads to it.

use serde::{Deserialize, Serialize};

use super::acr::AuthenticationMethod;
use super::ids::{ClientId, GrantId, Reference, Sid};
use super::scope::GrantedScope;
use super::soi::Soi;
use super::time::Timestamp;
use super::zone::SeenZone;

/// One session's permission for one application. Tokens name it; revoking it makes them worthless.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    pub grant_id: GrantId,
    pub sid: Sid,
    pub client_id: ClientId,
    pub soi: Soi,
    pub created_at: Timestamp,
    pub revoked_at: Option<Timestamp>,
}

/// An authorization code (RFC 6749 §4.1.2) with everything it is bound to. The code itself is stored as a hash only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorizationCode {
    pub grant_id: GrantId,
    pub sid: Sid,
    pub client_id: ClientId,
    pub soi: Soi,
    /// The redirect URI of the authorization request, to be repeated at the token endpoint (RFC 6749 §4.1.3).
    pub redirect_uri: String,
    /// PKCE S256 challenge (RFC 7636 §4.3); absent only where the application is exempt.
    pub code_challenge: Option<String>,
    pub nonce: Option<String>,
    pub scope: GrantedScope,
    pub authentication: AuthenticationMethod,
    pub auth_time: Timestamp,
    /// The lowest zone of all contacts behind this code.
    pub zone: SeenZone,
    /// The decision that allowed it, in the audit.
    pub decision: Reference,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}
