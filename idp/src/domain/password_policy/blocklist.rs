//! The City's own list of passwords that nobody may choose: a text with one word or password a line (CNIL-08, NIST-06).
//!
//! An entry refuses the password that it is, and every password of which it makes up more than half: `motdepasse` refuses
//! `motdepasse-2026`, and `soleil` does not refuse a phrase about the sun. Case and accents do not count. Words that no
//! password may contain at all are the policy's `forbidden_words`.

use std::collections::HashSet;

use super::PasswordPolicy;
use super::words::fold;
use crate::domain::secret::{PASSWORD_MAX_CODE_POINTS, PlainPassword};

/// What begins a line that is no entry.
const COMMENT: char = '#';

/// A shorter entry is never more than half of a password.
const SHORTEST_ENTRY: usize = PasswordPolicy::FLOOR / 2 + 1;

/// The list, ready to be asked.
#[derive(Debug, Default)]
pub struct Blocklist {
    entries: HashSet<Box<str>>,
    /// Characters of the longest one.
    longest: usize,
    /// Entries that are too short to refuse anything.
    idle: usize,
}

/// Why a text is no such list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BlocklistFault {
    #[error("line {0} is not UTF-8")]
    NotUtf8(usize),
    #[error("line {0} holds control characters: this is no text")]
    NotText(usize),
    #[error("line {0} is longer than {PASSWORD_MAX_CODE_POINTS} characters, which no password is")]
    TooLong(usize),
}

impl Blocklist {
    /// Reads a list.
    pub fn read(bytes: &[u8]) -> Result<Self, BlocklistFault> {
        let line_of = |offset: usize| 1 + bytes.iter().take(offset).filter(|byte| **byte == b'\n').count();
        let text = std::str::from_utf8(bytes).map_err(|error| BlocklistFault::NotUtf8(line_of(error.valid_up_to())))?;
        let mut list = Self::default();
        for (line, entry) in (1..).zip(text.trim_start_matches('\u{feff}').lines()) {
            let entry = entry.trim();
            if entry.chars().any(char::is_control) {
                return Err(BlocklistFault::NotText(line));
            }
            if entry.chars().count() > PASSWORD_MAX_CODE_POINTS {
                return Err(BlocklistFault::TooLong(line));
            }
            if !entry.is_empty() && !entry.starts_with(COMMENT) {
                list.add(&fold(entry));
            }
        }
        Ok(list)
    }

    fn add(&mut self, entry: &str) {
        let length = entry.chars().count();
        if length < SHORTEST_ENTRY {
            self.idle += 1;
            return;
        }
        self.longest = self.longest.max(length);
        self.entries.insert(entry.into());
    }

    /// Entries that can refuse something.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether it refuses nothing.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Entries of fewer than eight characters, which refuse nothing.
    pub const fn idle(&self) -> usize {
        self.idle
    }

    /// Whether the password is on the list, or is mostly something on it.
    pub fn contains(&self, password: &PlainPassword) -> bool {
        let folded = fold(password.reveal());
        let places: Vec<usize> = folded.char_indices().map(|(at, _)| at).chain([folded.len()]).collect();
        let length = places.len() - 1;
        let lengths = (length / 2 + 1)..=length.min(self.longest);
        let parts = lengths.flat_map(|size| places.iter().zip(places.iter().skip(size)));
        parts.into_iter().any(|(from, to)| folded.get(*from..*to).is_some_and(|part| self.entries.contains(part)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = "\u{feff}# of the City\r\nMotDePasse\r\n\n  paris2024paris  \nété à la plage\nsoleil\n";

    fn is_listed(text: &str) -> bool {
        Blocklist::read(LIST.as_bytes()).unwrap().contains(&PlainPassword::new(text))
    }

    #[test]
    fn what_is_on_the_list_is_refused_without_case_and_accents_also_with_something_added() {
        for text in [
            "motdepasse",
            "MOTDEPASSE-2026!",
            "42MotDePâsse4242",
            "Paris2024Paris",
            "Ete a la plage",
            "ETÉ À LA PLAGE 3",
        ] {
            assert!(is_listed(text), "{text}");
        }
    }

    #[test]
    fn an_entry_that_is_half_of_it_or_less_refuses_nothing() {
        // 20 characters, of which `motdepasse` is ten.
        for text in
            ["motdepasse1234567890", "soleil soleil soleil", "le soleil brille sur la plage", "# of the City", ""]
        {
            assert!(!is_listed(text), "{text}");
        }
        assert!(is_listed("motdepasse123456789"));
    }

    #[test]
    fn a_list_says_how_many_entries_work() {
        let list = Blocklist::read(LIST.as_bytes()).unwrap();
        assert_eq!((list.len(), list.idle(), list.is_empty()), (3, 1, false));
        assert!(Blocklist::read(b"").unwrap().is_empty());
    }

    #[test]
    fn what_is_no_list_is_told_with_its_line() {
        let long = format!("ok\n{}\n", "x".repeat(257));
        for (bytes, fault) in [
            (&b"one\ntw\xffo\n"[..], BlocklistFault::NotUtf8(2)),
            (b"\x7fELF\x02\x01\x01\x00", BlocklistFault::NotText(1)),
            (b"one\ntwo\x00\n", BlocklistFault::NotText(2)),
            (long.as_bytes(), BlocklistFault::TooLong(2)),
        ] {
            assert_eq!(Blocklist::read(bytes).unwrap_err(), fault);
        }
    }

    #[test]
    fn the_longest_passwords_and_entries_are_compared_in_no_time() {
        let entry = "é".repeat(PASSWORD_MAX_CODE_POINTS);
        let list = Blocklist::read(entry.as_bytes()).unwrap();
        assert!(list.contains(&PlainPassword::new(&entry)));
        // One character of which folding makes eighteen.
        for _ in 0..20 {
            assert!(!list.contains(&PlainPassword::new(&"ﷺ".repeat(PASSWORD_MAX_CODE_POINTS))));
            assert!(!list.contains(&PlainPassword::new(&"ab".repeat(PASSWORD_MAX_CODE_POINTS / 2))));
        }
    }
}
