//! What stands before HTTP, in the connection's own task: the PROXY header, then TLS. Whoever fails here is closed
//! without a word and counted; the log has it at `debug`, since strangers can cause it at will.

use std::io;
use std::pin::Pin;
use std::sync::Arc;

use axum::Router;
use axum_server::accept::Accept;
use tokio_rustls::server::TlsStream;
use tokio_util::either::Either;

use super::connection::{Connection, Entered};
use super::proxy_v2::{self, HeaderError};
use super::socket::Peer;
use super::watched::Watched;
use super::{Entrance, Tls};
use crate::network::{Arrival, ListenerZone, Proxied, ZoneDecider};

/// The entrance of one listener.
#[derive(Clone)]
pub(super) struct Edge(Arc<Parts>);

struct Parts {
    listener: Arc<str>,
    entrance: Entrance,
}

/// What HTTP is spoken over: the connection as it is, or TLS on it.
type Wire = Either<Watched, Box<TlsStream<Watched>>>;

type Accepted = io::Result<(Wire, Entered)>;

impl Edge {
    pub fn new(listener: Arc<str>, entrance: Entrance) -> Self {
        Self(Arc::new(Parts { listener, entrance }))
    }
}

impl Accept<(Watched, Peer), Router> for Edge {
    type Stream = Wire;
    type Service = Entered;
    type Future = Pin<Box<dyn Future<Output = Accepted> + Send>>;

    fn accept(&self, (stream, peer): (Watched, Peer), router: Router) -> Self::Future {
        let edge = self.0.clone();
        Box::pin(async move { edge.enter(stream, peer, router).await })
    }
}

impl Parts {
    async fn enter(&self, mut stream: Watched, Peer(peer): Peer, router: Router) -> Accepted {
        let link = stream.slot().link.clone();
        let proxied = match &self.entrance.proxy_v2 {
            Some((zones, listener)) => Some(self.read_header(&mut stream, peer, zones, listener).await?),
            None => None,
        };
        let wire = match &self.entrance.tls {
            Some(tls) => Either::Right(Box::new(self.handshake(tls, stream, peer).await?)),
            None => Either::Left(stream),
        };
        let connection = Connection { arrival: Arrival { peer, proxied } };
        Ok((wire, Entered::new(router, connection, link)))
    }

    /// ZONE-05: a header is required, from a trusted proxy.
    async fn read_header(
        &self,
        stream: &mut Watched,
        peer: Option<std::net::IpAddr>,
        zones: &ZoneDecider,
        listener: &ListenerZone,
    ) -> io::Result<Proxied> {
        if !zones.trusts(listener, peer) {
            // Worth a warning: somebody tries, or a proxy is not declared.
            tracing::warn!(listener = %self.listener, ?peer, "closed: not a trusted proxy, on a listener for PROXY v2");
            return Err(self.closed("proxy_untrusted"));
        }
        proxy_v2::read(stream).await.map_err(|error| {
            tracing::warn!(listener = %self.listener, ?peer, %error, "closed: no PROXY v2 header from a trusted proxy");
            match error {
                HeaderError::Parse(error) => self.closed(error.code()),
                HeaderError::Io(error) => error,
            }
        })
    }

    async fn handshake(
        &self,
        tls: &Tls,
        stream: Watched,
        peer: Option<std::net::IpAddr>,
    ) -> io::Result<TlsStream<Watched>> {
        tls.handshake(stream).await.inspect_err(|error| {
            // Time limits and room for others are counted where they are kept.
            if !matches!(error.kind(), io::ErrorKind::TimedOut | io::ErrorKind::ConnectionAborted) {
                self.closed("handshake");
            }
            tracing::debug!(listener = %self.listener, ?peer, %error, "no TLS handshake");
        })
    }

    fn closed(&self, why: &'static str) -> io::Error {
        metrics::counter!("octroi_connection_closed_total", "listener" => self.listener.to_string(), "why" => why)
            .increment(1);
        io::Error::new(io::ErrorKind::InvalidData, why)
    }
}
