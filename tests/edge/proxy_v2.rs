//! PROXY v2: a header is required, only a trusted proxy's counts, and whatever is no header ends the connection.

use super::tls::{TLS, handshake};
use super::*;

const PROXY: &str = "client_address = \"proxy-v2\"\n";

/// A header as a proxy writes it.
fn header(command: u8, family: u8, block: &[u8]) -> Vec<u8> {
    let length = u16::try_from(block.len()).unwrap().to_be_bytes();
    [b"\r\n\r\n\0\r\nQUIT\n".as_slice(), &[0x20 | command, family], &length, block].concat()
}

/// For this client, with two TLVs.
fn for_client(address: [u8; 4]) -> Vec<u8> {
    let tail = [127, 0, 0, 1, 0xc0, 0, 1, 187, 0x02, 0, 2, b'h', b'2', 0x04, 0, 0];
    header(1, 0x11, &[address.as_slice(), &tail].concat())
}

fn followed_by(header: Vec<u8>, request: &str) -> Vec<u8> {
    [header, request.as_bytes().to_vec()].concat()
}

#[tokio::test]
async fn the_client_that_a_trusted_proxy_names_decides_the_zone() {
    let door = Door::open(PROXY, NETWORK).await;
    let v6 = |last: u8| {
        let mut source = [0x20, 0x01, 0x0d, 0xb8, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, last];
        source[15] = last;
        header(1, 0x21, &[source.as_slice(), &[0; 15], &[1, 0, 80, 1, 187]].concat())
    };
    for (header, zone, address) in [
        (for_client([10, 20, 3, 4]), "internal", Some("10.20.3.4")),
        (v6(7), "internal", Some("2001:db8:20::7")),
        (for_client([10, 20, 99, 4]), "nomades", Some("10.20.99.4")),
        (for_client([203, 0, 113, 9]), "nomades", Some("203.0.113.9")),
        (for_client([10, 0, 0, 1]), "nomades", None),
        // A health check, and a client that the proxy does not tell.
        (header(0, 0, &[]), "nomades", None),
        (header(1, 0, &[]), "nomades", None),
        (header(1, 0x31, &[0; 216]), "nomades", None),
    ] {
        let answer = ask(door.connect().await, followed_by(header.clone(), &get("/diagnostic"))).await;
        assert_eq!(seen(&answer), (zone, address), "{header:?}");
    }
    door.stop().await;
}

#[tokio::test]
async fn other_forwarding_headers_count_for_nothing_behind_it() {
    let door = Door::open(PROXY, NETWORK).await;
    for forged in ["X-Forwarded-For: 10.20.3.4", "Forwarded: for=10.20.3.4", "X-Real-IP: 10.20.3.4"] {
        let request = followed_by(for_client([203, 0, 113, 9]), &get_with("/diagnostic", forged));
        let answer = ask(door.connect().await, request).await;
        assert_eq!(seen(&answer), ("nomades", Some("203.0.113.9")), "{forged}");
    }
    door.stop().await;
}

#[tokio::test]
async fn a_header_that_arrives_byte_by_byte_is_read_and_every_request_of_its_connection_has_it() {
    let door = Door::open(PROXY, NETWORK).await;
    let mut stream = door.connect().await;
    stream.set_nodelay(true).unwrap();
    for byte in for_client([10, 20, 3, 4]) {
        stream.write_all(&[byte]).await.unwrap();
        tokio::task::yield_now().await;
    }
    let first = "GET /diagnostic HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let answers = ask(stream, format!("{first}{}", get("/diagnostic"))).await;
    assert_eq!(answers.matches(">10.20.3.4<").count(), 2, "{answers}");
    door.stop().await;
}

#[tokio::test]
async fn without_a_whole_and_honest_header_the_connection_is_closed_without_a_word() {
    let door = Door::open(&format!("{PROXY}header_timeout = \"1s\"\n"), NETWORK).await;
    let whole = for_client([10, 20, 3, 4]);
    let changed = |at: usize, byte: u8| {
        let mut bytes = whole.clone();
        bytes[at] = byte;
        bytes
    };
    for bad in [
        Vec::new(),
        b"PROXY TCP4 10.20.3.4 127.0.0.1 49152 443\r\n".to_vec(),
        changed(0, b'X'),
        changed(11, b'\r'),
        changed(12, 0x11),
        changed(12, 0x2f),
        changed(13, 0x12),
        // A length that cuts the TLVs, that leaves no room for the addresses, that promises more than any header has.
        changed(15, 27),
        changed(15, 11),
        changed(14, 0x7f),
    ] {
        let answer = ask(door.connect().await, followed_by(bad.clone(), &get("/diagnostic"))).await;
        assert_eq!(answer, "", "{bad:?}");
    }
    // Cut anywhere, and then silence: the time limit ends it.
    let mut cut = Vec::new();
    for at in [0, 1, 11, 12, 15, 16, 27, whole.len() - 1] {
        let mut stream = door.connect().await;
        stream.write_all(&whole[..at]).await.unwrap();
        cut.push(stream);
    }
    // Meanwhile others are served.
    let answer = ask(door.connect().await, followed_by(whole, &get("/health/live"))).await;
    assert!(answer.starts_with("HTTP/1.1 200"));
    for stream in cut {
        assert_eq!(until_closed(stream).await, "");
    }
    door.stop().await;
}

#[tokio::test]
async fn a_stranger_who_forges_a_header_is_closed() {
    let door = Door::open(PROXY, NOBODY_TRUSTED).await;
    for request in [followed_by(for_client([10, 20, 3, 4]), &get("/diagnostic")), get("/diagnostic").into_bytes()] {
        assert_eq!(ask(door.connect().await, request).await, "");
    }
    door.stop().await;
}

#[tokio::test]
async fn a_proxy_header_where_none_is_expected_is_no_request() {
    let door = Door::open("", NETWORK).await;
    let answer = ask(door.connect().await, followed_by(for_client([10, 20, 3, 4]), &get("/diagnostic"))).await;
    assert!(!answer.contains("10.20.3.4") && !answer.starts_with("HTTP/1.1 200"), "{answer}");
    door.stop().await;
}

#[tokio::test]
async fn the_proxy_header_stands_before_tls() {
    let door = Door::open(&format!("{PROXY}{TLS}header_timeout = \"1s\"\n"), NETWORK).await;
    let mut stream = door.connect().await;
    stream.write_all(&for_client([10, 20, 3, 4])).await.unwrap();
    let (stream, _) = handshake(stream, tokio_rustls::rustls::ALL_VERSIONS, &[]).await.expect("a handshake");
    assert_eq!(seen(&ask(stream, get("/diagnostic")).await), ("internal", Some("10.20.3.4")));
    assert!(handshake(door.connect().await, tokio_rustls::rustls::ALL_VERSIONS, &[]).await.is_err());
    door.stop().await;
}
