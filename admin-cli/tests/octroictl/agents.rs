//! `octroictl agent …`

use crate::Installation;

#[tokio::test]
async fn an_agent_is_added_shown_and_listed() {
    let octroi = Installation::new().await;
    octroi.add("100001").await;
    let shown = octroi.run("agent show 100001").await.done();
    for expected in ["Inès", "ines.marchand@ville.example", "none yet (not activated)", "standing"] {
        assert!(shown.contains(expected), "{shown}");
    }
    let json = octroi.run("agent show 100001 --format json").await.json();
    assert_eq!(
        (&json["soi"], &json["standing"], &json["activated"]),
        (&"100001".into(), &"active".into(), &false.into())
    );
    let list = octroi.run("agent list").await.done();
    assert!(
        list.starts_with("SOI     NAME           DEPARTMENT  EMPLOYMENT  EMAIL\n100001  Inès Marchand  40"),
        "{list}"
    );
}

#[tokio::test]
async fn a_change_is_told_field_by_field_and_nothing_to_change_says_so() {
    let octroi = Installation::new().await;
    octroi.add("100001").await;
    let changed = octroi.run("agent set 100001 --department 41").await.done();
    assert_eq!(changed, "Changed Inès Marchand (100001).\nFIELD       FROM  TO\ndepartment  40    41\n");
    let again = octroi.run("agent set 100001 --department 41").await.done();
    assert_eq!(again, "Nothing to change: Inès Marchand (100001) is like that already.\n");
    let cleared = octroi.run_words(&["agent", "set", "100001", "--department", "", "--format", "json"]).await.json();
    assert_eq!((&cleared["department"], &cleared["changed"][0]["from"]), (&serde_json::Value::Null, &"41".into()));
}

#[tokio::test]
async fn leaving_asks_and_a_no_changes_nothing() {
    let octroi = Installation::new().await;
    octroi.add("100001").await;
    let declined = octroi.run_answering("agent leave 100001", "n\n").await;
    assert!(declined.err.contains("Inès Marchand (100001) leaves"), "{}", declined.err);
    declined.failed(1);
    let dry = octroi.run("agent leave 100001 --dry-run").await.done();
    assert!(dry.starts_with("Dry run: this is what would be done.\n"), "{dry}");
    assert!(dry.contains("employment  active  left") && dry.ends_with("Dry run: nothing was written.\n"), "{dry}");
    assert_eq!(octroi.run("agent show 100001 --format json").await.json()["employment"], "active");
    octroi.run_answering("agent leave 100001", "oui\n").await.done();
    assert_eq!(octroi.run("agent show 100001 --format json").await.json()["employment"], "left");
    let again = octroi.run("agent leave 100001").await.done();
    assert!(again.contains("has left already"), "{again}");
    octroi.run("agent reinstate 100001").await.done();
    let json = octroi.run("agent show 100001 --format json").await.json();
    assert_eq!((&json["employment"], &json["end_date"]), (&"active".into(), &serde_json::Value::Null));
}

#[tokio::test]
async fn somebody_reinstated_after_the_last_day_is_warned_about() {
    let octroi = Installation::new().await;
    octroi.add("100001").await;
    octroi.run("agent suspend 100001").await.done();
    octroi.run("agent set 100001 --end 2020-01-31").await.done();
    let reinstated = octroi.run("agent reinstate 100001").await;
    assert!(reinstated.err.contains("cannot log in today (account.ended)"), "{}", reinstated.err);
}

#[tokio::test]
async fn an_activation_code_is_told_once_and_not_in_a_dry_run() {
    let octroi = Installation::new().await;
    octroi.add("100001").await;
    let json = octroi.run("agent activation-code 100001 --format json").await.json();
    let keys: Vec<&String> = json.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["code", "deliver", "expires_at", "soi"]);
    assert_eq!(json["code"].as_str().unwrap().len(), 14);
    let dry = octroi.run("agent activation-code 100001 --format json --dry-run").await.json();
    assert!(dry.get("code").is_none() && dry["dry_run"] == true, "{dry}");
    let table = octroi.run("agent activation-code 100001").await.done();
    assert!(
        table.contains("code        ") && table.contains("deliver     letter") && table.contains("not shown again"),
        "{table}"
    );
}

#[tokio::test]
async fn a_mailed_activation_code_is_not_printed() {
    let octroi = Installation::new().await;
    octroi.add("100001").await;
    let told = octroi.run("agent activation-code 100001 --deliver mail").await.failed(2);
    assert!(told.contains("has no recovery address; choose another --deliver"), "{told}");
    octroi.run("agent set 100001 --recovery-email ines@maison.example").await.done();
    let json = octroi.run("agent activation-code 100001 --deliver mail --format json").await.json();
    let keys: Vec<&String> = json.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["deliver", "expires_at", "soi", "to"]);
    assert_eq!(json["to"], "i…s@maison.example");
    assert!(octroi.run("agent activation-code 100001 --deliver phone").await.failed(2).contains("phone"));
}

#[tokio::test]
async fn an_agent_is_unlocked_or_there_was_nothing_to_unlock() {
    let octroi = Installation::new().await;
    octroi.add("100001").await;
    let told = octroi.run("agent unlock 100001").await.done();
    assert_eq!(told, "Nothing to unlock: no failed attempt of Inès Marchand (100001) is counted.\n");
    let json = octroi.run("agent unlock 100001 --format json").await.json();
    assert_eq!((&json["soi"], &json["unlocked"]), (&"100001".into(), &false.into()));
    assert_eq!((&json["lifted"], &json["networks"]), (&serde_json::json!([]), &0.into()));
    octroi.run("agent unlock 100099").await.failed(3);
}

#[tokio::test]
async fn a_long_list_comes_in_pages_or_whole() {
    let octroi = Installation::new().await;
    for soi in ["100001", "100002", "100003"] {
        octroi.add(soi).await;
    }
    let first = octroi.run("agent list --limit 2").await.done();
    assert!(first.ends_with("There are more: --after 100002, or --all.\n"), "{first}");
    let rest = octroi.run("agent list --limit 2 --after 100002 --format json").await.json();
    assert_eq!((rest["agents"].as_array().unwrap().len(), &rest["next"]), (1, &serde_json::Value::Null));
    assert_eq!(octroi.run("agent list --all --format json").await.json()["agents"].as_array().unwrap().len(), 3);
    assert_eq!(octroi.run("agent list --search nobody").await.done(), "No agent.\n");
}

#[tokio::test]
async fn roles_are_granted_listed_and_revoked() {
    let octroi = Installation::new().await;
    octroi.add("100009").await;
    assert_eq!(octroi.run("role grant 100009 dsin").await.done(), "100009 is dsin now.\n");
    assert!(octroi.run("role grant 100009 dsin").await.done().starts_with("Nothing to change"));
    let list = octroi.run("role list --format json").await.json();
    assert_eq!((&list["roles"][0]["soi"], &list["roles"][0]["role"]), (&"100009".into(), &"dsin".into()));
    octroi.run("role revoke 100009 dsin").await.done();
    assert_eq!(octroi.run("role list").await.done(), "Nobody holds a role.\n");
}
