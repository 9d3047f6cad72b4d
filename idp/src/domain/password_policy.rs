//! The password rule (`standard`): at least 15 code points, at most 256, never the SOI, the names or the product's
//! (STANDARDS D1 a, D3, NIST-01, NIST-06). Pure: it judges a text, it stores and hashes nothing.

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
    /// Age after which a password is changed at login; `None`: never (STANDARDS D2).
    pub max_age: Option<Duration>,
    /// Words of the product and the City that no password may contain.
    pub forbidden_words: Vec<String>,
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
    /// The same as the present one.
    Unchanged,
    /// The second entry differs from the first.
    Mismatch,
}

impl PasswordPolicy {
    /// Fewest code points that Octroi accepts as the minimum: NIST-01 for a password that can be the only factor.
    pub const FLOOR: usize = 15;

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
        Ok(())
    }

    /// Whether a password set at `changed_at` is to be renewed at `now`.
    pub fn is_expired(&self, changed_at: Timestamp, now: Timestamp) -> bool {
        self.max_age.is_some_and(|age| now >= changed_at.plus(age))
    }
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
        PasswordPolicy { min_length: 15, max_age: None, forbidden_words: vec!["octroi".into(), "IntraParis".into()] }
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
    fn no_character_class_is_asked_for() {
        assert_eq!(judge("quinzeminuscules"), Ok(()));
    }

    #[test]
    fn age_counts_only_where_a_maximum_is_set() {
        let day = Duration::from_secs(86_400);
        let at = Timestamp::from_seconds(0);
        assert!(!policy().is_expired(at, at.plus(4000 * day)));
        let city = PasswordPolicy { max_age: Some(180 * day), ..policy() };
        assert!(!city.is_expired(at, at.plus(180 * day).minus(Duration::from_millis(1))));
        assert!(city.is_expired(at, at.plus(180 * day)));
    }
}
