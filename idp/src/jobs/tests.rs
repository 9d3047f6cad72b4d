//! What is forgotten, and what never is.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use tempfile::TempDir;

use super::expiry::ExpiryWarnings;
use super::{Jobs, load_applications};
use crate::crypto::blocklist::BlockedPasswords;
use crate::crypto::breach::BreachedPasswords;
use crate::crypto::keys::KeyRing;
use crate::crypto::random::Random;
use crate::crypto::seal::Sealer;
use crate::crypto::short_code::ShortCodeKey;
use crate::domain::acr::AuthenticationMethod;
use crate::domain::agent::{AgentRecord, Employment};
use crate::domain::audit::{Actor, Contact};
use crate::domain::ids::{Sid, Sub};
use crate::domain::password_policy::PasswordPolicies;
use crate::domain::secret::{KeyBytes, TokenHash};
use crate::domain::session::{Session, SessionLimits, SessionPolicy};
use crate::domain::soi::Soi;
use crate::domain::time::{Clock, Timestamp};
use crate::domain::zone::NetworkZone;
use crate::notify::{Names, Support, Words};
use crate::outbox::Outbox;
use crate::outbox::delivery::Delivery;
use crate::storage::imports::{self, Kind, Line};
use crate::storage::{DatabaseUrl, Store, StoreError, StoreSettings, Tx, agents, sessions};

const DAY: Duration = Duration::from_hours(24);

async fn jobs(policy: SessionPolicy) -> (Jobs, TempDir) {
    let files = tempfile::tempdir().unwrap();
    let settings = StoreSettings {
        url: DatabaseUrl::Sqlite(files.path().join("octroi.db")),
        create: true,
        read_connections: 2,
        write_connections: 2,
        busy_timeout: Duration::from_secs(5),
    };
    let store = Store::open(&settings).await.unwrap();
    store.migrate().await.unwrap();
    let jobs = Jobs {
        clock: Clock::manual(Timestamp::from_seconds(1_800_000_000)),
        sealer: Arc::new(Sealer::new(&KeyBytes::new(vec![9; 32])).unwrap()),
        applications: Arc::new(ArcSwap::from_pointee(load_applications(&store).await.unwrap())),
        keys: Arc::new(ArcSwap::from_pointee(KeyRing::new(Vec::new()).unwrap())),
        breached: BreachedPasswords::default(),
        blocked: BlockedPasswords::default(),
        delivery: delivery(&store),
        bell: tokio::sync::watch::channel(0).1,
        reloading: Arc::default(),
        sessions: policy,
        warnings: ExpiryWarnings {
            policies: PasswordPolicies::default(),
            time_zone: jiff::tz::TimeZone::UTC,
            outbox: Outbox::new(
                Arc::new(Sealer::new(&KeyBytes::new(vec![9; 32])).unwrap()),
                Random::seeded(3),
                ShortCodeKey::new(&KeyBytes::new(vec![9; 32])),
            ),
        },
        store,
    };
    (jobs, files)
}

/// Without a way to send anything.
fn delivery(store: &Store) -> Delivery {
    let names = Names {
        product: "Octroi".to_owned(),
        organisation: "Ville".to_owned(),
        issuer: "https://login.ville.example".to_owned(),
        support: Support { name: "Support".to_owned(), phone: None, hours: None },
        time_zone: jiff::tz::TimeZone::UTC,
    };
    Delivery {
        store: store.clone(),
        clock: Clock::manual(Timestamp::from_seconds(1_800_000_000)),
        random: Random::system(),
        sealer: Arc::new(Sealer::new(&KeyBytes::new(vec![9; 32])).unwrap()),
        words: Words::new(names),
        ways: Arc::default(),
        shut: Arc::default(),
    }
}

fn camille() -> AgentRecord {
    AgentRecord {
        soi: Soi::from_stored("100001".to_owned()),
        given_name: "Camille".to_owned(),
        family_name: "Essai".to_owned(),
        email: "camille@ville.example".to_owned(),
        recovery_email: None,
        mobile: None,
        department: None,
        position: None,
        manager: None,
        employment: Employment::Active,
        start_date: None,
        end_date: None,
    }
}

async fn log_in(jobs: &Jobs) -> Session {
    let record = camille();
    let soi = record.soi.clone();
    let now = jobs.clock.now();
    let session = Session {
        sid: Sid::new("s"),
        soi,
        login_zone: NetworkZone::Internal,
        authentication: AuthenticationMethod::password(),
        second: None,
        is_postponed: false,
        auth_time: now,
        last_seen_at: now,
        ended_at: None,
    };
    let insert = async |tx: &mut Tx| -> Result<(), StoreError> {
        agents::insert(tx, &record, &Sub::new("sub"), now).await?;
        sessions::insert(tx, &session, &TokenHash::from_digest([1; 32]), &Contact::default()).await
    };
    jobs.store.write(insert).await.unwrap();
    session
}

#[tokio::test]
async fn a_session_within_its_limits_is_never_purged() {
    let limits = |days: u32| SessionLimits { absolute: DAY * days, idle: DAY * days / 2 };
    let policies = [
        SessionPolicy { internal: limits(30), nomades: limits(1) },
        SessionPolicy { internal: limits(1), nomades: limits(30) },
        SessionPolicy { internal: limits(2), nomades: limits(1) },
    ];
    for policy in policies {
        let (jobs, _files) = jobs(policy).await;
        let session = log_in(&jobs).await;
        let find = async |tx: &mut Tx| -> Result<_, StoreError> { sessions::find(tx, &session.sid).await };
        let last = policy.internal.absolute.max(policy.nomades.absolute);
        jobs.purge(session.auth_time.plus(last)).await.unwrap();
        assert!(jobs.store.read(find).await.unwrap().is_some(), "{policy:?}");
        jobs.purge(session.auth_time.plus(last + 3 * DAY)).await.unwrap();
        assert!(jobs.store.read(find).await.unwrap().is_none(), "and then it goes: {policy:?}");
    }
}

#[tokio::test]
async fn a_decided_import_that_stands_still_is_finished_and_a_living_one_is_left_alone() {
    let limits = SessionLimits { absolute: DAY, idle: DAY };
    let (jobs, _files) = jobs(SessionPolicy { internal: limits, nomades: limits }).await;
    let (record, now) = (camille(), jobs.clock.now());
    let soi = record.soi.clone();
    let line = Line {
        nth: 1,
        kind: Kind::Added,
        act: "agent.added",
        record,
        sub: Some(Sub::new("sub")),
        version: None,
        shut_out: None,
        detail: serde_json::json!({}),
    };
    let decide = async |tx: &mut Tx| -> Result<bool, StoreError> {
        let run = imports::create(tx, &Actor::System, now).await?;
        imports::stage(tx, run, std::slice::from_ref(&line)).await?;
        imports::decide(tx, run, 1, &serde_json::Map::new(), now).await
    };
    assert!(jobs.store.write(decide).await.unwrap());
    let find = async |tx: &mut Tx| -> Result<_, StoreError> { agents::find(tx, &soi).await };
    jobs.clock.advance(Duration::from_secs(5));
    assert!(!jobs.finish_imports().await.unwrap());
    assert!(jobs.store.read(find).await.unwrap().is_none());
    jobs.clock.advance(Duration::from_secs(15));
    assert!(jobs.finish_imports().await.unwrap());
    assert!(jobs.store.read(find).await.unwrap().is_some());
    assert!(!jobs.finish_imports().await.unwrap(), "once");
}
