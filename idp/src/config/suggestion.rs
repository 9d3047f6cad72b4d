//! "Did you mean …?": the known word nearest to a mistyped one.

/// The known word that `typed` was most likely meant to be, if any is near.
pub(super) fn nearest<'k>(typed: &str, known: &[&'k str]) -> Option<&'k str> {
    let typed: String = typed.chars().take(64).flat_map(char::to_lowercase).collect();
    // Two letters swapped count as two.
    let tolerance = match typed.chars().count() {
        0..=3 => 1,
        4..=8 => 2,
        _ => 3,
    };
    let (distance, word) = known.iter().map(|word| (distance(&typed, word), *word)).min()?;
    (distance <= tolerance).then_some(word)
}

/// Levenshtein's distance: insertions, deletions and substitutions from one word to the other.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.chars().enumerate() {
        let mut next = vec![i + 1];
        let cells = row.iter().zip(row.iter().skip(1)).zip(&b);
        for ((diagonal, above), right) in cells {
            let before = next.last().copied().unwrap_or(usize::MAX);
            let changed = diagonal + usize::from(left != *right);
            next.push(changed.min(above + 1).min(before.saturating_add(1)));
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_finds_the_word_and_another_word_finds_none() {
        let known = ["issuer", "origins", "drain"];
        assert_eq!(nearest("isuer", &known), Some("issuer"));
        assert_eq!(nearest("Issuer", &known), Some("issuer"));
        assert_eq!(nearest("origin", &known), Some("origins"));
        assert_eq!(nearest("drian", &known), Some("drain"));
        assert_eq!(nearest("certificate", &known), None);
        assert_eq!(nearest("x", &[]), None);
        assert_eq!((distance("", "abc"), distance("kitten", "sitting")), (3, 3));
    }
}
