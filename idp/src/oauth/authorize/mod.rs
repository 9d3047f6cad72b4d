//! The authorization endpoint: from parameters to a step that the web layer carries out.
//!
//! A request is checked ([`checks`]), then needs a login that is fresh enough, then a decision ([`decision`]), then a
//! code. Where a page comes between, the request waits as an interaction ([`pending`]): pages look at it
//! ([`Provider::find_interaction`]), [`Provider::resume`] consumes it and goes on from the same place.

mod checks;
mod decision;
mod error;
mod pending;
mod request;
mod response;
#[cfg(test)]
mod tests;

pub use self::error::{PageError, RequestError};
pub use self::response::{AuthorizationResponse, ResponseMode};

use self::checks::Entry;
use self::decision::Outcome;
use self::error::AuthorizeError;
use self::pending::{Pending, Taken};
use self::request::{Ask, AuthorizationRequest};
use super::{Caller, Params, Provider, ProviderError};
use crate::domain::access::{Decision, Need};
use crate::domain::ids::Reference;
use crate::domain::interaction::{FactorNeed, Stake};
use crate::domain::reason::Reason;
use crate::domain::session::Session;

/// What happens next.
#[derive(Debug)]
pub enum AuthorizeStep {
    /// A page with status 400; never a redirect.
    Page(PageError),
    /// The answer, or an error, goes to the application.
    Redirect(AuthorizationResponse),
    /// The agent logs in: 303 to `/login?interaction=…`.
    Login { interaction_id: String },
    /// The agent is logged in and gives a second factor: 303 to `/login/factor?interaction=…`.
    Factor { interaction_id: String },
    /// The request came by POST, possibly without our cookies: 303 to a GET of the resume address (OA-40).
    Resume { interaction_id: String },
    /// The page that explains why not. The agent is logged in: the truth is told.
    Refusal(Refusal),
    /// The interaction is unknown, spent or expired.
    Gone,
}

/// Why access is refused, for the page, and the way back.
#[derive(Debug)]
pub struct Refusal {
    pub reason: Reason,
    /// Something may still be done about it ([`Decision::NeedMore`]).
    pub needs_more: bool,
    /// The application's name.
    pub application: String,
    /// The departments that it is open to.
    pub departments: Vec<String>,
    /// Opens the trace in the audit.
    pub reference: Reference,
    /// `access_denied`, for "back to the application".
    pub back: AuthorizationResponse,
}

impl Provider {
    /// An authorization request (RFC 6749 §4.1.1, OpenID Connect Core §3.1.2.1).
    pub async fn authorize(
        &self,
        params: &Params,
        method_is_post: bool,
        caller: &Caller,
    ) -> Result<AuthorizeStep, ProviderError> {
        settle(self.begin(params, method_is_post, caller).await)
    }

    /// Goes on with an interaction, which is consumed.
    pub async fn resume(&self, interaction_id: &str, caller: &Caller) -> Result<AuthorizeStep, ProviderError> {
        settle(self.go_on(interaction_id, caller).await)
    }

    /// The agent does not want to log in: the interaction is consumed and the application told so.
    pub async fn cancel(&self, interaction_id: &str) -> Result<AuthorizeStep, ProviderError> {
        settle(self.give_up(interaction_id, |_| RequestError::Cancelled).await)
    }

    /// The login refused the agent for `reason`: the interaction is consumed, and this is the way back to the application,
    /// with the error that the request calls for. `None`: the interaction is gone, or its application is.
    pub async fn refuse(
        &self,
        interaction_id: &str,
        reason: Reason,
    ) -> Result<Option<AuthorizationResponse>, ProviderError> {
        let error = |stake| match stake {
            Some(Stake::Essential) => RequestError::UnmetAcr,
            _ => RequestError::AccessDenied(reason),
        };
        match settle(self.give_up(interaction_id, error).await)? {
            AuthorizeStep::Redirect(response) => Ok(Some(response)),
            _ => Ok(None),
        }
    }

    async fn begin(
        &self,
        params: &Params,
        method_is_post: bool,
        caller: &Caller,
    ) -> Result<AuthorizeStep, AuthorizeError> {
        let now = self.now();
        let request = self.check(Entry::Authorize, params)?;
        let pending = Pending {
            created_at: now,
            login_after: request.login_after(now),
            needs: None,
            wish_was_told: false,
            zone: caller.zone,
        };
        if method_is_post {
            // OA-40: a cross-site POST does not carry the Lax cookie, so nothing is concluded from its absence.
            return Ok(AuthorizeStep::Resume { interaction_id: self.keep(&request, &pending, caller).await? });
        }
        self.proceed(request, pending, caller).await
    }

    async fn go_on(&self, interaction_id: &str, caller: &Caller) -> Result<AuthorizeStep, AuthorizeError> {
        let Some(mut taken) = self.take(interaction_id).await? else { return Ok(AuthorizeStep::Gone) };
        taken.lower(caller.zone);
        let answered = self.go_on_with(&taken, caller).await;
        if matches!(answered, Err(AuthorizeError::Provider(_))) {
            // Our failure, not the agent's: what was written was rolled back, and no code left this server.
            self.put_back(interaction_id, taken).await;
        }
        answered
    }

    async fn go_on_with(&self, taken: &Taken, caller: &Caller) -> Result<AuthorizeStep, AuthorizeError> {
        let mut request = self.check(Entry::Resume, &taken.params)?;
        request.subject.clone_from(&taken.subject);
        self.proceed(request, taken.pending(), caller).await
    }

    async fn give_up(
        &self,
        interaction_id: &str,
        error: impl FnOnce(Option<Stake>) -> RequestError,
    ) -> Result<AuthorizeStep, AuthorizeError> {
        let Some(taken) = self.take(interaction_id).await? else { return Ok(AuthorizeStep::Gone) };
        let request = self.check(Entry::Resume, &taken.params)?;
        Ok(AuthorizeStep::Redirect(request.back.error(error(taken.stake()))))
    }

    fn check(&self, entry: Entry, params: &Params) -> Result<AuthorizationRequest, AuthorizeError> {
        let (applications, keys) = (self.applications.load(), self.keys.load());
        let (issuer, highest_acr) = (&self.settings.issuer, self.settings.highest_acr);
        let ask = Ask { params, applications: &applications, keys: &keys, issuer, highest_acr };
        checks::run(entry, &ask)
    }

    /// Login, decision, answer.
    async fn proceed(
        &self,
        request: AuthorizationRequest,
        mut pending: Pending,
        caller: &Caller,
    ) -> Result<AuthorizeStep, AuthorizeError> {
        let fresh = |auth_time| pending.login_after.is_none_or(|after| auth_time >= after);
        let Some(session) = caller.session.as_ref().filter(|session| fresh(session.auth_time)) else {
            return self.ask_to_log_in(&request, &pending, caller).await;
        };
        // PRODUCT §2.2: the lowest zone of all contacts behind this answer, the login's included.
        let logged_in_for_this = session.auth_time >= pending.created_at;
        let zone = if logged_in_for_this { pending.zone.lowest(session.login_zone) } else { pending.zone };

        // A wish shows its page once, and none where no page may be shown.
        let may_wish = !request.prompt.none && !pending.wish_was_told;
        match self.decide_and_grant(&request, session, zone, may_wish, caller).await? {
            Outcome::Granted(code) => Ok(AuthorizeStep::Redirect(request.back.code(&code))),
            Outcome::ApplicationGone => Err(PageError::ApplicationUnknown.into()),
            Outcome::SessionEnded => self.ask_to_log_in(&request, &pending, caller).await,
            // OpenID Connect Core §3.1.2.1: an error, unless a login can still bring the agent who is meant (OA-38).
            Outcome::AnotherAgent if logged_in_for_this => {
                Ok(AuthorizeStep::Redirect(request.back.error(RequestError::AnotherAgent)))
            }
            Outcome::AnotherAgent => {
                pending.login_after = Some(self.now());
                self.ask_to_log_in(&request, &pending, caller).await
            }
            Outcome::Wish(level) => {
                let need = FactorNeed { reason: Reason::AppAcrTooLow, at_least: Some(level), stake: Stake::Wish };
                self.ask_for_factor(&request, pending, need, caller).await
            }
            Outcome::Refused(decision, reference) => {
                self.explain(request, pending, (decision, reference), caller).await
            }
        }
    }

    /// OpenID Connect Core §3.1.2.3: `prompt=none` never shows a page (OA-36).
    async fn ask_to_log_in(
        &self,
        request: &AuthorizationRequest,
        pending: &Pending,
        caller: &Caller,
    ) -> Result<AuthorizeStep, AuthorizeError> {
        if request.prompt.none {
            return Ok(AuthorizeStep::Redirect(request.back.error(RequestError::LoginRequired)));
        }
        Ok(AuthorizeStep::Login { interaction_id: self.keep(request, pending, caller).await? })
    }

    async fn ask_for_factor(
        &self,
        request: &AuthorizationRequest,
        mut pending: Pending,
        need: FactorNeed,
        caller: &Caller,
    ) -> Result<AuthorizeStep, AuthorizeError> {
        pending.needs = Some(need);
        Ok(AuthorizeStep::Factor { interaction_id: self.keep(request, &pending, caller).await? })
    }

    async fn explain(
        &self,
        request: AuthorizationRequest,
        mut pending: Pending,
        (decision, reference): (Decision, Reference),
        caller: &Caller,
    ) -> Result<AuthorizeStep, AuthorizeError> {
        let reason = decision.reason().unwrap_or(Reason::AccessRefused);
        let needs_more = matches!(decision, Decision::NeedMore(_));
        if request.prompt.none {
            // Core §3.1.2.6: `interaction_required` where a page could still help, also towards an essential level. One
            // that no page reaches was refused by the checks.
            let error =
                if needs_more { RequestError::InteractionRequired(reason) } else { RequestError::AccessDenied(reason) };
            return Ok(AuthorizeStep::Redirect(request.back.error(error)));
        }
        let was_typed = |session: &Session| session.authentication.amr.iter().any(|method| method == "pwd");
        if let Decision::NeedMore(Need::PasswordChange(_)) = decision
            && caller.session.as_ref().is_none_or(was_typed)
        {
            // The login flow itself asks for the new password. A key alone would lead here again: its owner is told.
            pending.login_after = Some(self.now());
            return self.ask_to_log_in(&request, &pending, caller).await;
        }
        if let Decision::NeedMore(Need::SecondFactor { reason, at_least }) = decision {
            let is_essential = reason == Reason::AppAcrTooLow && at_least.is_some() && at_least == request.acr.least();
            let stake = if is_essential { Stake::Essential } else { Stake::Access };
            let need = FactorNeed { reason, at_least, stake };
            return self.ask_for_factor(&request, pending, need, caller).await;
        }
        let record = &request.application.application.record;
        Ok(AuthorizeStep::Refusal(Refusal {
            reason,
            needs_more,
            application: record.name.clone(),
            departments: record.departments.clone(),
            reference,
            back: request.back.error(RequestError::AccessDenied(reason)),
        }))
    }
}

/// Errors that have a page or an address are steps; only our own failures remain errors.
fn settle(result: Result<AuthorizeStep, AuthorizeError>) -> Result<AuthorizeStep, ProviderError> {
    match result {
        Ok(step) => Ok(step),
        Err(AuthorizeError::Page(error)) => Ok(AuthorizeStep::Page(error)),
        Err(AuthorizeError::Redirect(response)) => Ok(AuthorizeStep::Redirect(response)),
        Err(AuthorizeError::Provider(error)) => Err(error),
    }
}
