//! Passwords that were in a breach: refused when they are chosen, and changed before anything opens when they are in use.

use std::path::Path;

use harness::browser::{Browser, Page};
use harness::engine::Database;
use harness::for_each_engine;
use harness::idp::{PASSWORD, TestIdp};
use octroi_idp::crypto::breach::{Draft, InputFormat, build};
use octroi_idp::directory::AgentDraft;
use octroi_idp::domain::audit::EventFilter;

use crate::{redeem, rp};

for_each_engine!(
    a_password_that_came_into_a_breach_is_changed_before_anything_opens,
    nobody_chooses_a_password_that_was_in_a_breach,
);

const KNOWN: &str = "une phrase deja publiee";
const NEW: &str = "Platane-Passerelle-1742";

fn compile(filter: &Path, passwords: &[&str]) {
    let list = passwords.join("\n");
    build(list.as_bytes(), InputFormat::Clear, filter, |_| {}).and_then(Draft::put_in_place).expect("a filter");
}

async fn start(database: &Database, filter: &Path) -> TestIdp {
    compile(filter, &[KNOWN]);
    let extra = format!(
        "[password]\npepper = {{ file = \"pepper.key\" }}\nthreads = 1\nbreach_filter = \"{}\"\n",
        filter.display()
    );
    TestIdp::start_with(database, &extra).await
}

async fn log_in(browser: &Browser, origin: &str, password: &str) -> Page {
    let form = browser.get(format!("{origin}/login")).await.form("/login");
    browser.submit(&form.fill("soi", "100001").fill("password", password)).await
}

async fn a_password_that_came_into_a_breach_is_changed_before_anything_opens(database: Database) {
    let files = tempfile::tempdir().expect("a folder");
    let filter = files.path().join("breach.filter");
    let idp = start(&database, &filter).await;
    idp.hire("100001").await;
    let app = idp.register("webmail", |_| {}).await;
    let rp = rp(&idp, &app).await;
    let before = Browser::new();
    assert_eq!(log_in(&before, &idp.issuer, PASSWORD).await.status, 303, "nobody knows it yet");

    // Another corpus is published; the running server takes the new file over.
    compile(&filter, &[KNOWN, PASSWORD]);
    idp.jobs.reload().await.expect("a reload");
    let wrong = log_in(&Browser::new(), &idp.issuer, "not the password at all").await;
    let told = (wrong.status, wrong.reason());
    assert_eq!(told, (401, Some("credentials.invalid".to_owned())), "nothing more before the right password");

    let browser = Browser::new();
    let request = rp.request();
    let page = idp.log_in(&browser, &request.url, "100001", PASSWORD).await;
    assert_eq!((page.status, page.reason().as_deref()), (200, Some("password.compromised")));
    let form = page.form("/login/password");
    let choose = |new: &str| form.clone().fill("new_password", new).fill("new_password_again", new);
    let refused = browser.submit(&choose(KNOWN)).await;
    assert!(refused.status == 422 && refused.says("fuite de données"), "{}", refused.body);
    let page = browser.follow(browser.submit(&choose(NEW)).await).await;
    redeem(&rp, request, &page).await.expect("straight on to the application");

    // Outside, a password is changed after the second factor only: the plain truth, and nothing opens.
    compile(&filter, &[KNOWN, PASSWORD, NEW]);
    idp.jobs.reload().await.expect("a reload");
    let page = log_in(&Browser::new(), &idp.gateway, NEW).await;
    assert_eq!((page.status, page.reason().as_deref()), (403, Some("password.compromised")));
    let told = serde_json::to_string(&idp.events(EventFilter::default()).await).unwrap();
    assert!(told.contains("password.compromised") && !told.contains(NEW) && !told.contains(KNOWN), "GDPR-01");
}

async fn nobody_chooses_a_password_that_was_in_a_breach(database: Database) {
    let files = tempfile::tempdir().expect("a folder");
    let filter = files.path().join("breach.filter");
    let idp = start(&database, &filter).await;
    idp.hire_as("100001", AgentDraft::default()).await;
    let code = idp.activation_code("100001").await;
    let browser = Browser::new();
    let choose = async |new: &str| {
        let form = browser.get(format!("{}/activate", idp.issuer)).await.form("/activate");
        let form = form.fill("soi", "100001").fill("code", &code);
        browser.submit(&form.fill("new_password", new).fill("new_password_again", new)).await
    };
    let refused = choose(KNOWN).await;
    assert!(refused.status == 422 && refused.says("fuite de données"), "{}", refused.body);
    // A disk that is gone must not shut the City out: the open file goes on, and a reload says so in the log only.
    std::fs::remove_file(&filter).expect("removed");
    idp.jobs.reload().await.expect("a reload");
    assert_eq!(choose(KNOWN).await.status, 422, "still known");
    assert_eq!(choose(NEW).await.status, 303, "and the code was not spent");
}
