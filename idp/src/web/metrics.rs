//! `/metrics`, on a listener of its own: figures are for operators, not for agents.

use axum::Router;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;

/// The router of the metrics listener.
pub fn router(render: impl Fn() -> String + Clone + Send + Sync + 'static) -> Router {
    let text = move || {
        let body = render();
        async move { ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], body).into_response() }
    };
    Router::new().route("/metrics", get(text))
}
