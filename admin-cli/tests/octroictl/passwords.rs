//! `octroictl password …`. Neither a database nor a configuration is needed to make the filter.

use std::fs;

use octroi_idp::domain::code_delivery::CodeDelivery;
use octroi_idp::domain::soi::Soi;
use octroi_idp::domain::time::Clock;
use octroi_idp::storage::reset_demands::{self, Demand};
use octroi_idp::storage::{StoreError, Tx, passwords};

use crate::Installation;

#[tokio::test]
async fn a_list_becomes_a_filter_that_knows_its_passwords_and_shows_none() {
    let octroi = Installation::without_database();
    // The configuration may name the filter before it exists.
    octroi.file("octroi.toml", "");
    let (list, filter) = (octroi.file("list.txt", "motdepasse\nsoleil\n\nsoleil\n"), octroi.path("breach.filter"));
    let filter = filter.to_str().unwrap();
    let built = octroi.run(&format!("password filter build {list} --output {filter} --format json")).await.json();
    assert_eq!((&built["lines"], &built["read"], &built["entries"]), (&"clear".into(), &4.into(), &2.into()));
    assert_eq!((&built["left_out"], &built["dry_run"]), (&1.into(), &false.into()));
    assert_eq!(built["bytes"], fs::metadata(filter).unwrap().len());

    let check = format!("password filter check --stdin --filter {filter}");
    let outcome = octroi.run_answering(&format!("{check} --format json"), "soleil\nun secret bien à moi\n").await;
    assert_eq!(outcome.code, 1);
    let json: serde_json::Value = serde_json::from_str(&outcome.out).unwrap();
    let found: Vec<_> = json["passwords"].as_array().unwrap().iter().map(|p| p["compromised"] == true).collect();
    assert_eq!(found, [true, false]);
    assert_eq!(outcome.err, "refused: password.compromised: 1 of 2 passwords were in a breach\n");
    assert!(!outcome.out.contains("soleil"));
    octroi.run_answering(&check, "un secret bien à moi").await.done();
}

#[tokio::test]
async fn standard_input_is_a_list_too_and_a_rehearsal_writes_nothing() {
    let octroi = Installation::without_database();
    let filter = octroi.path("breach.filter");
    let build = format!("password filter build - --output {}", filter.display());
    let sha1 = "5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8:52256179\n";
    let told = octroi.run_answering(&format!("{build} --dry-run"), sha1).await.done();
    assert!(told.contains("sha1") && told.contains("nothing was written") && !filter.exists(), "{told}");
    let told = octroi.run_answering(&build, sha1).await.done();
    assert!(told.contains("password.breach_filter = ") && filter.exists(), "{told}");
}

#[tokio::test]
async fn what_cannot_be_read_is_named_and_the_filter_stays_as_it_was() {
    let octroi = Installation::without_database();
    let filter = octroi.path("breach.filter").to_str().unwrap().to_owned();
    let sha1 = "5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8\n";
    let good = octroi.file("good.txt", sha1);
    octroi.run(&format!("password filter build {good} --output {filter}")).await.done();
    let before = fs::read(&filter).unwrap();
    let (bad, empty) = (octroi.file("bad.txt", format!("{sha1}motdepasse\n")), octroi.file("empty.txt", "\n"));
    let folder = octroi.path("");
    for (list, output, code, words) in [
        (bad.as_str(), filter.as_str(), 1, "password.bad_list: line 2 is no SHA-1"),
        (empty.as_str(), filter.as_str(), 1, "no password in it"),
        ("/nowhere/list.txt", filter.as_str(), 2, "/nowhere/list.txt"),
        (folder.to_str().unwrap(), filter.as_str(), 2, "is a directory"),
        (good.as_str(), good.as_str(), 2, "is no breach filter: name another file"),
        (good.as_str(), "/nowhere/breach.filter", 5, "cannot be written"),
    ] {
        let told = octroi.run(&format!("password filter build {list} --output {output}")).await.failed(code);
        assert!(told.contains(words), "{list}: {told}");
    }
    assert_eq!((fs::read(&filter).unwrap(), fs::read_to_string(&good).unwrap()), (before, sha1.to_owned()));
}

#[tokio::test]
async fn a_check_without_a_filter_or_a_password_says_what_is_missing() {
    let octroi = Installation::without_database();
    let told = octroi.run_answering("password filter check --stdin", "soleil\n").await.failed(2);
    assert!(told.contains("add --filter FILE"), "{told}");
    let other = octroi.file("other.txt", "a list, no filter");
    let told = octroi.run_answering(&format!("password filter check --stdin --filter {other}"), "x\n").await.failed(2);
    assert!(told.contains("octroictl password filter build"), "{told}");
    let list = octroi.file("list.txt", "soleil\n");
    let filter = octroi.path("breach.filter").to_str().unwrap().to_owned();
    octroi.run(&format!("password filter build {list} --output {filter}")).await.done();
    let told = octroi.run_answering(&format!("password filter check --stdin --filter {filter}"), "").await.failed(2);
    assert!(told.contains("one password a line"), "{told}");
    assert!(octroi.run(&format!("password filter check --filter {filter} soleil")).await.failed(2).contains("soleil"));
    // What the configuration names is the default.
    let text = fs::read_to_string(octroi.path("octroi.toml")).unwrap();
    octroi.file("octroi.toml", text.replace("# breach_filter", "breach_filter"));
    octroi.run_answering("password filter check --stdin", "un secret bien à moi\n").await.done();
}

#[tokio::test]
async fn passwords_are_expired_for_one_or_many_and_a_forecast_is_csv() {
    let octroi = Installation::new().await;
    for soi in ["100001", "100002"] {
        octroi.add(soi).await;
    }
    let told = octroi.run("password expire --all").await.done();
    assert_eq!(told, "Nobody who works has a password there.\n");
    let store = octroi.store().await;
    for soi in ["100001", "100002"] {
        let (soi, now) = (Soi::from_stored(soi.to_owned()), Clock::system().now());
        let set = async |tx: &mut Tx| -> Result<(), StoreError> { passwords::set(tx, &soi, "phc", now).await };
        store.write(set).await.unwrap();
    }
    store.close().await;
    let forecast = octroi.run("password expire --department 40 --spread 1 --dry-run --format csv").await.done();
    let lines: Vec<&str> = forecast.lines().collect();
    assert!(lines[0] == "soi,on" && lines[1].starts_with("100001,20") && lines.len() == 3, "{forecast}");
    let told = octroi.run("password expire --all --spread 2").await.failed(2);
    assert!(told.contains("add --yes"), "{told}");
    let json = octroi.run("password expire --all --spread 2 --yes --format json").await.json();
    assert_eq!((&json["marked"], json["days"].as_array().unwrap().len()), (&2.into(), 2));
    assert!(octroi.run("password expire 100001").await.done().starts_with("1 password is changed at the login"));
    octroi.run("password expire 100099").await.failed(3);
    for line in ["password expire", "password expire 100001 --all", "password expire --all --spread 0"] {
        octroi.run(&format!("{line} --yes")).await.failed(2);
    }
}

#[tokio::test]
async fn the_policy_in_force_is_told_without_a_database_with_each_deviation() {
    let octroi = Installation::without_database();
    let told = octroi.run("password policy").await.done();
    for line in [
        "Preset standard.",
        "administrators  holds any role  16-256  free  3      5        -        365 d    15 d",
        "agents          everybody else  15-256  free  3      5        -        never    15 d",
        "Breach filter: none. Blocklist: none.",
        "administrators: NIST SP 800-63B-4 3.1.1.2: passwords shall not be changed periodically; here: renewed after 365 days.",
        "agents: ANSSI R23: complexity rules are set; here:",
    ] {
        assert!(told.contains(line), "{line:?} is not in\n{told}");
    }
    assert!(!told.contains("ANSSI R24"), "{told}");

    let text = fs::read_to_string(octroi.path("octroi.toml")).unwrap();
    octroi.file("octroi.toml", text.replace("# preset = \"standard\"", "preset = \"city\""));
    let json = octroi.run("password policy --format json").await.json();
    assert_eq!((json["preset"].as_str(), json["populations"].as_array().map(Vec::len)), (Some("city"), Some(2)));
    let agents = &json["populations"][1];
    assert_eq!((&agents["population"], &agents["max_age_days"]), (&"agents".into(), &180.into()));
    let rules: Vec<&str> = agents["deviations"].as_array().unwrap().iter().filter_map(|d| d["rule"].as_str()).collect();
    assert!(rules.contains(&"ANSSI R24") && rules.contains(&"CNIL 2022-100"), "{rules:?}");
}

#[tokio::test]
async fn an_agents_policy_is_told_with_the_reason_why() {
    let octroi = Installation::new().await;
    octroi.add("100001").await;
    octroi.add_to_configuration("[[population]]\nname = \"sports\"\ndepartments = [\"40\"]\n");
    let text = fs::read_to_string(octroi.path("octroi.toml")).unwrap();
    let entry = "[[password.population]]\nname = \"sports\"\nmin_length = 18\n\n[activation]";
    octroi.file("octroi.toml", text.replacen("[activation]", entry, 1));
    let told = octroi.run("password policy 100001").await.done();
    assert!(told.contains("population       sports") && told.contains("18 to 256"), "{told}");
    assert!(told.contains("why              department 40 (department 40)"), "{told}");
    octroi.run("role grant 100001 hr --yes").await.done();
    let json = octroi.run("password policy 100001 --format json").await.json();
    assert_eq!((&json["population"], &json["min_length"]), (&"administrators".into(), &16.into()));
    assert_eq!(json["why"], "holds any role (department 40, roles hr)");
    octroi.run("password policy 100099").await.failed(3);
}

/// The agent has chosen a password, whatever it is.
async fn set_password(octroi: &Installation, soi: &str) {
    let (soi, now, store) = (Soi::from_stored(soi.to_owned()), Clock::system().now(), octroi.store().await);
    let set = async |tx: &mut Tx| -> Result<(), StoreError> { passwords::set(tx, &soi, "phc", now).await };
    store.write(set).await.unwrap();
    store.close().await;
}

fn reset_code<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [["password", "reset-code", "100001", "--reason", "ticket 4711"].as_slice(), more].concat()
}

#[tokio::test]
async fn a_reset_code_is_printed_once_with_a_reason_and_a_way() {
    let octroi = Installation::new().await;
    octroi.add("100001").await;
    let early = octroi.run_words(&reset_code(&["--deliver", "letter"])).await.failed(1);
    assert!(
        early.starts_with("refused: account.not_activated: ") && early.contains("agent activation-code"),
        "{early}"
    );
    set_password(&octroi, "100001").await;
    let round = octroi.run("agent activation-code 100001").await.failed(1);
    assert!(round.starts_with("refused: password.chosen: ") && round.contains("password reset-code 100001"), "{round}");

    let json = octroi.run_words(&reset_code(&["--deliver", "counter", "--format", "json"])).await.json();
    let keys: Vec<&String> = json.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["code", "deliver", "expires_at", "soi"]);
    assert_eq!((json["code"].as_str().unwrap().len(), &json["deliver"]), (14, &"counter".into()));
    let dry = octroi.run_words(&reset_code(&["--deliver", "counter", "--format", "json", "--dry-run"])).await.json();
    assert!(dry.get("code").is_none() && dry["dry_run"] == true, "{dry}");
    let table = octroi.run_words(&reset_code(&["--deliver", "manager"])).await.done();
    assert!(table.contains("/forgot-password/code") && table.contains("not shown again"), "{table}");

    for line in ["password reset-code 100001 --deliver letter", "password reset-code 100001"] {
        octroi.run(line).await.failed(2);
    }
    let mailed = octroi.run_words(&reset_code(&["--deliver", "mail"])).await.failed(2);
    assert!(mailed.contains("a reset code is not mailed"), "{mailed}");
    let nobody = ["password", "reset-code", "100099", "--deliver", "letter", "--reason", "x"];
    octroi.run_words(&nobody).await.failed(3);
}

#[tokio::test]
async fn an_administrator_s_reset_code_waits_for_a_second_person() {
    let octroi = Installation::new().await;
    octroi.add("100001").await;
    set_password(&octroi, "100001").await;
    octroi.run("role grant 100001 helpdesk").await.done();
    let demand = reset_code(&["--deliver", "counter"]);
    let told = octroi.run_words(&[demand.as_slice(), &["--dry-run"]].concat()).await.done();
    assert!(told.contains("second person must"), "{told}");
    let json = octroi.run_words(&[demand.as_slice(), &["--format", "json"]].concat()).await.json();
    assert_eq!((&json["soi"], &json["waiting_for_second"]), (&"100001".into(), &true.into()));
    assert!(json.get("code").is_none());
    let again = octroi.run_words(&demand).await.failed(1);
    assert!(again.starts_with("refused: reset.second_person: "), "{again}");

    // Somebody else was the first.
    let (soi, now, store) = (Soi::from_stored("100001".to_owned()), Clock::system().now(), octroi.store().await);
    let by = |name: &str| Demand { delivery: CodeDelivery::Counter, demanded_by: name.to_owned() };
    let other_first = async |tx: &mut Tx| -> Result<bool, StoreError> {
        reset_demands::second(tx, &soi, &by("nobody"), now).await?;
        reset_demands::record(tx, &soi, &by("somebody else"), now.plus(std::time::Duration::from_hours(1)), now).await
    };
    assert!(store.write(other_first).await.unwrap());
    store.close().await;
    let json = octroi.run_words(&[demand.as_slice(), &["--format", "json"]].concat()).await.json();
    assert_eq!(json["code"].as_str().unwrap().len(), 14);
}
