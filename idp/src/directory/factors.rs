//! Second factors as the help desk sees them: what an agent has enrolled, and taking it away when a telephone or a key is
//! lost. Nobody enrols for somebody else. The agent is told on every channel, and every session ends.

use serde_json::{Map, Value, json};

use super::agents::require_agent;
use super::error::{DirectoryError, FieldProblem};
use super::{Directory, Mandate};
use crate::domain::agent::Agent;
use crate::domain::factor::{PasskeyKind, SecondFactor};
use crate::domain::notice::{Circumstances, FactorEvent, Notice};
use crate::domain::soi::Soi;
use crate::domain::time::Timestamp;
use crate::storage::{
    StoreError, Tx, agents, audit, enrolment_permits, passkeys, recovery_codes, sessions, totp_devices,
};

/// A factor that is enrolled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnrolledFactor {
    pub factor: SecondFactor,
    pub id: String,
    /// Given by the agent.
    pub name: String,
    /// Of a passkey.
    pub kind: Option<PasskeyKind>,
    pub created_at: Timestamp,
    pub last_used_at: Option<Timestamp>,
}

/// What an agent has.
#[derive(Debug, Clone)]
pub struct FactorsView {
    pub agent: Agent,
    /// Passkeys first, the oldest first.
    pub factors: Vec<EnrolledFactor>,
    /// Recovery codes that are left.
    pub recovery_codes: u32,
}

/// Which factors are taken away.
#[derive(Debug, Clone, Copy)]
pub enum WhichFactors<'a> {
    One(&'a str),
    /// With the recovery codes, and the right to enrol that a code has opened.
    All,
}

/// What was taken away.
#[derive(Debug, Clone)]
pub struct RemovedFactors {
    pub agent: Agent,
    pub removed: Vec<EnrolledFactor>,
    pub recovery_codes: u32,
    pub sessions_ended: u64,
}

impl RemovedFactors {
    /// Whether there was anything.
    pub const fn is_anything(&self) -> bool {
        !self.removed.is_empty() || self.recovery_codes > 0
    }
}

impl Directory {
    /// The factors of an agent, who reads on the activity page that somebody looked.
    pub async fn view_factors(&self, mandate: &Mandate, soi: &str) -> Result<FactorsView, DirectoryError> {
        let (soi, now) = (self.soi("soi", soi)?, self.now());
        let event = mandate.event("factor.viewed", Map::new()).with_subject(&soi);
        self.act(mandate, event.clone(), async |tx: &mut Tx| -> Result<FactorsView, DirectoryError> {
            let agent = require_agent(tx, &soi).await?;
            let (factors, recovery_codes) = (enrolled(tx, &soi).await?, recovery_codes::left(tx, &soi).await?);
            audit::append(tx, &event, now).await?;
            Ok(FactorsView { agent, factors, recovery_codes })
        })
        .await
    }

    /// Takes factors away from an agent.
    pub async fn remove_factors(
        &self,
        mandate: &Mandate,
        soi: &str,
        which: WhichFactors<'_>,
    ) -> Result<RemovedFactors, DirectoryError> {
        let (soi, now) = (self.soi("soi", soi)?, self.now());
        if mandate.reason.is_none() {
            let fix = "add --reason TEXT, such as a ticket and how the identity was checked";
            return Err(FieldProblem::new("reason", "taking a factor away needs a reason", fix).into());
        }
        let attempt = mandate.event("factor.removed", Map::new()).with_subject(&soi);
        self.act(mandate, attempt, async |tx: &mut Tx| -> Result<RemovedFactors, DirectoryError> {
            let agent = agents::hold(tx, &soi).await?.ok_or_else(|| DirectoryError::no_agent(&soi))?;
            let mut gone = RemovedFactors { agent, removed: Vec::new(), recovery_codes: 0, sessions_ended: 0 };
            gone.removed = enrolled(tx, &soi).await?;
            match which {
                WhichFactors::One(id) => {
                    gone.removed.retain(|factor| factor.id == id);
                    if gone.removed.is_empty() {
                        return Err(DirectoryError::NotFound { what: "factor", name: id.to_owned() });
                    }
                    totp_devices::remove(tx, &soi, id).await?;
                    passkeys::remove(tx, &soi, id).await?;
                }
                WhichFactors::All => {
                    gone.recovery_codes = recovery_codes::left(tx, &soi).await?;
                    totp_devices::remove_all(tx, &soi).await?;
                    passkeys::remove_all(tx, &soi).await?;
                    recovery_codes::remove_all(tx, &soi).await?;
                    enrolment_permits::spend(tx, &soi).await?;
                }
            }
            if gone.is_anything() {
                gone.sessions_ended = sessions::end_all(tx, &soi, "factor.removed", now).await?;
                self.note_removal(tx, mandate, &gone, now).await?;
            }
            Ok(gone)
        })
        .await
    }

    /// One row and one notice for each factor; the codes alone have theirs too.
    async fn note_removal(
        &self,
        tx: &mut Tx,
        mandate: &Mandate,
        gone: &RemovedFactors,
        now: Timestamp,
    ) -> Result<(), DirectoryError> {
        let RemovedFactors { agent, removed, recovery_codes, sessions_ended } = gone;
        let removals = removed.iter().map(|factor| (factor.factor, factor.name.clone()));
        let codes_alone = removed.is_empty().then(|| (SecondFactor::RecoveryCode, String::new()));
        for (factor, name) in removals.chain(codes_alone) {
            let detail = [
                ("factor".to_owned(), json!(factor)),
                ("name".to_owned(), Value::from(name.as_str())),
                ("sessions_ended".to_owned(), Value::from(*sessions_ended)),
                ("recovery_codes".to_owned(), Value::from(*recovery_codes)),
            ];
            let event = mandate.event("factor.removed", Map::from_iter(detail)).with_subject(&agent.record.soi);
            audit::append(tx, &event, now).await?;
            let circumstances = Circumstances { at: now, zone: None, browser: None };
            let event = FactorEvent::Removed { factor, name };
            self.outbox.tell(tx, agent, |alarm| Notice::Factors { event, circumstances, alarm }, now).await?;
        }
        Ok(())
    }
}

async fn enrolled(tx: &mut Tx, soi: &Soi) -> Result<Vec<EnrolledFactor>, StoreError> {
    let keys = passkeys::of_agent(tx, soi).await?.into_iter().map(|key| EnrolledFactor {
        factor: SecondFactor::Passkey,
        id: key.id,
        name: key.name,
        kind: Some(key.kind),
        created_at: key.created_at,
        last_used_at: key.last_used_at,
    });
    let devices = totp_devices::of_agent(tx, soi).await?.into_iter().map(|device| EnrolledFactor {
        factor: SecondFactor::Totp,
        id: device.id,
        name: device.name,
        kind: None,
        created_at: device.created_at,
        last_used_at: device.last_used_at,
    });
    Ok(keys.chain(devices).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::sample::{Sample, operator};
    use crate::storage::totp_devices::TotpDevice;

    fn with_reason() -> Mandate {
        Mandate { reason: Some("ticket 4711".into()), ..operator() }
    }

    /// An agent with two devices and ten codes.
    async fn sample() -> Sample {
        let sample = Sample::new().await;
        sample.add("100001").await;
        let (soi, now) = (Soi::from_stored("100001".to_owned()), sample.clock.now());
        let enrol = async |tx: &mut Tx| -> Result<(), StoreError> {
            for id in ["one", "two"] {
                let (id, name) = (id.to_owned(), format!("Téléphone {id}"));
                let device =
                    TotpDevice { id, name, sealed: vec![1], last_step: 0, created_at: now, last_used_at: None };
                totp_devices::insert(tx, &soi, &device).await?;
            }
            let hashes: Vec<[u8; 32]> = (0..10).map(|byte| [byte; 32]).collect();
            recovery_codes::replace(tx, &soi, &hashes, now).await
        };
        sample.store.write(enrol).await.unwrap();
        sample
    }

    #[tokio::test]
    async fn who_looks_at_factors_is_written_down() {
        let sample = sample().await;
        let view = sample.directory.view_factors(&operator(), "100001").await.unwrap();
        assert_eq!((view.factors.len(), view.recovery_codes), (2, 10));
        assert_eq!(sample.acts().await, ["agent.added", "factor.viewed"]);
        let nobody = sample.directory.view_factors(&operator(), "999999").await.unwrap_err();
        assert!(matches!(nobody, DirectoryError::NotFound { .. }), "{nobody}");
    }

    #[tokio::test]
    async fn one_factor_goes_with_a_reason_and_its_codes_stay() {
        let sample = sample().await;
        let without = sample.directory.remove_factors(&operator(), "100001", WhichFactors::One("one")).await;
        assert!(matches!(without, Err(DirectoryError::Invalid(_))), "{without:?}");
        let unknown = sample.directory.remove_factors(&with_reason(), "100001", WhichFactors::One("three")).await;
        assert!(matches!(unknown, Err(DirectoryError::NotFound { what: "factor", .. })), "{unknown:?}");
        let rehearsed = Mandate { dry_run: true, ..with_reason() };
        sample.directory.remove_factors(&rehearsed, "100001", WhichFactors::One("one")).await.unwrap();
        let gone = sample.directory.remove_factors(&with_reason(), "100001", WhichFactors::One("one")).await.unwrap();
        assert_eq!(gone.removed.iter().map(|factor| factor.id.as_str()).collect::<Vec<_>>(), ["one"]);
        let view = sample.directory.view_factors(&operator(), "100001").await.unwrap();
        assert_eq!((view.factors.len(), view.recovery_codes), (1, 10));
        let events = sample.events().await;
        let removal = events.iter().find(|event| event.act == "factor.removed").unwrap();
        assert_eq!((&removal.detail["reason"], &removal.detail["factor"]), (&"ticket 4711".into(), &"totp".into()));
    }

    #[tokio::test]
    async fn all_factors_go_with_the_codes_and_nothing_to_remove_writes_nothing() {
        let sample = sample().await;
        let gone = sample.directory.remove_factors(&with_reason(), "100001", WhichFactors::All).await.unwrap();
        assert_eq!((gone.removed.len(), gone.recovery_codes), (2, 10));
        let again = sample.directory.remove_factors(&with_reason(), "100001", WhichFactors::All).await.unwrap();
        assert!(!again.is_anything());
        assert_eq!(sample.acts().await, ["agent.added", "factor.removed", "factor.removed"]);
    }
}
