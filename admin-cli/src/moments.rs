//! Points in time as an administrator types them: a day, a minute, a full timestamp, or how long ago.

use std::time::Duration;

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use octroi_idp::domain::time::Timestamp;

/// Which end of a day a bare date means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// `--since 2026-11-22`: from its beginning.
    First,
    /// `--until 2026-11-22`: the whole day is included.
    Last,
}

/// Reads a moment; times without an offset are the City's.
pub fn parse(text: &str, end: End, zone: &TimeZone, now: Timestamp) -> Result<Timestamp, String> {
    let at = |local: DateTime| {
        local.to_zoned(zone.clone()).ok().map(|z| Timestamp::from_millis(z.timestamp().as_millisecond()))
    };
    let moment = if let Some(ago) = ago(text) {
        Some(now.minus(ago))
    } else if let Ok(instant) = text.parse::<jiff::Timestamp>() {
        Some(Timestamp::from_millis(instant.as_millisecond()))
    } else if text.len() == 10
        && let Ok(date) = text.parse::<Date>()
    {
        let day = if end == End::Last { date.tomorrow().ok() } else { Some(date) };
        day.and_then(|day| at(day.to_datetime(jiff::civil::Time::midnight())))
    } else {
        text.parse::<DateTime>().ok().filter(|_| text.len() > 10).and_then(at)
    };
    moment.ok_or_else(|| {
        format!("{text:?} is no moment: write 2026-11-22, 2026-11-22T14:30, 2026-11-22T13:30:00Z, or 2h or 7d for so long ago")
    })
}

/// `90m`, `2h`, `7d`: so long ago.
fn ago(text: &str) -> Option<Duration> {
    let (unit, minutes) = [('m', 1), ('h', 60), ('d', 24 * 60)].into_iter().find(|(unit, _)| text.ends_with(*unit))?;
    let number: u64 = text.strip_suffix(unit)?.parse().ok()?;
    Some(Duration::from_secs(number.checked_mul(minutes * 60)?))
}

/// A moment for people: the City's time, to the second.
pub fn local(at: Timestamp, zone: &TimeZone) -> String {
    jiff::Timestamp::from_millisecond(at.millis())
        .map(|t| t.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, end: End) -> Result<String, String> {
        let zone = TimeZone::get("Europe/Paris").unwrap();
        let now = Timestamp::from_seconds(1_795_341_600); // 2026-11-22T10:00:00Z
        parse(text, end, &zone, now).map(Timestamp::to_rfc3339)
    }

    #[test]
    fn a_day_begins_and_ends_at_the_city_s_midnight() {
        assert_eq!(read("2026-11-22", End::First).unwrap(), "2026-11-21T23:00:00.000Z");
        assert_eq!(read("2026-11-22", End::Last).unwrap(), "2026-11-22T23:00:00.000Z");
    }

    #[test]
    fn minutes_offsets_and_so_long_ago_are_understood() {
        assert_eq!(read("2026-11-22T09:30", End::First).unwrap(), "2026-11-22T08:30:00.000Z");
        assert_eq!(read("2026-11-22T09:30:00Z", End::First).unwrap(), "2026-11-22T09:30:00.000Z");
        assert_eq!(read("2h", End::First).unwrap(), "2026-11-22T08:00:00.000Z");
        assert_eq!(read("7d", End::Last).unwrap(), "2026-11-15T10:00:00.000Z");
    }

    #[test]
    fn what_is_no_moment_is_refused_with_examples() {
        for text in
            ["", "yesterday", "22/11/2026", "2026-02-30", "2h30", "-2h", "99999999999999999999d", "é", "2026-11"]
        {
            assert!(read(text, End::First).unwrap_err().contains("2026-11-22"), "{text:?}");
        }
    }
}
