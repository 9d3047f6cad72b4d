//! Statements over many rows at once: their text is as fixed as every other, only too long to be written out.
//!
//! A statement takes a fixed number of rows or one, so that there are two texts to prepare and not one per number of rows.
//! SQLite looks for each placeholder's name among all of them, so a statement of thousands costs more than it saves.

/// Rows that are written by one statement.
pub(super) const ROWS: usize = 16;
/// Keys that are looked up by one statement.
pub(super) const KEYS: usize = 200;

/// `head ($1, …, $columns), (…)` for so many rows.
pub(super) fn values(head: &str, columns: usize, rows: usize) -> String {
    let row = |nth: usize| format!("({})", placeholders(nth * columns, columns));
    format!("{head} {}", (0..rows).map(row).collect::<Vec<_>>().join(", "))
}

/// `head ($1, …, $KEYS)`.
pub(super) fn list(head: &str) -> String {
    format!("{head} ({})", placeholders(0, KEYS))
}

fn placeholders(after: usize, count: usize) -> String {
    (after + 1..=after + count).map(|n| format!("${n}")).collect::<Vec<_>>().join(", ")
}
