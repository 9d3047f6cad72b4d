//! The password rule (`standard`): at least 15 code points, at most 256, at least 50 bits, not easy to guess, never the SOI,
//! the names or the product's (STANDARDS D1 a, D3, NIST-01, NIST-06, ANS-R27). Pure: it judges a text, it stores and hashes
//! nothing. Those chosen before and those that were in a breach are the login's business.

use std::collections::BTreeSet;
use std::time::Duration;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::secret::{PASSWORD_MAX_CODE_POINTS, PlainPassword};
use super::time::Timestamp;

/// The rule as configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswordPolicy {
    /// Fewest code points.
    pub min_length: usize,
    /// Least score of zxcvbn, of 4: 3 means more than 10⁸ guesses.
    pub min_score: u8,
    /// None of so many passwords is chosen again, the present one among them.
    pub history: u32,
    /// Age after which a password is changed at login; `None`: never (STANDARDS D2).
    pub max_age: Option<Duration>,
    /// Words of the product and the City that no password may contain.
    pub forbidden_words: Vec<String>,
}

impl Default for PasswordPolicy {
    /// `standard`, without words of a product.
    fn default() -> Self {
        Self { min_length: Self::FLOOR, min_score: 3, history: 5, max_age: None, forbidden_words: Vec::new() }
    }
}

/// What a password must not contain about its owner.
#[derive(Debug, Clone, Default)]
pub struct Owner<'a> {
    pub soi: &'a str,
    pub given_name: &'a str,
    pub family_name: &'a str,
    pub email: &'a str,
}

/// Which rule a proposed password breaks. Each has its sentence on the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Breach {
    TooShort,
    TooLong,
    ContainsSoi,
    ContainsName,
    ContainsProduct,
    /// One character or a short pattern again and again.
    Repetitive,
    /// Common words, rows of the keyboard, dates, digits only.
    Guessable,
    /// One of the last ones.
    UsedBefore,
    /// It was in a breach, so attackers try it.
    Compromised,
    /// The same as the present one.
    Unchanged,
    /// The second entry differs from the first.
    Mismatch,
}

impl PasswordPolicy {
    /// Fewest code points that Octroi accepts as the minimum: NIST-01 for a password that can be the only factor.
    pub const FLOOR: usize = 15;

    /// Passwords before the present one that are remembered.
    pub const fn remembered(&self) -> u32 {
        self.history.saturating_sub(1)
    }

    /// The rules that concern nobody in particular, and the SOI that was typed beside it.
    pub fn check_text(&self, password: &PlainPassword, soi: &str) -> Result<(), Breach> {
        let length = password.code_points();
        if length < self.min_length {
            return Err(Breach::TooShort);
        }
        if length > PASSWORD_MAX_CODE_POINTS {
            return Err(Breach::TooLong);
        }
        let folded = fold(password.reveal());
        if is_repetitive(&folded) {
            return Err(Breach::Repetitive);
        }
        if contains(&folded, soi, 4) {
            return Err(Breach::ContainsSoi);
        }
        if self.forbidden_words.iter().any(|word| contains(&folded, word, 4)) {
            return Err(Breach::ContainsProduct);
        }
        Ok(())
    }

    /// All rules, for a known owner.
    pub fn check(&self, password: &PlainPassword, owner: &Owner<'_>) -> Result<(), Breach> {
        self.check_text(password, owner.soi)?;
        let folded = fold(password.reveal());
        let local_part = owner.email.split('@').next().unwrap_or_default();
        let names = [owner.given_name, owner.family_name, local_part];
        // Each part of a compound name counts: "Anne-Sophie" forbids "anne" and "sophie".
        let parts = names.iter().flat_map(|n| n.split([' ', '-', '.', '_', '\'', '’'])).chain(names);
        if parts.into_iter().any(|part| contains(&folded, part, 3)) {
            return Err(Breach::ContainsName);
        }
        if self.is_guessable(password, owner) { Err(Breach::Guessable) } else { Ok(()) }
    }

    fn is_guessable(&self, password: &PlainPassword, owner: &Owner<'_>) -> bool {
        let text = password.reveal();
        if entropy(text) < LEAST_ENTROPY || (self.min_score > 0 && is_played_on_keys(&fold(text))) {
            return true;
        }
        let judged: String = text.chars().take(JUDGED).collect();
        // zxcvbn reads symbols as letters in every combination: with many kinds of them a word is neither hidden nor found,
        // and the search takes over a second.
        let symbols: BTreeSet<char> = judged.chars().filter(|c| !c.is_alphabetic()).collect();
        if symbols.len() > MOST_SYMBOLS {
            return false;
        }
        let own = [owner.soi, owner.given_name, owner.family_name, owner.email];
        u8::from(zxcvbn::zxcvbn(&judged, &own).score()) < self.min_score
    }

    /// Whether a password set at `changed_at` is to be renewed at `now`: by its age, or because somebody said so.
    pub fn is_expired(&self, changed_at: Timestamp, renew_at: Option<Timestamp>, now: Timestamp) -> bool {
        self.max_age.is_some_and(|age| now >= changed_at.plus(age)) || renew_at.is_some_and(|at| now >= at)
    }
}

/// CNIL's second case: 50 bits with limited attempts (STANDARDS D1).
const LEAST_ENTROPY: f64 = 50.0;

/// Code points that are judged for how well they can be guessed: what follows can only make it better.
const JUDGED: usize = 40;

/// Kinds of digits and symbols up to which it is judged: all digits.
const MOST_SYMBOLS: usize = 10;

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

/// Words shorter than `shortest` forbid nothing: "Li" would refuse half of all passphrases.
fn contains(folded: &str, word: &str, shortest: usize) -> bool {
    let word = fold(word);
    word.chars().count() >= shortest && folded.contains(&word)
}

/// Lower case without accents.
fn fold(text: &str) -> String {
    text.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).collect()
}

fn is_repetitive(folded: &str) -> bool {
    let chars: Vec<char> = folded.chars().collect();
    (1..=4).any(|period| chars.len() > period && chars.iter().zip(chars.iter().skip(period)).all(|(a, b)| a == b))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy() -> PasswordPolicy {
        PasswordPolicy { forbidden_words: vec!["octroi".into(), "IntraParis".into()], ..PasswordPolicy::default() }
    }

    fn judge(text: &str) -> Result<(), Breach> {
        let owner = Owner {
            soi: "100001",
            given_name: "Anne-Sophie",
            family_name: "Lefèvre",
            email: "as.lefevre@ville.example",
        };
        policy().check(&PlainPassword::new(text), &owner)
    }

    #[test]
    fn fifteen_code_points_are_enough_and_fourteen_are_not() {
        assert_eq!(judge("cheval batterie"), Ok(()));
        assert_eq!(judge("cheval batteri"), Err(Breach::TooShort));
        // ANS-R23: any character counts, as one code point.
        assert_eq!(judge("é€ 漢字 deux mots"), Ok(()));
    }

    #[test]
    fn at_most_256_code_points_are_accepted_and_never_cut() {
        let long: String = "bonne phrase de passe ".chars().cycle().take(256).collect();
        assert_eq!(judge(&long), Ok(()));
        assert_eq!(judge(&format!("{long}x")), Err(Breach::TooLong));
    }

    #[test]
    fn neither_the_soi_nor_names_nor_the_product_hide_in_it() {
        assert_eq!(judge("mon soi est 100001 oui"), Err(Breach::ContainsSoi));
        for text in ["bonjour SOPHIE bonjour", "la porte de lefevre", "la porte de LEFÈVRE", "as.lefevre as.lefev"] {
            assert_eq!(judge(text), Err(Breach::ContainsName), "{text}");
        }
        assert_eq!(judge("ouvre-toi OCTROI svp"), Err(Breach::ContainsProduct));
        assert_eq!(judge("intraparis ouvre toi"), Err(Breach::ContainsProduct));
    }

    #[test]
    fn a_pattern_again_and_again_is_no_password() {
        for text in ["aaaaaaaaaaaaaaaa", "abababababababab", "1234123412341234"] {
            assert_eq!(judge(text), Err(Breach::Repetitive), "{text}");
        }
    }

    #[test]
    fn what_is_guessed_first_is_refused() {
        for text in
            ["azertyuiopqsdfgh", "qwertyuiopasdfgh", "passwordpassword1", "password12345678", "0614198706141987"]
        {
            assert!(matches!(judge(text), Err(Breach::Guessable | Breach::Repetitive)), "{text}");
        }
        // CNIL-02: 15 digits have 49.8 bits, 16 have 53.2.
        assert_eq!(judge("804962751384609"), Err(Breach::Guessable));
        assert_eq!(judge("8049627513846092"), Ok(()));
    }

    #[test]
    fn a_few_neighbouring_keys_in_a_phrase_are_no_harm() {
        assert_eq!(judge("mon clavier azerty est vieux"), Ok(()));
        assert_eq!(judge("poiuytreza mlkjhgfdsq"), Err(Breach::Guessable));
    }

    #[test]
    fn bits_are_counted_as_the_cnil_counts_them() {
        for (text, bits) in [("abcdefghijklmno", 70.5), ("804962751384609", 49.8), ("Abcdefghij1!", 80.1), ("", 0.0)] {
            assert!((entropy(text) - bits).abs() < 0.1, "{text}: {}", entropy(text));
        }
    }

    /// It took zxcvbn more than a second, on a thread that answers others.
    #[test]
    fn a_text_of_many_kinds_of_symbols_is_not_searched_for_words() {
        let many = "4@8({[</369&#!1/|0$5+7%2/".repeat(4);
        for _ in 0..200 {
            assert_eq!(judge(&many), Ok(()));
        }
    }

    #[test]
    fn a_score_of_nought_asks_for_nothing() {
        let lax = PasswordPolicy { min_score: 0, ..policy() };
        assert_eq!(lax.check(&PlainPassword::new("password12345678"), &Owner::default()), Ok(()));
    }

    #[test]
    fn no_character_class_is_asked_for() {
        assert_eq!(judge("quinzeminuscules"), Ok(()));
    }

    #[test]
    fn age_counts_only_where_a_maximum_is_set() {
        let day = Duration::from_secs(86_400);
        let at = Timestamp::from_seconds(0);
        assert!(!policy().is_expired(at, None, at.plus(4000 * day)));
        let city = PasswordPolicy { max_age: Some(180 * day), ..policy() };
        assert!(!city.is_expired(at, None, at.plus(180 * day).minus(Duration::from_millis(1))));
        assert!(city.is_expired(at, None, at.plus(180 * day)));
        assert!(policy().is_expired(at, Some(at.plus(day)), at.plus(day)));
        assert!(!policy().is_expired(at, Some(at.plus(day)), at));
    }
}
