//! `/health/live`: the process answers. `/health/ready`: it can serve logins (database reachable, keys loaded).

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::Web;

/// 200 as long as the process answers.
pub async fn live() -> Response {
    Json(json!({ "status": "live" })).into_response()
}

/// 200 when the database answers, else 503.
pub async fn ready(State(web): State<Web>) -> Response {
    match web.login.store.ping().await {
        Ok(()) => Json(json!({ "status": "ready" })).into_response(),
        Err(error) => {
            tracing::warn!(error = super::error::chain(&error), "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, Json(json!({ "status": "not ready", "database": "unavailable" })))
                .into_response()
        }
    }
}
