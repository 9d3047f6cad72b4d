//! A small town for the unit tests of `oauth`: a provider over a temporary database, with its cast.
//!
//! Inès Marchand (100001) and Marc Petit (100002) work here. `portal` is confidential (basic), `webmail` too (post),
//! `native` is public, `federation` is confidential, waives PKCE and takes ID tokens with RS256, `vault` opens from
//! `internal` only. The clock stands still until a test moves it.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::tz::TimeZone;
use serde_json::{Map, Value};

use super::authorize::{AuthorizationResponse, AuthorizeStep};
use super::token::{TokenError, TokenResponse};
use super::userinfo::VerifiedTokens;
use super::{Applications, Caller, OauthSettings, Params, Provider};
use crate::crypto::hash::hash_token;
use crate::crypto::keys::{KeyRing, KeyUse, SigningKey, generate};
use crate::crypto::random::Random;
use crate::domain::acr::{Acr, AuthenticationMethod};
use crate::domain::agent::{Agent, AgentRecord, Employment};
use crate::domain::application::{Application, ApplicationRecord, ClientAuthMethod, SigningAlg};
use crate::domain::audit::{Contact, EventFilter, RecordedEvent};
use crate::domain::factor::{GivenFactor, Proof};
use crate::domain::ids::{ClientId, Sid, Sub};
use crate::domain::password_policy::PasswordPolicy;
use crate::domain::role::Roles;
use crate::domain::secret::PlainToken;
use crate::domain::session::{Session, SessionLimits, SessionPolicy};
use crate::domain::soi::Soi;
use crate::domain::time::{Clock, Timestamp};
use crate::domain::zone::NetworkZone;
use crate::ephemeral::memory::Memory;
use crate::storage::applications::StoredApplication;
use crate::storage::totp_devices::TotpDevice;
use crate::storage::{self, DatabaseUrl, Store, StoreError, StoreSettings, Tx};

pub(crate) const ISSUER: &str = "https://login.ville.example";
/// Every confidential client's.
pub(crate) const SECRET: &str = "QmFzZTY0-url_secret_of_256_bits_in_43_chars";
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(crate) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
pub(crate) const INES: &str = "100001";
pub(crate) const MARC: &str = "100002";
const HOUR: Duration = Duration::from_secs(3600);

/// An application with the usual answers to everything.
pub(crate) fn application(client_id: &str) -> ApplicationRecord {
    ApplicationRecord {
        client_id: ClientId::new(client_id),
        name: format!("Application {client_id}"),
        redirect_uris: vec![redirect_uri(client_id)],
        post_logout_redirect_uris: vec![format!("https://{client_id}.ville.example/bye")],
        home_uri: None,
        token_endpoint_auth_method: ClientAuthMethod::ClientSecretBasic,
        grant_types: vec!["authorization_code".into()],
        scopes: ["openid", "profile", "email", "phone", "agent"].map(String::from).to_vec(),
        zones: vec![NetworkZone::Internal, NetworkZone::Nomades],
        waiver_possible: false,
        departments: vec![],
        min_acr: None,
        id_token_signed_response_alg: SigningAlg::ES256,
        zone_in_id_token: true,
        require_pkce: true,
        disabled: false,
    }
}

pub(crate) fn redirect_uri(client_id: &str) -> String {
    format!("https://{client_id}.ville.example/cb")
}

/// The same with [`SECRET`], unless it is public.
pub(crate) fn stored(record: ApplicationRecord) -> StoredApplication {
    let secret_hash = (!record.is_public()).then(|| hash_token(&PlainToken::new(SECRET)));
    let at = Timestamp::from_seconds(0);
    StoredApplication { application: Application { record, version: 1, created_at: at, updated_at: at }, secret_hash }
}

/// Inès Marchand.
pub(crate) fn agent() -> Agent {
    let at = Timestamp::from_seconds(1_700_000_000);
    Agent {
        sub: Sub::new("sub-of-ines"),
        record: person(INES, "Inès", "Marchand"),
        roles: Roles::default(),
        is_manager: false,
        version: 1,
        created_at: at,
        updated_at: at,
    }
}

fn person(soi: &str, given_name: &str, family_name: &str) -> AgentRecord {
    AgentRecord {
        soi: Soi::from_stored(soi.into()),
        given_name: given_name.into(),
        family_name: family_name.into(),
        email: format!("{}@ville.example", family_name.to_lowercase()),
        recovery_email: None,
        mobile: Some("+33600000001".into()),
        department: Some("40".into()),
        position: Some("Cartographer".into()),
        manager: None,
        employment: Employment::Active,
        start_date: None,
        end_date: None,
    }
}

/// The parameters of an authorization request, changed by hand.
pub(crate) struct Ask(Vec<(String, String)>);

impl Ask {
    /// A request that nothing is wrong with.
    pub fn of(client_id: &str) -> Self {
        Self(Vec::new())
            .with("response_type", "code")
            .with("client_id", client_id)
            .with("redirect_uri", &redirect_uri(client_id))
            .with("scope", "openid profile agent")
            .with("state", "st/até&=")
            .with("nonce", "n-0S6_WzA2Mj")
            .with("code_challenge", CHALLENGE)
            .with("code_challenge_method", "S256")
    }

    /// Sets a parameter.
    pub fn with(self, name: &str, value: &str) -> Self {
        self.without(name).twice(name, value)
    }

    /// Adds a parameter that may be there already.
    pub fn twice(mut self, name: &str, value: &str) -> Self {
        self.0.push((name.into(), value.into()));
        self
    }

    pub fn without(mut self, name: &str) -> Self {
        self.0.retain(|(n, _)| n != name);
        self
    }

    pub fn params(&self) -> Params {
        Params::from_pairs(self.0.clone())
    }
}

/// A provider with its database.
pub(crate) struct Town {
    pub provider: Provider,
    pub clock: Clock,
    directory: tempfile::TempDir,
}

impl Town {
    pub async fn new() -> Self {
        Self::with_keys(&[SigningAlg::ES256]).await
    }

    /// Making an RSA key takes a moment: only where it is needed.
    pub async fn with_keys(algs: &[SigningAlg]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let settings = StoreSettings {
            url: DatabaseUrl::Sqlite(directory.path().join("octroi.db")),
            create: true,
            read_connections: 4,
            write_connections: 1,
            busy_timeout: Duration::from_secs(30),
        };
        let store = Store::open(&settings).await.unwrap();
        store.migrate().await.unwrap();
        // 2026-11-22 11:00 in Paris.
        let clock = Clock::manual(Timestamp::from_seconds(1_795_341_600));
        let random = Random::seeded(7);
        let key = |alg: &SigningAlg| {
            let made = generate(*alg, &random).unwrap();
            (SigningKey::from_pkcs8(&made.kid, *alg, &made.pkcs8).unwrap(), KeyUse::Sign)
        };
        let provider = Provider {
            store,
            ephemeral: Arc::new(Memory::new(clock.clone())),
            clock: clock.clone(),
            keys: Arc::new(ArcSwap::from_pointee(KeyRing::new(algs.iter().map(key).collect()).unwrap())),
            random,
            applications: Arc::new(ArcSwap::from_pointee(Applications::default())),
            verified: VerifiedTokens::default(),
            settings: Arc::new(settings_of_the_town()),
        };
        let town = Self { provider, clock, directory };
        town.populate().await;
        town
    }

    /// The same town under other settings.
    pub fn configured(mut self, change: impl FnOnce(&mut OauthSettings)) -> Self {
        let mut settings = (*self.provider.settings).clone();
        change(&mut settings);
        self.provider.settings = Arc::new(settings);
        self
    }

    /// The same town, where nobody waits for the database longer than this.
    pub async fn impatient(mut self, busy_timeout: Duration) -> Self {
        let url = DatabaseUrl::Sqlite(self.directory.path().join("octroi.db"));
        let settings = StoreSettings { url, create: false, read_connections: 4, write_connections: 1, busy_timeout };
        self.provider.store = Store::open(&settings).await.unwrap();
        self
    }

    async fn populate(&self) {
        for record in [person(INES, "Inès", "Marchand"), person(MARC, "Marc", "Petit")] {
            let sub = self.provider.random.sub();
            let now = self.clock.now();
            self.write(async |tx: &mut Tx| {
                storage::agents::insert(tx, &record, &sub, now).await?;
                storage::passwords::set(tx, &record.soi, "$argon2id$", now).await
            })
            .await;
        }
        let with = |id: &str, change: fn(&mut ApplicationRecord)| {
            let mut record = application(id);
            change(&mut record);
            record
        };
        self.register(with("portal", |_| {})).await;
        self.register(with("webmail", |r| r.token_endpoint_auth_method = ClientAuthMethod::ClientSecretPost)).await;
        self.register(with("native", |r| r.token_endpoint_auth_method = ClientAuthMethod::None)).await;
        self.register(with("vault", |r| r.zones = vec![NetworkZone::Internal])).await;
        self.register(with("federation", |r| {
            r.require_pkce = false;
            r.zone_in_id_token = false;
            r.id_token_signed_response_alg = SigningAlg::RS256;
        }))
        .await;
    }

    /// Runs storage work that must succeed.
    pub async fn write<T, F>(&self, work: F) -> T
    where
        F: for<'t> storage::Work<'t, T, StoreError>,
    {
        self.provider.store.write(work).await.unwrap()
    }

    /// Registers an application, or replaces its registration, and reloads the snapshot.
    pub async fn register(&self, record: ApplicationRecord) {
        let new = stored(record);
        let (record, hash, now) = (&new.application.record, new.secret_hash.as_ref(), self.clock.now());
        self.write(async |tx: &mut Tx| match storage::applications::find(tx, &record.client_id).await? {
            None => storage::applications::insert(tx, record, hash, now).await,
            Some(old) => storage::applications::update(tx, record, hash, old.application.version, now).await.map(drop),
        })
        .await;
        self.reload().await;
    }

    pub async fn reload(&self) {
        let all = self.write(async |tx: &mut Tx| storage::applications::list(tx).await).await;
        self.provider.applications.store(Arc::new(Applications::new(all)));
    }

    /// Changes what HR says about an agent.
    pub async fn change(&self, soi: &str, change: impl Fn(&mut AgentRecord) + Send + Sync) {
        let (soi, now) = (Soi::from_stored(soi.into()), self.clock.now());
        self.write(async |tx: &mut Tx| {
            let mut agent = storage::agents::find(tx, &soi).await?.unwrap();
            change(&mut agent.record);
            storage::agents::update(tx, &agent.record, agent.version, now).await.map(drop)
        })
        .await;
    }

    pub async fn agent(&self, soi: &str) -> Agent {
        let soi = Soi::from_stored(soi.into());
        self.write(async |tx: &mut Tx| storage::agents::find(tx, &soi).await).await.unwrap()
    }

    /// The agent logs in now.
    pub async fn login(&self, soi: &str, zone: NetworkZone) -> Session {
        self.begin(soi, zone, None).await
    }

    /// The agent logs in now and gives a second factor.
    pub async fn login_with(&self, soi: &str, zone: NetworkZone, proof: Proof) -> Session {
        self.begin(soi, zone, Some(proof)).await
    }

    /// Gives an agent an authenticator application, whose codes nobody asks for here.
    pub async fn enrol_totp(&self, soi: &str) {
        let (soi, now) = (Soi::from_stored(soi.into()), self.clock.now());
        let device = TotpDevice {
            id: self.provider.random.uuid(),
            name: "Téléphone".into(),
            sealed: vec![0; 32],
            last_step: 0,
            created_at: now,
            last_used_at: None,
        };
        assert!(self.write(async |tx: &mut Tx| storage::totp_devices::insert(tx, &soi, &device).await).await);
    }

    async fn begin(&self, soi: &str, zone: NetworkZone, proof: Option<Proof>) -> Session {
        let (random, now) = (&self.provider.random, self.clock.now());
        let password = AuthenticationMethod::password();
        let session = Session {
            sid: Sid::new(random.uuid()),
            soi: Soi::from_stored(soi.into()),
            login_zone: zone,
            authentication: proof.map_or_else(|| password.clone(), |proof| password.with(proof)),
            second: proof.map(|proof| GivenFactor { factor: proof.factor(), at: now, until: proof.until(now) }),
            is_postponed: false,
            auth_time: self.clock.now(),
            last_seen_at: self.clock.now(),
            ended_at: None,
        };
        let cookie = hash_token(&random.token());
        self.write(async |tx: &mut Tx| storage::sessions::insert(tx, &session, &cookie, &Contact::default()).await)
            .await;
        session
    }

    pub async fn authorize(&self, ask: &Ask, caller: &Caller) -> AuthorizeStep {
        self.provider.authorize(&ask.params(), false, caller).await.unwrap()
    }

    /// A code for Inès, who has just logged in at the office.
    pub async fn code(&self, ask: &Ask) -> (String, Session) {
        let session = self.login(INES, NetworkZone::Internal).await;
        (self.code_in(ask, &session).await, session)
    }

    pub async fn code_in(&self, ask: &Ask, session: &Session) -> String {
        redirected(self.authorize(ask, &office(Some(session))).await).param("code").unwrap().to_owned()
    }

    /// Redeems a code as an honest client would, from the application's server.
    pub async fn redeem(&self, client_id: &str, code: &str) -> Result<TokenResponse, TokenError> {
        self.redeem_with(client_id, &redemption(client_id, code)).await
    }

    pub async fn redeem_with(&self, client_id: &str, ask: &Ask) -> Result<TokenResponse, TokenError> {
        let header = basic(client_id);
        let header = (client_id != "native").then_some(header.as_bytes());
        self.provider.token(&ask.params(), header, &home(None)).await
    }

    /// Every audited act, newest first.
    pub async fn audit(&self, act: &str) -> Vec<RecordedEvent> {
        let filter = EventFilter { act: Some(act.into()), limit: 1000, ..EventFilter::default() };
        self.write(async |tx: &mut Tx| storage::audit::search(tx, &filter).await).await
    }
}

fn settings_of_the_town() -> OauthSettings {
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
        passwords: PasswordPolicy { max_age: Some(180 * 24 * HOUR), ..PasswordPolicy::default() }.into(),
        time_zone: TimeZone::get("Europe/Paris").unwrap(),
        factors: crate::domain::factor_policies::FactorPolicies::default(),
        highest_acr: Acr::Eidas3,
        preview_nomades: false,
    }
}

/// A browser in a municipal building.
pub(crate) fn office(session: Option<&Session>) -> Caller {
    caller(NetworkZone::Internal, session)
}

/// A browser anywhere else.
pub(crate) fn home(session: Option<&Session>) -> Caller {
    caller(NetworkZone::Nomades, session)
}

fn caller(zone: NetworkZone, session: Option<&Session>) -> Caller {
    Caller { zone, contact: Contact { zone: Some(zone), ..Contact::default() }, session: session.cloned() }
}

/// The `Authorization` header of a confidential client.
pub(crate) fn basic(client_id: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{client_id}:{SECRET}")))
}

/// A token request that nothing is wrong with.
pub(crate) fn redemption(client_id: &str, code: &str) -> Ask {
    let ask = Ask(Vec::new())
        .with("grant_type", "authorization_code")
        .with("code", code)
        .with("redirect_uri", &redirect_uri(client_id))
        .with("code_verifier", VERIFIER);
    if client_id == "native" { ask.with("client_id", client_id) } else { ask }
}

/// The answer that goes to the application.
pub(crate) fn redirected(step: AuthorizeStep) -> AuthorizationResponse {
    match step {
        AuthorizeStep::Redirect(response) => response,
        other => panic!("no redirect: {other:?}"),
    }
}

/// The id of the interaction behind a login page.
pub(crate) fn login_asked(step: AuthorizeStep) -> String {
    match step {
        AuthorizeStep::Login { interaction_id } => interaction_id,
        other => panic!("no login: {other:?}"),
    }
}

/// Header and claims of a token, unverified.
pub(crate) fn decoded(token: &str) -> (Map<String, Value>, Map<String, Value>) {
    let part = |n| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(n).unwrap()).unwrap()).unwrap();
    (part(0), part(1))
}
