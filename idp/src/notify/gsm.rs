//! The alphabet of text messages (3GPP TS 23.038): within it 160 letters fit into one message, with a single letter beside
//! it only 70 do. So French is written here as telephones have always written it: `ê` without its hat, `’` as `'`.

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// Letters that cost one place.
const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿\
                     abcdefghijklmnopqrstuvwxyzäöñüà";

/// Letters that cost two.
const EXTENDED: &str = "^{}\\[~]|€";

/// The text in letters of the alphabet.
pub fn spelled(text: &str) -> String {
    let mut spelled = String::with_capacity(text.len());
    for c in text.nfc() {
        match c {
            c if is_known(c) => spelled.push(c),
            c if is_combining_mark(c) => {}
            '\u{a0}' | '\u{202f}' | '\u{2009}' => spelled.push(' '),
            '’' | '‘' => spelled.push('\''),
            '“' | '”' | '«' | '»' => spelled.push('"'),
            '–' | '—' | '‑' => spelled.push('-'),
            'œ' => spelled.push_str("oe"),
            'Œ' => spelled.push_str("OE"),
            '…' => spelled.push_str("..."),
            c => spelled.push(std::iter::once(c).nfd().find(|base| is_known(*base)).unwrap_or('?')),
        }
    }
    spelled
}

fn is_known(c: char) -> bool {
    BASIC.contains(c) || EXTENDED.contains(c)
}

#[cfg(test)]
pub fn places(text: &str) -> usize {
    text.chars().map(|c| if EXTENDED.contains(c) { 2 } else { 1 }).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn french_fits_the_alphabet_and_nothing_is_lost_that_matters() {
        for (text, expected) in [
            ("Ce n’était pas vous\u{202f}? « Oui »", "Ce n'était pas vous ? \" Oui \""),
            ("août, cœur, ça, être, naïf", "aout, coeur, ca, etre, naif"),
            (
                "K7QM-2F4X https://a.example/not-me?reference=K7QM-2F4X",
                "K7QM-2F4X https://a.example/not-me?reference=K7QM-2F4X",
            ),
            ("é\u{301}漢", "é?"),
        ] {
            assert_eq!(spelled(text), expected);
        }
        assert_eq!((places("abc€"), places("né")), (5, 2));
    }
}
