//! The list of mails and text messages, and sending again what was given up. What a message says is never shown: it may hold a
//! code.

use serde_json::{Map, Value};

use super::error::{DirectoryError, Rule};
use super::{Directory, Mandate};
use crate::domain::soi::Soi;
use crate::domain::time::Timestamp;
use crate::storage::outbox::{self, Filter};
use crate::storage::{Tx, audit};

pub use crate::storage::outbox::{Listed as Message, State as MessageState};

/// Which messages to list, as typed.
#[derive(Debug, Clone, Default)]
pub struct MessageQuery {
    pub soi: Option<String>,
    pub state: Option<MessageState>,
    pub limit: u32,
}

impl Directory {
    /// Messages without their content, newest first.
    pub async fn list_messages(&self, query: &MessageQuery) -> Result<Vec<Message>, DirectoryError> {
        let soi = query.soi.as_deref().map(|soi| self.soi("soi", soi)).transpose()?;
        let filter = Filter { soi: soi.as_ref(), state: query.state, limit: query.limit, ..Filter::default() };
        self.store.read(async |tx: &mut Tx| -> Result<_, DirectoryError> { Ok(outbox::list(tx, filter).await?) }).await
    }

    /// Makes one message due now. Refused for one that was sent, is being sent, or has expired: then its text is gone.
    pub async fn retry_message(&self, mandate: &Mandate, id: &str) -> Result<Message, DirectoryError> {
        let now = self.now();
        let detail = Map::from_iter([("message".to_owned(), Value::from(id)), ("messages".to_owned(), 1.into())]);
        let event = mandate.event("outbox.retried", detail);
        let message = self
            .act(mandate, event.clone(), async |tx: &mut Tx| -> Result<Message, DirectoryError> {
                let filter = Filter { id: Some(id), limit: 1, ..Filter::default() };
                let Some(message) = outbox::list(tx, filter).await?.into_iter().next() else {
                    return Err(DirectoryError::NotFound { what: "message", name: id.to_owned() });
                };
                if !outbox::retry(tx, id, now).await? {
                    return Err(no_retry(&message, now));
                }
                let event = match message.soi.clone().map(Soi::from_stored) {
                    Some(soi) => event.clone().with_subject(&soi),
                    None => event.clone(),
                };
                audit::append(tx, &event, now).await?;
                Ok(message)
            })
            .await?;
        self.outbox.ring();
        Ok(message)
    }

    /// Makes every message due now that was given up and has not expired; answers how many.
    pub async fn retry_dead_messages(&self, mandate: &Mandate) -> Result<u64, DirectoryError> {
        let now = self.now();
        let attempt = mandate.event("outbox.retried", Map::new());
        let retried = self
            .act(mandate, attempt, async |tx: &mut Tx| -> Result<u64, DirectoryError> {
                let retried = outbox::retry_dead(tx, now).await?;
                if retried > 0 {
                    let detail = Map::from_iter([("messages".to_owned(), retried.into())]);
                    audit::append(tx, &mandate.event("outbox.retried", detail), now).await?;
                }
                Ok(retried)
            })
            .await?;
        self.outbox.ring();
        Ok(retried)
    }
}

/// Why this one is not sent again.
fn no_retry(message: &Message, now: Timestamp) -> DirectoryError {
    let id = &message.id;
    match message.sent_at {
        Some(at) => DirectoryError::by_rule(Rule::MessageSent, format!("{id} was sent at {}", at.to_rfc3339())),
        None if message.expires_at <= now || !message.is_whole => {
            let at = message.expires_at.to_rfc3339();
            let what = format!("{id} was to be sent by {at}, and its text is forgotten: have it asked for again");
            DirectoryError::by_rule(Rule::MessageExpired, what)
        }
        None => DirectoryError::by_rule(Rule::MessageUnderWay, format!("{id} is being sent at this moment")),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::directory::sample::{Sample, operator, rehearsal};
    use crate::domain::channel::Address;
    use crate::domain::locale::Locale;
    use crate::domain::notice::{Notice, Recipient, ShownCode};
    use crate::storage::StoreError;

    async fn queued(sample: &Sample, soi: &str) -> String {
        let address = Address::Email("ines.marchand@ville.example".into());
        let soi = Some(Soi::from_stored(soi.to_owned()));
        let to = Recipient { soi, name: "Inès Marchand".into(), address, locale: Locale::Fr };
        let notice = Notice::ResetCode { code: ShownCode::new("4821-9037"), valid_for: Duration::from_hours(1) };
        let (outbox, now) = (sample.directory.outbox(), sample.clock.now());
        let queue = async |tx: &mut Tx| -> Result<String, StoreError> {
            outbox.queue(tx, to.clone(), notice.clone(), now).await
        };
        sample.store.write(queue).await.unwrap()
    }

    /// Given up, as a mail server's refusal does it.
    async fn bury(sample: &Sample) {
        let now = sample.clock.now();
        let work = async |tx: &mut Tx| -> Result<(), StoreError> {
            for message in outbox::lease(tx, "mail", now, now.plus(Duration::from_secs(60)), 10).await? {
                assert!(outbox::bury(tx, &message, now, "RCPT TO: 550 no such user").await?);
            }
            Ok(())
        };
        sample.store.write(work).await.unwrap();
    }

    fn rule(error: &DirectoryError) -> &'static str {
        match error {
            DirectoryError::Refused { refusal, .. } => refusal.code(),
            other => panic!("{other}"),
        }
    }

    #[tokio::test]
    async fn a_list_shows_what_became_of_a_message_and_nothing_of_what_it_says() {
        let sample = Sample::new().await;
        sample.add("100001").await;
        sample.add("100002").await;
        let id = queued(&sample, "100001").await;
        bury(&sample).await;
        queued(&sample, "100002").await;
        let of = |soi: Option<&str>, state| MessageQuery { soi: soi.map(str::to_owned), state, limit: 10 };
        let all = sample.directory.list_messages(&of(None, None)).await.unwrap();
        assert_eq!(all.len(), 2);
        assert!(!format!("{all:?}").contains("4821") && !format!("{all:?}").contains("marchand"), "{all:?}");
        let dead = sample.directory.list_messages(&of(Some("100001"), Some(MessageState::Dead))).await.unwrap();
        assert_eq!((dead[0].id.as_str(), dead[0].address.as_str()), (id.as_str(), "i…d@ville.example"));
        assert_eq!(dead[0].last_error.as_deref(), Some("RCPT TO: 550 no such user"));
        for (soi, state) in [(Some("100002"), MessageState::Dead), (Some("100001"), MessageState::Waiting)] {
            assert!(sample.directory.list_messages(&of(soi, Some(state))).await.unwrap().is_empty());
        }
    }

    #[tokio::test]
    async fn what_was_given_up_is_sent_again_until_it_expires() {
        let sample = Sample::new().await;
        sample.add("100001").await;
        let id = queued(&sample, "100001").await;
        bury(&sample).await;
        sample.directory.retry_message(&rehearsal(), &id).await.unwrap();
        assert_eq!(
            sample.directory.list_messages(&MessageQuery { limit: 9, ..MessageQuery::default() }).await.unwrap()[0]
                .state,
            MessageState::Dead
        );
        sample.directory.retry_message(&operator(), &id).await.unwrap();
        bury(&sample).await;
        assert_eq!(sample.directory.retry_dead_messages(&operator()).await.unwrap(), 1);
        bury(&sample).await;
        sample.clock.advance(Duration::from_hours(1));
        let error = sample.directory.retry_message(&operator(), &id).await.unwrap_err();
        assert_eq!(rule(&error), "outbox.expired");
        assert_eq!(sample.directory.retry_dead_messages(&operator()).await.unwrap(), 0);
        assert_eq!(sample.acts().await, ["agent.added", "outbox.retried", "outbox.retried"]);
    }

    #[tokio::test]
    async fn what_was_sent_or_is_on_its_way_is_not_sent_again() {
        let sample = Sample::new().await;
        sample.add("100001").await;
        let id = queued(&sample, "100001").await;
        let now = sample.clock.now();
        let lease = async |tx: &mut Tx| -> Result<_, StoreError> {
            outbox::lease(tx, "mail", now, now.plus(Duration::from_secs(60)), 10).await
        };
        sample.store.write(lease).await.unwrap();
        assert_eq!(rule(&sample.directory.retry_message(&operator(), &id).await.unwrap_err()), "outbox.under_way");
        let sent = async |tx: &mut Tx| -> Result<_, StoreError> { outbox::sent(tx, &id, now).await };
        assert!(sample.store.write(sent).await.unwrap());
        assert_eq!(rule(&sample.directory.retry_message(&operator(), &id).await.unwrap_err()), "outbox.sent");
        let missing = sample.directory.retry_message(&operator(), "nothing").await.unwrap_err();
        assert!(matches!(missing, DirectoryError::NotFound { what: "message", .. }));
    }
}
