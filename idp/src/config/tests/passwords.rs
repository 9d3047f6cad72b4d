//! What passwords must be, for whom: presets, populations, floors, and policies that nobody could meet.

use std::time::Duration;

use super::*;
use crate::domain::agent::sample;
use crate::domain::password_policy::{PasswordForm, PasswordPolicy, Preset};
use crate::domain::population::{ADMINISTRATORS, AGENTS};
use crate::domain::role::Role;

const DAY: Duration = Duration::from_hours(24);

/// The policy of one population.
fn policy(added: &str, population: &str) -> PasswordPolicy {
    let policies = assert_sound(added).password.policies;
    let found = policies.iter().find(|(known, _)| known.name == population).map(|(_, policy)| policy.clone());
    found.unwrap_or_else(|| panic!("{population} in {added}"))
}

fn ages(added: &str) -> (Option<Duration>, Option<Duration>) {
    (policy(added, AGENTS).max_age, policy(added, ADMINISTRATORS).max_age)
}

#[test]
fn the_password_rule_has_its_floor_and_always_forbids_the_names_on_the_pages() {
    let error = the_error("min_length = 14\n");
    assert_eq!((error.key.as_str(), error.line()), ("password.min_length", Some(ADDED_LINE)));
    assert!(error.what.contains("second factor") && error.fix.contains("from 15 to 256"), "{error}");
    assert_eq!(the_error("min_length = 257\n").key, "password.min_length");
    assert_eq!(the_error("max_age = \"1h\"\n").key, "password.max_age");
    assert!(the_error("max_age = \"always\"\n").fix.contains("\"never\""));
    let added = "forbidden_words = [\"seine\"]\n[brand]\nproduct = \"Barrière\"\n";
    for population in [AGENTS, ADMINISTRATORS] {
        assert_eq!(policy(added, population).forbidden_words, ["seine", "Barrière", "IntraParis"]);
    }
    assert!(warned_keys("forbidden_words = [\"dsi\"]\n").contains(&"password.forbidden_words[0]".to_owned()));
}

#[test]
fn a_maximum_leaves_room_for_64_characters() {
    assert_eq!(policy("max_length = 64\n", AGENTS).max_length, 64);
    assert_eq!(the_error("max_length = 63\n").key, "password.max_length");
    assert_eq!(the_error("max_length = 257\n").key, "password.max_length");
}

#[test]
fn a_preset_gives_the_defaults_and_what_is_written_lays_over_it() {
    assert_eq!(assert_sound("").password.preset, Preset::Standard);
    let year = Some(365 * DAY);
    for (added, expected) in [
        ("", (None, year)),
        ("preset = \"city\"\n", (Some(180 * DAY), year)),
        ("preset = \"city\"\nmax_age = \"never\"\n", (None, year)),
        ("max_age = \"90d\"\n", (Some(90 * DAY), Some(90 * DAY))),
        ("max_age = \"800d\"\n", (Some(800 * DAY), year)),
        ("[[password.population]]\nname = \"administrators\"\nmax_age = \"730d\"\n", (None, Some(730 * DAY))),
        ("[[password.population]]\nname = \"administrators\"\nmax_age = \"never\"\n", (None, None)),
    ] {
        assert_eq!(ages(added), expected, "{added}");
    }
    assert_eq!(the_error("preset = \"paris\"\n").key, "password.preset");
    // Administrators never have less than everybody else.
    let lengths = |added| (policy(added, AGENTS).min_length, policy(added, ADMINISTRATORS).min_length);
    assert_eq!(lengths(""), (15, 16));
    assert_eq!(lengths("min_length = 20\n"), (20, 20));
    assert_eq!(lengths("[[password.population]]\nname = \"administrators\"\nmin_length = 24\n"), (15, 24));
}

#[test]
fn the_effective_configuration_means_the_same_when_it_is_read_again() {
    let folder = Folder::new();
    for added in ["", "preset = \"city\"\n", "preset = \"city\"\nmin_length = 18\nmax_age = \"20d\"\n"] {
        let first = folder.load_with(added).unwrap();
        let again = folder.load(first.effective(), &[]).unwrap();
        assert_eq!(again.password.policies, first.password.policies, "{added}");
    }
}

#[test]
fn administrators_who_renew_too_often_or_never_draw_a_warning() {
    let entry = |age: &str| format!("[[password.population]]\nname = \"administrators\"\nmax_age = \"{age}\"\n");
    for (added, key) in [
        (entry("never"), "password.population[0].max_age"),
        (entry("364d"), "password.population[0].max_age"),
        (entry("1200d"), "password.population[0].max_age"),
        ("max_age = \"90d\"\n".to_owned(), "password.max_age"),
    ] {
        assert!(warned_keys(&added).contains(&key.to_owned()), "{added}: {:?}", warned_keys(&added));
    }
    for added in ["", "preset = \"city\"\n", &entry("365d"), &entry("1095d")] {
        assert!(!warned_keys(added).iter().any(|key| key.contains("max_age")), "{added}");
    }
}

const SPORTS: &str = "[[population]]\nname = \"sports\"\ndepartments = [\"40\"]\n";

#[test]
fn a_population_has_what_its_entry_says_and_else_what_everybody_has() {
    let added = format!(
        "history = 8\n[[password.population]]\nname = \"sports\"\nmin_length = 18\nform = \"passphrase\"\n{SPORTS}"
    );
    let sports = policy(&added, "sports");
    assert_eq!((sports.min_length, sports.form, sports.history), (18, PasswordForm::Passphrase, 8));
    assert_eq!(policy(&added, AGENTS).form, PasswordForm::Free);
    assert_eq!(policy(SPORTS, "sports"), policy(SPORTS, AGENTS), "without an entry it is everybody's");

    let policies = assert_sound(&added).password.policies;
    let mut agent = sample();
    agent.record.department = Some("40".to_owned());
    assert_eq!(policies.of(&agent).min_length, 18);
    agent.roles = [Role::Hr].into_iter().collect();
    assert_eq!(policies.of(&agent).min_length, 16, "administrators come first");
}

#[test]
fn an_entry_for_nobody_or_two_for_one_are_refused() {
    let entry = |name: &str| format!("[[password.population]]\nname = \"{name}\"\n");
    let unknown = the_error(&entry("sport"));
    assert_eq!((unknown.key.as_str(), unknown.line()), ("password.population[0].name", Some(ADDED_LINE + 1)));
    assert!(unknown.fix.contains("administrators"), "{unknown}");
    assert!(the_error(&entry("agents")).fix.contains("write them there"));
    let twice = format!("{}{}", entry("administrators"), entry("administrators"));
    assert_eq!(the_error(&twice).key, "password.population[1].name");
    assert_eq!(the_error("[[password.population]]\nmin_length = 20\n").key, "password.population[0].name");
    assert_eq!(
        the_error(&format!("{}preset = \"city\"\n", entry("administrators"))).key,
        "password.population[0].preset"
    );
}

#[test]
fn populations_are_named_once_and_say_who_belongs_to_them() {
    let population = |rest: &str| format!("[[population]]\n{rest}");
    for (rest, key) in [
        ("departments = [\"40\"]\n", "population[0].name"),
        ("name = \"Sports et loisirs\"\ndepartments = [\"40\"]\n", "population[0].name"),
        ("name = \"agents\"\ndepartments = [\"40\"]\n", "population[0].name"),
        ("name = \"sports\"\n", "population[0].name"),
        ("name = \"administrators\"\nroles = [\"dsin\"]\n", "population[0].roles"),
        ("name = \"desk\"\nroles = [\"boss\"]\n", "population[0].roles[0]"),
        ("name = \"sports\"\ndepartment = [\"40\"]\ndepartments = [\"40\"]\n", "population[0].department"),
    ] {
        assert_eq!(the_error(&population(rest)).key, key, "{rest}");
    }
    assert_eq!(the_error(&format!("{SPORTS}{SPORTS}")).key, "population[1].name");
    let desk = "[[population]]\nname = \"desk\"\nroles = [\"helpdesk\"]\n";
    assert!(warned_keys(desk).contains(&"population[0].roles".to_owned()), "administrators come first");
    let placed = format!("{desk}[[population]]\nname = \"administrators\"\n");
    assert!(!warned_keys(&placed).contains(&"population[0].roles".to_owned()));
    let policies = assert_sound(&placed).password.policies;
    let names: Vec<&str> = policies.iter().map(|(population, _)| population.name.as_str()).collect();
    assert_eq!(names, ["desk", "administrators", "agents"]);
}

#[test]
fn a_policy_that_nobody_can_meet_is_refused_with_its_key_and_a_fix() {
    for (added, key, fix) in [
        ("max_length = 64\nmin_length = 65\n", "password.min_length", "raise max_length"),
        ("max_age = \"20d\"\nwarn_before = \"20d\"\n", "password.warn_before", "less than 20d"),
        ("max_age = \"10d\"\nmin_age = \"10d\"\n", "password.min_age", "raise max_age"),
        ("max_age = \"30d\"\nmin_age = \"20d\"\n", "password.min_age", "lower min_age"),
        (
            "min_age = \"30d\"\n[[password.population]]\nname = \"administrators\"\nmax_age = \"31d\"\n",
            "password.population[0].max_age",
            "lower min_age",
        ),
    ] {
        let error = the_error(added);
        assert_eq!(error.key, key, "{error}");
        assert!(error.line().is_some() && error.fix.contains(fix), "{error}");
    }
    for (added, what) in [("min_age = \"31d\"\n", "min_age"), ("warn_before = \"91d\"\n", "warn_before")] {
        assert_eq!(the_error(added).key, format!("password.{what}"));
    }
    assert_eq!(the_error("form = \"four classes\"\n").key, "password.form");
}

#[test]
fn where_passwords_live_for_days_nobody_is_warned_from_the_first_one_on() {
    assert_eq!(policy("max_age = \"10d\"\n", AGENTS).warn_before, 5 * DAY);
    assert_eq!(policy("max_age = \"180d\"\n", AGENTS).warn_before, 15 * DAY);
}

#[test]
fn a_blocklist_that_cannot_be_used_is_told_before_the_start() {
    let folder = Folder::new();
    folder.write("blocklist.txt", "# ours\nmot de passe\n");
    let config = folder.load_with("blocklist = \"blocklist.txt\"\n").unwrap();
    assert_eq!(config.password.blocklist, Some(folder.path("blocklist.txt")));
    folder.write("binary", b"\x7fELF\x02\x01\x01\x00");
    folder.write("latin", b"mot de passe\n\xe9t\xe9\n");
    std::fs::File::create(folder.path("huge")).unwrap().set_len(17 * 1024 * 1024).unwrap();
    std::fs::create_dir(folder.path("folder")).unwrap();
    for (file, words) in [
        ("absent", "cannot be read: No such file"),
        ("folder", "no regular file"),
        ("binary", "line 1 holds control characters"),
        ("latin", "line 2 is not UTF-8"),
        ("huge", "larger than 16 MiB"),
    ] {
        let report = folder.load_with(&format!("blocklist = \"{file}\"\n")).unwrap_err();
        let problem = errors(&report)[0].clone();
        assert_eq!((problem.key.as_str(), problem.line()), ("password.blocklist", Some(ADDED_LINE)));
        assert!(problem.what.contains(words) && problem.fix.contains("one word or password a line"), "{problem:?}");
    }
    folder.write("idle", "été\nsoleil\n");
    let config = folder.load_with("blocklist = \"idle\"\n").unwrap();
    assert!(config.warnings().iter().any(|warning| warning.key == "password.blocklist"));
}

#[test]
fn a_breach_filter_that_cannot_be_used_is_told_before_the_start() {
    let folder = Folder::new();
    folder.write_breach_filter();
    let config = folder.load_with("breach_filter = \"breach.filter\"\n").unwrap();
    assert_eq!(config.password.breach_filter, Some(folder.path("breach.filter")));
    folder.write("list.txt", "motdepasse\n");
    for (file, words) in [("list.txt", "no breach filter"), ("absent.filter", "cannot be read: No such file")] {
        let report = folder.load_with(&format!("breach_filter = \"{file}\"\n")).unwrap_err();
        let problem = errors(&report)[0].clone();
        assert_eq!(problem.key, "password.breach_filter");
        assert!(problem.what.contains(words) && problem.fix.contains("octroictl password filter build"), "{problem:?}");
    }
}
