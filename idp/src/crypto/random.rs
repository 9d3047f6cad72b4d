//! Randomness as a parameter. [`Random`] is the only source of chance in the workspace: the operating system's in a
//! server ([`Random::system`]), a repeatable stream in tests ([`Random::seeded`]).
//!
//! It also knows the shapes we need: tokens, ids, and codes that a person reads aloud (alphabet in
//! [`short_code`]). It must not learn what a value is for.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use super::short_code::{self, PlainCode};
use super::{fail_stop, hash};
use crate::domain::ids::{Reference, Sub};
use crate::domain::secret::PlainToken;

/// Groups of four symbols in a reference: 39 bits, enough to find a trace, no secret.
const REFERENCE_GROUPS: usize = 2;
/// Groups of four symbols in an activation code: 58 bits, tried under throttling and for a limited time.
const ACTIVATION_GROUPS: usize = 3;

/// A source of random values. Clones draw from the same source.
#[derive(Clone)]
pub struct Random(Source);

#[derive(Clone)]
enum Source {
    System,
    Seeded(Arc<Stream>),
}

/// SHA-256 in counter mode over a seed.
struct Stream {
    seed: u64,
    next_block: AtomicU64,
}

impl Random {
    /// The generator of the cryptographic library, seeded by the operating system.
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// The same values in the same order for the same seed, so that a test can be repeated. **Never in production**:
    /// whoever guesses the seed knows every token.
    pub fn seeded(seed: u64) -> Self {
        Self(Source::Seeded(Arc::new(Stream { seed, next_block: AtomicU64::new(0) })))
    }

    /// Fills `buffer` with random bytes.
    pub fn fill(&self, buffer: &mut [u8]) {
        match &self.0 {
            Source::System => {
                if aws_lc_rs::rand::fill(buffer).is_err() {
                    fail_stop("random bytes");
                }
            }
            Source::Seeded(stream) => stream.fill(buffer),
        }
    }

    /// `N` random bytes.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        bytes
    }

    /// A machine secret: 256 bits as base64url without padding (43 characters).
    pub fn token(&self) -> PlainToken {
        let bytes = Zeroizing::new(self.bytes::<32>());
        PlainToken::new(URL_SAFE_NO_PAD.encode(bytes.as_slice()))
    }

    /// A version 4 UUID (RFC 9562 §5.4) in its hyphenated form.
    pub fn uuid(&self) -> String {
        uuid::Builder::from_random_bytes(self.bytes()).into_uuid().to_string()
    }

    /// A new agent's `sub`.
    pub fn sub(&self) -> Sub {
        Sub::new(self.uuid())
    }

    /// A code for people: `groups` groups of four symbols joined with `-` (`K7QM-2F4X`), each symbol equally likely.
    pub fn short_code(&self, groups: usize) -> String {
        short_code::grouped(&self.symbols(groups))
    }

    /// The reference that is shown on a refusal page (`K7QM-2F4X`).
    pub fn reference(&self) -> Reference {
        Reference::new(self.short_code(REFERENCE_GROUPS))
    }

    /// A one-time activation code of three groups.
    pub fn activation_code(&self) -> PlainCode {
        PlainCode::typed(&self.symbols(ACTIVATION_GROUPS))
    }

    /// A one-time code of digits, for a message to a telephone: each digit equally likely.
    pub fn digits(&self, count: usize) -> PlainCode {
        let bytes = std::iter::repeat_with(|| self.bytes::<32>()).flatten();
        let digits: Zeroizing<String> = Zeroizing::new(bytes.filter_map(short_code::digit).take(count).collect());
        PlainCode::typed(&digits)
    }

    /// Bytes that map to no symbol are thrown away: a plain remainder would prefer the alphabet's first letters.
    fn symbols(&self, groups: usize) -> Zeroizing<String> {
        let bytes = std::iter::repeat_with(|| self.bytes::<32>()).flatten();
        Zeroizing::new(bytes.filter_map(short_code::symbol).take(groups * short_code::GROUP).collect())
    }
}

impl Stream {
    fn fill(&self, buffer: &mut [u8]) {
        for chunk in buffer.chunks_mut(32) {
            let block = self.next_block.fetch_add(1, Ordering::SeqCst);
            let mut input = b"octroi seeded randomness".to_vec();
            input.extend_from_slice(&self.seed.to_be_bytes());
            input.extend_from_slice(&block.to_be_bytes());
            for (to, from) in chunk.iter_mut().zip(hash::sha256(&input)) {
                *to = from;
            }
        }
    }
}

impl fmt::Debug for Random {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Source::System => "Random(system)",
            Source::Seeded(_) => "Random(seeded, for tests)",
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{HashMap, HashSet};

    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_values_and_another_seed_others() {
        let draw = |seed| {
            let random = Random::seeded(seed);
            (random.uuid(), random.token().reveal().to_owned(), random.short_code(3))
        };
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
    }

    #[test]
    fn clones_draw_from_one_stream_and_never_repeat_each_other() {
        let random = Random::seeded(1);
        let clone = random.clone();
        assert_ne!(random.bytes::<32>(), clone.bytes::<32>());
    }

    #[test]
    fn the_system_never_gives_the_same_token_twice() {
        let random = Random::system();
        let tokens: HashSet<String> = (0..1000).map(|_| random.token().reveal().to_owned()).collect();
        assert_eq!(tokens.len(), 1000);
    }

    #[test]
    fn a_token_is_256_bits_in_base64url_without_padding() {
        let token = Random::system().token();
        assert_eq!(token.reveal().len(), 43);
        assert_eq!(URL_SAFE_NO_PAD.decode(token.reveal()).unwrap().len(), 32);
    }

    #[test]
    fn a_uuid_says_version_4_of_the_standard_variant() {
        let uuid = uuid::Uuid::parse_str(&Random::system().uuid()).unwrap();
        assert_eq!(uuid.get_version_num(), 4);
        assert_eq!(uuid.get_variant(), uuid::Variant::RFC4122);
        assert_eq!(Random::seeded(3).sub().as_str(), Random::seeded(3).uuid());
    }

    #[test]
    fn a_short_code_has_groups_of_four_without_letters_that_people_mix_up() {
        for seed in 0..200 {
            let code = Random::seeded(seed).short_code(2);
            let (first, second) = code.split_once('-').unwrap();
            assert_eq!((first.len(), second.len()), (4, 4), "{code}");
            assert!(!code.contains(['0', 'O', '1', 'I', 'L', 'U']), "{code}");
        }
        assert_eq!(Random::seeded(1).reference().as_str().len(), 9);
        assert_eq!(Random::seeded(1).activation_code().grouped().len(), 14);
        assert_eq!(Random::seeded(1).short_code(0), "");
        assert!((0..200).all(|seed| PlainCode::typed_digits(&Random::seeded(seed).digits(8).grouped(), 8).is_some()));
    }

    #[test]
    fn every_symbol_of_a_short_code_is_equally_likely() {
        let mut seen: HashMap<char, u32> = HashMap::new();
        for symbol in Random::seeded(11).short_code(15_000).chars().filter(|c| *c != '-') {
            *seen.entry(symbol).or_default() += 1;
        }
        // 60 000 symbols over 30 letters: 2 000 each, give or take 44 (one standard deviation); 250 is beyond five.
        assert_eq!(seen.len(), 30);
        assert!(seen.values().all(|count| count.abs_diff(2_000) < 250), "{seen:?}");
    }

    #[test]
    fn debug_does_not_tell_the_seed() {
        assert_eq!(format!("{:?}", Random::seeded(42)), "Random(seeded, for tests)");
        assert_eq!(format!("{:?}", Random::system()), "Random(system)");
    }
}
