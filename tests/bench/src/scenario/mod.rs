//! What is asked of a provider: discovery, JWKS, UserInfo, whole logins, and UserInfo beside a storm of logins.
//!
//! Each scenario warms up first; only what comes after counts.

pub mod fixed;
pub mod login;
pub mod tokens;
pub mod userinfo;

use std::rc::Rc;
use std::time::Duration;

use clap::ValueEnum;
use url::Url;

use self::fixed::Fixed;
use self::login::Login;
use self::userinfo::UserInfo;
use crate::load::{self, Job};
use crate::measure::{Consumed, Measured, watch};
use crate::provider::Provider;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Scenario {
    Discovery,
    Jwks,
    Userinfo,
    Login,
    /// UserInfo at a fixed rate beside a storm of logins.
    Mixed,
}

/// How much of it.
#[derive(Debug, Clone, Copy)]
pub struct Extent {
    pub duration: Duration,
    /// Connections, each with one request under way.
    pub concurrency: usize,
    /// The server's process, when it runs on this machine.
    pub pid: Option<u32>,
}

impl Extent {
    fn warm_up(self) -> Duration {
        (self.duration / 5).min(Duration::from_secs(2))
    }
}

/// GET of one address.
pub async fn fixed(url: &Url, extent: Extent) -> anyhow::Result<Measured> {
    run(Fixed::workers(url, extent.concurrency)?, extent).await
}

/// UserInfo with these tokens in turn.
pub async fn userinfo(url: &Url, tokens: &[String], extent: Extent) -> anyhow::Result<Measured> {
    run(UserInfo::workers(url, tokens, extent.concurrency)?, extent).await
}

/// UserInfo at a fixed rate, timed from the moment at which each request was due.
pub async fn userinfo_at(url: &Url, tokens: &[String], rate: u32, extent: Extent) -> anyhow::Result<Measured> {
    let workers = UserInfo::workers(url, tokens, OPEN_CONNECTIONS)?;
    let (workers, _) = load::open(workers, rate, extent.warm_up()).await?;
    let ((_, tally), consumed) = watch(extent.pid, load::open(workers, rate, extent.duration)).await?;
    Ok(Measured::of(tally, consumed))
}

/// Whole logins.
pub async fn logins(provider: &Rc<Provider>, extent: Extent) -> anyhow::Result<Measured> {
    run(Login::workers(provider, extent.concurrency), extent).await
}

/// Whole logins, and UserInfo at a fixed rate beside them: (logins, UserInfo).
pub async fn mixed(
    provider: &Rc<Provider>,
    tokens: &[String],
    rate: u32,
    extent: Extent,
) -> anyhow::Result<(Measured, Measured)> {
    let (logins, _) = load::closed(Login::workers(provider, extent.concurrency), extent.warm_up()).await?;
    let beside = UserInfo::workers(&provider.userinfo, tokens, OPEN_CONNECTIONS)?;
    let both =
        async { tokio::try_join!(load::closed(logins, extent.duration), load::open(beside, rate, extent.duration)) };
    let (((_, storm), (_, beside)), consumed) = watch(extent.pid, both).await?;
    Ok((Measured::of(storm, consumed), Measured::of(beside, Consumed::default())))
}

/// Connections of the open loop: enough that a request rarely waits for the one before it on its connection; when it does,
/// its wait counts.
const OPEN_CONNECTIONS: usize = 64;

async fn run<J: Job + 'static>(jobs: Vec<J>, extent: Extent) -> anyhow::Result<Measured> {
    let (jobs, _) = load::closed(jobs, extent.warm_up()).await?;
    let ((_, tally), consumed) = watch(extent.pid, load::closed(jobs, extent.duration)).await?;
    Ok(Measured::of(tally, consumed))
}
