//! What Octroi shows on a listener with TLS: a certificate chain with its key, and the protocol versions that it speaks.
//!
//! The only place with rustls' own types of keys and certificates. [`ServerIdentity::load`] reads both PEM files and proves that
//! they belong together, for `octroi config check`, for the start and for each reload alike. It listens to nobody: that
//! is `web/listen/tls.rs`. When a certificate ends, and whom it names, stands in `validity.rs`.

mod error;
#[cfg(test)]
mod tests;
mod validity;

use std::fs;
use std::io::{self, Read as _};
use std::path::Path;
use std::sync::Arc;

use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{RootCertStore, ServerConfig, version};
use zeroize::Zeroizing;

use crate::domain::time::Timestamp;

pub use error::{IdentityError, Part};

/// More is no certificate chain and no key.
const MAX_FILE_BYTES: u64 = 256 * 1024;

/// Whether this PEM text holds certificates of authorities, all of them sound.
pub fn are_authorities(pem: &[u8]) -> bool {
    let Ok(certificates) = CertificateDer::pem_slice_iter(pem).collect::<Result<Vec<_>, _>>() else { return false };
    let mut roots = RootCertStore::empty();
    !certificates.is_empty() && certificates.into_iter().all(|certificate| roots.add(certificate).is_ok())
}

/// A certificate chain and the key that belongs to its first certificate.
#[derive(Debug, Clone)]
pub struct ServerIdentity {
    key: Arc<CertifiedKey>,
}

impl ServerIdentity {
    /// Reads two PEM files: the chain, the server's own certificate first, and its key, which only its owner may touch.
    pub fn load(certificate: &Path, key: &Path) -> Result<Self, IdentityError> {
        let chain = read(Part::Certificate, certificate)?;
        let key = read(Part::Key, key)?;
        Self::from_pem(&chain, &key)
    }

    /// The same from the files' content.
    pub fn from_pem(chain: &[u8], key: &[u8]) -> Result<Self, IdentityError> {
        let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(chain)
            .collect::<Result<_, _>>()
            .map_err(|_| IdentityError::NotPem(Part::Certificate))?;
        if chain.is_empty() {
            return Err(IdentityError::NotPem(Part::Certificate));
        }
        for certificate in &chain {
            rustls::server::ParsedCertificate::try_from(certificate).map_err(IdentityError::Certificate)?;
        }
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| IdentityError::NotPem(Part::Key))?;
        let key = aws_lc_rs::default_provider().key_provider.load_private_key(key).map_err(IdentityError::Key)?;
        let key = CertifiedKey::new(chain, key);
        key.keys_match().map_err(IdentityError::Mismatch)?;
        Ok(Self { key: Arc::new(key) })
    }

    /// From when until when every certificate of the chain is valid.
    pub fn validity(&self) -> (Timestamp, Timestamp) {
        validity::of_chain(&self.key.cert)
    }

    /// Whether the server's own certificate names this host (a name or an address).
    pub fn covers(&self, host: &str) -> bool {
        self.key.cert.first().is_some_and(|certificate| validity::covers(certificate, host))
    }

    /// What a listener shows: TLS 1.2 and 1.3, HTTP/1.1 over it, nothing else.
    pub fn server_config(&self) -> Result<Arc<ServerConfig>, IdentityError> {
        let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_protocol_versions(&[&version::TLS13, &version::TLS12])
            .map_err(IdentityError::Key)?
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(SingleCertAndKey::from(self.key.clone())));
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }
}

fn read(part: Part, path: &Path) -> Result<Zeroizing<Vec<u8>>, IdentityError> {
    let unreadable = |source: io::Error| IdentityError::Unreadable { part, path: path.to_owned(), source };
    // Asked before opening: opening a named pipe would wait for ever.
    let metadata = fs::metadata(path).map_err(unreadable)?;
    if !metadata.is_file() {
        return Err(unreadable(io::Error::new(io::ErrorKind::InvalidInput, "it is not a plain file")));
    }
    #[cfg(unix)]
    if part == Part::Key {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = metadata.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(IdentityError::Exposed { path: path.to_owned(), mode });
        }
    }
    let mut content = Zeroizing::new(Vec::new());
    let read = fs::File::open(path).and_then(|file| file.take(MAX_FILE_BYTES + 1).read_to_end(&mut content));
    read.map_err(unreadable)?;
    if content.len() as u64 > MAX_FILE_BYTES {
        return Err(unreadable(io::Error::new(io::ErrorKind::InvalidData, "it is larger than 256 KiB")));
    }
    Ok(content)
}
