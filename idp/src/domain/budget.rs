//! Budgets: how often something may be asked for within a window that begins with the first time. They limit what costs
//! somebody else something, such as a mail; how fast secrets may be tried is [`throttle`](super::throttle)'s business.

use std::time::Duration;

use super::factor::PASS_PAUSE;
use super::zone::NetworkZone;

/// One budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// The purpose of its keys.
    pub purpose: &'static str,
    pub most: u32,
    pub window: Duration,
}

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

/// Codes that are sent to one agent: enough for who mistypes, too few to fill a mailbox.
pub const CODES_PER_HOUR: Budget = Budget { purpose: "reset code hour", most: 3, window: HOUR };
pub const CODES_PER_DAY: Budget = Budget { purpose: "reset code day", most: 6, window: DAY };

/// Codes over a second channel that are sent to one agent, in whatever sessions: who knows the password fills no mailbox.
pub const FACTOR_CODES_PER_HOUR: Budget = Budget { purpose: "factor code hour", most: 8, window: HOUR };
pub const FACTOR_CODES_PER_DAY: Budget = Budget { purpose: "factor code day", most: 20, window: DAY };

/// Passes that one agent is given; the window begins when one is issued.
pub const PASSES: Budget = Budget { purpose: "manager pass", most: 1, window: PASS_PAUSE };

/// Codes for "this was not me", tried on one reference: 39 bits stand against them.
pub const ALARMS_PER_REFERENCE: Budget = Budget { purpose: "alarm reference", most: 10, window: DAY };

/// Requests for a reset from one source network. Many may sit behind one address at the office, and behind one that is
/// declared as shared.
pub const fn resets_from(zone: NetworkZone, is_shared: bool) -> Budget {
    Budget { purpose: "reset network", most: per_network(zone, is_shared), window: HOUR }
}

/// Codes for "this was not me", from one source network.
pub const fn alarms_from(zone: NetworkZone, is_shared: bool) -> Budget {
    Budget { purpose: "alarm network", most: per_network(zone, is_shared), window: HOUR }
}

const fn per_network(zone: NetworkZone, is_shared: bool) -> u32 {
    match zone {
        NetworkZone::Nomades if !is_shared => 60,
        NetworkZone::Internal | NetworkZone::Nomades => 600,
    }
}
