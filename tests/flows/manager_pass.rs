//! The manager vouches: a pass for the agent whose telephone is lost, and the confirmation of a first enrolment.

use std::time::Duration;

use harness::browser::{Browser, Page};
use harness::engine::Database;
use harness::for_each_engine;
use harness::idp::{PASSWORD, TestIdp};
use octroi_idp::crypto::random::Random;
use octroi_idp::crypto::seal::Sealer;
use octroi_idp::directory::AgentDraft;
use octroi_idp::domain::audit::EventFilter;
use octroi_idp::domain::notice::{FactorEvent, Notice};
use octroi_idp::domain::role::Role;
use octroi_idp::domain::soi::Soi;
use octroi_idp::login::totp::{PURPOSE, TotpKey};
use octroi_idp::storage::totp_devices::{self, TotpDevice};
use octroi_idp::storage::{StoreError, Tx, recovery_codes};

use crate::sign_in;

for_each_engine!(
    a_pass_opens_for_eight_hours_and_never_raises_the_level,
    a_managers_code_works_once_for_its_agent_and_half_an_hour,
    a_manager_needs_a_second_factor_and_a_fresh_password,
    nobody_vouches_for_themselves_or_for_somebody_elses_agent,
    a_pass_is_given_once_in_thirty_days_also_to_who_asks_twice_at_once,
    no_pass_after_a_reset_and_one_that_was_given_is_withdrawn,
    the_privileged_get_no_pass,
    a_manager_confirms_the_first_enrolment_at_the_office,
    whoever_stops_being_the_manager_has_vouched_for_nothing,
);

const HOUR: Duration = Duration::from_hours(1);

struct Scene<'a> {
    idp: TestIdp,
    database: &'a Database,
}

/// 100001 and 100003 work for 100004, 100002 for somebody else. 100001 and 100004 have an authenticator application.
async fn scene(database: &Database) -> Scene<'_> {
    let idp = TestIdp::start(database).await;
    for soi in ["100004", "100005"] {
        idp.hire(soi).await;
    }
    for (soi, manager) in [("100001", "100004"), ("100002", "100005"), ("100003", "100004")] {
        idp.hire_as(soi, AgentDraft { manager: Some(manager.into()), ..AgentDraft::default() }).await;
        idp.activate(soi, PASSWORD).await;
    }
    database.execute("DELETE FROM enrolment_permit").await;
    let scene = Scene { idp, database };
    for soi in ["100001", "100004"] {
        scene.enrol(soi).await;
    }
    scene
}

impl Scene<'_> {
    /// Gives an agent an authenticator application whose key is known.
    async fn enrol(&self, number: &str) {
        let (soi, now) = (Soi::from_stored(number.into()), self.idp.clock.now());
        let (id, key) = (format!("device-{number}"), key());
        let sealer: &Sealer = &self.idp.login().sealer;
        let sealed = sealer.seal(PURPOSE, &id, key.reveal(), &Random::system());
        let device =
            TotpDevice { id, name: "Téléphone".into(), sealed, last_step: 0, created_at: now, last_used_at: None };
        let insert = async |tx: &mut Tx| -> Result<bool, StoreError> { totp_devices::insert(tx, &soi, &device).await };
        assert!(self.database.store.write(insert).await.unwrap());
    }

    /// Signs in at the office with password and application, and opens the page about the agents.
    async fn manager(&self, soi: &str) -> (Browser, Page) {
        self.idp.advance(Duration::from_secs(60));
        let browser = Browser::new();
        sign_in(&self.idp.issuer, &browser, soi).await;
        let page = browser.follow(self.approvals(&browser).await).await;
        let code = key().code_at(self.idp.clock.now()).unwrap();
        let given = browser.submit(&page.form("/login/factor").fill("code", &code)).await;
        assert_eq!(given.header("location"), Some("/approvals"), "{}", given.body);
        let page = browser.follow(given).await;
        (browser, page)
    }

    async fn approvals(&self, browser: &Browser) -> Page {
        browser.get(format!("{}/approvals", self.idp.issuer)).await
    }

    /// Has the manager make a code for this agent.
    async fn vouch(&self, browser: &Browser, page: &Page, act: &str, soi: &str) -> Page {
        browser.submit(&page.form("/approvals").forge("act", act).forge("soi", soi)).await
    }

    async fn pass(&self, soi: &str) -> String {
        let (browser, page) = self.manager("100004").await;
        let page = self.vouch(&browser, &page, "pass", soi).await;
        page.text("manager-code").unwrap_or_else(|| panic!("no code: {} {}", page.status, page.body))
    }

    /// Signs in from outside and types a pass.
    async fn at_home(&self, soi: &str, code: &str) -> (Browser, Page) {
        let browser = Browser::new();
        sign_in(&self.idp.gateway, &browser, soi).await;
        let page = self.type_pass(&browser, code).await;
        (browser, page)
    }

    async fn type_pass(&self, browser: &Browser, code: &str) -> Page {
        let page = browser.get(format!("{}/login/factor?to=%2Faccount&way=manager_pass", self.idp.gateway)).await;
        let Some(form) = page.find_form("/login/factor") else { return page };
        let form = form.forge("act", "code").forge("way", "manager_pass").forge("code", code);
        browser.submit(&form).await
    }

    async fn is_in(&self, browser: &Browser) -> bool {
        browser.get(format!("{}/account", self.idp.gateway)).await.status == 200
    }

    /// Why the last code was not made.
    async fn why(&self) -> String {
        let filter = EventFilter { act: Some("factor.manager_code_issued".into()), limit: 1, ..EventFilter::default() };
        let event = self.idp.events(filter).await.remove(0);
        assert_eq!(event.outcome, "refused");
        event.detail["why"].as_str().unwrap().to_owned()
    }
}

fn key() -> TotpKey {
    TotpKey::generate(&Random::seeded(7))
}

async fn a_pass_opens_for_eight_hours_and_never_raises_the_level(database: Database) {
    let scene = scene(&database).await;
    let (browser, page) = scene.manager("100004").await;
    assert!(page.says("Camille Essai100001") && page.says("Camille Essai100003"), "{}", page.body);
    assert!(!page.says("Essai100002") && page.link("/approvals").is_some(), "{}", page.body);
    let page = scene.vouch(&browser, &page, "pass", "100001").await;
    assert_eq!(page.status, 200);
    let code = page.text("manager-code").expect("a code");
    assert!(code.len() == 9 && code.as_bytes()[4] == b'-', "{code}");
    assert!(!scene.approvals(&browser).await.says(&code), "shown once");
    let told = scene.idp.letters_to(&database, "agent100001@ville.example").await;
    let pass = |notice: &Notice| matches!(notice, Notice::Factors { event: FactorEvent::PassGiven { manager }, .. } if manager == "Camille Essai100004");
    assert!(told.iter().any(pass), "the agent is told");

    let typed = format!(" {}", code.to_lowercase().replace('-', " "));
    let (home, page) = scene.at_home("100001", &typed).await;
    assert_eq!((page.status, page.header("location")), (303, Some("/account")), "{}", page.body);
    assert!(scene.is_in(&home).await);
    let levels = database.texts("SELECT acr || ' ' || amr FROM session WHERE second_factor = 'manager_pass'").await;
    assert!(levels.len() == 1 && levels[0].starts_with("eidas1 ") && !levels[0].contains("mfa"), "{levels:?}");

    // Somebody's own pages are read with it, and nothing that opens them is changed.
    let page = home.get(format!("{}/login/enrol?to=%2Faccount%2Ffactors", scene.idp.gateway)).await;
    assert!(home.follow(page).await.text("enrol-totp").is_none());
    // A session that lives longer than the pass.
    database
        .execute("UPDATE session SET last_seen_at = last_seen_at + 86400000, auth_time = auth_time + 86400000")
        .await;
    scene.idp.advance(8 * HOUR - Duration::from_secs(60));
    assert!(scene.is_in(&home).await);
    scene.idp.advance(Duration::from_secs(120));
    assert!(!scene.is_in(&home).await, "eight hours");

    let filter = EventFilter { subject: Some("100001".into()), limit: 20, ..EventFilter::default() };
    let events = scene.idp.events(filter).await;
    let used = events.iter().find(|event| event.act == "factor.manager_code_used").unwrap();
    assert_eq!((used.actor.as_str(), &used.detail["issued_by"]), ("100001", &"100004".into()));
    let issued = events.iter().find(|event| event.act == "factor.manager_code_issued").unwrap();
    assert_eq!(issued.actor, "100004");
    assert!(!serde_json::to_string(&events).unwrap().contains(&code));
}

async fn a_managers_code_works_once_for_its_agent_and_half_an_hour(database: Database) {
    let scene = scene(&database).await;
    scene.enrol("100003").await;
    let (first, second) = (scene.pass("100001").await, scene.pass("100003").await);
    let (_, page) = scene.at_home("100003", &first).await;
    assert_eq!((page.status, page.reason()), (401, Some("factor.invalid".into())), "{}", page.body);
    assert_eq!(scene.at_home("100001", "K7QM").await.1.status, 422, "no code by its form");
    assert_eq!(scene.at_home("100001", &first).await.1.status, 303);
    assert_eq!(scene.at_home("100001", &first).await.1.status, 401, "once");
    scene.idp.advance(Duration::from_mins(30));
    assert_eq!(scene.at_home("100003", &second).await.1.status, 401, "half an hour");
}

async fn a_manager_needs_a_second_factor_and_a_fresh_password(database: Database) {
    let scene = scene(&database).await;
    let browser = Browser::new();
    sign_in(&scene.idp.issuer, &browser, "100004").await;
    let page = scene.approvals(&browser).await;
    assert_eq!(page.header("location"), Some("/login/factor?to=%2Fapprovals"));
    // Sent without looking at the page, in a session with the password alone.
    let mut forged = browser.follow(page).await.form("/login/factor");
    forged.action = format!("{}/approvals", scene.idp.issuer).parse().unwrap();
    let page = browser.submit(&forged.forge("act", "pass").forge("soi", "100001")).await;
    assert_eq!(page.header("location"), Some("/login/factor?to=%2Fapprovals"));
    assert_eq!(database.number("SELECT count(*) FROM manager_code").await, 0);

    let (browser, page) = scene.manager("100004").await;
    scene.idp.advance(Duration::from_mins(5));
    let late = scene.vouch(&browser, &page, "pass", "100001").await;
    assert_eq!(late.header("location"), Some("/account/confirm?to=%2Fapprovals"));
    assert_eq!(database.number("SELECT count(*) FROM manager_code").await, 0);

    // Who reaches no higher level reads why.
    database.execute("UPDATE totp_device SET soi = '100002' WHERE soi = '100004'").await;
    let insert = async |tx: &mut Tx| -> Result<(), StoreError> {
        recovery_codes::replace(tx, &Soi::from_stored("100004".into()), &[[1; 32]], scene.idp.clock.now()).await
    };
    database.store.write(insert).await.unwrap();
    let outside = Browser::new();
    sign_in(&scene.idp.gateway, &outside, "100004").await;
    let page = outside.get(format!("{}/login/factor?to=%2Fapprovals", scene.idp.gateway)).await;
    assert_eq!(page.status, 403, "a recovery code is not enough: {}", page.body);
}

async fn nobody_vouches_for_themselves_or_for_somebody_elses_agent(database: Database) {
    let scene = scene(&database).await;
    let (browser, page) = scene.manager("100004").await;
    for soi in ["100002", "100004", "999999", "", "100001'--"] {
        for act in ["pass", "enrolment"] {
            let refused = scene.vouch(&browser, &page, act, soi).await;
            assert!(refused.status == 403 && refused.text("manager-code").is_none(), "{soi}: {}", refused.body);
            assert_eq!(scene.why().await, "not_your_agent", "{soi}");
        }
    }
    // Not even who is written down as their own manager, which the directory refuses.
    database.execute("UPDATE agent SET manager_soi = '100004' WHERE soi = '100004'").await;
    let refused = scene.vouch(&browser, &page, "pass", "100004").await;
    assert_eq!((refused.status, scene.why().await.as_str()), (403, "not_your_agent"));
    assert_eq!(scene.vouch(&browser, &page, "everything", "100001").await.status, 400);
    assert_eq!(database.number("SELECT count(*) FROM manager_code").await, 0);
    let unknown = EventFilter { subject: Some("999999".into()), ..EventFilter::default() };
    assert!(scene.idp.events(unknown).await.is_empty(), "what matches nobody is not kept");

    // An agent of nobody's sees an empty page, and is asked for nothing.
    let other = Browser::new();
    sign_in(&scene.idp.issuer, &other, "100002").await;
    let page = scene.approvals(&other).await;
    assert!(page.status == 200 && page.says("Aucun agent ne vous est rattaché"), "{}", page.body);
    let overview = other.get(format!("{}/account", scene.idp.issuer)).await;
    assert!(overview.link("/approvals").is_none());
}

async fn a_pass_is_given_once_in_thirty_days_also_to_who_asks_twice_at_once(database: Database) {
    let scene = scene(&database).await;
    let (browser, page) = scene.manager("100004").await;
    let form = page.form("/approvals").forge("act", "pass").forge("soi", "100001");
    let (one, two) = tokio::join!(browser.submit(&form), browser.submit(&form));
    let codes = [one, two].iter().filter(|page| page.text("manager-code").is_some()).count();
    assert_eq!(codes, 1);
    assert_eq!(scene.why().await, "pass_given");
    assert!(scene.approvals(&browser).await.says("Le prochain sera possible à partir du"));
    scene.idp.advance(Duration::from_hours(30 * 24) - 2 * HOUR);
    let (browser, page) = scene.manager("100004").await;
    assert_eq!(scene.vouch(&browser, &page, "pass", "100001").await.status, 403, "29 days and 22 hours");
    scene.idp.advance(3 * HOUR);
    let (browser, page) = scene.manager("100004").await;
    assert_eq!(scene.vouch(&browser, &page, "pass", "100001").await.status, 200);
}

async fn no_pass_after_a_reset_and_one_that_was_given_is_withdrawn(database: Database) {
    let scene = scene(&database).await;
    let code = scene.pass("100001").await;
    scene.idp.reset("100001", "Platane-Rive-2208!").await;
    let browser = Browser::new();
    let page = browser.get(format!("{}/login", scene.idp.gateway)).await;
    browser.submit(&page.form("/login").fill("soi", "100001").fill("password", "Platane-Rive-2208!")).await;
    assert_eq!(scene.type_pass(&browser, &code).await.status, 401, "the reset withdrew it");

    database.execute("DELETE FROM budget").await;
    scene.idp.advance(71 * HOUR);
    let (browser, page) = scene.manager("100004").await;
    assert!(page.says("Un laissez-passer sera possible à partir du"), "{}", page.body);
    assert_eq!(scene.vouch(&browser, &page, "pass", "100001").await.status, 403);
    assert_eq!(scene.why().await, "after_reset");
    scene.idp.advance(HOUR);
    let (browser, page) = scene.manager("100004").await;
    assert_eq!(scene.vouch(&browser, &page, "pass", "100001").await.status, 200);
}

async fn the_privileged_get_no_pass(database: Database) {
    let scene = scene(&database).await;
    let code = scene.pass("100001").await;
    scene.idp.directory.grant_role(&TestIdp::mandate(), "100001", Role::Helpdesk).await.unwrap();
    let (home, _) = scene.at_home("100001", &code).await;
    assert!(!scene.is_in(&home).await, "an administrator since");
    let draft = AgentDraft { manager: Some("100003".into()), ..AgentDraft::default() };
    scene.idp.directory.set_agent(&TestIdp::mandate(), "100002", &draft).await.unwrap();
    let (browser, page) = scene.manager("100004").await;
    assert!(page.says("le support l’aide directement"), "{}", page.body);
    for soi in ["100001", "100003"] {
        for act in ["pass", "enrolment"] {
            let language =
                browser.get(format!("{}/account/language", scene.idp.issuer)).await.form("/account/language");
            let mut forged = language.forge("act", act).forge("soi", soi);
            forged.action = format!("{}/approvals", scene.idp.issuer).parse().unwrap();
            assert_eq!(browser.submit(&forged).await.status, 403, "{soi} {act}");
            assert_eq!(scene.why().await, "privileged");
        }
    }
}

async fn a_manager_confirms_the_first_enrolment_at_the_office(database: Database) {
    let scene = scene(&database).await;
    let (browser, page) = scene.manager("100004").await;
    assert_eq!(scene.vouch(&browser, &page, "enrolment", "100001").await.status, 403);
    assert_eq!(scene.why().await, "has_factor");
    assert_eq!(scene.vouch(&browser, &page, "pass", "100003").await.status, 403);
    assert_eq!(scene.why().await, "no_factor");
    let page = scene.vouch(&browser, &page, "enrolment", "100003").await;
    let code = page.text("manager-code").expect("a code");
    let told = scene.idp.letters_to(&database, "agent100003@ville.example").await;
    assert!(told.iter().any(|notice| notice.as_str() == "enrolment_vouched"));

    let agent = Browser::new();
    sign_in(&scene.idp.issuer, &agent, "100003").await;
    let enrol = format!("{}/login/enrol?to=%2Faccount%2Ffactors", scene.idp.issuer);
    let page = agent.get(&enrol).await;
    let typed = |code: &str| page.form("/login/enrol").forge("act", "manager").forge("code", code);
    assert_eq!(agent.submit(&typed("K7QM")).await.status, 422);
    assert_eq!(agent.submit(&typed("K7QM-2F4X")).await.status, 422);
    let confirmed = agent.submit(&typed(&code.to_lowercase())).await;
    assert_eq!(confirmed.status, 303, "{}", confirmed.body);
    assert!(agent.follow(confirmed).await.text("enrol-totp").is_some());
    assert_eq!(database.number("SELECT count(*) FROM enrolment_permit WHERE basis = 'manager'").await, 1);
    // It confirms nothing outside.
    let page = agent.get(scene.idp.from_home(&enrol)).await;
    assert!(page.text("enrol-totp").is_none(), "{}", page.body);
}

async fn whoever_stops_being_the_manager_has_vouched_for_nothing(database: Database) {
    let scene = scene(&database).await;
    let code = scene.pass("100001").await;
    let draft = AgentDraft { manager: Some("100005".into()), ..AgentDraft::default() };
    scene.idp.directory.set_agent(&TestIdp::mandate(), "100001", &draft).await.unwrap();
    assert_eq!(scene.at_home("100001", &code).await.1.status, 401);
    let draft = AgentDraft { manager: Some("100004".into()), ..AgentDraft::default() };
    scene.idp.directory.set_agent(&TestIdp::mandate(), "100001", &draft).await.unwrap();
    scene.idp.directory.suspend_agent(&TestIdp::mandate(), "100004").await.unwrap();
    assert_eq!(scene.at_home("100001", &code).await.1.status, 401, "nor who is away");
}
