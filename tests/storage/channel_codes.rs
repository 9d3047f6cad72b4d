//! Codes that prove an address: one per agent and kind, spent once, few tries and few sendings, whatever the address.

use harness::engine::Database;
use octroi_idp::domain::channel::{Address, CODE_WINDOW, ChannelKind, MOST_CODES, MOST_WRONG_CODES};
use octroi_idp::domain::time::Timestamp;
use octroi_idp::storage::channel_codes::{self, NewChannelCode, Tried, Waiting};
use octroi_idp::storage::{Store, StoreError, Tx};

use crate::cast::{CROWD, add_agents, agent, crowd, minute, soi};

harness::for_each_engine![
    a_code_is_spent_once_and_only_for_its_agent_kind_and_address,
    of_fifty_who_present_one_code_one_is_told_yes,
    fifty_guesses_at_once_are_five,
    a_new_code_gives_no_new_tries,
    sendings_are_few_in_an_hour,
    a_code_ends_by_itself_and_by_withdrawal,
    what_is_over_is_deleted_when_it_no_longer_counts,
];

const KIND: ChannelKind = ChannelKind::Mobile;

fn address() -> Address {
    Address::Mobile("+33612345678".into())
}

async fn issue(store: &Store, number: &str, address: &Address, byte: u8, at: Timestamp) -> Result<(), Timestamp> {
    let soi = soi(number);
    let expires_at = at.plus(std::time::Duration::from_mins(10));
    let new = NewChannelCode { soi: &soi, kind: KIND, address, code_hash: [byte; 32], expires_at };
    let issue = async |tx: &mut Tx| -> Result<_, StoreError> { channel_codes::issue(tx, &new, at).await };
    store.write(issue).await.expect("issue")
}

async fn try_code(store: &Store, number: &str, kind: ChannelKind, address: &Address, byte: u8, at: Timestamp) -> Tried {
    let soi = soi(number);
    let attempt = async |tx: &mut Tx| -> Result<_, StoreError> {
        channel_codes::try_code(tx, &soi, kind, address, [byte; 32], at).await
    };
    store.write(attempt).await.expect("a try")
}

async fn waiting(store: &Store, at: Timestamp) -> Option<Waiting> {
    let soi = soi("100001");
    let find = async |tx: &mut Tx| -> Result<_, StoreError> { channel_codes::find(tx, &soi, KIND, at).await };
    store.read(find).await.expect("find")
}

async fn two_agents(db: &Database) {
    add_agents(db, &[agent("100001", "Marchand"), agent("100002", "Autre")]).await;
}

async fn a_code_is_spent_once_and_only_for_its_agent_kind_and_address(db: Database) {
    two_agents(&db).await;
    issue(&db, "100001", &address(), 1, minute(0)).await.unwrap();
    issue(&db, "100002", &address(), 2, minute(0)).await.unwrap();
    let other = Address::Mobile("+33600000000".into());
    assert_eq!(try_code(&db, "100002", KIND, &address(), 1, minute(1)).await, Tried::Wrong { tries_left: 4 });
    assert_eq!(try_code(&db, "100001", KIND, &other, 1, minute(1)).await, Tried::Gone);
    assert_eq!(try_code(&db, "100001", ChannelKind::RecoveryEmail, &address(), 1, minute(1)).await, Tried::Gone);
    assert_eq!(waiting(&db, minute(1)).await.unwrap().tries_left, MOST_WRONG_CODES, "somebody else's failures");
    assert_eq!(try_code(&db, "100001", KIND, &address(), 1, minute(1)).await, Tried::Right);
    assert_eq!(try_code(&db, "100001", KIND, &address(), 1, minute(1)).await, Tried::Gone);
    assert_eq!(waiting(&db, minute(1)).await, None);
}

async fn of_fifty_who_present_one_code_one_is_told_yes(db: Database) {
    two_agents(&db).await;
    issue(&db, "100001", &address(), 1, minute(0)).await.unwrap();
    let store = db.store.clone();
    let answers = crowd(move |_| {
        let store = store.clone();
        async move { try_code(&store, "100001", KIND, &address(), 1, minute(1)).await }
    })
    .await;
    assert_eq!(answers.iter().filter(|answer| **answer == Tried::Right).count(), 1);
    assert_eq!(answers.iter().filter(|answer| **answer == Tried::Gone).count(), CROWD - 1);
}

async fn fifty_guesses_at_once_are_five(db: Database) {
    two_agents(&db).await;
    issue(&db, "100001", &address(), 1, minute(0)).await.unwrap();
    let store = db.store.clone();
    let answers = crowd(move |nth| {
        let store = store.clone();
        async move { try_code(&store, "100001", KIND, &address(), 100 + u8::try_from(nth).unwrap(), minute(1)).await }
    })
    .await;
    let wrong = answers.iter().filter(|answer| matches!(answer, Tried::Wrong { .. })).count();
    assert_eq!(wrong, usize::try_from(MOST_WRONG_CODES).unwrap());
    assert_eq!(try_code(&db, "100001", KIND, &address(), 1, minute(1)).await, Tried::Gone, "not even the right one");
}

async fn a_new_code_gives_no_new_tries(db: Database) {
    two_agents(&db).await;
    issue(&db, "100001", &address(), 1, minute(0)).await.unwrap();
    for left in [4, 3] {
        assert_eq!(try_code(&db, "100001", KIND, &address(), 9, minute(1)).await, Tried::Wrong { tries_left: left });
    }
    let other = Address::Mobile("+33600000000".into());
    issue(&db, "100001", &other, 2, minute(2)).await.unwrap();
    assert_eq!(waiting(&db, minute(2)).await.unwrap().tries_left, 3, "NIST-12");
    for left in [2, 1, 0] {
        assert_eq!(try_code(&db, "100001", KIND, &other, 9, minute(3)).await, Tried::Wrong { tries_left: left });
    }
    let again_at = issue(&db, "100001", &address(), 3, minute(4)).await.unwrap_err();
    assert_eq!(again_at, minute(0).plus(CODE_WINDOW));
    issue(&db, "100001", &address(), 3, again_at).await.unwrap();
    assert_eq!(waiting(&db, again_at).await.unwrap().tries_left, MOST_WRONG_CODES, "an hour later");
}

async fn sendings_are_few_in_an_hour(db: Database) {
    two_agents(&db).await;
    for nth in 0..MOST_CODES {
        issue(&db, "100001", &address(), 1, minute(i64::from(nth))).await.unwrap();
    }
    assert_eq!(issue(&db, "100001", &address(), 1, minute(59)).await, Err(minute(60)));
    assert_eq!(issue(&db, "100002", &address(), 1, minute(59)).await, Ok(()), "each agent has their own");
    assert_eq!(issue(&db, "100001", &address(), 1, minute(60)).await, Ok(()));

    let store = db.store.clone();
    let answers = crowd(move |_| {
        let store = store.clone();
        async move { issue(&store, "100001", &address(), 1, minute(61)).await.is_ok() }
    })
    .await;
    assert_eq!(answers.iter().filter(|sent| **sent).count(), usize::try_from(MOST_CODES - 1).unwrap());
}

async fn a_code_ends_by_itself_and_by_withdrawal(db: Database) {
    two_agents(&db).await;
    issue(&db, "100001", &address(), 1, minute(0)).await.unwrap();
    assert!(waiting(&db, Timestamp::from_millis(minute(10).millis() - 1)).await.is_some());
    assert!(waiting(&db, minute(10)).await.is_none());
    assert_eq!(try_code(&db, "100001", KIND, &address(), 1, minute(10)).await, Tried::Gone);

    issue(&db, "100001", &address(), 2, minute(11)).await.unwrap();
    assert_eq!(
        try_code(&db, "100001", KIND, &address(), 1, minute(11)).await,
        Tried::Wrong { tries_left: 4 },
        "replaced"
    );
    let soi = soi("100001");
    let withdraw = async || {
        let work =
            async |tx: &mut Tx| -> Result<_, StoreError> { channel_codes::withdraw(tx, &soi, KIND, minute(12)).await };
        db.write(work).await.unwrap()
    };
    assert!(withdraw().await);
    assert!(!withdraw().await);
    assert_eq!(try_code(&db, "100001", KIND, &address(), 2, minute(12)).await, Tried::Gone);
}

async fn what_is_over_is_deleted_when_it_no_longer_counts(db: Database) {
    two_agents(&db).await;
    issue(&db, "100001", &address(), 1, minute(0)).await.unwrap();
    let purge = async |at| {
        db.write(async |tx: &mut Tx| -> Result<u64, StoreError> { channel_codes::purge(tx, at).await }).await.unwrap()
    };
    assert_eq!(purge(minute(59)).await, 0, "it still counts");
    assert_eq!(purge(minute(60)).await, 1);
}
