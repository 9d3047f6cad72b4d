//! What is drawn in a campaign: all of it comes from one seed, each round and each client from a stream of its own, so
//! that a round draws the same whatever the others did.

use std::ops::RangeInclusive;
use std::time::Duration;

use octroi_idp::crypto::hash::sha256;
use octroi_idp::crypto::random::Random;

/// A repeatable stream of draws.
#[derive(Clone)]
pub struct Chance(Random);

impl Chance {
    /// The stream of one part of a campaign, named by its seed and its place.
    pub fn of(seed: u64, place: &str) -> Self {
        let digest = sha256(format!("{seed} {place}").as_bytes());
        let mut stream = [0; 8];
        stream.copy_from_slice(&digest[..8]);
        Self(Random::seeded(u64::from_be_bytes(stream)))
    }

    /// A number below `bound`. The bounds here are far too small for the remainder's bias to matter.
    pub fn below(&self, bound: usize) -> usize {
        let drawn = u64::from_be_bytes(self.0.bytes());
        usize::try_from(drawn % u64::try_from(bound.max(1)).expect("a bound")).expect("below a bound")
    }

    /// True once in `n` draws.
    pub fn one_in(&self, n: usize) -> bool {
        self.below(n) == 0
    }

    /// A length of time.
    pub fn millis(&self, range: RangeInclusive<usize>) -> Duration {
        let drawn = range.start() + self.below(range.end() - range.start() + 1);
        Duration::from_millis(u64::try_from(drawn).expect("milliseconds"))
    }

    /// One of them.
    pub fn pick<T: Copy>(&self, among: &[T]) -> Option<T> {
        if among.is_empty() { None } else { Some(among[self.below(among.len())]) }
    }

    /// A password that meets every policy, and that nobody had before.
    pub fn password(&self) -> String {
        format!("Tilleul-{}-quai", self.0.short_code(3))
    }
}
