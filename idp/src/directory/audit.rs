//! Reading the audit. Whoever reads what people did is written down too, in the same transaction (STANDARDS GDPR-04): also
//! in a rehearsal, which must be no way to read unseen.

use serde_json::{Map, Value};

use super::agents::require_agent;
use super::error::DirectoryError;
use super::{Directory, Mandate};
use crate::crypto::short_code::PlainCode;
use crate::domain::audit::{EventFilter, RecordedEvent};
use crate::domain::soi::Soi;
use crate::storage::{Tx, audit};

/// Events, newest first.
#[derive(Debug, Clone)]
pub struct EventPage {
    pub events: Vec<RecordedEvent>,
    /// The next page holds events before this one; `None`: this was the last.
    pub next: Option<i64>,
}

impl Directory {
    /// Events that meet every criterion. SOI and reference are taken as typed.
    pub async fn search_audit(&self, mandate: &Mandate, filter: &EventFilter) -> Result<EventPage, DirectoryError> {
        let subject = filter.subject.as_deref().map(|typed| self.soi("soi", typed)).transpose()?;
        // A reference is read from a screen over the telephone.
        let reference = filter.reference.as_deref().map(|typed| PlainCode::typed(typed).grouped());
        self.read_events(mandate, subject.as_ref(), &EventFilter { reference, ..filter.clone() }).await
    }

    /// What happened to one agent.
    pub async fn agent_history(
        &self,
        mandate: &Mandate,
        soi: &str,
        filter: &EventFilter,
    ) -> Result<EventPage, DirectoryError> {
        let soi = self.soi("soi", soi)?;
        let find = async |tx: &mut Tx| -> Result<_, DirectoryError> { require_agent(tx, &soi).await };
        self.store.read(find).await?;
        self.read_events(mandate, Some(&soi), filter).await
    }

    async fn read_events(
        &self,
        mandate: &Mandate,
        subject: Option<&Soi>,
        filter: &EventFilter,
    ) -> Result<EventPage, DirectoryError> {
        let now = self.now();
        let limit = usize::try_from(filter.limit).unwrap_or(usize::MAX);
        let filter = EventFilter {
            subject: subject.map(Soi::to_string),
            limit: filter.limit.saturating_add(1),
            ..filter.clone()
        };
        let criteria = criteria(&filter);
        let read = async |tx: &mut Tx| -> Result<EventPage, DirectoryError> {
            let mut events = audit::search(tx, &filter).await?;
            let has_more = events.len() > limit;
            events.truncate(limit);
            let mut detail = criteria.clone();
            detail.insert("events".into(), events.len().into());
            let mut event = mandate.event("audit.read", detail);
            event.subject = subject.cloned();
            audit::append(tx, &event, now).await?;
            let next = events.last().filter(|_| has_more).map(|e| e.seq);
            Ok(EventPage { events, next })
        };
        self.store.write(read).await
    }
}

/// What was asked for; the SOI is the event's subject.
fn criteria(filter: &EventFilter) -> Map<String, Value> {
    let texts = [
        ("act", &filter.act),
        ("client_id", &filter.client_id),
        ("reference", &filter.reference),
        ("refusal", &filter.reason),
        ("outcome", &filter.outcome),
        ("actor", &filter.actor),
    ];
    let texts = texts.into_iter().filter_map(|(key, text)| Some((key, Value::from(text.as_deref()?))));
    let times = [("since", filter.since), ("until", filter.until)];
    let times = times.into_iter().filter_map(|(key, at)| Some((key, Value::from(at?.to_rfc3339()))));
    texts.chain(times).map(|(key, value)| (key.to_owned(), value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::sample::{Sample, operator, rehearsal};
    use crate::domain::audit::{Actor, Event};
    use crate::domain::ids::Reference;
    use crate::domain::reason::Reason;
    use crate::storage::StoreError;

    fn about(soi: &str) -> EventFilter {
        EventFilter { subject: Some(soi.into()), limit: 10, ..EventFilter::default() }
    }

    #[tokio::test]
    async fn reading_about_a_person_is_itself_in_the_audit_also_in_a_rehearsal() {
        let sample = Sample::new().await;
        sample.add("100001").await;
        let page = sample.directory.search_audit(&operator(), &about("100 001")).await.unwrap();
        assert_eq!((page.events.len(), page.events[0].act.as_str()), (1, "agent.added"));
        sample.directory.agent_history(&rehearsal(), "100001", &about("")).await.unwrap();
        let reads = sample.events().await;
        assert_eq!(sample.acts().await, ["agent.added", "audit.read", "audit.read"]);
        assert_eq!(reads[1].subject.as_deref(), Some("100001"));
        assert_eq!(reads[1].detail["events"], 1);
    }

    #[tokio::test]
    async fn a_reference_is_found_however_it_was_read_out() {
        let sample = Sample::new().await;
        let refused = Event::new("login.refused", Actor::Stranger)
            .refused(Reason::AppInternalOnly)
            .with_reference(&Reference::new("K7QM-2F4X"));
        let now = sample.clock.now();
        let append = async |tx: &mut Tx| -> Result<(), StoreError> { audit::append(tx, &refused, now).await };
        sample.store.write(append).await.unwrap();
        for typed in ["K7QM-2F4X", "k7qm2f4x", " k7qm 2f4x "] {
            let filter = EventFilter { reference: Some(typed.into()), limit: 5, ..EventFilter::default() };
            let page = sample.directory.search_audit(&operator(), &filter).await.unwrap();
            assert_eq!(page.events.iter().filter(|e| e.act == "login.refused").count(), 1, "{typed}");
        }
    }

    #[tokio::test]
    async fn pages_follow_each_other_without_gap_or_repetition() {
        let sample = Sample::new().await;
        for soi in ["100001", "100002", "100003"] {
            sample.add(soi).await;
        }
        let act = Some("agent.added".to_owned());
        let first = EventFilter { act: act.clone(), limit: 2, ..EventFilter::default() };
        let first = sample.directory.search_audit(&operator(), &first).await.unwrap();
        assert_eq!(first.events.iter().map(|e| e.seq).collect::<Vec<_>>(), [3, 2]);
        let second = EventFilter { act, before_seq: first.next, limit: 2, ..EventFilter::default() };
        let second = sample.directory.search_audit(&operator(), &second).await.unwrap();
        assert_eq!((second.events[0].seq, second.events.len(), second.next), (1, 1, None));
    }

    #[tokio::test]
    async fn the_history_of_nobody_is_not_found() {
        let sample = Sample::new().await;
        let error = sample.directory.agent_history(&operator(), "999999", &about("")).await.unwrap_err();
        assert!(matches!(error, DirectoryError::NotFound { .. }));
    }
}
