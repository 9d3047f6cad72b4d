//! Authenticator applications and recovery codes: given, enrolled, removed, and everything that must not pass for one.

use std::time::Duration;

use harness::browser::{Browser, Page};
use harness::engine::Database;
use harness::factors::{Authenticator, typed_key};
use harness::for_each_engine;
use harness::idp::{PASSWORD, TestIdp};
use harness::letters::reset_code;
use octroi_idp::domain::acr::Acr;
use octroi_idp::domain::audit::EventFilter;
use octroi_idp::domain::enrolment::Basis;
use octroi_idp::domain::notice::{FactorEvent, Notice};
use octroi_idp::domain::secret::PlainToken;
use octroi_idp::domain::soi::Soi;
use octroi_idp::domain::time::Timestamp;
use octroi_idp::login::totp::TotpKey;
use octroi_idp::storage::{StoreError, Tx, enrolment_permits, totp_devices};

use crate::{is_signed_in, reset, rp, sign_in};

for_each_engine!(
    at_home_the_account_opens_after_the_code_and_not_before,
    a_code_is_used_once_and_the_page_says_so,
    of_fifty_browsers_with_one_code_one_is_let_in,
    a_code_of_the_step_before_is_good_and_none_ahead_of_time,
    a_code_of_another_agent_or_of_a_removed_device_is_wrong,
    wrong_codes_are_slowed_down_whatever_session_they_come_from_and_told_to_the_agent,
    the_session_gets_another_cookie_and_keeps_its_end,
    a_first_factor_is_enrolled_at_the_office_with_a_permit_and_brings_recovery_codes,
    nothing_is_enrolled_from_home_with_a_password_alone,
    two_tabs_enrol_two_keys_and_a_key_of_another_session_is_none,
    an_enrolment_asks_for_the_password_of_the_last_minutes_also_in_a_login,
    a_recovery_code_opens_once_and_a_machine_finds_none,
    a_removed_factor_opens_nothing_and_everybody_is_told,
    a_session_of_a_password_alone_removes_nothing,
    an_expired_password_is_renewed_at_home_with_the_code_beside_it,
    a_reset_asks_for_the_code_beside_the_new_password,
);

const HOME: &str = "/login/factor";

/// An agent with an authenticator application, signed in from home with the password alone.
struct Scene<'a> {
    idp: TestIdp,
    phone: Authenticator,
    browser: Browser,
    database: &'a Database,
}

async fn scene(database: &Database) -> Scene<'_> {
    let idp = TestIdp::start(database).await;
    idp.hire("100001").await;
    let phone = idp.enrol_totp("100001").await;
    let browser = Browser::new();
    sign_in(&idp.gateway, &browser, "100001").await;
    Scene { idp, phone, browser, database }
}

impl Scene<'_> {
    async fn get(&self, browser: &Browser, path: &str) -> Page {
        browser.get(format!("{}{path}", self.idp.gateway)).await
    }

    /// Types a code on the page that asks for it.
    async fn give(&self, browser: &Browser, way: &str, code: &str) -> Page {
        let page = self.get(browser, &format!("{HOME}?to=/account&way={way}")).await;
        assert_eq!(page.status, 200, "{}", page.body);
        browser.submit(&page.form(HOME).forge("act", "code").forge("way", way).forge("code", code)).await
    }

    /// Whether the account opens to this browser at home.
    async fn opens(&self, browser: &Browser) -> bool {
        let page = self.get(browser, "/account").await;
        match page.status {
            200 => true,
            303 => false,
            other => panic!("/account answers {other}"),
        }
    }

    async fn told(&self) -> Vec<FactorEvent> {
        let letters = self.idp.letters_to(self.database, "agent100001@ville.example").await;
        let events = letters.into_iter().filter_map(|notice| match notice {
            Notice::Factors { event, .. } => Some(event),
            _ => None,
        });
        events.collect()
    }

    async fn acts(&self, act: &str) -> Vec<String> {
        let filter = EventFilter { act: Some(act.to_owned()), ..EventFilter::default() };
        self.idp.events(filter).await.into_iter().map(|event| event.reason.unwrap_or_default()).collect()
    }
}

/// Six digits that are surely not this code.
fn other(code: &str) -> String {
    let first = if code.starts_with('0') { '1' } else { '0' };
    format!("{first}{}", &code[1..])
}

async fn permit(idp: &TestIdp, database: &Database, browser: &Browser, basis: Basis) {
    let cookie = browser.cookie_value("octroi-browser").expect("a pre-session cookie");
    let hash = octroi_idp::crypto::hash::hash_token(&PlainToken::new(cookie));
    let (soi, until) = (Soi::from_stored("100001".to_owned()), idp.clock.now().plus(Duration::from_secs(900)));
    let grant =
        async |tx: &mut Tx| -> Result<(), StoreError> { enrolment_permits::grant(tx, &soi, basis, &hash, until).await };
    database.store.write(grant).await.expect("a permit");
}

async fn at_home_the_account_opens_after_the_code_and_not_before(database: Database) {
    let scene = scene(&database).await;
    let page = scene.get(&scene.browser, "/account").await;
    assert_eq!(page.location().expect("a redirect").path(), HOME);
    let page = scene.give(&scene.browser, "totp", &scene.phone.next_code(&scene.idp.clock)).await;
    assert_eq!(page.location().expect("a redirect").path(), "/account");
    assert!(scene.opens(&scene.browser).await);
    assert_eq!(scene.acts("factor.verified").await, [""]);
    scene.idp.stop().await;
}

async fn a_code_is_used_once_and_the_page_says_so(database: Database) {
    let scene = scene(&database).await;
    let code = scene.phone.next_code(&scene.idp.clock);
    assert_eq!(scene.give(&scene.browser, "totp", &code).await.status, 303);
    let second = Browser::new();
    sign_in(&scene.idp.gateway, &second, "100001").await;
    let page = scene.give(&second, "totp", &code).await;
    assert_eq!((page.status, page.reason().as_deref()), (401, Some("factor.invalid")));
    assert!(page.says("Ce code a déjà servi"), "{}", page.body);
    assert!(!scene.opens(&second).await);
    scene.idp.stop().await;
}

async fn of_fifty_browsers_with_one_code_one_is_let_in(database: Database) {
    let scene = scene(&database).await;
    let code = scene.phone.next_code(&scene.idp.clock);
    let page = scene.get(&scene.browser, &format!("{HOME}?to=/account")).await;
    let form = page.form(HOME).fill("code", &code);
    // The same browser fifty times: what is raced is the step, whoever presents it.
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let (browser, form) = (scene.browser.clone(), form.clone());
        tasks.spawn(async move { browser.submit(&form).await.status });
    }
    let mut let_in = 0;
    while let Some(status) = tasks.join_next().await {
        if status.expect("an answer") == 303 {
            let_in += 1;
        }
    }
    let verified = scene.acts("factor.verified").await.len();
    assert_eq!(verified, 1, "{let_in} answers led on");
    scene.idp.stop().await;
}

async fn a_code_of_the_step_before_is_good_and_none_ahead_of_time(database: Database) {
    let scene = scene(&database).await;
    let at = |seconds: i64| scene.phone.key.code_at(Timestamp::from_seconds(seconds)).expect("a code");
    // To the beginning of a step.
    let now = scene.idp.clock.now().seconds();
    scene.idp.advance(Duration::from_secs(u64::try_from(30 - now % 30).unwrap()));
    let now = scene.idp.clock.now().seconds();
    let ahead = scene.give(&scene.browser, "totp", &at(now + 30)).await;
    assert_eq!(ahead.status, 401, "a telephone that is fast");
    let before_last = scene.give(&scene.browser, "totp", &at(now - 31)).await;
    assert_eq!(before_last.status, 401, "two steps ago");
    assert_eq!(scene.give(&scene.browser, "totp", &at(now - 29)).await.status, 303, "29 seconds slow");
    scene.idp.stop().await;
}

async fn a_code_of_another_agent_or_of_a_removed_device_is_wrong(database: Database) {
    let scene = scene(&database).await;
    scene.idp.hire("100002").await;
    let others = scene.idp.enrol_totp("100002").await;
    let page = scene.give(&scene.browser, "totp", &others.next_code(&scene.idp.clock)).await;
    assert_eq!(page.status, 401, "{}", page.body);
    scene.idp.advance(Duration::from_secs(1));
    let lost = scene.idp.enrol_totp("100001").await;
    let soi = Soi::from_stored("100001".to_owned());
    let remove = async |tx: &mut Tx| -> Result<(), StoreError> {
        let newest = totp_devices::of_agent(tx, &soi).await?;
        for device in newest.iter().skip(1) {
            totp_devices::remove(tx, &soi, &device.id).await?;
        }
        Ok(())
    };
    database.store.write(remove).await.expect("removed");
    let page = scene.give(&scene.browser, "totp", &lost.next_code(&scene.idp.clock)).await;
    assert_eq!(page.status, 401, "{}", page.body);
    let page = scene.give(&scene.browser, "totp", &scene.phone.next_code(&scene.idp.clock)).await;
    assert_eq!(page.status, 303, "the device that is left");
    scene.idp.stop().await;
}

async fn wrong_codes_are_slowed_down_whatever_session_they_come_from_and_told_to_the_agent(database: Database) {
    let scene = scene(&database).await;
    for _ in 0..4 {
        let right = scene.phone.key.code_at(scene.idp.clock.now()).expect("a code");
        let browser = Browser::new();
        sign_in(&scene.idp.gateway, &browser, "100001").await;
        assert_eq!(scene.give(&browser, "totp", &other(&right)).await.status, 401);
    }
    let page = scene.give(&scene.browser, "totp", &scene.phone.next_code(&scene.idp.clock)).await;
    assert_eq!((page.status, page.reason().as_deref()), (429, Some("account.throttled")), "even the right one waits");
    assert!(page.header("retry-after").is_some());
    scene.idp.advance(Duration::from_secs(20));
    let right = scene.phone.key.code_at(scene.idp.clock.now()).expect("a code");
    assert_eq!(scene.give(&scene.browser, "totp", &other(&right)).await.status, 401);
    assert_eq!(scene.told().await, [FactorEvent::Suspected], "the fifth in a row");
    let letters = scene.give(&scene.browser, "totp", "12a456").await;
    assert_eq!(letters.status, 422, "letters are no code, and are not counted: {}", letters.body);
    scene.idp.stop().await;
}

async fn the_session_gets_another_cookie_and_keeps_its_end(database: Database) {
    let scene = scene(&database).await;
    let before = scene.browser.cookie_value("octroi-session").expect("a session");
    scene.idp.advance(Duration::from_mins(30));
    let page = scene.give(&scene.browser, "totp", &scene.phone.next_code(&scene.idp.clock)).await;
    let after = page.cookie("octroi-session").expect("another cookie");
    assert_ne!(before, after);
    let sql = "SELECT acr || ' ' || second_factor FROM session WHERE ended_at IS NULL";
    assert_eq!(database.texts(sql).await, ["eidas2 totp"]);
    for _ in 0..9 {
        scene.idp.advance(Duration::from_mins(50));
        scene.opens(&scene.browser).await;
    }
    assert!(!is_signed_in(&scene.idp.gateway, &scene.browser).await, "eight hours after the login, not after the code");
    scene.idp.stop().await;
}

/// Signs in at the office and comes to the page that enrols.
async fn to_enrolment(idp: &TestIdp, browser: &Browser) -> Page {
    sign_in(&idp.issuer, browser, "100001").await;
    browser.get(format!("{}/login/enrol?to=/account/factors", idp.issuer)).await
}

/// The key that the page shows.
fn key_of(page: &Page) -> TotpKey {
    typed_key(&page.text("totp-key").expect("a key"))
}

async fn begin(browser: &Browser, page: &Page) -> Page {
    let page = browser.submit(&page.form("/login/enrol").forge("act", "totp")).await;
    assert_eq!(page.status, 200, "{}", page.body);
    page
}

async fn finish(browser: &Browser, page: &Page, code: &str) -> Page {
    browser.submit(&page.form("/login/enrol").fill("name", "Téléphone").fill("code", code)).await
}

async fn a_first_factor_is_enrolled_at_the_office_with_a_permit_and_brings_recovery_codes(database: Database) {
    let idp = TestIdp::start(&database).await;
    reset::hire(&idp, &database, "100001").await;
    let browser = Browser::new();
    let page = to_enrolment(&idp, &browser).await;
    assert!(page.says("Confirmez d’abord que c’est bien vous"), "{}", page.body);
    let forged = browser.submit(&page.form("/login/enrol").forge("act", "totp")).await;
    assert!(forged.text("totp-key").is_none(), "no key before the confirmation");
    permit(&idp, &database, &browser, Basis::Channel).await;
    let page = browser.get(format!("{}/login/enrol?to=/account/factors", idp.issuer)).await;
    let page = begin(&browser, &page).await;
    assert!(page.body.contains("<svg") && page.body.contains("autocomplete=\"one-time-code\""));
    let key = key_of(&page);
    let wrong = finish(&browser, &page, &other(&key.code_at(idp.clock.now()).unwrap())).await;
    assert_eq!(wrong.status, 422, "{}", wrong.body);
    assert_eq!(key_of(&wrong).reveal(), key.reveal(), "the same key is shown again");
    let code = key.code_at(idp.clock.now()).unwrap();
    let done = finish(&browser, &wrong, &code).await;
    assert_eq!(done.status, 200, "{}", done.body);
    let codes = done.body.matches("<li>").count();
    assert!(done.says("Gardez vos codes de secours") && codes >= 10, "{}", done.body);
    assert_eq!(database.texts("SELECT acr FROM session WHERE ended_at IS NULL").await, ["eidas2"], "the code was one");
    let replayed = finish(&browser, &wrong, &code).await;
    assert!(replayed.says("Cette page a trop attendu"), "the key waits no longer: {}", replayed.body);
    assert_eq!(database.number("SELECT count(*) FROM enrolment_permit").await, 0);
    let sealed = database.texts("SELECT name FROM totp_device").await;
    assert_eq!(sealed, ["Téléphone"]);
    // The code of the enrolment is spent for logins too.
    let home = Browser::new();
    sign_in(&idp.gateway, &home, "100001").await;
    let page = home.get(format!("{}{HOME}?to=/account", idp.gateway)).await;
    assert_eq!(home.submit(&page.form(HOME).fill("code", &code)).await.status, 401);
    idp.stop().await;
}

async fn nothing_is_enrolled_from_home_with_a_password_alone(database: Database) {
    let idp = TestIdp::start(&database).await;
    idp.hire("100001").await;
    let browser = Browser::new();
    sign_in(&idp.gateway, &browser, "100001").await;
    let page = browser.get(format!("{}/account", idp.gateway)).await;
    let page = browser.follow(page).await;
    assert_eq!((page.status, page.reason().as_deref()), (403, Some("factor.enrolment_unsafe")), "{}", page.body);
    for basis in [Basis::Channel, Basis::Manager] {
        permit(&idp, &database, &browser, basis).await;
        let page = browser.get(format!("{}/login/enrol", idp.gateway)).await;
        assert_eq!(page.reason().as_deref(), Some("factor.enrolment_unsafe"), "{basis:?} counts inside only");
    }
    permit(&idp, &database, &browser, Basis::Code).await;
    let page = browser.get(format!("{}/login/enrol", idp.gateway)).await;
    let page = begin(&browser, &page).await;
    let code = key_of(&page).code_at(idp.clock.now()).unwrap();
    let done = finish(&browser, &page, &code).await;
    assert!(done.says("Gardez vos codes de secours"), "with a code that was handed over: {}", done.body);
    idp.stop().await;
}

async fn two_tabs_enrol_two_keys_and_a_key_of_another_session_is_none(database: Database) {
    let scene = scene(&database).await;
    let code = scene.phone.next_code(&scene.idp.clock);
    assert_eq!(scene.give(&scene.browser, "totp", &code).await.status, 303);
    let page = scene.get(&scene.browser, "/login/enrol").await;
    let (left, right) = (begin(&scene.browser, &page).await, begin(&scene.browser, &page).await);
    assert_ne!(key_of(&left).reveal(), key_of(&right).reveal());
    for tab in [&left, &right] {
        let code = key_of(tab).code_at(scene.idp.clock.now()).unwrap();
        let page = finish(&scene.browser, tab, &code).await;
        assert!([200, 303].contains(&page.status), "each tab by itself: {}", page.body);
    }
    assert_eq!(database.number("SELECT count(*) FROM totp_device").await, 3);
    let third = begin(&scene.browser, &scene.get(&scene.browser, "/login/enrol").await).await;
    let stranger = Browser::new();
    scene.idp.hire("100002").await;
    let phone = scene.idp.enrol_totp("100002").await;
    sign_in(&scene.idp.gateway, &stranger, "100002").await;
    let code = phone.next_code(&scene.idp.clock);
    assert_eq!(scene.give(&stranger, "totp", &code).await.status, 303);
    let page = begin(&stranger, &scene.get(&stranger, "/login/enrol").await).await;
    let code = key_of(&third).code_at(scene.idp.clock.now()).unwrap();
    let token = third.form("/login/enrol").fields["token"].clone();
    let form = page.form("/login/enrol").forge("token", &token).fill("name", "x").fill("code", &code);
    assert!(stranger.submit(&form).await.says("Cette page a trop attendu"), "a token of another session");
    scene.idp.stop().await;
}

async fn an_enrolment_asks_for_the_password_of_the_last_minutes_also_in_a_login(database: Database) {
    let scene = scene(&database).await;
    let code = scene.phone.next_code(&scene.idp.clock);
    assert_eq!(scene.give(&scene.browser, "totp", &code).await.status, 303);
    scene.idp.advance(Duration::from_mins(6));
    for path in ["/login/enrol?to=/account/factors", "/login/enrol"] {
        let page = scene.get(&scene.browser, path).await;
        assert_eq!(page.location().expect("a redirect").path(), "/account/confirm", "{path}");
    }
    let page = scene.get(&scene.browser, "/account/factors").await;
    let forged = page.form("/account/factors").forge("act", "totp");
    let forged = harness::browser::Form { action: page.url.join("/login/enrol").unwrap(), ..forged };
    let page = scene.browser.submit(&forged).await;
    assert_eq!(page.location().expect("a redirect").path(), "/account/confirm", "nor by a forged step");
    let app = scene.idp.register("portal", |draft| draft.min_acr = Some(Some(Acr::Eidas3))).await;
    let request = rp(&scene.idp, &app).await.request();
    let page = scene.browser.get(&request.url).await;
    let location = page.location().expect("a redirect");
    let interaction = location.query_pairs().find(|(name, _)| name == "interaction");
    let id = interaction.expect("an interaction").1.into_owned();
    let page = scene.browser.get(format!("{}/login/enrol?interaction={id}", scene.idp.issuer)).await;
    assert_eq!(page.location().expect("a redirect").path(), "/login", "an old session logs in anew");
    scene.idp.stop().await;
}

async fn a_recovery_code_opens_once_and_a_machine_finds_none(database: Database) {
    let scene = scene(&database).await;
    let code = scene.phone.next_code(&scene.idp.clock);
    assert_eq!(scene.give(&scene.browser, "totp", &code).await.status, 303);
    let page = scene.get(&scene.browser, "/account/factors").await;
    let form = page.form("/account/factors").forge("act", "recovery_codes");
    let page = scene.browser.submit(&form).await;
    let code = page.body.split("<ul class=\"codes\" id=\"recovery-codes\">").nth(1).expect("codes");
    let code = code.split("<li>").nth(1).and_then(|rest| rest.split('<').next()).expect("a code").to_owned();
    assert_eq!(scene.told().await, [FactorEvent::RecoveryCodes]);

    let lost = Browser::new();
    sign_in(&scene.idp.gateway, &lost, "100001").await;
    let typed = code.to_lowercase().replace('-', " ");
    assert_eq!(scene.give(&lost, "recovery_code", &typed).await.status, 303, "spaces, small letters: {typed}");
    assert!(scene.opens(&lost).await);
    let acr = "SELECT acr FROM session WHERE second_factor = 'recovery_code'";
    assert_eq!(database.texts(acr).await, ["eidas1-mfa"]);
    assert!(scene.told().await.contains(&FactorEvent::RecoveryCodeUsed { left: 9 }));

    let again = Browser::new();
    sign_in(&scene.idp.gateway, &again, "100001").await;
    assert_eq!(scene.give(&again, "recovery_code", &code).await.status, 401, "each works once");
    let mut tried = 0;
    for nth in 0..20 {
        let guess = format!("2222-3333-4444-{:04}", 2222 + nth);
        match scene.give(&again, "recovery_code", &guess).await.status {
            401 => tried += 1,
            429 => break,
            other => panic!("{other}"),
        }
    }
    assert!(tried <= 3, "a machine is slowed down after {tried}");
    scene.idp.stop().await;
}

async fn a_removed_factor_opens_nothing_and_everybody_is_told(database: Database) {
    let scene = scene(&database).await;
    let code = scene.phone.next_code(&scene.idp.clock);
    assert_eq!(scene.give(&scene.browser, "totp", &code).await.status, 303);
    let office = Browser::new();
    sign_in(&scene.idp.issuer, &office, "100001").await;
    let page = scene.get(&scene.browser, "/account/factors").await;
    let removed = scene.browser.submit(&page.form("/account/factors")).await;
    assert_eq!(removed.status, 303, "{}", removed.body);
    let page = scene.browser.follow(removed).await;
    assert!(page.says("Le second facteur est retiré"), "{}", page.body);
    assert!(!is_signed_in(&scene.idp.issuer, &office).await, "the other sessions ended");
    assert!(matches!(&scene.told().await[..], [FactorEvent::Removed { .. }]));
    let later = Browser::new();
    sign_in(&scene.idp.gateway, &later, "100001").await;
    let page = scene.get(&later, HOME).await;
    assert_eq!(page.reason().as_deref(), Some("factor.enrolment_unsafe"));
    scene.idp.stop().await;
}

async fn a_session_of_a_password_alone_removes_nothing(database: Database) {
    let scene = scene(&database).await;
    let office = Browser::new();
    sign_in(&scene.idp.issuer, &office, "100001").await;
    let page = office.get(format!("{}/account/factors", scene.idp.issuer)).await;
    let refused = office.submit(&page.form("/account/factors")).await;
    assert_eq!(refused.status, 422);
    assert!(refused.says("Donnez d’abord votre second facteur"), "{}", refused.body);
    let codes = office.submit(&page.form("/account/factors").forge("act", "recovery_codes")).await;
    assert!(codes.says("Donnez d’abord votre second facteur") && codes.text("recovery-codes").is_none());
    assert_eq!(database.number("SELECT count(*) FROM totp_device").await, 1);
    scene.idp.stop().await;
}

async fn an_expired_password_is_renewed_at_home_with_the_code_beside_it(database: Database) {
    let idp = TestIdp::start_with(
        &database,
        "[password]\npepper = { file = \"pepper.key\" }\nmax_age = \"180d\"\n[access]\npreview_nomades = true\n",
    )
    .await;
    idp.hire("100001").await;
    let phone = idp.enrol_totp("100001").await;
    let app = idp.register("portal", |_| {}).await;
    idp.advance(Duration::from_hours(24 * 200));
    let rp = rp(&idp, &app).await;
    let request = rp.request();
    let browser = Browser::new();
    let page = idp.log_in(&browser, idp.from_home(request.url.as_str()), "100001", PASSWORD).await;
    assert_eq!(page.reason().as_deref(), Some("password.expired"), "{}", page.body);
    let fill = |page: &Page, code: &str| {
        let form = page.form("/login/password").fill("new_password", reset::NEW);
        form.fill("new_password_again", reset::NEW).fill("code", code)
    };
    let none = browser.submit(&fill(&page, "")).await;
    assert_eq!(none.status, 422, "{}", none.body);
    let right = phone.key.code_at(idp.clock.now()).unwrap();
    let wrong = browser.submit(&fill(&none, &other(&right))).await;
    assert!(wrong.says("Ce code ne correspond pas"), "{}", wrong.body);
    let done = browser.submit(&fill(&wrong, &right)).await;
    assert_eq!(done.status, 303, "{}", done.body);
    let session = "SELECT acr || ' ' || second_factor FROM session WHERE ended_at IS NULL";
    assert_eq!(database.texts(session).await, ["eidas2 totp"], "the code counts for the session that begins");
    idp.stop().await;
}

async fn a_reset_asks_for_the_code_beside_the_new_password(database: Database) {
    let idp = TestIdp::start(&database).await;
    reset::hire(&idp, &database, "100001").await;
    let phone = idp.enrol_totp("100001").await;
    let browser = Browser::new();
    let page = reset::ask(&idp, &browser, "100001").await;
    let (code, _) = reset_code(&database).await.expect("a code");
    let page = reset::type_code(&browser, &page, &code).await;
    let choose = |page: &Page, code: &str| {
        let form = page.form("/forgot-password/new").fill("new_password", reset::NEW);
        form.fill("new_password_again", reset::NEW).fill("code", code)
    };
    let right = phone.key.code_at(idp.clock.now()).unwrap();
    let wrong = browser.submit(&choose(&page, &other(&right))).await;
    assert_eq!(wrong.status, 422, "{}", wrong.body);
    assert_eq!(reset::log_in(&idp, "100001", reset::NEW).await.status, 401, "nothing was changed");
    let done = browser.submit(&choose(&wrong, &right)).await;
    assert_eq!(done.status, 303, "{}", done.body);
    assert_eq!(reset::log_in(&idp, "100001", reset::NEW).await.status, 303);
    idp.stop().await;
}
