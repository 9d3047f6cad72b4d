//! `/login/enrol`: a factor is enrolled, in the login or from the account page, then on to what asked for it.

use axum::http::StatusCode;
use axum::response::Response;

use super::account::own_path;
use super::factor::{Onward, refuse};
use super::{application_of, id_of, return_origin, with_wait};
use crate::domain::enrolment::Enrolment;
use crate::domain::factor::{SecondFactor, name_of};
use crate::domain::reason::Reason;
use crate::domain::second_channel::CodePurpose;
use crate::domain::secret::PlainToken;
use crate::domain::session::Session;
use crate::login::factor::confirmation::{Confirmed, ConfirmedBy};
use crate::login::factor::enrolment::Enrolled;
use crate::login::factor::given::WrongFactor;
use crate::login::factor::offer::Offer;
use crate::login::factor::second_channel::SentCode;
use crate::login::totp::TotpKey;
use crate::ui::pages::account::Section;
use crate::ui::pages::enrol::{Enrol, EnrolProblem, EnrolStep, default_name};
use crate::ui::pages::notice::NoticeKind;
use crate::ui::qr;
use crate::web::Visitor;
use crate::web::error::Failure;
use crate::web::form::{Form, FormError, OwnForm};

/// Who comes to enrol, and what is possible.
struct Scene {
    onward: Onward,
    session: Session,
    offer: Offer,
}

/// Shows the step that comes next.
pub async fn get(mut visitor: Visitor) -> Response {
    show(&mut visitor).await.unwrap_or_else(|failure| failure.into_page(&visitor))
}

async fn show(visitor: &mut Visitor) -> Result<Response, Failure> {
    let onward = visitor.onward(visitor.query("interaction"), visitor.own_destination()).await?;
    match scene(visitor, onward, true).await? {
        Ok(scene) => next(visitor, &scene, None).await,
        Err(elsewhere) => Ok(elsewhere),
    }
}

/// Goes a step.
pub async fn post(mut visitor: Visitor, form: Result<Form, FormError>) -> Response {
    act(&mut visitor, form).await.unwrap_or_else(|failure| failure.into_page(&visitor))
}

async fn act(visitor: &mut Visitor, sent: Result<Form, FormError>) -> Result<Response, Failure> {
    let Form(params) = sent?;
    let named = params.one("interaction").ok().flatten().map(str::to_owned);
    let onward = visitor.onward(named, params.one("to").ok().flatten().and_then(own_path)).await?;
    let own = visitor.own_form(&params)?;
    // Installing an application takes its time: what was begun in time may be finished while its key waits.
    let is_begun = matches!(own.field("act"), "totp_code" | "passkey_made" | "confirm" | "manager" | "later");
    let scene = match scene(visitor, onward, !is_begun).await? {
        Ok(scene) => scene,
        Err(elsewhere) => return Ok(elsewhere),
    };
    match own.field("act") {
        "later" => later(visitor, scene).await,
        "send" => send(visitor, &scene, own.field("channel")).await,
        "confirm" => match own.field("channel").parse() {
            Ok(kind) => confirm(visitor, &scene, ConfirmedBy::Channel(kind), own.field("code")).await,
            Err(_) => Err(Failure::Notice(StatusCode::BAD_REQUEST, NoticeKind::Unreadable)),
        },
        "manager" => confirm(visitor, &scene, ConfirmedBy::Manager, own.field("code")).await,
        "totp" => begin_totp(visitor, &scene).await,
        "totp_code" => finish_totp(visitor, &scene, &own).await,
        "passkey" => begin_passkey(visitor, &scene).await,
        "passkey_made" => finish_passkey(visitor, &scene, &own).await,
        _ => Err(Failure::Notice(StatusCode::BAD_REQUEST, NoticeKind::Unreadable)),
    }
}

/// A session, the password of the last minutes where something begins, and what is possible; or where to go first.
async fn scene(visitor: &Visitor, onward: Onward, begins: bool) -> Result<Result<Scene, Response>, Failure> {
    let Some(session) = visitor.session().await? else {
        return Ok(Err(visitor.see_other(&onward.path("/login", None))));
    };
    // Whoever finds an open session must not leave a factor of their own in it.
    if begins && onward.pending.is_some() && !visitor.web.login.is_fresh(&session).await? {
        return Ok(Err(visitor.see_other(&onward.path("/login", None))));
    }
    if begins {
        visitor.require_fresh(&session, onward.to.unwrap_or(Section::Factors.path())).await?;
    }
    let offer = visitor.web.login.factor_offer(&session, onward.at_least(), visitor.visit(Some(&session))).await?;
    let Some(offer) = offer else { return Ok(Err(visitor.see_other(&onward.path("/login", None)))) };
    Ok(Ok(Scene { onward, session, offer }))
}

/// The step that comes next.
async fn next(visitor: &Visitor, scene: &Scene, problem: Option<EnrolProblem>) -> Result<Response, Failure> {
    let Scene { onward, session, offer } = scene;
    let step = match offer.enrolment {
        Enrolment::Allowed => EnrolStep::Choose { passkey: visitor.web.login.passkeys.is_some() },
        Enrolment::Confirm => {
            let sent = offer.sent.iter().find(|(purpose, _)| *purpose == CodePurpose::Enrolment);
            let sent = sent.and_then(|(_, kind)| offer.confirming.iter().find(|(known, _)| known == kind));
            EnrolStep::Confirm {
                addresses: offer.confirming.clone(),
                manager: offer.manager.clone(),
                sent: sent.cloned(),
            }
        }
        Enrolment::GiveFactor => return Ok(visitor.see_other(&onward.path("/login/factor", None))),
        Enrolment::Unsafe => return refuse(visitor, onward, session, Reason::FactorEnrolmentUnsafe).await,
    };
    page(visitor, scene, step, problem)
}

/// Sends a code that confirms the enrolment; the page that asks for it may be loaded again.
async fn send(visitor: &Visitor, scene: &Scene, channel: &str) -> Result<Response, Failure> {
    let Ok(kind) = channel.parse() else {
        return Err(Failure::Notice(StatusCode::BAD_REQUEST, NoticeKind::Unreadable));
    };
    let (login, visit) = (&visitor.web.login, visitor.visit(Some(&scene.session)));
    let problem = match login.send_second_channel_code(&scene.session, CodePurpose::Enrolment, kind, visit).await? {
        SentCode::Sent | SentCode::NotOffered => return Ok(again(visitor, scene)),
        SentCode::Gone => return Ok(visitor.see_other(&scene.onward.path("/login", None))),
        SentCode::TooMany { wait } => EnrolProblem::TooManySent { wait },
        SentCode::NoMore => EnrolProblem::NoMore,
    };
    next(visitor, scene, Some(problem)).await
}

/// Tries the code that confirms the enrolment.
async fn confirm(visitor: &Visitor, scene: &Scene, by: ConfirmedBy, typed: &str) -> Result<Response, Failure> {
    let (login, visit) = (&visitor.web.login, visitor.visit(Some(&scene.session)));
    let problem = match login.confirm_enrolment(&scene.session, by, typed, visit).await? {
        Confirmed::Done | Confirmed::Not(_) => return Ok(again(visitor, scene)),
        Confirmed::Throttled { wait } => EnrolProblem::Throttled { wait },
        Confirmed::Wrong(WrongFactor::Shape) if by == ConfirmedBy::Manager => EnrolProblem::ManagerShape,
        Confirmed::Wrong(WrongFactor::Shape) => EnrolProblem::Shape,
        Confirmed::Wrong(WrongFactor::NotThere) => EnrolProblem::CodeGone,
        Confirmed::Wrong(_) => EnrolProblem::Wrong,
    };
    next(visitor, scene, Some(problem)).await
}

/// The step that comes next, by its address.
fn again(visitor: &Visitor, scene: &Scene) -> Response {
    visitor.see_other(&scene.onward.path("/login/enrol", None))
}

async fn later(visitor: &Visitor, scene: Scene) -> Result<Response, Failure> {
    let Scene { onward, session, offer } = scene;
    if offer.may_postpone {
        visitor.web.login.postpone_enrolment(&session, visitor.visit(Some(&session))).await?;
    }
    Ok(visitor.go_on(&onward, session, None).await)
}

async fn begin_totp(visitor: &Visitor, scene: &Scene) -> Result<Response, Failure> {
    if scene.offer.enrolment != Enrolment::Allowed {
        return next(visitor, scene, None).await;
    }
    let begun = visitor.web.login.begin_totp(&scene.session).await?;
    let name = default_name(&visitor.frame(), SecondFactor::Totp);
    totp(visitor, scene, (&begun.token, &begun.key), name, None)
}

async fn finish_totp(visitor: &Visitor, scene: &Scene, own: &OwnForm<'_>) -> Result<Response, Failure> {
    let login = &visitor.web.login;
    let (token, typed_name) = (PlainToken::new(own.field("token")), own.field("name"));
    let Some(key) = login.find_totp(&scene.session, &token).await? else {
        return next(visitor, scene, Some(EnrolProblem::Gone)).await;
    };
    let again = |problem| totp(visitor, scene, (&token, &key), typed_name.chars().take(40).collect(), Some(problem));
    let Some(name) = name_of(typed_name) else { return again(EnrolProblem::Name) };
    let (held, visit) = (visitor.held(&scene.session)?, visitor.visit(Some(&scene.session)));
    match login.finish_totp(held, &token, own.field("code"), name, visit).await? {
        Enrolled::Wrong(WrongFactor::Shape) => again(EnrolProblem::Shape),
        Enrolled::Wrong(_) => again(EnrolProblem::Wrong),
        other => finished(visitor, scene, other).await,
    }
}

fn totp(
    visitor: &Visitor,
    scene: &Scene,
    (token, key): (&PlainToken, &TotpKey),
    name: String,
    problem: Option<EnrolProblem>,
) -> Result<Response, Failure> {
    let product = &visitor.web.login.settings.product;
    let uri = key.uri(product, scene.session.soi.as_str()).map_err(crate::login::LoginError::from)?;
    let key = key.for_typing().map_err(crate::login::LoginError::from)?.to_string();
    let step = EnrolStep::Totp { token: token.reveal().to_owned(), qr: qr::svg(&uri), key, name };
    page(visitor, scene, step, problem)
}

async fn begin_passkey(visitor: &Visitor, scene: &Scene) -> Result<Response, Failure> {
    if scene.offer.enrolment != Enrolment::Allowed {
        return next(visitor, scene, None).await;
    }
    let Some(begun) = visitor.web.login.begin_passkey(&scene.session).await? else {
        return next(visitor, scene, None).await;
    };
    let token = begun.token.reveal().to_owned();
    let name = default_name(&visitor.frame(), SecondFactor::Passkey);
    page(visitor, scene, EnrolStep::Passkey { token, options: begun.options, name }, None)
}

async fn finish_passkey(visitor: &Visitor, scene: &Scene, own: &OwnForm<'_>) -> Result<Response, Failure> {
    let token = PlainToken::new(own.field("token"));
    // The key is made already: no name is no reason to make another one.
    let name = name_of(own.field("name")).unwrap_or_else(|| default_name(&visitor.frame(), SecondFactor::Passkey));
    let (held, visit) = (visitor.held(&scene.session)?, visitor.visit(Some(&scene.session)));
    match visitor.web.login.finish_passkey(held, &token, own.field("credential"), name, visit).await? {
        Enrolled::Wrong(_) => next(visitor, scene, Some(EnrolProblem::Key)).await,
        other => finished(visitor, scene, other).await,
    }
}

/// What follows an enrolment of either kind.
async fn finished(visitor: &Visitor, scene: &Scene, enrolled: Enrolled) -> Result<Response, Failure> {
    let problem = match enrolled {
        Enrolled::Done { cookie, recovery_codes } => {
            return done(visitor, scene, cookie.as_ref(), recovery_codes).await;
        }
        Enrolled::Wrong(_) => EnrolProblem::Wrong,
        Enrolled::TooMany => EnrolProblem::TooMany,
        Enrolled::Gone => EnrolProblem::Gone,
        Enrolled::Not(Enrolment::Unsafe) => {
            return refuse(visitor, &scene.onward, &scene.session, Reason::FactorEnrolmentUnsafe).await;
        }
        Enrolled::Not(_) => return Ok(visitor.see_other(&scene.onward.path("/login/enrol", None))),
    };
    next(visitor, scene, Some(problem)).await
}

async fn done(
    visitor: &Visitor,
    scene: &Scene,
    cookie: Option<&PlainToken>,
    codes: Option<Vec<String>>,
) -> Result<Response, Failure> {
    let Some(codes) = codes else {
        return Ok(visitor.go_on(&scene.onward, scene.session.clone(), cookie).await);
    };
    let step = EnrolStep::RecoveryCodes { codes, onward: scene.onward.href() };
    let mut response = page(visitor, scene, step, None)?;
    if let Some(cookie) = cookie {
        visitor.set_session(&mut response, cookie);
    }
    Ok(response)
}

fn page(visitor: &Visitor, scene: &Scene, step: EnrolStep, problem: Option<EnrolProblem>) -> Result<Response, Failure> {
    let pending = scene.onward.pending.as_ref();
    let is_over = matches!(step, EnrolStep::RecoveryCodes { .. });
    let page = Enrol {
        frame: visitor.frame(),
        interaction: id_of(pending),
        to: scene.onward.to,
        application: application_of(pending),
        may_postpone: visitor.web.login.postponable_until(&scene.offer).filter(|_| !is_over),
        is_asked_for: pending.is_some() && !is_over,
        step,
        problem,
    };
    let (status, wait) = match problem {
        None => (StatusCode::OK, None),
        Some(EnrolProblem::Throttled { wait } | EnrolProblem::TooManySent { wait }) => {
            (StatusCode::TOO_MANY_REQUESTS, Some(wait))
        }
        Some(EnrolProblem::NoMore) => (StatusCode::TOO_MANY_REQUESTS, None),
        Some(_) => (StatusCode::UNPROCESSABLE_ENTITY, None),
    };
    Ok(with_wait(visitor.page(status, &page, return_origin(pending))?, wait))
}
