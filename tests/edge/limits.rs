//! Overload at the edge: silent, slow and many connections cost their owners something, and nobody else.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpSocket;
use tokio::time::interval;

use super::*;

/// Sends the bytes one by one, as slowly as it takes, until the server has had enough; answers with what it says.
async fn trickle(mut stream: TcpStream, bytes: Vec<u8>) -> String {
    let (mut read, mut write) = stream.split();
    let sending = async {
        let mut ticks = interval(Duration::from_millis(100));
        for byte in bytes.iter().cycle() {
            ticks.tick().await;
            if write.write_all(&[*byte]).await.is_err() {
                break;
            }
        }
    };
    tokio::select! {
        answer = until_closed(&mut read) => answer,
        () = sending => until_closed(&mut read).await,
    }
}

#[tokio::test]
async fn a_header_that_trickles_is_closed_although_it_goes_on() {
    let door = Door::open("header_timeout = \"1s\"\n", "").await;
    let answer = trickle(door.connect().await, b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nX-Y: zzzzzz".to_vec());
    assert_eq!(answer.await, "");
    // The same after a request that was served.
    let mut stream = door.connect().await;
    stream.write_all(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    let mut first = [0; 12];
    stream.read_exact(&mut first).await.unwrap();
    assert_eq!(&first, b"HTTP/1.1 200");
    assert!(!trickle(stream, b"GET /health/live HTTP/1.1\r\nX-Y: zzzz".to_vec()).await.contains("HTTP/1.1"));
    door.stop().await;
}

#[tokio::test]
async fn a_connection_that_never_speaks_and_one_that_rests_are_closed() {
    let door = Door::open("header_timeout = \"1s\"\nidle_timeout = \"2s\"\n", "").await;
    let silent = door.connect().await;
    let mut resting = door.connect().await;
    for _ in 0..2 {
        resting.write_all(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
        let mut some = [0; 12];
        resting.read_exact(&mut some).await.unwrap();
    }
    assert_eq!(until_closed(silent).await, "");
    assert!(until_closed(resting).await.contains("{\"status\":\"live\"}"));
    door.stop().await;
}

#[tokio::test]
async fn a_body_that_trickles_is_answered_with_408_and_closed() {
    let door = Door::open("", "").await;
    let mut stream = door.connect().await;
    let head = "POST /oauth2/token HTTP/1.1\r\nHost: localhost\r\n\
                Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 60000\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let answer = trickle(stream, b"a".to_vec()).await;
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer:?}");
    door.stop().await;
}

#[tokio::test]
async fn a_client_that_takes_no_answers_is_not_served_without_end() {
    let door = Door::open("", "").await;
    let stream = door.connect().await;
    let request = "GET /login HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(64);
    // Pipelined requests, and nobody reads: the server stops taking them when the sockets are full.
    let mut sent = 0_usize;
    let flood = async {
        loop {
            stream.writable().await.expect("the connection stands");
            match stream.try_write(request.as_bytes()) {
                Ok(some) => sent += some,
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                Err(error) => panic!("{error}"),
            }
        }
    };
    assert!(timeout(Duration::from_secs(3), flood).await.is_err());
    assert!(sent < 32 << 20, "{sent} bytes were taken");
    assert!(door.is_open().await);
    drop(stream);
    door.stop().await;
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order_and_a_cancelled_one_harms_nobody() {
    let door = Door::open("", "").await;
    let one = "GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let answers =
        ask(door.connect().await, format!("{one}{one}GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n{}", get("/health/live")))
            .await;
    let statuses: Vec<&str> = answers.match_indices("HTTP/1.1 ").map(|(at, _)| &answers[at + 9..at + 12]).collect();
    assert_eq!(statuses, ["200", "200", "404", "200"]);
    for _ in 0..50 {
        let mut stream = door.connect().await;
        stream.write_all(format!("{one}{}", get("/login")).as_bytes()).await.unwrap();
        drop(stream);
    }
    assert!(door.is_open().await);
    door.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_silent_connections_keep_nobody_out() {
    let door = Door::open("header_timeout = \"60s\"\nmax_connections = 1000\n", "").await;
    let mut silent = Vec::new();
    for _ in 0..10_000 {
        // From an address of its own, so that it takes no port that another test wants.
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.9:0".parse().unwrap()).unwrap();
        silent.push(socket.connect(SocketAddr::from(([127, 0, 0, 1], door.port))).await.expect("a connection"));
    }
    for _ in 0..20 {
        assert!(timeout(PATIENCE, door.is_open()).await.expect("served at once"));
    }
    // The other listeners have not noticed.
    let office = door.idp.issuer.replace("http://localhost", "127.0.0.1");
    let answer = ask(TcpStream::connect(office).await.unwrap(), get("/health/live")).await;
    assert!(answer.starts_with("HTTP/1.1 200"));
    drop(silent);
    door.stop().await;
}

#[tokio::test]
async fn who_has_a_request_under_way_is_never_closed_for_others() {
    let door = Door::open("max_connections = 16\n", "").await;
    let body = "grant_type=authorization_code";
    let head = format!(
        "POST /oauth2/token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n",
        body.len()
    );
    let mut working = Vec::new();
    for _ in 0..16 {
        let mut stream = door.connect().await;
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut interim = [0; 25];
        stream.read_exact(&mut interim).await.expect("the handler reads the body");
        working.push(stream);
    }
    // All are busy: the next one waits, and is served as soon as one of them is done.
    let waiting = ask(door.connect().await, get("/health/live"));
    tokio::pin!(waiting);
    assert!(timeout(Duration::from_millis(300), &mut waiting).await.is_err());
    for stream in working {
        let answer = ask(stream, body).await;
        assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
    }
    assert!(waiting.await.starts_with("HTTP/1.1 200"));
    door.stop().await;
}

#[tokio::test]
async fn stopping_does_not_wait_for_silent_connections_and_half_headers() {
    let door = Door::open("header_timeout = \"60s\"\n", "").await;
    let silent = door.connect().await;
    let mut half = door.connect().await;
    half.write_all(b"GET / HTTP/1.1\r\nHost:").await.unwrap();
    assert!(door.is_open().await, "both were taken before");
    timeout(Duration::from_secs(5), door.stop()).await.expect("long before the drain's end");
    until_closed(silent).await;
    until_closed(half).await;
}
