//! The access decision: one pure function, the only place where access is decided (PRODUCT §3).
//!
//! [`decide`] has no I/O. Its input, [`Case`], is plain data with a version: each decision is audited with the case it
//! was made from, so that it can be replayed later against the same or other rules. What does not exist yet (Nomades
//! profiles, the charter, waivers) has its place here and counts as **unmet** in `nomades`, so nothing opens by
//! omission. To add a rule: a fact in `Case`, a line in `RULES`, a row in the tests.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::acr::Acr;
use super::agent::Standing;
use super::factor::{FactorRule, SecondFactor};
use super::ids::ClientId;
use super::reason::Reason;
use super::soi::Soi;
use super::time::Timestamp;
use super::zone::NetworkZone;

/// The version of [`Case`]; a replay reads it first.
pub const CASE_VERSION: u32 = 3;

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
    /// Codes over a second channel count in `nomades`.
    pub second_channel_outside: bool,
    /// The level that the application asked for in this request and cannot do without.
    pub asked_acr: Option<Acr>,
    /// `access.preview_nomades`: profile and charter are taken as met in `nomades`. Demo only.
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
    /// Where a second factor is asked for.
    pub second_factor: FactorRule,
    /// Holds a role, or is somebody's manager: a manager's pass stands in for nothing.
    pub is_privileged: bool,
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
    /// What was given beside the password and counts now.
    pub second: Option<SecondFactor>,
    /// "Later" was said to the enrolment.
    pub is_postponed: bool,
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
    /// A second factor that counts here; `at_least`: one that reaches this level.
    SecondFactor {
        reason: Reason,
        at_least: Option<Acr>,
    },
}

impl Need {
    /// The catalogue's word for it.
    pub const fn reason(self) -> Reason {
        match self {
            Self::PasswordChange(reason) | Self::SecondFactor { reason, .. } => reason,
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
    let at_least = case.application.min_acr.max(case.asked_acr);
    if at_least.is_some_and(|least| case.authentication.acr < least) {
        return need(Need::SecondFactor { reason: Reason::AppAcrTooLow, at_least });
    }
    let wanted = match case.agent.second_factor {
        _ if outside(case) => true,
        FactorRule::Outside => false,
        FactorRule::Postponable => !case.authentication.is_postponed,
        FactorRule::Everywhere => true,
    };
    if wanted && !case.authentication.second.is_some_and(|second| counts(case, second)) {
        // The level is reached: any factor that counts here will do.
        return need(Need::SecondFactor { reason: Reason::FactorRequired, at_least: None });
    }
    Ok(())
}

/// Whether what was given is a second factor for this agent in this zone.
fn counts(case: &Case, second: SecondFactor) -> bool {
    match second {
        SecondFactor::Passkey | SecondFactor::Totp | SecondFactor::RecoveryCode => true,
        SecondFactor::Sms | SecondFactor::Mail => !outside(case) || case.second_channel_outside,
        SecondFactor::ManagerPass => !case.agent.is_privileged,
    }
}

#[cfg(test)]
mod tests;
