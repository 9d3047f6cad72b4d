//! `[session]`: how long a session lasts in each zone. Outside never longer than inside.

use std::time::Duration;

use super::duration::spell;
use super::problem::Fault;
use super::section::Section;
use crate::domain::session::{SessionLimits, SessionPolicy};

pub(super) fn read(section: &Section<'_>) -> SessionPolicy {
    let internal =
        section.table("internal", |zone| read_limits(zone, Duration::from_hours(12), Duration::from_hours(2)));
    let nomades = section.table("nomades", |zone| read_limits(zone, Duration::from_hours(8), Duration::from_hours(1)));
    let pairs = [("absolute", nomades.absolute, internal.absolute), ("idle", nomades.idle, internal.idle)];
    for (key, outside, inside) in pairs {
        if outside > inside {
            let (outside_key, inside_key) = (format!("nomades.{key}"), format!("internal.{key}"));
            let what = format!(
                "a session outlasts in nomades ({}) what it may in internal ({})",
                spell(outside),
                spell(inside)
            );
            let fix = format!("lower it to {} or less, or raise session.{inside_key}", spell(inside));
            section.contradiction(&[&outside_key, &inside_key], Fault::new(what, fix));
        }
    }
    SessionPolicy { internal, nomades }
}

fn read_limits(section: &Section<'_>, absolute: Duration, idle: Duration) -> SessionLimits {
    let range = Duration::from_mins(1)..=Duration::from_hours(7 * 24);
    let absolute = section.duration("absolute", absolute, range.clone());
    let idle = section.duration("idle", idle, range);
    if idle >= absolute {
        let what =
            format!("the idle limit ({}) is not shorter than the absolute one ({})", spell(idle), spell(absolute));
        section.contradiction(&["idle", "absolute"], Fault::new(what, "shorten idle, or lengthen absolute"));
    }
    SessionLimits { absolute, idle }
}
