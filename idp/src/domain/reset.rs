//! The self-service reset, as rules: who gets a code, what follows a right one, how long everything waits.

use std::time::Duration;

use super::agent::Standing;

/// Digits of a code.
pub const CODE_DIGITS: usize = 8;

/// How long a code is good (NIST-14), and then the choice of the new password.
pub const CODE_LIFETIME: Duration = Duration::from_mins(10);
pub const CHOICE_LIFETIME: Duration = Duration::from_mins(10);

/// How long another code may be asked for in the same attempt.
pub const RESEND_UNTIL: Duration = Duration::from_mins(30);

/// Codes of one attempt, the first one included.
pub const MOST_SENDINGS: u32 = 3;

/// Tries of one attempt, whatever codes were sent in between (NIST-12).
pub const MOST_TRIES: u32 = 5;

/// New passwords of one attempt that are compared with the former ones: nobody guesses those with a stolen code.
pub const MOST_CHOICES: u32 = 10;

/// What decides whether a code is sent. Nobody is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResetFacts {
    /// `None`: there is no such agent.
    pub standing: Option<Standing>,
    /// A password was chosen once.
    pub is_activated: bool,
    /// "This was not me" was said: only the help desk helps.
    pub is_suspended: bool,
    /// The channel was proved, is still the agent's, and did not just change.
    pub channel_counts: bool,
    /// The agent or the network did not ask too often.
    pub is_within_budget: bool,
}

/// Why no code is sent, for the audit alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Withheld {
    UnknownAgent,
    NotWorking,
    NotActivated,
    Suspended,
    NoChannel,
    TooOften,
}

impl Withheld {
    /// As the audit says it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UnknownAgent => "unknown_agent",
            Self::NotWorking => "not_working",
            Self::NotActivated => "not_activated",
            Self::Suspended => "suspended",
            Self::NoChannel => "no_channel",
            Self::TooOften => "too_often",
        }
    }
}

/// Whether a code is sent.
pub fn may_begin(facts: ResetFacts) -> Result<(), Withheld> {
    match facts.standing {
        None => Err(Withheld::UnknownAgent),
        Some(standing) if standing != Standing::Active => Err(Withheld::NotWorking),
        Some(_) if !facts.is_activated => Err(Withheld::NotActivated),
        Some(_) if facts.is_suspended => Err(Withheld::Suspended),
        Some(_) if !facts.channel_counts => Err(Withheld::NoChannel),
        Some(_) if !facts.is_within_budget => Err(Withheld::TooOften),
        Some(_) => Ok(()),
    }
}

/// What follows a right code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AfterCode {
    ChoosePassword,
    /// A second factor over another channel: a reset never goes round it.
    ProveFactor,
}

/// What follows a right code. `has_factor`: a second factor is enrolled that is not the channel of the code.
pub const fn after_code(has_factor: bool) -> AfterCode {
    if has_factor { AfterCode::ProveFactor } else { AfterCode::ChoosePassword }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: ResetFacts = ResetFacts {
        standing: Some(Standing::Active),
        is_activated: true,
        is_suspended: false,
        channel_counts: true,
        is_within_budget: true,
    };

    #[test]
    fn a_code_is_sent_only_where_everything_holds() {
        assert_eq!(may_begin(GOOD), Ok(()));
        for (facts, why) in [
            (ResetFacts { standing: None, ..GOOD }, Withheld::UnknownAgent),
            (ResetFacts { standing: Some(Standing::Suspended), ..GOOD }, Withheld::NotWorking),
            (ResetFacts { standing: Some(Standing::Left), ..GOOD }, Withheld::NotWorking),
            (ResetFacts { standing: Some(Standing::NotStarted), ..GOOD }, Withheld::NotWorking),
            (ResetFacts { standing: Some(Standing::Ended), ..GOOD }, Withheld::NotWorking),
            (ResetFacts { is_activated: false, ..GOOD }, Withheld::NotActivated),
            (ResetFacts { is_suspended: true, ..GOOD }, Withheld::Suspended),
            (ResetFacts { channel_counts: false, ..GOOD }, Withheld::NoChannel),
            (ResetFacts { is_within_budget: false, ..GOOD }, Withheld::TooOften),
        ] {
            assert_eq!(may_begin(facts), Err(why));
        }
    }

    #[test]
    fn a_reset_never_goes_round_a_second_factor() {
        assert_eq!(after_code(true), AfterCode::ProveFactor);
        assert_eq!(after_code(false), AfterCode::ChoosePassword);
    }
}
