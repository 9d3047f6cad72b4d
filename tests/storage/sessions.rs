//! Sessions: found by cookie or `sid`, touched at most once a minute, ended for good, purged with what hangs on them.

use harness::engine::Database;
use octroi_idp::domain::audit::Contact;
use octroi_idp::domain::ids::Sid;
use octroi_idp::domain::session::Session;
use octroi_idp::domain::time::Timestamp;
use octroi_idp::storage::{Constraint, StoreError, Tx, codes, grants, sessions, standing};

use crate::cast::{add_agents, agent, code, crowd, hash, minute, one_login, session, soi};

harness::for_each_engine![
    every_field_comes_back_by_cookie_and_by_sid,
    a_contact_is_noted_at_most_once_a_minute,
    an_ended_session_stays_ended_and_is_not_touched,
    all_sessions_of_one_agent_end_and_nobody_elses,
    a_cookie_belongs_to_one_session,
    purging_a_session_takes_its_grants_and_codes,
    an_agent_sees_their_own_open_sessions_and_where_they_began,
    nobody_ends_a_session_of_somebody_else,
    ending_the_others_leaves_one_and_tells_which_ended,
    of_fifty_confirmations_at_once_one_exchanges_the_cookie,
];

async fn insert(db: &Database, session: &Session, byte: u8) -> Result<(), StoreError> {
    db.write(async |tx: &mut Tx| sessions::insert(tx, session, &hash(byte), &Contact::default()).await).await
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

async fn an_agent_sees_their_own_open_sessions_and_where_they_began(db: Database) {
    add_agents(&db, &[agent("100001", "Marchand"), agent("100002", "Autre")]).await;
    let contact = Contact {
        client_address: Some("203.0.113.9".into()),
        user_agent: Some("Firefox".into()),
        ..Contact::default()
    };
    let at_home = async |tx: &mut Tx| sessions::insert(tx, &session("a", "100001"), &hash(1), &contact).await;
    db.write(at_home).await.unwrap();
    for (sid, number, byte) in [("b", "100001", 2), ("c", "100001", 3), ("d", "100002", 4)] {
        insert(&db, &session(sid, number), byte).await.unwrap();
    }
    assert!(end(&db, "c", 1).await);
    db.write(async |tx: &mut Tx| sessions::touch(tx, &Sid::new("b"), minute(9)).await).await.unwrap();
    let list = async |since, most| {
        let work = async |tx: &mut Tx| sessions::list_open(tx, &soi("100001"), since, most).await;
        db.read(work).await.unwrap()
    };
    let open = list(minute(-1), 10).await;
    let told: Vec<_> =
        open.iter().map(|o| (o.session.sid.as_str(), o.network.as_deref(), o.browser.as_deref())).collect();
    assert_eq!(told, [("b", None, None), ("a", Some("203.0.113.x"), Some("Firefox"))], "the last used first");
    assert_eq!(list(minute(-1), 1).await.len(), 1);
    assert!(list(minute(0), 10).await.is_empty(), "began too long ago");
}

async fn nobody_ends_a_session_of_somebody_else(db: Database) {
    add_agents(&db, &[agent("100001", "Marchand"), agent("100002", "Autre")]).await;
    insert(&db, &session("s", "100001"), 1).await.unwrap();
    let end_as = async |number: &str| {
        let number = soi(number);
        let work =
            async |tx: &mut Tx| sessions::end_own(tx, &number, &Sid::new("s"), "ended_elsewhere", minute(1)).await;
        db.write(work).await.unwrap()
    };
    assert!(!end_as("100002").await);
    assert!(end_as("100001").await && !end_as("100001").await);
}

async fn ending_the_others_leaves_one_and_tells_which_ended(db: Database) {
    one_login(&db).await;
    add_agents(&db, &[agent("100002", "Autre")]).await;
    for (sid, number, byte) in [("b", "100001", 2), ("c", "100001", 3), ("d", "100002", 4)] {
        insert(&db, &session(sid, number), byte).await.unwrap();
    }
    let ended = async |kept: &str| {
        let (number, kept) = (soi("100001"), Sid::new(kept));
        db.write(async |tx: &mut Tx| -> Result<_, StoreError> {
            let grants = grants::revoke_of_others(tx, &number, &kept, minute(1)).await?;
            let mut sids = sessions::end_others(tx, &number, &kept, "ended_elsewhere", minute(1)).await?;
            sids.sort();
            Ok((grants, sids))
        })
        .await
        .unwrap()
    };
    let sids = |names: &[&str]| names.iter().map(|sid| Sid::new(*sid)).collect::<Vec<_>>();
    assert_eq!(ended("s").await, (0, sids(&["b", "c"])), "the grant is the kept session's");
    assert_eq!(ended("nobody").await, (1, sids(&["s"])));
    assert_eq!(find(&db, "d").await.unwrap().ended_at, None);
}

async fn of_fifty_confirmations_at_once_one_exchanges_the_cookie(db: Database) {
    add_agents(&db, &[agent("100001", "Marchand")]).await;
    insert(&db, &session("s", "100001"), 1).await.unwrap();
    let proved = async || {
        let work = async |tx: &mut Tx| -> Result<_, StoreError> { sessions::proved_at(tx, &Sid::new("s")).await };
        db.read(work).await.unwrap()
    };
    assert_eq!(proved().await, Some(minute(0)), "at the login");
    let store = db.store.clone();
    let answers = crowd(move |nth| {
        let (store, new) = (store.clone(), hash(100 + u8::try_from(nth).unwrap()));
        async move {
            let work = async |tx: &mut Tx| -> Result<bool, StoreError> {
                sessions::confirm(tx, &Sid::new("s"), &hash(1), &new, minute(7)).await
            };
            store.write(work).await.expect("confirm")
        }
    })
    .await;
    assert_eq!(answers.iter().filter(|exchanged| **exchanged).count(), 1);
    assert_eq!(proved().await, Some(minute(7)));
    assert_eq!(find(&db, "s").await.unwrap().auth_time, minute(0), "tokens hear nothing of it");
    assert!(end(&db, "s", 8).await);
    assert_eq!(proved().await, None);
}
