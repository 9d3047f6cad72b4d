//! `/login`: the form, the attempt, and where it leads. Rendered once, at the end.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;

use super::account::own_path;
use super::password_expired::{self, Asked};
use super::{Pending, application_of, id_of, password_ends, return_origin};
use crate::domain::ids::Reference;
use crate::domain::reason::Reason;
use crate::domain::secret::PlainPassword;
use crate::login::password::Step;
use crate::login::{LoginError, NewSession};
use crate::ui::pages::login::{Login, LoginNotice, LoginProblem};
use crate::ui::pages::refusal::{Refusal, Verdict};
use crate::web::Visitor;
use crate::web::error::{Failure, RETRY_AFTER};
use crate::web::form::{Done, Form, FormError};
use crate::web::oauth::authorize;

/// Shows the form; who is logged in already and comes for no application sees who they are.
pub async fn get(mut visitor: Visitor) -> Response {
    show(&mut visitor).await.unwrap_or_else(|failure| failure.into_page(&visitor))
}

async fn show(visitor: &mut Visitor) -> Result<Response, Failure> {
    let pending = visitor.pending(visitor.query("interaction")).await?;
    let notice = [(Done::Activated, LoginNotice::Activated), (Done::PasswordChanged, LoginNotice::PasswordChanged)]
        .into_iter()
        .find_map(|(done, notice)| visitor.has_done(done).then_some(notice));
    if pending.is_none() && notice.is_none() && visitor.session().await?.is_some() {
        return Ok(visitor.see_other(visitor.own_destination().unwrap_or("/")));
    }
    let to = visitor.own_destination();
    let soi = pending.as_ref().and_then(|p| p.interaction.login_hint.clone()).unwrap_or_default();
    form(visitor, pending.as_ref(), to, &soi, None, notice)
}

/// Tries what was typed.
pub async fn post(mut visitor: Visitor, form: Result<Form, FormError>) -> Response {
    attempt(&mut visitor, form).await.unwrap_or_else(|failure| failure.into_page(&visitor))
}

async fn attempt(visitor: &mut Visitor, sent: Result<Form, FormError>) -> Result<Response, Failure> {
    let Form(params) = sent?;
    let named = params.one("interaction").ok().flatten().map(str::to_owned);
    let pending = visitor.pending(named).await?;
    let to = params.one("to").ok().flatten().and_then(own_path);
    let Some(own) = visitor.own(&params) else {
        return form(visitor, pending.as_ref(), to, "", Some(LoginProblem::FormExpired), None);
    };
    if let Some(pending) = pending.as_ref().filter(|_| !own.field("cancel").is_empty()) {
        let step = visitor.web.oauth.cancel(&pending.id).await?;
        return authorize::render(visitor, step);
    }
    let typed = own.field("soi");
    let password = PlainPassword::new(own.field("password"));
    let before = visitor.session().await?;
    let step = visitor.web.login.attempt(typed, password, visitor.visit(before.as_ref())).await;
    let pending = pending.as_ref();
    match step {
        Ok(Step::In(new)) => Ok(enter(visitor, pending, to, new).await),
        Ok(Step::Renew { ticket, why }) => {
            password_expired::form(visitor, pending, &Asked { ticket: &ticket, why: &why, soi: typed }, None)
        }
        Ok(Step::Refused { reason, reference }) => refuse(visitor, pending, reason, reference, true).await,
        Ok(Step::WrongCredentials) => form(visitor, pending, to, typed, Some(LoginProblem::Credentials), None),
        Ok(Step::Throttled { wait }) => form(visitor, pending, to, typed, Some(LoginProblem::Throttled { wait }), None),
        Err(LoginError::Overloaded) => {
            form(visitor, pending, to, typed, Some(LoginProblem::Overloaded { wait: RETRY_AFTER }), None)
        }
        Err(other) => Err(other.into()),
    }
}

/// Who it is was proved, by the password or by a key, and nothing opens: the plain truth.
pub async fn refuse(
    visitor: &Visitor,
    pending: Option<&Pending>,
    reason: Reason,
    reference: Reference,
    password_is_right: bool,
) -> Result<Response, Failure> {
    let back = match pending {
        Some(pending) => visitor.web.oauth.refuse(&pending.id, reason).await?.as_ref().map(authorize::way_back),
        None => None,
    };
    let page = Refusal {
        frame: visitor.frame(),
        verdict: Verdict::Denied,
        reason,
        reference,
        application: application_of(pending),
        departments: Vec::new(),
        password_is_right,
        wait: None,
        back_to_application: back,
    };
    visitor.page(StatusCode::FORBIDDEN, &page, return_origin(pending))
}

/// Where a login leads: on with the authorization request, else to the page of ours that asked for it, else home; and first to
/// a notice where the password ends soon. Whatever becomes of that, the agent is logged in.
pub async fn enter(
    visitor: &Visitor,
    pending: Option<&Pending>,
    to: Option<&'static str>,
    new: NewSession,
) -> Response {
    let soi = new.session.soi.clone();
    let mut response = match pending {
        _ if new.password_ends.is_some() => visitor.see_other(&password_ends::path(visitor, pending)),
        Some(pending) => authorize::go_on(visitor, &pending.id, Some(new.session)).await,
        None => visitor.see_other(to.unwrap_or("/")),
    };
    visitor.set_session(&mut response, &new.cookie);
    visitor.set_known(&mut response, &soi);
    response
}

/// The address that takes an interaction up again.
pub fn resume(id: &str) -> String {
    format!(
        "/oauth2/authorize/resume?{}",
        form_urlencoded::Serializer::new(String::new()).append_pair("interaction", id).finish()
    )
}

/// The login page.
pub fn form(
    visitor: &Visitor,
    pending: Option<&Pending>,
    to: Option<&'static str>,
    soi: &str,
    problem: Option<LoginProblem>,
    notice: Option<LoginNotice>,
) -> Result<Response, Failure> {
    let page = Login {
        frame: visitor.frame(),
        interaction: id_of(pending),
        application: application_of(pending),
        soi: soi.chars().take(128).collect(),
        to: to.filter(|_| pending.is_none()),
        passkey: visitor.web.login.passkeys.is_some(),
        problem,
        notice,
    };
    let (status, wait) = match problem {
        None => (StatusCode::OK, None),
        Some(LoginProblem::Credentials | LoginProblem::Key) => (StatusCode::UNAUTHORIZED, None),
        Some(LoginProblem::FormExpired) => (StatusCode::BAD_REQUEST, None),
        Some(LoginProblem::Throttled { wait }) => (StatusCode::TOO_MANY_REQUESTS, Some(wait)),
        Some(LoginProblem::Overloaded { wait }) => (StatusCode::SERVICE_UNAVAILABLE, Some(wait)),
    };
    let mut response = visitor.page(status, &page, return_origin(pending))?;
    if let Some(wait) = wait {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(wait.as_secs().max(1)));
    }
    Ok(response)
}
