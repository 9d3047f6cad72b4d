//! The handlers of the protocol's endpoints: parameters in, one call of `oauth`, one response out.

pub mod authorize;
pub mod discovery;
pub mod logout;
pub mod token;
pub mod userinfo;

use axum::Json;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::domain::audit::Contact;
use crate::domain::session::Session;
use crate::oauth::{Caller, ErrorCode, ProviderError};
use crate::web::Visitor;
use crate::web::error::{Failure, RETRY_AFTER, chain};

impl From<ProviderError> for Failure {
    fn from(error: ProviderError) -> Self {
        match error.code() {
            ErrorCode::TemporarilyUnavailable => Self::Busy(Some(Box::new(error))),
            _ => Self::Internal(Box::new(error)),
        }
    }
}

impl Visitor {
    /// This contact with its session, as `oauth` takes it.
    pub async fn caller(&self) -> Result<Caller, Failure> {
        Ok(self.caller_in(self.session().await?))
    }

    /// This contact with a session that is known already.
    fn caller_in(&self, session: Option<Session>) -> Caller {
        Caller { zone: self.zone(), contact: self.contact.clone(), session }
    }

    /// A back-channel contact: no browser, no session. Where the application's server stands says nothing about where the
    /// agent is (PRODUCT §2.2), so the audit's zone stays empty.
    pub fn application_caller(&self) -> Caller {
        Caller { zone: self.zone(), contact: Contact { zone: None, ..self.contact.clone() }, session: None }
    }
}

/// An error as RFC 6749 §5.2 and RFC 6750 §3.1 write it, never cached.
fn error_json(code: ErrorCode, description: &'static str) -> Response {
    let status = StatusCode::from_u16(code.status()).unwrap_or(StatusCode::BAD_REQUEST);
    let body = Json(json!({ "error": code.as_str(), "error_description": description }));
    (status, [(header::CACHE_CONTROL, "no-store")], body).into_response()
}

/// A failure of our own at a JSON endpoint: a fixed sentence, the chain in the log.
fn provider_error(visitor: &Visitor, error: &ProviderError) -> Response {
    tracing::error!(request.id = %visitor.context.request_id, error = chain(error), "the request failed");
    let mut response = error_json(error.code(), error.public());
    if response.status() == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(RETRY_AFTER.as_secs()));
    }
    response
}

/// The `Authorization` header, as bytes: `oauth` judges them.
fn authorization(headers: &HeaderMap) -> Option<&[u8]> {
    headers.get(header::AUTHORIZATION).map(HeaderValue::as_bytes)
}
