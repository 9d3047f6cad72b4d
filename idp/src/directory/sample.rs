//! The cast of this directory's tests: a directory on a temporary SQLite file, an operator, an agent as typed.

use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;
use tempfile::TempDir;

use super::{AgentDraft, ApplicationDraft, Directory, DirectorySettings, Mandate, ResetCodeLifetimes};
use crate::crypto::random::Random;
use crate::crypto::seal::Sealer;
use crate::crypto::short_code::ShortCodeKey;
use crate::domain::agent::{Agent, AgentRecord};
use crate::domain::audit::{Actor, EventFilter, RecordedEvent};
use crate::domain::secret::KeyBytes;
use crate::domain::soi::{Soi, SoiSyntax};
use crate::domain::time::{Clock, Timestamp};
use crate::outbox::Outbox;
use crate::storage::{DatabaseUrl, Store, StoreError, StoreSettings, Tx, audit, passwords};

/// 2026-11-22T10:00:00Z.
pub const START: i64 = 1_795_341_600;

/// A directory with nobody in it; the file goes when this is dropped.
pub struct Sample {
    pub directory: Directory,
    pub store: Store,
    pub clock: Clock,
    _folder: TempDir,
}

impl Sample {
    pub async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&StoreSettings {
            url: DatabaseUrl::Sqlite(folder.path().join("octroi.db")),
            create: true,
            read_connections: 2,
            write_connections: 2,
            busy_timeout: Duration::from_secs(5),
        })
        .await
        .unwrap();
        store.migrate().await.unwrap();
        let clock = Clock::manual(Timestamp::from_seconds(START));
        let settings = DirectorySettings {
            soi_syntax: SoiSyntax::new(SoiSyntax::DEFAULT).unwrap(),
            time_zone: TimeZone::get("Europe/Paris").unwrap(),
            activation_code_lifetime: Duration::from_hours(21 * 24),
            reset_codes: ResetCodeLifetimes {
                letter: Duration::from_hours(21 * 24),
                handed_over: Duration::from_hours(24),
            },
        };
        let key = KeyBytes::new(vec![7; 32]);
        let outbox = Outbox::new(Arc::new(Sealer::new(&key).unwrap()), Random::seeded(2), ShortCodeKey::new(&key));
        let directory = Directory::new(store.clone(), clock.clone(), Random::seeded(1), &key, outbox, settings);
        Self { directory, store, clock, _folder: folder }
    }

    /// Adds an agent who is like every other.
    pub async fn add(&self, soi: &str) -> Agent {
        self.directory.add_agent(&operator(), soi, &draft()).await.unwrap()
    }

    /// The agent has chosen a password, whatever it is.
    pub async fn set_password(&self, soi: &str) {
        let (soi, now) = (Soi::from_stored(soi.to_owned()), self.clock.now());
        let set = async |tx: &mut Tx| -> Result<(), StoreError> { passwords::set(tx, &soi, "phc", now).await };
        self.store.write(set).await.unwrap();
    }

    /// All audit rows, oldest first.
    pub async fn events(&self) -> Vec<RecordedEvent> {
        let filter = EventFilter { limit: 1000, ..EventFilter::default() };
        let mut events = self
            .store
            .read(async |tx: &mut Tx| -> Result<_, StoreError> { audit::search(tx, &filter).await })
            .await
            .unwrap();
        events.reverse();
        events
    }

    /// The acts of all audit rows, oldest first.
    pub async fn acts(&self) -> Vec<String> {
        self.events().await.into_iter().map(|e| e.act).collect()
    }
}

pub fn operator() -> Mandate {
    Mandate::of(Actor::LocalOperator { real: "root".into(), login: Some("alice".into()) })
}

pub fn rehearsal() -> Mandate {
    Mandate { dry_run: true, ..operator() }
}

pub fn draft() -> AgentDraft {
    AgentDraft {
        given_name: Some("Inès".into()),
        family_name: Some("Marchand".into()),
        email: Some("ines.marchand@ville.example".into()),
        department: Some("40".into()),
        ..AgentDraft::default()
    }
}

pub fn record(soi: &str) -> AgentRecord {
    draft().complete(&Soi::from_stored(soi.into()), None, &SoiSyntax::new(SoiSyntax::DEFAULT).unwrap()).unwrap()
}

pub fn application() -> ApplicationDraft {
    ApplicationDraft {
        name: Some("Portail".into()),
        redirect_uris: Some(vec!["https://portail.ville.example/callback".into()]),
        ..ApplicationDraft::default()
    }
}
