//! Metadata and keys: public, cacheable, open to scripts of any origin (HTTP-09).
//!
//! Every application and every proxy in front asks for these, and the answer is the same for all: it is written once, when
//! the server starts or its keys change, with its headers. No zone, no request id and no line in the log belong to them;
//! they are counted like every request.

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::Response;
use metrics::{Histogram, histogram};
use serde::Serialize;

use crate::crypto::keys::KeyRing;
use crate::domain::time::Stopwatch;
use crate::oauth::Provider;
use crate::web::headers::secure;
use crate::web::pages::fallback::method_not_allowed;
use crate::web::{Visitor, Web};

/// The documents as they go out.
pub struct Documents {
    metadata: Document,
    /// With the keys that it was written from.
    jwks: ArcSwapOption<(Arc<KeyRing>, Document)>,
    https: bool,
    metadata_seconds: Histogram,
    jwks_seconds: Histogram,
}

#[derive(Clone)]
struct Document {
    headers: HeaderMap,
    body: Bytes,
}

impl Documents {
    /// Writes what does not change. `https`: how browsers reach us.
    pub fn new(oauth: &Provider, https: bool) -> Self {
        let seconds = |route| histogram!("octroi_http_request_duration_seconds", "route" => route, "status" => "200");
        Self {
            metadata: Document::new(&oauth.metadata(), https),
            jwks: ArcSwapOption::empty(),
            https,
            metadata_seconds: seconds("/.well-known/openid-configuration"),
            jwks_seconds: seconds("/oauth2/jwks"),
        }
    }

    fn jwks(&self, keys: Arc<KeyRing>) -> Document {
        if let Some(written) = self.jwks.load().as_ref().filter(|written| Arc::ptr_eq(&written.0, &keys)) {
            return written.1.clone();
        }
        let document = Document::new(keys.jwks(), self.https);
        self.jwks.store(Some(Arc::new((keys, document.clone()))));
        document
    }
}

impl Document {
    fn new(document: &impl Serialize, https: bool) -> Self {
        // Maps and texts of our own: there is nothing in them that JSON could not say.
        let body = Bytes::from(serde_json::to_vec(document).unwrap_or_default());
        let mut headers = HeaderMap::from_iter([
            (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
            (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=300")),
            (header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*")),
            (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("cross-origin")),
            (header::CONTENT_LENGTH, HeaderValue::from(body.len())),
        ]);
        secure(&mut headers, https);
        Self { headers, body }
    }

    fn response(self) -> Response {
        let mut response = Response::new(Body::from(self.body));
        *response.headers_mut() = self.headers;
        response
    }
}

/// OpenID Connect Discovery §4, and RFC 8414 §3.
pub async fn metadata(State(web): State<Web>) -> Response {
    let watch = Stopwatch::start();
    let documents = &web.documents;
    let response = documents.metadata.clone().response();
    documents.metadata_seconds.record(watch.seconds());
    response
}

/// The live public keys (RFC 7517 §5).
pub async fn jwks(State(web): State<Web>) -> Response {
    let watch = Stopwatch::start();
    let documents = &web.documents;
    let response = documents.jwks(web.oauth.keys.load_full()).response();
    documents.jwks_seconds.record(watch.seconds());
    response
}

/// These documents are read, and nothing else.
pub async fn only_get(visitor: Visitor) -> Response {
    let request_id = HeaderValue::from_str(visitor.context.request_id.as_str());
    let https = visitor.web.documents.https;
    let mut response = method_not_allowed(visitor).await;
    let headers = response.headers_mut();
    headers.insert(header::ALLOW, HeaderValue::from_static("GET,HEAD"));
    if let Ok(request_id) = request_id {
        headers.insert("x-request-id", request_id);
    }
    secure(headers, https);
    response
}
