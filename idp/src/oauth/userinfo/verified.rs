//! Access tokens whose signature was verified before: an application asks with the same token again and again.
//!
//! Kept by the SHA-256 of the whole token, a bounded number; the one that was asked with longest ago goes first, since
//! tokens are renewed every few minutes and old ones never come again, however often they came. Only what can never change is kept: the
//! signature and what was signed. Expiry, key, application, grant, session, agent and zone are looked at on each call.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hashlink::LruCache;
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
pub struct VerifiedTokens(Arc<Mutex<Known>>);

type Known = LruCache<[u8; 32], Verified>;

impl Default for VerifiedTokens {
    fn default() -> Self {
        Self::at_most(MOST)
    }
}

impl VerifiedTokens {
    fn at_most(count: usize) -> Self {
        Self(Arc::new(Mutex::new(LruCache::new(count))))
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The claims of a token that one of our live keys signed and that is valid at `now`.
    pub(super) fn claims(
        &self,
        keys: &Arc<KeyRing>,
        token: &str,
        now: Timestamp,
    ) -> Result<Arc<AccessTokenClaims>, UserInfoError> {
        let digest = sha256(token.as_bytes());
        let known = self.known().get(&digest).filter(|known| Arc::ptr_eq(&known.keys, keys)).cloned();
        if let Some(known) = known {
            return if now.seconds() < known.claims.exp { Ok(known.claims) } else { Err(INVALID) };
        }
        let claims = keys.verify_at(token, TokenType::AccessToken, now).map_err(|_| INVALID)?;
        let claims: AccessTokenClaims =
            serde_json::from_value(Value::Object(claims)).map_err(|_| UserInfoError::Token("its claims"))?;
        let claims = Arc::new(claims);
        self.known().insert(digest, Verified { keys: Arc::clone(keys), claims: Arc::clone(&claims) });
        Ok(claims)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oauth::testing::{Ask, Town};

    /// How many of these tokens are known without looking at their signature.
    fn hits(tokens: &VerifiedTokens, of: &[String]) -> usize {
        of.iter().filter(|token| tokens.known().peek(&sha256(token.as_bytes())).is_some()).count()
    }

    #[tokio::test]
    async fn tokens_of_today_are_known_however_often_those_of_yesterday_came() {
        let town = Town::new().await;
        let (keys, now) = (town.provider.keys.load_full(), town.clock.now());
        let mut issued = Vec::new();
        for _ in 0..12 {
            let (code, _) = town.code(&Ask::of("portal")).await;
            issued.push(town.redeem("portal", &code).await.unwrap().access_token);
        }
        let (yesterday, today) = issued.split_at(6);
        let tokens = VerifiedTokens::at_most(8);
        let ask = |with: &[String]| with.iter().for_each(|token| drop(tokens.claims(&keys, token, now).unwrap()));
        for _ in 0..5 {
            ask(yesterday);
        }
        ask(today);
        assert_eq!((hits(&tokens, today), hits(&tokens, yesterday)), (6, 2), "bounded, and by recency");
    }
}
