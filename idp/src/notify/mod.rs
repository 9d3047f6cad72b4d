//! The words of mails and text messages, and the way of a mail to the SMTP server.
//!
//! A [`Notice`](crate::domain::notice::Notice) holds facts; [`Words`] makes a [`Mail`] or an [`Sms`] of them in the recipient's
//! language, when it is sent. This layer knows neither the database nor when something is tried again (`outbox/delivery.rs`).
//! No code and no other secret reaches a subject, a link or a log. Look next at `words.rs`, then `smtp.rs`.

mod content;
mod gsm;
mod mail;
mod moments;
mod plain;
pub mod smtp;
#[cfg(test)]
mod tests;
mod texts;
mod words;

use std::fmt;

pub use words::{Names, Support, Words};

/// A mail, ready to be sent.
#[derive(Clone)]
pub struct Mail {
    /// The address alone.
    pub to: String,
    /// How the recipient is called; empty: not at all.
    pub to_name: String,
    pub subject: String,
    pub text: String,
    pub html: String,
}

/// It may hold a code.
impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mail({:?})", self.subject)
    }
}

/// A text message, ready to be sent.
#[derive(Clone)]
pub struct Sms {
    /// E.164
    pub to: String,
    /// Letters of GSM's alphabet only.
    pub text: String,
}

/// It may hold a code.
impl fmt::Debug for Sms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sms(…)")
    }
}
