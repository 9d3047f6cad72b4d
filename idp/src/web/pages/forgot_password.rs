//! `/forgot-password`: for now, whom to call.

use axum::http::StatusCode;
use axum::response::Response;

use super::{id_of, return_origin};
use crate::ui::pages::forgot_password::ForgotPassword;
use crate::web::Visitor;

/// Says whom to call.
pub async fn get(mut visitor: Visitor) -> Response {
    let shown = match visitor.pending(visitor.query("interaction")).await {
        Ok(pending) => {
            let page = ForgotPassword { frame: visitor.frame(), interaction: id_of(pending.as_ref()) };
            visitor.page(StatusCode::OK, &page, return_origin(pending.as_ref()))
        }
        Err(failure) => Err(failure),
    };
    shown.unwrap_or_else(|failure| failure.into_page(&visitor))
}
