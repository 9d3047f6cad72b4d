//! Second factors: what there is, which of them count where, and how a session's level changes when one is given.
//!
//! The zone never raises a level; it only chooses which factors count (PRODUCT §2.1). Whether one is wanted at all is
//! decided in [`access`](super::access).

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::acr::{Acr, AuthenticationMethod};
use super::time::Timestamp;

/// How long a manager's pass stands in for the factor, from the moment when its code is typed.
pub const PASS_LIFETIME: Duration = Duration::from_hours(8);

/// A manager gives no second pass within this time.
pub const PASS_PAUSE: Duration = Duration::from_hours(30 * 24);

/// Names of factors are cut at so many characters.
pub const NAME_MAX: usize = 40;

/// Factors of one kind that an agent may enrol.
pub const MOST_OF_A_KIND: usize = 8;

/// What can be given beside the password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecondFactor {
    /// A passkey or security key with user verification.
    Passkey,
    /// A code of an authenticator application.
    Totp,
    /// A code sent by text message.
    Sms,
    /// A code sent by mail.
    Mail,
    RecoveryCode,
    /// The manager vouches: it stands in for a factor and is none.
    ManagerPass,
}

impl SecondFactor {
    /// Every one, the strongest first: the order in which they are offered (ANS-R2).
    pub const ALL: [Self; 6] =
        [Self::Passkey, Self::Totp, Self::Sms, Self::Mail, Self::RecoveryCode, Self::ManagerPass];

    /// The stored word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Passkey => "passkey",
            Self::Totp => "totp",
            Self::Sms => "sms",
            Self::Mail => "mail",
            Self::RecoveryCode => "recovery_code",
            Self::ManagerPass => "manager_pass",
        }
    }

    /// Something of the agent's own: who gives it may change passwords, addresses and factors, outside too.
    pub const fn is_held(self) -> bool {
        matches!(self, Self::Passkey | Self::Totp | Self::RecoveryCode)
    }

    /// A code that was sent over a second channel.
    pub const fn is_second_channel(self) -> bool {
        matches!(self, Self::Sms | Self::Mail)
    }

    /// The level that it reaches beside a password; a passkey may reach more by its kind.
    pub const fn acr(self) -> Acr {
        match self {
            Self::Passkey | Self::Totp => Acr::Eidas2,
            Self::Sms | Self::Mail | Self::RecoveryCode => Acr::Eidas1Mfa,
            Self::ManagerPass => Acr::Eidas1,
        }
    }
}

impl fmt::Display for SecondFactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that names no factor.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a second factor")]
pub struct UnknownFactor(pub String);

impl FromStr for SecondFactor {
    type Err = UnknownFactor;

    fn from_str(text: &str) -> Result<Self, UnknownFactor> {
        let known = Self::ALL.into_iter().find(|factor| factor.as_str() == text);
        known.ok_or_else(|| UnknownFactor(text.chars().take(32).collect()))
    }
}

/// What a passkey is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PasskeyKind {
    /// It can be backed up: other devices of its owner may have it too.
    Synced,
    /// It stays where it is, as far as it says itself.
    Device,
    /// It stays where it is, and a maker that the City lists vouches for that.
    Attested,
}

impl PasskeyKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Synced, Self::Device, Self::Attested];

    /// The stored word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Synced => "synced",
            Self::Device => "device",
            Self::Attested => "attested",
        }
    }

    /// The level that a login with it reaches (PRODUCT §4).
    pub const fn acr(self) -> Acr {
        match self {
            Self::Synced | Self::Device => Acr::Eidas2,
            Self::Attested => Acr::Eidas3,
        }
    }
}

impl fmt::Display for PasskeyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that names no kind of passkey.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a kind of passkey")]
pub struct UnknownPasskeyKind(pub String);

impl FromStr for PasskeyKind {
    type Err = UnknownPasskeyKind;

    fn from_str(text: &str) -> Result<Self, UnknownPasskeyKind> {
        let known = Self::ALL.into_iter().find(|kind| kind.as_str() == text);
        known.ok_or_else(|| UnknownPasskeyKind(text.chars().take(32).collect()))
    }
}

/// A factor that was verified a moment ago.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    Totp,
    Passkey(PasskeyKind),
    Sms,
    Mail,
    RecoveryCode,
    ManagerPass,
}

impl Proof {
    /// Which factor it was.
    pub const fn factor(self) -> SecondFactor {
        match self {
            Self::Totp => SecondFactor::Totp,
            Self::Passkey(_) => SecondFactor::Passkey,
            Self::Sms => SecondFactor::Sms,
            Self::Mail => SecondFactor::Mail,
            Self::RecoveryCode => SecondFactor::RecoveryCode,
            Self::ManagerPass => SecondFactor::ManagerPass,
        }
    }

    /// Until when it counts; `None`: as long as the session.
    pub fn until(self, now: Timestamp) -> Option<Timestamp> {
        (self == Self::ManagerPass).then(|| now.plus(PASS_LIFETIME))
    }

    const fn acr(self) -> Acr {
        match self {
            Self::Passkey(kind) => kind.acr(),
            other => other.factor().acr(),
        }
    }

    /// The methods that happened (PRODUCT §4, OA-33): `mfa` only with two categories, which a mail code is not (D4).
    const fn amr(self) -> &'static [&'static str] {
        match self {
            Self::Totp => &["otp", "mfa"],
            Self::Passkey(PasskeyKind::Synced) => &["pop", "swk", "mfa"],
            Self::Passkey(PasskeyKind::Device) => &["pop", "mfa"],
            Self::Passkey(PasskeyKind::Attested) => &["pop", "hwk", "mfa"],
            Self::Sms => &["sms", "mfa"],
            Self::Mail => &["mail"],
            Self::RecoveryCode => &["mfa"],
            Self::ManagerPass => &[],
        }
    }
}

/// The order in which methods are told.
const AMR_ORDER: [&str; 8] = ["pwd", "otp", "pop", "swk", "hwk", "sms", "mail", "mfa"];

impl AuthenticationMethod {
    /// A passkey alone: two factors in one.
    pub fn passkey(kind: PasskeyKind) -> Self {
        Self { acr: Acr::Eidas1, amr: Vec::new() }.with(Proof::Passkey(kind))
    }

    /// The same after something more was given: a level is never lowered, and a method that happened stays told.
    pub fn with(&self, proof: Proof) -> Self {
        let has = |method: &str| self.amr.iter().any(|m| m == method) || proof.amr().contains(&method);
        let amr = AMR_ORDER.into_iter().filter(|method| has(method)).map(str::to_owned).collect();
        Self { acr: self.acr.max(proof.acr()), amr }
    }
}

/// The second factor of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct GivenFactor {
    pub factor: SecondFactor,
    pub at: Timestamp,
    /// It counts until then only.
    pub until: Option<Timestamp>,
}

impl GivenFactor {
    /// What counts at `now`.
    pub fn at(self, now: Timestamp) -> Option<SecondFactor> {
        self.until.is_none_or(|until| now < until).then_some(self.factor)
    }
}

/// Where the rules of an agent's population ask for a second factor. Outside they always do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FactorRule {
    /// In `nomades` only.
    Outside,
    /// Everywhere; whoever has none may still say "later" inside.
    Postponable,
    /// Everywhere.
    Everywhere,
}

/// What is set for one population.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FactorPolicy {
    /// A second factor is asked for inside too.
    pub everywhere: bool,
    /// Up to this day (inclusive), who has none may postpone the enrolment inside.
    pub postpone_until: Option<Date>,
    pub second_channel: SecondChannel,
}

/// Whether codes over a second channel are a factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SecondChannel {
    pub sms: bool,
    pub mail: bool,
    /// Up to this day (inclusive).
    pub until: Option<Date>,
    /// They count in `nomades` too.
    pub nomades: bool,
}

impl SecondChannel {
    /// Nothing is sent.
    pub const OFF: Self = Self { sms: false, mail: false, until: None, nomades: false };

    /// Whether a code by this way is a factor today.
    pub fn offers(&self, factor: SecondFactor, today: Date) -> bool {
        let is_on = match factor {
            SecondFactor::Sms => self.sms,
            SecondFactor::Mail => self.mail,
            _ => false,
        };
        is_on && self.until.is_none_or(|until| today <= until)
    }
}

impl FactorPolicy {
    /// The rule today for an agent who is or is not always asked (holders of a role, managers).
    pub fn rule(&self, is_privileged: bool, today: Date) -> FactorRule {
        match self {
            _ if is_privileged => FactorRule::Everywhere,
            Self { everywhere: false, .. } => FactorRule::Outside,
            Self { postpone_until: Some(until), .. } if today <= *until => FactorRule::Postponable,
            _ => FactorRule::Everywhere,
        }
    }
}

/// A name as the agent gave it: one line, trimmed and cut. `None`: nothing is left.
pub fn name_of(typed: &str) -> Option<String> {
    let name: String = typed.split_whitespace().collect::<Vec<_>>().join(" ");
    let name: String = name.chars().filter(|c| !c.is_control()).take(NAME_MAX).collect();
    let name = name.trim().to_owned();
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn acr_and_amr_are_those_of_the_table() {
        let password = AuthenticationMethod::password();
        for (method, acr, amr) in [
            (password.clone(), "eidas1", vec!["pwd"]),
            (password.with(Proof::Totp), "eidas2", vec!["pwd", "otp", "mfa"]),
            (AuthenticationMethod::passkey(PasskeyKind::Device), "eidas2", vec!["pop", "mfa"]),
            (AuthenticationMethod::passkey(PasskeyKind::Synced), "eidas2", vec!["pop", "swk", "mfa"]),
            (AuthenticationMethod::passkey(PasskeyKind::Attested), "eidas3", vec!["pop", "hwk", "mfa"]),
            (password.with(Proof::Sms), "eidas1-mfa", vec!["pwd", "sms", "mfa"]),
            (password.with(Proof::Mail), "eidas1-mfa", vec!["pwd", "mail"]),
            (password.with(Proof::RecoveryCode), "eidas1-mfa", vec!["pwd", "mfa"]),
            (password.with(Proof::ManagerPass), "eidas1", vec!["pwd"]),
            (password.with(Proof::Passkey(PasskeyKind::Device)), "eidas2", vec!["pwd", "pop", "mfa"]),
        ] {
            assert_eq!((method.acr.as_str(), method.amr), (acr, amr.into_iter().map(str::to_owned).collect()));
        }
    }

    #[test]
    fn what_is_given_later_raises_a_level_and_never_lowers_it() {
        let strong = AuthenticationMethod::passkey(PasskeyKind::Attested);
        assert_eq!(strong.with(Proof::Mail).acr, Acr::Eidas3);
        assert_eq!(strong.with(Proof::ManagerPass), strong);
        assert_eq!(strong.with(Proof::Totp).amr, ["otp", "pop", "hwk", "mfa"]);
    }

    #[test]
    fn a_managers_pass_ends_after_eight_hours_and_a_factor_with_its_session() {
        let now = Timestamp::from_seconds(0);
        let until = Proof::ManagerPass.until(now);
        let given = GivenFactor { factor: SecondFactor::ManagerPass, at: now, until };
        assert_eq!(given.at(Timestamp::from_seconds(8 * 3600 - 1)), Some(SecondFactor::ManagerPass));
        assert_eq!(given.at(Timestamp::from_seconds(8 * 3600)), None);
        assert_eq!(Proof::Totp.until(now), None);
    }

    #[test]
    fn an_enrolment_is_postponed_up_to_its_day_and_never_by_the_privileged() {
        let policy = FactorPolicy {
            everywhere: true,
            postpone_until: Some("2027-01-31".parse().unwrap()),
            second_channel: SecondChannel::OFF,
        };
        let on = |day: &str, privileged| policy.rule(privileged, day.parse().unwrap());
        assert_eq!(on("2027-01-31", false), FactorRule::Postponable);
        assert_eq!(on("2027-02-01", false), FactorRule::Everywhere);
        assert_eq!(on("2027-01-31", true), FactorRule::Everywhere);
        let outside = FactorPolicy { everywhere: false, ..policy };
        assert_eq!(outside.rule(false, "2030-01-01".parse().unwrap()), FactorRule::Outside);
        assert_eq!(outside.rule(true, "2030-01-01".parse().unwrap()), FactorRule::Everywhere);
    }

    #[test]
    fn a_second_channel_is_a_factor_up_to_its_last_day() {
        let channel = SecondChannel { mail: true, until: Some("2027-01-31".parse().unwrap()), ..SecondChannel::OFF };
        assert!(channel.offers(SecondFactor::Mail, "2027-01-31".parse().unwrap()));
        assert!(!channel.offers(SecondFactor::Mail, "2027-02-01".parse().unwrap()));
        assert!(!channel.offers(SecondFactor::Sms, "2027-01-31".parse().unwrap()));
        assert!(!channel.offers(SecondFactor::Totp, "2027-01-31".parse().unwrap()));
    }

    #[test]
    fn a_name_is_one_short_line() {
        assert_eq!(name_of("  Mon\n téléphone \u{7} "), Some("Mon téléphone".to_owned()));
        assert_eq!(name_of(" \t\u{0} "), None);
        assert_eq!(name_of(&"é".repeat(100)).map(|name| name.chars().count()), Some(NAME_MAX));
    }
}
