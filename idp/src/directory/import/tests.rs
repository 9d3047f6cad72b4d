//! An import on a real file: the same twice, bad lines, managers, full files, a plan that has become old.

use super::*;
use crate::directory::DirectoryError;
use crate::directory::sample::{Sample, draft, operator, rehearsal};
use crate::domain::agent::Employment;

fn line(line: u64, soi: &str, change: impl Fn(&mut AgentDraft)) -> ImportLine {
    let mut draft = draft();
    change(&mut draft);
    ImportLine { line, soi: soi.into(), draft: Ok(draft) }
}

fn plain(number: u64, soi: &str) -> ImportLine {
    line(number, soi, |_| ())
}

fn managed_by(number: u64, soi: &str, manager: &str) -> ImportLine {
    line(number, soi, |d| d.manager = Some(manager.into()))
}

const PLAIN: ImportOptions = ImportOptions { full: false, skip_bad: false };
const SKIP: ImportOptions = ImportOptions { full: false, skip_bad: true };
const FULL: ImportOptions = ImportOptions { full: true, skip_bad: false };

async fn plan(sample: &Sample, lines: Vec<ImportLine>, options: ImportOptions) -> Result<ImportPlan, DirectoryError> {
    sample.directory.plan_import(&operator(), lines, options).await
}

async fn apply(sample: &Sample, plan: &ImportPlan) -> Result<ImportSummary, DirectoryError> {
    let imported = sample.directory.apply_import(plan, ImportConsent::default(), &|_| ()).await?;
    assert_eq!(imported.overtaken, Overtaken::default());
    Ok(imported.summary)
}

async fn import(
    sample: &Sample,
    lines: Vec<ImportLine>,
    options: ImportOptions,
) -> Result<ImportSummary, DirectoryError> {
    let plan = plan(sample, lines, options).await?;
    apply(sample, &plan).await
}

async fn employment(sample: &Sample, soi: &str) -> Employment {
    sample.directory.get_agent(soi).await.unwrap().agent.record.employment
}

#[tokio::test]
async fn the_same_file_again_changes_nothing_and_writes_nothing() {
    let sample = Sample::new().await;
    // A manager may stand behind those who name them.
    let file = || vec![managed_by(2, "100001", "100004"), plain(3, "100004")];
    let first = import(&sample, file(), PLAIN).await.unwrap();
    assert_eq!((first.added, first.unchanged), (2, 0));
    assert_eq!(sample.acts().await, ["agent.added", "agent.added", "agents.imported"]);
    let again = import(&sample, file(), PLAIN).await.unwrap();
    assert_eq!((again.added, again.changed, again.unchanged), (0, 0, 2));
    assert_eq!(sample.acts().await.len(), 3);
}

#[tokio::test]
async fn changed_lines_update_and_shut_out_and_absent_agents_stay() {
    let sample = Sample::new().await;
    for soi in ["100001", "100002", "100003"] {
        sample.add(soi).await;
    }
    let file = vec![
        line(2, "100001", |d| d.department = Some("41".into())),
        line(3, "100002", |d| d.employment = Some("left".into())),
    ];
    let summary = import(&sample, file, PLAIN).await.unwrap();
    assert_eq!((summary.changed, summary.left), (2, 0));
    assert_eq!(sample.acts().await.split_off(3), ["agent.changed", "agent.left", "agents.imported"]);
    assert_eq!(employment(&sample, "100002").await, Employment::Left);
    assert_eq!(employment(&sample, "100003").await, Employment::Active);
}

#[tokio::test]
async fn one_bad_line_refuses_the_whole_file_unless_told_to_skip() {
    let sample = Sample::new().await;
    let file = || vec![plain(2, "100001"), line(3, "100002", |d| d.email = Some("nobody".into())), plain(4, "")];
    let error = import(&sample, file(), PLAIN).await.unwrap_err();
    assert!(
        matches!(&error, DirectoryError::Refused { refusal, .. } if refusal.code() == "import.bad_lines"),
        "{error}"
    );
    assert!(sample.directory.find_agent("100001").await.unwrap().is_none());
    let summary = import(&sample, file(), SKIP).await.unwrap();
    assert_eq!((summary.added, summary.skipped), (1, 2));
}

#[tokio::test]
async fn a_soi_given_twice_names_both_lines_and_neither_is_taken() {
    let sample = Sample::new().await;
    let file = vec![plain(2, "100001"), plain(3, "100002"), plain(4, "100 001")];
    let plan = plan(&sample, file, SKIP).await.unwrap();
    let problem = &plan.problems.first[0];
    assert_eq!((problem.line, problem.column), (4, "soi"));
    assert!(problem.what.contains("line 2") && problem.fix.contains("line 4"), "{problem:?}");
    assert_eq!((plan.summary().added, plan.problems.bad_lines), (1, 2));
}

#[tokio::test]
async fn managers_must_be_known_and_fall_with_the_line_that_names_them() {
    let sample = Sample::new().await;
    let chain = || {
        vec![
            line(2, "100004", |d| d.email = Some("nobody".into())),
            managed_by(3, "100001", "100004"),
            managed_by(4, "100002", "100001"),
            managed_by(5, "100003", "999999"),
            managed_by(6, "100005", "100005"),
            plain(7, "100006"),
        ]
    };
    let told = |plan: &ImportPlan| plan.problems.first.iter().map(|p| (p.line, p.column)).collect::<Vec<_>>();
    let strict = plan(&sample, chain(), PLAIN).await.unwrap();
    assert_eq!(told(&strict), [(2, "email"), (5, "manager_soi"), (6, "manager_soi")]);
    let skipping = plan(&sample, chain(), SKIP).await.unwrap();
    assert_eq!(
        told(&skipping),
        [(2, "email"), (3, "manager_soi"), (4, "manager_soi"), (5, "manager_soi"), (6, "manager_soi")]
    );
    assert_eq!(apply(&sample, &skipping).await.unwrap().added, 1);
}

#[tokio::test]
async fn only_a_full_file_makes_leavers_and_never_one_in_ten_unasked() {
    let sample = Sample::new().await;
    let sois: Vec<String> = (0..20).map(|n| format!("2000{n:02}")).collect();
    for soi in &sois {
        sample.add(soi).await;
    }
    let file = |skip: usize| (2..).zip(&sois).skip(skip).map(|(at, soi)| plain(at, soi)).collect::<Vec<_>>();
    let error = import(&sample, file(3), FULL).await.unwrap_err();
    assert!(
        matches!(&error, DirectoryError::Refused { refusal, .. } if refusal.code() == "import.too_many_leavers"),
        "{error}"
    );
    let plan = sample.directory.plan_import(&rehearsal(), file(3), FULL).await.unwrap();
    sample.directory.apply_import(&plan, ImportConsent { many_leavers: true }, &|_| ()).await.unwrap();
    assert_eq!(employment(&sample, &sois[0]).await, Employment::Active);
    assert_eq!(import(&sample, file(2), FULL).await.unwrap().left, 2);
    assert_eq!(employment(&sample, &sois[0]).await, Employment::Left);
    let again = import(&sample, file(2), FULL).await.unwrap();
    assert_eq!((again.left, again.changed, again.unchanged), (0, 0, 18));
}

#[tokio::test]
async fn in_a_full_file_a_bad_line_makes_nobody_a_leaver() {
    let sample = Sample::new().await;
    sample.add("100001").await;
    let full_skip = ImportOptions { full: true, skip_bad: true };
    let bad_mail = vec![line(2, "100001", |d| d.email = Some("nobody".into())), plain(3, "100002")];
    let plan = plan(&sample, bad_mail, full_skip).await.unwrap();
    assert!(plan.summary().left == 0);
    let no_soi = vec![plain(2, "1OOOO1"), plain(3, "100002")];
    let error = import(&sample, no_soi, full_skip).await.unwrap_err();
    assert!(
        matches!(&error, DirectoryError::Refused { refusal, .. } if refusal.code() == "import.unreadable_soi"),
        "{error}"
    );
}

#[tokio::test]
async fn an_agent_changed_since_the_plan_stops_the_import_and_nothing_is_written() {
    let sample = Sample::new().await;
    sample.add("100001").await;
    let file = vec![plain(2, "100002"), line(3, "100001", |d| d.department = Some("41".into()))];
    let plan = plan(&sample, file, PLAIN).await.unwrap();
    let meanwhile = AgentDraft { position: Some("archiviste".into()), ..AgentDraft::default() };
    sample.directory.set_agent(&operator(), "100001", &meanwhile).await.unwrap();
    let error = apply(&sample, &plan).await.unwrap_err();
    assert!(matches!(error, DirectoryError::Conflict { .. }), "{error}");
    assert!(sample.directory.find_agent("100002").await.unwrap().is_none());
}

#[tokio::test]
async fn the_first_hundred_problems_are_told_in_order_and_all_are_counted() {
    let sample = Sample::new().await;
    let mut file: Vec<ImportLine> = (2..252).map(|at| plain(at, "x")).collect();
    file.insert(0, managed_by(1, "100001", "999999"));
    let plan = plan(&sample, file, PLAIN).await.unwrap();
    assert_eq!((plan.problems.first.len(), plan.problems.total, plan.problems.bad_lines), (100, 251, 251));
    assert_eq!((plan.problems.first[0].line, plan.problems.first[99].line), (1, 100));
}
