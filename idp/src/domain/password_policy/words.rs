//! How a word is looked for in a password: without case and accents, and not when it is so short that half of all phrases
//! would have it.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The product's and the City's words, and departments, count from so many characters on.
pub const SHORTEST_WORD: usize = 4;

/// Names count from so many on: "Li" would refuse half of all phrases.
pub(super) const SHORTEST_NAME: usize = 3;

/// Lower case without accents.
pub(super) fn fold(text: &str) -> String {
    text.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).collect()
}

/// Words shorter than `shortest` forbid nothing.
pub(super) fn contains(folded: &str, word: &str, shortest: usize) -> bool {
    let word = fold(word);
    word.chars().count() >= shortest && folded.contains(&word)
}

/// The parts of a name: "Anne-Sophie" has "Anne" and "Sophie".
pub(super) fn parts(name: &str) -> impl Iterator<Item = &str> {
    name.split([' ', '-', '.', '_', '\'', '’', '/', ','])
}
