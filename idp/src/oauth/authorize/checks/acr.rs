//! The level that the application asks for: `acr_values`, and `acr` in `claims` (OpenID Connect Core §3.1.2.1, §5.5).

use serde_json::{Map, Value, json};

use super::super::error::RequestError;
use super::super::request::{Ask, AuthorizationRequest};
use super::hints::HINT_MAX_BYTES;
use super::is_clean;
use crate::domain::acr::Acr;
use crate::domain::asked_acr::AskedAcr;

const CLAIMS_MAX_BYTES: usize = 2048;

/// OpenID Connect Core §3.1.2.1: a wish, values that we do not know are ignored.
pub(in super::super) fn acr_values(ask: &Ask<'_>, request: &mut AuthorizationRequest) -> Result<(), RequestError> {
    match ask.params.one("acr_values")? {
        Some(text) if !is_clean(text, HINT_MAX_BYTES) => Err(RequestError::Hint),
        text => {
            request.acr = AskedAcr::voluntary(text.unwrap_or_default().split(' '));
            Ok(())
        }
    }
}

/// OpenID Connect Core §5.5: of what may be asked, only `acr` changes anything here, and only where it names values. It
/// then stands in place of `acr_values` (§5.5.1.1 leaves open what both mean together).
pub(in super::super) fn claims(ask: &Ask<'_>, request: &mut AuthorizationRequest) -> Result<(), RequestError> {
    let Some(text) = ask.params.one("claims")? else { return Ok(()) };
    if text.len() > CLAIMS_MAX_BYTES {
        return Err(RequestError::Claims);
    }
    let claims: Map<String, Value> = serde_json::from_str(text).map_err(|_| RequestError::Claims)?;
    let (id_token, userinfo) = (asked_in(&claims, "id_token")?, asked_in(&claims, "userinfo")?);
    let Some(Asked { is_essential, values }) = id_token.or(userinfo) else { return Ok(()) };
    request.acr = if is_essential {
        // Core §5.5.1.1: what cannot be met is a failed authentication (OA-39, PC-16).
        AskedAcr::essential(values, ask.highest_acr).map_err(|_| RequestError::UnmetAcr)?
    } else {
        AskedAcr::voluntary(values)
    };
    Ok(())
}

/// The same again in its shortest form: `acr_values` for a wish, `claims` for a condition.
pub(in super::super) fn to_parameters(acr: &AskedAcr) -> (Option<String>, Option<String>) {
    let values: Vec<&str> = acr.values().iter().copied().map(Acr::as_str).collect();
    if acr.is_essential() {
        let claims = json!({ "id_token": { "acr": { "essential": true, "values": values } } });
        return (None, Some(claims.to_string()));
    }
    ((!values.is_empty()).then(|| values.join(" ")), None)
}

/// `acr` where it is asked for with values.
struct Asked<'a> {
    is_essential: bool,
    values: Vec<&'a str>,
}

/// What one member of `claims` says of `acr`; `value` and `values` are the same (OA-39).
fn asked_in<'a>(claims: &'a Map<String, Value>, member: &str) -> Result<Option<Asked<'a>>, RequestError> {
    let Some(members) = claims.get(member) else { return Ok(None) };
    let acr = match members.as_object().ok_or(RequestError::Claims)?.get("acr") {
        // Core §5.5.1: null asks for the claim "in the default manner".
        None | Some(Value::Null) => return Ok(None),
        Some(acr) => acr.as_object().ok_or(RequestError::Claims)?,
    };
    let is_essential = acr.get("essential").map_or(Some(false), Value::as_bool).ok_or(RequestError::Claims)?;
    let text = |value: &'a Value| value.as_str().ok_or(RequestError::Claims);
    let mut values = Vec::new();
    if let Some(value) = acr.get("value") {
        values.push(text(value)?);
    }
    if let Some(several) = acr.get("values") {
        for value in several.as_array().ok_or(RequestError::Claims)? {
            values.push(text(value)?);
        }
    }
    Ok((!values.is_empty()).then_some(Asked { is_essential, values }))
}
