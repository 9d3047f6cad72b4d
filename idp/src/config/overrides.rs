//! Environment overrides: `OCTROI__SECTION__KEY` lays its value over the tree of the file. A listener is named by its
//! index (`OCTROI__LISTENER__0__BIND`). An unknown name is found like any unknown key, by what no section asks for.

use std::collections::BTreeMap;

use super::problem::{Fault, Place};
use super::tree::{self, Node, Table, Value};

/// What every override begins with. `OCTROI_CONFIG` has one underscore and is none.
pub(super) const PREFIX: &str = "OCTROI__";

/// The process's environment. A value that is not UTF-8 is carried over with replacement characters, so that it is
/// refused where it is used rather than ignored.
pub fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.to_string_lossy().into_owned())))
}

/// Lays the overrides over `root`; returns those that have no place there: variable, dotted path, fault.
pub(super) fn apply(root: &mut Table, environment: &BTreeMap<String, String>) -> Vec<(String, String, Fault)> {
    let mut overrides: Vec<(Vec<Step>, &str, &str)> = environment
        .iter()
        .filter_map(|(name, raw)| Some((steps(name.strip_prefix(PREFIX)?), name.as_str(), raw.as_str())))
        .collect();
    // The table before its keys, listener 2 before listener 10.
    overrides.sort_by(|a, b| a.0.cmp(&b.0));
    let mut misplaced = Vec::new();
    for (steps, name, raw) in overrides {
        if let Err(fault) = put(root, &steps, tree::parse_variable(name, raw)) {
            misplaced.push((name.to_owned(), dotted(&steps), fault));
        }
    }
    misplaced
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Index(usize),
    Key(String),
}

fn steps(name: &str) -> Vec<Step> {
    name.split("__")
        .map(|part| part.parse().map_or_else(|_| Step::Key(part.to_ascii_lowercase()), Step::Index))
        .collect()
}

fn dotted(steps: &[Step]) -> String {
    let spelled = steps.iter().enumerate().map(|(position, step)| match step {
        Step::Index(index) => format!("[{index}]"),
        Step::Key(key) if position == 0 => key.clone(),
        Step::Key(key) => format!(".{key}"),
    });
    spelled.collect()
}

fn put(table: &mut Table, steps: &[Step], leaf: Node) -> Result<(), Fault> {
    let Some((Step::Key(key), rest)) = steps.split_first() else {
        return Err(Fault::new("the name leads nowhere", "write OCTROI__SECTION__KEY"));
    };
    if rest.is_empty() {
        table.insert(key.clone(), leaf);
        return Ok(());
    }
    let is_indexed = matches!(rest.first(), Some(Step::Index(_)));
    let empty = if is_indexed { Value::List(Vec::new()) } else { Value::Table(Table::new()) };
    let node = table.entry(key.clone()).or_insert_with(|| Node { value: empty, place: leaf.place.clone(), raw: None });
    put_below(node, rest, leaf)
}

fn put_below(node: &mut Node, steps: &[Step], leaf: Node) -> Result<(), Fault> {
    match (&mut node.value, steps.split_first()) {
        (Value::Table(table), Some((Step::Key(_), _))) => put(table, steps, leaf),
        (Value::List(items), Some((Step::Index(index), rest))) => {
            let count = items.len();
            if *index == count {
                let place: Place = leaf.place.clone();
                items.push(Node { value: Value::Table(Table::new()), place, raw: None });
            }
            match (items.get_mut(*index), rest.is_empty()) {
                (Some(item), true) => *item = leaf,
                (Some(item), false) => put_below(item, rest, leaf)?,
                (None, _) => {
                    let what = format!("there is no entry {index}: the list has {count}");
                    return Err(Fault::new(what, format!("count from 0; {count} would add one")));
                }
            }
            Ok(())
        }
        (Value::List(_), _) => Err(Fault::new("this is a list", "name the entry: OCTROI__SECTION__0__KEY")),
        (value, _) => {
            let what = format!("the variable names something inside {}", value.type_name());
            Err(Fault::new(what, "name the key itself, or remove the variable"))
        }
    }
}
