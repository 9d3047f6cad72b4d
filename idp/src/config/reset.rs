//! `[reset]`: how long the reset codes of the help desk are good.

use std::time::Duration;

use super::section::Section;

/// The section, checked.
#[derive(Debug, Clone)]
pub struct ResetConfig {
    /// Of a code that travels by letter.
    pub letter_lifetime: Duration,
    /// Of a code that the manager or the counter hands over.
    pub handover_lifetime: Duration,
}

pub(super) fn read(section: &Section<'_>) -> ResetConfig {
    let (hour, day) = (Duration::from_hours(1), Duration::from_hours(24));
    ResetConfig {
        letter_lifetime: section.duration("letter_lifetime", 21 * day, day..=90 * day),
        handover_lifetime: section.duration("handover_lifetime", day, hour..=7 * day),
    }
}
