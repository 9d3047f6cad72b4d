//! The habits of the house that no compiler checks: sizes, openings, names, unfinished work, pairs of migrations.

use std::collections::BTreeSet;

use crate::paths::paths;
use crate::source::Source;

/// Around 120 is usual, 300 is large; here a file asks to be split by step.
const MAX_LINES: usize = 500;

/// Names that say nothing about what is inside.
const EMPTY_NAMES: &[&str] = &["common", "helper", "helpers", "manager", "misc", "util", "utils"];

/// Marks of unfinished work (written in two halves, so that this file has none).
const UNFINISHED: &[&str] = &[
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("XX", "X:"),
    concat!("to", "do!"),
    concat!("unimple", "mented!"),
];

/// Places outside the project, which a clean clone does not have (in two halves as well).
const FOREIGN: &[&str] = &[concat!("../", "shared")];

pub fn too_long(file: &Source) -> Option<String> {
    let lines = file.text.lines().count();
    (lines > MAX_LINES).then(|| format!("{}: {lines} lines; split it by step (at most {MAX_LINES})", file.path))
}

/// A module begins with `//!`; a file of two lines explains itself.
pub fn without_opening(file: &Source) -> Option<String> {
    let opens = file.text.starts_with("//!") || file.text.lines().count() <= 2;
    (!opens).then(|| {
        format!("{}: does not open with `//!` (what it owns, what it must not do, where to look next)", file.path)
    })
}

pub fn unfinished(file: &Source) -> Vec<String> {
    mentions(&file.path, &file.text, UNFINISHED)
}

/// A test that sleeps is slow on a good day and wrong on a bad one.
pub fn sleeps(file: &Source) -> Vec<String> {
    let call = |line: &str| {
        line.match_indices("sleep(").any(|(at, _)| !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_'))
    };
    let code = file.code();
    let found = (1..).zip(code.lines()).filter(|(_, line)| call(line));
    found.map(|(line, _): (usize, _)| format!("{}:{line}: sleeps; wait for the event instead", file.path)).collect()
}

/// Tests may read data from outside.
pub fn foreign_places(file: &Source) -> Vec<String> {
    if file.path.starts_with("tests/") { Vec::new() } else { mentions(&file.path, &file.text, FOREIGN) }
}

fn mentions(path: &str, text: &str, words: &[&str]) -> Vec<String> {
    let lines = (1..).zip(text.lines());
    let found =
        lines.filter_map(|(line, text)| words.iter().find(|word| text.contains(**word)).map(|word| (line, word)));
    found.map(|(line, word): (usize, _)| format!("{path}:{line}: `{word}`")).collect()
}

/// Files, folders and inline modules with a name that says nothing.
pub fn empty_names(file: &Source) -> Vec<String> {
    let declared = paths(&file.code()).declared;
    let parts = file.path.trim_end_matches(".rs").split('/').chain(declared.iter().map(String::as_str));
    parts
        .filter(|part| EMPTY_NAMES.contains(part))
        .map(|part| format!("{}: `{part}` says nothing about what is inside", file.path))
        .collect()
}

pub fn unpaired_migrations(sqlite: &BTreeSet<String>, postgres: &BTreeSet<String>) -> Vec<String> {
    sqlite.symmetric_difference(postgres).map(|name| format!("migrations: {name} exists for one engine only")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> Source {
        Source { path: path.to_owned(), text: text.to_owned() }
    }

    #[test]
    fn a_file_of_more_than_500_lines_is_found() {
        assert!(too_long(&file("a.rs", &"\n".repeat(501))).is_some());
        assert!(too_long(&file("a.rs", &"\n".repeat(500))).is_none());
    }

    #[test]
    fn a_module_without_opening_is_found() {
        assert!(without_opening(&file("a.rs", "use x;\n\n//! late\n")).is_some());
        assert!(without_opening(&file("a.rs", "//! Owns a.\n\nuse x;\n")).is_none());
    }

    #[test]
    fn unfinished_work_is_found_also_in_comments() {
        for word in UNFINISHED {
            assert_eq!(
                unfinished(&file("a.rs", &format!("fn a() {{}}\n// {word} later"))),
                [format!("a.rs:2: `{word}`")]
            );
        }
        assert!(unfinished(&file("a.rs", "// all done")).is_empty());
    }

    #[test]
    fn a_sleeping_test_is_found_but_not_one_that_talks_about_it() {
        assert_eq!(sleeps(&file("tests/a.rs", "tokio::time::sleep(x).await;")).len(), 1);
        assert!(sleeps(&file("tests/a.rs", "// no sleep(\nlet x = \"sleep(\"; fn they_never_sleep() {}")).is_empty());
    }

    #[test]
    fn a_place_outside_the_project_is_found_except_in_tests() {
        let text = format!("see {}/data.csv", FOREIGN[0]);
        assert_eq!(foreign_places(&file("docs/a.md", &text)).len(), 1);
        assert!(foreign_places(&file("tests/a.rs", &text)).is_empty());
    }

    #[test]
    fn a_name_that_says_nothing_is_found() {
        for (path, text) in
            [("idp/src/web/utils.rs", ""), ("tests/common/mod.rs", ""), ("idp/src/a.rs", "mod helpers { }")]
        {
            assert_eq!(empty_names(&file(path, text)).len(), 1, "{path}");
        }
        assert!(empty_names(&file("idp/src/web/cookies.rs", "mod commonplace;")).is_empty());
    }

    #[test]
    fn a_migration_for_one_engine_only_is_found() {
        let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        let (one, two) = (names(&["0001_agents.sql"]), names(&["0001_agents.sql", "0002_codes.sql"]));
        assert_eq!(unpaired_migrations(&one, &two).len(), 1);
        assert_eq!(unpaired_migrations(&two, &one).len(), 1);
        assert!(unpaired_migrations(&two, &two.clone()).is_empty());
    }
}
