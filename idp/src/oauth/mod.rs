//! OAuth 2.0 and OpenID Connect: the protocol without HTTP and without SQL.
//!
//! [`Provider`] takes parsed parameters and returns values: [`authorize`] a step (page, redirect, login, refusal),
//! [`token`] and [`userinfo`] a response or an error that knows its [`ErrorCode`], [`logout`] a step, [`discovery`] the
//! metadata. Handlers in `web/oauth` turn these into responses and add nothing. What may be used once is consumed by
//! `storage` inside one `store.write`; access is decided by [`domain::access`](crate::domain::access) only.
//!
//! To add a grant: a file in `token/`, a line in `token/mod.rs` and in [`discovery`]. To add a check of authorization
//! requests: a function in `authorize/checks/`, a row in its table. Look next at `token/authorization_code.rs`.

mod applications;
pub mod authorize;
mod claims;
mod client_auth;
mod decision;
pub mod discovery;
mod error;
mod id_token_hint;
pub mod logout;
mod params;
mod pkce;
mod redirect_uri;
#[cfg(test)]
pub(crate) mod testing;
pub mod token;
pub mod userinfo;

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use jiff::tz::TimeZone;

pub use self::applications::Applications;
pub use self::client_auth::{AuthenticatedClient, ClientAuthError};
pub use self::error::ProviderError;
pub use self::params::{Params, ParamsError, Repeated};
pub use self::redirect_uri::{ValidPostLogoutUri, ValidRedirectUri};

use self::userinfo::VerifiedTokens;
use crate::crypto::keys::KeyRing;
use crate::crypto::random::Random;
use crate::domain::acr::Acr;
use crate::domain::audit::Contact;
use crate::domain::factor_policies::FactorPolicies;
use crate::domain::password_policy::PasswordPolicies;
use crate::domain::session::{Session, SessionPolicy};
use crate::domain::time::{Clock, Timestamp};
use crate::domain::zone::NetworkZone;
use crate::ephemeral::Ephemeral;
use crate::storage::Store;

/// The OpenID provider. Cheap to clone; what can be reloaded is behind an `ArcSwap`.
#[derive(Clone)]
pub struct Provider {
    pub store: Store,
    pub ephemeral: Arc<dyn Ephemeral>,
    pub clock: Clock,
    pub random: Random,
    pub keys: Arc<ArcSwap<KeyRing>>,
    pub applications: Arc<ArcSwap<Applications>>,
    pub verified: VerifiedTokens,
    pub settings: Arc<OauthSettings>,
}

/// What the configuration says about the protocol.
#[derive(Debug, Clone)]
pub struct OauthSettings {
    /// `iss`, character for character (RFC 9207 §2.4); no trailing slash.
    pub issuer: String,
    /// At most 60 s (FAPI 2.0 §5.3.2.1).
    pub code_lifetime: Duration,
    pub access_token_lifetime: Duration,
    pub id_token_lifetime: Duration,
    /// How long a login page may stay open.
    pub interaction_lifetime: Duration,
    /// How long `internal` is believed (PRODUCT §2.6).
    pub internal_max_age: Duration,
    pub sessions: SessionPolicy,
    pub passwords: PasswordPolicies,
    /// The City's: an employment ends at local midnight.
    pub time_zone: TimeZone,
    /// Where a second factor is asked for.
    pub factors: FactorPolicies,
    /// The highest level that can be reached: `eidas3` only where makers of keys are listed.
    pub highest_acr: Acr,
    /// Demo only: see [`domain::access::Case`](crate::domain::access::Case).
    pub preview_nomades: bool,
}

/// Who asks: one contact of a browser or an application.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The zone that the network saw.
    pub zone: NetworkZone,
    /// For the audit.
    pub contact: Contact,
    /// The live session of the browser, found by its cookie. Applications have none.
    pub session: Option<Session>,
}

impl Provider {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

/// One row per error: variant, code, HTTP status where the error is the body of a response.
macro_rules! error_codes {
    ($($(#[$doc:meta])* $variant:ident => $code:literal, $status:literal;)+) => {
        /// Error codes of RFC 6749 §4.1.2.1 and §5.2, RFC 6750 §3.1 and OpenID Connect Core §3.1.2.6.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum ErrorCode { $($(#[$doc])* $variant,)+ }

        impl ErrorCode {
            /// Every code, in the table's order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The value of `error`.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code,)+ }
            }

            /// The status where the error is answered directly; an error that is redirected has none.
            pub const fn status(self) -> u16 {
                match self { $(Self::$variant => $status,)+ }
            }
        }
    };
}

error_codes! {
    InvalidRequest => "invalid_request", 400;
    InvalidClient => "invalid_client", 401;
    InvalidGrant => "invalid_grant", 400;
    UnauthorizedClient => "unauthorized_client", 400;
    UnsupportedGrantType => "unsupported_grant_type", 400;
    UnsupportedResponseType => "unsupported_response_type", 400;
    InvalidScope => "invalid_scope", 400;
    AccessDenied => "access_denied", 403;
    LoginRequired => "login_required", 400;
    InteractionRequired => "interaction_required", 400;
    /// OpenID Connect Core Error Code unmet_authentication_requirements §2
    UnmetAuthenticationRequirements => "unmet_authentication_requirements", 400;
    RequestNotSupported => "request_not_supported", 400;
    RequestUriNotSupported => "request_uri_not_supported", 400;
    RegistrationNotSupported => "registration_not_supported", 400;
    /// RFC 6750 §3.1
    InvalidToken => "invalid_token", 401;
    /// RFC 6750 §3.1
    InsufficientScope => "insufficient_scope", 403;
    ServerError => "server_error", 500;
    TemporarilyUnavailable => "temporarily_unavailable", 503;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_written_as_the_rfcs_write_them_and_each_has_one_status() {
        let table: Vec<String> = ErrorCode::ALL.iter().map(|c| format!("{} {}", c.as_str(), c.status())).collect();
        assert_eq!(
            table,
            [
                "invalid_request 400",
                "invalid_client 401",
                "invalid_grant 400",
                "unauthorized_client 400",
                "unsupported_grant_type 400",
                "unsupported_response_type 400",
                "invalid_scope 400",
                "access_denied 403",
                "login_required 400",
                "interaction_required 400",
                "unmet_authentication_requirements 400",
                "request_not_supported 400",
                "request_uri_not_supported 400",
                "registration_not_supported 400",
                "invalid_token 401",
                "insufficient_scope 403",
                "server_error 500",
                "temporarily_unavailable 503",
            ]
        );
    }

    /// Where each error is answered.
    const fn place(code: ErrorCode) -> &'static str {
        match code {
            ErrorCode::InvalidRequest => "authorize, token, UserInfo, logout",
            ErrorCode::InvalidClient | ErrorCode::InvalidGrant | ErrorCode::UnsupportedGrantType => "token",
            ErrorCode::UnauthorizedClient => "authorize, token",
            ErrorCode::InvalidToken | ErrorCode::InsufficientScope => "UserInfo",
            ErrorCode::ServerError | ErrorCode::TemporarilyUnavailable => "any",
            ErrorCode::UnsupportedResponseType
            | ErrorCode::InvalidScope
            | ErrorCode::AccessDenied
            | ErrorCode::LoginRequired
            | ErrorCode::InteractionRequired
            | ErrorCode::UnmetAuthenticationRequirements
            | ErrorCode::RequestNotSupported
            | ErrorCode::RequestUriNotSupported
            | ErrorCode::RegistrationNotSupported => "authorize",
        }
    }

    /// `docs/reference/errors.md`, as the table makes it.
    fn errors_document() -> String {
        let rows = ErrorCode::ALL.iter().map(|code| {
            let redirected = place(*code) == "authorize";
            let status = if redirected { "–".to_owned() } else { code.status().to_string() };
            format!("| `{}` | {status} | {} |\n", code.as_str(), place(*code))
        });
        format!(
            "# Protocol errors\n\n\
             Every value of `error` (RFC 6749 §4.1.2.1 and §5.2, RFC 6750 §3.1, OpenID Connect Core §3.1.2.6, OpenID Connect\n\
             Core Error Code unmet_authentication_requirements §2). The status is that of a direct answer; at authorize an\n\
             error is redirected to the application and has none, unless `client_id` or `redirect_uri` cannot be proved (a\n\
             page with 400) or the failure is ours (a page with 500 or 503). A body that\n\
             cannot be read is `invalid_request` with 408, 413 or 415. What to do about each stands in\n\
             [connecting an application](../guides/applications.md#errors).\n\n\
             | `error` | status | where |\n|---|---|---|\n{}",
            rows.collect::<String>()
        )
    }

    #[test]
    fn the_document_of_errors_is_the_table() {
        let fresh = errors_document();
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
        let committed = std::fs::read_to_string(format!("{root}/docs/reference/errors.md")).unwrap_or_default();
        if committed != fresh {
            std::fs::create_dir_all(format!("{root}/target/reference")).unwrap();
            std::fs::write(format!("{root}/target/reference/errors.md"), fresh).unwrap();
            panic!("the table has changed: cp target/reference/errors.md docs/reference/errors.md");
        }
    }
}
