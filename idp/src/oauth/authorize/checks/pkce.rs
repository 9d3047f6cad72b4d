//! What binds the code to whoever asked for it: `nonce` and PKCE.

use super::super::super::pkce as syntax;
use super::super::error::RequestError;
use super::super::request::{Ask, AuthorizationRequest};
use super::is_clean;

/// A nonce of 384 characters is returned intact (OA-43).
const NONCE_MAX_BYTES: usize = 512;

/// OpenID Connect Core §3.1.2.1: passed through unmodified.
pub(super) fn nonce(ask: &Ask<'_>, request: &mut AuthorizationRequest) -> Result<(), RequestError> {
    let nonce = ask.params.one("nonce")?;
    if nonce.is_some_and(|nonce| !is_clean(nonce, NONCE_MAX_BYTES)) {
        return Err(RequestError::Nonce);
    }
    request.nonce = nonce.map(str::to_owned);
    Ok(())
}

/// RFC 7636 §4.3: a challenge without method is `plain`, which is refused (OA-04).
pub(super) fn method(ask: &Ask<'_>, _: &mut AuthorizationRequest) -> Result<(), RequestError> {
    let challenge = ask.params.one("code_challenge")?;
    match (challenge, ask.params.one("code_challenge_method")?) {
        (None, None) | (Some(_), Some(syntax::METHOD)) => Ok(()),
        (None, Some(syntax::METHOD)) => Err(RequestError::ChallengeMissing),
        (_, _) => Err(RequestError::ChallengeMethod),
    }
}

/// RFC 9700 §2.1.1: PKCE for everybody. STANDARDS D7: exempt is only a confidential application that is registered so
/// and sends a `nonce`.
pub(super) fn challenge(ask: &Ask<'_>, request: &mut AuthorizationRequest) -> Result<(), RequestError> {
    let record = &request.application.application.record;
    match ask.params.one("code_challenge")? {
        Some(challenge) if syntax::is_challenge(challenge) => request.code_challenge = Some(challenge.to_owned()),
        Some(_) => return Err(RequestError::Challenge),
        None if !record.require_pkce && !record.is_public() && request.nonce.is_some() => {}
        None => return Err(RequestError::ChallengeMissing),
    }
    Ok(())
}
