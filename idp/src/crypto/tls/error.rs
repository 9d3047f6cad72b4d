//! Why two files are no identity for a listener: which file, what is wrong, what to do. Never a byte of the key.

use std::io;
use std::path::PathBuf;

/// One of the two files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Certificate,
    Key,
}

/// What is wrong with them.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    #[error("the file {} cannot be read: {source}", path.display())]
    Unreadable { part: Part, path: PathBuf, source: io::Error },
    #[error("others than its owner may touch the key file {} (mode {mode:04o})", path.display())]
    Exposed { path: PathBuf, mode: u32 },
    #[error("there is no PEM {} in the file", if *.0 == Part::Key { "private key" } else { "certificate" })]
    NotPem(Part),
    #[error("the certificate cannot be read: {0}")]
    Certificate(rustls::Error),
    #[error("the key cannot be used: {0}")]
    Key(rustls::Error),
    #[error("the key does not belong to the first certificate of the chain: {0}")]
    Mismatch(rustls::Error),
}

impl IdentityError {
    /// The file to look at.
    pub const fn part(&self) -> Part {
        match self {
            Self::Unreadable { part, .. } | Self::NotPem(part) => *part,
            Self::Certificate(_) => Part::Certificate,
            Self::Exposed { .. } | Self::Key(_) | Self::Mismatch(_) => Part::Key,
        }
    }

    /// What to do.
    pub fn fix(&self) -> String {
        match self {
            Self::Unreadable { .. } => "name a file that exists, and let Octroi's user read it".to_owned(),
            Self::Exposed { path, .. } => format!("chmod 600 {}", path.display()),
            Self::NotPem(Part::Key) => "give an unencrypted PEM key (BEGIN PRIVATE KEY)".to_owned(),
            Self::NotPem(Part::Certificate) | Self::Certificate(_) => {
                "give PEM certificates, the server's own first, then the intermediate ones".to_owned()
            }
            Self::Key(_) => "give an RSA, ECDSA (P-256, P-384, P-521) or Ed25519 key".to_owned(),
            Self::Mismatch(_) => {
                "give the key that the certificate was asked for with, and put that certificate first".to_owned()
            }
        }
    }
}
