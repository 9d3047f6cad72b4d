//! `scope`: what is asked, known and registered is granted; unknown scopes are ignored (PC-10).

use super::super::error::RequestError;
use super::super::request::{Ask, AuthorizationRequest};
use crate::domain::scope::RequestedScope;

/// OpenID Connect Core §3.1.2.1: without `openid` this is no OpenID Connect request.
pub(super) fn scope(ask: &Ask<'_>, request: &mut AuthorizationRequest) -> Result<(), RequestError> {
    let asked = RequestedScope::parse(ask.params.one("scope")?.unwrap_or_default());
    let granted = asked.granted(&request.application.application.record.scopes);
    if !granted.contains("openid") {
        return Err(RequestError::Scope);
    }
    request.scope = granted;
    Ok(())
}
