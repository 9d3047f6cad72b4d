//! A real provider over a temporary SQLite database, with the applications that the targets name; nobody is logged in.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use arc_swap::ArcSwap;
use jiff::tz::TimeZone;
use octroi_idp::crypto::hash::hash_token;
use octroi_idp::crypto::keys::{KeyRing, KeyUse, SigningKey, generate};
use octroi_idp::crypto::random::Random;
use octroi_idp::directory::ApplicationDraft;
use octroi_idp::domain::application::{Application, ApplicationRecord, ClientAuthMethod, SigningAlg};
use octroi_idp::domain::audit::Contact;
use octroi_idp::domain::ids::ClientId;
use octroi_idp::domain::password_policy::PasswordPolicies;
use octroi_idp::domain::secret::PlainToken;
use octroi_idp::domain::session::{SessionLimits, SessionPolicy};
use octroi_idp::domain::time::{Clock, Timestamp};
use octroi_idp::domain::zone::NetworkZone;
use octroi_idp::ephemeral::memory::Memory;
use octroi_idp::oauth::userinfo::VerifiedTokens;
use octroi_idp::oauth::{Applications, Caller, OauthSettings, Provider};
use octroi_idp::storage::applications::StoredApplication;
use octroi_idp::storage::{DatabaseUrl, Store, StoreSettings};
use tokio::runtime::{Builder, Runtime};

pub const ISSUER: &str = "https://login.ville.example";
/// Every confidential client's.
pub const SECRET: &str = "QmFzZTY0-url_secret_of_256_bits_in_43_chars";

pub struct Town {
    pub runtime: Runtime,
    pub provider: Provider,
    pub caller: Caller,
    /// Lives as long as the database in it.
    _directory: tempfile::TempDir,
}

pub static TOWN: LazyLock<Town> = LazyLock::new(|| {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let directory = tempfile::tempdir().unwrap();
    let settings = StoreSettings {
        url: DatabaseUrl::Sqlite(directory.path().join("octroi.db")),
        create: true,
        read_connections: 1,
        write_connections: 1,
        busy_timeout: Duration::from_secs(5),
    };
    let store = runtime.block_on(async {
        let store = Store::open(&settings).await.unwrap();
        store.migrate().await.unwrap();
        store
    });
    let (clock, random) = (Clock::manual(Timestamp::from_seconds(1_795_341_600)), Random::seeded(7));
    let made = generate(SigningAlg::ES256, &random).unwrap();
    let key = SigningKey::from_pkcs8(&made.kid, SigningAlg::ES256, &made.pkcs8).unwrap();
    let provider = Provider {
        store,
        ephemeral: Arc::new(Memory::new(clock.clone())),
        clock,
        random,
        keys: Arc::new(ArcSwap::from_pointee(KeyRing::new(vec![(key, KeyUse::Sign)]).unwrap())),
        applications: Arc::new(ArcSwap::from_pointee(Applications::new(applications()))),
        verified: VerifiedTokens::default(),
        settings: Arc::new(oauth_settings()),
    };
    let zone = NetworkZone::Internal;
    let contact = Contact { zone: Some(zone), ..Contact::default() };
    Town { runtime, provider, caller: Caller { zone, contact, session: None }, _directory: directory }
});

/// `portal` is confidential (basic), `webmail` too (post), `native` is public, `federation` waives PKCE.
fn applications() -> Vec<StoredApplication> {
    let at = Timestamp::from_seconds(0);
    ["portal", "webmail", "native", "federation"]
        .map(|client_id| {
            let record = record(client_id);
            let secret_hash = (!record.is_public()).then(|| hash_token(&PlainToken::new(SECRET)));
            let application = Application { record, version: 1, created_at: at, updated_at: at };
            StoredApplication { application, secret_hash }
        })
        .into()
}

pub fn record(client_id: &str) -> ApplicationRecord {
    let loopback = (client_id == "native").then(|| "http://127.0.0.1/cb".to_owned());
    let uris = [format!("https://{client_id}.ville.example/cb")].into_iter().chain(loopback);
    let draft = ApplicationDraft {
        name: Some(client_id.to_owned()),
        redirect_uris: Some(uris.collect()),
        public: Some(client_id == "native"),
        auth_method: (client_id == "webmail").then_some(ClientAuthMethod::ClientSecretPost),
        require_pkce: Some(client_id != "federation"),
        ..ApplicationDraft::default()
    };
    draft.complete(&ClientId::new(client_id), None).unwrap()
}

fn oauth_settings() -> OauthSettings {
    const HOUR: Duration = Duration::from_secs(3600);
    OauthSettings {
        issuer: ISSUER.into(),
        code_lifetime: Duration::from_secs(60),
        access_token_lifetime: Duration::from_secs(300),
        id_token_lifetime: Duration::from_secs(300),
        interaction_lifetime: Duration::from_secs(1800),
        internal_max_age: 4 * HOUR,
        sessions: SessionPolicy {
            internal: SessionLimits { absolute: 12 * HOUR, idle: 2 * HOUR },
            nomades: SessionLimits { absolute: 8 * HOUR, idle: HOUR },
        },
        passwords: PasswordPolicies::default(),
        time_zone: TimeZone::UTC,
        factors: octroi_idp::domain::factor_policies::FactorPolicies::default(),
        highest_acr: octroi_idp::domain::acr::Acr::Eidas2,
        preview_nomades: false,
    }
}
