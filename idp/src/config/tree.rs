//! The configuration as a tree of values that know where they stand. Built from TOML here, changed by `overrides`,
//! read by `section`. It knows no key by name.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::problem::{Place, Problem, Report, Severity};

/// More is no configuration.
const MAX_FILE_BYTES: u64 = 1024 * 1024;

/// The entries of a table.
pub(super) type Table = BTreeMap<String, Node>;

/// A value and its place.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub value: Value,
    pub place: Place,
    /// The text of the environment variable: `3975` is a number to TOML and may be meant as a text.
    pub raw: Option<String>,
}

impl Node {
    pub fn is_empty_list(&self) -> bool {
        matches!(&self.value, Value::List(items) if items.is_empty())
    }
}

/// What TOML can say.
#[derive(Debug, Clone)]
pub(super) enum Value {
    Text(String),
    Integer(i64),
    Boolean(bool),
    List(Vec<Node>),
    Table(Table),
    /// Floats, dates and numbers beyond 64 bits: no key takes them. The name of the type.
    Other(&'static str),
}

impl Value {
    /// The type, for messages.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Text(_) => "a text",
            Self::Integer(_) => "a number",
            Self::Boolean(_) => "true or false",
            Self::List(_) => "a list",
            Self::Table(_) => "a table",
            Self::Other(name) => name,
        }
    }

    /// The value as one line of TOML.
    pub fn to_toml(&self) -> String {
        match self {
            Self::Text(text) => quoted(text),
            Self::Integer(number) => number.to_string(),
            Self::Boolean(yes) => yes.to_string(),
            Self::List(items) => {
                let items: Vec<String> = items.iter().map(|item| item.value.to_toml()).collect();
                format!("[{}]", items.join(", "))
            }
            Self::Table(table) => {
                let entries: Vec<String> =
                    table.iter().map(|(key, node)| format!("{key} = {}", node.value.to_toml())).collect();
                format!("{{ {} }}", entries.join(", "))
            }
            Self::Other(name) => format!("\"({name})\""),
        }
    }
}

/// A text as a TOML string on one line.
pub(super) fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// Reads the file: the tree, or what makes the file no TOML.
pub(super) fn read_file(path: &Path) -> Result<Table, Report> {
    let refuse = |place: Place, what: String, fix: &str| {
        let (file, key, fix) = (path.to_owned(), String::new(), fix.to_owned());
        Report::new(vec![Problem { severity: Severity::Error, file, place, key, what, fix }])
    };
    let mut bytes = Vec::new();
    File::open(path).and_then(|file| file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes)).map_err(|error| {
        let fix = "name the file with --config or OCTROI_CONFIG, or create one with `octroi init DIR`";
        refuse(Place::File, format!("the file cannot be read: {error}"), fix)
    })?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(refuse(Place::File, "the file is larger than 1 MiB".into(), "name a configuration file"));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let line = 1 + error.as_bytes().iter().take(error.utf8_error().valid_up_to()).filter(|b| **b == b'\n').count();
        refuse(Place::Line(line), "this line is not UTF-8".into(), "save the file in UTF-8")
    })?;
    parse(&text).map_err(|errors| {
        let problem = |(line, what): (usize, String)| Problem {
            severity: Severity::Error,
            file: path.to_owned(),
            place: Place::Line(line),
            key: String::new(),
            what: format!("this is not TOML: {what}"),
            fix: "correct the line; keys look like `key = \"value\"`, sections like `[section]`".into(),
        };
        Report::new(errors.into_iter().map(problem).collect())
    })
}

/// Parses a document; on errors, the first one of each line.
fn parse(text: &str) -> Result<Table, Vec<(usize, String)>> {
    let line_of = |offset: usize| 1 + text.bytes().take(offset).filter(|b| *b == b'\n').count();
    let (document, errors) = DeTable::parse_recoverable(text);
    if errors.is_empty() {
        return Ok(table_of(document.get_ref(), &|offset| Place::Line(line_of(offset))));
    }
    let mut by_line = BTreeMap::new();
    for error in errors {
        let line = line_of(error.span().map_or(0, |span| span.start));
        by_line.entry(line).or_insert_with(|| error.message().to_owned());
    }
    Err(by_line.into_iter().collect())
}

/// The value of an environment variable: TOML where it is TOML, else the text itself.
pub(super) fn parse_variable(name: &str, raw: &str) -> Node {
    let place = Place::Variable(name.to_owned());
    let value = match DeValue::parse(raw) {
        Ok(parsed) => value_of(parsed.get_ref(), &|_| place.clone()),
        Err(_) => Value::Text(raw.to_owned()),
    };
    Node { value, place, raw: Some(raw.to_owned()) }
}

fn table_of(table: &DeTable<'_>, place_at: &impl Fn(usize) -> Place) -> Table {
    let entry = |(key, value): (&Spanned<_>, &Spanned<DeValue<'_>>)| {
        // The key's line: a value may span several.
        let place = place_at(key.span().start);
        let key: &std::borrow::Cow<'_, str> = key.get_ref();
        (key.clone().into_owned(), Node { value: value_of(value.get_ref(), place_at), place, raw: None })
    };
    table.iter().map(entry).collect()
}

fn value_of(value: &DeValue<'_>, place_at: &impl Fn(usize) -> Place) -> Value {
    match value {
        DeValue::String(text) => Value::Text(text.clone().into_owned()),
        DeValue::Integer(number) => {
            i64::from_str_radix(number.as_str(), number.radix()).map_or(Value::Other("a huge number"), Value::Integer)
        }
        DeValue::Boolean(yes) => Value::Boolean(*yes),
        DeValue::Float(_) => Value::Other("a decimal number"),
        DeValue::Datetime(_) => Value::Other("a date"),
        DeValue::Array(items) => {
            let node = |item: &Spanned<DeValue<'_>>| Node {
                value: value_of(item.get_ref(), place_at),
                place: place_at(item.span().start),
                raw: None,
            };
            Value::List(items.iter().map(node).collect())
        }
        DeValue::Table(table) => Value::Table(table_of(table, place_at)),
    }
}
