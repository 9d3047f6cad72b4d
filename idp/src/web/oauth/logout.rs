//! `/oauth2/logout` (OpenID Connect RP-Initiated Logout 1.0): asked, confirmed, done.

use axum::extract::RawQuery;
use axum::http::StatusCode;
use axum::response::Response;

use crate::oauth::Params;
use crate::oauth::logout::{self, LogoutError, LogoutStep};
use crate::ui::pages::bad_request::{BadRequest, BadRequestProblem};
use crate::ui::pages::logout_confirm::LogoutConfirm;
use crate::ui::pages::signed_out::SignedOut;
use crate::web::Visitor;
use crate::web::error::Failure;
use crate::web::form::{Form, FormError};

/// An application sends the agent here.
pub async fn get(mut visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    let params = Params::parse(query.unwrap_or_default().as_bytes());
    let answered = match params {
        Ok(params) => answer(&mut visitor, &params, false).await,
        Err(error) => refuse(&visitor, &LogoutError::Unreadable(error)),
    };
    answered.unwrap_or_else(|failure| failure.into_page(&visitor))
}

/// The confirmation page's form, which carries our CSRF value; or an application's own POST, which does not and comes
/// without our cookie: it is sent round by GET.
pub async fn post(mut visitor: Visitor, form: Result<Form, FormError>) -> Response {
    let answered = match form {
        Ok(Form(params)) => {
            if visitor.own(&params).is_some() {
                answer(&mut visitor, &params, true).await
            } else {
                Ok(visitor.see_other(&format!("/oauth2/logout?{}", logout::as_query(&params))))
            }
        }
        Err(error) => Err(error.into()),
    };
    answered.unwrap_or_else(|failure| failure.into_page(&visitor))
}

async fn answer(visitor: &mut Visitor, params: &Params, confirmed: bool) -> Result<Response, Failure> {
    visitor.prefer(params.one("ui_locales").ok().flatten());
    let caller = visitor.caller().await?;
    let oauth = &visitor.web.oauth;
    let step =
        if confirmed { oauth.logout_confirmed(params, &caller).await? } else { oauth.logout(params, &caller).await? };
    match step {
        LogoutStep::Page(error) => refuse(visitor, &error),
        LogoutStep::Confirm(asked) => {
            let name = match &caller.session {
                Some(session) => visitor.web.login.find_agent(session).await?.map(|a| a.record.full_name()),
                None => None,
            };
            let page = LogoutConfirm {
                frame: visitor.frame(),
                application: asked.application,
                name,
                fields: asked.fields,
                cancel_href: "/".to_owned(),
            };
            visitor.page(StatusCode::OK, &page, asked.return_origin.as_deref())
        }
        LogoutStep::Done(done) => {
            let mut response = match &done.location {
                Some(location) => visitor.see_other(location),
                None => visitor.page(StatusCode::OK, &SignedOut { frame: visitor.frame(), back: None }, None)?,
            };
            if visitor.session_cookie.is_some() {
                visitor.clear_session(&mut response);
            }
            Ok(response)
        }
    }
}

fn refuse(visitor: &Visitor, error: &LogoutError) -> Result<Response, Failure> {
    let problem = match error {
        LogoutError::UriUnregistered { .. } | LogoutError::ApplicationMissing => BadRequestProblem::PostLogoutUri,
        LogoutError::ApplicationUnknown => BadRequestProblem::ApplicationUnknown,
        _ => BadRequestProblem::Malformed,
    };
    let page = BadRequest {
        frame: visitor.frame(),
        problem,
        application: error.application().map(str::to_owned),
        error: error.code().as_str(),
        description: error.public(),
        request_id: visitor.context.request_id.to_string(),
    };
    visitor.page(StatusCode::BAD_REQUEST, &page, None)
}
