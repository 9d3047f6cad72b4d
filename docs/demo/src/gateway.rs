//! The simulated Nomades gateway: how the City's remote access looks to the provider, on one machine.
//!
//! A reverse proxy in front of the provider's second listener, whose ceiling is `nomades`. It says who the client is in
//! `X-Forwarded-For` and lets no header of the client's say so (what a real gateway must do as well). It decides
//! nothing: the zone comes from the listener and the trusted proxies of the provider's configuration.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{CONNECTION, CONTENT_LENGTH, HOST, TRANSFER_ENCODING};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse, Response};

/// The address of the agent's home in the demo (TEST-NET-3, RFC 5737: nobody's).
pub const HOME_ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 7));

/// No form of the provider is larger; it is bounded here so that the gateway holds little memory.
const MAX_REQUEST_BODY: usize = 2 * 1024 * 1024;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Headers that belong to one connection (RFC 9110 §7.6.1).
const HOP_BY_HOP: [&str; 8] = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "upgrade",
];

/// How the gateway is set up.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The provider's second listener.
    pub upstream: SocketAddr,
    /// What it says about every client.
    pub home_address: IpAddr,
}

#[derive(Clone)]
struct Gateway {
    upstream: SocketAddr,
    forwarded_for: HeaderValue,
    http: reqwest::Client,
}

/// The gateway as a service for any path and method.
pub fn router(settings: &Settings) -> Result<Router, reqwest::Error> {
    let http = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(Duration::from_secs(2))
        .timeout(Duration::from_secs(30))
        // One connection per request: no POST ever meets a connection that the provider was just closing.
        .pool_max_idle_per_host(0)
        .build()?;
    let forwarded_for =
        HeaderValue::from_str(&settings.home_address.to_string()).unwrap_or(HeaderValue::from_static("203.0.113.7"));
    Ok(Router::new().fallback(forward).with_state(Gateway { upstream: settings.upstream, forwarded_for, http }))
}

async fn forward(State(gateway): State<Gateway>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MAX_REQUEST_BODY).await else {
        return answer(StatusCode::PAYLOAD_TOO_LARGE, "Cette demande est trop longue pour être transmise.");
    };
    // `Host` stays as the browser wrote it: the provider's pages answer on the origin that was asked for.
    let mut headers = parts.headers;
    strip_hop_by_hop(&mut headers);
    strip_claims_about_the_client(&mut headers);
    headers.insert(X_FORWARDED_FOR, gateway.forwarded_for.clone());
    headers.remove(CONTENT_LENGTH);
    if !headers.contains_key(HOST) {
        return answer(StatusCode::BAD_REQUEST, "Cette demande ne dit pas à quelle adresse elle s’adresse.");
    }
    let path = parts.uri.path_and_query().map_or("/", |p| p.as_str());
    let url = format!("http://{}{path}", gateway.upstream);
    match gateway.http.request(parts.method, url).headers(headers).body(body).send().await {
        Ok(response) => {
            let (mut parts, body) = axum::http::Response::<reqwest::Body>::from(response).into_parts();
            strip_hop_by_hop(&mut parts.headers);
            Response::from_parts(parts, Body::new(body))
        }
        Err(error) => {
            // Without the URL: a query may carry an authorization code.
            let error = error.without_url();
            tracing::warn!(%error, "the provider did not answer the gateway");
            let status = if error.is_timeout() { StatusCode::GATEWAY_TIMEOUT } else { StatusCode::BAD_GATEWAY };
            answer(status, "L’accès à distance ne joint pas Octroi en ce moment. Réessayez dans quelques instants.")
        }
    }
}

fn strip_hop_by_hop(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in named {
        headers.remove(name);
    }
    for name in HOP_BY_HOP {
        headers.remove(name);
    }
    headers.remove(TRANSFER_ENCODING);
}

/// Removes whatever says where a client is: only this gateway says so.
fn strip_claims_about_the_client(headers: &mut HeaderMap) {
    let claims: Vec<HeaderName> = headers.keys().filter(|name| tells_the_client(name.as_str())).cloned().collect();
    for name in claims {
        headers.remove(name);
    }
}

fn tells_the_client(name: &str) -> bool {
    // `_` too: some servers read it as `-`.
    let name = name.replace('_', "-");
    name.starts_with("x-forwarded")
        || matches!(
            name.as_str(),
            "forwarded" | "x-real-ip" | "x-client-ip" | "true-client-ip" | "x-cluster-client-ip" | "via"
        )
}

fn answer(status: StatusCode, sentence: &str) -> Response {
    let page = format!(
        "<!doctype html><html lang=\"fr\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width\"><title>Accès Nomades</title></head><body><main><h1>Accès Nomades</h1>\
         <p>{sentence}</p></main></body></html>"
    );
    (status, Html(page)).into_response()
}

#[cfg(test)]
mod tests {
    use axum::routing::any;

    use super::*;

    async fn start(app: Router) -> SocketAddr {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        address
    }

    async fn gateway_to(upstream: SocketAddr) -> SocketAddr {
        start(router(&Settings { upstream, home_address: HOME_ADDRESS }).unwrap()).await
    }

    fn browser() -> reqwest::Client {
        reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap()
    }

    #[tokio::test]
    async fn a_clients_own_words_about_its_address_never_pass() {
        let echo = any(async |request: Request| {
            let lines = request.headers().iter().map(|(name, value)| format!("{name}: {}\n", value.to_str().unwrap()));
            lines.collect::<Vec<_>>().concat()
        });
        let gateway = gateway_to(start(Router::new().fallback_service(echo)).await).await;
        let seen = browser()
            .get(format!("http://{gateway}/login"))
            .header("Host", "localhost:8081")
            .header("Forwarded", "for=10.0.0.1")
            .header("X-Forwarded-For", "10.0.0.2")
            .header("X-Forwarded-For", "10.0.0.3")
            .header("X_Forwarded_For", "10.0.0.4")
            .header("X-Forwarded-Host", "evil.example")
            .header("X-Real-IP", "10.0.0.5")
            .header("Connection", "X-Secret")
            .header("X-Secret", "hop")
            .header("Cookie", "octroi-browser=abc")
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap();
        assert_eq!(seen.matches("forwarded").count(), 1, "{seen}");
        assert!(seen.contains("x-forwarded-for: 203.0.113.7\n"), "{seen}");
        assert!(seen.contains("host: localhost:8081\n") && seen.contains("cookie: octroi-browser=abc\n"), "{seen}");
        assert!(!seen.contains("10.0.0.") && !seen.contains("evil") && !seen.contains("hop"), "{seen}");
    }

    #[tokio::test]
    async fn redirects_cookies_query_and_forms_pass_unchanged() {
        let upstream = any(async |request: Request| {
            let (parts, body) = request.into_parts();
            let body = to_bytes(body, 4096).await.unwrap();
            let to = format!("{}#{}#{}", parts.method, parts.uri, String::from_utf8(body.to_vec()).unwrap());
            (StatusCode::SEE_OTHER, [("location", to.as_str()), ("set-cookie", "a=1; Path=/")]).into_response()
        });
        let gateway = gateway_to(start(Router::new().fallback_service(upstream)).await).await;
        let response = browser()
            .post(format!("http://{gateway}/login?interaction=a%20b&x=%2F"))
            .header("content-type", "application/x-www-form-urlencoded")
            .body("soi=100001")
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), StatusCode::SEE_OTHER);
        assert_eq!(response.headers()["location"], "POST#/login?interaction=a%20b&x=%2F#soi=100001");
        assert_eq!(response.headers()["set-cookie"], "a=1; Path=/");
    }

    #[tokio::test]
    async fn a_provider_that_is_away_and_a_body_that_is_too_long_get_a_page() {
        let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let nobody = free.local_addr().unwrap();
        drop(free);
        let gateway = gateway_to(nobody).await;
        let away = browser().get(format!("http://{gateway}/login?code=secret")).send().await.unwrap();
        assert_eq!(away.status(), StatusCode::BAD_GATEWAY);
        let text = away.text().await.unwrap();
        assert!(text.contains("ne joint pas Octroi") && !text.contains("secret"));
        let long = browser().post(format!("http://{gateway}/")).body(vec![b'x'; MAX_REQUEST_BODY + 1]).send().await;
        assert_eq!(long.unwrap().status(), StatusCode::PAYLOAD_TOO_LARGE);
    }
}
