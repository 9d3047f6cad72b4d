//! `/login/password`: an expired password is changed in the flow, then straight on to the application.

use axum::http::StatusCode;
use axum::response::Response;

use super::{Pending, application_of, id_of, return_origin, with_wait};
use crate::domain::reason::Reason;
use crate::domain::secret::{PlainPassword, PlainToken};
use crate::domain::zone::NetworkZone;
use crate::login::MustRenew;
use crate::login::renewal::Renewal;
use crate::ui::pages::PasswordRules;
use crate::ui::pages::factor::FactorProblem;
use crate::ui::pages::notice::NoticeKind;
use crate::ui::pages::password_expired::{PasswordExpired, PasswordExpiredProblem, PasswordRenewal};
use crate::web::Visitor;
use crate::web::error::Failure;
use crate::web::form::{Form, FormError};

/// Without the ticket of a login there is nothing to change here.
pub async fn get(visitor: Visitor) -> Response {
    visitor.see_other("/login")
}

/// Changes the password that the ticket stands for.
pub async fn post(mut visitor: Visitor, form: Result<Form, FormError>) -> Response {
    change(&mut visitor, form).await.unwrap_or_else(|failure| failure.into_page(&visitor))
}

async fn change(visitor: &mut Visitor, sent: Result<Form, FormError>) -> Result<Response, Failure> {
    let Form(params) = sent?;
    let gone = || Failure::Notice(StatusCode::BAD_REQUEST, NoticeKind::PageExpired);
    let named = params.one("interaction").ok().flatten().map(str::to_owned);
    let pending = visitor.pending(named).await?;
    let own = visitor.own(&params).ok_or(Failure::Notice(StatusCode::BAD_REQUEST, NoticeKind::FormExpired))?;
    let ticket = PlainToken::new(own.field("ticket"));
    let found = visitor.web.login.find_ticket(&ticket, &visitor.browser).await?.ok_or_else(gone)?;
    let before = visitor.session().await?;
    let new = PlainPassword::new(own.field("new_password"));
    let again = PlainPassword::new(own.field("new_password_again"));
    match visitor.web.login.renew(&ticket, new, again, own.field("code"), visitor.visit(before.as_ref())).await? {
        Renewal::In(new) => Ok(super::login::enter(visitor, pending.as_ref(), None, new).await),
        Renewal::Breach { breach, why } => {
            let problem = Some(PasswordExpiredProblem::Breach(breach));
            let asked = Asked { ticket: &ticket, why: &why, soi: found.soi.as_str() };
            form(visitor, pending.as_ref(), &asked, problem)
        }
        Renewal::Factor { wrong, why } => {
            let problem = Some(PasswordExpiredProblem::Factor(super::factor::problem_of(wrong)));
            form(visitor, pending.as_ref(), &Asked { ticket: &ticket, why: &why, soi: found.soi.as_str() }, problem)
        }
        Renewal::Throttled { wait, why } => {
            let problem = Some(PasswordExpiredProblem::Factor(FactorProblem::Throttled { wait }));
            let asked = Asked { ticket: &ticket, why: &why, soi: found.soi.as_str() };
            Ok(with_wait(form(visitor, pending.as_ref(), &asked, problem)?, Some(wait)))
        }
        Renewal::Gone => Err(gone()),
    }
}

/// Who is asked for a new password, and why.
pub struct Asked<'a> {
    pub ticket: &'a PlainToken,
    pub why: &'a MustRenew,
    pub soi: &'a str,
}

/// The page with its form.
pub fn form(
    visitor: &Visitor,
    pending: Option<&Pending>,
    asked: &Asked<'_>,
    problem: Option<PasswordExpiredProblem>,
) -> Result<Response, Failure> {
    let Asked { ticket, why: MustRenew { reason, by_age, broken, policy }, soi } = *asked;
    let max_age = policy.max_age.filter(|_| *by_age);
    let why = match (reason, *broken) {
        (Reason::PasswordCompromised, _) => PasswordRenewal::Compromised,
        (_, Some(broken)) => PasswordRenewal::Outdated(broken),
        (_, None) => PasswordRenewal::Expired {
            max_age_days: max_age.and_then(|age| u32::try_from(age.as_secs() / 86_400).ok()),
        },
    };
    let page = PasswordExpired {
        frame: visitor.frame(),
        why,
        interaction: id_of(pending),
        ticket: ticket.reveal().to_owned(),
        soi: soi.to_owned(),
        application: application_of(pending),
        rules: PasswordRules::of(policy),
        asks_code: visitor.zone() == NetworkZone::Nomades,
        problem,
    };
    let status = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    visitor.page(status, &page, return_origin(pending))
}
