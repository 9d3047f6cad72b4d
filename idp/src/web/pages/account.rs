//! `/` and `/account`: the overview; and what all account pages ask first: a session, and for sensitive acts a password that
//! was given a moment ago.

use axum::http::StatusCode;
use axum::response::Response;

use crate::domain::channel::ChannelKind;
use crate::domain::session::Session;
use crate::domain::zone::NetworkZone;
use crate::login::account::{OwnAccount, PasswordState};
use crate::login::confirmation::Held;
use crate::ui::pages::account::{APPROVALS, Account, PasswordFacts, Section};
use crate::ui::pages::account_contact::path_of;
use crate::web::Visitor;
use crate::web::error::Failure;

/// What a page says once after an act.
pub const PASSWORD_CHANGED: &str = "password-changed";

/// The page behind `asked`, if it is one of ours: a login or a confirmation leads nowhere else.
pub fn own_path(asked: &str) -> Option<&'static str> {
    let sections = Section::ALL.map(Section::path);
    let channels = ChannelKind::ALL.map(path_of);
    sections.into_iter().chain(channels).chain([APPROVALS]).find(|path| *path == asked)
}

/// A path with the page to which it leads back.
fn leading_back(path: &str, to: &'static str) -> String {
    format!("{path}?{}", form_urlencoded::Serializer::new(String::new()).append_pair("to", to).finish())
}

impl Visitor {
    /// The live session of this browser; without one the login comes first, outside with a second factor, and leads back
    /// to `here`.
    pub async fn own_session(&self, here: &'static str) -> Result<Session, Failure> {
        let session = self.session().await?.ok_or_else(|| Failure::First(leading_back("/login", here)))?;
        // Outside nothing opens to a password alone, an agent's own pages among it.
        let given = session.second_at(self.web.login.clock.now());
        if self.zone() == NetworkZone::Nomades && given.is_none() {
            return Err(Failure::First(leading_back("/login/factor", here)));
        }
        Ok(session)
    }

    /// Sensitive acts need the password of the last minutes; without it the confirmation comes first.
    pub async fn require_fresh(&self, session: &Session, here: &'static str) -> Result<(), Failure> {
        if self.web.login.is_fresh(session).await? {
            Ok(())
        } else {
            Err(Failure::First(leading_back("/account/confirm", here)))
        }
    }

    /// The session with the cookie that it was found by.
    pub fn held<'a>(&'a self, session: &'a Session) -> Result<Held<'a>, Failure> {
        let cookie = self.session_cookie.as_ref().ok_or_else(|| Failure::First("/login".to_owned()))?;
        Ok(Held { session, cookie })
    }

    /// The page that the query names, if it is one of ours.
    pub fn own_destination(&self) -> Option<&'static str> {
        own_path(&self.query("to")?)
    }
}

/// `/account`.
pub async fn get(visitor: Visitor) -> Response {
    show(&visitor, Section::Overview.path()).await.unwrap_or_else(|failure| failure.into_page(&visitor))
}

/// `/`: the same, and for a stranger simply the login.
pub async fn home(visitor: Visitor) -> Response {
    let shown = match visitor.session().await {
        Ok(Some(_)) => show(&visitor, Section::Overview.path()).await,
        Ok(None) => Ok(visitor.see_other("/login")),
        Err(error) => Err(error.into()),
    };
    shown.unwrap_or_else(|failure| failure.into_page(&visitor))
}

async fn show(visitor: &Visitor, here: &'static str) -> Result<Response, Failure> {
    let session = visitor.own_session(here).await?;
    let Some(account) = visitor.web.login.own_account(&session).await? else {
        return Ok(visitor.see_other("/login"));
    };
    let OwnAccount { agent, password, channels } = account;
    let unproved = channels.iter().filter(|channel| channel.address.is_some() && channel.verified_at.is_none());
    let page = Account {
        frame: visitor.frame(),
        name: agent.record.full_name(),
        soi: agent.record.soi.to_string(),
        department: agent.record.department,
        position: agent.record.position,
        since: session.auth_time.to_local(&visitor.web.settings.time_zone),
        password: password.map(|state| facts(visitor, state)),
        unproved: u32::try_from(unproved.count()).unwrap_or(u32::MAX),
        password_is_new: visitor.is_done(PASSWORD_CHANGED),
    };
    visitor.page(StatusCode::OK, &page, None)
}

fn facts(visitor: &Visitor, state: PasswordState) -> PasswordFacts {
    PasswordFacts {
        changed_on: visitor.local_day(state.changed_at),
        expires_on: state.expires_at.map(|at| visitor.local_day(at)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_or_confirmation_leads_to_our_own_fixed_pages_only() {
        for path in ["/account/contact/mobile", "/approvals"] {
            assert_eq!(own_path(path), Some(path));
        }
        for path in [
            "",
            "/",
            "/oauth2/logout",
            "//evil.example/account",
            "https://evil.example/account",
            "/account/../oauth2/logout",
            "/account/confirm",
            "/account?x",
            "/ACCOUNT",
            "\\evil.example",
        ] {
            assert_eq!(own_path(path), None, "{path}");
        }
        assert_eq!(leading_back("/login", "/account/contact"), "/login?to=%2Faccount%2Fcontact");
    }
}
