//! Throttling over HTTP and through the login layer: what strangers do keeps nobody waiting who is elsewhere. What looks like
//! guessing is in `guessing.rs`. Addresses come from the gateway's header, as in real life, or with the contact.

use std::time::Duration;

use harness::browser::{Browser, Form, Page};
use harness::engine::Database;
use harness::for_each_engine;
use harness::idp::{PASSWORD, TestIdp};
use octroi_idp::domain::audit::{Contact, EventFilter, RecordedEvent};
use octroi_idp::domain::secret::{PlainPassword, PlainToken};
use octroi_idp::domain::zone::NetworkZone::{self, Internal, Nomades};
use octroi_idp::login::Visit;
use octroi_idp::login::password::Step;

use crate::sign_in;

for_each_engine!(
    known_and_unknown_agents_wait_alike_for_themselves_and_for_their_network,
    a_storm_from_outside_locks_neither_the_office_nor_the_browser_at_home,
    a_known_browser_has_delays_of_its_own,
    a_forged_a_foreign_and_an_old_cookie_count_for_nothing,
    the_cookie_of_a_known_browser_is_kept_for_a_year_and_tells_no_soi,
    a_host_that_guesses_at_many_agents_is_slowed_and_nobody_else,
    from_a_slowed_network_fifty_guesses_at_once_get_one_answer,
    who_logs_in_from_a_slowed_network_keeps_nobody_waiting,
    fifty_agents_behind_a_shared_address_all_log_in,
    a_shared_address_is_slowed_by_many_agents_and_not_by_one,
    a_lockout_lasts_for_strangers_only_and_gives_them_25_guesses_a_day,
    who_is_unlocked_waits_nowhere_any_more,
);

pub const WRONG: &str = "not the password of anybody";

/// The nth stranger's address.
pub fn address(nth: usize) -> String {
    format!("203.0.113.{nth}")
}

async fn attempt(browser: &Browser, origin: &str, soi: &str, password: &str) -> Page {
    let page = browser.get(format!("{origin}/login")).await;
    browser.submit(&page.form("/login").fill("soi", soi).fill("password", password)).await
}

/// A browser in which 100001 has logged in before, with a login form from then: a page in another tab.
struct Known {
    browser: Browser,
    form: Form,
}

impl Known {
    async fn at(origin: &str, browser: Browser) -> Self {
        let form = browser.get(format!("{origin}/login")).await.form("/login").fill("soi", "100001");
        let known = Self { browser, form };
        assert_eq!(known.attempt(PASSWORD).await.status, 303);
        known
    }

    async fn attempt(&self, password: &str) -> Page {
        self.browser.submit(&self.form.clone().fill("password", password)).await
    }
}

/// Through the login layer, from an address, in a browser that nobody knows.
pub async fn try_from(idp: &TestIdp, (zone, address): (NetworkZone, &str), soi: &str, password: &str) -> Step {
    let contact = Contact { zone: Some(zone), client_address: Some(address.to_owned()), ..Contact::default() };
    let browser = PlainToken::new("x");
    let visit = Visit { zone, contact: &contact, browser: &browser, known: None, session: None };
    idp.login().attempt(soi, PlainPassword::new(password), visit).await.expect("an answer")
}

/// The nth of many SOIs, of which no agent has one.
pub fn nobody(nth: usize) -> String {
    format!("{}", 700_000 + nth)
}

/// So many failures, each with another SOI.
pub async fn fail_with_many(idp: &TestIdp, place: (NetworkZone, &str), from: usize, many: usize) {
    for nth in from..from + many {
        let step = try_from(idp, place, &nobody(nth), WRONG).await;
        assert!(matches!(step, Step::WrongCredentials), "{nth}: {step:?}");
    }
}

pub fn wait_of(step: &Step) -> Option<u64> {
    match step {
        Step::Throttled { wait } => Some(wait.as_secs()),
        _ => None,
    }
}

pub async fn events(idp: &TestIdp, act: &str) -> Vec<RecordedEvent> {
    idp.events(EventFilter { act: Some(act.to_owned()), limit: 10_000, ..EventFilter::default() }).await
}

pub async fn figures(idp: &TestIdp) -> String {
    Browser::new().get(format!("{}/metrics", idp.metrics)).await.body
}

/// What a stranger could compare: status, wait, and the page without what differs by nature.
fn comparable(page: &Page, soi: &str) -> (u16, Option<String>, String) {
    let csrf = page.find_form("/login").and_then(|f| f.fields.get("csrf").cloned()).unwrap_or_default();
    let wait = page.header("retry-after").map(str::to_owned);
    (page.status, wait, page.body.replace(soi, "SOI").replace(&csrf, "CSRF"))
}

async fn known_and_unknown_agents_wait_alike_for_themselves_and_for_their_network(database: Database) {
    let idp = TestIdp::start(&database).await;
    idp.hire("100001").await;
    let outside = |nth| Browser::new().behind([203, 0, 113, nth].into());
    for soi in ["100001", "999999"] {
        for _ in 0..4 {
            assert_eq!(attempt(&outside(1), &idp.gateway, soi, WRONG).await.status, 401);
        }
    }
    let mut pages = Vec::new();
    for soi in ["100001", "999999"] {
        pages.push(comparable(&attempt(&outside(1), &idp.gateway, soi, PASSWORD).await, soi));
    }
    assert!(pages[0] == pages[1] && pages[0].0 == 429, "for themselves: {pages:?}");

    fail_with_many(&idp, (Nomades, "203.0.113.2"), 0, 31).await;
    let mut of_network = Vec::new();
    for soi in ["100001", "999999"] {
        of_network.push(comparable(&attempt(&outside(2), &idp.gateway, soi, PASSWORD).await, soi));
    }
    // These two have 15 s of their own, which is more than the 5 s of the network.
    assert_eq!(of_network, pages, "the longest wait, in the same words");
    idp.advance(Duration::from_secs(15));
    fail_with_many(&idp, (Nomades, "203.0.113.2"), 31, 1).await;
    let mut of_network = Vec::new();
    for soi in ["100001", "999999"] {
        let page = attempt(&outside(2), &idp.gateway, soi, PASSWORD).await;
        assert_eq!((page.header("retry-after"), page.reason().as_deref()), (Some("15"), Some("account.throttled")));
        of_network.push(comparable(&page, soi));
    }
    assert_eq!(of_network[0], of_network[1], "for the network");
    assert_eq!(of_network[0], pages[0], "which is nobody's business");

    // The audit says whose count it was, and differs in nothing but the agent.
    let refused: Vec<RecordedEvent> = events(&idp, "login.refused")
        .await
        .into_iter()
        .filter(|e| e.reason.as_deref() == Some("account.throttled"))
        .collect();
    let scopes: Vec<_> = refused.iter().map(|e| e.detail["scope"].as_str().unwrap_or_default()).collect();
    assert_eq!(scopes, ["network", "network", "identifier", "identifier", "identifier", "identifier"], "newest first");
    for pair in refused.chunks(2) {
        assert_eq!((pair[0].subject.as_deref(), pair[1].subject.as_deref()), (None, Some("100001")));
        assert_eq!((&pair[0].detail, &pair[0].zone), (&pair[1].detail, &pair[1].zone));
    }
    let figures = figures(&idp).await;
    for scope in ["identifier", "network"] {
        assert!(figures.contains(&format!("octroi_throttle_total{{zone=\"nomades\",scope=\"{scope}\"}}")), "{scope}");
    }
}

async fn a_storm_from_outside_locks_neither_the_office_nor_the_browser_at_home(database: Database) {
    let idp = TestIdp::start(&database).await;
    idp.hire("100001").await;
    let home = Known::at(&idp.gateway, Browser::new().behind([198, 51, 100, 7].into())).await;
    // Strangers everywhere, also where the agent lives.
    for nth in 0..4 {
        try_from(&idp, (Nomades, &address(nth)), "100001", WRONG).await;
    }
    idp.advance(Duration::from_secs(15));
    fail_with_many(&idp, (Nomades, "198.51.100.7"), 0, 31).await;
    let stranger = Browser::new().behind([198, 51, 100, 7].into());
    assert_eq!(attempt(&stranger, &idp.gateway, "100001", PASSWORD).await.status, 429);
    let elsewhere = Browser::new().behind([198, 51, 100, 8].into());
    assert_eq!(attempt(&elsewhere, &idp.gateway, "100001", WRONG).await.status, 401);
    assert_eq!(attempt(&elsewhere, &idp.gateway, "100001", PASSWORD).await.status, 429);

    assert_eq!(home.attempt(PASSWORD).await.status, 303, "the browser at home");
    assert_eq!(attempt(&Browser::new(), &idp.issuer, "100001", PASSWORD).await.status, 303, "the office");
    assert_eq!(attempt(&elsewhere, &idp.gateway, "100001", PASSWORD).await.status, 429, "and strangers still wait");
}

async fn a_known_browser_has_delays_of_its_own(database: Database) {
    let idp = TestIdp::start(&database).await;
    idp.hire("100001").await;
    let own = Known::at(&idp.gateway, Browser::new()).await;
    let mut tasks = tokio::task::JoinSet::new();
    for nth in 0..20 {
        let (browser, form) = (own.browser.clone(), own.form.clone().fill("password", &format!("guess number {nth}")));
        tasks.spawn(async move { browser.submit(&form).await.status });
    }
    let statuses = tasks.join_all().await;
    assert_eq!(statuses.iter().filter(|status| **status == 401).count(), 4, "as strict as for strangers: {statuses:?}");
    assert_eq!(own.attempt(PASSWORD).await.status, 429);
    let stranger = attempt(&Browser::new(), &idp.gateway, "100001", PASSWORD).await;
    assert_eq!(stranger.status, 303, "others do not wait for it");
    assert!(figures(&idp).await.contains("octroi_throttle_total{zone=\"nomades\",scope=\"browser\"}"));
}

async fn a_forged_a_foreign_and_an_old_cookie_count_for_nothing(database: Database) {
    let idp = TestIdp::start(&database).await;
    for soi in ["100001", "100002"] {
        idp.hire(soi).await;
    }
    let cookie_of =
        async |soi: &str| sign_in(&idp.issuer, &Browser::new(), soi).await.cookie("octroi-device").expect("set");
    let (own, foreign) = (cookie_of("100001").await, cookie_of("100002").await);
    for _ in 0..4 {
        try_from(&idp, (Internal, "10.20.0.1"), "100001", WRONG).await;
    }
    let with_cookie = async |cookie: &str| {
        // A header of its own stands beside the browser's cookies; the first value of a name counts.
        let page = Browser::new().get(format!("{}/login", idp.issuer)).await;
        let browser = page.cookie("octroi-browser").expect("the pre-session cookie");
        let form = page.form("/login").fill("soi", "100001").fill("password", PASSWORD);
        Browser::new().with_header("cookie", &format!("{browser}; {cookie}")).submit(&form).await.status
    };
    let (value, other) = (own.split_once('=').unwrap().1, foreign.split_once('=').unwrap().1);
    let (id, mark) = value.split_once('.').unwrap();
    let (other_id, other_mark) = other.split_once('.').unwrap();
    let flipped = mark.char_indices().map(|(at, c)| if at == 12 { if c == 'A' { 'B' } else { 'A' } } else { c });
    let long = "A".repeat(3_000);
    for (what, forged) in [
        ("somebody else's", other.to_owned()),
        ("somebody else's marks", format!("{id}.{other_mark}")),
        ("in another browser", format!("{other_id}.{mark}")),
        ("altered", format!("{id}.{}", flipped.collect::<String>())),
        ("none", String::new()),
        ("no mark", id.to_owned()),
        ("endless", format!("{id}.{long}")),
    ] {
        assert_eq!(with_cookie(&format!("octroi-device={forged}")).await, 429, "{what}");
    }
    assert_eq!(with_cookie(&own).await, 303, "the true one");
    idp.advance(Duration::from_secs(366 * 24 * 3600));
    for _ in 0..4 {
        try_from(&idp, (Internal, "10.20.0.1"), "100001", WRONG).await;
    }
    assert_eq!(with_cookie(&own).await, 429, "a year later");
}

async fn the_cookie_of_a_known_browser_is_kept_for_a_year_and_tells_no_soi(database: Database) {
    let idp = TestIdp::start(&database).await;
    idp.hire("100001").await;
    let refused = attempt(&Browser::new(), &idp.issuer, "100001", WRONG).await;
    assert!(refused.set_cookie("octroi-device").is_none(), "only who logs in gets it");
    let own = Known::at(&idp.issuer, Browser::new()).await;
    let (page, again) = (own.attempt(PASSWORD).await, own.attempt(PASSWORD).await);
    let line = page.set_cookie("octroi-device").expect("the cookie");
    for part in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=31536000"] {
        assert!(line.contains(part), "{line}");
    }
    assert!(!line.contains("100001") && line.len() < 200, "{line}");
    let id = |line: &str| line.split(['=', '.']).nth(1).map(str::to_owned);
    assert_eq!(id(again.set_cookie("octroi-device").expect("renewed")), id(line), "it stays the same browser");
}

async fn a_host_that_guesses_at_many_agents_is_slowed_and_nobody_else(database: Database) {
    let idp = TestIdp::start(&database).await;
    idp.hire("100001").await;
    let host = (Nomades, "2001:db8:1:2::1");
    let same_household = (Nomades, "2001:db8:1:2:aaaa::9");
    fail_with_many(&idp, host, 0, 31).await;
    let (mut failed, mut waits) = (31, Vec::new());
    for _ in 0..9 {
        // While it waits not even a right password is verified.
        let wait = wait_of(&try_from(&idp, same_household, "100001", PASSWORD).await).expect("slowed");
        waits.push(wait);
        idp.advance(Duration::from_secs(wait));
        fail_with_many(&idp, host, failed, 1).await;
        failed += 1;
    }
    assert_eq!(waits, [5, 15, 30, 60, 120, 240, 480, 900, 900], "longer with each failure");
    for elsewhere in [(Nomades, "2001:db8:1:3::1"), (Nomades, "203.0.113.9"), (Internal, "2001:db8:1:2::1")] {
        let step = try_from(&idp, elsewhere, "100001", PASSWORD).await;
        assert!(matches!(step, Step::In(_)), "{elsewhere:?}: {step:?}");
    }
    idp.advance(Duration::from_secs(24 * 3600));
    assert!(matches!(try_from(&idp, host, "100001", PASSWORD).await, Step::In(_)), "a day forgets");
}

async fn from_a_slowed_network_fifty_guesses_at_once_get_one_answer(database: Database) {
    let idp = TestIdp::start(&database).await;
    let place = (Nomades, "203.0.113.1");
    fail_with_many(&idp, place, 0, 31).await;
    idp.advance(Duration::from_secs(5));
    let mut tasks = tokio::task::JoinSet::new();
    for nth in 0..50 {
        let login = idp.login().clone();
        tasks.spawn(async move {
            let contact = Contact { client_address: Some("203.0.113.1".to_owned()), ..Contact::default() };
            let browser = PlainToken::new("x");
            let visit = Visit { zone: Nomades, contact: &contact, browser: &browser, known: None, session: None };
            login.attempt(&nobody(100 + nth), PlainPassword::new(WRONG), visit).await.expect("an answer")
        });
    }
    let steps = tasks.join_all().await;
    let verified = steps.iter().filter(|step| matches!(step, Step::WrongCredentials)).count();
    assert_eq!((verified, steps.iter().filter_map(wait_of).count()), (1, 49), "{steps:?}");
    let counted = "SELECT count(*) FROM throttle WHERE attempts > 0";
    assert_eq!(database.number(counted).await, 32, "who had to wait was not counted");
}

async fn who_logs_in_from_a_slowed_network_keeps_nobody_waiting(database: Database) {
    let idp = TestIdp::start(&database).await;
    for soi in ["100001", "100002"] {
        idp.hire(soi).await;
    }
    let place = (Internal, "10.20.0.9");
    fail_with_many(&idp, place, 0, 31).await;
    idp.advance(Duration::from_secs(5));
    for soi in ["100001", "100002"] {
        assert!(matches!(try_from(&idp, place, soi, PASSWORD).await, Step::In(_)), "{soi}");
    }
    fail_with_many(&idp, place, 31, 1).await;
    assert_eq!(wait_of(&try_from(&idp, place, "100001", PASSWORD).await), Some(15));
}

/// The City's proxy, which hides its clients.
const SHARED: &str = "[network]\ninternal = [\"10.20.0.0/16\"]\ntrusted_proxies = [\"127.0.0.1\"]\nshared = [\"10.20.0.1\"]\nshared_failures = 10\n";

async fn fifty_agents_behind_a_shared_address_all_log_in(database: Database) {
    let idp = TestIdp::start_with(&database, SHARED).await;
    let agents: Vec<String> = (0..50).map(|nth| format!("{}", 100_001 + nth)).collect();
    for soi in &agents {
        idp.hire(soi).await;
    }
    let mut tasks = tokio::task::JoinSet::new();
    for soi in agents {
        let login = idp.login().clone();
        tasks.spawn(async move {
            let contact = Contact { client_address: Some("10.20.0.1".to_owned()), ..Contact::default() };
            let browser = PlainToken::new("x");
            let visit = Visit { zone: Internal, contact: &contact, browser: &browser, known: None, session: None };
            // One in five mistypes first.
            if soi.ends_with(['3', '8']) {
                let step = login.attempt(&soi, PlainPassword::new(WRONG), visit).await.expect("an answer");
                assert!(matches!(step, Step::WrongCredentials), "{step:?}");
            }
            login.attempt(&soi, PlainPassword::new(PASSWORD), visit).await.expect("an answer")
        });
    }
    let steps = tasks.join_all().await;
    assert_eq!(steps.iter().filter(|step| matches!(step, Step::In(_))).count(), 50, "{steps:?}");
    assert_eq!(database.number("SELECT count(*) FROM throttle_failure").await, 0, "who got in has not failed");
}

async fn a_shared_address_is_slowed_by_many_agents_and_not_by_one(database: Database) {
    let idp = TestIdp::start_with(&database, SHARED).await;
    for soi in ["100001", "100002"] {
        idp.hire(soi).await;
    }
    let proxy = (Internal, "10.20.0.1");
    let mut failures = 0;
    while failures < 12 {
        match wait_of(&try_from(&idp, proxy, "100001", WRONG).await) {
            None => failures += 1,
            Some(wait) => idp.advance(Duration::from_secs(wait)),
        }
    }
    assert!(matches!(try_from(&idp, proxy, "100002", PASSWORD).await, Step::In(_)), "one who mistypes is one");
    fail_with_many(&idp, proxy, 0, 10).await;
    assert_eq!(wait_of(&try_from(&idp, proxy, "100002", PASSWORD).await), Some(5), "eleven are many");
    let beside = (Internal, "10.20.0.2");
    assert!(matches!(try_from(&idp, beside, "100002", PASSWORD).await, Step::In(_)));
    let mut longest = 0;
    for nth in 10..16 {
        idp.advance(Duration::from_secs(60));
        fail_with_many(&idp, proxy, nth, 1).await;
        longest = longest.max(wait_of(&try_from(&idp, proxy, "100002", PASSWORD).await).expect("slowed"));
    }
    assert_eq!(longest, 60, "nobody waits longer for what others do");
    let told = events(&idp, "guessing.suspected").await;
    assert!(told.iter().any(|e| e.detail["kind"] == "many_identifiers" && e.detail["network"] == "10.20.0.1/32"));
}

async fn a_lockout_lasts_for_strangers_only_and_gives_them_25_guesses_a_day(database: Database) {
    let idp = TestIdp::start(&database).await;
    idp.hire("100001").await;
    let own = Known::at(&idp.gateway, Browser::new()).await;
    let (mut nth, mut days) = (0, Duration::ZERO);
    while days < Duration::from_secs(24 * 3600) {
        // Whenever there is nothing to wait for, from another address each time; the agent logs in at each of these moments.
        let wait = wait_of(&try_from(&idp, (Nomades, &address(nth)), "100001", WRONG).await);
        nth += 1;
        if let Some(wait) = wait {
            assert_eq!(own.attempt(PASSWORD).await.status, 303, "the agent, after {days:?}");
            let step = Duration::from_secs(wait.max(1));
            idp.advance(step);
            days += step;
        }
    }
    let refused = events(&idp, "login.refused").await;
    let verified = refused.iter().filter(|e| e.reason.as_deref() == Some("credentials.invalid")).count();
    assert!((10..=25).contains(&verified), "{verified} guesses in a day");
    assert_eq!(attempt(&Browser::new(), &idp.issuer, "100001", PASSWORD).await.status, 303, "and never at the office");
}

async fn who_is_unlocked_waits_nowhere_any_more(database: Database) {
    let idp = TestIdp::start(&database).await;
    idp.hire("100001").await;
    let own = Known::at(&idp.gateway, Browser::new()).await;
    for _ in 0..4 {
        own.attempt(WRONG).await;
        try_from(&idp, (Nomades, "203.0.113.1"), "100001", WRONG).await;
    }
    assert_eq!(own.attempt(PASSWORD).await.status, 429);
    assert!(wait_of(&try_from(&idp, (Nomades, "203.0.113.2"), "100001", PASSWORD).await).is_some());
    let unlocked = idp.directory.unlock_agent(&TestIdp::mandate(), "100001").await.expect("unlocked");
    let mut counts: Vec<_> = unlocked.lifted.iter().map(|l| (l.known_browser, l.zone, l.attempts)).collect();
    counts.sort_by_key(|(known, _, _)| *known);
    assert_eq!(counts, [(false, Nomades, 4), (true, Nomades, 4)]);
    assert_eq!(unlocked.networks, 1);
    assert_eq!(own.attempt(PASSWORD).await.status, 303);
    assert!(matches!(try_from(&idp, (Nomades, "203.0.113.2"), "100001", PASSWORD).await, Step::In(_)));
    let told = &events(&idp, "agent.unlocked").await[0];
    assert_eq!((&told.detail["networks"], told.detail["lifted"].as_array().map(Vec::len)), (&1.into(), Some(2)));
    assert_eq!(database.number("SELECT count(*) FROM throttle_failure").await, 0);
}
