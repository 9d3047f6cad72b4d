//! `/oauth2/userinfo` (OpenID Connect Core §5.3): the token in the header, or by POST in the body; never in the query.

use axum::Json;
use axum::body::Body;
use axum::extract::{FromRequest, Request, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};

use super::{authorization, error_json, provider_error};
use crate::oauth::Params;
use crate::oauth::userinfo::UserInfoError;
use crate::web::form::{Form, FormError};
use crate::web::{Visitor, Web};

/// The token in the header.
pub async fn get(visitor: Visitor, headers: HeaderMap) -> Response {
    answer(&visitor, &headers, None).await
}

/// The token in the header, or in a form (RFC 6750 §2.2).
pub async fn post(visitor: Visitor, State(web): State<Web>, request: Request<Body>) -> Response {
    let headers = request.headers().clone();
    match Form::from_request(request, &web).await {
        Ok(Form(params)) => answer(&visitor, &headers, Some(&params)).await,
        // A POST with the header needs no body, whatever its type.
        Err(FormError::MediaType) => answer(&visitor, &headers, None).await,
        Err(error) => super::token::unreadable(error),
    }
}

async fn answer(visitor: &Visitor, headers: &HeaderMap, form: Option<&Params>) -> Response {
    match visitor.web.oauth.userinfo(authorization(headers), form).await {
        Ok(claims) => ([(header::CACHE_CONTROL, "no-store")], Json(claims)).into_response(),
        Err(UserInfoError::Provider(error)) => provider_error(visitor, &error),
        Err(error) => {
            // RFC 6750 §3.1: a request without a token gets the challenge alone.
            let mut response = match error.code() {
                Some(code) => error_json(code, error.public()),
                None => axum::http::StatusCode::UNAUTHORIZED.into_response(),
            };
            if let Some(challenge) = error.challenge().and_then(|c| HeaderValue::from_str(&c).ok()) {
                response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
            }
            response
        }
    }
}
