//! Where a listener listens: `ADDRESS:PORT`, or `unix:PATH` with the mode of the socket's file.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use crate::config::problem::Fault;
use crate::config::reader::Reader;

/// The owner and the group: the group is how a proxy is let in.
pub(super) const DEFAULT_MODE: u32 = 0o660;

/// An address, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Bind {
    Tcp(SocketAddr),
    Unix(PathBuf),
}

impl fmt::Display for Bind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

impl Bind {
    /// The address, where there is one.
    pub const fn tcp(&self) -> Option<SocketAddr> {
        match self {
            Self::Tcp(address) => Some(*address),
            Self::Unix(_) => None,
        }
    }

    /// Whether other machines can reach it.
    pub fn is_open(&self) -> bool {
        self.tcp().is_some_and(|address| !address.ip().is_loopback())
    }
}

pub(super) fn parse(text: &str, reader: &Reader) -> Result<Bind, Fault> {
    match text.strip_prefix("unix:") {
        Some("") => Err(Fault::new("the socket's path is missing", "write \"unix:/run/octroi/office.sock\"")),
        Some(path) => Ok(Bind::Unix(reader.resolve(path))),
        None => parse_tcp(text).map(Bind::Tcp),
    }
}

/// `ADDRESS:PORT`, without name resolution: a listener must not move with a name server's answer.
pub(in crate::config) fn parse_tcp(text: &str) -> Result<SocketAddr, Fault> {
    text.parse().map_err(|_| {
        Fault::new(
            format!("{text:?} is not an address with a port"),
            "write ADDRESS:PORT, such as \"127.0.0.1:8080\", \"0.0.0.0:8080\" or \"[::1]:8080\"",
        )
    })
}

/// An octal mode, of which only the bits that a socket has a use for.
pub(super) fn parse_mode(text: &str) -> Result<u32, Fault> {
    let mode = u32::from_str_radix(text, 8).ok().filter(|mode| mode & !0o666 == 0 && mode & 0o200 != 0);
    mode.filter(|_| text.bytes().all(|byte| byte.is_ascii_digit())).ok_or_else(|| {
        let what = format!("{text:?} is not a mode for a socket");
        Fault::new(what, "write \"0660\" (the owner and the group), \"0600\" or \"0666\"")
    })
}

/// Whether the second of two listeners could not be opened beside the first.
pub(in crate::config) fn collide(a: &Bind, b: &Bind) -> bool {
    match (a, b) {
        // Port 0 asks the system for a free one.
        (Bind::Tcp(a), Bind::Tcp(b)) => {
            let is_everywhere = a.ip().is_unspecified() || b.ip().is_unspecified();
            a.port() == b.port() && a.port() != 0 && (a.ip() == b.ip() || is_everywhere)
        }
        (Bind::Unix(a), Bind::Unix(b)) => a == b,
        _ => false,
    }
}
