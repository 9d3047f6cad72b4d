//! Every exit code of CONTRACT, and what stands beside it on standard error.

use std::fs;
use std::sync::Arc;

use octroi_idp::storage::{StoreError, Tx};
use tokio::sync::Notify;

use crate::Installation;

#[tokio::test]
async fn zero_is_done_and_help_is_an_answer() {
    let octroi = Installation::new().await;
    octroi.run("agent list").await.done();
    assert!(octroi.run("--help").await.done().contains("Exit codes"));
    assert!(octroi.run("agent import --help").await.done().contains("soi,given_name,family_name,email"));
    assert!(octroi.run("--version").await.done().starts_with("octroictl "));
}

#[tokio::test]
async fn one_is_refused_by_a_rule_with_the_code_of_its_reason() {
    let octroi = Installation::new().await;
    octroi.add("100001").await;
    octroi.run("agent leave 100001 --yes").await.done();
    let err = octroi.run("agent activation-code 100001").await.failed(1);
    assert_eq!(err, "refused: account.left: Inès Marchand (100001) has left: nobody who left gets a code\n");
}

#[tokio::test]
async fn two_is_usage() {
    let octroi = Installation::new().await;
    for line in [
        "",
        "agent",
        "agent fly 100001",
        "agent show",
        "agent show x",
        "agent list --limit 0",
        "role grant 100001 boss",
        "agent set 100001",
        "agent add 100001 --given-name A --family-name B --email nobody",
        "agent import /nowhere.csv",
        "--format yaml agent list",
        "zone explain --peer somewhere",
    ] {
        let outcome = octroi.run(line).await;
        assert_eq!(outcome.code, 2, "{line}: {}{}", outcome.out, outcome.err);
        assert!(!outcome.err.is_empty(), "{line}");
    }
    fs::remove_file(octroi.path("octroi.toml")).unwrap();
    let err = octroi.run("agent list").await.failed(2);
    assert!(err.contains("octroi.toml") && err.contains("OCTROI_CONFIG"), "{err}");
}

#[tokio::test]
async fn three_is_not_found() {
    let octroi = Installation::new().await;
    assert_eq!(octroi.run("agent show 999999").await.failed(3), "not found: there is no agent 999999\n");
    for line in ["agent leave 999999 --yes", "agent history 999999", "app show nothing", "role grant 999999 hr"] {
        octroi.run(line).await.failed(3);
    }
}

#[tokio::test]
async fn four_is_conflict() {
    let octroi = Installation::new().await;
    octroi.add("100001").await;
    let words = ["agent", "add", "100001", "--given-name", "A", "--family-name", "B", "--email", "a@b.example"];
    let err = octroi.run_words(&words).await.failed(4);
    assert_eq!(err, "conflict: the SOI 100001 belongs to Inès Marchand already; change that agent with `agent set`\n");
}

#[tokio::test]
async fn five_is_a_database_that_is_absent_empty_damaged_or_locked() {
    let octroi = Installation::without_database();
    let absent = octroi.run("agent list").await.failed(5);
    assert!(absent.contains("octroi.db") && absent.contains("no such file"), "{absent}");
    octroi.file("octroi.db", "");
    let empty = octroi.run("agent list").await.failed(5);
    assert!(empty.contains("octroi migrate"), "{empty}");
    octroi.file("octroi.db", "this is no database at all, although it is long enough to look like one ".repeat(20));
    let damaged = octroi.run("agent list").await.failed(5);
    assert!(damaged.contains("not a database"), "{damaged}");

    let octroi = Installation::new().await;
    let config = fs::read_to_string(octroi.path("octroi.toml")).unwrap();
    let impatient = config.replace("# busy_timeout = \"5s\"", "busy_timeout = \"200ms\"");
    octroi.file("octroi.toml", &impatient);
    let store = octroi.store().await;
    let (held, release) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (holds, released) = (held.clone(), release.clone());
    let holding = tokio::spawn(async move {
        let hold = async |_: &mut Tx| -> Result<(), StoreError> {
            holds.notify_one();
            released.notified().await;
            Ok(())
        };
        store.write(hold).await.unwrap();
    });
    held.notified().await;
    let words = ["agent", "add", "100001", "--given-name", "A", "--family-name", "B", "--email", "a@b.example"];
    let locked = octroi.run_words(&words).await.failed(5);
    assert!(locked.contains("busy"), "{locked}");
    release.notify_one();
    holding.await.unwrap();
    octroi.file("octroi.toml", &config);
    octroi.run_words(&words).await.done();
}

/// Root may read everything, so this says something only where tests run as somebody else.
#[cfg(unix)]
#[tokio::test]
async fn six_is_not_authorised() {
    use std::os::unix::fs::PermissionsExt as _;
    let octroi = Installation::new().await;
    let config = octroi.path("octroi.toml");
    fs::set_permissions(&config, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::read(&config).is_err() {
        assert!(octroi.run("agent list").await.failed(6).contains("not for you"));
    }
}
