//! `[activation]`: how long a new agent has to use his code.

use std::time::Duration;

use super::section::Section;

/// The section, checked.
#[derive(Debug, Clone)]
pub struct ActivationConfig {
    /// From the making of the code, which may travel by letter.
    pub code_lifetime: Duration,
}

pub(super) fn read(section: &Section<'_>) -> ActivationConfig {
    let day = Duration::from_hours(24);
    ActivationConfig { code_lifetime: section.duration("code_lifetime", 21 * day, Duration::from_hours(1)..=90 * day) }
}
