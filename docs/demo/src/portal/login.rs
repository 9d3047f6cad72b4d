//! The steps of logging in and out, in the browser: to the provider and back, for the portal and for each application.
//!
//! What comes back is believed only with a `state` that this browser began, for this application, and with our
//! provider's `iss`. Whatever fails ends on a plain page that says what to do.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use octroi_idp::domain::ids::ClientId;
use serde::Deserialize;
use url::Url;

use super::pages::{Notice, SignedOutPage};
use super::relying_party::{Attempt, RelyingPartyError};
use super::session::{SESSION_COOKIE, clear_cookie, find_cookie, random_id, set_cookie};
use super::{Portal, Shared};
use crate::page;
use crate::samples::PORTAL;

/// Remembers the `state` of a logout until the browser is back.
const LOGOUT_COOKIE: &str = "portal-logout";

pub async fn begin_portal(State(portal): State<Shared>, headers: HeaderMap) -> Response {
    begin(&portal, &headers, PORTAL, false).await
}

/// Asks again without a page (`prompt=none`): how an application renews the zone (PRODUCT §2.6).
pub async fn renew_portal(State(portal): State<Shared>, headers: HeaderMap) -> Response {
    begin(&portal, &headers, PORTAL, true).await
}

pub async fn begin_application(State(portal): State<Shared>, headers: HeaderMap, Path(id): Path<String>) -> Response {
    begin(&portal, &headers, &id, false).await
}

async fn begin(portal: &Portal, headers: &HeaderMap, id: &str, silent: bool) -> Response {
    if portal.find_application(id).is_none() {
        return portal.notice(headers, Notice::missing());
    }
    let (url, state, attempt) = match portal.relying_party.begin(&ClientId::new(id), silent).await {
        Ok(begun) => begun,
        Err(error) => return failed(portal, headers, id, &error),
    };
    let url = portal.settings.origins.seen_from(Portal::place(headers), url);
    let session = portal.sessions.remember(find_cookie(headers, SESSION_COOKIE), state, attempt);
    (AppendHeaders([(SET_COOKIE, set_cookie(SESSION_COOKIE, &session))]), Redirect::to(url.as_str())).into_response()
}

/// An authorization response (RFC 6749 §4.1.2, RFC 9207 §2). A repeated parameter makes it unreadable (§3.1).
#[derive(Deserialize)]
pub struct AuthorizationResponse {
    state: Option<String>,
    iss: Option<String>,
    code: Option<String>,
    error: Option<String>,
    error_description: Option<String>,
}

type Received = Result<Query<AuthorizationResponse>, QueryRejection>;

pub async fn portal_callback(State(portal): State<Shared>, headers: HeaderMap, received: Received) -> Response {
    callback(&portal, &headers, PORTAL, received).await
}

pub async fn application_callback(
    State(portal): State<Shared>,
    headers: HeaderMap,
    Path(id): Path<String>,
    received: Received,
) -> Response {
    if id == PORTAL || portal.find_application(&id).is_none() {
        return portal.notice(&headers, Notice::missing());
    }
    callback(&portal, &headers, &id, received).await
}

async fn callback(portal: &Portal, headers: &HeaderMap, id: &str, received: Received) -> Response {
    let Ok(Query(response)) = received else {
        return portal.notice(headers, Notice::unreadable());
    };
    let session = find_cookie(headers, SESSION_COOKIE);
    let attempt = session.zip(response.state.as_deref()).and_then(|(session, state)| {
        let attempt = portal.sessions.take_attempt(session, state)?;
        (attempt.client_id.as_str() == id).then_some((session, attempt))
    });
    let Some((session, attempt)) = attempt else {
        return portal.notice(headers, Notice::not_begun_here(id));
    };
    if !portal.relying_party.is_from_our_issuer(response.iss.as_deref()) {
        return portal.notice(headers, Notice::other_issuer());
    }
    match (response.code, response.error) {
        (Some(code), None) => complete(portal, headers, session, attempt, code).await,
        (None, Some(error)) => refused(portal, headers, session, &attempt, &error, response.error_description),
        _ => portal.notice(headers, Notice::unreadable()),
    }
}

async fn complete(portal: &Portal, headers: &HeaderMap, session: &str, attempt: Attempt, code: String) -> Response {
    let client_id = attempt.client_id.clone();
    let login = match portal.relying_party.finish(attempt, code).await {
        Ok(login) => login,
        Err(error) => return failed(portal, headers, client_id.as_str(), &error),
    };
    let back = if client_id.as_str() == PORTAL { "/".to_owned() } else { format!("/apps/{client_id}") };
    let session = portal.sessions.keep_login(session, client_id, login);
    (AppendHeaders([(SET_COOKIE, set_cookie(SESSION_COOKIE, &session))]), Redirect::to(&back)).into_response()
}

fn refused(
    portal: &Portal,
    headers: &HeaderMap,
    session: &str,
    attempt: &Attempt,
    error: &str,
    description: Option<String>,
) -> Response {
    // A provider in trouble says nothing about the agent; any other answer means that the last login no longer holds.
    if !matches!(error, "server_error" | "temporarily_unavailable") {
        portal.sessions.forget_login(session, &attempt.client_id);
    }
    if attempt.silent {
        return portal.notice(headers, Notice::not_renewed(error, description));
    }
    let id = attempt.client_id.as_str();
    let name = portal.find_application(id).map_or(id, |application| application.record.name.as_str());
    portal.notice(headers, Notice::refused(id, name, error, description))
}

fn failed(portal: &Portal, headers: &HeaderMap, id: &str, error: &RelyingPartyError) -> Response {
    tracing::warn!(client.id = id, %error, "a login could not be completed");
    let status = match error {
        RelyingPartyError::UnknownApplication(_) => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::BAD_GATEWAY,
    };
    portal.notice(headers, Notice::failed(status, error.to_string()))
}

/// Ends the portal's session, then leads to the provider to end the one there (RP-Initiated Logout §2).
pub async fn logout(State(portal): State<Shared>, headers: HeaderMap) -> Response {
    if !page::is_own_form(&headers, &portal.settings.own_origin) {
        return portal.notice(&headers, Notice::foreign_form());
    }
    let login = portal.find_login(&headers, PORTAL);
    if let Some(session) = find_cookie(&headers, SESSION_COOKIE) {
        portal.sessions.end(session);
    }
    let state = random_id();
    let mut to = "/signed-out".to_owned();
    if let (Some(login), Ok(back)) = (login, Url::parse(&format!("{}/signed-out", portal.settings.own_origin))) {
        match portal.relying_party.find_logout_url(&ClientId::new(PORTAL), &login, back, state.clone()).await {
            Ok(Some(url)) => to = portal.settings.origins.seen_from(Portal::place(&headers), url).into(),
            Ok(None) => {}
            Err(error) => return failed(&portal, &headers, PORTAL, &error),
        }
    }
    let cookies = [clear_cookie(SESSION_COOKIE), set_cookie(LOGOUT_COOKIE, &state)];
    (AppendHeaders(cookies.map(|cookie| (SET_COOKIE, cookie))), Redirect::to(&to)).into_response()
}

#[derive(Deserialize)]
pub struct LogoutResponse {
    state: Option<String>,
}

/// Where the provider leads back after the logout.
pub async fn signed_out(
    State(portal): State<Shared>,
    headers: HeaderMap,
    received: Result<Query<LogoutResponse>, QueryRejection>,
) -> Response {
    let state = received.ok().and_then(|Query(response)| response.state);
    let confirmed = state.is_some() && state.as_deref() == find_cookie(&headers, LOGOUT_COOKIE);
    let page = SignedOutPage { frame: portal.frame(&headers), confirmed };
    let cookies = AppendHeaders([(SET_COOKIE, clear_cookie(LOGOUT_COOKIE))]);
    (cookies, page::render(StatusCode::OK, &page)).into_response()
}
