//! Sockets of the demo: everything is bound before anything is announced, on both families of `localhost`.
//!
//! Browsers try `::1` first for `localhost`; other clients only know 127.0.0.1. A machine without IPv6 gets the one.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};

use axum::Router;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// A port that is ours on every loopback address of this machine, not yet served.
#[derive(Debug)]
pub struct Bound {
    listeners: Vec<TcpListener>,
}

/// Why a port could not be taken.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// Somebody else listens there.
    #[error("port {port} ({what}) is already in use: stop what uses it, or move the demo with --port N")]
    Taken { what: &'static str, port: u16 },
    /// Anything else the system says.
    #[error("port {port} ({what}) cannot be opened: {source}")]
    Io { what: &'static str, port: u16, source: io::Error },
}

/// Takes `port` on 127.0.0.1 and, where the machine has it, on `::1`.
pub fn bind(what: &'static str, port: u16) -> Result<Bound, BindError> {
    let wrap = |source: io::Error| match source.kind() {
        io::ErrorKind::AddrInUse => BindError::Taken { what, port },
        _ => BindError::Io { what, port, source },
    };
    let v4 = open(IpAddr::V4(Ipv4Addr::LOCALHOST), port).map_err(wrap)?;
    let port_taken = v4.local_addr().map_err(wrap)?.port();
    let mut listeners = vec![v4];
    match open(IpAddr::V6(Ipv6Addr::LOCALHOST), port_taken) {
        Ok(v6) => listeners.push(v6),
        Err(e) if e.kind() == io::ErrorKind::AddrInUse => return Err(wrap(e)),
        Err(e) => tracing::debug!(error = %e, "no IPv6 loopback on this machine"),
    }
    Ok(Bound { listeners })
}

fn open(ip: IpAddr, port: u16) -> io::Result<TcpListener> {
    let listener = TcpListener::bind(SocketAddr::new(ip, port))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

impl Bound {
    /// The addresses taken, 127.0.0.1 first.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.listeners.iter().filter_map(|l| l.local_addr().ok()).collect()
    }

    /// The sockets themselves (non-blocking), for a server that takes them over.
    pub fn into_listeners(self) -> Vec<TcpListener> {
        self.listeners
    }
}

/// Serves `app` on every address of `bound` until `stop` turns true and the requests under way are answered.
pub async fn serve(bound: Bound, app: Router, stop: watch::Receiver<bool>) -> io::Result<()> {
    let mut servers = JoinSet::new();
    for listener in bound.listeners {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let (app, mut stop) = (app.clone(), stop.clone());
        servers.spawn(async move {
            axum::serve(listener, app)
                .with_graceful_shutdown(async move {
                    // A closed channel means that the owner is gone: stop as well.
                    let _ = stop.wait_for(|stopping| *stopping).await;
                })
                .await
        });
    }
    while let Some(ended) = servers.join_next().await {
        ended.map_err(io::Error::other)??;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_in_use_is_named_with_the_way_out() {
        let first = bind("portal", 0).unwrap();
        let port = first.addresses()[0].port();
        let refused = bind("portal", port).unwrap_err().to_string();
        assert!(refused.contains(&format!("port {port} (portal)")) && refused.contains("--port"), "{refused}");
    }
}
