//! Logout: who is asked, whose session ends, where nobody is sent.

use std::time::Duration;

use super::*;
use crate::domain::application::ApplicationRecord;
use crate::domain::zone::NetworkZone::Internal;
use crate::oauth::testing::{Ask, INES, MARC, Town, application, office};

const BYE: &str = "https://portal.ville.example/bye";

fn params(pairs: &[(&str, &str)]) -> Params {
    Params::from_pairs(pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect())
}

/// Inès is logged in to the portal; her ID token and session.
async fn logged_in(town: &Town) -> (String, Session) {
    let (code, session) = town.code(&Ask::of("portal")).await;
    (town.redeem("portal", &code).await.unwrap().id_token, session)
}

async fn logout(town: &Town, pairs: &[(&str, &str)], session: Option<&Session>) -> LogoutStep {
    town.provider.logout(&params(pairs), &office(session)).await.unwrap()
}

fn done(step: LogoutStep) -> SignedOut {
    match step {
        LogoutStep::Done(end) => end,
        other => panic!("not done: {other:?}"),
    }
}

fn asked(step: LogoutStep) -> Confirmation {
    match step {
        LogoutStep::Confirm(confirmation) => confirmation,
        other => panic!("not asked: {other:?}"),
    }
}

async fn lives(town: &Town, session: &Session) -> bool {
    town.write(async |tx: &mut Tx| sessions::find(tx, &session.sid).await).await.unwrap().ended_at.is_none()
}

#[tokio::test]
async fn the_id_token_of_this_session_ends_it_without_a_question() {
    let town = Town::new().await;
    let (hint, session) = logged_in(&town).await;
    town.clock.advance(Duration::from_secs(3600));
    let request = [("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", BYE), ("state", "a b&")];
    let end = done(logout(&town, &request, Some(&session)).await);
    assert_eq!(end.location.as_deref(), Some("https://portal.ville.example/bye?state=a+b%26"), "expired, still ours");
    assert_eq!(end.application.as_deref(), Some("Application portal"));
    assert!(!lives(&town, &session).await);
    let event = town.audit("session.ended").await.remove(0);
    assert_eq!((event.subject.as_deref(), event.sid.as_deref()), (Some(INES), Some(session.sid.as_str())));
    assert_eq!(event.detail["why"], "logout");

    // Again, with nobody logged in: the same answer, nothing to do.
    done(logout(&town, &request, None).await);
    assert_eq!(town.audit("session.ended").await.len(), 1);
}

/// OA-41: a link alone logs nobody out.
#[tokio::test]
async fn without_a_hint_the_agent_is_asked_and_the_page_carries_the_request() {
    let town = Town::new().await;
    let (_, session) = logged_in(&town).await;
    let request = [("client_id", "portal"), ("post_logout_redirect_uri", BYE), ("state", "s"), ("evil", "x")];
    let question = asked(logout(&town, &request, Some(&session)).await);
    assert_eq!(question.application.as_deref(), Some("Application portal"));
    assert_eq!(question.return_origin.as_deref(), Some("https://portal.ville.example"));
    assert_eq!(question.fields.len(), 3);
    assert!(lives(&town, &session).await);
    let fields = Params::from_pairs(question.fields);
    let end = town.provider.logout_confirmed(&fields, &office(Some(&session))).await.unwrap();
    assert_eq!(done(end).location.as_deref(), Some("https://portal.ville.example/bye?state=s"));
    assert!(!lives(&town, &session).await);

    let session = town.login(INES, Internal).await;
    let question = asked(logout(&town, &[], Some(&session)).await);
    assert_eq!((question.application, question.fields.len()), (None, 0));
    assert_eq!(done(logout(&town, &[], None).await), SignedOut { application: None, location: None });
}

#[tokio::test]
async fn a_hint_about_another_agent_asks_first() {
    let town = Town::new().await;
    let (hint, ines) = logged_in(&town).await;
    let marc = town.login(MARC, Internal).await;
    asked(logout(&town, &[("id_token_hint", &hint)], Some(&marc)).await);
    assert!(lives(&town, &marc).await && lives(&town, &ines).await);
    // Another session of the same agent is meant.
    let later = town.login(INES, Internal).await;
    done(logout(&town, &[("id_token_hint", &hint)], Some(&later)).await);
    assert!(!lives(&town, &later).await);
}

#[tokio::test]
async fn an_id_token_without_the_browser_ends_no_session() {
    let town = Town::new().await;
    let (hint, session) = logged_in(&town).await;
    done(logout(&town, &[("id_token_hint", &hint)], None).await);
    assert!(lives(&town, &session).await);
}

#[test]
fn a_post_comes_back_as_a_query_that_says_the_same() {
    let request = params(&[("id_token_hint", "a.b.c"), ("state", "a b&é"), ("csrf", "x"), ("state", "twice")]);
    let query = as_query(&request);
    assert_eq!(query, "id_token_hint=a.b.c&state=a+b%26%C3%A9&state=twice");
    assert_eq!(Params::parse(query.as_bytes()).unwrap(), request.only(KEPT));
}

#[tokio::test]
async fn an_address_that_is_not_registered_is_a_page_and_ends_nothing() {
    let town = Town::new().await;
    let (hint, session) = logged_in(&town).await;
    let hint = ("id_token_hint", hint.as_str());
    for uri in ["https://evil.example/", "https://portal.ville.example/bye/", "https://portal.ville.example/cb", "x"] {
        let step = logout(&town, &[hint, ("post_logout_redirect_uri", uri)], Some(&session)).await;
        assert!(matches!(step, LogoutStep::Page(LogoutError::UriUnregistered { .. })), "{uri}");
    }
    for (request, error) in [
        (vec![("post_logout_redirect_uri", BYE)], LogoutError::ApplicationMissing),
        (vec![hint, ("client_id", "webmail")], LogoutError::ClientMismatch),
        (vec![("client_id", "nobody")], LogoutError::ApplicationUnknown),
        (vec![("id_token_hint", "rubbish")], LogoutError::HintInvalid),
        (vec![hint, hint], LogoutError::Repeated),
        (vec![("state", "a"), ("state", "a")], LogoutError::Repeated),
        (vec![("state", "a\r\nb")], LogoutError::State),
    ] {
        match logout(&town, &request, Some(&session)).await {
            LogoutStep::Page(said) => assert_eq!((said.code().status(), said), (400, error)),
            other => panic!("{error}: {other:?}"),
        }
    }
    assert!(lives(&town, &session).await);
}

#[tokio::test]
async fn the_token_of_an_application_that_was_removed_still_logs_out() {
    let town = Town::new().await;
    let (hint, session) = logged_in(&town).await;
    town.provider.applications.store(Arc::new(crate::oauth::Applications::default()));
    let end = done(logout(&town, &[("id_token_hint", &hint)], Some(&session)).await);
    assert_eq!(end, SignedOut { application: None, location: None });
    assert!(!lives(&town, &session).await);
}

#[tokio::test]
async fn a_disabled_application_gets_its_agents_back_all_the_same() {
    let town = Town::new().await;
    let (hint, session) = logged_in(&town).await;
    town.register(ApplicationRecord { disabled: true, ..application("portal") }).await;
    let request = [("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", BYE)];
    assert_eq!(done(logout(&town, &request, Some(&session)).await).location.as_deref(), Some(BYE));
}
