//! `octroictl`: hands its arguments and the terminal to the library, and exits with its answer.

use std::io::{self, IsTerminal as _};
use std::process::ExitCode;

use admin_cli::{Console, run};

fn main() -> ExitCode {
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
        return ExitCode::from(5);
    };
    let (mut out, mut err, mut input) = (io::stdout().lock(), io::stderr(), io::stdin().lock());
    let mut console = Console {
        out: &mut out,
        err: &mut err,
        input: &mut input,
        can_ask: io::stdin().is_terminal() && io::stderr().is_terminal(),
        shows_progress: io::stderr().is_terminal(),
    };
    ExitCode::from(runtime.block_on(run(std::env::args_os(), &mut console)))
}
