//! Listeners: bound before anything is announced, drained at the end.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use axum::Router;
use axum_server::Handle;

use crate::domain::time::Stopwatch;

/// A bound listener and what it serves.
pub struct Listener {
    pub name: String,
    socket: TcpListener,
    router: Router,
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
    pub fn new(name: impl Into<String>, socket: TcpListener, router: Router) -> Self {
        Self { name: name.into(), socket, router }
    }

    /// The address it is bound to.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }
}

/// Serves all listeners until `stop` resolves, then lets running requests end within `drain`.
pub async fn serve(listeners: Vec<Listener>, stop: impl Future<Output = ()>, drain: Duration) -> io::Result<()> {
    let handle: Handle<SocketAddr> = Handle::new();
    let mut tasks = tokio::task::JoinSet::new();
    for listener in listeners {
        let mut server = axum_server::from_tcp(listener.socket)?.handle(handle.clone()).http1_only();
        server.http_builder().http1().timer(hyper_timer()).header_read_timeout(Duration::from_secs(10));
        let service = listener.router.into_make_service_with_connect_info::<SocketAddr>();
        tasks.spawn(server.serve(service));
    }
    stop.await;
    let watch = Stopwatch::start();
    tracing::info!(connections = handle.connection_count(), "draining");
    handle.graceful_shutdown(Some(drain));
    while let Some(ended) = tasks.join_next().await {
        ended.map_err(io::Error::other)??;
    }
    tracing::info!(seconds = watch.seconds(), "stopped");
    Ok(())
}

fn hyper_timer() -> hyper_util::rt::TokioTimer {
    hyper_util::rt::TokioTimer::new()
}
