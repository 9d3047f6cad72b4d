//! What is printed: tables in Markdown on standard output, progress on standard error.

use std::fmt;
use std::io::{self, Write as _};

use crate::measure::Measured;

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

/// Every figure of some measurements, one per line.
#[derive(Debug, Default)]
pub struct Detail {
    lines: Vec<String>,
    errors: Vec<String>,
}

impl Detail {
    pub fn add(&mut self, name: &str, run: &Measured) {
        let cpu = run.cpu.map_or_else(|| "–".to_owned(), |cpu| format!("{cpu:.1} µs"));
        let memory = run.resident.map_or_else(|| "–".to_owned(), mebibytes);
        let Measured { rate, p50, p99, max, answers, errors, .. } = run;
        self.lines.push(format!(
            "| {name} | {} | {p50:.2} ms | {p99:.2} ms | {max:.2} ms | {cpu} | {memory} | {answers} | {errors} |",
            number(*rate)
        ));
        if let Some(error) = &run.first_error {
            self.errors.push(format!("The first error of {name}: {error}"));
        }
    }
}

impl fmt::Display for Detail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "| what | per second | p50 | p99 | max | server's CPU each | server's memory | answers | errors |"
        )?;
        writeln!(f, "|---|---:|---:|---:|---:|---:|---:|---:|---:|")?;
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
}
