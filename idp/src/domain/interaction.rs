//! A pending interaction: what an authorization request waits for while the agent stands before a page.
//!
//! Kept in ephemeral state under a random id. Pages look at it; only `/oauth2/authorize/resume` consumes it. The request
//! itself is opaque here: `oauth` writes it and reads it back, `login` never looks inside.

use serde::{Deserialize, Serialize};

use super::acr::Acr;
use super::ids::ClientId;
use super::reason::Reason;
use super::time::Timestamp;
use super::zone::NetworkZone;

/// A second factor that is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FactorNeed {
    pub reason: Reason,
    /// Only a factor that reaches this level helps; `None`: any that counts here.
    pub at_least: Option<Acr>,
    #[serde(default)]
    pub stake: Stake,
}

/// What depends on the factor.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stake {
    /// Access itself.
    #[default]
    Access,
    /// The level that this request cannot do without: the application hears that its requirement is not met.
    Essential,
    /// A level that would be welcome: the login goes on without it.
    Wish,
}

/// What a login page needs to know about the authorization request behind it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Interaction {
    pub client_id: ClientId,
    /// Shown to the agent.
    pub application_name: String,
    /// Origin (or scheme) of the redirect URI: Chromium applies `form-action` to the redirect after a form (HTTP-02).
    pub return_origin: String,
    pub login_hint: Option<String>,
    pub ui_locales: Option<String>,
    pub created_at: Timestamp,
    /// A session counts only if it logged in at or after this moment (`prompt=login`, `max_age`, another agent's hint).
    pub login_after: Option<Timestamp>,
    /// What is still asked of the agent who is logged in.
    #[serde(default)]
    pub needs: Option<FactorNeed>,
    /// The lowest zone seen so far.
    pub zone: NetworkZone,
    /// The validated authorization request.
    pub request: serde_json::Value,
}
