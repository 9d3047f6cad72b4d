//! Authenticator applications, recovery codes, permits and passkeys: each step and code once, whoever presents it.

use harness::engine::Database;
use octroi_idp::domain::acr::{Acr, AuthenticationMethod};
use octroi_idp::domain::audit::Contact;
use octroi_idp::domain::enrolment::Basis;
use octroi_idp::domain::factor::{GivenFactor, MOST_OF_A_KIND, PasskeyKind, Proof, SecondFactor};
use octroi_idp::domain::ids::Sid;
use octroi_idp::storage::passkeys::StoredPasskey;
use octroi_idp::storage::revival::end_everything;
use octroi_idp::storage::totp_devices::TotpDevice;
use octroi_idp::storage::{
    Constraint, StoreError, Tx, enrolment_permits, factor_choices, passkeys, recovery_codes, sessions, totp_devices,
};

use crate::cast::{CROWD, add_agents, agent, crowd, hash, minute, session, soi};

harness::for_each_engine![
    of_fifty_who_present_a_step_one_is_told_yes,
    a_step_is_never_used_again_nor_one_before_it,
    nobody_has_more_devices_than_may_be,
    a_device_is_removed_by_its_own_agent_only,
    of_fifty_who_present_a_recovery_code_one_is_told_yes,
    a_new_set_of_recovery_codes_replaces_the_old_one,
    a_permit_is_for_one_agent_and_browser_and_ends,
    a_passkey_is_found_by_its_agent_and_changed_only_over_what_was_read,
    an_authenticator_knows_an_agent_by_one_name_for_ever,
    a_raised_session_changes_its_cookie_once,
    the_last_factor_is_remembered,
    a_restore_revives_no_code_and_no_step,
];

async fn two_agents(db: &Database) {
    add_agents(db, &[agent("100001", "Marchand"), agent("100002", "Autre")]).await;
}

fn device(id: &str) -> TotpDevice {
    TotpDevice {
        id: id.into(),
        name: "Téléphone".into(),
        sealed: vec![1, 2, 3],
        last_step: 0,
        created_at: minute(0),
        last_used_at: Some(minute(0)),
    }
}

async fn add_device(db: &Database, number: &str, id: &str) -> bool {
    let (number, device) = (soi(number), device(id));
    let add = async |tx: &mut Tx| -> Result<bool, StoreError> { totp_devices::insert(tx, &number, &device).await };
    db.write(add).await.expect("a device")
}

async fn use_step(db: &Database, id: &'static str, step: i64) -> bool {
    let used =
        async |tx: &mut Tx| -> Result<bool, StoreError> { totp_devices::use_step(tx, id, step, minute(1)).await };
    db.write(used).await.expect("a step")
}

async fn of_fifty_who_present_a_step_one_is_told_yes(db: Database) {
    two_agents(&db).await;
    assert!(add_device(&db, "100001", "d").await);
    let store = db.store.clone();
    let answers = crowd(move |_| {
        let store = store.clone();
        async move {
            let used =
                async |tx: &mut Tx| -> Result<bool, StoreError> { totp_devices::use_step(tx, "d", 7, minute(1)).await };
            store.write(used).await.expect("a step")
        }
    })
    .await;
    assert_eq!(answers.iter().filter(|used| **used).count(), 1);
    assert_eq!(answers.len(), CROWD);
}

async fn a_step_is_never_used_again_nor_one_before_it(db: Database) {
    two_agents(&db).await;
    assert!(add_device(&db, "100001", "d").await);
    assert!(use_step(&db, "d", 7).await);
    assert!(!use_step(&db, "d", 7).await);
    assert!(!use_step(&db, "d", 6).await);
    assert!(use_step(&db, "d", 8).await);
    assert!(!use_step(&db, "gone", 9).await);
}

async fn nobody_has_more_devices_than_may_be(db: Database) {
    two_agents(&db).await;
    for nth in 0..MOST_OF_A_KIND {
        assert!(add_device(&db, "100001", &format!("d{nth}")).await);
    }
    assert!(!add_device(&db, "100001", "one too many").await);
    assert!(add_device(&db, "100002", "another agent").await);
}

async fn a_device_is_removed_by_its_own_agent_only(db: Database) {
    two_agents(&db).await;
    assert!(add_device(&db, "100001", "d").await);
    let remove = async |number: &str| {
        let number = soi(number);
        let remove = async |tx: &mut Tx| -> Result<bool, StoreError> { totp_devices::remove(tx, &number, "d").await };
        db.write(remove).await.unwrap()
    };
    assert!(!remove("100002").await);
    assert!(remove("100001").await);
    assert!(!remove("100001").await);
}

async fn make_codes(db: &Database, bytes: &[u8]) {
    let hashes: Vec<[u8; 32]> = bytes.iter().map(|byte| [*byte; 32]).collect();
    let number = soi("100001");
    let make = async |tx: &mut Tx| -> Result<(), StoreError> {
        recovery_codes::replace(tx, &number, &hashes, minute(0)).await
    };
    db.write(make).await.expect("a set");
}

async fn consume(db: &Database, number: &str, byte: u8) -> bool {
    let number = soi(number);
    let consume = async |tx: &mut Tx| -> Result<bool, StoreError> {
        recovery_codes::consume(tx, &number, [byte; 32], minute(1)).await
    };
    db.write(consume).await.expect("a code")
}

async fn left(db: &Database) -> u32 {
    let number = soi("100001");
    db.read(async |tx: &mut Tx| -> Result<u32, StoreError> { recovery_codes::left(tx, &number).await }).await.unwrap()
}

async fn of_fifty_who_present_a_recovery_code_one_is_told_yes(db: Database) {
    two_agents(&db).await;
    make_codes(&db, &[1, 2, 3]).await;
    let store = db.store.clone();
    let answers = crowd(move |_| {
        let store = store.clone();
        async move {
            let number = soi("100001");
            let consume = async |tx: &mut Tx| -> Result<bool, StoreError> {
                recovery_codes::consume(tx, &number, [2; 32], minute(1)).await
            };
            store.write(consume).await.expect("a code")
        }
    })
    .await;
    assert_eq!(answers.iter().filter(|spent| **spent).count(), 1);
    assert_eq!(left(&db).await, 2);
    assert!(!consume(&db, "100002", 1).await, "another agent's");
}

async fn a_new_set_of_recovery_codes_replaces_the_old_one(db: Database) {
    two_agents(&db).await;
    make_codes(&db, &[1, 2]).await;
    assert!(consume(&db, "100001", 1).await);
    make_codes(&db, &[1, 9]).await;
    assert_eq!(left(&db).await, 2);
    assert!(!consume(&db, "100001", 2).await, "of the old set");
    assert!(consume(&db, "100001", 9).await);
}

async fn a_permit_is_for_one_agent_and_browser_and_ends(db: Database) {
    two_agents(&db).await;
    let grant = async |basis| {
        let number = soi("100001");
        let grant = async |tx: &mut Tx| -> Result<(), StoreError> {
            enrolment_permits::grant(tx, &number, basis, &hash(1), minute(10)).await
        };
        db.write(grant).await.unwrap();
    };
    let find = async |number: &str, browser, at| {
        let number = soi(number);
        let find = async |tx: &mut Tx| -> Result<Option<Basis>, StoreError> {
            enrolment_permits::find(tx, &number, &hash(browser), at).await
        };
        db.read(find).await.unwrap()
    };
    grant(Basis::Channel).await;
    grant(Basis::Code).await;
    assert_eq!(find("100001", 1, minute(9)).await, Some(Basis::Code), "the newest counts");
    assert_eq!(find("100001", 2, minute(9)).await, None);
    assert_eq!(find("100002", 1, minute(9)).await, None);
    assert_eq!(find("100001", 1, minute(10)).await, None);
    let number = soi("100001");
    db.write(async |tx: &mut Tx| -> Result<(), StoreError> { enrolment_permits::spend(tx, &number).await })
        .await
        .unwrap();
    assert_eq!(find("100001", 1, minute(1)).await, None);
}

fn key(id: &str) -> StoredPasskey {
    StoredPasskey {
        id: id.into(),
        name: "Clé".into(),
        credential_id: id.as_bytes().to_vec(),
        credential: "{\"counter\":1}".into(),
        kind: PasskeyKind::Synced,
        created_at: minute(0),
        last_used_at: None,
    }
}

async fn a_passkey_is_found_by_its_agent_and_changed_only_over_what_was_read(db: Database) {
    two_agents(&db).await;
    let (first, second) = (soi("100001"), soi("100002"));
    let add = async |number: &octroi_idp::domain::soi::Soi, key: &StoredPasskey| {
        db.write(async |tx: &mut Tx| -> Result<bool, StoreError> { passkeys::insert(tx, number, key).await }).await
    };
    assert!(add(&first, &key("a")).await.unwrap());
    let twin = StoredPasskey { id: "b".into(), ..key("a") };
    assert!(matches!(add(&second, &twin).await, Err(StoreError::Conflict(Constraint::Unique))));
    let find = async |number: &octroi_idp::domain::soi::Soi| {
        db.read(async |tx: &mut Tx| -> Result<_, StoreError> { passkeys::find(tx, number, b"a").await }).await.unwrap()
    };
    assert_eq!(find(&first).await, Some(key("a")));
    assert_eq!(find(&second).await, None);
    let used = async |credential: &str| {
        let key = key("a");
        let used =
            async |tx: &mut Tx| -> Result<bool, StoreError> { passkeys::used(tx, &key, credential, minute(1)).await };
        db.write(used).await.unwrap()
    };
    assert!(used("{\"counter\":2}").await);
    assert!(!used("{\"counter\":3}").await, "it was read before the other change");
}

async fn an_authenticator_knows_an_agent_by_one_name_for_ever(db: Database) {
    two_agents(&db).await;
    let number = soi("100001");
    let know = async |name: &str| {
        db.write(async |tx: &mut Tx| -> Result<String, StoreError> { passkeys::know_user(tx, &number, name).await })
            .await
            .unwrap()
    };
    assert_eq!(know("first").await, "first");
    assert_eq!(know("second").await, "first");
    let whose = async |name: &str| {
        db.read(async |tx: &mut Tx| -> Result<_, StoreError> { passkeys::soi_of(tx, name).await }).await.unwrap()
    };
    assert_eq!(whose("first").await, Some(soi("100001")));
    assert_eq!(whose("second").await, None);
}

async fn a_raised_session_changes_its_cookie_once(db: Database) {
    two_agents(&db).await;
    let mut weak = session("s", "100001");
    (weak.authentication, weak.second) = (AuthenticationMethod::password(), None);
    let raise = async |tx: &mut Tx| -> Result<(bool, bool), StoreError> {
        sessions::insert(tx, &weak, &hash(1), &Contact::default()).await?;
        let strong = weak.authentication.with(Proof::ManagerPass).with(Proof::Totp);
        let given = GivenFactor { factor: SecondFactor::Totp, at: minute(2), until: Some(minute(9)) };
        let first = sessions::raise(tx, &Sid::new("s"), &hash(1), &hash(2), &strong, given).await?;
        let second = sessions::raise(tx, &Sid::new("s"), &hash(1), &hash(3), &strong, given).await?;
        let stored = sessions::find(tx, &Sid::new("s")).await?.expect("a session");
        assert_eq!((stored.authentication.acr, stored.second), (Acr::Eidas2, Some(given)));
        assert_eq!(stored.auth_time, weak.auth_time, "the login was when it was");
        Ok((first, second))
    };
    assert_eq!(db.write(raise).await.unwrap(), (true, false));
}

async fn the_last_factor_is_remembered(db: Database) {
    two_agents(&db).await;
    let number = soi("100001");
    for factor in [SecondFactor::Totp, SecondFactor::Passkey, SecondFactor::Passkey] {
        let set = async |tx: &mut Tx| -> Result<Option<SecondFactor>, StoreError> {
            factor_choices::set(tx, &number, factor).await?;
            factor_choices::find(tx, &number).await
        };
        assert_eq!(db.write(set).await.unwrap(), Some(factor));
    }
}

async fn a_restore_revives_no_code_and_no_step(db: Database) {
    two_agents(&db).await;
    assert!(add_device(&db, "100001", "d").await);
    make_codes(&db, &[1, 2]).await;
    let now = minute(60);
    let ended = db.write(async |tx: &mut Tx| end_everything(tx, now).await).await.unwrap();
    assert_eq!(ended.recovery_codes, 2);
    assert!(!consume(&db, "100001", 1).await);
    let step = now.seconds() / 30;
    assert!(!use_step(&db, "d", step).await, "a code of this moment may have been used after the backup");
    assert!(use_step(&db, "d", step + 1).await);
}
