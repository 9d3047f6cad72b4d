//! Why no token was issued. Variants are reasons; what the client reads is [`TokenError::public`].

use super::super::params::{ParamsError, Repeated};
use super::super::{ClientAuthError, ErrorCode, ProviderError};
use crate::domain::reason::Reason;
use crate::storage::StoreError;

/// A refusal at the token endpoint (RFC 6749 §5.2).
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    #[error("the request cannot be read")]
    Unreadable(#[from] ParamsError),
    #[error("a parameter is repeated")]
    Repeated,
    #[error(transparent)]
    Client(#[from] ClientAuthError),
    #[error("grant_type is missing")]
    GrantTypeMissing,
    #[error("grant_type is not supported")]
    GrantTypeUnknown,
    #[error("the application may not use this grant")]
    GrantNotAllowed,
    #[error("the application is disabled")]
    ApplicationDisabled,
    #[error("code is missing")]
    CodeMissing,
    #[error("redirect_uri is missing")]
    RedirectUriMissing,
    #[error("the code is unknown")]
    CodeUnknown,
    #[error("the code was presented before")]
    CodeReplayed,
    #[error("the code was issued to another client")]
    CodeOfAnotherClient,
    #[error("the code has expired")]
    CodeExpired,
    #[error("redirect_uri differs from the one of the authorization request")]
    RedirectUriMismatch,
    #[error("code_verifier is missing")]
    VerifierMissing,
    #[error("code_verifier does not fit the code_challenge")]
    VerifierMismatch,
    #[error("code_verifier without code_challenge")]
    VerifierUnexpected,
    #[error("the grant was revoked")]
    GrantRevoked,
    #[error("the session has ended")]
    SessionEnded,
    #[error("the agent is not active")]
    AgentNotActive,
    #[error("the zone was lowered, and access from there is refused: {0}")]
    ZoneLowered(Reason),
    #[error(transparent)]
    Provider(#[from] ProviderError),
}

impl From<Repeated> for TokenError {
    fn from(_: Repeated) -> Self {
        Self::Repeated
    }
}

impl From<StoreError> for TokenError {
    fn from(error: StoreError) -> Self {
        Self::Provider(error.into())
    }
}

impl TokenError {
    /// The value of `error`.
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::Client(error) => error.code(),
            Self::GrantTypeUnknown => ErrorCode::UnsupportedGrantType,
            Self::GrantNotAllowed | Self::ApplicationDisabled => ErrorCode::UnauthorizedClient,
            Self::CodeUnknown
            | Self::CodeReplayed
            | Self::CodeOfAnotherClient
            | Self::CodeExpired
            | Self::RedirectUriMismatch
            | Self::VerifierMissing
            | Self::VerifierMismatch
            | Self::GrantRevoked
            | Self::SessionEnded
            | Self::AgentNotActive
            | Self::ZoneLowered(_) => ErrorCode::InvalidGrant,
            Self::Provider(error) => error.code(),
            Self::Unreadable(_)
            | Self::Repeated
            | Self::GrantTypeMissing
            | Self::CodeMissing
            | Self::RedirectUriMissing
            // RFC 9700 §4.8.2: somebody took the challenge out of the authorization request (OA-03).
            | Self::VerifierUnexpected => ErrorCode::InvalidRequest,
        }
    }

    /// The value of `error_description`. Whoever tries codes does not learn which ones exist, and an application does
    /// not learn what became of an agent.
    pub fn public(&self) -> &'static str {
        match self {
            Self::Unreadable(error) => error.public(),
            Self::Repeated => "a parameter is repeated",
            Self::Client(error) => error.public(),
            Self::GrantTypeMissing => "grant_type is missing",
            Self::GrantTypeUnknown => "grant_type is not supported",
            Self::GrantNotAllowed => "this client may not use this grant",
            Self::ApplicationDisabled => Reason::AppDisabled.code(),
            Self::CodeMissing => "code is missing",
            Self::RedirectUriMissing => "redirect_uri is missing",
            Self::CodeUnknown | Self::CodeReplayed | Self::CodeOfAnotherClient | Self::CodeExpired => {
                "the code is unknown, expired, spent or not this client's"
            }
            Self::RedirectUriMismatch => "redirect_uri differs from the one of the authorization request",
            Self::VerifierMissing => "code_verifier is missing",
            Self::VerifierMismatch => "code_verifier does not match code_challenge",
            Self::VerifierUnexpected => "code_verifier without code_challenge",
            Self::GrantRevoked | Self::SessionEnded | Self::AgentNotActive => Reason::AccessRefused.code(),
            Self::ZoneLowered(_) => Reason::ZoneLowered.code(),
            Self::Provider(error) => error.public(),
        }
    }

    /// The value of `WWW-Authenticate`, where the answer has one.
    pub const fn challenge(&self) -> Option<&'static str> {
        match self {
            Self::Client(error) => error.challenge(),
            _ => None,
        }
    }
}
