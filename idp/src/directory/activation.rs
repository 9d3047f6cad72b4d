//! Activation codes: printed once for a letter or for the manager, or mailed to the recovery address; kept as a keyed
//! digest, spent by `login/activation`. They are for who never had a password: what replaces one stands in
//! `reset_code.rs`.

use serde_json::{Map, Value};

use super::agents::{named, require_agent};
use super::error::{DirectoryError, FieldProblem, Rule};
use super::{Directory, Mandate};
use crate::crypto::short_code::PlainCode;
use crate::domain::agent::{Agent, Standing};
use crate::domain::channel::{Address, ChannelKind};
use crate::domain::code_delivery::CodeDelivery;
use crate::domain::notice::{Notice, ShownCode};
use crate::domain::soi::Soi;
use crate::domain::time::Timestamp;
use crate::storage::activation::{self, NewCode, PURPOSE};
use crate::storage::{StoreError, Tx, agents, audit, passwords};

/// A new code, told once.
#[derive(Debug, Clone)]
pub struct IssuedCode {
    pub soi: Soi,
    /// `K7QM-2F4X-9TWB`; after a rehearsal worth nothing.
    pub code: PlainCode,
    pub expires_at: Timestamp,
    pub delivery: CodeDelivery,
}

/// An activation code on its way.
#[derive(Debug, Clone)]
pub enum ActivationCode {
    /// Somebody hands it over or posts it.
    Shown(IssuedCode),
    /// It goes to the recovery address, which is masked here.
    Mailed { soi: Soi, to: String, expires_at: Timestamp },
}

/// A code that was drawn and not yet stored.
pub(super) struct DrawnCode {
    id: String,
    code_hash: [u8; 32],
    pub issued: IssuedCode,
}

impl DrawnCode {
    /// Stores it; the one before it stops working.
    pub async fn store(&self, tx: &mut Tx, now: Timestamp) -> Result<(), StoreError> {
        let IssuedCode { soi, expires_at, delivery, .. } = &self.issued;
        let (delivery, expires_at) = (*delivery, *expires_at);
        let new = NewCode { id: &self.id, soi, code_hash: self.code_hash, delivery, expires_at };
        activation::replace(tx, &new, now).await
    }

    /// What the audit says of it.
    pub fn detail(&self) -> Map<String, Value> {
        let expires_at = self.issued.expires_at.to_rfc3339();
        Map::from_iter([
            ("expires_at".to_owned(), expires_at.into()),
            ("delivery".to_owned(), self.issued.delivery.as_str().into()),
        ])
    }
}

impl Directory {
    /// Issues a code to be posted; the one before it stops working. Refused for somebody who is suspended, left or ended,
    /// or has a password already.
    pub async fn issue_activation_code(&self, mandate: &Mandate, soi: &str) -> Result<IssuedCode, DirectoryError> {
        let drawn = self.draw_activation_code(soi, CodeDelivery::Letter)?;
        self.activation_code(mandate, &drawn).await?;
        Ok(drawn.issued)
    }

    /// The same on its way: one that is mailed is not shown.
    pub async fn deliver_activation_code(
        &self,
        mandate: &Mandate,
        soi: &str,
        delivery: CodeDelivery,
    ) -> Result<ActivationCode, DirectoryError> {
        let drawn = self.draw_activation_code(soi, delivery)?;
        let mailed_to = self.activation_code(mandate, &drawn).await?;
        Ok(match mailed_to {
            None => ActivationCode::Shown(drawn.issued),
            Some(to) => {
                let IssuedCode { soi, expires_at, .. } = drawn.issued;
                ActivationCode::Mailed { soi, to: to.masked(), expires_at }
            }
        })
    }

    fn draw_activation_code(&self, soi: &str, delivery: CodeDelivery) -> Result<DrawnCode, DirectoryError> {
        let expires_at = self.now().plus(self.settings.activation_code_lifetime);
        Ok(self.draw_code(self.soi("soi", soi)?, delivery, expires_at))
    }

    pub(super) fn draw_code(&self, soi: Soi, delivery: CodeDelivery, expires_at: Timestamp) -> DrawnCode {
        let (id, code) = (self.random.uuid(), self.random.activation_code());
        let code_hash = self.short_codes.digest(PURPOSE, soi.as_str(), &code);
        DrawnCode { id, code_hash, issued: IssuedCode { soi, code, expires_at, delivery } }
    }

    /// Answers where the code was mailed to, if it was.
    async fn activation_code(&self, mandate: &Mandate, drawn: &DrawnCode) -> Result<Option<Address>, DirectoryError> {
        let (now, soi) = (self.now(), &drawn.issued.soi);
        let event = mandate.event("agent.activation_code_issued", drawn.detail()).with_subject(soi);
        self.act(mandate, event.clone(), async |tx: &mut Tx| -> Result<Option<Address>, DirectoryError> {
            let agent = self.hold_for_code(tx, soi).await?;
            if passwords::find(tx, soi).await?.is_some() {
                let message = format!(
                    "{} has a password already: `octroictl password reset-code {soi}` lets another one be chosen",
                    named(&agent.record)
                );
                return Err(DirectoryError::by_rule(Rule::PasswordChosen, message));
            }
            drawn.store(tx, now).await?;
            audit::append(tx, &event, now).await?;
            if drawn.issued.delivery != CodeDelivery::Mail {
                return Ok(None);
            }
            let Some(address) = ChannelKind::RecoveryEmail.address_of(&agent.record) else {
                let what = format!("{} has no recovery address", named(&agent.record));
                return Err(FieldProblem::new("recovery_email", what, "choose another --deliver").into());
            };
            let to = self.outbox.recipient(tx, &agent, address.clone()).await?;
            let code = ShownCode::new(drawn.issued.code.grouped());
            let notice = Notice::ActivationCode { code, until: drawn.issued.expires_at };
            self.outbox.queue(tx, to, notice, now).await?;
            Ok(Some(address))
        })
        .await
    }

    /// The agent, held: a suspension at the same moment waits for this code, and then withdraws it.
    pub(super) async fn hold_for_code(&self, tx: &mut Tx, soi: &Soi) -> Result<Agent, DirectoryError> {
        agents::hold(tx, soi).await?;
        let agent = require_agent(tx, soi).await?;
        match agent.standing(self.today()) {
            // The letter leaves before the first day.
            Standing::Active | Standing::NotStarted => Ok(agent),
            standing @ (Standing::Suspended | Standing::Left | Standing::Ended) => {
                Err(no_code_for(standing, &named(&agent.record)))
            }
        }
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
    async fn a_mailed_code_goes_to_the_recovery_address_and_is_not_shown() {
        let sample = Sample::new().await;
        sample.add("100001").await;
        let deliver =
            async || sample.directory.deliver_activation_code(&operator(), "100001", CodeDelivery::Mail).await;
        let error = deliver().await.unwrap_err();
        assert!(matches!(&error, DirectoryError::Invalid(_)) && error.to_string().contains("recovery"), "{error}");
        let draft = AgentDraft { recovery_email: Some("ines@maison.example".into()), ..AgentDraft::default() };
        sample.directory.set_agent(&operator(), "100001", &draft).await.unwrap();
        let told = deliver().await.unwrap();
        assert!(matches!(&told, ActivationCode::Mailed { to, .. } if to == "i…s@maison.example"), "{told:?}");
        assert_eq!(sample.events().await.pop().unwrap().detail["delivery"], "mail");
    }

    #[tokio::test]
    async fn an_activation_code_is_no_way_round_a_reset_code() {
        let sample = Sample::new().await;
        sample.add("100001").await;
        sample.set_password("100001").await;
        let error = sample.directory.issue_activation_code(&operator(), "100001").await.unwrap_err();
        assert!(
            matches!(&error, DirectoryError::Refused { refusal, .. } if refusal.code() == "password.chosen"),
            "{error}"
        );
        assert!(error.to_string().contains("octroictl password reset-code 100001"), "{error}");
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
