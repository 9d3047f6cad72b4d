//! Times in words, as a French reader says them: "aujourd’hui à 14 h 05", "jusqu’à demain 2 h 05".

use jiff::Zoned;
use jiff::tz::TimeZone;
use octroi_idp::domain::time::Timestamp;

const MONTHS: [&str; 12] = [
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
];

/// `at` as seen at `now`, both in `time_zone`.
pub fn in_words(at: Timestamp, now: Timestamp, time_zone: &TimeZone) -> String {
    let (day, time) = said(at, now, time_zone);
    match day {
        Day::Today => format!("aujourd’hui à {time}"),
        Day::Tomorrow => format!("demain à {time}"),
        Day::Other(date) => format!("le {date} à {time}"),
    }
}

/// The same, as an end: "jusqu’à …".
pub fn until_in_words(at: Timestamp, now: Timestamp, time_zone: &TimeZone) -> String {
    let (day, time) = said(at, now, time_zone);
    match day {
        Day::Today => format!("jusqu’à {time}"),
        Day::Tomorrow => format!("jusqu’à demain {time}"),
        Day::Other(date) => format!("jusqu’au {date} à {time}"),
    }
}

enum Day {
    Today,
    Tomorrow,
    Other(String),
}

fn said(at: Timestamp, now: Timestamp, time_zone: &TimeZone) -> (Day, String) {
    let (at, now) = (local(at, time_zone), local(now, time_zone));
    // No line ever breaks inside a time.
    let time = format!("{}\u{a0}h\u{a0}{:02}", at.hour(), at.minute());
    let day = at.date();
    if day == now.date() {
        return (Day::Today, time);
    }
    if now.date().tomorrow().is_ok_and(|tomorrow| tomorrow == day) {
        return (Day::Tomorrow, time);
    }
    let month = usize::try_from(day.month()).ok().and_then(|m| MONTHS.get(m.wrapping_sub(1))).copied();
    let day_of_month = if day.day() == 1 { "1er".to_owned() } else { day.day().to_string() };
    (Day::Other(format!("{day_of_month} {} {}", month.unwrap_or_default(), day.year())), time)
}

fn local(at: Timestamp, time_zone: &TimeZone) -> Zoned {
    jiff::Timestamp::from_millisecond(at.millis()).unwrap_or(jiff::Timestamp::MAX).to_zoned(time_zone.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_reads_as_people_say_it() {
        let paris = TimeZone::get("Europe/Paris").unwrap();
        // 2026-06-30T22:30:00Z is 1 July, half past midnight, in Paris.
        let now = Timestamp::from_seconds(1_782_858_600);
        let after = |hours: i64| Timestamp::from_seconds(now.seconds() + hours * 3600);
        assert_eq!(in_words(now, now, &paris), "aujourd’hui à 0\u{a0}h\u{a0}30");
        assert_eq!(in_words(after(24), now, &paris), "demain à 0\u{a0}h\u{a0}30");
        assert_eq!(in_words(after(-1), now, &paris), "le 30 juin 2026 à 23\u{a0}h\u{a0}30");
        assert_eq!(in_words(now, after(72), &paris), "le 1er juillet 2026 à 0\u{a0}h\u{a0}30");
        assert_eq!(until_in_words(after(1), now, &paris), "jusqu’à 1\u{a0}h\u{a0}30");
        assert_eq!(until_in_words(after(24), now, &paris), "jusqu’à demain 0\u{a0}h\u{a0}30");
        assert_eq!(until_in_words(after(48), now, &paris), "jusqu’au 3 juillet 2026 à 0\u{a0}h\u{a0}30");
    }
}
