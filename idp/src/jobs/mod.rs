//! What happens without being asked: reloading what changed, sending what was queued, finishing an interrupted import, summing
//! up measurements, telling agents of passwords that end soon, forgetting what is over. Safe with many nodes.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::sync::{Mutex, watch};
use tokio::task::JoinSet;

use crate::crypto::blocklist::BlockedPasswords;
use crate::crypto::breach::BreachedPasswords;
use crate::crypto::keys::KeyRing;
use crate::crypto::seal::Sealer;
use crate::directory::{clear_imports, finish_imports};
use crate::domain::session::SessionPolicy;
use crate::domain::time::{Clock, Timestamp};
use crate::oauth::Applications;
use crate::outbox::delivery::Delivery;
use crate::storage::{
    Store, StoreError, Tx, activation, alarms, audit, budgets, channel_codes, codes, enrolment_permits, failures,
    manager_codes, markers, outbox as messages, reset_demands, resets, sessions, throttle,
};

pub mod expiry;
pub mod keys;
mod outbox;
#[cfg(test)]
mod tests;

use expiry::ExpiryWarnings;

/// How often the change markers are read: a change by the command line is seen within a second.
const POLL: Duration = Duration::from_millis(500);

/// How often what is over is deleted.
const PURGE: Duration = Duration::from_mins(10);

/// How often it is asked whether an import was interrupted, and how long one must have stood still: a living one writes
/// several portions a second.
const IMPORTS: Duration = Duration::from_secs(15);

/// How often measurements are summed up: a busy server makes a megabyte of them meanwhile.
const FIGURES: Duration = Duration::from_secs(5);

/// How often passwords that end soon are looked for. Each agent is told once a step, however often that is.
const WARNINGS: Duration = Duration::from_hours(1);

/// How often it is looked whether the file of breached passwords was replaced.
const BREACH_FILTER: Duration = Duration::from_secs(30);

/// Sessions, spent codes and the like are kept this long beyond the longest session that the configuration allows.
const KEEP_AFTER: Duration = Duration::from_hours(2 * 24);

/// Attempts to reset a password are over within the hour.
const KEEP_RESETS: Duration = Duration::from_hours(24);

/// How long the audit is kept (CNILL-01: six months to a year); the privacy notice says so to agents.
pub const AUDIT_MONTHS: u32 = 12;

const AUDIT_RETENTION: Duration = Duration::from_hours(366 * 24);

/// How long it can be looked up what became of a message.
const MESSAGE_RETENTION: Duration = Duration::from_hours(30 * 24);

/// What the jobs work on.
#[derive(Clone)]
pub struct Jobs {
    pub store: Store,
    pub clock: Clock,
    pub sealer: Arc<Sealer>,
    pub applications: Arc<ArcSwap<Applications>>,
    pub keys: Arc<ArcSwap<KeyRing>>,
    pub breached: BreachedPasswords,
    pub blocked: BlockedPasswords,
    /// Sends what was queued.
    pub delivery: Delivery,
    /// Changes when something was queued.
    pub bell: watch::Receiver<u64>,
    /// One reload at a time: what was read first must not be stored last.
    pub reloading: Arc<Mutex<()>>,
    /// How long sessions may last: none is forgotten before.
    pub sessions: SessionPolicy,
    pub warnings: ExpiryWarnings,
}

impl Jobs {
    /// Starts all jobs; they end when `stop` changes or is dropped.
    pub fn start(self, stop: &watch::Receiver<bool>) -> JoinSet<()> {
        let mut tasks = JoinSet::new();
        tasks.spawn(every(POLL, stop.clone(), Reload { jobs: self.clone(), seen: BTreeMap::new() }));
        tasks.spawn(every(IMPORTS, stop.clone(), Imports(self.clone())));
        tasks.spawn(every(FIGURES, stop.clone(), Figures));
        for medium in self.delivery.media() {
            tasks.spawn(outbox::courier(self.delivery.clone(), medium, self.bell.clone(), stop.clone()));
        }
        tasks.spawn(every(outbox::ROUND, stop.clone(), outbox::Round(self.delivery.clone())));
        tasks.spawn(every(BREACH_FILTER, stop.clone(), BreachFilter(self.breached.clone())));
        tasks.spawn(every(WARNINGS, stop.clone(), Warnings(self.clone())));
        tasks.spawn(every(PURGE, stop.clone(), Purge(self)));
        tasks
    }

    /// Reads everything again that can change under a running server (SIGHUP).
    pub async fn reload(&self) -> Result<(), keys::KeysError> {
        if let Err(error) = self.breached.refresh() {
            tracing::error!(%error, "the breach filter was not taken over; the one before stays in use");
        }
        if let Err(error) = self.blocked.refresh() {
            let why = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
            tracing::error!(%error, why, "the blocklist was not taken over; the one before stays in use");
        }
        self.reload_applications().await?;
        self.reload_keys().await
    }

    /// Reads the signing keys again.
    async fn reload_keys(&self) -> Result<(), keys::KeysError> {
        self.keys.store(Arc::new(keys::load(&self.store, &self.sealer).await?));
        Ok(())
    }

    /// Reads the applications again.
    pub async fn reload_applications(&self) -> Result<(), StoreError> {
        let _alone = self.reloading.lock().await;
        self.applications.store(Arc::new(load_applications(&self.store).await?));
        Ok(())
    }

    /// Finishes an import that was decided and interrupted; answers whether there was one.
    pub async fn finish_imports(&self) -> Result<bool, StoreError> {
        finish_imports(&self.store, &self.clock, IMPORTS).await
    }

    /// Deletes sessions, codes, messages and counts that are over, events past their retention, and what imports left behind.
    pub async fn purge(&self, now: Timestamp) -> Result<u64, StoreError> {
        let longest = self.sessions.internal.absolute.max(self.sessions.nomades.absolute);
        let before = now.minus(longest.saturating_add(KEEP_AFTER));
        clear_imports(&self.store, now).await?;
        self.store
            .write(async |tx: &mut Tx| -> Result<u64, StoreError> {
                messages::forget(tx, now).await?;
                Ok(sessions::purge(tx, before).await?
                    + codes::purge(tx, before).await?
                    + activation::purge(tx, before).await?
                    + manager_codes::purge(tx, before).await?
                    + alarms::purge(tx, now).await?
                    + channel_codes::purge(tx, now).await?
                    + resets::purge(tx, now.minus(KEEP_RESETS)).await?
                    + reset_demands::purge(tx, now).await?
                    + enrolment_permits::purge(tx, now).await?
                    + budgets::purge(tx, now).await?
                    + messages::purge(tx, now.minus(MESSAGE_RETENTION)).await?
                    + throttle::purge(tx, now).await?
                    + failures::purge(tx, now).await?
                    + audit::purge(tx, now.minus(AUDIT_RETENTION)).await?)
            })
            .await
    }
}

/// Every application, as a snapshot.
pub async fn load_applications(store: &Store) -> Result<Applications, StoreError> {
    use crate::storage::applications;
    let all = store.read(async |tx: &mut Tx| -> Result<_, StoreError> { applications::list(tx).await }).await?;
    Ok(Applications::new(all))
}

/// One turn of a job.
trait Turn: Send + 'static {
    fn name(&self) -> &'static str;
    fn turn(&mut self) -> impl Future<Output = Result<(), Box<dyn std::error::Error + Send + Sync>>> + Send;
}

async fn every(period: Duration, mut stop: watch::Receiver<bool>, mut job: impl Turn) {
    let mut ticks = tokio::time::interval(period);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            _ = stop.changed() => return,
        }
        // A failed turn is no end: the database may come back.
        if let Err(error) = job.turn().await {
            tracing::warn!(job = job.name(), error = %error, "a job failed and will run again");
        }
    }
}

struct Reload {
    jobs: Jobs,
    seen: BTreeMap<String, i64>,
}

impl Turn for Reload {
    fn name(&self) -> &'static str {
        "reload"
    }

    async fn turn(&mut self) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let jobs = &self.jobs;
        let found = jobs.store.read(async |tx: &mut Tx| -> Result<_, StoreError> { markers::list(tx).await }).await?;
        let changed = |topic: markers::Topic| self.seen.get(topic.as_str()) != found.get(topic.as_str());
        if changed(markers::Topic::Applications) {
            jobs.reload_applications().await?;
        }
        if changed(markers::Topic::SigningKeys) {
            jobs.reload_keys().await?;
        }
        self.seen = found;
        Ok(())
    }
}

struct Imports(Jobs);

impl Turn for Imports {
    fn name(&self) -> &'static str {
        "imports"
    }

    async fn turn(&mut self) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        if self.0.finish_imports().await? {
            tracing::info!("finished an import that was interrupted");
        }
        Ok(())
    }
}

struct Figures;

impl Turn for Figures {
    fn name(&self) -> &'static str {
        "figures"
    }

    async fn turn(&mut self) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        crate::telemetry::metrics().sum_up();
        Ok(())
    }
}

struct BreachFilter(BreachedPasswords);

impl Turn for BreachFilter {
    fn name(&self) -> &'static str {
        "breach filter"
    }

    async fn turn(&mut self) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        self.0.refresh()?;
        Ok(())
    }
}

struct Warnings(Jobs);

impl Turn for Warnings {
    fn name(&self) -> &'static str {
        "expiry warnings"
    }

    async fn turn(&mut self) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let Jobs { store, clock, warnings, .. } = &self.0;
        let told = warnings.queue_due(store, clock.now()).await?;
        if told > 0 {
            tracing::info!(agents = told, "queued warnings of passwords that end soon");
        }
        Ok(())
    }
}

struct Purge(Jobs);

impl Turn for Purge {
    fn name(&self) -> &'static str {
        "purge"
    }

    async fn turn(&mut self) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let deleted = self.0.purge(self.0.clock.now()).await?;
        if deleted > 0 {
            tracing::info!(rows = deleted, "deleted what is over");
        }
        Ok(())
    }
}
