//! A unix socket for the proxy beside us: believed only where the configuration says that nobody else can open it.

use std::os::unix::fs::PermissionsExt as _;

use tokio::net::UnixStream;

use super::*;

async fn diagnostic(door: &Door, request: impl AsRef<[u8]>) -> String {
    ask(UnixStream::connect(door.path("door.sock")).await.expect("the socket"), request).await
}

#[tokio::test]
async fn a_trusted_socket_believes_the_header_and_has_the_mode_that_guards_it() {
    let keys = "client_address = \"x-forwarded-for\"\ntrusted_socket = true\nsocket_mode = \"0600\"\n";
    let door = Door::open_unix(keys, NETWORK).await;
    let mode = std::fs::metadata(door.path("door.sock")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    for (header, zone, address) in [
        ("X-Forwarded-For: 10.20.3.4", "internal", Some("10.20.3.4")),
        ("X-Forwarded-For: 10.20.3.4, 203.0.113.9", "nomades", Some("203.0.113.9")),
        ("Forwarded: for=10.20.3.4", "nomades", None),
        ("Accept: */*", "nomades", None),
    ] {
        let answer = diagnostic(&door, get_with("/diagnostic", header)).await;
        assert_eq!(seen(&answer), (zone, address), "{header}");
    }
    let path = door.path("door.sock");
    door.idp.stop().await;
    assert!(!path.exists(), "it is gone with the server");
}

#[tokio::test]
async fn a_socket_of_which_nothing_is_said_believes_nobody() {
    let door = Door::open_unix("client_address = \"x-forwarded-for\"\n", NETWORK).await;
    let answer = diagnostic(&door, get_with("/diagnostic", "X-Forwarded-For: 10.20.3.4")).await;
    assert_eq!(seen(&answer), ("nomades", None));
    door.stop().await;
}

#[tokio::test]
async fn proxy_v2_is_read_from_a_trusted_socket_too() {
    let door = Door::open_unix("client_address = \"proxy-v2\"\ntrusted_socket = true\n", NETWORK).await;
    let header = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\x0a\x14\x03\x04\x7f\0\0\x01\xc0\0\x01\xbb";
    let answer = diagnostic(&door, [header.as_slice(), get("/diagnostic").as_bytes()].concat()).await;
    assert_eq!(seen(&answer), ("internal", Some("10.20.3.4")));
    assert_eq!(diagnostic(&door, get("/diagnostic")).await, "");
    door.stop().await;
}
