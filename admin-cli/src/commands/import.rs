//! `octroictl agent import`: the file is read and compared first, then everything is told, then it is written or refused.

use std::fs::File;
use std::io::BufReader;

use octroi_idp::directory::{
    DirectoryError, FieldChange, ImportConsent, ImportOptions, ImportPlan, ImportSummary, Imported, PlannedChange,
};
use octroi_idp::domain::agent::AgentRecord;
use serde_json::{Value, json};

use super::agent::agent_fields;
use super::progress::{AGENTS, bar};
use super::{Context, plain};
use crate::args::{Format, ImportArgs};
use crate::csv_file::{CsvFile, Separator, Unreadable};
use crate::failure::{Failure, line_problem};
use crate::output::{Answer, View};

/// Reads, compares, asks, writes.
pub async fn run(args: &ImportArgs, context: &mut Context<'_, '_>) -> Result<(), Failure> {
    let mut csv = open(args)?;
    let plan = read(args, &mut csv, context).await?;
    let separator = csv.file.separator;
    if let Err(failure) = check(args, &csv, &plan, context) {
        context.directory.discard_import(&plan).await.map_err(DirectoryError::from)?;
        return Err(failure);
    }
    let consent = ImportConsent { many_leavers: context.global.yes };
    let outcome = apply(&plan, consent, context).await;
    // A refused file is told too, so that one run shows everything that has to be corrected.
    let done = outcome.as_ref().ok();
    let (format, dry_run) = (context.global.format, context.global.dry_run);
    if done.is_some() || dry_run || format == Format::Json {
        context.print_act(answer(args, &plan, separator, done, (format, dry_run)))?;
    }
    let Imported { overtaken, .. } = outcome?;
    if overtaken.total > 0 { Err(Failure::Overtaken(overtaken)) } else { Ok(()) }
}

/// The file, with its header read.
struct OpenFile {
    file: CsvFile<BufReader<File>>,
    bytes: u64,
}

fn open(args: &ImportArgs) -> Result<OpenFile, Failure> {
    let file = File::open(&args.file).map_err(|error| unreadable(args, &error))?;
    let metadata = file.metadata().map_err(|error| unreadable(args, &error))?;
    if metadata.is_dir() {
        return Err(Failure::Usage(format!("{} is a directory: name a CSV file", args.file.display())));
    }
    let file = CsvFile::open(BufReader::new(file)).map_err(|error| match error {
        Unreadable::Io(error) => unreadable(args, &error),
        Unreadable::Header(problems) => Failure::BadFile(problems),
    })?;
    Ok(OpenFile { file, bytes: metadata.len() })
}

fn unreadable(args: &ImportArgs, error: &std::io::Error) -> Failure {
    Failure::Usage(format!("{}: {error}", args.file.display()))
}

async fn read(args: &ImportArgs, csv: &mut OpenFile, context: &Context<'_, '_>) -> Result<ImportPlan, Failure> {
    let bar = bar(context.console.shows_progress, csv.bytes, "reading  {wide_bar} {bytes}/{total_bytes}");
    let options = ImportOptions { full: args.full, skip_bad: args.skip_bad };
    let lines = std::iter::from_fn(|| {
        let line = csv.file.next();
        bar.set_position(csv.file.bytes());
        line
    });
    let plan = context.directory.plan_import(&context.mandate(), lines, options).await;
    bar.finish_and_clear();
    Ok(plan?)
}

/// Everything that may stop an import between reading and writing, but for the rules.
fn check(args: &ImportArgs, csv: &OpenFile, plan: &ImportPlan, context: &mut Context<'_, '_>) -> Result<(), Failure> {
    if let Some(error) = &csv.file.failed {
        return Err(unreadable(args, error));
    }
    if plan.lines == 0 {
        return Err(Failure::BadFile(vec![crate::csv_file::no_agents()]));
    }
    tell_problems(plan, context)?;
    let (consent, leaving) = (ImportConsent { many_leavers: context.global.yes }, plan.summary().left);
    if leaving > 0 && plan.require_allowed(consent).is_ok() {
        let question = format!("{leaving} agents are not in the file and leave: every session of theirs ends now.");
        context.confirm(&question)?;
    }
    Ok(())
}

async fn apply(
    plan: &ImportPlan,
    consent: ImportConsent,
    context: &Context<'_, '_>,
) -> Result<Imported, DirectoryError> {
    let bar = bar(context.console.shows_progress, plan.writes(), AGENTS);
    let outcome = context.directory.apply_import(plan, consent, &|written| bar.set_position(written)).await;
    bar.finish_and_clear();
    outcome
}

fn tell_problems(plan: &ImportPlan, context: &mut Context<'_, '_>) -> Result<(), Failure> {
    let problems = &plan.problems;
    for problem in &problems.first {
        writeln!(context.console.err, "{}", line_problem(problem))?;
    }
    let told = u64::try_from(problems.first.len()).unwrap_or(u64::MAX);
    if problems.total > told {
        writeln!(context.console.err, "… and {} more problems, {} in all", problems.total - told, problems.total)?;
    }
    Ok(())
}

fn answer(
    args: &ImportArgs,
    plan: &ImportPlan,
    separator: Separator,
    done: Option<&Imported>,
    (format, dry_run): (Format, bool),
) -> Answer {
    let summary = done.map_or_else(|| plan.summary(), |imported| imported.summary);
    let changes = changes(plan);
    let mut json = json!({
        "file": args.file.display().to_string(),
        "separator": separator.word(),
        "lines": summary.lines,
        "added": summary.added,
        "changed": summary.changed,
        "unchanged": summary.unchanged,
        "left": summary.left,
        "bad_lines": summary.skipped,
        "problems": plan.problems.first,
        "problems_total": plan.problems.total,
        "refused": done.is_none(),
    });
    if let (Value::Object(fields), Some(overtaken)) = (&mut json, done.map(|d| &d.overtaken).filter(|o| o.total > 0)) {
        fields.insert("overtaken".into(), overtaken.total.into());
    }
    let mut answer = Answer {
        before: vec![
            format!("{}: {} lines, separated by {}s.", args.file.display(), summary.lines, separator.word()),
            counts(summary, args, dry_run),
        ],
        ..Answer::default()
    };
    if dry_run {
        if let Value::Object(fields) = &mut json {
            let list = changes
                .iter()
                .map(|(act, soi, name, what)| json!({ "act": act, "soi": soi, "name": name, "changes": what }));
            fields.insert("agents".into(), list.collect());
        }
        let rows =
            changes.into_iter().map(|(act, soi, name, what)| vec![act.to_owned(), soi, name, spelled(&what)]).collect();
        answer.view = View::Table { headings: vec!["act", "soi", "name", "changes"], rows };
    } else if format == Format::Csv {
        let pairs = [
            ("lines", summary.lines),
            ("added", summary.added),
            ("changed", summary.changed),
            ("unchanged", summary.unchanged),
            ("left", summary.left),
            ("bad_lines", summary.skipped),
        ];
        answer.view = View::Table {
            headings: pairs.iter().map(|(name, _)| *name).collect(),
            rows: vec![pairs.iter().map(|(_, count)| count.to_string()).collect()],
        };
    }
    answer.json = json;
    answer
}

/// "2 added, 1 changed, 54997 unchanged."
fn counts(summary: ImportSummary, args: &ImportArgs, dry_run: bool) -> String {
    let ImportSummary { added, changed, unchanged, left, skipped, .. } = summary;
    let mut parts = vec![format!("{added} added, {changed} changed, {unchanged} unchanged")];
    if args.full {
        parts.push(format!("{left} left"));
    }
    if skipped > 0 {
        parts.push(format!("{skipped} bad lines not taken"));
    }
    let text = parts.join(", ");
    if added + changed + left == 0 {
        return format!("{text}: nothing to change.");
    }
    if dry_run { format!("Would be: {text}.") } else { format!("{text}.") }
}

type Row = (&'static str, String, String, Vec<FieldChange>);

/// Every agent whom the import writes.
fn changes(plan: &ImportPlan) -> Vec<Row> {
    let row = |act, record: &AgentRecord, what| (act, record.soi.to_string(), record.full_name(), what);
    let changed = |act: &'static str| move |change: &PlannedChange| row(act, &change.after, change.fields());
    let added = plan.added.iter().map(|record| row("add", record, fields_of(record)));
    added.chain(plan.changed.iter().map(changed("change"))).chain(plan.left.iter().map(changed("leave"))).collect()
}

/// What a new agent has beside SOI and names.
fn fields_of(record: &AgentRecord) -> Vec<FieldChange> {
    let given = agent_fields(record).into_iter().skip(3).filter(|(_, value)| !value.is_empty());
    given.map(|(field, to)| FieldChange { field: field.to_owned(), from: Value::Null, to: to.into() }).collect()
}

fn spelled(fields: &[FieldChange]) -> String {
    let one = |change: &FieldChange| match (&change.from, &change.to) {
        (Value::Null, to) => format!("{} {}", change.field, plain(to)),
        (from, to) => format!("{} {} → {}", change.field, plain(from), plain(to)),
    };
    fields.iter().map(one).collect::<Vec<_>>().join(", ")
}
