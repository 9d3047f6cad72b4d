//! Dates, moments and lengths of time, as a mail and a text message write them.

use std::time::Duration;

use fluent_bundle::FluentArgs;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

use crate::domain::locale::Locale;
use crate::domain::time::Timestamp;
use crate::i18n::{text, text_with};

/// Where time is told: the City's zone, in one language.
#[derive(Debug, Clone, Copy)]
pub struct Calendar<'a> {
    pub locale: Locale,
    pub zone: &'a TimeZone,
}

impl Calendar<'_> {
    /// `22 novembre 2026`
    pub fn date(self, date: Date) -> String {
        let day = if date.day() == 1 { text(self.locale, "mail-first-day") } else { date.day().to_string() };
        let mut args = FluentArgs::new();
        args.set("day", day);
        args.set("month", i64::from(date.month()));
        args.set("year", date.year().to_string());
        text_with(self.locale, "mail-date", &args)
    }

    /// `22 novembre 2026`, of a moment.
    pub fn day(self, at: Timestamp) -> String {
        self.date(at.date_in(self.zone))
    }

    /// `le 22 novembre 2026 à 14 h 05`
    pub fn moment(self, at: Timestamp) -> String {
        let civil = at.civil_in(self.zone);
        self.with_time("mail-moment", self.date(civil.date()), civil)
    }

    /// `22/11`
    pub fn short_date(self, date: Date) -> String {
        let mut args = FluentArgs::new();
        args.set("day", format!("{:02}", date.day()));
        args.set("month", format!("{:02}", date.month()));
        text_with(self.locale, "sms-date", &args)
    }

    /// `22/11 à 14 h 05`
    pub fn short_moment(self, at: Timestamp) -> String {
        let civil = at.civil_in(self.zone);
        self.with_time("sms-moment", self.short_date(civil.date()), civil)
    }

    /// `10 minutes`, `24 heures`
    pub fn duration(self, duration: Duration) -> String {
        let (count, is_hours) = counted(duration);
        text_with(self.locale, if is_hours { "mail-hours" } else { "mail-minutes" }, &count_of(count))
    }

    /// `10 min`, `24 h`
    pub fn short_duration(self, duration: Duration) -> String {
        let (count, is_hours) = counted(duration);
        text_with(self.locale, if is_hours { "sms-hours" } else { "sms-minutes" }, &count_of(count))
    }

    fn with_time(self, id: &'static str, date: String, civil: DateTime) -> String {
        let mut args = FluentArgs::new();
        args.set("date", date);
        args.set("hour", civil.hour().to_string());
        args.set("minute", format!("{:02}", civil.minute()));
        text_with(self.locale, id, &args)
    }
}

/// Rounded down: nobody is told more than there is. The second says whether hours are counted.
fn counted(duration: Duration) -> (u64, bool) {
    let minutes = (duration.as_secs() / 60).max(1);
    if minutes >= 60 && minutes.is_multiple_of(60) { (minutes / 60, true) } else { (minutes, false) }
}

fn count_of(count: u64) -> FluentArgs<'static> {
    let mut args = FluentArgs::new();
    args.set("count", count);
    args
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_told_as_people_write_it_in_the_city_s_zone() {
        let zone = TimeZone::get("Europe/Paris").unwrap();
        let (french, english) =
            (Calendar { locale: Locale::Fr, zone: &zone }, Calendar { locale: Locale::En, zone: &zone });
        let plain = |text: String| text.replace('\u{a0}', " ");
        // 2026-06-30T22:30:00Z is already 1 July in Paris.
        let at = Timestamp::from_seconds(1_782_858_600);
        assert_eq!(plain(french.moment(at)), "le 1er juillet 2026 à 0 h 30");
        assert_eq!(plain(english.moment(at)), "on 1 July 2026 at 0:30");
        assert_eq!(plain(french.short_moment(at)), "01/07 à 0 h 30");
        assert_eq!(french.date(Date::constant(2027, 12, 25)), "25 décembre 2027");
        for (minutes, text) in
            [(0, "1 minute"), (10, "10 minutes"), (60, "1 heure"), (90, "90 minutes"), (1440, "24 heures")]
        {
            assert_eq!(french.duration(Duration::from_mins(minutes)), text);
        }
        assert_eq!(plain(english.short_duration(Duration::from_mins(10))), "10 min");
    }
}
