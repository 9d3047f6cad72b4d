//! `/oauth2/token` (RFC 6749 §3.2).

use axum::Json;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};

use super::{authorization, error_json, provider_error};
use crate::oauth::ErrorCode;
use crate::oauth::token::TokenError;
use crate::web::Visitor;
use crate::web::form::{Form, FormError};

/// Exchanges a grant for tokens.
pub async fn post(visitor: Visitor, headers: HeaderMap, form: Result<Form, FormError>) -> Response {
    let params = match form {
        Ok(Form(params)) => params,
        Err(error) => return unreadable(error),
    };
    match visitor.web.oauth.token(&params, authorization(&headers), &visitor.application_caller()).await {
        // RFC 6749 §5.1: never cached.
        Ok(tokens) => ([(header::CACHE_CONTROL, "no-store")], Json(tokens)).into_response(),
        Err(TokenError::Provider(error)) => provider_error(&visitor, &error),
        Err(error) => {
            let mut response = error_json(error.code(), error.public());
            if let TokenError::Client(client) = &error
                && let Some(challenge) = client.challenge()
            {
                response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
            }
            response
        }
    }
}

/// A body that is no form.
pub fn unreadable(error: FormError) -> Response {
    let mut response = error_json(ErrorCode::InvalidRequest, error.public());
    *response.status_mut() = error.status();
    response
}
