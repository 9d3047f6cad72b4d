//! "La boîte aux lettres": the letters that the City would post, the mails and the text messages, shown on a page instead.
//!
//! Kept in memory, as long as the demo runs. Whoever seeds calls [`Mailbox::deliver`]; mails come through the demo's mail server
//! (`smtp.rs`), text messages by POST to `/sms`, as a gateway takes them. Nothing here knows what a letter means. It may hold
//! a code: it never goes to the log.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use askama::Template;
use axum::Json;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::middleware::map_response;
use axum::response::Response;
use axum::routing::{get, post};
use jiff::tz::TimeZone;
use octroi_idp::domain::time::{Clock, Timestamp};

use crate::page;
use crate::portal::moment;

/// More letters than this push the oldest out.
const CAPACITY: usize = 200;

/// How a letter came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Medium {
    Post,
    Mail,
    Sms,
}

impl Medium {
    const fn label(self) -> &'static str {
        match self {
            Self::Post => "Lettre",
            Self::Mail => "Courriel",
            Self::Sms => "SMS",
        }
    }
}

/// One letter, as written by its sender.
#[derive(Clone)]
pub struct Letter {
    pub medium: Medium,
    /// Whom it is for, as on an envelope: "Awa Diallo, direction 41".
    pub to: String,
    pub subject: String,
    /// Plain text; line breaks are kept, and addresses become links.
    pub body: String,
}

impl fmt::Debug for Letter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Letter").field("subject", &self.subject).finish_non_exhaustive()
    }
}

/// The letters delivered so far. Clones share them.
#[derive(Clone)]
pub struct Mailbox {
    letters: Arc<Mutex<VecDeque<(Timestamp, Letter)>>>,
    clock: Clock,
    time_zone: TimeZone,
}

impl Mailbox {
    /// An empty mailbox.
    pub fn new(clock: Clock, time_zone: TimeZone) -> Self {
        Self { letters: Arc::default(), clock, time_zone }
    }

    /// Puts a letter on top.
    pub fn deliver(&self, letter: Letter) {
        let mut letters = self.letters.lock().unwrap_or_else(PoisonError::into_inner);
        letters.push_front((self.clock.now(), letter));
        letters.truncate(CAPACITY);
    }

    /// The letters, the newest first.
    pub fn letters(&self) -> Vec<Letter> {
        let letters = self.letters.lock().unwrap_or_else(PoisonError::into_inner);
        letters.iter().map(|(_, letter)| letter.clone()).collect()
    }

    fn list_letters(&self) -> Vec<LetterView> {
        let now = self.clock.now();
        let letters = self.letters.lock().unwrap_or_else(PoisonError::into_inner);
        letters
            .iter()
            .map(|(at, letter)| LetterView {
                medium: letter.medium.label(),
                to: letter.to.clone(),
                subject: letter.subject.clone(),
                at: moment::in_words(*at, now, &self.time_zone),
                paragraphs: paragraphs(&letter.body),
            })
            .collect()
    }
}

/// The mailbox's site. `portal_origin` is where "back to the portal" leads.
pub fn router(mailbox: Mailbox, portal_origin: &str) -> Router {
    let headers: Arc<[_]> = page::security_headers(&[]).into();
    let portal: Arc<str> = portal_origin.into();
    Router::new()
        .route("/", get(index))
        .route("/sms", post(take_sms))
        .merge(page::assets())
        .fallback(missing)
        .with_state((mailbox, portal))
        .layer(map_response(move |response: Response| {
            let headers = headers.clone();
            async move { page::finish(response, &headers) }
        }))
}

#[derive(Template)]
#[template(path = "mailbox/letters.html")]
struct LettersPage {
    portal: String,
    letters: Vec<LetterView>,
    missing: bool,
}

struct LetterView {
    medium: &'static str,
    to: String,
    subject: String,
    at: String,
    paragraphs: Vec<Vec<Piece>>,
}

/// A run of text, or an address to follow.
#[derive(Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Link(String),
}

async fn index(State((mailbox, portal)): State<(Mailbox, Arc<str>)>) -> Response {
    let page = LettersPage { portal: portal.to_string(), letters: mailbox.list_letters(), missing: false };
    page::render(StatusCode::OK, &page)
}

/// A text message, as the provider is configured to hand it over.
#[derive(serde::Deserialize)]
struct Sms {
    to: String,
    text: String,
}

async fn take_sms(State((mailbox, _)): State<(Mailbox, Arc<str>)>, Json(sms): Json<Sms>) -> StatusCode {
    mailbox.deliver(Letter { medium: Medium::Sms, to: sms.to, subject: "Message texte".to_owned(), body: sms.text });
    StatusCode::ACCEPTED
}

async fn missing(State((_, portal)): State<(Mailbox, Arc<str>)>) -> Response {
    page::render(StatusCode::NOT_FOUND, &LettersPage { portal: portal.to_string(), letters: vec![], missing: true })
}

/// Empty lines part paragraphs; a word that starts like a web address becomes a link (the template escapes both).
fn paragraphs(body: &str) -> Vec<Vec<Piece>> {
    let body = body.replace("\r\n", "\n");
    body.split("\n\n").map(str::trim).filter(|p| !p.is_empty()).map(pieces).collect()
}

fn pieces(paragraph: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut text = String::new();
    for word in paragraph.split_inclusive(char::is_whitespace) {
        let bare = word.trim_end();
        let address = bare.trim_end_matches(['.', ',', ';', ')']);
        if address.starts_with("http://") || address.starts_with("https://") {
            pieces.push(Piece::Text(std::mem::take(&mut text)));
            pieces.push(Piece::Link(address.to_owned()));
            text.extend(word.strip_prefix(address));
        } else {
            text.push_str(word);
        }
    }
    pieces.push(Piece::Text(text));
    pieces.retain(|piece| !matches!(piece, Piece::Text(text) if text.is_empty()));
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_keeps_its_paragraphs_and_its_addresses_become_links() {
        let read = paragraphs("Bonjour,\r\n\r\nVotre code : ABCD\nsur http://localhost:8080/activate.\n\n\n");
        assert_eq!(read.len(), 2);
        assert_eq!(
            read[1],
            [
                Piece::Text("Votre code : ABCD\nsur ".into()),
                Piece::Link("http://localhost:8080/activate".into()),
                Piece::Text(".".into())
            ]
        );
    }

    #[test]
    fn the_newest_letter_lies_on_top_and_the_oldest_goes() {
        let mailbox = Mailbox::new(Clock::manual(Timestamp::from_seconds(0)), TimeZone::UTC);
        for n in 0..=CAPACITY {
            mailbox.deliver(Letter {
                medium: Medium::Post,
                to: "A".into(),
                subject: n.to_string(),
                body: String::new(),
            });
        }
        let letters = mailbox.list_letters();
        assert_eq!((letters.len(), letters[0].subject.as_str()), (CAPACITY, "200"));
        assert_eq!(letters[CAPACITY - 1].subject, "1");
    }

    #[test]
    fn what_a_letter_says_is_escaped_and_not_printed_by_debug() {
        let mailbox = Mailbox::new(Clock::manual(Timestamp::from_seconds(0)), TimeZone::UTC);
        let letter =
            Letter { medium: Medium::Post, to: "A".into(), subject: "S".into(), body: "code <b>K7QM</b>".into() };
        assert!(!format!("{letter:?}").contains("K7QM"));
        mailbox.deliver(letter);
        let html = LettersPage { portal: "http://localhost".into(), letters: mailbox.list_letters(), missing: false }
            .render()
            .unwrap();
        assert!(html.contains("K7QM") && !html.contains("<b>K7QM"));
    }
}
