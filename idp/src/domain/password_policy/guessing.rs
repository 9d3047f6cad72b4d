//! How well a password can be guessed: CNIL's bits, rows of the keyboard, and zxcvbn's estimate (CNIL-02, CNIL-06, ANS-R27).

use std::collections::BTreeSet;

use super::Owner;
use super::words::fold;

/// CNIL's second case: 50 bits with limited attempts (STANDARDS D1).
const LEAST_ENTROPY: f64 = 50.0;

/// Code points that are judged for how well they can be guessed: what follows can only make it better.
const JUDGED: usize = 40;

/// Kinds of digits and symbols up to which it is judged: all digits.
const MOST_SYMBOLS: usize = 10;

/// Whether it has too few bits, is played on keys, or has a lower score than this.
pub(super) fn is_guessable(text: &str, owner: &Owner<'_>, min_score: u8) -> bool {
    if entropy(text) < LEAST_ENTROPY || (min_score > 0 && is_played_on_keys(&fold(text))) {
        return true;
    }
    let judged: String = text.chars().take(JUDGED).collect();
    // zxcvbn reads symbols as letters in every combination: with many kinds of them a word is neither hidden nor found,
    // and the search takes over a second.
    let symbols: BTreeSet<char> = judged.chars().filter(|c| !c.is_alphabetic()).collect();
    if symbols.len() > MOST_SYMBOLS {
        return false;
    }
    let own = [owner.soi, owner.given_name, owner.family_name, owner.email, owner.department];
    u8::from(zxcvbn::zxcvbn(&judged, &own).score()) < min_score
}

/// Bits as CNIL counts them: length × log2 of the alphabets that are used (lower 26, upper 26, digits 10, others 40).
fn entropy(text: &str) -> f64 {
    let alphabet = [
        (text.contains(|c: char| c.is_ascii_lowercase()), 26_u32),
        (text.contains(|c: char| c.is_ascii_uppercase()), 26),
        (text.contains(|c: char| c.is_ascii_digit()), 10),
        (text.contains(|c: char| !c.is_ascii_alphanumeric()), 40),
    ];
    let alphabet: u32 = alphabet.iter().filter(|(is_used, _)| *is_used).map(|(_, size)| size).sum();
    let length = u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
    f64::from(length) * f64::from(alphabet.max(1)).log2()
}

/// Rows of the keyboards that stand in the offices; zxcvbn knows the English ones only.
const ROWS: [&str; 7] = ["azertyuiop", "qsdfghjklm", "wxcvbn", "qwertyuiop", "asdfghjkl", "zxcvbnm", "1234567890"];

/// So many neighbouring keys are no accident.
const NEIGHBOURS: usize = 4;

/// Whether more than half of it is played along rows of keys, in either direction.
fn is_played_on_keys(folded: &str) -> bool {
    let rows: Vec<Vec<char>> =
        ROWS.iter().flat_map(|row| [row.chars().collect(), row.chars().rev().collect()]).collect();
    let chars: Vec<char> = folded.chars().collect();
    let (mut at, mut played) = (0, 0);
    while let Some(rest) = chars.get(at..).filter(|rest| !rest.is_empty()) {
        let run = rows.iter().map(|row| run_along(row, rest)).max().unwrap_or(0);
        if run >= NEIGHBOURS {
            played += run;
        }
        at += run.max(1);
    }
    played * 2 > chars.len()
}

/// How many characters at the beginning of `text` follow each other in `row`.
fn run_along(row: &[char], text: &[char]) -> usize {
    let Some(start) = text.first().and_then(|first| row.iter().position(|key| key == first)) else { return 0 };
    row.iter().skip(start).zip(text).take_while(|(key, typed)| key == typed).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_counted_as_the_cnil_counts_them() {
        for (text, bits) in [("abcdefghijklmno", 70.5), ("804962751384609", 49.8), ("Abcdefghij1!", 80.1), ("", 0.0)] {
            assert!((entropy(text) - bits).abs() < 0.1, "{text}: {}", entropy(text));
        }
    }

    #[test]
    fn a_score_of_nought_asks_for_nothing() {
        assert!(!is_guessable("password12345678", &Owner::default(), 0));
        assert!(is_guessable("password12345678", &Owner::default(), 3));
    }

    #[test]
    fn what_is_known_of_its_owner_makes_it_easier_to_guess() {
        let text = "voirie-espaces verts";
        let owner = Owner { department: "voirie-espaces verts", ..Owner::default() };
        assert!(is_guessable(text, &owner, 3) && !is_guessable(text, &Owner::default(), 3));
    }
}
