//! Requests and logins per second, in rounds: within a round each server is asked in turn, so that what the machine does
//! meanwhile hits all of them; a ratio is taken within its round.

use std::fs;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use super::{Row, Run, furnished};
use crate::measure::Measured;
use crate::process::Server;
use crate::provider::Provider;
use crate::report::{Figures, progress};
use crate::scenario::{self, Extent};
use crate::servers::{peer, yardsticks};
use crate::yardstick::Loop;

/// UserInfo requests a second beside the storm.
const RATE: u32 = 200;

/// A provider that runs.
struct Party {
    name: &'static str,
    server: Server,
    provider: Rc<Provider>,
    /// Fresh ones in each round: they live for minutes.
    tokens: Vec<String>,
}

/// Everything that was measured of one row.
#[derive(Default)]
struct Rounds {
    octroi: Vec<Measured>,
    peer: Vec<Measured>,
    yardstick: Vec<Measured>,
}

impl Rounds {
    fn of(&mut self, party: &str) -> &mut Vec<Measured> {
        if party == OCTROI { &mut self.octroi } else { &mut self.peer }
    }
}

const OCTROI: &str = "Octroi";
const PEER: &str = "node-oidc-provider";

pub async fn measure(run: &mut Run, rows: &[Row]) -> anyhow::Result<()> {
    let has = |row: Row| rows.contains(&row);
    let installation = furnished(run, "octroi").await?;
    let copies: Vec<PathBuf> = ["verified", "statements"].map(|n| run.workshop.work.join(format!("{n}.db"))).into();
    for copy in &copies {
        fs::copy(installation.database(), copy)?;
    }
    let [for_verified, for_statements] = copies.as_slice() else { anyhow::bail!("two copies") };
    let (server, _) = installation.start(&run.workshop, "octroi").await?;
    let octroi = Party { name: OCTROI, server, provider: installation.provider().await?, tokens: Vec::new() };
    let mut parties = vec![octroi];
    if !run.options.without_peer {
        peer::install(&run.workshop).await?;
        let (server, provider, _) = peer::start(&run.workshop).await?;
        parties.push(Party { name: PEER, server, provider, tokens: Vec::new() });
    }
    let ours = parties.first().map(|party| party.provider.clone()).ok_or_else(|| anyhow::anyhow!("no provider"))?;
    let fixed = yardsticks::fixed(&run.workshop, &ours).await?;
    let sample = scenario::tokens::obtain(&ours, run.options.tokens()).await?;
    let verified = yardsticks::verified(&run.workshop, &ours, for_verified, &sample).await?;
    drop(sample);

    let seconds = run.options.seconds();
    let extent = |pid: u32, concurrency| Extent { duration: Duration::from_secs(seconds), concurrency, pid: Some(pid) };
    let (connections, at_a_time, storm) = (run.options.connections, run.options.logins, run.options.storm);
    let [mut discovery, mut jwks, mut userinfo, mut logins, mut quiet, mut beside, mut storms] =
        std::array::from_fn(|_| Rounds::default());
    let (mut hashes, mut statements) = (Vec::new(), Vec::new());
    for round in 1..=run.options.rounds {
        progress(&format!("round {round} of {}", run.options.rounds));
        let of_fixed = extent(fixed.server.pid, connections);
        if has(Row::Discovery) {
            discovery.yardstick.push(scenario::fixed(&fixed.discovery, of_fixed).await?);
            for party in &parties {
                let measured =
                    scenario::fixed(&party.provider.discovery, extent(party.server.pid, connections)).await?;
                discovery.of(party.name).push(measured);
            }
        }
        if has(Row::Jwks) {
            jwks.yardstick.push(scenario::fixed(&fixed.jwks, of_fixed).await?);
            for party in &parties {
                let measured = scenario::fixed(&party.provider.jwks, extent(party.server.pid, connections)).await?;
                jwks.of(party.name).push(measured);
            }
        }
        if has(Row::Userinfo) || has(Row::Mixed) {
            for party in &mut parties {
                party.tokens = scenario::tokens::obtain(&party.provider, run.options.tokens()).await?;
            }
        }
        if has(Row::Userinfo) {
            let of_verified = extent(verified.server.pid, connections);
            let measured = scenario::userinfo(&verified.userinfo, &verified.tokens, of_verified).await?;
            userinfo.yardstick.push(measured);
            for party in &parties {
                let (url, pid) = (&party.provider.userinfo, party.server.pid);
                let measured = scenario::userinfo(url, &party.tokens, extent(pid, connections)).await?;
                userinfo.of(party.name).push(measured);
            }
        }
        if has(Row::Login) {
            // Before and after Octroi's turn: hashing is what differs most between two moments of one machine.
            let half = seconds.div_ceil(2);
            let mut alone = yardsticks::hashing(&run.workshop, half).await?;
            for party in &parties {
                let measured = scenario::logins(&party.provider, extent(party.server.pid, at_a_time)).await?;
                if party.name == OCTROI {
                    alone = alone.and(yardsticks::hashing(&run.workshop, half).await?);
                }
                logins.of(party.name).push(measured);
            }
            hashes.push(alone);
            statements.push(yardsticks::statements(&run.workshop, for_statements, seconds).await?);
        }
        if has(Row::Mixed) {
            for party in &parties {
                let (url, pid) = (&party.provider.userinfo, party.server.pid);
                let measured = scenario::userinfo_at(url, &party.tokens, RATE, extent(pid, 0)).await?;
                quiet.of(party.name).push(measured);
                let (stormed, asked) =
                    scenario::mixed(&party.provider, &party.tokens, RATE, extent(pid, storm)).await?;
                storms.of(party.name).push(stormed);
                beside.of(party.name).push(asked);
            }
        }
    }
    for party in parties {
        party.server.stop().await?;
    }
    fixed.server.stop().await?;
    verified.server.stop().await?;

    let tokens = run.options.tokens();
    per_second(run, "discovery", "bare axum", &discovery);
    per_second(run, "JWKS", "bare axum", &jwks);
    per_second(run, &format!("UserInfo, {tokens} tokens"), "axum, one signature, one row", &userinfo);
    let rates = |measured: &[Measured]| measured.iter().map(|m| m.rate).collect::<Vec<_>>();
    if has(Row::Login) {
        let name = format!("whole logins, {at_a_time} at a time");
        details(run, &name, "", &logins);
        let per_second = |loops: &[Loop]| loops.iter().map(|done| done.per_second()).collect::<Vec<_>>();
        let alone = per_second(&hashes);
        run.table.rate(&name, &rates(&logins.octroi), &alone, &rates(&logins.peer), "argon2id alone");
        let each = |measured: &[Measured]| measured.iter().filter_map(|m| Some(m.cpu? / 1000.0)).collect::<Vec<_>>();
        let of_hash: Vec<f64> = hashes.iter().map(|done| done.each()).collect();
        run.table.cost(
            "processor time of a login",
            &each(&logins.octroi),
            &of_hash,
            &each(&logins.peer),
            "argon2id alone",
        );
        run.table.rate("SQL of a login, alone", &[], &per_second(&statements), &[], "one login after the other");
    }
    if has(Row::Mixed) {
        details(run, "UserInfo at 200/s, quiet", "", &quiet);
        details(run, "UserInfo at 200/s beside a login storm", "", &beside);
        details(run, &format!("login storm, {storm} at a time"), "", &storms);
        let p99 = |measured: &[Measured]| measured.iter().map(|m| m.p99).collect::<Vec<_>>();
        let name = "UserInfo at 200/s, p99, quiet";
        run.table.plain(name, &Figures::milliseconds(&p99(&quiet.octroi)), &Figures::milliseconds(&p99(&quiet.peer)));
        let name = format!("UserInfo at 200/s, p99, beside {storm} logins at a time");
        run.table.plain(
            &name,
            &Figures::milliseconds(&p99(&beside.octroi)),
            &Figures::milliseconds(&p99(&beside.peer)),
        );
        run.table.rate(
            &format!("logins of that storm, {storm} at a time"),
            &rates(&storms.octroi),
            &[],
            &rates(&storms.peer),
            "",
        );
    }
    Ok(())
}

fn per_second(run: &mut Run, name: &str, yardstick: &str, rounds: &Rounds) {
    let rates = |measured: &[Measured]| measured.iter().map(|m| m.rate).collect::<Vec<_>>();
    if rounds.octroi.is_empty() {
        return;
    }
    details(run, name, yardstick, rounds);
    run.table.rate(name, &rates(&rounds.octroi), &rates(&rounds.yardstick), &rates(&rounds.peer), yardstick);
}

/// Every figure of the round whose rate is the median; errors of all rounds.
fn details(run: &mut Run, name: &str, yardstick: &str, rounds: &Rounds) {
    let all = [(OCTROI, &rounds.octroi), (yardstick, &rounds.yardstick), (PEER, &rounds.peer)];
    for (who, measured) in all {
        let mut sorted: Vec<&Measured> = measured.iter().collect();
        sorted.sort_by(|a, b| a.rate.total_cmp(&b.rate));
        let Some(median) = sorted.get(sorted.len() / 2) else { continue };
        let errors = measured.iter().map(|m| m.errors).sum();
        let first_error = measured.iter().find_map(|m| m.first_error.clone());
        run.detail.add(&format!("{name}: {who}"), &Measured { errors, first_error, ..(*median).clone() });
    }
}
