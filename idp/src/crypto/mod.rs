//! Everything that depends on a key or on chance: random values, hashes, keyed digests, sealing, passwords, JWTs.
//!
//! This directory is the home of `aws-lc-rs`, of `argon2` (in [`password`]) and of `jsonwebtoken` (in [`jwt`]). It knows
//! neither SQL nor HTTP nor the configuration: keys arrive as [`KeyBytes`](crate::domain::secret::KeyBytes), chance as
//! [`Random`](random::Random), and no type that holds a secret prints it.
//!
//! | wanted | file |
//! |---|---|
//! | a token, an id, a code to read aloud | `random.rs`, `short_code.rs` |
//! | what is stored of a token; PKCE; `at_hash` | `hash.rs` |
//! | digests under a key outside the database (codes, CSRF, throttle rows) | `short_code.rs`, `keyed.rs` |
//! | whether an agent has used this browser before | `known_browser.rs` |
//! | a secret that must be read again | `seal.rs` |
//! | an agent's password | `password/` |
//! | whether a password was in a breach, or is on the City's list | `breach/`, `blocklist.rs` |
//! | signing keys and tokens | `keys.rs`, `jwt.rs` |

pub mod blocklist;
pub mod breach;
pub mod hash;
pub mod jwt;
pub mod keyed;
pub mod keys;
pub mod known_browser;
pub mod password;
pub mod random;
pub mod seal;
pub mod short_code;
pub mod tls;

/// Ends the process because the cryptographic library refused an operation that cannot fail on valid input.
///
/// This happens when memory is exhausted or the library is broken. Going on would mean a token of zeros or an
/// unencrypted secret, and unwinding would let the server answer with one: stopping is the only safe answer.
#[cold]
fn fail_stop(operation: &'static str) -> ! {
    tracing::error!(operation, "the cryptographic library failed; stopping at once");
    std::process::abort()
}
