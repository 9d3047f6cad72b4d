//! Why a command failed, in a sentence on standard error and an exit code. The codes are CONTRACT: scripts read them.

use std::io;

use octroi_idp::directory::{DirectoryError, LineProblem, Overtaken};

use crate::console::Console;

/// Why a command did not do what it was asked.
#[derive(Debug)]
pub enum Failure {
    /// The command line, or the configuration that it names, cannot be.
    Usage(String),
    /// The file to import cannot be read as one.
    BadFile(Vec<LineProblem>),
    /// A list of passwords cannot be read as one.
    BadList(String),
    /// So many of these passwords were in a breach.
    Compromised {
        known: usize,
        of: usize,
    },
    /// An import was written, but for agents whom somebody else changed meanwhile.
    Overtaken(Overtaken),
    /// The operator said no.
    Declined,
    Directory(DirectoryError),
    Unavailable(String),
    /// This user of the operating system may not open the configuration, its keys or the database.
    NotAuthorised(String),
    /// The answer could not be written, or the file not read on.
    Io(io::Error),
}

impl From<DirectoryError> for Failure {
    fn from(error: DirectoryError) -> Self {
        Self::Directory(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl Failure {
    /// 1 refused by a rule · 2 usage · 3 not found · 4 conflict · 5 unavailable · 6 not authorised.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::BadFile(_)
            | Self::BadList(_)
            | Self::Compromised { .. }
            | Self::Declined
            | Self::Directory(DirectoryError::Refused { .. }) => 1,
            Self::Usage(_) | Self::Directory(DirectoryError::Invalid(_)) => 2,
            Self::Directory(DirectoryError::NotFound { .. }) => 3,
            Self::Directory(DirectoryError::Conflict { .. }) | Self::Overtaken(_) => 4,
            // `octroictl … | head` is no failure.
            Self::Io(error) if error.kind() == io::ErrorKind::BrokenPipe => 0,
            Self::Directory(DirectoryError::Store(_) | DirectoryError::Unfinished { .. })
            | Self::Unavailable(_)
            | Self::Io(_) => 5,
            Self::NotAuthorised(_) => 6,
        }
    }

    fn message(&self) -> String {
        match self {
            Self::Usage(what) => format!("error: {what}"),
            Self::BadFile(problems) => {
                let problems = problems.iter().map(line_problem);
                let last = "refused: import.bad_file: the file cannot be read as a list of agents; nothing was changed";
                problems.chain([last.to_owned()]).collect::<Vec<_>>().join("\n")
            }
            Self::BadList(what) => format!("refused: password.bad_list: {what}; nothing was written"),
            Self::Compromised { known, of } => {
                format!("refused: password.compromised: {known} of {of} passwords were in a breach")
            }
            Self::Overtaken(overtaken) => overtaken_agents(overtaken),
            Self::Declined => "refused: declined: nothing was changed".into(),
            Self::Directory(DirectoryError::Refused { refusal, message }) => {
                format!("refused: {}: {message}", refusal.code())
            }
            Self::Directory(DirectoryError::Invalid(problems)) => {
                problems.iter().map(|problem| format!("error: {problem}")).collect::<Vec<_>>().join("\n")
            }
            Self::Directory(error @ DirectoryError::NotFound { .. }) => format!("not found: {error}"),
            Self::Directory(error @ DirectoryError::Conflict { .. }) => format!("conflict: {error}"),
            Self::Directory(error @ (DirectoryError::Store(_) | DirectoryError::Unfinished { .. })) => {
                format!("unavailable: {error}")
            }
            Self::Unavailable(what) => format!("unavailable: {what}"),
            Self::NotAuthorised(what) => format!("not authorised: {what}"),
            Self::Io(error) => format!("error: {error}"),
        }
    }
}

fn overtaken_agents(Overtaken { first, total }: &Overtaken) -> String {
    let more = total.saturating_sub(u64::try_from(first.len()).unwrap_or(u64::MAX));
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!(
        "conflict: {total} agents were changed by somebody else while the import was being written, and stay so: {}{more}; \
         everything else was written; look at them, and run the same import again to change them too",
        first.join(", ")
    )
}

/// "line 14, email: … ; …"
pub fn line_problem(problem: &LineProblem) -> String {
    let LineProblem { line, column, what, fix } = problem;
    if column.is_empty() {
        format!("line {line}: {what}; {fix}")
    } else {
        format!("line {line}, {column}: {what}; {fix}")
    }
}

/// Prints a failure; answers with its exit code.
pub fn print(failure: &Failure, console: &mut Console<'_>) -> u8 {
    let code = failure.exit_code();
    if code != 0 {
        // Where standard error is gone too, the exit code is all that remains to be said.
        let _ = writeln!(console.err, "{}", failure.message());
    }
    code
}

/// Prints what the parser of arguments says: help and version are answers, everything else is a usage error.
pub fn print_parsing(answer: &clap::Error, console: &mut Console<'_>) -> u8 {
    let stream = if answer.use_stderr() { &mut console.err } else { &mut console.out };
    let _ = write!(stream, "{}", answer.render());
    if answer.use_stderr() { 2 } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overtaken_agents_are_named_the_rest_counted_and_the_exit_code_is_a_conflict() {
        let failure = Failure::Overtaken(Overtaken { first: vec!["Inès Marchand (100001)".into()], total: 3 });
        assert_eq!(failure.exit_code(), 4);
        let message = failure.message();
        assert!(
            message.starts_with("conflict: 3 agents") && message.contains("Inès Marchand (100001) and 2 more"),
            "{message}"
        );
    }
}
