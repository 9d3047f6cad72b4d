//! The policy keys of `[password]` and `[[password.population]]`: what passwords must be, for whom.
//!
//! A preset gives the defaults, the section's own keys lay over it, and an entry for a population over those. What no
//! password or no agent could meet is refused here, with the key that says so.

use std::collections::BTreeMap;
use std::time::Duration;

use super::duration::spell;
use super::problem::{Fault, Severity};
use super::section::{Section, text_of};
use super::tree::quoted;
use crate::domain::password_policy::{PasswordForm, PasswordPolicies, PasswordPolicy, Preset, SHORTEST_WORD};
use crate::domain::population::{ADMINISTRATORS, AGENTS, Populations};
use crate::domain::secret::PASSWORD_MAX_CODE_POINTS;

const DAY: Duration = Duration::from_hours(24);

/// Words that no password contains, unless the section lists others. The brand's names always join them.
const FORBIDDEN_WORDS: [&str; 3] = ["octroi", "intraparis", "nomades"];

pub(super) fn read(section: &Section<'_>, populations: &Populations) -> (Preset, PasswordPolicies) {
    let standard = (Preset::Standard.as_str(), Preset::Standard);
    let preset = section.choice("preset", standard, &[(Preset::City.as_str(), Preset::City)]);
    let default = PasswordPolicy { forbidden_words: read_words(section), ..preset.agents() };
    let agents = read_keys(section, &default);
    let mut own = BTreeMap::from([(ADMINISTRATORS.to_owned(), administrators(preset, &agents))]);
    let mut entries = Vec::new();
    let read_entry = |entry: &Section<'_>| {
        let name = entry.required_text("name", ADMINISTRATORS);
        let name = name.and_then(|name| entry.judge("name", check_name(name, populations)));
        let inherited = name.as_ref().and_then(|name| own.get(name)).unwrap_or(&agents);
        let policy = read_keys(entry, inherited);
        if name.as_deref() == Some(ADMINISTRATORS) {
            warn_of_age(entry, &policy);
        }
        Some((name?, policy))
    };
    for (index, (name, policy)) in section.tables("population", read_entry) {
        if entries.contains(&name) {
            let fault = Fault::new(format!("two entries are for {name:?}"), "write one for each population");
            section.error(&format!("population[{index}].name"), fault);
        }
        entries.push(name.clone());
        own.insert(name, policy);
    }
    if let Some(policy) = own.get(ADMINISTRATORS).filter(|_| !entries.iter().any(|name| name == ADMINISTRATORS)) {
        check(section, policy, &format!("{ADMINISTRATORS}: "));
        warn_of_age(section, policy);
    }
    (preset, PasswordPolicies::new(populations.clone(), own, agents))
}

fn check_name(name: String, populations: &Populations) -> Result<String, Fault> {
    if name == AGENTS {
        return Err(Fault::new("agents have the keys of [password] itself", "write them there"));
    }
    if populations.has(&name) {
        return Ok(name);
    }
    let known: Vec<String> = populations.iter().map(|p| p.name.clone()).filter(|known| *known != AGENTS).collect();
    let fix = format!("write one of {}, or add a section [[population]]", known.join(", "));
    Err(Fault::new(format!("there is no population {name:?}"), fix))
}

/// What the preset says of administrators, unless the section says something stricter of everybody.
fn administrators(preset: Preset, agents: &PasswordPolicy) -> PasswordPolicy {
    let own = preset.administrators();
    let min_length = agents.min_length.max(own.min_length).min(agents.max_length);
    let is_as_preset = agents.max_age == preset.agents().max_age;
    let max_age = if is_as_preset { own.max_age } else { agents.max_age.into_iter().chain(own.max_age).min() };
    PasswordPolicy { min_length, max_age, ..agents.clone() }
}

fn read_keys(section: &Section<'_>, inherited: &PasswordPolicy) -> PasswordPolicy {
    let (floor, most) = (PasswordPolicy::FLOOR, PASSWORD_MAX_CODE_POINTS);
    let mut min_length = section.integer("min_length", inherited.min_length, 1..=most);
    if min_length < floor {
        let what = format!(
            "{min_length} characters are too few: less than {floor} is for accounts with a second factor, which do not exist yet"
        );
        section.error("min_length", Fault::new(what, format!("choose from {floor} to {most}")));
        min_length = floor;
    }
    let max_length = section.integer("max_length", inherited.max_length, PasswordPolicy::LEAST_MAXIMUM..=most);
    let form = |form: PasswordForm| (form.as_str(), form);
    let others: Vec<_> = [PasswordForm::Free, PasswordForm::Classes, PasswordForm::Passphrase]
        .into_iter()
        .filter(|other| *other != inherited.form)
        .map(form)
        .collect();
    let form = section.choice("form", form(inherited.form), &others);
    let min_score = section.integer("min_score", inherited.min_score, 0..=4);
    let history = section.integer("history", inherited.history, 1..=24);
    let min_age = section.duration("min_age", inherited.min_age, Duration::ZERO..=30 * DAY);
    let max_age = section.duration_or_never("max_age", inherited.max_age, DAY..=3650 * DAY);
    // Where passwords live for days, nobody is warned from the first one on.
    let usual = inherited.warn_before.min(max_age.map_or(Duration::MAX, |age| age / 2));
    let warn_before = section.duration("warn_before", usual, Duration::ZERO..=90 * DAY);
    let forbidden_words = inherited.forbidden_words.clone();
    let policy = PasswordPolicy {
        min_length,
        max_length,
        form,
        min_score,
        history,
        min_age,
        max_age,
        warn_before,
        forbidden_words,
    };
    check(section, &policy, "");
    policy
}

/// What contradicts itself: passwords that cannot exist, or times that never come.
fn check(section: &Section<'_>, policy: &PasswordPolicy, whose: &str) {
    let PasswordPolicy { min_length, max_length, min_age, max_age, warn_before, .. } = *policy;
    if min_length > max_length {
        let what = format!("{whose}no password has at least {min_length} and at most {max_length} characters");
        section.contradiction(&["min_length", "max_length"], Fault::new(what, "lower min_length, or raise max_length"));
    }
    let Some(max_age) = max_age else { return };
    if warn_before >= max_age {
        let (warning, age) = (spell(warn_before), spell(max_age));
        let what = format!("{whose}agents would be warned always: {warning} before the end of a life of {age}");
        section.contradiction(&["warn_before", "max_age"], Fault::new(what, format!("choose less than {age}")));
    } else if min_age >= max_age {
        let (least, age) = (spell(min_age), spell(max_age));
        let what =
            format!("{whose}nobody could change a password before its end: not within {least}, and not after {age}");
        section.contradiction(&["min_age", "max_age"], Fault::new(what, "lower min_age, or raise max_age"));
    } else if min_age.saturating_add(warn_before) > max_age {
        let (least, warning) = (spell(min_age), spell(max_age.saturating_sub(warn_before)));
        let what = format!("{whose}agents would be warned after {warning} of what they may do after {least} only");
        let keys = ["min_age", "warn_before", "max_age"];
        section.contradiction(&keys, Fault::new(what, "lower min_age or warn_before, or raise max_age"));
    }
}

/// ANS-R25, STANDARDS D2.
fn warn_of_age(section: &Section<'_>, policy: &PasswordPolicy) {
    if !policy.has_privileged_age() {
        let age = policy.max_age.map_or_else(|| "never".to_owned(), |age| format!("after {}", spell(age)));
        let what = format!("passwords of administrators are renewed {age}; the ANSSI advises after one to three years");
        let fix = "write max_age = \"365d\" for the population administrators";
        section.reader.report_contradiction(Severity::Warning, &[&section.path("max_age")], Fault::new(what, fix));
    }
}

fn read_words(section: &Section<'_>) -> Vec<String> {
    let default = FORBIDDEN_WORDS.map(String::from).to_vec();
    let words = section.list("forbidden_words", default, |word| quoted(word), text_of);
    for (index, word) in words.iter().filter(|(_, word)| word.chars().count() < SHORTEST_WORD) {
        let what = format!("{word:?} forbids nothing: words shorter than {SHORTEST_WORD} letters are not looked for");
        section.warning(&format!("forbidden_words[{index}]"), Fault::new(what, "remove it"));
    }
    words.into_iter().map(|(_, word)| word).collect()
}
