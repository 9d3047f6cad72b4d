//! UserInfo (OpenID Connect Core §5.3): one read says whether the token still stands, then the scopes say what it opens.
//!
//! The token comes in the `Authorization` header or, by POST, in the body; never in the query (RFC 6750 §2, OA-19): the
//! web layer has no way to pass one from there.

mod error;
#[cfg(test)]
mod tests;
mod verified;

use std::sync::Arc;

use serde::{Serialize, Serializer};

pub use self::error::UserInfoError;

pub use self::verified::VerifiedTokens;

use super::claims::{AccessTokenClaims, AgentClaims, ZoneClaims};
use super::params::{Params, Repeated};
use super::{Provider, ProviderError};
use crate::domain::agent::{Agent, Standing};
use crate::domain::ids::Sub;
use crate::domain::scope::GrantedScope;
use crate::storage::{Tx, standing};

/// The answer, a JSON object of claims.
#[derive(Debug, Serialize)]
pub struct UserInfo {
    /// OpenID Connect Core §5.3.2: "The sub (subject) Claim MUST always be returned".
    sub: Sub,
    #[serde(flatten)]
    agent: AgentClaims,
    #[serde(flatten, serialize_with = "login_of")]
    token: Arc<AccessTokenClaims>,
    #[serde(flatten)]
    zone: ZoneClaims,
}

fn login_of<S: Serializer>(token: &Arc<AccessTokenClaims>, serializer: S) -> Result<S::Ok, S::Error> {
    token.login.serialize(serializer)
}

impl Provider {
    /// The claims about the agent whose token this is. `form`: the body of a POST, if it was a form.
    pub async fn userinfo(
        &self,
        authorization: Option<&[u8]>,
        form: Option<&Params>,
    ) -> Result<UserInfo, UserInfoError> {
        let token = presented(authorization, form)?;
        let claims = self.access_token(token)?;
        let scope = GrantedScope::from_stored(&claims.scope);
        if !scope.contains("openid") {
            return Err(UserInfoError::Scope);
        }
        let agent = self.standing_behind(&claims).await?;
        Ok(UserInfo {
            sub: agent.sub.clone(),
            zone: claims.zone.believed_at(self.now()),
            agent: AgentClaims::new(agent, &scope),
            token: claims,
        })
    }

    /// Reads an access token of ours (RFC 9068 §4): type, signature, times, issuer, audience.
    fn access_token(&self, token: &str) -> Result<Arc<AccessTokenClaims>, UserInfoError> {
        let invalid = |why| move || UserInfoError::Token(why);
        // An ID token is no access token (OA-23): the type is compared first.
        let claims = self.verified.claims(&self.keys.load_full(), token, self.now())?;
        if claims.iss != self.settings.issuer {
            return Err(invalid("another issuer")());
        }
        let application =
            self.applications.load().find(&claims.client_id).ok_or_else(invalid("unknown application"))?;
        if claims.aud != claims.client_id || application.application.record.disabled {
            return Err(invalid("another audience, or a disabled application")());
        }
        Ok(claims)
    }

    /// One read: the grant is not revoked, the session lives, the agent is active.
    async fn standing_behind(&self, claims: &AccessTokenClaims) -> Result<Agent, UserInfoError> {
        let now = self.now();
        let found = self
            .store
            .read_one(async |tx: &mut Tx| -> Result<_, ProviderError> {
                Ok(standing::find_grant(tx, &claims.grant_id).await?)
            })
            .await?;
        let stands = found
            .filter(|grant| grant.revoked_at.is_none() && grant.client_id == claims.client_id)
            .map(|grant| grant.behind)
            .filter(|behind| behind.session.is_live(&self.settings.sessions, claims.zone.zone, now));
        let today = now.date_in(&self.settings.time_zone);
        stands
            .map(|behind| behind.agent)
            .filter(|agent| agent.sub == claims.sub && agent.standing(today) == Standing::Active)
            .ok_or(UserInfoError::Token("its grant, session or agent does not stand any more"))
    }
}

/// The one token of the request (RFC 6750 §2: "MUST NOT use more than one method").
fn presented<'a>(authorization: Option<&'a [u8]>, form: Option<&'a Params>) -> Result<&'a str, UserInfoError> {
    let in_body =
        form.map_or(Ok(None), |form| form.one("access_token")).map_err(|Repeated| UserInfoError::Malformed)?;
    match (authorization, in_body) {
        (Some(_), Some(_)) => Err(UserInfoError::TwoTokens),
        (Some(header), None) => bearer(header),
        (None, Some(token)) => Ok(token),
        (None, None) => Err(UserInfoError::TokenMissing),
    }
}

/// RFC 6750 §2.1. Another scheme is no attempt of this kind.
fn bearer(header: &[u8]) -> Result<&str, UserInfoError> {
    let (scheme, token) = header.split_at_checked("Bearer ".len()).ok_or(UserInfoError::TokenMissing)?;
    if !scheme.eq_ignore_ascii_case(b"bearer ") {
        return Err(UserInfoError::TokenMissing);
    }
    let token = std::str::from_utf8(token).map_err(|_| UserInfoError::Malformed)?.trim_matches(' ');
    let is_token68 = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
    if token.is_empty() || !token.bytes().all(is_token68) { Err(UserInfoError::Malformed) } else { Ok(token) }
}
