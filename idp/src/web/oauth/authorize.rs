//! `/oauth2/authorize` and `/oauth2/authorize/resume`: a step of `oauth` becomes a page, a redirect or a form.

use axum::extract::RawQuery;
use axum::http::StatusCode;
use axum::response::Response;

use crate::domain::session::Session;
use crate::oauth::authorize::{AuthorizationResponse, AuthorizeStep, PageError, Refusal as Refused, ResponseMode};
use crate::oauth::{Params, ParamsError};
use crate::ui::pages::bad_request::{BadRequest, BadRequestProblem};
use crate::ui::pages::form_post::FormPost;
use crate::ui::pages::notice::NoticeKind;
use crate::ui::pages::refusal::{Refusal, Verdict, WayBack};
use crate::web::Visitor;
use crate::web::error::Failure;
use crate::web::form::{Form, FormError};
use crate::web::pages::login;

/// RFC 6749 §3.1: GET.
pub async fn get(visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    let params = Params::parse(query.unwrap_or_default().as_bytes());
    answer(&visitor, params, false).await.unwrap_or_else(|failure| failure.into_page(&visitor))
}

/// OpenID Connect Core §3.1.2.1: POST as well.
pub async fn post(visitor: Visitor, form: Result<Form, FormError>) -> Response {
    let answered = match form {
        Ok(Form(params)) => answer(&visitor, Ok(params), true).await,
        Err(error) => Err(error.into()),
    };
    answered.unwrap_or_else(|failure| failure.into_page(&visitor))
}

/// Takes an interaction up again, for a request that came without our cookies (OA-40).
pub async fn resume(visitor: Visitor) -> Response {
    let id = visitor.query("interaction").unwrap_or_default();
    match visitor.session().await {
        Ok(session) => go_on(&visitor, &id, session).await,
        Err(error) => Failure::from(error).into_page(&visitor),
    }
}

/// Goes on with an interaction, in the same answer as the login before it.
pub async fn go_on(visitor: &Visitor, interaction_id: &str, session: Option<Session>) -> Response {
    let caller = visitor.caller_in(session);
    let carried_out = async {
        let step = visitor.web.oauth.resume(interaction_id, &caller).await?;
        render(visitor, step)
    };
    carried_out.await.unwrap_or_else(|failure: Failure| failure.into_page(visitor))
}

async fn answer(visitor: &Visitor, params: Result<Params, ParamsError>, is_post: bool) -> Result<Response, Failure> {
    let params = match params {
        Ok(params) => params,
        Err(error) => return page_error(visitor, &PageError::Unreadable(error)),
    };
    let caller = visitor.caller().await?;
    let step = visitor.web.oauth.authorize(&params, is_post, &caller).await?;
    render(visitor, step)
}

/// Carries a step out.
pub fn render(visitor: &Visitor, step: AuthorizeStep) -> Result<Response, Failure> {
    match step {
        AuthorizeStep::Page(error) => page_error(visitor, &error),
        AuthorizeStep::Redirect(response) => redirect(visitor, &response),
        AuthorizeStep::Login { interaction_id } => {
            let mut query = form_urlencoded::Serializer::new(String::new());
            Ok(visitor.see_other(&format!("/login?{}", query.append_pair("interaction", &interaction_id).finish())))
        }
        AuthorizeStep::Factor { interaction_id } => {
            let mut query = form_urlencoded::Serializer::new(String::new());
            Ok(visitor
                .see_other(&format!("/login/factor?{}", query.append_pair("interaction", &interaction_id).finish())))
        }
        AuthorizeStep::Resume { interaction_id } => Ok(visitor.see_other(&login::resume(&interaction_id))),
        AuthorizeStep::Refusal(refused) => refusal(visitor, refused),
        AuthorizeStep::Gone => Err(Failure::Notice(StatusCode::BAD_REQUEST, NoticeKind::PageExpired)),
    }
}

/// The answer to the application: a redirect, or a form that sends itself.
pub fn redirect(visitor: &Visitor, response: &AuthorizationResponse) -> Result<Response, Failure> {
    match response.mode {
        ResponseMode::Query => Ok(visitor.see_other(&response.location())),
        ResponseMode::FormPost => {
            let page = FormPost {
                frame: visitor.frame(),
                application: response.application.clone(),
                action: response.to.as_str().to_owned(),
                fields: fields(response),
            };
            visitor.page(StatusCode::OK, &page, Some(&response.to.origin()))
        }
    }
}

/// The way that takes the answer to the application when the agent chooses to.
pub fn way_back(response: &AuthorizationResponse) -> WayBack {
    match response.mode {
        ResponseMode::Query => WayBack::Link(response.location()),
        ResponseMode::FormPost => WayBack::Form { action: response.to.as_str().to_owned(), fields: fields(response) },
    }
}

fn fields(response: &AuthorizationResponse) -> Vec<(String, String)> {
    response.params.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
}

fn refusal(visitor: &Visitor, refused: Refused) -> Result<Response, Failure> {
    let page = Refusal {
        frame: visitor.frame(),
        verdict: if refused.needs_more { Verdict::NeedMore } else { Verdict::Denied },
        reason: refused.reason,
        reference: refused.reference,
        application: Some(refused.application),
        departments: refused.departments,
        password_is_right: true,
        wait: None,
        back_to_application: Some(way_back(&refused.back)),
    };
    visitor.page(StatusCode::FORBIDDEN, &page, Some(&refused.back.to.origin()))
}

fn page_error(visitor: &Visitor, error: &PageError) -> Result<Response, Failure> {
    tracing::info!(request.id = %visitor.context.request_id, why = %error, "authorization request refused on a page");
    let problem = match error {
        PageError::Unreadable(_) | PageError::ClientIdMissing | PageError::ClientIdRepeated => {
            BadRequestProblem::Malformed
        }
        PageError::ApplicationUnknown => BadRequestProblem::ApplicationUnknown,
        PageError::RedirectUriMissing { .. }
        | PageError::RedirectUriRepeated { .. }
        | PageError::RedirectUriUnregistered { .. } => BadRequestProblem::RedirectUri,
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
