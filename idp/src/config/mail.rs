//! `[mail]`: the SMTP server that takes our mails. Without the section no mail leaves.
//!
//! Codes and alarms travel in mails, so the way to the server is encrypted, except to a server on this very machine.

use std::fs;
use std::net::IpAddr;
use std::time::Duration;

use super::help::check_email;
use super::problem::Fault;
use super::secret;
use super::section::Section;
use crate::crypto::tls;
use crate::domain::secret::PlainToken;

/// A file of authorities is far smaller.
const MAX_CA_BYTES: u64 = 4 * 1024 * 1024;

/// The section, checked.
#[derive(Debug, Clone)]
pub struct MailConfig {
    pub host: String,
    pub port: u16,
    pub security: MailSecurity,
    /// User name and password; neither: the server takes our mails as they come.
    pub login: Option<(String, PlainToken)>,
    pub from: String,
    /// `None`: the product's name.
    pub from_name: Option<String>,
    pub reply_to: Option<String>,
    /// For the connection, and again for a message.
    pub timeout: Duration,
    /// PEM certificates of authorities that are trusted beside the system's.
    pub authorities: Option<Vec<u8>>,
}

/// How the way to the server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailSecurity {
    /// In clear until STARTTLS, which is required.
    StartTls,
    /// TLS from the first byte.
    Tls,
    /// None: this machine only.
    Clear,
}

pub(super) fn read(section: &Section<'_>) -> Option<MailConfig> {
    let host = section.required_text("host", "smtp.ville.example");
    let host = host.and_then(|host| section.judge("host", check_host(host)));
    let security = section.choice(
        "security",
        ("starttls", MailSecurity::StartTls),
        &[("tls", MailSecurity::Tls), ("none", MailSecurity::Clear)],
    );
    let usual = match security {
        MailSecurity::StartTls => 587,
        MailSecurity::Tls => 465,
        MailSecurity::Clear => 25,
    };
    let port = section.integer("port", usual, 1..=u16::MAX);
    if security == MailSecurity::Clear && host.as_deref().is_some_and(|host| !is_this_machine(host)) {
        let what = "codes would cross the network in clear: \"none\" is for a server on this machine only";
        section.contradiction(&["security", "host"], Fault::new(what, "write \"starttls\" or \"tls\""));
    }
    let (username, password) = (section.optional_text("username"), secret::optional_password(section, "password"));
    let has_password = section.reader.is_set(&section.path("password"));
    if username.is_some() != has_password {
        let fault = Fault::new("user name and password belong together", "set both, or none of them");
        section.contradiction(&["username", "password"], fault);
    }
    let from = section.required_text("from", "ne-pas-repondre@ville.example");
    let from = from.and_then(|from| section.judge("from", check_email(from)));
    let from_name = section.optional_text("from_name");
    let reply_to = section.optional_text("reply_to").and_then(|text| section.judge("reply_to", check_email(text)));
    let limits = Duration::from_secs(1)..=Duration::from_mins(5);
    let timeout = section.duration("timeout", Duration::from_secs(30), limits);
    let authorities = read_authorities(section);
    let login = username.zip(password);
    Some(MailConfig { host: host?, port, security, login, from: from?, from_name, reply_to, timeout, authorities })
}

/// Read here, so that `octroi config check` tells before the restart what a start would tell.
pub(super) fn read_authorities(section: &Section<'_>) -> Option<Vec<u8>> {
    let file = section.reader.resolve(&section.optional_text("ca")?);
    let unreadable = |what: String| Fault::new(what, "name a PEM file with the certificate of the authority");
    let shown = file.display();
    let read = match fs::metadata(&file) {
        Ok(found) if !found.is_file() => Err(unreadable(format!("{shown} is not a file"))),
        Ok(found) if found.len() > MAX_CA_BYTES => Err(unreadable(format!("{shown} is larger than 4 MiB"))),
        Ok(_) => fs::read(&file).map_err(|error| unreadable(format!("{shown} cannot be read: {error}"))),
        Err(error) => Err(unreadable(format!("{shown} cannot be read: {error}"))),
    };
    let checked = read.and_then(|pem| {
        if tls::are_authorities(&pem) {
            Ok(pem)
        } else {
            Err(unreadable(format!("{shown} holds no certificate, or a broken one")))
        }
    });
    section.judge("ca", checked)
}

/// A name or an address, without a port.
fn check_host(host: String) -> Result<String, Fault> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
    if host.parse::<IpAddr>().is_ok() || (host.len() <= 253 && host.chars().all(is_plain)) {
        return Ok(host);
    }
    Err(Fault::new(format!("{host:?} is no host"), "write a name or an address; the port has a key of its own"))
}

fn is_this_machine(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}
