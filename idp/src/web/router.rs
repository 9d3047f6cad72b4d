//! Every URL, on one screen.

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};

use super::middleware::{Entry, context, run_to_completion};
use super::{Web, health, oauth, pages};
use crate::network::ListenerZone;

/// The router of one listener.
pub fn router(web: &Web, listener: ListenerZone) -> Router {
    let entry = Entry { web: web.clone(), listener: std::sync::Arc::new(listener) };
    Router::new()
        // OpenID Connect
        .route("/oauth2/authorize", get(oauth::authorize::get).post(oauth::authorize::post))
        .route("/oauth2/authorize/resume", get(oauth::authorize::resume))
        .route("/oauth2/token", post(oauth::token::post))
        .route("/oauth2/logout", get(oauth::logout::get).post(oauth::logout::post))
        // Pages
        .route("/", get(pages::account::home))
        .route("/login", get(pages::login::get).post(pages::login::post))
        .route("/login/password", get(pages::password_expired::get).post(pages::password_expired::post))
        .route("/login/factor", get(pages::factor::get).post(pages::factor::post))
        .route("/login/passkey", get(pages::passkey::get).post(pages::passkey::post))
        .route("/login/passkey/options", post(pages::passkey::options))
        .route("/login/enrol", get(pages::enrol::get).post(pages::enrol::post))
        .route("/login/notice", get(pages::password_ends::get))
        .route("/activate", get(pages::activate::get).post(pages::activate::post))
        .route("/forgot-password", get(pages::forgot_password::get).post(pages::forgot_password::post))
        .route("/forgot-password/verify", get(pages::forgot_password::begin_anew).post(pages::reset_code::post))
        .route("/forgot-password/new", get(pages::forgot_password::begin_anew).post(pages::reset_password::post))
        .route("/forgot-password/code", get(pages::activate::get_reset).post(pages::activate::post_reset))
        .route("/not-me", get(pages::not_me::get).post(pages::not_me::post))
        .route("/account", get(pages::account::get))
        .route("/account/password", get(pages::account_password::get).post(pages::account_password::post))
        .route("/account/factors", get(pages::account_factors::get).post(pages::account_factors::post))
        .route("/account/contact", get(pages::account_contact::get))
        .route("/account/contact/{kind}", get(pages::account_channel::get).post(pages::account_channel::post))
        .route("/account/sessions", get(pages::account_sessions::get).post(pages::account_sessions::post))
        .route("/account/activity", get(pages::account_activity::get))
        .route("/account/language", get(pages::account_language::get).post(pages::account_language::post))
        .route("/account/confirm", get(pages::account_confirm::get).post(pages::account_confirm::post))
        .route("/approvals", get(pages::approvals::get).post(pages::approvals::post))
        .route("/diagnostic", get(pages::diagnostic::get))
        .route("/accessibilite", get(pages::statements::accessibility))
        .route("/confidentialite", get(pages::statements::privacy))
        .route("/assets/{file}", get(pages::assets::get))
        // Operations
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .fallback(pages::fallback::not_found)
        .method_not_allowed_fallback(pages::fallback::method_not_allowed)
        .layer(from_fn(run_to_completion))
        // What only reads may stop when its caller hangs up.
        .route(
            "/oauth2/userinfo",
            get(oauth::userinfo::get).post(oauth::userinfo::post).fallback(pages::fallback::method_not_allowed),
        )
        .layer(from_fn_with_state(entry, context))
        // Documents that are the same for everybody
        .route(
            "/.well-known/openid-configuration",
            get(oauth::discovery::metadata).fallback(oauth::discovery::only_get),
        )
        .route(
            "/.well-known/oauth-authorization-server",
            get(oauth::discovery::metadata).fallback(oauth::discovery::only_get),
        )
        .route("/oauth2/jwks", get(oauth::discovery::jwks).fallback(oauth::discovery::only_get))
        .with_state(web.clone())
}
