//! Group commit of the embedded engine: writers share a COMMIT, and whatever breaks, no acknowledged write is lost and no
//! refused one is kept.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use harness::engine::{Database, Engine, with_database};
use octroi_idp::crypto::random::Random;
use octroi_idp::domain::agent::AgentRecord;
use octroi_idp::domain::ids::Sub;
use octroi_idp::storage::agents::{self, AgentFilter};
use octroi_idp::storage::{Cause, Constraint, Store, StoreError, Tx};
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use crate::cast::{add_agents, agent, hang_up_after, minute, soi};

/// On a database of the embedded engine.
async fn embedded<Fut: Future<Output = ()> + Send + 'static>(test: impl FnOnce(Database) -> Fut) {
    with_database(Engine::Sqlite, test).await;
}

async fn add(store: &Store, record: &AgentRecord) -> Result<(), StoreError> {
    let sub = Sub::new(format!("{}-{}", record.soi, record.family_name));
    store.write(async |tx: &mut Tx| agents::insert(tx, record, &sub, minute(0)).await).await
}

async fn stored(store: &Store) -> BTreeSet<String> {
    let filter = AgentFilter { limit: 10_000, ..AgentFilter::default() };
    let all = store.read(async |tx: &mut Tx| agents::list(tx, &filter).await).await.expect("the agents");
    all.into_iter().map(|agent| agent.record.soi.to_string()).collect()
}

/// Runs `hook` at each COMMIT of the writing connection; it answers whether the commit may go on.
async fn at_commit(db: &Database, hook: impl FnMut() -> bool + Send + 'static) {
    let Store::Sqlite { writer, .. } = &db.store else { unreachable!("the embedded engine") };
    let mut connection = writer.alone().await.expect("the writing connection");
    connection.lock_handle().await.expect("its handle").set_commit_hook(hook);
}

/// Writers that all wait while another one is at work, so that they become one batch; `first` is at work.
async fn together<T: Send + 'static, Fut>(
    db: &Database,
    first: &AgentRecord,
    others: Vec<Fut>,
) -> (Result<(), StoreError>, Vec<T>)
where
    Fut: Future<Output = T> + Send + 'static,
{
    let (at_work, go_on, again) = (Barrier::new(2), Barrier::new(2), AtomicBool::new(false));
    let sub = Sub::new(first.soi.as_str());
    let holder = db.write(async |tx: &mut Tx| -> Result<(), StoreError> {
        agents::insert(tx, first, &sub, minute(0)).await?;
        // Its work runs again when the batch is lost.
        if !again.swap(true, Ordering::SeqCst) {
            at_work.wait().await;
            go_on.wait().await;
        }
        Ok(())
    });
    let crowd = async {
        at_work.wait().await;
        let mut queue: Vec<_> = others.into_iter().map(|other| Box::pin(tokio::spawn(other))).collect();
        // Each is polled until it waits for its turn.
        for _ in 0..50 {
            tokio::task::yield_now().await;
        }
        go_on.wait().await;
        let mut answers = Vec::new();
        for other in &mut queue {
            answers.push(other.await.expect("no panic"));
        }
        answers
    };
    tokio::join!(holder, crowd)
}

fn adding(db: &Database, record: AgentRecord) -> impl Future<Output = Result<(), StoreError>> + Send + 'static {
    let store = db.store.clone();
    async move { add(&store, &record).await }
}

#[tokio::test]
async fn writers_who_come_together_share_a_commit() {
    embedded(async |db: Database| {
        let commits = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&commits);
        at_commit(&db, move || {
            counted.fetch_add(1, Ordering::SeqCst);
            true
        })
        .await;
        let others = (0..20).map(|n| adding(&db, agent(&format!("{}", 200_000 + n), "X"))).collect();
        let (first, answers) = together(&db, &agent("100001", "First"), others).await;
        first.expect("the first is kept");
        assert!(answers.iter().all(Result::is_ok));
        assert_eq!(stored(&db).await.len(), 21);
        let commits = commits.load(Ordering::SeqCst);
        assert!(commits <= 3, "21 writers, {commits} commits");
    })
    .await;
}

#[tokio::test]
async fn nobody_answers_before_the_commit() {
    embedded(async |db: Database| {
        let (committed, seen) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(0)));
        let commits = Arc::clone(&committed);
        at_commit(&db, move || {
            commits.store(true, Ordering::SeqCst);
            true
        })
        .await;
        let others = (0..8)
            .map(|n| {
                let (write, committed, seen) =
                    (adding(&db, agent(&format!("{}", 200_000 + n), "X")), Arc::clone(&committed), Arc::clone(&seen));
                async move {
                    write.await.expect("kept");
                    seen.fetch_add(u32::from(committed.load(Ordering::SeqCst)), Ordering::SeqCst);
                }
            })
            .collect();
        let (first, _) = together(&db, &agent("100001", "First"), others).await;
        first.expect("kept");
        assert_eq!(seen.load(Ordering::SeqCst), 8, "each heard of its write after a COMMIT");
    })
    .await;
}

#[tokio::test]
async fn a_commit_that_fails_reaches_every_member_and_nothing_of_it_is_kept() {
    embedded(async |db: Database| {
        add_agents(&db, &[agent("100000", "Before")]).await;
        let fails = Arc::new(AtomicBool::new(true));
        let hook = Arc::clone(&fails);
        at_commit(&db, move || !hook.load(Ordering::SeqCst)).await;
        let others = (0..12).map(|n| adding(&db, agent(&format!("{}", 200_000 + n), "X"))).collect();
        let (first, answers) = together(&db, &agent("100001", "First"), others).await;
        for answer in answers.iter().chain([&first]) {
            assert!(matches!(answer, Err(StoreError::Unavailable(..))), "{answer:?}");
        }
        assert_eq!(stored(&db).await, BTreeSet::from(["100000".to_owned()]));
        fails.store(false, Ordering::SeqCst);
        add(&db, &agent("100002", "After")).await.expect("the next one is served");
        assert_eq!(stored(&db).await.len(), 2);
    })
    .await;
}

#[tokio::test]
async fn a_refusal_that_rests_on_a_write_that_was_not_kept_is_not_told() {
    embedded(async |db: Database| {
        let fails = Arc::new(AtomicBool::new(true));
        let hook = Arc::clone(&fails);
        at_commit(&db, move || !hook.load(Ordering::SeqCst)).await;
        // The second finds the first one's agent, which then never comes to be.
        let (first, answers) =
            together(&db, &agent("100001", "First"), vec![adding(&db, agent("100001", "Second"))]).await;
        assert!(matches!(first, Err(StoreError::Unavailable(..))), "{first:?}");
        let told = &answers[0];
        assert!(matches!(told, Err(StoreError::Unavailable(..))), "not a conflict with nobody: {told:?}");
        fails.store(false, Ordering::SeqCst);
        assert!(stored(&db).await.is_empty());

        let (first, answers) =
            together(&db, &agent("100001", "First"), vec![adding(&db, agent("100001", "Second"))]).await;
        first.expect("kept");
        assert!(matches!(answers[0], Err(StoreError::Conflict(Constraint::AgentSoi))), "{:?}", answers[0]);
    })
    .await;
}

#[tokio::test]
async fn a_rule_that_is_checked_at_the_commit_fails_for_the_one_who_broke_it() {
    embedded(async |db: Database| {
        let orphan = AgentRecord { manager: Some(soi("999999")), ..agent("200003", "Orphan") };
        let others = (0..6)
            .map(|n| match n {
                3 => adding(&db, orphan.clone()),
                n => adding(&db, agent(&format!("{}", 200_000 + n), "X")),
            })
            .collect();
        let (first, answers) = together(&db, &agent("100001", "First"), others).await;
        first.expect("kept");
        for (n, answer) in answers.iter().enumerate() {
            if n == 3 {
                assert!(matches!(answer, Err(StoreError::Conflict(Constraint::Reference))), "{answer:?}");
            } else {
                assert!(answer.is_ok(), "{n}: {answer:?}");
            }
        }
        assert_eq!(stored(&db).await.len(), 6);
    })
    .await;
}

/// The engine rolls the whole transaction back by itself, also what others had finished in it.
#[tokio::test]
async fn a_disk_that_is_full_in_the_middle_of_a_batch_takes_nobody_s_acknowledged_write() {
    embedded(async |db: Database| {
        let room = db.number("PRAGMA page_count").await + 12;
        db.execute(&format!("PRAGMA max_page_count = {room}")).await;
        let others = (0..40).map(|n| adding(&db, agent(&format!("{}", 200_000 + n), &"long ".repeat(400)))).collect();
        let (first, answers) = together(&db, &agent("100001", "First"), others).await;
        first.expect("there was room for the first");
        let mut expected = BTreeSet::from(["100001".to_owned()]);
        for (n, answer) in answers.iter().enumerate() {
            match answer {
                Ok(()) => drop(expected.insert(format!("{}", 200_000 + n))),
                Err(StoreError::Unavailable(Cause::Full, _)) => {}
                Err(other) => panic!("{other:?}"),
            }
        }
        assert!((1..41).contains(&expected.len()), "some fitted and some did not: {}", expected.len());
        assert_eq!(stored(&db).await, expected);
        db.execute("PRAGMA max_page_count = 1000000").await;
        add(&db, &agent("300000", "After")).await.expect("there is room again");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whoever_hangs_up_in_the_middle_takes_only_what_is_theirs() {
    embedded(async |db: Database| {
        const EACH: u32 = 4;
        let random = Random::seeded(20_261_126);
        let mut tasks = JoinSet::new();
        for writer in 0..400_u32 {
            let [polls, refused] = random.bytes::<2>();
            // Some refuse what they have done, some stay to the end.
            let (polls, refused) = (if polls % 4 == 0 { u32::MAX } else { u32::from(polls % 20) }, refused % 5 == 0);
            let store = db.store.clone();
            tasks.spawn(async move {
                let records: Vec<_> =
                    (0..EACH).map(|n| agent(&format!("{}", 100_000 + writer * 10 + n), "X")).collect();
                let write = store.write(async |tx: &mut Tx| -> Result<(), StoreError> {
                    for record in &records {
                        agents::insert(tx, record, &Sub::new(record.soi.as_str()), minute(0)).await?;
                    }
                    if refused { Err(StoreError::Busy) } else { Ok(()) }
                });
                (writer, refused, hang_up_after(polls, write).await)
            });
        }
        let outcomes = tasks.join_all().await;
        // The next one's turn comes after everything that was left behind is settled.
        add(&db, &agent("900000", "Last")).await.expect("nobody is in the way");

        let stored = stored(&db).await;
        let (mut kept, mut hung_up) = (0, 0);
        for (writer, refused, answer) in outcomes {
            let found = (0..EACH).filter(|n| stored.contains(&format!("{}", 100_000 + writer * 10 + n))).count();
            match answer {
                Some(Ok(())) => {
                    assert_eq!(found, 4, "writer {writer} was told yes");
                    kept += 1;
                }
                Some(Err(error)) => {
                    assert!(refused && matches!(error, StoreError::Busy), "writer {writer}: {error:?}");
                    assert_eq!(found, 0, "writer {writer} was refused");
                }
                None if refused => assert_eq!(found, 0, "writer {writer} refused, whoever heard it"),
                None => {
                    assert!(found == 0 || found == 4, "writer {writer} is whole or absent, not {found} of {EACH}");
                    hung_up += 1;
                }
            }
        }
        assert!(kept > 50 && hung_up > 20, "both happened: {kept} kept, {hung_up} hung up");
    })
    .await;
}

#[tokio::test]
async fn when_all_hang_up_the_batch_is_closed_all_the_same() {
    embedded(async |db: Database| {
        for polls in 0..60 {
            let record = agent(&format!("{}", 100_000 + polls), "Gone");
            drop(hang_up_after(polls, add(&db, &record)).await);
            // Another process finds the database free, although no writer of ours comes any more.
            let other = Store::open(&db.settings).await.expect("a second store");
            add(&other, &agent(&format!("{}", 200_000 + polls), "Other")).await.expect("the lock was let go");
            other.close().await;
        }
        let stored = stored(&db).await;
        assert!((0..60).all(|n| stored.contains(&format!("{}", 200_000 + n))));
    })
    .await;
}
