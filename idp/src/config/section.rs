//! One table of the configuration, as a section file sees it: it asks for its keys by name and type.
//!
//! A refused value is recorded and its default handed back, so that reading goes on and *all* problems come to light.
//! A section file must ask for every key, also when another one is missing: what nobody asked for is an unknown key.

use std::cell::RefCell;
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::time::Duration;

use super::duration;
use super::problem::{Fault, Place, Severity};
use super::reader::Reader;
use super::suggestion::nearest;
use super::tree::{Node, Table, Value, quoted};

/// Longer texts are no configuration value.
const MAX_TEXT_CHARS: usize = 1000;

/// The word for no end at all.
const NEVER: &str = "never";

/// Where a section's keys stand in `octroi config show`.
#[derive(Debug, Clone, Default)]
struct Heading {
    /// `[server]` or `[[listener]]`.
    line: String,
    /// Two `[[listener]]` differ by it.
    index: usize,
    /// `internal.` for the keys of `session.internal`.
    prefix: String,
}

/// One table of the configuration.
pub(super) struct Section<'r> {
    pub reader: &'r Reader,
    path: String,
    table: Option<&'r Table>,
    asked: RefCell<Vec<&'static str>>,
    heading: Heading,
}

impl<'r> Section<'r> {
    fn new(reader: &'r Reader, path: String, table: Option<&'r Table>, heading: Heading) -> Self {
        Self { reader, path, table, asked: RefCell::default(), heading }
    }

    /// Reads the whole document with `read`, then reports the sections that nobody asked for.
    pub fn read_root<T>(reader: &'r Reader, table: &'r Table, read: impl FnOnce(&Self) -> T) -> T {
        let root = Self::new(reader, String::new(), Some(table), Heading::default());
        let value = read(&root);
        root.report_unknown_keys();
        value
    }

    /// The dotted path of a key of this section.
    pub fn path(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    pub fn error(&self, key: &str, fault: Fault) {
        self.reader.report(Severity::Error, &self.path(key), fault);
    }

    pub fn warning(&self, key: &str, fault: Fault) {
        self.reader.report(Severity::Warning, &self.path(key), fault);
    }

    /// Records that keys of this section contradict each other, at the first that is not left to its default.
    pub fn contradiction(&self, keys: &[&str], fault: Fault) {
        let mut paths: Vec<String> = keys.iter().map(|key| self.path(key)).collect();
        paths.sort_by_key(|path| !self.reader.is_set(path));
        let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
        self.reader.report_contradiction(Severity::Error, &paths, fault);
    }

    /// The value of a closer look at `key`, or its fault on record.
    pub fn judge<T>(&self, key: &str, verdict: Result<T, Fault>) -> Option<T> {
        verdict.map_err(|fault| self.error(key, fault)).ok()
    }

    // ---- scalars -------------------------------------------------------------------------------------------------

    /// A text with a default.
    pub fn text(&self, key: &'static str, default: &str) -> String {
        self.with_default(key, default.to_owned(), |text| quoted(text), text_of)
    }

    /// A text that may be absent.
    pub fn optional_text(&self, key: &'static str) -> Option<String> {
        let node = self.find(key)?;
        let text = self.judge(key, text_of(node))?;
        self.show(key, quoted(&text), Some(&node.place));
        Some(text)
    }

    /// A text that must be there; `example` shows what it may look like.
    pub fn required_text(&self, key: &'static str, example: &str) -> Option<String> {
        if self.find(key).is_none() {
            self.report_missing(key, &format!("{key} = {}", quoted(example)));
        }
        self.optional_text(key)
    }

    /// `true` or `false`.
    pub fn boolean(&self, key: &'static str, default: bool) -> bool {
        self.with_default(key, default, ToString::to_string, |node| match node.value {
            Value::Boolean(yes) => Ok(yes),
            _ => Err(wrong_type(node, "true or false", "write true or false, without quotes")),
        })
    }

    /// A whole number within `range`.
    pub fn integer<N>(&self, key: &'static str, default: N, range: RangeInclusive<N>) -> N
    where
        N: TryFrom<i64> + PartialOrd + Display + Copy,
    {
        self.with_default(key, default, N::to_string, |node| match node.value {
            Value::Integer(number) => match N::try_from(number) {
                Ok(fitting) if range.contains(&fitting) => Ok(fitting),
                _ => Err(out_of_range(number, range.start(), range.end())),
            },
            _ => Err(wrong_type(node, "a number", &format!("write a number, such as {default}, without quotes"))),
        })
    }

    /// A duration within `range`.
    pub fn duration(&self, key: &'static str, default: Duration, range: RangeInclusive<Duration>) -> Duration {
        let parse = |node: &Node| duration_of(node, &range);
        self.with_default(key, default, |value| quoted(&duration::spell(*value)), parse)
    }

    /// A duration, or "never".
    pub fn duration_or_never(
        &self,
        key: &'static str,
        default: Option<Duration>,
        range: RangeInclusive<Duration>,
    ) -> Option<Duration> {
        let parse = |node: &Node| match &node.value {
            Value::Text(text) if text == NEVER => Ok(None),
            _ => duration_of(node, &range).map(Some).map_err(|Fault { what, fix }| {
                let fix = format!("{fix}, or write \"{NEVER}\"");
                Fault { what, fix }
            }),
        };
        let spell = |value: &Option<Duration>| quoted(&value.map_or_else(|| NEVER.to_owned(), duration::spell));
        self.with_default(key, default, spell, parse)
    }

    /// One word out of several; the first is the default.
    pub fn choice<T: Copy>(&self, key: &'static str, default: (&'static str, T), others: &[(&'static str, T)]) -> T {
        let parse = |node: &Node| {
            let text = text_of(node)?;
            let all = std::iter::once(&default).chain(others);
            all.clone().find(|(word, _)| *word == text).copied().ok_or_else(|| {
                let words: Vec<String> = all.map(|(word, _)| quoted(word)).collect();
                Fault::new(format!("{text:?} is not known here"), format!("write one of {}", words.join(", ")))
            })
        };
        self.with_default(key, default, |(word, _)| quoted(word), parse).1
    }

    // ---- lists and tables ----------------------------------------------------------------------------------------

    /// A list, each entry judged by itself; entries keep their index, because a refused one is left out.
    pub fn list<T>(
        &self,
        key: &'static str,
        default: Vec<T>,
        spell: impl Fn(&T) -> String,
        parse: impl Fn(&Node) -> Result<T, Fault>,
    ) -> Vec<(usize, T)> {
        let Some(node) = self.find(key) else {
            let shown: Vec<String> = default.iter().map(spell).collect();
            self.show(key, format!("[{}]", shown.join(", ")), None);
            return default.into_iter().enumerate().collect();
        };
        let Value::List(items) = &node.value else {
            self.error(key, wrong_type(node, "a list", &format!("write {key} = [\"…\", \"…\"]")));
            return Vec::new();
        };
        self.show(key, node.value.to_toml(), Some(&node.place));
        let judged = |(index, item): (usize, &Node)| {
            self.judge(&format!("{key}[{index}]"), parse(item)).map(|value| (index, value))
        };
        items.iter().enumerate().filter_map(judged).collect()
    }

    /// A table below this one. Absent, it is read all the same: its keys have their defaults, or are missed.
    pub fn table<T>(&self, key: &'static str, read: impl FnOnce(&Section<'_>) -> T) -> T {
        let table = match self.find(key).map(|node| (node, &node.value)) {
            None => None,
            Some((_, Value::Table(table))) => Some(table),
            Some((node, _)) => {
                self.error(key, wrong_type(node, "a table", &format!("write a section [{}]", self.path(key))));
                None
            }
        };
        let heading = if self.path.is_empty() {
            Heading { line: format!("[{key}]"), ..Heading::default() }
        } else {
            Heading { prefix: format!("{}{key}.", self.heading.prefix), ..self.heading.clone() }
        };
        let section = Section::new(self.reader, self.path(key), table, heading);
        let value = read(&section);
        section.report_unknown_keys();
        value
    }

    /// A section that may be absent.
    pub fn optional_table<T>(&self, key: &'static str, read: impl FnOnce(&Section<'_>) -> Option<T>) -> Option<T> {
        self.find(key).and_then(|_| self.table(key, read))
    }

    /// The entries of `[[key]]`, with their index.
    pub fn tables<T>(&self, key: &'static str, read: impl Fn(&Section<'_>) -> Option<T>) -> Vec<(usize, T)> {
        let Some(node) = self.find(key) else { return Vec::new() };
        let Value::List(items) = &node.value else {
            self.error(
                key,
                wrong_type(node, "a list of tables", &format!("write the section as [[{}]]", self.path(key))),
            );
            return Vec::new();
        };
        let mut values = Vec::new();
        let line = format!("[[{}]]", self.path(key));
        for (index, item) in items.iter().enumerate() {
            let path = format!("{}[{index}]", self.path(key));
            let Value::Table(table) = &item.value else {
                let fault = wrong_type(item, "a table", &format!("write the section as {line}"));
                self.reader.report(Severity::Error, &path, fault);
                continue;
            };
            let heading = Heading { line: line.clone(), index, prefix: String::new() };
            let section = Section::new(self.reader, path, Some(table), heading);
            values.extend(read(&section).map(|value| (index, value)));
            section.report_unknown_keys();
        }
        values
    }

    // ---- the account ---------------------------------------------------------------------------------------------

    /// The node of `key`, which from now on is a known key.
    pub fn find(&self, key: &'static str) -> Option<&'r Node> {
        let mut asked = self.asked.borrow_mut();
        if !asked.contains(&key) {
            asked.push(key);
        }
        self.table?.get(key)
    }

    /// Records the effective value; no `place` means the default.
    pub fn show(&self, key: &str, value: String, place: Option<&Place>) {
        let key = format!("{}{key}", self.heading.prefix);
        self.reader.show((&self.heading.line, self.heading.index), &key, &value, place);
    }

    pub fn report_missing(&self, key: &str, example: &str) {
        let section = &self.heading.line;
        self.error(key, Fault::new("this key is required", format!("add `{example}` to {section}")));
    }

    fn with_default<T>(
        &self,
        key: &'static str,
        default: T,
        spell: impl Fn(&T) -> String,
        parse: impl FnOnce(&Node) -> Result<T, Fault>,
    ) -> T {
        let Some(node) = self.find(key) else {
            self.show(key, spell(&default), None);
            return default;
        };
        let Some(value) = self.judge(key, parse(node)) else { return default };
        self.show(key, spell(&value), Some(&node.place));
        value
    }

    fn report_unknown_keys(&self) {
        let asked = self.asked.borrow();
        for (key, node) in self.table.into_iter().flatten() {
            if asked.contains(&key.as_str()) {
                continue;
            }
            let shown: String = key.chars().filter(|c| !c.is_control()).take(60).collect();
            let kind = if self.path.is_empty() { "section" } else { "key" };
            let fix = match nearest(key, &asked) {
                Some(known) => format!("did you mean `{known}`? Otherwise remove it"),
                None => format!("remove it; known here: {}", asked.join(", ")),
            };
            let fault = Fault::new(format!("there is no such {kind}"), fix);
            self.reader.report_at(Severity::Error, node.place.clone(), &self.path(&shown), fault);
        }
    }
}

/// The text of a node; a variable's text also where TOML reads it as a number.
pub(super) fn text_of(node: &Node) -> Result<String, Fault> {
    let text = match (&node.value, &node.raw) {
        (Value::Text(text), _) => text,
        (Value::Integer(_) | Value::Boolean(_) | Value::Other(_), Some(raw)) => raw,
        _ => return Err(wrong_type(node, "a text", "write a text in double quotes")),
    };
    if text.trim().is_empty() {
        return Err(Fault::new("the text is empty", "give a value, or remove the key"));
    }
    if text.chars().count() > MAX_TEXT_CHARS || text.chars().any(char::is_control) {
        return Err(Fault::new("the text is over-long or holds control characters", "write one short line"));
    }
    Ok(text.clone())
}

/// `expected` was not found. Tells the type that was found, never the value: it might be a secret at the wrong place.
pub(super) fn wrong_type(node: &Node, expected: &str, fix: &str) -> Fault {
    Fault::new(format!("{expected} is expected here, not {}", node.value.type_name()), fix)
}

fn duration_of(node: &Node, range: &RangeInclusive<Duration>) -> Result<Duration, Fault> {
    let Value::Text(text) = &node.value else {
        return Err(wrong_type(node, "a duration", "write a text such as \"10s\", \"5m\", \"4h\" or \"21d\""));
    };
    let value = duration::parse(text)?;
    if range.contains(&value) {
        return Ok(value);
    }
    Err(out_of_range(duration::spell(value), duration::spell(*range.start()), duration::spell(*range.end())))
}

fn out_of_range(value: impl Display, least: impl Display, most: impl Display) -> Fault {
    Fault::new(format!("{value} is out of range"), format!("choose from {least} to {most}"))
}
