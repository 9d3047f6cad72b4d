//! `octroictl agent import` of generated HR files, on SQLite and, where one is given, PostgreSQL.

use std::fs;
use std::time::Duration;

use anyhow::Context as _;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, PgConnection};
use url::Url;

use super::Run;
use crate::process::{cost, pinned};
use crate::report::{Figures, mebibytes, progress};
use crate::servers::octroi::{Installation, agents_csv};

/// Longer than this, and an import is given up: the table says so.
const LIMIT: Duration = Duration::from_secs(600);

const FIRST: u32 = 1_000_000;

pub async fn measure(run: &mut Run) -> anyhow::Result<()> {
    let counts: &[u32] = match (run.options.quick, run.options.with_million()) {
        (true, _) => &[5_000],
        (false, false) => &[55_000],
        (false, true) => &[55_000, 1_000_000],
    };
    for &count in counts {
        let name = format!("import-{count}");
        let installation = Installation::new(&run.workshop, &name).await?;
        one(run, &installation, count, "SQLite").await?;
        if let Some(url) = run.options.postgres.clone() {
            let mut database = Database::make(&url, count).await?;
            let name = format!("import-{count}-postgres");
            let measured = async {
                let installation = Installation::on_postgres(&run.workshop, &name, &database.url).await?;
                one(run, &installation, count, "PostgreSQL").await
            };
            let measured = measured.await;
            database.remove().await?;
            measured?;
        }
    }
    Ok(())
}

async fn one(run: &mut Run, installation: &Installation, count: u32, engine: &str) -> anyhow::Result<()> {
    progress(&format!("importing {count} agents into {engine}"));
    let file = installation.directory.join("hr.csv");
    fs::write(&file, agents_csv(FIRST, count, true)?)?;
    let mut command = pinned(run.workshop.program("octroictl")?);
    command.arg("--config").arg(&installation.config).args(["--yes", "agent", "import"]).arg(&file);
    let text = match cost(&mut command, LIMIT).await? {
        Some(cost) => {
            let seconds = cost.elapsed.as_secs_f64();
            format!("{seconds:.1} s, {} at most", mebibytes(cost.peak))
        }
        None => format!("not done after {} s", LIMIT.as_secs()),
    };
    run.table.plain(&format!("import of {count} agents, {engine}"), &Figures::text(&text), &Figures::text(""));
    Ok(())
}

/// A database of our own on a server that others use too.
struct Database {
    server: PgConnection,
    name: String,
    url: Url,
}

impl Database {
    async fn make(url: &Url, count: u32) -> anyhow::Result<Self> {
        let options: PgConnectOptions = url.as_str().parse()?;
        let mut server = options.connect().await.context("the PostgreSQL of the import")?;
        let name = format!("octroi_bench_{}_{count}", std::process::id());
        sqlx::query(AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&mut server).await?;
        let mut url = url.clone();
        url.set_path(&name);
        Ok(Self { server, name, url })
    }

    async fn remove(&mut self) -> anyhow::Result<()> {
        let sql = format!("DROP DATABASE {} WITH (FORCE)", self.name);
        sqlx::query(AssertSqlSafe(sql)).execute(&mut self.server).await?;
        Ok(())
    }
}
