//! HR's file may hold anything: every line is answered for, in order, however the bytes arrive.
//!
//! An input is a file.

#![no_main]

use std::io::{BufRead, BufReader};

use libfuzzer_sys::fuzz_target;
use octroi_admin_cli::csv_file::{CsvFile, Unreadable};
use octroi_idp::directory::ImportLine;

fuzz_target!(|input: &[u8]| {
    let whole = read(input, input);
    let in_small_pieces = read(input, BufReader::with_capacity(3, input));
    assert_eq!(whole, in_small_pieces, "the pieces in which a file arrives change the answer");
});

/// What was read, or what is wrong with the header.
fn read(input: &[u8], reader: impl BufRead) -> Result<Vec<String>, Vec<String>> {
    let mut file = match CsvFile::open(reader) {
        Ok(file) => file,
        Err(Unreadable::Io(error)) => panic!("reading from memory failed: {error}"),
        Err(Unreadable::Header(problems)) => {
            assert!(!problems.is_empty(), "refused without a reason");
            assert!(problems.iter().all(|p| p.line == 1 && !p.what.is_empty() && !p.fix.is_empty()), "{problems:?}");
            return Err(problems.iter().map(|problem| format!("{problem:?}")).collect());
        }
    };
    let lines: Vec<ImportLine> = file.by_ref().collect();
    assert!(file.failed.is_none(), "{:?}", file.failed);
    assert_eq!(file.bytes(), input.len() as u64, "bytes were lost, or counted twice");

    let physical: Vec<&[u8]> = input.split(|byte| *byte == b'\n').collect();
    let mut last = 1;
    for line in &lines {
        assert!(line.line > last && line.line <= physical.len() as u64, "line {} after {last}", line.line);
        // What was passed over in between is blank.
        let between = &physical[last as usize..line.line as usize - 1];
        assert!(between.iter().all(|text| is_blank(text)), "a line was lost before {}", line.line);
        last = line.line;
        assert_answered(line, physical[line.line as usize - 1], file.separator.word() == "comma");
    }
    assert!(physical[last as usize..].iter().all(|text| is_blank(text)), "a line was lost after {last}");
    Ok(lines.iter().map(|line| format!("{line:?}")).collect())
}

fn is_blank(text: &[u8]) -> bool {
    text.iter().all(u8::is_ascii_whitespace)
}

/// A refused line says why and what to do; an accepted one holds what the line holds.
fn assert_answered(line: &ImportLine, text: &[u8], by_commas: bool) {
    let draft = match &line.draft {
        Err(problems) => {
            assert!(!problems.is_empty(), "refused without a reason");
            return assert!(problems.iter().all(|p| !p.what.is_empty() && !p.fix.is_empty()), "{problems:?}");
        }
        Ok(draft) => draft,
    };
    let others = [
        &draft.given_name,
        &draft.family_name,
        &draft.email,
        &draft.recovery_email,
        &draft.mobile,
        &draft.department,
        &draft.position,
        &draft.manager,
        &draft.employment,
        &draft.start_date,
        &draft.end_date,
    ];
    let values: Vec<&str> = others.into_iter().flatten().map(String::as_str).chain([line.soi.as_str()]).collect();
    assert!(values.iter().all(|value| !value.contains('\n')), "a value spans lines: {line:?}");
    if !text.contains(&b'"') {
        let end = text.iter().rposition(|byte| *byte != b'\r').map_or(0, |at| at + 1);
        let separator = if by_commas { b',' } else { b';' };
        let mut written: Vec<&[u8]> = text[..end].split(|byte| *byte == separator).collect();
        let mut read: Vec<&[u8]> = values.iter().map(|value| value.as_bytes()).collect();
        written.sort_unstable();
        read.sort_unstable();
        assert_eq!(written, read, "not the values of the line");
    }
}
