//! Who is asking, as far as HTTP tells: zone, contact, cookies, language. One extractor for all pages.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::extract::{FromRequestParts, OriginalUri};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};

use super::Web;
use crate::crypto::known_browser::BrowserCookie;
use crate::domain::audit::Contact;
use crate::domain::ids::RequestId;
use crate::domain::secret::PlainToken;
use crate::domain::session::Session;
use crate::domain::time::Timestamp;
use crate::domain::zone::NetworkZone;
use crate::login::{LoginError, Visit};
use crate::network::ZoneDecision;
use crate::ui::{Frame, Locale, negotiate};

/// What the outermost middleware found out about a request; in its extensions.
#[derive(Debug, Clone)]
pub struct RequestContext {
    pub request_id: RequestId,
    pub listener: String,
    pub peer: Option<IpAddr>,
    pub decision: ZoneDecision,
}

/// The visitor behind a request.
#[derive(Clone)]
pub struct Visitor {
    pub web: Web,
    pub context: RequestContext,
    pub contact: Contact,
    pub locale: Locale,
    /// The language was chosen in this request's URL: remember it.
    pub locale_chosen: bool,
    /// The language was chosen before, and kept in a cookie.
    locale_kept: bool,
    accept_language: String,
    /// The pre-session cookie, or a fresh value for it.
    pub browser: PlainToken,
    pub browser_is_new: bool,
    /// What says which agents have logged in with this browser before.
    pub known: Option<BrowserCookie>,
    pub session_cookie: Option<PlainToken>,
    /// `User-Agent` as sent, bounded.
    pub user_agent: String,
    /// `Origin` as sent.
    pub origin: Option<String>,
    uri: axum::http::Uri,
    /// The session's agent has agents of their own; known once the session was looked for.
    is_manager: Arc<AtomicBool>,
}

/// The names of our cookies; `__Host-` where the issuer is https.
pub struct CookieNames {
    pub session: &'static str,
    pub browser: &'static str,
    pub known: &'static str,
    pub locale: &'static str,
}

impl Web {
    /// The cookie names of this installation.
    pub fn cookie_names(&self) -> CookieNames {
        if self.settings.secure {
            CookieNames {
                session: "__Host-octroi-session",
                browser: "__Host-octroi-browser",
                known: "__Host-octroi-device",
                locale: "__Host-octroi-language",
            }
        } else {
            CookieNames {
                session: "octroi-session",
                browser: "octroi-browser",
                known: "octroi-device",
                locale: "octroi-language",
            }
        }
    }
}

impl FromRequestParts<Web> for Visitor {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Self::Rejection> {
        let context = parts.extensions.get::<RequestContext>().cloned().unwrap_or_else(|| RequestContext {
            // Only a router without our middleware comes here: no address, hence the lower zone.
            request_id: RequestId::new(web.login.random.uuid()),
            listener: String::new(),
            peer: None,
            decision: ZoneDecision::unknown(),
        });
        let uri =
            parts.extensions.get::<OriginalUri>().map_or_else(|| parts.uri.clone(), |original| original.0.clone());
        let headers = &parts.headers;
        let names = web.cookie_names();
        let user_agent = text(headers, header::USER_AGENT.as_str()).unwrap_or_default();
        let asked = query_value(&uri, "ui_locales");
        let kept = cookie(headers, names.locale);
        let accept_language = text(headers, header::ACCEPT_LANGUAGE.as_str()).unwrap_or_default();
        let locale = negotiate(asked.as_deref(), kept.as_deref(), Some(&accept_language));
        let browser = cookie(headers, names.browser).filter(|value| is_token(value)).map(PlainToken::new);
        Ok(Self {
            contact: Contact {
                zone: Some(context.decision.zone),
                client_address: context.decision.client_address.map(|a| a.to_string()),
                user_agent: Some(family(&user_agent).to_owned()).filter(|f| !f.is_empty()),
                request_id: Some(context.request_id.clone()),
            },
            locale,
            // What an application asks for is not the agent's own choice, to be remembered.
            locale_chosen: !uri.path().starts_with("/oauth2/") && asked.is_some_and(|t| Locale::from_tag(&t).is_some()),
            locale_kept: kept.is_some(),
            accept_language,
            browser_is_new: browser.is_none(),
            browser: browser.unwrap_or_else(|| web.login.random.token()),
            known: cookie(headers, names.known).as_deref().and_then(BrowserCookie::parse),
            session_cookie: cookie(headers, names.session).filter(|value| is_token(value)).map(PlainToken::new),
            user_agent,
            origin: text(headers, header::ORIGIN.as_str()),
            uri,
            is_manager: Arc::default(),
            context,
            web: web.clone(),
        })
    }
}

impl Visitor {
    /// The zone of this contact.
    pub fn zone(&self) -> NetworkZone {
        self.context.decision.zone
    }

    /// The live session of this browser.
    pub async fn session(&self) -> Result<Option<Session>, LoginError> {
        let Some(cookie) = &self.session_cookie else { return Ok(None) };
        let found = self.web.login.find_session_of(cookie, self.zone()).await?;
        self.is_manager.store(found.as_ref().is_some_and(|(_, agent)| agent.is_manager), Ordering::Relaxed);
        Ok(found.map(|(session, _)| session))
    }

    /// This contact, as the login layer takes it.
    pub fn visit<'a>(&'a self, session: Option<&'a Session>) -> Visit<'a> {
        let known = self.known.as_ref();
        Visit { zone: self.zone(), contact: &self.contact, browser: &self.browser, known, session }
    }

    /// What stands around a page.
    pub fn frame(&self) -> Frame {
        Frame {
            branding: self.web.branding.clone(),
            locale: self.locale,
            zone: self.zone(),
            csrf: self.web.csrf.token_for(self.browser.reveal()),
            language_href: Some(self.language_href()),
            is_manager: self.is_manager.load(Ordering::Relaxed),
        }
    }

    /// `ui_locales` of a pending interaction counts unless the agent chose a language here.
    pub fn prefer(&mut self, ui_locales: Option<&str>) {
        let chosen_here = self.locale_chosen || self.locale_kept;
        if let Some(tags) = ui_locales.filter(|_| !chosen_here) {
            self.locale = negotiate(Some(tags), None, Some(&self.accept_language));
        }
    }

    /// The value of a query parameter (the first one), for our own pages only.
    pub fn query(&self, name: &str) -> Option<String> {
        query_value(&self.uri, name)
    }

    /// The civil date of a moment in the City, `JJ/MM/AAAA`.
    pub fn local_day(&self, at: Timestamp) -> String {
        at.date_in(&self.web.settings.time_zone).strftime("%d/%m/%Y").to_string()
    }

    /// The path and query of this request, for the language link; forms lead back to their own page.
    fn language_href(&self) -> String {
        let other = match self.locale {
            Locale::Fr => "en",
            Locale::En => "fr",
        };
        let mut query = form_urlencoded::Serializer::new(String::new());
        if let Some(interaction) = self.query("interaction") {
            query.append_pair("interaction", &interaction);
        }
        if let Some(to) = self.own_destination() {
            query.append_pair("to", to);
        }
        query.append_pair("ui_locales", other);
        let path = self.uri.path();
        // `//host/` is a path to us and another host to a browser.
        let path = if path.starts_with("/oauth2/") || path.starts_with("//") { "/login" } else { path };
        format!("{path}?{}", query.finish())
    }
}

/// One cookie's value. Cookies of the same name are never ours: the first one counts.
fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value.to_owned())
}

/// Our tokens are 43 characters of base64url; anything else in the cookie is not looked up.
fn is_token(value: &str) -> bool {
    value.len() == 43 && value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    let value = headers.get(name)?.to_str().ok()?;
    Some(value.chars().take(512).collect())
}

fn query_value(uri: &axum::http::Uri, name: &str) -> Option<String> {
    let query = uri.query()?;
    form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

/// The browser's family: enough for "was that me?", too little for a fingerprint (GDPR-01).
pub fn family(user_agent: &str) -> &'static str {
    const FAMILIES: &[(&str, &str)] = &[
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Chromium/", "Chrome"),
        ("Safari/", "Safari"),
    ];
    if user_agent.is_empty() {
        return "";
    }
    FAMILIES.iter().find(|(mark, _)| user_agent.contains(mark)).map_or("other", |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_noted_by_its_family_only() {
        assert_eq!(family("Mozilla/5.0 (X11) AppleWebKit/537.36 Chrome/156.0 Safari/537.36 Edg/156.0"), "Edge");
        assert_eq!(family("Mozilla/5.0 (Windows NT 10.0) Gecko/20100101 Firefox/140.0"), "Firefox");
        assert_eq!(family("curl/8.0"), "other");
        assert_eq!(family(""), "");
    }

    #[test]
    fn only_our_own_form_of_cookie_is_looked_up() {
        assert!(is_token(&"A".repeat(43)));
        for value in ["", "short", &"A".repeat(44), &format!("{}'", "A".repeat(42))] {
            assert!(!is_token(value));
        }
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, "a=1; octroi-session=x; octroi-session=y".parse().unwrap());
        assert_eq!(cookie(&headers, "octroi-session").as_deref(), Some("x"));
        assert_eq!(cookie(&headers, "session"), None);
    }
}
