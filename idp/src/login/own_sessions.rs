//! The sessions of one agent, as they see and end them: their own and nobody else's.

use super::{Login, LoginError, Visit};
use crate::domain::audit::{Actor, Event};
use crate::domain::ids::Sid;
use crate::domain::session::{OpenSession, Session};
use crate::storage::{StoreError, Tx, audit, grants, sessions};

/// So many are shown; all are ended together.
const MOST_SHOWN: u32 = 100;

impl Login {
    /// The live sessions of a session's agent, the last used first.
    pub async fn open_sessions(&self, own: &Session) -> Result<Vec<OpenSession>, LoginError> {
        let (now, policy) = (self.clock.now(), &self.settings.sessions);
        let since = now.minus(policy.internal.absolute.max(policy.nomades.absolute));
        let open = self
            .store
            .read_one(async |tx: &mut Tx| -> Result<_, StoreError> {
                sessions::list_open(tx, &own.soi, since, MOST_SHOWN).await
            })
            .await?;
        Ok(open.into_iter().filter(|open| open.session.is_live(policy, open.session.login_zone, now)).collect())
    }

    /// Ends another session of the same agent; answers whether there was one. Its tokens are worth nothing from then on.
    pub async fn end_own_session(&self, own: &Session, sid: &Sid, visit: Visit<'_>) -> Result<bool, LoginError> {
        if *sid == own.sid {
            return Ok(false); // that is the logout's business
        }
        let now = self.clock.now();
        let ended = self
            .store
            .write(async |tx: &mut Tx| -> Result<bool, StoreError> {
                let ended = sessions::end_own(tx, &own.soi, sid, "ended_elsewhere", now).await?;
                if ended {
                    grants::revoke_of_session(tx, sid, now).await?;
                    audit::append(tx, &ended_elsewhere(own, sid, visit), now).await?;
                }
                Ok(ended)
            })
            .await?;
        Ok(ended)
    }

    /// Ends every other session of the same agent; answers how many there were.
    pub async fn end_other_sessions(&self, own: &Session, visit: Visit<'_>) -> Result<usize, LoginError> {
        let now = self.clock.now();
        let ended = self
            .store
            .write(async |tx: &mut Tx| -> Result<usize, StoreError> {
                grants::revoke_of_others(tx, &own.soi, &own.sid, now).await?;
                let ended = sessions::end_others(tx, &own.soi, &own.sid, "ended_elsewhere", now).await?;
                for sid in &ended {
                    audit::append(tx, &ended_elsewhere(own, sid, visit), now).await?;
                }
                Ok(ended.len())
            })
            .await?;
        Ok(ended)
    }
}

fn ended_elsewhere(own: &Session, sid: &Sid, visit: Visit<'_>) -> Event {
    Event::new("session.ended", Actor::Agent(own.soi.clone()))
        .with_subject(&own.soi)
        .with_session(sid)
        .with_contact(visit.contact)
        .with_detail(serde_json::json!({ "why": "ended_elsewhere", "from": own.sid }))
}
