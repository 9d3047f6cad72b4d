//! Server processes: started on the server's core, watched through `/proc`, ended by SIGTERM.

use std::fs::{self, File};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep_until, timeout};

/// The core of what is measured; the load client runs on another one.
pub const SERVER_CORE: &str = "0";

/// A kernel clock tick of `/proc/PID/stat` (`USER_HZ`), the same on every Linux that Rust supports.
const TICK: Duration = Duration::from_millis(10);

/// How long a server may take until it is ready, and until it is gone.
const PATIENCE: Duration = Duration::from_secs(60);

/// A command that runs on the server's core.
pub fn pinned(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new("taskset");
    command.args(["-c", SERVER_CORE]).arg(program).stdin(Stdio::null()).kill_on_drop(true);
    command
}

/// A server that we started.
pub struct Server {
    child: Child,
    pub pid: u32,
}

impl Server {
    /// Starts a pinned command with its output in a file.
    pub fn start(command: &mut Command, log: &Path) -> anyhow::Result<Self> {
        let file = File::options().create(true).append(true).open(log).with_context(|| log.display().to_string())?;
        let child = command.stdout(file.try_clone()?).stderr(file).spawn().context("taskset does not start")?;
        // `taskset` replaces itself by the server: the process stays the same.
        let pid = child.id().context("the server has ended already")?;
        Ok(Self { child, pid })
    }

    /// Waits for the first 200 of this URL; answers how long it took since `started`.
    pub async fn first_answer(&mut self, url: &url::Url, started: Instant) -> anyhow::Result<Duration> {
        let authority = crate::client::request::authority(url)?;
        let request = crate::client::request::get(url, &[])?;
        while started.elapsed() < PATIENCE {
            if let Some(status) = self.child.try_wait()? {
                bail!("the server for {url} ended by itself: {status}");
            }
            let mut connection = crate::client::connection::Connection::new(&authority);
            if connection.ask(&request).await.is_ok_and(|status| status == 200) {
                return Ok(started.elapsed());
            }
            // The client has a core of its own: it may ask all the time, and sees the first moment.
            tokio::task::yield_now().await;
        }
        bail!("the server for {url} gave no answer within {PATIENCE:?}")
    }

    /// SIGTERM, and the end of the process; killed if it does not come.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        let signal = Command::new("sh").arg("-c").arg(format!("kill -TERM {}", self.pid)).status().await?;
        ensure!(signal.success(), "the server {} is gone already", self.pid);
        if timeout(PATIENCE, self.child.wait()).await.is_err() {
            self.child.kill().await?;
            bail!("the server {} did not stop within {PATIENCE:?} of SIGTERM and was killed", self.pid);
        }
        Ok(())
    }
}

/// Processor time of a process and its threads so far: user and system.
pub fn processor_time(pid: u32) -> anyhow::Result<Duration> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).with_context(|| format!("no process {pid}"))?;
    // The name in parentheses may hold anything.
    let fields = stat.rsplit_once(')').map(|(_, rest)| rest).unwrap_or_default();
    let field = |number: usize| fields.split_whitespace().nth(number).and_then(|text| text.parse::<u32>().ok());
    let (user, system) = (field(11).context("utime")?, field(12).context("stime")?);
    Ok(TICK * (user + system))
}

/// Memory of a process in KiB.
#[derive(Debug, Clone, Copy, Default)]
pub struct Memory {
    /// Resident now (`VmRSS`).
    pub resident: u64,
    /// The most that ever was (`VmHWM`).
    pub peak: u64,
}

/// `None` when the process is gone.
pub fn memory(pid: u32) -> Option<Memory> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.split_whitespace().next()?.parse().ok()
    };
    Some(Memory { resident: field("VmRSS:")?, peak: field("VmHWM:")? })
}

/// What a command that ends by itself cost.
pub struct Cost {
    pub elapsed: Duration,
    /// The most memory, in KiB; looked up 50 times a second.
    pub peak: u64,
    pub output: String,
}

/// Runs a pinned command to its end, within `limit`; `None`: it took longer and was ended.
pub async fn cost(command: &mut Command, limit: Duration) -> anyhow::Result<Option<Cost>> {
    let started = Instant::now();
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let pid = child.id().context("it has ended already")?;
    let output = child.wait_with_output();
    tokio::pin!(output);
    let mut peak = 0;
    loop {
        let next = Instant::now() + Duration::from_millis(20);
        tokio::select! {
            output = &mut output => {
                let output = output?;
                let said = String::from_utf8_lossy(&output.stderr);
                ensure!(output.status.success(), "{}: {}", output.status, said.trim());
                let text = String::from_utf8_lossy(&output.stdout).into_owned();
                return Ok(Some(Cost { elapsed: started.elapsed(), peak, output: text }));
            }
            () = sleep_until(next) => {
                peak = peak.max(memory(pid).map_or(0, |memory| memory.peak));
                if started.elapsed() > limit {
                    return Ok(None);
                }
            }
        }
    }
}
