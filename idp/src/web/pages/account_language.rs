//! `/account/language`: the language of this browser's pages and of the agent's mails.

use axum::http::StatusCode;
use axum::response::Response;

use crate::ui::Locale;
use crate::ui::pages::account::Section;
use crate::ui::pages::account_language::AccountLanguage;
use crate::ui::pages::notice::NoticeKind;
use crate::web::Visitor;
use crate::web::error::Failure;
use crate::web::form::{Form, FormError};

const HERE: &str = Section::Language.path();

/// What this page says once after an act.
const CHOSEN: &str = "language-chosen";

/// Shows the choice.
pub async fn get(visitor: Visitor) -> Response {
    show(&visitor).await.unwrap_or_else(|failure| failure.into_page(&visitor))
}

async fn show(visitor: &Visitor) -> Result<Response, Failure> {
    visitor.own_session(HERE).await?;
    let page = AccountLanguage { frame: visitor.frame(), is_saved: visitor.is_done(CHOSEN) };
    visitor.page(StatusCode::OK, &page, None)
}

/// Saves the choice.
pub async fn post(visitor: Visitor, form: Result<Form, FormError>) -> Response {
    choose(&visitor, form).await.unwrap_or_else(|failure| failure.into_page(&visitor))
}

async fn choose(visitor: &Visitor, sent: Result<Form, FormError>) -> Result<Response, Failure> {
    let Form(params) = sent?;
    let own = visitor.own_form(&params)?;
    let session = visitor.own_session(HERE).await?;
    let unreadable = Failure::Notice(StatusCode::BAD_REQUEST, NoticeKind::Unreadable);
    let chosen = own.field("language");
    let locale = Locale::ALL.into_iter().find(|locale| locale.tag() == chosen).ok_or(unreadable)?;
    visitor.web.login.choose_language(&session.soi, locale, visitor.visit(Some(&session))).await?;
    let mut response = visitor.see_other(&visitor.done(HERE, CHOSEN));
    visitor.keep_language(&mut response, locale);
    Ok(response)
}
