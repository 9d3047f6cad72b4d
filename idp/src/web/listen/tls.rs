//! TLS of a listener: handshakes with the certificate of the moment, which a reload replaces.
//!
//! What is shown and which files are refused stands in `crypto/tls`. A reload that fails changes nothing; connections
//! that are open keep what they began with.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use arc_swap::ArcSwap;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::server::TlsStream;

use super::watched::Watched;
use crate::crypto::tls::{IdentityError, ServerIdentity};

/// The certificate in force, and where to read the next one. Clones share it.
#[derive(Clone)]
pub struct Tls(Arc<Parts>);

struct Parts {
    listener: String,
    certificate: PathBuf,
    key: PathBuf,
    current: ArcSwap<ServerConfig>,
}

impl Tls {
    /// Begins with this identity, which came from these files.
    pub fn new(
        listener: impl Into<String>,
        identity: &ServerIdentity,
        certificate: PathBuf,
        key: PathBuf,
    ) -> Result<Self, IdentityError> {
        let current = ArcSwap::new(identity.server_config()?);
        Ok(Self(Arc::new(Parts { listener: listener.into(), certificate, key, current })))
    }

    /// The listener's name.
    pub fn listener(&self) -> &str {
        &self.0.listener
    }

    /// Reads the files again. On an error the certificate in force stays.
    pub fn reload(&self) -> Result<(), IdentityError> {
        let identity = ServerIdentity::load(&self.0.certificate, &self.0.key)?;
        self.0.current.store(identity.server_config()?);
        Ok(())
    }

    /// The handshake; `watched.rs` ends it when it takes too long.
    pub(super) async fn handshake(&self, stream: Watched) -> io::Result<TlsStream<Watched>> {
        TlsAcceptor::from(self.0.current.load_full()).accept(stream).await
    }
}
