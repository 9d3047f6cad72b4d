//! A listening socket as axum-server takes it: accepts, sets what a connection needs, and gives it a slot.
//!
//! The accept loop does nothing else. When the process has no file descriptor left, a connection at rest makes room,
//! and the loop goes on.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum_server::{AddrListener, Address};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio_util::either::Either;

use super::slots::Slots;
use super::unix::Guard;
use super::watched::Watched;
use super::{BoundSocket, Limits};

/// The other end of a connection: its address, where it has one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Peer(pub Option<IpAddr>);

impl Address for Peer {
    type Stream = (Watched, Self);
    type Listener = Socket;
}

/// A raw connection.
pub(super) type Raw = Either<TcpStream, UnixStream>;

enum Listening {
    Tcp(TcpListener),
    Unix(UnixListener, #[expect(dead_code, reason = "removes the socket's file at the end")] Guard),
}

/// A listening socket with its limits.
pub(super) struct Socket {
    listening: Listening,
    slots: Arc<Slots>,
    limits: Limits,
    /// The last accept failed: said once, until one succeeds.
    failing: AtomicBool,
}

impl Socket {
    pub fn new(bound: BoundSocket, slots: Arc<Slots>, limits: Limits) -> io::Result<Self> {
        let listening = match bound {
            BoundSocket::Tcp(socket) => Listening::Tcp(TcpListener::from_std(socket)?),
            BoundSocket::Unix(socket) => {
                let (socket, guard) = socket.into_parts();
                Listening::Unix(UnixListener::from_std(socket)?, guard)
            }
        };
        Ok(Self { listening, slots, limits, failing: AtomicBool::new(false) })
    }

    async fn accept(&self) -> io::Result<(Raw, Peer)> {
        match &self.listening {
            Listening::Tcp(listener) => {
                let (stream, address) = listener.accept().await?;
                // Answers leave at once. An error means that the other end is gone already.
                let _ = stream.set_nodelay(true);
                Ok((Either::Left(stream), Peer(Some(address.ip()))))
            }
            Listening::Unix(listener, _) => Ok((Either::Right(listener.accept().await?.0), Peer(None))),
        }
    }
}

impl AddrListener<(Watched, Peer), Peer> for Socket {
    async fn bind_to(_: Peer) -> io::Result<Self> {
        Err(io::Error::new(io::ErrorKind::Unsupported, "listeners are bound before they are served"))
    }

    /// An error makes axum-server wait a moment and try again; it never ends the loop.
    async fn accept_stream(&self) -> io::Result<((Watched, Peer), Peer)> {
        match self.accept().await {
            Ok((raw, peer)) => {
                self.failing.store(false, Ordering::Relaxed);
                let slot = self.slots.take().await;
                Ok(((Watched::new(raw, slot, self.limits), peer), peer))
            }
            Err(error) => {
                // EMFILE and ENFILE: file descriptors have run out before slots have.
                let made_room = matches!(error.raw_os_error(), Some(23 | 24)) && self.slots.close_one_at_rest();
                if !self.failing.swap(true, Ordering::Relaxed) {
                    tracing::error!(%error, made_room, "cannot accept connections; trying on (LimitNOFILE too low?)");
                }
                Err(error)
            }
        }
    }

    fn get_local_addr(&self) -> io::Result<Peer> {
        Ok(Peer(None))
    }
}
