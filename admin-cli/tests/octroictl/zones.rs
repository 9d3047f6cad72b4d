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

/// A unix socket and a listener for PROXY v2 beside the first one.
const MORE_LISTENERS: &str = "\n[[listener]]\nname = \"local\"\nbind = \"unix:local.sock\"\nzone_ceiling = \"internal\"\n\
    client_address = \"x-forwarded-for\"\ntrusted_socket = true\n\
    [[listener]]\nname = \"proxied\"\nbind = \"127.0.0.1:8081\"\nzone_ceiling = \"internal\"\n\
    client_address = \"proxy-v2\"\n";

#[tokio::test]
async fn a_proxy_v2_header_is_explained_and_what_would_be_closed_is_told() {
    let octroi = Installation::without_database();
    octroi.add_to_configuration(MORE_LISTENERS);
    let explain = "zone explain --listener proxied --format json --peer";
    for (rest, zone, why, hops) in [
        ("10.0.0.5 --proxied 10.12.3.4", "internal", "internal_address", 2),
        ("10.0.0.5 --proxied 203.0.113.9", "nomades", "outside_internal", 2),
        ("10.0.0.5 --proxied local", "nomades", "client_hidden", 2),
        ("10.0.0.5", "nomades", "closed", 2),
        ("10.12.3.4 --proxied 10.12.3.5", "nomades", "closed", 1),
    ] {
        let json = octroi.run(&format!("{explain} {rest}")).await.json();
        assert_eq!((&json["zone"], &json["why"]), (&zone.into(), &why.into()), "{rest}");
        assert_eq!(json["hops"].as_array().unwrap().len(), hops, "{rest}");
    }
    let table = octroi.run("zone explain --listener proxied --peer 10.0.0.5 --proxied 10.12.3.4").await.done();
    assert!(table.contains("PROXY v2") && table.contains("the PROXY v2 header"), "{table}");
}

#[tokio::test]
async fn a_unix_socket_has_no_peer_and_every_other_listener_has_one() {
    let octroi = Installation::without_database();
    octroi.add_to_configuration(MORE_LISTENERS);
    let words =
        ["zone", "explain", "--listener", "local", "--header", "X-Forwarded-For: 10.12.3.4", "--format", "json"];
    let json = octroi.run_words(&words).await.json();
    assert_eq!((&json["zone"], &json["hops"][0]["address"]), (&"internal".into(), &serde_json::Value::Null));
    let err = octroi.run("zone explain --listener office").await.failed(2);
    assert_eq!(err, "error: --peer is missing: the listener office is no unix socket\n");
    let list = octroi.run("zone list").await.done();
    assert!(list.contains("unix:") && list.contains("local.sock"), "{list}");
}
