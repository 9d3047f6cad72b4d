//! `/login/factor`: a second factor for the session of this browser, then on to what asked for it.

use axum::http::StatusCode;
use axum::response::Response;

use super::account::own_path;
use super::login::resume;
use super::{Pending, application_of, id_of, return_origin, with_wait};
use crate::domain::acr::Acr;
use crate::domain::channel::ChannelKind;
use crate::domain::enrolment::Enrolment;
use crate::domain::interaction::Stake;
use crate::domain::reason::Reason;
use crate::domain::second_channel::CodePurpose;
use crate::domain::session::Session;
use crate::login::factor::given::{Given, WrongFactor};
use crate::login::factor::offer::{Offer, Way};
use crate::login::factor::second_channel::SentCode;
use crate::login::factor::vouching::MANAGER_ACR;
use crate::ui::pages::account::APPROVALS;
use crate::ui::pages::factor::{Factor, FactorProblem, FactorWay, OtherWay};
use crate::ui::pages::notice::NoticeKind;
use crate::ui::pages::refusal::{Refusal, Verdict};
use crate::web::Visitor;
use crate::web::error::Failure;
use crate::web::form::{Form, FormError, OwnForm};
use crate::web::oauth::authorize;

/// Where a page about factors leads when it is done.
pub struct Onward {
    pub pending: Option<Pending>,
    pub to: Option<&'static str>,
}

impl Onward {
    /// What the level must be at least, where an application says so, or the page about a manager's agents.
    pub fn at_least(&self) -> Option<Acr> {
        match &self.pending {
            Some(pending) => pending.interaction.needs?.at_least,
            None => (self.to == Some(APPROVALS)).then_some(MANAGER_ACR),
        }
    }

    /// What depends on the factor, where a request waits for it.
    pub fn stake(&self) -> Option<Stake> {
        Some(self.pending.as_ref()?.interaction.needs?.stake)
    }

    /// An address of ours that keeps where it leads.
    pub fn path(&self, path: &str, way: Option<&str>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        if let Some(pending) = &self.pending {
            query.append_pair("interaction", &pending.id);
        }
        if let Some(to) = self.to {
            query.append_pair("to", to);
        }
        if let Some(way) = way {
            query.append_pair("way", way);
        }
        let query = query.finish();
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    }

    /// The next page, where the way on is a link.
    pub fn href(&self) -> String {
        match &self.pending {
            Some(pending) => resume(&pending.id),
            None => self.to.unwrap_or("/").to_owned(),
        }
    }
}

impl Visitor {
    /// Where the query or the form of a page about factors leads.
    pub async fn onward(&mut self, named: Option<String>, to: Option<&'static str>) -> Result<Onward, Failure> {
        let pending = self.pending(named).await?;
        Ok(Onward { to: to.filter(|_| pending.is_none()), pending })
    }

    /// Goes on, with the cookie that a raised session got.
    pub async fn go_on(
        &self,
        onward: &Onward,
        session: Session,
        cookie: Option<&crate::domain::secret::PlainToken>,
    ) -> Response {
        let mut response = match &onward.pending {
            Some(pending) => authorize::go_on(self, &pending.id, Some(session)).await,
            None => self.see_other(onward.to.unwrap_or("/")),
        };
        if let Some(cookie) = cookie {
            self.set_session(&mut response, cookie);
        }
        response
    }
}

/// Shows the best way, or the one that is asked for.
pub async fn get(mut visitor: Visitor) -> Response {
    show(&mut visitor).await.unwrap_or_else(|failure| failure.into_page(&visitor))
}

async fn show(visitor: &mut Visitor) -> Result<Response, Failure> {
    let onward = visitor.onward(visitor.query("interaction"), visitor.own_destination()).await?;
    let Some(session) = visitor.session().await? else {
        return Ok(visitor.see_other(&onward.path("/login", None)));
    };
    let way = visitor.query("way");
    ask(visitor, &onward, &session, way.as_deref(), None).await
}

/// Tries what was given.
pub async fn post(mut visitor: Visitor, form: Result<Form, FormError>) -> Response {
    act(&mut visitor, form).await.unwrap_or_else(|failure| failure.into_page(&visitor))
}

async fn act(visitor: &mut Visitor, sent: Result<Form, FormError>) -> Result<Response, Failure> {
    let Form(params) = sent?;
    let named = params.one("interaction").ok().flatten().map(str::to_owned);
    let onward = visitor.onward(named, params.one("to").ok().flatten().and_then(own_path)).await?;
    let own = visitor.own_form(&params)?;
    let Some(session) = visitor.session().await? else {
        return Ok(visitor.see_other(&onward.path("/login", None)));
    };
    match own.field("act") {
        "code" => code(visitor, &onward, session, &own).await,
        "send" => send(visitor, &onward, &session, own.field("way")).await,
        "passkey" => passkey(visitor, &onward, session, &own).await,
        "cancel" => cancel(visitor, &onward, &session).await,
        "skip" => Ok(skip(visitor, &onward, session).await),
        _ => Err(Failure::Notice(StatusCode::BAD_REQUEST, NoticeKind::Unreadable)),
    }
}

async fn code(visitor: &Visitor, onward: &Onward, session: Session, own: &OwnForm<'_>) -> Result<Response, Failure> {
    let (login, way, typed) = (&visitor.web.login, own.field("way"), own.field("code"));
    let given = {
        let (held, visit) = (visitor.held(&session)?, visitor.visit(Some(&session)));
        match way {
            "totp" => login.give_totp(held, typed, visit).await?,
            "recovery_code" => login.give_recovery_code(held, typed, visit).await?,
            "manager_pass" => login.give_manager_pass(held, typed, visit).await?,
            channel => match channel.parse() {
                Ok(kind) => login.give_second_channel(held, kind, typed, visit).await?,
                Err(_) => return Err(Failure::Notice(StatusCode::BAD_REQUEST, NoticeKind::Unreadable)),
            },
        }
    };
    answer(visitor, onward, session, way, given).await
}

/// Sends a code; the page that asks for it may be loaded again.
async fn send(visitor: &Visitor, onward: &Onward, session: &Session, way: &str) -> Result<Response, Failure> {
    let Ok(kind) = way.parse() else {
        return Err(Failure::Notice(StatusCode::BAD_REQUEST, NoticeKind::Unreadable));
    };
    let (login, visit) = (&visitor.web.login, visitor.visit(Some(session)));
    let problem = match login.send_second_channel_code(session, CodePurpose::Factor, kind, visit).await? {
        SentCode::Sent => return Ok(visitor.see_other(&onward.path("/login/factor", Some(way)))),
        SentCode::Gone => return Ok(visitor.see_other(&onward.path("/login", None))),
        // The page says what can be given.
        SentCode::NotOffered => return Ok(visitor.see_other(&onward.path("/login/factor", None))),
        SentCode::TooMany { wait } => FactorProblem::TooManySent { wait },
        SentCode::NoMore => FactorProblem::NoMore,
    };
    ask(visitor, onward, session, Some(way), Some(problem)).await
}

async fn passkey(visitor: &Visitor, onward: &Onward, session: Session, own: &OwnForm<'_>) -> Result<Response, Failure> {
    let given = {
        let (held, visit) = (visitor.held(&session)?, visitor.visit(Some(&session)));
        visitor.web.login.give_passkey(held, own.field("credential"), visit).await?
    };
    answer(visitor, onward, session, "passkey", given).await
}

/// What follows from a factor that was given, or not.
async fn answer(
    visitor: &Visitor,
    onward: &Onward,
    session: Session,
    way: &str,
    given: Given,
) -> Result<Response, Failure> {
    let problem = match given {
        Given::Done { cookie } => return Ok(visitor.go_on(onward, session, cookie.as_ref()).await),
        Given::Gone => return Ok(visitor.see_other(&onward.path("/login", None))),
        Given::Throttled { wait } => FactorProblem::Throttled { wait },
        Given::Wrong(_) if way == "passkey" => FactorProblem::Key,
        Given::Wrong(wrong) => problem_of(wrong),
    };
    ask(visitor, onward, &session, Some(way), Some(problem)).await
}

/// What the page says of it.
pub const fn problem_of(wrong: WrongFactor) -> FactorProblem {
    match wrong {
        WrongFactor::Shape => FactorProblem::Shape,
        WrongFactor::Wrong => FactorProblem::Wrong,
        WrongFactor::Used => FactorProblem::Used,
        WrongFactor::NotThere => FactorProblem::Gone,
        WrongFactor::Copied => FactorProblem::Key,
    }
}

/// Back to the application, or out.
async fn cancel(visitor: &Visitor, onward: &Onward, session: &Session) -> Result<Response, Failure> {
    if let Some(pending) = &onward.pending {
        let step = visitor.web.oauth.cancel(&pending.id).await?;
        return authorize::render(visitor, step);
    }
    visitor.web.login.end_own_session(session, &session.sid, visitor.visit(Some(session))).await?;
    let mut response = visitor.see_other("/login");
    visitor.clear_session(&mut response);
    Ok(response)
}

/// On without a level that would only be welcome. Where it is wanted, what asked for it asks again.
async fn skip(visitor: &Visitor, onward: &Onward, session: Session) -> Response {
    visitor.go_on(onward, session, None).await
}

/// The page, or what has to come before it.
async fn ask(
    visitor: &Visitor,
    onward: &Onward,
    session: &Session,
    way: Option<&str>,
    problem: Option<FactorProblem>,
) -> Result<Response, Failure> {
    let offer = visitor.web.login.factor_offer(session, onward.at_least(), visitor.visit(Some(session))).await?;
    let Some(offer) = offer else { return Ok(visitor.see_other(&onward.path("/login", None))) };
    let sent = offer.sent.iter().find(|(purpose, _)| *purpose == CodePurpose::Factor).map(|(_, kind)| *kind);
    let ways: Vec<FactorWay> = offer.ways.iter().map(|way| shown(way, sent)).collect();
    // Unless another way is asked for, the code that was sent is awaited.
    let way = way.or_else(|| sent.map(ChannelKind::as_str));
    let chosen = way.and_then(|way| ways.iter().position(|known| known.as_str() == way)).unwrap_or(0);
    let Some(current) = ways.get(chosen).cloned() else {
        if onward.stake() == Some(Stake::Wish) {
            return Ok(skip(visitor, onward, session.clone()).await);
        }
        return nothing_to_give(visitor, onward, session, &offer).await;
    };
    let others = ways
        .into_iter()
        .filter(|other| *other != current)
        .map(|way| OtherWay { href: onward.path("/login/factor", Some(way.as_str())), way })
        .collect();
    let pending = onward.pending.as_ref();
    let page = Factor {
        frame: visitor.frame(),
        interaction: id_of(pending),
        to: onward.to,
        application: application_of(pending),
        way: current,
        others,
        is_wish: onward.stake() == Some(Stake::Wish),
        problem,
    };
    let (status, wait) = match problem {
        None => (StatusCode::OK, None),
        Some(FactorProblem::Wrong | FactorProblem::Used | FactorProblem::Key) => (StatusCode::UNAUTHORIZED, None),
        Some(FactorProblem::Throttled { wait } | FactorProblem::TooManySent { wait }) => {
            (StatusCode::TOO_MANY_REQUESTS, Some(wait))
        }
        Some(FactorProblem::NoMore) => (StatusCode::TOO_MANY_REQUESTS, None),
        Some(FactorProblem::FormExpired) => (StatusCode::BAD_REQUEST, None),
        Some(FactorProblem::Shape | FactorProblem::Gone) => (StatusCode::UNPROCESSABLE_ENTITY, None),
    };
    Ok(with_wait(visitor.page(status, &page, return_origin(pending))?, wait))
}

/// `sent`: over which channel a code went that may still be typed.
fn shown(way: &Way, sent: Option<ChannelKind>) -> FactorWay {
    match way {
        Way::Passkey => FactorWay::Passkey,
        Way::Totp => FactorWay::Totp,
        Way::SecondChannel { factor, kind, masked } => FactorWay::SecondChannel {
            factor: *factor,
            kind: *kind,
            masked: masked.clone(),
            is_sent: sent == Some(*kind),
        },
        Way::RecoveryCode { left } => FactorWay::RecoveryCode { left: *left },
        Way::ManagerPass { manager } => FactorWay::ManagerPass { manager: manager.clone() },
    }
}

/// None is there that helps here: one is enrolled, if that is safe; else the truth.
async fn nothing_to_give(
    visitor: &Visitor,
    onward: &Onward,
    session: &Session,
    offer: &Offer,
) -> Result<Response, Failure> {
    if offer.enrolment_helps && matches!(offer.enrolment, Enrolment::Allowed | Enrolment::Confirm) {
        return Ok(visitor.see_other(&onward.path("/login/enrol", None)));
    }
    let reason = match offer.enrolment {
        Enrolment::Unsafe if offer.enrolment_helps => Reason::FactorEnrolmentUnsafe,
        _ => Reason::AppAcrTooLow,
    };
    refuse(visitor, onward, session, reason).await
}

/// The page that says why not, with the way back to the application. An application that cannot do without the level
/// hears so at once: it knows what to say.
pub async fn refuse(
    visitor: &Visitor,
    onward: &Onward,
    session: &Session,
    reason: Reason,
) -> Result<Response, Failure> {
    let pending = onward.pending.as_ref();
    let reference = visitor.web.login.note_factor_refusal(session, reason, visitor.visit(Some(session))).await?;
    let back = match pending {
        Some(pending) => visitor.web.oauth.refuse(&pending.id, reason).await?,
        None => None,
    };
    if let Some(response) = back.as_ref().filter(|_| onward.stake() == Some(Stake::Essential)) {
        return authorize::redirect(visitor, response);
    }
    let back = back.as_ref().map(authorize::way_back);
    let page = Refusal {
        frame: visitor.frame(),
        verdict: Verdict::Denied,
        reason,
        reference,
        application: application_of(pending),
        departments: Vec::new(),
        password_is_right: true,
        wait: None,
        back_to_application: back,
    };
    visitor.page(StatusCode::FORBIDDEN, &page, return_origin(pending))
}
