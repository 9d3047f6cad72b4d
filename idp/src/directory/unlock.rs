//! Unlocking: what was counted against an agent is forgotten, so that the next attempt needs not wait: at every form, from both
//! zones, in known browsers and elsewhere, and the failures that were noted by network.

use serde_json::{Map, Value, json};

use super::agents::require_agent;
use super::error::DirectoryError;
use super::{Directory, Mandate};
use crate::domain::agent::Agent;
use crate::domain::throttle::Form;
use crate::domain::time::Timestamp;
use crate::domain::zone::NetworkZone;
use crate::storage::{Tx, audit, failures, throttle};

/// An agent, and what does not stand in the way any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unlocked {
    pub agent: Agent,
    /// Empty: nothing was counted.
    pub lifted: Vec<Lifted>,
    /// In so many networks failures with this SOI are not held against the network any more.
    pub networks: u64,
}

impl Unlocked {
    /// Whether anything was counted.
    pub fn is_anything(&self) -> bool {
        !self.lifted.is_empty() || self.networks > 0
    }
}

/// Attempts without success at one form from one zone, forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifted {
    pub form: Form,
    pub zone: NetworkZone,
    /// In a browser that the agent had used before; it has a budget of its own.
    pub known_browser: bool,
    pub attempts: u32,
    /// When the delay would have ended; `None`: none ran.
    pub blocked_until: Option<Timestamp>,
}

impl Lifted {
    /// As the audit and the command line write it.
    pub fn to_json(self) -> Value {
        json!({
            "form": self.form.as_str(),
            "zone": self.zone,
            "known_browser": self.known_browser,
            "attempts": self.attempts,
            "blocked_until": self.blocked_until.map(Timestamp::to_rfc3339),
        })
    }
}

impl Directory {
    /// Forgets the failed attempts of an agent.
    pub async fn unlock_agent(&self, mandate: &Mandate, soi: &str) -> Result<Unlocked, DirectoryError> {
        let (soi, now) = (self.soi("soi", soi)?, self.now());
        let event = mandate.event("agent.unlocked", Map::new()).with_subject(&soi);
        self.act(mandate, event, async |tx: &mut Tx| -> Result<Unlocked, DirectoryError> {
            let mut unlocked = Unlocked { agent: require_agent(tx, &soi).await?, lifted: Vec::new(), networks: 0 };
            for form in Form::ALL {
                let key = self.lookup.digest(form.as_str(), soi.as_str());
                let forgiven = throttle::forgive(tx, &key).await?;
                unlocked.lifted.extend(forgiven.into_iter().map(|count| Lifted {
                    form,
                    zone: count.zone,
                    known_browser: count.known_browser,
                    attempts: count.attempts,
                    blocked_until: Some(count.blocked_until).filter(|until| *until > now),
                }));
                unlocked.networks += failures::forgive(tx, &key).await?;
            }
            if unlocked.is_anything() {
                let told: Vec<Value> = unlocked.lifted.iter().copied().map(Lifted::to_json).collect();
                let detail = [("lifted".to_owned(), told.into()), ("networks".to_owned(), unlocked.networks.into())];
                let event = mandate.event("agent.unlocked", Map::from_iter(detail)).with_subject(&soi);
                audit::append(tx, &event, now).await?;
            }
            Ok(unlocked)
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::directory::sample::{Sample, operator, rehearsal};

    #[tokio::test]
    async fn what_was_counted_in_both_zones_is_forgotten_and_told_once() {
        let sample = Sample::new().await;
        sample.add("100001").await;
        let directory = &sample.directory;
        let nothing = directory.unlock_agent(&operator(), "100001").await.unwrap();
        assert!(nothing.lifted.is_empty());

        let (key, now) = (directory.lookup.digest(Form::Login.as_str(), "100001"), directory.now());
        for (zone, times) in [(NetworkZone::Internal, 2_u64), (NetworkZone::Nomades, 4)] {
            for nth in 0..times {
                let at = now.minus(Duration::from_secs(times - nth));
                let take =
                    async |tx: &mut Tx| -> Result<_, DirectoryError> { Ok(throttle::take(tx, &key, zone, at).await?) };
                directory.store.write(take).await.unwrap();
            }
        }
        let rehearsed = directory.unlock_agent(&rehearsal(), "100001").await.unwrap();
        let unlocked = directory.unlock_agent(&operator(), "100001").await.unwrap();
        assert_eq!(rehearsed, unlocked, "a rehearsal changes nothing");
        let mut lifted: Vec<_> =
            unlocked.lifted.iter().map(|l| (l.zone, l.attempts, l.blocked_until.is_some())).collect();
        lifted.sort_by_key(|(_, attempts, _)| *attempts);
        assert_eq!(lifted, [(NetworkZone::Internal, 2, false), (NetworkZone::Nomades, 4, true)]);
        assert!(directory.unlock_agent(&operator(), "100001").await.unwrap().lifted.is_empty());
        assert_eq!(sample.acts().await, ["agent.added", "agent.unlocked"]);
    }

    #[tokio::test]
    async fn nobody_is_unlocked_who_does_not_exist() {
        let sample = Sample::new().await;
        let error = sample.directory.unlock_agent(&operator(), "100001").await.unwrap_err();
        assert!(matches!(error, DirectoryError::NotFound { .. }), "{error}");
    }
}
