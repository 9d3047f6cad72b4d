//! `/forgot-password/new`: the new password, after the code was right; then the login, as always.

use axum::http::StatusCode;
use axum::response::Response;

use super::{Pending, forgot_password, id_of, return_origin};
use crate::domain::password_policy::{Breach, PasswordPolicy};
use crate::domain::secret::{PlainPassword, PlainToken};
use crate::domain::soi::Soi;
use crate::login::reset::choice::Reset;
use crate::ui::pages::PasswordRules;
use crate::ui::pages::forgot_password::ForgotProblem;
use crate::ui::pages::notice::NoticeKind;
use crate::ui::pages::reset_password::ResetPassword;
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
    let new = PlainPassword::new(own.field("new_password"));
    let again = PlainPassword::new(own.field("new_password_again"));
    match visitor.web.login.reset_password(&ticket, new, again, visitor.visit(None)).await? {
        Reset::Done => Ok(visitor.to_login(Done::PasswordChanged, pending)),
        Reset::Breach { breach, soi, policy } => form(visitor, pending, &ticket, (&soi, &policy), Some(breach)),
        Reset::Gone => forgot_password::gone(visitor, pending, ForgotProblem::Gone),
    }
}

/// The page with its form.
pub fn form(
    visitor: &Visitor,
    pending: Option<&Pending>,
    ticket: &PlainToken,
    (soi, policy): (&Soi, &PasswordPolicy),
    problem: Option<Breach>,
) -> Result<Response, Failure> {
    let page = ResetPassword {
        frame: visitor.frame(),
        interaction: id_of(pending),
        ticket: ticket.reveal().chars().take(64).collect(),
        soi: soi.to_string(),
        rules: PasswordRules::of(policy),
        problem,
    };
    let status = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    visitor.page(status, &page, return_origin(pending))
}
