//! Durations as people write them: "10s", "5m", "4h", "21d", also "1h30m" and "500ms".

use std::time::Duration;

use super::problem::Fault;

/// Largest first, as [`spell`] wants them; `ms` stands before `m` and `s` for [`parse`].
const UNITS: [(&str, u64); 5] = [("d", 86_400_000), ("h", 3_600_000), ("ms", 1), ("m", 60_000), ("s", 1000)];

/// Reads a duration.
pub(super) fn parse(text: &str) -> Result<Duration, Fault> {
    millis(text).map(Duration::from_millis).ok_or_else(|| {
        Fault::new(
            format!("{text:?} is not a duration"),
            "write a number and a unit, such as \"10s\", \"5m\", \"4h\" or \"21d\"",
        )
    })
}

fn millis(text: &str) -> Option<u64> {
    let (mut total, mut rest) = (0_u64, text);
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (number, tail) = rest.split_at(digits);
        let (unit, scale) = UNITS.iter().find(|(unit, _)| tail.starts_with(unit))?;
        total = total.checked_add(number.parse::<u64>().ok()?.checked_mul(*scale)?)?;
        rest = tail.strip_prefix(unit)?;
    }
    (!text.is_empty()).then_some(total)
}

/// The shortest way to write a duration with one unit.
pub(super) fn spell(duration: Duration) -> String {
    let millis = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    let fitting = UNITS.iter().filter(|(_, scale)| millis >= *scale && millis.is_multiple_of(*scale));
    match fitting.max_by_key(|(_, scale)| *scale) {
        Some((unit, scale)) => format!("{}{unit}", millis / scale),
        None => "0s".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_and_written_as_people_write_them() {
        for (text, seconds) in [("10s", 10), ("5m", 300), ("4h", 14_400), ("21d", 1_814_400), ("90m", 5_400)] {
            let duration = parse(text).unwrap();
            assert_eq!(duration.as_secs(), seconds, "{text}");
            assert_eq!(parse(&spell(duration)).unwrap(), duration, "{text}");
        }
        assert_eq!(parse("1h30m").unwrap(), Duration::from_mins(90));
        assert_eq!(parse("500ms").unwrap(), Duration::from_millis(500));
        assert_eq!(spell(Duration::from_hours(48)), "2d");
        assert_eq!(spell(Duration::from_mins(90)), "90m");
        assert_eq!(spell(Duration::ZERO), "0s");
    }

    #[test]
    fn what_has_no_unit_or_no_number_or_no_end_is_no_duration() {
        for text in
            ["", "10", "s", "10 s", "-5s", "1.5h", "5min", "10S", "999999999999999999999d", "18446744073709551615d"]
        {
            assert!(parse(text).is_err(), "{text:?}");
        }
    }
}
