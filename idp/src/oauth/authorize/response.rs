//! The authorization response: what travels back to the application, and how.

use super::super::redirect_uri::ValidRedirectUri;
use super::error::RequestError;
use crate::domain::secret::PlainToken;

/// How the response travels (OAuth 2.0 Multiple Response Type Encoding Practices §2.1, Form Post Response Mode §2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ResponseMode {
    #[default]
    Query,
    FormPost,
}

/// Where an answer goes and what every answer repeats. It exists only with a proved redirect URI.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ReturnAddress {
    pub to: ValidRedirectUri,
    pub mode: ResponseMode,
    pub state: Option<String>,
    pub application: String,
    pub issuer: String,
}

impl ReturnAddress {
    /// A successful response (RFC 6749 §4.1.2).
    pub fn code(&self, code: &PlainToken) -> AuthorizationResponse {
        self.response(vec![("code", code.reveal().to_owned())])
    }

    /// An error response (RFC 6749 §4.1.2.1).
    pub fn error(&self, error: RequestError) -> AuthorizationResponse {
        tracing::info!(error = error.code().as_str(), why = %error, "authorization refused");
        self.response(vec![
            ("error", error.code().as_str().to_owned()),
            ("error_description", error.public().to_owned()),
        ])
    }

    fn response(&self, mut params: Vec<(&'static str, String)>) -> AuthorizationResponse {
        // RFC 6749 §4.1.2: "the exact value received from the client" (OA-16).
        params.extend(self.state.clone().map(|state| ("state", state)));
        // RFC 9207 §2: in every response, errors included (OA-21).
        params.push(("iss", self.issuer.clone()));
        AuthorizationResponse { to: self.to.clone(), mode: self.mode, application: self.application.clone(), params }
    }
}

/// An answer to an application. Its parameters may hold a code: they are not for the log.
#[derive(Clone, PartialEq, Eq)]
pub struct AuthorizationResponse {
    pub to: ValidRedirectUri,
    pub mode: ResponseMode,
    /// The application's name, for the page that posts the form.
    pub application: String,
    /// `code` or `error` and `error_description`; `state`; `iss`.
    pub params: Vec<(&'static str, String)>,
}

impl AuthorizationResponse {
    /// The `Location` of a response in query mode.
    pub fn location(&self) -> String {
        self.to.with_query(&self.params)
    }

    /// The value of one parameter.
    pub fn param(&self, name: &str) -> Option<&str> {
        self.params.iter().find(|(n, _)| *n == name).map(|(_, value)| value.as_str())
    }
}

impl std::fmt::Debug for AuthorizationResponse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<&str> = self.params.iter().map(|(name, _)| *name).collect();
        f.debug_struct("AuthorizationResponse")
            .field("to", &self.to)
            .field("mode", &self.mode)
            .field("error", &self.param("error"))
            .field("params", &names)
            .finish_non_exhaustive()
    }
}
