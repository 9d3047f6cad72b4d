//! Statements over many rows at once: their text is as fixed as every other, only too long to be written out.
//!
//! A statement takes [`ROWS`] rows or one, so that there are two texts to prepare and not one per number of rows.

/// Rows of one statement: with the widest table (22 columns) 4,400 placeholders of the 32,766 that SQLite takes.
pub(super) const ROWS: usize = 200;

/// `head ($1, …, $columns), (…)` for so many rows.
pub(super) fn values(head: &str, columns: usize, rows: usize) -> String {
    let row = |nth: usize| format!("({})", placeholders(nth * columns, columns));
    format!("{head} {}", (0..rows).map(row).collect::<Vec<_>>().join(", "))
}

/// `head ($1, …, $ROWS)`.
pub(super) fn list(head: &str) -> String {
    format!("{head} ({})", placeholders(0, ROWS))
}

fn placeholders(after: usize, count: usize) -> String {
    (after + 1..=after + count).map(|n| format!("${n}")).collect::<Vec<_>>().join(", ")
}
