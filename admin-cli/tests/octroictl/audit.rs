//! `octroictl audit search` and `agent history`

use octroi_idp::domain::audit::{Actor, Event};
use octroi_idp::domain::ids::Reference;
use octroi_idp::domain::reason::Reason;
use octroi_idp::domain::soi::Soi;
use octroi_idp::domain::time::Clock;
use octroi_idp::storage::{StoreError, Tx, audit};

use crate::Installation;

#[tokio::test]
async fn a_reference_opens_the_whole_trace() {
    let octroi = Installation::new().await;
    let event = Event::new("access.decided", Actor::Agent(Soi::from_stored("100001".into())))
        .refused(Reason::AppInternalOnly)
        .with_reference(&Reference::new("K7QM-2F4X"))
        .with_detail(serde_json::json!({ "inputs": { "application": 3, "zone": "nomades" } }));
    let store = octroi.store().await;
    let now = Clock::system().now();
    store.write(async |tx: &mut Tx| -> Result<(), StoreError> { audit::append(tx, &event, now).await }).await.unwrap();
    let trace = octroi.run("audit search --ref k7qm2f4x").await.done();
    for expected in ["app.internal_only", "K7QM-2F4X", "inputs.application: 3", "inputs.zone: nomades"] {
        assert!(trace.contains(expected), "{trace}");
    }
    let by_reason = octroi.run("audit search --refused-for app.internal_only --format json").await.json();
    assert_eq!(by_reason["events"][0]["reference"], "K7QM-2F4X");
    store.close().await;
}

#[tokio::test]
async fn a_history_tells_what_was_done_by_whom_and_why_and_is_itself_recorded() {
    let octroi = Installation::new().await;
    octroi.add("100001").await;
    octroi.run_words(&["agent", "suspend", "100001", "--reason", "ticket 4711"]).await.done();
    let history = octroi.run("agent history 100001 --format json").await.json();
    let acts: Vec<&str> = history["events"].as_array().unwrap().iter().map(|e| e["act"].as_str().unwrap()).collect();
    assert_eq!(acts, ["agent.suspended", "agent.added"]);
    assert_eq!(history["events"][0]["detail"]["reason"], "ticket 4711");
    assert_eq!(history["events"][0]["actor_kind"], "local_operator");
    let table = octroi.run("agent history 100001").await.done();
    assert!(table.contains("employment active → suspended, \"ticket 4711\""), "{table}");
    let again = octroi.run("audit search --soi 100001 --act audit.read --limit 1").await.done();
    assert!(again.contains("audit.read") && again.contains("done"), "{again}");
}

#[tokio::test]
async fn moments_pages_and_csv() {
    let octroi = Installation::new().await;
    for soi in ["100001", "100002", "100003"] {
        octroi.add(soi).await;
    }
    let page = octroi.run("audit search --act agent.added --limit 2 --since 1h --format json").await.json();
    assert_eq!((page["events"].as_array().unwrap().len(), &page["next"]), (2, &2.into()));
    let next = octroi.run("audit search --act agent.added --limit 2 --before 2").await.done();
    assert!(next.contains("100001") && !next.contains("100002"), "{next}");
    assert_eq!(octroi.run("audit search --until 2020-01-01").await.done(), "No event.\n");
    let csv = octroi.run("audit search --act agent.added --format csv").await.done();
    assert!(csv.starts_with("seq,when,act,outcome,reason,reference,agent,"), "{csv}");
    assert_eq!(csv.lines().count(), 4, "{csv}");
    assert!(
        octroi.run("audit search --since yesterday").await.failed(2).contains("--since: \"yesterday\" is no moment")
    );
    assert!(octroi.run("audit search --refused-for account.lost").await.failed(2).contains("account.left"));
}
