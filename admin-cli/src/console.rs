//! The terminal as a parameter: where answers, messages and questions go, so that a command can be run inside a test.

use std::io::{BufRead, Write};

use crate::failure::Failure;

/// Where a command reads and writes.
pub struct Console<'a> {
    /// The answer, and nothing else.
    pub out: &'a mut dyn Write,
    /// Messages, questions, errors.
    pub err: &'a mut dyn Write,
    pub input: &'a mut dyn BufRead,
    /// Somebody is there to answer a question.
    pub can_ask: bool,
    /// A progress bar would be seen.
    pub shows_progress: bool,
}

impl Console<'_> {
    /// Asks before something that is not easily undone. Where nobody can answer, it is a usage error to not have said
    /// `--yes`.
    pub fn confirm(&mut self, question: &str) -> Result<(), Failure> {
        if !self.can_ask {
            let what = format!(
                "nobody is at the terminal to confirm this: add --yes, or look first with --dry-run\n  {question}"
            );
            return Err(Failure::Usage(what));
        }
        write!(self.err, "{question} Go on? [y/N] ")?;
        self.err.flush()?;
        let mut answer = String::new();
        self.input.read_line(&mut answer)?;
        match answer.trim().to_lowercase().as_str() {
            "y" | "yes" | "o" | "oui" => Ok(()),
            _ => Err(Failure::Declined),
        }
    }
}
