//! The way of a mail to the SMTP server (RFC 5321): one recipient per mail, over connections that are kept for the next one.
//!
//! What a failure means is decided by where it happened: before `RCPT TO` nothing was said of this mail, so the server is
//! [`Setback::Away`]; a 5xx to `RCPT TO` or later is about this mail, [`Setback::Refused`]. When the connection breaks after
//! the whole mail was handed over, nobody knows whether it was taken: it is sent again under the same Message-ID, which tells
//! receivers that it is the same. When to try again is decided in `outbox/delivery.rs`.

mod message;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail as MailFrom, Rcpt};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::response::Severity;

use super::Mail;
use crate::domain::delivery::{Setback, Undelivered};
use crate::domain::secret::PlainToken;
use crate::domain::time::{Stopwatch, Timestamp};
use message::{Sender, Written};

/// Connections that are kept for the next mail.
const KEPT: usize = 8;

/// A connection that rested longer is not used again: servers close theirs after minutes, firewalls without a word.
const REST_SECONDS: f64 = 60.0;

/// How long a kept connection may take to say that it still works, and one to be closed.
const COURTESY: Duration = Duration::from_secs(2);

/// How the way to the server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// In clear until STARTTLS, without which nothing is sent.
    StartTls,
    /// TLS from the first byte.
    Tls,
    /// In clear.
    Clear,
}

/// What a relay is made of.
#[derive(Debug, Clone)]
pub struct RelaySettings {
    pub host: String,
    pub port: u16,
    pub security: Security,
    pub login: Option<(String, PlainToken)>,
    pub from: String,
    pub from_name: String,
    pub reply_to: Option<String>,
    /// Who we say we are (`EHLO`).
    pub hello: String,
    /// For the connection, and again for a mail.
    pub timeout: Duration,
    /// PEM certificates that are trusted beside the system's.
    pub authorities: Option<Vec<u8>>,
}

/// Why the settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RelayError {
    #[error("TLS towards the mail server cannot be set up")]
    Tls(#[source] SmtpError),
    #[error("{0:?} is not an address that mails can come from")]
    Address(String),
}

/// The way to one SMTP server. Clones share its connections.
#[derive(Clone)]
pub struct Relay(Arc<Inner>);

struct Inner {
    settings: RelaySettings,
    tls: Option<TlsParameters>,
    sender: Sender,
    kept: Mutex<Vec<(Stopwatch, AsyncSmtpConnection)>>,
}

impl fmt::Debug for Relay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Relay({}:{})", self.0.settings.host, self.0.settings.port)
    }
}

impl Relay {
    pub fn new(settings: RelaySettings) -> Result<Self, RelayError> {
        let tls = match settings.security {
            Security::Clear => None,
            Security::StartTls | Security::Tls => Some(trust(&settings).map_err(RelayError::Tls)?),
        };
        let sender = Sender::new(&settings.from, &settings.from_name, settings.reply_to.as_deref())
            .ok_or_else(|| RelayError::Address(settings.from.clone()))?;
        Ok(Self(Arc::new(Inner { settings, tls, sender, kept: Mutex::default() })))
    }

    /// How long [`send`](Self::send) takes at most.
    pub fn patience(&self) -> Duration {
        self.0.settings.timeout * 2 + COURTESY * 2
    }

    /// Hands a mail over. `id` names it for ever: the same id is the same mail, whoever sends it again.
    pub async fn send(&self, id: &str, mail: &Mail, date: Timestamp) -> Result<(), Undelivered> {
        let written = self.0.sender.write(id, mail, date)?;
        let mut connection = self.connection().await?;
        let over = tokio::time::timeout(self.0.settings.timeout, hand_over(&mut connection, written)).await;
        match over {
            Ok(Ok(())) => {
                self.keep(connection);
                Ok(())
            }
            Ok(Err(undelivered)) => {
                close(connection).await;
                Err(undelivered)
            }
            Err(_) => Err(Undelivered::new(
                Setback::Away,
                format!("the mail server did not answer within {} s", self.0.settings.timeout.as_secs()),
            )),
        }
    }

    /// A kept connection that still works, or a new one.
    async fn connection(&self) -> Result<AsyncSmtpConnection, Undelivered> {
        while let Some((rested, mut connection)) = self.take() {
            if rested.seconds() < REST_SECONDS
                && tokio::time::timeout(COURTESY, connection.test_connected()).await.unwrap_or(false)
            {
                return Ok(connection);
            }
            close(connection).await;
        }
        let timeout = self.0.settings.timeout;
        let connected = tokio::time::timeout(timeout, self.0.connect()).await;
        let away = |why: String| Undelivered::new(Setback::Away, why);
        match connected {
            Ok(Ok(connection)) => Ok(connection),
            Ok(Err((step, error))) => Err(away(told(step, &error))),
            Err(_) => Err(away(format!("no connection to the mail server within {} s", timeout.as_secs()))),
        }
    }

    fn take(&self) -> Option<(Stopwatch, AsyncSmtpConnection)> {
        self.0.kept.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    fn keep(&self, connection: AsyncSmtpConnection) {
        let mut kept = self.0.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() < KEPT {
            kept.push((Stopwatch::start(), connection));
        }
    }
}

impl Inner {
    /// Connects, protects the connection and logs in; names the step that failed.
    async fn connect(&self) -> Result<AsyncSmtpConnection, (&'static str, SmtpError)> {
        let settings = &self.settings;
        let server = (settings.host.as_str(), settings.port);
        let hello = ClientId::Domain(settings.hello.clone());
        let from_the_start = self.tls.clone().filter(|_| settings.security == Security::Tls);
        let connect = AsyncSmtpConnection::connect_tokio1(server, None, &hello, from_the_start, None);
        let mut connection = connect.await.map_err(|error| ("connecting to the mail server", error))?;
        if let Some(tls) = self.tls.clone().filter(|_| settings.security == Security::StartTls) {
            connection.starttls(tls, &hello).await.map_err(|error| ("STARTTLS", error))?;
        }
        if let Some((name, password)) = &settings.login {
            let credentials = Credentials::new(name.clone(), password.reveal().to_owned());
            let mechanisms = [Mechanism::Plain, Mechanism::Login];
            connection
                .auth(&mechanisms, &credentials)
                .await
                .map_err(|error| ("logging in to the mail server", error))?;
        }
        Ok(connection)
    }
}

fn trust(settings: &RelaySettings) -> Result<TlsParameters, SmtpError> {
    let mut parameters = TlsParameters::builder(settings.host.clone());
    if let Some(pem) = &settings.authorities {
        parameters = parameters.add_root_certificate(Certificate::from_pem(pem)?);
    }
    parameters.build()
}

/// The whole dialogue about one mail (RFC 5321 §3.3).
async fn hand_over(connection: &mut AsyncSmtpConnection, written: Written) -> Result<(), Undelivered> {
    let Written { from, to, masked, bytes } = written;
    let address = to.to_string();
    let told = |setback, step: &str, error: &SmtpError| {
        Undelivered::new(setback, self::told(step, error)).masking(&address, &masked)
    };
    // It is the same for all mails: whoever refuses it, refuses us.
    connection
        .command(MailFrom::new(Some(from), Vec::new()))
        .await
        .map_err(|error| told(Setback::Away, "MAIL FROM", &error))?;
    connection
        .command(Rcpt::new(to, Vec::new()))
        .await
        .map_err(|error| told(about_the_mail(&error), "RCPT TO", &error))?;
    connection.command(Data).await.map_err(|error| told(about_the_mail(&error), "DATA", &error))?;
    match connection.message(&bytes).await {
        Ok(_) => Ok(()),
        Err(error) if error.status().is_some() => Err(told(about_the_mail(&error), "the mail", &error)),
        Err(error) => Err(told(Setback::Away, "the connection broke while the mail was handed over", &error)),
    }
}

/// What an answer to this mail means for it.
fn about_the_mail(error: &SmtpError) -> Setback {
    match error.status().map(|code| (code.severity, u16::from(code))) {
        // 421: the server is closing; 530 and 538: it wants a login or more protection first.
        Some((_, 421 | 530 | 538)) | None => Setback::Away,
        Some((Severity::PermanentNegativeCompletion, _)) => Setback::Refused,
        Some(_) => Setback::Deferred,
    }
}

/// What happened, for administrators: the step, the server's code and its words.
fn told(step: &str, error: &SmtpError) -> String {
    use std::error::Error as _;
    let words = error.source().map(ToString::to_string).unwrap_or_default();
    match error.status() {
        Some(code) => format!("{step}: {code} {words}"),
        None => format!("{step}: {error}"),
    }
}

/// Says goodbye, without waiting long for an answer.
async fn close(mut connection: AsyncSmtpConnection) {
    // What is left of it ends with the value.
    let _ = tokio::time::timeout(COURTESY, connection.abort()).await;
}
