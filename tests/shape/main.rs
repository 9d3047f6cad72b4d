//! The architecture test: who may import whom, where each third-party crate lives, and the habits of the house.
//!
//! The tables in `table.rs` are the documentation; change the house there first. `source.rs` finds files and blanks
//! comments and strings, `paths.rs` finds every path that code mentions (in `use` lines and in full), `imports.rs` judges
//! them by the tables, `habits.rs` judges the rest. Each file also proves that its check can fail.

mod habits;
mod imports;
mod paths;
mod source;
mod table;

use source::Source;

/// The members whose code obeys the tables. Tests may use anything.
const MEMBERS: &[&str] = &["idp/src", "admin-cli/src", "docs/demo/src"];

fn rust(under: &[&str]) -> Vec<Source> {
    source::files(under, &["rs"])
}

/// Fails with every finding, one per line.
fn assert_none(findings: impl IntoIterator<Item = String>) {
    let findings: Vec<String> = findings.into_iter().collect();
    assert!(findings.is_empty(), "\n{}\n", findings.join("\n"));
}

#[test]
fn the_checks_see_the_code() {
    for member in MEMBERS {
        assert!(!rust(&[member]).is_empty(), "no Rust file under {member}");
    }
    let imports: usize = rust(MEMBERS).iter().map(|file| paths::paths(&file.code()).used.len()).sum();
    assert!(imports > 100, "{imports}");
}

#[test]
fn layers_import_downwards_only() {
    assert_none(rust(MEMBERS).iter().flat_map(imports::of_layers));
}

#[test]
fn a_third_party_crate_is_used_in_its_home_only() {
    assert_none(rust(MEMBERS).iter().flat_map(imports::of_crates));
}

#[test]
fn every_third_party_crate_has_a_line_in_the_table() {
    assert_none(imports::without_a_line(&source::read("Cargo.toml")));
}

#[test]
fn what_is_pure_reaches_for_no_runtime_and_no_files() {
    assert_none(rust(MEMBERS).iter().flat_map(imports::of_the_world));
}

#[test]
fn every_module_opens_with_what_it_owns() {
    assert_none(rust(MEMBERS).iter().filter_map(habits::without_opening));
}

#[test]
fn no_file_is_longer_than_a_reader_can_hold() {
    assert_none(rust(&["idp", "admin-cli", "docs", "tests"]).iter().filter_map(habits::too_long));
}

#[test]
fn nothing_is_left_unfinished() {
    let kinds = ["rs", "toml", "sql", "html", "ftl", "css", "js", "sh"];
    assert_none(source::files(&["."], &kinds).iter().flat_map(habits::unfinished));
}

#[test]
fn tests_wait_for_events_and_never_sleep() {
    assert_none(rust(&["tests"]).iter().flat_map(habits::sleeps));
}

#[test]
fn no_module_is_named_after_nothing() {
    assert_none(rust(&["."]).iter().flat_map(habits::empty_names));
}

#[test]
fn migrations_exist_for_both_engines_with_the_same_numbers_and_names() {
    let names = |engine: &str| {
        let folder = format!("migrations/{engine}/");
        let files = source::files(&[&folder], &["sql"]);
        files.iter().map(|file| file.path.trim_start_matches(&folder).to_owned()).collect()
    };
    assert_none(habits::unpaired_migrations(&names("sqlite"), &names("postgres")));
}

#[test]
fn the_project_stands_alone() {
    assert_none(source::files(&["."], &[]).iter().flat_map(habits::foreign_places));
}
