//! Whether a page may be shown, and how fresh the login must be.

use std::time::Duration;

use super::super::error::RequestError;
use super::super::request::{Ask, AuthorizationRequest, Prompt};

/// OpenID Connect Core §3.1.2.1: a list of words, of which `none` stands alone (OA-36).
pub(super) fn prompt(ask: &Ask<'_>, request: &mut AuthorizationRequest) -> Result<(), RequestError> {
    let mut prompt = Prompt::default();
    let mut others = false;
    for word in ask.params.one("prompt")?.unwrap_or_default().split(' ').filter(|word| !word.is_empty()) {
        match word {
            "none" => prompt.none = true,
            "login" | "select_account" => prompt.login = true,
            "consent" => others = true,
            _ => return Err(RequestError::Prompt),
        }
    }
    if prompt.none && (prompt.login || others) {
        return Err(RequestError::Prompt);
    }
    request.prompt = prompt;
    Ok(())
}

/// OpenID Connect Core §3.1.2.1: seconds, zero or more.
pub(super) fn max_age(ask: &Ask<'_>, request: &mut AuthorizationRequest) -> Result<(), RequestError> {
    request.max_age = match ask.params.one("max_age")? {
        None => None,
        Some(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => {
            Some(Duration::from_secs(text.parse::<u32>().map_err(|_| RequestError::MaxAge)?.into()))
        }
        Some(_) => return Err(RequestError::MaxAge),
    };
    Ok(())
}
