//! The authorization endpoint as a whole: login, zone, decision, code, and the ways back.

mod levels;

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::*;
use crate::domain::acr::Acr;
use crate::domain::application::ApplicationRecord;
use crate::domain::audit::RecordedEvent;
use crate::domain::factor::Proof;
use crate::domain::session::Session;
use crate::domain::zone::NetworkZone::{Internal, Nomades};
use crate::ephemeral::Capacity;
use crate::ephemeral::memory::Memory;
use crate::oauth::ErrorCode;
use crate::oauth::testing::{Ask, INES, MARC, Town, application, decoded, home, login_asked, office, redirected};
use crate::storage::{StoreError, Tx, applications, sessions};

const MINUTE: Duration = Duration::from_secs(60);

async fn resume(town: &Town, id: &str, caller: &Caller) -> AuthorizeStep {
    town.provider.resume(id, caller).await.unwrap()
}

fn refused(step: AuthorizeStep) -> Refusal {
    match step {
        AuthorizeStep::Refusal(refusal) => refusal,
        other => panic!("no refusal: {other:?}"),
    }
}

async fn last_decision(town: &Town) -> RecordedEvent {
    town.audit("access.decided").await.remove(0)
}

fn code(step: AuthorizeStep) -> String {
    redirected(step).param("code").unwrap().to_owned()
}

#[tokio::test]
async fn a_session_at_the_office_gets_a_code_with_state_and_issuer() {
    let town = Town::new().await;
    let session = town.login(INES, Internal).await;
    let response = redirected(town.authorize(&Ask::of("portal"), &office(Some(&session))).await);
    let names: Vec<&str> = response.params.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["code", "state", "iss"]);
    assert_eq!(response.param("state"), Some("st/até&="));
    assert_eq!(response.param("code").unwrap().len(), 43);
    let location = response.location();
    assert!(location.starts_with("https://portal.ville.example/cb?code="), "{location}");
    assert!(location.ends_with("&state=st%2Fat%C3%A9%26%3D&iss=https%3A%2F%2Flogin.ville.example"), "{location}");
    assert!(!format!("{response:?}").contains(response.param("code").unwrap()), "no code in a log");
}

#[tokio::test]
async fn without_a_session_the_request_waits_for_a_login_and_goes_on() {
    let town = Town::new().await;
    let ask = Ask::of("portal").with("login_hint", "100001").with("ui_locales", "en");
    let id = login_asked(town.authorize(&ask, &office(None)).await);
    let interaction = town.provider.find_interaction(&id).await.unwrap().unwrap();
    assert_eq!(interaction.application_name, "Application portal");
    assert_eq!(interaction.return_origin, "https://portal.ville.example");
    assert_eq!(interaction.login_hint.as_deref(), Some("100001"));
    assert_eq!(interaction.login_after, None);
    assert!(town.provider.find_interaction(&id).await.unwrap().is_some(), "looking consumes nothing");

    town.clock.advance(MINUTE);
    let session = town.login(INES, Internal).await;
    code(resume(&town, &id, &office(Some(&session))).await);
    assert!(matches!(resume(&town, &id, &office(Some(&session))).await, AuthorizeStep::Gone), "only once");
    assert!(town.provider.find_interaction(&id).await.unwrap().is_none());
}

#[tokio::test]
async fn an_interaction_that_is_unknown_or_too_old_is_gone() {
    let town = Town::new().await;
    let session = town.login(INES, Internal).await;
    let id = login_asked(town.authorize(&Ask::of("portal"), &office(None)).await);
    town.clock.advance(31 * MINUTE);
    for id in [id.as_str(), "unknown", "", &"x".repeat(100_000)] {
        assert!(matches!(resume(&town, id, &office(Some(&session))).await, AuthorizeStep::Gone));
        assert!(matches!(town.provider.cancel(id).await.unwrap(), AuthorizeStep::Gone));
    }
}

#[tokio::test]
async fn of_two_tabs_that_resume_one_interaction_one_gets_a_code() {
    let town = Town::new().await;
    let id = login_asked(town.authorize(&Ask::of("portal"), &office(None)).await);
    let session = town.login(INES, Internal).await;
    let caller = office(Some(&session));
    let (a, b) = tokio::join!(resume(&town, &id, &caller), resume(&town, &id, &caller));
    let codes = [a, b].into_iter().filter(|step| matches!(step, AuthorizeStep::Redirect(_))).count();
    assert_eq!(codes, 1);
}

#[tokio::test]
async fn cancelling_tells_the_application_and_spends_the_interaction() {
    let town = Town::new().await;
    let id = login_asked(town.authorize(&Ask::of("portal"), &office(None)).await);
    let response = redirected(town.provider.cancel(&id).await.unwrap());
    assert_eq!(response.param("error"), Some("access_denied"));
    assert_eq!(response.param("state"), Some("st/até&="));
    assert!(matches!(town.provider.cancel(&id).await.unwrap(), AuthorizeStep::Gone));
}

/// OA-40.
#[tokio::test]
async fn a_post_is_judged_only_after_it_came_back_with_cookies() {
    let town = Town::new().await;
    let session = town.login(INES, Internal).await;
    let posted = |ask: Ask| {
        let town = &town;
        async move {
            match town.provider.authorize(&ask.params(), true, &office(None)).await.unwrap() {
                AuthorizeStep::Resume { interaction_id } => interaction_id,
                other => panic!("{other:?}"),
            }
        }
    };
    let id = posted(Ask::of("portal")).await;
    code(resume(&town, &id, &office(Some(&session))).await);
    let id = posted(Ask::of("portal").with("prompt", "none")).await;
    let response = redirected(resume(&town, &id, &office(None)).await);
    assert_eq!(response.param("error"), Some("login_required"));
    // A flaw is answered at once.
    let flawed = town.provider.authorize(&Ask::of("portal").with("scope", "x").params(), true, &office(None)).await;
    assert_eq!(redirected(flawed.unwrap()).param("error"), Some("invalid_scope"));
}

/// OA-36, OA-37.
#[tokio::test]
async fn prompt_login_and_max_age_ask_for_a_login_that_is_new_enough() {
    let town = Town::new().await;
    let old = town.login(INES, Internal).await;
    town.clock.advance(10 * MINUTE);
    for (name, value) in [("prompt", "login"), ("prompt", "select_account"), ("max_age", "0"), ("max_age", "599")] {
        let ask = Ask::of("portal").with(name, value);
        let id = login_asked(town.authorize(&ask, &office(Some(&old))).await);
        // Going on without a login leads back to the login.
        let id = login_asked(resume(&town, &id, &office(Some(&old))).await);
        town.clock.advance(Duration::from_millis(1));
        let new = town.login(INES, Internal).await;
        code(resume(&town, &id, &office(Some(&new))).await);
    }
    let ask = Ask::of("portal").with("max_age", "4000000000");
    code(town.authorize(&ask, &office(Some(&old))).await);
    let ask = Ask::of("portal").with("max_age", "600").with("prompt", "none");
    let response = redirected(town.authorize(&ask, &office(Some(&old))).await);
    assert_eq!(response.param("error"), Some("login_required"), "auth_time has moved on by 4 ms");
}

/// OA-38.
#[tokio::test]
async fn a_hint_for_another_agent_never_switches_silently() {
    let town = Town::new().await;
    let (code_of_ines, ines) = town.code(&Ask::of("portal")).await;
    let hint = town.redeem("portal", &code_of_ines).await.unwrap().id_token;
    town.clock.advance(119 * MINUTE);
    let marc = town.login(MARC, Internal).await;
    let ask = || Ask::of("portal").with("id_token_hint", &hint);

    code(town.authorize(&ask(), &office(Some(&ines))).await);
    let silent = redirected(town.authorize(&ask().with("prompt", "none"), &office(Some(&marc))).await);
    assert_eq!(silent.param("error"), Some("login_required"));

    town.clock.advance(MINUTE / 2);
    let id = login_asked(town.authorize(&ask(), &office(Some(&marc))).await);
    let id = login_asked(resume(&town, &id, &office(Some(&marc))).await);
    town.clock.advance(MINUTE);
    let marc_again = town.login(MARC, Internal).await;
    let answer = redirected(resume(&town, &id, &office(Some(&marc_again))).await);
    assert_eq!(answer.param("error"), Some("login_required"), "the login brought somebody else");

    let id = login_asked(town.authorize(&ask(), &office(Some(&marc))).await);
    town.clock.advance(MINUTE);
    let ines = town.login(INES, Internal).await;
    code(resume(&town, &id, &office(Some(&ines))).await);
}

#[tokio::test]
async fn a_hint_must_be_an_id_token_of_ours() {
    let town = Town::new().await;
    let (code, session) = town.code(&Ask::of("portal")).await;
    let tokens = town.redeem("portal", &code).await.unwrap();
    let stranger = Town::new().await.configured(|settings| settings.issuer = "https://other.example".into());
    for (provider, hint) in [
        (&town.provider, tokens.access_token.clone()),
        (&town.provider, format!("{}x", tokens.id_token)),
        (&town.provider, tokens.id_token.replacen('.', "..", 1)),
        (&stranger.provider, tokens.id_token.clone()),
    ] {
        let ask = Ask::of("portal").with("id_token_hint", &hint).params();
        let step = provider.authorize(&ask, false, &office(Some(&session))).await.unwrap();
        assert_eq!(redirected(step).param("error"), Some("invalid_request"));
    }
}

#[tokio::test]
async fn a_session_that_ended_meanwhile_or_grew_too_old_leads_to_the_login() {
    let town = Town::new().await;
    let session = town.login(INES, Internal).await;
    let (sid, now) = (&session.sid, town.clock.now());
    town.write(async |tx: &mut Tx| sessions::end(tx, sid, "logout", now).await).await;
    login_asked(town.authorize(&Ask::of("portal"), &office(Some(&session))).await);
    assert!(town.audit("access.decided").await.is_empty());

    let session = town.login(INES, Internal).await;
    town.clock.advance(120 * MINUTE);
    login_asked(town.authorize(&Ask::of("portal"), &office(Some(&session))).await);
}

#[tokio::test]
async fn the_zone_of_a_code_is_the_lowest_of_all_contacts_behind_it() {
    let town = Town::new().await;
    let vault = Ask::of("vault");
    // From home nobody gets in; from the office, yes.
    let session = town.login(INES, Internal).await;
    code(town.authorize(&vault, &office(Some(&session))).await);
    let refusal = refused(town.authorize(&vault, &home(Some(&session))).await);
    assert_eq!(refusal.reason, Reason::AppInternalOnly);

    // Begun at home, finished at the office.
    let id = login_asked(town.authorize(&vault, &home(None)).await);
    let fresh = town.login(INES, Internal).await;
    refused(resume(&town, &id, &office(Some(&fresh))).await);
    // Begun and finished at the office, but the login in between came from home.
    let id = login_asked(town.authorize(&vault, &office(None)).await);
    let from_home = town.login(INES, Nomades).await;
    refused(resume(&town, &id, &office(Some(&from_home))).await);
    // Begun at the office, finished at home.
    let id = login_asked(town.authorize(&vault, &office(None)).await);
    let fresh = town.login(INES, Internal).await;
    refused(resume(&town, &id, &home(Some(&fresh))).await);
    // A detour over the login page does not forget the contact from home.
    let id = login_asked(town.authorize(&vault, &office(None)).await);
    let id = login_asked(resume(&town, &id, &home(None)).await);
    let fresh = town.login(INES, Internal).await;
    refused(resume(&town, &id, &office(Some(&fresh))).await);
    // A session that was born at home long before says nothing about where the agent is now.
    town.clock.advance(MINUTE);
    code(town.authorize(&vault, &office(Some(&from_home))).await);
}

#[tokio::test]
async fn a_refusal_is_explained_to_the_agent_and_hinted_to_the_application() {
    let town = Town::new().await;
    town.register(ApplicationRecord { departments: vec!["41".into(), "42".into()], ..application("vault") }).await;
    let session = town.login(INES, Internal).await;
    let refusal = refused(town.authorize(&Ask::of("vault"), &office(Some(&session))).await);
    assert_eq!(refusal.reason, Reason::AppDepartment);
    assert!(!refusal.needs_more);
    assert_eq!(refusal.departments, ["41", "42"]);
    assert_eq!(refusal.application, "Application vault");
    assert_eq!(refusal.back.param("error"), Some("access_denied"));
    assert_eq!(refusal.back.param("error_description"), Some("app.department"));
    assert_eq!(refusal.back.param("state"), Some("st/até&="));

    let event = last_decision(&town).await;
    assert_eq!(event.reference.as_deref(), Some(refusal.reference.as_str()));
    assert_eq!((event.outcome.as_str(), event.reason.as_deref()), ("refused", Some("app.department")));
    let case: crate::domain::access::Case = serde_json::from_value(event.detail["case"].clone()).unwrap();
    let replayed = crate::domain::access::decide(&case);
    assert_eq!(serde_json::to_value(replayed).unwrap(), event.detail["decision"], "a replay decides the same");
}

#[tokio::test]
async fn an_application_hears_nothing_about_an_agents_hr_state_or_profile() {
    let town = Town::new().await;
    let session = town.login(INES, Internal).await;
    let silent = Ask::of("portal").with("prompt", "none");
    let at_home = redirected(town.authorize(&silent, &home(Some(&session))).await);
    assert_eq!(at_home.param("error"), Some("access_denied"));
    assert_eq!(at_home.param("error_description"), Some("access.refused"));
    assert_eq!(last_decision(&town).await.reason.as_deref(), Some("nomades.no_profile"));

    town.change(INES, |record| record.employment = crate::domain::agent::Employment::Suspended).await;
    let refusal = refused(town.authorize(&Ask::of("portal"), &office(Some(&session))).await);
    assert_eq!(refusal.reason, Reason::AccountSuspended);
    assert_eq!(refusal.back.param("error_description"), Some("access.refused"));
}

#[tokio::test]
async fn an_expired_password_leads_to_a_login_that_can_change_it() {
    let town = Town::new().await;
    town.clock.advance(181 * 24 * 60 * MINUTE);
    let session = town.login(INES, Internal).await;
    let id = login_asked(town.authorize(&Ask::of("portal"), &office(Some(&session))).await);
    let interaction = town.provider.find_interaction(&id).await.unwrap().unwrap();
    assert_eq!(interaction.login_after, Some(town.clock.now()));
    let silent = town.authorize(&Ask::of("portal").with("prompt", "none"), &office(Some(&session))).await;
    assert_eq!(redirected(silent).param("error"), Some("interaction_required"));
}

/// The interaction behind the page that asks for a second factor, and what it says there.
#[tokio::test]
async fn a_disabled_application_is_refused_with_its_reason() {
    let town = Town::new().await;
    town.register(ApplicationRecord { disabled: true, ..application("portal") }).await;
    let session = town.login(INES, Internal).await;
    let refusal = refused(town.authorize(&Ask::of("portal"), &office(Some(&session))).await);
    assert_eq!(refusal.reason, Reason::AppDisabled);
}

#[tokio::test]
async fn what_was_unregistered_while_the_agent_logged_in_is_not_redirected_to() {
    let town = Town::new().await;
    let id = login_asked(town.authorize(&Ask::of("portal"), &office(None)).await);
    let redirect_uris = vec!["https://portal.ville.example/new".to_owned()];
    town.register(ApplicationRecord { redirect_uris, ..application("portal") }).await;
    let session = town.login(INES, Internal).await;
    let step = resume(&town, &id, &office(Some(&session))).await;
    assert!(matches!(step, AuthorizeStep::Page(PageError::RedirectUriUnregistered { .. })), "{step:?}");
}

#[tokio::test]
async fn an_application_that_was_removed_under_the_snapshot_gets_no_code() {
    let town = Town::new().await;
    let session: Session = town.login(INES, Internal).await;
    let id = crate::domain::ids::ClientId::new("portal");
    town.write(async |tx: &mut Tx| applications::delete(tx, &id).await).await;
    let step = town.authorize(&Ask::of("portal"), &office(Some(&session))).await;
    assert!(matches!(step, AuthorizeStep::Page(PageError::ApplicationUnknown)), "{step:?}");
}

#[tokio::test]
async fn a_long_nonce_comes_back_intact() {
    let town = Town::new().await;
    let nonce = "n".repeat(384);
    let (code, _) = town.code(&Ask::of("portal").with("nonce", &nonce)).await;
    let tokens = town.redeem("portal", &code).await.unwrap();
    assert_eq!(decoded(&tokens.id_token).1["nonce"], nonce.as_str());
}

#[tokio::test]
async fn the_preview_opens_nomades_for_the_demo() {
    let town = Town::new().await.configured(|settings| settings.preview_nomades = true);
    let session = town.login(INES, Nomades).await;
    let (_, need) = levels::factor_asked(&town, town.authorize(&Ask::of("portal"), &home(Some(&session))).await).await;
    assert_eq!(need, FactorNeed { reason: Reason::FactorRequired, at_least: None, stake: Stake::Access });
    let raised = town.login_with(INES, Nomades, Proof::Totp).await;
    code(town.authorize(&Ask::of("portal"), &home(Some(&raised))).await);
}

fn outside(address: &str) -> Caller {
    let mut caller = home(None);
    caller.contact.client_address = Some(address.to_owned());
    caller
}

#[tokio::test]
async fn a_long_scope_costs_no_room() {
    let town = Town::new().await;
    let ask = Ask::of("portal")
        .with("scope", &format!("openid {}", "s".repeat(8_000)))
        .with("prompt", &"consent login ".repeat(500))
        .with("max_age", &"0".repeat(8_000))
        .with("acr_values", &"a ".repeat(250))
        .with("claims", &format!("{:>2048}", r#"{"id_token":{"acr":{"value":"eidas1"}},"x":0}"#));
    let id = login_asked(town.authorize(&ask, &office(None)).await);
    let interaction = town.provider.find_interaction(&id).await.unwrap().unwrap();
    assert!(interaction.login_after.is_some(), "max_age and prompt=login keep their effect");
    let bytes = serde_json::to_vec(&interaction).unwrap().len();
    assert!(bytes < 1_000, "{bytes}");
    let session = town.login(INES, Internal).await;
    code(resume(&town, &id, &office(Some(&session))).await);
}

#[tokio::test]
async fn everything_that_matters_survives_the_login() {
    let town = Town::new().await;
    let ask = Ask::of("portal")
        .with("state", &"s".repeat(2_048))
        .with("nonce", &"n".repeat(512))
        .with("login_hint", &"h".repeat(512))
        .with("ui_locales", "en")
        .with("response_mode", "form_post");
    let first = login_asked(town.authorize(&ask, &office(None)).await);
    // Without a login it is asked for again, and nothing is lost on the way.
    let second = login_asked(resume(&town, &first, &office(None)).await);
    let interaction = town.provider.find_interaction(&second).await.unwrap().unwrap();
    assert_eq!(interaction.login_hint, Some("h".repeat(512)));
    assert_eq!(interaction.ui_locales.as_deref(), Some("en"));
    let session = town.login(INES, Internal).await;
    let response = redirected(resume(&town, &second, &office(Some(&session))).await);
    assert_eq!(response.mode, ResponseMode::FormPost);
    assert_eq!(response.param("state"), Some("s".repeat(2_048).as_str()));
    let tokens = town.redeem("portal", response.param("code").unwrap()).await.unwrap();
    assert_eq!(decoded(&tokens.id_token).1["nonce"], "n".repeat(512).as_str());
    assert_eq!(tokens.scope, "agent openid profile");
}

#[tokio::test]
async fn a_flood_from_outside_leaves_room_for_the_office() {
    let mut town = Town::new().await;
    let small = Memory::with_capacity(town.clock.clone(), |_| Capacity { entries: 3, bytes: 100_000 });
    town.provider.ephemeral = Arc::new(small);
    let ask = Ask::of("portal");
    let mut kept = Vec::new();
    let refusal = loop {
        // Every request comes from another network; those who count are full before the room is.
        let caller = outside(&format!("203.0.{}.7", kept.len()));
        match town.provider.authorize(&ask.params(), false, &caller).await {
            Ok(step) => kept.push(login_asked(step)),
            Err(error) => break error,
        }
        assert!(kept.len() < 100, "the room outside has an end");
    };
    assert_eq!(refusal.code(), ErrorCode::TemporarilyUnavailable);
    let session = town.login(INES, Internal).await;
    let id = login_asked(town.authorize(&ask, &office(None)).await);
    code(resume(&town, &id, &office(Some(&session))).await);
    for id in kept {
        assert!(town.provider.find_interaction(&id).await.unwrap().is_some(), "logins that have begun go on");
    }
}

#[tokio::test]
async fn one_network_outside_begins_120_logins_a_minute_and_no_more() {
    let town = Town::new().await;
    let ask = Ask::of("portal");
    let begin = async |caller: &Caller| town.provider.authorize(&ask.params(), false, caller).await.map(login_asked);
    for number in 0..120 {
        begin(&outside(&format!("203.0.113.{number}"))).await.unwrap();
    }
    let refusal = begin(&outside("203.0.113.200")).await.unwrap_err();
    assert!(matches!(refusal, ProviderError::TooManyFromOneSource));
    assert_eq!(refusal.code(), ErrorCode::TemporarilyUnavailable);
    begin(&outside("203.0.114.1")).await.expect("the neighbours are not meant");
    let mut inside = office(None);
    inside.contact.client_address = Some("203.0.113.200".to_owned());
    begin(&inside).await.expect("the office is not counted");
    town.clock.advance(MINUTE);
    begin(&outside("203.0.113.200")).await.expect("a minute later");
}

#[tokio::test]
async fn a_resume_that_met_a_busy_database_can_be_repeated() {
    let town = Town::new().await.impatient(Duration::from_millis(50)).await;
    let id = login_asked(town.authorize(&Ask::of("portal"), &office(None)).await);
    let session = town.login(INES, Internal).await;
    let caller = office(Some(&session));
    {
        let somebody_writes =
            town.provider.store.write(async |_: &mut Tx| -> Result<(), StoreError> { std::future::pending().await });
        tokio::select! {
            biased;
            _ = somebody_writes => panic!("it never ends"),
            step = town.provider.resume(&id, &caller) => {
                assert_eq!(step.unwrap_err().code(), ErrorCode::TemporarilyUnavailable);
            }
        }
    }
    let interaction = town.provider.find_interaction(&id).await.unwrap();
    assert!(interaction.is_some(), "nothing was granted, so nothing is spent");
    code(resume(&town, &id, &caller).await);
    assert!(matches!(resume(&town, &id, &caller).await, AuthorizeStep::Gone), "and still only once");

    // What was put back keeps the lowest zone, and lives no longer than it would have.
    let id = login_asked(town.authorize(&Ask::of("portal"), &office(None)).await);
    town.clock.advance(29 * MINUTE);
    let mut taken = town.provider.take(&id).await.unwrap().unwrap();
    taken.lower(Nomades);
    town.provider.put_back(&id, taken).await;
    assert_eq!(town.provider.find_interaction(&id).await.unwrap().unwrap().zone, Nomades);
    town.clock.advance(MINUTE);
    assert!(town.provider.find_interaction(&id).await.unwrap().is_none());
}
