//! The edge of a real server on real sockets: TLS, PROXY v2, unix sockets, limits, and real proxies in front (nginx with
//! the sample configuration, HAProxy), and a foreign mail server. SQLite is enough here: what counts is on the wire.

mod limits;
mod mail;
mod proxies;
mod proxy_v2;
mod tls;
mod unix;

use std::path::PathBuf;
use std::time::Duration;

use harness::engine::{Database, Engine, Remains, fresh_store};
use harness::idp::{TestIdp, free_port};
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Longer than any limit that a test sets: whoever has to wait so long waits for ever.
const PATIENCE: Duration = Duration::from_secs(20);

/// Trusted: this machine and 10.0.0.1; municipal: 10.20.0.0/16 and an IPv6 range, without a VPN pool.
const NETWORK: &str = "[network]\ninternal = [\"10.20.0.0/16\", \"2001:db8:20::/48\"]\n\
    never_internal = [\"10.20.99.0/24\"]\ntrusted_proxies = [\"127.0.0.1\", \"10.0.0.1\"]\n";

/// Where this machine is municipal and nobody is trusted.
const NOBODY_TRUSTED: &str =
    "[network]\ninternal = [\"127.0.0.0/8\", \"10.20.0.0/16\"]\ntrusted_proxies = [\"10.0.0.1\"]\n";

/// A provider with one more listener, called `door`.
struct Door {
    idp: TestIdp,
    port: u16,
    folder: TempDir,
    database: Database,
    _remains: Remains,
}

impl Door {
    /// Opens a listener on a free port with these keys; `network` are further sections. A certificate for `localhost` lies
    /// in the folder, which a key names as `FOLDER`.
    async fn open(keys: &str, network: &str) -> Self {
        let port = free_port();
        Self::open_at(&format!("127.0.0.1:{port}"), port, keys, network).await
    }

    async fn open_unix(keys: &str, network: &str) -> Self {
        Self::open_at("unix:FOLDER/door.sock", 0, keys, network).await
    }

    async fn open_at(bind: &str, port: u16, keys: &str, network: &str) -> Self {
        let (database, remains) = fresh_store(Engine::Sqlite).await.expect("SQLite is always there");
        let folder = tempfile::tempdir().expect("a temporary directory");
        tls::write_certificate(&folder, "localhost");
        let listener = format!("[[listener]]\nname = \"door\"\nbind = \"{bind}\"\nzone_ceiling = \"internal\"\n{keys}");
        let extra = format!("{listener}{network}").replace("FOLDER", folder.path().to_str().expect("a readable path"));
        let idp = TestIdp::start_with(&database, &extra).await;
        Self { idp, port, folder, database, _remains: remains }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(("127.0.0.1", self.port)).await.expect("a connection")
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Whether an agent is served at this door right now.
    async fn is_open(&self) -> bool {
        ask(self.connect().await, &get("/health/live")).await.starts_with("HTTP/1.1 200")
    }

    async fn stop(self) {
        self.idp.stop().await;
        self.database.store.close().await;
    }
}

/// A request that ends its connection.
fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
}

/// The same with a header.
fn get_with(path: &str, header: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{header}\r\nConnection: close\r\n\r\n")
}

/// Sends all of it, then reads to the end of the connection.
async fn ask(mut stream: impl AsyncRead + AsyncWrite + Unpin, bytes: impl AsRef<[u8]>) -> String {
    // Whoever is refused at once may find the connection closed before all is sent.
    let _ = stream.write_all(bytes.as_ref()).await;
    let _ = stream.flush().await;
    until_closed(stream).await
}

/// What comes until the other end closes, or fails; panics when it does neither.
async fn until_closed(mut stream: impl AsyncRead + Unpin) -> String {
    let mut answer = Vec::new();
    let _ = timeout(PATIENCE, stream.read_to_end(&mut answer)).await.expect("the connection is closed in time");
    String::from_utf8_lossy(&answer).into_owned()
}

/// Zone and client address, as `/diagnostic` says.
fn seen(answer: &str) -> (&str, Option<&str>) {
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer:?}");
    let text = |id: &str| {
        let (_, after) = answer.split_once(&format!("id=\"{id}\""))?;
        after.split_once('>')?.1.split('<').next()
    };
    (text("zone").expect("a zone"), text("client-address"))
}
