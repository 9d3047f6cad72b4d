//! Start, memory and size: what a server costs before anybody asks for anything, and in a storm.

use std::time::Duration;

use anyhow::Context as _;
use tokio::time::{Instant, sleep_until};

use super::{Run, furnished};
use crate::process;
use crate::report::{Figures, mebibytes, progress};
use crate::scenario::{self, Extent};
use crate::servers::octroi::bytes;
use crate::servers::peer;

const STARTS: usize = 20;

/// A server that has been left alone for this long is at rest.
const AT_REST: Duration = Duration::from_secs(10);

/// From exec to the first 200 of discovery, on a database that exists.
pub async fn start(run: &mut Run) -> anyhow::Result<()> {
    let installation = furnished(run, "start").await?;
    progress(&format!("{STARTS} starts"));
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for number in 0..STARTS {
        let (server, took) = installation.start(&run.workshop, "start").await?;
        server.stop().await?;
        ours.push(took.as_secs_f64() * 1000.0);
        // The peer's start is an orientation: three are enough.
        if number < 3 && !run.options.without_peer {
            peer::install(&run.workshop).await?;
            let (server, _, took) = peer::start(&run.workshop).await?;
            server.stop().await?;
            theirs.push(took.as_secs_f64() * 1000.0);
        }
    }
    let name = format!("first answer after start, {STARTS} starts");
    run.table.plain(&name, &Figures::milliseconds(&ours), &Figures::milliseconds(&theirs));
    Ok(())
}

/// A fresh server at rest, then in a storm of logins.
pub async fn memory(run: &mut Run) -> anyhow::Result<()> {
    let installation = furnished(run, "memory").await?;
    progress("memory at rest and in a storm");
    let (mut rest, mut storm) = ([None, None], [None, None]);
    let (server, _) = installation.start(&run.workshop, "memory").await?;
    let mut parties = vec![(server, installation.provider().await?)];
    if !run.options.without_peer {
        peer::install(&run.workshop).await?;
        let (server, provider, _) = peer::start(&run.workshop).await?;
        parties.push((server, provider));
    }
    sleep_until(Instant::now() + AT_REST).await;
    let seconds = Duration::from_secs(run.options.seconds() * 2);
    for (place, (server, provider)) in parties.into_iter().enumerate() {
        let pid = server.pid;
        let at_rest = process::memory(pid).context("the server is gone")?;
        let extent = Extent { duration: seconds, concurrency: run.options.storm, pid: Some(pid) };
        let measured = scenario::logins(&provider, extent).await?;
        let high = process::memory(pid).context("the server is gone")?;
        server.stop().await?;
        if let (Some(rest), Some(storm)) = (rest.get_mut(place), storm.get_mut(place)) {
            *rest = Some(at_rest.resident);
            *storm = Some(high.peak);
        }
        if let Some(error) = measured.first_error {
            run.notes.push(format!("In the storm for memory, {} errors, the first: {error}", measured.errors));
        }
    }
    let text = |kib: Option<u64>| Figures::text(&kib.map_or_else(String::new, mebibytes));
    run.table.plain("memory at rest, 10 s after start", &text(rest[0]), &text(rest[1]));
    run.table.plain("memory, the most in a login storm", &text(storm[0]), &text(storm[1]));
    Ok(())
}

/// The server's program as it was built; its debug lines are in it.
pub fn binary(run: &mut Run) -> anyhow::Result<()> {
    let program = run.workshop.program("octroi")?;
    let whole = bytes(&program)? / 1024;
    let stripped = run.workshop.work.join("octroi.stripped");
    let done = std::process::Command::new("strip").arg("-o").arg(&stripped).arg(&program).status();
    let mut text = format!("{} as built", mebibytes(whole));
    if done.is_ok_and(|status| status.success()) {
        text = format!("{text}, {} stripped", mebibytes(bytes(&stripped)? / 1024));
    }
    run.table.plain("size of the program `octroi`", &Figures::text(&text), &Figures::text(""));
    Ok(())
}
