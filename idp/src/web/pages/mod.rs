//! The handlers of the pages: one file per page, with the name of its struct in `ui/pages` and of its template.

pub mod account;
pub mod account_activity;
pub mod account_channel;
pub mod account_confirm;
pub mod account_contact;
pub mod account_language;
pub mod account_password;
pub mod account_sessions;
pub mod activate;
pub mod assets;
pub mod diagnostic;
pub mod fallback;
pub mod forgot_password;
pub mod login;
pub mod password_ends;
pub mod password_expired;
pub mod statements;

use crate::domain::interaction::Interaction;
use crate::ui::pages::PasswordRules;
use crate::web::error::Failure;
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
            None => Err(Failure::Notice(
                axum::http::StatusCode::BAD_REQUEST,
                crate::ui::pages::notice::NoticeKind::PageExpired,
            )),
        }
    }
}

impl Web {
    /// The password rules of most people, for pages that do not know yet who is there.
    pub fn password_rules(&self) -> PasswordRules {
        PasswordRules::of(self.login.settings.policies.of_agents())
    }
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
