//! The session behind a cookie: found by its hash, live by the limits of the zone, touched at most once a minute.

use super::{Login, LoginError};
use crate::crypto::hash::hash_token;
use crate::domain::agent::{Agent, Standing};
use crate::domain::secret::PlainToken;
use crate::domain::session::Session;
use crate::domain::time::Timestamp;
use crate::domain::zone::NetworkZone;
use crate::storage::standing::SessionStanding;
use crate::storage::{StoreError, Tx, agents, sessions, standing};

impl Login {
    /// The live session behind this cookie, for a contact from `zone`. Notes the contact when a minute has passed.
    ///
    /// `None` also when its agent may not work today: nobody ends a session when the last day of a contract is over.
    pub async fn find_session(&self, cookie: &PlainToken, zone: NetworkZone) -> Result<Option<Session>, LoginError> {
        Ok(self.find_session_of(cookie, zone).await?.map(|(session, _)| session))
    }

    /// The same with the agent of the session.
    pub async fn find_session_of(
        &self,
        cookie: &PlainToken,
        zone: NetworkZone,
    ) -> Result<Option<(Session, Agent)>, LoginError> {
        let now = self.clock.now();
        let hash = hash_token(cookie);
        let found = self
            .store
            .read_one(async |tx: &mut Tx| -> Result<_, StoreError> { standing::find_cookie(tx, &hash).await })
            .await?;
        let stands = |(session, agent): &(Session, Agent)| {
            session.is_live(&self.settings.sessions, zone, now) && self.standing(agent, now) == Standing::Active
        };
        let Some((session, agent)) = found.filter(stands) else { return Ok(None) };
        if session.is_touch_due(now) {
            self.store
                .write(async |tx: &mut Tx| -> Result<(), StoreError> {
                    sessions::touch(tx, &session.sid, now).await.map(drop)
                })
                .await?;
        }
        Ok(Some((session, agent)))
    }

    /// When the password behind this session is to be changed, if that is so near that its owner is told.
    pub async fn find_password_end(&self, session: &Session) -> Result<Option<Timestamp>, LoginError> {
        let now = self.clock.now();
        let found = self
            .store
            .read_one(async |tx: &mut Tx| -> Result<_, StoreError> { standing::find_session(tx, &session.sid).await })
            .await?;
        Ok(found.and_then(|SessionStanding { agent, password, .. }| {
            let password = password?;
            self.settings.policies.of(&agent).expires_soon(password.changed_at, password.renew_at, now)
        }))
    }

    /// The agent of a session, for the page that greets them.
    pub async fn find_agent(&self, session: &Session) -> Result<Option<Agent>, LoginError> {
        let agent = self
            .store
            .read_one(async |tx: &mut Tx| -> Result<_, StoreError> { agents::find(tx, &session.soi).await })
            .await?;
        Ok(agent)
    }
}
