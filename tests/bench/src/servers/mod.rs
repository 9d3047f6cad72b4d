//! What is measured, prepared and started: Octroi as an administrator installs it, its peer, the yardsticks. Each runs on
//! the server's core, with everything in the work directory of this run.

pub mod octroi;
pub mod peer;
pub mod yardsticks;

use std::net::TcpListener;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};

/// The password of every agent of the benchmark.
pub const PASSWORD: &str = "Marronnier-Quai-1607!";

/// Where codes are sent; nobody listens there.
pub const REDIRECT_URI: &str = "http://127.0.0.1:9/callback";

/// The programs that were built, and where things are.
#[derive(Debug, Clone)]
pub struct Workshop {
    /// Holds `octroi`, `octroictl` and this program.
    pub programs: PathBuf,
    /// `tests/bench/peers`.
    pub peers: PathBuf,
    /// Databases, keys and logs of this run.
    pub work: PathBuf,
}

impl Workshop {
    pub fn program(&self, name: &str) -> anyhow::Result<PathBuf> {
        let path = self.programs.join(name);
        ensure!(
            path.exists(),
            "{} is missing: build it with cargo build --release -p idp -p admin-cli",
            path.display()
        );
        Ok(path)
    }

    pub fn log(&self, name: &str) -> PathBuf {
        self.work.join(format!("{name}.log"))
    }
}

/// A port that nobody uses at this moment.
pub fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0)).context("no free port")?.local_addr()?.port())
}

/// A file for the load client's options.
fn secret_file(path: &Path, secret: &str) -> anyhow::Result<PathBuf> {
    std::fs::write(path, secret).with_context(|| path.display().to_string())?;
    Ok(path.to_owned())
}
