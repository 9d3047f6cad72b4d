//! The only place with axum: URLs, headers, cookies, forms in; status, headers, HTML and JSON out. It decides nothing.
//!
//! [`router`] has every URL on one screen. A handler asks for a [`Visitor`] (zone, contact, cookies, language), calls one
//! function of `login` or `oauth`, and renders once at the end. Errors are logged once, in [`error`]. Look next at
//! `pages/login.rs` and `oauth/token.rs`.

pub mod error;
pub mod form;
pub mod headers;
pub mod health;
pub mod listen;
pub mod metrics;
pub mod middleware;
pub mod oauth;
pub mod pages;
pub mod router;
pub mod visitor;

use std::sync::Arc;

use jiff::tz::TimeZone;

use crate::crypto::keyed::CsrfKey;
use crate::login::Login;
use crate::network::ZoneDecider;
use crate::oauth::Provider;
use crate::ui::Branding;

pub use visitor::Visitor;

/// What the pages need to know from the configuration.
#[derive(Debug, Clone)]
pub struct WebSettings {
    /// Origins whose forms are accepted: the issuer's and `server.origins`.
    pub origins: Vec<String>,
    /// The issuer is https: cookies are `Secure` and `__Host-`, HSTS is sent.
    pub secure: bool,
    pub branding: Branding,
    pub time_zone: TimeZone,
}

/// The state behind every handler. Cheap to clone.
#[derive(Clone)]
pub struct Web(Arc<Parts>);

/// What [`Web`] holds.
pub struct Parts {
    pub login: Login,
    pub oauth: Provider,
    pub zones: ZoneDecider,
    pub csrf: CsrfKey,
    pub branding: Arc<Branding>,
    pub documents: oauth::discovery::Documents,
    pub settings: WebSettings,
}

impl Web {
    /// Puts the layers behind the router.
    pub fn new(login: Login, oauth: Provider, zones: ZoneDecider, csrf: CsrfKey, settings: WebSettings) -> Self {
        let branding = Arc::new(settings.branding.clone());
        let documents = oauth::discovery::Documents::new(&oauth, settings.secure);
        Self(Arc::new(Parts { login, oauth, zones, csrf, branding, documents, settings }))
    }
}

impl std::ops::Deref for Web {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}
