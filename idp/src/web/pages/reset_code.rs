//! `/forgot-password/verify`: the code is tried, or another one is asked for.

use axum::http::StatusCode;
use axum::response::Response;

use super::{Pending, forgot_password, id_of, reset_password, return_origin, with_wait};
use crate::domain::secret::PlainToken;
use crate::login::reset::choice::ResetAsked;
use crate::login::reset::code::Proof;
use crate::login::reset::request::Resent;
use crate::ui::pages::forgot_password::ForgotProblem;
use crate::ui::pages::notice::NoticeKind;
use crate::ui::pages::reset_code::{ResetCode, ResetCodeProblem};
use crate::web::Visitor;
use crate::web::error::Failure;
use crate::web::form::{Form, FormError};

/// Tries the code; right, it leads to the choice of the password.
pub async fn post(mut visitor: Visitor, form: Result<Form, FormError>) -> Response {
    verify(&mut visitor, form).await.unwrap_or_else(|failure| failure.into_page(&visitor))
}

async fn verify(visitor: &mut Visitor, sent: Result<Form, FormError>) -> Result<Response, Failure> {
    let Form(params) = sent?;
    let named = params.one("interaction").ok().flatten().map(str::to_owned);
    let pending = visitor.still_pending(named).await?;
    let pending = pending.as_ref();
    let own = visitor.own(&params).ok_or(Failure::Notice(StatusCode::BAD_REQUEST, NoticeKind::FormExpired))?;
    let ticket = PlainToken::new(own.field("ticket"));
    let session = visitor.session().await?;
    let (login, visit) = (&visitor.web.login, visitor.visit(session.as_ref()));
    let again = |problem| form(visitor, pending, &ticket, false, Some(problem));
    if !own.field("resend").is_empty() {
        return match login.resend_reset(&ticket, visit).await? {
            Resent::Taken => form(visitor, pending, &ticket, true, None),
            Resent::TooOften { wait } => again(ResetCodeProblem::Throttled { wait }),
            Resent::Gone => forgot_password::gone(visitor, pending, ForgotProblem::Gone),
        };
    }
    match login.prove_reset(&ticket, own.field("code"), visit).await? {
        Proof::Right { soi, policy, asks_code } => {
            let asked = ResetAsked { soi, policy, asks_code };
            reset_password::form(visitor, pending, &ticket, &asked, None)
        }
        Proof::FactorNeeded => forgot_password::gone(visitor, pending, ForgotProblem::FactorNeeded),
        Proof::Gone => forgot_password::gone(visitor, pending, ForgotProblem::Gone),
        Proof::Wrong { left } => again(ResetCodeProblem::Wrong { left }),
        Proof::Expired => again(ResetCodeProblem::Expired),
        Proof::NoCode => again(ResetCodeProblem::NoCode),
        Proof::Throttled { wait } => again(ResetCodeProblem::Throttled { wait }),
    }
}

/// The page with its form.
pub fn form(
    visitor: &Visitor,
    pending: Option<&Pending>,
    ticket: &PlainToken,
    is_resent: bool,
    problem: Option<ResetCodeProblem>,
) -> Result<Response, Failure> {
    let page = ResetCode {
        frame: visitor.frame(),
        interaction: id_of(pending),
        ticket: ticket.reveal().chars().take(64).collect(),
        is_resent,
        problem,
    };
    let (status, wait) = match problem {
        None => (StatusCode::OK, None),
        Some(ResetCodeProblem::Wrong { .. } | ResetCodeProblem::Expired) => (StatusCode::UNAUTHORIZED, None),
        Some(ResetCodeProblem::NoCode) => (StatusCode::UNPROCESSABLE_ENTITY, None),
        Some(ResetCodeProblem::Throttled { wait }) => (StatusCode::TOO_MANY_REQUESTS, Some(wait)),
    };
    Ok(with_wait(visitor.page(status, &page, return_origin(pending))?, wait))
}
