//! Contact channels: an address counts after the code that was sent to it was typed, and its change is told to the one
//! before it.

use std::time::Duration;

use harness::browser::{Browser, Page};
use harness::engine::Database;
use harness::for_each_engine;
use harness::idp::{PASSWORD, TestIdp};
use octroi_idp::directory::AgentDraft;
use octroi_idp::domain::audit::EventFilter;
use octroi_idp::domain::channel::ChannelKind;
use octroi_idp::domain::notice::Notice;

use crate::sign_in;

for_each_engine!(
    a_number_counts_after_its_code_was_typed,
    a_changed_address_is_told_to_the_one_before_it,
    a_code_works_once_for_its_agent_and_ten_minutes,
    a_code_with_letters_is_refused_and_not_counted,
    five_wrong_codes_are_the_last_and_a_new_code_gives_no_more,
    of_fifty_browsers_with_one_code_one_wins,
    what_hr_changes_is_no_longer_proved,
    a_removed_address_is_told_and_gone,
    an_address_that_cannot_be_is_refused_with_its_reason,
    from_outside_an_address_is_proved_but_not_changed_without_a_factor_of_ones_own,
    an_address_of_another_agent_is_an_address_like_any_other,
);

const MOBILE: &str = "/account/contact/mobile";
const RECOVERY: &str = "/account/contact/recovery-email";
const WORK: &str = "/account/contact/work-email";
const WORK_MAIL: &str = "agent100001@ville.example";

/// An agent who is signed in at the office, whose work mail is proved.
struct Scene<'a> {
    idp: TestIdp,
    browser: Browser,
    database: &'a Database,
}

async fn scene(database: &Database) -> Scene<'_> {
    let idp = TestIdp::start(database).await;
    idp.hire("100001").await;
    let browser = Browser::new();
    sign_in(&idp.issuer, &browser, "100001").await;
    Scene { idp, browser, database }
}

impl Scene<'_> {
    async fn get(&self, path: &str) -> Page {
        self.browser.get(format!("{}{path}", self.idp.issuer)).await
    }

    /// Asks for a code to this address; the clock moves on, so that the newest code is known.
    async fn send(&self, path: &str, address: &str) -> Page {
        self.idp.advance(Duration::from_secs(1));
        let form = self.get(&format!("{path}?change=1")).await.form(path);
        let form = if address.is_empty() { form } else { form.fill("address", address) };
        self.browser.submit(&form).await
    }

    async fn code(&self, path: &str, code: &str) -> Page {
        let form = self.get(path).await.form(path).forge("act", "code").forge("code", code);
        self.browser.submit(&form).await
    }

    /// Goes the whole way to this address.
    async fn prove(&self, path: &str, typed: &str, address: &str) {
        let sent = self.send(path, typed).await;
        assert_eq!(sent.status, 303, "{}", sent.body);
        let code = self.idp.channel_code(self.database, address).await;
        let page = self.code(path, &code).await;
        assert_eq!(page.status, 303, "{}", page.body);
    }

    async fn column(&self, column: &str) -> Vec<String> {
        let sql = format!("SELECT COALESCE({column}, '-') FROM agent WHERE soi = '100001'");
        self.database.texts(&sql).await
    }

    async fn told(&self, address: &str) -> Vec<(ChannelKind, Option<String>)> {
        let letters = self.idp.letters_to(self.database, address).await;
        let changes = letters.into_iter().filter_map(|notice| match notice {
            Notice::ChannelChanged { kind, now, .. } => Some((kind, now)),
            _ => None,
        });
        changes.collect()
    }
}

async fn a_number_counts_after_its_code_was_typed(database: Database) {
    let scene = scene(&database).await;
    let page = scene.send(MOBILE, "06 12 34 56 78").await;
    let page = scene.browser.follow(page).await;
    assert!(page.says("Un code a été envoyé à +33612345678"), "{}", page.body);
    assert_eq!(scene.column("mobile").await, ["-"], "not yet");
    assert!(scene.get("/account/contact").await.says("Un code a été envoyé à +33612345678"));

    let code = scene.idp.channel_code(&database, "+33612345678").await;
    assert!(code.len() == 9 && code.as_bytes()[4] == b'-', "two groups of four digits");
    let spaced = format!(" {} \u{2013}", code.replace('-', " "));
    let page = scene.code(MOBILE, &spaced).await;
    let page = scene.browser.follow(page).await;
    assert!(page.says("Votre moyen de contact est vérifié.") && page.says("+33612345678"), "{}", page.body);

    assert_eq!(scene.column("mobile").await, ["+33612345678"]);
    assert_eq!(database.number("SELECT version FROM agent WHERE soi = '100001'").await, 2);
    assert_eq!(scene.told(WORK_MAIL).await, [(ChannelKind::Mobile, Some("+33 … 78".into()))]);
    let filter = EventFilter { subject: Some("100001".into()), limit: 3, ..EventFilter::default() };
    let events = scene.idp.events(filter).await;
    let acts: Vec<&str> = events.iter().map(|event| event.act.as_str()).collect();
    assert_eq!(acts, ["agent.channel_verified", "agent.channel_changed", "agent.channel_code_sent"]);
    let written = serde_json::to_string(&events).unwrap();
    assert!(!written.contains("612345678") && !written.contains(&code), "no value in the audit: {written}");
    assert!(events.iter().all(|event| (event.actor_kind.as_str(), event.actor.as_str()) == ("agent", "100001")));
    assert_eq!(database.number("SELECT count(*) FROM channel WHERE soi = '100001'").await, 1);
}

async fn a_changed_address_is_told_to_the_one_before_it(database: Database) {
    let scene = scene(&database).await;
    let (first, second) = ("ines@maison.example", "ines@autre.example");
    scene.prove(RECOVERY, first, first).await;
    assert!(scene.told(first).await.is_empty());
    scene.send(RECOVERY, second).await;
    assert_eq!(scene.column("recovery_email").await, [first], "the old one stays in force");
    let code = scene.idp.channel_code(&database, second).await;
    scene.code(RECOVERY, &code).await;

    assert_eq!(scene.column("recovery_email").await, [second]);
    let change = (ChannelKind::RecoveryEmail, Some("i…s@autre.example".into()));
    assert_eq!(scene.told(first).await, std::slice::from_ref(&change), "CNIL-12");
    assert!(scene.told(second).await.is_empty());
    assert!(scene.told(WORK_MAIL).await.contains(&change));
}

async fn a_code_works_once_for_its_agent_and_ten_minutes(database: Database) {
    let scene = scene(&database).await;
    let address = "ines@maison.example";
    scene.send(RECOVERY, address).await;
    let first = scene.idp.channel_code(&database, address).await;

    scene.idp.hire("100002").await;
    let colleague = Browser::new();
    sign_in(&scene.idp.issuer, &colleague, "100002").await;
    let url = format!("{}{RECOVERY}", scene.idp.issuer);
    let form = colleague.get(&url).await.form(RECOVERY).fill("address", address);
    colleague.submit(&form).await;
    let form = colleague.get(&url).await.form(RECOVERY).fill("code", &first);
    let page = colleague.submit(&form).await;
    assert!(page.status == 422 && page.says("Ce code ne correspond pas"), "another agent's code: {}", page.body);

    let form = scene.get(RECOVERY).await.form(RECOVERY).fill("code", &first);
    scene.idp.advance(Duration::from_mins(10) - Duration::from_millis(1));
    assert_eq!(scene.browser.submit(&form).await.status, 303, "without the password: the code was asked for with it");
    let replayed = scene.browser.submit(&form).await;
    assert!(replayed.status == 422 && replayed.says("plus valable"), "{}", replayed.body);

    let confirm = scene.get("/account/confirm").await.form("/account/confirm").fill("current_password", PASSWORD);
    scene.browser.submit(&confirm).await;
    scene.send(MOBILE, "0612345678").await;
    let late = scene.idp.channel_code(&database, "+33612345678").await;
    let form = scene.get(MOBILE).await.form(MOBILE).fill("code", &late);
    scene.idp.advance(Duration::from_mins(10));
    let page = scene.browser.submit(&form).await;
    assert!(page.status == 422 && page.says("plus valable"), "{}", page.body);
    assert_eq!(scene.column("mobile").await, ["-"]);
}

async fn a_code_with_letters_is_refused_and_not_counted(database: Database) {
    let scene = scene(&database).await;
    scene.send(MOBILE, "0612345678").await;
    let huge = "1".repeat(5000);
    for typed in ["", "abcdefgh", "1234567", "123456789", "1234567O", "１２３４５６７８", "' OR 1=1", huge.as_str()]
    {
        let page = scene.code(MOBILE, typed).await;
        assert!(page.status == 422 && page.says("Le code compte 8 chiffres"), "{typed}: {}", page.body);
        assert!(page.says("href=\"#code\"") && page.says("aria-invalid"));
    }
    let code = scene.idp.channel_code(&database, "+33612345678").await;
    assert_eq!(scene.code(MOBILE, &code).await.status, 303, "none of them counted");
}

/// A code that is not this one.
fn wrong(code: &str) -> &'static str {
    if code == "1234-5678" { "8765-4321" } else { "1234-5678" }
}

async fn five_wrong_codes_are_the_last_and_a_new_code_gives_no_more(database: Database) {
    let scene = scene(&database).await;
    scene.send(MOBILE, "0612345678").await;
    let code = scene.idp.channel_code(&database, "+33612345678").await;
    for left in ["4 essais", "3 essais"] {
        assert!(scene.code(MOBILE, wrong(&code)).await.says(left), "{left}");
    }
    scene.send(MOBILE, "0612345678").await;
    let code = scene.idp.channel_code(&database, "+33612345678").await;
    let form = scene.get(MOBILE).await.form(MOBILE);
    for left in ["2 essais", "un essai", "plus valable"] {
        assert!(scene.code(MOBILE, wrong(&code)).await.says(left), "{left}");
    }
    let page = scene.browser.submit(&form.fill("code", &code)).await;
    assert!(page.says("plus valable"), "not even the right one: {}", page.body);
    let page = scene.send(MOBILE, "0612345678").await;
    assert_eq!(page.status, 429);
    assert!(page.says("Trop de codes pour le moment") && page.header("retry-after").is_some());
    assert_eq!(scene.column("mobile").await, ["-"]);
}

async fn of_fifty_browsers_with_one_code_one_wins(database: Database) {
    let scene = scene(&database).await;
    scene.send(MOBILE, "0612345678").await;
    let code = scene.idp.channel_code(&database, "+33612345678").await;
    let form = scene.get(MOBILE).await.form(MOBILE).fill("code", &code);
    let race = (0..50).map(|_| {
        let (browser, form) = (scene.browser.clone(), form.clone());
        tokio::spawn(async move { browser.submit(&form).await.status })
    });
    let mut answers = Vec::new();
    for task in race.collect::<Vec<_>>() {
        answers.push(task.await.unwrap());
    }
    assert_eq!(answers.iter().filter(|status| **status == 303).count(), 1, "{answers:?}");
    assert_eq!(answers.iter().filter(|status| **status == 422).count(), 49, "{answers:?}");
    assert_eq!(database.number("SELECT version FROM agent WHERE soi = '100001'").await, 2);
    assert_eq!(scene.told(WORK_MAIL).await.len(), 1, "told once");
}

async fn what_hr_changes_is_no_longer_proved(database: Database) {
    let scene = scene(&database).await;
    scene.prove(WORK, "", WORK_MAIL).await;
    scene.prove(MOBILE, "0612345678", "+33612345678").await;
    let proved = async || scene.get("/account/contact").await.body.matches("Vérifié le").count();
    assert_eq!(proved().await, 2);
    let page = scene.send(WORK, "").await;
    assert!(page.says("déjà vérifiée"), "there is nothing to prove twice: {}", page.body);

    let change = AgentDraft { mobile: Some("0699999999".into()), ..AgentDraft::default() };
    scene.idp.directory.set_agent(&TestIdp::mandate(), "100001", &change).await.unwrap();
    assert_eq!(proved().await, 1);
    let page = scene.get("/account/contact").await;
    assert!(page.says("+33699999999") && page.says("À vérifier"));

    let change = AgentDraft { email: Some("mariee@ville.example".into()), ..AgentDraft::default() };
    scene.send(RECOVERY, "ines@maison.example").await;
    let change_pending = AgentDraft { email: Some("autre@ville.example".into()), ..AgentDraft::default() };
    scene.idp.directory.set_agent(&TestIdp::mandate(), "100001", &change).await.unwrap();
    assert_eq!(proved().await, 0);
    scene.send(WORK, "").await;
    let code = scene.idp.channel_code(&database, "mariee@ville.example").await;
    let form = scene.get(WORK).await.form(WORK).fill("code", &code);
    scene.idp.directory.set_agent(&TestIdp::mandate(), "100001", &change_pending).await.unwrap();
    assert!(
        scene.browser.submit(&form).await.says("plus valable"),
        "the code was sent to what is no longer the address"
    );
    assert_eq!(proved().await, 0);
}

async fn a_removed_address_is_told_and_gone(database: Database) {
    let scene = scene(&database).await;
    scene.prove(MOBILE, "0612345678", "+33612345678").await;
    let form = scene.get(MOBILE).await.form(MOBILE).forge("act", "remove");
    let page = scene.browser.submit(&form).await;
    assert!(scene.browser.follow(page).await.says("Ce moyen de contact est retiré."));
    assert_eq!(scene.column("mobile").await, ["-"]);
    assert_eq!(database.number("SELECT count(*) FROM channel").await, 0);
    assert_eq!(scene.told("+33612345678").await, [(ChannelKind::Mobile, None)], "the address itself hears of it");
    assert!(scene.told(WORK_MAIL).await.contains(&(ChannelKind::Mobile, None)));

    scene.browser.submit(&form).await;
    assert_eq!(scene.told(WORK_MAIL).await.len(), 2, "nothing happens twice");
    let work = scene.get(WORK).await.form(WORK).forge("act", "remove");
    assert_eq!(scene.browser.submit(&work).await.status, 303);
    assert_eq!(scene.column("email").await, [WORK_MAIL], "HR's address is not the agent's to remove");
    scene.browser.submit(&work.forge("act", "send").forge("address", "x@evil.example")).await;
    assert!(scene.idp.letters_to(&database, "x@evil.example").await.is_empty(), "nor to change");
}

async fn an_address_that_cannot_be_is_refused_with_its_reason(database: Database) {
    let scene = scene(&database).await;
    let long = format!("{}@maison.example", "a".repeat(3_000));
    for (path, typed, words) in [
        (MOBILE, "06 12", "Ce numéro n’est pas complet"),
        (MOBILE, "   ", "L’adresse manque"),
        (MOBILE, "ines@maison.example", "Ce numéro n’est pas complet"),
        (RECOVERY, "ines", "Cette adresse n’est pas complète"),
        (RECOVERY, "a@b.example\r\nBcc: c@d.example", "Cette adresse n’est pas complète"),
        (RECOVERY, "<b>@maison.example", "Cette adresse n’est pas complète"),
        (RECOVERY, "Agent100001@Ville.Example", "C’est votre courriel professionnel"),
        (RECOVERY, long.as_str(), "Cette adresse n’est pas complète"),
    ] {
        let page = scene.send(path, typed).await;
        assert!(page.status == 422 && page.says(words), "{words}: {}", page.status);
        assert!(!page.body.contains("<b>@"));
    }
    assert_eq!(scene.send(RECOVERY, &"a".repeat(30_000)).await.status, 413, "no field is that long");
    assert!(scene.idp.letters(&database).await.is_empty(), "nothing was sent");
    let form = scene.get(MOBILE).await.form(MOBILE).forge("act", "publish");
    assert_eq!(scene.browser.submit(&form).await.status, 400);
}

async fn from_outside_an_address_is_proved_but_not_changed_without_a_factor_of_ones_own(database: Database) {
    let idp = TestIdp::start(&database).await;
    let draft = AgentDraft { mobile: Some("0612345678".into()), ..AgentDraft::default() };
    idp.hire_as("100001", draft).await;
    idp.activate("100001", PASSWORD).await;
    let browser = Browser::new();
    sign_in(&idp.gateway, &browser, "100001").await;
    let get = async |path: &str| browser.get(format!("{}{path}", idp.gateway)).await;
    assert_eq!(get(MOBILE).await.location().unwrap().path(), "/login/factor", "a password alone opens nothing");
    // A manager's pass opens the account; it is nothing that the agent holds.
    let now = idp.clock.now().millis();
    let given = format!("second_factor_at = {now}, second_factor_until = {}", now + 3_600_000);
    database.execute(&format!("UPDATE session SET second_factor = 'manager_pass', {given}")).await;

    let page = get(MOBILE).await;
    assert!(page.says("Modification au bureau"));
    let form = page.form(MOBILE);
    assert!(!form.fields.contains_key("address"), "only the address that HR knows");
    let forged = browser.submit(&form.clone().forge("address", "0699999999")).await;
    assert_eq!(forged.status, 303);
    assert!(idp.letters(&database).await.is_empty(), "nothing goes to a new address");
    browser.submit(&form.clone().forge("act", "remove")).await;
    assert_eq!(database.texts("SELECT mobile FROM agent WHERE soi = '100001'").await, ["+33612345678"]);

    browser.submit(&form.forge("address", "06 12 34 56 78")).await;
    let code = idp.channel_code(&database, "+33612345678").await;
    let form = get(MOBILE).await.form(MOBILE).fill("code", &code);
    assert_eq!(browser.submit(&form).await.status, 303, "whoever reads it, reads it everywhere");
    assert!(get(RECOVERY).await.find_form(RECOVERY).is_none(), "there is nothing to prove, and nothing may be added");
}

async fn an_address_of_another_agent_is_an_address_like_any_other(database: Database) {
    let scene = scene(&database).await;
    let draft = AgentDraft { recovery_email: Some("foyer@maison.example".into()), ..AgentDraft::default() };
    scene.idp.hire_as("100002", draft).await;
    scene.prove(RECOVERY, "foyer@maison.example", "foyer@maison.example").await;
    assert_eq!(scene.column("recovery_email").await, ["foyer@maison.example"]);
    let colleague = "SELECT count(*) FROM channel WHERE soi = '100002'";
    assert_eq!(database.number(colleague).await, 0, "proved for one is not proved for the other");
}
