//! What is printed: tables in Markdown on standard output, progress on standard error.

use std::fmt;
use std::io::{self, Write as _};

use crate::measure::{Measured, Spread, spread};

/// Prints an answer.
pub fn say(text: &str) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(())
}

/// A line about what happens now.
pub fn progress(line: &str) {
    // Nobody is left to tell when standard error is gone.
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// The table that compares: Octroi, its yardstick, the peer.
#[derive(Debug, Default)]
pub struct Table {
    lines: Vec<String>,
}

/// What stands in one cell.
#[derive(Debug)]
pub struct Figures(String);

impl Figures {
    /// Median and spread.
    pub fn milliseconds(values: &[f64]) -> Self {
        let text = |s: Spread| format!("{:.1} ms ({:.1}–{:.1})", s.median, s.min, s.max);
        Self(spread(values.iter().copied()).map(text).unwrap_or_default())
    }

    /// Median and spread.
    fn per_second(values: &[f64]) -> Self {
        let text = |s: Spread| format!("{} /s ({}–{})", number(s.median), number(s.min), number(s.max));
        Self(spread(values.iter().copied()).map(text).unwrap_or_default())
    }

    /// Of the pairs that were measured in one round: the first as a share of the second.
    fn ratio(ours: &[f64], yardstick: &[f64]) -> Self {
        let ratios = ours.iter().zip(yardstick).map(|(ours, yardstick)| 100.0 * ours / yardstick);
        let text = |s: Spread| format!("{:.0} % ({:.0}–{:.0})", s.median, s.min, s.max);
        Self(spread(ratios).map(text).unwrap_or_default())
    }

    pub fn text(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl Table {
    /// Figures per second; `which` yardstick it is.
    pub fn rate(&mut self, name: &str, ours: &[f64], yardstick: &[f64], peer: &[f64], which: &str) {
        let (ours_text, peer_text) = (Figures::per_second(ours).0, Figures::per_second(peer).0);
        let (beside, ratio) = (Figures::per_second(yardstick).0, Figures::ratio(ours, yardstick).0);
        let beside = if beside.is_empty() { beside } else { format!("{beside}: {which}") };
        self.lines.push(format!("| {name} | {ours_text} | {beside} | {ratio} | {peer_text} |"));
    }

    /// Milliseconds of processor time: the less the better, so the ratio says how much of ours the yardstick explains.
    pub fn cost(&mut self, name: &str, ours: &[f64], yardstick: &[f64], peer: &[f64], which: &str) {
        let [mine, beside, theirs] = [ours, yardstick, peer].map(|values| Figures::milliseconds(values).0);
        let ratio = Figures::ratio(yardstick, ours).0;
        self.lines.push(format!("| {name} | {mine} | {beside}: {which} | {ratio} | {theirs} |"));
    }

    /// Figures that have no yardstick.
    pub fn plain(&mut self, name: &str, ours: &Figures, peer: &Figures) {
        self.lines.push(format!("| {name} | {} | | | {} |", ours.0, peer.0));
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| what | Octroi | yardstick | ratio | node-oidc-provider |")?;
        writeln!(f, "|---|---:|---:|---:|---:|")?;
        for line in &self.lines {
            writeln!(f, "{line}")?;
        }
        Ok(())
    }
}

/// Every figure of some measurements, one per line.
#[derive(Debug, Default)]
pub struct Detail {
    lines: Vec<String>,
    errors: Vec<String>,
}

impl Detail {
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    pub fn add(&mut self, name: &str, run: &Measured) {
        let cpu = run.cpu.map_or_else(|| "–".to_owned(), |cpu| format!("{cpu:.1} µs"));
        let client = if run.client_cpu > 0.0 { format!("{:.1} µs", run.client_cpu) } else { "–".to_owned() };
        let memory = run.resident.map_or_else(|| "–".to_owned(), mebibytes);
        let Measured { rate, p50, p99, max, answers, errors, .. } = run;
        self.lines.push(format!(
            "| {name} | {} | {p50:.2} ms | {p99:.2} ms | {max:.2} ms | {cpu} | {client} | {memory} | {answers} | {errors} |",
            number(*rate)
        ));
        if let Some(error) = &run.first_error {
            self.errors.push(format!("The first error of {name}: {error}"));
        }
    }
}

impl fmt::Display for Detail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = [
            "what",
            "per second",
            "p50",
            "p99",
            "max",
            "server's CPU each",
            "client's CPU each",
            "server's memory",
            "answers",
            "errors",
        ];
        writeln!(f, "| {} |", columns.join(" | "))?;
        writeln!(f, "|---{}|", "|---:".repeat(columns.len() - 1))?;
        for line in &self.lines {
            writeln!(f, "{line}")?;
        }
        for error in &self.errors {
            writeln!(f, "\n{error}")?;
        }
        Ok(())
    }
}

/// KiB as MiB.
pub fn mebibytes(kib: u64) -> String {
    let tenths = (kib * 10 + 512) / 1024;
    format!("{}.{} MiB", tenths / 10, tenths % 10)
}

/// A figure with as many digits as it deserves, thousands apart.
pub fn number(value: f64) -> String {
    if value < 100.0 {
        return format!("{value:.1}");
    }
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (left, digit) in (0..digits.len()).rev().zip(digits.chars()) {
        text.push(digit);
        if left % 3 == 0 && left > 0 {
            text.push(',');
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_read_at_a_glance() {
        assert_eq!(
            [number(61.26), number(999.4), number(20_534.0), number(1_234_567.0)],
            ["61.3", "999", "20,534", "1,234,567"]
        );
        assert_eq!(mebibytes(30_464), "29.8 MiB");
    }

    #[test]
    fn every_line_of_a_table_has_the_columns_of_its_head() {
        let mut detail = Detail::default();
        detail.add("login", &Measured { first_error: Some("503".to_owned()), ..Measured::default() });
        let mut table = Table::default();
        table.rate("discovery", &[3.0, 1.0, 2.0], &[4.0, 4.0, 4.0], &[], "bare axum");
        table.cost("login", &[20.0], &[15.0], &[], "argon2id alone");
        table.plain("memory", &Figures::text("30 MiB"), &Figures::milliseconds(&[]));
        for text in [detail.to_string(), table.to_string()] {
            let columns = |line: &str| line.matches('|').count();
            let head = columns(text.lines().next().unwrap());
            assert!(text.lines().take_while(|line| !line.is_empty()).all(|line| columns(line) == head), "{text}");
        }
        assert!(table.to_string().contains("2.0 /s (1.0–3.0) | 4.0 /s (4.0–4.0): bare axum | 50 % (25–75)"), "{table}");
        assert!(detail.to_string().contains("The first error of login: 503"));
    }
}
