//! `[oauth]`: lifetimes of what applications receive. The upper bounds are the standards', not ours to widen.

use std::time::Duration;

use super::section::Section;

/// The section, checked.
#[derive(Debug, Clone)]
pub struct OauthConfig {
    pub code_lifetime: Duration,
    pub access_token_lifetime: Duration,
    pub id_token_lifetime: Duration,
}

pub(super) fn read(section: &Section<'_>) -> OauthConfig {
    const SECOND: Duration = Duration::from_secs(1);
    const MINUTE: Duration = Duration::from_mins(1);
    OauthConfig {
        code_lifetime: section.duration("code_lifetime", MINUTE, SECOND..=MINUTE),
        access_token_lifetime: section.duration("access_token_lifetime", 5 * MINUTE, SECOND..=10 * MINUTE),
        id_token_lifetime: section.duration("id_token_lifetime", 5 * MINUTE, SECOND..=60 * MINUTE),
    }
}
