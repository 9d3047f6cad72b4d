//! `/login/notice`: whose password ends soon is told so right after the login, then goes on.

use axum::http::StatusCode;
use axum::response::Response;

use super::login::resume;
use super::{Pending, application_of, id_of};
use crate::ui::pages::password_ends::PasswordEnds;
use crate::web::Visitor;
use crate::web::error::Failure;

/// Shows the notice, or goes straight on where there is nothing to tell.
pub async fn get(mut visitor: Visitor) -> Response {
    show(&mut visitor).await.unwrap_or_else(|failure| failure.into_page(&visitor))
}

async fn show(visitor: &mut Visitor) -> Result<Response, Failure> {
    let pending = visitor.pending(visitor.query("interaction")).await?;
    let frame = visitor.frame();
    let interaction = id_of(pending.as_ref());
    let Some(session) = visitor.session().await? else {
        return Ok(visitor.see_other(&frame.path("/login", &interaction)));
    };
    let onward = interaction.as_deref().map_or_else(|| "/".to_owned(), resume);
    let Some(ends) = visitor.web.login.find_password_end(&session).await? else {
        return Ok(visitor.see_other(&onward));
    };
    let time_zone = &visitor.web.settings.time_zone;
    let page = PasswordEnds {
        frame,
        on: ends.to_local_date(time_zone),
        days: ends.days_from(visitor.web.login.clock.now(), time_zone),
        interaction,
        application: application_of(pending.as_ref()),
        onward,
    };
    visitor.page(StatusCode::OK, &page, None)
}

/// The address of the notice.
pub fn path(visitor: &Visitor, pending: Option<&Pending>) -> String {
    visitor.frame().path("/login/notice", &id_of(pending))
}
