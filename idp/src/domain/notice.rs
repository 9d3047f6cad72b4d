//! What Octroi tells people by mail or text message, as facts: `notify` finds the words when it is sent.

use std::fmt;
use std::time::Duration;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::channel::{Address, ChannelKind};
use super::factor::SecondFactor;
use super::locale::Locale;
use super::soi::Soi;
use super::time::Timestamp;
use super::zone::NetworkZone;

/// A short code as it is read aloud (`4821-9037`, `K7QM-2F4X-9TWB`), on its way to its owner. Kept sealed only.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ShownCode(String);

impl ShownCode {
    /// Wraps a code, grouped for reading.
    pub fn new(grouped: impl Into<String>) -> Self {
        Self(grouped.into())
    }

    /// The code, for the text of a message only.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ShownCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ShownCode(…)")
    }
}

/// Whom a notice is sent to.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Recipient {
    /// The agent it is about; `None`: nobody in particular (the help desk).
    pub soi: Option<Soi>,
    /// How the agent is addressed: given and family name. Empty: nobody in particular.
    pub name: String,
    pub address: Address,
    pub locale: Locale,
}

/// When and from where something was done, so that its owner can tell whether it was them.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Circumstances {
    pub at: Timestamp,
    pub zone: Option<NetworkZone>,
    /// Browser family, such as `Firefox`.
    pub browser: Option<String>,
}

/// What "this was not me" needs: a page named by a reference, and a code that is typed there. The link alone does nothing.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Alarm {
    /// No secret; it stands in the link.
    pub reference: String,
    pub code: ShownCode,
}

/// One notice.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "notice", rename_all = "snake_case")]
pub enum Notice {
    /// The code that proves this address.
    ChannelCode { code: ShownCode, valid_for: Duration },
    /// The code that opens the choice of a new password.
    ResetCode { code: ShownCode, valid_for: Duration },
    /// The activation code of a new agent, to the recovery address.
    ActivationCode { code: ShownCode, until: Timestamp },
    /// The agent changed the password.
    PasswordChanged { circumstances: Circumstances, alarm: Alarm },
    /// The password was reset, by a code over `over` or by one that was handed over.
    PasswordReset { circumstances: Circumstances, over: Option<ChannelKind>, alarm: Alarm },
    /// The help desk issued a reset code.
    ResetCodeIssued { at: Timestamp, alarm: Alarm },
    /// An address was changed; `now` is masked, `None`: removed. To the old address.
    ChannelChanged { kind: ChannelKind, now: Option<String>, circumstances: Circumstances, alarm: Alarm },
    /// The code that stands beside the password at a login.
    FactorCode { code: ShownCode, valid_for: Duration },
    /// The code that confirms the enrolment of the first factor.
    EnrolmentCode { code: ShownCode, valid_for: Duration },
    /// Something happened to the agent's second factors.
    Factors { event: FactorEvent, circumstances: Circumstances, alarm: Alarm },
    /// The password is to be changed before this day.
    PasswordExpires { on: Date, days: u32 },
    /// "This was not me" was said: nothing works any more until the help desk has helped.
    CredentialsSuspended { at: Timestamp },
    /// The same, to those who must look at it.
    AlarmRaised { soi: Soi, reference: String, at: Timestamp },
}

/// What happened to an agent's second factors.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum FactorEvent {
    /// Enrolled, with the name that the agent gave.
    Added {
        factor: SecondFactor,
        name: String,
    },
    Removed {
        factor: SecondFactor,
        name: String,
    },
    /// A new set of recovery codes was made.
    RecoveryCodes,
    /// One was used; so many are left.
    RecoveryCodeUsed {
        left: u32,
    },
    /// The password was right and several codes were wrong.
    Suspected,
    /// The manager vouched for the agent.
    PassGiven {
        manager: String,
    },
    /// The manager confirmed the enrolment of the first factor.
    EnrolmentVouched {
        manager: String,
    },
    /// A key counted backwards: there may be a copy of it.
    CounterWentBack {
        name: String,
    },
}

impl FactorEvent {
    /// The stored word.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Added { .. } => "factor_added",
            Self::Removed { .. } => "factor_removed",
            Self::RecoveryCodes => "recovery_codes",
            Self::RecoveryCodeUsed { .. } => "recovery_code_used",
            Self::Suspected => "factor_suspected",
            Self::PassGiven { .. } => "manager_pass",
            Self::EnrolmentVouched { .. } => "enrolment_vouched",
            Self::CounterWentBack { .. } => "key_copied",
        }
    }
}

impl Notice {
    /// The stored word.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::ChannelCode { .. } => "channel_code",
            Self::ResetCode { .. } => "reset_code",
            Self::ActivationCode { .. } => "activation_code",
            Self::PasswordChanged { .. } => "password_changed",
            Self::PasswordReset { .. } => "password_reset",
            Self::ResetCodeIssued { .. } => "reset_code_issued",
            Self::ChannelChanged { .. } => "channel_changed",
            Self::FactorCode { .. } => "factor_code",
            Self::EnrolmentCode { .. } => "enrolment_code",
            Self::Factors { event, .. } => event.as_str(),
            Self::PasswordExpires { .. } => "password_expires",
            Self::CredentialsSuspended { .. } => "credentials_suspended",
            Self::AlarmRaised { .. } => "alarm_raised",
        }
    }

    /// When it is not worth sending any more.
    pub fn expires_at(&self, now: Timestamp) -> Timestamp {
        match self {
            Self::ChannelCode { valid_for, .. }
            | Self::ResetCode { valid_for, .. }
            | Self::FactorCode { valid_for, .. }
            | Self::EnrolmentCode { valid_for, .. } => now.plus(*valid_for),
            Self::ActivationCode { until, .. } => *until,
            Self::PasswordExpires { .. } => now.plus(Duration::from_hours(24)),
            _ => now.plus(Duration::from_hours(7 * 24)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_on_its_way_does_not_print() {
        let notice = Notice::ResetCode { code: ShownCode::new("4821-9037"), valid_for: Duration::from_mins(10) };
        assert!(!format!("{notice:?}").contains("4821"));
    }

    #[test]
    fn a_code_is_not_sent_after_its_end() {
        let now = Timestamp::from_seconds(0);
        let notice = Notice::ResetCode { code: ShownCode::new("4821-9037"), valid_for: Duration::from_mins(10) };
        assert_eq!(notice.expires_at(now), now.plus(Duration::from_mins(10)));
    }
}
