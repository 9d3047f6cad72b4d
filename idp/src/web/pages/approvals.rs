//! `/approvals`: a manager vouches for one of his agents, in a session that is strong enough and with the password of the
//! last minutes.

use axum::http::StatusCode;
use axum::response::Response;

use super::factor::Onward;
use crate::domain::session::Session;
use crate::domain::vouching::{Unvouched, Voucher};
use crate::login::factor::vouching::{MANAGER_ACR, Report, Vouched};
use crate::ui::pages::account::APPROVALS;
use crate::ui::pages::approvals::{Approvals, ApprovalsProblem, IssuedCode, ShownReport};
use crate::ui::pages::notice::NoticeKind;
use crate::web::Visitor;
use crate::web::error::Failure;
use crate::web::form::{Form, FormError};

/// Shows the list.
pub async fn get(visitor: Visitor) -> Response {
    show(&visitor).await.unwrap_or_else(|failure| failure.into_page(&visitor))
}

async fn show(visitor: &Visitor) -> Result<Response, Failure> {
    let session = visitor.own_session(APPROVALS).await?;
    match scene(visitor, &session).await? {
        Some(elsewhere) => Ok(elsewhere),
        None => page(visitor, &session, None, None).await,
    }
}

/// Issues a code.
pub async fn post(visitor: Visitor, form: Result<Form, FormError>) -> Response {
    act(&visitor, form).await.unwrap_or_else(|failure| failure.into_page(&visitor))
}

async fn act(visitor: &Visitor, sent: Result<Form, FormError>) -> Result<Response, Failure> {
    let Form(params) = sent?;
    let own = visitor.own_form(&params)?;
    let session = visitor.own_session(APPROVALS).await?;
    if let Some(elsewhere) = scene(visitor, &session).await? {
        return Ok(elsewhere);
    }
    let Ok(voucher) = own.field("act").parse::<Voucher>() else {
        return Err(Failure::Notice(StatusCode::BAD_REQUEST, NoticeKind::Unreadable));
    };
    let visit = visitor.visit(Some(&session));
    match visitor.web.login.vouch(&session, own.field("soi"), voucher, visit).await? {
        Vouched::Issued { name, code, until } => {
            let until = until.to_local(&visitor.web.settings.time_zone);
            page(visitor, &session, Some(IssuedCode { voucher, name, code, until }), None).await
        }
        Vouched::Refused(Unvouched::NotYours | Unvouched::NotWorking) => {
            page(visitor, &session, None, Some(ApprovalsProblem::NotYours)).await
        }
        Vouched::Refused(_) => page(visitor, &session, None, Some(ApprovalsProblem::Changed)).await,
        Vouched::TooWeak => Ok(visitor.see_other(APPROVALS)),
    }
}

/// What comes before: a second factor that is strong enough (where that page ends, it says why), and the password of the last
/// minutes. Whoever has no agents
/// is asked for nothing: there is nothing to be seen.
async fn scene(visitor: &Visitor, session: &Session) -> Result<Option<Response>, Failure> {
    if !visitor.frame().is_manager {
        return Ok(None);
    }
    if session.authentication.acr < MANAGER_ACR {
        let onward = Onward { pending: None, to: Some(APPROVALS) };
        return Ok(Some(visitor.see_other(&onward.path("/login/factor", None))));
    }
    visitor.require_fresh(session, APPROVALS).await.map(|()| None)
}

async fn page(
    visitor: &Visitor,
    session: &Session,
    issued: Option<IssuedCode>,
    problem: Option<ApprovalsProblem>,
) -> Result<Response, Failure> {
    let reports = visitor.web.login.reports(session).await?;
    let agents = reports.into_iter().map(|report| shown(visitor, report)).collect();
    let status = if problem.is_some() { StatusCode::FORBIDDEN } else { StatusCode::OK };
    visitor.page(status, &Approvals { frame: visitor.frame(), agents, issued, problem }, None)
}

fn shown(visitor: &Visitor, Report { agent, may }: Report) -> ShownReport {
    let from = match may {
        Err(Unvouched::AfterReset { until } | Unvouched::PassGiven { until }) => {
            Some(until.to_local(&visitor.web.settings.time_zone))
        }
        _ => None,
    };
    ShownReport {
        soi: agent.record.soi.to_string(),
        name: agent.record.full_name(),
        position: agent.record.position,
        may,
        from,
    }
}
