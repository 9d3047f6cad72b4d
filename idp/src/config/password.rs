//! `[password]`: what a password's hash costs, and the files that passwords are looked up in. What a password must be is
//! read in `password_policy.rs`. Both have floors that no configuration undercuts.

use std::path::PathBuf;

use super::problem::Fault;
use super::section::Section;
use super::{password_policy, secret};
use crate::crypto::blocklist;
use crate::crypto::breach::BreachFilter;
use crate::domain::password_policy::{PasswordPolicies, Preset};
use crate::domain::population::Populations;
use crate::domain::secret::KeyBytes;

/// OWASP's and ASVS 5.0's (11.4.2, appendix C) argon2id floors: least memory in KiB by iterations; the last one stays.
const FLOORS: [(u32, u32); 3] = [(1, 47_104), (2, 19_456), (3, 12_288)];

/// The section, checked.
#[derive(Debug, Clone)]
pub struct PasswordConfig {
    pub preset: Preset,
    pub policies: PasswordPolicies,
    pub hashing: HashingConfig,
    pub pepper: KeyBytes,
    /// The filter of breached passwords (`octroictl password filter build`).
    pub breach_filter: Option<PathBuf>,
    /// The City's own list of forbidden passwords.
    pub blocklist: Option<PathBuf>,
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

pub(super) fn read(section: &Section<'_>, populations: &Populations) -> Option<PasswordConfig> {
    let hashing = read_hashing(section);
    let pepper = secret::required_key(section, "pepper", "pepper.key");
    let breach_filter = read_breach_filter(section);
    let blocklist = read_blocklist(section);
    let (preset, policies) = password_policy::read(section, populations);
    Some(PasswordConfig { preset, policies, hashing, pepper: pepper?, breach_filter, blocklist })
}

fn read_blocklist(section: &Section<'_>) -> Option<PathBuf> {
    let file = section.reader.resolve(&section.optional_text("blocklist")?);
    match blocklist::read(&file) {
        Ok((list, _)) => {
            if list.is_empty() {
                let what =
                    format!("no entry of {} can refuse a password ({} are too short)", file.display(), list.idle());
                section.warning("blocklist", Fault::new(what, "list words of at least eight characters, one a line"));
            }
            Some(file)
        }
        Err(error) => {
            let why = std::error::Error::source(&error).map(|source| format!(": {source}")).unwrap_or_default();
            let fix = "write a text in UTF-8 with one word or password a line, or remove the key";
            section.error("blocklist", Fault::new(format!("{error}{why}"), fix));
            None
        }
    }
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
