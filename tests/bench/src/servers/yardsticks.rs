//! This program's own yardsticks as processes: two servers and two loops.

use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use tokio::time::Instant;
use url::Url;

use super::{Workshop, free_port};
use crate::client::connection::Connection;
use crate::client::request;
use crate::process::{Server, cost, pinned};
use crate::provider::Provider;
use crate::yardstick::Loop;

/// Bare axum with fixed bodies.
pub struct FixedServer {
    pub server: Server,
    pub discovery: Url,
    pub jwks: Url,
}

/// Bare axum that verifies and reads.
pub struct VerifiedServer {
    pub server: Server,
    pub userinfo: Url,
    pub tokens: Vec<String>,
}

/// The size of what `provider` answers here.
pub async fn size_of(provider: &Provider, url: &Url, token: Option<&str>) -> anyhow::Result<usize> {
    let mut connection = Connection::new(&provider.authority);
    let authorization = token.map(|token| format!("Bearer {token}")).unwrap_or_default();
    let status = connection.ask(&request::get(url, &[("authorization", &authorization)])?).await?;
    anyhow::ensure!(status == 200, "{url} answered {status}");
    Ok(connection.body().len())
}

/// As large as `provider`'s answers.
pub async fn fixed(workshop: &Workshop, provider: &Provider) -> anyhow::Result<FixedServer> {
    let discovery_bytes = size_of(provider, &provider.discovery, None).await?;
    let jwks_bytes = size_of(provider, &provider.jwks, None).await?;
    let port = free_port()?;
    let mut command = pinned(workshop.program("bench")?);
    command.args(["yardstick", "axum-fixed", "--port", &port.to_string()]);
    command.args(["--discovery-bytes", &discovery_bytes.to_string(), "--jwks-bytes", &jwks_bytes.to_string()]);
    let url = |path: &str| Url::parse(&format!("http://127.0.0.1:{port}/{path}"));
    let (discovery, jwks) = (url("discovery")?, url("jwks")?);
    let mut server = Server::start(&mut command, &workshop.log("axum-fixed"))?;
    server.first_answer(&discovery, Instant::now()).await?;
    Ok(FixedServer { server, discovery, jwks })
}

/// As many tokens of the same size, and answers of the same size, as `provider` has, on a copy of its database.
pub async fn verified(
    workshop: &Workshop,
    provider: &Provider,
    database: &Path,
    tokens: &[String],
) -> anyhow::Result<VerifiedServer> {
    let token = tokens.first().context("no token")?;
    let body_bytes = size_of(provider, &provider.userinfo, Some(token)).await?;
    let (port, file) = (free_port()?, workshop.work.join("yardstick.tokens"));
    let mut command = pinned(workshop.program("bench")?);
    command.args(["yardstick", "axum-verified", "--port", &port.to_string(), "--database"]).arg(database);
    command.arg("--tokens-to").arg(&file).args(["--tokens", &tokens.len().to_string()]);
    command.args(["--token-bytes", &token.len().to_string(), "--body-bytes", &body_bytes.to_string()]);
    let mut server = Server::start(&mut command, &workshop.log("axum-verified"))?;
    let ready = Url::parse(&format!("http://127.0.0.1:{port}/ready"))?;
    server.first_answer(&ready, Instant::now()).await?;
    let tokens = std::fs::read_to_string(&file)?.lines().map(str::to_owned).collect();
    Ok(VerifiedServer { server, userinfo: ready.join("/userinfo")?, tokens })
}

/// argon2id alone.
pub async fn hashing(workshop: &Workshop, seconds: u64) -> anyhow::Result<Loop> {
    run_loop(workshop, seconds, |command| {
        command.args(["yardstick", "hashing", "--seconds", &seconds.to_string()]);
    })
    .await
}

/// The SQL of logins alone.
pub async fn statements(workshop: &Workshop, database: &Path, seconds: u64) -> anyhow::Result<Loop> {
    run_loop(workshop, seconds, |command| {
        command.args(["yardstick", "statements", "--seconds", &seconds.to_string(), "--database"]).arg(database);
    })
    .await
}

async fn run_loop(
    workshop: &Workshop,
    seconds: u64,
    arguments: impl FnOnce(&mut tokio::process::Command),
) -> anyhow::Result<Loop> {
    let mut command = pinned(workshop.program("bench")?);
    arguments(&mut command);
    let done = cost(&mut command, Duration::from_secs(seconds + 60)).await?.context("the yardstick does not end")?;
    serde_json::from_str(&done.output).context("the yardstick's answer")
}
