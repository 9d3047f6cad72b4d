//! The self-service reset: a code over a verified channel, then a new password. Who it is not for learns nothing.

use std::time::Duration;

use harness::browser::{Browser, Form, Page};
use harness::engine::Database;
use harness::for_each_engine;
use harness::idp::{PASSWORD, TestIdp};
use harness::letters::{letters, reset_code};
use octroi_idp::directory::AgentDraft;
use octroi_idp::domain::audit::EventFilter;
use octroi_idp::domain::channel::{Address, ChannelKind};
use octroi_idp::domain::soi::Soi;
use octroi_idp::storage::{StoreError, Tx, channels, passwords};

use crate::{is_signed_in, redeem, rp, sign_in, tokens_at_the_office};

for_each_engine!(
    a_forgotten_password_is_replaced_in_the_middle_of_a_login,
    everything_that_the_old_password_opened_ends_and_the_agent_is_told_everywhere,
    whoever_gets_no_code_reads_the_same_and_nothing_is_sent,
    a_code_works_in_its_own_attempt_and_browser_only,
    a_code_is_spent_once_and_of_twenty_one_wins,
    five_tries_and_no_more_whatever_codes_are_sent,
    letters_are_refused_with_a_word_and_cost_nothing,
    a_code_ends_after_ten_minutes_and_so_does_the_choice,
    another_code_replaces_the_one_before,
    a_password_by_the_same_rules_as_always,
    the_former_passwords_are_not_guessed_with_a_stolen_code,
    a_new_recovery_address_is_no_way_in_before_its_agent_could_notice,
    who_is_suspended_meanwhile_chooses_no_password,
);

pub const NEW: &str = "Platane-Passerelle-1742";

/// Hires an agent who has proved the work mail and the recovery address, long ago.
pub async fn hire(idp: &TestIdp, database: &Database, soi: &str) {
    let draft = AgentDraft { recovery_email: Some(format!("{soi}@maison.example")), ..AgentDraft::default() };
    idp.hire_as(soi, draft).await;
    idp.activate(soi, PASSWORD).await;
    prove(idp, database, soi, ChannelKind::WorkEmail, &format!("agent{soi}@ville.example")).await;
    prove(idp, database, soi, ChannelKind::RecoveryEmail, &format!("{soi}@maison.example")).await;
}

async fn prove(idp: &TestIdp, database: &Database, soi: &str, kind: ChannelKind, address: &str) {
    let (soi, address) = (Soi::from_stored(soi.to_owned()), Address::Email(address.to_owned()));
    let long_ago = idp.clock.now().minus(Duration::from_hours(48));
    let set = async |tx: &mut Tx| -> Result<(), StoreError> {
        channels::set_verified(tx, &soi, kind, &address, long_ago).await
    };
    database.store.write(set).await.expect("a proved channel");
}

/// Asks for a code over the work mail; answers the second page.
pub async fn ask(idp: &TestIdp, browser: &Browser, soi: &str) -> Page {
    ask_over(idp, browser, soi, ChannelKind::WorkEmail).await
}

async fn ask_over(idp: &TestIdp, browser: &Browser, soi: &str, channel: ChannelKind) -> Page {
    let page = browser.get(format!("{}/forgot-password", idp.issuer)).await;
    let form = page.form("/forgot-password").fill("soi", soi).fill("channel", channel.as_str());
    // So that there is a newest message.
    idp.advance(Duration::from_millis(1));
    browser.submit(&form).await
}

/// Types a code.
pub async fn type_code(browser: &Browser, page: &Page, code: &str) -> Page {
    browser.submit(&page.form("/forgot-password/verify").fill("code", code)).await
}

async fn choose(browser: &Browser, page: &Page, new: &str) -> Page {
    let form = page.form("/forgot-password/new").fill("new_password", new).fill("new_password_again", new);
    browser.submit(&form).await
}

/// The whole way.
async fn reset(idp: &TestIdp, database: &Database, soi: &str, new: &str) -> Page {
    let browser = Browser::new();
    let page = ask(idp, &browser, soi).await;
    let (code, _) = reset_code(database).await.expect("a code");
    choose(&browser, &type_code(&browser, &page, &code).await, new).await
}

pub async fn log_in(idp: &TestIdp, soi: &str, password: &str) -> Page {
    let browser = Browser::new();
    let page = browser.get(format!("{}/login", idp.issuer)).await;
    browser.submit(&page.form("/login").fill("soi", soi).fill("password", password)).await
}

/// The page without what differs by nature.
pub fn comparable(page: &Page) -> (u16, String) {
    let mut body = page.body.clone();
    for name in ["csrf", "ticket"] {
        if let Some(value) = page.find_form("/forgot-password").and_then(|form| form.fields.get(name).cloned()) {
            body = body.replace(&value, name);
        }
    }
    (page.status, body)
}

/// A code that is surely another one.
fn other(code: &str) -> String {
    code.chars()
        .map(|c| {
            if c == '0' {
                '1'
            } else if c.is_ascii_digit() {
                '0'
            } else {
                c
            }
        })
        .collect()
}

pub fn resend(page: &Page) -> Form {
    page.form("/forgot-password/verify").forge("resend", "1")
}

async fn notices(database: &Database) -> Vec<(String, &'static str)> {
    let told = letters(database).await;
    let mut told: Vec<_> = told
        .iter()
        .map(|l| (l.to.address.as_str().to_owned(), l.notice.as_str()))
        .filter(|(_, n)| *n != "reset_code")
        .collect();
    told.sort();
    told
}

async fn events(idp: &TestIdp, act: &str) -> Vec<octroi_idp::domain::audit::RecordedEvent> {
    idp.events(EventFilter { act: Some(act.into()), ..EventFilter::default() }).await
}

async fn a_forgotten_password_is_replaced_in_the_middle_of_a_login(database: Database) {
    let idp = TestIdp::start(&database).await;
    hire(&idp, &database, "100001").await;
    let app = idp.register("portal", |_| {}).await;
    let rp = rp(&idp, &app).await;
    let browser = Browser::new();
    let request = rp.request();

    let page = browser.follow(browser.get(&request.url).await).await;
    let link = page.link("href=\"/forgot-password").expect("a link at the login");
    let page = browser.get(page.url.join(&link).unwrap()).await;
    assert!(!page.body.contains("value=\"mobile\""), "no gateway is configured");
    let form = page.form("/forgot-password").fill("soi", " 100001 ").fill("channel", "recovery_email");
    let page = browser.submit(&form).await;
    assert!(page.says("Si ce SOI existe et que ce moyen de contact est vérifié, un code vient d’être envoyé."));
    let (code, to) = reset_code(&database).await.expect("a code");
    assert_eq!((to.as_str(), code.len(), code.as_bytes()[4]), ("100001@maison.example", 9, b'-'));
    // As people type: spaces around and between.
    let page = type_code(&browser, &page, &format!(" {} ", code.replace('-', "  "))).await;
    assert!(page.status == 200 && page.says("Étape 3 sur 3"), "{}", page.body);
    let page = choose(&browser, &page, NEW).await;
    assert_eq!(page.status, 303, "{}", page.body);
    assert!(page.set_cookie("octroi-session").is_none(), "a reset logs nobody in");
    let page = browser.follow(page).await;
    assert!(page.says("Votre mot de passe est changé"), "{}", page.body);
    let page = browser.submit(&page.form("/login").fill("soi", "100001").fill("password", NEW)).await;
    redeem(&rp, request, &browser.follow(page).await).await.expect("the request was carried through");

    assert_eq!(log_in(&idp, "100001", PASSWORD).await.status, 401);
    let acts = idp.acts().await;
    for act in ["password.reset_requested", "password.reset_code_accepted", "password.reset"] {
        assert!(acts.iter().any(|a| a == act), "{act}");
    }
    let all = serde_json::to_string(&idp.events(EventFilter::default()).await).unwrap();
    let digits = code.replace('-', "");
    assert!(![code.as_str(), &digits, NEW, "maison.example"].iter().any(|secret| all.contains(secret)), "GDPR-01");
    let used = "SELECT count(*) FROM channel WHERE kind = 'recovery_email' AND reset_at IS NOT NULL";
    assert_eq!(database.number(used).await, 1, "no factor for 72 h");
    assert_eq!(database.number("SELECT count(*) FROM channel WHERE reset_at IS NOT NULL").await, 1);
}

async fn everything_that_the_old_password_opened_ends_and_the_agent_is_told_everywhere(database: Database) {
    let idp = TestIdp::start(&database).await;
    hire(&idp, &database, "100001").await;
    hire(&idp, &database, "100002").await;
    let app = idp.register("portal", |_| {}).await;
    let party = rp(&idp, &app).await;
    let (one, two, colleague) = (Browser::new(), Browser::new(), Browser::new());
    let tokens = tokens_at_the_office(&idp, &party, &one, "100001").await;
    let request = party.request();
    let unspent = idp.log_in(&two, &request.url, "100001", PASSWORD).await;
    sign_in(&idp.issuer, &colleague, "100002").await;
    let letter = idp.reset_code("100001").await;
    // Another attempt that was begun, and one whose code was right already.
    let elsewhere = Browser::new();
    let waiting = ask_over(&idp, &elsewhere, "100001", ChannelKind::RecoveryEmail).await;
    let (waiting_code, _) = reset_code(&database).await.unwrap();

    assert_eq!(reset(&idp, &database, "100001", NEW).await.status, 303);

    let userinfo = format!("{}/oauth2/userinfo", idp.issuer);
    assert_eq!(party.userinfo(&tokens.access_token, &userinfo).await.0, 401, "an old token");
    assert!(redeem(&party, request, &unspent).await.expect_err("an old code").contains("invalid_grant"));
    assert!(!is_signed_in(&idp.issuer, &one).await && !is_signed_in(&idp.issuer, &two).await);
    assert!(is_signed_in(&idp.issuer, &colleague).await, "nobody else");
    assert_eq!(database.number("SELECT count(*) FROM application_grant WHERE revoked_at IS NULL").await, 0);
    let form = elsewhere.get(format!("{}/forgot-password/code", idp.issuer)).await.form("/forgot-password/code");
    let form = form.fill("soi", "100001").fill("code", &letter).fill("new_password", "Erable-Passerelle-1744");
    let page = elsewhere.submit(&form.fill("new_password_again", "Erable-Passerelle-1744")).await;
    assert_eq!((page.status, page.reason().as_deref()), (401, Some("reset.invalid")), "an old letter");
    let page = type_code(&elsewhere, &waiting, &waiting_code).await;
    assert!(page.status == 401 && page.says("Il reste 4 essais"), "withdrawn, and nothing tells: {}", page.body);
    let told = notices(&database).await;
    let about: Vec<_> =
        told.iter().filter(|(_, notice)| *notice == "password_reset").map(|(to, _)| to.as_str()).collect();
    assert_eq!(about, ["100001@maison.example", "agent100001@ville.example"]);
    let event = &events(&idp, "password.reset").await[0];
    assert_eq!((&event.detail["channel"], &event.detail["sessions_ended"]), (&"work_email".into(), &2.into()));
    assert_eq!(event.detail["grants_revoked"], 2);
}

async fn whoever_gets_no_code_reads_the_same_and_nothing_is_sent(database: Database) {
    let idp = TestIdp::start(&database).await;
    for soi in ["100001", "100003", "100004", "100005", "100006"] {
        hire(&idp, &database, soi).await;
    }
    idp.hire_as("100007", AgentDraft::default()).await;
    idp.directory.suspend_agent(&TestIdp::mandate(), "100003").await.expect("suspended");
    idp.directory.leave_agent(&TestIdp::mandate(), "100004").await.expect("left");
    let suspend = async |tx: &mut Tx| -> Result<bool, StoreError> {
        passwords::suspend(tx, &Soi::from_stored("100005".to_owned()), idp.clock.now()).await
    };
    database.store.write(suspend).await.expect("suspended credentials");
    // HR knows another address now: what was proved is not the agent's any more.
    let moved = AgentDraft { email: Some("elsewhere@ville.example".into()), ..AgentDraft::default() };
    idp.directory.set_agent(&TestIdp::mandate(), "100006", &moved).await.expect("changed");
    let known = ask(&idp, &Browser::new(), "100001").await;
    let sent = letters(&database).await.len();
    assert!(reset_code(&database).await.is_some());

    let mut second = vec![comparable(&known)];
    let mut third = vec![comparable(&type_code_in_new_browser(&idp, "100001").await)];
    let sent_twice = letters(&database).await.len();
    assert_eq!(sent_twice, sent + 1);
    for soi in ["100003", "100004", "100005", "100006", "100007", "999999", "not a soi", ""] {
        second.push(comparable(&ask(&idp, &Browser::new(), soi).await));
        third.push(comparable(&type_code_in_new_browser(&idp, soi).await));
    }
    second.push(comparable(&ask_over(&idp, &Browser::new(), "100001", ChannelKind::Mobile).await));
    assert!(second.windows(2).all(|pair| pair[0] == pair[1]), "a stranger can tell them apart");
    assert!(third.windows(2).all(|pair| pair[0] == pair[1]), "a stranger can tell them apart by a wrong code");
    assert_eq!(third[0].0, 401);
    assert_eq!(letters(&database).await.len(), sent_twice, "nothing was sent");
    assert_eq!(database.number("SELECT count(*) FROM outbox WHERE notice = 'reset_code'").await, 2, "and nothing kept");

    let requested = events(&idp, "password.reset_requested").await;
    let why = |soi: &str| {
        let event = requested.iter().find(|event| event.subject.as_deref() == Some(soi));
        event.map(|event| event.detail["withheld"].clone())
    };
    for (soi, word) in [
        ("100003", "not_working"),
        ("100004", "not_working"),
        ("100005", "suspended"),
        ("100006", "no_channel"),
        ("100007", "not_activated"),
    ] {
        assert_eq!(why(soi), Some(word.into()), "{soi}");
    }
    let all = serde_json::to_string(&requested).unwrap();
    assert!(!all.contains("999999") && !all.contains("not a soi"), "GDPR-02");
}

/// Asks, and types a code that is nobody's.
async fn type_code_in_new_browser(idp: &TestIdp, soi: &str) -> Page {
    let browser = Browser::new();
    let page = ask(idp, &browser, soi).await;
    type_code(&browser, &page, "0000-0000").await
}

async fn a_code_works_in_its_own_attempt_and_browser_only(database: Database) {
    let idp = TestIdp::start(&database).await;
    hire(&idp, &database, "100001").await;
    hire(&idp, &database, "100002").await;
    let (own, thief) = (Browser::new(), Browser::new());
    let page = ask(&idp, &own, "100001").await;
    let (code, _) = reset_code(&database).await.unwrap();
    // Another agent's attempt, another attempt for the same agent, and the stolen ticket in another browser.
    for soi in ["100002", "100001"] {
        let other = ask(&idp, &thief, soi).await;
        assert_eq!(type_code(&thief, &other, &code).await.status, 401, "{soi}");
    }
    let csrf = thief.get(format!("{}/login", idp.issuer)).await.form("/login").fields["csrf"].clone();
    let stolen = page.form("/forgot-password/verify").fill("code", &code).forge("csrf", &csrf);
    let answer = thief.submit(&stolen).await;
    assert!(answer.status == 401 && answer.says("Cette demande ne sert plus"), "{}", answer.body);

    let right = type_code(&own, &page, &code).await;
    assert_eq!(right.status, 200);
    let stolen = right.form("/forgot-password/new").fill("new_password", NEW).fill("new_password_again", NEW);
    assert_eq!(thief.submit(&stolen.forge("csrf", &csrf)).await.status, 401);
    // A ticket whose code was not typed chooses nothing.
    let unproved = ask(&idp, &own, "100002").await.form("/forgot-password/verify").fields["ticket"].clone();
    let forged = right.form("/forgot-password/new").forge("ticket", &unproved);
    let forged = forged.fill("new_password", NEW).fill("new_password_again", NEW);
    assert_eq!(own.submit(&forged).await.status, 401);
    assert_eq!(choose(&own, &right, NEW).await.status, 303);
    assert_eq!(log_in(&idp, "100002", PASSWORD).await.status, 303);
}

async fn a_code_is_spent_once_and_of_twenty_one_wins(database: Database) {
    let idp = TestIdp::start(&database).await;
    hire(&idp, &database, "100001").await;
    let browser = Browser::new();
    let page = ask(&idp, &browser, "100001").await;
    let (code, _) = reset_code(&database).await.unwrap();
    let form = page.form("/forgot-password/verify").fill("code", &code);
    let crowd = |form: Form| {
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..20 {
            let (browser, form) = (browser.clone(), form.clone());
            tasks.spawn(async move { browser.submit(&form).await });
        }
        tasks.join_all()
    };
    let answers = crowd(form.clone()).await;
    let right: Vec<&Page> = answers.iter().filter(|page| page.status == 200).collect();
    assert_eq!(right.len(), 1);
    assert!(answers.iter().all(|page| [200, 401, 429].contains(&page.status)));
    assert_eq!(browser.submit(&form).await.status, 401, "once");

    let form = right[0].form("/forgot-password/new").fill("new_password", NEW).fill("new_password_again", NEW);
    let answers = crowd(form.clone()).await;
    assert_eq!(answers.iter().filter(|page| page.status == 303).count(), 1, "one password is set");
    assert_eq!(browser.submit(&form).await.status, 401, "a replayed choice");
    assert_eq!(events(&idp, "password.reset").await.iter().filter(|event| event.outcome == "done").count(), 1);
}

async fn five_tries_and_no_more_whatever_codes_are_sent(database: Database) {
    let idp = TestIdp::start(&database).await;
    hire(&idp, &database, "100001").await;
    for soi in ["100001", "999999"] {
        let browser = Browser::new();
        let page = ask(&idp, &browser, soi).await;
        let (code, _) = reset_code(&database).await.unwrap();
        for left in ["4", "3", "2"] {
            let page = type_code(&browser, &page, &other(&code)).await;
            assert!(page.status == 401 && page.says(&format!("Il reste {left} essais")), "{soi} {left}");
            assert_eq!(page.reason().as_deref(), Some("reset.invalid"));
        }
        // Another code gives no new tries (NIST-12).
        let page = browser.submit(&resend(&page)).await;
        assert!(page.says("Utilisez le plus récent"), "{}", page.body);
        let (code, _) = reset_code(&database).await.unwrap();
        assert!(type_code(&browser, &page, &other(&code)).await.says("Il reste 1 essai."), "{soi}");
        // From here on each try has to wait, for unknown agents too.
        assert_eq!(type_code(&browser, &page, &other(&code)).await.status, 429, "{soi}");
        idp.advance(Duration::from_secs(16));
        let over = type_code(&browser, &page, &other(&code)).await;
        assert!(over.status == 401 && over.says("Cette demande ne sert plus"), "{soi}: {}", over.body);
        idp.advance(Duration::from_secs(120));
        let dead = type_code(&browser, &page, &code).await;
        assert!(dead.status == 401 && dead.says("Cette demande ne sert plus"), "{soi}: even the right one");
        assert_eq!(browser.submit(&resend(&page)).await.status, 401, "{soi}");
    }
    assert_eq!(log_in(&idp, "100001", PASSWORD).await.status, 303, "the login is not touched");
}

async fn letters_are_refused_with_a_word_and_cost_nothing(database: Database) {
    let idp = TestIdp::start(&database).await;
    hire(&idp, &database, "100001").await;
    let browser = Browser::new();
    let page = ask(&idp, &browser, "100001").await;
    let (code, _) = reset_code(&database).await.unwrap();
    for typed in ["", "4821", "4821-9O37", "482190371", "４８２１９０３７", &"4".repeat(10_000), "4821-903\u{0}"]
    {
        let page = type_code(&browser, &page, typed).await;
        assert!([400, 413, 422].contains(&page.status), "{typed:.12}: {}", page.status);
        if page.status == 422 {
            assert!(page.says("Le code compte huit chiffres"), "{typed:.12}");
        }
    }
    let right = type_code(&browser, &page, &code.replace('-', "\u{2011}\u{a0}")).await;
    assert_eq!(right.status, 200, "and the five tries are all there");
    assert_eq!(database.number("SELECT tries FROM password_reset").await, 1);
}

async fn a_code_ends_after_ten_minutes_and_so_does_the_choice(database: Database) {
    let idp = TestIdp::start(&database).await;
    hire(&idp, &database, "100001").await;
    let browser = Browser::new();
    let page = ask(&idp, &browser, "100001").await;
    let (code, _) = reset_code(&database).await.unwrap();
    idp.advance(Duration::from_mins(10));
    let expired = type_code(&browser, &page, &code).await;
    assert!(expired.status == 401 && expired.says("Ce code a expiré"), "{}", expired.body);
    let page = browser.submit(&resend(&expired)).await;
    let (fresh, _) = reset_code(&database).await.unwrap();
    let right = type_code(&browser, &page, &fresh).await;
    assert_eq!(right.status, 200);
    idp.advance(Duration::from_mins(10));
    assert_eq!(choose(&browser, &right, NEW).await.status, 401);
    assert_eq!(log_in(&idp, "100001", PASSWORD).await.status, 303, "nothing happened");
    idp.advance(Duration::from_hours(2));
    let page = ask(&idp, &browser, "100001").await;
    idp.advance(Duration::from_mins(31));
    assert_eq!(browser.submit(&resend(&page)).await.status, 401, "an attempt ends");
}

async fn another_code_replaces_the_one_before(database: Database) {
    let idp = TestIdp::start(&database).await;
    hire(&idp, &database, "100001").await;
    let browser = Browser::new();
    let page = ask(&idp, &browser, "100001").await;
    let (first, _) = reset_code(&database).await.unwrap();
    idp.advance(Duration::from_secs(1));
    let page = browser.submit(&resend(&page)).await;
    let (second, to) = reset_code(&database).await.unwrap();
    assert_ne!(first, second);
    assert_eq!(to, "agent100001@ville.example", "over the same channel");
    assert_eq!(type_code(&browser, &page, &first).await.status, 401);
    assert_eq!(type_code(&browser, &page, &second).await.status, 200);
}

async fn a_password_by_the_same_rules_as_always(database: Database) {
    let idp = TestIdp::start(&database).await;
    hire(&idp, &database, "100001").await;
    let browser = Browser::new();
    let page = ask(&idp, &browser, "100001").await;
    let (code, _) = reset_code(&database).await.unwrap();
    let page = type_code(&browser, &page, &code).await;
    for (new, words) in [
        ("court", "trop court"),
        ("bonjour camille bonjour", "votre nom"),
        ("mon numero est 100001", "votre identifiant SOI"),
        (PASSWORD, "mot de passe actuel"),
        (&"é".repeat(257), "trop long"),
    ] {
        let refused = choose(&browser, &page, new).await;
        assert!(refused.status == 422 && refused.says(words), "{new:.30}: {}", refused.body);
        assert_eq!(refused.form("/forgot-password/new").fields["new_password"], "");
    }
    let form = page.form("/forgot-password/new").fill("new_password", NEW).fill("new_password_again", PASSWORD);
    assert_eq!(browser.submit(&form).await.status, 422);
    assert_eq!(choose(&browser, &page, NEW).await.status, 303, "and the code was not spent");
    idp.advance(Duration::from_hours(25));
    assert!(reset(&idp, &database, "100001", PASSWORD).await.says("déjà utilisé"), "none of the last ones");
}

async fn the_former_passwords_are_not_guessed_with_a_stolen_code(database: Database) {
    let idp = TestIdp::start(&database).await;
    hire(&idp, &database, "100001").await;
    let browser = Browser::new();
    let page = ask(&idp, &browser, "100001").await;
    let (code, _) = reset_code(&database).await.unwrap();
    let page = type_code(&browser, &page, &code).await;
    for _ in 0..10 {
        assert_eq!(choose(&browser, &page, PASSWORD).await.status, 422);
    }
    assert_eq!(choose(&browser, &page, NEW).await.status, 401, "ten comparisons, and the attempt is over");
}

async fn a_new_recovery_address_is_no_way_in_before_its_agent_could_notice(database: Database) {
    let idp = TestIdp::start(&database).await;
    hire(&idp, &database, "100001").await;
    let (soi, fresh) = (Soi::from_stored("100001".to_owned()), "thief@ailleurs.example");
    let draft = AgentDraft { recovery_email: Some(fresh.into()), ..AgentDraft::default() };
    idp.directory.set_agent(&TestIdp::mandate(), "100001", &draft).await.expect("changed");
    let address = Address::Email(fresh.to_owned());
    let set = async |tx: &mut Tx| -> Result<(), StoreError> {
        channels::set_verified(tx, &soi, ChannelKind::RecoveryEmail, &address, idp.clock.now()).await
    };
    database.store.write(set).await.expect("a proved channel");
    ask_over(&idp, &Browser::new(), "100001", ChannelKind::RecoveryEmail).await;
    assert_eq!(reset_code(&database).await, None);
    idp.advance(Duration::from_hours(24));
    ask_over(&idp, &Browser::new(), "100001", ChannelKind::RecoveryEmail).await;
    assert_eq!(reset_code(&database).await.map(|(_, to)| to).as_deref(), Some(fresh));
}

async fn who_is_suspended_meanwhile_chooses_no_password(database: Database) {
    let idp = TestIdp::start(&database).await;
    hire(&idp, &database, "100001").await;
    let browser = Browser::new();
    let page = ask(&idp, &browser, "100001").await;
    let (code, _) = reset_code(&database).await.unwrap();
    let right = type_code(&browser, &page, &code).await;
    idp.directory.suspend_agent(&TestIdp::mandate(), "100001").await.expect("suspended");
    assert_eq!(choose(&browser, &right, NEW).await.status, 401);
    idp.directory.reinstate_agent(&TestIdp::mandate(), "100001").await.expect("back");
    assert_eq!(choose(&browser, &right, NEW).await.status, 401, "what was withdrawn stays so");
    assert_eq!(log_in(&idp, "100001", PASSWORD).await.status, 303);
}
