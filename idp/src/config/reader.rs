//! The account of one reading: the tree, every problem so far, and the effective value of each key. What asks for the
//! keys is a [`Section`]; what is asked for by none is an unknown key.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::effective::Effective;
use super::problem::{Fault, Place, Problem, Severity};
use super::section::Section;
use super::tree::{Table, Value};

/// The account of one reading.
pub(super) struct Reader {
    file: PathBuf,
    environment: BTreeMap<String, String>,
    root: Table,
    problems: RefCell<Vec<Problem>>,
    effective: RefCell<Effective>,
}

impl Reader {
    pub fn new(file: &Path, environment: BTreeMap<String, String>, root: Table) -> Self {
        let (problems, effective) = (RefCell::default(), RefCell::default());
        Self { file: file.to_owned(), environment, root, problems, effective }
    }

    /// Reads the whole document with `read`, then reports the sections that nobody asked for.
    pub fn read<T>(&self, read: impl FnOnce(&Section<'_>) -> T) -> T {
        Section::read_root(self, &self.root, read)
    }

    /// A path of the configuration, which is relative to the directory of the file.
    pub fn resolve(&self, path: &str) -> PathBuf {
        self.file.parent().unwrap_or(Path::new("")).join(path)
    }

    pub fn variable(&self, name: &str) -> Option<&str> {
        self.environment.get(name).map(String::as_str)
    }

    /// Records a problem of the key at the dotted path `key`, at its place or at the nearest one above it.
    pub fn report(&self, severity: Severity, key: &str, fault: Fault) {
        self.report_at(severity, self.place_of(key), key, fault);
    }

    pub fn report_at(&self, severity: Severity, place: Place, key: &str, fault: Fault) {
        let (file, key, Fault { what, fix }) = (self.file.clone(), key.to_owned(), fault);
        self.problems.borrow_mut().push(Problem { severity, file, place, key, what, fix });
    }

    /// Records that these keys contradict each other, at the first; silent when one of them has a fault of its own,
    /// because then a default stands in for it.
    pub fn report_contradiction(&self, severity: Severity, keys: &[&str], fault: Fault) {
        if let Some(first) = keys.first()
            && keys.iter().all(|key| self.is_sound(key))
        {
            self.report(severity, first, fault);
        }
    }

    /// Records the effective value of a key below `heading`; no `place` means the default.
    pub fn show(&self, heading: (&str, usize), key: &str, value: &str, place: Option<&Place>) {
        self.effective.borrow_mut().add(heading, key, value, place);
    }

    /// Whether the file or a variable gives this key.
    pub fn is_set(&self, key: &str) -> bool {
        self.walk(key).1
    }

    /// All problems and the effective values.
    pub fn finish(self) -> (Vec<Problem>, Effective) {
        (self.problems.into_inner(), self.effective.into_inner())
    }

    fn is_sound(&self, key: &str) -> bool {
        let is_below = |path: &str, above: &str| {
            path.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        let problems = self.problems.borrow();
        !problems.iter().any(|p| p.severity == Severity::Error && (is_below(&p.key, key) || is_below(key, &p.key)))
    }

    fn place_of(&self, key: &str) -> Place {
        self.walk(key).0
    }

    /// The place of the deepest node on the way to `key`, and whether that is `key` itself.
    fn walk(&self, key: &str) -> (Place, bool) {
        let mut place = Place::File;
        let mut here: Option<&Value> = None;
        for step in key.split(['.', '[']) {
            let next = match (here, step.strip_suffix(']').map(str::parse::<usize>)) {
                (None, _) => self.root.get(step),
                (Some(Value::Table(table)), _) => table.get(step),
                (Some(Value::List(items)), Some(Ok(index))) => items.get(index),
                _ => None,
            };
            let Some(node) = next else { return (place, false) };
            place = node.place.clone();
            here = Some(&node.value);
        }
        (place, true)
    }
}
