//! Response headers: the strict default for everything, and what pages add (STANDARDS §9.1).

use std::sync::LazyLock;

use axum::http::header::{self, HeaderName};
use axum::http::{HeaderMap, HeaderValue};

/// The policy of a page. `form_action` is the origin to which a transaction returns: Chromium applies `form-action` to
/// the redirect that follows a form, so the application's origin must be allowed there (HTTP-02).
pub fn content_security_policy(form_action: Option<&str>) -> String {
    let extra = form_action.map(|origin| format!(" {origin}")).unwrap_or_default();
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
         connect-src 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'; form-action 'self'{extra}; \
         require-trusted-types-for 'script'"
    )
}

/// Fills in what a response has not said itself.
pub fn secure(headers: &mut HeaderMap, https: bool) {
    for (name, value) in DEFAULTS.iter() {
        headers.entry(name).or_insert_with(|| value.clone());
    }
    if https {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HSTS);
    }
}

const HSTS: HeaderValue = HeaderValue::from_static("max-age=63072000; includeSubDomains; preload");

/// Written once, since they go out with every response.
static DEFAULTS: LazyLock<Vec<(HeaderName, HeaderValue)>> = LazyLock::new(|| {
    let fixed = [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "same-origin"),
        ("cache-control", "no-store"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        (
            "permissions-policy",
            "camera=(), microphone=(), geolocation=(), publickey-credentials-get=(self), publickey-credentials-create=(self)",
        ),
        ("x-robots-tag", "noindex, nofollow"),
    ];
    let fixed = fixed.map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
    let policy = HeaderValue::from_str(&content_security_policy(None)).ok();
    fixed.into_iter().chain(policy.map(|policy| (header::CONTENT_SECURITY_POLICY, policy))).collect()
});
