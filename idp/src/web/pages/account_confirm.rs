//! `/account/confirm`: the password again, then on to the page that asked for it.

use axum::http::StatusCode;
use axum::response::Response;

use super::account::own_path;
use crate::domain::secret::PlainPassword;
use crate::domain::session::Session;
use crate::login::LoginError;
use crate::login::confirmation::Confirmation;
use crate::ui::pages::account::Section;
use crate::ui::pages::account_confirm::{AccountConfirm, AccountConfirmProblem};
use crate::web::Visitor;
use crate::web::error::{Failure, RETRY_AFTER};
use crate::web::form::{Form, FormError};

/// Where somebody comes from who did not say so.
const OVERVIEW: &str = Section::Overview.path();

/// Shows the form; who confirmed a moment ago goes straight on.
pub async fn get(visitor: Visitor) -> Response {
    show(&visitor).await.unwrap_or_else(|failure| failure.into_page(&visitor))
}

async fn show(visitor: &Visitor) -> Result<Response, Failure> {
    let to = visitor.own_destination().unwrap_or(OVERVIEW);
    let session = visitor.own_session(to).await?;
    if visitor.web.login.is_fresh(&session).await? {
        return Ok(visitor.see_other(to));
    }
    form(visitor, &session, to, None)
}

/// Tries the password.
pub async fn post(visitor: Visitor, form: Result<Form, FormError>) -> Response {
    confirm(&visitor, form).await.unwrap_or_else(|failure| failure.into_page(&visitor))
}

async fn confirm(visitor: &Visitor, sent: Result<Form, FormError>) -> Result<Response, Failure> {
    let Form(params) = sent?;
    let own = visitor.own_form(&params)?;
    let to = own_path(own.field("to")).unwrap_or(OVERVIEW);
    let session = visitor.own_session(to).await?;
    let password = PlainPassword::new(own.field("current_password"));
    let confirmed = visitor.web.login.confirm(visitor.held(&session)?, password, visitor.visit(Some(&session))).await;
    let problem = match confirmed {
        Ok(Confirmation::Done { cookie }) => {
            let mut response = visitor.see_other(to);
            if let Some(cookie) = &cookie {
                visitor.set_session(&mut response, cookie);
            }
            return Ok(response);
        }
        Ok(Confirmation::Gone) => return Err(Failure::First("/login".to_owned())),
        Ok(Confirmation::WrongPassword) => AccountConfirmProblem::WrongPassword,
        Ok(Confirmation::Throttled { wait }) => AccountConfirmProblem::Throttled { wait },
        Err(LoginError::Overloaded) => AccountConfirmProblem::Overloaded { wait: RETRY_AFTER },
        Err(other) => return Err(other.into()),
    };
    form(visitor, &session, to, Some(problem))
}

fn form(
    visitor: &Visitor,
    session: &Session,
    to: &'static str,
    problem: Option<AccountConfirmProblem>,
) -> Result<Response, Failure> {
    let page = AccountConfirm { frame: visitor.frame(), soi: session.soi.to_string(), to, problem };
    let (status, wait) = match problem {
        None => (StatusCode::OK, None),
        Some(AccountConfirmProblem::WrongPassword) => (StatusCode::UNAUTHORIZED, None),
        Some(AccountConfirmProblem::Throttled { wait }) => (StatusCode::TOO_MANY_REQUESTS, Some(wait)),
        Some(AccountConfirmProblem::Overloaded { wait }) => (StatusCode::SERVICE_UNAVAILABLE, Some(wait)),
    };
    visitor.page_after(status, &page, wait)
}
