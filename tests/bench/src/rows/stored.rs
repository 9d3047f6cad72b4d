//! Logins on a large database beside logins on a small one: both servers run, and are asked in turn.

use std::time::Duration;

use super::{Run, furnished};
use crate::measure::spread;
use crate::report::{Figures, progress};
use crate::scenario::{self, Extent};

const SMALL: u32 = 1_000;
const LARGE: u32 = 1_000_000;
const QUICK: u32 = 50_000;

pub async fn measure(run: &mut Run) -> anyhow::Result<()> {
    let large = if run.options.with_million() { LARGE } else { QUICK };
    let mut parties = Vec::new();
    for (name, rows) in [("small", SMALL), ("large", large)] {
        let installation = furnished(run, name).await?;
        progress(&format!("adding {rows} agents and sessions"));
        installation.fill(rows, rows).await?;
        let (server, _) = installation.start(&run.workshop, name).await?;
        parties.push((server, installation.provider().await?, Vec::new(), Vec::new()));
    }
    for round in 1..=run.options.rounds {
        progress(&format!("logins on both, round {round} of {}", run.options.rounds));
        for (server, provider, p50, rates) in &mut parties {
            // One after the other, so that the time of a login is no time in a queue.
            let alone =
                Extent { duration: Duration::from_secs(run.options.seconds()), concurrency: 1, pid: Some(server.pid) };
            p50.push(scenario::logins(provider, alone).await?.p50);
            let busy = Extent { concurrency: run.options.logins, ..alone };
            rates.push(scenario::logins(provider, busy).await?.rate);
        }
    }
    let mut medians = Vec::new();
    for ((server, _, p50, rates), rows) in parties.into_iter().zip([SMALL, large]) {
        server.stop().await?;
        medians.extend(spread(p50.iter().copied()).map(|spread| spread.median));
        let name = format!("one login, {rows} agents and sessions stored");
        run.table.plain(&name, &Figures::milliseconds(&p50), &Figures::text(""));
        run.table.rate(&format!("logins, {rows} agents and sessions stored"), &rates, &[], &[], "");
    }
    if let [small, large] = medians.as_slice() {
        let name = "a login there against a login here";
        run.table.plain(name, &Figures::text(&format!("{:.2} ×", large / small)), &Figures::text(""));
    }
    Ok(())
}
