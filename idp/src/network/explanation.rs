//! A zone with the way it was found: what `octroictl zone explain`, `/diagnostic`, the log and the metrics show.
//!
//! Plain data. The decision itself stands in `decision.rs`.

use std::borrow::Cow;
use std::net::IpAddr;

use serde::{Serialize, Serializer};

use super::headers::IgnoredHeader;
use crate::domain::zone::NetworkZone;

/// What was decided about one contact, hop by hop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ZoneDecision {
    pub zone: NetworkZone,
    /// The client's address in canonical form; absent when there is any doubt about it.
    pub client_address: Option<IpAddr>,
    /// The way back from the peer towards the client, as far as it was walked.
    pub hops: Vec<Hop>,
    pub why: Why,
    /// Forwarding headers that were not believed: the caller logs and counts them.
    pub ignored: Vec<IgnoredHeader>,
}

impl ZoneDecision {
    /// The decision about a contact of which nothing is known: `nomades`, like every doubt.
    pub const fn unknown() -> Self {
        Self {
            zone: NetworkZone::Nomades,
            client_address: None,
            hops: Vec::new(),
            why: Why::NoPeer,
            ignored: Vec::new(),
        }
    }
}

/// One step on the way from the peer towards the client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Hop {
    pub address: Option<IpAddr>,
    pub seen_in: Contact,
    pub role: HopRole,
    /// An English sentence part for people.
    pub note: Cow<'static, str>,
}

/// Where a hop's address was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Contact {
    /// The connection itself.
    Peer,
    Forwarded,
    XForwardedFor,
    ProxyV2,
}

/// What a hop turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum HopRole {
    TrustedProxy,
    Client,
    /// No address could be read: here the walk ends without a client.
    Unreadable,
}

macro_rules! explanations {
    ($($(#[$doc:meta])* $variant:ident => $code:literal, $sentence:literal;)+) => {
        /// Why the zone is what it is. Only [`Why::InternalAddress`] is `internal`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Why { $($(#[$doc])* $variant,)+ }

        impl Why {
            /// Every explanation.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The stable code: the metric label `why`, the log field, the command line.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)+ }
            }

            /// The same for people.
            pub const fn sentence(self) -> &'static str {
                match self { $(Self::$variant => $sentence,)+ }
            }
        }
    };
}

explanations! {
    InternalAddress => "internal_address",
        "the client address is inside network.internal, outside network.never_internal, and the listener may say internal";
    // There is a client address.
    NeverInternal => "never_internal", "the client address is inside network.never_internal";
    OutsideInternal => "outside_internal", "the client address is not inside network.internal";
    ListenerCeiling => "listener_ceiling", "the client address is internal, but the listener's ceiling is nomades";
    // There is none: doubt is nomades.
    NoPeer => "no_peer", "the connection has no peer address, and its socket is not declared as a trusted proxy's";
    Closed => "closed", "the listener closes connections that are not a trusted proxy's with a PROXY v2 header";
    HeaderAbsent => "header_absent", "the peer is a trusted proxy, but it sent no header of the listener's source";
    HeaderMalformed => "header_malformed", "the trusted proxy's header cannot be read at or behind the deciding hop";
    HeaderTooLong => "header_too_long", "the trusted proxy's header is longer than any honest chain";
    ClientHidden => "client_hidden", "the deciding hop hides or omits its address";
    OnlyProxies => "only_proxies", "every address in the trusted proxy's header is itself a trusted proxy";
    TooManyHops => "too_many_hops", "more than five trusted proxies stand in front of the client";
}

impl Serialize for Why {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn codes_are_distinct_and_fit_for_a_metric_label() {
        let codes: BTreeSet<_> = Why::ALL.iter().map(|why| why.code()).collect();
        assert_eq!(codes.len(), Why::ALL.len());
        assert!(codes.iter().all(|code| code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')));
    }
}
