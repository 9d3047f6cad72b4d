//! One agent's fields as somebody typed them, judged together and turned into an [`AgentRecord`].
//!
//! The same rules for `agent add`, `agent set` and each line of an import: a field that is not given keeps its value, an
//! empty one clears it, and every problem is told. Whether the manager exists is asked where the store is at hand.

use jiff::civil::Date;
use unicode_normalization::UnicodeNormalization;

use super::error::FieldProblem;
use crate::domain::address::{normalise_email, normalise_mobile};
use crate::domain::agent::{AgentRecord, Employment};
use crate::domain::soi::{Soi, SoiSyntax};

/// In characters.
const MAX_NAME: usize = 100;
const MAX_DEPARTMENT: usize = 64;
const MAX_POSITION: usize = 150;
/// Years outside are slips of the finger.
const YEARS: std::ops::RangeInclusive<i16> = 1900..=2199;
/// A refused value is shown up to here.
const SHOWN: usize = 40;

/// What was given: `None` keeps (on a new agent: leaves empty), an empty text clears.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AgentDraft {
    pub given_name: Option<String>,
    pub family_name: Option<String>,
    pub email: Option<String>,
    pub recovery_email: Option<String>,
    pub mobile: Option<String>,
    pub department: Option<String>,
    pub position: Option<String>,
    pub manager: Option<String>,
    /// Empty: `active` for a new agent, kept for a known one, so that a column that HR leaves empty reinstates nobody.
    pub employment: Option<String>,
    pub start_date: Option<String>,
    pub end_date: Option<String>,
}

impl AgentDraft {
    /// The record of a new agent (`base` absent) or of a known one after this change.
    pub(super) fn complete(
        &self,
        soi: &Soi,
        base: Option<&AgentRecord>,
        syntax: &SoiSyntax,
    ) -> Result<AgentRecord, Vec<FieldProblem>> {
        let mut problems = Vec::new();
        let p = &mut problems;
        let record = AgentRecord {
            soi: soi.clone(),
            given_name: required(p, "given_name", self.given_name.as_deref(), base.map(|b| &b.given_name), name),
            family_name: required(p, "family_name", self.family_name.as_deref(), base.map(|b| &b.family_name), name),
            email: required(p, "email", self.email.as_deref(), base.map(|b| &b.email), email),
            recovery_email: optional(
                p,
                "recovery_email",
                self.recovery_email.as_deref(),
                base.and_then(|b| b.recovery_email.clone()),
                email,
            ),
            mobile: optional(p, "mobile", self.mobile.as_deref(), base.and_then(|b| b.mobile.clone()), mobile),
            department: optional(
                p,
                "department",
                self.department.as_deref(),
                base.and_then(|b| b.department.clone()),
                |text| bounded(text, MAX_DEPARTMENT),
            ),
            position: optional(
                p,
                "position",
                self.position.as_deref(),
                base.and_then(|b| b.position.clone()),
                |text| bounded(text, MAX_POSITION),
            ),
            manager: optional(
                p,
                "manager_soi",
                self.manager.as_deref(),
                base.and_then(|b| b.manager.clone()),
                |text| manager(text, soi, syntax),
            ),
            employment: optional(p, "employment", self.employment.as_deref(), None, employment)
                .or_else(|| base.map(|b| b.employment))
                .unwrap_or(Employment::Active),
            start_date: optional(p, "start_date", self.start_date.as_deref(), base.and_then(|b| b.start_date), date),
            end_date: optional(p, "end_date", self.end_date.as_deref(), base.and_then(|b| b.end_date), date),
        };
        if let (Some(start), Some(end)) = (record.start_date, record.end_date)
            && end < start
        {
            let what = format!("the employment would end on {end}, before it starts on {start}");
            problems.push(FieldProblem::new("end_date", what, "give a last day that is not before the first"));
        }
        if problems.is_empty() { Ok(record) } else { Err(problems) }
    }
}

/// What is wrong with one text, before its field is known: what, and the fix.
type Fault = (String, String);

fn required(
    problems: &mut Vec<FieldProblem>,
    field: &'static str,
    given: Option<&str>,
    base: Option<&String>,
    judge: impl Fn(&str) -> Result<String, Fault>,
) -> String {
    let count = problems.len();
    let value = optional(problems, field, given, base.cloned(), judge);
    if value.is_none() && problems.len() == count {
        problems.push(FieldProblem::new(field, "it is missing", "every agent needs one"));
    }
    value.unwrap_or_default()
}

fn optional<T>(
    problems: &mut Vec<FieldProblem>,
    field: &'static str,
    given: Option<&str>,
    base: Option<T>,
    judge: impl Fn(&str) -> Result<T, Fault>,
) -> Option<T> {
    let Some(text) = given else { return base };
    match tidy(text).and_then(|text| if text.is_empty() { Ok(None) } else { judge(&text).map(Some) }) {
        Ok(value) => value,
        Err((what, fix)) => {
            problems.push(FieldProblem::new(field, what, fix));
            None
        }
    }
}

/// NFC, without white space around and with single spaces inside. Control characters, and marks that turn the direction
/// of text (a name that reads otherwise than it is written), are refused rather than removed.
fn tidy(text: &str) -> Result<String, Fault> {
    let bad = |c: &char| {
        c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if let Some(found) = text.chars().find(bad) {
        let what = format!("it holds an invisible control character (U+{:04X})", u32::from(found));
        return Err((what, "remove it, or type the value anew".into()));
    }
    if text.is_ascii() && !text.starts_with(' ') && !text.ends_with(' ') && !text.contains("  ") {
        // Most values are tidy, and a file has millions.
        return Ok(text.to_owned());
    }
    Ok(text.nfc().collect::<String>().split_whitespace().collect::<Vec<_>>().join(" "))
}

fn bounded(text: &str, max: usize) -> Result<String, Fault> {
    let length = text.chars().count();
    if length > max {
        return Err((format!("it has {length} characters"), format!("shorten it to at most {max}")));
    }
    Ok(text.to_owned())
}

fn name(text: &str) -> Result<String, Fault> {
    bounded(text, MAX_NAME)
}

fn email(text: &str) -> Result<String, Fault> {
    normalise_email(text).map_err(|why| {
        (format!("{} is not an e-mail address: {why}", shown(text)), "write it as name@domain.example".into())
    })
}

fn mobile(text: &str) -> Result<String, Fault> {
    normalise_mobile(text).map_err(|_| {
        (format!("{} is not a telephone number", shown(text)), "write it as +33612345678 or 06 12 34 56 78".into())
    })
}

fn manager(text: &str, own: &Soi, syntax: &SoiSyntax) -> Result<Soi, Fault> {
    let manager = syntax
        .parse(text)
        .map_err(|error| (error.to_string(), "give the manager's SOI, or leave it empty".to_owned()))?;
    if manager == *own {
        return Err((
            "the agent would be their own manager".into(),
            "give another agent's SOI, or leave it empty".into(),
        ));
    }
    Ok(manager)
}

fn employment(text: &str) -> Result<Employment, Fault> {
    text.parse()
        .map_err(|_| (format!("{} is not an employment", shown(text)), "write active, suspended or left".into()))
}

/// `YYYY-MM-DD` and nothing else (ISO 8601).
fn date(text: &str) -> Result<Date, Fault> {
    let has_shape = text.len() == 10
        && text.bytes().enumerate().all(|(at, b)| if at == 4 || at == 7 { b == b'-' } else { b.is_ascii_digit() });
    if !has_shape {
        return Err((format!("{} is not a date", shown(text)), "write year-month-day, such as 2026-09-01".into()));
    }
    match text.parse::<Date>() {
        Ok(date) if YEARS.contains(&date.year()) => Ok(date),
        Ok(date) => Err((format!("the year {} cannot be meant", date.year()), "give a year from 1900 to 2199".into())),
        Err(_) => Err((format!("{text} is not in the calendar"), "give a day that exists, as year-month-day".into())),
    }
}

fn shown(text: &str) -> String {
    if text.chars().count() <= SHOWN {
        return format!("\"{text}\"");
    }
    format!("\"{}…\"", text.chars().take(SHOWN).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::sample;

    fn complete(change: impl Fn(&mut AgentDraft)) -> Result<AgentRecord, Vec<FieldProblem>> {
        let mut draft = sample::draft();
        change(&mut draft);
        let syntax = SoiSyntax::new(SoiSyntax::DEFAULT).unwrap();
        draft.complete(&Soi::from_stored("100001".into()), None, &syntax)
    }

    fn problem(change: impl Fn(&mut AgentDraft)) -> FieldProblem {
        complete(change).unwrap_err().remove(0)
    }

    #[test]
    fn what_was_typed_is_tidied() {
        let record = complete(|d| {
            d.given_name = Some("  Ine\u{300}s\u{a0} Marie ".into());
            d.email = Some("Ines.Marchand@Ville.Example".into());
            d.mobile = Some("06 12.34-56 78".into());
            d.manager = Some(" 100 004 ".into());
            d.position = Some("   ".into());
        })
        .unwrap();
        assert_eq!(record.given_name, "Inès Marie");
        assert_eq!(record.email, "Ines.Marchand@ville.example");
        assert_eq!(record.mobile.as_deref(), Some("+33612345678"));
        assert_eq!(record.manager.unwrap().as_str(), "100004");
        assert_eq!(record.position, None);
        assert_eq!(record.employment, Employment::Active);
    }

    #[test]
    fn telephone_numbers_are_kept_in_one_form() {
        for typed in ["+33612345678", "0033 6 12 34 56 78", "+33 (0)6 12 34 56 78", "06/12/34/56/78", "0612345678"] {
            let record = complete(|d| d.mobile = Some(typed.into())).unwrap();
            assert_eq!(record.mobile.as_deref(), Some("+33612345678"), "{typed}");
        }
        for typed in ["612345678", "+33", "+33612345678901234", "06 12 34 56 7x", "+0612345678", "()"] {
            assert_eq!(problem(|d| d.mobile = Some(typed.into())).field, "mobile", "{typed}");
        }
    }

    #[test]
    fn addresses_that_no_mail_server_delivers_are_refused() {
        for typed in [
            "ines",
            "@ville.example",
            "ines@",
            "ines@ville",
            "i nes@ville.example",
            "ines@@ville.example",
            ".ines@ville.example",
            "inès@ville.example",
            "ines@-ville.example",
            "a@b..example",
            "\"i\"@ville.example",
        ] {
            assert_eq!(problem(|d| d.email = Some(typed.into())).field, "email", "{typed}");
        }
        let long = format!("{}@ville.example", "a".repeat(65));
        assert_eq!(problem(|d| d.email = Some(long.clone())).field, "email");
    }

    #[test]
    fn dates_must_be_in_the_calendar_and_in_order() {
        assert!(problem(|d| d.start_date = Some("2026-02-30".into())).what.contains("not in the calendar"));
        for typed in ["01/09/2026", "2026-9-1", "2026-09-01T00:00", "20260901", "demain"] {
            assert!(problem(|d| d.start_date = Some(typed.into())).fix.contains("2026-09-01"), "{typed}");
        }
        assert!(problem(|d| d.start_date = Some("0026-09-01".into())).what.contains("year"));
        let backwards = problem(|d| {
            d.start_date = Some("2026-09-01".into());
            d.end_date = Some("2026-08-31".into());
        });
        assert_eq!(backwards.field, "end_date");
    }

    #[test]
    fn nobody_is_their_own_manager() {
        assert!(problem(|d| d.manager = Some("100 001".into())).what.contains("own manager"));
    }

    #[test]
    fn invisible_characters_and_endless_names_are_refused() {
        for name in ["Ine\0s", "In\u{202e}sè", "Inès\nMarie", "\u{7}"] {
            assert_eq!(problem(|d| d.given_name = Some(name.into())).field, "given_name", "{name:?}");
        }
        assert!(problem(|d| d.family_name = Some("é".repeat(101))).fix.contains("100"));
    }

    #[test]
    fn every_problem_is_told_at_once() {
        let problems = complete(|d| *d = AgentDraft { mobile: Some("x".into()), ..AgentDraft::default() }).unwrap_err();
        let fields: Vec<&str> = problems.iter().map(|p| p.field).collect();
        assert_eq!(fields, ["given_name", "family_name", "email", "mobile"]);
    }

    #[test]
    fn a_field_that_is_not_given_stays_an_empty_one_is_cleared_and_an_empty_employment_reinstates_nobody() {
        let syntax = SoiSyntax::new(SoiSyntax::DEFAULT).unwrap();
        let base = AgentRecord { employment: Employment::Suspended, ..sample::record("100001") };
        let draft =
            AgentDraft { department: Some(String::new()), employment: Some(String::new()), ..AgentDraft::default() };
        let after = draft.complete(&base.soi, Some(&base), &syntax).unwrap();
        assert_eq!(after, AgentRecord { department: None, ..base.clone() });
        let draft = AgentDraft { email: Some(String::new()), ..AgentDraft::default() };
        assert_eq!(draft.complete(&base.soi, Some(&base), &syntax).unwrap_err()[0].field, "email");
    }
}
