//! One round: everybody acts, something is killed at a moment drawn by lot, it comes back, and then everything must be as
//! it was acknowledged.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context as _, Result, bail, ensure};
use tokio::task::JoinSet;

use crate::chance::Chance;
use crate::client::{Client, Once};
use crate::installation::{Account, CLIENTS, Cast, Installation};
use crate::ledger::Ledger;
use crate::operator::Operator;
use crate::process::Server;
use crate::records::Records;
use crate::report::Report;
use crate::settle;
use crate::site::Site;

/// What is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strike {
    /// Octroi alone.
    Server,
    /// The postmaster alone; its children find out. Octroi stays up and has to serve again.
    Postmaster,
    /// PostgreSQL with all its processes at once. Octroi stays up and has to serve again.
    Cluster,
    /// Both.
    Everything,
}

/// Every so many rounds the audit is also read by `octroictl`, and the engine examines its files.
const AUDIT_SEARCH: u32 = 8;
const EXAMINATION: u32 = 10;

/// One database, from the cast to its last round.
pub struct Generation<'a> {
    installation: &'a mut Installation,
    chance: Chance,
    site: Site,
    server: Option<Server>,
    clients: Vec<Client>,
    operator: Operator,
    ledger: Ledger,
    /// As it was when everything was last compared.
    known: Records,
}

impl<'a> Generation<'a> {
    /// A fresh database with its server.
    pub async fn begin(installation: &'a mut Installation, cast: &Cast, number: u32, seed: u64) -> Result<Self> {
        installation.begin_generation(number).await?;
        let mut server = installation.serve().await?;
        server.ready().await?;
        let ledger = Ledger::default();
        let mut findings = Vec::new();
        let known = installation.reader().await?.read(&mut findings).await?;
        ensure!(findings.is_empty(), "the cast itself is wrong: {findings:?}");
        ledger.begin(&known.counts);
        let stream = |who: &str| Chance::of(seed, &format!("generation {number} {who}"));
        let mut clients = Vec::with_capacity(CLIENTS);
        for (place, people) in cast.people.iter().enumerate() {
            let site = Site::visit(&installation.origin(), &cast.secrets).await;
            let chance = stream(&format!("client {place}"));
            clients.push(Client::new(place, site, chance, ledger.clone(), people.clone()));
        }
        let site = Site::visit(&installation.origin(), &cast.secrets).await;
        let operator = Operator::new(installation, stream("operator"), ledger.clone());
        let chance = stream("strikes");
        Ok(Self { installation, chance, site, server: Some(server), clients, operator, ledger, known })
    }

    /// Acts, kills, revives, compares.
    pub async fn round(&mut self, number: u32, report: &mut Report) -> Result<()> {
        let strike = self.draw_strike();
        self.play(strike).await.with_context(|| format!("{strike:?} was killed"))?;
        report.struck(strike);
        self.compare(report).await.with_context(|| format!("after {strike:?} was killed"))?;
        self.verify().await.with_context(|| format!("after {strike:?} was killed"))?;
        if number.is_multiple_of(AUDIT_SEARCH) {
            self.search_audit().await?;
        }
        if number.is_multiple_of(EXAMINATION) {
            self.installation.reader().await?.check().await?;
        }
        Ok(())
    }

    /// The last look, after a clean stop.
    pub async fn end(mut self, report: &mut Report) -> Result<()> {
        self.server.take().context("a server")?.stop().await?;
        self.compare(report).await.context("after a clean stop")?;
        self.installation.reader().await?.check().await?;
        let log = std::fs::read_to_string(self.installation.log())?;
        let panicked = log.lines().find(|line| line.contains("panicked") || line.contains("half-way"));
        ensure!(panicked.is_none(), "the server's log: {panicked:?}");
        Ok(())
    }

    fn draw_strike(&self) -> Strike {
        if self.installation.cluster.is_none() {
            return Strike::Server;
        }
        match self.chance.below(20) {
            0..10 => Strike::Server,
            10..13 => Strike::Postmaster,
            13..17 => Strike::Cluster,
            _ => Strike::Everything,
        }
    }

    async fn play(&mut self, strike: Strike) -> Result<()> {
        let task = {
            let (clients, chance) = (&mut self.clients, &self.chance);
            self.operator.draw(self.installation, || spare_account(clients, chance))?
        };
        let stop = Arc::new(AtomicBool::new(false));
        let mut acting = JoinSet::new();
        for mut client in self.clients.drain(..) {
            let stop = stop.clone();
            acting.spawn(async move {
                // Nobody goes on after an act without an answer.
                while !stop.load(Ordering::Relaxed) && client.act().await? {}
                anyhow::Ok(client)
            });
        }
        let moment = self.chance.millis(20..=250);
        let operator = &mut self.operator;
        let (installation, server, chance) = (&mut *self.installation, &mut self.server, &self.chance);
        let striking = async {
            server.as_mut().context("a server")?.run_for(moment).await?;
            strike_down(installation, server, strike).await?;
            stop.store(true, Ordering::Relaxed);
            revive(installation, server, strike, chance).await
        };
        let (worked, struck) = tokio::join!(operator.work(task), striking);
        while let Some(client) = acting.join_next().await {
            self.clients.push(client??);
        }
        self.clients.sort_by_key(|client| client.number);
        struck?;
        worked?;
        // The server may have lost its database and found it again.
        self.server.as_mut().context("a server")?.ready().await
    }

    /// What is known against what is stored.
    async fn compare(&mut self, report: &mut Report) -> Result<()> {
        let mut findings = Vec::new();
        self.installation.quiet().await?;
        let mut reader = self.installation.reader().await?;
        let records = reader.read(&mut findings).await?;
        let (newest, rows) = self.known.audit;
        let still = reader.rows_until(newest).await?;
        if still != rows {
            findings.push(format!("AUDIT: {rows} rows were there up to number {newest}, {still} are left"));
        }
        let outcome = self.ledger.settle(&records.counts, &self.known.counts, &mut findings);
        for client in &mut self.clients {
            settle::client(client, &records, &self.installation.lookup, &mut findings);
        }
        settle::operator(&mut self.operator, &records, &mut findings);
        report.compared(outcome);
        self.known = records;
        if !findings.is_empty() {
            bail!("{} findings:\n{}", findings.len(), findings.join("\n"));
        }
        Ok(())
    }

    async fn verify(&mut self) -> Result<()> {
        let suspended = self.operator.verify(&self.site, &self.known).await?;
        let sessions = self.clients.iter_mut().flat_map(|client| &mut client.sessions);
        for session in sessions.filter(|session| suspended.contains(&session.soi)) {
            (session.ended, session.unseen) = (Once::Done, true);
        }
        let known = Arc::new(std::mem::take(&mut self.known));
        let mut verifying = JoinSet::new();
        for mut client in self.clients.drain(..) {
            let known = known.clone();
            verifying.spawn(async move { client.verify(&known).await.map(|()| client) });
        }
        while let Some(client) = verifying.join_next().await {
            self.clients.push(client??);
        }
        self.clients.sort_by_key(|client| client.number);
        self.known = Arc::into_inner(known).context("all clients have ended")?;
        Ok(())
    }

    async fn search_audit(&self) -> Result<()> {
        let somebody = &self.clients[self.chance.below(CLIENTS)].accounts;
        let somebody = &somebody[self.chance.below(somebody.len())].soi;
        let mut findings = Vec::new();
        let records = self.installation.reader().await?.read(&mut findings).await?;
        ensure!(findings.is_empty(), "after the verification: {findings:?}");
        self.operator.search_audit(somebody, &records).await
    }
}

/// An account that its client can do without: whoever is suspended acts no more.
fn spare_account(clients: &mut [Client], chance: &Chance) -> Option<Account> {
    let client = &mut clients[chance.below(CLIENTS)];
    if client.accounts.len() < 2 {
        return None;
    }
    let account = client.accounts.remove(chance.below(client.accounts.len()));
    for session in client.sessions.iter_mut().filter(|session| session.soi == account.soi) {
        if session.ended == Once::NotYet {
            (session.ended, session.unseen) = (Once::InDoubt, true);
        }
    }
    Some(account)
}

async fn strike_down(installation: &mut Installation, server: &mut Option<Server>, strike: Strike) -> Result<()> {
    if matches!(strike, Strike::Server | Strike::Everything) {
        server.take().context("a server")?.kill().await?;
    }
    let cluster = installation.cluster.as_mut();
    match strike {
        Strike::Server => Ok(()),
        Strike::Postmaster => cluster.context("a cluster")?.kill(false).await,
        Strike::Cluster | Strike::Everything => cluster.context("a cluster")?.kill(true).await,
    }
}

async fn revive(
    installation: &mut Installation,
    server: &mut Option<Server>,
    strike: Strike,
    chance: &Chance,
) -> Result<()> {
    if strike != Strike::Server {
        installation.cluster.as_mut().context("a cluster")?.start().await?;
    }
    if server.is_some() {
        return Ok(());
    }
    installation.left_alone().await?;
    if chance.one_in(8) {
        // A second crash, in the middle of the start.
        let mut short = installation.serve().await?;
        short.run_for(chance.millis(0..=80)).await?;
        short.kill().await?;
    }
    let mut started = installation.serve().await?;
    started.ready().await?;
    *server = Some(started);
    Ok(())
}
