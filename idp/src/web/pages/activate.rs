//! `/activate`: the first password, with the code from the letter. `/forgot-password/code`: another one, with the code of
//! the help desk; the same form, and the same code would do on either.

use axum::http::StatusCode;
use axum::response::Response;

use super::{Pending, id_of, return_origin, with_wait};
use crate::domain::password_policy::PasswordPolicy;
use crate::domain::secret::PlainPassword;
use crate::login::LoginError;
use crate::login::activation::{Activation, ActivationForm};
use crate::ui::pages::PasswordRules;
use crate::ui::pages::activate::{Activate, ActivateProblem, ActivatePurpose};
use crate::web::Visitor;
use crate::web::error::{Failure, RETRY_AFTER};
use crate::web::form::{Done, Form, FormError};

/// Shows the form.
pub async fn get(mut visitor: Visitor) -> Response {
    show(&mut visitor, ActivatePurpose::FirstLogin).await.unwrap_or_else(|failure| failure.into_page(&visitor))
}

/// The same in the words of a reset.
pub async fn get_reset(mut visitor: Visitor) -> Response {
    show(&mut visitor, ActivatePurpose::Reset).await.unwrap_or_else(|failure| failure.into_page(&visitor))
}

/// Sets the password; the agent then logs in with it.
pub async fn post(mut visitor: Visitor, form: Result<Form, FormError>) -> Response {
    activate(&mut visitor, form, ActivatePurpose::FirstLogin).await.unwrap_or_else(|f| f.into_page(&visitor))
}

/// The same in the words of a reset.
pub async fn post_reset(mut visitor: Visitor, form: Result<Form, FormError>) -> Response {
    activate(&mut visitor, form, ActivatePurpose::Reset).await.unwrap_or_else(|f| f.into_page(&visitor))
}

async fn show(visitor: &mut Visitor, purpose: ActivatePurpose) -> Result<Response, Failure> {
    let pending = visitor.pending(visitor.query("interaction")).await?;
    form(visitor, pending.as_ref(), purpose, Typed::default(), None)
}

async fn activate(
    visitor: &mut Visitor,
    sent: Result<Form, FormError>,
    purpose: ActivatePurpose,
) -> Result<Response, Failure> {
    let Form(params) = sent?;
    let named = params.one("interaction").ok().flatten().map(str::to_owned);
    let pending = visitor.pending(named).await?;
    let pending = pending.as_ref();
    let Some(own) = visitor.own(&params) else {
        return form(visitor, pending, purpose, Typed::default(), Some(ActivateProblem::FormExpired));
    };
    let (soi, code) = (own.field("soi"), own.field("code"));
    let typed = ActivationForm {
        soi: soi.to_owned(),
        code: code.to_owned(),
        new: PlainPassword::new(own.field("new_password")),
        again: PlainPassword::new(own.field("new_password_again")),
    };
    let kept = Typed { soi, code, policy: None };
    let spent = Typed { code: "", ..kept };
    let again = |typed, problem| form(visitor, pending, purpose, typed, Some(problem));
    match visitor.web.login.activate(typed, visitor.visit(None)).await {
        Ok(Activation::Done) => Ok(visitor.to_login(Done::Activated, pending)),
        Ok(Activation::Reset) => Ok(visitor.to_login(Done::PasswordChanged, pending)),
        Ok(Activation::Breach(breach)) => again(kept, ActivateProblem::Breach(breach)),
        Ok(Activation::OwnBreach { breach, policy }) => {
            again(Typed { policy: Some(&policy), ..kept }, ActivateProblem::Breach(breach))
        }
        Ok(Activation::Invalid) => again(spent, ActivateProblem::Invalid),
        Ok(Activation::Throttled { wait }) => again(spent, ActivateProblem::Throttled { wait }),
        Err(LoginError::Overloaded) => again(kept, ActivateProblem::Overloaded { wait: RETRY_AFTER }),
        Err(other) => Err(other.into()),
    }
}

/// What is shown again of what was typed.
#[derive(Clone, Copy, Default)]
struct Typed<'a> {
    soi: &'a str,
    code: &'a str,
    /// The agent's own, once the code was right; before, everybody reads the same rules.
    policy: Option<&'a PasswordPolicy>,
}

fn form(
    visitor: &Visitor,
    pending: Option<&Pending>,
    purpose: ActivatePurpose,
    typed: Typed<'_>,
    problem: Option<ActivateProblem>,
) -> Result<Response, Failure> {
    let Typed { soi, code, policy } = typed;
    let page = Activate {
        frame: visitor.frame(),
        purpose,
        interaction: id_of(pending),
        soi: soi.chars().take(128).collect(),
        code: code.chars().take(64).collect(),
        rules: rules(visitor, purpose, policy),
        problem,
    };
    let (status, wait) = match problem {
        None => (StatusCode::OK, None),
        Some(ActivateProblem::Invalid) => (StatusCode::UNAUTHORIZED, None),
        Some(ActivateProblem::Breach(_)) => (StatusCode::UNPROCESSABLE_ENTITY, None),
        Some(ActivateProblem::FormExpired) => (StatusCode::BAD_REQUEST, None),
        Some(ActivateProblem::Throttled { wait }) => (StatusCode::TOO_MANY_REQUESTS, Some(wait)),
        Some(ActivateProblem::Overloaded { wait }) => (StatusCode::SERVICE_UNAVAILABLE, Some(wait)),
    };
    Ok(with_wait(visitor.page(status, &page, return_origin(pending))?, wait))
}

/// Who comes for the first time has no former password.
fn rules(visitor: &Visitor, purpose: ActivatePurpose, policy: Option<&PasswordPolicy>) -> PasswordRules {
    let rules = policy.map_or_else(|| visitor.web.password_rules(), PasswordRules::of);
    if purpose == ActivatePurpose::FirstLogin { PasswordRules { history: 0, ..rules } } else { rules }
}
