//! Channels: the addresses over which Octroi reaches an agent. One counts only after a code proved that the agent reads it,
//! and only while it is still the agent's address.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::agent::AgentRecord;
use super::time::Timestamp;

/// A channel that was just changed, or over which a password was reset, is no factor for so long (PRODUCT §4, CNIL-12).
pub const FACTOR_PAUSE: Duration = Duration::from_hours(72);

/// How long the code that proves an address may be typed.
pub const CODE_LIFETIME: Duration = Duration::from_mins(10);
/// Digits of such a code.
pub const CODE_DIGITS: usize = 8;
/// Sendings and wrong codes of one kind of address are counted over this time.
pub const CODE_WINDOW: Duration = Duration::from_hours(1);
/// Codes that are sent in it.
pub const MOST_CODES: u32 = 4;
/// Wrong codes that may be typed in it; a new code gives no new tries (NIST-12).
pub const MOST_WRONG_CODES: u32 = 5;
/// A channel that its agent can change is no way to a reset for so long after the change (CNIL-12): whoever finds an open
/// session must not take the account with it.
pub const RESET_PAUSE: Duration = Duration::from_hours(24);

/// Which address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChannelKind {
    WorkEmail,
    RecoveryEmail,
    Mobile,
}

impl ChannelKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::WorkEmail, Self::RecoveryEmail, Self::Mobile];

    /// The stored word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::WorkEmail => "work_email",
            Self::RecoveryEmail => "recovery_email",
            Self::Mobile => "mobile",
        }
    }

    /// An address of this kind.
    pub fn address(self, text: String) -> Address {
        match self {
            Self::WorkEmail | Self::RecoveryEmail => Address::Email(text),
            Self::Mobile => Address::Mobile(text),
        }
    }

    /// The agent's address of this kind, if there is one.
    pub fn address_of(self, record: &AgentRecord) -> Option<Address> {
        match self {
            Self::WorkEmail => Some(Address::Email(record.email.clone())).filter(|a| !a.as_str().is_empty()),
            Self::RecoveryEmail => record.recovery_email.clone().map(Address::Email),
            Self::Mobile => record.mobile.clone().map(Address::Mobile),
        }
    }
}

impl fmt::Display for ChannelKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that names no channel.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a channel (work_email, recovery_email or mobile)")]
pub struct UnknownChannel(pub String);

impl FromStr for ChannelKind {
    type Err = UnknownChannel;

    fn from_str(text: &str) -> Result<Self, UnknownChannel> {
        let known = Self::ALL.into_iter().find(|kind| kind.as_str() == text);
        known.ok_or_else(|| UnknownChannel(text.chars().take(32).collect()))
    }
}

/// Where something can be sent to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Address {
    Email(String),
    /// E.164: `+33612345678`.
    Mobile(String),
}

impl Address {
    /// The address itself.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Email(text) | Self::Mobile(text) => text,
        }
    }

    /// Enough for its owner to know it again: `c…e@ville.example`, `+33 … 78`.
    pub fn masked(&self) -> String {
        match self {
            Self::Email(text) => {
                let (local, host) = text.rsplit_once('@').unwrap_or((text, ""));
                let mut chars = local.chars();
                let (first, last) = (chars.next(), chars.next_back());
                let last = last.filter(|_| chars.next().is_some()).map(String::from).unwrap_or_default();
                format!("{}…{last}@{host}", first.map(String::from).unwrap_or_default())
            }
            Self::Mobile(text) => {
                let digits: Vec<char> = text.chars().collect();
                let end: String = digits.iter().skip(digits.len().saturating_sub(2)).collect();
                let start: String = digits.iter().take(if digits.first() == Some(&'+') { 3 } else { 0 }).collect();
                format!("{start} … {end}").trim_start().to_owned()
            }
        }
    }
}

/// An address that a code proved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Channel {
    pub kind: ChannelKind,
    pub address: Address,
    pub verified_at: Timestamp,
    /// When a password was last reset over it.
    pub reset_at: Option<Timestamp>,
}

impl Channel {
    /// Whether a second-channel code may be sent over it at `now`: not within 72 h of its change or of a reset.
    pub fn may_be_factor(&self, now: Timestamp) -> bool {
        let last = self.reset_at.map_or(self.verified_at, |reset| reset.max(self.verified_at));
        now >= last.plus(FACTOR_PAUSE)
    }

    /// Whether a code over it may confirm the first enrolment at `now`: not within 72 h of a reset over it, nor of a change
    /// by who sits at the keyboard. The work mail is HR's to change.
    pub fn may_confirm(&self, now: Timestamp) -> bool {
        let is_settled = |at: Timestamp| now >= at.plus(FACTOR_PAUSE);
        let is_hrs = self.kind == ChannelKind::WorkEmail;
        (is_hrs || is_settled(self.verified_at)) && self.reset_at.is_none_or(is_settled)
    }

    /// Whether a password may be reset over it at `now`. The work mail is HR's to change.
    pub fn may_reset(&self, now: Timestamp) -> bool {
        self.kind == ChannelKind::WorkEmail || now >= self.verified_at.plus(RESET_PAUSE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_masked_for_others_and_known_to_its_owner() {
        for (address, masked) in [
            (Address::Email("claire.moreau@ville.example".into()), "c…u@ville.example"),
            (Address::Email("é@ville.example".into()), "é…@ville.example"),
            (Address::Email("ab@ville.example".into()), "a…@ville.example"),
            (Address::Mobile("+33612345678".into()), "+33 … 78"),
            (Address::Mobile("0612345678".into()), "… 78"),
        ] {
            assert_eq!(address.masked(), masked);
        }
    }

    #[test]
    fn a_new_recovery_address_opens_no_reset_before_its_agent_could_notice() {
        let at = Timestamp::from_seconds(0);
        let channel = |kind| Channel { kind, address: Address::Email(String::new()), verified_at: at, reset_at: None };
        assert!(channel(ChannelKind::WorkEmail).may_reset(at));
        for kind in [ChannelKind::RecoveryEmail, ChannelKind::Mobile] {
            assert!(!channel(kind).may_reset(at.plus(RESET_PAUSE).minus(Duration::from_secs(1))));
            assert!(channel(kind).may_reset(at.plus(RESET_PAUSE)));
        }
    }

    #[test]
    fn an_enrolment_is_confirmed_over_an_address_that_nobody_could_just_have_changed() {
        let at = Timestamp::from_seconds(0);
        let channel = |kind| Channel { kind, address: Address::Email(String::new()), verified_at: at, reset_at: None };
        assert!(channel(ChannelKind::WorkEmail).may_confirm(at));
        assert!(!channel(ChannelKind::RecoveryEmail).may_confirm(at));
        assert!(channel(ChannelKind::RecoveryEmail).may_confirm(at.plus(FACTOR_PAUSE)));
        let reset = Channel { reset_at: Some(at), ..channel(ChannelKind::WorkEmail) };
        assert!(!reset.may_confirm(at) && reset.may_confirm(at.plus(FACTOR_PAUSE)));
    }

    #[test]
    fn a_channel_is_no_factor_for_72_hours_after_its_change_or_a_reset() {
        let at = Timestamp::from_seconds(0);
        let mut channel = Channel {
            kind: ChannelKind::Mobile,
            address: Address::Mobile("+33612345678".into()),
            verified_at: at,
            reset_at: None,
        };
        let second = Duration::from_secs(1);
        assert!(!channel.may_be_factor(at.plus(FACTOR_PAUSE).minus(second)));
        assert!(channel.may_be_factor(at.plus(FACTOR_PAUSE)));
        channel.reset_at = Some(at.plus(FACTOR_PAUSE));
        assert!(!channel.may_be_factor(at.plus(FACTOR_PAUSE)));
        assert!(channel.may_be_factor(at.plus(2 * FACTOR_PAUSE)));
    }
}
