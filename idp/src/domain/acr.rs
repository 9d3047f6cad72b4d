//! Authentication context: `acr` as ProConnect names the levels, `amr` as RFC 8176 and EAP name the methods (PRODUCT §4).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// `acr` (OpenID Connect Core §2), from weakest to strongest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Acr {
    /// Password.
    #[serde(rename = "eidas1")]
    Eidas1,
    /// Password and a derogatory second step.
    #[serde(rename = "eidas1-mfa")]
    Eidas1Mfa,
    /// Password and TOTP, or a passkey with user verification.
    #[serde(rename = "eidas2")]
    Eidas2,
    /// A certified, non-exportable key with user verification.
    #[serde(rename = "eidas3")]
    Eidas3,
}

impl Acr {
    /// Every level, weakest first.
    pub const ALL: [Self; 4] = [Self::Eidas1, Self::Eidas1Mfa, Self::Eidas2, Self::Eidas3];

    /// The claim's value.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Eidas1 => "eidas1",
            Self::Eidas1Mfa => "eidas1-mfa",
            Self::Eidas2 => "eidas2",
            Self::Eidas3 => "eidas3",
        }
    }

    /// Whether a second factor stands behind this level.
    pub fn is_multi_factor(self) -> bool {
        self > Self::Eidas1
    }
}

impl fmt::Display for Acr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that names no level.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an acr (eidas1, eidas1-mfa, eidas2 or eidas3)")]
pub struct UnknownAcr(pub String);

impl FromStr for Acr {
    type Err = UnknownAcr;

    fn from_str(text: &str) -> Result<Self, UnknownAcr> {
        Self::ALL
            .into_iter()
            .find(|acr| acr.as_str() == text)
            .ok_or_else(|| UnknownAcr(text.chars().take(32).collect()))
    }
}

/// How an agent proved who they are: what `acr`, `amr` and `auth_time` will say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthenticationMethod {
    /// The level reached.
    pub acr: Acr,
    /// The methods that really happened (STANDARDS OA-33).
    pub amr: Vec<String>,
}

impl AuthenticationMethod {
    /// A password alone.
    pub fn password() -> Self {
        Self { acr: Acr::Eidas1, amr: vec!["pwd".to_owned()] }
    }
}
