//! `/account/contact/…`: one kind of address: a code is sent, typed, and the address counts; or it is removed.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;

use super::account_contact::{PROVED, REMOVED};
use crate::domain::channel::ChannelKind;
use crate::domain::session::Session;
use crate::login::account::OwnChannel;
use crate::login::channels::{Proving, Removal, Sending};
use crate::ui::pages::account::Section;
use crate::ui::pages::account_channel::{AccountChannel, ChannelProblem, ChannelStep};
use crate::ui::pages::account_contact::path_of;
use crate::ui::pages::notice::NoticeKind;
use crate::web::Visitor;
use crate::web::error::Failure;
use crate::web::form::{Form, FormError, OwnForm};

/// Shows the step that comes next.
pub async fn get(visitor: Visitor, Path(name): Path<String>) -> Response {
    show(&visitor, &name).await.unwrap_or_else(|failure| failure.into_page(&visitor))
}

async fn show(visitor: &Visitor, name: &str) -> Result<Response, Failure> {
    let kind = kind_of(name)?;
    let session = visitor.own_session(path_of(kind)).await?;
    let channel = channel(visitor, &session, kind).await?;
    if channel.waiting.is_none() || visitor.query("change").is_some() {
        visitor.require_fresh(&session, path_of(kind)).await?;
        return page(visitor, &session, &OwnChannel { waiting: None, ..channel }, "", None);
    }
    page(visitor, &session, &channel, "", None)
}

/// Sends a code, tries one, or removes the address.
pub async fn post(visitor: Visitor, Path(name): Path<String>, form: Result<Form, FormError>) -> Response {
    act(&visitor, &name, form).await.unwrap_or_else(|failure| failure.into_page(&visitor))
}

async fn act(visitor: &Visitor, name: &str, sent: Result<Form, FormError>) -> Result<Response, Failure> {
    let kind = kind_of(name)?;
    let Form(params) = sent?;
    let own = visitor.own_form(&params)?;
    let session = visitor.own_session(path_of(kind)).await?;
    match own.field("act") {
        "send" => send(visitor, &session, kind, &own).await,
        "code" => prove(visitor, &session, kind, &own).await,
        "remove" => remove(visitor, &session, kind).await,
        _ => Err(Failure::Notice(StatusCode::BAD_REQUEST, NoticeKind::Unreadable)),
    }
}

async fn send(visitor: &Visitor, session: &Session, kind: ChannelKind, own: &OwnForm<'_>) -> Result<Response, Failure> {
    visitor.require_fresh(session, path_of(kind)).await?;
    let typed = own.field("address");
    let sending = visitor.web.login.send_channel_code(session, kind, typed, visitor.visit(Some(session))).await?;
    let problem = match sending {
        Sending::Sent | Sending::AtTheOffice => return Ok(visitor.see_other(path_of(kind))),
        Sending::Gone => return Err(Failure::First("/login".to_owned())),
        Sending::Problem(problem) => ChannelProblem::Address(problem),
        Sending::TooMany { wait } => ChannelProblem::TooMany { wait },
    };
    let channel = channel(visitor, session, kind).await?;
    page(visitor, session, &OwnChannel { waiting: None, ..channel }, typed, Some(problem))
}

async fn prove(
    visitor: &Visitor,
    session: &Session,
    kind: ChannelKind,
    own: &OwnForm<'_>,
) -> Result<Response, Failure> {
    let typed = own.field("code");
    let proving = visitor.web.login.prove_channel(session, kind, typed, visitor.visit(Some(session))).await?;
    let problem = match proving {
        Proving::Proved => return Ok(visitor.see_other(&visitor.done(Section::Contact.path(), PROVED))),
        Proving::Shape => ChannelProblem::Shape,
        Proving::Wrong { tries_left: 0 } | Proving::Gone => ChannelProblem::Gone,
        Proving::Wrong { tries_left } => ChannelProblem::Wrong { tries_left },
    };
    page(visitor, session, &channel(visitor, session, kind).await?, "", Some(problem))
}

async fn remove(visitor: &Visitor, session: &Session, kind: ChannelKind) -> Result<Response, Failure> {
    visitor.require_fresh(session, path_of(kind)).await?;
    Ok(match visitor.web.login.remove_channel(session, kind, visitor.visit(Some(session))).await? {
        Removal::Removed => visitor.see_other(&visitor.done(Section::Contact.path(), REMOVED)),
        Removal::Nothing | Removal::AtTheOffice => visitor.see_other(path_of(kind)),
    })
}

/// The kind by the last part of its path.
fn kind_of(name: &str) -> Result<ChannelKind, Failure> {
    let is_this = |kind: &ChannelKind| path_of(*kind).rsplit('/').next() == Some(name);
    let found = ChannelKind::ALL.into_iter().find(is_this);
    found.ok_or(Failure::Notice(StatusCode::NOT_FOUND, NoticeKind::NotFound))
}

async fn channel(visitor: &Visitor, session: &Session, kind: ChannelKind) -> Result<OwnChannel, Failure> {
    let account = visitor.web.login.own_account(session).await?;
    let found = account.and_then(|account| account.channels.into_iter().find(|channel| channel.kind == kind));
    found.ok_or_else(|| Failure::First("/login".to_owned()))
}

fn page(
    visitor: &Visitor,
    session: &Session,
    channel: &OwnChannel,
    typed: &str,
    problem: Option<ChannelProblem>,
) -> Result<Response, Failure> {
    let step = match &channel.waiting {
        Some(waiting) => ChannelStep::Code { to: waiting.address.as_str().to_owned() },
        None => ChannelStep::Address { typed: typed.chars().take(254).collect() },
    };
    let page = AccountChannel {
        frame: visitor.frame(),
        kind: channel.kind,
        address: channel.address.as_ref().map(|address| address.as_str().to_owned()),
        step,
        may_change: visitor.web.login.may_change_in(visitor.zone(), Some(session)),
        problem,
    };
    let (status, wait) = match problem {
        None => (StatusCode::OK, None),
        Some(ChannelProblem::TooMany { wait }) => (StatusCode::TOO_MANY_REQUESTS, Some(wait)),
        Some(_) => (StatusCode::UNPROCESSABLE_ENTITY, None),
    };
    visitor.page_after(status, &page, wait)
}
