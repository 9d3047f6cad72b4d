//! Access tokens whose signature was verified before: an application asks with the same token again and again.
//!
//! Kept by the SHA-256 of the whole token, a bounded number, forgotten by use. Only what can never change is kept: the
//! signature and what was signed. Expiry, key, application, grant, session, agent and zone are looked at on each call.

use std::sync::Arc;

use quick_cache::sync::Cache;
use serde_json::Value;

use super::super::claims::AccessTokenClaims;
use super::UserInfoError;
use crate::crypto::hash::sha256;
use crate::crypto::jwt::TokenType;
use crate::crypto::keys::KeyRing;
use crate::domain::time::Timestamp;

/// So many tokens are remembered, at about a kilobyte each.
const MOST: usize = 16_384;

const INVALID: UserInfoError = UserInfoError::Token("not an access token of ours, or expired");

#[derive(Clone)]
struct Verified {
    /// The keys of then: with other keys, a token is verified anew.
    keys: Arc<KeyRing>,
    claims: Arc<AccessTokenClaims>,
}

/// The tokens that were verified. Clones share them.
#[derive(Clone)]
pub struct VerifiedTokens(Arc<Cache<[u8; 32], Verified>>);

impl Default for VerifiedTokens {
    fn default() -> Self {
        Self(Arc::new(Cache::new(MOST)))
    }
}

impl VerifiedTokens {
    /// The claims of a token that one of our live keys signed and that is valid at `now`.
    pub(super) fn claims(
        &self,
        keys: &Arc<KeyRing>,
        token: &str,
        now: Timestamp,
    ) -> Result<Arc<AccessTokenClaims>, UserInfoError> {
        let digest = sha256(token.as_bytes());
        if let Some(known) = self.0.get(&digest).filter(|known| Arc::ptr_eq(&known.keys, keys)) {
            return if now.seconds() < known.claims.exp { Ok(known.claims) } else { Err(INVALID) };
        }
        let claims = keys.verify_at(token, TokenType::AccessToken, now).map_err(|_| INVALID)?;
        let claims: AccessTokenClaims =
            serde_json::from_value(Value::Object(claims)).map_err(|_| UserInfoError::Token("its claims"))?;
        let claims = Arc::new(claims);
        self.0.insert(digest, Verified { keys: Arc::clone(keys), claims: Arc::clone(&claims) });
        Ok(claims)
    }
}
