//! Secrets that must be read again (signing keys, TOTP keys) at rest: AES-256-GCM under a key outside the database.
//!
//! A sealed value carries its purpose and its row as associated data, so that it opens nowhere else: copied into another
//! row it is damaged. It names the key it was sealed under (four bytes, no secret), so that a wrong key file is told
//! apart from a damaged row, and so that keys can be rotated: [`Sealer::with_previous`] still opens old values.
//!
//! Layout: version `1` · key id (4) · nonce (12) · ciphertext · tag (16).

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use zeroize::Zeroizing;

use super::fail_stop;
use super::hash::{MIN_KEY_BYTES, derive_key, framed};
use super::random::Random;
use crate::domain::secret::KeyBytes;

const VERSION: u8 = 1;
const KEY_ID_LEN: usize = 4;

/// Which key a value was sealed under: derived from the key, tells nothing about it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct KeyId([u8; KEY_ID_LEN]);

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}

/// Why a value cannot be sealed or opened, in words for the administrator.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    #[error("the sealing key has {found} bytes; at least {MIN_KEY_BYTES} random bytes are needed")]
    ShortKey { found: usize },
    #[error(
        "it was sealed under key {sealed_under}, but this server's sealing key is {current}: \
         put back the key file that was in use when this database was written, or name it as a previous key"
    )]
    UnknownKey { sealed_under: KeyId, current: KeyId },
    #[error("the sealing key is the right one, but the stored value is damaged or belongs to another row")]
    Damaged,
    #[error("the stored value is not a sealed value of a version that this server knows")]
    UnknownFormat,
}

struct SealingKey {
    id: KeyId,
    cipher: LessSafeKey,
}

impl SealingKey {
    fn new(master: &KeyBytes) -> Result<Self, SealError> {
        let found = master.reveal().len();
        if found < MIN_KEY_BYTES {
            return Err(SealError::ShortKey { found });
        }
        let [a, b, c, d, ..] = *derive_key(master, "seal key id").reveal();
        let Ok(cipher) = UnboundKey::new(&AES_256_GCM, derive_key(master, "seal").reveal()) else {
            fail_stop("an AES-256 key of 32 bytes");
        };
        Ok(Self { id: KeyId([a, b, c, d]), cipher: LessSafeKey::new(cipher) })
    }
}

/// Seals under the current key; opens under the current and the previous ones.
pub struct Sealer {
    current: SealingKey,
    previous: Vec<SealingKey>,
}

impl Sealer {
    /// Refuses keys shorter than [`MIN_KEY_BYTES`]. The cipher's key is derived from `key`.
    pub fn new(key: &KeyBytes) -> Result<Self, SealError> {
        Ok(Self { current: SealingKey::new(key)?, previous: Vec::new() })
    }

    /// Opens values sealed under `keys` too, for as long as a rotation takes.
    pub fn with_previous(mut self, keys: &[KeyBytes]) -> Result<Self, SealError> {
        self.previous = keys.iter().map(SealingKey::new).collect::<Result<_, _>>()?;
        Ok(self)
    }

    /// The id of the key that seals now.
    pub fn key_id(&self) -> KeyId {
        self.current.id
    }

    /// Seals `plaintext` for one purpose (`signing_key`, `totp`) and one row.
    pub fn seal(&self, purpose: &str, row: &str, plaintext: &[u8], random: &Random) -> Vec<u8> {
        // 96 random bits: safe for 2^32 values under one key (NIST SP 800-38D §8.3), and we seal thousands.
        let nonce: [u8; NONCE_LEN] = random.bytes();
        let mut text = plaintext.to_vec();
        let aad = Aad::from(framed(&[purpose.as_bytes(), row.as_bytes()]));
        let nonce_used = Nonce::assume_unique_for_key(nonce);
        if self.current.cipher.seal_in_place_append_tag(nonce_used, aad, &mut text).is_err() {
            fail_stop("sealing");
        }
        let mut sealed = Vec::with_capacity(1 + KEY_ID_LEN + NONCE_LEN + text.len());
        sealed.push(VERSION);
        sealed.extend_from_slice(&self.current.id.0);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(&text);
        sealed
    }

    /// Opens what [`seal`](Self::seal) gave for the same purpose and row.
    pub fn open(&self, purpose: &str, row: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let Some((&[VERSION], rest)) = sealed.split_first_chunk::<1>() else { return Err(SealError::UnknownFormat) };
        let (key_id, rest) = rest.split_first_chunk::<KEY_ID_LEN>().ok_or(SealError::UnknownFormat)?;
        let (nonce, text) = rest.split_first_chunk::<NONCE_LEN>().ok_or(SealError::UnknownFormat)?;

        let mut known = false;
        for key in self.keys().filter(|key| key.id.0 == *key_id) {
            known = true;
            let aad = Aad::from(framed(&[purpose.as_bytes(), row.as_bytes()]));
            let mut text = Zeroizing::new(text.to_vec());
            if let Ok(plain) = key.cipher.open_in_place(Nonce::from(nonce), aad, &mut text) {
                let length = plain.len();
                text.truncate(length);
                return Ok(text);
            }
        }
        Err(if known {
            SealError::Damaged
        } else {
            SealError::UnknownKey { sealed_under: KeyId(*key_id), current: self.current.id }
        })
    }

    /// Whether `sealed` still hangs on a previous key and should be sealed anew.
    pub fn needs_resealing(&self, sealed: &[u8]) -> bool {
        sealed.get(1..=KEY_ID_LEN) != Some(self.current.id.0.as_slice())
    }

    fn keys(&self) -> impl Iterator<Item = &SealingKey> {
        std::iter::once(&self.current).chain(&self.previous)
    }
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealer(key {}, {} previous)", self.current.id, self.previous.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &[u8] = b"the private key of the city";

    fn key(byte: u8) -> KeyBytes {
        KeyBytes::new(vec![byte; 32])
    }

    fn sealer(byte: u8) -> Sealer {
        Sealer::new(&key(byte)).unwrap()
    }

    fn sealed_by(sealer: &Sealer) -> Vec<u8> {
        sealer.seal("signing_key", "kid-1", SECRET, &Random::system())
    }

    #[test]
    fn what_was_sealed_opens_for_the_same_purpose_and_row() {
        let sealed = sealed_by(&sealer(1));
        assert_eq!(sealer(1).open("signing_key", "kid-1", &sealed).unwrap().as_slice(), SECRET);
        assert_eq!(sealed.len(), 1 + 4 + 12 + SECRET.len() + 16);
    }

    #[test]
    fn a_value_copied_to_another_row_or_purpose_does_not_open() {
        let sealed = sealed_by(&sealer(1));
        for (purpose, row) in [("signing_key", "kid-2"), ("totp", "kid-1"), ("signing_keyk", "id-1")] {
            assert_eq!(sealer(1).open(purpose, row, &sealed).unwrap_err(), SealError::Damaged);
        }
    }

    #[test]
    fn every_flipped_bit_of_nonce_text_and_tag_is_noticed() {
        let sealed = sealed_by(&sealer(1));
        for at in 1 + KEY_ID_LEN..sealed.len() {
            let mut damaged = sealed.clone();
            damaged[at] ^= 1;
            assert_eq!(sealer(1).open("signing_key", "kid-1", &damaged).unwrap_err(), SealError::Damaged, "byte {at}");
        }
        for length in 0..sealed.len() {
            assert!(sealer(1).open("signing_key", "kid-1", &sealed[..length]).is_err(), "cut at {length}");
        }
    }

    #[test]
    fn another_key_is_told_apart_from_a_damaged_row() {
        let error = sealer(2).open("signing_key", "kid-1", &sealed_by(&sealer(1))).unwrap_err();
        assert_eq!(error, SealError::UnknownKey { sealed_under: sealer(1).key_id(), current: sealer(2).key_id() });
        assert!(error.to_string().contains("put back the key file"), "{error}");
        assert_eq!(sealer(1).open("signing_key", "kid-1", b"\x02rubbish").unwrap_err(), SealError::UnknownFormat);
        assert_eq!(sealer(1).open("signing_key", "kid-1", b"").unwrap_err(), SealError::UnknownFormat);
    }

    #[test]
    fn after_a_rotation_old_values_open_and_new_ones_are_sealed_under_the_new_key() {
        let old = sealed_by(&sealer(1));
        let rotated = sealer(2).with_previous(&[key(1)]).unwrap();
        assert_eq!(rotated.open("signing_key", "kid-1", &old).unwrap().as_slice(), SECRET);
        assert!(rotated.needs_resealing(&old));
        let new = sealed_by(&rotated);
        assert!(!rotated.needs_resealing(&new));
        assert_eq!(sealer(2).open("signing_key", "kid-1", &new).unwrap().as_slice(), SECRET);
    }

    #[test]
    fn the_same_text_is_sealed_differently_each_time() {
        assert_ne!(sealed_by(&sealer(1)), sealed_by(&sealer(1)));
    }

    #[test]
    fn a_short_key_is_refused() {
        assert_eq!(Sealer::new(&KeyBytes::new(vec![1; 31])).unwrap_err(), SealError::ShortKey { found: 31 });
        assert!(sealer(1).with_previous(&[KeyBytes::new(vec![])]).is_err());
    }

    #[test]
    fn debug_shows_ids_only() {
        let text = format!("{:?}", sealer(1));
        assert!(text.starts_with("Sealer(key ") && text.ends_with(", 0 previous)") && text.len() < 40, "{text}");
    }
}
