//! `[keys]`: the key that seals what the database must not show (signing keys) and from which sub-keys are derived.

use super::secret;
use super::section::Section;
use crate::domain::secret::KeyBytes;

/// The section, checked.
#[derive(Debug, Clone)]
pub struct KeysConfig {
    pub sealing_key: KeyBytes,
}

pub(super) fn read(section: &Section<'_>) -> Option<KeysConfig> {
    Some(KeysConfig { sealing_key: secret::required_key(section, "sealing_key", "sealing.key")? })
}
