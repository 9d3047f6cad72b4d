//! Codes that a person reads aloud and types: their alphabet, their forgiving reading, and the keyed digest that is
//! stored of them.
//!
//! Such a code is too short for a plain hash (whoever reads the database would try them all), so it is stored as an HMAC
//! under a key that lives outside the database, bound to the agent and to what the code is for. Drawing one is
//! [`Random`](super::random::Random)'s business; how often one may be tried is the throttle's.

use std::fmt;

use zeroize::Zeroizing;

use super::hash::{DerivedKey, derive_key, hmac};
use crate::domain::secret::KeyBytes;

/// Crockford's idea taken one step further: neither 0 nor O, neither 1 nor I nor L, no U.
const ALPHABET: &[u8; 30] = b"23456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Symbols between two dashes.
pub(super) const GROUP: usize = 4;
/// A typed code is cut here, in symbols; no real one is half as long.
const TYPED_MAX: usize = 32;
/// How much of what was typed is looked at.
const READ_MAX: usize = 256;

/// The symbol for a random byte, or nothing for the bytes that would make some symbols likelier than others.
pub(super) fn symbol(byte: u8) -> Option<char> {
    let fair = u8::MAX - u8::MAX % 30; // 240 values: eight for each symbol
    if byte >= fair {
        return None;
    }
    ALPHABET.get(usize::from(byte % 30)).copied().map(char::from)
}

/// The same for a code of digits.
pub(super) fn digit(byte: u8) -> Option<char> {
    (byte < 250).then(|| char::from(b'0' + byte % 10)) // 25 values for each digit
}

/// Symbols in groups of four joined with `-`.
pub(super) fn grouped(symbols: &str) -> String {
    let mut text = String::with_capacity(symbols.len() + symbols.len() / GROUP);
    for (at, symbol) in symbols.chars().enumerate() {
        if at > 0 && at % GROUP == 0 {
            text.push('-');
        }
        text.push(symbol);
    }
    text
}

/// What was typed, in the one form that is compared: upper case, without spaces and dashes (also those that a word
/// processor or a mail puts in), and never longer than 32 symbols. It is not checked against the alphabet: a wrong
/// letter is a wrong code.
pub fn normalise_code(typed: &str) -> String {
    typed
        .chars()
        .take(READ_MAX)
        .filter(|c| !c.is_whitespace() && !c.is_control() && !is_dash(*c))
        .take(TYPED_MAX)
        .map(|c| c.to_ascii_uppercase())
        .collect()
}

fn is_dash(c: char) -> bool {
    // Hyphen-minus, soft hyphen, hyphen to horizontal bar, minus sign, and the small and full-width forms.
    matches!(c, '-' | '\u{ad}' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' | '\u{ff0d}')
}

/// A short secret code, drawn or typed, normalised once.
#[derive(Clone)]
pub struct PlainCode(Zeroizing<String>);

impl PlainCode {
    /// Reads what a person typed.
    pub fn typed(text: &str) -> Self {
        Self(Zeroizing::new(normalise_code(text)))
    }

    /// Reads a code of so many digits; `None` where something else was typed.
    pub fn typed_digits(text: &str, count: usize) -> Option<Self> {
        let code = Self::typed(text);
        (code.0.len() == count && code.0.bytes().all(|byte| byte.is_ascii_digit())).then_some(code)
    }

    /// The form that is digested.
    pub fn normalised(&self) -> &str {
        &self.0
    }

    /// The form that is shown once to whoever hands it over (`K7QM-2F4X-9TWB`); never for a log.
    pub fn grouped(&self) -> String {
        grouped(&self.0)
    }
}

impl fmt::Debug for PlainCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PlainCode(…)")
    }
}

/// The key for digests of short codes.
#[derive(Debug, Clone)]
pub struct ShortCodeKey(DerivedKey);

impl ShortCodeKey {
    /// Derived from the server's sealing key.
    pub fn new(master: &KeyBytes) -> Self {
        Self(derive_key(master, "short codes"))
    }

    /// What is stored and looked up: the same code for another agent or another purpose gives another digest.
    pub fn digest(&self, purpose: &'static str, soi: &str, code: &PlainCode) -> [u8; 32] {
        hmac(&self.0, &[purpose.as_bytes(), soi.as_bytes(), code.normalised().as_bytes()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> ShortCodeKey {
        ShortCodeKey::new(&KeyBytes::new(vec![1; 32]))
    }

    #[test]
    fn a_code_is_read_however_it_was_typed() {
        for typed in ["K7QM-2F4X", "k7qm2f4x", " K7QM 2F4X\n", "k7qm–2f4x", "K7QM\u{2011}2F4X\u{a0}", "K7\tQM--2F4X"]
        {
            assert_eq!(normalise_code(typed), "K7QM2F4X", "{typed:?}");
            assert_eq!(PlainCode::typed(typed).grouped(), "K7QM-2F4X");
        }
        assert_eq!(normalise_code(" - "), "");
    }

    #[test]
    fn a_code_of_digits_is_told_from_everything_else() {
        for typed in ["48219037", "4821-9037", " 4821 9037\n", "48 21 90 37", "4821–9037"] {
            assert_eq!(PlainCode::typed_digits(typed, 8).unwrap().grouped(), "4821-9037", "{typed:?}");
        }
        for typed in ["", "4821", "4821-9O37", "482190370", "４８２１９０３７", "4821-9037x", &"4".repeat(100_000)]
        {
            assert!(PlainCode::typed_digits(typed, 8).is_none(), "{typed:.20}");
        }
    }

    #[test]
    fn an_endless_code_is_cut_and_never_becomes_a_short_one() {
        assert_eq!(normalise_code(&"A".repeat(1_000_000)).len(), 32);
        assert_ne!(normalise_code(&format!("K7QM2F4X{}", "Z".repeat(100))), "K7QM2F4X");
        assert!(normalise_code(&"é".repeat(500)).chars().count() <= 32);
    }

    #[test]
    fn a_digest_is_bound_to_code_agent_and_purpose() {
        let code = PlainCode::typed("K7QM-2F4X-9TWB");
        let digest = key().digest("activation", "100001", &code);
        assert_eq!(digest, key().digest("activation", "100001", &PlainCode::typed("k7qm 2f4x 9twb")));
        assert_ne!(digest, key().digest("activation", "100002", &code));
        assert_ne!(digest, key().digest("reset", "100001", &code));
        assert_ne!(digest, key().digest("activation", "100001", &PlainCode::typed("K7QM-2F4X-9TWC")));
        assert_ne!(digest, ShortCodeKey::new(&KeyBytes::new(vec![2; 32])).digest("activation", "100001", &code));
    }

    #[test]
    fn all_bytes_but_the_unfair_ones_map_evenly_to_symbols() {
        let mut counts = std::collections::HashMap::new();
        for byte in 0..=u8::MAX {
            if let Some(symbol) = symbol(byte) {
                *counts.entry(symbol).or_insert(0) += 1;
            }
        }
        assert_eq!(counts.len(), ALPHABET.len());
        assert!(counts.values().all(|count| *count == 8));
    }

    #[test]
    fn all_bytes_but_the_unfair_ones_map_evenly_to_digits() {
        let mut counts = std::collections::BTreeMap::new();
        for digit in (0..=u8::MAX).filter_map(digit) {
            *counts.entry(digit).or_insert(0) += 1;
        }
        assert!(counts.keys().copied().eq('0'..='9') && counts.values().all(|count| *count == 25));
    }

    #[test]
    fn debug_shows_neither_code_nor_key() {
        assert_eq!(format!("{:?}", PlainCode::typed("K7QM-2F4X")), "PlainCode(…)");
        assert_eq!(format!("{:?}", key()), "ShortCodeKey(DerivedKey(…))");
    }
}
