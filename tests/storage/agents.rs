//! Agents: every field round trips, an update is conditional, pages and search behave alike.

use harness::engine::Database;
use octroi_idp::domain::agent::{Agent, AgentRecord, Employment};
use octroi_idp::domain::ids::Sub;
use octroi_idp::storage::agents::{self, AgentFilter};
use octroi_idp::storage::{Constraint, StoreError, Tx};

use crate::cast::{CROWD, add_agents, agent, crowd, ines, minute, soi};

harness::for_each_engine![
    every_field_comes_back_as_it_went_in,
    an_update_counts_the_version_and_loses_against_an_older_one,
    of_fifty_updates_of_one_version_one_wins,
    a_known_soi_is_a_conflict_of_its_own_name,
    a_known_sub_is_a_conflict_but_not_of_the_soi,
    an_unknown_manager_fails_and_leaves_nothing,
    a_manager_may_come_later_in_the_same_transaction,
    pages_follow_the_soi_and_end,
    search_folds_case_accents_and_ligatures,
    search_takes_wildcards_as_letters,
    a_list_meets_every_criterion,
];

async fn find(db: &Database, number: &str) -> Option<Agent> {
    let number = soi(number);
    db.read(async |tx: &mut Tx| agents::find(tx, &number).await).await.expect("find")
}

async fn insert(db: &Database, record: &AgentRecord, sub: &str) -> Result<(), StoreError> {
    db.write(async |tx: &mut Tx| agents::insert(tx, record, &Sub::new(sub), minute(0)).await).await
}

async fn list(db: &Database, filter: AgentFilter) -> Vec<String> {
    let found = db.read(async |tx: &mut Tx| agents::list(tx, &filter).await).await.expect("list");
    found.into_iter().map(|agent| agent.record.soi.to_string()).collect()
}

fn everybody() -> AgentFilter {
    AgentFilter { limit: 100, ..AgentFilter::default() }
}

async fn every_field_comes_back_as_it_went_in(db: Database) {
    add_agents(&db, &[agent("100004", "Duval"), ines()]).await;
    let found = find(&db, "100001").await.expect("present");
    assert_eq!(found.record, ines());
    assert_eq!(found.sub.as_str(), "sub-100001");
    assert_eq!((found.version, found.created_at, found.updated_at), (1, minute(0), minute(0)));

    let bare = find(&db, "100004").await.expect("present");
    assert_eq!(bare.record, agent("100004", "Duval"), "what is missing stays missing");
    assert_eq!(find(&db, "999999").await, None);
    let counted = db.read(async |tx: &mut Tx| agents::count(tx).await).await.unwrap();
    assert_eq!(counted, 2);
}

async fn an_update_counts_the_version_and_loses_against_an_older_one(db: Database) {
    add_agents(&db, &[agent("100001", "Marchand")]).await;
    let changed = AgentRecord { manager: None, employment: Employment::Suspended, ..ines() };
    let update = async |version| {
        db.write(async |tx: &mut Tx| agents::update(tx, &changed, version, minute(5)).await).await.expect("update")
    };
    assert!(update(1).await);
    assert!(!update(1).await, "somebody else was faster");
    let found = find(&db, "100001").await.unwrap();
    assert_eq!(found.record, changed);
    assert_eq!((found.version, found.created_at, found.updated_at), (2, minute(0), minute(5)));
    assert_eq!(found.sub.as_str(), "sub-100001", "sub never changes");
    assert_eq!(list(&db, AgentFilter { search: Some("chargee".into()), ..everybody() }).await, Vec::<String>::new());
    assert_eq!(list(&db, AgentFilter { search: Some("ines".into()), ..everybody() }).await, ["100001"]);
}

async fn of_fifty_updates_of_one_version_one_wins(db: Database) {
    add_agents(&db, &[agent("100001", "Marchand")]).await;
    let store = db.store.clone();
    let won = crowd(|nth| {
        let store = store.clone();
        async move {
            let record = agent("100001", &format!("Nom {nth}"));
            store.write(async |tx: &mut Tx| agents::update(tx, &record, 1, minute(1)).await).await.expect("update")
        }
    })
    .await;
    assert_eq!(won.iter().filter(|won| **won).count(), 1);
    assert_eq!(won.len(), CROWD);
    assert_eq!(find(&db, "100001").await.unwrap().version, 2);
}

async fn a_known_soi_is_a_conflict_of_its_own_name(db: Database) {
    insert(&db, &agent("100001", "Marchand"), "a").await.unwrap();
    let again = insert(&db, &agent("100001", "Autre"), "b").await;
    assert!(matches!(again, Err(StoreError::Conflict(Constraint::AgentSoi))), "{again:?}");
    assert_eq!(find(&db, "100001").await.unwrap().record.family_name, "Marchand");
}

async fn a_known_sub_is_a_conflict_but_not_of_the_soi(db: Database) {
    insert(&db, &agent("100001", "Marchand"), "a").await.unwrap();
    let again = insert(&db, &agent("100002", "Autre"), "a").await;
    assert!(matches!(again, Err(StoreError::Conflict(Constraint::Unique))), "{again:?}");
}

async fn an_unknown_manager_fails_and_leaves_nothing(db: Database) {
    let refused = insert(&db, &ines(), "a").await;
    assert!(matches!(refused, Err(StoreError::Conflict(Constraint::Reference))), "{refused:?}");
    assert_eq!(find(&db, "100001").await, None);
    insert(&db, &agent("100001", "Marchand"), "a").await.expect("the next write works");
}

async fn a_manager_may_come_later_in_the_same_transaction(db: Database) {
    add_agents(&db, &[ines(), agent("100004", "Duval")]).await;
    assert_eq!(find(&db, "100001").await.unwrap().record.manager, Some(soi("100004")));
}

async fn pages_follow_the_soi_and_end(db: Database) {
    let all: Vec<AgentRecord> = (0..25).rev().map(|n| agent(&format!("{}", 200_000 + n), "Page")).collect();
    add_agents(&db, &all).await;
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = list(&db, AgentFilter { after, limit: 10, ..AgentFilter::default() }).await;
        let Some(last) = page.last() else { break };
        after = Some(soi(last));
        seen.extend(page);
    }
    let expected: Vec<String> = (0..25).map(|n| format!("{}", 200_000 + n)).collect();
    assert_eq!(seen, expected);
}

async fn search_folds_case_accents_and_ligatures(db: Database) {
    add_agents(&db, &[agent("100004", "Duval"), ines(), agent("100002", "ÉTÉ-Façon")]).await;
    for (typed, found) in [
        ("INÈS", vec!["100001"]),
        ("ines march", vec!["100001"]),
        ("l'oeuvre", vec!["100001"]),
        ("L'ŒUVRE", vec!["100001"]),
        ("ete-facon", vec!["100002"]),
        ("E\u{301}te\u{301}", vec!["100002"]),
        ("100004@VILLE", vec!["100004"]),
        ("10000", vec!["100001", "100002", "100004"]),
        ("personne", vec![]),
    ] {
        assert_eq!(list(&db, AgentFilter { search: Some(typed.into()), ..everybody() }).await, found, "{typed:?}");
    }
}

async fn search_takes_wildcards_as_letters(db: Database) {
    add_agents(&db, &[agent("100001", "Cent%"), agent("100002", "Sous_tiret"), agent("100003", "Barre\\")]).await;
    for (typed, found) in
        [("%", vec!["100001"]), ("_", vec!["100002"]), ("\\", vec!["100003"]), ("s_t", vec!["100002"])]
    {
        assert_eq!(list(&db, AgentFilter { search: Some(typed.into()), ..everybody() }).await, found, "{typed:?}");
    }
}

async fn a_list_meets_every_criterion(db: Database) {
    let in_40 = |number, employment| AgentRecord { department: Some("40".into()), employment, ..agent(number, "X") };
    add_agents(&db, &[in_40("100001", Employment::Active), in_40("100002", Employment::Left), agent("100003", "X")])
        .await;
    let department = AgentFilter { department: Some("40".into()), ..everybody() };
    assert_eq!(list(&db, department.clone()).await, ["100001", "100002"]);
    assert_eq!(list(&db, AgentFilter { employment: Some(Employment::Left), ..department.clone() }).await, ["100002"]);
    assert_eq!(list(&db, AgentFilter { after: Some(soi("100001")), ..department }).await, ["100002"]);
    assert_eq!(
        list(&db, AgentFilter { employment: Some(Employment::Active), ..everybody() }).await,
        ["100001", "100003"]
    );
}
