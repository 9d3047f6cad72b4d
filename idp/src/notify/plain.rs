//! Foreign texts (names from HR, masked addresses) on one line, without anything that moves or hides what stands beside
//! them: no line break reaches a header, and no mark turns the direction of a code.

/// Longer is no name.
const LONGEST: usize = 100;

/// The text without control characters, line separators and marks of direction; white space is one space.
pub fn plain(text: &str) -> String {
    let visible: String =
        text.chars().map(|c| if c.is_control() { ' ' } else { c }).filter(|c| !is_hidden(*c)).collect();
    let words: Vec<&str> = visible.split_whitespace().collect();
    words.join(" ").chars().take(LONGEST).collect()
}

fn is_hidden(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_breaks_a_line_or_turns_its_direction() {
        for (typed, shown) in [
            ("Inès\r\nBcc: x@y.example", "Inès Bcc: x@y.example"),
            ("a\u{202e}b\u{2066}c\u{200f}d", "abcd"),
            ("  Zoé \u{2028}\t Lê\u{0}", "Zoé Lê"),
            ("\u{1b}[31mrouge", "[31mrouge"),
            ("علي", "علي"),
        ] {
            assert_eq!(plain(typed), shown);
        }
        assert_eq!(plain(&"é".repeat(10_000)).chars().count(), LONGEST);
    }
}
