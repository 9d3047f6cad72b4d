//! Metadata and keys: public, cacheable, open to scripts of any origin (HTTP-09).

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderName, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::web::Web;

/// OpenID Connect Discovery §4.
pub async fn openid(State(web): State<Web>) -> Response {
    public(web.oauth.metadata())
}

/// RFC 8414 §3.
pub async fn oauth(State(web): State<Web>) -> Response {
    public(web.oauth.metadata())
}

/// The live public keys (RFC 7517 §5).
pub async fn jwks(State(web): State<Web>) -> Response {
    public(web.oauth.keys.load().jwks())
}

fn public(document: impl Serialize) -> Response {
    let headers = [
        (header::CACHE_CONTROL, "public, max-age=300"),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (HeaderName::from_static("cross-origin-resource-policy"), "cross-origin"),
    ];
    (headers, Json(document)).into_response()
}
