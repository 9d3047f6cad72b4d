//! The form that a policy may ask for beside length: classes of characters, or a phrase of words (CNIL's first case,
//! STANDARDS D1 b). Judged on the form, not on a computed number of bits; no character is ever forbidden.

use std::collections::BTreeSet;

use super::Breach;
use super::words::fold;

/// What a password must be made of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum PasswordForm {
    /// Of anything (NIST 3.1.1.2, ASVS 6.2.5).
    #[default]
    Free,
    /// 12 characters and more of four classes, or 14 and more with lower case, upper case and digits.
    Classes,
    /// Seven different words and more.
    Passphrase,
}

/// Words of a phrase.
pub const PHRASE_WORDS: usize = 7;

/// Letters of a word: "à" and "l'" are none.
const WORD_LETTERS: usize = 2;

impl PasswordForm {
    /// The configured word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Free => "free",
            Self::Classes => "classes",
            Self::Passphrase => "passphrase",
        }
    }

    /// Whether this text has the form.
    pub(super) fn check(self, text: &str) -> Result<(), Breach> {
        match self {
            Self::Classes if !has_classes(text) => Err(Breach::LacksClasses),
            Self::Passphrase if words_of(text) < PHRASE_WORDS => Err(Breach::LacksWords),
            Self::Free | Self::Classes | Self::Passphrase => Ok(()),
        }
    }
}

/// Letters of every script count by their case; what has none is a symbol, as a space is.
fn has_classes(text: &str) -> bool {
    let length = text.chars().count();
    let lower_upper_digit = text.contains(char::is_lowercase)
        && text.contains(char::is_uppercase)
        && text.contains(|c: char| c.is_ascii_digit());
    let symbol = text.contains(|c: char| !c.is_lowercase() && !c.is_uppercase() && !c.is_ascii_digit());
    lower_upper_digit && (length >= 14 || (length >= 12 && symbol))
}

/// Different words, whatever stands between them.
fn words_of(text: &str) -> usize {
    let folded = fold(text);
    let words = folded.split(|c: char| !c.is_alphabetic()).filter(|word| word.chars().count() >= WORD_LETTERS);
    words.collect::<BTreeSet<_>>().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_four_from_twelve_characters_or_three_from_fourteen() {
        for (text, has) in [
            ("Abcdefghij1!", true),
            ("Abcdefghi1!", false),
            ("Abcdefghijkl1", false),
            ("Abcdefghijklm1", true),
            ("abcdefghijklm1", false),
            ("ABCDEFGHIJKLM1", false),
            ("Abcdefghijklmn", false),
            ("Élévation du 3e pont", true),
            ("Ωmega 1 été", false),
        ] {
            assert_eq!(PasswordForm::Classes.check(text).is_ok(), has, "{text}");
        }
        assert_eq!(PasswordForm::Classes.check("abc"), Err(Breach::LacksClasses));
    }

    #[test]
    fn a_phrase_has_seven_different_words_whatever_stands_between_them() {
        for (text, has) in [
            ("le chat gris dort sous mon lit", true),
            ("le-chat_gris.dort,sous;mon:lit", true),
            ("le chat gris dort sous le lit", false),
            ("le chat gris dort sous mon", false),
            ("LE le Lé lè chat gris dort sous", false),
            ("a b c d e f g h i j", false),
            ("12 34 56 78 90 12 34 56", false),
        ] {
            assert_eq!(PasswordForm::Passphrase.check(text).is_ok(), has, "{text}");
        }
        assert_eq!(PasswordForm::Passphrase.check("un"), Err(Breach::LacksWords));
    }

    #[test]
    fn a_free_form_asks_for_nothing() {
        assert_eq!(PasswordForm::Free.check(""), Ok(()));
    }
}
