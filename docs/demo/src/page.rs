//! What the portal's and the mailbox's pages share: rendering, the stylesheet, and the headers of every answer.
//!
//! Pages have no script and no inline style; the policy below holds them to it.

use askama::Template;
use axum::Router;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ORIGIN, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;

const STYLESHEET: &str = include_str!("../assets/demo.css");

const ICON: &str = include_str!("../assets/icon.svg");

/// The stylesheet and the icon, the same on both sites.
pub fn assets<S: Clone + Send + Sync + 'static>() -> Router<S> {
    let asset = |content_type: &'static str, text: &'static str| {
        get(async move || ([(CONTENT_TYPE, content_type), (CACHE_CONTROL, "max-age=300")], text))
    };
    Router::new()
        .route("/demo.css", asset("text/css; charset=utf-8", STYLESHEET))
        .route("/icon.svg", asset("image/svg+xml", ICON))
}

/// Renders one page; a template that fails is a 500 without detail, and a line in the log.
pub fn render(status: StatusCode, page: &impl Template) -> Response {
    match page.render() {
        Ok(html) => (status, Html(html)).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page could not be rendered");
            (StatusCode::INTERNAL_SERVER_ERROR, "Cette page ne peut pas être affichée.").into_response()
        }
    }
}

/// The headers of every answer. `form_targets`: origins to which a form of this site may lead, also by redirect
/// (Chromium applies `form-action` to the redirects after a POST).
pub fn security_headers(form_targets: &[&str]) -> Vec<(HeaderName, HeaderValue)> {
    let policy = format!(
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self' {}; base-uri 'none'; frame-ancestors 'none'",
        form_targets.join(" ")
    );
    // An origin that is no header value leaves the strictest policy.
    let policy = HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'none'"));
    vec![
        (CONTENT_SECURITY_POLICY, policy),
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        // Not `no-referrer`: browsers would then send `Origin: null` with our own forms.
        (REFERRER_POLICY, HeaderValue::from_static("same-origin")),
        (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    ]
}

/// Adds `headers` to an answer; what is a page is not kept by the browser.
pub fn finish(mut response: Response, headers: &[(HeaderName, HeaderValue)]) -> Response {
    let given = response.headers_mut();
    for (name, value) in headers {
        given.insert(name, value.clone());
    }
    given.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Whether a form came from one of our own pages. All ports of `localhost` are one *site*, so `SameSite` alone does not
/// tell our neighbours' forms from ours.
pub fn is_own_form(headers: &HeaderMap, own_origin: &str) -> bool {
    headers.get(ORIGIN).is_none_or(|origin| origin.as_bytes() == own_origin.as_bytes())
}
