//! The offline filter of breached passwords: one file that says of a password "was in a breach", without a network and
//! without holding any password.
//!
//! The file is a sequence of binary fuse filters with 16-bit fingerprints (crate `xorf`), one for each range of keys, about
//! 2.26 bytes for an entry. There are no false negatives; of 65,536 passwords that are in no breach, one is refused. A key
//! is the beginning of the SHA-1 of the password, which is how breach corpora are published: no secret rests on it. [`build()`]
//! makes the file, [`BreachFilter`] asks it with three reads of two bytes (`pread`), so it may be larger than memory.
//!
//! | bytes | what (integers little-endian) |
//! |---|---|
//! | 16 | `octroi-breach-1\n` |
//! | 8 | how many entries |
//! | 4 | how many ranges |
//! | 4 | the first 4 bytes of SHA-256 over what is before and the table |
//! | 40 each | the table: first key, place of the fingerprints, how many, seed, segment length, segment count × length; room for 256 |
//! | 2 each | fingerprints, range after range, to the end of the file |

mod build;
mod filter;
mod in_use;
#[cfg(test)]
mod tests;

use std::io;

use aws_lc_rs::digest;

pub use self::build::{BuildError, Built, Draft, InputFormat, build};
pub use self::filter::{BreachFilter, FilterError};
pub use self::in_use::BreachedPasswords;

use crate::domain::secret::PlainPassword;

const MAGIC: &[u8; 16] = b"octroi-breach-1\n";
/// Magic, counts and checksum.
const HEAD: usize = 32;
/// One line of the table.
const LINE: usize = 40;
/// One range for each first byte of a key, or fewer when there are few keys. The table has room for all.
const MOST_RANGES: usize = 256;

/// What the filter knows of a password: the first eight bytes of the SHA-1 of its text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Key(u64);

impl Key {
    fn of(password: &PlainPassword) -> Self {
        let sha1 = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, password.reveal().as_bytes());
        Self(sha1.as_ref().iter().take(8).fold(0, |key, byte| (key << 8) | u64::from(*byte)))
    }

    /// From a line of a breach corpus: 40 hexadecimal digits, then nothing or `:` and a count.
    fn of_line(line: &[u8]) -> Option<Self> {
        let (hex, rest) = line.split_at_checked(40)?;
        let is_ended = matches!(rest.first(), None | Some(b':'));
        if !is_ended || !hex.iter().all(u8::is_ascii_hexdigit) {
            return None;
        }
        let digits = std::str::from_utf8(hex.get(..16)?).ok()?;
        u64::from_str_radix(digits, 16).ok().map(Self)
    }
}

/// A range of keys and its filter, as the table has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Range {
    /// The first key that belongs here; the next range's ends it.
    first: u64,
    /// Where its fingerprints begin, in bytes from the start of the file.
    place: u64,
    /// How many fingerprints.
    length: u32,
    seed: u64,
    segment_length: u32,
    segment_count_length: u32,
}

impl Range {
    fn write(&self, to: &mut Vec<u8>) {
        to.extend_from_slice(&self.first.to_le_bytes());
        to.extend_from_slice(&self.place.to_le_bytes());
        to.extend_from_slice(&self.length.to_le_bytes());
        to.extend_from_slice(&self.seed.to_le_bytes());
        to.extend_from_slice(&self.segment_length.to_le_bytes());
        to.extend_from_slice(&self.segment_count_length.to_le_bytes());
        // Room for what a later version may want to know.
        to.extend_from_slice(&0_u32.to_le_bytes());
    }

    fn read(line: &[u8]) -> io::Result<Self> {
        let mut reader = Reader(line);
        Ok(Self {
            first: reader.u64()?,
            place: reader.u64()?,
            length: reader.u32()?,
            seed: reader.u64()?,
            segment_length: reader.u32()?,
            segment_count_length: reader.u32()?,
        })
    }

    /// Which three fingerprints a key has, and what they give together (binary fuse filters, Graf and Lemire 2022).
    fn probe(&self, key: Key) -> ([u64; 3], u16) {
        let hash = mix(key.0, self.seed);
        let first = (u128::from(hash) * u128::from(self.segment_count_length)) >> 64;
        let first = u64::try_from(first).unwrap_or(0);
        let segment = u64::from(self.segment_length);
        let mask = segment.saturating_sub(1);
        let second = (first + segment) ^ ((hash >> 18) & mask);
        let third = (first + 2 * segment) ^ (hash & mask);
        let [low, high, ..] = (hash ^ (hash >> 32)).to_le_bytes();
        ([first, second, third], u16::from_le_bytes([low, high]))
    }
}

/// The finaliser of MurmurHash3, as the filters use it.
const fn mix(key: u64, seed: u64) -> u64 {
    let mut hash = key.wrapping_add(seed);
    hash ^= hash >> 33;
    hash = hash.wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash ^= hash >> 33;
    hash = hash.wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    hash ^ (hash >> 33)
}

/// Integers from bytes; a short input is an error.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let (head, rest) = self.0.split_first_chunk::<N>().ok_or(io::ErrorKind::UnexpectedEof)?;
        self.0 = rest;
        Ok(*head)
    }

    fn u32(&mut self) -> io::Result<u32> {
        self.take().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> io::Result<u64> {
        self.take().map(u64::from_le_bytes)
    }
}

fn checksum(head: &[u8], table: &[u8]) -> [u8; 4] {
    let [a, b, c, d, ..] = super::hash::sha256(&[head, table].concat());
    [a, b, c, d]
}
