//! `/`: who is signed in with this browser, and the way out.

use axum::http::StatusCode;
use axum::response::Response;

use crate::ui::pages::signed_in::SignedIn;
use crate::web::Visitor;
use crate::web::error::Failure;

/// Shows the session, or leads to the login.
pub async fn get(visitor: Visitor) -> Response {
    show(&visitor).await.unwrap_or_else(|failure| failure.into_page(&visitor))
}

async fn show(visitor: &Visitor) -> Result<Response, Failure> {
    let Some(session) = visitor.session().await? else { return Ok(visitor.see_other("/login")) };
    let Some(agent) = visitor.web.login.find_agent(&session).await? else { return Ok(visitor.see_other("/login")) };
    let page = SignedIn {
        frame: visitor.frame(),
        name: agent.record.full_name(),
        soi: agent.record.soi.to_string(),
        since: session.auth_time.to_local(&visitor.web.settings.time_zone),
    };
    visitor.page(StatusCode::OK, &page, None)
}
