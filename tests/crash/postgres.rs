//! A PostgreSQL of the harness's own, which may be killed: its own data directory, `fsync` and `synchronous_commit` on as
//! in real life, data checksums, a random password, a free loopback port.
//!
//! Killing the postmaster leaves its children to find out by themselves; killing all at once leaves nobody to finish
//! anything. Neither returns before all of them are gone.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context as _, Result, bail, ensure};
use octroi_idp::crypto::random::Random;
use sqlx::{AssertSqlSafe, ConnectOptions as _, PgConnection, postgres::PgConnectOptions};
use tempfile::TempDir;
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::patience::{LONG, until};
use crate::process::signal;

/// A cluster of one server.
pub struct Cluster {
    folder: TempDir,
    programs: PathBuf,
    account: Option<(u32, u32)>,
    pub password: String,
    pub port: u16,
    postmaster: Option<Child>,
}

impl Cluster {
    /// Makes a cluster and starts it.
    pub async fn create() -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("octroi-crash-postgres.").tempdir()?;
        let account = account().await?;
        let password = hex(&Random::system().bytes::<16>());
        let words = folder.path().join("password");
        fs::write(&words, &password)?;
        fs::set_permissions(&words, fs::Permissions::from_mode(0o600))?;
        if let Some((user, group)) = account {
            chown(folder.path(), Some(user), Some(group))?;
            chown(&words, Some(user), Some(group))?;
        }
        let programs = programs()?;
        let mut cluster = Self { folder, programs, account, password, port: free_port(), postmaster: None };
        let made = cluster
            .command("initdb")
            // The password in clear, on loopback: unoptimised, SCRAM would take longer than a round's acts.
            .args(["--username=octroi", "--auth=password", "--encoding=UTF8", "--locale=C.UTF-8"])
            .args(["--no-sync", "--data-checksums", "--pwfile"])
            .arg(&words)
            .output()
            .await
            .context("initdb")?;
        ensure!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
        cluster.start().await?;
        Ok(cluster)
    }

    /// Starts the server, which recovers what was committed, and waits until it answers.
    pub async fn start(&mut self) -> Result<()> {
        let log = fs::File::options().create(true).append(true).open(self.log())?;
        let sockets = self.folder.path().display().to_string();
        let mut postmaster = self
            .command("postgres")
            .args(["-p", &self.port.to_string(), "-h", "127.0.0.1", "-k", &sockets])
            // After a crash PostgreSQL synchronises every file it has; in one call (since PostgreSQL 14) that takes less than a round.
            .args(["-c", "recovery_init_sync_method=syncfs"])
            .args(["-c", "fsync=on", "-c", "synchronous_commit=on", "-c", "full_page_writes=on"])
            .args(["-c", "shared_buffers=16MB", "-c", "max_connections=60"])
            .stdout(log.try_clone()?)
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .context("postgres")?;
        let answered = until("PostgreSQL", async || {
            if let Ok(Some(status)) = postmaster.try_wait() {
                return Some(Err(status));
            }
            self.connect("postgres").await.ok().map(Ok)
        });
        let answered = answered.await.with_context(|| self.last_words())?;
        if let Err(status) = answered {
            bail!("PostgreSQL did not start ({status}):\n{}", self.last_words());
        }
        self.postmaster = Some(postmaster);
        Ok(())
    }

    /// SIGKILL to the postmaster, and to its children in the same breath if so asked; not back before all are gone.
    pub async fn kill(&mut self, children_too: bool) -> Result<()> {
        let mut postmaster = self.postmaster.take().context("PostgreSQL does not run")?;
        let pid = postmaster.id().context("the postmaster has ended")?;
        signal("KILL", &if children_too { self.processes() } else { vec![pid] }).await?;
        timeout(LONG, postmaster.wait()).await.context("the postmaster does not die")??;
        until("the end of PostgreSQL's children", async || self.processes().is_empty().then_some(())).await
    }

    /// All processes of the cluster: those that work in its data directory. A dead one works nowhere.
    fn processes(&self) -> Vec<u32> {
        let data = self.data();
        let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
        let ours = processes.filter(|process| fs::read_link(process.path().join("cwd")).is_ok_and(|at| at == data));
        ours.filter_map(|process| process.file_name().to_str()?.parse().ok()).collect()
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Waits until no other connection to the database is left: what a killed client has begun is then decided.
    pub async fn left_alone(&self, database: &str) -> Result<()> {
        self.none_are_left(database, "true").await
    }

    /// Waits until every other connection to the database rests.
    pub async fn quiet(&self, database: &str) -> Result<()> {
        self.none_are_left(database, "state IS DISTINCT FROM 'idle'").await
    }

    async fn none_are_left(&self, database: &str, who: &str) -> Result<()> {
        let others = format!(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() \
             AND backend_type = 'client backend' AND {who}"
        );
        let mut connection = self.connect(database).await?;
        until("the last statements of whoever was killed", async || {
            let others = sqlx::query_scalar(AssertSqlSafe(others.clone()));
            let others: Result<i64, _> = others.fetch_one(&mut connection).await;
            others.is_ok_and(|others| others == 0).then_some(())
        })
        .await
    }

    /// A connection.
    pub async fn connect(&self, database: &str) -> Result<PgConnection, sqlx::Error> {
        let options = PgConnectOptions::new().host("127.0.0.1").port(self.port).username("octroi");
        options.password(&self.password).database(database).connect().await
    }

    /// Runs statements that belong to no test.
    pub async fn execute(&self, database: &str, statements: &str) -> Result<()> {
        let mut connection = self.connect(database).await?;
        sqlx::raw_sql(AssertSqlSafe(statements.to_owned())).execute(&mut connection).await?;
        Ok(())
    }

    /// The clean end.
    pub async fn stop(mut self) -> Result<()> {
        let mut postmaster = self.postmaster.take().context("PostgreSQL does not run")?;
        // PostgreSQL's "fast" shutdown.
        signal("INT", &[postmaster.id().context("the postmaster has ended")?]).await?;
        timeout(LONG, postmaster.wait()).await.context("PostgreSQL does not stop")??;
        Ok(())
    }

    /// The directory, for whoever looks at what is left of a failure.
    pub fn keep(&mut self) -> &Path {
        self.folder.disable_cleanup(true);
        self.folder.path()
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.programs.join(program));
        command.arg("-D").arg(self.data()).current_dir("/").stdin(Stdio::null());
        if let Some((user, group)) = self.account {
            command.uid(user).gid(group);
        }
        command
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("postgres.log")
    }

    fn last_words(&self) -> String {
        let log = fs::read_to_string(self.log()).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }
}

/// A free port below those that the system gives to outgoing connections: it stays ours between a kill and a restart.
pub fn free_port() -> u16 {
    let random = Random::system();
    let ports = std::iter::repeat_with(|| 10_000 + u16::from_be_bytes(random.bytes()) % 20_000);
    ports.take(1000).find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok()).expect("a free port")
}

/// PostgreSQL refuses to run as root: then it runs as somebody else.
async fn account() -> Result<Option<(u32, u32)>> {
    if id("-u", None).await? != Some(0) {
        return Ok(None);
    }
    for name in ["postgres", "nobody"] {
        if let (Some(user), Some(group)) = (id("-u", Some(name)).await?, id("-g", Some(name)).await?) {
            return Ok(Some((user, group)));
        }
    }
    bail!("there is neither a user postgres nor nobody to run PostgreSQL as")
}

async fn id(what: &str, name: Option<&str>) -> Result<Option<u32>> {
    let said = Command::new("id").arg(what).args(name).stderr(Stdio::null()).output().await.context("id")?;
    Ok(String::from_utf8_lossy(&said.stdout).trim().parse().ok())
}

/// The newest PostgreSQL of a Debian, else the one on the PATH.
fn programs() -> Result<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest = versions
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse::<u32>().ok()?, entry.path().join("bin"))))
        .filter(|(_, programs)| programs.join("initdb").exists())
        .max();
    let on_path = || {
        let path = harness::engine::variable("PATH").unwrap_or_default();
        std::env::split_paths(&path).find(|programs| programs.join("initdb").exists())
    };
    newest
        .map(|(_, programs)| programs)
        .or_else(on_path)
        .context("there is no initdb: run tests/run, which installs it")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
