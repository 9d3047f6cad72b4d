//! Making the file, from lists of any size in bounded memory: keys go to 256 temporary files by their first byte, then one
//! range after the other is sorted, freed of duplicates and made into a filter. The new file takes the place of the old one
//! in one step at the end; a server that reads the old one goes on with it.

use std::fs::{File, Permissions};
use std::io::{self, BufRead, BufReader, BufWriter, Read as _, Seek as _, Write};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;
use xorf::BinaryFuse16;

use super::{BreachFilter, FilterError, HEAD, Key, LINE, MAGIC, MOST_RANGES, Range, checksum};
use crate::domain::secret::PlainPassword;

/// A range is closed when it has so many keys: enough for the smallest filters, few enough for 100 MB of memory.
const ENOUGH: usize = 1 << 20;
/// No line of a list is a password beyond this, in bytes.
const LONGEST_LINE: u64 = 4096;
/// Progress is told after so many lines.
const STEP: u64 = 65_536;

/// What the lines of the input are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InputFormat {
    /// `40 hexadecimal digits[:count]`, as breach corpora are published.
    Sha1,
    /// One password a line, in UTF-8; a line that is not is read as Latin-1, as old lists are.
    Clear,
}

/// What was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Built {
    /// Lines read, with those that were left out.
    pub lines: u64,
    /// Different passwords in the filter.
    pub entries: u64,
    /// Lines left out because nobody could choose them here: empty, or too long.
    pub left_out: u64,
    /// Size of the file.
    pub bytes: u64,
}

/// Why no file was made. The old one, if there was one, is as it was.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    #[error("the list cannot be read after line {line}")]
    Read { line: u64, source: io::Error },
    #[error("line {line} is no SHA-1: 40 hexadecimal digits are expected, then nothing or `:` and a count")]
    NotSha1 { line: u64 },
    #[error("the list has no password in it")]
    Empty,
    #[error("{} exists and is no breach filter: name another file for the output", .0.display())]
    NotAFilter(PathBuf),
    #[error("{} cannot be written", .file.display())]
    Write { file: PathBuf, source: io::Error },
    #[error("no filter could be made of {entries} entries: try again")]
    Construction { entries: usize },
}

impl InputFormat {
    /// What the first bytes of a list look like: a SHA-1 at its beginning, or anything else.
    pub fn guess(beginning: &[u8]) -> Self {
        let line = beginning.split(|byte| *byte == b'\n').find(|line| !trimmed(line, true).is_empty());
        match line.map(|line| Key::of_line(trimmed(line, true))) {
            Some(Some(_)) => Self::Sha1,
            _ => Self::Clear,
        }
    }
}

/// A filter that is whole and stands beside its place. Dropped, it is gone.
#[derive(Debug)]
pub struct Draft {
    file: NamedTempFile,
    output: PathBuf,
    built: Built,
}

impl Draft {
    /// What was made.
    pub const fn built(&self) -> Built {
        self.built
    }

    /// Puts it where it belongs, in one step.
    ///
    /// # Errors
    /// The folder cannot be written; what was there is as it was.
    pub fn put_in_place(self) -> Result<Built, BuildError> {
        match self.file.persist(&self.output) {
            Ok(_) => Ok(self.built),
            Err(error) => Err(BuildError::Write { file: self.output, source: error.error }),
        }
    }
}

/// Makes a filter of a list, for the place `output`. `progress` hears now and then how many bytes of the input were read.
///
/// # Errors
/// Each [`BuildError`] names the line or the file; nothing is left behind.
pub fn build(
    input: impl BufRead,
    format: InputFormat,
    output: &Path,
    progress: impl FnMut(u64),
) -> Result<Draft, BuildError> {
    let unwritable = |source| BuildError::Write { file: output.to_owned(), source };
    match BreachFilter::open(output) {
        Ok(_) => {}
        Err(FilterError::Read { source, .. }) if source.kind() == io::ErrorKind::NotFound => {}
        // Somebody may have typed the name of the list.
        Err(_) => return Err(BuildError::NotAFilter(output.to_owned())),
    }
    let folder = output.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut buckets = Buckets::new(folder).map_err(unwritable)?;
    let read = read_lines(input, format, &mut buckets, progress, output)?;
    if buckets.count == 0 {
        return Err(BuildError::Empty);
    }
    let mut draft = NamedTempFile::new_in(folder).map_err(unwritable)?;
    let entries = write_ranges(buckets, draft.as_file_mut(), output)?;
    // It holds no secret, and the server reads it under another name than its maker's.
    draft.as_file().set_permissions(Permissions::from_mode(0o644)).map_err(unwritable)?;
    draft.as_file().sync_all().map_err(unwritable)?;
    let bytes = draft.as_file().metadata().map_err(unwritable)?.len();
    Ok(Draft { file: draft, output: output.to_owned(), built: Built { entries, bytes, ..read } })
}

/// The keys on disk, by their first byte. The files have no name: they go with the process.
struct Buckets {
    files: Vec<BufWriter<File>>,
    count: u64,
}

impl Buckets {
    fn new(folder: &Path) -> io::Result<Self> {
        let file = |_| Ok(BufWriter::with_capacity(32 * 1024, tempfile::tempfile_in(folder)?));
        Ok(Self { files: (0..MOST_RANGES).map(file).collect::<io::Result<_>>()?, count: 0 })
    }

    fn add(&mut self, key: Key) -> io::Result<()> {
        let [first, ..] = key.0.to_be_bytes();
        let Some(file) = self.files.get_mut(usize::from(first)) else { return Ok(()) };
        self.count += 1;
        file.write_all(&key.0.to_le_bytes())
    }
}

fn read_lines(
    mut input: impl BufRead,
    format: InputFormat,
    buckets: &mut Buckets,
    mut progress: impl FnMut(u64),
    output: &Path,
) -> Result<Built, BuildError> {
    let (mut line, mut bytes, mut left_out) = (0_u64, 0_u64, 0_u64);
    let mut text = Vec::new();
    loop {
        text.clear();
        let unreadable = |source| BuildError::Read { line, source };
        let taken = (&mut input).take(LONGEST_LINE).read_until(b'\n', &mut text).map_err(unreadable)?;
        if taken == 0 {
            break;
        }
        let mut is_whole = true;
        bytes += u64::try_from(taken).unwrap_or(u64::MAX);
        if text.last() != Some(&b'\n') && u64::try_from(taken).is_ok_and(|taken| taken == LONGEST_LINE) {
            is_whole = false;
            bytes += skip_line(&mut input).map_err(unreadable)?;
        }
        line += 1;
        if line % STEP == 0 {
            progress(bytes);
        }
        let content = trimmed(&text, line == 1);
        let key = match format {
            _ if content.is_empty() || !is_whole => None,
            InputFormat::Sha1 => Some(Key::of_line(content).ok_or(BuildError::NotSha1 { line })?),
            InputFormat::Clear => clear(content),
        };
        match key {
            Some(key) => {
                buckets.add(key).map_err(|source| BuildError::Write { file: output.to_owned(), source })?;
            }
            None => left_out += 1,
        }
    }
    progress(bytes);
    Ok(Built { lines: line, entries: 0, left_out, bytes: 0 })
}

/// Without the end of the line, and without the byte order mark that some editors begin a file with.
fn trimmed(text: &[u8], is_first: bool) -> &[u8] {
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    let text = text.strip_suffix(b"\r").unwrap_or(text);
    if is_first { text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text) } else { text }
}

/// `None`: nobody could choose it here.
fn clear(content: &[u8]) -> Option<Key> {
    let password = match std::str::from_utf8(content) {
        Ok(text) => PlainPassword::new(text),
        Err(_) => PlainPassword::new(&content.iter().copied().map(char::from).collect::<String>()),
    };
    (!password.is_over_long()).then(|| Key::of(&password))
}

/// Reads to the end of a line that is too long to be kept; answers how many bytes.
fn skip_line(input: &mut impl BufRead) -> io::Result<u64> {
    let mut skipped = 0_u64;
    loop {
        let buffer = input.fill_buf()?;
        if buffer.is_empty() {
            return Ok(skipped);
        }
        let (used, is_end) = match buffer.iter().position(|byte| *byte == b'\n') {
            Some(at) => (at + 1, true),
            None => (buffer.len(), false),
        };
        input.consume(used);
        skipped += u64::try_from(used).unwrap_or(u64::MAX);
        if is_end {
            return Ok(skipped);
        }
    }
}

/// Writes fingerprints behind room for head and table, and those at the end; answers how many different entries there are.
fn write_ranges(buckets: Buckets, file: &mut File, output: &Path) -> Result<u64, BuildError> {
    let unwritable = |source| BuildError::Write { file: output.to_owned(), source };
    let first_place = HEAD + MOST_RANGES * LINE;
    let mut place = u64::try_from(first_place).unwrap_or(u64::MAX);
    file.seek(io::SeekFrom::Start(place)).map_err(unwritable)?;
    let mut writer = BufWriter::with_capacity(1 << 20, file);
    let (mut table, mut keys, mut entries, mut first) = (Vec::<Range>::new(), Vec::<u64>::new(), 0_u64, 0_u64);
    let last = MOST_RANGES - 1;
    for (number, bucket) in buckets.files.into_iter().enumerate() {
        read_keys(bucket, &mut keys).map_err(unwritable)?;
        if keys.len() < ENOUGH && number < last {
            continue;
        }
        if keys.is_empty() {
            continue;
        }
        keys.sort_unstable();
        keys.dedup();
        entries += u64::try_from(keys.len()).unwrap_or(u64::MAX);
        let filter =
            BinaryFuse16::try_from(keys.as_slice()).map_err(|_| BuildError::Construction { entries: keys.len() })?;
        let length = u32::try_from(filter.fingerprints.len()).unwrap_or(u32::MAX);
        let of = &filter.descriptor;
        let (segment_length, segment_count_length) = (of.segment_length, of.segment_count_length);
        table.push(Range { first, place, length, seed: of.seed, segment_length, segment_count_length });
        for fingerprint in &filter.fingerprints {
            writer.write_all(&fingerprint.to_le_bytes()).map_err(unwritable)?;
        }
        place += 2 * u64::from(length);
        // Where the next bucket's keys begin.
        first = u64::try_from(number + 1).unwrap_or(0) << 56;
        keys.clear();
    }
    let file = writer.into_inner().map_err(|error| unwritable(error.into_error()))?;
    write_head(&table, entries, file).map_err(unwritable)?;
    Ok(entries)
}

/// Adds the keys of a bucket, and lets go of its file.
fn read_keys(bucket: BufWriter<File>, keys: &mut Vec<u64>) -> io::Result<()> {
    let mut file = bucket.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.rewind()?;
    let mut reader = BufReader::with_capacity(1 << 20, file);
    let mut key = [0; 8];
    while !reader.fill_buf()?.is_empty() {
        reader.read_exact(&mut key)?;
        keys.push(u64::from_le_bytes(key));
    }
    Ok(())
}

fn write_head(ranges: &[Range], entries: u64, file: &mut File) -> io::Result<()> {
    let count = u32::try_from(ranges.len()).map_err(io::Error::other)?;
    let mut table = Vec::with_capacity(ranges.len() * LINE);
    for range in ranges {
        range.write(&mut table);
    }
    let mut head = Vec::with_capacity(HEAD);
    head.extend_from_slice(MAGIC);
    head.extend_from_slice(&entries.to_le_bytes());
    head.extend_from_slice(&count.to_le_bytes());
    let sum = checksum(&head, &table);
    head.extend_from_slice(&sum);
    file.rewind()?;
    file.write_all(&head)?;
    file.write_all(&table)
}
