//! node-oidc-provider behind `tests/bench/peers/node-oidc-provider/server.mjs`.

use std::rc::Rc;
use std::time::Duration;

use anyhow::Context as _;
use tokio::process::Command;
use tokio::time::Instant;
use url::Url;

use super::{PASSWORD, REDIRECT_URI, Workshop, free_port, secret_file};
use crate::process::{Server, pinned};
use crate::provider::{Provider, ProviderOptions};
use crate::report::progress;

const SECRET: &str = "a-secret-of-the-benchmark-that-guards-nothing";

/// Users that log in; the peer takes any name.
const USERS: u32 = 400;

/// Installs its packages as the lock file says, unless they are there.
pub async fn install(workshop: &Workshop) -> anyhow::Result<()> {
    let folder = workshop.peers.join("node-oidc-provider");
    if folder.join("node_modules/oidc-provider").exists() {
        return Ok(());
    }
    progress("installing node-oidc-provider");
    let mut npm = Command::new("npm");
    npm.args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(folder);
    let status = npm.status().await.context("npm is needed for the peer; --without-peer leaves it out")?;
    anyhow::ensure!(status.success(), "npm ci failed");
    Ok(())
}

/// Starts it; answers with it how long the first answer took.
pub async fn start(workshop: &Workshop) -> anyhow::Result<(Server, Rc<Provider>, Duration)> {
    let port = free_port()?;
    let mut command = pinned("node");
    command
        .arg(workshop.peers.join("node-oidc-provider/server.mjs"))
        .env("NODE_ENV", "production")
        .env("PORT", port.to_string())
        .env("CLIENT_SECRET", SECRET)
        .env("PASSWORD", PASSWORD)
        .env("REDIRECT_URI", REDIRECT_URI);
    let started = Instant::now();
    let mut server = Server::start(&mut command, &workshop.log("node-oidc-provider"))?;
    let discovery = Url::parse(&format!("http://127.0.0.1:{port}/.well-known/openid-configuration"))?;
    let took = server.first_answer(&discovery, started).await?;
    let secret = secret_file(&workshop.work.join("peer.secret"), SECRET)?;
    let password = secret_file(&workshop.work.join("peer.password"), PASSWORD)?;
    let options = ProviderOptions::of(discovery, (secret, password), 100_000, USERS);
    Ok((server, Provider::discover(options).await?, took))
}
