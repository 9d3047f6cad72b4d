//! Answers in three formats: an aligned table for people, one JSON document and CSV for programs.
//!
//! Control characters from stored values never reach the terminal: some of them (a browser's name in the audit) were
//! chosen by strangers.

use std::io;

use serde_json::Value;

use crate::args::Format;
use crate::console::Console;
use crate::failure::Failure;

/// What a command answers, for each format.
#[derive(Debug, Default)]
pub struct Answer {
    /// The one document of `--format json`.
    pub json: Value,
    pub view: View,
    /// Sentences above the view, for people only.
    pub before: Vec<String>,
    /// Sentences below the view, for people only.
    pub after: Vec<String>,
    /// Said on standard error in every format.
    pub warnings: Vec<String>,
}

/// What stands in a table or in CSV.
#[derive(Debug, Default)]
pub enum View {
    #[default]
    Nothing,
    /// One thing, field by field; CSV: one header and one line.
    Record(Vec<(&'static str, String)>),
    /// Several things, each field by field.
    Records(Vec<Vec<(&'static str, String)>>),
    Table {
        headings: Vec<&'static str>,
        rows: Vec<Vec<String>>,
    },
}

/// Prints an answer.
pub fn print(answer: &Answer, format: Format, console: &mut Console<'_>) -> Result<(), Failure> {
    for warning in &answer.warnings {
        writeln!(console.err, "note: {warning}")?;
    }
    match format {
        Format::Json => {
            serde_json::to_writer_pretty(&mut console.out, &answer.json).map_err(io::Error::from)?;
            writeln!(console.out)?;
        }
        Format::Csv => print_csv(&answer.view, console.out)?,
        Format::Table => print_people(answer, console.out)?,
    }
    console.out.flush()?;
    Ok(())
}

fn print_people(answer: &Answer, out: &mut dyn io::Write) -> io::Result<()> {
    for line in &answer.before {
        writeln!(out, "{}", visible(line))?;
    }
    match &answer.view {
        View::Nothing => {}
        View::Record(fields) => print_record(fields, out)?,
        View::Records(records) => {
            for (at, fields) in records.iter().enumerate() {
                if at > 0 {
                    writeln!(out)?;
                }
                print_record(fields, out)?;
            }
        }
        View::Table { rows, .. } if rows.is_empty() => {}
        View::Table { headings, rows } => print_table(headings, rows, out)?,
    }
    for line in &answer.after {
        writeln!(out, "{}", visible(line))?;
    }
    Ok(())
}

fn print_record(fields: &[(&'static str, String)], out: &mut dyn io::Write) -> io::Result<()> {
    let width = fields.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    for (name, value) in fields.iter().filter(|(_, value)| !value.is_empty()) {
        writeln!(out, "{name:width$}  {}", visible(value))?;
    }
    Ok(())
}

fn print_table(headings: &[&'static str], rows: &[Vec<String>], out: &mut dyn io::Write) -> io::Result<()> {
    let heading: Vec<String> = headings.iter().map(|h| h.to_uppercase().replace('_', " ")).collect();
    let lines: Vec<Vec<String>> =
        std::iter::once(heading).chain(rows.iter().map(|row| row.iter().map(|cell| visible(cell)).collect())).collect();
    let mut widths = vec![0; headings.len()];
    for line in &lines {
        for (width, cell) in widths.iter_mut().zip(line) {
            *width = (*width).max(cell.chars().count());
        }
    }
    for line in &lines {
        let cells: Vec<String> = line.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        writeln!(out, "{}", cells.join("  ").trim_end())?;
    }
    Ok(())
}

fn print_csv(view: &View, out: &mut dyn io::Write) -> Result<(), Failure> {
    let mut writer = csv::Writer::from_writer(out);
    let mut write = |cells: &mut dyn Iterator<Item = &str>| writer.write_record(cells).map_err(into_io);
    match view {
        View::Nothing => {}
        View::Record(fields) => {
            write(&mut fields.iter().map(|(name, _)| *name))?;
            write(&mut fields.iter().map(|(_, value)| value.as_str()))?;
        }
        View::Records(records) => {
            if let Some(first) = records.first() {
                write(&mut first.iter().map(|(name, _)| *name))?;
            }
            for fields in records {
                write(&mut fields.iter().map(|(_, value)| value.as_str()))?;
            }
        }
        View::Table { headings, rows } => {
            write(&mut headings.iter().copied())?;
            for row in rows {
                write(&mut row.iter().map(String::as_str))?;
            }
        }
    }
    writer.flush()?;
    Ok(())
}

fn into_io(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

/// The text with control characters, and marks that turn the direction of text, made visible.
fn visible(text: &str) -> String {
    let is_hidden = |c: char| {
        c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().map(|c| if is_hidden(c) { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(answer: &Answer, format: Format) -> String {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let mut console =
            Console { out: &mut out, err: &mut err, input: &mut io::empty(), can_ask: false, shows_progress: false };
        print(answer, format, &mut console).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn table() -> Answer {
        let row = |cells: [&str; 2]| cells.map(str::to_owned).to_vec();
        let rows = vec![row(["100001", "Inès"]), row(["7", "a,\u{1b}[31mb"])];
        Answer {
            json: serde_json::json!({ "agents": [] }),
            view: View::Table { headings: vec!["soi", "given_name"], rows },
            ..Answer::default()
        }
    }

    #[test]
    fn a_table_is_aligned_and_control_characters_are_made_visible() {
        assert_eq!(printed(&table(), Format::Table), "SOI     GIVEN NAME\n100001  Inès\n7       a,\u{fffd}[31mb\n");
    }

    #[test]
    fn csv_has_a_header_and_quotes_what_must_be_quoted() {
        assert_eq!(printed(&table(), Format::Csv), "soi,given_name\n100001,Inès\n7,\"a,\u{1b}[31mb\"\n");
    }

    #[test]
    fn json_is_one_document() {
        let text = printed(&table(), Format::Json);
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), serde_json::json!({ "agents": [] }));
    }

    #[test]
    fn a_record_leaves_out_what_is_empty() {
        let fields = vec![("soi", "100001".to_owned()), ("mobile", String::new()), ("email", "a@b.example".to_owned())];
        let answer = Answer { view: View::Record(fields), ..Answer::default() };
        assert_eq!(printed(&answer, Format::Table), "soi     100001\nemail   a@b.example\n");
    }
}
