//! `/accessibilite` and `/confidentialite`: the two statements that the law asks for.

use axum::http::StatusCode;
use axum::response::Response;

use crate::ui::pages::statements::{Accessibility, Privacy};
use crate::web::Visitor;

/// The accessibility statement.
pub async fn accessibility(visitor: Visitor) -> Response {
    visitor.page_or_plain(StatusCode::OK, &Accessibility { frame: visitor.frame() })
}

/// The notice about personal data.
pub async fn privacy(visitor: Visitor) -> Response {
    visitor.page_or_plain(StatusCode::OK, &Privacy { frame: visitor.frame() })
}
