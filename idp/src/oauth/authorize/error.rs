//! What can be wrong with an authorization request. Redirecting is decided by type: before the redirect URI is proved
//! there is only [`PageError`]; after it there is [`RequestError`], which travels to the application.

use super::super::params::{ParamsError, Repeated};
use super::super::{ErrorCode, ProviderError};
use super::response::AuthorizationResponse;
use crate::domain::reason::Reason;

/// Answered by a page with status 400 and never by a redirect (RFC 6749 §4.1.2.1, OA-01).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PageError {
    #[error("the request cannot be read")]
    Unreadable(#[from] ParamsError),
    #[error("client_id is missing")]
    ClientIdMissing,
    #[error("client_id is repeated")]
    ClientIdRepeated,
    #[error("client_id is not known")]
    ApplicationUnknown,
    #[error("redirect_uri is missing")]
    RedirectUriMissing { application: String },
    #[error("redirect_uri is repeated")]
    RedirectUriRepeated { application: String },
    #[error("redirect_uri is not registered")]
    RedirectUriUnregistered { application: String },
}

impl PageError {
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
            Self::RedirectUriMissing { application }
            | Self::RedirectUriRepeated { application }
            | Self::RedirectUriUnregistered { application } => Some(application),
            _ => None,
        }
    }

    /// One fixed sentence for the developer.
    pub const fn public(&self) -> &'static str {
        match self {
            Self::Unreadable(error) => error.public(),
            Self::ClientIdMissing => "client_id is missing",
            Self::ClientIdRepeated => "client_id is repeated",
            Self::ApplicationUnknown => "no application is registered with this client_id",
            Self::RedirectUriMissing { .. } => "redirect_uri is missing",
            Self::RedirectUriRepeated { .. } => "redirect_uri is repeated",
            Self::RedirectUriUnregistered { .. } => {
                "redirect_uri is not exactly one that is registered for this client_id"
            }
        }
    }
}

/// Told to the application at its redirect URI (RFC 6749 §4.1.2.1, OpenID Connect Core §3.1.2.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    #[error("a parameter is repeated")]
    Repeated,
    #[error("the request is too large to be kept while the agent logs in")]
    TooLarge,
    #[error("state is too long or contains control characters")]
    State,
    #[error("nonce is too long or contains control characters")]
    Nonce,
    #[error("response_mode is neither query nor form_post")]
    ResponseMode,
    #[error("response_type is missing")]
    ResponseTypeMissing,
    #[error("response_type is not code")]
    ResponseType,
    #[error("the application may not use the authorization code grant")]
    GrantNotAllowed,
    #[error("request objects are not supported")]
    RequestObject,
    #[error("request_uri is not supported")]
    RequestUri,
    #[error("registration is not supported")]
    Registration,
    #[error("scope does not contain openid")]
    Scope,
    #[error("code_challenge is missing")]
    ChallengeMissing,
    #[error("code_challenge_method is not S256")]
    ChallengeMethod,
    #[error("code_challenge is no S256 challenge")]
    Challenge,
    #[error("prompt has an unknown value, or none beside others")]
    Prompt,
    #[error("max_age is no number of seconds")]
    MaxAge,
    #[error("login_hint, ui_locales or acr_values is too long or contains control characters")]
    Hint,
    #[error("claims is no JSON object as OpenID Connect Core §5.5 describes it, or too long")]
    Claims,
    #[error("the essential acr cannot be reached")]
    UnmetAcr,
    #[error("id_token_hint was not issued by us")]
    IdTokenHint,
    #[error("prompt=none, and nobody is logged in as asked")]
    LoginRequired,
    #[error("another agent is logged in than the one that id_token_hint names")]
    AnotherAgent,
    #[error("prompt=none, and the agent has something to do first")]
    InteractionRequired(Reason),
    #[error("access is refused")]
    AccessDenied(Reason),
    #[error("the agent went back to the application")]
    Cancelled,
}

impl From<Repeated> for RequestError {
    fn from(_: Repeated) -> Self {
        Self::Repeated
    }
}

impl RequestError {
    /// The value of `error`.
    pub const fn code(self) -> ErrorCode {
        match self {
            Self::ResponseType => ErrorCode::UnsupportedResponseType,
            Self::GrantNotAllowed => ErrorCode::UnauthorizedClient,
            Self::RequestObject => ErrorCode::RequestNotSupported,
            Self::RequestUri => ErrorCode::RequestUriNotSupported,
            Self::Registration => ErrorCode::RegistrationNotSupported,
            Self::Scope => ErrorCode::InvalidScope,
            Self::LoginRequired | Self::AnotherAgent => ErrorCode::LoginRequired,
            Self::InteractionRequired(_) => ErrorCode::InteractionRequired,
            Self::AccessDenied(_) | Self::Cancelled => ErrorCode::AccessDenied,
            Self::UnmetAcr => ErrorCode::UnmetAuthenticationRequirements,
            _ => ErrorCode::InvalidRequest,
        }
    }

    /// The value of `error_description`: a fixed sentence, or the reason that is the application's to know.
    pub fn public(self) -> &'static str {
        match self {
            Self::Repeated => "a parameter is repeated",
            Self::TooLarge => "the request is too large",
            Self::State => "state is too long or contains control characters",
            Self::Nonce => "nonce is too long or contains control characters",
            Self::ResponseMode => "response_mode must be query or form_post",
            Self::ResponseTypeMissing => "response_type is missing",
            Self::ResponseType => "response_type must be code",
            Self::GrantNotAllowed => "this client may not use the authorization code grant",
            Self::RequestObject => "request objects are not supported",
            Self::RequestUri => "request_uri is not supported",
            Self::Registration => "registration is not supported",
            Self::Scope => "scope must contain openid, and the client must be registered for it",
            Self::ChallengeMissing => "code_challenge is missing",
            Self::ChallengeMethod => "code_challenge_method must be S256",
            Self::Challenge => "code_challenge is not a base64url-encoded SHA-256",
            Self::Prompt => "prompt has an unknown value, or none beside others",
            Self::MaxAge => "max_age must be a number of seconds",
            Self::Hint => "login_hint, ui_locales or acr_values is too long or contains control characters",
            Self::Claims => "claims must be a JSON object as in OpenID Connect Core section 5.5, of at most 2048 bytes",
            Self::UnmetAcr => "the essential acr cannot be reached",
            Self::IdTokenHint => "id_token_hint is not an ID token of this issuer",
            Self::LoginRequired => "the agent must log in",
            Self::AnotherAgent => "another agent is logged in",
            Self::InteractionRequired(reason) | Self::AccessDenied(reason) => reason.told_to_application().code(),
            Self::Cancelled => "the agent cancelled the login",
        }
    }
}

/// Why an authorization request does not lead on.
#[derive(Debug, thiserror::Error)]
pub(super) enum AuthorizeError {
    #[error(transparent)]
    Page(#[from] PageError),
    /// The error is in the response, whose address was proved.
    #[error("the application is told so")]
    Redirect(AuthorizationResponse),
    #[error(transparent)]
    Provider(#[from] ProviderError),
}
