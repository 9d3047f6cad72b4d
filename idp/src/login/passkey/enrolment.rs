//! A new passkey: made by the browser for this agent, in this session, once.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;

use crate::crypto::hash::hash_token;
use crate::domain::enrolment::Enrolment;
use crate::domain::factor::Proof;
use crate::domain::secret::PlainToken;
use crate::domain::session::Session;
use crate::ephemeral::Kind;
use crate::login::confirmation::Held;
use crate::login::factor::enrolment::Enrolled;
use crate::login::factor::given::WrongFactor;
use crate::login::{Login, LoginError, Visit};
use crate::storage::passkeys::{self, StoredPasskey};
use crate::storage::{StoreError, Tx, agents};

/// How long the browser may take.
const LIFETIME: Duration = Duration::from_mins(10);

/// A key that is to be made.
#[derive(Debug)]
pub struct PasskeyEnrolment {
    /// Names it in the form; worth nothing in another session.
    pub token: PlainToken,
    /// JSON for `navigator.credentials.create`.
    pub options: String,
}

impl Login {
    /// Options for a new passkey. `None`: there are no passkeys here, or the account is gone.
    pub async fn begin_passkey(&self, own: &Session) -> Result<Option<PasskeyEnrolment>, LoginError> {
        let Some(passkeys) = self.passkeys() else { return Ok(None) };
        let new = self.random.uuid();
        let known = self
            .store
            .write(async |tx: &mut Tx| -> Result<_, StoreError> {
                let Some(agent) = agents::find(tx, &own.soi).await? else { return Ok(None) };
                let handle = passkeys::know_user(tx, &own.soi, &new).await?;
                Ok(Some((agent, handle, passkeys::of_agent(tx, &own.soi).await?)))
            })
            .await?;
        let Some((agent, handle, present)) = known else { return Ok(None) };
        let Ok(user) = handle.parse::<Uuid>() else { return Ok(None) };
        let (options, state) = passkeys.begin_making(&agent, user, &present)?;
        let token = self.random.token();
        self.ephemeral.put(Kind::Enrolment, &key_of(own, &token), state, LIFETIME).await?;
        Ok(Some(PasskeyEnrolment { token, options: options.to_string() }))
    }

    /// Stores the key that the browser made.
    pub async fn finish_passkey(
        &self,
        held: Held<'_>,
        token: &PlainToken,
        answer: &str,
        name: String,
        visit: Visit<'_>,
    ) -> Result<Enrolled, LoginError> {
        let own = held.session;
        let Some(passkeys) = self.passkeys() else { return Ok(Enrolled::Gone) };
        let state = self.ephemeral.take(Kind::Enrolment, &key_of(own, token)).await?;
        let Some(state) = state else { return Ok(Enrolled::Gone) };
        let Some(made) = passkeys.finish_making(answer, &state)? else {
            return Ok(Enrolled::Wrong(WrongFactor::Wrong));
        };
        let (now, kind) = (self.clock.now(), made.kind);
        let key = StoredPasskey {
            id: self.random.uuid(),
            name,
            credential_id: made.credential_id,
            credential: made.credential,
            kind,
            created_at: now,
            last_used_at: Some(now),
        };
        let (cookie, codes) = (self.random.token(), self.draw_recovery_codes());
        self.store
            .write(async |tx: &mut Tx| -> Result<Enrolled, LoginError> {
                let may = self.hold_for_enrolment(tx, own, visit, now).await?;
                if may != Enrolment::Allowed {
                    return Ok(Enrolled::Not(may));
                }
                // A key that is somebody's already is a forgery: keys draw their ids (WebAuthn §7.1, step 26).
                if passkeys::is_known(tx, &key.credential_id).await? {
                    return Ok(Enrolled::Wrong(WrongFactor::Wrong));
                }
                if !passkeys::insert(tx, &own.soi, &key).await? {
                    return Ok(Enrolled::TooMany);
                }
                self.enrolled(tx, held, (Proof::Passkey(kind), &key.name), (&cookie, &codes), visit, now).await
            })
            .await
    }
}

/// It waits in its session only; the plain token is a secret, so it is known by its hash.
fn key_of(own: &Session, token: &PlainToken) -> String {
    format!("passkey {} {}", own.sid, URL_SAFE_NO_PAD.encode(hash_token(token).as_bytes()))
}
