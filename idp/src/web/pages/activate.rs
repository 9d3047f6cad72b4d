//! `/activate`: the first password, with the code from the letter.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;

use super::{Pending, id_of, return_origin};
use crate::domain::password_policy::PasswordPolicy;
use crate::domain::secret::PlainPassword;
use crate::login::LoginError;
use crate::login::activation::{Activation, ActivationForm};
use crate::ui::pages::PasswordRules;
use crate::ui::pages::activate::{Activate, ActivateProblem};
use crate::web::Visitor;
use crate::web::error::{Failure, RETRY_AFTER};
use crate::web::form::{Form, FormError};

/// Shows the form.
pub async fn get(mut visitor: Visitor) -> Response {
    let shown = match visitor.pending(visitor.query("interaction")).await {
        Ok(pending) => form(&visitor, pending.as_ref(), Typed::default(), None),
        Err(failure) => Err(failure),
    };
    shown.unwrap_or_else(|failure| failure.into_page(&visitor))
}

/// Sets the password; the agent then logs in with it.
pub async fn post(mut visitor: Visitor, form: Result<Form, FormError>) -> Response {
    activate(&mut visitor, form).await.unwrap_or_else(|failure| failure.into_page(&visitor))
}

async fn activate(visitor: &mut Visitor, sent: Result<Form, FormError>) -> Result<Response, Failure> {
    let Form(params) = sent?;
    let named = params.one("interaction").ok().flatten().map(str::to_owned);
    let pending = visitor.pending(named).await?;
    let pending = pending.as_ref();
    let Some(own) = visitor.own(&params) else {
        return form(visitor, pending, Typed::default(), Some(ActivateProblem::FormExpired));
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
    match visitor.web.login.activate(typed, visitor.visit(None)).await {
        Ok(Activation::Done) => {
            let mut query = form_urlencoded::Serializer::new(String::new());
            query.append_pair("activated", &visitor.activated_mark());
            if let Some(id) = id_of(pending) {
                query.append_pair("interaction", &id);
            }
            Ok(visitor.see_other(&format!("/login?{}", query.finish())))
        }
        Ok(Activation::Breach(breach)) => form(visitor, pending, kept, Some(ActivateProblem::Breach(breach))),
        Ok(Activation::OwnBreach { breach, policy }) => {
            let own = Typed { policy: Some(&policy), ..kept };
            form(visitor, pending, own, Some(ActivateProblem::Breach(breach)))
        }
        Ok(Activation::Invalid) => form(visitor, pending, spent, Some(ActivateProblem::Invalid)),
        Ok(Activation::Throttled { wait }) => form(visitor, pending, spent, Some(ActivateProblem::Throttled { wait })),
        Err(LoginError::Overloaded) => {
            form(visitor, pending, kept, Some(ActivateProblem::Overloaded { wait: RETRY_AFTER }))
        }
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
    typed: Typed<'_>,
    problem: Option<ActivateProblem>,
) -> Result<Response, Failure> {
    let Typed { soi, code, policy } = typed;
    let rules = policy.map_or_else(|| visitor.web.password_rules(), PasswordRules::of);
    let page = Activate {
        frame: visitor.frame(),
        interaction: id_of(pending),
        soi: soi.chars().take(128).collect(),
        code: code.chars().take(64).collect(),
        rules: PasswordRules { history: 0, ..rules },
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
    let mut response = visitor.page(status, &page, return_origin(pending))?;
    if let Some(wait) = wait {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(wait.as_secs().max(1)));
    }
    Ok(response)
}
