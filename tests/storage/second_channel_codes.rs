//! Codes over a second channel: one per session and purpose, spent once, few tries and few sendings in the session,
//! whatever the code. With them the codes that a manager tells.

use std::time::Duration;

use harness::engine::Database;
use octroi_idp::domain::audit::Contact;
use octroi_idp::domain::channel::ChannelKind;
use octroi_idp::domain::ids::Sid;
use octroi_idp::domain::second_channel::{CODE_LIFETIME, CodePurpose, MOST_TRIES, pause_after};
use octroi_idp::domain::time::Timestamp;
use octroi_idp::domain::vouching::Voucher;
use octroi_idp::storage::channel_codes::Tried;
use octroi_idp::storage::manager_codes::{self, NewManagerCode};
use octroi_idp::storage::second_channel_codes::{self, NewSecondChannelCode, Next};
use octroi_idp::storage::{Store, StoreError, Tx, sessions};

use crate::cast::{CROWD, add_agents, agent, crowd, hash, minute, one_login, session, soi};

harness::for_each_engine![
    a_code_is_spent_once_and_only_in_its_session_for_its_purpose_and_channel,
    of_fifty_who_type_one_code_one_is_told_yes,
    fifty_wrong_codes_at_once_are_five_and_a_new_code_gives_no_more,
    of_fifty_sendings_at_once_one_is_kept,
    sendings_wait_longer_each_time_and_end,
    a_code_goes_with_its_session,
    of_fifty_who_type_a_managers_code_one_is_told_yes,
    a_managers_code_is_for_its_agent_purpose_and_manager,
];

const PLACE: (CodePurpose, ChannelKind) = (CodePurpose::Factor, ChannelKind::Mobile);

async fn issue(store: &Store, sid: &str, byte: u8, sent: u32, at: Timestamp) -> bool {
    let (sid, (purpose, kind)) = (Sid::new(sid), PLACE);
    let expires_at = at.plus(CODE_LIFETIME);
    let new = NewSecondChannelCode { sid: &sid, purpose, kind, code_hash: [byte; 32], expires_at };
    let issue = async |tx: &mut Tx| second_channel_codes::issue(tx, &new, sent, at).await;
    store.write(issue).await.expect("issue")
}

async fn next(store: &Store, at: Timestamp) -> Next {
    let sid = Sid::new("s");
    let next = async |tx: &mut Tx| second_channel_codes::next(tx, &sid, PLACE.0, at).await;
    store.read(next).await.expect("next")
}

async fn try_code(store: &Store, sid: &str, place: (CodePurpose, ChannelKind), byte: u8, at: Timestamp) -> Tried {
    let sid = Sid::new(sid);
    let attempt = async |tx: &mut Tx| second_channel_codes::try_code(tx, &sid, place, [byte; 32], at).await;
    store.write(attempt).await.expect("a try")
}

async fn a_code_is_spent_once_and_only_in_its_session_for_its_purpose_and_channel(db: Database) {
    one_login(&db).await;
    let other = session("other", "100001");
    let insert = async |tx: &mut Tx| sessions::insert(tx, &other, &hash(2), &Contact::default()).await;
    db.write(insert).await.expect("another session");
    assert!(issue(&db, "s", 1, 0, minute(0)).await);
    assert_eq!(try_code(&db, "other", PLACE, 1, minute(1)).await, Tried::Gone);
    let (purpose, kind) = PLACE;
    assert_eq!(try_code(&db, "s", (CodePurpose::Enrolment, kind), 1, minute(1)).await, Tried::Gone);
    assert_eq!(try_code(&db, "s", (purpose, ChannelKind::WorkEmail), 1, minute(1)).await, Tried::Gone);
    let millisecond = Duration::from_millis(1);
    assert_eq!(try_code(&db, "s", PLACE, 2, minute(10).minus(millisecond)).await, Tried::Wrong { tries_left: 4 });
    assert_eq!(try_code(&db, "s", PLACE, 1, minute(10)).await, Tried::Gone, "ten minutes");
    assert_eq!(try_code(&db, "s", PLACE, 1, minute(10).minus(millisecond)).await, Tried::Right);
    assert_eq!(try_code(&db, "s", PLACE, 1, minute(1)).await, Tried::Gone, "once");
}

async fn of_fifty_who_type_one_code_one_is_told_yes(db: Database) {
    one_login(&db).await;
    issue(&db, "s", 1, 0, minute(0)).await;
    let store = db.store.clone();
    let answers = crowd(move |_| {
        let store = store.clone();
        async move { try_code(&store, "s", PLACE, 1, minute(1)).await }
    })
    .await;
    assert_eq!(answers.iter().filter(|answer| **answer == Tried::Right).count(), 1);
    assert_eq!(answers.iter().filter(|answer| **answer == Tried::Gone).count(), CROWD - 1);
}

async fn fifty_wrong_codes_at_once_are_five_and_a_new_code_gives_no_more(db: Database) {
    one_login(&db).await;
    issue(&db, "s", 1, 0, minute(0)).await;
    let store = db.store.clone();
    let answers = crowd(move |nth| {
        let store = store.clone();
        async move { try_code(&store, "s", PLACE, 100 + u8::try_from(nth).unwrap(), minute(1)).await }
    })
    .await;
    let wrong = answers.iter().filter(|answer| matches!(answer, Tried::Wrong { .. })).count();
    assert_eq!(wrong, usize::try_from(MOST_TRIES).unwrap());
    assert_eq!(try_code(&db, "s", PLACE, 1, minute(1)).await, Tried::Gone, "not even the right one");
    assert_eq!(next(&db, minute(60)).await, Next::Never);
    assert!(!issue(&db, "s", 2, 1, minute(60)).await, "NIST-12");
}

async fn of_fifty_sendings_at_once_one_is_kept(db: Database) {
    one_login(&db).await;
    let store = db.store.clone();
    let answers = crowd(move |nth| {
        let store = store.clone();
        async move { issue(&store, "s", u8::try_from(nth).unwrap(), 0, minute(0)).await }
    })
    .await;
    assert_eq!(answers.iter().filter(|issued| **issued).count(), 1);
}

async fn sendings_wait_longer_each_time_and_end(db: Database) {
    one_login(&db).await;
    let mut at = minute(0);
    for sent in 0..5 {
        assert_eq!(next(&db, at).await, Next::Due { sent });
        assert!(issue(&db, "s", 1, sent, at).await);
        let due = at.plus(pause_after(sent + 1));
        let early = due.minus(Duration::from_millis(1));
        if sent < 4 {
            assert_eq!(next(&db, early).await, Next::At(due));
            assert!(!issue(&db, "s", 1, sent + 1, early).await);
        }
        at = due;
    }
    assert_eq!(next(&db, minute(600)).await, Next::Never);
    assert!(!issue(&db, "s", 1, 5, minute(600)).await);
}

async fn a_code_goes_with_its_session(db: Database) {
    one_login(&db).await;
    issue(&db, "s", 1, 0, minute(0)).await;
    let live = async |tx: &mut Tx| second_channel_codes::live(tx, &Sid::new("s"), minute(1)).await;
    assert_eq!(db.read(live).await.expect("live"), [PLACE]);
    db.write(async |tx: &mut Tx| sessions::purge(tx, minute(1)).await).await.expect("purge");
    assert_eq!(db.number("SELECT count(*) FROM second_channel_code").await, 0);
}

async fn tell(store: &Store, id: &str, voucher: Voucher, byte: u8) {
    let (agent, manager) = (soi("100001"), soi("100004"));
    let new =
        NewManagerCode { id, soi: &agent, issued_by: &manager, voucher, code_hash: [byte; 32], expires_at: minute(30) };
    store.write(async |tx: &mut Tx| manager_codes::replace(tx, &new, minute(0)).await).await.expect("a code");
}

async fn consume(store: &Store, number: &str, (voucher, manager): (Voucher, &str), byte: u8, at: Timestamp) -> bool {
    let (agent, manager) = (soi(number), soi(manager));
    let consume = async |tx: &mut Tx| -> Result<bool, StoreError> {
        manager_codes::consume(tx, &agent, (voucher, &manager), [byte; 32], at).await
    };
    store.write(consume).await.expect("an answer")
}

async fn of_fifty_who_type_a_managers_code_one_is_told_yes(db: Database) {
    add_agents(&db, &[agent("100001", "Marchand"), agent("100004", "Chef")]).await;
    tell(&db, "a", Voucher::Pass, 1).await;
    let store = db.store.clone();
    let answers = crowd(move |_| {
        let store = store.clone();
        async move { consume(&store, "100001", (Voucher::Pass, "100004"), 1, minute(1)).await }
    })
    .await;
    assert_eq!(answers.iter().filter(|right| **right).count(), 1);
}

async fn a_managers_code_is_for_its_agent_purpose_and_manager(db: Database) {
    add_agents(&db, &[agent("100001", "Marchand"), agent("100002", "Autre"), agent("100004", "Chef")]).await;
    tell(&db, "a", Voucher::Pass, 1).await;
    tell(&db, "b", Voucher::Enrolment, 2).await;
    let pass = (Voucher::Pass, "100004");
    assert!(!consume(&db, "100002", pass, 1, minute(1)).await);
    assert!(!consume(&db, "100001", (Voucher::Enrolment, "100004"), 1, minute(1)).await);
    assert!(!consume(&db, "100001", (Voucher::Pass, "100002"), 1, minute(1)).await, "another manager since");
    assert!(!consume(&db, "100001", pass, 1, minute(30)).await, "half an hour");
    tell(&db, "c", Voucher::Pass, 3).await;
    assert!(!consume(&db, "100001", pass, 1, minute(1)).await, "a newer one replaced it");
    assert!(consume(&db, "100001", (Voucher::Enrolment, "100004"), 2, minute(1)).await, "of this purpose only");
    let withdraw = async |tx: &mut Tx| manager_codes::withdraw(tx, &soi("100001"), minute(1)).await;
    db.write(withdraw).await.expect("withdrawn");
    assert!(!consume(&db, "100001", pass, 3, minute(1)).await);
    db.write(async |tx: &mut Tx| manager_codes::purge(tx, minute(31)).await).await.expect("purge");
    assert_eq!(db.number("SELECT count(*) FROM manager_code").await, 0);
}
