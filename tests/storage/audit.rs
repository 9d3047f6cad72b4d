//! The audit: what is appended is read back whole, by any criterion, newest first.

use harness::engine::Database;
use octroi_idp::domain::audit::{Actor, Contact, Event, EventFilter, RecordedEvent};
use octroi_idp::domain::ids::{ClientId, Reference, RequestId, Sid};
use octroi_idp::domain::reason::Reason;
use octroi_idp::domain::zone::NetworkZone;
use octroi_idp::storage::{StoreError, Tx, audit};
use serde_json::json;

use crate::cast::{crowd, minute, soi};

harness::for_each_engine![
    every_field_comes_back_as_it_went_in,
    each_criterion_narrows_and_all_of_them_hold,
    pages_go_from_the_newest_to_the_oldest,
    an_event_of_an_act_that_failed_is_not_kept,
    fifty_acts_at_once_leave_fifty_events,
];

fn refusal() -> Event {
    Event::new("access.decided", Actor::Agent(soi("100001")))
        .refused(Reason::AppInternalOnly)
        .with_subject(&soi("100001"))
        .with_client(&ClientId::new("hr-validation"))
        .with_session(&Sid::new("s"))
        .with_reference(&Reference::new("K7QM-2F4X"))
        .with_contact(&Contact {
            zone: Some(NetworkZone::Nomades),
            client_address: Some("2001:db8::7".into()),
            user_agent: Some("Firefox".into()),
            request_id: Some(RequestId::new("r-1")),
        })
        .with_detail(json!({ "inputs": { "agent": 3, "zones": ["internal"], "é\"'\\": null, "x": 1.5, "y": -7 } }))
}

async fn append(db: &Database, event: &Event, at: i64) {
    db.write(async |tx: &mut Tx| audit::append(tx, event, minute(at)).await).await.expect("append");
}

async fn search(db: &Database, filter: EventFilter) -> Vec<RecordedEvent> {
    db.read(async |tx: &mut Tx| audit::search(tx, &filter).await).await.expect("search")
}

fn everything() -> EventFilter {
    EventFilter { limit: 100, ..EventFilter::default() }
}

async fn every_field_comes_back_as_it_went_in(db: Database) {
    append(&db, &refusal(), 1).await;
    let found = search(&db, everything()).await;
    let expected = RecordedEvent {
        seq: found[0].seq,
        at: minute(1),
        act: "access.decided".into(),
        outcome: "refused".into(),
        reason: Some("app.internal_only".into()),
        actor_kind: "agent".into(),
        actor: "100001".into(),
        subject: Some("100001".into()),
        client_id: Some("hr-validation".into()),
        sid: Some("s".into()),
        reference: Some("K7QM-2F4X".into()),
        zone: Some("nomades".into()),
        client_address: Some("2001:db8::7".into()),
        user_agent: Some("Firefox".into()),
        request_id: Some("r-1".into()),
        detail: refusal().detail,
    };
    assert_eq!(found, [expected]);

    append(&db, &Event::new("demo.filled", Actor::System), 2).await;
    let newest = search(&db, everything()).await.remove(0);
    assert_eq!((newest.outcome.as_str(), newest.reason, newest.subject, newest.zone), ("done", None, None, None));
    assert_eq!((newest.actor_kind.as_str(), newest.actor.as_str(), newest.detail), ("system", "system", json!({})));
}

async fn each_criterion_narrows_and_all_of_them_hold(db: Database) {
    append(&db, &refusal(), 1).await;
    let operator = Actor::LocalOperator { real: "root".into(), login: Some("alice".into()) };
    append(&db, &Event::new("agent.added", operator).with_subject(&soi("100002")), 2).await;
    append(&db, &Event::new("login.done", Actor::Agent(soi("100002"))).with_subject(&soi("100002")), 3).await;

    let text = |value: &str| Some(value.to_owned());
    for (filter, minutes) in [
        (EventFilter { subject: text("100002"), ..everything() }, vec![3, 2]),
        (EventFilter { act: text("agent.added"), ..everything() }, vec![2]),
        (EventFilter { client_id: text("hr-validation"), ..everything() }, vec![1]),
        (EventFilter { reference: text("K7QM-2F4X"), ..everything() }, vec![1]),
        (EventFilter { reason: text("app.internal_only"), ..everything() }, vec![1]),
        (EventFilter { outcome: text("done"), ..everything() }, vec![3, 2]),
        (EventFilter { actor: text("root (login alice)"), ..everything() }, vec![2]),
        (EventFilter { since: Some(minute(2)), ..everything() }, vec![3, 2]),
        (EventFilter { until: Some(minute(2)), ..everything() }, vec![1]),
        (EventFilter { since: Some(minute(2)), until: Some(minute(3)), ..everything() }, vec![2]),
        (EventFilter { subject: text("100002"), act: text("login.done"), ..everything() }, vec![3]),
        (EventFilter { subject: text("100001"), act: text("login.done"), ..everything() }, vec![]),
        (EventFilter { limit: 2, ..everything() }, vec![3, 2]),
    ] {
        let found: Vec<_> = search(&db, filter.clone()).await.into_iter().map(|event| event.at).collect();
        let expected: Vec<_> = minutes.into_iter().map(minute).collect();
        assert_eq!(found, expected, "{filter:?}");
    }
}

async fn pages_go_from_the_newest_to_the_oldest(db: Database) {
    for nth in 0..23 {
        append(&db, &Event::new("demo.filled", Actor::System).with_detail(json!({ "nth": nth })), 1).await;
    }
    let (mut seen, mut before_seq) = (Vec::new(), None);
    loop {
        let page = search(&db, EventFilter { before_seq, limit: 10, ..EventFilter::default() }).await;
        let Some(last) = page.last() else { break };
        before_seq = Some(last.seq);
        seen.extend(page.iter().map(|event| event.detail["nth"].as_i64().unwrap()));
    }
    assert_eq!(seen, (0..23).rev().collect::<Vec<_>>());
}

async fn an_event_of_an_act_that_failed_is_not_kept(db: Database) {
    let failed: Result<(), StoreError> = db
        .write(async |tx: &mut Tx| {
            audit::append(tx, &refusal(), minute(1)).await?;
            Err(StoreError::Busy)
        })
        .await;
    assert!(matches!(failed, Err(StoreError::Busy)));
    assert!(search(&db, everything()).await.is_empty());
}

async fn fifty_acts_at_once_leave_fifty_events(db: Database) {
    let store = db.store.clone();
    crowd(|_| {
        let store = store.clone();
        async move {
            store.write(async |tx: &mut Tx| audit::append(tx, &refusal(), minute(1)).await).await.expect("append");
        }
    })
    .await;
    assert_eq!(search(&db, everything()).await.len(), 50);
}
