//! Login: uniform words before the right password, the plain truth after it, and delays that no burst outruns.

use std::sync::Mutex;
use std::time::Duration;

use harness::browser::{Browser, Page};
use harness::engine::{Database, Engine};
use harness::for_each_engine;
use harness::idp::{PASSWORD, TestIdp};
use octroi_idp::directory::{AgentDraft, ExpiryScope};
use octroi_idp::domain::agent::{Agent, AgentRecord, Employment};
use octroi_idp::domain::audit::{Contact, EventFilter};
use octroi_idp::domain::reason::Reason;
use octroi_idp::domain::secret::{PlainPassword, PlainToken};
use octroi_idp::domain::zone::NetworkZone;
use octroi_idp::login::Visit;
use octroi_idp::login::password::Step;
use octroi_idp::storage::{StoreError, Tx, agents, passwords, sessions};

use crate::{redeem, rp};

for_each_engine!(
    known_and_unknown_agents_read_the_same_until_the_password_is_right,
    after_the_right_password_the_truth_is_told_with_a_reference,
    a_burst_of_guesses_cannot_outrun_the_delay,
    while_a_delay_runs_even_the_right_password_is_not_verified,
    a_storm_from_outside_does_not_lock_the_office,
    who_is_unlocked_needs_not_wait,
    an_expired_password_is_changed_in_the_flow_and_the_application_opens,
    none_of_the_last_passwords_is_chosen_again,
    a_password_that_the_dsin_expires_is_changed_from_that_day_on,
    a_renewal_ticket_works_only_in_its_own_browser_and_once,
    a_login_form_of_another_site_is_refused,
    pages_speak_french_and_english_on_request,
    pages_have_the_strict_headers,
    a_password_over_the_limit_is_refused_like_any_wrong_one,
    no_page_links_to_another_host_whatever_the_path,
    an_application_does_not_choose_the_language_for_good,
    the_login_page_tells_no_stranger_that_a_password_was_set,
    a_full_queue_answers_503_at_once_and_counts_no_attempt,
    a_login_in_flight_does_not_outlive_an_activation,
    a_login_in_flight_does_not_outlive_a_suspension,
);

async fn attempt(idp: &TestIdp, browser: &Browser, origin: &str, soi: &str, password: &str) -> Page {
    let _ = idp;
    let page = browser.get(format!("{origin}/login")).await;
    browser.submit(&page.form("/login").fill("soi", soi).fill("password", password)).await
}

/// What a stranger could compare: status, and the page without what differs by nature.
fn comparable(page: &Page, soi: &str) -> (u16, String) {
    let csrf = page.find_form("/login").and_then(|f| f.fields.get("csrf").cloned()).unwrap_or_default();
    (page.status, page.body.replace(soi, "SOI").replace(&csrf, "CSRF"))
}

async fn known_and_unknown_agents_read_the_same_until_the_password_is_right(database: Database) {
    let idp = TestIdp::start(&database).await;
    idp.hire("100001").await;
    idp.hire_as("100007", AgentDraft::default()).await;
    idp.hire("100006").await;
    idp.directory.leave_agent(&TestIdp::mandate(), "100006").await.expect("left");

    let mut answers = Vec::new();
    for soi in ["100001", "999999", "100007", "100006"] {
        let page = attempt(&idp, &Browser::new(), &idp.issuer, soi, "not the password of anybody").await;
        assert_eq!(page.status, 401);
        assert!(page.says("Identifiant ou mot de passe incorrect"));
        answers.push(comparable(&page, soi));
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "a stranger can tell known from unknown");
    let refused = idp.events(EventFilter { act: Some("login.refused".into()), ..EventFilter::default() }).await;
    assert_eq!(refused.len(), 4);
    let all = serde_json::to_string(&refused).unwrap();
    assert!(!all.contains("999999"), "GDPR-02: what matches nobody is not kept");
}

async fn after_the_right_password_the_truth_is_told_with_a_reference(database: Database) {
    let idp = TestIdp::start(&database).await;
    for (soi, reason) in [("100005", "account.suspended"), ("100006", "account.left")] {
        idp.hire(soi).await;
        match reason {
            "account.left" => drop(idp.directory.leave_agent(&TestIdp::mandate(), soi).await.expect("left")),
            _ => drop(idp.directory.suspend_agent(&TestIdp::mandate(), soi).await.expect("suspended")),
        }
        let page = attempt(&idp, &Browser::new(), &idp.issuer, soi, PASSWORD).await;
        assert_eq!((page.status, page.reason().as_deref()), (403, Some(reason)));
        let reference = page.reference().expect("a reference");
        let found = idp.events(EventFilter { reference: Some(reference), ..EventFilter::default() }).await;
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].reason.as_deref(), found[0].subject.as_deref()), (Some(reason), Some(soi)));
    }
}

async fn a_burst_of_guesses_cannot_outrun_the_delay(database: Database) {
    let idp = TestIdp::start(&database).await;
    idp.hire("100001").await;
    let browser = Browser::new();
    let form = browser.get(format!("{}/login", idp.issuer)).await.form("/login").fill("soi", "100001");
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..30 {
        let (browser, form) = (browser.clone(), form.clone().fill("password", &format!("guess number {n} of many")));
        tasks.spawn(async move { browser.submit(&form).await.status });
    }
    let statuses = tasks.join_all().await;
    let verified = statuses.iter().filter(|s| **s == 401).count();
    assert_eq!(verified, 4, "three free attempts, and the one that starts the delay: {statuses:?}");
    assert_eq!(statuses.iter().filter(|s| **s == 429).count(), 26, "{statuses:?}");
}

async fn while_a_delay_runs_even_the_right_password_is_not_verified(database: Database) {
    let idp = TestIdp::start(&database).await;
    idp.hire("100001").await;
    for soi in ["100001", "999999"] {
        let browser = Browser::new();
        for _ in 0..4 {
            assert_eq!(attempt(&idp, &browser, &idp.issuer, soi, "not the password").await.status, 401);
        }
        let page = attempt(&idp, &browser, &idp.issuer, soi, PASSWORD).await;
        assert_eq!((page.status, page.reason().as_deref()), (429, Some("account.throttled")), "{soi}");
        assert_eq!(page.header("retry-after"), Some("15"));
    }
    idp.advance(Duration::from_secs(15));
    let page = attempt(&idp, &Browser::new(), &idp.issuer, "100001", PASSWORD).await;
    assert_eq!(page.status, 303, "the delay is over");
}

async fn a_storm_from_outside_does_not_lock_the_office(database: Database) {
    let idp = TestIdp::start(&database).await;
    idp.hire("100001").await;
    let outside = Browser::new().behind([203, 0, 113, 7].into());
    for _ in 0..6 {
        attempt(&idp, &outside, &idp.gateway, "100001", "not the password").await;
    }
    assert_eq!(attempt(&idp, &outside, &idp.gateway, "100001", PASSWORD).await.status, 429);
    assert_eq!(attempt(&idp, &Browser::new(), &idp.issuer, "100001", PASSWORD).await.status, 303);
}

async fn who_is_unlocked_needs_not_wait(database: Database) {
    let idp = TestIdp::start(&database).await;
    idp.hire("100001").await;
    for (origin, times) in [(&idp.issuer, 5), (&idp.gateway, 5)] {
        for _ in 0..times {
            attempt(&idp, &Browser::new(), origin, "100001", "not the password").await;
        }
        assert_eq!(attempt(&idp, &Browser::new(), origin, "100001", PASSWORD).await.status, 429);
    }
    let unlocked = idp.directory.unlock_agent(&TestIdp::mandate(), "100001").await.expect("unlocked");
    assert_eq!(unlocked.lifted.len(), 2, "from both zones");
    assert_eq!(attempt(&idp, &Browser::new(), &idp.issuer, "100001", PASSWORD).await.status, 303);
    let outside = attempt(&idp, &Browser::new(), &idp.gateway, "100001", PASSWORD).await;
    assert_ne!(outside.status, 429, "{}", outside.body);
    assert!(idp.acts().await.iter().any(|act| act == "agent.unlocked"));
}

const OLD: Duration = Duration::from_secs(181 * 24 * 3600);
const CITY: &str = "[password]\npepper = { file = \"pepper.key\" }\nthreads = 1\nmax_age = \"180d\"\n";

async fn an_expired_password_is_changed_in_the_flow_and_the_application_opens(database: Database) {
    let idp = TestIdp::start_with(&database, CITY).await;
    idp.hire("100003").await;
    let app = idp.register("webmail", |_| {}).await;
    let rp = rp(&idp, &app).await;
    idp.advance(OLD);
    let browser = Browser::new();
    let request = rp.request();

    let page = idp.log_in(&browser, &request.url, "100003", PASSWORD).await;
    assert_eq!((page.status, page.reason().as_deref()), (200, Some("password.expired")));
    let form = page.form("/login/password");
    let choose = |new: &str, again: &str| form.clone().fill("new_password", new).fill("new_password_again", again);
    for (new, again) in [
        ("court", "court"),
        ("une phrase assez longue", "une autre phrase longue"),
        (PASSWORD, PASSWORD),
        ("octroi octroi pour moi", "octroi octroi pour moi"),
        ("mon numero est 100003", "mon numero est 100003"),
    ] {
        let refused = browser.submit(&choose(new, again)).await;
        assert_eq!(refused.status, 422, "{new}");
    }
    let new = "Platane-Passerelle-1742";
    let page = browser.follow(browser.submit(&choose(new, new)).await).await;

    let tokens = redeem(&rp, request, &page).await.expect("straight on to the application");
    assert_eq!(tokens.access_claims["client_id"], "webmail");
    assert_eq!(
        attempt(&idp, &Browser::new(), &idp.issuer, "100003", PASSWORD).await.status,
        401,
        "the old one is gone"
    );
    assert_eq!(attempt(&idp, &Browser::new(), &idp.issuer, "100003", new).await.status, 303);
}

async fn a_password_that_the_dsin_expires_is_changed_from_that_day_on(database: Database) {
    let idp = TestIdp::start(&database).await;
    idp.hire("100001").await;
    idp.hire("100002").await;
    let log_in = async |soi: &str| attempt(&idp, &Browser::new(), &idp.issuer, soi, PASSWORD).await;
    let mandate = TestIdp::mandate();
    let plan = idp.directory.plan_expiry(&ExpiryScope::Everybody, Some(1)).await.expect("a plan");
    assert_eq!(idp.directory.expire_passwords(&mandate, &plan, &|_| {}).await.expect("marked"), 2);
    assert_eq!(log_in("100001").await.status, 303, "its day has not come");
    // The next working day is at most three days away.
    idp.advance(Duration::from_secs(4 * 24 * 3600));
    let page = log_in("100001").await;
    assert_eq!((page.status, page.reason().as_deref()), (200, Some("password.expired")));
    let now = ExpiryScope::Agent("100002".to_owned());
    let plan = idp.directory.plan_expiry(&now, None).await.expect("a plan");
    assert!(!page.says("jours"), "nothing is said about an age that nobody limits: {}", page.body);
    idp.directory.expire_passwords(&mandate, &plan, &|_| {}).await.expect("marked");
    let browser = Browser::new();
    let form = attempt(&idp, &browser, &idp.issuer, "100002", PASSWORD).await.form("/login/password");
    let new = "Platane-Passerelle-1742";
    assert_eq!(browser.submit(&form.fill("new_password", new).fill("new_password_again", new)).await.status, 303);
    let again = attempt(&idp, &Browser::new(), &idp.issuer, "100002", new).await;
    assert_eq!(again.status, 303, "and once is enough");
}

async fn none_of_the_last_passwords_is_chosen_again(database: Database) {
    let idp = TestIdp::start_with(&database, &format!("{CITY}history = 3\n")).await;
    idp.hire("100003").await;
    let second = "Platane-Passerelle-1742";
    let renew = async |present: &str, new: &str| {
        idp.advance(OLD);
        let browser = Browser::new();
        let form = attempt(&idp, &browser, &idp.issuer, "100003", present).await.form("/login/password");
        browser.submit(&form.fill("new_password", new).fill("new_password_again", new)).await
    };
    assert_eq!(renew(PASSWORD, second).await.status, 303);
    let refused = renew(second, PASSWORD).await;
    assert!(refused.status == 422 && refused.says("déjà utilisé"), "{}", refused.body);
    assert!(renew(second, second).await.says("mot de passe actuel"));
    assert_eq!(renew(second, "Tilleul-Passerelle-1743").await.status, 303);
    assert_eq!(renew("Tilleul-Passerelle-1743", PASSWORD).await.status, 422);
    assert_eq!(renew("Tilleul-Passerelle-1743", "Erable-Passerelle-1744").await.status, 303);
    assert_eq!(renew("Erable-Passerelle-1744", PASSWORD).await.status, 303, "three others were between");
    // A code from the help desk is no way round.
    let code = idp.reset_code("100003").await;
    let browser = Browser::new();
    let form = browser.get(format!("{}/activate", idp.issuer)).await.form("/activate");
    let form = form.fill("soi", "100003").fill("code", &code);
    let again = "Tilleul-Passerelle-1743";
    let refused = browser.submit(&form.clone().fill("new_password", again).fill("new_password_again", again)).await;
    assert!(refused.status == 422 && refused.says("déjà utilisé"), "{}", refused.body);
    assert_eq!(browser.submit(&form.fill("new_password", second).fill("new_password_again", second)).await.status, 303);
}

async fn a_renewal_ticket_works_only_in_its_own_browser_and_once(database: Database) {
    let idp = TestIdp::start_with(&database, CITY).await;
    idp.hire("100003").await;
    idp.advance(OLD);
    let own = Browser::new();
    let page = attempt(&idp, &own, &idp.issuer, "100003", PASSWORD).await;
    let new = "Platane-Passerelle-1742";
    let form = page.form("/login/password").fill("new_password", new).fill("new_password_again", new);

    let thief = Browser::new();
    let csrf = thief.get(format!("{}/login", idp.issuer)).await.form("/login").fields["csrf"].clone();
    assert_eq!(thief.submit(&form.clone().forge("csrf", &csrf)).await.status, 400);

    assert_eq!(own.submit(&form).await.status, 303);
    assert_eq!(own.submit(&form).await.status, 400, "spent");
}

async fn a_login_form_of_another_site_is_refused(database: Database) {
    let idp = TestIdp::start(&database).await;
    idp.hire("100001").await;
    let browser = Browser::new();
    let form = browser.get(format!("{}/login", idp.issuer)).await.form("/login");
    let form = form.fill("soi", "100001").fill("password", PASSWORD);
    // Login CSRF (HTTP-07): without the value, with another browser's value, from another origin.
    let fields: Vec<(&str, &str)> = form.fields.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    let without: Vec<(&str, &str)> = fields.iter().filter(|(k, _)| *k != "csrf").copied().collect();
    assert_eq!(browser.post_fields(&form.action, &without).await.status, 400);
    assert_eq!(Browser::new().post_fields(&form.action, &fields).await.status, 400);
    let evil = browser.clone().with_header("origin", "https://evil.example");
    assert_eq!(evil.post_fields(&form.action, &fields).await.status, 400);
    assert_eq!(browser.post_fields(&form.action, &fields).await.status, 303, "and the right one passes");
}

async fn pages_speak_french_and_english_on_request(database: Database) {
    let idp = TestIdp::start(&database).await;
    let url = format!("{}/login", idp.issuer);
    let french = Browser::new().get(&url).await;
    assert!(french.body.contains("<html lang=\"fr\"") && french.says("226-15"), "the legal notice");
    let english = Browser::new().get(format!("{url}?ui_locales=en")).await;
    assert!(english.body.contains("<html lang=\"en\""));
    let by_browser = Browser::new().with_header("accept-language", "en-GB,en;q=0.9").get(&url).await;
    assert!(by_browser.body.contains("<html lang=\"en\""));
    let kept = Browser::new();
    kept.get(format!("{url}?ui_locales=en")).await;
    assert!(kept.get(&url).await.body.contains("<html lang=\"en\""), "the choice is remembered");
}

async fn pages_have_the_strict_headers(database: Database) {
    let idp = TestIdp::start(&database).await;
    let page = Browser::new().get(format!("{}/login", idp.issuer)).await;
    let policy = page.header("content-security-policy").expect("a policy");
    for part in
        ["default-src 'none'", "script-src 'self'", "base-uri 'none'", "frame-ancestors 'none'", "form-action 'self'"]
    {
        assert!(policy.contains(part), "{part}");
    }
    assert!(!policy.contains("unsafe"));
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "same-origin"),
        ("cache-control", "no-store"),
        ("cross-origin-opener-policy", "same-origin"),
        ("x-robots-tag", "noindex, nofollow"),
    ] {
        assert_eq!(page.header(name), Some(value), "{name}");
    }
    let cookie = page.header("set-cookie").expect("the pre-session cookie");
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax") && cookie.contains("Path=/"), "{cookie}");
}

async fn a_password_over_the_limit_is_refused_like_any_wrong_one(database: Database) {
    let idp = TestIdp::start(&database).await;
    idp.hire("100001").await;
    let page = attempt(&idp, &Browser::new(), &idp.issuer, "100001", &"é".repeat(3000)).await;
    assert_eq!(page.status, 401);
}

async fn a_full_queue_answers_503_at_once_and_counts_no_attempt(database: Database) {
    let narrow = "[password]\npepper = { file = \"pepper.key\" }\nthreads = 1\nqueue = 1\nmemory_kib = 131072\n";
    let idp = TestIdp::start_with(&database, narrow).await;
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..12 {
        let url = format!("{}/login", idp.issuer);
        tasks.spawn(async move {
            let browser = Browser::new();
            let form = browser.get(url).await.form("/login").fill("soi", &format!("2000{n:02}"));
            browser.submit(&form.fill("password", "not the password of anybody")).await
        });
    }
    let answers = tasks.join_all().await;
    let busy: Vec<&Page> = answers.iter().filter(|page| page.status == 503).collect();
    assert!(
        !busy.is_empty() && answers.iter().any(|page| page.status == 401),
        "some are served, the others told at once"
    );
    for page in &busy {
        assert_eq!((page.header("retry-after"), page.reason().as_deref()), (Some("5"), Some("overloaded")));
    }
    // Four attempts before a delay starts: the one that found no place was none.
    let typed = busy[0].form("/login").fields["soi"].clone();
    for _ in 0..4 {
        assert_eq!(attempt(&idp, &Browser::new(), &idp.issuer, &typed, "not the password").await.status, 401);
    }
    assert_eq!(attempt(&idp, &Browser::new(), &idp.issuer, &typed, "not the password").await.status, 429);
}

async fn no_page_links_to_another_host_whatever_the_path(database: Database) {
    let idp = TestIdp::start(&database).await;
    for path in ["//evil.example/login", "///evil.example", "//evil.example//"] {
        let page = Browser::new().get(format!("{}{path}", idp.issuer)).await;
        assert_eq!(page.status, 404, "{path}");
        assert!(!page.body.contains("href=\"//"), "{path}");
    }
}

async fn an_application_does_not_choose_the_language_for_good(database: Database) {
    let idp = TestIdp::start(&database).await;
    let app = idp.register("portal", |_| {}).await;
    let request = rp(&idp, &app).await.request();
    let browser = Browser::new();
    let asked = browser.follow(browser.get(format!("{}&ui_locales=en", request.url)).await).await;
    assert!(asked.body.contains("<html lang=\"en\""), "for this login");
    assert!(browser.get(format!("{}/login", idp.issuer)).await.body.contains("<html lang=\"fr\""), "not for the next");
}

async fn the_login_page_tells_no_stranger_that_a_password_was_set(database: Database) {
    let idp = TestIdp::start(&database).await;
    let page = Browser::new().get(format!("{}/login?activated=x&notice=activated", idp.issuer)).await;
    assert!(!page.says("Votre compte est activé"));
}

/// Logs in with [`PASSWORD`] while somebody else has written a change and not committed it: `after` is the agent as
/// suspended, or `None` for another password. On PostgreSQL the login still reads what was before, and gets as far as the
/// rows that the change has taken; only then does the change commit. On SQLite the login waits for the one writer.
async fn log_in_during_a_change(idp: &TestIdp, db: &Database, before: &Agent, after: Option<&AgentRecord>) -> Step {
    let (soi, now) = (&before.record.soi, idp.clock.now());
    let begun = Mutex::new(None);
    db.write(async |tx: &mut Tx| -> Result<(), StoreError> {
        match after {
            Some(record) => assert!(agents::update(tx, record, before.version, now).await?),
            None => passwords::set(tx, soi, "another", now).await?,
        }
        sessions::end_all(tx, soi, "a change", now).await?;
        let (login, typed) = (idp.login().clone(), soi.to_string());
        let attempt = tokio::spawn(async move {
            let (contact, browser) = (Contact::default(), PlainToken::new("x"));
            let visit =
                Visit { zone: NetworkZone::Internal, contact: &contact, browser: &browser, known: None, session: None };
            login.attempt(&typed, PlainPassword::new(PASSWORD), visit).await.expect("an answer")
        });
        let waiting = "SELECT count(*) FROM pg_stat_activity \
                       WHERE datname = current_database() AND wait_event_type = 'Lock'";
        while db.engine == Engine::Postgres && !attempt.is_finished() && db.number(waiting).await == 0 {}
        begun.lock().expect("nobody panics with it").replace(attempt);
        Ok(())
    })
    .await
    .expect("the change commits");
    let attempt = begun.into_inner().expect("nobody panics with it").expect("a login began");
    tokio::time::timeout(Duration::from_secs(60), attempt).await.expect("in time").expect("no panic")
}

async fn live_sessions(db: &Database) -> i64 {
    db.number("SELECT count(*) FROM session WHERE ended_at IS NULL").await
}

async fn a_login_in_flight_does_not_outlive_an_activation(database: Database) {
    let idp = TestIdp::start(&database).await;
    idp.hire("100001").await;
    let agent = idp.directory.get_agent("100001").await.expect("hired").agent;
    let step = log_in_during_a_change(&idp, &database, &agent, None).await;
    assert!(matches!(step, Step::WrongCredentials), "{step:?}");
    assert_eq!(live_sessions(&database).await, 0);
}

async fn a_login_in_flight_does_not_outlive_a_suspension(database: Database) {
    let idp = TestIdp::start(&database).await;
    idp.hire("100001").await;
    let agent = idp.directory.get_agent("100001").await.expect("hired").agent;
    let suspended = AgentRecord { employment: Employment::Suspended, ..agent.record.clone() };
    let step = log_in_during_a_change(&idp, &database, &agent, Some(&suspended)).await;
    assert!(matches!(step, Step::Refused { reason: Reason::AccountSuspended, .. }), "the truth, not a guess: {step:?}");
    assert_eq!(live_sessions(&database).await, 0, "and nothing revives when the agent is reinstated");
}
