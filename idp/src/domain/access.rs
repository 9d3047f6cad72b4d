//! The access decision: one pure function, the only place where access is decided (PRODUCT §3).
//!
//! [`decide`] has no I/O. Its input, [`Case`], is plain data with a version: each decision is audited with the case it
//! was made from, so that it can be replayed later against the same or other rules. What does not exist yet (factors,
//! Nomades profiles, the charter, waivers) has its place here and counts as **unmet** in `nomades`, so nothing opens by
//! omission. To add a rule: a fact in `Case`, a line in `RULES`, a row in the tests.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::acr::Acr;
use super::agent::Standing;
use super::ids::ClientId;
use super::reason::Reason;
use super::soi::Soi;
use super::time::Timestamp;
use super::zone::NetworkZone;

/// The version of [`Case`]; a replay reads it first.
pub const CASE_VERSION: u32 = 2;

/// Everything a decision is made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case {
    /// [`CASE_VERSION`] when it was written.
    pub version: u32,
    pub agent: AgentFacts,
    pub application: ApplicationFacts,
    pub zone: NetworkZone,
    pub authentication: AuthenticationFacts,
    pub profile: Profile,
    /// This agent's waivers for this application.
    pub waivers: Vec<Waiver>,
    pub charter: Charter,
    /// `nomades` is shut for everybody (`octroictl nomades brake`).
    pub brake: bool,
    /// `access.preview_nomades`: profile, charter and second factor are taken as met in `nomades`. Demo only.
    pub preview_nomades: bool,
    pub now: Now,
}

/// What counts about the agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentFacts {
    pub soi: Soi,
    pub version: i64,
    pub standing: Standing,
    pub department: Option<String>,
    /// The agent's population asks for a second factor in every zone.
    pub second_factor_everywhere: bool,
}

/// What counts about the application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApplicationFacts {
    pub client_id: ClientId,
    pub version: i64,
    pub disabled: bool,
    pub zones: Vec<NetworkZone>,
    pub waiver_possible: bool,
    /// Empty: every department.
    pub departments: Vec<String>,
    pub min_acr: Option<Acr>,
}

/// How the agent proved who they are, and whether the password still stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthenticationFacts {
    pub acr: Acr,
    pub auth_time: Timestamp,
    pub password: PasswordStanding,
}

/// The password's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PasswordStanding {
    Valid,
    Expired,
    Compromised,
    NotActivated,
    Suspended,
}

/// The state of the agent's Nomades profile (PRODUCT §4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Profile {
    None,
    Requested,
    Endorsed,
    NotStarted,
    Active,
    Suspended,
    Expired,
    Revoked,
    Refused,
}

/// A dated permission for one `internal`-only application from `nomades`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiver {
    pub from: Timestamp,
    pub until: Timestamp,
}

/// Where the agent stands with the charter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Charter {
    /// No charter has been published: nothing to accept inside, and nothing that was accepted outside.
    NotPublished,
    NotAccepted,
    Accepted,
}

/// The moment of the decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Now {
    pub at: Timestamp,
    /// The civil date in the City's time zone.
    pub today: Date,
}

/// What may still be asked of the agent so that access opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Need {
    /// A new password, in the login flow.
    PasswordChange(Reason),
    CharterAcceptance,
    SecondFactor(Reason),
}

impl Need {
    /// The catalogue's word for it.
    pub const fn reason(self) -> Reason {
        match self {
            Self::PasswordChange(reason) | Self::SecondFactor(reason) => reason,
            Self::CharterAcceptance => Reason::CharterNotAccepted,
        }
    }
}

/// The decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    Allow,
    NeedMore(Need),
    Deny(Reason),
}

impl Decision {
    /// Why not, unless allowed.
    pub const fn reason(self) -> Option<Reason> {
        match self {
            Self::Allow => None,
            Self::NeedMore(need) => Some(need.reason()),
            Self::Deny(reason) => Some(reason),
        }
    }
}

type Rule = fn(&Case) -> Result<(), Decision>;

/// The rules in order: first what nobody can mend at the keyboard, last what can be asked for.
const RULES: &[Rule] =
    &[employment, password, application_open, application_zone, department, remote_access, charter, factor];

/// Decides whether this agent gets into this application from this zone, now.
pub fn decide(case: &Case) -> Decision {
    RULES.iter().find_map(|rule| rule(case).err()).unwrap_or(Decision::Allow)
}

fn deny(reason: Reason) -> Result<(), Decision> {
    Err(Decision::Deny(reason))
}

fn need(need: Need) -> Result<(), Decision> {
    Err(Decision::NeedMore(need))
}

fn outside(case: &Case) -> bool {
    case.zone == NetworkZone::Nomades
}

fn employment(case: &Case) -> Result<(), Decision> {
    case.agent.standing.refusal().map_or(Ok(()), deny)
}

fn password(case: &Case) -> Result<(), Decision> {
    match case.authentication.password {
        PasswordStanding::Valid => Ok(()),
        PasswordStanding::NotActivated => deny(Reason::AccountNotActivated),
        PasswordStanding::Suspended => deny(Reason::PasswordSuspended),
        PasswordStanding::Expired => need(Need::PasswordChange(Reason::PasswordExpired)),
        PasswordStanding::Compromised => need(Need::PasswordChange(Reason::PasswordCompromised)),
    }
}

fn application_open(case: &Case) -> Result<(), Decision> {
    if case.application.disabled { deny(Reason::AppDisabled) } else { Ok(()) }
}

fn application_zone(case: &Case) -> Result<(), Decision> {
    let application = &case.application;
    if application.zones.contains(&case.zone) {
        return Ok(());
    }
    if outside(case) && application.waiver_possible {
        let live = |w: &Waiver| w.from <= case.now.at && case.now.at < w.until;
        if case.waivers.iter().any(live) {
            return Ok(());
        }
        if case.waivers.iter().any(|w| w.until <= case.now.at) {
            return deny(Reason::AppWaiverExpired);
        }
    }
    deny(Reason::AppInternalOnly)
}

fn department(case: &Case) -> Result<(), Decision> {
    let allowed = &case.application.departments;
    let own = case.agent.department.as_ref();
    if allowed.is_empty() || own.is_some_and(|d| allowed.contains(d)) { Ok(()) } else { deny(Reason::AppDepartment) }
}

fn remote_access(case: &Case) -> Result<(), Decision> {
    if !outside(case) {
        return Ok(());
    }
    if case.brake {
        return deny(Reason::NomadesBrake);
    }
    if case.preview_nomades {
        return Ok(());
    }
    match case.profile {
        Profile::Active => Ok(()),
        Profile::None => deny(Reason::NomadesNoProfile),
        Profile::Requested => deny(Reason::NomadesRequested),
        Profile::Endorsed => deny(Reason::NomadesEndorsed),
        Profile::NotStarted => deny(Reason::NomadesNotStarted),
        Profile::Suspended => deny(Reason::NomadesSuspended),
        Profile::Expired => deny(Reason::NomadesExpired),
        Profile::Revoked => deny(Reason::NomadesRevoked),
        Profile::Refused => deny(Reason::NomadesRefused),
    }
}

fn charter(case: &Case) -> Result<(), Decision> {
    match case.charter {
        Charter::Accepted => Ok(()),
        Charter::NotPublished if !outside(case) => Ok(()),
        _ if outside(case) && case.preview_nomades => Ok(()),
        Charter::NotPublished | Charter::NotAccepted => need(Need::CharterAcceptance),
    }
}

fn factor(case: &Case) -> Result<(), Decision> {
    let acr = case.authentication.acr;
    let everywhere = case.agent.second_factor_everywhere;
    let for_the_zone = outside(case) && !case.preview_nomades;
    if (everywhere || for_the_zone) && !acr.is_multi_factor() {
        return need(Need::SecondFactor(Reason::FactorRequired));
    }
    if case.application.min_acr.is_some_and(|min| acr < min) {
        return need(Need::SecondFactor(Reason::AppAcrTooLow));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use NetworkZone::{Internal, Nomades};

    /// An agent at the office with a good password, before an application that opens in both zones.
    fn office() -> Case {
        Case {
            version: CASE_VERSION,
            agent: AgentFacts {
                soi: Soi::from_stored("100001".into()),
                version: 1,
                standing: Standing::Active,
                department: Some("40".into()),
                second_factor_everywhere: false,
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
                password: PasswordStanding::Valid,
            },
            profile: Profile::None,
            waivers: vec![],
            charter: Charter::NotPublished,
            brake: false,
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
        assert_eq!(decide(&nothing_built), Decision::NeedMore(Need::SecondFactor(Reason::FactorRequired)));
    }

    #[test]
    fn the_preview_stands_in_for_what_is_not_built_and_for_nothing_else() {
        let mut case = office();
        case.zone = Nomades;
        case.preview_nomades = true;
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
        case.agent.second_factor_everywhere = true;
        assert_eq!(decide(&case).reason(), Some(Reason::FactorRequired));
        case.agent.second_factor_everywhere = false;
        case.application.min_acr = Some(Acr::Eidas2);
        assert_eq!(decide(&case).reason(), Some(Reason::AppAcrTooLow));
        case.authentication.acr = Acr::Eidas2;
        assert_eq!(decide(&case), Decision::Allow);
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
}
