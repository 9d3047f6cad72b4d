//! Failures become pages here, and reach the log once, with their whole chain.

use std::error::Error;
use std::time::Duration;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;

use super::Visitor;
use crate::ephemeral::EphemeralError;
use crate::login::LoginError;
use crate::storage::StoreError;
use crate::ui::pages::notice::{Notice, NoticeKind};

/// How long somebody waits before the next try when Octroi is full.
pub const RETRY_AFTER: Duration = Duration::from_secs(5);

/// What stopped a request, apart from what is said about it.
#[derive(Debug)]
pub enum Failure {
    /// Full or busy now: 503 with `Retry-After`.
    Busy(Option<Box<dyn Error + Send + Sync>>),
    /// Ours to mend: 500, with the request id.
    Internal(Box<dyn Error + Send + Sync>),
    /// A short page with this status.
    Notice(StatusCode, NoticeKind),
    /// Something else comes first (the login, a confirmation) and leads back: one of our own addresses.
    First(String),
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Busy | StoreError::Unavailable(..) => Self::Busy(Some(Box::new(error))),
            other => Self::Internal(Box::new(other)),
        }
    }
}

impl From<EphemeralError> for Failure {
    fn from(error: EphemeralError) -> Self {
        Self::Busy(Some(Box::new(error)))
    }
}

impl From<LoginError> for Failure {
    fn from(error: LoginError) -> Self {
        match error {
            LoginError::Overloaded => Self::Busy(None),
            LoginError::Store(error) => error.into(),
            LoginError::Ephemeral(error) => error.into(),
            other @ (LoginError::Seal(_) | LoginError::Totp(_) | LoginError::Passkey(_)) => {
                Self::Internal(Box::new(other))
            }
        }
    }
}

impl From<crate::ui::RenderError> for Failure {
    fn from(error: crate::ui::RenderError) -> Self {
        Self::Internal(Box::new(error))
    }
}

impl Failure {
    /// Writes the failure to the log: what it was, and every cause behind it.
    pub fn log(&self, request_id: &str) {
        match self {
            Self::Busy(Some(error)) => {
                tracing::error!(
                    request.id = request_id,
                    error = chain(error.as_ref()),
                    "the request could not be served now"
                );
            }
            Self::Busy(None) => tracing::warn!(request.id = request_id, "the password queue is full"),
            Self::Internal(error) => {
                tracing::error!(request.id = request_id, error = chain(error.as_ref()), "the request failed");
            }
            Self::Notice(..) | Self::First(_) => {}
        }
    }

    /// The page that says so.
    pub fn into_page(self, visitor: &Visitor) -> Response {
        self.log(visitor.context.request_id.as_str());
        let (status, kind) = match self {
            Self::Busy(_) => (StatusCode::SERVICE_UNAVAILABLE, NoticeKind::Overloaded { wait: RETRY_AFTER }),
            Self::Internal(_) => (StatusCode::INTERNAL_SERVER_ERROR, NoticeKind::ServerError),
            Self::Notice(status, kind) => (status, kind),
            Self::First(location) => return visitor.see_other(&location),
        };
        let request_id = status.is_server_error().then(|| visitor.context.request_id.to_string());
        let mut response =
            visitor.page_or_plain(status, &Notice { frame: visitor.frame(), kind, request_id, onward: None });
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(RETRY_AFTER.as_secs()));
        }
        response
    }
}

/// An error with all its causes, on one line.
pub fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
