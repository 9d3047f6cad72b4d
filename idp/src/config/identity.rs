//! `[identity]`: the syntax of a SOI, and the City's time zone, in which dates of employment are meant.

use jiff::tz::TimeZone;
use regex::Regex;

use super::problem::Fault;
use super::section::Section;
use crate::domain::soi::SoiSyntax;

/// The section, checked.
#[derive(Debug, Clone)]
pub struct IdentityConfig {
    pub soi_syntax: SoiSyntax,
    pub time_zone: TimeZone,
}

pub(super) fn read(section: &Section<'_>) -> Option<IdentityConfig> {
    let pattern = section.text("soi_pattern", SoiSyntax::DEFAULT);
    let soi_syntax = section.judge("soi_pattern", parse_pattern(&pattern));
    let zone = section.text("time_zone", "Europe/Paris");
    let time_zone = section.judge("time_zone", parse_time_zone(&zone));
    Some(IdentityConfig { soi_syntax: soi_syntax?, time_zone: time_zone? })
}

fn parse_pattern(pattern: &str) -> Result<SoiSyntax, Fault> {
    // By itself first: `a)|(b` would compile once it is put between anchors, and would escape them.
    Regex::new(pattern).and_then(|_| SoiSyntax::new(pattern)).map_err(|error| {
        let error = error.to_string();
        let reason = error.lines().last().unwrap_or_default().trim_start_matches("error: ");
        let what = format!("this is no regular expression: {reason}");
        Fault::new(what, format!("write a pattern for the whole SOI, such as \"{}\"", SoiSyntax::DEFAULT))
    })
}

fn parse_time_zone(name: &str) -> Result<TimeZone, Fault> {
    TimeZone::get(name)
        .map_err(|_| Fault::new(format!("{name:?} is not a time zone"), "write an IANA name, such as \"Europe/Paris\""))
}
