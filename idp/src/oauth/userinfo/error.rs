//! Why UserInfo is refused, as RFC 6750 §3 wants it said.

use super::super::{ErrorCode, ProviderError};

/// Why UserInfo is refused (RFC 6750 §3.1).
#[derive(Debug, thiserror::Error)]
pub enum UserInfoError {
    /// RFC 6750 §3.1: a request without authentication gets no error code.
    #[error("no access token was presented")]
    TokenMissing,
    #[error("the Authorization header or the access_token parameter is malformed")]
    Malformed,
    #[error("the token was presented twice")]
    TwoTokens,
    #[error("the token is not valid: {0}")]
    Token(&'static str),
    #[error("the token does not have the scope openid")]
    Scope,
    #[error(transparent)]
    Provider(#[from] ProviderError),
}

impl UserInfoError {
    /// The value of `error`; `None` for a request without any token.
    pub const fn code(&self) -> Option<ErrorCode> {
        match self {
            Self::TokenMissing => None,
            Self::Malformed | Self::TwoTokens => Some(ErrorCode::InvalidRequest),
            Self::Token(_) => Some(ErrorCode::InvalidToken),
            Self::Scope => Some(ErrorCode::InsufficientScope),
            Self::Provider(error) => Some(error.code()),
        }
    }

    /// The status, from the one table.
    pub const fn status(&self) -> u16 {
        match self.code() {
            Some(code) => code.status(),
            None => ErrorCode::InvalidToken.status(),
        }
    }

    /// What a client may read: not why a token of ours does not stand any more.
    pub const fn public(&self) -> &'static str {
        match self {
            Self::TokenMissing => "an access token is needed",
            Self::Malformed => "the access token is malformed",
            Self::TwoTokens => "the access token was presented twice",
            Self::Token(_) => "the access token is invalid, expired or revoked",
            Self::Scope => "the access token needs the scope openid",
            Self::Provider(error) => error.public(),
        }
    }

    /// The value of `WWW-Authenticate` (RFC 6750 §3).
    pub fn challenge(&self) -> Option<String> {
        const REALM: &str = r#"Bearer realm="octroi""#;
        match (self, self.code()) {
            (Self::Provider(_), _) => None,
            (_, None) => Some(REALM.to_owned()),
            (Self::Scope, Some(code)) => Some(format!(r#"{REALM}, error="{}", scope="openid""#, code.as_str())),
            (_, Some(code)) => {
                Some(format!(r#"{REALM}, error="{}", error_description="{}""#, code.as_str(), self.public()))
            }
        }
    }
}
