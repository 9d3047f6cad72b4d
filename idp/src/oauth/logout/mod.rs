//! RP-initiated logout (OpenID Connect RP-Initiated Logout 1.0): who is meant, whether to ask, where to go afterwards.
//!
//! Nobody is logged out by a link alone: without an ID token of the session the agent is asked (OA-41). Nobody is sent to
//! an address that the application did not register; that is a page with status 400.

mod error;
#[cfg(test)]
mod tests;

use std::sync::Arc;

pub use self::error::LogoutError;

use super::id_token_hint::{self, Hint, InvalidHint};
use super::redirect_uri::ValidPostLogoutUri;
use super::{Caller, Params, Provider, ProviderError};
use crate::domain::audit::{Actor, Contact, Event};
use crate::domain::ids::ClientId;
use crate::domain::session::Session;
use crate::storage::applications::StoredApplication;
use crate::storage::{Tx, agents, audit, sessions};

const STATE_MAX_BYTES: usize = 2048;

/// What the confirmation page carries along.
const KEPT: &[&str] = &["id_token_hint", "client_id", "post_logout_redirect_uri", "state", "ui_locales"];

/// What happens next.
#[derive(Debug)]
pub enum LogoutStep {
    /// A page with status 400; never a redirect.
    Page(LogoutError),
    /// The page that asks.
    Confirm(Confirmation),
    /// Logged out, or nobody was logged in.
    Done(SignedOut),
}

/// What the page that asks needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confirmation {
    /// The application that sent the agent here, if it said so.
    pub application: Option<String>,
    /// Hidden fields that the confirmed request carries again.
    pub fields: Vec<(String, String)>,
    /// For `form-action` (HTTP-02).
    pub return_origin: Option<String>,
}

/// The end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedOut {
    /// The application that sent the agent here.
    pub application: Option<String>,
    /// Where to go at once: a registered address with `state`.
    pub location: Option<String>,
}

/// A request that was understood.
struct LogoutRequest {
    hint: Option<Hint>,
    application: Option<Arc<StoredApplication>>,
    back: Option<ValidPostLogoutUri>,
    state: Option<String>,
}

impl Provider {
    /// A logout request, by GET or POST.
    pub async fn logout(&self, params: &Params, caller: &Caller) -> Result<LogoutStep, ProviderError> {
        let request = match self.read_logout(params) {
            Ok(request) => request,
            Err(error) => return Ok(refused(error)),
        };
        // An ID token without the browser ends nothing: whoever found one in a log could sign its agent out.
        if let Some(session) = &caller.session {
            let meant = match &request.hint {
                Some(hint) => self.is_meant(hint, session).await?,
                None => false,
            };
            if !meant {
                return Ok(LogoutStep::Confirm(request.confirmation(params)));
            }
            self.end_session(session, "logout", &caller.contact).await?;
        }
        Ok(LogoutStep::Done(request.signed_out()))
    }

    /// The agent confirmed: `params` are the fields of the page.
    pub async fn logout_confirmed(&self, params: &Params, caller: &Caller) -> Result<LogoutStep, ProviderError> {
        let request = match self.read_logout(params) {
            Ok(request) => request,
            Err(error) => return Ok(refused(error)),
        };
        if let Some(session) = &caller.session {
            self.end_session(session, "logout", &caller.contact).await?;
        }
        Ok(LogoutStep::Done(request.signed_out()))
    }

    /// Ends a session, with its audit row; answers whether it lived. Its grants are worthless from then on, because every
    /// use of a token reads the session.
    pub async fn end_session(
        &self,
        session: &Session,
        why: &'static str,
        contact: &Contact,
    ) -> Result<bool, ProviderError> {
        let now = self.now();
        let event = Event::new("session.ended", Actor::Agent(session.soi.clone()))
            .with_subject(&session.soi)
            .with_session(&session.sid)
            .with_contact(contact)
            .with_detail(serde_json::json!({ "why": why }));
        self.store
            .write(async |tx: &mut Tx| -> Result<bool, ProviderError> {
                let lived = sessions::end(tx, &session.sid, why, now).await?;
                if lived {
                    audit::append(tx, &event, now).await?;
                }
                Ok(lived)
            })
            .await
    }

    fn read_logout(&self, params: &Params) -> Result<LogoutRequest, LogoutError> {
        let hint = params
            .one("id_token_hint")?
            .map(|token| id_token_hint::read(&self.keys.load(), &self.settings.issuer, token))
            .transpose()
            .map_err(|InvalidHint| LogoutError::HintInvalid)?;
        let client_id = params.one("client_id")?.map(ClientId::new);
        // RP-Initiated Logout §2: both given, both the same.
        if let (Some(hint), Some(client_id)) = (&hint, &client_id)
            && hint.aud != *client_id
        {
            return Err(LogoutError::ClientMismatch);
        }
        let named = client_id.as_ref().or(hint.as_ref().map(|hint| &hint.aud));
        let application = named.and_then(|id| self.applications.load().find(id));
        if client_id.is_some() && application.is_none() {
            return Err(LogoutError::ApplicationUnknown);
        }
        // RP-Initiated Logout §3: "MUST NOT perform post-logout redirection" unless the value is registered.
        let back = match (params.one("post_logout_redirect_uri")?, &application) {
            (None, _) => None,
            (Some(_), None) => return Err(LogoutError::ApplicationMissing),
            (Some(uri), Some(application)) => {
                let record = &application.application.record;
                let unregistered = || LogoutError::UriUnregistered { application: record.name.clone() };
                Some(ValidPostLogoutUri::check(record, uri).ok_or_else(unregistered)?)
            }
        };
        let state = params.one("state")?;
        if state.is_some_and(|state| state.len() > STATE_MAX_BYTES || state.chars().any(char::is_control)) {
            return Err(LogoutError::State);
        }
        Ok(LogoutRequest { hint, application, back, state: state.map(str::to_owned) })
    }

    /// Whether the hint means this session: its `sid`, or another session of the same agent (RP-Initiated Logout §4).
    async fn is_meant(&self, hint: &Hint, session: &Session) -> Result<bool, ProviderError> {
        if hint.sid.as_ref() == Some(&session.sid) {
            return Ok(true);
        }
        self.store
            .read(async |tx: &mut Tx| -> Result<bool, ProviderError> {
                Ok(agents::find(tx, &session.soi).await?.is_some_and(|agent| agent.sub == hint.sub))
            })
            .await
    }
}

/// The same request as a query string. A cross-site POST does not carry our cookie, and "you are signed out" would be a
/// lie: it comes back by GET, which does (as OA-40 for authorization requests).
pub fn as_query(params: &Params) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(params.only(KEPT).pairs()).finish()
}

fn refused(error: LogoutError) -> LogoutStep {
    tracing::info!(why = %error, "logout request refused");
    LogoutStep::Page(error)
}

impl LogoutRequest {
    fn name(&self) -> Option<String> {
        self.application.as_ref().map(|a| a.application.record.name.clone())
    }

    fn confirmation(&self, params: &Params) -> Confirmation {
        Confirmation {
            application: self.name(),
            fields: params.only(KEPT).pairs().to_vec(),
            return_origin: self.back.as_ref().map(ValidPostLogoutUri::origin),
        }
    }

    fn signed_out(&self) -> SignedOut {
        SignedOut {
            application: self.name(),
            location: self.back.as_ref().map(|uri| uri.with_state(self.state.as_deref())),
        }
    }
}
