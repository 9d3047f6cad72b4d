//! A passkey is made: what a browser answers is judged before anything is kept, and only where enrolment is allowed.

use harness::browser::Browser;
use harness::engine::Database;
use harness::for_each_engine;
use harness::idp::TestIdp;
use harness::passkey::{Attestation, Maker, SoftKey};

use crate::passkey::{AGENT, begin, enrol, events, log_in_alone, signed_in_with_permit};

for_each_engine!(
    what_a_browser_made_is_judged_before_it_is_kept,
    without_a_confirmation_no_key_is_made,
    only_a_listed_makers_key_reaches_the_third_level,
);

async fn what_a_browser_made_is_judged_before_it_is_kept(database: Database) {
    let idp = TestIdp::start(&database).await;
    idp.hire(AGENT).await;
    let browser = signed_in_with_permit(&idp, AGENT).await;
    type Spoil = fn(&mut SoftKey);
    let bad: [(&str, Spoil); 3] = [
        ("an attestation that lies", |key| key.attestation = Attestation::Garbage),
        ("another origin", |key| key.origin = "https://octroi.evil.example".into()),
        ("no verification", |key| key.verifies = false),
    ];
    for (what, spoil) in bad {
        let mut key = SoftKey::new(&idp.issuer);
        spoil(&mut key);
        let page = enrol(&idp, &browser, &mut key).await;
        assert_eq!((page.status, page.says("n’a pas été enregistrée")), (422, true), "{what}: {}", page.body);
    }
    // Of another challenge, and of a challenge that was used.
    let mut key = SoftKey::new(&idp.issuer);
    let (_, earlier) = begin(&idp, &browser).await;
    let (form, _) = begin(&idp, &browser).await;
    let form = form.fill("credential", &key.make(&earlier));
    assert_eq!(browser.submit(&form).await.status, 422);
    let again = browser.submit(&form).await;
    assert!(again.says("Cette page a trop attendu"), "{}", again.body);
    // In another session.
    let (form, options) = begin(&idp, &browser).await;
    let credential = key.make(&options);
    let other = signed_in_with_permit(&idp, AGENT).await;
    let (theirs, _) = begin(&idp, &other).await;
    let moved = theirs.forge("token", &form.fields["token"]).fill("credential", &credential);
    assert!(other.submit(&moved).await.says("Cette page a trop attendu"));
    assert_eq!(database.number("SELECT count(*) FROM passkey").await, 0);
}

async fn without_a_confirmation_no_key_is_made(database: Database) {
    let idp = TestIdp::start(&database).await;
    idp.hire(AGENT).await;
    let permitted = signed_in_with_permit(&idp, AGENT).await;
    let (form, options) = begin(&idp, &permitted).await;
    database.execute("DELETE FROM enrolment_permit").await;
    let mut key = SoftKey::new(&idp.issuer);
    let page = permitted.submit(&form.fill("credential", &key.make(&options))).await;
    assert_ne!(page.status, 200, "the permit ended meanwhile");
    let csrf = permitted.get(format!("{}/account/language", idp.issuer)).await.form("/account/language").fields["csrf"]
        .clone();
    let fields = [("csrf", csrf.as_str()), ("act", "passkey"), ("to", "/account/factors")];
    let page = permitted.post_fields(format!("{}/login/enrol", idp.issuer), &fields).await;
    assert_eq!(page.attribute("data-passkey-create"), None);
    assert_eq!(database.number("SELECT count(*) FROM passkey").await, 0);
}

async fn only_a_listed_makers_key_reaches_the_third_level(database: Database) {
    let files = tempfile::tempdir().expect("a directory");
    let (listed, stranger) = (Maker::new(), Maker::new());
    let file = files.path().join("makers.pem");
    std::fs::write(&file, format!("{}\n{}", Maker::new().authority, listed.authority)).expect("the makers");
    let extra = format!("[factors]\nattestation_authorities = \"{}\"\n", file.display());
    let idp = TestIdp::start_with(&database, &extra).await;
    for (soi, attestation, synchronises, acr) in [
        ("100001", Attestation::Maker(listed), false, "eidas3"),
        ("100002", Attestation::Maker(stranger), false, "eidas2"),
        ("100003", Attestation::None, false, "eidas2"),
        ("100004", Attestation::Maker(Maker::new()), true, "eidas2"),
    ] {
        idp.hire(soi).await;
        let browser = signed_in_with_permit(&idp, soi).await;
        let mut key = SoftKey::new(&idp.issuer);
        (key.attestation, key.synchronises) = (attestation, synchronises);
        let made = enrol(&idp, &browser, &mut key).await;
        assert!(made.says("codes de secours"), "{soi}: {}", made.body);
        assert_eq!(log_in_alone(&idp, &Browser::new(), &mut key).await.status, 303);
        let event = &events(&idp, "login.succeeded").await[0];
        assert_eq!(event.detail["acr"], acr, "{soi}");
        assert_eq!(event.detail["amr"].to_string().contains("hwk"), acr == "eidas3");
    }
}
