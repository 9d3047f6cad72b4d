//! `octroictl factor …`

use octroi_idp::domain::soi::Soi;
use octroi_idp::domain::time::Timestamp;
use octroi_idp::storage::totp_devices::{self, TotpDevice};
use octroi_idp::storage::{StoreError, Tx, recovery_codes};

use crate::Installation;

/// An agent with two telephones and ten codes.
async fn with_two_telephones() -> Installation {
    let octroi = Installation::new().await;
    octroi.add("100001").await;
    let store = octroi.store().await;
    let (soi, now) = (Soi::from_stored("100001".into()), Timestamp::from_seconds(1_795_341_600));
    let enrol = async |tx: &mut Tx| -> Result<(), StoreError> {
        for (id, name) in [("one", "Téléphone"), ("two", "Tablette")] {
            let (id, name) = (id.to_owned(), name.to_owned());
            let device = TotpDevice { id, name, sealed: vec![1], last_step: 0, created_at: now, last_used_at: None };
            totp_devices::insert(tx, &soi, &device).await?;
        }
        let hashes: Vec<[u8; 32]> = (0..10).map(|byte| [byte; 32]).collect();
        recovery_codes::replace(tx, &soi, &hashes, now).await
    };
    store.write(enrol).await.unwrap();
    store.close().await;
    octroi
}

#[tokio::test]
async fn factors_are_listed_in_three_formats_and_the_look_is_recorded() {
    let octroi = with_two_telephones().await;
    let listed = octroi.run("factor list 100001 --format json").await.json();
    assert_eq!((listed["factors"].as_array().unwrap().len(), &listed["recovery_codes"]), (2, &10.into()));
    let first = &listed["factors"][0];
    assert_eq!((&first["id"], &first["factor"], &first["name"]), (&"one".into(), &"totp".into(), &"Téléphone".into()));
    let table = octroi.run("factor list 100001").await.done();
    assert!(table.contains("Tablette") && table.contains("10 recovery codes are left."), "{table}");
    let csv = octroi.run("factor list 100001 --format csv").await.done();
    assert!(csv.starts_with("id,factor,kind,name,added,last_used\n") && csv.lines().count() == 3, "{csv}");
    let history = octroi.run("audit search --act factor.viewed --format json").await.json();
    assert_eq!(history["events"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn a_factor_is_removed_with_a_reason_and_its_agent_is_told() {
    let octroi = with_two_telephones().await;
    assert!(octroi.run("factor remove 100001 --id one").await.failed(2).contains("--reason"));
    octroi.run("factor remove 100001 --reason ticket").await.failed(2);
    octroi.run("factor remove 100001 --id one --all --reason ticket").await.failed(2);
    octroi.run("factor remove 100001 --id three --reason ticket").await.failed(3);
    octroi.run("factor remove 999999 --all --reason ticket").await.failed(3);
    let rehearsed = octroi.run("factor remove 100001 --all --reason ticket --dry-run --format json").await.json();
    assert_eq!((&rehearsed["dry_run"], rehearsed["removed"].as_array().unwrap().len()), (&true.into(), 2));

    let one = octroi.run("factor remove 100001 --id one --reason ticket --format json").await.json();
    assert_eq!((&one["removed"][0]["name"], &one["recovery_codes"]), (&"Téléphone".into(), &0.into()));
    let told = octroi.run("factor remove 100001 --all --reason ticket").await.done();
    assert!(told.contains("Removed a second factor of Inès Marchand (100001)."), "{told}");
    let nothing = octroi.run("factor remove 100001 --all --reason ticket").await.done();
    assert!(nothing.contains("Nothing to remove"), "{nothing}");
    let listed = octroi.run("factor list 100001 --format json").await.json();
    assert_eq!((listed["factors"].as_array().unwrap().len(), &listed["recovery_codes"]), (0, &0.into()));
    let sent = octroi.run("outbox list --soi 100001 --format json").await.json();
    let notices: Vec<&str> =
        sent["messages"].as_array().unwrap().iter().filter_map(|message| message["notice"].as_str()).collect();
    assert_eq!(notices, ["factor_removed", "factor_removed"]);
}
