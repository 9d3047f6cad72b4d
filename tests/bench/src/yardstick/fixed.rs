//! Bare axum with a fixed body: nothing can answer faster through the same library.

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use tokio::net::TcpListener;

pub async fn serve(port: u16, discovery_bytes: usize, jwks_bytes: usize) -> anyhow::Result<()> {
    let (discovery, jwks) = (body(discovery_bytes), body(jwks_bytes));
    let router = Router::new()
        .route("/discovery", get(async move || ([(CONTENT_TYPE, "application/json")], discovery)))
        .route("/jwks", get(async move || ([(CONTENT_TYPE, "application/json")], jwks)));
    axum::serve(TcpListener::bind(("127.0.0.1", port)).await?, router).await?;
    Ok(())
}

/// A JSON text of this size, for the whole life of the process.
pub fn body(bytes: usize) -> &'static str {
    format!("\"{}\"", "x".repeat(bytes.saturating_sub(2))).leak()
}
