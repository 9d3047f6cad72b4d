//! The request while the agent stands before a page: kept in ephemeral state under a random id, consumed once.
//!
//! What is kept are parameters, written anew in their shortest form: a stranger must not choose how much room a request
//! takes. They are checked again when the request resumes. Contacts outside have a room of their own and a limit by
//! source, so that a flood from the internet leaves the office its logins. The id is hashed before it becomes a key:
//! whoever sees the keys cannot go on with somebody's login.

use std::net::IpAddr;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use super::super::{Caller, Params, Provider, ProviderError};
use super::error::{AuthorizeError, RequestError};
use super::request::AuthorizationRequest;
use crate::crypto::hash::sha256;
use crate::domain::ids::Sub;
use crate::domain::interaction::{FactorNeed, Interaction, Stake};
use crate::domain::time::Timestamp;
use crate::domain::zone::NetworkZone;
use crate::ephemeral::{EphemeralError, Kind};

/// New interactions from one source outside (an IPv4 /24 or an IPv6 /64) within [`WINDOW`].
const MOST_FROM_ONE_SOURCE: u64 = 120;
const WINDOW: Duration = Duration::from_mins(1);

/// What is known of a request on its way beside its parameters.
pub(super) struct Pending {
    pub created_at: Timestamp,
    /// A login counts only at or after this moment.
    pub login_after: Option<Timestamp>,
    /// What is still asked of the agent.
    pub needs: Option<FactorNeed>,
    /// A level that would be welcome was asked for on a page: not again.
    pub wish_was_told: bool,
    /// The lowest zone seen so far.
    pub zone: NetworkZone,
}

/// What an interaction carries for [`Provider::take`].
#[derive(Serialize, Deserialize)]
struct Kept {
    params: Vec<(String, String)>,
    /// Whom `id_token_hint` named.
    subject: Option<Sub>,
    expires_at: Timestamp,
}

/// An interaction that was taken, and what it takes to put it back.
pub(super) struct Taken {
    pub params: Params,
    pub subject: Option<Sub>,
    kind: Kind,
    interaction: Interaction,
    expires_at: Timestamp,
}

impl Provider {
    /// What a page needs to know about the request behind it; consumes nothing.
    pub async fn find_interaction(&self, interaction_id: &str) -> Result<Option<Interaction>, ProviderError> {
        let key = key(interaction_id);
        for kind in [Kind::Interaction, Kind::InteractionOutside] {
            if let Some(bytes) = self.ephemeral.get(kind, &key).await? {
                return Ok(Some(serde_json::from_slice(&bytes)?));
            }
        }
        Ok(None)
    }

    /// Stores the request under a new id.
    pub(super) async fn keep(
        &self,
        request: &AuthorizationRequest,
        pending: &Pending,
        caller: &Caller,
    ) -> Result<String, AuthorizeError> {
        self.admit(caller).await?;
        let record = &request.application.application.record;
        let lifetime = self.settings.interaction_lifetime;
        let kept = Kept {
            params: request.essentials(),
            subject: request.subject.clone(),
            expires_at: self.now().plus(lifetime),
        };
        let interaction = Interaction {
            client_id: record.client_id.clone(),
            application_name: record.name.clone(),
            return_origin: request.back.to.origin(),
            login_hint: request.login_hint.clone(),
            ui_locales: request.ui_locales.clone(),
            created_at: pending.created_at,
            login_after: pending.login_after,
            needs: pending.needs,
            zone: pending.zone,
            request: serde_json::to_value(kept).map_err(ProviderError::from)?,
        };
        let bytes = serde_json::to_vec(&interaction).map_err(ProviderError::from)?;
        let id = self.random.token();
        match self.ephemeral.put(room(pending.zone), &key(id.reveal()), bytes, lifetime).await {
            Ok(()) => Ok(id.reveal().to_owned()),
            Err(EphemeralError::TooLarge) => Err(AuthorizeError::Redirect(request.back.error(RequestError::TooLarge))),
            Err(error) => Err(ProviderError::from(error).into()),
        }
    }

    /// Takes the request; of two who resume, one gets it.
    pub(super) async fn take(&self, interaction_id: &str) -> Result<Option<Taken>, ProviderError> {
        let key = key(interaction_id);
        for kind in [Kind::Interaction, Kind::InteractionOutside] {
            if let Some(bytes) = self.ephemeral.take(kind, &key).await? {
                return Taken::read(kind, &bytes).map(Some);
            }
        }
        Ok(None)
    }

    /// Undoes a [`take`](Self::take) after which nothing was granted, because something of ours failed: the agent may
    /// try again with the same page.
    pub(super) async fn put_back(&self, interaction_id: &str, taken: Taken) {
        let Taken { kind, interaction, expires_at, .. } = taken;
        let left = self.now().until(expires_at);
        let outcome = match serde_json::to_vec(&interaction) {
            Ok(bytes) => self.ephemeral.put(kind, &key(interaction_id), bytes, left).await.map_err(ProviderError::from),
            Err(error) => Err(error.into()),
        };
        if let Err(error) = outcome {
            tracing::warn!(why = %error, "an interaction could not be put back: its agent starts again");
        }
    }

    /// Bounds new interactions by their source outside. Where nobody can count, the room alone is the bound (ADR 0004).
    async fn admit(&self, caller: &Caller) -> Result<(), ProviderError> {
        if caller.zone == NetworkZone::Internal {
            return Ok(());
        }
        let source = format!("interaction:{}:{}", caller.zone, source(caller.contact.client_address.as_deref()));
        match self.ephemeral.hit(Kind::RequestCount, &source, WINDOW).await {
            Ok(count) if count.hits > MOST_FROM_ONE_SOURCE => Err(ProviderError::TooManyFromOneSource),
            _ => Ok(()),
        }
    }
}

impl Taken {
    fn read(kind: Kind, bytes: &[u8]) -> Result<Self, ProviderError> {
        let interaction: Interaction = serde_json::from_slice(bytes)?;
        let Kept { mut params, subject, expires_at } = Kept::deserialize(&interaction.request)?;
        let hints = [("login_hint", &interaction.login_hint), ("ui_locales", &interaction.ui_locales)];
        params.extend(hints.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value.clone()?))));
        Ok(Self { params: Params::from_pairs(params), subject, kind, interaction, expires_at })
    }

    /// A contact can only lower the zone (PRODUCT §2.2), also one after which the interaction is put back.
    pub fn lower(&mut self, zone: NetworkZone) {
        self.interaction.zone = self.interaction.zone.lowest(zone);
    }

    /// What is known beside the parameters.
    pub fn pending(&self) -> Pending {
        let Interaction { created_at, login_after, zone, .. } = self.interaction;
        let wish_was_told = self.stake() == Some(Stake::Wish);
        Pending { created_at, login_after, needs: None, wish_was_told, zone }
    }

    /// What depended on the factor that was asked for.
    pub fn stake(&self) -> Option<Stake> {
        self.interaction.needs.map(|need| need.stake)
    }
}

fn room(zone: NetworkZone) -> Kind {
    match zone {
        NetworkZone::Internal => Kind::Interaction,
        NetworkZone::Nomades => Kind::InteractionOutside,
    }
}

/// The network of an address, coarse enough that one subscriber is one source. Those without an address are one source.
fn source(client_address: Option<&str>) -> String {
    let network = client_address.and_then(|text| text.parse::<IpAddr>().ok()).and_then(|address| {
        let address = address.to_canonical();
        IpNet::new(address, if address.is_ipv4() { 24 } else { 64 }).ok()
    });
    network.map_or_else(|| "unknown".to_owned(), |network| network.trunc().to_string())
}

fn key(interaction_id: &str) -> String {
    URL_SAFE_NO_PAD.encode(sha256(interaction_id.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::source;

    #[test]
    fn a_source_is_a_small_network() {
        for (address, network) in [
            (Some("203.0.113.77"), "203.0.113.0/24"),
            (Some("::ffff:203.0.113.9"), "203.0.113.0/24"),
            (Some("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64"),
            (Some("nonsense"), "unknown"),
            (None, "unknown"),
        ] {
            assert_eq!(source(address), network);
        }
    }
}
