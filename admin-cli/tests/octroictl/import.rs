//! `octroictl agent import`

use crate::Installation;

const HEADER: &str = "soi,given_name,family_name,email,department,manager_soi,employment,start_date,end_date";

fn file(lines: &[&str]) -> String {
    format!("{HEADER}\n{}\n", lines.join("\n"))
}

fn agent(soi: &str) -> String {
    format!("{soi},Inès,Marchand,ines.marchand@ville.example,40,,active,2026-01-05,")
}

#[tokio::test]
async fn the_same_file_again_changes_nothing_and_says_so() {
    let octroi = Installation::new().await;
    let csv = octroi.file("agents.csv", file(&[&agent("100001"), &agent("100002")]));
    let first = octroi.run(&format!("agent import {csv}")).await.done();
    assert!(first.contains("2 lines, separated by commas.\n2 added, 0 changed, 0 unchanged.\n"), "{first}");
    let again = octroi.run(&format!("agent import {csv}")).await.done();
    assert!(again.contains("0 added, 0 changed, 2 unchanged: nothing to change."), "{again}");
    let json = octroi.run(&format!("agent import {csv} --format json")).await.json();
    assert_eq!((&json["unchanged"], &json["separator"], &json["refused"]), (&2.into(), &"comma".into(), &false.into()));
}

#[tokio::test]
async fn a_dry_run_lists_what_would_change_and_changes_nothing() {
    let octroi = Installation::new().await;
    let csv = octroi.file("agents.csv", file(&[&agent("100001")]));
    octroi.run(&format!("agent import {csv}")).await.done();
    let moved = agent("100001").replace(",40,", ",41,");
    let csv = octroi.file("agents.csv", file(&[&moved, &agent("100002")]));
    let dry = octroi.run(&format!("agent import {csv} --dry-run")).await.done();
    assert!(dry.contains("Would be: 1 added, 1 changed, 0 unchanged."), "{dry}");
    assert!(dry.contains("change  100001  Inès Marchand  department 40 → 41"), "{dry}");
    assert!(dry.ends_with("Dry run: nothing was written.\n"), "{dry}");
    octroi.run("agent show 100002").await.failed(3);
    assert_eq!(octroi.run("agent show 100001 --format json").await.json()["department"], "40");
}

#[tokio::test]
async fn every_kind_of_bad_line_names_line_column_and_fix() {
    let octroi = Installation::new().await;
    let bad = [
        ("100002,,Marchand,a@b.example,,,,,", "line 3, given_name: it is missing"),
        ("100003,A,B,nobody,,,,,", "line 4, email: \"nobody\" is not an e-mail address"),
        ("100004,A,B,a@b.example,,,,2026-02-30,", "line 5, start_date: 2026-02-30 is not in the calendar"),
        (
            "100005,A,B,a@b.example,,,,31/01/2026,",
            "line 6, start_date: \"31/01/2026\" is not a date; write year-month-day",
        ),
        ("100006,A,B,a@b.example,,,,2026-02-01,2026-01-01", "line 7, end_date:"),
        ("100007,A,B,a@b.example,,100007,,,", "line 8, manager_soi: the agent would be their own manager"),
        ("100008,A,B,a@b.example,,999999,,,", "line 9, manager_soi: there is no agent 999999"),
        ("100009,A,B,a@b.example,,,retired,,", "line 10, employment: \"retired\" is not an employment; write active"),
        ("100001,A,B,a@b.example,,,,,", "line 11, soi: 100001 stands on line 2 already"),
        ("abc,A,B,a@b.example,,,,,", "line 12, soi: \"ABC\" is not a SOI"),
        ("100010,A,B,a@b.example", "line 13: it has 4 columns, and the header has 9"),
        ("100011,\"A,B,a@b.example,,,,,", "line 14: a quotation mark is opened and not closed"),
    ];
    let good = agent("100001");
    let lines: Vec<&str> = std::iter::once(good.as_str()).chain(bad.iter().map(|(line, _)| *line)).collect();
    let csv = octroi.file("agents.csv", file(&lines));
    let err = octroi.run(&format!("agent import {csv}")).await.failed(1);
    for (line, expected) in bad {
        assert!(err.contains(expected), "{line}: {expected}\n{err}");
    }
    assert!(err.ends_with("refused: import.bad_lines: 13 of 13 lines cannot be taken, so none was: correct them, or take the others with --skip-bad\n"), "{err}");
    assert_eq!(octroi.run("agent list").await.done(), "No agent.\n");
}

#[tokio::test]
async fn with_skip_bad_the_good_lines_are_taken() {
    let octroi = Installation::new().await;
    let csv = octroi.file("agents.csv", file(&[&agent("100001"), "100002,,,,,,,,"]));
    let outcome = octroi.run(&format!("agent import {csv} --skip-bad")).await;
    assert!(outcome.err.contains("line 3, given_name"), "{}", outcome.err);
    assert!(outcome.done().contains("1 added, 0 changed, 0 unchanged, 1 bad lines not taken."));
}

#[tokio::test]
async fn a_french_excel_file_is_understood_and_a_latin_1_one_is_explained() {
    let octroi = Installation::new().await;
    let excel = format!("\u{feff}{}\r\n{}\r\n", HEADER.replace(',', ";"), agent("100001").replace(',', ";"));
    let csv = octroi.file("excel.csv", excel);
    assert!(octroi.run(&format!("agent import {csv}")).await.done().contains("separated by semicolons"));
    let latin_1: Vec<u8> = file(&[&agent("100002")]).chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    let csv = octroi.file("latin1.csv", latin_1);
    let err = octroi.run(&format!("agent import {csv}")).await.failed(1);
    assert!(
        err.starts_with(
            "line 2, given_name: the byte 0xe8 is not UTF-8 (in Latin-1 it would be 'è'); save the file as UTF-8"
        ),
        "{err}"
    );
}

#[tokio::test]
async fn files_that_are_no_list_of_agents_are_refused_before_anything_is_read() {
    let octroi = Installation::new().await;
    for (content, expected) in [
        ("", "line 1: the file is empty"),
        ("soi,given_name,family_name,email\n", "line 1: the file holds a header and no agents"),
        ("soi,given_name,family_name,email,salary\n", "line 1: there is no column \"salary\""),
        ("100001,A,B,a@b.example\n", "line 1: the first line is not the header"),
    ] {
        let csv = octroi.file("odd.csv", content);
        let err = octroi.run(&format!("agent import {csv}")).await.failed(1);
        assert!(err.contains(expected) && err.contains("import.bad_file"), "{err}");
    }
    let folder = octroi.path(".");
    octroi.run(&format!("agent import {}", folder.display())).await.failed(2);
}

#[tokio::test]
async fn a_full_file_makes_leavers_after_a_question_and_many_only_with_yes() {
    let octroi = Installation::new().await;
    let agents: Vec<String> = (100_001..=100_020).map(|n| agent(&n.to_string())).collect();
    let all: Vec<&str> = agents.iter().map(String::as_str).collect();
    let everybody = octroi.file("everybody.csv", file(&all));
    octroi.run(&format!("agent import {everybody} --full")).await.done();
    let without_one = octroi.file("without-one.csv", file(&all[1..]));
    octroi.run(&format!("agent import {without_one} --full")).await.failed(2);
    octroi.run_answering(&format!("agent import {without_one} --full"), "\n").await.failed(1);
    let done = octroi.run_answering(&format!("agent import {without_one} --full"), "y\n").await.done();
    assert!(done.contains("0 added, 0 changed, 19 unchanged, 1 left."), "{done}");
    assert_eq!(octroi.run("agent show 100001 --format json").await.json()["employment"], "left");
    let few = octroi.file("few.csv", file(&all[..3]));
    let err = octroi.run(&format!("agent import {few} --full")).await.failed(1);
    assert!(err.contains("import.too_many_leavers: 17 of 19 agents"), "{err}");
    octroi.run(&format!("agent import {few} --full --yes")).await.done();
}

#[tokio::test]
async fn what_was_listed_as_csv_can_be_imported_again() {
    let octroi = Installation::new().await;
    octroi.add("100001").await;
    let csv = octroi.run("agent list --all --format csv").await.done();
    let csv = octroi.file("again.csv", csv);
    assert!(octroi.run(&format!("agent import {csv}")).await.done().contains("1 unchanged: nothing to change"));
}

#[tokio::test]
async fn a_hundred_problems_are_told_and_the_rest_is_counted() {
    let octroi = Installation::new().await;
    let bad: Vec<String> = (0..150).map(|n| format!("x{n},A,B,a@b.example,,,,,")).collect();
    let lines: Vec<&str> = bad.iter().map(String::as_str).collect();
    let csv = octroi.file("bad.csv", file(&lines));
    let outcome = octroi.run(&format!("agent import {csv} --format json")).await;
    let json: serde_json::Value = serde_json::from_str(&outcome.out).unwrap();
    assert_eq!((json["problems"].as_array().unwrap().len(), &json["problems_total"]), (100, &150.into()));
    assert_eq!(json["refused"], true);
    let err = outcome.failed(1);
    assert!(err.contains("… and 50 more problems, 150 in all") && err.lines().count() == 102, "{err}");
}
