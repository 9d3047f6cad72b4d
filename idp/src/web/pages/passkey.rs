//! `/login/passkey`: a login with a passkey and nothing else; and `/login/passkey/options`, which the script of the pages
//! asks for what the browser needs, here and as second factor.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};

use super::account::own_path;
use super::login::{enter, form, refuse};
use crate::login::password::Step;
use crate::ui::pages::login::LoginProblem;
use crate::ui::pages::notice::NoticeKind;
use crate::web::Visitor;
use crate::web::error::Failure;
use crate::web::form::{Form, FormError};

/// Whoever comes back to the address begins anew.
pub async fn get(visitor: Visitor) -> Response {
    visitor.see_other("/login")
}

/// Tries what a key answered.
pub async fn post(mut visitor: Visitor, form: Result<Form, FormError>) -> Response {
    attempt(&mut visitor, form).await.unwrap_or_else(|failure| failure.into_page(&visitor))
}

async fn attempt(visitor: &mut Visitor, sent: Result<Form, FormError>) -> Result<Response, Failure> {
    let Form(params) = sent?;
    let named = params.one("interaction").ok().flatten().map(str::to_owned);
    let pending = visitor.pending(named).await?;
    let to = params.one("to").ok().flatten().and_then(own_path);
    let pending = pending.as_ref();
    let Some(own) = visitor.own(&params) else {
        return form(visitor, pending, to, "", Some(LoginProblem::FormExpired), None);
    };
    let before = visitor.session().await?;
    let login = &visitor.web.login;
    match login.log_in_with_passkey(own.field("credential"), visitor.visit(before.as_ref())).await? {
        Step::In(new) => Ok(enter(visitor, pending, to, new).await),
        Step::Refused { reason, reference } => refuse(visitor, pending, reason, reference, false).await,
        Step::Throttled { wait } => form(visitor, pending, to, "", Some(LoginProblem::Throttled { wait }), None),
        Step::WrongCredentials | Step::Renew { .. } => form(visitor, pending, to, "", Some(LoginProblem::Key), None),
    }
}

/// A challenge with all that goes with it, for one answer of this browser; `for=factor`: by the session's agent.
pub async fn options(visitor: Visitor, form: Result<Form, FormError>) -> Response {
    ask(&visitor, form).await.unwrap_or_else(|failure| failure.into_page(&visitor))
}

async fn ask(visitor: &Visitor, sent: Result<Form, FormError>) -> Result<Response, Failure> {
    let Form(params) = sent?;
    let own = visitor.own_form(&params)?;
    let unreadable = Failure::Notice(StatusCode::BAD_REQUEST, NoticeKind::Unreadable);
    let session = match own.field("for") {
        "" => None,
        "factor" => Some(visitor.session().await?.ok_or(unreadable)?),
        _ => return Err(unreadable),
    };
    let visit = visitor.visit(session.as_ref());
    let options = visitor.web.login.ask_for_passkey(session.as_ref(), visit).await?;
    Ok(options.map_or_else(|| StatusCode::NOT_FOUND.into_response(), |options| Json(options).into_response()))
}
