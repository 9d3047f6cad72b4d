//! `[mail]` and `[sms]`: what is needed, what would send codes in clear, and what a gateway is sent.

use std::time::Duration;

use super::*;
use crate::config::{MailSecurity, SmsBody};

const MAIL: &str = "[mail]\nhost = \"smtp.ville.example\"\nfrom = \"octroi@ville.example\"\n";
const SMS: &str = "[sms]\nurl = \"https://sms.ville.example/messages\"\n";

#[test]
fn without_a_mail_server_the_administrator_is_told() {
    assert!(warned_keys("").contains(&"mail".to_owned()));
    assert!(!warned_keys(MAIL).contains(&"mail".to_owned()));
}

#[test]
fn host_and_sender_are_enough_and_the_way_is_encrypted_by_default() {
    let mail = assert_sound(MAIL).mail.unwrap();
    assert_eq!((mail.security, mail.port, mail.timeout), (MailSecurity::StartTls, 587, Duration::from_secs(30)));
    assert!(mail.login.is_none() && mail.reply_to.is_none());
    assert_eq!(assert_sound(&format!("{MAIL}security = \"tls\"\n")).mail.unwrap().port, 465);
}

#[test]
fn mails_cross_no_network_in_clear() {
    let error = the_error(&format!("{MAIL}security = \"none\"\n"));
    assert_eq!(error.key, "mail.security");
    assert!(error.what.contains("in clear"), "{error}");
    for host in ["localhost", "127.0.0.1", "127.8.0.1", "::1"] {
        let here = MAIL.replace("smtp.ville.example", host);
        let mail = assert_sound(&format!("{here}security = \"none\"\n")).mail.unwrap();
        assert_eq!((mail.security, mail.port), (MailSecurity::Clear, 25), "{host}");
    }
}

#[test]
fn every_fault_of_the_mail_section_names_its_key() {
    for (lines, key) in [
        ("[mail]\nfrom = \"octroi@ville.example\"\n".to_owned(), "mail.host"),
        ("[mail]\nhost = \"smtp.ville.example\"\n".to_owned(), "mail.from"),
        (MAIL.replace("octroi@ville.example", "octroi"), "mail.from"),
        (MAIL.replace("smtp.ville.example", "smtp.ville.example:25"), "mail.host"),
        (format!("{MAIL}port = 0\n"), "mail.port"),
        (format!("{MAIL}security = \"ssl\"\n"), "mail.security"),
        (format!("{MAIL}username = \"octroi\"\n"), "mail.username"),
        (format!("{MAIL}password = \"hunter2\"\nusername = \"octroi\"\n"), "mail.password"),
        (format!("{MAIL}reply_to = \"a b@ville.example\"\n"), "mail.reply_to"),
        (format!("{MAIL}timeout = \"1h\"\n"), "mail.timeout"),
        (format!("{MAIL}ca = \"absent.pem\"\n"), "mail.ca"),
        (format!("{MAIL}ca = \"sealing.key\"\n"), "mail.ca"),
        (format!("{MAIL}server = \"x\"\n"), "mail.server"),
    ] {
        let error = the_error(&lines);
        assert_eq!(error.key, key, "{lines}\n{error}");
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
}

#[test]
fn a_gateway_is_sent_what_the_configuration_says() {
    let sms = assert_sound(SMS).sms.unwrap();
    assert_eq!(sms.body, SmsBody::Json(serde_json::json!({ "to": "{to}", "text": "{text}", "id": "{id}" })));
    assert!(sms.header.is_none() && sms.allow.is_empty());
    let folder = Folder::new();
    folder.write_secret("sms.token", "hunter2\n");
    let form = "format = \"form\"\nbody = \"msisdn={digits}&message={text}\"\ntoken = { file = \"sms.token\" }\nheader = \"X-Key: {token}\"\nallow = [\"10.12.3.4\", \"10.13.0.0/24\"]\n";
    let config = folder.load_with(&format!("{SMS}{form}")).unwrap_or_else(|report| panic!("{report}"));
    let sms = config.sms.clone().unwrap();
    let fields = [("msisdn", "{digits}"), ("message", "{text}")];
    assert_eq!(sms.body, SmsBody::Form(fields.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()));
    let (name, value, token) = sms.header.unwrap();
    assert_eq!((name.as_str(), value.as_str(), token.reveal()), ("X-Key", "{token}", "hunter2"));
    assert_eq!(sms.allow.len(), 2);
    assert!(!config.effective().contains("hunter2"));
}

#[test]
fn every_fault_of_the_sms_section_names_its_key() {
    for (lines, key) in [
        ("[sms]\n".to_owned(), "sms.url"),
        (SMS.replace("https", "http"), "sms.url"),
        (SMS.replace("https", "ftp"), "sms.url"),
        (SMS.replace("sms.ville", "user:hunter2@sms.ville"), "sms.url"),
        (format!("{SMS}body = \"{{}}\"\n"), "sms.body"),
        (format!("{SMS}body = \"{{to}} {{text}}\"\n"), "sms.body"),
        (format!("{SMS}format = \"form\"\nbody = \"{{to}}{{text}}\"\n"), "sms.body"),
        (format!("{SMS}format = \"xml\"\n"), "sms.format"),
        (format!("{SMS}header = \"Authorization\"\n"), "sms.header"),
        (format!("{SMS}header = \"Authorization: Bearer\"\n"), "sms.header"),
        (format!("{SMS}header = \"Host: {{token}}\"\n"), "sms.header"),
        (format!("{SMS}idempotency_header = \"a b\"\n"), "sms.idempotency_header"),
        (format!("{SMS}allow = [\"intern\"]\n"), "sms.allow[0]"),
        (format!("{SMS}token = \"hunter2\"\n"), "sms.token"),
    ] {
        let error = the_error(&lines);
        assert_eq!(error.key, key, "{lines}\n{error}");
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
}
