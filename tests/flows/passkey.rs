//! Passkeys and security keys, given beside the password and instead of it, and every way in which an answer can be wrong. The
//! key is written by hand (`harness/passkey.rs`). How one is made: `passkey_making.rs`.

use std::time::Duration;

use harness::browser::{Browser, Page};
use harness::engine::Database;
use harness::for_each_engine;
use harness::idp::{PASSWORD, TestIdp};
use harness::passkey::SoftKey;
use octroi_idp::crypto::hash::hash_token;
use octroi_idp::directory::{AgentDraft, ExpiryScope};
use octroi_idp::domain::audit::EventFilter;
use octroi_idp::domain::enrolment::Basis;
use octroi_idp::domain::notice::{FactorEvent, Notice};
use octroi_idp::domain::secret::PlainToken;
use octroi_idp::domain::soi::Soi;
use octroi_idp::storage::{StoreError, Tx, enrolment_permits};
use serde_json::Value;

use crate::{is_signed_in, redeem, rp, sign_in};

for_each_engine!(
    a_key_is_made_after_a_confirmation_and_opens_the_login_alone,
    a_synchronised_key_says_so_in_its_methods,
    a_key_stands_beside_the_password,
    whatever_is_wrong_with_an_answer_reads_the_same_and_opens_nothing,
    an_answer_opens_once_and_in_its_own_browser_only,
    a_key_that_counts_backwards_is_refused_and_told_and_locks_nobody,
    a_wrong_answer_beside_the_password_is_refused_and_counted,
    somebody_elses_key_is_no_second_factor,
    a_key_opens_nothing_to_who_may_not_work,
    options_name_keys_only_in_their_owners_session,
    who_comes_with_a_key_is_told_that_the_password_has_expired,
);

pub const AGENT: &str = "100001";

/// An agent with a key, and the browser in which it was made.
struct Scene {
    idp: TestIdp,
    browser: Browser,
    key: SoftKey,
}

async fn scene(database: &Database) -> Scene {
    let idp = TestIdp::start(database).await;
    idp.hire(AGENT).await;
    let mut key = SoftKey::new(&idp.issuer);
    let browser = signed_in_with_permit(&idp, AGENT).await;
    let made = enrol(&idp, &browser, &mut key).await;
    assert_eq!(made.heading().as_deref(), Some("Gardez vos codes de secours"), "{}", made.body);
    Scene { idp, browser, key }
}

/// A browser in which this agent is signed in, and may enrol.
pub async fn signed_in_with_permit(idp: &TestIdp, soi: &str) -> Browser {
    let browser = Browser::new();
    let cookie = browser.get(format!("{}/login", idp.issuer)).await.cookie("octroi-browser").expect("a browser cookie");
    let hash = hash_token(&PlainToken::new(cookie.split_once('=').expect("a value").1));
    sign_in(&idp.issuer, &browser, soi).await;
    let (soi, until) = (Soi::from_stored(soi.to_owned()), idp.clock.now().plus(Duration::from_mins(15)));
    let grant = async |tx: &mut Tx| -> Result<(), StoreError> {
        enrolment_permits::grant(tx, &soi, Basis::Channel, &hash, until).await
    };
    idp.login().store.write(grant).await.expect("a permit");
    browser
}

/// Asks for a key to be made; answers the form and its options.
pub async fn begin(idp: &TestIdp, browser: &Browser) -> (harness::browser::Form, Value) {
    let page = browser.get(format!("{}/login/enrol?to=%2Faccount%2Ffactors", idp.issuer)).await;
    let page = browser.submit(&page.form("/login/enrol").forge("act", "passkey")).await;
    let options = page.attribute("data-passkey-create").unwrap_or_else(|| panic!("{} {}", page.status, page.body));
    (page.form("/login/enrol"), serde_json::from_str(&options).expect("options"))
}

pub async fn enrol(idp: &TestIdp, browser: &Browser, key: &mut SoftKey) -> Page {
    let (form, options) = begin(idp, browser).await;
    let form = form.fill("credential", &key.make(&options)).fill("name", "Clé du bureau");
    browser.submit(&form).await
}

/// What the script of a page asks for.
async fn options(idp: &TestIdp, browser: &Browser, csrf: &str, purpose: &str) -> Page {
    browser.post_fields(format!("{}/login/passkey/options", idp.issuer), &[("csrf", csrf), ("for", purpose)]).await
}

/// The form of the login page for a key, and a challenge.
async fn asked(idp: &TestIdp, browser: &Browser) -> (harness::browser::Form, Value) {
    let form = browser.get(format!("{}/login", idp.issuer)).await.form("/login/passkey");
    let options = options(idp, browser, &form.fields["csrf"], "").await;
    assert_eq!(options.status, 200, "{}", options.body);
    (form, options.json())
}

/// A login with the key alone, in this browser.
pub async fn log_in_alone(idp: &TestIdp, browser: &Browser, key: &mut SoftKey) -> Page {
    let (form, options) = asked(idp, browser).await;
    browser.submit(&form.fill("credential", &key.answer(&options))).await
}

/// The form that asks for a key beside the password, and a challenge for it.
async fn asked_beside(idp: &TestIdp, browser: &Browser) -> (harness::browser::Form, Value) {
    let page = browser.get(format!("{}/login/factor?to=%2Faccount&way=passkey", idp.issuer)).await;
    let form = page.form("/login/factor");
    let options = options(idp, browser, &form.fields["csrf"], "factor").await;
    assert_eq!(options.status, 200, "{}", options.body);
    (form, options.json())
}

pub async fn events(idp: &TestIdp, act: &str) -> Vec<octroi_idp::domain::audit::RecordedEvent> {
    idp.events(EventFilter { act: Some(act.into()), ..EventFilter::default() }).await
}

async fn a_key_is_made_after_a_confirmation_and_opens_the_login_alone(database: Database) {
    let idp = TestIdp::start(&database).await;
    idp.hire_as(AGENT, AgentDraft { family_name: Some("Essai".into()), ..AgentDraft::default() }).await;
    idp.activate(AGENT, PASSWORD).await;
    let browser = signed_in_with_permit(&idp, AGENT).await;
    let mut key = SoftKey::new(&idp.issuer);

    let (form, options) = begin(&idp, &browser).await;
    let wanted = &options["publicKey"];
    assert_eq!(wanted["authenticatorSelection"]["residentKey"], "required");
    assert_eq!(wanted["authenticatorSelection"]["requireResidentKey"], true);
    assert_eq!(wanted["authenticatorSelection"]["userVerification"], "required");
    assert_eq!((&wanted["rp"]["id"], &wanted["attestation"]), (&"localhost".into(), &"none".into()));
    assert!(!wanted.to_string().contains(AGENT), "no SOI leaves the house: {wanted}");
    let made = browser.submit(&form.fill("credential", &key.make(&options)).fill("name", " ")).await;
    assert!(made.says("codes de secours"), "{}", made.body);
    let factors = browser.get(format!("{}/account/factors", idp.issuer)).await;
    assert!(factors.says("Ma clé d’accès"), "{}", factors.body);
    let added = events(&idp, "factor.added").await;
    assert_eq!(added[0].detail["factor"], "passkey");

    let (_, options) = begin(&idp, &browser).await;
    assert_eq!(options["publicKey"]["excludeCredentials"].as_array().map(Vec::len), Some(1), "not the same one twice");

    let app = idp.register("webmail", |_| {}).await;
    let rp = rp(&idp, &app).await;
    let (request, other) = (rp.request(), Browser::new());
    let page = other.follow(other.get(&request.url).await).await;
    let form = page.form("/login/passkey");
    let options = self::options(&idp, &other, &form.fields["csrf"], "").await.json();
    assert_eq!(options["publicKey"]["allowCredentials"].as_array().map(Vec::len), Some(0), "nobody is named");
    assert_eq!(options["publicKey"]["userVerification"], "required");
    let page = other.follow(other.submit(&form.fill("credential", &key.answer(&options))).await).await;
    let tokens = redeem(&rp, request, &page).await.expect("tokens");
    assert_eq!(tokens.id_claims["acr"], "eidas2");
    assert_eq!(tokens.id_claims["amr"], serde_json::json!(["pop", "mfa"]));
    let succeeded = events(&idp, "login.succeeded").await;
    assert_eq!(succeeded[0].detail["amr"], serde_json::json!(["pop", "mfa"]));
    // Again, with a counter that went on.
    assert_eq!(log_in_alone(&idp, &Browser::new(), &mut key).await.status, 303);
}

async fn a_synchronised_key_says_so_in_its_methods(database: Database) {
    let idp = TestIdp::start(&database).await;
    idp.hire(AGENT).await;
    let browser = signed_in_with_permit(&idp, AGENT).await;
    let mut key = SoftKey::synchronised(&idp.issuer);
    enrol(&idp, &browser, &mut key).await;
    for _ in 0..2 {
        assert_eq!(log_in_alone(&idp, &Browser::new(), &mut key).await.status, 303, "a key may not count at all");
    }
    assert_eq!(events(&idp, "login.succeeded").await[0].detail["amr"], serde_json::json!(["pop", "swk", "mfa"]));
}

async fn a_key_stands_beside_the_password(database: Database) {
    let Scene { idp, mut key, .. } = scene(&database).await;
    let browser = Browser::new();
    sign_in(&idp.issuer, &browser, AGENT).await;
    let (form, options) = asked_beside(&idp, &browser).await;
    assert_eq!(options["publicKey"]["allowCredentials"].as_array().map(Vec::len), Some(1));
    let before = browser.get(format!("{}/account", idp.issuer)).await;
    assert_eq!(before.status, 200);
    let given = browser.submit(&form.fill("credential", &key.answer(&options))).await;
    assert_eq!((given.status, given.location().map(|to| to.path().to_owned())), (303, Some("/account".into())));
    assert!(given.set_cookie("octroi-session").is_some(), "a raised session has another cookie");
    let verified = events(&idp, "factor.verified").await;
    assert_eq!(verified[0].detail["acr"], "eidas2");
    assert_eq!(verified[0].detail["amr"], serde_json::json!(["pwd", "pop", "mfa"]));
    // A key need not say whom it means.
    let (form, options) = asked_beside(&idp, &browser).await;
    key.user = None;
    assert_eq!(browser.submit(&form.fill("credential", &key.answer(&options))).await.status, 303);
}

async fn whatever_is_wrong_with_an_answer_reads_the_same_and_opens_nothing(database: Database) {
    let Scene { idp, mut key, .. } = scene(&database).await;
    let good = key.origin.clone();
    let mut answers: Vec<(&str, String, Page)> = Vec::new();
    for wrong in [
        "another origin",
        "another challenge",
        "no verification",
        "backup eligibility",
        "unknown key",
        "unknown owner",
        "no owner",
        "signature",
        "another ceremony",
        "no JSON",
        "nothing",
        "removed",
    ] {
        // Each from a browser of its own; delays are not what is looked at here.
        idp.advance(Duration::from_hours(25));
        let visitor = Browser::new();
        let (form, options) = asked(&idp, &visitor).await;
        let (id, user) = (key.id.clone(), key.user.clone());
        match wrong {
            "another origin" => key.origin = "https://octroi.evil.example".into(),
            "no verification" => key.verifies = false,
            "backup eligibility" => key.synchronises = true,
            "unknown key" => key.id[0] ^= 1,
            "unknown owner" => key.user = Some(vec![7; 16]),
            "no owner" => key.user = None,
            "another ceremony" => key.ceremony = Some("webauthn.create"),
            "removed" => database.execute("DELETE FROM passkey").await,
            _ => {}
        }
        let mut answer = match wrong {
            "another challenge" => key.answer_to(&options, &"A".repeat(43)),
            _ => key.answer(&options),
        };
        match wrong {
            "signature" => {
                let mut json: Value = serde_json::from_str(&answer).unwrap();
                let mut other = SoftKey::new(&good);
                other.user.clone_from(&key.user);
                let other: Value = serde_json::from_str(&other.answer(&options)).unwrap();
                json["response"]["signature"] = other["response"]["signature"].clone();
                answer = json.to_string();
            }
            "no JSON" => answer.truncate(40),
            "nothing" => answer.clear(),
            _ => {}
        }
        (key.origin, key.verifies, key.synchronises) = (good.clone(), true, false);
        (key.id, key.user, key.ceremony) = (id, user, None);
        let page = visitor.submit(&form.clone().fill("credential", &answer)).await;
        assert!(!is_signed_in(&idp.issuer, &visitor).await, "{wrong}");
        answers.push((wrong, form.fields["csrf"].clone(), page));
    }
    let comparable: Vec<_> =
        answers.iter().map(|(wrong, csrf, page)| (wrong, page.status, page.body.replace(csrf, "CSRF"))).collect();
    for (wrong, status, body) in &comparable {
        assert_eq!(*status, 401, "{wrong}: {body}");
        assert_eq!(*body, comparable[0].2, "{wrong} can be told from {}", comparable[0].0);
    }
    assert!(answers[0].2.says("La clé d’accès n’a pas été acceptée"));
    assert_eq!(answers[0].2.reason().as_deref(), Some("factor.invalid"));
    let refused = events(&idp, "login.refused").await;
    assert_eq!(refused.len(), answers.len());
    assert!(refused.iter().all(|event| event.reason.as_deref() == Some("factor.invalid")));
    assert!(refused.iter().any(|event| event.subject.is_some()) && refused.iter().any(|event| event.subject.is_none()));
}

async fn an_answer_opens_once_and_in_its_own_browser_only(database: Database) {
    let Scene { idp, browser, mut key } = scene(&database).await;
    let mine = Browser::new();
    let (form, challenge) = asked(&idp, &mine).await;
    let answer = key.answer(&challenge);

    let thief = Browser::new();
    let theirs = thief.get(format!("{}/login", idp.issuer)).await.form("/login/passkey");
    assert_eq!(thief.submit(&theirs.fill("credential", &answer)).await.status, 401, "another browser");

    let form = form.fill("credential", &answer);
    let tries = (0..20).map(|_| {
        let (mine, form) = (mine.clone(), form.clone());
        tokio::spawn(async move { mine.submit(&form).await.status })
    });
    let mut statuses = Vec::new();
    for attempt in tries.collect::<Vec<_>>() {
        statuses.push(attempt.await.expect("an answer"));
    }
    assert_eq!(statuses.iter().filter(|status| **status == 303).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| [303, 401].contains(status)), "{statuses:?}");

    let late = Browser::new();
    let (form, challenge) = asked(&idp, &late).await;
    let answer = key.answer(&challenge);
    idp.advance(Duration::from_mins(11));
    assert_eq!(late.submit(&form.fill("credential", &answer)).await.status, 401, "too late");

    // A challenge of the login page is none of the page that asks for a factor, and the other way round.
    let (_, alone) = asked(&idp, &late).await;
    let (beside, for_factor) = asked_beside(&idp, &browser).await;
    let wrong = browser.submit(&beside.fill("credential", &key.answer(&alone))).await;
    assert_eq!((wrong.status, wrong.says("La clé d’accès n’a pas été acceptée")), (401, true));
    let (form, _) = asked(&idp, &late).await;
    assert_eq!(late.submit(&form.fill("credential", &key.answer(&for_factor))).await.status, 401);
}

async fn a_key_that_counts_backwards_is_refused_and_told_and_locks_nobody(database: Database) {
    let Scene { idp, mut key, .. } = scene(&database).await;
    key.counter = 100;
    assert_eq!(log_in_alone(&idp, &Browser::new(), &mut key).await.status, 303);
    for _ in 0..8 {
        key.counter = 100;
        let refused = log_in_alone(&idp, &Browser::new(), &mut key).await;
        assert_eq!(refused.status, 401, "the same count again, and no delay: {}", refused.body);
    }
    key.counter = 50;
    let browser = Browser::new();
    sign_in(&idp.issuer, &browser, AGENT).await;
    let (form, options) = asked_beside(&idp, &browser).await;
    let refused = browser.submit(&form.fill("credential", &key.answer(&options))).await;
    assert_eq!(refused.status, 401);
    assert!(refused.says("La clé d’accès n’a pas été acceptée"));

    let copied = events(&idp, "factor.key_copied").await;
    assert_eq!((copied.len(), copied[0].outcome.as_str()), (9, "refused"));
    assert_eq!(copied[0].detail["name"], "Clé du bureau");
    let told = idp.letters_to(&database, "agent100001@ville.example").await;
    let is_told = |notice: &Notice| matches!(notice, Notice::Factors { event: FactorEvent::CounterWentBack { name }, .. } if name == "Clé du bureau");
    assert!(told.iter().any(is_told), "{told:?}");

    key.counter = 101;
    assert_eq!(log_in_alone(&idp, &Browser::new(), &mut key).await.status, 303, "the real one still opens");
}

async fn a_wrong_answer_beside_the_password_is_refused_and_counted(database: Database) {
    let Scene { idp, mut key, .. } = scene(&database).await;
    let browser = Browser::new();
    sign_in(&idp.issuer, &browser, AGENT).await;
    key.verifies = false;
    let mut statuses = Vec::new();
    for _ in 0..12 {
        let (form, options) = asked_beside(&idp, &browser).await;
        statuses.push(browser.submit(&form.fill("credential", &key.answer(&options))).await.status);
    }
    assert_eq!(statuses[0], 401);
    assert_eq!(statuses.last(), Some(&429), "{statuses:?}");
    assert_eq!(events(&idp, "factor.refused").await.len(), 12);
}

async fn somebody_elses_key_is_no_second_factor(database: Database) {
    let Scene { idp, mut key, .. } = scene(&database).await;
    idp.hire("100004").await;
    let browser = signed_in_with_permit(&idp, "100004").await;
    let mut own = SoftKey::new(&idp.issuer);
    enrol(&idp, &browser, &mut own).await;

    let other = Browser::new();
    sign_in(&idp.issuer, &other, "100004").await;
    for user in [key.user.clone(), own.user.clone(), None] {
        let (form, options) = asked_beside(&idp, &other).await;
        key.user = user;
        assert_eq!(other.submit(&form.fill("credential", &key.answer(&options))).await.status, 401);
    }
    // Their own key, in the name of somebody else.
    let (form, options) = asked_beside(&idp, &other).await;
    own.user = Some(vec![9; 16]);
    assert_eq!(other.submit(&form.fill("credential", &own.answer(&options))).await.status, 401);

    // A key that is somebody's cannot be enrolled by a second agent.
    let mut copy = SoftKey::new(&idp.issuer);
    copy.id.clone_from(&key.id);
    let page = enrol(&idp, &browser, &mut copy).await;
    assert_eq!((page.status, page.says("n’a pas été enregistrée")), (422, true), "{}", page.body);
}

async fn a_key_opens_nothing_to_who_may_not_work(database: Database) {
    let Scene { idp, mut key, .. } = scene(&database).await;
    database.execute("UPDATE password SET suspended_at = 1").await;
    let page = log_in_alone(&idp, &Browser::new(), &mut key).await;
    assert_eq!((page.status, page.reason().as_deref()), (403, Some("password.suspended")), "{}", page.body);
    assert!(page.reference().is_some() && !page.says("Votre mot de passe est bon"));
    database.execute("UPDATE password SET suspended_at = NULL").await;
    idp.directory.suspend_agent(&TestIdp::mandate(), AGENT).await.expect("suspended");
    let page = log_in_alone(&idp, &Browser::new(), &mut key).await;
    assert_eq!((page.status, page.reason().as_deref()), (403, Some("account.suspended")));
    // What is wrong is not told the truth.
    key.verifies = false;
    assert_eq!(log_in_alone(&idp, &Browser::new(), &mut key).await.status, 401);
    let refused = events(&idp, "login.refused").await;
    assert_eq!(refused[1].detail["key_was_right"], true);
}

async fn options_name_keys_only_in_their_owners_session(database: Database) {
    let Scene { idp, browser, .. } = scene(&database).await;
    let stranger = Browser::new();
    let csrf = stranger.get(format!("{}/login", idp.issuer)).await.form("/login").fields["csrf"].clone();
    assert_eq!(options(&idp, &stranger, "", "").await.status, 400, "no CSRF value");
    assert_eq!(options(&idp, &Browser::new(), &csrf, "").await.status, 400, "another browser");
    assert_eq!(options(&idp, &stranger, &csrf, "factor").await.status, 400, "no session");
    assert_eq!(options(&idp, &stranger, &csrf, "agent").await.status, 400);
    let evil = stranger.clone().with_header("origin", "https://octroi.evil.example");
    assert_eq!(options(&idp, &evil, &csrf, "").await.status, 400, "another origin");
    assert_eq!(options(&idp, &stranger, &csrf, "").await.status, 200);
    assert_eq!(stranger.get(format!("{}/login/passkey", idp.issuer)).await.header("location"), Some("/login"));
    assert_eq!(stranger.get(format!("{}/login/passkey/options", idp.issuer)).await.status, 405);

    // Who has no key is told so.
    idp.hire("100004").await;
    let other = Browser::new();
    let csrf = other.get(format!("{}/login", idp.issuer)).await.form("/login").fields["csrf"].clone();
    sign_in(&idp.issuer, &other, "100004").await;
    assert_eq!(options(&idp, &other, &csrf, "factor").await.status, 404);
    drop(browser);
}

async fn who_comes_with_a_key_is_told_that_the_password_has_expired(database: Database) {
    let Scene { idp, mut key, .. } = scene(&database).await;
    let app = idp.register("webmail", |_| {}).await;
    let plan = idp.directory.plan_expiry(&ExpiryScope::Agent(AGENT.to_owned()), None).await.expect("a plan");
    idp.directory.expire_passwords(&TestIdp::mandate(), &plan, &|_| ()).await.expect("expired");
    idp.advance(Duration::from_hours(24));
    let rp = rp(&idp, &app).await;
    let browser = Browser::new();
    let page = browser.follow(browser.get(&rp.request().url).await).await;
    let form = page.form("/login/passkey");
    let options = options(&idp, &browser, &form.fields["csrf"], "").await.json();
    let page = browser.follow(browser.submit(&form.fill("credential", &key.answer(&options))).await).await;
    assert_eq!((page.status, page.reason().as_deref()), (403, Some("password.expired")), "{}", page.body);
    assert_eq!(page.link("change-password").as_deref(), Some("/account/password"));
    assert!(!page.says("Votre mot de passe est bon"));
    // The account page is open, and there the way on.
    let form = browser.get(format!("{}/account/password", idp.issuer)).await.form("/account/password");
    let new = "Platane-Passerelle-1742";
    let form = form.fill("current_password", PASSWORD).fill("new_password", new).fill("new_password_again", new);
    assert!(browser.follow(browser.submit(&form).await).await.status < 400);
    let page = browser.follow(browser.get(&rp.request().url).await).await;
    assert!(page.location().is_some_and(|to| to.as_str().contains("code=")), "{} {}", page.status, page.body);
}
