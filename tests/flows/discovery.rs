//! What every application reads before anything else: two documents with one content, and public keys without secrets.

use harness::browser::{Browser, Page};
use harness::engine::Database;
use harness::for_each_engine;
use harness::idp::TestIdp;
use serde_json::{Value, json};

for_each_engine!(
    both_documents_are_the_ones_that_are_pinned,
    the_keys_are_public_and_of_both_kinds,
    keys_survive_a_restart,
    metadata_is_for_scripts_of_any_origin_and_nothing_else_is,
);

const DOCUMENTS: [&str; 2] = ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"];

async fn get(idp: &TestIdp, path: &str) -> Page {
    Browser::new().with_header("origin", "https://app.ville.example").get(format!("{}{path}", idp.issuer)).await
}

async fn both_documents_are_the_ones_that_are_pinned(database: Database) {
    let idp = TestIdp::start(&database).await;
    for path in DOCUMENTS {
        let page = get(&idp, path).await;
        assert_eq!((page.status, page.header("content-type")), (200, Some("application/json")));
        assert_eq!(page.json()["issuer"], json!(idp.issuer), "character for character");
        let redacted: Value = serde_json::from_str(&page.body.replace(&idp.issuer, "https://ISSUER")).unwrap();
        insta::assert_json_snapshot!("metadata", redacted);
    }
    let from_home = Browser::new().get(format!("{}{}", idp.gateway, DOCUMENTS[0])).await;
    assert_eq!(from_home.json()["issuer"], json!(idp.issuer), "one issuer, whatever the entrance");
}

async fn the_keys_are_public_and_of_both_kinds(database: Database) {
    let idp = TestIdp::start(&database).await;
    let keys = get(&idp, "/oauth2/jwks").await.json();
    let mut kinds = Vec::new();
    for key in keys["keys"].as_array().expect("keys") {
        let members: Vec<&str> = key.as_object().unwrap().keys().map(String::as_str).collect();
        for private in ["d", "p", "q", "dp", "dq", "qi", "k", "oth"] {
            assert!(!members.contains(&private), "{private}");
        }
        assert!(key["kid"].as_str().is_some_and(|kid| kid.len() >= 8) && key["use"] == "sig");
        kinds.push((key["kty"].as_str().unwrap().to_owned(), key["alg"].as_str().unwrap().to_owned()));
        if key["kty"] == "RSA" {
            let modulus = key["n"].as_str().unwrap();
            assert_eq!(modulus.len(), 512, "RSA-3072 in base64url");
        }
    }
    kinds.sort();
    assert_eq!(kinds, [("EC".to_owned(), "ES256".to_owned()), ("RSA".to_owned(), "RS256".to_owned())], "D9");
    let stored = database.number("SELECT count(*) FROM signing_key").await;
    assert_eq!(stored, 2);
}

async fn keys_survive_a_restart(database: Database) {
    let idp = TestIdp::start(&database).await;
    let before = get(&idp, "/oauth2/jwks").await.body;
    let again = idp.restart(&database).await;
    assert_eq!(get(&again, "/oauth2/jwks").await.body, before, "sealed at rest, not generated again");
}

async fn metadata_is_for_scripts_of_any_origin_and_nothing_else_is(database: Database) {
    let idp = TestIdp::start(&database).await;
    for path in DOCUMENTS.iter().chain(&["/oauth2/jwks"]) {
        let page = get(&idp, path).await;
        assert_eq!(page.header("access-control-allow-origin"), Some("*"), "HTTP-09: {path}");
        let cache = page.header("cache-control").unwrap();
        let age: u32 = cache.strip_prefix("public, max-age=").expect(cache).parse().unwrap();
        assert!(age <= 3600, "{cache}");
        assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(page.header("set-cookie"), None);
    }
    for path in
        ["/oauth2/authorize", "/oauth2/userinfo", "/oauth2/token", "/oauth2/logout", "/login", "/", "/diagnostic"]
    {
        let page = get(&idp, path).await;
        assert_eq!(page.header("access-control-allow-origin"), None, "OA-12: {path}");
        assert_eq!(page.header("cache-control"), Some("no-store"), "{path}");
    }
}
