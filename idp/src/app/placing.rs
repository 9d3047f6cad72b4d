//! Files that are finished before they get their name: made beside it (0600), brought to the disk, put in place by one
//! act of the file system. What is not put in place is removed, also when the work is cut short.
//!
//! Used by `backup.rs` and `restore/`; knows nothing of databases but the names of the engine's companion files.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, chown};
use std::path::{Path, PathBuf};

use crate::crypto::random::Random;
use crate::storage::database_file::beside;

/// What may lie beside a database that is being made.
const COMPANIONS: [&str; 4] = ["-wal", "-shm", "-journal", ".lock"];

/// A file that has not got its name yet.
#[derive(Debug)]
pub(super) struct Draft {
    path: PathBuf,
    in_place: bool,
}

impl Draft {
    /// An empty file of its owner alone, in the directory of `target`: `NAME.MARK-RANDOM`.
    pub fn create(target: &Path, mark: &str, random: &Random) -> io::Result<Self> {
        let number = u64::from_be_bytes(random.bytes());
        let path = beside(target, &format!(".{mark}-{number:016x}"));
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        Ok(Self { path, in_place: false })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Fills it with a copy of a file.
    pub fn copy_from(&self, source: &Path) -> io::Result<()> {
        let mut from = File::open(source)?;
        let mut to = OpenOptions::new().write(true).open(&self.path)?;
        io::copy(&mut from, &mut to).map(drop)
    }

    /// Gives it to whom the old file, or the directory, belongs: what root restores is the server's.
    pub fn give_to_the_owner_of(&self, known: &Path) -> io::Result<()> {
        let (wanted, made) = (fs::metadata(known)?, fs::metadata(&self.path)?);
        if (wanted.uid(), wanted.gid()) == (made.uid(), made.gid()) {
            return Ok(());
        }
        chown(&self.path, Some(wanted.uid()), Some(wanted.gid()))
    }

    /// Waits until it is on the disk.
    pub fn sync(&self) -> io::Result<()> {
        File::open(&self.path)?.sync_all()
    }

    /// Gives it its name, which nobody may have: [`ErrorKind::AlreadyExists`].
    pub fn place_as_new(self, target: &Path) -> io::Result<()> {
        link_or_rename(&self.path, target)?;
        sync_directory_of(target)
        // What is left is the first name, which goes with this value.
    }

    /// Puts it in the place of the file of that name, if there is one.
    pub fn replace(mut self, target: &Path) -> io::Result<()> {
        fs::rename(&self.path, target)?;
        self.in_place = true;
        sync_directory_of(target)
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.in_place {
            let _ = fs::remove_file(&self.path);
        }
        for companion in COMPANIONS {
            let _ = fs::remove_file(beside(&self.path, companion));
        }
    }
}

/// What to do when a file cannot be written.
pub(super) fn advice(error: &io::Error) -> &'static str {
    match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => "make the directory first",
        ErrorKind::PermissionDenied => "choose a directory that this user may write to, or run as Octroi's user",
        ErrorKind::ReadOnlyFilesystem => "the file system is mounted read-only: choose another one",
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
            "free space, or choose another disk"
        }
        _ => "see what the operating system says, and try again",
    }
}

/// A second name for a file, which nobody may have. A file system without links gets a look and a rename.
fn link_or_rename(from: &Path, to: &Path) -> io::Result<()> {
    match fs::hard_link(from, to) {
        Err(error) if matches!(error.kind(), ErrorKind::PermissionDenied | ErrorKind::Unsupported) => {
            if fs::symlink_metadata(to).is_ok() {
                return Err(ErrorKind::AlreadyExists.into());
            }
            fs::rename(from, to)
        }
        other => other,
    }
}

/// Keeps a file under another name before its own gets a new one, so that its own name always leads to a file.
pub(super) fn keep_as(file: &Path, other_name: &Path) -> io::Result<()> {
    link_or_rename(file, other_name)?;
    sync_directory_of(other_name)
}

/// Brings names to the disk.
pub(super) fn sync_directory_of(file: &Path) -> io::Result<()> {
    let parent = file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(parent)?.sync_all()
}
