//! `/account/sessions`: where the agent is signed in; one session ended, or all others.

use axum::http::StatusCode;
use axum::response::Response;

use crate::domain::ids::Sid;
use crate::domain::session::{OpenSession, Session};
use crate::ui::pages::account::Section;
use crate::ui::pages::account_sessions::{AccountSessions, SessionsDone, ShownSession};
use crate::ui::pages::notice::NoticeKind;
use crate::web::Visitor;
use crate::web::error::Failure;
use crate::web::form::{Form, FormError};

const HERE: &str = Section::Sessions.path();

/// What this page says once after an act.
const ENDED: &str = "session-ended";
const OTHERS: &str = "others-ended";

/// Shows the list.
pub async fn get(visitor: Visitor) -> Response {
    show(&visitor).await.unwrap_or_else(|failure| failure.into_page(&visitor))
}

async fn show(visitor: &Visitor) -> Result<Response, Failure> {
    let session = visitor.own_session(HERE).await?;
    let open = visitor.web.login.open_sessions(&session).await?;
    let done = if visitor.is_done(ENDED) {
        Some(SessionsDone::Ended)
    } else {
        visitor.is_done(OTHERS).then_some(SessionsDone::Others)
    };
    let sessions = open.into_iter().map(|open| shown(visitor, open, &session)).collect();
    visitor.page(StatusCode::OK, &AccountSessions { frame: visitor.frame(), sessions, done }, None)
}

fn shown(visitor: &Visitor, open: OpenSession, this: &Session) -> ShownSession {
    let zone = &visitor.web.settings.time_zone;
    let OpenSession { session, network, browser } = open;
    ShownSession {
        is_this: session.sid == this.sid,
        sid: session.sid,
        browser,
        zone: session.login_zone,
        network,
        begun: session.auth_time.to_local(zone),
        last_used: session.last_seen_at.to_local(zone),
    }
}

/// Ends one session of the agent, or all but this one.
pub async fn post(visitor: Visitor, form: Result<Form, FormError>) -> Response {
    end(&visitor, form).await.unwrap_or_else(|failure| failure.into_page(&visitor))
}

async fn end(visitor: &Visitor, sent: Result<Form, FormError>) -> Result<Response, Failure> {
    let Form(params) = sent?;
    let own = visitor.own_form(&params)?;
    let session = visitor.own_session(HERE).await?;
    visitor.require_fresh(&session, HERE).await?;
    let (login, visit) = (&visitor.web.login, visitor.visit(Some(&session)));
    let done = match own.field("act") {
        "end" => login.end_own_session(&session, &Sid::new(own.field("sid")), visit).await?.then_some(ENDED),
        "end_others" => {
            login.end_other_sessions(&session, visit).await?;
            Some(OTHERS)
        }
        _ => return Err(Failure::Notice(StatusCode::BAD_REQUEST, NoticeKind::Unreadable)),
    };
    Ok(visitor.see_other(&done.map_or_else(|| HERE.to_owned(), |done| visitor.done(HERE, done))))
}
