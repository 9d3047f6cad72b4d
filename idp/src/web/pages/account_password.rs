//! `/account/password`: the agent chooses another password.

use axum::http::StatusCode;
use axum::response::Response;

use super::account::PASSWORD_CHANGED;
use crate::domain::secret::PlainPassword;
use crate::domain::session::Session;
use crate::login::LoginError;
use crate::login::change::{ChangeForm, PasswordChange};
use crate::ui::pages::PasswordRules;
use crate::ui::pages::account::Section;
use crate::ui::pages::account_password::{AccountPassword, AccountPasswordProblem};
use crate::web::Visitor;
use crate::web::error::{Failure, RETRY_AFTER};
use crate::web::form::{Form, FormError};

const HERE: &str = Section::Password.path();

/// Shows the form, or where a password may be changed.
pub async fn get(visitor: Visitor) -> Response {
    show(&visitor).await.unwrap_or_else(|failure| failure.into_page(&visitor))
}

async fn show(visitor: &Visitor) -> Result<Response, Failure> {
    let session = visitor.own_session(HERE).await?;
    form(visitor, &session, None).await
}

/// Changes the password; the other sessions end.
pub async fn post(visitor: Visitor, form: Result<Form, FormError>) -> Response {
    change(&visitor, form).await.unwrap_or_else(|failure| failure.into_page(&visitor))
}

async fn change(visitor: &Visitor, sent: Result<Form, FormError>) -> Result<Response, Failure> {
    let Form(params) = sent?;
    let own = visitor.own_form(&params)?;
    let session = visitor.own_session(HERE).await?;
    let typed = ChangeForm {
        current: PlainPassword::new(own.field("current_password")),
        new: PlainPassword::new(own.field("new_password")),
        again: PlainPassword::new(own.field("new_password_again")),
    };
    let changed =
        visitor.web.login.change_password(visitor.held(&session)?, typed, visitor.visit(Some(&session))).await;
    let problem = match changed {
        Ok(PasswordChange::Done { cookie }) => {
            let mut response = visitor.see_other(&visitor.done(Section::Overview.path(), PASSWORD_CHANGED));
            if let Some(cookie) = &cookie {
                visitor.set_session(&mut response, cookie);
            }
            return Ok(response);
        }
        Ok(PasswordChange::Gone) => return Err(Failure::First("/login".to_owned())),
        Ok(PasswordChange::AtTheOffice) => None,
        Ok(PasswordChange::WrongPassword) => Some(AccountPasswordProblem::Current),
        Ok(PasswordChange::Breach(breach)) => Some(AccountPasswordProblem::Breach(breach)),
        Ok(PasswordChange::Throttled { wait }) => Some(AccountPasswordProblem::Throttled { wait }),
        Err(LoginError::Overloaded) => Some(AccountPasswordProblem::Overloaded { wait: RETRY_AFTER }),
        Err(other) => return Err(other.into()),
    };
    form(visitor, &session, problem).await
}

async fn form(
    visitor: &Visitor,
    session: &Session,
    problem: Option<AccountPasswordProblem>,
) -> Result<Response, Failure> {
    let login = &visitor.web.login;
    let agent = login.find_agent(session).await?;
    let page = AccountPassword {
        frame: visitor.frame(),
        soi: session.soi.to_string(),
        rules: agent.map_or_else(
            || visitor.web.password_rules(),
            |agent| PasswordRules::of(login.settings.policies.of(&agent)),
        ),
        may_change: login.may_change_in(visitor.zone(), Some(session)),
        problem,
    };
    let (status, wait) = match problem {
        None => (StatusCode::OK, None),
        Some(AccountPasswordProblem::Current) => (StatusCode::UNAUTHORIZED, None),
        Some(AccountPasswordProblem::Breach(_)) => (StatusCode::UNPROCESSABLE_ENTITY, None),
        Some(AccountPasswordProblem::Throttled { wait }) => (StatusCode::TOO_MANY_REQUESTS, Some(wait)),
        Some(AccountPasswordProblem::Overloaded { wait }) => (StatusCode::SERVICE_UNAVAILABLE, Some(wait)),
    };
    visitor.page_after(status, &page, wait)
}
