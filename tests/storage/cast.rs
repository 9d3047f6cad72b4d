//! The cast: an agent, an application, a session and a code as they are stored, with every field filled.

use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use octroi_idp::domain::acr::{Acr, AuthenticationMethod};
use octroi_idp::domain::agent::{AgentRecord, Employment};
use octroi_idp::domain::application::{ApplicationRecord, ClientAuthMethod, SigningAlg};
use octroi_idp::domain::audit::Contact;
use octroi_idp::domain::grant::AuthorizationCode;
use octroi_idp::domain::ids::{ClientId, GrantId, Reference, Sid, Sub};
use octroi_idp::domain::scope::GrantedScope;
use octroi_idp::domain::secret::TokenHash;
use octroi_idp::domain::session::Session;
use octroi_idp::domain::soi::Soi;
use octroi_idp::domain::time::Timestamp;
use octroi_idp::domain::zone::{NetworkZone, SeenZone};
use octroi_idp::storage::{Store, StoreError, Tx, agents, applications, grants, sessions};

/// So many tasks want the same thing at once.
pub const CROWD: usize = 50;

/// A moment, some minutes after the start of the story.
pub fn minute(minutes: i64) -> Timestamp {
    Timestamp::from_seconds(1_795_000_000 + 60 * minutes)
}

pub fn soi(text: &str) -> Soi {
    Soi::from_stored(text.to_owned())
}

pub fn hash(byte: u8) -> TokenHash {
    TokenHash::from_digest([byte; 32])
}

/// An agent with every field filled.
pub fn ines() -> AgentRecord {
    AgentRecord {
        soi: soi("100001"),
        given_name: "Inès".into(),
        family_name: "Marchand-L'Œuvre".into(),
        email: "ines.marchand@ville.example".into(),
        recovery_email: Some("ines@maison.example".into()),
        mobile: Some("+33600000001".into()),
        department: Some("40".into()),
        position: Some("Chargée d'études".into()),
        manager: Some(soi("100004")),
        employment: Employment::Active,
        start_date: Some("2020-03-02".parse().unwrap()),
        end_date: Some("2027-08-31".parse().unwrap()),
    }
}

/// An agent of whom HR knows little.
pub fn agent(number: &str, family_name: &str) -> AgentRecord {
    AgentRecord {
        soi: soi(number),
        given_name: "Claude".into(),
        family_name: family_name.into(),
        email: format!("{number}@ville.example"),
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

/// An application with every field filled.
pub fn hr_validation() -> ApplicationRecord {
    ApplicationRecord {
        client_id: ClientId::new("hr-validation"),
        name: "Validation RH".into(),
        redirect_uris: vec!["https://rh.ville.example/retour".into(), "https://rh.ville.example/retour?x=é%20".into()],
        post_logout_redirect_uris: vec!["https://rh.ville.example/".into()],
        home_uri: Some("https://rh.ville.example/".into()),
        token_endpoint_auth_method: ClientAuthMethod::ClientSecretPost,
        grant_types: vec!["authorization_code".into()],
        scopes: vec!["openid".into(), "agent".into()],
        zones: vec![NetworkZone::Internal],
        waiver_possible: true,
        departments: vec!["40".into(), "41".into()],
        min_acr: Some(Acr::Eidas1Mfa),
        id_token_signed_response_alg: SigningAlg::RS256,
        zone_in_id_token: true,
        require_pkce: false,
        disabled: false,
    }
}

/// An application that accepts everybody.
pub fn portal() -> ApplicationRecord {
    ApplicationRecord {
        client_id: ClientId::new("portal"),
        name: "IntraParis".into(),
        home_uri: None,
        token_endpoint_auth_method: ClientAuthMethod::None,
        zones: vec![NetworkZone::Nomades, NetworkZone::Internal],
        waiver_possible: false,
        departments: vec![],
        min_acr: None,
        id_token_signed_response_alg: SigningAlg::ES256,
        zone_in_id_token: false,
        require_pkce: true,
        ..hr_validation()
    }
}

pub fn session(sid: &str, number: &str) -> Session {
    Session {
        sid: Sid::new(sid),
        soi: soi(number),
        login_zone: NetworkZone::Nomades,
        authentication: AuthenticationMethod { acr: Acr::Eidas2, amr: vec!["pwd".into(), "otp".into(), "mfa".into()] },
        second: None,
        is_postponed: false,
        auth_time: minute(0),
        last_seen_at: minute(0),
        ended_at: None,
    }
}

/// A code with every field filled, for the grant `g` of [`one_login`].
pub fn code() -> AuthorizationCode {
    AuthorizationCode {
        grant_id: GrantId::new("g"),
        sid: Sid::new("s"),
        client_id: ClientId::new("portal"),
        soi: soi("100001"),
        redirect_uri: "https://rh.ville.example/retour?x=é%20".into(),
        code_challenge: Some("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM".into()),
        nonce: Some("n-0S6_WzA2Mj".into()),
        scope: GrantedScope::from_stored("openid agent"),
        authentication: session("s", "100001").authentication,
        auth_time: minute(0),
        zone: SeenZone { zone: NetworkZone::Internal, at: minute(1), until: minute(240) },
        decision: Reference::new("K7QM-2F4X"),
        created_at: minute(1),
        expires_at: minute(2),
    }
}

/// Adds agents, each with a `sub` made from the SOI.
pub async fn add_agents(store: &Store, records: &[AgentRecord]) {
    let added = store
        .write(async |tx: &mut Tx| -> Result<(), StoreError> {
            for record in records {
                agents::insert(tx, record, &Sub::new(format!("sub-{}", record.soi)), minute(0)).await?;
            }
            Ok(())
        })
        .await;
    added.expect("agents are added");
}

/// Agent `100001` logged in (session `s`, cookie hash 1) and has the grant `g` for the portal.
pub async fn one_login(store: &Store) {
    add_agents(store, &[agent("100001", "Marchand")]).await;
    let done = store
        .write(async |tx: &mut Tx| -> Result<(), StoreError> {
            applications::insert(tx, &portal(), None, minute(0)).await?;
            sessions::insert(tx, &session("s", "100001"), &hash(1), &Contact::default()).await?;
            let (grant, sid, client) = (GrantId::new("g"), Sid::new("s"), ClientId::new("portal"));
            grants::obtain(tx, &grant, &sid, &client, &soi("100001"), minute(0)).await.map(drop)
        })
        .await;
    done.expect("one login");
}

/// Runs the same work in [`CROWD`] tasks at once; answers what each was told.
pub async fn crowd<T, F, Fut>(work: F) -> Vec<T>
where
    T: Send + 'static,
    F: Fn(usize) -> Fut,
    Fut: Future<Output = T> + Send + 'static,
{
    let tasks: Vec<_> = (0..CROWD).map(|nth| tokio::spawn(work(nth))).collect();
    let mut answers = Vec::with_capacity(CROWD);
    for task in tasks {
        answers.push(tokio::time::timeout(Duration::from_secs(60), task).await.expect("in time").expect("no panic"));
    }
    answers
}

/// Polls a future so many times and then drops it, wherever it is: the caller hangs up.
pub async fn hang_up_after<T>(polls: u32, future: impl Future<Output = T>) -> Option<T> {
    let (mut future, mut left) = (pin!(future), polls);
    std::future::poll_fn(move |context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        future.as_mut().poll(context).map(Some)
    })
    .await
}
