//! `/account/activity`: what happened to the account, page by page.

use axum::http::StatusCode;
use axum::response::Response;

use crate::domain::audit::RecordedEvent;
use crate::domain::ids::ClientId;
use crate::domain::session::Session;
use crate::ui::activity::{ActivityEntry, Reader};
use crate::ui::pages::account::Section;
use crate::ui::pages::account_activity::AccountActivity;
use crate::web::Visitor;
use crate::web::error::Failure;

const HERE: &str = Section::Activity.path();

/// Events on one page.
const PAGE: u32 = 30;

/// Shows one page; a position that is none is the first page.
pub async fn get(visitor: Visitor) -> Response {
    show(&visitor).await.unwrap_or_else(|failure| failure.into_page(&visitor))
}

async fn show(visitor: &Visitor) -> Result<Response, Failure> {
    let session = visitor.own_session(HERE).await?;
    let before = visitor.query("before").and_then(|text| text.parse().ok());
    let activity = visitor.web.login.own_activity(&session, before, PAGE).await?;
    let page = AccountActivity {
        frame: visitor.frame(),
        entries: activity.events.iter().map(|event| entry(visitor, &session, event)).collect(),
        older: activity.next,
        is_first: before.is_none(),
    };
    visitor.page(StatusCode::OK, &page, None)
}

fn entry(visitor: &Visitor, session: &Session, event: &RecordedEvent) -> ActivityEntry {
    let applications = visitor.web.oauth.applications.load();
    let application = event.client_id.as_ref().and_then(|id| applications.find(&ClientId::new(id)));
    let reader = Reader {
        soi: session.soi.as_str(),
        application: application.as_ref().map(|found| found.application.record.name.as_str()),
        at: &event.at.to_local(&visitor.web.settings.time_zone),
    };
    ActivityEntry::new(&visitor.frame(), event, reader)
}
