//! `/forgot-password/new`: the new password, after the code was right; then the login, as always.

use axum::http::StatusCode;
use axum::response::Response;

use super::factor::problem_of;
use super::{Pending, forgot_password, id_of, return_origin, with_wait};
use crate::domain::secret::{PlainPassword, PlainToken};
use crate::login::reset::choice::{Reset, ResetAsked};
use crate::ui::pages::PasswordRules;
use crate::ui::pages::factor::FactorProblem;
use crate::ui::pages::forgot_password::ForgotProblem;
use crate::ui::pages::notice::NoticeKind;
use crate::ui::pages::reset_password::{ResetPassword, ResetPasswordProblem};
use crate::web::Visitor;
use crate::web::error::Failure;
use crate::web::form::{Done, Form, FormError};

/// Sets the password.
pub async fn post(mut visitor: Visitor, form: Result<Form, FormError>) -> Response {
    choose(&mut visitor, form).await.unwrap_or_else(|failure| failure.into_page(&visitor))
}

async fn choose(visitor: &mut Visitor, sent: Result<Form, FormError>) -> Result<Response, Failure> {
    let Form(params) = sent?;
    let named = params.one("interaction").ok().flatten().map(str::to_owned);
    let pending = visitor.still_pending(named).await?;
    let pending = pending.as_ref();
    let own = visitor.own(&params).ok_or(Failure::Notice(StatusCode::BAD_REQUEST, NoticeKind::FormExpired))?;
    let ticket = PlainToken::new(own.field("ticket"));
    let session = visitor.session().await?;
    let new = PlainPassword::new(own.field("new_password"));
    let again = PlainPassword::new(own.field("new_password_again"));
    match visitor
        .web
        .login
        .reset_password(&ticket, new, again, own.field("code"), visitor.visit(session.as_ref()))
        .await?
    {
        Reset::Done => Ok(visitor.to_login(Done::PasswordChanged, pending)),
        Reset::Breach { breach, asked } => {
            form(visitor, pending, &ticket, &asked, Some(ResetPasswordProblem::Breach(breach)))
        }
        Reset::Factor { wrong, asked } => {
            form(visitor, pending, &ticket, &asked, Some(ResetPasswordProblem::Factor(problem_of(wrong))))
        }
        Reset::Throttled { wait, asked } => {
            let problem = ResetPasswordProblem::Factor(FactorProblem::Throttled { wait });
            Ok(with_wait(form(visitor, pending, &ticket, &asked, Some(problem))?, Some(wait)))
        }
        Reset::Gone => forgot_password::gone(visitor, pending, ForgotProblem::Gone),
    }
}

/// The page with its form.
pub fn form(
    visitor: &Visitor,
    pending: Option<&Pending>,
    ticket: &PlainToken,
    asked: &ResetAsked,
    problem: Option<ResetPasswordProblem>,
) -> Result<Response, Failure> {
    let page = ResetPassword {
        frame: visitor.frame(),
        interaction: id_of(pending),
        ticket: ticket.reveal().chars().take(64).collect(),
        soi: asked.soi.to_string(),
        rules: PasswordRules::of(&asked.policy),
        asks_code: asked.asks_code,
        problem,
    };
    let status = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    visitor.page(status, &page, return_origin(pending))
}
