//! Asking the file. The table is in memory; a question reads three times two bytes.

use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use super::{HEAD, Key, LINE, MAGIC, MOST_RANGES, Range, Reader, checksum};
use crate::domain::secret::PlainPassword;

/// Why a file is no filter of ours, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum FilterError {
    #[error("{} cannot be read", .file.display())]
    Read { file: PathBuf, source: io::Error },
    #[error("{} is no breach filter of this version: build it again with `octroictl password filter build`", .0.display())]
    Foreign(PathBuf),
    #[error("{} is damaged or cut off: it has {found} bytes where its table says {expected}", .file.display())]
    Cut { file: PathBuf, found: u64, expected: u64 },
    #[error("the table of {} is damaged: build the filter again", .0.display())]
    Damaged(PathBuf),
}

/// A filter that is open. What replaces the file does not disturb it.
#[derive(Debug)]
pub struct BreachFilter {
    file: File,
    ranges: Vec<Range>,
    entries: u64,
    identity: Identity,
}

/// Which file this is: another one under the same name differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Identity {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
}

impl Identity {
    fn of(file: &std::fs::Metadata) -> Self {
        Self { device: file.dev(), inode: file.ino(), size: file.size(), modified: (file.mtime(), file.mtime_nsec()) }
    }
}

impl BreachFilter {
    /// Opens a filter and looks at everything but the fingerprints.
    ///
    /// # Errors
    /// [`FilterError`] says whether the file is absent, foreign, cut or damaged.
    pub fn open(path: &Path) -> Result<Self, FilterError> {
        let unreadable = |source| FilterError::Read { file: path.to_owned(), source };
        // Opening a named pipe would wait for somebody who writes.
        if !std::fs::metadata(path).map_err(unreadable)?.is_file() {
            return Err(FilterError::Foreign(path.to_owned()));
        }
        let mut file = File::open(path).map_err(unreadable)?;
        let metadata = file.metadata().map_err(unreadable)?;
        let foreign = || FilterError::Foreign(path.to_owned());
        let damaged = || FilterError::Damaged(path.to_owned());
        let found = metadata.size();

        let mut head = [0; HEAD];
        file.read_exact(&mut head).map_err(|_| foreign())?;
        let (known, sum) = head.split_at(HEAD - 4);
        let (magic, counts) = known.split_at(MAGIC.len());
        if magic != MAGIC {
            return Err(foreign());
        }
        let mut reader = Reader(counts);
        let (entries, count) = (reader.u64().map_err(|_| foreign())?, reader.u32().map_err(|_| foreign())?);
        let count =
            usize::try_from(count).ok().filter(|count| (1..=MOST_RANGES).contains(count)).ok_or_else(damaged)?;
        let mut table = vec![0; count * LINE];
        let place_of_fingerprints = u64::try_from(HEAD + MOST_RANGES * LINE).unwrap_or(u64::MAX);
        file.read_exact(&mut table).map_err(|_| FilterError::Cut {
            file: path.to_owned(),
            found,
            expected: place_of_fingerprints,
        })?;
        if checksum(known, &table) != sum {
            return Err(damaged());
        }
        let ranges =
            table.chunks_exact(LINE).map(Range::read).collect::<io::Result<Vec<_>>>().map_err(|_| damaged())?;
        let expected = end_of(&ranges, place_of_fingerprints).ok_or_else(damaged)?;
        if found != expected {
            return Err(FilterError::Cut { file: path.to_owned(), found, expected });
        }
        Ok(Self { file, ranges, entries, identity: Identity::of(&metadata) })
    }

    /// Different passwords in it.
    pub const fn entries(&self) -> u64 {
        self.entries
    }

    /// Size of the file in bytes.
    pub const fn bytes(&self) -> u64 {
        self.identity.size
    }

    /// Whether another file has taken the place of this one.
    pub fn is_replaced(&self, path: &Path) -> bool {
        std::fs::metadata(path).is_ok_and(|now| Identity::of(&now) != self.identity)
    }

    /// Whether the password was in a breach. "No" is certain; one in 65,536 others is taken for one.
    ///
    /// Reads from the disk when the system does not have these bytes in memory.
    ///
    /// # Errors
    /// The file cannot be read any more.
    pub fn contains(&self, password: &PlainPassword) -> io::Result<bool> {
        self.has(Key::of(password))
    }

    pub(super) fn has(&self, key: Key) -> io::Result<bool> {
        let after = self.ranges.partition_point(|range| range.first <= key.0);
        let Some(range) = after.checked_sub(1).and_then(|at| self.ranges.get(at)) else { return Ok(false) };
        let (places, wanted) = range.probe(key);
        let mut together = 0;
        for place in places {
            let mut fingerprint = [0; 2];
            self.file.read_exact_at(&mut fingerprint, range.place + 2 * place)?;
            together ^= u16::from_le_bytes(fingerprint);
        }
        Ok(together == wanted)
    }
}

/// Where the last range ends, if they follow each other and no question can lead outside of its range.
fn end_of(ranges: &[Range], begin: u64) -> Option<u64> {
    let (mut place, mut first) = (begin, None);
    for range in ranges {
        let segment = u64::from(range.segment_length);
        let reach = u64::from(range.segment_count_length) + 2 * segment;
        let is_sound = range.place == place
            && first.is_none_or(|first| first < range.first)
            && segment.is_power_of_two()
            && u64::from(range.segment_count_length).is_multiple_of(segment)
            && reach <= u64::from(range.length);
        if !is_sound {
            return None;
        }
        first = Some(range.first);
        place += 2 * u64::from(range.length);
    }
    Some(place)
}
