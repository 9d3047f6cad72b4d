//! What stops the provider itself, whoever asks and whatever they ask: never the client's fault.

use super::ErrorCode;
use crate::crypto::jwt::JwtError;
use crate::ephemeral::EphemeralError;
use crate::storage::StoreError;

/// A failure of our own. Its chain goes to the log once, at the web boundary; clients read [`public`](Self::public).
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    #[error("storage failed")]
    Store(#[from] StoreError),
    #[error("ephemeral state failed")]
    Ephemeral(#[from] EphemeralError),
    #[error("signing failed")]
    Signing(#[from] JwtError),
    #[error("a pending interaction could not be written or read")]
    Interaction(#[from] serde_json::Error),
    #[error("too many authorization requests within a minute from one network outside")]
    TooManyFromOneSource,
}

impl ProviderError {
    /// `temporarily_unavailable` where trying again may help, else `server_error`.
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::TooManyFromOneSource
            | Self::Store(StoreError::Busy | StoreError::Unavailable(..))
            | Self::Ephemeral(EphemeralError::Unavailable | EphemeralError::Full) => ErrorCode::TemporarilyUnavailable,
            _ => ErrorCode::ServerError,
        }
    }

    /// What a client may read.
    pub const fn public(&self) -> &'static str {
        match self.code() {
            ErrorCode::TemporarilyUnavailable => "the service is unavailable for a moment",
            _ => "an internal error occurred",
        }
    }
}
