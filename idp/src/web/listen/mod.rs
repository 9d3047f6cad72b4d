//! Listeners: bound before anything is announced, drained at the end, and each with limits of its own, so that what
//! happens at one door starves no other.
//!
//! A connection goes through these files: `socket.rs` takes it (a slot of `slots.rs`, or it waits in the kernel),
//! `watched.rs` keeps its time limits from the first byte to the last, `accept.rs` reads what stands before HTTP, in the
//! connection's own task (`proxy_v2.rs`, then `tls.rs`), and `connection.rs` tells the requests whence they come. It
//! decides no zone: that is `network/`.

mod accept;
mod connection;
mod proxy_v2;
mod slots;
mod socket;
mod tls;
mod unix;
mod watched;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum_server::{Handle, Server};

use crate::domain::time::Stopwatch;
use crate::network::{ListenerZone, ZoneDecider};

use accept::Edge;
use slots::Slots;
use socket::{Peer, Socket};

pub use connection::Connection;
pub use tls::Tls;
pub use unix::UnixSocket;

/// The largest request header, all lines together; hyper answers 431 beyond it, and beyond 100 lines.
const MAX_HEADER_BYTES: usize = 64 * 1024;

/// What one listener allows.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// At a time. Beyond it the connection that has rested longest is closed for the new one; if none rests, new ones wait.
    pub max_connections: usize,
    /// From the first byte, or from the beginning, to a whole request header; TLS and PROXY included.
    pub header_timeout: Duration,
    /// Between two requests.
    pub idle_timeout: Duration,
    /// From a full socket to the moment when the client has taken all of the answer.
    pub write_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_connections: 4096,
            header_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(75),
            write_timeout: Duration::from_secs(30),
        }
    }
}

/// What stands before HTTP on a listener. The default is nothing.
#[derive(Default)]
pub struct Entrance {
    /// Each connection begins with a PROXY v2 header, from a peer whom these rules trust.
    pub proxy_v2: Option<(ZoneDecider, ListenerZone)>,
    pub tls: Option<Tls>,
}

/// A socket that is bound.
pub enum BoundSocket {
    Tcp(TcpListener),
    Unix(UnixSocket),
}

/// A bound listener and what it serves.
pub struct Listener {
    pub name: String,
    socket: BoundSocket,
    router: Router,
    limits: Limits,
    entrance: Entrance,
}

/// Binds an address; an error says which one.
pub fn bind(name: &str, address: SocketAddr) -> io::Result<TcpListener> {
    let socket = TcpListener::bind(address)
        .map_err(|error| io::Error::new(error.kind(), format!("listener {name:?} cannot use {address}: {error}")))?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}

impl Listener {
    /// A listener that will serve `router` on an address bound before.
    pub fn new(name: impl Into<String>, socket: BoundSocket, router: Router) -> Self {
        let (limits, entrance) = (Limits::default(), Entrance::default());
        Self { name: name.into(), socket, router, limits, entrance }
    }

    /// The same with other limits, and with something before HTTP.
    #[must_use]
    pub fn with(self, limits: Limits, entrance: Entrance) -> Self {
        Self { limits, entrance, ..self }
    }

    /// Where it is bound, as the configuration writes it.
    pub fn address(&self) -> io::Result<String> {
        match &self.socket {
            BoundSocket::Tcp(socket) => Ok(socket.local_addr()?.to_string()),
            BoundSocket::Unix(socket) => Ok(format!("unix:{}", socket.path().display())),
        }
    }

    /// What reads its certificate again, where it has one.
    pub fn tls(&self) -> Option<Tls> {
        self.entrance.tls.clone()
    }
}

/// Serves all listeners until `stop` resolves, then lets running requests end within `drain`.
pub async fn serve(listeners: Vec<Listener>, stop: impl Future<Output = ()>, drain: Duration) -> io::Result<()> {
    let handle: Handle<Peer> = Handle::new();
    let mut tasks = tokio::task::JoinSet::new();
    let mut edges = Vec::new();
    for listener in listeners {
        let name: Arc<str> = listener.name.into();
        let slots = Arc::new(Slots::new(name.clone(), listener.limits.max_connections));
        let socket = Socket::new(listener.socket, slots.clone(), listener.limits)?;
        let edge = Edge::new(name, listener.entrance);
        let mut server = Server::from_listener(socket).acceptor(edge).handle(handle.clone()).http1_only();
        // Time limits are ours (`watched.rs`): hyper's would count the header only, with a timer for each request.
        server.http_builder().http1().max_buf_size(MAX_HEADER_BYTES).header_read_timeout(None);
        tasks.spawn(server.serve(listener.router.into_make_service()));
        edges.push(slots);
    }
    stop.await;
    let watch = Stopwatch::start();
    tracing::info!(connections = handle.connection_count(), "draining");
    handle.graceful_shutdown(Some(drain));
    // What has not sent a request has none to finish, also in the middle of a handshake.
    for slots in &edges {
        slots.close_all_at_rest();
    }
    while let Some(ended) = tasks.join_next().await {
        ended.map_err(io::Error::other)??;
    }
    tracing::info!(seconds = watch.seconds(), "stopped");
    Ok(())
}
