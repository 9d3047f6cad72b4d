//! `/account/contact`: the addresses and whether they are proved.

use axum::http::StatusCode;
use axum::response::Response;

use crate::domain::channel::Address;
use crate::login::account::OwnChannel;
use crate::ui::pages::account::Section;
use crate::ui::pages::account_contact::{AccountContact, ContactDone, ShownChannel};
use crate::web::Visitor;
use crate::web::error::Failure;

const HERE: &str = Section::Contact.path();

/// What this page says once after an act.
pub const PROVED: &str = "channel-proved";
pub const REMOVED: &str = "channel-removed";

/// Shows the list.
pub async fn get(visitor: Visitor) -> Response {
    show(&visitor).await.unwrap_or_else(|failure| failure.into_page(&visitor))
}

async fn show(visitor: &Visitor) -> Result<Response, Failure> {
    let session = visitor.own_session(HERE).await?;
    let Some(account) = visitor.web.login.own_account(&session).await? else {
        return Ok(visitor.see_other("/login"));
    };
    let done = if visitor.is_done(PROVED) {
        Some(ContactDone::Proved)
    } else {
        visitor.is_done(REMOVED).then_some(ContactDone::Removed)
    };
    let channels = account.channels.into_iter().map(|channel| shown(visitor, channel)).collect();
    visitor.page(StatusCode::OK, &AccountContact { frame: visitor.frame(), channels, done }, None)
}

fn shown(visitor: &Visitor, channel: OwnChannel) -> ShownChannel {
    let text = |address: Address| address.as_str().to_owned();
    ShownChannel {
        kind: channel.kind,
        address: channel.address.map(text),
        verified_on: channel.verified_at.map(|at| visitor.local_day(at)),
        waiting: channel.waiting.map(|waiting| text(waiting.address)),
    }
}
