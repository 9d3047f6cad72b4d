//! Why a logout request is answered by a page with status 400.

use super::super::ErrorCode;
use super::super::params::{ParamsError, Repeated};
use crate::domain::reason::Reason;

/// Why a logout request is not followed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LogoutError {
    #[error("the request cannot be read")]
    Unreadable(#[from] ParamsError),
    #[error("a parameter is repeated")]
    Repeated,
    #[error("state is too long or contains control characters")]
    State,
    #[error("id_token_hint was not issued by us")]
    HintInvalid,
    #[error("client_id and id_token_hint name different applications")]
    ClientMismatch,
    #[error("client_id is not known")]
    ApplicationUnknown,
    #[error("post_logout_redirect_uri without an application")]
    ApplicationMissing,
    #[error("post_logout_redirect_uri is not registered")]
    UriUnregistered { application: String },
}

impl From<Repeated> for LogoutError {
    fn from(_: Repeated) -> Self {
        Self::Repeated
    }
}

impl LogoutError {
    /// The code for the developer's line on the page.
    pub const fn code(&self) -> ErrorCode {
        ErrorCode::InvalidRequest
    }

    /// The catalogue's reason, where it has one.
    pub const fn reason(&self) -> Option<Reason> {
        match self {
            Self::ApplicationUnknown => Some(Reason::AppUnknown),
            _ => None,
        }
    }

    /// The application's name, once it is known.
    pub fn application(&self) -> Option<&str> {
        match self {
            Self::UriUnregistered { application } => Some(application),
            _ => None,
        }
    }

    /// One fixed sentence for the developer.
    pub const fn public(&self) -> &'static str {
        match self {
            Self::Unreadable(error) => error.public(),
            Self::Repeated => "a parameter is repeated",
            Self::State => "state is too long or contains control characters",
            Self::HintInvalid => "id_token_hint is not an ID token of this issuer",
            Self::ClientMismatch => "client_id is not the audience of id_token_hint",
            Self::ApplicationUnknown => "no application is registered with this client_id",
            Self::ApplicationMissing => "post_logout_redirect_uri needs id_token_hint or client_id",
            Self::UriUnregistered { .. } => {
                "post_logout_redirect_uri is not exactly one that is registered for this client_id"
            }
        }
    }
}
