//! The authorization request as the checks read it: filled in row by row, then only read.

use std::sync::Arc;
use std::time::Duration;

use super::super::applications::Applications;
use super::super::params::Params;
use super::super::pkce;
use super::super::redirect_uri::ValidRedirectUri;
use super::checks::acr;
use super::error::PageError;
use super::response::{ResponseMode, ReturnAddress};
use crate::crypto::keys::KeyRing;
use crate::domain::acr::Acr;
use crate::domain::asked_acr::AskedAcr;
use crate::domain::ids::Sub;
use crate::domain::scope::GrantedScope;
use crate::domain::time::Timestamp;
use crate::storage::applications::StoredApplication;

/// What the checks read from.
pub(super) struct Ask<'a> {
    pub params: &'a Params,
    pub applications: &'a Applications,
    pub keys: &'a KeyRing,
    pub issuer: &'a str,
    /// The highest level that can be reached.
    pub highest_acr: Acr,
}

/// Before the redirect URI is proved: nothing here can be redirected to.
#[derive(Default)]
pub(super) struct Opening {
    pub application: Option<Arc<StoredApplication>>,
    pub to: Option<ValidRedirectUri>,
}

impl Opening {
    /// Closes the first part. If a check were missing from the table, this would be a page and not a redirect.
    pub fn finish(self, issuer: &str) -> Result<AuthorizationRequest, PageError> {
        let application = self.application.ok_or(PageError::ApplicationUnknown)?;
        let name = application.application.record.name.clone();
        let to = self.to.ok_or_else(|| PageError::RedirectUriMissing { application: name.clone() })?;
        let back =
            ReturnAddress { to, mode: ResponseMode::Query, state: None, application: name, issuer: issuer.to_owned() };
        Ok(AuthorizationRequest {
            application,
            back,
            scope: GrantedScope::default(),
            code_challenge: None,
            nonce: None,
            prompt: Prompt::default(),
            max_age: None,
            acr: AskedAcr::default(),
            subject: None,
            login_hint: None,
            ui_locales: None,
        })
    }
}

/// What `prompt` asks for (OpenID Connect Core §3.1.2.1). `consent` asks for nothing: the City consents, not the agent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Prompt {
    /// No page may be shown.
    pub none: bool,
    /// The agent logs in again: `login`, and `select_account`, which needs the same page.
    pub login: bool,
}

/// An authorization request.
pub(super) struct AuthorizationRequest {
    pub application: Arc<StoredApplication>,
    pub back: ReturnAddress,
    pub scope: GrantedScope,
    pub code_challenge: Option<String>,
    pub nonce: Option<String>,
    pub prompt: Prompt,
    pub max_age: Option<Duration>,
    pub acr: AskedAcr,
    /// Whom `id_token_hint` names.
    pub subject: Option<Sub>,
    pub login_hint: Option<String>,
    pub ui_locales: Option<String>,
}

impl AuthorizationRequest {
    /// The parameters that lead here again, in their shortest form and only those that still matter: scopes that were
    /// granted, of `prompt` only `none`, no `max_age` (it became a moment), no ID token (it became a subject). The hints
    /// are the page's and kept beside.
    pub fn essentials(&self) -> Vec<(String, String)> {
        let record = &self.application.application.record;
        let form_post = (self.back.mode == ResponseMode::FormPost).then_some("form_post");
        let scope = self.scope.to_parameter();
        let (acr_values, claims) = acr::to_parameters(&self.acr);
        let pairs = [
            ("client_id", Some(record.client_id.as_str())),
            ("redirect_uri", Some(self.back.to.as_str())),
            ("state", self.back.state.as_deref()),
            ("response_mode", form_post),
            ("response_type", Some("code")),
            ("scope", Some(&scope)),
            ("nonce", self.nonce.as_deref()),
            ("code_challenge", self.code_challenge.as_deref()),
            ("code_challenge_method", self.code_challenge.as_ref().map(|_| pkce::METHOD)),
            ("prompt", self.prompt.none.then_some("none")),
            ("acr_values", acr_values.as_deref()),
            ("claims", claims.as_deref()),
        ];
        pairs.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned()))).collect()
    }

    /// The moment at or after which the agent must have logged in, for a request that came at `now`.
    pub fn login_after(&self, now: Timestamp) -> Option<Timestamp> {
        // OpenID Connect Core §3.1.2.1: max_age=0 is prompt=login (OA-32, OA-37).
        let max_age = if self.prompt.login { Some(Duration::ZERO) } else { self.max_age };
        max_age.map(|age| now.minus(age))
    }
}
