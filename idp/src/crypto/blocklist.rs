//! The file with the City's own list of forbidden passwords: read whole at start, again at SIGHUP, and named by its digest, so
//! that another list is noticed by the passwords that were judged by this one.
//!
//! What the list refuses is the domain's business (`domain/password_policy/blocklist.rs`).

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwap;

use super::hash::sha256;
use crate::domain::password_policy::{Blocklist, BlocklistFault};
use crate::domain::secret::PlainPassword;

/// The list is held in memory. What is larger belongs into the breach filter.
const MAX_BYTES: u64 = 16 * 1024 * 1024;

/// Why a file is no list, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum BlocklistError {
    #[error("{} cannot be read", .file.display())]
    Read { file: PathBuf, source: io::Error },
    #[error("{} is no regular file", .0.display())]
    NoFile(PathBuf),
    #[error("{} is larger than 16 MiB: compile it with `octroictl password filter build`", .0.display())]
    TooLarge(PathBuf),
    #[error("{} is no list of words", .file.display())]
    Fault { file: PathBuf, source: BlocklistFault },
}

/// Reads the list in a file; answers its digest too.
///
/// # Errors
/// [`BlocklistError`] says what is wrong with the file.
pub fn read(path: &Path) -> Result<(Blocklist, [u8; 32]), BlocklistError> {
    let unreadable = |source| BlocklistError::Read { file: path.to_owned(), source };
    // Opening a named pipe would wait for somebody who writes.
    if !std::fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err(BlocklistError::NoFile(path.to_owned()));
    }
    let mut bytes = Vec::new();
    File::open(path).and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes)).map_err(unreadable)?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > MAX_BYTES) {
        return Err(BlocklistError::TooLarge(path.to_owned()));
    }
    let list = Blocklist::read(&bytes).map_err(|source| BlocklistError::Fault { file: path.to_owned(), source })?;
    Ok((list, sha256(&bytes)))
}

/// The list in use, or none where none is configured. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct BlockedPasswords(Option<Arc<Inner>>);

#[derive(Debug)]
struct Inner {
    file: PathBuf,
    list: ArcSwap<(Blocklist, [u8; 32])>,
}

impl BlockedPasswords {
    /// Reads the configured file.
    ///
    /// # Errors
    /// The file is no list: see [`BlocklistError`].
    pub fn open(file: Option<&Path>) -> Result<Self, BlocklistError> {
        let Some(file) = file else { return Ok(Self(None)) };
        let list = ArcSwap::from_pointee(read(file)?);
        Ok(Self(Some(Arc::new(Inner { file: file.to_owned(), list }))))
    }

    /// Whether the list refuses this password.
    pub fn contains(&self, password: &PlainPassword) -> bool {
        self.0.as_ref().is_some_and(|inner| inner.list.load().0.contains(password))
    }

    /// The digest of the list; zeros where there is none.
    pub fn digest(&self) -> [u8; 32] {
        self.0.as_ref().map_or([0; 32], |inner| inner.list.load().1)
    }

    /// Reads the file again. One that is no list changes nothing.
    ///
    /// # Errors
    /// The file is no list; the one before stays in use.
    pub fn refresh(&self) -> Result<(), BlocklistError> {
        let Some(inner) = &self.0 else { return Ok(()) };
        let new = read(&inner.file)?;
        if new.1 != inner.list.load().1 {
            tracing::info!(file = %inner.file.display(), entries = new.0.len(), "took over another blocklist");
            inner.list.store(Arc::new(new));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn password(text: &str) -> PlainPassword {
        PlainPassword::new(text)
    }

    #[test]
    fn a_list_is_in_use_until_a_sound_one_takes_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("blocklist.txt");
        std::fs::write(&file, "fluctuat nec mergitur\n").unwrap();
        let blocked = BlockedPasswords::open(Some(&file)).unwrap();
        let first = blocked.digest();
        assert!(blocked.contains(&password("Fluctuat nec mergitur!")) && first != [0; 32]);

        std::fs::write(&file, b"\xff\xfe\x00").unwrap();
        assert!(blocked.refresh().is_err());
        assert!(blocked.contains(&password("Fluctuat nec mergitur!")) && blocked.digest() == first);

        std::fs::write(&file, "allons enfants de la patrie\n").unwrap();
        blocked.refresh().unwrap();
        assert!(!blocked.contains(&password("Fluctuat nec mergitur!")) && blocked.digest() != first);
        assert!(blocked.clone().contains(&password("Allons enfants de la patrie")));
    }

    #[test]
    fn without_a_file_nothing_is_refused() {
        let blocked = BlockedPasswords::open(None).unwrap();
        assert!(!blocked.contains(&password("motdepasse motdepasse")) && blocked.digest() == [0; 32]);
        blocked.refresh().unwrap();
    }

    #[test]
    fn what_is_absent_a_folder_or_huge_is_no_list() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("list");
        assert!(matches!(read(&file), Err(BlocklistError::Read { .. })));
        assert!(matches!(read(folder.path()), Err(BlocklistError::NoFile(_))));
        File::create(&file).unwrap().set_len(MAX_BYTES + 1).unwrap();
        assert!(matches!(read(&file), Err(BlocklistError::TooLarge(_))));
        File::create(&file).unwrap().set_len(100).unwrap();
        assert!(matches!(read(&file), Err(BlocklistError::Fault { source: BlocklistFault::NotText(1), .. })));
    }
}
