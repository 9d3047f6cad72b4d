//! `[password]`: what a password must be, and what its hash costs. Both have floors that no configuration undercuts.

use std::path::PathBuf;
use std::time::Duration;

use super::problem::Fault;
use super::secret;
use super::section::{Section, text_of};
use super::tree::quoted;
use crate::crypto::breach::BreachFilter;
use crate::domain::password_policy::PasswordPolicy;
use crate::domain::secret::{KeyBytes, PASSWORD_MAX_CODE_POINTS};

/// Words that no password contains, unless the section lists others. The brand's names always join them.
const FORBIDDEN_WORDS: [&str; 3] = ["octroi", "intraparis", "nomades"];

/// The domain's policy looks for words from this length on.
const SHORTEST_WORD: usize = 4;

/// OWASP's and ASVS 5.0's (11.4.2, appendix C) argon2id floors: least memory in KiB by iterations; the last one stays.
const FLOORS: [(u32, u32); 3] = [(1, 47_104), (2, 19_456), (3, 12_288)];

/// The section, checked.
#[derive(Debug, Clone)]
pub struct PasswordConfig {
    pub policy: PasswordPolicy,
    pub hashing: HashingConfig,
    pub pepper: KeyBytes,
    /// The filter of breached passwords (`octroictl password filter build`).
    pub breach_filter: Option<PathBuf>,
}

/// What a hash costs (argon2id), and how many run at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HashingConfig {
    pub memory_kib: u32,
    pub iterations: u32,
    pub parallelism: u32,
    /// Hashes computed at a time.
    pub threads: usize,
    /// Hashes that may wait; beyond that the answer is 503.
    pub queue: usize,
}

pub(super) fn read(section: &Section<'_>) -> Option<PasswordConfig> {
    let policy = read_policy(section);
    let hashing = read_hashing(section);
    let pepper = secret::required_key(section, "pepper", "pepper.key");
    let breach_filter = read_breach_filter(section);
    Some(PasswordConfig { policy, hashing, pepper: pepper?, breach_filter })
}

/// Opened here too, so that `octroi config check` tells before the restart what a start would tell.
fn read_breach_filter(section: &Section<'_>) -> Option<PathBuf> {
    let file = section.reader.resolve(&section.optional_text("breach_filter")?);
    match BreachFilter::open(&file) {
        Ok(_) => Some(file),
        Err(error) => {
            let why = std::error::Error::source(&error).map(|source| format!(": {source}")).unwrap_or_default();
            let fix = "build it with `octroictl password filter build`, or remove the key";
            section.error("breach_filter", Fault::new(format!("{error}{why}"), fix));
            None
        }
    }
}

fn read_policy(section: &Section<'_>) -> PasswordPolicy {
    let floor = PasswordPolicy::FLOOR;
    let min_length = section.integer("min_length", floor, floor..=PASSWORD_MAX_CODE_POINTS);
    let standard = PasswordPolicy::default();
    let min_score = section.integer("min_score", standard.min_score, 0..=4);
    let history = section.integer("history", standard.history, 1..=24);
    let day = Duration::from_hours(24);
    let max_age = section.optional_duration("max_age", day..=3650 * day);
    let default = FORBIDDEN_WORDS.map(String::from).to_vec();
    let words = section.list("forbidden_words", default, |word| quoted(word), text_of);
    for (index, word) in words.iter().filter(|(_, word)| word.chars().count() < SHORTEST_WORD) {
        let what = format!("{word:?} forbids nothing: words shorter than {SHORTEST_WORD} letters are not looked for");
        section.warning(&format!("forbidden_words[{index}]"), Fault::new(what, "remove it"));
    }
    let forbidden_words = words.into_iter().map(|(_, word)| word).collect();
    PasswordPolicy { min_length, min_score, history, max_age, forbidden_words }
}

fn read_hashing(section: &Section<'_>) -> HashingConfig {
    let memory_kib = section.integer("memory_kib", 19_456, 1..=4 * 1024 * 1024);
    let iterations = section.integer("iterations", 2, 1..=100);
    let parallelism = section.integer("parallelism", 1, 1..=64);
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let threads = section.integer("threads", cores, 1..=1024);
    let queue = section.integer("queue", 64, 1..=100_000);

    let floor = FLOORS.iter().rev().find(|(least, _)| iterations >= *least).map_or(u32::MAX, |(_, memory)| *memory);
    if memory_kib < floor {
        let what = format!("{memory_kib} KiB with {iterations} iterations is below the floor of ASVS 11.4.2 and OWASP");
        let fix = format!("set memory_kib to at least {floor} (1 iteration: 47104, 2: 19456, 3 and more: 12288)");
        section.contradiction(&["memory_kib", "iterations"], Fault::new(what, fix));
    }
    HashingConfig { memory_kib, iterations, parallelism, threads, queue }
}
