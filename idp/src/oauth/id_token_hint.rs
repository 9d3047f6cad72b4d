//! `id_token_hint`: an ID token of ours that an application shows again (OpenID Connect Core §3.1.2.1, RP-Initiated
//! Logout §2). It says whom the application means; it proves nothing about who is there. It may have expired.

use serde::Deserialize;
use serde_json::Value;

use crate::crypto::jwt::TokenType;
use crate::crypto::keys::KeyRing;
use crate::domain::ids::{ClientId, Sid, Sub};

/// What a verified hint says.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Hint {
    pub sub: Sub,
    /// The application that it was issued to.
    pub aud: ClientId,
    pub sid: Option<Sid>,
}

/// The hint was not issued by us, or is no ID token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct InvalidHint;

/// Reads a hint: signed by one of our live keys, typed as ID token, with our `iss`; of any age.
pub(super) fn read(keys: &KeyRing, issuer: &str, token: &str) -> Result<Hint, InvalidHint> {
    let claims = keys.verify(token, TokenType::IdToken).map_err(|_| InvalidHint)?;
    if claims.get("iss").and_then(Value::as_str) != Some(issuer) {
        return Err(InvalidHint);
    }
    serde_json::from_value(Value::Object(claims)).map_err(|_| InvalidHint)
}
