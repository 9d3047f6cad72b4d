//! Identifiers as types, so that a session id is never passed where a client id is meant.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Wraps a value that was generated here or stored before.
            pub fn new(value: impl Into<String>) -> Self {
                Self(value.into())
            }

            /// The text itself.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_id!(
    /// `sub` of an agent: a random UUID, stable, opaque, never the SOI.
    Sub
);
text_id!(
    /// `sid` of a session as told to applications (OpenID Connect Back-Channel Logout §2.1); never the cookie's value.
    Sid
);
text_id!(
    /// `client_id` of an application (RFC 6749 §2.2).
    ClientId
);
text_id!(
    /// One grant: session × application. Carried by access tokens as the private claim `grant_id`.
    GrantId
);
text_id!(
    /// The short code on a refusal page (`K7QM-2F4X`) that opens the trace in the audit.
    Reference
);
text_id!(
    /// One HTTP request, in logs and on error pages.
    RequestId
);
