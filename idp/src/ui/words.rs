//! Sentences that more than one page says: a waiting time, a reason, a broken password rule.
//!
//! Each is looked up by a key that follows from the value (`reason-app-internal_only-title`), so that a new reason or
//! rule without words fails a test instead of showing a blank page.

use std::time::Duration;

use fluent_bundle::FluentArgs;

use super::frame::Frame;
use super::pages::PasswordRules;
use crate::domain::locale::Locale;
use crate::domain::password_policy::{Breach, PHRASE_WORDS};
use crate::domain::reason::Reason;
use crate::domain::zone::NetworkZone;
use crate::i18n::{text, text_with};

/// A masked address in one piece: no line ends within it.
pub fn masked(address: &str) -> String {
    address.replace('…', "…\u{2060}").replace(' ', "\u{a0}")
}

/// `2 min 30`, `45 secondes`, `1 h 05`: rounded up, so that trying again when told is never too early.
pub fn wait(locale: Locale, wait: Duration) -> String {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    let mut args = FluentArgs::new();
    if seconds < 60 {
        args.set("seconds", seconds.max(1));
        return text_with(locale, "wait-seconds", &args);
    }
    if seconds < 600 {
        args.set("minutes", seconds / 60);
        args.set("seconds", format!("{:02}", seconds % 60));
        let id = if seconds.is_multiple_of(60) { "wait-minutes" } else { "wait-minutes-seconds" };
        return text_with(locale, id, &args);
    }
    let minutes = seconds.div_ceil(60);
    if minutes < 60 {
        args.set("minutes", minutes);
        return text_with(locale, "wait-minutes", &args);
    }
    args.set("hours", minutes / 60);
    args.set("minutes", format!("{:02}", minutes % 60));
    text_with(locale, "wait-hours", &args)
}

/// What a reason's sentences may mention.
#[derive(Debug, Clone, Default)]
pub struct ReasonFacts<'a> {
    /// The departments that the application is open to, as people name them.
    pub departments: &'a [String],
    /// How long until it is worth trying again.
    pub wait: Option<Duration>,
}

/// A reason in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReasonWords {
    /// What happens.
    pub title: String,
    /// What is missing, in a sentence or two.
    pub what: String,
    /// The next step.
    pub next: String,
}

impl ReasonWords {
    /// The words for `reason` in the frame's language.
    pub fn new(frame: &Frame, reason: Reason, facts: &ReasonFacts<'_>) -> Self {
        let locale = frame.locale;
        let mut args = FluentArgs::new();
        args.set("hint", frame.soi_hint());
        args.set("count", facts.departments.len());
        args.set("departments", enumerate(locale, facts.departments));
        args.set("wait", facts.wait.map_or_else(|| text(locale, "wait-a-moment"), |left| wait(locale, left)));
        let say = |part: &str| text_with(locale, &reason_key(reason, part), &args);
        Self { title: say("title"), what: say("what"), next: say("next") }
    }
}

pub(super) fn reason_key(reason: Reason, part: &str) -> String {
    format!("reason-{}-{part}", reason.code().replace('.', "-"))
}

/// `40`, `40 et 41`, `40, 41 et 42`.
fn enumerate(locale: Locale, items: &[String]) -> String {
    match items {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} {} {last}", first.join(", "), text(locale, "list-and")),
    }
}

/// A browser's family in words.
pub fn browser(frame: &Frame, family: Option<&str>) -> String {
    match family {
        None | Some("") => frame.t("browser-unknown"),
        Some("other") => frame.t("browser-other"),
        Some(name) => name.to_owned(),
    }
}

/// A zone in words, with the network where it is known.
pub fn place(frame: &Frame, zone: NetworkZone, network: Option<&str>) -> String {
    let zone = frame.t(match zone {
        NetworkZone::Internal => "zone-internal",
        NetworkZone::Nomades => "zone-nomades",
    });
    let Some(network) = network else { return zone };
    let mut args = FluentArgs::new();
    args.set("zone", zone);
    args.set("network", network);
    text_with(frame.locale, "account_sessions-network", &args)
}

/// The sentence for a rule that a new password breaks.
pub fn breach(locale: Locale, breach: Breach, rules: PasswordRules) -> String {
    let id = match breach {
        Breach::TooShort => "breach-too_short",
        Breach::TooLong => "breach-too_long",
        Breach::LacksClasses => "breach-lacks_classes",
        Breach::LacksWords => "breach-lacks_words",
        Breach::ContainsSoi => "breach-contains_soi",
        Breach::ContainsName => "breach-contains_name",
        Breach::ContainsDepartment => "breach-contains_department",
        Breach::ContainsProduct => "breach-contains_product",
        Breach::Repetitive => "breach-repetitive",
        Breach::Guessable => "breach-guessable",
        Breach::Listed => "breach-listed",
        Breach::UsedBefore => "breach-used_before",
        Breach::Compromised => "breach-compromised",
        Breach::Unchanged => "breach-unchanged",
        Breach::Mismatch => "breach-mismatch",
        Breach::TooRecent => "breach-too_recent",
    };
    let mut args = FluentArgs::new();
    args.set("min", rules.min_length);
    args.set("max", rules.max_length);
    args.set("words", PHRASE_WORDS);
    text_with(locale, id, &args)
}

#[cfg(test)]
mod tests {
    use super::super::samples::frame;
    use super::*;

    #[test]
    fn a_wait_reads_as_people_say_it_and_is_never_too_short() {
        for (millis, french, english) in [
            (0, "1 seconde", "1 second"),
            (900, "1 seconde", "1 second"),
            (44_001, "45 secondes", "45 seconds"),
            (59_500, "1 min", "1 min"),
            (150_000, "2 min 30", "2 min 30 s"),
            (125_000, "2 min 05", "2 min 05 s"),
            (601_000, "11 min", "11 min"),
            (3_900_000, "1 h 05", "1 h 05"),
        ] {
            let left = Duration::from_millis(millis);
            assert_eq!(wait(Locale::Fr, left).replace('\u{a0}', " "), french);
            assert_eq!(wait(Locale::En, left).replace('\u{a0}', " "), english);
        }
    }

    /// `docs/reference/reasons.md`, as the catalogue and the words make it.
    fn reasons_document() -> String {
        let frame = frame(Locale::Fr, NetworkZone::Internal);
        let rows = Reason::ALL.iter().map(|reason| {
            let words = ReasonWords::new(&frame, *reason, &ReasonFacts::default());
            let told = reason.told_to_application().code();
            let cell = |text: String| text.replace('|', "\\|").replace(['\n', '\u{a0}', '\u{202f}'], " ");
            format!("| `{}` | `{told}` | {} | {} |\n", reason.code(), cell(words.title), cell(words.what))
        });
        format!(
            "# Reasons\n\n\
             Why access is refused, or what is still needed. The code is the same on the page (`<main data-reason>`), in the\n\
             audit and on the command line; codes do not change. An application hears the second column in\n\
             `error_description` and nothing more. The sentences are those of the French pages, here without an\n\
             application's departments and waiting times.\n\n\
             | code | told to the application | title | what is missing |\n|---|---|---|---|\n{}",
            rows.collect::<String>()
        )
    }

    #[test]
    fn the_document_of_reasons_is_the_catalogue() {
        let fresh = reasons_document();
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
        let committed = std::fs::read_to_string(format!("{root}/docs/reference/reasons.md")).unwrap_or_default();
        if committed != fresh {
            std::fs::create_dir_all(format!("{root}/target/reference")).unwrap();
            std::fs::write(format!("{root}/target/reference/reasons.md"), fresh).unwrap();
            panic!("the catalogue has changed: cp target/reference/reasons.md docs/reference/reasons.md");
        }
    }

    #[test]
    fn departments_are_listed_as_in_a_sentence() {
        let departments = ["40".to_owned(), "41".to_owned(), "42".to_owned()];
        assert_eq!(enumerate(Locale::Fr, &departments), "40, 41 et 42");
        assert_eq!(enumerate(Locale::En, &departments[..2]), "40 and 41");
        assert_eq!(enumerate(Locale::Fr, &departments[..1]), "40");
    }
}
