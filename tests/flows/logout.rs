//! RP-initiated logout: a link alone logs nobody out, and nobody is sent to an address that was not registered.

use std::time::Duration;

use harness::browser::{Browser, Page};
use harness::engine::Database;
use harness::for_each_engine;
use harness::idp::TestIdp;
use harness::rp::{Rp, Tokens};
use url::Url;

use crate::code::query;
use crate::{also, is_signed_in, rp, sign_in, tokens_at_the_office, with, without};

for_each_engine!(
    a_link_alone_asks_first,
    a_post_without_our_csrf_value_asks_too,
    an_application_with_its_id_token_logs_out_without_a_question,
    an_id_token_hint_that_is_expired_still_counts,
    an_id_token_of_somebody_else_asks_first,
    only_a_registered_address_is_followed_and_the_state_goes_with_it,
    what_cannot_be_followed_is_a_page_and_the_session_stays,
    who_was_not_signed_in_is_signed_out,
    a_cross_site_post_logs_out_by_way_of_a_get_and_ends_nothing_by_itself,
    an_id_token_without_the_browser_ends_no_session,
);

const AFTERWARDS: &str = "https://app.ville.example/bye?from=octroi";

struct Scene {
    idp: TestIdp,
    rp: Rp,
    browser: Browser,
    tokens: Tokens,
    endpoint: Url,
}

async fn scene(database: &Database) -> Scene {
    let idp = TestIdp::start(database).await;
    idp.hire("100001").await;
    let app = idp.register("portal", |d| d.post_logout_redirect_uris = Some(vec![AFTERWARDS.to_owned()])).await;
    let rp = rp(&idp, &app).await;
    let browser = Browser::new();
    let tokens = tokens_at_the_office(&idp, &rp, &browser, "100001").await;
    let endpoint = Url::parse(&format!("{}/oauth2/logout", idp.issuer)).unwrap();
    Scene { idp, rp, browser, tokens, endpoint }
}

impl Scene {
    async fn is_signed_in(&self) -> bool {
        is_signed_in(&self.idp.issuer, &self.browser).await
    }

    fn hinted(&self) -> Url {
        with(&self.endpoint, "id_token_hint", &self.tokens.id_token)
    }
}

fn is_signed_out_page(page: &Page) -> bool {
    page.status == 200 && page.text("signed-out").is_some_and(|text| text == "Votre session est fermée")
}

fn asks(page: &Page) -> bool {
    page.status == 200 && page.body.contains("id=\"logout-confirm\"") && page.find_form("/oauth2/logout").is_some()
}

async fn a_link_alone_asks_first(database: Database) {
    let scene = scene(&database).await;
    let link = with(&with(&scene.endpoint, "post_logout_redirect_uri", AFTERWARDS), "client_id", "portal");
    for url in [scene.endpoint.clone(), with(&link, "state", "s p&")] {
        let page = scene.browser.get(&url).await;
        assert!(asks(&page), "OA-41: {}", page.body);
        assert!(page.says("Camille"), "whose session it is");
        assert!(scene.is_signed_in().await, "a GET changes nothing");
    }
    let page = scene.browser.get(with(&link, "state", "s p&")).await;
    assert!(page.says("Application portal"));
    let page = scene.browser.submit(&page.form("/oauth2/logout")).await;
    assert_eq!(page.header("location"), Some("https://app.ville.example/bye?from=octroi&state=s+p%26"));
    assert!(!scene.is_signed_in().await);
}

async fn a_post_without_our_csrf_value_asks_too(database: Database) {
    let scene = scene(&database).await;
    let form = scene.browser.get(&scene.endpoint).await.form("/oauth2/logout");
    let right = form.fields["csrf"].clone();
    let stranger =
        Browser::new().get(format!("{}/login", scene.idp.issuer)).await.form("/login").fields["csrf"].clone();
    for wrong in ["", "x", &stranger] {
        let round = scene.browser.post_fields(&scene.endpoint, &[("csrf", wrong)]).await;
        let page = scene.browser.follow(round).await;
        assert!(asks(&page) && scene.is_signed_in().await, "{wrong:?}");
    }
    let evil = scene.browser.clone().with_header("origin", "https://evil.example");
    let round = evil.post_fields(&scene.endpoint, &[("csrf", &right)]).await;
    assert!(asks(&scene.browser.follow(round).await) && scene.is_signed_in().await);
    let page = scene.browser.submit(&form).await;
    assert!(is_signed_out_page(&page) && !scene.is_signed_in().await);
}

async fn an_application_with_its_id_token_logs_out_without_a_question(database: Database) {
    let scene = scene(&database).await;
    let page = scene.browser.get(scene.hinted()).await;
    assert!(is_signed_out_page(&page), "{}", page.body);
    assert!(page.set_cookie("octroi-session").is_some_and(|line| line.contains("Max-Age=0")));
    assert!(!scene.is_signed_in().await);
    let userinfo = format!("{}/oauth2/userinfo", scene.idp.issuer);
    assert_eq!(scene.rp.userinfo(&scene.tokens.access_token, &userinfo).await.0, 401);
}

async fn an_id_token_hint_that_is_expired_still_counts(database: Database) {
    let scene = scene(&database).await;
    scene.idp.advance(Duration::from_secs(110 * 60));
    assert!(scene.is_signed_in().await);
    let url = also(&with(&scene.hinted(), "post_logout_redirect_uri", AFTERWARDS), "state", "xyz");
    let page = scene.browser.get(url).await;
    assert_eq!(page.header("location"), Some("https://app.ville.example/bye?from=octroi&state=xyz"));
    assert!(!scene.is_signed_in().await);
}

async fn an_id_token_of_somebody_else_asks_first(database: Database) {
    let scene = scene(&database).await;
    scene.idp.hire("100002").await;
    let other = Browser::new();
    let theirs = tokens_at_the_office(&scene.idp, &scene.rp, &other, "100002").await;
    let page = scene.browser.get(with(&scene.endpoint, "id_token_hint", &theirs.id_token)).await;
    assert!(asks(&page) && scene.is_signed_in().await);
    assert!(is_signed_in(&scene.idp.issuer, &other).await, "and nobody else is touched");
}

async fn only_a_registered_address_is_followed_and_the_state_goes_with_it(database: Database) {
    let scene = scene(&database).await;
    let state = "a b&c=d#é";
    let url = with(&with(&scene.hinted(), "post_logout_redirect_uri", AFTERWARDS), "state", state);
    let page = scene.browser.get(url).await;
    let location = page.location().expect("onward");
    assert_eq!((page.status, location.host_str(), location.path()), (303, Some("app.ville.example"), "/bye"));
    assert_eq!((query(&location, "state").as_str(), query(&location, "from").as_str()), (state, "octroi"));
}

async fn what_cannot_be_followed_is_a_page_and_the_session_stays(database: Database) {
    let scene = scene(&database).await;
    let back = |uri: &str| with(&scene.hinted(), "post_logout_redirect_uri", uri);
    let access_token = with(&scene.endpoint, "id_token_hint", &scene.tokens.access_token);
    for url in [
        back("https://evil.example/"),
        back("https://app.ville.example/bye"),
        back("https://app.ville.example/bye?from=octroi&x=1"),
        back("https://app.ville.example/callback"),
        without(&back(AFTERWARDS), "id_token_hint"),
        with(&scene.hinted(), "client_id", "nobody"),
        with(&scene.endpoint, "client_id", "nobody"),
        with(&scene.endpoint, "id_token_hint", "garbage"),
        access_token,
        also(&scene.hinted(), "id_token_hint", "again"),
        also(&back(AFTERWARDS), "post_logout_redirect_uri", AFTERWARDS),
        with(&back(AFTERWARDS), "state", &"x".repeat(2049)),
    ] {
        let page = scene.browser.get(&url).await;
        assert_eq!((page.status, page.header("location")), (400, None), "{url}");
        assert_eq!(page.text("error").as_deref(), Some("invalid_request"), "{url}");
        assert!(scene.is_signed_in().await, "{url}");
    }
}

async fn who_was_not_signed_in_is_signed_out(database: Database) {
    let scene = scene(&database).await;
    let stranger = Browser::new();
    assert!(is_signed_out_page(&stranger.get(&scene.endpoint).await));
    let round = stranger.post_fields(&scene.endpoint, &[]).await;
    assert!(is_signed_out_page(&stranger.follow(round).await));
    let url = with(&with(&scene.endpoint, "client_id", "portal"), "post_logout_redirect_uri", AFTERWARDS);
    assert_eq!(stranger.get(url).await.header("location"), Some(AFTERWARDS));
    assert!(scene.is_signed_in().await);
}

async fn a_cross_site_post_logs_out_by_way_of_a_get_and_ends_nothing_by_itself(database: Database) {
    let scene = scene(&database).await;
    let elsewhere = Browser::new();
    sign_in(&scene.idp.issuer, &elsewhere, "100001").await;
    // SameSite=Lax: the application's form arrives without our cookies, and nothing is concluded from that.
    let fields = [("id_token_hint", scene.tokens.id_token.as_str()), ("post_logout_redirect_uri", AFTERWARDS)];
    let cross_site = Browser::new().with_header("origin", "https://app.ville.example");
    let round = cross_site.post_fields(&scene.endpoint, &fields).await;
    assert_eq!((round.status, round.header("set-cookie")), (303, None));
    assert!(scene.is_signed_in().await, "neither the row nor the cookie is touched");
    // The browser follows by GET, now with its cookies: the session that the ID token names ends.
    let page = scene.browser.get(round.location().expect("a way round")).await;
    assert_eq!((page.status, page.header("location")), (303, Some(AFTERWARDS)));
    assert!(!scene.is_signed_in().await);
    assert!(is_signed_in(&scene.idp.issuer, &elsewhere).await, "the agent's other browser stays");
}

async fn an_id_token_without_the_browser_ends_no_session(database: Database) {
    let scene = scene(&database).await;
    let thief = Browser::new();
    thief.get(with(&scene.endpoint, "id_token_hint", &scene.tokens.id_token)).await;
    assert!(scene.is_signed_in().await);
}
