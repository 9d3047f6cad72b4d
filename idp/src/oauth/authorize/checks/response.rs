//! What is asked for and how the answer travels.

use super::super::error::RequestError;
use super::super::request::{Ask, AuthorizationRequest};
use super::super::response::ResponseMode;
use super::is_clean;

/// Long enough for every client we know of; never truncated (OA-43).
const STATE_MAX_BYTES: usize = 2048;

/// RFC 6749 §4.1.1: opaque, returned exactly (OA-16).
pub(super) fn state(ask: &Ask<'_>, request: &mut AuthorizationRequest) -> Result<(), RequestError> {
    let state = ask.params.one("state")?;
    if state.is_some_and(|state| !is_clean(state, STATE_MAX_BYTES)) {
        return Err(RequestError::State);
    }
    request.back.state = state.map(str::to_owned);
    Ok(())
}

/// `fragment` carries implicit responses, which do not exist here (OA-07).
pub(super) fn response_mode(ask: &Ask<'_>, request: &mut AuthorizationRequest) -> Result<(), RequestError> {
    request.back.mode = match ask.params.one("response_mode")? {
        None | Some("query") => ResponseMode::Query,
        Some("form_post") => ResponseMode::FormPost,
        Some(_) => return Err(RequestError::ResponseMode),
    };
    Ok(())
}

/// OpenID Connect Core §3.1.2.6: each has its own error.
pub(super) fn request_objects(ask: &Ask<'_>, _: &mut AuthorizationRequest) -> Result<(), RequestError> {
    for (name, error) in [
        ("request", RequestError::RequestObject),
        ("request_uri", RequestError::RequestUri),
        ("registration", RequestError::Registration),
    ] {
        if ask.params.one(name)?.is_some() {
            return Err(error);
        }
    }
    Ok(())
}

/// RFC 6749 §3.1.1: required; the code flow only (PA080-01).
pub(super) fn response_type(ask: &Ask<'_>, _: &mut AuthorizationRequest) -> Result<(), RequestError> {
    match ask.params.one("response_type")? {
        Some("code") => Ok(()),
        Some(_) => Err(RequestError::ResponseType),
        None => Err(RequestError::ResponseTypeMissing),
    }
}

/// RFC 6749 §4.1.2.1: `unauthorized_client`.
pub(super) fn grant_type(_: &Ask<'_>, request: &mut AuthorizationRequest) -> Result<(), RequestError> {
    let grants = &request.application.application.record.grant_types;
    if grants.iter().any(|grant| grant == "authorization_code") { Ok(()) } else { Err(RequestError::GrantNotAllowed) }
}
