//! `[server]`: who we are to the world (the issuer), and how we leave it (the drain).

use std::time::Duration;

use url::{Host, Url};

use super::problem::Fault;
use super::section::{Section, text_of};
use super::tree::quoted;

/// The section, checked.
#[derive(Debug, Clone)]
pub struct ServerConfig {
    /// The issuer identifier, byte for byte as applications compare it (OpenID Connect Discovery §4.3).
    pub issuer: String,
    /// The issuer's origin, as browsers send it in `Origin`.
    pub issuer_origin: String,
    /// Further origins that pages accept, as browsers send them.
    pub origins: Vec<String>,
    /// How long requests in flight may take after SIGTERM.
    pub drain: Duration,
}

impl ServerConfig {
    /// Whether browsers reach us over TLS: cookies are then `Secure` and `__Host-`.
    pub fn is_https(&self) -> bool {
        self.issuer.starts_with("https://")
    }
}

pub(super) fn read(section: &Section<'_>) -> Option<ServerConfig> {
    let issuer = section.required_text("issuer", "https://login.ville.example");
    let issuer = issuer.and_then(|text| section.judge("issuer", parse_issuer(&text).map(|url| (text, url))));
    let origins =
        section.list("origins", Vec::new(), |origin: &String| quoted(origin), |node| parse_origin(&text_of(node)?));
    let drain = section.duration("drain", Duration::from_secs(10), Duration::ZERO..=Duration::from_mins(10));
    let (issuer, url) = issuer?;
    let origins = origins.into_iter().map(|(_, origin)| origin).collect();
    Some(ServerConfig { issuer, issuer_origin: url.origin().ascii_serialization(), origins, drain })
}

/// An issuer: an https origin, or an http one on this machine, and nothing behind it. Everything of Octroi stands at
/// the root of its host (`__Host-` cookies need that too), so an issuer has no path.
pub(super) fn parse_issuer(text: &str) -> Result<Url, Fault> {
    let url = parse_web_address(text)?;
    if url.query().is_some() || url.fragment().is_some() {
        // OpenID Connect Discovery §3: no query and no fragment component.
        return Err(Fault::new("an issuer has no query and no fragment", "end it after the host"));
    }
    require_origin(text, &url)?;
    Ok(url)
}

fn parse_origin(text: &str) -> Result<String, Fault> {
    let url = parse_web_address(text)?;
    require_origin(text, &url)?;
    Ok(url.origin().ascii_serialization())
}

/// Compared byte for byte by applications and browsers, so the one canonical spelling is asked for.
fn require_origin(text: &str, url: &Url) -> Result<(), Fault> {
    let origin = url.origin().ascii_serialization();
    if text == origin {
        return Ok(());
    }
    let what = if text.strip_suffix('/') == Some(origin.as_str()) {
        "there is a slash at the end"
    } else {
        "only scheme, host and port are expected, in lower case and without the default port"
    };
    Err(Fault::new(what, format!("write {}", quoted(&origin))))
}

/// An https address, or an http one whose host is this machine.
fn parse_web_address(text: &str) -> Result<Url, Fault> {
    let url = Url::parse(text).map_err(|error| {
        Fault::new(format!("this is no URL: {error}"), "write \"https://HOST\" or \"https://HOST:PORT\"")
    })?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Fault::new("the URL holds a user name or a password", "remove everything before the @"));
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_loopback(&url) => Ok(url),
        "http" => Err(Fault::new(
            "http is accepted for this machine only (localhost, 127.0.0.1, [::1])",
            "use https; a proxy in front may hold the certificate",
        )),
        _ => Err(Fault::new("the scheme is not https", "write \"https://HOST\"")),
    }
}

/// Whether the host is this machine.
fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
