//! `/account/factors`: the agent's second factors; one is removed, or new recovery codes are made. They are added on
//! `/login/enrol`.

use axum::http::StatusCode;
use axum::response::Response;

use crate::domain::factor::SecondFactor;
use crate::domain::session::Session;
use crate::login::factor::enrolment::Removal;
use crate::login::factor::offer::OwnFactor;
use crate::ui::pages::account::Section;
use crate::ui::pages::account_factors::{AccountFactors, AccountFactorsProblem, ShownFactor};
use crate::ui::pages::notice::NoticeKind;
use crate::web::Visitor;
use crate::web::error::Failure;
use crate::web::form::{Form, FormError};

const HERE: &str = Section::Factors.path();

/// What this page says once after an act.
const REMOVED: &str = "factor-removed";

/// Shows the list.
pub async fn get(visitor: Visitor) -> Response {
    show(&visitor).await.unwrap_or_else(|failure| failure.into_page(&visitor))
}

async fn show(visitor: &Visitor) -> Result<Response, Failure> {
    let session = visitor.own_session(HERE).await?;
    page(visitor, &session, Vec::new(), None).await
}

/// Removes a factor, or makes new recovery codes.
pub async fn post(visitor: Visitor, form: Result<Form, FormError>) -> Response {
    act(&visitor, form).await.unwrap_or_else(|failure| failure.into_page(&visitor))
}

async fn act(visitor: &Visitor, sent: Result<Form, FormError>) -> Result<Response, Failure> {
    let Form(params) = sent?;
    let own = visitor.own_form(&params)?;
    let session = visitor.own_session(HERE).await?;
    visitor.require_fresh(&session, HERE).await?;
    let (login, visit) = (&visitor.web.login, visitor.visit(Some(&session)));
    match own.field("act") {
        "remove" => {
            let Ok(factor) = own.field("kind").parse::<SecondFactor>() else {
                return Err(Failure::Notice(StatusCode::BAD_REQUEST, NoticeKind::Unreadable));
            };
            match login.remove_factor(&session, factor, own.field("id"), visit).await? {
                Removal::Removed => Ok(visitor.see_other(&visitor.done(HERE, REMOVED))),
                Removal::Nothing => Ok(visitor.see_other(HERE)),
                Removal::LastOne => page(visitor, &session, Vec::new(), Some(AccountFactorsProblem::LastOne)).await,
                Removal::GiveFactor => {
                    page(visitor, &session, Vec::new(), Some(AccountFactorsProblem::GiveFactor)).await
                }
            }
        }
        "recovery_codes" => match login.renew_recovery_codes(&session, visit).await? {
            Some(codes) => page(visitor, &session, codes, None).await,
            None => page(visitor, &session, Vec::new(), Some(AccountFactorsProblem::GiveFactor)).await,
        },
        _ => Err(Failure::Notice(StatusCode::BAD_REQUEST, NoticeKind::Unreadable)),
    }
}

async fn page(
    visitor: &Visitor,
    session: &Session,
    new_codes: Vec<String>,
    problem: Option<AccountFactorsProblem>,
) -> Result<Response, Failure> {
    let (factors, left) = visitor.web.login.own_factors(session).await?;
    let page = AccountFactors {
        frame: visitor.frame(),
        recovery_left: (!factors.is_empty()).then_some(left),
        factors: factors.into_iter().map(|factor| shown(visitor, factor)).collect(),
        new_codes,
        is_removed: visitor.is_done(REMOVED),
        problem,
    };
    let status = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    visitor.page(status, &page, None)
}

fn shown(visitor: &Visitor, factor: OwnFactor) -> ShownFactor {
    ShownFactor {
        factor: factor.factor,
        id: factor.id,
        name: factor.name,
        added_on: visitor.local_day(factor.created_at),
        used_on: factor.last_used_at.map(|at| visitor.local_day(at)),
    }
}
