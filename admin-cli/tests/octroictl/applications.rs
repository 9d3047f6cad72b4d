//! `octroictl app …`

use crate::Installation;

const ADD: &str =
    "app add portal --name Portail --redirect-uri https://portail.ville.example/cb --zones internal,nomades";

#[tokio::test]
async fn an_application_is_registered_with_a_secret_that_is_told_once() {
    let octroi = Installation::new().await;
    let added = octroi.run(&format!("{ADD} --format json")).await.json();
    assert_eq!((&added["client_id"], added["client_secret"].as_str().unwrap().len()), (&"portal".into(), 43));
    assert_eq!(added["zones"], serde_json::json!(["internal", "nomades"]));
    let shown = octroi.run("app show portal --format json").await.json();
    assert!(shown.get("client_secret").is_none());
    let rotated = octroi.run("app rotate-secret portal --format json").await.json();
    assert_ne!(rotated["client_secret"], added["client_secret"]);
    let table = octroi.run("app rotate-secret portal").await.done();
    assert!(table.contains("client_secret  ") && table.contains("not shown again"), "{table}");
}

#[tokio::test]
async fn a_dry_run_registers_nothing_and_tells_no_secret() {
    let octroi = Installation::new().await;
    let dry = octroi.run(&format!("{ADD} --dry-run --format json")).await.json();
    assert!(dry.get("client_secret").is_none() && dry["dry_run"] == true, "{dry}");
    octroi.run("app show portal").await.failed(3);
}

#[tokio::test]
async fn options_replace_clear_and_switch() {
    let octroi = Installation::new().await;
    octroi.run(ADD).await.done();
    let set = octroi.run("app set portal --departments 40,41 --disabled").await.done();
    assert!(set.contains("departments  -     40 41") && set.contains("disabled     no    yes"), "{set}");
    let list = octroi.run("app list").await.done();
    assert!(list.contains("disabled  40 41"), "{list}");
    let set = [
        "app",
        "set",
        "portal",
        "--departments",
        "",
        "--disabled=false",
        "--scopes",
        "openid agent",
        "--format",
        "json",
    ];
    let json = octroi.run_words(&set).await.json();
    assert_eq!((&json["departments"], &json["disabled"]), (&serde_json::json!([]), &false.into()));
    assert_eq!(json["scopes"], serde_json::json!(["openid", "agent"]));
    octroi.run("app set portal --min-acr eidas2").await.done();
    let json = octroi.run_words(&["app", "set", "portal", "--min-acr", "", "--format", "json"]).await.json();
    assert_eq!(json["min_acr"], serde_json::Value::Null);
}

#[tokio::test]
async fn everything_that_is_wrong_is_told_at_once() {
    let octroi = Installation::new().await;
    let err =
        octroi.run("app add 100001 --redirect-uri http://portail.ville.example/cb --scopes payroll").await.failed(2);
    for expected in
        ["client_id: 100001 could be mistaken for an agent", "name: it is missing", "use https", "\"payroll\""]
    {
        assert!(err.contains(expected), "{err}");
    }
}

#[tokio::test]
async fn removing_needs_a_yes() {
    let octroi = Installation::new().await;
    octroi.run(ADD).await.done();
    assert!(octroi.run("app remove portal").await.failed(2).contains("--yes"));
    assert_eq!(octroi.run("app remove portal --yes").await.done(), "Removed Portail (portal).\n");
    octroi.run("app remove portal --yes").await.failed(3);
}
