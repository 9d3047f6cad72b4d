//! `[access]`: the one switch that lets rules pass whose subject is not built yet. For the demonstration only.

use super::problem::Fault;
use super::section::Section;

/// The section, checked.
#[derive(Debug, Clone)]
pub struct AccessConfig {
    pub preview_nomades: bool,
}

pub(super) fn read(section: &Section<'_>) -> AccessConfig {
    let preview_nomades = section.boolean("preview_nomades", false);
    if preview_nomades {
        let what = "nomades opens without second factor, profile and charter: for a demonstration only";
        section.warning("preview_nomades", Fault::new(what, "set it to false, or remove it"));
    }
    AccessConfig { preview_nomades }
}
