//! The catalogue of reasons: the same stable code in pages, audit and command line.
//!
//! To add one: a variant here, its words in `locales/{fr,en}/reasons.ftl` (a test in `ui` insists). Applications hear only
//! what is theirs to know ([`Reason::told_to_application`]).

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

macro_rules! catalogue {
    ($($(#[$doc:meta])* $variant:ident => $code:literal,)+) => {
        /// Why something was refused, or is still needed.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Reason { $($(#[$doc])* $variant,)+ }

        impl Reason {
            /// Every reason, in the catalogue's order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The stable code, as in `<main data-reason="…">`, audit rows and the command line.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)+ }
            }

            /// The reason with this code.
            pub fn from_code(code: &str) -> Option<Self> {
                match code { $($code => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

catalogue! {
    /// SOI or password wrong, or SOI unknown: one answer for all three.
    CredentialsInvalid => "credentials.invalid",
    AccountNotActivated => "account.not_activated",
    /// The first day of employment lies ahead.
    AccountNotStarted => "account.not_started",
    AccountSuspended => "account.suspended",
    AccountLeft => "account.left",
    /// The end date has passed.
    AccountEnded => "account.ended",
    AccountThrottled => "account.throttled",
    PasswordExpired => "password.expired",
    PasswordCompromised => "password.compromised",
    /// "This was not me" was said.
    PasswordSuspended => "password.suspended",
    FactorRequired => "factor.required",
    FactorEnrolmentNeeded => "factor.enrolment_needed",
    FactorInvalid => "factor.invalid",
    FactorEnrolmentUnsafe => "factor.enrolment_unsafe",
    ActivationInvalid => "activation.invalid",
    ResetInvalid => "reset.invalid",
    NomadesNoProfile => "nomades.no_profile",
    NomadesNotStarted => "nomades.not_started",
    NomadesRequested => "nomades.requested",
    NomadesEndorsed => "nomades.endorsed",
    NomadesSuspended => "nomades.suspended",
    NomadesExpired => "nomades.expired",
    NomadesRevoked => "nomades.revoked",
    NomadesRefused => "nomades.refused",
    CharterNotAccepted => "charter.not_accepted",
    AppInternalOnly => "app.internal_only",
    AppWaiverExpired => "app.waiver_expired",
    AppDepartment => "app.department",
    AppDisabled => "app.disabled",
    AppUnknown => "app.unknown",
    AppAcrTooLow => "app.acr_too_low",
    ZoneLowered => "zone.lowered",
    SessionEnded => "session.ended",
    NomadesBrake => "nomades.brake",
    /// What applications hear instead of everything that is not theirs to know.
    AccessRefused => "access.refused",
    Overloaded => "overloaded",
}

impl Reason {
    /// What `error_description` may say: `app.*`, `zone.*` and `factor.required` as they are, all else `access.refused`
    /// (an agent's HR state is not the application's to know).
    #[must_use]
    pub fn told_to_application(self) -> Self {
        let code = self.code();
        if code.starts_with("app.") || code.starts_with("zone.") || self == Self::FactorRequired {
            self
        } else {
            Self::AccessRefused
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Serialize for Reason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Reason {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = String::deserialize(deserializer)?;
        Self::from_code(&code).ok_or_else(|| serde::de::Error::custom(format!("{code:?} is not in the catalogue")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_leads_back_to_its_reason() {
        for reason in Reason::ALL {
            assert_eq!(Reason::from_code(reason.code()), Some(*reason));
        }
    }

    #[test]
    fn applications_hear_nothing_about_an_agents_hr_state() {
        for reason in Reason::ALL {
            let told = reason.told_to_application().code();
            assert!(
                told.starts_with("app.")
                    || told.starts_with("zone.")
                    || told == "factor.required"
                    || told == "access.refused",
                "{told}"
            );
        }
        assert_eq!(Reason::AccountSuspended.told_to_application(), Reason::AccessRefused);
        assert_eq!(Reason::NomadesBrake.told_to_application(), Reason::AccessRefused);
    }
}
