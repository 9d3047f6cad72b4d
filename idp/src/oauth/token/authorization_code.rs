//! `grant_type=authorization_code` (RFC 6749 §4.1.3), in the RFC's order.
//!
//! The code is consumed first and stays spent whatever follows, so that nobody guesses twice: refusals are `Ok(Refused)`
//! inside the transaction, which keeps what was written. A stolen code in the hands of another client is therefore burnt
//! (`docs/decisions/0003`: one login denied against a second guess).

use serde_json::json;

use super::super::client_auth::AuthenticatedClient;
use super::super::decision::Question;
use super::super::{Caller, Params, Provider, ProviderError, pkce};
use super::error::TokenError;
use super::issue::{Issue, TokenResponse};
use crate::crypto::hash::hash_token;
use crate::domain::access::Decision;
use crate::domain::agent::Standing as Employment;
use crate::domain::audit::{Actor, Event, Outcome};
use crate::domain::grant::AuthorizationCode;
use crate::domain::ids::{Reference, Sub};
use crate::domain::reason::Reason;
use crate::domain::secret::{PlainToken, TokenHash};
use crate::domain::time::Timestamp;
use crate::domain::zone::{NetworkZone, SeenZone};
use crate::storage::codes::{self, Consumed};
use crate::storage::standing::{self, SessionStanding};
use crate::storage::{Tx, audit, grants};

/// The request's own parameters.
struct CodeRequest<'a> {
    code_hash: TokenHash,
    redirect_uri: &'a str,
    code_verifier: Option<&'a str>,
}

/// What is drawn before the transaction, which may run twice.
struct Drawn {
    now: Timestamp,
    jti: String,
    /// For a decision that the zone makes necessary.
    reference: Reference,
}

/// What still stands behind a code when it is redeemed.
struct Standing {
    sub: Sub,
    zone: SeenZone,
    session_end: Timestamp,
}

/// What the transaction says; both outcomes are kept.
enum Exchange {
    Issued(Box<Issue>),
    Refused(TokenError),
}

impl<'a> CodeRequest<'a> {
    /// RFC 6749 §4.1.3: `redirect_uri` is required, since every authorization request has one (OA-20).
    fn read(params: &'a Params) -> Result<Self, TokenError> {
        let code = params.one("code")?.ok_or(TokenError::CodeMissing)?;
        Ok(Self {
            code_hash: hash_token(&PlainToken::new(code)),
            redirect_uri: params.one("redirect_uri")?.ok_or(TokenError::RedirectUriMissing)?,
            code_verifier: params.one("code_verifier")?,
        })
    }

    /// Whether this client may have what the code stands for.
    fn fits(&self, code: &AuthorizationCode, client: &AuthenticatedClient, now: Timestamp) -> Result<(), TokenError> {
        // RFC 6749 §4.1.3: "the authorization code was issued to the authenticated … client" (OA-06).
        if code.client_id != *client.client_id() {
            return Err(TokenError::CodeOfAnotherClient);
        }
        // RFC 6749 §4.1.2: short-lived.
        if now >= code.expires_at {
            return Err(TokenError::CodeExpired);
        }
        // RFC 6749 §4.1.3: bound redirect_uri, "their values MUST be identical".
        if self.redirect_uri != code.redirect_uri {
            return Err(TokenError::RedirectUriMismatch);
        }
        // RFC 7636 §4.6, and RFC 9700 §2.1.1 against a challenge that was taken away.
        match (self.code_verifier, code.code_challenge.as_deref()) {
            (None, None) => Ok(()),
            (None, Some(_)) => Err(TokenError::VerifierMissing),
            (Some(_), None) => Err(TokenError::VerifierUnexpected),
            (Some(verifier), Some(challenge)) if pkce::matches(verifier, challenge) => Ok(()),
            (Some(_), Some(_)) => Err(TokenError::VerifierMismatch),
        }
    }
}

impl Provider {
    pub(super) async fn redeem_code(
        &self,
        client: &AuthenticatedClient,
        params: &Params,
        caller: &Caller,
    ) -> Result<TokenResponse, TokenError> {
        let request = CodeRequest::read(params)?;
        let drawn = Drawn { now: self.now(), jti: self.random.uuid(), reference: self.random.reference() };
        let exchange =
            self.store.write(async |tx: &mut Tx| self.redeem_in(tx, client, &request, caller, &drawn).await).await?;
        match exchange {
            Exchange::Issued(issue) => Ok(issue.sign(self, client)?),
            Exchange::Refused(error) => Err(error),
        }
    }

    async fn redeem_in(
        &self,
        tx: &mut Tx,
        client: &AuthenticatedClient,
        request: &CodeRequest<'_>,
        caller: &Caller,
        drawn: &Drawn,
    ) -> Result<Exchange, ProviderError> {
        let code = match codes::consume(tx, &request.code_hash, drawn.now).await? {
            Consumed::Now(code) => code,
            // A stranger's second try says nothing about what the right client holds (`docs/decisions/0003`).
            Consumed::Replayed(code) if code.client_id != *client.client_id() => {
                return refuse(tx, client, &code, caller, TokenError::CodeOfAnotherClient, drawn.now).await;
            }
            Consumed::Replayed(code) => {
                // RFC 6749 §4.1.2: "SHOULD revoke … all tokens previously issued based on that authorization code".
                grants::revoke(tx, &code.grant_id, drawn.now).await?;
                return refuse(tx, client, &code, caller, TokenError::CodeReplayed, drawn.now).await;
            }
            // Nobody's code is nobody's business: no row that a stranger could write at will.
            Consumed::Unknown => return Ok(Exchange::Refused(TokenError::CodeUnknown)),
        };
        match self.settle_in(tx, client, request, &code, caller, drawn).await? {
            Ok(Standing { sub, zone, session_end }) => {
                let issue = Issue { code, sub, zone, session_end, jti: drawn.jti.clone(), at: drawn.now };
                audit::append(tx, &issue.event(client).with_contact(&caller.contact), drawn.now).await?;
                Ok(Exchange::Issued(Box::new(issue)))
            }
            Err(error) => refuse(tx, client, &code, caller, error, drawn.now).await,
        }
    }

    /// Everything that must still hold: the code's bindings, the grant, the session, the agent, the zone.
    async fn settle_in(
        &self,
        tx: &mut Tx,
        client: &AuthenticatedClient,
        request: &CodeRequest<'_>,
        code: &AuthorizationCode,
        caller: &Caller,
        drawn: &Drawn,
    ) -> Result<Result<Standing, TokenError>, ProviderError> {
        let now = drawn.now;
        if let Err(error) = request.fits(code, client, now) {
            return Ok(Err(error));
        }
        let found = standing::find_grant(tx, &code.grant_id).await?;
        let Some(grant) = found.filter(|grant| grant.revoked_at.is_none()) else {
            return Ok(Err(TokenError::GrantRevoked));
        };
        let SessionStanding { session, agent, password } = grant.behind;
        let zone = lowest_zone(code, client, caller, now);
        let policy = &self.settings.sessions;
        if session.sid != code.sid || !session.is_live(policy, zone, now) {
            return Ok(Err(TokenError::SessionEnded));
        }
        if agent.standing(now.date_in(&self.settings.time_zone)) != Employment::Active {
            return Ok(Err(TokenError::AgentNotActive));
        }
        if zone != code.zone.zone {
            // What was decided for `internal` does not hold outside: the one function decides again.
            let application = client.application();
            let (password, reference) = (password.as_ref(), &drawn.reference);
            let question = Question {
                agent: &agent,
                application,
                session: &session,
                password,
                zone,
                asked_acr: None,
                reference,
                at: now,
            };
            let decision = self.decide(tx, &question, caller).await?;
            if decision != Decision::Allow {
                let reason = decision.reason().unwrap_or(Reason::AccessRefused);
                return Ok(Err(TokenError::ZoneLowered(reason)));
            }
        }
        let session_end = session.absolute_end(policy, zone);
        let seen = if zone == code.zone.zone {
            code.zone
        } else {
            SeenZone::new(zone, now, self.settings.internal_max_age, session_end)
        };
        Ok(Ok(Standing { sub: agent.sub, zone: seen, session_end }))
    }
}

/// PRODUCT §2.2: a confidential application's call says nothing about where the agent is; a public client runs where the
/// agent is and can only lower. An `internal` that has become too old is not believed (§2.6).
fn lowest_zone(code: &AuthorizationCode, client: &AuthenticatedClient, caller: &Caller, now: Timestamp) -> NetworkZone {
    let believed = if now >= code.zone.until { NetworkZone::Nomades } else { code.zone.zone };
    if client.record().is_public() { believed.lowest(caller.zone) } else { believed }
}

/// A refusal that concerns a real code is an act: it is audited with the agent, and the code stays spent.
async fn refuse(
    tx: &mut Tx,
    client: &AuthenticatedClient,
    code: &AuthorizationCode,
    caller: &Caller,
    error: TokenError,
    now: Timestamp,
) -> Result<Exchange, ProviderError> {
    let mut event = Event::new("token.refused", Actor::Application(client.client_id().clone()))
        .with_subject(&code.soi)
        .with_client(&code.client_id)
        .with_session(&code.sid)
        .with_reference(&code.decision)
        .with_contact(&caller.contact)
        .with_detail(json!({
            "grant_type": "authorization_code",
            "grant_id": code.grant_id.as_str(),
            "error": error.code().as_str(),
            "why": error.to_string(),
        }));
    event.outcome = Outcome::Refused;
    audit::append(tx, &event, now).await?;
    Ok(Exchange::Refused(error))
}
