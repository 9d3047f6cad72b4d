//! HR's CSV file, read line by line into [`ImportLine`]s: header, separator, encoding, quotes, number of columns. What the
//! fields mean is judged in the directory.
//!
//! A value never spans lines here (no field of an agent may hold a line break), so a quotation mark that is not closed
//! costs one line and not the rest of the file, and memory is bounded by [`MAX_LINE_BYTES`] per line.

use std::io::{self, BufRead, Read as _};

use octroi_idp::directory::{AgentDraft, FieldProblem, ImportLine, LineProblem};

/// The columns, as CONTRACT names them.
pub const COLUMNS: [&str; 12] = [
    "soi",
    "given_name",
    "family_name",
    "email",
    "recovery_email",
    "mobile",
    "department",
    "position",
    "manager_soi",
    "employment",
    "start_date",
    "end_date",
];
/// Columns that every file must have: the first so many of [`COLUMNS`].
const NEEDED: usize = 4;
/// A longer line is not looked at.
const MAX_LINE_BYTES: usize = 64 * 1024;

/// What stands between two values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Separator {
    Comma,
    Semicolon,
}

impl Separator {
    const fn byte(self) -> u8 {
        match self {
            Self::Comma => b',',
            Self::Semicolon => b';',
        }
    }

    /// The word in the answer.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Comma => "comma",
            Self::Semicolon => "semicolon",
        }
    }
}

/// A file whose header was understood; iterate for its lines.
pub struct CsvFile<R> {
    lines: Lines<R>,
    pub separator: Separator,
    columns: Vec<&'static str>,
    /// Why reading ended early.
    pub failed: Option<io::Error>,
}

/// Why a file cannot be read at all.
#[derive(Debug)]
pub enum Unreadable {
    Io(io::Error),
    Header(Vec<LineProblem>),
}

impl From<io::Error> for Unreadable {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl<R: BufRead> CsvFile<R> {
    /// Reads the header.
    pub fn open(reader: R) -> Result<Self, Unreadable> {
        let mut lines = Lines { reader, number: 0, bytes: 0 };
        let Some(header) = lines.next()? else {
            return Err(Unreadable::Header(vec![header_problem(
                "the file is empty",
                "give a file with a header and agents",
            )]));
        };
        let (separator, columns) = read_header(&header).map_err(Unreadable::Header)?;
        Ok(Self { lines, separator, columns, failed: None })
    }

    /// How many bytes were read.
    pub fn bytes(&self) -> u64 {
        self.lines.bytes
    }

    fn read_line(&self, line: &Line) -> ImportLine {
        let unreadable = |what: String, fix: &str| ImportLine {
            line: line.number,
            soi: String::new(),
            draft: Err(vec![FieldProblem::new("", what, fix)]),
        };
        if line.is_too_long {
            return unreadable("the line is longer than 64 KiB".into(), "look for a missing line break");
        }
        if line.bytes.iter().fold(false, |is_open, byte| is_open ^ (*byte == b'"')) {
            let fix = "close it on the same line, and write a quotation mark inside a value twice";
            return unreadable("a quotation mark is opened and not closed".into(), fix);
        }
        let record = split(&line.bytes, self.separator);
        if record.len() != self.columns.len() {
            let what = format!("it has {} columns, and the header has {}", record.len(), self.columns.len());
            let fix =
                format!("check the {}s; put a value that holds one between quotation marks", self.separator.word());
            return unreadable(what, &fix);
        }
        let (mut soi, mut draft, mut problems) = (String::new(), AgentDraft::default(), Vec::new());
        for (column, bytes) in self.columns.iter().zip(record.iter()) {
            match std::str::from_utf8(bytes) {
                Ok(text) if *column == "soi" => text.clone_into(&mut soi),
                Ok(text) => put(&mut draft, column, text),
                Err(error) => problems.push(not_utf8(column, bytes, error)),
            }
        }
        ImportLine { line: line.number, soi, draft: if problems.is_empty() { Ok(draft) } else { Err(problems) } }
    }
}

impl<R: BufRead> Iterator for CsvFile<R> {
    type Item = ImportLine;

    fn next(&mut self) -> Option<ImportLine> {
        loop {
            match self.lines.next() {
                Ok(Some(line)) if line.is_blank() => {}
                Ok(Some(line)) => return Some(self.read_line(&line)),
                Ok(None) => return None,
                Err(error) => {
                    self.failed = Some(error);
                    return None;
                }
            }
        }
    }
}

fn put(draft: &mut AgentDraft, column: &str, text: &str) {
    let field = match column {
        "given_name" => &mut draft.given_name,
        "family_name" => &mut draft.family_name,
        "email" => &mut draft.email,
        "recovery_email" => &mut draft.recovery_email,
        "mobile" => &mut draft.mobile,
        "department" => &mut draft.department,
        "position" => &mut draft.position,
        "manager_soi" => &mut draft.manager,
        "employment" => &mut draft.employment,
        "start_date" => &mut draft.start_date,
        "end_date" => &mut draft.end_date,
        _ => return,
    };
    *field = Some(text.to_owned());
}

fn not_utf8(column: &'static str, bytes: &[u8], error: std::str::Utf8Error) -> FieldProblem {
    let byte = bytes.get(error.valid_up_to()).copied().unwrap_or_default();
    let what = format!("the byte {byte:#04x} is not UTF-8 (in Latin-1 it would be {:?})", char::from(byte));
    FieldProblem::new(column, what, "save the file as UTF-8; Excel calls it \"CSV UTF-8\"")
}

/// The values of one line. The csv crate knows the quotes; most lines have none, and a reader per line would cost more
/// than all the rest of an import.
fn split(line: &[u8], separator: Separator) -> csv::ByteRecord {
    if !line.contains(&b'"') {
        return line.split(|byte| *byte == separator.byte()).collect();
    }
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(separator.byte())
        .buffer_capacity(line.len().max(1))
        .from_reader(line);
    let mut record = csv::ByteRecord::new();
    // Reading from memory cannot fail, and with `flexible` no number of columns is wrong here.
    let _ = reader.read_byte_record(&mut record);
    record
}

fn header_problem(what: impl Into<String>, fix: impl Into<String>) -> LineProblem {
    LineProblem { line: 1, column: "", what: what.into(), fix: fix.into() }
}

/// A header, and nobody below it.
pub fn no_agents() -> LineProblem {
    header_problem("the file holds a header and no agents", "give a file with at least one agent")
}

/// The separator and the columns in the order of the file, or everything that is wrong with the header.
fn read_header(line: &Line) -> Result<(Separator, Vec<&'static str>), Vec<LineProblem>> {
    let all = COLUMNS.join(",");
    if line.bytes.starts_with(&[0xff, 0xfe]) || line.bytes.starts_with(&[0xfe, 0xff]) {
        return Err(vec![header_problem("the file is UTF-16", "save it as UTF-8; Excel calls it \"CSV UTF-8\"")]);
    }
    let bytes = line.bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&line.bytes);
    // No column name holds either of them.
    let separator =
        if bytes.contains(&b';') && !bytes.contains(&b',') { Separator::Semicolon } else { Separator::Comma };
    let record = split(bytes, separator);
    let names: Vec<String> = record.iter().map(|name| String::from_utf8_lossy(name).trim().to_owned()).collect();
    if line.is_too_long || !names.iter().any(|name| COLUMNS.contains(&name.as_str())) {
        let what = "the first line is not the header";
        return Err(vec![header_problem(what, format!("begin the file with {all} (or with semicolons)"))]);
    }
    let (mut columns, mut problems) = (Vec::new(), Vec::new());
    for name in &names {
        match COLUMNS.iter().find(|known| **known == name) {
            Some(known) if columns.contains(known) => {
                problems.push(header_problem(format!("the column {name} stands twice"), "remove one of the two"));
            }
            Some(known) => columns.push(*known),
            None => problems.push(unknown_column(name, &all)),
        }
    }
    for needed in COLUMNS.iter().take(NEEDED).filter(|needed| !columns.contains(needed)) {
        problems.push(header_problem(format!("the column {needed} is missing"), "add it: every agent needs one"));
    }
    if problems.is_empty() { Ok((separator, columns)) } else { Err(problems) }
}

fn unknown_column(name: &str, all: &str) -> LineProblem {
    let shown: String = name.chars().filter(|c| !c.is_control()).take(40).collect();
    let folded = name.to_lowercase().replace([' ', '-'], "_");
    let fix = match COLUMNS.iter().find(|known| **known == folded) {
        Some(known) => format!("write {known}"),
        None => format!("remove it; the columns are {all}"),
    };
    header_problem(format!("there is no column \"{shown}\""), fix)
}

/// One line without its end.
struct Line {
    number: u64,
    bytes: Vec<u8>,
    is_too_long: bool,
}

impl Line {
    fn is_blank(&self) -> bool {
        !self.is_too_long && self.bytes.iter().all(u8::is_ascii_whitespace)
    }
}

struct Lines<R> {
    reader: R,
    number: u64,
    bytes: u64,
}

impl<R: BufRead> Lines<R> {
    fn next(&mut self) -> io::Result<Option<Line>> {
        let mut bytes = Vec::new();
        let limit = u64::try_from(MAX_LINE_BYTES).unwrap_or(u64::MAX);
        let read = self.reader.by_ref().take(limit).read_until(b'\n', &mut bytes)?;
        if read == 0 {
            return Ok(None);
        }
        self.number += 1;
        self.bytes += u64::try_from(read).unwrap_or(0);
        let is_too_long = read == MAX_LINE_BYTES && bytes.last() != Some(&b'\n') && self.skip_line()?;
        while matches!(bytes.last(), Some(b'\n' | b'\r')) {
            bytes.pop();
        }
        Ok(Some(Line { number: self.number, bytes, is_too_long }))
    }

    /// Passes over the rest of a line; answers whether there was any.
    fn skip_line(&mut self) -> io::Result<bool> {
        let mut skipped = 0;
        loop {
            let buffer = self.reader.fill_buf()?;
            let end = buffer.iter().position(|byte| *byte == b'\n');
            let used = end.map_or(buffer.len(), |at| at + 1);
            self.reader.consume(used);
            skipped += used;
            self.bytes += u64::try_from(used).unwrap_or(0);
            if end.is_some() || used == 0 {
                return Ok(skipped > 0);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "soi,given_name,family_name,email";

    fn lines(content: impl AsRef<[u8]>) -> Vec<ImportLine> {
        CsvFile::open(content.as_ref()).unwrap().collect()
    }

    fn header(content: impl AsRef<[u8]>) -> Vec<LineProblem> {
        match CsvFile::open(content.as_ref()) {
            Err(Unreadable::Header(problems)) => problems,
            _ => panic!("accepted"),
        }
    }

    fn problem(line: &str) -> (u64, FieldProblem) {
        let line = lines(format!("{HEADER}\n{line}\n")).remove(0);
        (line.line, line.draft.unwrap_err().remove(0))
    }

    #[test]
    fn a_file_as_excel_writes_it_is_read_as_it_is_meant() {
        let excel = "\u{feff}soi;family_name;given_name;email\r\n100001;\"Durand; dit \"\"le Grand\"\"\";Zoé;z@v.example\r\n\r\n";
        let file = CsvFile::open(excel.as_bytes()).unwrap();
        assert_eq!(file.separator, Separator::Semicolon);
        let line = file.collect::<Vec<_>>().remove(0);
        assert_eq!((line.line, line.soi.as_str()), (2, "100001"));
        let draft = line.draft.unwrap();
        assert_eq!(draft.family_name.as_deref(), Some("Durand; dit \"le Grand\""));
        assert_eq!((draft.given_name.as_deref(), draft.department), (Some("Zoé"), None));
    }

    #[test]
    fn blank_lines_are_passed_over_and_counted() {
        let file = lines(format!("{HEADER}\n\n100001,a,b,c@d.example\n  \n100002,a,b,c@d.example"));
        assert_eq!(file.iter().map(|line| line.line).collect::<Vec<_>>(), [3, 5]);
    }

    #[test]
    fn bad_headers_say_everything_that_is_wrong() {
        let told = |content: &str| header(content).into_iter().map(|p| p.what).collect::<Vec<_>>();
        assert_eq!(told(""), ["the file is empty"]);
        assert_eq!(told("100001,a,b,c@d.example\n"), ["the first line is not the header"]);
        assert_eq!(told("{\"soi\": 1}"), ["the first line is not the header"]);
        assert_eq!(
            told("soi,Given Name,family_name,salary,soi\n"),
            [
                "there is no column \"Given Name\"",
                "there is no column \"salary\"",
                "the column soi stands twice",
                "the column given_name is missing",
                "the column email is missing"
            ],
        );
        assert_eq!(header("soi,Given Name\n")[0].fix, "write given_name");
        assert_eq!(header(b"\xff\xfes\0o\0i\0")[0].what, "the file is UTF-16");
        assert!(header("soi\tgiven_name\n")[0].fix.contains("soi,given_name"));
    }

    #[test]
    fn latin_1_names_line_column_and_fix() {
        let mut content = format!("{HEADER}\n100001,Zo").into_bytes();
        content.extend_from_slice(b"\xe9,b,c@d.example\n");
        let line = lines(content).remove(0);
        let problem = &line.draft.unwrap_err()[0];
        assert_eq!((line.line, line.soi.as_str(), problem.field), (2, "100001", "given_name"));
        assert!(
            problem.what.contains("0xe9") && problem.what.contains('é') && problem.fix.contains("UTF-8"),
            "{problem}"
        );
    }

    #[test]
    fn wrong_columns_and_open_quotes_cost_one_line_only() {
        assert!(problem("100001,a,b").1.what.contains("3 columns, and the header has 4"));
        assert!(problem("100001,a,b,c@d.example,more").1.what.contains("5 columns"));
        assert!(problem("100001;a;b;c@d.example").1.fix.contains("commas"));
        let open = format!("{HEADER}\n100001,\"a,b,c@d.example\n100002,a,b,c@d.example\n");
        let file = lines(open);
        assert!(file[0].draft.as_ref().unwrap_err()[0].what.contains("not closed"));
        assert!(file[1].draft.is_ok());
    }

    #[test]
    fn an_endless_line_is_passed_over_and_the_next_one_read() {
        let endless = format!("{HEADER}\n{}\n100002,a,b,c@d.example\n", "x".repeat(3 * MAX_LINE_BYTES));
        let file = lines(endless);
        assert!(file[0].draft.as_ref().unwrap_err()[0].what.contains("64 KiB"));
        assert_eq!((file[1].line, file[1].soi.as_str()), (3, "100002"));
        let exact = format!("{HEADER}\n{}\n", "x".repeat(MAX_LINE_BYTES));
        assert_eq!(lines(exact).len(), 1);
    }
}
