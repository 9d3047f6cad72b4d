//! How a code that an administrator issues comes to its agent. Never by telephone: whoever calls may be anybody.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The way of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CodeDelivery {
    /// The manager hands it over.
    Manager,
    /// By post, to the address that HR knows.
    Letter,
    /// Handed over at a counter, against an identity card.
    Counter,
    /// To the recovery address, at the first activation only: what is done with it enrols no factor.
    Mail,
}

impl CodeDelivery {
    /// Every way.
    pub const ALL: [Self; 4] = [Self::Manager, Self::Letter, Self::Counter, Self::Mail];

    /// Whether it proves enough to enrol a first factor with it: a mail does not (PRODUCT §4).
    pub const fn enrols(self) -> bool {
        !matches!(self, Self::Mail)
    }

    /// The stored word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Manager => "manager",
            Self::Letter => "letter",
            Self::Counter => "counter",
            Self::Mail => "mail",
        }
    }
}

impl fmt::Display for CodeDelivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that names no way.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no delivery (manager, letter, counter or mail)")]
pub struct UnknownCodeDelivery(pub String);

impl FromStr for CodeDelivery {
    type Err = UnknownCodeDelivery;

    fn from_str(text: &str) -> Result<Self, UnknownCodeDelivery> {
        let known = Self::ALL.into_iter().find(|way| way.as_str() == text);
        known.ok_or_else(|| UnknownCodeDelivery(text.chars().take(32).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_leads_back_to_its_way() {
        for way in CodeDelivery::ALL {
            assert_eq!(way.as_str().parse(), Ok(way));
        }
        assert!("phone".parse::<CodeDelivery>().is_err());
    }
}
