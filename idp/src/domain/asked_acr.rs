//! The level that an application asks for in a request, and what it is answered (OpenID Connect Core §5.5.1.1).
//!
//! An *essential* level is a condition: below it there is no answer but an error. A *voluntary* one is a wish: a login
//! goes on without it. What is answered is never more than what was done (STANDARDS PC-15).

use super::acr::Acr;

/// The levels that a request names and that can be reached here, weakest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AskedAcr {
    values: Vec<Acr>,
    is_essential: bool,
}

/// None of the essential values can be reached here: the request fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("none of the essential acr values can be reached")]
pub struct OutOfReach;

impl AskedAcr {
    /// What would be welcome; values that we do not know are ignored.
    pub fn voluntary<'a>(values: impl IntoIterator<Item = &'a str>) -> Self {
        Self { values: sorted(values.into_iter().filter_map(met_by)), is_essential: false }
    }

    /// What is a condition. An answer must be one of the values asked: those that we never say, and those above
    /// `highest`, do not help.
    pub fn essential<'a>(values: impl IntoIterator<Item = &'a str>, highest: Acr) -> Result<Self, OutOfReach> {
        let ours = values.into_iter().filter_map(|value| value.parse::<Acr>().ok());
        let values = sorted(ours.filter(|acr| *acr <= highest));
        if values.is_empty() { Err(OutOfReach) } else { Ok(Self { values, is_essential: true }) }
    }

    /// The level below which there is no answer.
    pub fn least(&self) -> Option<Acr> {
        self.values.first().copied().filter(|_| self.is_essential)
    }

    /// The level that would be welcome after `reached`: the weakest one wished, where none of them is reached.
    pub fn wish_beyond(&self, reached: Acr) -> Option<Acr> {
        self.values.first().copied().filter(|least| !self.is_essential && reached < *least)
    }

    /// What the answer says of a session that reached this level: of essential values the highest one that is not above
    /// it, else the level itself.
    pub fn answer(&self, reached: Acr) -> Acr {
        let asked = self.values.iter().copied().filter(|asked| self.is_essential && *asked <= reached);
        asked.max().unwrap_or(reached)
    }

    /// The levels, weakest first.
    pub fn values(&self) -> &[Acr] {
        &self.values
    }

    /// Whether they are a condition.
    pub const fn is_essential(&self) -> bool {
        self.is_essential
    }
}

fn sorted(values: impl Iterator<Item = Acr>) -> Vec<Acr> {
    let mut values: Vec<Acr> = values.collect();
    values.sort_unstable();
    values.dedup();
    values
}

/// The least of our levels that meets a value. ProConnect's `eidas0` levels are of agents whose identity nobody checked
/// (STANDARDS §6.5): ours of the same kind meet them, and we never answer them.
fn met_by(value: &str) -> Option<Acr> {
    match value {
        "eidas0" => Some(Acr::Eidas1),
        "eidas0-mfa" => Some(Acr::Eidas1Mfa),
        ours => ours.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Acr::{Eidas1, Eidas1Mfa, Eidas2, Eidas3};

    fn essential(values: &str) -> Result<AskedAcr, OutOfReach> {
        AskedAcr::essential(values.split(' '), Eidas3)
    }

    /// PC-15, PC-16.
    #[test]
    fn an_essential_level_is_the_lowest_value_asked_and_the_answer_one_of_them() {
        for (asked, least, answers) in [
            // What ProConnect sends where it wants two factors.
            ("eidas0-mfa eidas1-mfa eidas2 eidas3", Eidas1Mfa, [Eidas1Mfa, Eidas2, Eidas3]),
            ("eidas2", Eidas2, [Eidas1Mfa, Eidas2, Eidas2]),
            ("eidas2 eidas1", Eidas1, [Eidas1, Eidas2, Eidas2]),
            ("eidas3 eidas1-mfa eidas1-mfa unheard-of", Eidas1Mfa, [Eidas1Mfa, Eidas1Mfa, Eidas3]),
        ] {
            let asked = essential(asked).unwrap();
            assert_eq!(asked.least(), Some(least));
            assert_eq!([Eidas1Mfa, Eidas2, Eidas3].map(|reached| asked.answer(reached)), answers, "{asked:?}");
            assert_eq!(asked.wish_beyond(Eidas1), None, "a condition is no wish");
        }
    }

    #[test]
    fn the_answer_is_never_more_than_what_was_done() {
        for asked in ["eidas1", "eidas1-mfa eidas3", "eidas2 eidas3", "eidas1 eidas1-mfa eidas2 eidas3"] {
            let asked = [essential(asked).unwrap(), AskedAcr::voluntary(asked.split(' '))];
            for (asked, reached) in asked.iter().flat_map(|asked| Acr::ALL.map(|reached| (asked, reached))) {
                assert!(asked.answer(reached) <= reached, "{asked:?} {reached}");
            }
        }
    }

    #[test]
    fn essential_values_that_are_unknown_or_above_what_can_be_reached_do_not_help() {
        assert_eq!(essential("gold silver"), Err(OutOfReach));
        assert_eq!(essential(""), Err(OutOfReach));
        assert_eq!(essential("eidas0-mfa"), Err(OutOfReach), "it would be met, and cannot be answered");
        assert_eq!(AskedAcr::essential(["eidas3"], Eidas2), Err(OutOfReach));
        let asked = AskedAcr::essential(["eidas2", "eidas3"], Eidas2).unwrap();
        assert_eq!((asked.least(), asked.answer(Eidas3)), (Some(Eidas2), Eidas2));
    }

    #[test]
    fn a_wish_is_no_condition_and_the_answer_tells_the_truth() {
        let asked = AskedAcr::voluntary("eidas2 eidas3 unheard-of".split(' '));
        assert_eq!(asked.least(), None);
        assert_eq!(Acr::ALL.map(|reached| asked.wish_beyond(reached)), [Some(Eidas2), Some(Eidas2), None, None]);
        assert_eq!(Acr::ALL.map(|reached| asked.answer(reached)), Acr::ALL);
        for nothing in [AskedAcr::default(), AskedAcr::voluntary("gold".split(' '))] {
            assert_eq!((nothing.least(), nothing.wish_beyond(Eidas1), nothing.answer(Eidas2)), (None, None, Eidas2));
        }
    }

    #[test]
    fn levels_of_unchecked_identity_are_met_by_ours_of_the_same_kind() {
        let wish = |value| AskedAcr::voluntary([value]).wish_beyond(Eidas1);
        assert_eq!((wish("eidas0"), wish("eidas0-mfa")), (None, Some(Eidas1Mfa)));
        assert_eq!(AskedAcr::voluntary(["eidas0-mfa"]).wish_beyond(Eidas1Mfa), None);
    }
}
