//! A passkey beside the password: the second factor of a session.

use serde_json::json;
use uuid::Uuid;

use super::{Answer, Refused};
use crate::domain::agent::Agent;
use crate::domain::audit::{Actor, Event};
use crate::domain::factor::Proof;
use crate::domain::notice::{FactorEvent, Notice};
use crate::domain::reason::Reason;
use crate::domain::soi::Soi;
use crate::domain::time::Timestamp;
use crate::login::confirmation::Held;
use crate::login::factor::given::{Evidence, Given, WrongFactor};
use crate::login::{Login, LoginError, Visit};
use crate::storage::passkeys::{self, StoredPasskey};
use crate::storage::{Tx, audit};

impl Login {
    /// Tries what a key of the session's agent answered.
    pub async fn give_passkey(&self, held: Held<'_>, answer: &str, visit: Visit<'_>) -> Result<Given, LoginError> {
        let answer = self.take_answer(answer, Some(held.session), visit).await?;
        self.give(held, &Evidence::Passkey(answer.map(Box::new)), visit).await
    }

    /// Judges an answer by a key of this agent; the attempt was taken by the caller.
    pub(in crate::login) async fn use_passkey(
        &self,
        tx: &mut Tx,
        agent: &Agent,
        answer: Option<&Answer>,
        visit: Visit<'_>,
        now: Timestamp,
    ) -> Result<Result<Proof, WrongFactor>, LoginError> {
        let soi = &agent.record.soi;
        let Some(answer) = answer else { return Ok(Err(WrongFactor::Wrong)) };
        let means_agent = answer.names_nobody() || self.agent_meant(tx, answer).await?.as_ref() == Some(soi);
        let Some(key) = passkeys::find(tx, soi, answer.credential_id()).await?.filter(|_| means_agent) else {
            return Ok(Err(WrongFactor::Wrong));
        };
        Ok(match self.use_key(tx, &key, answer, now).await? {
            Ok(()) => Ok(Proof::Passkey(key.kind)),
            Err(Refused::Wrong) => Err(WrongFactor::Wrong),
            Err(Refused::Copied) => {
                self.note_copied(tx, agent, &key, visit, now).await?;
                Err(WrongFactor::Copied)
            }
        })
    }

    /// Judges an answer and notes the use.
    pub(super) async fn use_key(
        &self,
        tx: &mut Tx,
        key: &StoredPasskey,
        answer: &Answer,
        now: Timestamp,
    ) -> Result<Result<(), Refused>, LoginError> {
        let Some(passkeys) = self.passkeys() else { return Ok(Err(Refused::Wrong)) };
        let credential = match passkeys.judge(answer, key)? {
            Ok(credential) => credential,
            Err(refused) => return Ok(Err(refused)),
        };
        // Another answer of the same key was faster: its count is not this one's any more.
        Ok(if passkeys::used(tx, key, &credential, now).await? { Ok(()) } else { Err(Refused::Wrong) })
    }

    /// Whom the key means.
    pub(super) async fn agent_meant(&self, tx: &mut Tx, answer: &Answer) -> Result<Option<Soi>, LoginError> {
        let Some(user) = answer.user() else { return Ok(None) };
        Ok(passkeys::soi_of(tx, &Uuid::to_string(&user)).await?)
    }

    /// A key counted backwards (WebAuthn §6.1.1): there may be a copy of it. It is refused and told, and nothing is locked,
    /// since some keys count badly and whoever has a copy could lock the agent out.
    pub(super) async fn note_copied(
        &self,
        tx: &mut Tx,
        agent: &Agent,
        key: &StoredPasskey,
        visit: Visit<'_>,
        now: Timestamp,
    ) -> Result<(), LoginError> {
        let event = Event::new("factor.key_copied", Actor::Stranger)
            .with_subject(&agent.record.soi)
            .with_contact(visit.contact)
            .refused(Reason::FactorInvalid)
            .with_detail(json!({ "name": key.name }));
        audit::append(tx, &event, now).await?;
        let (event, circumstances) =
            (FactorEvent::CounterWentBack { name: key.name.clone() }, visit.circumstances(now));
        self.outbox.tell(tx, agent, |alarm| Notice::Factors { event, circumstances, alarm }, now).await?;
        Ok(())
    }
}
