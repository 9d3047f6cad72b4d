//! Client authentication at the token endpoint (RFC 6749 §2.3): credentials are parsed into one enum, then the
//! application is found, then verified. [`AuthenticatedClient`] is the proof and can be built only here.
//!
//! One method per application, exactly the registered one (STANDARDS D8). An unknown `client_id`, a wrong secret and a
//! wrong method get the same answer after the same work.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::params::{ParamsError, Repeated, form_decode};
use super::{Applications, ErrorCode, Params};
use crate::crypto::hash::{constant_time_eq, hash_token};
use crate::domain::application::{Application, ApplicationRecord, ClientAuthMethod};
use crate::domain::ids::ClientId;
use crate::domain::secret::PlainToken;
use crate::storage::applications::StoredApplication;

/// Longer credentials belong to nobody.
const MAX_BYTES: usize = 512;

/// An application that proved who it is, or a public one that named itself.
#[derive(Debug, Clone)]
pub struct AuthenticatedClient(Arc<StoredApplication>);

impl AuthenticatedClient {
    /// The application as registered.
    pub fn application(&self) -> &Application {
        &self.0.application
    }

    /// What an administrator registered.
    pub fn record(&self) -> &ApplicationRecord {
        &self.0.application.record
    }

    /// Its `client_id`.
    pub fn client_id(&self) -> &ClientId {
        &self.record().client_id
    }
}

/// Why a client is not authenticated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ClientAuthError {
    #[error("a credential is repeated")]
    Repeated,
    #[error("more than one authentication method is used")]
    TwoMethods,
    #[error("the two client_id differ")]
    TwoClients,
    /// `basic`: by the `Authorization` header, which is then named in the answer.
    #[error("unknown client, wrong secret or another method than the registered one")]
    Refused { basic: bool },
}

impl From<Repeated> for ClientAuthError {
    fn from(_: Repeated) -> Self {
        Self::Repeated
    }
}

impl ClientAuthError {
    /// `invalid_client`, or `invalid_request` where the request itself is malformed (RFC 6749 §5.2).
    pub const fn code(self) -> ErrorCode {
        match self {
            Self::Refused { .. } => ErrorCode::InvalidClient,
            _ => ErrorCode::InvalidRequest,
        }
    }

    /// What a client may read.
    pub const fn public(self) -> &'static str {
        match self {
            Self::Repeated => "a parameter is repeated",
            Self::TwoMethods => "the client used more than one authentication method",
            Self::TwoClients => "client_id differs from the one in the Authorization header",
            Self::Refused { .. } => "client authentication failed",
        }
    }

    /// The `WWW-Authenticate` that RFC 6749 §5.2 demands when the header was used.
    pub const fn challenge(self) -> Option<&'static str> {
        match self {
            Self::Refused { basic: true } => Some(r#"Basic realm="octroi", charset="UTF-8""#),
            _ => None,
        }
    }
}

/// What was presented.
enum Credentials {
    Basic { client_id: ClientId, secret: PlainToken },
    Post { client_id: ClientId, secret: PlainToken },
    Public { client_id: ClientId },
}

/// Authenticates the client of a request. `authorization` is the value of the header, if there was one.
pub(super) fn authenticate(
    applications: &Applications,
    params: &Params,
    authorization: Option<&[u8]>,
) -> Result<AuthenticatedClient, ClientAuthError> {
    let credentials = Credentials::read(params, authorization)?;
    let refused = ClientAuthError::Refused { basic: matches!(credentials, Credentials::Basic { .. }) };
    let application = applications.find(credentials.client_id());
    if credentials.prove(application.as_deref()) { application.map(AuthenticatedClient) } else { None }.ok_or(refused)
}

/// The `client_id` that a request names, for the log: printable and at most 64 characters. Proves nothing.
pub(super) fn claimed_id(params: &Params, authorization: Option<&[u8]>) -> String {
    let in_header = || authorization.and_then(basic).map(|(client_id, _)| client_id.to_string());
    let in_body = || params.one("client_id").ok().flatten().map(str::to_owned);
    let claimed = in_header().or_else(in_body).unwrap_or_default();
    claimed.chars().filter(|c| !c.is_control()).take(64).collect()
}

impl Credentials {
    fn read(params: &Params, authorization: Option<&[u8]>) -> Result<Self, ClientAuthError> {
        let client_id = params.one("client_id")?.map(ClientId::new);
        let secret = params.one("client_secret")?.map(PlainToken::new);
        let assertion = params.one("client_assertion")?.or(params.one("client_assertion_type")?).is_some();
        let methods = [authorization.is_some(), secret.is_some(), assertion];
        // RFC 6749 §2.3: "MUST NOT use more than one authentication method in each request".
        if methods.iter().filter(|used| **used).count() > 1 {
            return Err(ClientAuthError::TwoMethods);
        }
        if let Some(header) = authorization {
            let (id, secret) = basic(header).ok_or(ClientAuthError::Refused { basic: true })?;
            if client_id.is_some_and(|other| other != id) {
                return Err(ClientAuthError::TwoClients);
            }
            return Ok(Self::Basic { client_id: id, secret });
        }
        match (client_id, secret) {
            (Some(client_id), Some(secret)) => Ok(Self::Post { client_id, secret }),
            (Some(client_id), None) if !assertion => Ok(Self::Public { client_id }),
            _ => Err(ClientAuthError::Refused { basic: false }),
        }
    }

    fn client_id(&self) -> &ClientId {
        match self {
            Self::Basic { client_id, .. } | Self::Post { client_id, .. } | Self::Public { client_id } => client_id,
        }
    }

    /// Compares with what is registered; an unknown application costs the same comparison.
    fn prove(&self, application: Option<&StoredApplication>) -> bool {
        let (method, secret) = match self {
            Self::Basic { secret, .. } => (ClientAuthMethod::ClientSecretBasic, Some(secret)),
            Self::Post { secret, .. } => (ClientAuthMethod::ClientSecretPost, Some(secret)),
            Self::Public { .. } => (ClientAuthMethod::None, None),
        };
        let registered = application.map(|a| a.application.record.token_endpoint_auth_method);
        let secret_fits = secret.is_none_or(|secret| {
            let known = application.and_then(|a| a.secret_hash.as_ref());
            let equal = constant_time_eq(hash_token(secret).as_bytes(), known.map_or(&[0; 32], |hash| hash.as_bytes()));
            equal && known.is_some()
        });
        secret_fits && registered == Some(method)
    }
}

/// `Basic`, both halves form-encoded before they were joined (RFC 6749 §2.3.1).
fn basic(header: &[u8]) -> Option<(ClientId, PlainToken)> {
    let (scheme, encoded) = header.split_at_checked("Basic ".len())?;
    if !scheme.eq_ignore_ascii_case(b"basic ") || encoded.len() > 4 * MAX_BYTES {
        return None;
    }
    let joined = STANDARD.decode(encoded.trim_ascii()).ok()?;
    let mut halves = joined.splitn(2, |byte| *byte == b':');
    let decode = |half: Option<&[u8]>| -> Option<String> {
        let decoded: Result<String, ParamsError> = form_decode(half?, MAX_BYTES);
        decoded.ok().filter(|text| !text.is_empty())
    };
    Some((ClientId::new(decode(halves.next())?), PlainToken::new(decode(halves.next())?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oauth::testing::{SECRET, application, stored};

    fn applications() -> Applications {
        let with = |id: &str, method| ApplicationRecord { token_endpoint_auth_method: method, ..application(id) };
        Applications::new(vec![
            stored(with("basic", ClientAuthMethod::ClientSecretBasic)),
            stored(with("post", ClientAuthMethod::ClientSecretPost)),
            stored(with("native", ClientAuthMethod::None)),
            stored(with("odd:one +", ClientAuthMethod::ClientSecretBasic)),
        ])
    }

    fn attempt(body: &str, header: Option<&str>) -> Result<String, ClientAuthError> {
        let params = Params::parse(body.as_bytes()).unwrap();
        let client = authenticate(&applications(), &params, header.map(str::as_bytes))?;
        Ok(client.client_id().to_string())
    }

    fn header(joined: &str) -> String {
        format!("Basic {}", STANDARD.encode(joined))
    }

    const REFUSED: ClientAuthError = ClientAuthError::Refused { basic: false };
    const REFUSED_BASIC: ClientAuthError = ClientAuthError::Refused { basic: true };

    #[test]
    fn each_registered_method_authenticates() {
        assert_eq!(attempt("", Some(&header(&format!("basic:{SECRET}")))).unwrap(), "basic");
        assert_eq!(attempt(&format!("client_id=post&client_secret={SECRET}"), None).unwrap(), "post");
        assert_eq!(attempt("client_id=native", None).unwrap(), "native");
    }

    #[test]
    fn basic_credentials_are_form_decoded_before_they_are_compared() {
        assert_eq!(attempt("", Some(&header(&format!("odd%3Aone+%2B:{SECRET}")))).unwrap(), "odd:one +");
        assert_eq!(attempt("", Some(&header(&format!("odd:one +:{SECRET}")))), Err(REFUSED_BASIC));
    }

    #[test]
    fn the_scheme_is_written_in_any_case_and_the_same_client_id_may_stand_in_the_body() {
        let value = header(&format!("basic:{SECRET}")).replace("Basic", "bAsIc");
        assert_eq!(attempt("client_id=basic", Some(&value)).unwrap(), "basic");
        assert_eq!(attempt("client_id=post", Some(&value)), Err(ClientAuthError::TwoClients));
    }

    #[test]
    fn another_method_than_the_registered_one_is_refused() {
        assert_eq!(attempt(&format!("client_id=basic&client_secret={SECRET}"), None), Err(REFUSED));
        assert_eq!(attempt("", Some(&header(&format!("post:{SECRET}")))), Err(REFUSED_BASIC));
        assert_eq!(attempt("client_id=basic", None), Err(REFUSED));
        assert_eq!(attempt("client_id=post&client_secret=", None), Err(REFUSED));
        assert_eq!(attempt(&format!("client_id=native&client_secret={SECRET}"), None), Err(REFUSED));
    }

    #[test]
    fn unknown_clients_wrong_secrets_and_missing_credentials_get_one_answer() {
        for body in ["client_id=nobody&client_secret=x", "client_id=post&client_secret=x", "client_id=nobody", ""] {
            assert_eq!(attempt(body, None), Err(REFUSED), "{body}");
        }
        for joined in ["basic:wrong", "nobody:x", "basic:", ":", "basic", ""] {
            assert_eq!(attempt("", Some(&header(joined))), Err(REFUSED_BASIC), "{joined}");
        }
        for value in ["Basic", "Basic ", "Basic !!!", "Bearer abc", "Basicé", ""] {
            assert_eq!(attempt("client_id=native", Some(value)), Err(REFUSED_BASIC), "{value}");
        }
        let all_zero_hash = attempt("client_id=native&client_secret=", None);
        assert_eq!(all_zero_hash.unwrap(), "native");
    }

    #[test]
    fn the_log_names_the_claimed_client_in_bounds_and_never_its_secret() {
        let claimed = |body: &str, header: Option<&str>| {
            claimed_id(&Params::parse(body.as_bytes()).unwrap(), header.map(str::as_bytes))
        };
        assert_eq!(claimed("client_id=nobody&client_secret=x", None), "nobody");
        assert_eq!(claimed("client_id=body", Some(&header("head:secret"))), "head");
        assert_eq!(claimed("client_id=a%0A%1b%5Bmb", None), "a[mb");
        assert_eq!(claimed(&format!("client_id={}", "é".repeat(500)), None), "é".repeat(64));
        for (body, value) in [("", None), ("client_id=a&client_id=b", None), ("", Some("Basic !!!"))] {
            assert_eq!(claimed(body, value), "");
        }
    }

    #[test]
    fn two_methods_at_once_are_a_malformed_request() {
        let value = header(&format!("basic:{SECRET}"));
        let body = format!("client_id=basic&client_secret={SECRET}");
        for error in [
            attempt(&body, Some(&value)),
            attempt("client_assertion=x", Some(&value)),
            attempt(&format!("{body}&client_assertion_type=x"), None),
        ] {
            assert_eq!(error, Err(ClientAuthError::TwoMethods));
        }
        assert_eq!(ClientAuthError::TwoMethods.code(), ErrorCode::InvalidRequest);
    }

    #[test]
    fn the_header_is_challenged_only_when_it_was_used() {
        assert!(REFUSED_BASIC.challenge().unwrap().starts_with("Basic realm="));
        assert_eq!(REFUSED.challenge(), None);
        assert_eq!((REFUSED.code().as_str(), REFUSED.code().status()), ("invalid_client", 401));
    }
}
