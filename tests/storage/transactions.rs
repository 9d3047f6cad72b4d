//! The two verbs: `write` is all or nothing, `read` sees one state, and neither is lost when something breaks half-way.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use harness::engine::{Database, Engine};
use octroi_idp::domain::application::SigningAlg;
use octroi_idp::domain::ids::{ClientId, Sid, Sub};
use octroi_idp::domain::role::Role;
use octroi_idp::storage::{
    Cause, Constraint, Store, StoreError, StoreSettings, Tx, agents, applications, codes, passwords, roles, sessions,
    signing_keys,
};
use tokio::sync::Barrier;

use crate::cast::{add_agents, agent, code, crowd, hang_up_after, hash, hr_validation, minute, one_login, soi};

harness::for_each_engine![
    an_error_from_the_work_rolls_everything_back,
    a_broken_rule_half_way_rolls_everything_back,
    a_refusal_that_is_an_answer_keeps_what_was_written,
    a_read_sees_one_state,
    a_read_cannot_write,
    an_abandoned_write_leaves_nothing_and_blocks_nobody,
    whoever_hangs_up_while_a_transaction_begins_leaves_none_open,
    a_row_locked_by_another_is_busy_and_the_next_request_is_served,
    two_writers_who_cross_each_other_both_get_through,
    a_dead_connection_is_replaced,
    a_value_that_is_not_ours_is_corrupt_by_table_and_column,
    work_that_goes_on_after_a_failed_statement_is_not_kept,
];

#[derive(Debug)]
enum Refused {
    ByRule,
    Store(StoreError),
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

async fn agents_in(db: &Database) -> i64 {
    db.read(async |tx: &mut Tx| agents::count(tx).await).await.expect("count")
}

async fn an_error_from_the_work_rolls_everything_back(db: Database) {
    let outcome: Result<(), Refused> = db
        .write(async |tx: &mut Tx| {
            agents::insert(tx, &agent("100001", "X"), &Sub::new("a"), minute(0)).await?;
            passwords::set(tx, &soi("100001"), "phc", minute(0)).await?;
            Err(Refused::ByRule)
        })
        .await;
    assert!(matches!(outcome, Err(Refused::ByRule)), "the work's own error comes back");
    assert_eq!(agents_in(&db).await, 0);
    add_agents(&db, &[agent("100001", "X")]).await;
    assert_eq!(agents_in(&db).await, 1);
}

async fn a_broken_rule_half_way_rolls_everything_back(db: Database) {
    let outcome: Result<(), Refused> = db
        .write(async |tx: &mut Tx| {
            agents::insert(tx, &agent("100001", "X"), &Sub::new("a"), minute(0)).await?;
            agents::insert(tx, &agent("100001", "Y"), &Sub::new("b"), minute(0)).await?;
            Ok(())
        })
        .await;
    assert!(matches!(outcome, Err(Refused::Store(StoreError::Conflict(Constraint::AgentSoi)))), "{outcome:?}");
    assert_eq!(agents_in(&db).await, 0);
}

async fn a_refusal_that_is_an_answer_keeps_what_was_written(db: Database) {
    let outcome: Result<Result<(), Refused>, StoreError> = db
        .write(async |tx: &mut Tx| {
            agents::insert(tx, &agent("100001", "X"), &Sub::new("a"), minute(0)).await?;
            Ok(Err(Refused::ByRule))
        })
        .await;
    assert!(outcome.unwrap().is_err());
    assert_eq!(agents_in(&db).await, 1);
}

async fn a_read_sees_one_state(db: Database) {
    add_agents(&db, &[agent("100001", "X")]).await;
    let seen: (i64, i64) = db
        .read(async |tx: &mut Tx| -> Result<_, StoreError> {
            let first = agents::count(tx).await?;
            add_agents(&db, &[agent("100002", "Y")]).await;
            Ok((first, agents::count(tx).await?))
        })
        .await
        .unwrap();
    assert_eq!(seen, (1, 1), "what was committed in between is not seen");
    assert_eq!(agents_in(&db).await, 2);
}

async fn a_read_cannot_write(db: Database) {
    add_agents(&db, &[agent("100001", "X")]).await;
    let refused = db.read(async |tx: &mut Tx| roles::grant(tx, &soi("100001"), Role::Hr, "x", minute(0)).await).await;
    assert!(matches!(refused, Err(StoreError::Unavailable(cause, _)) if cause == Cause::ReadOnly));
    let held = db.read(async |tx: &mut Tx| roles::list(tx, None).await).await.expect("the reader still reads");
    assert!(held.is_empty());
}

async fn an_abandoned_write_leaves_nothing_and_blocks_nobody(db: Database) {
    let never_ends = db.write(async |tx: &mut Tx| -> Result<(), StoreError> {
        agents::insert(tx, &agent("100001", "X"), &Sub::new("a"), minute(0)).await?;
        std::future::pending().await
    });
    tokio::time::timeout(Duration::from_millis(300), never_ends).await.expect_err("the caller hung up");
    add_agents(&db, &[agent("100002", "Y")]).await;
    assert_eq!(agents_in(&db).await, 1);
}

async fn whoever_hangs_up_while_a_transaction_begins_leaves_none_open(db: Database) {
    // The next one gets the same connection.
    let one = Store::open(&StoreSettings { write_connections: 1, ..db.settings.clone() }).await.expect("a store");
    for polls in 0..30 {
        drop(hang_up_after(polls, one.ping()).await);
        one.ping().await.expect("its own transaction");
        let record = agent(&format!("{}", 100_000 + polls), "X");
        let add = async |tx: &mut Tx| agents::insert(tx, &record, &Sub::new(record.soi.as_str()), minute(0)).await;
        drop(hang_up_after(polls, one.write(add)).await);
        let add = async |tx: &mut Tx| -> Result<(), StoreError> {
            if agents::find(tx, &record.soi).await?.is_none() {
                agents::insert(tx, &record, &Sub::new(record.soi.as_str()), minute(0)).await?;
            }
            Ok(())
        };
        one.write(add).await.expect("its own transaction");
    }
    one.close().await;
    assert_eq!(agents_in(&db).await, 30);
}

async fn a_row_locked_by_another_is_busy_and_the_next_request_is_served(db: Database) {
    add_agents(&db, &[agent("100001", "X"), agent("100002", "Y")]).await;
    let settings =
        StoreSettings { busy_timeout: Duration::from_millis(300), write_connections: 1, ..db.settings.clone() };
    let impatient = Store::open(&settings).await.unwrap();
    let set = async |number: &'static str| {
        impatient.write(async |tx: &mut Tx| passwords::set(tx, &soi(number), "new", minute(1)).await).await
    };
    let (held, finished) = (Barrier::new(2), Barrier::new(2));
    let holder = db.write(async |tx: &mut Tx| -> Result<(), StoreError> {
        passwords::set(tx, &soi("100001"), "old", minute(1)).await?;
        held.wait().await;
        finished.wait().await;
        Ok(())
    });
    let meanwhile = async {
        held.wait().await;
        let refused = set("100001").await;
        assert!(matches!(refused, Err(StoreError::Busy)), "{refused:?}");
        if db.engine == Engine::Postgres {
            set("100002").await.expect("the connection is whole, and another row is free");
        }
        finished.wait().await;
    };
    let (holder, ()) = tokio::join!(holder, meanwhile);
    holder.expect("who holds the lock is not disturbed");
    set("100001").await.expect("the next request is served");
    impatient.close().await;
}

/// PostgreSQL ends one of the two with 40P01; its work runs again. SQLite has one writer, so they take turns.
async fn two_writers_who_cross_each_other_both_get_through(db: Database) {
    add_agents(&db, &[agent("100001", "X"), agent("100002", "Y")]).await;
    for number in ["100001", "100002"] {
        let work = async |tx: &mut Tx| passwords::set(tx, &soi(number), "start", minute(0)).await;
        db.write(work).await.unwrap();
    }
    let (both_hold_one, runs) = (Barrier::new(2), AtomicU32::new(0));
    let cross = async |first: &'static str, second: &'static str| {
        db.write(async |tx: &mut Tx| -> Result<(), StoreError> {
            passwords::set(tx, &soi(first), second, minute(1)).await?;
            if runs.fetch_add(1, Ordering::SeqCst) < 2 {
                // On SQLite the other one cannot come until this one is done.
                let patience = if db.engine == Engine::Postgres { 30_000 } else { 200 };
                let _ = tokio::time::timeout(Duration::from_millis(patience), both_hold_one.wait()).await;
            }
            passwords::set(tx, &soi(second), second, minute(1)).await
        })
        .await
    };
    let (one, other) = tokio::join!(cross("100001", "100002"), cross("100002", "100001"));
    one.expect("the first writer gets through");
    other.expect("the second writer gets through");
    let runs = runs.load(Ordering::SeqCst);
    assert_eq!(runs > 2, db.engine == Engine::Postgres, "a deadlock really happened, on PostgreSQL only ({runs} runs)");
    let stored = async |number: &str| {
        let number = soi(number);
        db.read(async |tx: &mut Tx| passwords::find(tx, &number).await).await.unwrap().unwrap().phc
    };
    assert_eq!(stored("100001").await, stored("100002").await, "each write was whole");
}

/// A restarted server, a firewall that forgets: connections die while they wait in the pool.
async fn a_dead_connection_is_replaced(db: Database) {
    if db.engine == Engine::Sqlite {
        return; // a file has no connection that somebody else could cut
    }
    let store = db.store.clone();
    crowd(|_| {
        let store = store.clone();
        async move { store.ping().await.expect("many connections open") }
    })
    .await;
    let cut = Store::open(&db.settings).await.unwrap();
    let Store::Postgres(pool) = &cut else { unreachable!() };
    let cut_all = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
                   WHERE datname = current_database() AND pid <> pg_backend_pid()";
    let gone: i64 = sqlx::query_scalar(cut_all).fetch_one(pool).await.unwrap();
    assert!(gone > 1, "{gone}");
    cut.close().await;
    add_agents(&db, &[agent("100001", "X")]).await;
    assert_eq!(agents_in(&db).await, 1);
}

async fn a_value_that_is_not_ours_is_corrupt_by_table_and_column(db: Database) {
    one_login(&db).await;
    db.write(async |tx: &mut Tx| -> Result<(), StoreError> {
        applications::insert(tx, &hr_validation(), Some(&hash(3)), minute(0)).await?;
        codes::insert(tx, &hash(7), &code()).await?;
        let key = signing_keys::SealedKey { kid: "k".into(), alg: SigningAlg::ES256, sealed: vec![1] };
        signing_keys::insert(tx, &key, minute(0)).await.map(drop)
    })
    .await
    .unwrap();
    let three_bytes = if db.engine == Engine::Sqlite { "x'010203'" } else { r"'\x010203'" };
    for (table, column, value, whole) in [
        ("agent", "start_date", "'bientôt'", "NULL"),
        ("agent", "end_date", "'2026-02-30'", "NULL"),
        ("session", "acr", "'eidas9'", "'eidas2'"),
        ("application", "zones", r#"'["moon"]'"#, r#"'["internal"]'"#),
        ("application", "min_acr", "'gold'", "NULL"),
        ("application", "token_endpoint_auth_method", "'tls_client_auth'", "'none'"),
        ("application", "id_token_signed_response_alg", "'none'", "'ES256'"),
        ("application", "secret_hash", three_bytes, "NULL"),
        ("signing_key", "alg", "'HS256'", "'ES256'"),
        ("authorization_code", "acr", "''", "'eidas1'"),
    ] {
        db.execute(&format!("UPDATE {table} SET {column} = {value}")).await;
        let told = read_a_row_of(&db, table).await;
        let named = matches!(told, Err(StoreError::Corrupt { table: t, column: c }) if (t, c) == (table, column));
        assert!(named, "{table}.{column} = {value}: {told:?}");
        db.execute(&format!("UPDATE {table} SET {column} = {whole}")).await;
        read_a_row_of(&db, table).await.expect("a whole row is read again");
    }
}

async fn read_a_row_of(db: &Database, table: &str) -> Result<(), StoreError> {
    let work = async |tx: &mut Tx| -> Result<(), StoreError> {
        match table {
            "agent" => agents::find(tx, &soi("100001")).await.map(drop),
            "session" => sessions::find(tx, &Sid::new("s")).await.map(drop),
            "application" => applications::find(tx, &ClientId::new("hr-validation")).await.map(drop),
            "signing_key" => signing_keys::list_live(tx).await.map(drop),
            "authorization_code" => codes::consume(tx, &hash(7), minute(1)).await.map(drop),
            other => unreachable!("{other}"),
        }
    };
    db.write(work).await
}

/// PostgreSQL answers ROLLBACK to the COMMIT of a transaction in which a statement failed; SQLite would keep the rest.
async fn work_that_goes_on_after_a_failed_statement_is_not_kept(db: Database) {
    add_agents(&db, &[agent("100001", "X")]).await;
    let outcome: Result<(), StoreError> = db
        .write(async |tx: &mut Tx| {
            agents::insert(tx, &agent("100002", "Y"), &Sub::new("y"), minute(0)).await?;
            let _ = agents::insert(tx, &agent("100001", "Z"), &Sub::new("z"), minute(0)).await;
            Ok(())
        })
        .await;
    assert!(matches!(outcome, Err(StoreError::Unavailable(Cause::Unfinished, _))), "{outcome:?}");
    assert_eq!(agents_in(&db).await, 1);
}
