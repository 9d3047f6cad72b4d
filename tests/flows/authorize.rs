//! The authorization endpoint: where an answer may go, what it says, and when a login counts.

use std::collections::BTreeMap;
use std::time::Duration;

use harness::browser::{Browser, Page};
use harness::engine::Database;
use harness::for_each_engine;
use harness::idp::{CALLBACK, PASSWORD, TestIdp};
use harness::rp::{Rp, payload};
use serde_json::json;
use url::Url;

use crate::code::{basic, query};
use crate::{also, redeem, rp, sign_in, tokens_at_the_office, with, without};

for_each_engine!(
    a_request_without_a_proved_address_is_a_page_and_never_a_redirect,
    every_error_travels_with_state_and_issuer,
    an_error_carries_the_state_exactly_or_none,
    only_a_confidential_application_with_a_nonce_may_do_without_pkce,
    without_a_page_somebody_else_must_have_logged_in,
    prompt_none_gives_a_code_without_a_page_and_the_login_keeps_its_age,
    prompt_login_asks_again_and_the_login_is_new,
    max_age_asks_again_when_the_login_is_too_old,
    a_hint_of_another_agent_never_switches_silently,
    the_application_chooses_language_and_identifier_in_advance,
    form_post_answers_with_a_form_to_the_registered_address,
    a_cross_site_post_without_cookies_finds_its_session_again,
    what_we_do_not_know_is_ignored,
    long_values_come_back_intact_or_not_at_all,
    who_cancels_goes_back_with_access_denied,
    a_spent_interaction_is_a_page_that_says_so,
    an_interaction_waits_half_an_hour,
    two_tabs_of_one_browser_do_not_disturb_each_other,
    a_wrong_password_does_not_lose_the_request,
);

/// What the application hears at its address.
fn answer(page: &Page) -> BTreeMap<String, String> {
    assert_eq!(page.status, 303, "{}", page.body);
    let location = page.location().expect("an address");
    assert!(location.as_str().starts_with(CALLBACK), "{location}");
    location.query_pairs().map(|(k, v)| (k.into_owned(), v.into_owned())).collect()
}

/// Whether the browser stands before the login form.
fn asks_to_log_in(page: &Page) -> bool {
    page.status == 200 && page.url.path() == "/login" && page.find_form("/login").is_some()
}

async fn start(database: &Database) -> (TestIdp, Rp) {
    let idp = TestIdp::start(database).await;
    idp.hire("100001").await;
    let app = idp.register("portal", |_| {}).await;
    let rp = rp(&idp, &app).await;
    (idp, rp)
}

async fn a_request_without_a_proved_address_is_a_page_and_never_a_redirect(database: Database) {
    let (_idp, rp) = start(&database).await;
    let good = rp.request().url;
    let elsewhere = |uri: &str| with(&good, "redirect_uri", uri);
    let raw = |text: &str| format!("{good}&{text}");
    for bad in [
        elsewhere("https://evil.example/callback"),
        elsewhere(&format!("{CALLBACK}/")),
        elsewhere(&format!("{CALLBACK}?x=1")),
        elsewhere(&format!("{CALLBACK}#x")),
        elsewhere("https://app.ville.example/Callback"),
        elsewhere("https://app.ville.example:443/callback"),
        elsewhere("https://app.ville.example/x/../callback"),
        elsewhere("https://app.ville.example@evil.example/callback"),
        elsewhere("http://app.ville.example/callback"),
        elsewhere("javascript:alert(1)"),
        elsewhere(""),
        without(&good, "redirect_uri"),
        also(&good, "redirect_uri", CALLBACK),
        with(&good, "client_id", "nobody"),
        with(&good, "client_id", ""),
        without(&good, "client_id"),
        also(&good, "client_id", "portal"),
    ]
    .into_iter()
    .map(String::from)
    .chain([raw("x=%ff"), raw("x=%00"), raw("x=%"), raw(&"a=1&".repeat(65))])
    {
        for prompt in ["", "&prompt=none", "&response_mode=form_post"] {
            let page = Browser::new().get(format!("{bad}{prompt}")).await;
            assert_eq!((page.status, page.header("location")), (400, None), "OA-01: {bad}{prompt}");
            assert!(page.header("content-type").is_some_and(|t| t.starts_with("text/html")), "{bad}");
            assert_eq!(page.text("error").as_deref(), Some("invalid_request"), "{bad}");
            assert!(page.text("error-description").is_some_and(|d| !d.is_empty()), "{bad}");
            assert!(!page.body.contains("evil.example"), "the page repeats no address");
        }
    }
}

async fn every_error_travels_with_state_and_issuer(database: Database) {
    let (idp, rp) = start(&database).await;
    let good = rp.request().url;
    let table: Vec<(Url, &str)> = vec![
        (without(&good, "response_type"), "invalid_request"),
        (with(&good, "response_type", "token"), "unsupported_response_type"),
        (with(&good, "response_type", "code id_token"), "unsupported_response_type"),
        (with(&good, "response_mode", "fragment"), "invalid_request"),
        (without(&good, "scope"), "invalid_scope"),
        (with(&good, "scope", "profile email"), "invalid_scope"),
        (without(&good, "code_challenge"), "invalid_request"),
        (without(&without(&good, "code_challenge"), "code_challenge_method"), "invalid_request"),
        (with(&good, "code_challenge", "too-short"), "invalid_request"),
        (with(&good, "code_challenge_method", "plain"), "invalid_request"),
        (with(&good, "code_challenge_method", "s256"), "invalid_request"),
        (without(&good, "code_challenge_method"), "invalid_request"),
        (with(&good, "prompt", "none"), "login_required"),
        (with(&good, "prompt", "none login"), "invalid_request"),
        (with(&good, "prompt", "none consent"), "invalid_request"),
        (with(&good, "prompt", "create"), "invalid_request"),
        (with(&good, "max_age", "-1"), "invalid_request"),
        (with(&good, "max_age", "1h"), "invalid_request"),
        (with(&good, "max_age", "99999999999999999999"), "invalid_request"),
        (with(&good, "id_token_hint", "eyJhbGciOiJub25lIn0.e30."), "invalid_request"),
        (with(&good, "request", "eyJhbGciOiJub25lIn0.e30."), "request_not_supported"),
        (with(&good, "request_uri", "https://evil.example/request"), "request_uri_not_supported"),
        (with(&good, "registration", "{}"), "registration_not_supported"),
        (with(&good, "login_hint", &"x".repeat(513)), "invalid_request"),
        (also(&good, "scope", "openid"), "invalid_request"),
        (also(&good, "nonce", "again"), "invalid_request"),
        (also(&good, "response_type", "code"), "invalid_request"),
        (also(&good, "code_challenge", "again"), "invalid_request"),
    ];
    for (url, error) in table {
        let told = answer(&Browser::new().get(&url).await);
        assert_eq!(told.get("error").map(String::as_str), Some(error), "{url}");
        assert_eq!(told["state"], query(&good, "state"), "OA-16: {url}");
        assert_eq!(told["iss"], idp.issuer, "OA-21: {url}");
        assert!(!told["error_description"].is_empty() && !told.contains_key("code"), "{url}");
    }
}

async fn an_error_carries_the_state_exactly_or_none(database: Database) {
    let (_idp, rp) = start(&database).await;
    let wrong = with(&rp.request().url, "prompt", "none");
    for state in ["a b+c&d=e#f%20", "é漢字😀", "'\"<script>", "?", "0"] {
        assert_eq!(answer(&Browser::new().get(with(&wrong, "state", state)).await)["state"], state);
    }
    for url in [without(&wrong, "state"), with(&wrong, "state", "")] {
        assert!(!answer(&Browser::new().get(url).await).contains_key("state"));
    }
    for url in [also(&wrong, "state", "again"), with(&wrong, "state", "line\r\nbreak")] {
        let told = answer(&Browser::new().get(url).await);
        assert_eq!((told["error"].as_str(), told.get("state")), ("invalid_request", None));
    }
}

async fn only_a_confidential_application_with_a_nonce_may_do_without_pkce(database: Database) {
    let (idp, _) = start(&database).await;
    let app = idp.register("proconnect", |draft| draft.require_pkce = Some(false)).await;
    let rp = rp(&idp, &app).await;
    let browser = Browser::new();
    let exempt = |url: &Url| without(&without(url, "code_challenge"), "code_challenge_method");

    let request = rp.request();
    let page = idp.log_in(&browser, exempt(&request.url), "100001", PASSWORD).await;
    let code = answer(&page)["code"].clone();
    let fields = [("grant_type", "authorization_code"), ("code", code.as_str()), ("redirect_uri", CALLBACK)];
    let application = Browser::new().with_header("authorization", &basic("proconnect", app.secret.as_deref().unwrap()));
    let tokens = application.post_fields(format!("{}/oauth2/token", idp.issuer), &fields).await;
    assert_eq!(tokens.status, 200, "{}", tokens.body);
    assert_eq!(payload(tokens.json()["id_token"].as_str().unwrap())["nonce"], json!(request.nonce.secret()));

    // D7: without nonce nothing would bind the code; with a challenge the verifier is needed all the same.
    let bare = without(&exempt(&rp.request().url), "nonce");
    assert_eq!(answer(&browser.get(bare).await)["error"], "invalid_request");
    let page = browser.get(rp.request().url).await;
    let again = [fields[0], ("code", &answer(&page)["code"]), fields[2]];
    let refused = application.post_fields(format!("{}/oauth2/token", idp.issuer), &again).await;
    assert_eq!((refused.status, &refused.json()["error"]), (400, &json!("invalid_grant")));
    // OA-03: a verifier without a challenge means that somebody took the challenge away.
    let page = browser.get(exempt(&rp.request().url)).await;
    let downgraded = [fields[0], ("code", &answer(&page)["code"]), fields[2], ("code_verifier", &"v".repeat(43))];
    let refused = application.post_fields(format!("{}/oauth2/token", idp.issuer), &downgraded).await;
    assert_eq!((refused.status, &refused.json()["error"]), (400, &json!("invalid_request")));
}

async fn without_a_page_somebody_else_must_have_logged_in(database: Database) {
    let (idp, rp) = start(&database).await;
    let silent = with(&rp.request().url, "prompt", "none");
    let browser = Browser::new();
    assert_eq!(answer(&browser.get(&silent).await)["error"], "login_required");
    sign_in(&idp.issuer, &browser, "100001").await;
    assert!(answer(&browser.get(&silent).await).contains_key("code"));
    idp.advance(Duration::from_secs(2 * 3600));
    assert_eq!(answer(&browser.get(&silent).await)["error"], "login_required", "the session has ended");
}

async fn prompt_none_gives_a_code_without_a_page_and_the_login_keeps_its_age(database: Database) {
    let (idp, rp) = start(&database).await;
    let browser = Browser::new();
    let first = tokens_at_the_office(&idp, &rp, &browser, "100001").await;
    idp.advance(Duration::from_secs(600));

    let mut request = rp.request();
    request.url = with(&request.url, "prompt", "none");
    let page = browser.get(&request.url).await;
    let second = redeem(&rp, request, &page).await.expect("tokens");

    assert_eq!(second.id_claims["auth_time"], first.id_claims["auth_time"]);
    assert_eq!(second.id_claims["sid"], first.id_claims["sid"]);
    assert_eq!(second.id_claims["network_zone_at"], json!(idp.clock.now().seconds()), "a new contact");
}

async fn prompt_login_asks_again_and_the_login_is_new(database: Database) {
    let (idp, rp) = start(&database).await;
    for prompt in ["login", "select_account"] {
        let browser = Browser::new();
        let first = tokens_at_the_office(&idp, &rp, &browser, "100001").await;
        idp.advance(Duration::from_secs(10));

        let mut request = rp.request();
        request.url = with(&request.url, "prompt", prompt);
        let page = browser.follow(browser.get(&request.url).await).await;
        assert!(asks_to_log_in(&page), "OA-37");
        // Nobody gets round the page by taking the interaction up without it.
        let interaction = query(&page.url, "interaction");
        let resume = format!("{}/oauth2/authorize/resume?interaction={interaction}", idp.issuer);
        let page = browser.follow(browser.get(resume).await).await;
        assert!(asks_to_log_in(&page), "still");

        let form = page.form("/login").fill("soi", "100001").fill("password", PASSWORD);
        let page = browser.follow(browser.submit(&form).await).await;
        let second = redeem(&rp, request, &page).await.expect("tokens");
        let age = |tokens: &harness::rp::Tokens| tokens.id_claims["auth_time"].as_i64().unwrap();
        assert_eq!(age(&second) - age(&first), 10);
        assert_ne!(second.id_claims["sid"], first.id_claims["sid"], "the session is renewed with the login");
    }
}

async fn max_age_asks_again_when_the_login_is_too_old(database: Database) {
    let (idp, rp) = start(&database).await;
    let browser = Browser::new();
    sign_in(&idp.issuer, &browser, "100001").await;
    idp.advance(Duration::from_secs(60));
    let aged = |seconds: &str| with(&rp.request().url, "max_age", seconds);
    assert!(answer(&browser.get(aged("60")).await).contains_key("code"), "young enough");
    assert!(asks_to_log_in(&browser.follow(browser.get(aged("59")).await).await));
    assert!(asks_to_log_in(&browser.follow(browser.get(aged("0")).await).await), "OA-32");
    assert_eq!(answer(&browser.get(with(&aged("59"), "prompt", "none")).await)["error"], "login_required");

    let mut request = rp.request();
    request.url = with(&request.url, "max_age", "59");
    let page = idp.log_in(&browser, &request.url, "100001", PASSWORD).await;
    let tokens = redeem(&rp, request, &page).await.expect("tokens");
    assert_eq!(tokens.id_claims["auth_time"], json!(idp.clock.now().seconds()));
}

async fn a_hint_of_another_agent_never_switches_silently(database: Database) {
    let (idp, rp) = start(&database).await;
    idp.hire("100002").await;
    let hint = tokens_at_the_office(&idp, &rp, &Browser::new(), "100002").await.id_token;
    let browser = Browser::new();
    sign_in(&idp.issuer, &browser, "100001").await;
    let hinted = || with(&rp.request().url, "id_token_hint", &hint);

    assert_eq!(answer(&browser.get(with(&hinted(), "prompt", "none")).await)["error"], "login_required", "OA-38");
    idp.advance(Duration::from_secs(1));
    let page = idp.log_in(&browser, hinted(), "100001", PASSWORD).await;
    assert_eq!(answer(&page)["error"], "login_required", "the wrong agent again");
    idp.advance(Duration::from_secs(1));
    let page = idp.log_in(&browser, hinted(), "100002", PASSWORD).await;
    assert!(answer(&page).contains_key("code"), "the agent who is meant");
    idp.advance(Duration::from_secs(3600));
    assert!(answer(&browser.get(hinted()).await).contains_key("code"), "an expired hint still says who");
}

async fn the_application_chooses_language_and_identifier_in_advance(database: Database) {
    let (_idp, rp) = start(&database).await;
    let url = with(&with(&rp.request().url, "ui_locales", "de en fr"), "login_hint", "100 001\"><b>");
    let browser = Browser::new();
    let page = browser.follow(browser.get(url).await).await;
    assert!(page.body.contains("<html lang=\"en\"") && page.body.contains("Application portal"));
    assert_eq!(page.form("/login").fields["soi"], "100 001\"><b>");
    assert!(!page.body.contains("<b>100"), "escaped");
    let page = browser.follow(browser.get(rp.request().url).await).await;
    assert!(page.body.contains("<html lang=\"fr\""), "an application's wish is not remembered for others");
}

async fn form_post_answers_with_a_form_to_the_registered_address(database: Database) {
    let (idp, rp) = start(&database).await;
    let browser = Browser::new();
    let mut request = rp.request();
    request.url = with(&request.url, "response_mode", "form_post");
    let page = idp.log_in(&browser, &request.url, "100001", PASSWORD).await;

    assert_eq!((page.status, page.header("location")), (200, None));
    let form = page.form(CALLBACK);
    assert_eq!((form.action.as_str(), form.fields["iss"].as_str()), (CALLBACK, idp.issuer.as_str()));
    assert_eq!(&form.fields["state"], request.state.secret());
    assert!(!form.fields.contains_key("csrf"), "nothing of ours goes to the application");
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("form-action 'self' https://app.ville.example"), "HTTP-02: {policy}");
    assert!(!page.body.contains("onload"), "no inline script");
    let tokens = rp.exchange(&form.fields["code"], request.nonce, request.verifier).await.expect("tokens");
    assert_eq!(tokens.access_claims["client_id"], "portal");

    let silent = with(&with(&rp.request().url, "response_mode", "form_post"), "prompt", "none");
    let form = Browser::new().get(silent).await.form(CALLBACK);
    assert_eq!(form.fields["error"], "login_required", "errors travel in the same way");
}

async fn a_cross_site_post_without_cookies_finds_its_session_again(database: Database) {
    let (idp, rp) = start(&database).await;
    let browser = Browser::new();
    sign_in(&idp.issuer, &browser, "100001").await;
    let endpoint = format!("{}/oauth2/authorize", idp.issuer);
    let post = async |url: &Url| {
        let pairs: Vec<(String, String)> = url.query_pairs().map(|(k, v)| (k.into_owned(), v.into_owned())).collect();
        let fields: Vec<(&str, &str)> = pairs.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        // SameSite=Lax: a form of another site arrives without our cookies.
        Browser::new().with_header("origin", "https://app.ville.example").post_fields(&endpoint, &fields).await
    };

    let request = rp.request();
    let page = post(&request.url).await;
    let resume = page.location().expect("an address");
    assert_eq!((page.status, resume.path()), (303, "/oauth2/authorize/resume"), "OA-09, OA-40");
    let page = browser.get(resume).await;
    redeem(&rp, request, &page).await.expect("the session was found, no page was shown");

    let page = post(&rp.request().url).await;
    let stranger = Browser::new();
    assert!(asks_to_log_in(&stranger.follow(stranger.get(page.location().unwrap()).await).await));
    let page = post(&with(&rp.request().url, "redirect_uri", "https://evil.example/")).await;
    assert_eq!((page.status, page.header("location")), (400, None));
    let told = answer(&post(&with(&rp.request().url, "response_type", "token")).await);
    assert_eq!(told["error"], "unsupported_response_type");
}

async fn what_we_do_not_know_is_ignored(database: Database) {
    let (idp, rp) = start(&database).await;
    let browser = Browser::new();
    let mut request = rp.request();
    // PC-10, and OpenID Connect Core §3.1.2.1: unknown scopes and parameters; `phone` is known and not registered.
    request.url = with(&request.url, "scope", "openid siret usual_name phone profile");
    for (name, value) in [("sp_name", "Démarches"), ("acr_values", "eidas2 eidas1"), ("display", "popup"), ("x", "")] {
        request.url = also(&request.url, name, value);
    }
    let page = idp.log_in(&browser, &request.url, "100001", PASSWORD).await;
    let tokens = redeem(&rp, request, &page).await.expect("tokens");
    assert_eq!(
        (&tokens.access_claims["scope"], &tokens.id_claims["acr"]),
        (&json!("openid profile"), &json!("eidas1"))
    );
}

async fn long_values_come_back_intact_or_not_at_all(database: Database) {
    let (idp, rp) = start(&database).await;
    let browser = Browser::new();
    let (nonce, state) = ("n".repeat(384), "é".repeat(1024));
    let mut request = rp.request();
    request.url = with(&with(&request.url, "nonce", &nonce), "state", &state);
    let page = idp.log_in(&browser, &request.url, "100001", PASSWORD).await;
    let told = answer(&page);
    assert_eq!(told["state"], state, "through the login page and back");
    let nonce = openidconnect::Nonce::new(nonce);
    rp.exchange(&told["code"], nonce, request.verifier).await.expect("OA-43: the nonce is intact");

    for (name, length) in [("state", 2049), ("nonce", 513)] {
        let told = answer(&browser.get(with(&rp.request().url, name, &"x".repeat(length))).await);
        assert_eq!(told["error"], "invalid_request", "{name}");
    }
    let page = browser.get(with(&rp.request().url, "state", &"x".repeat(8193))).await;
    assert_eq!((page.status, page.header("location")), (400, None), "too long to be read at all");
}

async fn who_cancels_goes_back_with_access_denied(database: Database) {
    let (idp, rp) = start(&database).await;
    let browser = Browser::new();
    let request = rp.request();
    let page = browser.follow(browser.get(&request.url).await).await;
    assert!(page.body.contains("id=\"login-cancel\""));
    let form = page.form("/login").forge("cancel", "1");
    let told = answer(&browser.submit(&form).await);
    assert_eq!((told["error"].as_str(), &told["state"]), ("access_denied", request.state.secret()));
    assert_eq!(told["iss"], idp.issuer);
    assert_eq!(browser.submit(&form).await.status, 400, "once");
    let plain = browser.get(format!("{}/login", idp.issuer)).await;
    assert!(!plain.body.contains("login-cancel"), "without an application there is nowhere to go back to");
}

async fn a_spent_interaction_is_a_page_that_says_so(database: Database) {
    let (idp, rp) = start(&database).await;
    let browser = Browser::new();
    let page = browser.follow(browser.get(rp.request().url).await).await;
    let interaction = query(&page.url, "interaction");
    let form = page.form("/login").fill("soi", "100001").fill("password", PASSWORD);
    assert!(answer(&browser.submit(&form).await).contains_key("code"), "the login answers with the code");

    for url in [
        format!("{}/oauth2/authorize/resume?interaction={interaction}", idp.issuer),
        format!("{}/oauth2/authorize/resume?interaction=never-existed", idp.issuer),
        format!("{}/oauth2/authorize/resume", idp.issuer),
        format!("{}/login?interaction={interaction}", idp.issuer),
        format!("{}/activate?interaction={interaction}", idp.issuer),
        format!("{}/forgot-password?interaction={interaction}", idp.issuer),
    ] {
        let page = browser.get(&url).await;
        assert_eq!((page.status, page.header("location")), (400, None), "{url}");
        assert!(page.says("Cette page a trop attendu"), "{url}");
    }
    assert_eq!(browser.submit(&form).await.status, 400, "the form of a spent interaction");
}

async fn an_interaction_waits_half_an_hour(database: Database) {
    let (idp, rp) = start(&database).await;
    let browser = Browser::new();
    let open = async || browser.follow(browser.get(rp.request().url).await).await.form("/login");
    let form = open().await.fill("soi", "100001").fill("password", PASSWORD);
    idp.advance(Duration::from_secs(30 * 60 - 1));
    assert!(answer(&browser.follow(browser.submit(&form).await).await).contains_key("code"));
    let form = with_fresh_browser(&rp).await;
    idp.advance(Duration::from_secs(30 * 60));
    let (browser, form) = form;
    assert_eq!(browser.submit(&form).await.status, 400);
}

async fn with_fresh_browser(rp: &Rp) -> (Browser, harness::browser::Form) {
    let browser = Browser::new();
    let page = browser.follow(browser.get(rp.request().url).await).await;
    (browser, page.form("/login").fill("soi", "100001").fill("password", PASSWORD))
}

async fn two_tabs_of_one_browser_do_not_disturb_each_other(database: Database) {
    let (_idp, rp) = start(&database).await;
    let browser = Browser::new();
    let (first, second) = (rp.request(), rp.request());
    let one = browser.follow(browser.get(&first.url).await).await;
    let two = browser.follow(browser.get(&second.url).await).await;
    assert_ne!(query(&one.url, "interaction"), query(&two.url, "interaction"));
    for (request, page) in [(second, two), (first, one)] {
        let form = page.form("/login").fill("soi", "100001").fill("password", PASSWORD);
        let page = browser.follow(browser.submit(&form).await).await;
        redeem(&rp, request, &page).await.expect("each tab gets its own answer");
    }
}

async fn a_wrong_password_does_not_lose_the_request(database: Database) {
    let (_idp, rp) = start(&database).await;
    let browser = Browser::new();
    let request = rp.request();
    let page = browser.follow(browser.get(&request.url).await).await;
    let interaction = page.form("/login").fields["interaction"].clone();
    let form = page.form("/login").fill("soi", "100001").fill("password", "not the password");
    let page = browser.submit(&form).await;
    assert_eq!((page.status, page.reason().as_deref()), (401, Some("credentials.invalid")));
    let form = page.form("/login");
    assert_eq!((&form.fields["interaction"], form.fields["soi"].as_str()), (&interaction, "100001"));
    assert_eq!(form.fields["password"], "", "a password is never sent back");
    let page = browser.follow(browser.submit(&form.fill("password", PASSWORD)).await).await;
    redeem(&rp, request, &page).await.expect("tokens");
}
