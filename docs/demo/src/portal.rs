//! The sample portal "IntraParis": what an application sees of Octroi, and what an agent sees of both.
//!
//! It owns its sessions, its pages and its own picture of what is open; it decides nothing that matters and shares no
//! code with the provider's protocol. Look next at `relying_party` (the protocol), `login` (the steps in the browser),
//! `tiles` (open or shut) and `place` (the switch "au bureau / chez moi").

mod claims;
mod login;
pub mod moment;
mod pages;
pub mod place;
mod relying_party;
mod session;
mod tiles;
mod zone;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::rejection::FormRejection;
use axum::extract::{DefaultBodyLimit, Form, Path, State};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::map_response;
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use jiff::tz::TimeZone;
use octroi_idp::domain::ids::ClientId;
use octroi_idp::domain::secret::PlainToken;
use octroi_idp::domain::time::Clock;
use openidconnect::IssuerUrl;
use serde::Deserialize;
use url::Url;

use self::pages::{ApplicationPage, ClaimsPage, ClaimsSection, Frame, HomePage, Notice, WelcomePage, ZoneView};
use self::place::{Origins, Place};
use self::relying_party::{Login, Registration, RelyingParty};
use self::session::{SESSION_COOKIE, Sessions, find_cookie, set_cookie};
use self::tiles::Tile;
use crate::page;
use crate::samples::{self, SampleApplication};

const PLACE_COOKIE: &str = "portal-place";

/// What the portal is started with.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The issuer exactly as the provider names itself, without a trailing slash.
    pub issuer: String,
    /// The provider's two origins, as a browser sees them.
    pub origins: Origins,
    /// The portal's own origin, without a trailing slash.
    pub own_origin: String,
    /// Where the mailbox is, for a link.
    pub mailbox_origin: String,
    /// The secret of each sample application, as registered at the provider.
    pub client_secrets: BTreeMap<ClientId, PlainToken>,
    /// In which local times are told.
    pub time_zone: TimeZone,
}

/// Why the portal cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    #[error("not a URL: {0}")]
    Url(#[from] url::ParseError),
    #[error("no HTTP client: {0}")]
    Http(#[from] reqwest::Error),
}

struct Portal {
    settings: Settings,
    applications: Vec<SampleApplication>,
    relying_party: RelyingParty,
    sessions: Sessions,
    clock: Clock,
}

type Shared = Arc<Portal>;

/// The portal's site. The provider is first spoken to when somebody logs in.
pub fn router(settings: Settings, clock: Clock) -> Result<Router, SetupError> {
    let applications = samples::applications(&settings.own_origin);
    let issuer = IssuerUrl::new(settings.issuer.clone())?;
    let relying_party = RelyingParty::new(issuer, registrations(&applications, &settings)?)?;
    let targets = [&settings.origins.office, &settings.origins.home].map(|url| url.origin().ascii_serialization());
    let headers: Arc<[_]> = page::security_headers(&targets.each_ref().map(String::as_str)).into();
    let sessions = Sessions::new(clock.clone());
    let portal = Arc::new(Portal { settings, applications, relying_party, sessions, clock });
    Ok(Router::new()
        .route("/", get(home))
        .route("/place", post(choose_place))
        .route("/claims", get(show_claims))
        .route("/login", get(login::begin_portal))
        .route("/renew", get(login::renew_portal))
        .route("/callback", get(login::portal_callback))
        .route("/logout", post(login::logout))
        .route("/signed-out", get(login::signed_out))
        .route("/apps/{id}", get(application))
        .route("/apps/{id}/login", get(login::begin_application))
        .route("/apps/{id}/callback", get(login::application_callback))
        .merge(page::assets())
        .fallback(missing)
        .layer(DefaultBodyLimit::max(16 * 1024))
        .layer(map_response(move |response: Response| {
            let headers = headers.clone();
            async move { page::finish(response, &headers) }
        }))
        .with_state(portal))
}

fn registrations(
    applications: &[SampleApplication],
    settings: &Settings,
) -> Result<BTreeMap<ClientId, Registration>, url::ParseError> {
    let mut registrations = BTreeMap::new();
    for application in applications {
        let record = &application.record;
        let secret = settings.client_secrets.get(&record.client_id);
        if let (Some(secret), Some(redirect_uri)) = (secret, record.redirect_uris.first()) {
            let registration = Registration { secret: secret.clone(), redirect_uri: Url::parse(redirect_uri)? };
            registrations.insert(record.client_id.clone(), registration);
        }
    }
    Ok(registrations)
}

impl Portal {
    fn find_application(&self, id: &str) -> Option<&SampleApplication> {
        self.applications.iter().find(|application| application.record.client_id.as_str() == id)
    }

    fn find_login(&self, headers: &HeaderMap, client_id: &str) -> Option<Arc<Login>> {
        self.sessions.find_login(find_cookie(headers, SESSION_COOKIE)?, &ClientId::new(client_id))
    }

    fn place(headers: &HeaderMap) -> Place {
        find_cookie(headers, PLACE_COOKIE).and_then(Place::find).unwrap_or_default()
    }

    fn frame(&self, headers: &HeaderMap) -> Frame {
        let login = self.find_login(headers, samples::PORTAL);
        Frame {
            place: Self::place(headers).as_str(),
            mailbox: self.settings.mailbox_origin.clone(),
            name: login.as_deref().map(name_of),
        }
    }

    fn zone_view(&self, login: &Login) -> ZoneView {
        ZoneView::new(login.zone, self.clock.now(), &self.settings.time_zone)
    }

    fn section(&self, title: &'static str, note: &'static str, claims: &claims::Claims) -> ClaimsSection {
        ClaimsSection {
            title,
            note,
            rows: claims::rows(claims, self.clock.now(), &self.settings.time_zone),
            json: claims::pretty(claims),
        }
    }

    fn notice(&self, headers: &HeaderMap, notice: Notice) -> Response {
        let status = notice.status;
        page::render(status, &notice.framed(self.frame(headers)))
    }
}

fn name_of(login: &Login) -> String {
    let given = || login.find_claim("given_name");
    login.find_claim("name").or_else(given).unwrap_or("agent de la Ville").to_owned()
}

async fn home(State(portal): State<Shared>, headers: HeaderMap) -> Response {
    let frame = portal.frame(&headers);
    let Some(login) = portal.find_login(&headers, samples::PORTAL) else {
        return page::render(StatusCode::OK, &WelcomePage { frame });
    };
    let believed = login.zone.and_then(|zone| zone.believed_at(portal.clock.now()));
    let department = login.find_claim("department");
    let page = HomePage {
        greeting: login.find_claim("given_name").map_or_else(|| name_of(&login), str::to_owned),
        department: department.map(str::to_owned),
        soi: login.find_claim("soi").map(str::to_owned),
        zone: portal.zone_view(&login),
        moved: believed.is_some_and(|zone| zone != Portal::place(&headers).expected_zone()),
        tiles: portal.applications.iter().map(|app| Tile::new(app, believed, department)).collect(),
        frame,
    };
    page::render(StatusCode::OK, &page)
}

#[derive(Deserialize)]
struct PlaceForm {
    place: String,
}

async fn choose_place(
    State(portal): State<Shared>,
    headers: HeaderMap,
    form: Result<Form<PlaceForm>, FormRejection>,
) -> Response {
    if !page::is_own_form(&headers, &portal.settings.own_origin) {
        return portal.notice(&headers, Notice::foreign_form());
    }
    match form.ok().and_then(|Form(form)| Place::find(&form.place)) {
        Some(place) => {
            let cookie = set_cookie(PLACE_COOKIE, place.as_str());
            (AppendHeaders([(SET_COOKIE, cookie)]), Redirect::to("/")).into_response()
        }
        None => portal.notice(&headers, Notice::unreadable()),
    }
}

async fn show_claims(State(portal): State<Shared>, headers: HeaderMap) -> Response {
    let Some(login) = portal.find_login(&headers, samples::PORTAL) else {
        return Redirect::to("/").into_response();
    };
    let page = ClaimsPage { frame: portal.frame(&headers), sections: sections(&portal, &login) };
    page::render(StatusCode::OK, &page)
}

fn sections(portal: &Portal, login: &Login) -> Vec<ClaimsSection> {
    let id_token = "Vérifié par le portail\u{a0}: signature, émetteur, destinataire, dates et nonce.";
    let access_token =
        "Destiné au service appelé. Une application ne le lit pas\u{a0}; il est ouvert ici pour la démonstration.";
    let mut sections = vec![
        portal.section("Jeton d’identité", id_token, &login.id_token),
        portal.section("Réponse de UserInfo", "Demandée avec le jeton d’accès.", &login.user_info),
    ];
    if let Some(claims) = &login.access_token {
        sections.push(portal.section("Jeton d’accès", access_token, claims));
    }
    sections.push(portal.section(
        "En-tête du jeton d’identité",
        "La clé et l’algorithme de la signature.",
        &login.id_token_header,
    ));
    sections
}

async fn application(State(portal): State<Shared>, headers: HeaderMap, Path(id): Path<String>) -> Response {
    let Some(application) = portal.find_application(&id) else {
        return portal.notice(&headers, Notice::missing());
    };
    if id == samples::PORTAL {
        return Redirect::to("/").into_response();
    }
    let login = portal.find_login(&headers, &id);
    let tile = Tile::new(application, None, None);
    let page = ApplicationPage {
        frame: portal.frame(&headers),
        id,
        name: tile.name,
        purpose: tile.purpose,
        icon: tile.icon,
        agent: login.as_deref().map(name_of),
        zone: login.as_deref().map(|login| portal.zone_view(login)),
        sections: login.as_deref().map(|login| sections(&portal, login)).unwrap_or_default(),
    };
    page::render(StatusCode::OK, &page)
}

async fn missing(State(portal): State<Shared>, headers: HeaderMap) -> Response {
    portal.notice(&headers, Notice::missing())
}

#[cfg(test)]
mod tests;
