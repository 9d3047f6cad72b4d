//! Who asks, and where the answer may go. Errors here are pages (OA-01).

use super::super::super::params::Repeated;
use super::super::super::redirect_uri::ValidRedirectUri;
use super::super::error::PageError;
use super::super::request::{Ask, Opening};
use crate::domain::ids::ClientId;

/// RFC 6749 §4.1.1: `client_id` is required.
pub(super) fn client_id(ask: &Ask<'_>, opening: &mut Opening) -> Result<(), PageError> {
    let presented = ask.params.one("client_id").map_err(|Repeated| PageError::ClientIdRepeated)?;
    let client_id = ClientId::new(presented.ok_or(PageError::ClientIdMissing)?);
    // A disabled application is known: the decision refuses it, with a page that can say why.
    opening.application = Some(ask.applications.find(&client_id).ok_or(PageError::ApplicationUnknown)?);
    Ok(())
}

/// OpenID Connect Core §3.1.2.1: `redirect_uri` is required and exactly a registered one.
pub(super) fn redirect_uri(ask: &Ask<'_>, opening: &mut Opening) -> Result<(), PageError> {
    let record = &opening.application.as_ref().ok_or(PageError::ApplicationUnknown)?.application.record;
    let application = || record.name.clone();
    let presented = ask
        .params
        .one("redirect_uri")
        .map_err(|Repeated| PageError::RedirectUriRepeated { application: application() })?
        .ok_or_else(|| PageError::RedirectUriMissing { application: application() })?;
    let valid = ValidRedirectUri::check(record, presented)
        .ok_or_else(|| PageError::RedirectUriUnregistered { application: application() })?;
    opening.to = Some(valid);
    Ok(())
}
