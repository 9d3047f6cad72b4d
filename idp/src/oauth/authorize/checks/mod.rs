//! The checks of authorization requests: rows in order, entry points as columns, one screen.
//!
//! An entry point is a way by which a request reaches us. A later one (a pushed request, a device) gets a bit, and each
//! row says whether it concerns it; the tests below insist on the rows that nobody may skip. The stored request of an
//! interaction is checked again from its parameters when it resumes: the registration may have changed meanwhile, and a
//! [`ValidRedirectUri`](crate::oauth::ValidRedirectUri) cannot be stored.

pub(super) mod acr;
mod address;
mod hints;
mod pkce;
mod prompt;
mod response;
mod scope;

use super::error::{AuthorizeError, PageError, RequestError};
use super::request::{Ask, AuthorizationRequest, Opening};

/// By which way the request came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Entry {
    Authorize = 0b01,
    Resume = 0b10,
}

const BOTH: u8 = Entry::Authorize as u8 | Entry::Resume as u8;

struct Check {
    name: &'static str,
    entries: u8,
    run: Run,
}

/// Before the redirect URI is proved an error is a page; after it, an error is for the application.
enum Run {
    Address(fn(&Ask<'_>, &mut Opening) -> Result<(), PageError>),
    Request(fn(&Ask<'_>, &mut AuthorizationRequest) -> Result<(), RequestError>),
}

use Run::{Address, Request};

#[rustfmt::skip]
const CHECKS: &[Check] = &[
    Check { name: "client_id",             entries: BOTH, run: Address(address::client_id) },
    Check { name: "redirect_uri",          entries: BOTH, run: Address(address::redirect_uri) },
    // From here on errors travel; first what they need to travel well.
    Check { name: "state",                 entries: BOTH, run: Request(response::state) },
    Check { name: "response_mode",         entries: BOTH, run: Request(response::response_mode) },
    Check { name: "ignored",               entries: BOTH, run: Request(hints::ignored) },
    Check { name: "request_objects",       entries: BOTH, run: Request(response::request_objects) },
    Check { name: "response_type",         entries: BOTH, run: Request(response::response_type) },
    Check { name: "grant_type",            entries: BOTH, run: Request(response::grant_type) },
    Check { name: "scope",                 entries: BOTH, run: Request(scope::scope) },
    Check { name: "nonce",                 entries: BOTH, run: Request(pkce::nonce) },
    Check { name: "code_challenge_method", entries: BOTH, run: Request(pkce::method) },
    Check { name: "code_challenge",        entries: BOTH, run: Request(pkce::challenge) },
    Check { name: "prompt",                entries: BOTH, run: Request(prompt::prompt) },
    Check { name: "max_age",               entries: BOTH, run: Request(prompt::max_age) },
    Check { name: "acr_values",            entries: BOTH, run: Request(acr::acr_values) },
    Check { name: "claims",                entries: BOTH, run: Request(acr::claims) },
    Check { name: "hints",                 entries: BOTH, run: Request(hints::hints) },
    Check { name: "id_token_hint",         entries: BOTH, run: Request(hints::id_token_hint) },
];

/// Runs the checks of one entry point in the table's order.
pub(super) fn run(entry: Entry, ask: &Ask<'_>) -> Result<AuthorizationRequest, AuthorizeError> {
    let mut opening = Opening::default();
    let mut request: Option<AuthorizationRequest> = None;
    for check in CHECKS.iter().filter(|check| check.entries & entry as u8 != 0) {
        match check.run {
            Address(examine) => examine(ask, &mut opening)?,
            Request(examine) => {
                let mut draft = match request.take() {
                    Some(draft) => draft,
                    None => std::mem::take(&mut opening).finish(ask.issuer)?,
                };
                examine(ask, &mut draft).map_err(|error| {
                    tracing::debug!(check = check.name, "authorization request refused");
                    AuthorizeError::Redirect(draft.back.error(error))
                })?;
                request = Some(draft);
            }
        }
    }
    match request {
        Some(request) => Ok(request),
        None => Ok(opening.finish(ask.issuer)?),
    }
}

/// Text of at most `max` bytes without control characters.
fn is_clean(text: &str, max: usize) -> bool {
    text.len() <= max && !text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests;
