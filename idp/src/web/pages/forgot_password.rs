//! `/forgot-password`: which agent, over which channel; the answer is the same page for everybody.

use axum::http::StatusCode;
use axum::response::Response;

use super::{Pending, id_of, reset_code, return_origin, with_wait};
use crate::domain::channel::ChannelKind;
use crate::login::reset::request::Requested;
use crate::ui::pages::forgot_password::{ForgotPassword, ForgotProblem};
use crate::web::Visitor;
use crate::web::error::Failure;
use crate::web::form::{Form, FormError};

/// Shows the form.
pub async fn get(mut visitor: Visitor) -> Response {
    let shown = match visitor.pending(visitor.query("interaction")).await {
        Ok(pending) => form(&visitor, pending.as_ref(), "", ChannelKind::WorkEmail, None),
        Err(failure) => Err(failure),
    };
    shown.unwrap_or_else(|failure| failure.into_page(&visitor))
}

/// The later steps have no page of their own without their ticket.
pub async fn begin_anew(visitor: Visitor) -> Response {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for name in ["interaction", "ui_locales"] {
        if let Some(value) = visitor.query(name) {
            query.append_pair(name, &value);
        }
    }
    visitor.see_other(&format!("/forgot-password?{}", query.finish()))
}

/// Sends a code, or none, and asks for it.
pub async fn post(mut visitor: Visitor, form: Result<Form, FormError>) -> Response {
    request(&mut visitor, form).await.unwrap_or_else(|failure| failure.into_page(&visitor))
}

async fn request(visitor: &mut Visitor, sent: Result<Form, FormError>) -> Result<Response, Failure> {
    let Form(params) = sent?;
    let named = params.one("interaction").ok().flatten().map(str::to_owned);
    let pending = visitor.still_pending(named).await?;
    let pending = pending.as_ref();
    let Some(own) = visitor.own(&params) else {
        return form(visitor, pending, "", ChannelKind::WorkEmail, Some(ForgotProblem::FormExpired));
    };
    let typed = own.field("soi");
    let channel = own.field("channel").parse().unwrap_or(ChannelKind::WorkEmail);
    match visitor.web.login.request_reset(typed, channel, visitor.visit(None)).await? {
        Requested::Taken(ticket) => reset_code::form(visitor, pending, &ticket, false, None),
        Requested::TooOften { wait } => form(visitor, pending, typed, channel, Some(ForgotProblem::Throttled { wait })),
    }
}

/// The page with its form.
pub fn form(
    visitor: &Visitor,
    pending: Option<&Pending>,
    soi: &str,
    channel: ChannelKind,
    problem: Option<ForgotProblem>,
) -> Result<Response, Failure> {
    let page = ForgotPassword {
        frame: visitor.frame(),
        interaction: id_of(pending),
        soi: soi.chars().take(128).collect(),
        channel,
        sends_sms: visitor.web.login.settings.sends_sms,
        problem,
    };
    let (status, wait) = match problem {
        None => (StatusCode::OK, None),
        Some(ForgotProblem::Throttled { wait }) => (StatusCode::TOO_MANY_REQUESTS, Some(wait)),
        Some(ForgotProblem::Gone) => (StatusCode::UNAUTHORIZED, None),
        Some(ForgotProblem::FactorNeeded) => (StatusCode::FORBIDDEN, None),
        Some(ForgotProblem::FormExpired) => (StatusCode::BAD_REQUEST, None),
    };
    Ok(with_wait(visitor.page(status, &page, return_origin(pending))?, wait))
}

/// An attempt is over: the first step, with the reason.
pub fn gone(visitor: &Visitor, pending: Option<&Pending>, problem: ForgotProblem) -> Result<Response, Failure> {
    form(visitor, pending, "", ChannelKind::WorkEmail, Some(problem))
}
