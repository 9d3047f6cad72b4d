//! The stored form of a password: `$argon2id$v=19$m=19456,t=2,p=1$salt$hash`, base64 without padding (PHC string
//! format). Read strictly: what was not written by this file is not understood.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use crate::crypto::hash::constant_time_eq;

/// 128 bits (ANSSI R28).
pub(super) const SALT_LEN: usize = 16;
/// 256 bits.
pub(super) const OUTPUT_LEN: usize = 32;

/// The parameters of one computation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cost {
    pub memory_kib: u32,
    pub iterations: u32,
    pub parallelism: u32,
}

impl Cost {
    /// The limits protect the server from a stored hash that asks for the impossible, and hold for the configuration
    /// too, so that what is written today can be verified tomorrow: at most 1 GiB, 64 passes and 16 lanes.
    pub(super) fn is_computable(self) -> bool {
        (1..=64).contains(&self.iterations)
            && (1..=16).contains(&self.parallelism)
            && (8 * self.parallelism..=1024 * 1024).contains(&self.memory_kib)
    }
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "m={},t={},p={}", self.memory_kib, self.iterations, self.parallelism)
    }
}

/// A password hash with everything that is needed to compute it again.
#[derive(Clone)]
pub(super) struct PasswordHash {
    pub cost: Cost,
    pub salt: Vec<u8>,
    output: Vec<u8>,
}

impl PasswordHash {
    pub(super) fn new(cost: Cost, salt: [u8; SALT_LEN], output: [u8; OUTPUT_LEN]) -> Self {
        Self { cost, salt: salt.to_vec(), output: output.to_vec() }
    }

    /// `None` for anything but argon2id version 19 within the limits.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut fields = text.strip_prefix("$argon2id$v=19$")?.split('$');
        let (parameters, salt, output) = (fields.next()?, fields.next()?, fields.next()?);
        let mut parameters = parameters.split(',');
        let cost = Cost {
            memory_kib: number(parameters.next()?, "m=")?,
            iterations: number(parameters.next()?, "t=")?,
            parallelism: number(parameters.next()?, "p=")?,
        };
        let salt = STANDARD_NO_PAD.decode(salt).ok()?;
        let output = STANDARD_NO_PAD.decode(output).ok()?;
        let complete = fields.next().is_none() && parameters.next().is_none();
        let bounded = (8..=64).contains(&salt.len()) && (16..=64).contains(&output.len());
        (complete && bounded && cost.is_computable()).then_some(Self { cost, salt, output })
    }

    pub(super) fn with_output(self, output: Vec<u8>) -> Self {
        Self { output, ..self }
    }

    pub(super) fn output_len(&self) -> usize {
        self.output.len()
    }

    pub(super) fn has_output(&self, output: &[u8]) -> bool {
        constant_time_eq(&self.output, output)
    }

    /// Whether one computation gives the output of both.
    pub(super) fn is_computed_like(&self, other: &Self) -> bool {
        self.cost == other.cost && self.salt == other.salt && self.output.len() == other.output.len()
    }

    /// Whether it was made as one would be made now.
    pub(super) fn is_current(&self, cost: Cost) -> bool {
        self.cost == cost && self.salt.len() == SALT_LEN && self.output.len() == OUTPUT_LEN
    }
}

/// Decimal without sign or leading zeros, after its name.
fn number(field: &str, name: &str) -> Option<u32> {
    let digits = field.strip_prefix(name)?;
    let canonical = digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0');
    canonical.then(|| u32::from_str(digits).ok())?
}

impl fmt::Display for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (salt, output) = (STANDARD_NO_PAD.encode(&self.salt), STANDARD_NO_PAD.encode(&self.output));
        write!(f, "$argon2id$v=19${}${salt}${output}", self.cost)
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PasswordHash({}, …)", self.cost)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const COST: Cost = Cost { memory_kib: 19_456, iterations: 2, parallelism: 1 };
    const STORED: &str =
        "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE";

    #[test]
    fn what_is_written_is_read_again() {
        let hash = PasswordHash::new(COST, [0; 16], [1; 32]);
        assert_eq!(hash.to_string(), STORED);
        let read = PasswordHash::parse(STORED).unwrap();
        assert_eq!(read.to_string(), STORED);
        assert!(read.is_current(COST));
        assert!(read.has_output(&[1; 32]) && !read.has_output(&[0; 32]) && !read.has_output(&[]));
    }

    #[test]
    fn anything_else_is_not_understood() {
        let strange = [
            ("$argon2id", "$argon2i"),
            ("v=19", "v=16"),
            ("v=19$", ""),
            ("m=19456", "m=+19456"),
            ("m=19456", "m=019456"),
            ("m=19456", "m=4294967296"),
            ("m=19456", "m=1048577"),
            ("m=19456", "m=7"),
            ("m=19456,t=2", "t=2,m=19456"),
            ("t=2", "t=0"),
            ("t=2", "t=65"),
            ("p=1", "p=17"),
            ("p=1", "p=1,keyid=AA"),
            ("p=1", "p="),
            ("AAAAAAAAAAAAAAAAAAAAAA", "AAAA"),
            ("AAAAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAAA=="),
            ("AAAAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAAB"),
            ("$AQEB", "$!QEB"),
            ("AQE", "AQE$AQE"),
        ];
        for (from, to) in strange {
            let text = STORED.replacen(from, to, 1);
            assert!(PasswordHash::parse(&text).is_none(), "{text}");
        }
        assert!(PasswordHash::parse("").is_none());
        assert!(PasswordHash::parse(&STORED[..STORED.len() - 20]).is_some(), "a shorter output is another current one");
        assert!(!PasswordHash::parse(&STORED[..STORED.len() - 20]).unwrap().is_current(COST));
    }

    #[test]
    fn debug_shows_the_parameters_only() {
        assert_eq!(format!("{:?}", PasswordHash::parse(STORED).unwrap()), "PasswordHash(m=19456,t=2,p=1, …)");
    }

    proptest! {
        #[test]
        fn no_text_makes_the_reader_fail(text in "(\\$argon2id\\$v=19\\$)?[$=,mtp0-9A-Za-z+/]{0,120}") {
            if let Some(hash) = PasswordHash::parse(&text) {
                prop_assert_eq!(hash.to_string(), text);
            }
        }
    }
}
