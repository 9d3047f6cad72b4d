//! Sessions: found by cookie or `sid`, touched at most once a minute, ended for good, purged with what hangs on them.

use harness::engine::Database;
use octroi_idp::domain::ids::Sid;
use octroi_idp::domain::session::Session;
use octroi_idp::domain::time::Timestamp;
use octroi_idp::storage::{Constraint, StoreError, Tx, codes, sessions, standing};

use crate::cast::{add_agents, agent, code, hash, minute, one_login, session, soi};

harness::for_each_engine![
    every_field_comes_back_by_cookie_and_by_sid,
    a_contact_is_noted_at_most_once_a_minute,
    an_ended_session_stays_ended_and_is_not_touched,
    all_sessions_of_one_agent_end_and_nobody_elses,
    a_cookie_belongs_to_one_session,
    purging_a_session_takes_its_grants_and_codes,
];

async fn insert(db: &Database, session: &Session, byte: u8) -> Result<(), StoreError> {
    db.write(async |tx: &mut Tx| sessions::insert(tx, session, &hash(byte)).await).await
}

async fn find(db: &Database, sid: &str) -> Option<Session> {
    db.read(async |tx: &mut Tx| sessions::find(tx, &Sid::new(sid)).await).await.expect("find")
}

async fn touch(db: &Database, at: Timestamp) -> bool {
    db.write(async |tx: &mut Tx| sessions::touch(tx, &Sid::new("s"), at).await).await.expect("touch")
}

async fn end(db: &Database, sid: &str, at: i64) -> bool {
    db.write(async |tx: &mut Tx| sessions::end(tx, &Sid::new(sid), "logout", minute(at)).await).await.expect("end")
}

async fn every_field_comes_back_by_cookie_and_by_sid(db: Database) {
    add_agents(&db, &[agent("100001", "Marchand")]).await;
    insert(&db, &session("s", "100001"), 1).await.unwrap();
    assert_eq!(find(&db, "s").await, Some(session("s", "100001")));
    assert_eq!(find(&db, "t").await, None);
    let by_cookie =
        async |byte| db.read(async |tx: &mut Tx| standing::find_cookie(tx, &hash(byte)).await).await.expect("find");
    let (found, its_agent) = by_cookie(1).await.expect("the session");
    assert_eq!((found, its_agent.record), (session("s", "100001"), agent("100001", "Marchand")));
    assert!(by_cookie(2).await.is_none());
}

async fn a_contact_is_noted_at_most_once_a_minute(db: Database) {
    add_agents(&db, &[agent("100001", "Marchand")]).await;
    insert(&db, &session("s", "100001"), 1).await.unwrap();
    assert!(!touch(&db, Timestamp::from_millis(minute(1).millis() - 1)).await);
    assert!(touch(&db, minute(1)).await);
    assert!(!touch(&db, minute(1)).await);
    assert_eq!(find(&db, "s").await.unwrap().last_seen_at, minute(1));
}

async fn an_ended_session_stays_ended_and_is_not_touched(db: Database) {
    add_agents(&db, &[agent("100001", "Marchand")]).await;
    insert(&db, &session("s", "100001"), 1).await.unwrap();
    assert!(end(&db, "s", 5).await);
    assert!(!end(&db, "s", 6).await);
    assert!(!end(&db, "t", 6).await);
    assert!(!touch(&db, minute(10)).await);
    let ended = find(&db, "s").await.unwrap();
    assert_eq!((ended.ended_at, ended.last_seen_at), (Some(minute(5)), minute(0)));
}

async fn all_sessions_of_one_agent_end_and_nobody_elses(db: Database) {
    add_agents(&db, &[agent("100001", "Marchand"), agent("100002", "Autre")]).await;
    for (sid, number, byte) in [("a", "100001", 1), ("b", "100001", 2), ("c", "100001", 3), ("d", "100002", 4)] {
        insert(&db, &session(sid, number), byte).await.unwrap();
    }
    assert!(end(&db, "a", 1).await);
    let work = async |tx: &mut Tx| sessions::end_all(tx, &soi("100001"), "agent.suspended", minute(2)).await;
    assert_eq!(db.write(work).await.unwrap(), 2);
    assert_eq!(find(&db, "a").await.unwrap().ended_at, Some(minute(1)), "an earlier end stays");
    assert_eq!(find(&db, "b").await.unwrap().ended_at, Some(minute(2)));
    assert_eq!(find(&db, "d").await.unwrap().ended_at, None);
}

async fn a_cookie_belongs_to_one_session(db: Database) {
    add_agents(&db, &[agent("100001", "Marchand")]).await;
    insert(&db, &session("s", "100001"), 1).await.unwrap();
    let again = insert(&db, &session("t", "100001"), 1).await;
    assert!(matches!(again, Err(StoreError::Conflict(Constraint::Unique))), "{again:?}");
    let stranger = insert(&db, &session("u", "999999"), 2).await;
    assert!(matches!(stranger, Err(StoreError::Conflict(Constraint::Reference))), "{stranger:?}");
}

async fn purging_a_session_takes_its_grants_and_codes(db: Database) {
    one_login(&db).await;
    let later = Session { auth_time: minute(90), ..session("later", "100001") };
    insert(&db, &later, 2).await.unwrap();
    db.write(async |tx: &mut Tx| codes::insert(tx, &hash(7), &code()).await).await.unwrap();
    let purged = db.write(async |tx: &mut Tx| sessions::purge(tx, minute(60)).await).await.unwrap();
    assert_eq!(purged, 1);
    for table in ["application_grant", "authorization_code"] {
        assert_eq!(db.number(&format!("SELECT count(*) FROM {table}")).await, 0, "{table}");
    }
    assert!(find(&db, "s").await.is_none());
    assert!(find(&db, "later").await.is_some());
}
