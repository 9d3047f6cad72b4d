//! The HTTP gateway that takes text messages: one POST per message, under an idempotency key that is the message's own.
//!
//! A 2xx means taken. An answer about our login or the address of the gateway, and every 5xx, says nothing of the message:
//! it waits. Any other 4xx refuses it for good. What the gateway writes beside its status is not kept: it may repeat the text.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, StatusCode};
use serde_json::Value;
use url::Url;

use super::client::{ClientError, Limits, client, finish};
use crate::domain::delivery::{Setback, Undelivered};
use crate::domain::secret::PlainToken;

/// What is sent, with `{to}`, `{digits}`, `{text}` and `{id}` in its texts.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    Json(Value),
    Form(Vec<(String, String)>),
}

/// What a gateway is made of.
#[derive(Debug, Clone)]
pub struct GatewaySettings {
    pub url: Url,
    pub body: Body,
    /// Name and value of the header with the token; the value holds `{token}`.
    pub header: Option<(String, String, PlainToken)>,
    pub idempotency_header: String,
    pub timeout: Duration,
    pub allow: Vec<IpNet>,
    pub authorities: Option<Vec<u8>>,
}

/// Why the settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    #[error(transparent)]
    Client(#[from] ClientError),
    #[error("the header {0} cannot be written")]
    Header(String),
}

/// The way to one gateway. Cheap to clone.
#[derive(Clone)]
pub struct Gateway(Arc<Inner>);

struct Inner {
    settings: GatewaySettings,
    client: Client,
    headers: HeaderMap,
    idempotency: HeaderName,
}

impl fmt::Debug for Gateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Gateway({})", self.0.settings.url.host_str().unwrap_or_default())
    }
}

impl Gateway {
    pub fn new(settings: GatewaySettings) -> Result<Self, GatewayError> {
        let limits = Limits {
            timeout: settings.timeout,
            allow: settings.allow.clone(),
            key: "sms.allow",
            authorities: settings.authorities.clone(),
        };
        let client = client(&settings.url, &limits)?;
        let named = |name: &str| name.parse::<HeaderName>().map_err(|_| GatewayError::Header(name.to_owned()));
        let idempotency = named(&settings.idempotency_header)?;
        let mut headers = HeaderMap::new();
        let media_type = match settings.body {
            Body::Json(_) => "application/json",
            Body::Form(_) => "application/x-www-form-urlencoded",
        };
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
        if let Some((name, value, token)) = &settings.header {
            let value = HeaderValue::from_str(&value.replace("{token}", token.reveal()));
            let mut value = value.map_err(|_| GatewayError::Header(name.clone()))?;
            value.set_sensitive(true);
            headers.insert(named(name)?, value);
        }
        Ok(Self(Arc::new(Inner { settings, client, headers, idempotency })))
    }

    /// How long [`send`](Self::send) takes at most.
    pub fn patience(&self) -> Duration {
        self.0.settings.timeout
    }

    /// Hands a text message over. The same id is the same message, whoever sends it again.
    pub async fn send(&self, id: &str, to: &str, text: &str) -> Result<(), Undelivered> {
        let inner = &self.0;
        let key = HeaderValue::from_str(id)
            .map_err(|_| Undelivered::new(Setback::Refused, "the message's id cannot stand in a header"))?;
        let request = inner
            .client
            .post(inner.settings.url.clone())
            .headers(inner.headers.clone())
            .header(inner.idempotency.clone(), key)
            .body(filled(&inner.settings.body, to, text, id));
        match request.send().await {
            Ok(response) => {
                let status = response.status();
                finish(response).await;
                judged(status)
            }
            // Its address is the administrator's own and may stand in the words; headers and body never do.
            Err(error) => Err(Undelivered::new(Setback::Away, format!("the gateway: {}", chain(&error)))),
        }
    }
}

fn judged(status: StatusCode) -> Result<(), Undelivered> {
    let setback = match status.as_u16() {
        200..=299 => return Ok(()),
        // Our login, our URL, or not now.
        401 | 403 | 404 | 405 | 407 | 408 | 425 | 429 => Setback::Away,
        400..=499 => Setback::Refused,
        _ => Setback::Away,
    };
    Err(Undelivered::new(setback, format!("the gateway answered {status}")))
}

/// An error with its causes, which say what went wrong.
fn chain(error: &reqwest::Error) -> String {
    let mut words = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        words = format!("{words}: {cause}");
        source = cause.source();
    }
    words
}

fn filled(body: &Body, to: &str, text: &str, id: &str) -> String {
    let fill = |template: &str| fill(template, to, text, id);
    match body {
        Body::Json(value) => in_texts(value, &fill).to_string(),
        Body::Form(fields) => {
            let fields = fields.iter().map(|(name, value)| (name, fill(value)));
            form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
        }
    }
}

/// The JSON with each of its texts changed.
fn in_texts(value: &Value, change: &impl Fn(&str) -> String) -> Value {
    match value {
        Value::String(text) => Value::String(change(text)),
        Value::Array(items) => items.iter().map(|item| in_texts(item, change)).collect(),
        Value::Object(fields) => {
            Value::Object(fields.iter().map(|(name, value)| (name.clone(), in_texts(value, change))).collect())
        }
        other => other.clone(),
    }
}

/// One pass from left to right: what was put in is not looked at again.
fn fill(template: &str, to: &str, text: &str, id: &str) -> String {
    let places = [("{to}", to), ("{digits}", to.trim_start_matches('+')), ("{text}", text), ("{id}", id)];
    let mut filled = String::new();
    let mut rest = template;
    while let Some(at) = rest.find('{') {
        let (before, from) = rest.split_at(at);
        filled.push_str(before);
        if let Some((mark, value)) = places.iter().find(|(mark, _)| from.starts_with(mark)) {
            filled.push_str(value);
            rest = from.strip_prefix(mark).unwrap_or_default();
        } else {
            filled.push('{');
            rest = from.strip_prefix('{').unwrap_or_default();
        }
    }
    filled + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_filled_once_and_stays_well_formed() {
        let body = Body::Json(
            serde_json::json!({ "messages": [{ "to": "{to}", "text": "{text}" }], "ref": "x-{id}", "n": 1 }),
        );
        let text = "\"}],{to} {id}\n";
        let sent: Value = serde_json::from_str(&filled(&body, "+33612345678", text, "id-1")).unwrap();
        assert_eq!(sent["messages"][0]["text"], text, "what a text says is not looked at again");
        assert_eq!(
            (&sent["messages"][0]["to"], &sent["ref"], &sent["n"]),
            (&"+33612345678".into(), &"x-id-1".into(), &1.into())
        );
        let form = Body::Form(vec![("to".into(), "{digits}".into()), ("msg".into(), "{text}{".into())]);
        assert_eq!(filled(&form, "+33612345678", "a&to=b é", "id-1"), "to=33612345678&msg=a%26to%3Db+%C3%A9%7B");
    }

    #[test]
    fn a_refusal_is_told_from_a_gateway_that_is_away_or_does_not_let_us_in() {
        let setback = |status: u16| judged(StatusCode::from_u16(status).unwrap()).err().map(|told| told.setback);
        for status in [200, 201, 202, 204] {
            assert_eq!(setback(status), None);
        }
        for status in [400, 402, 409, 410, 413, 422] {
            assert_eq!(setback(status), Some(Setback::Refused), "{status}");
        }
        for status in [301, 302, 307, 401, 403, 404, 405, 407, 408, 425, 429, 500, 502, 503, 504] {
            assert_eq!(setback(status), Some(Setback::Away), "{status}");
        }
    }

    fn settings(url: &str, allow: &[&str]) -> GatewaySettings {
        GatewaySettings {
            url: Url::parse(url).unwrap(),
            body: Body::Json(serde_json::json!({ "to": "{to}", "text": "{text}" })),
            header: None,
            idempotency_header: "Idempotency-Key".into(),
            timeout: Duration::from_secs(2),
            allow: allow.iter().map(|net| net.parse().unwrap()).collect(),
            authorities: None,
        }
    }

    #[test]
    fn an_address_that_is_not_public_is_refused_at_the_start_unless_it_is_listed() {
        for url in ["http://127.0.0.1:1/", "https://[::1]/", "https://169.254.169.254/", "https://2130706433/"] {
            let refused = Gateway::new(settings(url, &[])).unwrap_err();
            assert!(refused.to_string().contains("sms.allow"), "{url}: {refused}");
        }
        assert!(Gateway::new(settings("http://127.0.0.1:1/", &["127.0.0.1/32"])).is_ok());
        assert!(Gateway::new(settings("https://1.1.1.1/", &[])).is_ok());
    }

    #[tokio::test]
    async fn a_name_that_leads_into_the_house_is_not_followed() {
        let gateway = Gateway::new(settings("http://localhost:1/", &[])).unwrap();
        let told = gateway.send("id-1", "+33612345678", "code 1234").await.unwrap_err();
        assert_eq!(told.setback, Setback::Away);
        assert!(told.why.contains("sms.allow") && !told.why.contains("1234"), "{told}");
    }
}
