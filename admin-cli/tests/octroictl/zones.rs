//! `octroictl zone …`: no database is needed.

use crate::Installation;

#[tokio::test]
async fn an_address_is_explained_hop_by_hop() {
    let octroi = Installation::without_database();
    let words = ["zone", "explain", "--peer", "10.0.0.5", "--header", "X-Forwarded-For: 10.12.3.4", "--format", "json"];
    let json = octroi.run_words(&words).await.json();
    assert_eq!((&json["zone"], &json["client_address"]), (&"internal".into(), &"10.12.3.4".into()));
    assert_eq!((&json["why"], json["hops"].as_array().unwrap().len()), (&"internal_address".into(), 2));
    let words = ["zone", "explain", "--peer", "198.51.100.7", "--header", "X-Forwarded-For: 10.12.3.4"];
    let table = octroi.run_words(&words).await.done();
    assert!(table.starts_with("nomades: ") && table.contains("198.51.100.7"), "{table}");
    assert!(table.contains("Ignored: x-forwarded-for (the peer is not a trusted proxy)."), "{table}");
}

#[tokio::test]
async fn listeners_and_networks_are_listed() {
    let octroi = Installation::without_database();
    let list = octroi.run("zone list").await.done();
    for expected in ["office (127.0.0.1:8080)", "ceiling internal", "10.12.0.0/16", "trusted proxy", "240 min"] {
        assert!(list.contains(expected), "{list}");
    }
    let json = octroi.run("zone list --format json").await.json();
    assert_eq!((&json["listeners"][0]["name"], &json["internal_max_age_seconds"]), (&"office".into(), &14400.into()));
}

#[tokio::test]
async fn an_unknown_listener_is_answered_with_the_known_ones() {
    let octroi = Installation::without_database();
    let err = octroi.run("zone explain --peer 10.12.3.4 --listener roof").await.failed(2);
    assert_eq!(err, "error: --listener: the configured listeners are office\n");
}
