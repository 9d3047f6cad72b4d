//! What no other page answers.

use axum::http::StatusCode;
use axum::response::Response;

use crate::ui::pages::notice::NoticeKind;
use crate::web::Visitor;
use crate::web::error::Failure;

/// 404.
pub async fn not_found(visitor: Visitor) -> Response {
    Failure::Notice(StatusCode::NOT_FOUND, NoticeKind::NotFound).into_page(&visitor)
}

/// 405.
pub async fn method_not_allowed(visitor: Visitor) -> Response {
    Failure::Notice(StatusCode::METHOD_NOT_ALLOWED, NoticeKind::MethodNotAllowed).into_page(&visitor)
}
