//! The portal's pages: one struct per template of `templates/portal`, filled with decided facts.

use askama::Template;
use axum::http::StatusCode;
use jiff::tz::TimeZone;
use octroi_idp::domain::time::Timestamp;
use octroi_idp::domain::zone::NetworkZone;

use super::claims::ClaimRow;
use super::moment;
use super::tiles::Tile;
use super::zone::ReceivedZone;
use crate::samples::PORTAL;

/// What surrounds every page.
pub struct Frame {
    /// The switch's position: `office` or `home`.
    pub place: &'static str,
    /// Where the mailbox is.
    pub mailbox: String,
    /// Who is logged in at the portal.
    pub name: Option<String>,
}

/// Nobody is logged in.
#[derive(Template)]
#[template(path = "portal/welcome.html")]
pub struct WelcomePage {
    pub frame: Frame,
}

/// The tiles.
#[derive(Template)]
#[template(path = "portal/home.html")]
pub struct HomePage {
    pub frame: Frame,
    pub greeting: String,
    pub department: Option<String>,
    pub soi: Option<String>,
    pub zone: ZoneView,
    /// The switch and the zone received differ: the portal only learns it when it asks again.
    pub moved: bool,
    pub tiles: Vec<Tile>,
}

/// The zone in words.
pub struct ZoneView {
    /// `internal`, `nomades` or `unknown`.
    pub code: &'static str,
    pub badge: &'static str,
    pub title: &'static str,
    /// When it was seen and until when it holds; none when no zone came.
    pub times: Option<ZoneTimes>,
}

/// The two moments of a received zone, in words.
pub struct ZoneTimes {
    pub at: String,
    pub until: String,
    pub passed: bool,
}

impl ZoneView {
    /// What the agent reads about `zone` at `now`.
    pub fn new(zone: Option<ReceivedZone>, now: Timestamp, time_zone: &TimeZone) -> Self {
        let (code, badge, title) = match zone.and_then(|zone| zone.believed_at(now)) {
            Some(NetworkZone::Internal) => ("internal", "Au bureau", "Vous êtes dans un bâtiment municipal"),
            Some(NetworkZone::Nomades) => ("nomades", "Accès Nomades", "Vous êtes hors des bâtiments municipaux"),
            None => ("unknown", "Zone à vérifier", "Votre zone est à vérifier"),
        };
        let times = zone.map(|zone| ZoneTimes {
            at: moment::in_words(zone.at, now, time_zone),
            until: moment::until_in_words(zone.until, now, time_zone),
            passed: zone.believed_at(now).is_none(),
        });
        Self { code, badge, title, times }
    }
}

/// Everything that the portal received.
#[derive(Template)]
#[template(path = "portal/claims.html")]
pub struct ClaimsPage {
    pub frame: Frame,
    pub sections: Vec<ClaimsSection>,
}

/// One token or answer.
pub struct ClaimsSection {
    pub title: &'static str,
    pub note: &'static str,
    pub rows: Vec<ClaimRow>,
    pub json: String,
}

/// The front page of one sample application.
#[derive(Template)]
#[template(path = "portal/application.html")]
pub struct ApplicationPage {
    pub frame: Frame,
    pub id: String,
    pub name: String,
    pub purpose: &'static str,
    pub icon: &'static str,
    /// Who is logged in at this application.
    pub agent: Option<String>,
    pub zone: Option<ZoneView>,
    pub sections: Vec<ClaimsSection>,
}

/// After a logout.
#[derive(Template)]
#[template(path = "portal/signed_out.html")]
pub struct SignedOutPage {
    pub frame: Frame,
    /// The provider led back with our `state`: its session is over too.
    pub confirmed: bool,
}

/// A page that says what did not happen, and what to do.
#[derive(Debug)]
pub struct Notice {
    pub status: StatusCode,
    title: String,
    lead: &'static str,
    /// The error code of the protocol, for those who build applications.
    code: Option<String>,
    detail: Option<String>,
    /// The strong action: address and words.
    action: (String, &'static str),
}

/// A [`Notice`] in its frame.
#[derive(Template)]
#[template(path = "portal/notice.html")]
pub struct NoticePage {
    frame: Frame,
    notice: Notice,
}

impl Notice {
    /// The page to render.
    pub fn framed(self, frame: Frame) -> NoticePage {
        NoticePage { frame, notice: self }
    }

    fn new(status: StatusCode, title: impl Into<String>, lead: &'static str) -> Self {
        let action = ("/".to_owned(), "Retour à l’accueil");
        Self { status, title: title.into(), lead, code: None, detail: None, action }
    }

    /// No such page.
    pub fn missing() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "Cette page n’existe pas",
            "L’adresse a peut-être changé. Vos services sont à l’accueil.",
        )
    }

    /// A request that cannot be read.
    pub fn unreadable() -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "Cette demande n’a pas pu être lue",
            "Il manque une information, ou elle est donnée deux fois. Reprenez depuis l’accueil.",
        )
    }

    /// A form that was not on one of our pages.
    pub fn foreign_form() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "Cette demande ne vient pas du portail",
            "Elle a été envoyée depuis un autre site. Rien n’a été changé.",
        )
    }

    /// A `state` that is unknown, used, too old, or of another browser or application.
    pub fn not_begun_here(id: &str) -> Self {
        Self {
            action: (format!("/apps/{id}/login"), "Recommencer"),
            ..Self::new(
                StatusCode::BAD_REQUEST,
                "Cette connexion n’a pas été commencée ici",
                "Elle a déjà servi, elle est trop ancienne, ou elle vient d’une autre fenêtre. Recommencez simplement.",
            )
        }
    }

    /// RFC 9207: an answer that names another provider, or none.
    pub fn other_issuer() -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "Cette réponse ne vient pas d’Octroi",
            "Le portail n’en tient pas compte. Reprenez depuis l’accueil.",
        )
    }

    /// The provider's refusal, as an application learns it.
    pub fn refused(id: &str, name: &str, error: &str, description: Option<String>) -> Self {
        let said = description.as_deref().unwrap_or_default();
        let lead = match error {
            "access_denied" if said.contains("app.internal_only") => {
                "Ce service ne s’ouvre qu’au bureau. Vous pouvez l’utiliser depuis un poste municipal."
            }
            "access_denied" if said.contains("app.department") => "Ce service n’est pas ouvert à votre direction.",
            "access_denied" => "Octroi n’a pas ouvert ce service\u{a0}; sa page vous en a dit la raison.",
            "server_error" | "temporarily_unavailable" => {
                "Octroi ne peut pas répondre en ce moment. Réessayez dans quelques instants."
            }
            _ => "Octroi n’a pas donné suite à la demande de cette application.",
        };
        let status = if error == "access_denied" { StatusCode::FORBIDDEN } else { StatusCode::BAD_GATEWAY };
        let title = if id == PORTAL {
            "La connexion n’a pas eu lieu".to_owned()
        } else {
            format!("Le service «\u{a0}{name}\u{a0}» reste fermé")
        };
        Self { code: Some(error.to_owned()), detail: description, ..Self::new(status, title, lead) }
    }

    /// `prompt=none` could not renew the zone.
    pub fn not_renewed(error: &str, description: Option<String>) -> Self {
        Self {
            code: Some(error.to_owned()),
            detail: description,
            action: ("/login".to_owned(), "Se connecter"),
            ..Self::new(
                StatusCode::OK,
                "Votre zone n’a pas pu être vérifiée sans vous",
                "Octroi a besoin d’une étape de votre part, par exemple votre mot de passe.",
            )
        }
    }

    /// Something on the way to the provider did not work.
    pub fn failed(status: StatusCode, detail: String) -> Self {
        Self {
            detail: Some(detail),
            ..Self::new(
                status,
                "La connexion n’a pas pu se faire",
                "Le portail n’a pas obtenu d’Octroi ce qu’il attendait. Réessayez dans quelques instants.",
            )
        }
    }
}
