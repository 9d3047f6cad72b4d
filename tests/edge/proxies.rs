//! Real proxies with the sample files of `config/`: nginx over a unix socket and over loopback, HAProxy with PROXY v2.
//!
//! The samples are taken as they are; only addresses, names of files and upstreams are put in their place. Without the
//! proxies these tests fail, and say what to install; only `OCTROI_TEST_QUICK=1` lets them pass with a notice.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tokio::net::TcpSocket;
use tokio::time::interval;
use tokio_rustls::rustls;

use super::tls::{TLS, handshake};
use super::*;

const NGINX: &str = include_str!("../../config/nginx.conf");
const HAPROXY: &str = include_str!("../../config/haproxy.cfg");

/// The client in front of the proxy; the proxy itself is 127.0.0.1.
const CLIENT: &str = "127.0.0.7";

/// Only [`CLIENT`] is municipal.
const NETWORK: &str = "[network]\ninternal = [\"127.0.0.7/32\"]\ntrusted_proxies = [\"127.0.0.1\"]\n";

/// A program that is stopped at the end of the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        if matches!(self.0.try_wait(), Ok(Some(_))) {
            return;
        }
        // The master takes its workers with it at SIGTERM; SIGKILL would leave them behind.
        let pid = self.0.id().to_string();
        let _ = Command::new("kill").args(["-TERM", &pid]).status();
        let _ = self.0.wait();
    }
}

/// Whether this program is here; without it the test fails, or is left out with a notice.
fn has(program: &str) -> bool {
    if Command::new(program).arg("-v").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok() {
        return true;
    }
    #[allow(clippy::disallowed_methods, reason = "tests/run tells the tests by a variable what is left out")]
    let quick = std::env::var(harness::engine::QUICK).is_ok_and(|value| value == "1");
    let name = program.rsplit('/').next().unwrap_or(program);
    assert!(
        quick,
        "{name} is not installed, so there is no real proxy to test with. Run `tests/run`, which installs it; or set \
         {}=1 to leave it out.",
        harness::engine::QUICK
    );
    println!("NOT TESTED behind {name}: it is not installed");
    false
}

/// The program, also where administrators' programs are not on the path.
fn program(name: &str) -> String {
    let sbin = format!("/usr/sbin/{name}");
    if Path::new(&sbin).exists() { sbin } else { name.to_owned() }
}

/// Every text of the sample, once found, in its new place.
fn put(sample: &str, changes: &[(&str, &str)]) -> String {
    changes.iter().fold(sample.to_owned(), |text, (old, new)| {
        assert!(text.contains(old), "the sample has no {old:?}");
        text.replace(old, new)
    })
}

/// Starts a proxy and waits until it accepts on this port.
async fn start(command: &mut Command, folder: &Path, port: u16) -> Running {
    let log = std::fs::File::create(folder.join("proxy.log")).expect("a log");
    command.stdin(Stdio::null()).stdout(log.try_clone().expect("the log")).stderr(log);
    let mut running = Running(command.spawn().expect("the proxy starts"));
    let accepts = async {
        let mut ticks = interval(Duration::from_millis(20));
        while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            let ended = running.0.try_wait().expect("its state");
            assert!(ended.is_none(), "{}", std::fs::read_to_string(folder.join("proxy.log")).unwrap_or_default());
            ticks.tick().await;
        }
    };
    timeout(PATIENCE, accepts).await.expect("the proxy accepts in time");
    running
}

/// One request from [`CLIENT`] over TLS.
async fn ask_as_client(port: u16, request: impl AsRef<[u8]>) -> String {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind(format!("{CLIENT}:0").parse().expect("an address")).expect("loopback is 127.0.0.0/8");
    let stream = socket.connect(SocketAddr::from(([127, 0, 0, 1], port))).await.expect("a connection");
    let (stream, _) = handshake(stream, rustls::ALL_VERSIONS, &[b"http/1.1"]).await.expect("a handshake");
    ask(stream, request).await
}

#[tokio::test]
async fn behind_the_sample_nginx_the_zone_is_that_of_the_client_and_no_header_of_his_counts() {
    let nginx = program("nginx");
    if !has(&nginx) {
        return;
    }
    let door = Door::open_unix("client_address = \"x-forwarded-for\"\ntrusted_socket = true\n", NETWORK).await;
    let (office, gateway) = (free_port(), free_port());
    let at = |name: &str| door.path(name).display().to_string();
    let gateway_of_octroi = door.idp.gateway.replace("http://localhost", "127.0.0.1");
    let sample = put(
        NGINX,
        &[
            ("unix:/run/octroi/office.sock", &format!("unix:{}", at("door.sock"))),
            ("server 127.0.0.1:8079", &format!("server {gateway_of_octroi}")),
            ("listen 443 ssl", &format!("listen 127.0.0.1:{office} ssl")),
            ("listen 8443 ssl", &format!("listen 127.0.0.1:{gateway} ssl")),
            ("/etc/nginx/tls/login.ville.example", &at("tls")),
            ("/etc/nginx/tls/login-nomades.ville.example", &at("tls")),
        ],
    );
    std::fs::write(door.path("octroi.conf"), sample).unwrap();
    // As the account that runs the test, whose socket it is.
    let folder = door.folder.path().display();
    let user = if at_root() { "user root;\n" } else { "" };
    let main = format!(
        "{user}pid {folder}/nginx.pid;\nworker_processes 1;\nevents {{ }}\nhttp {{\naccess_log off;\n\
         client_body_temp_path {folder}/body;\nproxy_temp_path {folder}/proxy;\nfastcgi_temp_path {folder}/f;\n\
         uwsgi_temp_path {folder}/u;\nscgi_temp_path {folder}/s;\ninclude {folder}/octroi.conf;\n}}\n"
    );
    std::fs::write(door.path("main.conf"), main).unwrap();
    let mut command = Command::new(nginx);
    command.args(["-p", &at(""), "-e", "stderr", "-c", &at("main.conf"), "-g", "daemon off; error_log stderr;"]);
    let _nginx = start(&mut command, door.folder.path(), office).await;

    assert_eq!(seen(&ask_as_client(office, get("/diagnostic")).await), ("internal", Some(CLIENT)));
    assert_eq!(seen(&ask_as_client(gateway, get("/diagnostic")).await), ("nomades", Some(CLIENT)));
    for forged in [
        "X-Forwarded-For: 127.0.0.7, 203.0.113.9",
        "Forwarded: for=203.0.113.9",
        "X-Real-IP: 203.0.113.9\r\nX-Octroi-Zone: nomades\r\nX-Forwarded-Host: evil.example",
    ] {
        let answer = ask_as_client(office, get_with("/diagnostic", forged)).await;
        assert_eq!(seen(&answer), ("internal", Some(CLIENT)), "{forged}");
    }
    // Not one of them came through: nothing had to be ignored.
    let metrics = door.idp.metrics.replace("http://localhost", "127.0.0.1");
    let figures = ask(TcpStream::connect(metrics).await.unwrap(), get("/metrics")).await;
    assert!(!figures.contains("octroi_ignored_forwarding_header_total{header=\"x-octroi-zone\""), "{figures}");
    // From another machine of this loopback, which is not municipal.
    let stream = TcpStream::connect(("127.0.0.1", office)).await.unwrap();
    let (stream, _) = handshake(stream, rustls::ALL_VERSIONS, &[b"http/1.1"]).await.unwrap();
    let answer = ask(stream, get_with("/diagnostic", "X-Forwarded-For: 127.0.0.7")).await;
    assert_eq!(seen(&answer).0, "nomades");
    // Bodies beyond the limit end at nginx.
    let body = format!("Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}", 1 << 20);
    let post = get_with("/login", &body).replacen("GET", "POST", 1);
    assert!(ask_as_client(office, post).await.starts_with("HTTP/1.1 413"));
    door.stop().await;
}

#[tokio::test]
async fn behind_the_sample_haproxy_tls_is_ours_and_the_zone_that_of_the_client() {
    let haproxy = program("haproxy");
    if !has(&haproxy) {
        return;
    }
    let door = Door::open(&format!("client_address = \"proxy-v2\"\n{TLS}"), NETWORK).await;
    let port = free_port();
    let sample = put(
        HAPROXY,
        &[
            ("bind :443", &format!("bind 127.0.0.1:{port}")),
            ("127.0.0.1:8443 send", &format!("127.0.0.1:{} send", door.port)),
            ("inter 5s", "inter 100ms"),
        ],
    );
    std::fs::write(door.path("haproxy.cfg"), sample).unwrap();
    let mut command = Command::new(haproxy);
    command.args(["-db", "-f"]).arg(door.path("haproxy.cfg"));
    let _haproxy = start(&mut command, door.folder.path(), port).await;
    for _ in 0..3 {
        assert_eq!(seen(&ask_as_client(port, get("/diagnostic")).await), ("internal", Some(CLIENT)));
    }
    let forged = get_with("/diagnostic", "X-Forwarded-For: 203.0.113.9");
    assert_eq!(seen(&ask_as_client(port, forged).await), ("internal", Some(CLIENT)));
    door.stop().await;
}

fn at_root() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}
