//! `/not-me`: the link of a message opens the form and does nothing; the form with its code suspends the credentials.

use axum::http::StatusCode;
use axum::response::Response;

use super::with_wait;
use crate::login::alarm::Raised;
use crate::ui::pages::not_me::{NotMe, NotMeDone, NotMeProblem};
use crate::web::Visitor;
use crate::web::error::Failure;
use crate::web::form::{Form, FormError};

/// Shows the form. The reference is not looked up.
pub async fn get(visitor: Visitor) -> Response {
    let reference = visitor.query("reference").unwrap_or_default();
    form(&visitor, &reference, None).unwrap_or_else(|failure| failure.into_page(&visitor))
}

/// Suspends the credentials of the agent whose message holds this reference and this code.
pub async fn post(visitor: Visitor, form: Result<Form, FormError>) -> Response {
    raise(&visitor, form).await.unwrap_or_else(|failure| failure.into_page(&visitor))
}

async fn raise(visitor: &Visitor, sent: Result<Form, FormError>) -> Result<Response, Failure> {
    let Form(params) = sent?;
    let Some(own) = visitor.own(&params) else {
        let reference = params.one("reference").ok().flatten().unwrap_or_default();
        return form(visitor, reference, Some(NotMeProblem::FormExpired));
    };
    let reference = own.field("reference");
    match visitor.web.login.raise_alarm(reference, own.field("code"), visitor.visit(None)).await? {
        Raised::Done => {
            let mut response = visitor.page(StatusCode::OK, &NotMeDone { frame: visitor.frame() }, None)?;
            // Whatever this browser held has ended, if it was the agent's.
            visitor.clear_session(&mut response);
            Ok(response)
        }
        Raised::Invalid => form(visitor, reference, Some(NotMeProblem::Invalid)),
        Raised::Throttled { wait } => form(visitor, reference, Some(NotMeProblem::Throttled { wait })),
    }
}

fn form(visitor: &Visitor, reference: &str, problem: Option<NotMeProblem>) -> Result<Response, Failure> {
    let page = NotMe { frame: visitor.frame(), reference: reference.chars().take(32).collect(), problem };
    let (status, wait) = match problem {
        None => (StatusCode::OK, None),
        Some(NotMeProblem::Invalid) => (StatusCode::UNAUTHORIZED, None),
        Some(NotMeProblem::Throttled { wait }) => (StatusCode::TOO_MANY_REQUESTS, Some(wait)),
        Some(NotMeProblem::FormExpired) => (StatusCode::BAD_REQUEST, None),
    };
    Ok(with_wait(visitor.page(status, &page, None)?, wait))
}
