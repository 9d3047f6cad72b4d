//! The kinds of temporary values and their limits: one table for every mechanism.

use std::time::Duration;

/// What a value is. The kind fixes its name space, its limits, and what happens when the mechanism is away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// An authorization request that waits for its agent.
    Interaction,
    /// The same from outside (`nomades`): whoever floods us from there fills this room and not the office's.
    InteractionOutside,
    /// The right to change an expired password, given after the old one was verified.
    PasswordTicket,
    /// A factor that waits to be proved before it is enrolled.
    Enrolment,
    /// A challenge for a passkey of somebody who is not logged in yet.
    Challenge,
    /// The same from outside: whoever asks for too many there leaves the office's alone.
    ChallengeOutside,
    /// Something that may be presented once (`jti`, nonces).
    Replay,
    /// Requests from one source, counted coarsely.
    RequestCount,
}

/// What a caller does when the mechanism answers [`Unavailable`](super::EphemeralError::Unavailable).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhenUnavailable {
    /// Refuses: without the answer nobody knows whether this is the first time.
    FailClosed,
    /// Goes on with a count of its own node.
    PerNode,
}

/// How much of one kind the memory of a single node holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capacity {
    pub entries: usize,
    /// Keys, values and bookkeeping.
    pub bytes: usize,
}

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;

impl Kind {
    /// The name space, as it stands before keys in a shared mechanism.
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Interaction => "interaction",
            Self::InteractionOutside => "interaction_outside",
            Self::PasswordTicket => "password_ticket",
            Self::Enrolment => "enrolment",
            Self::Challenge => "challenge",
            Self::ChallengeOutside => "challenge_outside",
            Self::Replay => "replay",
            Self::RequestCount => "request_count",
        }
    }

    /// The longest value.
    pub const fn max_value_bytes(self) -> usize {
        match self {
            Self::Interaction | Self::InteractionOutside => 8 * KIB,
            Self::PasswordTicket => 2 * KIB,
            Self::Enrolment => 4 * KIB,
            Self::Challenge | Self::ChallengeOutside => KIB,
            Self::Replay | Self::RequestCount => 0,
        }
    }

    /// The longest time that a value is kept; a longer wish is cut.
    pub const fn max_ttl(self) -> Duration {
        match self {
            Self::Interaction | Self::InteractionOutside | Self::RequestCount => Duration::from_hours(1),
            Self::PasswordTicket | Self::Enrolment | Self::Challenge | Self::ChallengeOutside => {
                Duration::from_mins(15)
            }
            Self::Replay => Duration::from_hours(24),
        }
    }

    /// What to do when the mechanism is away.
    pub const fn when_unavailable(self) -> WhenUnavailable {
        match self {
            Self::Interaction
            | Self::InteractionOutside
            | Self::PasswordTicket
            | Self::Enrolment
            | Self::Challenge
            | Self::ChallengeOutside
            | Self::Replay => WhenUnavailable::FailClosed,
            Self::RequestCount => WhenUnavailable::PerNode,
        }
    }

    /// Strangers create interactions and request counts, so each kind has its own room: a flood of one fills that one
    /// and leaves the others, and the server, alone. All together stay below 160 MiB.
    pub const fn memory_capacity(self) -> Capacity {
        match self {
            Self::Interaction | Self::InteractionOutside => Capacity { entries: 50_000, bytes: 32 * MIB },
            Self::PasswordTicket | Self::Enrolment => Capacity { entries: 10_000, bytes: 8 * MIB },
            Self::Challenge | Self::ChallengeOutside => Capacity { entries: 10_000, bytes: 6 * MIB },
            Self::Replay | Self::RequestCount => Capacity { entries: 100_000, bytes: 32 * MIB },
        }
    }
}
