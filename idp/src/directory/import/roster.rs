//! Who stands in the file, in a few dozen bytes per agent: the line, what became of it, and the manager it names.
//!
//! A million lines are known at once here, and nothing else of them: records go to the store or to the list of a
//! rehearsal as they are read.

use std::collections::HashMap;

use crate::domain::soi::Soi;

/// A SOI up to this length is kept in place; zeros behind it are unambiguous, because no SOI holds one.
const SHORT: usize = 16;

/// An agent of the file, or somebody whom it names as a manager.
pub(super) type Id = u32;

/// What became of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// There is no line; somebody names this SOI as a manager.
    Named,
    /// The line is not taken.
    Bad,
    Unchanged,
    Added,
    Changed,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    /// Of the first appearance; 0 for [`State::Named`].
    pub line: u64,
    /// The number under which it waits to be written; 0 for none.
    pub nth: u32,
    /// The manager, unless the store knows them.
    pub manager: Option<std::num::NonZero<Id>>,
    pub state: State,
}

/// The file's agents. Ids count from 1.
#[derive(Debug, Default)]
pub(super) struct Roster {
    short: HashMap<[u8; SHORT], Id>,
    long: HashMap<Box<str>, Id>,
    entries: Vec<Entry>,
}

impl Roster {
    /// The entry of a SOI, made if there is none. `None` behind the four billionth.
    pub fn id(&mut self, soi: &Soi) -> Option<Id> {
        let next = Id::try_from(self.entries.len() + 1).ok()?;
        let id = match short(soi) {
            Some(key) => *self.short.entry(key).or_insert(next),
            None => match self.long.get(soi.as_str()) {
                Some(known) => *known,
                None => *self.long.entry(soi.as_str().into()).or_insert(next),
            },
        };
        if id == next {
            self.entries.push(Entry { line: 0, nth: 0, manager: None, state: State::Named });
        }
        Some(id)
    }

    /// Whether the file has a line for this SOI, good or bad.
    pub fn has_line(&self, soi: &Soi) -> bool {
        let id = match short(soi) {
            Some(key) => self.short.get(&key),
            None => self.long.get(soi.as_str()),
        };
        id.and_then(|id| self.get(*id)).is_some_and(|entry| entry.line > 0)
    }

    pub fn get(&self, id: Id) -> Option<Entry> {
        self.entries.get(index(id)?).copied()
    }

    pub fn get_mut(&mut self, id: Id) -> Option<&mut Entry> {
        self.entries.get_mut(index(id)?)
    }

    pub fn all(&self) -> impl Iterator<Item = (Id, Entry)> + '_ {
        (1..).zip(self.entries.iter().copied())
    }

    /// How many lines became this.
    pub fn count(&self, state: State) -> u64 {
        u64::try_from(self.entries.iter().filter(|entry| entry.state == state).count()).unwrap_or(u64::MAX)
    }

    /// The SOIs of a few entries; a walk through everybody.
    pub fn sois(&self, ids: &[Id]) -> HashMap<Id, Soi> {
        let text = |key: &[u8; SHORT]| String::from_utf8_lossy(key).trim_end_matches('\0').to_owned();
        let short = self.short.iter().filter(|(_, id)| ids.contains(id)).map(|(key, id)| (*id, text(key)));
        let long = self.long.iter().filter(|(_, id)| ids.contains(id)).map(|(key, id)| (*id, key.to_string()));
        short.chain(long).map(|(id, text)| (id, Soi::from_stored(text))).collect()
    }
}

fn index(id: Id) -> Option<usize> {
    usize::try_from(id).ok()?.checked_sub(1)
}

fn short(soi: &Soi) -> Option<[u8; SHORT]> {
    let mut key = [0; SHORT];
    key.get_mut(..soi.as_str().len())?.copy_from_slice(soi.as_str().as_bytes());
    Some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_and_long_sois_are_told_apart_and_read_back() {
        let mut roster = Roster::default();
        let sois = ["1", "10", "1234567890123456", "12345678901234567", "ÉÉÉÉÉÉÉÉ", "ÉÉÉÉÉÉÉÉÉ"]
            .map(|text| Soi::from_stored(text.into()));
        let ids: Vec<Id> = sois.iter().map(|soi| roster.id(soi).unwrap()).collect();
        assert_eq!(ids, [1, 2, 3, 4, 5, 6]);
        assert_eq!(sois.iter().map(|soi| roster.id(soi).unwrap()).collect::<Vec<_>>(), ids, "the same again");
        let back = roster.sois(&ids);
        assert!(ids.iter().zip(&sois).all(|(id, soi)| back[id] == *soi), "{back:?}");
        assert!(!roster.has_line(&sois[0]), "named is not listed");
    }
}
