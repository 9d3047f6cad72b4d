//! Levels that applications ask for: as a condition, as a wish, and of their own.

use super::*;

pub(super) async fn factor_asked(town: &Town, step: AuthorizeStep) -> (String, FactorNeed) {
    let AuthorizeStep::Factor { interaction_id } = step else { panic!("no second factor: {step:?}") };
    let interaction = town.provider.find_interaction(&interaction_id).await.unwrap().unwrap();
    (interaction_id, interaction.needs.unwrap())
}

const fn too_low(at_least: Acr, stake: Stake) -> FactorNeed {
    FactorNeed { reason: Reason::AppAcrTooLow, at_least: Some(at_least), stake }
}

fn essential(values: &[&str]) -> String {
    serde_json::json!({ "id_token": { "acr": { "essential": true, "values": values } } }).to_string()
}

/// The `acr` of the tokens that this answer leads to.
async fn acr(town: &Town, client_id: &str, step: AuthorizeStep) -> Value {
    let tokens = town.redeem(client_id, &code(step)).await.unwrap();
    let (id, access) = (decoded(&tokens.id_token).1, decoded(&tokens.access_token).1);
    assert_eq!((&id["acr"], &id["amr"], &id["auth_time"]), (&access["acr"], &access["amr"], &access["auth_time"]));
    id["acr"].clone()
}

#[tokio::test]
async fn a_session_below_the_applications_level_gives_a_factor_first() {
    let town = Town::new().await;
    town.register(ApplicationRecord { min_acr: Some(Acr::Eidas2), ..application("vault") }).await;
    let session = town.login(INES, Internal).await;
    let (id, need) = factor_asked(&town, town.authorize(&Ask::of("vault"), &office(Some(&session))).await).await;
    assert_eq!(need, too_low(Acr::Eidas2, Stake::Access));
    let back = town.provider.refuse(&id, Reason::AppAcrTooLow).await.unwrap().unwrap();
    assert_eq!(
        (back.param("error"), back.param("error_description")),
        (Some("access_denied"), Some("app.acr_too_low"))
    );

    let silent = town.authorize(&Ask::of("vault").with("prompt", "none"), &office(Some(&session))).await;
    let silent = redirected(silent);
    assert_eq!(silent.param("error"), Some("interaction_required"));
    assert_eq!(silent.param("error_description"), Some("app.acr_too_low"));

    let raised = town.login_with(INES, Internal, Proof::Totp).await;
    let answer = town.authorize(&Ask::of("vault"), &office(Some(&raised))).await;
    assert_eq!(acr(&town, "vault", answer).await, "eidas2");
}

/// OA-39, PC-15, PC-16.
#[tokio::test]
async fn an_essential_level_is_met_or_the_request_fails() {
    let town = Town::new().await;
    let weak = town.login(INES, Internal).await;
    // What ProConnect sends where it wants two factors (STANDARDS §6.3).
    let ask = || Ask::of("portal").with("claims", &essential(&["eidas0-mfa", "eidas1-mfa", "eidas2", "eidas3"]));

    let (id, need) = factor_asked(&town, town.authorize(&ask(), &office(Some(&weak))).await).await;
    assert_eq!(need, too_low(Acr::Eidas1Mfa, Stake::Essential));
    // Going on without it leads to the same page.
    let (id, need) = factor_asked(&town, resume(&town, &id, &office(Some(&weak))).await).await;
    assert_eq!(need, too_low(Acr::Eidas1Mfa, Stake::Essential));
    let back = town.provider.refuse(&id, Reason::FactorEnrolmentUnsafe).await.unwrap().unwrap();
    assert_eq!(back.param("error"), Some("unmet_authentication_requirements"));
    assert_eq!(back.param("state"), Some("st/até&="));
    // A page could help: `prompt=none` says so, and no more.
    let silent = redirected(town.authorize(&ask().with("prompt", "none"), &office(Some(&weak))).await);
    assert_eq!(silent.param("error"), Some("interaction_required"));

    for (proof, level) in [(Proof::RecoveryCode, "eidas1-mfa"), (Proof::Totp, "eidas2")] {
        let session = town.login_with(INES, Internal, proof).await;
        assert_eq!(acr(&town, "portal", town.authorize(&ask(), &office(Some(&session))).await).await, level);
    }
}

/// PC-15: one of the values asked, never more than was done.
#[tokio::test]
async fn the_answer_is_the_highest_essential_value_that_was_reached() {
    let town = Town::new().await;
    let strong = town.login_with(INES, Internal, Proof::Totp).await;
    for (values, level) in [
        (&["eidas1"][..], "eidas1"),
        (&["eidas1-mfa", "eidas1"], "eidas1-mfa"),
        (&["eidas3", "eidas2"], "eidas2"),
        (&["eidas1", "eidas3"], "eidas1"),
    ] {
        let ask = Ask::of("portal").with("claims", &essential(values));
        let tokens = town.redeem("portal", &town.code_in(&ask, &strong).await).await.unwrap();
        let claims = decoded(&tokens.id_token).1;
        assert_eq!(claims["acr"], level);
        assert_eq!(claims["amr"], serde_json::json!(["pwd", "otp", "mfa"]), "what happened, whatever was asked");
    }
}

#[tokio::test]
async fn an_essential_level_out_of_reach_fails_at_once_also_without_a_page() {
    let town = Town::new().await.configured(|settings| settings.highest_acr = Acr::Eidas2);
    let session = town.login_with(INES, Internal, Proof::Totp).await;
    for values in [&["eidas3"][..], &["gold"], &["eidas0-mfa"]] {
        let ask = || Ask::of("portal").with("claims", &essential(values));
        for step in [
            town.authorize(&ask(), &office(None)).await,
            town.authorize(&ask(), &office(Some(&session))).await,
            town.authorize(&ask().with("prompt", "none"), &office(Some(&session))).await,
        ] {
            let response = redirected(step);
            assert_eq!(response.param("error"), Some("unmet_authentication_requirements"), "{values:?}");
        }
    }
}

#[tokio::test]
async fn an_essential_level_survives_the_login_in_between() {
    let town = Town::new().await;
    let claims = r#"{"userinfo":{"acr":{"essential":true,"value":"eidas2"}},"id_token":{"acr":null,"email":null}}"#;
    let id = login_asked(town.authorize(&Ask::of("portal").with("claims", claims), &office(None)).await);
    let session = town.login(INES, Internal).await;
    let (id, need) = factor_asked(&town, resume(&town, &id, &office(Some(&session))).await).await;
    assert_eq!(need, too_low(Acr::Eidas2, Stake::Essential));
    let raised = town.login_with(INES, Internal, Proof::Totp).await;
    code(resume(&town, &id, &office(Some(&raised))).await);
}

#[tokio::test]
async fn the_applications_own_level_and_the_requests_are_told_apart_when_neither_is_met() {
    let town = Town::new().await;
    town.register(ApplicationRecord { min_acr: Some(Acr::Eidas2), ..application("vault") }).await;
    let session = town.login(INES, Internal).await;
    for (values, need) in [
        (["eidas1-mfa"], too_low(Acr::Eidas2, Stake::Access)),
        (["eidas2"], too_low(Acr::Eidas2, Stake::Essential)),
        (["eidas3"], too_low(Acr::Eidas3, Stake::Essential)),
    ] {
        let ask = Ask::of("vault").with("claims", &essential(&values));
        assert_eq!(factor_asked(&town, town.authorize(&ask, &office(Some(&session))).await).await.1, need);
    }
}

/// OA-31: a wish.
#[tokio::test]
async fn a_level_that_is_wished_is_asked_of_who_has_what_reaches_it_and_stops_nobody() {
    let town = Town::new().await;
    let session = town.login(INES, Internal).await;
    let wish = || Ask::of("portal").with("acr_values", "eidas2 gold");
    let claims = r#"{"id_token":{"acr":{"values":["eidas2"]}}}"#;
    assert_eq!(
        acr(&town, "portal", town.authorize(&wish(), &office(Some(&session))).await).await,
        "eidas1",
        "has none"
    );

    town.enrol_totp(INES).await;
    for ask in [wish(), Ask::of("portal").with("claims", claims), wish().with("acr_values", "eidas0-mfa")] {
        let (id, need) = factor_asked(&town, town.authorize(&ask, &office(Some(&session))).await).await;
        assert_eq!((need.reason, need.stake), (Reason::AppAcrTooLow, Stake::Wish));
        // The agent goes on without, and is not asked twice.
        assert_eq!(acr(&town, "portal", resume(&town, &id, &office(Some(&session))).await).await, "eidas1");
        let silent = town.authorize(&ask.with("prompt", "none"), &office(Some(&session))).await;
        assert_eq!(acr(&town, "portal", silent).await, "eidas1", "no page");
    }
    for (reachable, values) in [("none of the agent's reaches it", "eidas3"), ("one is met", "eidas2 eidas1")] {
        let ask = wish().with("acr_values", values);
        let answer = town.authorize(&ask, &office(Some(&session))).await;
        assert_eq!(acr(&town, "portal", answer).await, "eidas1", "{reachable}");
    }
    let raised = town.login_with(INES, Internal, Proof::Totp).await;
    assert_eq!(acr(&town, "portal", town.authorize(&wish(), &office(Some(&raised))).await).await, "eidas2");
    let little = wish().with("acr_values", "eidas1");
    assert_eq!(acr(&town, "portal", town.authorize(&little, &office(Some(&raised))).await).await, "eidas2");
}

#[tokio::test]
async fn claims_with_values_stand_in_place_of_acr_values() {
    let town = Town::new().await;
    town.enrol_totp(INES).await;
    let session = town.login(INES, Internal).await;
    let ask = |claims: &str| Ask::of("portal").with("acr_values", "eidas2").with("claims", claims);
    code(town.authorize(&ask(&essential(&["eidas1"])), &office(Some(&session))).await);
    let (_, need) = factor_asked(&town, town.authorize(&ask("{}"), &office(Some(&session))).await).await;
    assert_eq!(need.stake, Stake::Wish);
    // Essential without values asks for the claim, which is always there.
    let any = r#"{"id_token":{"acr":{"essential":true}}}"#;
    let (_, need) = factor_asked(&town, town.authorize(&ask(any), &office(Some(&session))).await).await;
    assert_eq!(need.stake, Stake::Wish);
}

/// OA-37: the new login begins at a password again.
#[tokio::test]
async fn a_login_that_is_asked_for_anew_asks_for_the_factor_anew() {
    let town = Town::new().await;
    let old = town.login_with(INES, Internal, Proof::Totp).await;
    town.clock.advance(10 * MINUTE);
    let claims = essential(&["eidas2"]);
    for (name, value) in [("prompt", "login"), ("max_age", "599")] {
        let ask = Ask::of("portal").with(name, value).with("claims", &claims);
        let id = login_asked(town.authorize(&ask, &office(Some(&old))).await);
        town.clock.advance(Duration::from_millis(1));
        let new = town.login(INES, Internal).await;
        let (id, need) = factor_asked(&town, resume(&town, &id, &office(Some(&new))).await).await;
        assert_eq!(need, too_low(Acr::Eidas2, Stake::Essential));
        let raised = town.login_with(INES, Internal, Proof::Totp).await;
        code(resume(&town, &id, &office(Some(&raised))).await);
    }
}
