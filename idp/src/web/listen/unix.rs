//! A unix socket: its file appears with its mode already set, a stale one gives way, and it is gone at the end.
//!
//! The socket is bound beside its place and moved there, so that nobody meets it with another mode, and so that what stands
//! there is replaced in one step. Somebody who still listens there is never replaced.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

/// A bound socket.
pub struct UnixSocket {
    socket: UnixListener,
    guard: Guard,
}

/// Removes the socket's file, if it is still ours.
pub(super) struct Guard {
    path: PathBuf,
    inode: (u64, u64),
}

impl UnixSocket {
    /// Binds `path` with this mode; an error says which listener and which path.
    pub fn bind(name: &str, path: &Path, mode: u32) -> io::Result<Self> {
        let named = |error: io::Error| {
            let path = path.display();
            io::Error::new(error.kind(), format!("listener {name:?} cannot use unix:{path}: {error}"))
        };
        make_way(path).map_err(named)?;
        place(path, mode).map_err(named)
    }

    pub fn path(&self) -> &Path {
        &self.guard.path
    }

    pub(super) fn into_parts(self) -> (UnixListener, Guard) {
        (self.socket, self.guard)
    }
}

/// Fails unless the path is free, or holds a socket at which nobody listens any more.
fn make_way(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
        Ok(metadata) if !metadata.file_type().is_socket() => {
            Err(io::Error::new(io::ErrorKind::AlreadyExists, "something that is no socket is there"))
        }
        Ok(_) => match UnixStream::connect(path) {
            Ok(_) => Err(io::Error::new(io::ErrorKind::AddrInUse, "somebody listens there")),
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => Ok(()),
            Err(error) => Err(error),
        },
    }
}

fn place(path: &Path, mode: u32) -> io::Result<UnixSocket> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let beside = PathBuf::from(beside);
    match fs::remove_file(&beside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let socket = UnixListener::bind(&beside)?;
    socket.set_nonblocking(true)?;
    fs::set_permissions(&beside, Permissions::from_mode(mode))?;
    let metadata = fs::symlink_metadata(&beside)?;
    fs::rename(&beside, path)?;
    let guard = Guard { path: path.to_owned(), inode: (metadata.dev(), metadata.ino()) };
    Ok(UnixSocket { socket, guard })
}

impl Drop for Guard {
    fn drop(&mut self) {
        let is_ours = fs::symlink_metadata(&self.path).is_ok_and(|found| (found.dev(), found.ino()) == self.inode);
        if is_ours {
            // Left behind it would be stale, which the next start mends.
            let _ = fs::remove_file(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stale_socket_gives_way_and_a_live_one_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("office.sock");
        drop(UnixListener::bind(&path).unwrap());
        assert!(path.exists(), "stale");
        let first = UnixSocket::bind("office", &path, 0o660).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o660);
        UnixStream::connect(&path).unwrap();
        let refused = UnixSocket::bind("office", &path, 0o660).err().unwrap();
        assert_eq!(refused.kind(), io::ErrorKind::AddrInUse);
        assert!(refused.to_string().contains("\"office\"") && refused.to_string().contains("somebody listens"));
        drop(first);
        assert!(!path.exists());
    }

    #[test]
    fn what_is_no_socket_is_left_alone_and_another_ones_socket_too() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("office.sock");
        fs::write(&path, "precious").unwrap();
        assert!(UnixSocket::bind("office", &path, 0o660).is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "precious");
        fs::remove_file(&path).unwrap();
        let ours = UnixSocket::bind("office", &path, 0o600).unwrap();
        fs::remove_file(&path).unwrap();
        let _theirs = UnixListener::bind(&path).unwrap();
        drop(ours);
        assert!(path.exists());
    }
}
