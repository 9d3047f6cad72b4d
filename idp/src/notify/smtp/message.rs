//! A mail as bytes (RFC 5322, MIME). The same id, mail and date give the same bytes, also on another node.

use std::time::{Duration, UNIX_EPOCH};

use lettre::Address;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message, MultiPart, MultiPartKind, SinglePart};

use super::super::Mail;
use super::super::plain::plain;
use crate::domain::channel;
use crate::domain::delivery::{Setback, Undelivered};
use crate::domain::time::Timestamp;

/// From whom mails come.
pub struct Sender {
    from: Mailbox,
    reply_to: Option<Mailbox>,
}

/// A mail with its envelope.
pub struct Written {
    pub from: Address,
    pub to: Address,
    /// The recipient's address, as it may be told to administrators.
    pub masked: String,
    pub bytes: Vec<u8>,
}

impl Sender {
    /// `None`: the address is none.
    pub fn new(from: &str, name: &str, reply_to: Option<&str>) -> Option<Self> {
        let from = mailbox(name, address(from)?);
        let reply_to = reply_to.map(|text| address(text).map(Mailbox::from));
        match reply_to {
            Some(None) => None,
            Some(reply_to) => Some(Self { from, reply_to }),
            None => Some(Self { from, reply_to: None }),
        }
    }

    pub fn write(&self, id: &str, mail: &Mail, date: Timestamp) -> Result<Written, Undelivered> {
        let unusable = |what: &str| Undelivered::new(Setback::Refused, what);
        let to = address(&mail.to).ok_or_else(|| unusable("the address is none that a mail can be sent to"))?;
        let millis = u64::try_from(date.millis()).unwrap_or_default();
        let mut message = Message::builder()
            .message_id(Some(format!("<{id}@{}>", self.from.email.domain())))
            .date(UNIX_EPOCH + Duration::from_millis(millis))
            .from(self.from.clone())
            .to(mailbox(&mail.to_name, to.clone()))
            .subject(plain(&mail.subject))
            // RFC 3834 §5: no out-of-office note comes back.
            .raw_header(raw("Auto-Submitted", "auto-generated"))
            .raw_header(raw("X-Auto-Response-Suppress", "All"));
        if let Some(reply_to) = &self.reply_to {
            message = message.reply_to(reply_to.clone());
        }
        let parts = MultiPart::builder()
            .kind(MultiPartKind::Alternative)
            .boundary(format!("octroi-{id}"))
            .singlepart(SinglePart::plain(mail.text.clone()))
            .singlepart(SinglePart::html(mail.html.clone()));
        let message =
            message.multipart(parts).map_err(|error| unusable(&format!("no mail can be made of it: {error}")))?;
        let masked = channel::Address::Email(mail.to.clone()).masked();
        Ok(Written { from: self.from.email.clone(), to, masked, bytes: message.formatted() })
    }
}

fn raw(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

fn mailbox(name: &str, address: Address) -> Mailbox {
    Mailbox::new(Some(plain(name)).filter(|name| !name.is_empty()), address)
}

/// An address that any server takes: ASCII, an international domain in its ASCII form. Nothing that could end a line or a
/// command gets through.
fn address(text: &str) -> Option<Address> {
    let (local, domain) = text.rsplit_once('@')?;
    let domain = match url::Host::parse(domain).ok()? {
        url::Host::Domain(name) => name,
        url::Host::Ipv4(_) | url::Host::Ipv6(_) => return None,
    };
    let is_plain = local.bytes().all(|b| b.is_ascii_graphic());
    if is_plain { Address::new(local, domain).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "6f9f0b6e-3d4b-4c55-9f5e-1f0a6c1b7d11";

    fn sender() -> Sender {
        Sender::new("ne-pas-repondre@ville.example", "Octroi – Ville", Some("support@ville.example")).unwrap()
    }

    fn mail(to: &str, name: &str, subject: &str) -> Mail {
        Mail {
            to: to.into(),
            to_name: name.into(),
            subject: subject.into(),
            text: "Été\n.\n.. points\n".into(),
            html: "<p>Été</p>".into(),
        }
    }

    fn written(mail: &Mail) -> String {
        let date = Timestamp::from_seconds(1_800_000_000);
        String::from_utf8(sender().write(ID, mail, date).unwrap().bytes).unwrap()
    }

    fn header_lines(text: &str) -> Vec<&str> {
        text.split("\r\n\r\n").next().unwrap().lines().filter(|line| !line.starts_with([' ', '\t'])).collect()
    }

    #[test]
    fn the_same_mail_is_the_same_bytes_and_says_that_a_machine_wrote_it() {
        let mail = mail("ines@ville.example", "Inès Marchand", "Votre mot de passe a été changé");
        let text = written(&mail);
        assert_eq!(text, written(&mail));
        for line in [
            "Message-ID: <6f9f0b6e-3d4b-4c55-9f5e-1f0a6c1b7d11@ville.example>",
            "Date: Fri, 15 Jan 2027 08:00:00 +0000",
            "Auto-Submitted: auto-generated",
            "Reply-To: support@ville.example",
            "MIME-Version: 1.0",
        ] {
            assert!(header_lines(&text).contains(&line), "{line}\n{text}");
        }
        assert!(text.is_ascii(), "every server takes it");
    }

    #[test]
    fn no_name_and_no_subject_adds_a_header_or_a_recipient() {
        let expected = header_lines(&written(&mail("ines@ville.example", "Inès", "S"))).len();
        for hostile in [
            "Inès\r\nBcc: x@evil.example",
            "Inès\nX: y",
            "\" <x@evil.example>, \"",
            "a, b; c: d <x@evil.example>",
            "\u{202e}\u{0}\u{1b}",
            "(comment) \\ \"quoted\"",
            "=?utf-8?q?=0D=0ABcc:_x?=",
        ] {
            let text = written(&mail("ines@ville.example", hostile, hostile));
            let lines = header_lines(&text);
            assert_eq!(lines.len(), expected, "{text}");
            assert!(!lines.iter().any(|line| line.starts_with("Bcc") || line.starts_with("X:")), "{text}");
            let to =
                sender().write(ID, &mail("ines@ville.example", hostile, "S"), Timestamp::from_seconds(0)).unwrap().to;
            assert_eq!(to.to_string(), "ines@ville.example");
        }
    }

    #[test]
    fn an_address_that_could_be_read_as_something_else_is_refused_for_good() {
        for bad in [
            "",
            "ines",
            "@ville.example",
            "ines@",
            "a b@ville.example",
            "a\r\nRCPT TO:<x@evil.example>@ville.example",
            "a@ville.example\r\nDATA",
            "<a@ville.example>",
            "a@b@ville.example",
            "é@ville.example",
            "a@[127.0.0.1]",
            "a@127.0.0.1",
        ] {
            let date = Timestamp::from_seconds(0);
            let refused = sender().write(ID, &mail(bad, "", "S"), date).err().unwrap_or_else(|| panic!("{bad:?}"));
            assert_eq!(refused.setback, Setback::Refused, "{bad:?}");
        }
        let to = sender().write(ID, &mail("ines@mairie-évry.example", "", "S"), Timestamp::from_seconds(0)).unwrap().to;
        assert_eq!(to.to_string(), "ines@xn--mairie-vry-h7a.example");
    }
}
