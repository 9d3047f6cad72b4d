//! What the application suggests: whom it means, in which language.

use super::super::super::id_token_hint as hint;
use super::super::error::RequestError;
use super::super::request::{Ask, AuthorizationRequest};
use super::is_clean;

pub(super) const HINT_MAX_BYTES: usize = 512;

/// Known to the specifications, without effect here: claims have one language, and `display` has one value. They must
/// still not be repeated.
pub(super) fn ignored(ask: &Ask<'_>, _: &mut AuthorizationRequest) -> Result<(), RequestError> {
    for name in ["display", "claims_locales"] {
        ask.params.one(name)?;
    }
    Ok(())
}

/// Hints are bounded.
pub(super) fn hints(ask: &Ask<'_>, request: &mut AuthorizationRequest) -> Result<(), RequestError> {
    let bounded = |name| match ask.params.one(name)? {
        Some(text) if !is_clean(text, HINT_MAX_BYTES) => Err(RequestError::Hint),
        text => Ok(text.map(str::to_owned)),
    };
    request.login_hint = bounded("login_hint")?;
    request.ui_locales = bounded("ui_locales")?;
    Ok(())
}

/// OpenID Connect Core §3.1.2.1: an ID token of ours, expired or not, says whom the application means (OA-38).
pub(super) fn id_token_hint(ask: &Ask<'_>, request: &mut AuthorizationRequest) -> Result<(), RequestError> {
    if let Some(token) = ask.params.one("id_token_hint")? {
        let hint = hint::read(ask.keys, ask.issuer, token).map_err(|hint::InvalidHint| RequestError::IdTokenHint)?;
        request.subject = Some(hint.sub);
    }
    Ok(())
}
