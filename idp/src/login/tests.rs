//! What only shows inside: a hash that follows its parameters, and a login that races with HR.

use std::sync::Arc;

use tempfile::TempDir;

use super::activation::{Activation, ActivationForm};
use super::password::Step;
use super::{Login, LoginSettings, Visit};
use crate::crypto::keyed::LookupKey;
use crate::crypto::password::{PasswordPool, PasswordSettings};
use crate::crypto::random::Random;
use crate::crypto::short_code::{PlainCode, ShortCodeKey};
use crate::domain::agent::{AgentRecord, Employment};
use crate::domain::audit::Contact;
use crate::domain::password_policy::PasswordPolicy;
use crate::domain::secret::{KeyBytes, PlainPassword, PlainToken};
use crate::domain::session::{SessionLimits, SessionPolicy};
use crate::domain::soi::{Soi, SoiSyntax};
use crate::domain::time::{Clock, Timestamp};
use crate::domain::zone::NetworkZone;
use crate::ephemeral::memory::Memory;
use crate::storage::activation::{NewCode, PURPOSE};
use crate::storage::{DatabaseUrl, Store, StoreError, StoreSettings, Tx, activation, agents, passwords};

const PASSWORD: &str = "Marronnier-Quai-1607!";

struct Place {
    login: Login,
    soi: Soi,
    _files: TempDir,
}

fn pool(iterations: u32) -> Arc<PasswordPool> {
    let settings = PasswordSettings { memory_kib: 19_456, iterations, parallelism: 1, threads: 1, queue: 8 };
    Arc::new(PasswordPool::new(settings, KeyBytes::new(vec![7; 32]), Random::seeded(2)).unwrap())
}

async fn place() -> Place {
    let files = tempfile::tempdir().unwrap();
    let settings = StoreSettings {
        url: DatabaseUrl::Sqlite(files.path().join("octroi.db")),
        create: true,
        read_connections: 2,
        write_connections: 2,
        busy_timeout: std::time::Duration::from_secs(5),
    };
    let store = Store::open(&settings).await.unwrap();
    store.migrate().await.unwrap();
    let (clock, random) = (Clock::manual(Timestamp::from_seconds(1_800_000_000)), Random::seeded(1));
    let master = KeyBytes::new(vec![9; 32]);
    let hour = std::time::Duration::from_hours(1);
    let limits = SessionLimits { absolute: 12 * hour, idle: 2 * hour };
    let login = Login {
        store,
        ephemeral: Arc::new(Memory::new(clock.clone())),
        clock,
        random,
        passwords: pool(2),
        lookup: LookupKey::new(&master),
        short_codes: ShortCodeKey::new(&master),
        settings: Arc::new(LoginSettings {
            soi_syntax: SoiSyntax::new(SoiSyntax::DEFAULT).unwrap(),
            policy: PasswordPolicy { min_length: 15, max_age: None, forbidden_words: vec![] },
            sessions: SessionPolicy { internal: limits, nomades: limits },
            time_zone: jiff::tz::TimeZone::UTC,
            preview_nomades: false,
        }),
    };
    let soi = Soi::from_stored("100001".to_owned());
    let place = Place { login, soi, _files: files };
    place.hire().await;
    place
}

impl Place {
    async fn hire(&self) {
        let (login, soi) = (&self.login, &self.soi);
        let record = AgentRecord {
            soi: soi.clone(),
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
        };
        let code = PlainCode::typed("K7QM-2F4X-9TWB");
        let now = login.clock.now();
        let expires_at = now.plus(std::time::Duration::from_hours(1));
        let code_hash = login.short_codes.digest(PURPOSE, soi.as_str(), &code);
        login
            .store
            .write(async |tx: &mut Tx| -> Result<(), StoreError> {
                agents::insert(tx, &record, &login.random.sub(), now).await?;
                activation::replace(tx, &NewCode { id: "code", soi, code_hash, expires_at }, now).await
            })
            .await
            .unwrap();
        let form = ActivationForm {
            soi: soi.to_string(),
            code: code.grouped(),
            new: PlainPassword::new(PASSWORD),
            again: PlainPassword::new(PASSWORD),
        };
        let (contact, browser) = (Contact::default(), PlainToken::new("browser"));
        assert_eq!(login.activate(form, visit(&contact, &browser)).await.unwrap(), Activation::Done);
    }

    async fn phc(&self) -> String {
        let store = &self.login.store;
        let find = async |tx: &mut Tx| -> Result<_, StoreError> { passwords::find(tx, &self.soi).await };
        store.read(find).await.unwrap().unwrap().phc
    }

    async fn log_in(&self, login: &Login) -> Step {
        let (contact, browser) = (Contact::default(), PlainToken::new("browser"));
        login.attempt(self.soi.as_str(), PlainPassword::new(PASSWORD), visit(&contact, &browser)).await.unwrap()
    }
}

fn visit<'a>(contact: &'a Contact, browser: &'a PlainToken) -> Visit<'a> {
    Visit { zone: NetworkZone::Internal, contact, browser, session: None }
}

#[tokio::test]
async fn a_login_stores_the_password_anew_when_the_parameters_have_changed() {
    let place = place().await;
    let before = place.phc().await;
    assert!(before.contains("t=2"), "{before}");

    let stronger = Login { passwords: pool(3), ..place.login.clone() };
    assert!(matches!(place.log_in(&stronger).await, Step::In(_)));

    let after = place.phc().await;
    assert!(after.contains("t=3"), "{after}");
    assert!(matches!(place.log_in(&stronger).await, Step::In(_)), "and it still opens");
    assert_eq!(place.phc().await, after, "the same parameters are left alone");
}

#[tokio::test]
async fn a_password_that_changed_while_it_was_verified_opens_no_session() {
    let place = place().await;
    let agent = place
        .login
        .store
        .read(async |tx: &mut Tx| -> Result<_, StoreError> { agents::find(tx, &place.soi).await })
        .await
        .unwrap()
        .unwrap();
    let (contact, browser) = (Contact::default(), PlainToken::new("browser"));
    let verified = passwords::StoredPassword { phc: "another".to_owned(), changed_at: place.login.clock.now() };
    let now = place.login.clock.now();
    let step = place.login.begin(&agent, &verified, None, &[0; 32], visit(&contact, &browser), now).await.unwrap();
    assert!(matches!(step, Step::WrongCredentials));
}
