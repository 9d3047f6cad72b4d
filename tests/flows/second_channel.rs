//! Codes over a second channel: what a login takes beside the password where a population has no application and no key,
//! and what confirms the first enrolment.

use std::time::Duration;

use harness::browser::{Browser, Page};
use harness::engine::Database;
use harness::for_each_engine;
use harness::idp::TestIdp;
use octroi_idp::directory::AgentDraft;
use octroi_idp::domain::audit::EventFilter;
use octroi_idp::domain::notice::Notice;
use octroi_idp::domain::role::Role;

use crate::sign_in;

for_each_engine!(
    a_code_by_mail_opens_the_account_from_outside,
    a_code_by_text_message_is_a_second_factor_by_another_category,
    a_code_opens_nothing_in_another_session_nor_twice_nor_late,
    six_wrong_codes_are_five_and_a_new_code_gives_no_new_tries,
    another_code_waits_longer_each_time_and_logging_in_anew_is_no_way_round,
    only_an_address_that_is_proved_and_settled_is_offered,
    a_switch_that_is_off_or_over_and_nomades_without_its_own_offer_nothing,
    an_address_that_changed_meanwhile_takes_its_code_with_it,
    administrators_are_sent_no_code,
    the_first_enrolment_is_confirmed_over_a_proved_address,
    a_confirmation_is_for_the_office_for_its_session_and_for_who_has_none,
);

const ON: &str = "[factors.second_channel]\nmail = true\nsms = true\nnomades = true\n";
const WORK_MAIL: &str = "agent100001@ville.example";
const HOUR: Duration = Duration::from_hours(1);

struct Scene<'a> {
    idp: TestIdp,
    database: &'a Database,
}

/// An agent whose work mail was proved some days ago.
async fn scene<'a>(database: &'a Database, extra: &str) -> Scene<'a> {
    let scene = Scene { idp: TestIdp::start_with(database, extra).await, database };
    scene.idp.hire("100001").await;
    scene.prove("work_email", WORK_MAIL, 73).await;
    scene
}

impl Scene<'_> {
    /// An address was proved so many hours ago.
    async fn prove(&self, kind: &str, address: &str, hours_ago: u64) {
        let at = self.idp.clock.now().minus(HOUR * u32::try_from(hours_ago).unwrap()).millis();
        let sql = format!(
            "INSERT INTO channel (soi, kind, address, verified_at) VALUES ('100001', '{kind}', '{address}', {at})"
        );
        self.database.execute(&sql).await;
    }

    /// Signs in from outside with the password.
    async fn at_home(&self) -> Browser {
        let browser = Browser::new();
        sign_in(&self.idp.gateway, &browser, "100001").await;
        browser
    }

    async fn page(&self, browser: &Browser, way: &str) -> Page {
        browser.get(format!("{}/login/factor?to=%2Faccount&way={way}", self.idp.gateway)).await
    }

    /// Asks for a code; the clock moves on, so that the newest code is known.
    async fn send(&self, browser: &Browser, way: &str) -> Page {
        self.idp.advance(Duration::from_secs(1));
        let form = self.page(browser, way).await.form("/login/factor").forge("act", "send").forge("way", way);
        browser.submit(&form).await
    }

    async fn code(&self, browser: &Browser, way: &str, code: &str) -> Page {
        let form = self.page(browser, way).await.form("/login/factor");
        browser.submit(&form.forge("act", "code").forge("way", way).forge("code", code)).await
    }

    async fn newest(&self, address: &str) -> String {
        let letters = self.idp.letters_to(self.database, address).await;
        let code = letters.into_iter().rev().find_map(|notice| match notice {
            Notice::FactorCode { code, .. } | Notice::EnrolmentCode { code, .. } => Some(code.reveal().to_owned()),
            _ => None,
        });
        code.expect("a code")
    }

    async fn sent(&self) -> usize {
        let letters = self.idp.letters(self.database).await;
        letters.iter().filter(|letter| matches!(letter.notice, Notice::FactorCode { .. })).count()
    }

    async fn is_in(&self, browser: &Browser) -> bool {
        browser.get(format!("{}/account", self.idp.gateway)).await.status == 200
    }

    async fn session(&self) -> Vec<String> {
        self.database.texts("SELECT acr || ' ' || amr FROM session ORDER BY auth_time DESC, sid").await
    }
}

/// Digits that are certainly not this code.
fn other_than(code: &str) -> &'static str {
    if code.starts_with('1') { "20000000" } else { "10000000" }
}

async fn a_code_by_mail_opens_the_account_from_outside(database: Database) {
    let scene = scene(&database, ON).await;
    let browser = scene.at_home().await;
    let asked = browser.follow(browser.get(format!("{}/account", scene.idp.gateway)).await).await;
    assert!(asked.says("Un code peut être envoyé à a…\u{2060}1@ville.example"), "{}", asked.body);
    assert!(!scene.is_in(&browser).await);

    let sent = scene.send(&browser, "work_email").await;
    assert_eq!(sent.status, 303, "{}", sent.body);
    let page = browser.follow(sent).await;
    assert!(page.text("factor-again").is_some() && page.body.contains("one-time-code"), "{}", page.body);
    // Opened again, also without its query, the page still waits for the code.
    let again = browser.get(format!("{}/login/factor?to=%2Faccount", scene.idp.gateway)).await;
    assert!(again.text("factor-again").is_some(), "{}", again.body);

    let code = scene.newest(WORK_MAIL).await;
    assert!(code.len() == 9 && code.as_bytes()[4] == b'-', "two groups of four digits");
    let before = browser.clone();
    let typed = format!(" {}\u{2013}", code.replace('-', " - "));
    let page = scene.code(&browser, "work_email", &typed).await;
    assert_eq!((page.status, page.header("location")), (303, Some("/account")), "{}", page.body);
    assert!(page.set_cookie("octroi-session").is_some(), "another cookie");
    assert!(scene.is_in(&before).await);
    let session = scene.session().await;
    assert!(session[0].starts_with("eidas1-mfa") && session[0].contains("mail") && !session[0].contains("\"mfa\""));

    let filter = EventFilter { subject: Some("100001".into()), limit: 2, ..EventFilter::default() };
    let events = scene.idp.events(filter).await;
    let acts: Vec<&str> = events.iter().map(|event| event.act.as_str()).collect();
    assert_eq!(acts, ["factor.verified", "factor.code_sent"]);
    assert!(!serde_json::to_string(&events).unwrap().contains(&code), "no code in the audit");
}

async fn a_code_by_text_message_is_a_second_factor_by_another_category(database: Database) {
    let idp = TestIdp::start_with_mail_and(&database, ON).await;
    let scene = Scene { idp, database: &database };
    let mobile = AgentDraft { mobile: Some("+33612345678".into()), ..AgentDraft::default() };
    scene.idp.hire_as("100001", mobile).await;
    scene.idp.activate("100001", harness::idp::PASSWORD).await;
    scene.prove("mobile", "+33612345678", 73).await;
    let browser = scene.at_home().await;
    scene.send(&browser, "mobile").await;
    let text = scene.idp.sms().wait_for(1).await.remove(0).text;
    let code = text.split_whitespace().find(|word| word.len() == 9 && word.as_bytes()[4] == b'-').expect("a code");
    assert_eq!(scene.code(&browser, "mobile", code).await.status, 303);
    assert!(scene.is_in(&browser).await);
    let session = scene.session().await;
    assert!(session[0].starts_with("eidas1-mfa") && session[0].contains("sms") && session[0].contains("\"mfa\""));
}

async fn a_code_opens_nothing_in_another_session_nor_twice_nor_late(database: Database) {
    let scene = scene(&database, ON).await;
    let (first, second) = (scene.at_home().await, scene.at_home().await);
    scene.send(&first, "work_email").await;
    let code = scene.newest(WORK_MAIL).await;
    scene.send(&second, "work_email").await;
    let page = scene.code(&second, "work_email", &code).await;
    assert_eq!((page.status, page.reason()), (401, Some("factor.invalid".into())), "{}", page.body);
    assert!(!scene.is_in(&second).await);

    assert_eq!(scene.code(&first, "work_email", &code).await.status, 303);
    let replayed = scene.code(&first, "work_email", &code).await;
    assert_ne!(replayed.status, 303, "a code is good once");

    let late = scene.newest(WORK_MAIL).await;
    scene.idp.advance(Duration::from_mins(10));
    let page = scene.code(&second, "work_email", &late).await;
    assert!(page.status == 422 && page.says("Ce code ne peut plus servir"), "{} {}", page.status, page.body);
    assert!(!scene.is_in(&second).await);
}

async fn six_wrong_codes_are_five_and_a_new_code_gives_no_new_tries(database: Database) {
    let scene = scene(&database, ON).await;
    let browser = scene.at_home().await;
    scene.send(&browser, "work_email").await;
    let code = scene.newest(WORK_MAIL).await;
    for typed in ["", "1234567", "12345678x", "１２３４５６７８"] {
        assert_eq!(scene.code(&browser, "work_email", typed).await.status, 422, "no code by its form, not counted");
    }
    for nth in 0..2 {
        assert_eq!(scene.code(&browser, "work_email", other_than(&code)).await.status, 401, "{nth}");
    }
    scene.idp.advance(Duration::from_secs(30));
    scene.send(&browser, "work_email").await;
    let code = scene.newest(WORK_MAIL).await;
    for nth in 2..5 {
        assert_eq!(scene.code(&browser, "work_email", other_than(&code)).await.status, 401, "{nth}");
        scene.idp.advance(Duration::from_mins(2));
    }
    let right = scene.code(&browser, "work_email", &code).await;
    assert_eq!(right.status, 422, "not even the right one: {}", right.body);
    let none = scene.send(&browser, "work_email").await;
    assert!(none.status == 429 && none.says("Plus aucun code ne sera envoyé"), "{} {}", none.status, none.body);
    assert!(!scene.is_in(&browser).await);
    let letters = scene.idp.letters_to(&database, WORK_MAIL).await;
    assert!(letters.iter().any(|notice| notice.as_str() == "factor_suspected"), "CS-09");
}

async fn another_code_waits_longer_each_time_and_logging_in_anew_is_no_way_round(database: Database) {
    let scene = scene(&database, ON).await;
    let browser = scene.at_home().await;
    for (nth, pause) in [30, 60, 120, 300, 300].into_iter().enumerate() {
        assert_eq!(scene.send(&browser, "work_email").await.status, 303, "{nth}");
        let early = scene.send(&browser, "work_email").await;
        assert_eq!(early.status, 429, "{}", early.body);
        assert_eq!(early.header("retry-after").is_some(), nth < 4, "the fifth is the last");
        scene.idp.advance(Duration::from_secs(pause));
    }
    assert_eq!(scene.sent().await, 5);
    for _ in 0..5 {
        let browser = scene.at_home().await;
        scene.send(&browser, "work_email").await;
    }
    assert_eq!(scene.sent().await, 8, "an hour's budget, whatever the session");
    scene.idp.advance(HOUR);
    assert_eq!(scene.send(&scene.at_home().await, "work_email").await.status, 303);
}

async fn only_an_address_that_is_proved_and_settled_is_offered(database: Database) {
    let scene = scene(&database, ON).await;
    let draft = AgentDraft { recovery_email: Some("ines@maison.example".into()), ..AgentDraft::default() };
    scene.idp.directory.set_agent(&TestIdp::mandate(), "100001", &draft).await.unwrap();
    let browser = scene.at_home().await;
    let offers = async |words: &str| scene.page(&browser, "work_email").await.says(words);
    let private = "i…\u{2060}s@maison.example";
    assert!(!offers(private).await, "not proved");
    scene.prove("recovery_email", "ines@maison.example", 71).await;
    assert!(!offers(private).await, "changed 71 hours ago");
    assert_eq!(scene.send(&browser, "recovery_email").await.status, 303);
    assert_eq!(scene.sent().await, 0, "and nothing is sent there, whatever is asked for");
    let settled = scene.idp.clock.now().minus(HOUR * 72).millis();
    database.execute(&format!("UPDATE channel SET verified_at = {settled} WHERE kind = 'recovery_email'")).await;
    assert!(offers(private).await);
    let reset = scene.idp.clock.now().minus(HOUR * 71).millis();
    database.execute(&format!("UPDATE channel SET reset_at = {reset} WHERE kind = 'recovery_email'")).await;
    assert!(!offers(private).await, "a password was reset over it");
}

async fn a_switch_that_is_off_or_over_and_nomades_without_its_own_offer_nothing(database: Database) {
    let scene = scene(&database, ON).await;
    let mut idp = scene.idp;
    for off in [
        "[factors.second_channel]\nmail = false\nsms = true\nnomades = true\n",
        "[factors.second_channel]\nmail = true\nsms = true\n",
        "[factors.second_channel]\nmail = true\nnomades = true\nuntil = \"2020-01-31\"\n",
    ] {
        idp = idp.restart_with(&database, off).await;
        let browser = Browser::new();
        let mut form = browser.get(format!("{}/login", idp.gateway)).await.form("/login");
        sign_in(&idp.gateway, &browser, "100001").await;
        let page = browser.get(format!("{}/login/factor?to=%2Faccount", idp.gateway)).await;
        assert_eq!((page.status, page.reason()), (403, Some("factor.enrolment_unsafe".into())), "{off}");
        form.action = format!("{}/login/factor", idp.gateway).parse().unwrap();
        let form = form.forge("act", "send").forge("way", "work_email").forge("to", "/account");
        assert_eq!(browser.submit(&form).await.status, 303);
        let letters = idp.letters(&database).await;
        assert!(!letters.iter().any(|letter| matches!(letter.notice, Notice::FactorCode { .. })), "{off}");
    }
}

async fn an_address_that_changed_meanwhile_takes_its_code_with_it(database: Database) {
    let scene = scene(&database, ON).await;
    let browser = scene.at_home().await;
    scene.send(&browser, "work_email").await;
    let code = scene.newest(WORK_MAIL).await;
    let form = scene.page(&browser, "work_email").await.form("/login/factor");
    let draft = AgentDraft { email: Some("nouveau@ville.example".into()), ..AgentDraft::default() };
    scene.idp.directory.set_agent(&TestIdp::mandate(), "100001", &draft).await.unwrap();
    browser.submit(&form.fill("code", &code)).await;
    assert!(!scene.is_in(&browser).await);
}

async fn administrators_are_sent_no_code(database: Database) {
    let scene = scene(&database, ON).await;
    scene.idp.directory.grant_role(&TestIdp::mandate(), "100001", Role::Helpdesk).await.unwrap();
    let browser = scene.at_home().await;
    let page = scene.page(&browser, "work_email").await;
    assert_eq!(page.reason().as_deref(), Some("factor.enrolment_unsafe"), "{}", page.body);
}

/// Signs in at the office and opens the enrolment.
async fn at_the_office(scene: &Scene<'_>) -> (Browser, Page) {
    let browser = Browser::new();
    sign_in(&scene.idp.issuer, &browser, "100001").await;
    let page = enrolment(scene, &browser).await;
    (browser, page)
}

async fn enrolment(scene: &Scene<'_>, browser: &Browser) -> Page {
    browser.get(format!("{}/login/enrol?to=%2Faccount%2Ffactors", scene.idp.issuer)).await
}

async fn the_first_enrolment_is_confirmed_over_a_proved_address(database: Database) {
    let scene = scene(&database, "").await;
    database.execute("DELETE FROM channel").await;
    database.execute("DELETE FROM enrolment_permit").await;
    let (browser, page) = at_the_office(&scene).await;
    assert!(page.text("enrol-send-work_email").is_none(), "nothing is proved: {}", page.body);
    // The work mail is HR's: proved a minute ago, it confirms.
    scene.prove("work_email", WORK_MAIL, 0).await;
    let page = enrolment(&scene, &browser).await;
    let sent = browser.submit(&page.form("/login/enrol").forge("act", "send").forge("channel", "work_email")).await;
    assert_eq!(sent.status, 303, "{}", sent.body);
    let page = browser.follow(sent).await;
    let code = scene.newest(WORK_MAIL).await;
    let typed = |code: &str| page.form("/login/enrol").fill("code", code);
    let wrong = browser.submit(&typed(other_than(&code))).await;
    assert!(wrong.status == 422 && wrong.text("enrol-confirm").is_some(), "{}", wrong.body);
    let confirmed = browser.submit(&typed(&code.replace('-', " "))).await;
    assert_eq!(confirmed.status, 303, "{}", confirmed.body);
    let page = browser.follow(confirmed).await;
    assert!(page.text("enrol-totp").is_some(), "{}", page.body);
    // In this browser only, and for a quarter of an hour.
    let (_, elsewhere) = at_the_office(&scene).await;
    assert!(elsewhere.text("enrol-totp").is_none(), "{}", elsewhere.body);
    scene.idp.advance(Duration::from_mins(4));
    assert!(enrolment(&scene, &browser).await.text("enrol-totp").is_some());
    let permits = "SELECT count(*) FROM enrolment_permit WHERE basis = 'channel'";
    assert_eq!(database.number(permits).await, 1);
    assert!(scene.idp.acts().await.contains(&"factor.enrolment_confirmed".to_owned()));
}

async fn a_confirmation_is_for_the_office_for_its_session_and_for_who_has_none(database: Database) {
    let scene = scene(&database, ON).await;
    database.execute("DELETE FROM enrolment_permit").await;
    let (browser, page) = at_the_office(&scene).await;
    browser.submit(&page.form("/login/enrol").forge("act", "send").forge("channel", "work_email")).await;
    let code = scene.newest(WORK_MAIL).await;
    // The code of one session confirms nothing in another.
    let (colleague, page) = at_the_office(&scene).await;
    let form = page.form("/login/enrol").forge("act", "confirm").forge("channel", "work_email").forge("code", &code);
    assert_eq!(colleague.submit(&form).await.status, 422);
    // Nor does it stand beside a password, nor is anything confirmed outside.
    let home = scene.at_home().await;
    assert_ne!(scene.code(&home, "work_email", &code).await.status, 303);
    let mut outside = scene.page(&home, "work_email").await.form("/login/factor");
    outside.action = format!("{}/login/enrol", scene.idp.gateway).parse().unwrap();
    let sent = outside.forge("act", "send").forge("channel", "work_email");
    home.submit(&sent).await;
    assert_eq!(database.number("SELECT count(*) FROM second_channel_code WHERE purpose = 'enrolment'").await, 1);
    assert_eq!(database.number("SELECT count(*) FROM enrolment_permit").await, 0);
}
