//! The account pages: who is let in, the password changed in a session, the password asked again before sensitive acts,
//! sessions, activity, language.

use std::time::Duration;

use harness::browser::{Browser, Page};
use harness::engine::Database;
use harness::for_each_engine;
use harness::idp::{PASSWORD, TestIdp};
use octroi_idp::directory::AgentDraft;
use octroi_idp::domain::audit::{Actor, EventFilter};
use octroi_idp::domain::notice::Notice;

use crate::{is_signed_in, rp, sign_in, sign_in_with_totp, tokens_at_the_office};

for_each_engine!(
    a_stranger_logs_in_first_and_comes_back_to_the_page,
    the_overview_shows_the_account_and_the_way_out,
    a_form_of_another_site_is_refused,
    a_changed_password_ends_every_other_session_and_its_tokens,
    a_wrong_present_password_counts_like_a_login,
    a_new_password_must_meet_the_rules,
    outside_a_password_is_not_changed_without_a_second_factor,
    after_five_minutes_a_sensitive_act_asks_for_the_password,
    a_confirmation_is_guessed_no_faster_than_a_login,
    both_sessions_are_listed_and_the_other_one_really_ends,
    nobody_ends_a_session_of_another_agent,
    the_activity_tells_who_did_what_to_the_account,
    the_activity_comes_in_pages,
    a_chosen_language_stays,
);

const MINUTE: Duration = Duration::from_mins(1);
const COOKIE: &str = "octroi-session";
const NEW: &str = "Platane-Passerelle-1742";

const PAGES: [&str; 10] = [
    "/account",
    "/account/password",
    "/account/contact",
    "/account/contact/work-email",
    "/account/contact/recovery-email",
    "/account/contact/mobile",
    "/account/sessions",
    "/account/activity",
    "/account/language",
    "/account/confirm",
];

/// An agent who is signed in at the office.
struct Scene {
    idp: TestIdp,
    browser: Browser,
}

async fn scene(database: &Database) -> Scene {
    let idp = TestIdp::start(database).await;
    let draft = AgentDraft { department: Some("40".into()), ..AgentDraft::default() };
    idp.hire_as("100001", draft).await;
    idp.activate("100001", PASSWORD).await;
    let browser = Browser::new();
    sign_in(&idp.issuer, &browser, "100001").await;
    Scene { idp, browser }
}

impl Scene {
    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.idp.issuer)
    }

    async fn get(&self, path: &str) -> Page {
        self.browser.get(self.url(path)).await
    }

    async fn change(&self, current: &str, new: &str, again: &str) -> Page {
        let form = self.get("/account/password").await.form("/account/password");
        let form = form.fill("current_password", current).fill("new_password", new).fill("new_password_again", again);
        self.browser.submit(&form).await
    }

    async fn confirm(&self, to: &str, password: &str) -> Page {
        let page = self.get(&format!("/account/confirm?to={}", to.replace('/', "%2F"))).await;
        self.browser.submit(&page.form("/account/confirm").fill("current_password", password)).await
    }

    /// The acts about the agent, newest first.
    async fn acts(&self) -> Vec<String> {
        let filter = EventFilter { subject: Some("100001".into()), ..EventFilter::default() };
        self.idp.events(filter).await.into_iter().map(|event| event.act).collect()
    }
}

fn path(page: &Page) -> String {
    let location = page.location().unwrap_or_else(|| panic!("no redirect: {} {}", page.status, page.body));
    location.path().to_owned()
}

/// Path and query of a redirect.
fn target(page: &Page) -> String {
    let location = page.location().unwrap_or_else(|| panic!("no redirect: {} {}", page.status, page.body));
    location.as_str().split_once("localhost:").map(|(_, rest)| rest[rest.find('/').unwrap()..].to_owned()).unwrap()
}

async fn a_stranger_logs_in_first_and_comes_back_to_the_page(database: Database) {
    let scene = scene(&database).await;
    for page in PAGES.into_iter().filter(|page| *page != "/account/confirm") {
        let asked = Browser::new().get(scene.url(page)).await;
        assert_eq!((asked.status, target(&asked)), (303, format!("/login?to={}", page.replace('/', "%2F"))), "{page}");
    }
    let browser = Browser::new();
    let login = browser.follow(browser.get(scene.url("/account/activity")).await).await;
    let form = login.form("/login").fill("soi", "100001");
    let wrong = browser.submit(&form.clone().fill("password", "wrong")).await;
    let back = browser.submit(&wrong.form("/login").fill("soi", "100001").fill("password", PASSWORD)).await;
    assert_eq!(target(&back), "/account/activity", "also after a slip");
    assert_eq!(
        browser.get(scene.url("/login?to=%2Faccount%2Fcontact")).await.header("location"),
        Some("/account/contact")
    );

    for elsewhere in
        ["https://evil.example/", "//evil.example", "/oauth2/logout", "/account/../x", "account", "\\\\evil"]
    {
        let forged = form.clone().forge("to", elsewhere).fill("password", PASSWORD);
        let page = browser.submit(&forged).await;
        assert_eq!(target(&page), "/", "{elsewhere}: no open redirect");
        let query = elsewhere.replace('/', "%2F").replace(':', "%3A");
        let page = browser.get(scene.url(&format!("/account/confirm?to={query}"))).await;
        assert_eq!(page.header("location"), Some("/account"), "{elsewhere}: who is fresh goes on, to a page of ours");
    }
}

async fn the_overview_shows_the_account_and_the_way_out(database: Database) {
    let scene = scene(&database).await;
    for page in ["/", "/account"] {
        let page = scene.get(page).await;
        assert_eq!(page.status, 200);
        assert!(page.says("100001") && page.says("Camille Essai100001") && page.says("<dd>40</dd>"));
        assert!(page.says("Un moyen de contact reste à vérifier"), "the work mail is HR's word until a code proved it");
        assert!(page.says("Sans date de renouvellement"));
        assert_eq!(page.header("cache-control"), Some("no-store"));
    }
    for page in PAGES {
        let shown = scene.browser.follow(scene.get(page).await).await;
        assert_eq!(shown.status, 200, "{page}");
        assert_eq!(shown.body.matches("aria-current=\"page\"").count(), 1, "{page}");
    }
    assert_eq!(scene.get("/account/contact/fax").await.status, 404);
    assert_eq!(scene.get("/account/nothing").await.status, 404);

    let asked = scene.get("/oauth2/logout").await;
    assert!(asked.says("id=\"logout-confirm\""), "a link asks first");
    let out = scene.browser.submit(&scene.get("/account").await.form("/oauth2/logout")).await;
    assert!(out.text("signed-out").is_some());
    assert_eq!(scene.get("/account").await.status, 303);
}

async fn a_form_of_another_site_is_refused(database: Database) {
    let scene = scene(&database).await;
    let fields: [(&str, &str); 8] = [
        ("current_password", PASSWORD),
        ("new_password", NEW),
        ("new_password_again", NEW),
        ("act", "send"),
        ("address", "ines@maison.example"),
        ("language", "en"),
        ("sid", "x"),
        ("to", "/account/sessions"),
    ];
    let before = scene.acts().await;
    for page in [
        "/account/password",
        "/account/contact/recovery-email",
        "/account/sessions",
        "/account/language",
        "/account/confirm",
    ] {
        let url = scene.url(page);
        let forged = [("csrf", "A".repeat(43))];
        let forged: Vec<(&str, &str)> =
            fields.iter().copied().chain(forged.iter().map(|(name, value)| (*name, value.as_str()))).collect();
        for fields in [&fields[..], &forged] {
            assert_eq!(scene.browser.post_fields(&url, fields).await.status, 400, "{page}");
        }
        let own = scene.get("/account/language").await.form("/account/language");
        let own = own.fields.get("csrf").cloned().unwrap();
        let with_value: Vec<(&str, &str)> = fields.iter().copied().chain([("csrf", own.as_str())]).collect();
        let elsewhere = scene.browser.clone().with_header("origin", "https://evil.example");
        assert_eq!(elsewhere.post_fields(&url, &with_value).await.status, 400, "{page}");
        assert_eq!(Browser::new().post_fields(&url, &with_value).await.status, 400, "{page}: another browser's value");
        let huge = [("csrf", own.as_str()), ("address", &"x".repeat(70_000))];
        assert_eq!(scene.browser.post_fields(&url, &huge).await.status, 413, "{page}");
    }
    assert_eq!(scene.acts().await, before, "nothing happened");
}

async fn a_changed_password_ends_every_other_session_and_its_tokens(database: Database) {
    let scene = scene(&database).await;
    let app = scene.idp.register("portal", |_| {}).await;
    let rp = rp(&scene.idp, &app).await;
    let (here, elsewhere) = (scene.browser.clone(), Browser::new());
    let mine = tokens_at_the_office_again(&scene, &rp).await;
    let theirs = tokens_at_the_office(&scene.idp, &rp, &elsewhere, "100001").await;
    let copied = sign_in(&scene.idp.issuer, &Browser::new(), "100001").await.cookie(COOKIE).unwrap();

    let page = scene.change(PASSWORD, NEW, NEW).await;

    assert_eq!(path(&page), "/account", "{}", page.body);
    let fresh = page.cookie(COOKIE).expect("the cookie is exchanged");
    assert!(here.follow(page).await.says("Votre mot de passe est changé."));
    assert!(is_signed_in(&scene.idp.issuer, &Browser::new().with_header("cookie", &fresh)).await);
    assert!(!is_signed_in(&scene.idp.issuer, &elsewhere).await);
    assert!(!is_signed_in(&scene.idp.issuer, &Browser::new().with_header("cookie", &copied)).await);
    let userinfo = scene.url("/oauth2/userinfo");
    assert_eq!(rp.userinfo(&theirs.access_token, &userinfo).await.0, 401);
    assert_eq!(rp.userinfo(&mine.access_token, &userinfo).await.0, 200, "this session goes on");
    assert_eq!(
        database.number("SELECT count(*) FROM application_grant WHERE revoked_at IS NULL").await,
        1,
        "the grants of the others are revoked"
    );

    let told = scene.idp.letters_to(&database, "agent100001@ville.example").await;
    assert!(matches!(&told[..], [Notice::PasswordChanged { .. }]), "{told:?}");
    let event = scene.idp.events(EventFilter { act: Some("password.changed".into()), ..EventFilter::default() }).await;
    assert_eq!(
        (event.len(), &event[0].detail["why"], &event[0].detail["sessions_ended"]),
        (1, &"chosen".into(), &2.into())
    );

    let login = async |password: &str| {
        let browser = Browser::new();
        let form = browser.get(scene.url("/login")).await.form("/login");
        browser.submit(&form.fill("soi", "100001").fill("password", password)).await.status
    };
    assert_eq!((login(PASSWORD).await, login(NEW).await), (401, 303));
}

/// Tokens of the session that the scene began.
async fn tokens_at_the_office_again(scene: &Scene, rp: &harness::rp::Rp) -> harness::rp::Tokens {
    let request = rp.request();
    let page = scene.browser.get(request.url.as_str()).await;
    crate::redeem(rp, request, &page).await.expect("tokens")
}

async fn a_wrong_present_password_counts_like_a_login(database: Database) {
    let scene = scene(&database).await;
    for _ in 0..4 {
        let page = scene.change("Wrong-Password-1234", NEW, NEW).await;
        assert_eq!(page.status, 401);
        assert!(page.says("Le mot de passe actuel ne correspond pas") && page.says("href=\"#current_password\""));
    }
    let page = scene.change(PASSWORD, NEW, NEW).await;
    assert_eq!((page.status, page.header("retry-after")), (429, Some("15")), "not even the right one is verified");
    assert!(!page.body.contains(NEW) && !page.body.contains(PASSWORD), "nothing typed comes back");
    let form = Browser::new();
    let login = form.get(scene.url("/login")).await.form("/login").fill("soi", "100001").fill("password", PASSWORD);
    assert_eq!(form.submit(&login).await.status, 303, "the budget that is spent is that of the agent's own browser");

    scene.idp.advance(15 * Duration::from_secs(1));
    assert_eq!(scene.change(PASSWORD, NEW, NEW).await.status, 303);
    let refused = scene.idp.events(EventFilter { act: Some("login.refused".into()), ..EventFilter::default() }).await;
    assert_eq!(refused.iter().filter(|e| e.reason.as_deref() == Some("credentials.invalid")).count(), 4);
}

async fn a_new_password_must_meet_the_rules(database: Database) {
    let scene = scene(&database).await;
    for (new, again, words) in [
        ("short", "short", "trop court"),
        (NEW, "Platane-Passerelle-1743", "différentes"),
        ("Essai100001-et-la-suite", "Essai100001-et-la-suite", "SOI"),
        (PASSWORD, PASSWORD, "mot de passe actuel"),
        (&NEW.repeat(20), &NEW.repeat(20), "trop long"),
    ] {
        let page = scene.change(PASSWORD, new, again).await;
        assert_eq!(page.status, 422, "{words}");
        assert!(page.says(words), "{words}: {}", page.body);
    }
    let huge = "é".repeat(10_000);
    assert_eq!(scene.change(PASSWORD, &huge, &huge).await.status, 413, "no field is that long");
    assert_eq!(scene.change("Wrong-Password-1234", PASSWORD, PASSWORD).await.status, 401, "no guessing of former ones");
    assert_eq!(scene.change(PASSWORD, NEW, NEW).await.status, 303);
    let page = scene.change(NEW, PASSWORD, PASSWORD).await;
    assert!(page.status == 422 && page.says("déjà utilisé"), "history: {} {}", page.status, page.body);
}

async fn outside_a_password_is_not_changed_without_a_second_factor(database: Database) {
    let scene = scene(&database).await;
    let form = scene.get("/account/password").await.form("/account/password");
    let browser = Browser::new();
    sign_in(&scene.idp.gateway, &browser, "100001").await;
    let url = format!("{}/account/password", scene.idp.gateway);
    let page = browser.follow(browser.get(&url).await).await;
    assert_eq!((page.status, page.reason().as_deref()), (403, Some("factor.enrolment_unsafe")), "who has none");

    let phone = scene.idp.enrol_totp("100001").await;
    let page = browser.follow(browser.get(&url).await).await;
    let csrf = page.form("/login/factor").fields.get("csrf").cloned().unwrap();
    let mut forged = form.fill("current_password", PASSWORD).fill("new_password", NEW).fill("new_password_again", NEW);
    forged.fields.insert("csrf".into(), csrf);
    forged.action = url.parse().unwrap();
    assert!(target(&browser.submit(&forged).await).starts_with("/login/factor?"), "who has not given it");
    let acts = scene.idp.acts().await;
    assert!(!acts.iter().any(|act| act == "password.changed"), "{acts:?}");

    let page = scene.idp.give_totp(&browser, &page, &phone).await;
    let form = page.form("/account/password").fill("current_password", PASSWORD);
    let page = browser.submit(&form.fill("new_password", NEW).fill("new_password_again", NEW)).await;
    assert_eq!(page.status, 303, "who has given it: {}", page.body);
}

async fn after_five_minutes_a_sensitive_act_asks_for_the_password(database: Database) {
    let scene = scene(&database).await;
    let begun = database.number("SELECT auth_time FROM session").await;
    let form = scene.get("/account/sessions").await;
    assert_eq!(form.status, 200);
    let other = Browser::new();
    sign_in(&scene.idp.issuer, &other, "100001").await;
    let form = scene.get("/account/sessions").await.form("/account/sessions").forge("act", "end_others");
    assert_eq!(scene.get("/account/contact/mobile").await.status, 200);
    scene.idp.advance(5 * MINUTE);

    assert_eq!(scene.get("/account/sessions").await.status, 200, "looking is free");
    assert_eq!(target(&scene.browser.submit(&form).await), "/account/confirm?to=%2Faccount%2Fsessions");
    assert!(is_signed_in(&scene.idp.issuer, &other).await, "nothing was ended");
    let mobile = "/account/confirm?to=%2Faccount%2Fcontact%2Fmobile";
    assert_eq!(target(&scene.get("/account/contact/mobile").await), mobile);

    let wrong = scene.confirm("/account/sessions", "Wrong-Password-1234").await;
    assert!(wrong.status == 401 && wrong.says("href=\"#current_password\""));
    let page = scene.confirm("/account/sessions", PASSWORD).await;
    assert_eq!(target(&page), "/account/sessions");
    let exchanged = page.cookie(COOKIE).expect("another cookie");
    assert_eq!(database.number("SELECT count(*) FROM session").await, 2, "the same session");
    assert_eq!(database.number("SELECT min(auth_time) FROM session").await, begun, "it ends when it would have ended");
    assert!(is_signed_in(&scene.idp.issuer, &Browser::new().with_header("cookie", &exchanged)).await);

    let form = scene.get("/account/sessions").await.form("/account/sessions").forge("act", "end_others");
    assert_eq!(path(&scene.browser.submit(&form).await), "/account/sessions");
    assert!(!is_signed_in(&scene.idp.issuer, &other).await);
    assert_eq!(scene.acts().await.iter().filter(|act| *act == "password.confirmed").count(), 1);
}

async fn a_confirmation_is_guessed_no_faster_than_a_login(database: Database) {
    let scene = scene(&database).await;
    scene.idp.advance(5 * MINUTE);
    let form = scene.get("/account/confirm?to=%2Faccount%2Fsessions").await.form("/account/confirm");
    let form = form.fill("current_password", "Wrong-Password-1234");
    let burst = (0..12).map(|_| {
        let (browser, form) = (scene.browser.clone(), form.clone());
        tokio::spawn(async move { browser.submit(&form).await.status })
    });
    let mut answers = Vec::new();
    for task in burst.collect::<Vec<_>>() {
        answers.push(task.await.unwrap());
    }
    assert_eq!(answers.iter().filter(|status| **status == 401).count(), 4, "{answers:?}");
    assert_eq!(answers.iter().filter(|status| **status == 429).count(), 8, "{answers:?}");
    assert_eq!(scene.confirm("/account/sessions", PASSWORD).await.status, 429);
}

async fn both_sessions_are_listed_and_the_other_one_really_ends(database: Database) {
    let scene = scene(&database).await;
    let app = scene.idp.register("portal", |_| {}).await;
    let rp = rp(&scene.idp, &app).await;
    let elsewhere = Browser::new().with_header("user-agent", "Mozilla/5.0 Chrome/156.0 Safari/537.36");
    let tokens = tokens_at_the_office(&scene.idp, &rp, &elsewhere, "100001").await;
    let at_home = Browser::new().behind("203.0.113.9".parse().unwrap());
    let phone = scene.idp.enrol_totp("100001").await;
    sign_in_with_totp(&scene.idp, &scene.idp.gateway, &at_home, "100001", &phone).await;

    let page = scene.get("/account/sessions").await;
    for words in ["3 sessions", "Firefox", "Chrome", "Cette session", "Réseau municipal (127.0.0.x)"] {
        assert!(page.says(words), "{words}: {}", page.body);
    }
    assert!(page.says("Accès Nomades (203.0.113.x)") && !page.says("203.0.113.9"), "the machine is not kept");

    let form = page.form("/account/sessions");
    let sid = form.fields.get("sid").cloned().expect("the first one that is not this");
    let ended = scene.browser.submit(&form).await;
    assert!(scene.browser.follow(ended).await.says("La session est fermée."));
    let again = scene.browser.submit(&form).await;
    assert_eq!(target(&again), "/account/sessions", "it is not there any more, and nothing is said");
    let others: i64 =
        database.number(&format!("SELECT count(*) FROM session WHERE sid <> '{sid}' AND ended_at IS NULL")).await;
    assert_eq!(others, 2);

    let form = scene.get("/account/sessions").await.form("/account/sessions").forge("act", "end_others");
    let page = scene.browser.submit(&form).await;
    assert!(scene.browser.follow(page).await.says("Toutes vos autres sessions sont fermées."));
    assert!(is_signed_in(&scene.idp.issuer, &scene.browser).await);
    assert!(!is_signed_in(&scene.idp.issuer, &elsewhere).await && !is_signed_in(&scene.idp.gateway, &at_home).await);
    assert_eq!(rp.userinfo(&tokens.access_token, &scene.url("/oauth2/userinfo")).await.0, 401);
    assert_eq!(database.number("SELECT count(*) FROM application_grant WHERE revoked_at IS NULL").await, 0);
    let ended = scene.idp.events(EventFilter { act: Some("session.ended".into()), ..EventFilter::default() }).await;
    assert!(ended.len() == 2 && ended.iter().all(|event| event.detail["why"] == "ended_elsewhere"));
}

async fn nobody_ends_a_session_of_another_agent(database: Database) {
    let scene = scene(&database).await;
    scene.idp.hire("100002").await;
    let colleague = Browser::new();
    sign_in(&scene.idp.issuer, &colleague, "100002").await;
    sign_in(&scene.idp.issuer, &Browser::new(), "100001").await;
    let theirs = database.texts("SELECT sid FROM session WHERE soi = '100002'").await.remove(0);
    let page = scene.get("/account/sessions").await;
    assert!(!page.says(&theirs) && page.says("2 sessions"));
    let form = page.form("/account/sessions");
    for sid in [theirs.as_str(), "", "' OR 1=1 --", &"x".repeat(5000)] {
        let page = scene.browser.submit(&form.clone().fill("sid", sid)).await;
        assert_eq!(target(&page), "/account/sessions", "{sid}");
    }
    let own = database.texts("SELECT sid FROM session WHERE soi = '100001' ORDER BY auth_time").await;
    for sid in &own {
        scene.browser.submit(&form.clone().fill("sid", sid)).await;
    }
    assert!(is_signed_in(&scene.idp.issuer, &scene.browser).await, "the own one ends by the logout only");
    let all = scene.get("/account/sessions").await;
    assert!(all.says("Une seule session"));
    assert!(is_signed_in(&scene.idp.issuer, &colleague).await);
}

async fn the_activity_tells_who_did_what_to_the_account(database: Database) {
    let scene = scene(&database).await;
    scene.idp.hire("100002").await;
    sign_in(&scene.idp.issuer, &Browser::new(), "100002").await;
    let operator = octroi_idp::directory::Mandate {
        reason: Some("ticket 4711".into()),
        ..octroi_idp::directory::Mandate::of(Actor::LocalOperator { real: "root".into(), login: Some("alice".into()) })
    };
    scene.idp.directory.view_agent(&operator, "100001").await.unwrap();
    scene
        .idp
        .directory
        .agent_history(&operator, "100001", &EventFilter { limit: 5, ..EventFilter::default() })
        .await
        .unwrap();
    let browser = Browser::new();
    let form = browser.get(scene.url("/login")).await.form("/login");
    browser.submit(&form.fill("soi", "100001").fill("password", "wrong")).await;

    let page = scene.get("/account/activity").await;
    for words in ["Connexion refusée : mot de passe incorrect", "Fiche consultée", "Historique consulté", "Compte créé"]
    {
        let body = page.body.replace(['\u{a0}', '\u{202f}'], " ");
        assert!(body.contains(words), "{words}: {}", page.body);
    }
    assert!(page.says("Par Support DSIN") && page.says("Par vous") && page.says("Par une personne non identifiée"));
    for secret in ["ticket 4711", "alice", "root", "100002", "127.0.0.1"] {
        assert!(!page.says(secret), "{secret}");
    }
}

async fn the_activity_comes_in_pages(database: Database) {
    let scene = scene(&database).await;
    for _ in 0..35 {
        scene.idp.directory.view_agent(&TestIdp::mandate(), "100001").await.unwrap();
    }
    let first = scene.get("/account/activity").await;
    assert_eq!(first.body.matches("<time ").count(), 30);
    let older = first.link("id=\"older\"").expect("a second page");
    let second = scene.browser.get(scene.url(&older)).await;
    let rest = second.body.matches("<time ").count();
    assert_eq!(second.body.matches("Fiche consultée").count(), 5);
    assert!(rest > 5 && second.link("id=\"older\"").is_none() && second.says("Compte créé"));
    for wrong in ["-1", "0", "x", "99999999999999999999999", "%00", "1;DROP"] {
        assert_eq!(scene.get(&format!("/account/activity?before={wrong}")).await.status, 200, "{wrong}");
    }
}

async fn a_chosen_language_stays(database: Database) {
    let scene = scene(&database).await;
    let form = scene.get("/account/language").await.form("/account/language");
    for wrong in ["de", "", "en-GB", "fr' --"] {
        assert_eq!(scene.browser.submit(&form.clone().forge("language", wrong)).await.status, 400, "{wrong}");
    }
    let page = scene.browser.submit(&form.forge("language", "en")).await;
    assert!(page.set_cookie("octroi-language").is_some_and(|line| line.contains("=en;") && line.contains("Max-Age")));
    assert!(scene.browser.follow(page).await.says("Your choice is saved."));
    assert!(scene.get("/account").await.says("My account"));
    assert_eq!(database.texts("SELECT language FROM preference WHERE soi = '100001'").await, ["en"]);
    scene.change(PASSWORD, NEW, NEW).await;
    let letters = scene.idp.letters(&database).await;
    assert!(letters.iter().all(|letter| letter.to.locale.tag() == "en") && !letters.is_empty(), "mails follow it");
}
