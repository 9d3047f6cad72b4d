//! Each rule, and that nothing opens by omission.

use super::*;
use NetworkZone::{Internal, Nomades};

const ANY_FACTOR: Need = Need::SecondFactor { reason: Reason::FactorRequired, at_least: None };

/// An agent at the office with a good password, before an application that opens in both zones.
fn office() -> Case {
    Case {
        version: CASE_VERSION,
        agent: AgentFacts {
            soi: Soi::from_stored("100001".into()),
            version: 1,
            standing: Standing::Active,
            department: Some("40".into()),
            second_factor: FactorRule::Outside,
            is_privileged: false,
        },
        application: ApplicationFacts {
            client_id: ClientId::new("portal"),
            version: 1,
            disabled: false,
            zones: vec![Internal, Nomades],
            waiver_possible: false,
            departments: vec![],
            min_acr: None,
        },
        zone: Internal,
        authentication: AuthenticationFacts {
            acr: Acr::Eidas1,
            auth_time: Timestamp::from_seconds(0),
            second: None,
            is_postponed: false,
            password: PasswordStanding::Valid,
        },
        profile: Profile::None,
        waivers: vec![],
        charter: Charter::NotPublished,
        brake: false,
        second_channel_outside: false,
        asked_acr: None,
        preview_nomades: false,
        now: Now { at: Timestamp::from_seconds(100), today: "2026-11-22".parse().unwrap() },
    }
}

/// The same agent at home with everything that `nomades` asks for.
fn home() -> Case {
    let mut case = office();
    case.zone = Nomades;
    case.profile = Profile::Active;
    case.charter = Charter::Accepted;
    case.authentication.acr = Acr::Eidas2;
    case.authentication.second = Some(SecondFactor::Totp);
    case
}

#[test]
fn at_the_office_a_good_password_opens_and_at_home_everything_is_needed() {
    assert_eq!(decide(&office()), Decision::Allow);
    assert_eq!(decide(&home()), Decision::Allow);
}

#[test]
fn nothing_opens_at_home_by_omission() {
    let mut nothing_built = office();
    nothing_built.zone = Nomades;
    assert_eq!(decide(&nothing_built), Decision::Deny(Reason::NomadesNoProfile));
    nothing_built.profile = Profile::Active;
    assert_eq!(decide(&nothing_built), Decision::NeedMore(Need::CharterAcceptance));
    nothing_built.charter = Charter::Accepted;
    assert_eq!(decide(&nothing_built), Decision::NeedMore(ANY_FACTOR));
}

#[test]
fn the_preview_stands_in_for_what_is_not_built_and_for_nothing_else() {
    let mut case = office();
    case.zone = Nomades;
    case.preview_nomades = true;
    assert_eq!(decide(&case), Decision::NeedMore(ANY_FACTOR), "a second factor is really wanted");
    case.authentication.second = Some(SecondFactor::Totp);
    assert_eq!(decide(&case), Decision::Allow);
    case.brake = true;
    assert_eq!(decide(&case), Decision::Deny(Reason::NomadesBrake));
    case.brake = false;
    case.application.zones = vec![Internal];
    assert_eq!(decide(&case), Decision::Deny(Reason::AppInternalOnly));
    case.application.zones = vec![Internal, Nomades];
    case.agent.standing = Standing::Left;
    assert_eq!(decide(&case), Decision::Deny(Reason::AccountLeft));
}

#[test]
fn each_standing_refuses_in_both_zones() {
    for base in [office(), home()] {
        for (standing, reason) in [
            (Standing::NotStarted, Reason::AccountNotStarted),
            (Standing::Suspended, Reason::AccountSuspended),
            (Standing::Left, Reason::AccountLeft),
            (Standing::Ended, Reason::AccountEnded),
        ] {
            let mut case = base.clone();
            case.agent.standing = standing;
            assert_eq!(decide(&case), Decision::Deny(reason));
        }
    }
}

#[test]
fn a_password_that_no_longer_stands_is_changed_first() {
    let mut case = office();
    case.authentication.password = PasswordStanding::Expired;
    assert_eq!(decide(&case), Decision::NeedMore(Need::PasswordChange(Reason::PasswordExpired)));
    case.authentication.password = PasswordStanding::Compromised;
    assert_eq!(decide(&case).reason(), Some(Reason::PasswordCompromised));
    case.authentication.password = PasswordStanding::NotActivated;
    assert_eq!(decide(&case), Decision::Deny(Reason::AccountNotActivated));
}

#[test]
fn a_waiver_opens_only_while_it_lives_and_only_where_one_is_possible() {
    let mut case = home();
    case.application.zones = vec![Internal];
    case.waivers = vec![Waiver { from: Timestamp::from_seconds(0), until: Timestamp::from_seconds(200) }];
    assert_eq!(decide(&case), Decision::Deny(Reason::AppInternalOnly), "no waiver is possible here");
    case.application.waiver_possible = true;
    assert_eq!(decide(&case), Decision::Allow);
    case.now.at = Timestamp::from_seconds(200);
    assert_eq!(decide(&case), Decision::Deny(Reason::AppWaiverExpired));
    case.waivers.clear();
    assert_eq!(decide(&case), Decision::Deny(Reason::AppInternalOnly));
}

#[test]
fn an_application_for_one_department_stays_shut_for_others_and_for_agents_without_one() {
    let mut case = office();
    case.application.departments = vec!["40".into()];
    assert_eq!(decide(&case), Decision::Allow);
    for other in [Some("41".to_owned()), None] {
        case.agent.department = other;
        assert_eq!(decide(&case), Decision::Deny(Reason::AppDepartment));
    }
}

#[test]
fn each_profile_state_has_its_reason() {
    for (profile, reason) in [
        (Profile::None, Reason::NomadesNoProfile),
        (Profile::Requested, Reason::NomadesRequested),
        (Profile::Endorsed, Reason::NomadesEndorsed),
        (Profile::NotStarted, Reason::NomadesNotStarted),
        (Profile::Suspended, Reason::NomadesSuspended),
        (Profile::Expired, Reason::NomadesExpired),
        (Profile::Revoked, Reason::NomadesRevoked),
        (Profile::Refused, Reason::NomadesRefused),
    ] {
        let mut case = home();
        case.profile = profile;
        assert_eq!(decide(&case), Decision::Deny(reason));
        case.zone = Internal;
        assert_eq!(decide(&case), Decision::Allow, "the profile is not asked for at the office");
    }
}

#[test]
fn a_second_factor_is_asked_by_population_and_by_application_also_at_the_office() {
    let mut case = office();
    case.agent.second_factor = FactorRule::Everywhere;
    assert_eq!(decide(&case).reason(), Some(Reason::FactorRequired));
    case.agent.second_factor = FactorRule::Outside;
    case.application.min_acr = Some(Acr::Eidas2);
    let too_low = Need::SecondFactor { reason: Reason::AppAcrTooLow, at_least: Some(Acr::Eidas2) };
    assert_eq!(decide(&case), Decision::NeedMore(too_low));
    case.authentication.acr = Acr::Eidas2;
    assert_eq!(decide(&case), Decision::Allow);
}

#[test]
fn the_stricter_of_application_and_request_says_the_level() {
    let mut case = home();
    for (min, asked, least) in [
        (Some(Acr::Eidas2), Some(Acr::Eidas3), Acr::Eidas3),
        (Some(Acr::Eidas3), Some(Acr::Eidas1), Acr::Eidas3),
        (None, Some(Acr::Eidas3), Acr::Eidas3),
    ] {
        (case.application.min_acr, case.asked_acr) = (min, asked);
        let need = Need::SecondFactor { reason: Reason::AppAcrTooLow, at_least: Some(least) };
        assert_eq!(decide(&case), Decision::NeedMore(need));
    }
    case.authentication.acr = Acr::Eidas3;
    assert_eq!(decide(&case), Decision::Allow);
}

#[test]
fn a_code_over_a_second_channel_counts_inside_and_outside_only_where_it_is_said() {
    for second in [SecondFactor::Sms, SecondFactor::Mail] {
        let mut case = home();
        case.authentication.second = Some(second);
        case.authentication.acr = Acr::Eidas1Mfa;
        assert_eq!(decide(&case), Decision::NeedMore(ANY_FACTOR));
        case.second_channel_outside = true;
        assert_eq!(decide(&case), Decision::Allow);
        case.second_channel_outside = false;
        case.zone = Internal;
        case.agent.second_factor = FactorRule::Everywhere;
        assert_eq!(decide(&case), Decision::Allow);
    }
}

#[test]
fn a_managers_pass_stands_in_for_the_factor_without_raising_the_level_and_never_for_the_privileged() {
    let mut case = home();
    case.authentication.second = Some(SecondFactor::ManagerPass);
    case.authentication.acr = Acr::Eidas1;
    assert_eq!(decide(&case), Decision::Allow);
    case.application.min_acr = Some(Acr::Eidas1Mfa);
    assert_eq!(decide(&case).reason(), Some(Reason::AppAcrTooLow));
    case.application.min_acr = None;
    case.agent.is_privileged = true;
    assert_eq!(decide(&case), Decision::NeedMore(ANY_FACTOR));
}

#[test]
fn later_is_heard_inside_while_the_enrolment_may_be_postponed() {
    let mut case = office();
    case.agent.second_factor = FactorRule::Postponable;
    assert_eq!(decide(&case), Decision::NeedMore(ANY_FACTOR), "it is offered first");
    case.authentication.is_postponed = true;
    assert_eq!(decide(&case), Decision::Allow);
    case.agent.second_factor = FactorRule::Everywhere;
    assert_eq!(decide(&case), Decision::NeedMore(ANY_FACTOR));
    let mut outside = home();
    outside.agent.second_factor = FactorRule::Postponable;
    outside.authentication.second = None;
    outside.authentication.is_postponed = true;
    assert_eq!(decide(&outside), Decision::NeedMore(ANY_FACTOR));
}

#[test]
fn a_published_charter_is_asked_for_in_both_zones() {
    for mut case in [office(), home()] {
        case.charter = Charter::NotAccepted;
        assert_eq!(decide(&case), Decision::NeedMore(Need::CharterAcceptance));
    }
}

#[test]
fn a_case_survives_its_way_through_the_audit() {
    let case = home();
    let json = serde_json::to_value(&case).unwrap();
    assert_eq!(json["version"], CASE_VERSION);
    assert_eq!(serde_json::from_value::<Case>(json).unwrap(), case);
}
