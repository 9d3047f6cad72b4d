//! Whole flows over HTTP, each on both engines: a browser-like client, a foreign relying party, a provider on real sockets.

mod account;
mod activation;
mod authorize;
mod backup;
mod bad_input;
mod breach;
mod code;
mod contact;
mod decision;
mod discovery;
mod guessing;
mod levels;
mod login;
mod logout;
mod manager_pass;
mod not_me;
mod operations;
mod outbox;
mod passkey;
mod passkey_making;
mod policy;
mod reset;
mod reset_abuse;
mod second_channel;
mod sessions;
mod throttling;
mod totp;
mod userinfo;
mod zone;

use harness::browser::{Browser, Page};
use harness::factors::Authenticator;
use harness::idp::{CALLBACK, PASSWORD, TestApp, TestIdp};
use harness::rp::{Request, Rp, Tokens};
use url::Url;

/// A relying party for a registered application.
async fn rp(idp: &TestIdp, app: &TestApp) -> Rp {
    Rp::discover(&idp.issuer, &app.client_id, app.secret.as_deref(), CALLBACK).await
}

/// Logs `soi` in at the office and redeems the code.
async fn tokens_at_the_office(idp: &TestIdp, rp: &Rp, browser: &Browser, soi: &str) -> Tokens {
    let request = rp.request();
    let page = idp.log_in(browser, &request.url, soi, PASSWORD).await;
    redeem(rp, request, &page).await.expect("tokens")
}

/// Redeems the answer that a redirect carries.
async fn redeem(rp: &Rp, request: Request, page: &Page) -> Result<Tokens, String> {
    let callback = page.location().unwrap_or_else(|| panic!("no redirect: {} {}", page.status, page.body));
    rp.redeem(request, &callback).await
}

/// Logs in without an application; answers the redirect that carries the session cookie.
async fn sign_in(origin: &str, browser: &Browser, soi: &str) -> Page {
    let page = browser.get(format!("{origin}/login")).await;
    let page = browser.submit(&page.form("/login").fill("soi", soi).fill("password", PASSWORD)).await;
    assert_eq!(page.status, 303, "{}", page.body);
    page
}

/// The same with the second factor, without which nothing opens outside.
async fn sign_in_with_totp(idp: &TestIdp, origin: &str, browser: &Browser, soi: &str, phone: &Authenticator) {
    sign_in(origin, browser, soi).await;
    let page = browser.get(format!("{origin}/login/factor?to=/account")).await;
    let page = idp.give_totp(browser, &page, phone).await;
    assert_eq!((page.status, page.url.path()), (200, "/account"), "{}", page.body);
}

/// Whether this browser is signed in, for contacts at this origin.
async fn is_signed_in(origin: &str, browser: &Browser) -> bool {
    match browser.get(format!("{origin}/")).await.status {
        200 => true,
        303 => false,
        other => panic!("/ answers {other}"),
    }
}

/// The same address with this parameter, and with no other of its name.
fn with(url: &Url, name: &str, value: &str) -> Url {
    also(&without(url, name), name, value)
}

/// The same address without this parameter.
fn without(url: &Url, name: &str) -> Url {
    let pairs: Vec<_> = url.query_pairs().filter(|(key, _)| key != name).collect();
    let mut changed = url.clone();
    changed.query_pairs_mut().clear().extend_pairs(pairs);
    changed
}

/// The same address with one more parameter of this name.
fn also(url: &Url, name: &str, value: &str) -> Url {
    let mut changed = url.clone();
    changed.query_pairs_mut().append_pair(name, value);
    changed
}
