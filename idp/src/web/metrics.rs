//! `/metrics`, on a listener of its own: figures are for operators, not for agents.

use axum::Router;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;

/// Renders the figures in Prometheus' text format.
pub trait Figures: Clone + Send + Sync + 'static {
    fn render(&self) -> String;
}

/// The router of the metrics listener.
pub fn router(figures: impl Figures) -> Router {
    let text = move || {
        let body = figures.render();
        async move { ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], body).into_response() }
    };
    Router::new().route("/metrics", get(text))
}
