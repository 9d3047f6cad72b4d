//! The handlers of the pages: one file per page, with the name of its struct in `ui/pages` and of its template.

pub mod account;
pub mod account_activity;
pub mod account_channel;
pub mod account_confirm;
pub mod account_contact;
pub mod account_factors;
pub mod account_language;
pub mod account_password;
pub mod account_sessions;
pub mod activate;
pub mod approvals;
pub mod assets;
pub mod diagnostic;
pub mod enrol;
pub mod factor;
pub mod fallback;
pub mod forgot_password;
pub mod login;
pub mod not_me;
pub mod passkey;
pub mod password_ends;
pub mod password_expired;
pub mod reset_code;
pub mod reset_password;
pub mod statements;

use std::time::Duration;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;

use crate::domain::interaction::Interaction;
use crate::ui::pages::PasswordRules;
use crate::web::error::Failure;
use crate::web::form::Done;
use crate::web::{Visitor, Web};

/// The interaction behind a page: its id, and what it says.
pub struct Pending {
    pub id: String,
    pub interaction: Interaction,
}

impl Visitor {
    /// The interaction with this id. `Ok(None)`: none was named. A named one that is gone is a page of its own.
    pub async fn pending(&mut self, id: Option<String>) -> Result<Option<Pending>, Failure> {
        let Some(id) = id.filter(|id| !id.is_empty()) else { return Ok(None) };
        match self.web.oauth.find_interaction(&id).await? {
            Some(interaction) => {
                self.prefer(interaction.ui_locales.as_deref());
                Ok(Some(Pending { id, interaction }))
            }
            None => Err(Failure::Notice(StatusCode::BAD_REQUEST, crate::ui::pages::notice::NoticeKind::PageExpired)),
        }
    }

    /// The same where the work goes on without it: a reset may take longer than an application waits.
    pub async fn still_pending(&mut self, id: Option<String>) -> Result<Option<Pending>, Failure> {
        match self.pending(id).await {
            Err(Failure::Notice(..)) => Ok(None),
            other => other,
        }
    }

    /// On to the login, which says what was done, and from there to the application that waits.
    pub fn to_login(&self, done: Done, pending: Option<&Pending>) -> Response {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair(done.parameter(), &self.mark(done));
        if let Some(id) = id_of(pending) {
            query.append_pair("interaction", &id);
        }
        self.see_other(&format!("/login?{}", query.finish()))
    }
}

impl Web {
    /// The password rules of most people, for pages that do not know yet who is there.
    pub fn password_rules(&self) -> PasswordRules {
        PasswordRules::of(self.login.settings.policies.of_agents())
    }
}

/// Says in the header how long to wait.
pub fn with_wait(mut response: Response, wait: Option<Duration>) -> Response {
    if let Some(wait) = wait {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(wait.as_secs().max(1)));
    }
    response
}

/// The id of a pending interaction, for pages that carry it.
pub fn id_of(pending: Option<&Pending>) -> Option<String> {
    pending.map(|p| p.id.clone())
}

/// The name of the application that waits.
pub fn application_of(pending: Option<&Pending>) -> Option<String> {
    pending.map(|p| p.interaction.application_name.clone())
}

/// The origin to which the transaction returns, for `form-action`.
pub fn return_origin(pending: Option<&Pending>) -> Option<&str> {
    pending.map(|p| p.interaction.return_origin.as_str())
}
