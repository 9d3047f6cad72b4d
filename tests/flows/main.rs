//! Whole flows over HTTP, each on both engines: a browser-like client, a foreign relying party, a provider on real sockets.

mod code;
mod login;

use harness::browser::Browser;
use harness::idp::{CALLBACK, PASSWORD, TestApp, TestIdp};
use harness::rp::{Request, Rp, Tokens};

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
async fn redeem(rp: &Rp, request: Request, page: &harness::browser::Page) -> Result<Tokens, String> {
    let callback = page.location().unwrap_or_else(|| panic!("no redirect: {} {}", page.status, page.body));
    rp.redeem(request, &callback).await
}
