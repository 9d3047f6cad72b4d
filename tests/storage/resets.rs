//! Attempts to reset a password: tried five times at most, proved once, used once; decoys behave alike. With them the
//! budgets, and the demands that wait for a second person.

use std::time::Duration;

use harness::engine::Database;
use octroi_idp::domain::budget::Budget;
use octroi_idp::domain::channel::ChannelKind;
use octroi_idp::domain::code_delivery::CodeDelivery;
use octroi_idp::domain::ids::{GrantId, Sid};
use octroi_idp::storage::activation::{self, NewCode};
use octroi_idp::storage::endings::{EndedAccess, end_access};
use octroi_idp::storage::reset_demands::{self, Demand};
use octroi_idp::storage::resets::{self, Bearer, NewReset, ProvedReset, Tried};
use octroi_idp::storage::{StoreError, Tx, budgets, grants, passwords, sessions};

use crate::cast::{CROWD, add_agents, agent, crowd, hash, minute, one_login, soi};

harness::for_each_engine![
    of_fifty_who_type_the_right_code_one_is_told_so,
    fifty_wrong_tries_at_once_are_five,
    of_fifty_who_use_a_proved_attempt_one_is_told_so,
    a_decoy_is_never_proved,
    another_browser_and_another_ticket_find_nothing,
    another_code_keeps_the_tries_and_comes_three_times,
    what_is_withdrawn_behaves_like_a_decoy,
    codes_and_choices_end_to_the_millisecond,
    a_budget_is_spent_exactly_however_many_come_at_once,
    a_budget_starts_anew_after_its_window,
    of_fifty_second_people_one_is_told_yes,
    a_demand_is_seconded_by_somebody_else_in_time_for_the_same,
    a_suspended_password_is_replaced_by_nobody_but_a_code,
    everything_that_a_password_opened_ends,
    what_is_over_is_purged,
];

const CODE: [u8; 32] = [9; 32];
const WRONG: [u8; 32] = [8; 32];

fn bearer() -> Bearer {
    Bearer { ticket: hash(1), browser: hash(2) }
}

async fn begin(db: &Database, number: Option<&str>) {
    let (bearer, number) = (bearer(), number.map(soi));
    let reset = NewReset {
        bearer: &bearer,
        identifier_key: [7; 32],
        soi: number.as_ref(),
        channel: ChannelKind::Mobile,
        code_hash: CODE,
        expires_at: minute(10),
    };
    db.write(async |tx: &mut Tx| resets::insert(tx, &reset, minute(0)).await).await.expect("an attempt");
}

async fn try_code(db: &Database, code: [u8; 32], at: i64) -> Option<Tried> {
    let work = async |tx: &mut Tx| resets::try_code(tx, &bearer(), code, minute(at)).await;
    db.write(work).await.expect("an answer")
}

async fn proved(db: &Database, since: i64) -> Option<ProvedReset> {
    db.read(async |tx: &mut Tx| resets::find_proved(tx, &bearer(), minute(since)).await).await.expect("an answer")
}

async fn consume(db: &Database, since: i64, at: i64) -> bool {
    let work = async |tx: &mut Tx| resets::consume(tx, &bearer(), minute(since), minute(at)).await;
    db.write(work).await.expect("an answer")
}

async fn of_fifty_who_type_the_right_code_one_is_told_so(db: Database) {
    begin(&db, Some("100001")).await;
    let store = db.store.clone();
    let told = crowd(move |_| {
        let store = store.clone();
        async move {
            let work = async |tx: &mut Tx| resets::try_code(tx, &bearer(), CODE, minute(1)).await;
            store.write(work).await.expect("an answer")
        }
    })
    .await;
    let right: Vec<_> = told.into_iter().flatten().collect();
    assert_eq!(right.len(), 1, "{right:?}");
    assert!(right[0].is_proved && right[0].tries == 1);
    assert_eq!(proved(&db, 0).await, Some(ProvedReset { soi: soi("100001"), channel: ChannelKind::Mobile }));
}

async fn fifty_wrong_tries_at_once_are_five(db: Database) {
    begin(&db, Some("100001")).await;
    let store = db.store.clone();
    let told = crowd(move |_| {
        let store = store.clone();
        async move {
            let work = async |tx: &mut Tx| resets::try_code(tx, &bearer(), WRONG, minute(1)).await;
            store.write(work).await.expect("an answer")
        }
    })
    .await;
    let mut tries: Vec<u32> = told.into_iter().flatten().map(|tried| tried.tries).collect();
    tries.sort_unstable();
    assert_eq!(tries, [1, 2, 3, 4, 5]);
    assert_eq!(try_code(&db, CODE, 1).await, None, "not even the right one");
}

async fn of_fifty_who_use_a_proved_attempt_one_is_told_so(db: Database) {
    begin(&db, Some("100001")).await;
    assert!(!consume(&db, 0, 1).await, "not proved");
    assert!(try_code(&db, CODE, 1).await.unwrap().is_proved);
    let store = db.store.clone();
    let told = crowd(move |_| {
        let store = store.clone();
        async move {
            let work = async |tx: &mut Tx| resets::consume(tx, &bearer(), minute(0), minute(2)).await;
            store.write(work).await.expect("an answer")
        }
    })
    .await;
    assert_eq!(told.into_iter().filter(|yes| *yes).count(), 1);
    assert_eq!(proved(&db, 0).await, None);
}

async fn a_decoy_is_never_proved(db: Database) {
    begin(&db, None).await;
    for tries in 1..=5 {
        let tried = try_code(&db, CODE, 1).await.unwrap();
        assert_eq!(tried, Tried { tries, soi: None, channel: ChannelKind::Mobile, is_proved: false });
    }
    assert_eq!(try_code(&db, CODE, 1).await, None);
    assert!(!consume(&db, 0, 1).await);
}

async fn another_browser_and_another_ticket_find_nothing(db: Database) {
    begin(&db, Some("100001")).await;
    for other in [Bearer { browser: hash(3), ..bearer() }, Bearer { ticket: hash(3), ..bearer() }] {
        db.write(async |tx: &mut Tx| -> Result<(), StoreError> {
            assert!(resets::find(tx, &other, minute(-1)).await?.is_none());
            assert_eq!(resets::try_code(tx, &other, CODE, minute(1)).await?, None);
            assert!(!resets::resend(tx, &other, CODE, minute(20)).await?);
            Ok(())
        })
        .await
        .unwrap();
    }
    assert_eq!(db.number("SELECT tries FROM password_reset").await, 0, "and count nothing");
}

async fn another_code_keeps_the_tries_and_comes_three_times(db: Database) {
    begin(&db, Some("100001")).await;
    try_code(&db, WRONG, 1).await.unwrap();
    let resend = async |code: [u8; 32]| {
        let work = async |tx: &mut Tx| resets::resend(tx, &bearer(), code, minute(20)).await;
        db.write(work).await.expect("an answer")
    };
    assert!(resend([10; 32]).await && resend([11; 32]).await);
    assert!(!resend([12; 32]).await, "three codes an attempt");
    assert_eq!(try_code(&db, CODE, 15).await.unwrap().tries, 2, "the first code is worth nothing");
    assert!(try_code(&db, [11; 32], 15).await.unwrap().is_proved, "the newest one is, until its own end");
    assert!(!resend([13; 32]).await, "what is proved needs none");
}

async fn what_is_withdrawn_behaves_like_a_decoy(db: Database) {
    begin(&db, Some("100001")).await;
    db.write(async |tx: &mut Tx| resets::withdraw(tx, &soi("100002")).await).await.unwrap();
    assert!(try_code(&db, WRONG, 1).await.unwrap().soi.is_some(), "somebody else's");
    db.write(async |tx: &mut Tx| resets::withdraw(tx, &soi("100001")).await).await.unwrap();
    let tried = try_code(&db, CODE, 1).await.unwrap();
    assert_eq!((tried.tries, tried.is_proved, tried.soi), (2, false, None));

    let (bearer, number) = (Bearer { ticket: hash(4), browser: hash(2) }, soi("100001"));
    let second = NewReset {
        bearer: &bearer,
        identifier_key: [7; 32],
        soi: Some(&number),
        channel: ChannelKind::WorkEmail,
        code_hash: CODE,
        expires_at: minute(10),
    };
    db.write(async |tx: &mut Tx| -> Result<(), StoreError> {
        resets::insert(tx, &second, minute(0)).await?;
        assert!(resets::try_code(tx, &bearer, CODE, minute(1)).await?.unwrap().is_proved);
        resets::withdraw(tx, &number).await?;
        assert_eq!(resets::find_proved(tx, &bearer, minute(0)).await?, None);
        assert!(!resets::choose(tx, &bearer, minute(0)).await?);
        assert!(!resets::consume(tx, &bearer, minute(0), minute(2)).await?);
        Ok(())
    })
    .await
    .unwrap();
}

async fn codes_and_choices_end_to_the_millisecond(db: Database) {
    begin(&db, Some("100001")).await;
    assert_eq!(try_code(&db, CODE, 10).await, None, "too late, and not counted");
    assert!(try_code(&db, CODE, 9).await.unwrap().is_proved);
    assert!(proved(&db, 8).await.is_some());
    assert_eq!(proved(&db, 9).await, None);
    assert!(!consume(&db, 9, 19).await);
    let choose = async |since| {
        db.write(async |tx: &mut Tx| resets::choose(tx, &bearer(), minute(since)).await).await.expect("an answer")
    };
    for _ in 0..10 {
        assert!(choose(8).await);
    }
    assert!(!choose(8).await, "ten comparisons");
    assert!(consume(&db, 8, 19).await);
}

const THREE: Budget = Budget { purpose: "test", most: 3, window: Duration::from_mins(60) };

async fn a_budget_is_spent_exactly_however_many_come_at_once(db: Database) {
    let store = db.store.clone();
    let told = crowd(move |_| {
        let store = store.clone();
        async move {
            let work = async |tx: &mut Tx| budgets::take(tx, &[1; 32], THREE, minute(0)).await;
            store.write(work).await.expect("an answer")
        }
    })
    .await;
    assert_eq!(told.len(), CROWD);
    assert_eq!(told.into_iter().filter(|yes| *yes).count(), 3);
    let other = db.write(async |tx: &mut Tx| budgets::take(tx, &[2; 32], THREE, minute(0)).await).await.unwrap();
    assert!(other, "somebody else has their own");
}

async fn a_budget_starts_anew_after_its_window(db: Database) {
    let take =
        async |at| db.write(async |tx: &mut Tx| budgets::take(tx, &[1; 32], THREE, minute(at)).await).await.unwrap();
    let end = async || db.read(async |tx: &mut Tx| budgets::window_end(tx, &[1; 32]).await).await.unwrap();
    assert_eq!(end().await, None);
    assert!(take(0).await && take(30).await && take(59).await);
    assert!(!take(59).await, "and refused ones prolong nothing");
    assert_eq!(end().await, Some(minute(60)));
    assert!(take(60).await && take(60).await && take(60).await && !take(60).await);
    assert_eq!(end().await, Some(minute(120)));
}

fn demand(by: &str, delivery: CodeDelivery) -> Demand {
    Demand { delivery, demanded_by: by.to_owned() }
}

async fn record(db: &Database, demand: &Demand, at: i64) -> bool {
    let number = soi("100001");
    let work = async |tx: &mut Tx| reset_demands::record(tx, &number, demand, minute(at + 60), minute(at)).await;
    db.write(work).await.expect("an answer")
}

async fn second(db: &Database, demand: &Demand, at: i64) -> bool {
    let number = soi("100001");
    let work = async |tx: &mut Tx| reset_demands::second(tx, &number, demand, minute(at)).await;
    db.write(work).await.expect("an answer")
}

async fn of_fifty_second_people_one_is_told_yes(db: Database) {
    add_agents(&db, &[agent("100001", "Marchand")]).await;
    assert!(record(&db, &demand("alice", CodeDelivery::Letter), 0).await);
    let store = db.store.clone();
    let told = crowd(move |nth| {
        let store = store.clone();
        async move {
            let demand = demand(&format!("bob {nth}"), CodeDelivery::Letter);
            let work = async |tx: &mut Tx| reset_demands::second(tx, &soi("100001"), &demand, minute(1)).await;
            store.write(work).await.expect("an answer")
        }
    })
    .await;
    assert_eq!(told.into_iter().filter(|yes| *yes).count(), 1);
}

async fn a_demand_is_seconded_by_somebody_else_in_time_for_the_same(db: Database) {
    add_agents(&db, &[agent("100001", "Marchand")]).await;
    let first = demand("alice", CodeDelivery::Letter);
    assert!(record(&db, &first, 0).await);
    assert!(!record(&db, &demand("bob", CodeDelivery::Counter), 1).await, "one waits already");
    assert!(!second(&db, &first, 1).await, "the same person");
    assert!(!second(&db, &demand("bob", CodeDelivery::Counter), 1).await, "another way");
    assert!(!second(&db, &demand("bob", CodeDelivery::Letter), 60).await, "too late");
    let found = db.read(async |tx: &mut Tx| reset_demands::find(tx, &soi("100001"), minute(59)).await).await.unwrap();
    assert_eq!(found, Some(first));
    assert!(record(&db, &demand("bob", CodeDelivery::Counter), 60).await, "what waited too long gives way");
    assert!(second(&db, &demand("alice", CodeDelivery::Counter), 61).await);
    assert!(!second(&db, &demand("carol", CodeDelivery::Counter), 61).await, "once");
}

async fn a_suspended_password_is_replaced_by_nobody_but_a_code(db: Database) {
    add_agents(&db, &[agent("100001", "Marchand")]).await;
    let number = soi("100001");
    db.write(async |tx: &mut Tx| -> Result<(), StoreError> {
        passwords::set(tx, &number, "one", minute(0)).await?;
        assert!(passwords::suspend(tx, &number, minute(1)).await?);
        assert!(!passwords::suspend(tx, &number, minute(2)).await?, "it was");
        assert_eq!(passwords::hold(tx, &number).await?.unwrap().suspended_at, Some(minute(1)));
        assert!(!passwords::replace(tx, &number, minute(0), "two", minute(3)).await?);
        passwords::set(tx, &number, "three", minute(4)).await?;
        assert_eq!(passwords::find(tx, &number).await?.unwrap().suspended_at, None);
        assert!(!passwords::suspend(tx, &soi("100002"), minute(1)).await?, "nobody's");
        Ok(())
    })
    .await
    .unwrap();
}

async fn everything_that_a_password_opened_ends(db: Database) {
    one_login(&db).await;
    begin(&db, Some("100001")).await;
    let number = soi("100001");
    let new =
        NewCode { id: "a", soi: &number, code_hash: CODE, delivery: CodeDelivery::Letter, expires_at: minute(60) };
    db.write(async |tx: &mut Tx| activation::replace(tx, &new, minute(0)).await).await.unwrap();
    let end = async || {
        db.write(async |tx: &mut Tx| end_access(tx, &soi("100001"), "password.reset", minute(1)).await).await.unwrap()
    };
    let nobody = db.write(async |tx: &mut Tx| end_access(tx, &soi("100002"), "x", minute(1)).await).await.unwrap();
    assert_eq!(nobody, EndedAccess::default());
    assert_eq!(end().await, EndedAccess { sessions: 1, grants: 1 });
    assert_eq!(end().await, EndedAccess::default());
    db.write(async |tx: &mut Tx| -> Result<(), StoreError> {
        assert_eq!(sessions::find(tx, &Sid::new("s")).await?.unwrap().ended_at, Some(minute(1)));
        assert_eq!(grants::find(tx, &GrantId::new("g")).await?.unwrap().revoked_at, Some(minute(1)));
        assert!(!activation::is_live(tx, &soi("100001"), CODE, minute(1)).await?);
        Ok(())
    })
    .await
    .unwrap();
    assert!(!try_code(&db, CODE, 1).await.unwrap().is_proved);
}

async fn what_is_over_is_purged(db: Database) {
    add_agents(&db, &[agent("100001", "Marchand")]).await;
    begin(&db, Some("100001")).await;
    record(&db, &demand("alice", CodeDelivery::Letter), 0).await;
    db.write(async |tx: &mut Tx| budgets::take(tx, &[1; 32], THREE, minute(0)).await).await.unwrap();
    let purge = async |at| {
        db.write(async |tx: &mut Tx| -> Result<[u64; 3], StoreError> {
            Ok([
                resets::purge(tx, minute(at)).await?,
                reset_demands::purge(tx, minute(at)).await?,
                budgets::purge(tx, minute(at)).await?,
            ])
        })
        .await
        .unwrap()
    };
    assert_eq!(purge(0).await, [0, 0, 0]);
    assert_eq!(purge(60).await, [1, 1, 1]);
}
