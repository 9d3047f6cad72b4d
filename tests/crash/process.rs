//! The real programs: building them, a server that can be killed, and `octroictl` that can be killed too.
//!
//! Every process is waited for after its end; what is left when a test fails dies with its value. Nothing is ended here but
//! by the id of a process that was started here.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use harness::browser::Browser;
use tokio::io::AsyncReadExt as _;
use tokio::process::{Child, Command};
use tokio::sync::OnceCell;
use tokio::time::timeout;

use crate::patience::{LONG, until};

/// The programs under test.
pub struct Programs {
    pub octroi: PathBuf,
    pub octroictl: PathBuf,
}

/// Builds the programs, as the sources are now: `cargo test` alone makes no `octroi`, and an old one would be judged in
/// place of the new one.
pub async fn programs() -> Result<&'static Programs> {
    static BUILT: OnceCell<Programs> = OnceCell::const_new();
    BUILT.get_or_try_init(build).await
}

async fn build() -> Result<Programs> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(env!("CARGO_MANIFEST_DIR")).args([
        "build",
        "--locked",
        "--workspace",
        "--bins",
        "--message-format=json-render-diagnostics",
    ]);
    if !cfg!(debug_assertions) {
        cargo.arg("--release");
    }
    let built = cargo.stdin(Stdio::null()).stderr(Stdio::inherit()).output().await.context("cargo")?;
    ensure!(built.status.success(), "the programs could not be built: run `cargo build --workspace --bins`");
    let messages = String::from_utf8(built.stdout)?;
    let programs: Vec<PathBuf> = messages
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter_map(|message| message["executable"].as_str().map(PathBuf::from))
        .collect();
    let find = |name: &str| {
        let found = programs.iter().find(|path| path.file_stem().is_some_and(|stem| stem == name));
        found.cloned().with_context(|| format!("cargo built no {name}"))
    };
    Ok(Programs { octroi: find("octroi")?, octroictl: find("octroictl")? })
}

/// A running `octroi serve`.
pub struct Server {
    child: Child,
    origin: String,
    log: PathBuf,
}

impl Server {
    /// Starts a server that logs to the end of `log`; it need not listen yet.
    pub async fn start(config: &Path, origin: &str, log: &Path) -> Result<Self> {
        let to = File::options().create(true).append(true).open(log).context("the server's log")?;
        let child = Command::new(&programs().await?.octroi)
            .args(["serve", "--config"])
            .arg(config)
            .stdin(Stdio::null())
            .stdout(to.try_clone()?)
            .stderr(to)
            .kill_on_drop(true)
            .spawn()
            .context("octroi serve")?;
        Ok(Self { child, origin: origin.to_owned(), log: log.to_owned() })
    }

    /// Waits until it serves, database included.
    pub async fn ready(&mut self) -> Result<()> {
        let browser = Browser::new();
        let (child, address) = (&mut self.child, format!("{}/health/ready", self.origin));
        let answered = until("/health/ready", async || {
            if let Ok(Some(status)) = child.try_wait() {
                return Some(Err(status));
            }
            let answer = browser.try_get(&address).await;
            answer.is_ok_and(|page| page.status == 200).then_some(Ok(()))
        })
        .await;
        match answered.with_context(|| self.last_words())? {
            Ok(()) => Ok(()),
            Err(status) => bail!("the server did not start ({status}):\n{}", self.last_words()),
        }
    }

    /// Lets the server run for so long. It must not end by itself.
    pub async fn run_for(&mut self, time: Duration) -> Result<()> {
        match timeout(time, self.child.wait()).await {
            Err(_) => Ok(()),
            Ok(status) => bail!("the server ended by itself ({}):\n{}", status?, self.last_words()),
        }
    }

    /// SIGKILL, and not back before the process is gone.
    pub async fn kill(mut self) -> Result<()> {
        self.child.kill().await.context("SIGKILL")
    }

    /// SIGTERM; the server drains and says that all went well.
    pub async fn stop(mut self) -> Result<()> {
        let pid = self.child.id().context("the server has ended")?;
        signal("TERM", &[pid]).await?;
        let status = timeout(LONG, self.child.wait()).await.context("the server does not stop")??;
        ensure!(status.success(), "the server stopped with {status}:\n{}", self.last_words());
        Ok(())
    }

    fn last_words(&self) -> String {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }
}

/// What a command said.
pub struct Said {
    pub status: ExitStatus,
    pub out: String,
    pub err: String,
}

/// Runs `octroictl`; `None` when it was killed after `kill_after`.
pub async fn octroictl(config: &Path, words: &[&str], kill_after: Option<Duration>) -> Result<Option<Said>> {
    let mut child = Command::new(&programs().await?.octroictl)
        .arg("--config")
        .arg(config)
        .args(words)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .context("octroictl")?;
    let (mut out, mut err) = (child.stdout.take().context("a pipe")?, child.stderr.take().context("a pipe")?);
    let (mut said, mut complained) = (String::new(), String::new());
    let finished = async {
        // Reading ends with the process, which therefore never waits for a full pipe.
        let (said, complained) = tokio::join!(out.read_to_string(&mut said), err.read_to_string(&mut complained));
        said.and(complained)
    };
    let finished = timeout(kill_after.unwrap_or(LONG), finished).await;
    if let Ok(finished) = finished {
        finished?;
        let status = child.wait().await?;
        return Ok(Some(Said { status, out: said, err: complained }));
    }
    child.kill().await?;
    ensure!(kill_after.is_some(), "octroictl {words:?} did not end within {LONG:?}");
    Ok(None)
}

/// Sends a signal to processes of ours. The shell's own `kill` is everywhere.
pub async fn signal(name: &str, pids: &[u32]) -> Result<()> {
    let pids = pids.iter().map(u32::to_string);
    let mut shell = Command::new("sh");
    shell.args(["-c", "kill -s \"$0\" -- \"$@\" 2>/dev/null", name]).args(pids);
    // One that ended meanwhile needs no signal any more.
    shell.status().await.context("sh").map(drop)
}
