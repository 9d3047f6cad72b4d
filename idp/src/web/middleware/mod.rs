//! What happens around every request, outermost first: run to completion, context and log, headers.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tracing::Instrument;

use super::Web;
use super::headers::secure;
use super::listen::Connection;
use super::visitor::RequestContext;
use crate::domain::ids::RequestId;
use crate::domain::time::Stopwatch;
use crate::network::{Because, ListenerZone};

/// The state of the middleware: the layers, and the listener through which the request came.
#[derive(Clone)]
pub struct Entry {
    pub web: Web,
    pub listener: Arc<ListenerZone>,
}

/// Runs a handler to its end even when the browser hangs up: what has begun is finished and audited.
pub async fn run_to_completion(request: Request<Body>, next: Next) -> Response {
    let span = tracing::Span::current();
    match tokio::spawn(next.run(request).instrument(span)).await {
        Ok(response) => response,
        Err(error) => {
            tracing::error!(error = %error, "a handler stopped half-way");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// Names the request, decides its zone, measures it, logs it, and completes the response's headers.
pub async fn context(State(entry): State<Entry>, mut request: Request<Body>, next: Next) -> Response {
    let watch = Stopwatch::start();
    let request_id = RequestId::new(entry.web.login.random.uuid());
    let arrival = request.extensions().get::<Connection>().copied().unwrap_or_default().arrival;
    let peer = arrival.peer;
    let headers = request.headers().iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
    let decision = entry.web.zones.decide(&entry.listener, arrival, headers);
    metrics::counter!("octroi_zone_decision_total", "zone" => decision.zone.as_str(), "why" => decision.why.code())
        .increment(1);
    for ignored in &decision.ignored {
        metrics::counter!("octroi_ignored_forwarding_header_total", "header" => ignored.name, "because" => ignored.because.code()).increment(1);
    }
    let forged: Vec<&str> =
        decision.ignored.iter().filter(|i| i.because == Because::UntrustedPeer).map(|i| i.name).collect();
    if !forged.is_empty() {
        tracing::warn!(request.id = %request_id, peer = ?peer, headers = ?forged, "forwarding headers from an untrusted peer ignored");
    }
    let method = request.method().clone();
    let route =
        request.extensions().get::<MatchedPath>().map_or_else(|| "unmatched".to_owned(), |p| p.as_str().to_owned());
    let zone = decision.zone;
    let span = tracing::info_span!("request", request.id = %request_id, http.route = route, zone = %zone);
    request.extensions_mut().insert(RequestContext {
        request_id: request_id.clone(),
        listener: entry.listener.name.clone(),
        peer,
        decision,
    });

    let mut response = next.run(request).instrument(span).await;

    secure(response.headers_mut(), entry.web.settings.secure);
    if let Ok(value) = request_id.as_str().parse() {
        response.headers_mut().insert("x-request-id", value);
    }
    let status = response.status().as_u16();
    let seconds = watch.seconds();
    metrics::histogram!("octroi_http_request_duration_seconds", "route" => route.clone(), "status" => status.to_string())
        .record(seconds);
    // The route, never the path or the query: they may carry what does not belong in a log.
    tracing::info!(
        request.id = %request_id, http.method = %method, http.route = route, http.status = status,
        duration_ms = (seconds * 1000.0).round(), zone = %zone, "served"
    );
    response
}
