//! `octroictl password filter …`: the filter is a file, so no database is opened for it, and no configuration that may already
//! name the filter which is still to be built.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use octroi_idp::app::breach::{BreachFilter, BuildError, Built, Draft, InputFormat, build};
use octroi_idp::domain::secret::PlainPassword;
use serde_json::json;

use super::progress;
use crate::args::{BuildArgs, CheckArgs, FilterVerb, Global, Lines};
use crate::console::Console;
use crate::failure::Failure;
use crate::output::{self, Answer, View};
use crate::target;

/// Runs one verb.
pub fn run(verb: &FilterVerb, global: &Global, console: &mut Console<'_>) -> Result<(), Failure> {
    match verb {
        FilterVerb::Build(args) => build_filter(args, global, console),
        FilterVerb::Check(args) => check(args, global, console),
    }
}

fn build_filter(args: &BuildArgs, global: &Global, console: &mut Console<'_>) -> Result<(), Failure> {
    let shows_progress = console.shows_progress;
    let draft = if args.list == Path::new("-") {
        let bar = progress::bar(shows_progress, 0, "reading  {spinner} {bytes}, {bytes_per_sec}");
        let draft = compile(&mut *console.input, args, |bytes| bar.set_position(bytes));
        bar.finish_and_clear();
        draft?
    } else {
        let unreadable = |error: &std::io::Error| Failure::Usage(format!("{}: {error}", args.list.display()));
        let file = File::open(&args.list).map_err(|error| unreadable(&error))?;
        let metadata = file.metadata().map_err(|error| unreadable(&error))?;
        if metadata.is_dir() {
            return Err(Failure::Usage(format!("{} is a directory: name a list", args.list.display())));
        }
        let bar =
            progress::bar(shows_progress, metadata.len(), "reading  {wide_bar} {bytes}/{total_bytes}, {eta} left");
        let draft = compile(BufReader::with_capacity(1 << 20, file), args, |bytes| bar.set_position(bytes));
        bar.finish_and_clear();
        draft?
    };
    let built = if global.dry_run { draft.0.built() } else { draft.0.put_in_place()? };
    output::print(&told(args, built, draft.1, global.dry_run), global.format, console)
}

fn compile(
    mut list: impl BufRead,
    args: &BuildArgs,
    progress: impl FnMut(u64),
) -> Result<(Draft, InputFormat), Failure> {
    let format = match args.lines {
        Lines::Auto => InputFormat::guess(list.fill_buf()?),
        Lines::Sha1 => InputFormat::Sha1,
        Lines::Clear => InputFormat::Clear,
    };
    Ok((build(list, format, &args.output, progress)?, format))
}

fn told(args: &BuildArgs, built: Built, format: InputFormat, is_rehearsal: bool) -> Answer {
    let lines = match format {
        InputFormat::Sha1 => "sha1",
        InputFormat::Clear => "clear",
    };
    let output = args.output.display().to_string();
    let Built { lines: read, entries, left_out, bytes } = built;
    let mut after = Vec::new();
    if left_out > 0 {
        after.push(format!("{left_out} lines were left out: empty, or longer than any password here."));
    }
    after.push(if is_rehearsal {
        "Dry run: nothing was written.".to_owned()
    } else {
        format!(
            "Name it in the configuration: password.breach_filter = \"{output}\". A running server takes over a new \
                 file within 30 seconds."
        )
    });
    Answer {
        json: json!({
            "filter": output, "lines": lines, "read": read, "entries": entries, "left_out": left_out, "bytes": bytes,
            "dry_run": is_rehearsal,
        }),
        view: View::Record(vec![
            ("filter", output),
            ("lines", lines.to_owned()),
            ("read", read.to_string()),
            ("entries", entries.to_string()),
            ("bytes", bytes.to_string()),
        ]),
        after,
        ..Answer::default()
    }
}

fn check(args: &CheckArgs, global: &Global, console: &mut Console<'_>) -> Result<(), Failure> {
    let file = match &args.filter {
        Some(file) => file.clone(),
        None => configured(global)?,
    };
    let filter = BreachFilter::open(&file).map_err(|error| Failure::Usage(with_source(&error)))?;
    let (mut rows, mut known) = (Vec::new(), 0_usize);
    let mut line = Vec::new();
    loop {
        line.clear();
        if console.input.read_until(b'\n', &mut line)? == 0 {
            break;
        }
        let text = std::str::from_utf8(&line)
            .map_err(|_| Failure::Usage(format!("line {} of standard input is not UTF-8", rows.len() + 1)))?;
        let text = text.strip_suffix('\n').unwrap_or(text);
        let text = text.strip_suffix('\r').unwrap_or(text);
        let is_known = filter.contains(&PlainPassword::new(text))?;
        known += usize::from(is_known);
        rows.push(is_known);
    }
    if rows.is_empty() {
        return Err(Failure::Usage("standard input is empty: write one password a line".into()));
    }
    let numbered = (1_usize..).zip(&rows);
    let answer = Answer {
        json: json!({
            "filter": file.display().to_string(),
            "entries": filter.entries(),
            "passwords": numbered.clone().map(|(line, known)| json!({ "line": line, "compromised": known })).collect::<Vec<_>>(),
        }),
        view: View::Table {
            headings: vec!["line", "compromised"],
            rows: numbered
                .map(|(line, known)| vec![line.to_string(), if *known { "yes" } else { "no" }.into()])
                .collect(),
        },
        ..Answer::default()
    };
    output::print(&answer, global.format, console)?;
    if known > 0 { Err(Failure::Compromised { known, of: rows.len() }) } else { Ok(()) }
}

fn configured(global: &Global) -> Result<PathBuf, Failure> {
    let config = target::load(&global.config)?;
    config
        .password
        .breach_filter
        .ok_or_else(|| Failure::Usage("the configuration names no password.breach_filter: add --filter FILE".into()))
}

fn with_source(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}

impl From<BuildError> for Failure {
    fn from(error: BuildError) -> Self {
        let told = with_source(&error);
        match error {
            BuildError::NotSha1 { .. } | BuildError::Empty => Self::BadList(told),
            BuildError::NotAFilter(_) => Self::Usage(told),
            BuildError::Read { .. } | BuildError::Write { .. } | BuildError::Construction { .. } => {
                Self::Unavailable(told)
            }
        }
    }
}
