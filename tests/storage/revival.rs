//! What a restored database would bring back to life: all of it ends, nothing else changes, and no table is forgotten.

use std::collections::BTreeSet;

use harness::engine::{Database, Engine};
use octroi_idp::domain::application::SigningAlg;
use octroi_idp::domain::audit::Contact;
use octroi_idp::domain::channel::{Address, ChannelKind};
use octroi_idp::domain::code_delivery::CodeDelivery;
use octroi_idp::domain::ids::{GrantId, Reference, Sid};
use octroi_idp::domain::second_channel::CodePurpose;
use octroi_idp::domain::vouching::Voucher;
use octroi_idp::storage::activation::{self, NewCode};
use octroi_idp::storage::alarms::{self, NewAlarm};
use octroi_idp::storage::channel_codes::{self, NewChannelCode};
use octroi_idp::storage::codes::Consumed;
use octroi_idp::storage::manager_codes::{self, NewManagerCode};
use octroi_idp::storage::outbox::{self, NewMessage};
use octroi_idp::storage::reset_demands::{self, Demand};
use octroi_idp::storage::resets::{self, Bearer, NewReset};
use octroi_idp::storage::revival::{self, COVERED, Ended, end_everything};
use octroi_idp::storage::second_channel_codes::{self, NewSecondChannelCode};
use octroi_idp::storage::signing_keys::{self, SealedKey};
use octroi_idp::storage::{StoreError, Tx, codes, grants, markers, recovery_codes, servers, sessions};

use crate::cast::{add_agents, agent, code, hash, minute, one_login, session, soi};

harness::for_each_engine![
    every_table_with_something_that_ends_is_covered,
    everything_that_lives_ends_and_what_had_ended_keeps_its_end,
    running_servers_hear_of_it,
    signing_keys_are_retired_only_when_asked,
    the_servers_that_are_connected_are_seen,
];

/// A column of this kind says that a row can stop counting: then a restore would make it count again.
const ENDINGS: &[&str] = &["_at", "_until"];

/// Columns that look alike and say something else.
const HARMLESS: &[&str] = &[
    "created_at",
    "updated_at",
    "changed_at",
    "granted_at",
    "last_seen_at",
    "last_used_at",
    "zone_at",
    "zone_until",
    // A password to be changed from then on; the guide says to say it again.
    "renew_at",
    // Counts of attempts: fewer delays than at the moment of the restore, no new way in.
    "last_at",
    "blocked_until",
    "spent_until",
    "slowed_until",
    // Not tried before; whether it is still to be sent say others.
    "due_at",
];

async fn every_table_with_something_that_ends_is_covered(db: Database) {
    let columns = match db.engine {
        Engine::Sqlite => {
            "SELECT m.name || '.' || c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c \
             WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND m.name <> '_sqlx_migrations'"
        }
        Engine::Postgres => {
            "SELECT table_name || '.' || column_name FROM information_schema.columns \
             WHERE table_schema = 'public' AND table_name <> '_sqlx_migrations'"
        }
    };
    let columns = db.texts(columns).await;
    assert!(columns.len() > 50, "the schema was really read");
    let mortal: BTreeSet<&str> = columns
        .iter()
        .filter_map(|column| column.split_once('.'))
        .filter(|(_, column)| ENDINGS.iter().any(|ending| column.ends_with(ending)) && !HARMLESS.contains(column))
        .map(|(table, _)| table)
        .collect();
    let covered: BTreeSet<&str> = COVERED.iter().map(|(table, _)| *table).collect();
    assert_eq!(mortal, covered, "storage/revival.rs knows every table with something that ends, and no other");
}

async fn everything_that_lives_ends_and_what_had_ended_keeps_its_end(db: Database) {
    one_login(&db).await;
    add_agents(&db, &[agent("100002", "X")]).await;
    let now = minute(1);
    db.write(async |tx: &mut Tx| -> Result<(), StoreError> {
        sessions::insert(tx, &session("old", "100001"), &hash(2), &Contact::default()).await?;
        sessions::end(tx, &Sid::new("old"), "logout", minute(0)).await?;
        codes::insert(tx, &hash(7), &code()).await?;
        for (id, number) in [("a", "100001"), ("b", "100002")] {
            let number = soi(number);
            let (code_hash, delivery) = ([9; 32], CodeDelivery::Letter);
            let new = NewCode { id, soi: &number, code_hash, delivery, expires_at: minute(60) };
            activation::replace(tx, &new, minute(0)).await?;
        }
        let message = NewMessage {
            id: "m",
            soi: None,
            medium: "mail",
            notice: "x",
            address: "",
            sealed: &[1],
            expires_at: minute(60),
        };
        outbox::insert(tx, &message, minute(0)).await?;
        let (number, reference) = (soi("100001"), Reference::new("K7QM-2F4X"));
        let alarm =
            NewAlarm { reference: &reference, soi: &number, code_hash: [9; 32], about: "x", expires_at: minute(60) };
        alarms::insert(tx, &alarm, minute(0)).await?;
        let address = Address::Mobile("+33600000001".into());
        let waiting = NewChannelCode {
            soi: &number,
            kind: ChannelKind::Mobile,
            address: &address,
            code_hash: [9; 32],
            expires_at: minute(60),
        };
        channel_codes::issue(tx, &waiting, minute(0)).await?.expect("the first one is sent");
        let bearer = Bearer { ticket: hash(3), browser: hash(4) };
        let reset = NewReset {
            bearer: &bearer,
            identifier_key: [1; 32],
            soi: Some(&number),
            channel: ChannelKind::WorkEmail,
            code_hash: [9; 32],
            expires_at: minute(60),
        };
        resets::insert(tx, &reset, minute(0)).await?;
        let demand = Demand { delivery: CodeDelivery::Letter, demanded_by: "alice".into() };
        reset_demands::record(tx, &number, &demand, minute(60), minute(0)).await?;
        recovery_codes::replace(tx, &number, &[[9; 32]], minute(0)).await?;
        let (sid, manager) = (Sid::new("s"), soi("100002"));
        let sent = NewSecondChannelCode {
            sid: &sid,
            purpose: CodePurpose::Factor,
            kind: ChannelKind::Mobile,
            code_hash: [9; 32],
            expires_at: minute(60),
        };
        assert!(second_channel_codes::issue(tx, &sent, 0, minute(0)).await?);
        let told = NewManagerCode {
            id: "t",
            soi: &number,
            issued_by: &manager,
            voucher: Voucher::Pass,
            code_hash: [9; 32],
            expires_at: minute(60),
        };
        manager_codes::replace(tx, &told, minute(0)).await?;
        activation::consume(tx, &soi("100002"), [9; 32], minute(0)).await.map(drop)
    })
    .await
    .unwrap();

    let end = async || db.write(async |tx: &mut Tx| end_everything(tx, now).await).await.unwrap();
    let one_each = Ended {
        sessions: 1,
        grants: 1,
        authorization_codes: 1,
        activation_codes: 1,
        channel_codes: 1,
        alarms: 1,
        resets: 1,
        recovery_codes: 1,
        manager_codes: 1,
        messages: 1,
    };
    assert_eq!(end().await, one_each);
    assert_eq!(end().await, Ended::default(), "what has ended does not end again");

    db.write(async |tx: &mut Tx| -> Result<(), StoreError> {
        assert_eq!(sessions::find(tx, &Sid::new("s")).await?.unwrap().ended_at, Some(now));
        assert_eq!(sessions::find(tx, &Sid::new("old")).await?.unwrap().ended_at, Some(minute(0)));
        assert_eq!(grants::find(tx, &GrantId::new("g")).await?.unwrap().revoked_at, Some(now));
        assert!(matches!(codes::consume(tx, &hash(7), now).await?, Consumed::Replayed(_)));
        assert!(!activation::is_live(tx, &soi("100001"), [9; 32], now).await?);
        assert!(second_channel_codes::live(tx, &Sid::new("s"), now).await?.is_empty());
        Ok(())
    })
    .await
    .unwrap();
    assert_eq!(db.number("SELECT count(*) FROM session WHERE end_reason = 'restore'").await, 1);
    assert_eq!(db.number("SELECT count(*) FROM reset_demand").await, 0);
    assert_eq!(db.number("SELECT count(*) FROM agent").await, 2);
}

async fn running_servers_hear_of_it(db: Database) {
    let read = async || db.read(async |tx: &mut Tx| markers::list(tx).await).await.unwrap();
    let before = read().await;
    db.write(async |tx: &mut Tx| end_everything(tx, minute(1)).await).await.unwrap();
    for (topic, version) in read().await {
        assert!(version > before[&topic], "{topic}");
    }
}

async fn signing_keys_are_retired_only_when_asked(db: Database) {
    let key = SealedKey { kid: "k".into(), alg: SigningAlg::ES256, sealed: vec![0] };
    db.write(async |tx: &mut Tx| signing_keys::insert(tx, &key, minute(0)).await).await.unwrap();
    let live = "SELECT count(*) FROM signing_key WHERE retired_at IS NULL";
    db.write(async |tx: &mut Tx| end_everything(tx, minute(1)).await).await.unwrap();
    assert_eq!(db.number(live).await, 1);
    let retired = db.write(async |tx: &mut Tx| revival::retire_signing_keys(tx, minute(1)).await).await.unwrap();
    assert_eq!((retired, db.number(live).await), (1, 0));
}

/// The embedded engine is not asked: its processes hold a lock, see `database_file.rs`.
async fn the_servers_that_are_connected_are_seen(db: Database) {
    db.ping().await.unwrap();
    let seen = servers::list(&db.settings).await.unwrap();
    match db.engine {
        Engine::Sqlite => assert!(seen.is_empty()),
        Engine::Postgres => assert!(seen.iter().any(|line| line.contains(" from ")), "{seen:?}"),
    }
}
