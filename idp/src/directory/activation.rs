//! Activation codes: printed once for a letter or for the manager, kept as a keyed digest, spent by `login/activation`.

use serde_json::Map;

use super::agents::{named, require_agent};
use super::error::DirectoryError;
use super::{Directory, Mandate};
use crate::crypto::short_code::PlainCode;
use crate::domain::agent::Standing;
use crate::domain::soi::Soi;
use crate::domain::time::Timestamp;
use crate::storage::activation::{self, NewCode, PURPOSE};
use crate::storage::{Tx, agents, audit, passwords};

/// A new code, told once.
#[derive(Debug, Clone)]
pub struct IssuedCode {
    pub soi: Soi,
    /// `K7QM-2F4X-9TWB`; after a rehearsal worth nothing.
    pub code: PlainCode,
    pub expires_at: Timestamp,
    /// The agent has a password already, which this code can replace.
    pub is_activated: bool,
}

impl Directory {
    /// Issues a code; the one before it stops working. Refused for somebody who is suspended, left or ended.
    pub async fn issue_activation_code(&self, mandate: &Mandate, soi: &str) -> Result<IssuedCode, DirectoryError> {
        let soi = self.soi("soi", soi)?;
        let (id, code, now) = (self.random.uuid(), self.random.activation_code(), self.now());
        let expires_at = now.plus(self.settings.activation_code_lifetime);
        let code_hash = self.short_codes.digest(PURPOSE, soi.as_str(), &code);
        let today = self.today();
        let detail = Map::from_iter([("expires_at".to_owned(), expires_at.to_rfc3339().into())]);
        let event = mandate.event("agent.activation_code_issued", detail).with_subject(&soi);
        let is_activated = self
            .act(mandate, event.clone(), async |tx: &mut Tx| -> Result<bool, DirectoryError> {
                // A suspension at the same moment waits for this code, and then withdraws it.
                agents::hold(tx, &soi).await?;
                let agent = require_agent(tx, &soi).await?;
                match agent.standing(today) {
                    // The letter leaves before the first day.
                    Standing::Active | Standing::NotStarted => {}
                    standing @ (Standing::Suspended | Standing::Left | Standing::Ended) => {
                        return Err(no_code_for(standing, &named(&agent.record)));
                    }
                }
                let new = NewCode { id: &id, soi: &soi, code_hash, expires_at };
                activation::replace(tx, &new, now).await?;
                audit::append(tx, &event, now).await?;
                Ok(passwords::find(tx, &soi).await?.is_some())
            })
            .await?;
        Ok(IssuedCode { soi, code, expires_at, is_activated })
    }
}

fn no_code_for(standing: Standing, who: &str) -> DirectoryError {
    use crate::domain::reason::Reason;
    let (reason, message) = match standing {
        Standing::Suspended => (Reason::AccountSuspended, format!("{who} is suspended: reinstate the agent first")),
        Standing::Left => (Reason::AccountLeft, format!("{who} has left: nobody who left gets a code")),
        Standing::Active | Standing::NotStarted | Standing::Ended => {
            (Reason::AccountEnded, format!("the employment of {who} has ended: correct the end date first"))
        }
    };
    DirectoryError::by_reason(reason, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::AgentDraft;
    use crate::directory::sample::{Sample, operator, rehearsal};
    use crate::storage::StoreError;

    async fn is_live(sample: &Sample, issued: &IssuedCode) -> bool {
        let digest = sample.directory.short_codes.digest(PURPOSE, issued.soi.as_str(), &issued.code);
        let now = sample.clock.now();
        let ask =
            async |tx: &mut Tx| -> Result<bool, StoreError> { activation::is_live(tx, &issued.soi, digest, now).await };
        sample.store.read(ask).await.unwrap()
    }

    #[tokio::test]
    async fn a_new_code_replaces_the_one_before_and_ends_with_its_lifetime() {
        let sample = Sample::new().await;
        sample.add("100001").await;
        let first = sample.directory.issue_activation_code(&operator(), "100001").await.unwrap();
        let second = sample.directory.issue_activation_code(&operator(), "100001").await.unwrap();
        assert!(!is_live(&sample, &first).await);
        assert!(is_live(&sample, &second).await);
        sample.clock.advance(sample.directory.settings.activation_code_lifetime);
        assert!(!is_live(&sample, &second).await);
    }

    #[tokio::test]
    async fn the_audit_never_holds_the_code() {
        let sample = Sample::new().await;
        sample.add("100001").await;
        let issued = sample.directory.issue_activation_code(&operator(), "100001").await.unwrap();
        let event = sample.events().await.pop().unwrap();
        assert_eq!(event.act, "agent.activation_code_issued");
        let text = serde_json::to_string(&event).unwrap();
        assert!(!text.contains(&issued.code.grouped()) && !text.contains(issued.code.normalised()), "{text}");
    }

    #[tokio::test]
    async fn nobody_who_is_shut_out_gets_a_code() {
        let sample = Sample::new().await;
        for soi in ["100001", "100002", "100003"] {
            sample.add(soi).await;
        }
        sample.directory.suspend_agent(&operator(), "100001").await.unwrap();
        sample.directory.leave_agent(&operator(), "100002").await.unwrap();
        let ended = AgentDraft { end_date: Some("2026-01-31".into()), ..AgentDraft::default() };
        sample.directory.set_agent(&operator(), "100003", &ended).await.unwrap();
        for (soi, code) in [("100001", "account.suspended"), ("100002", "account.left"), ("100003", "account.ended")] {
            let error = sample.directory.issue_activation_code(&operator(), soi).await.unwrap_err();
            assert!(matches!(&error, DirectoryError::Refused { refusal, .. } if refusal.code() == code), "{error}");
        }
    }

    #[tokio::test]
    async fn a_suspended_agent_s_code_is_dead_even_after_reinstating() {
        let sample = Sample::new().await;
        sample.add("100001").await;
        let issued = sample.directory.issue_activation_code(&operator(), "100001").await.unwrap();
        sample.directory.suspend_agent(&operator(), "100001").await.unwrap();
        sample.directory.reinstate_agent(&operator(), "100001").await.unwrap();
        assert!(!is_live(&sample, &issued).await);
    }

    #[tokio::test]
    async fn a_rehearsed_code_does_not_work_and_spares_the_live_one() {
        let sample = Sample::new().await;
        sample.add("100001").await;
        let live = sample.directory.issue_activation_code(&operator(), "100001").await.unwrap();
        let rehearsed = sample.directory.issue_activation_code(&rehearsal(), "100001").await.unwrap();
        assert!(is_live(&sample, &live).await);
        assert!(!is_live(&sample, &rehearsed).await);
    }
}
