//! `[sms]`: the HTTP gateway that takes our text messages. Without the section none leaves.
//!
//! Gateways differ in the names of their fields only: `body` says what is sent, as JSON or as a form, with `{to}`, `{text}`
//! and `{id}` where the message goes; `header` says how the token is shown. Both are parsed here, so that what is sent is
//! always well-formed.

use std::net::IpAddr;
use std::time::Duration;

use ipnet::IpNet;
use url::{Host, Url};

use super::mail::read_authorities;
use super::problem::Fault;
use super::secret;
use super::section::{Section, text_of};
use super::tree::{Node, quoted};
use crate::domain::secret::PlainToken;

/// The section, checked.
#[derive(Debug, Clone)]
pub struct SmsConfig {
    pub url: Url,
    pub body: SmsBody,
    /// Name and value of the header with the token; the value holds `{token}`.
    pub header: Option<(String, String, PlainToken)>,
    pub idempotency_header: String,
    /// Addresses that are not the public internet's and may be reached all the same.
    pub allow: Vec<IpNet>,
    pub timeout: Duration,
    /// PEM certificates of authorities that are trusted beside the system's.
    pub authorities: Option<Vec<u8>>,
}

/// What is sent, with placeholders in its texts.
#[derive(Debug, Clone, PartialEq)]
pub enum SmsBody {
    Json(serde_json::Value),
    Form(Vec<(String, String)>),
}

#[derive(Clone, Copy)]
enum Format {
    Json,
    Form,
}

pub(super) fn read(section: &Section<'_>) -> Option<SmsConfig> {
    let url = section.required_text("url", "https://sms.ville.example/messages");
    let url = url.and_then(|text| section.judge("url", parse_url(&text)));
    let format = section.choice("format", ("json", Format::Json), &[("form", Format::Form)]);
    let default = match format {
        Format::Json => r#"{"to":"{to}","text":"{text}","id":"{id}"}"#,
        Format::Form => "to={to}&text={text}&id={id}",
    };
    let body = section.text("body", default);
    let body = section.judge("body", parse_body(&body, format));
    let token = secret::optional_password(section, "token");
    let header = section.text("header", "Authorization: Bearer {token}");
    let header = section.judge("header", parse_header(&header));
    let idempotency_header = section.text("idempotency_header", "Idempotency-Key");
    let idempotency_header = section.judge("idempotency_header", check_header_name(idempotency_header));
    let allow = section.list("allow", Vec::new(), |net: &IpNet| quoted(&net.to_string()), parse_net);
    let limits = Duration::from_secs(1)..=Duration::from_mins(2);
    let timeout = section.duration("timeout", Duration::from_secs(10), limits);
    let authorities = read_authorities(section);
    let header = header.and_then(|(name, value)| token.map(|token| (name, value, token)));
    let allow = allow.into_iter().map(|(_, net)| net).collect();
    Some(SmsConfig {
        url: url?,
        body: body?,
        header,
        idempotency_header: idempotency_header?,
        allow,
        timeout,
        authorities,
    })
}

/// https, or http to this very machine.
fn parse_url(text: &str) -> Result<Url, Fault> {
    const FIX: &str = "write \"https://HOST/PATH\"";
    let url = Url::parse(text).map_err(|error| Fault::new(format!("this is no URL: {error}"), FIX))?;
    if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
        return Err(Fault::new("a user name, a password or a fragment stands in the URL", "the token has its own key"));
    }
    let is_loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_loopback => Ok(url),
        "http" => Err(Fault::new("codes would cross the network in clear: http is for this machine only", FIX)),
        _ => Err(Fault::new("the scheme is not https", FIX)),
    }
}

fn parse_body(text: &str, format: Format) -> Result<SmsBody, Fault> {
    for (placeholder, instead) in [("{text}", "{text}"), ("{to}", "{digits}")] {
        if !text.contains(placeholder) && !text.contains(instead) {
            let fix =
                "say where the number goes with {to} (or {digits}, without the +), and where the text with {text}";
            return Err(Fault::new(format!("{placeholder} is missing"), fix));
        }
    }
    match format {
        Format::Json => serde_json::from_str(text).map(SmsBody::Json).map_err(|error| {
            let fix = "write JSON in single quotes, with the placeholders inside its texts: '{\"to\": \"{to}\", …}'";
            Fault::new(format!("this is no JSON: {error}"), fix)
        }),
        Format::Form => {
            let fields: Vec<_> = text.split('&').filter_map(|field| field.split_once('=')).collect();
            if fields.len() != text.split('&').count() || fields.iter().any(|(name, _)| name.is_empty()) {
                return Err(Fault::new("this is no form", "write \"to={to}&text={text}\""));
            }
            Ok(SmsBody::Form(fields.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()))
        }
    }
}

fn parse_header(text: &str) -> Result<(String, String), Fault> {
    let fix = "write \"NAME: {token}\", such as \"Authorization: Bearer {token}\"";
    let (name, value) = text.split_once(": ").ok_or_else(|| Fault::new("this is no header", fix))?;
    if value.matches("{token}").count() != 1 || !value.is_ascii() {
        return Err(Fault::new("{token} does not stand in it once, or something is not ASCII", fix));
    }
    Ok((check_header_name(name.to_owned())?, value.to_owned()))
}

/// A token (RFC 9110 §5.6.2) that is none of the headers that HTTP itself writes.
fn check_header_name(name: String) -> Result<String, Fault> {
    const TAKEN: [&str; 5] = ["host", "content-length", "content-type", "connection", "transfer-encoding"];
    let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    if name.is_empty() || !name.chars().all(is_token) || TAKEN.iter().any(|taken| name.eq_ignore_ascii_case(taken)) {
        return Err(Fault::new(format!("{name:?} is no header that can be set here"), "name another header"));
    }
    Ok(name)
}

fn parse_net(node: &Node) -> Result<IpNet, Fault> {
    let text = text_of(node)?;
    let net = text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
    net.map_err(|_| Fault::new(format!("{text:?} is no network"), "write \"10.12.3.4\" or \"10.12.3.0/24\""))
}
