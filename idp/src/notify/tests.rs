//! Every notice in both languages over both media: what it says, and what no value can make of it.

use std::fmt::Write as _;
use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::gsm::places;
use super::{Names, Support, Words};
use crate::domain::channel::{Address, ChannelKind};
use crate::domain::factor::SecondFactor;
use crate::domain::locale::Locale;
use crate::domain::notice::{Alarm, Circumstances, FactorEvent, Notice, Recipient, ShownCode};
use crate::domain::soi::Soi;
use crate::domain::time::Timestamp;
use crate::domain::zone::NetworkZone;

const CODE: &str = "4821-9037";
const ALARM: &str = "TR4D-9VXK";
const REFERENCE: &str = "K7QM-2F4X";

/// A value that must never reach a mail as markup, a header of its own, or a turned line.
const HOSTILE: &str = "<b onclick='x'>&\"Zoé\r\nBcc: x@evil.example\u{202e}</b>";

fn words() -> Words {
    Words::new(Names {
        product: "Octroi".into(),
        organisation: "la Ville".into(),
        issuer: "https://login.ville.example".into(),
        support: Support {
            name: "Support DSIN".into(),
            phone: Some("01 23 45 67 89".into()),
            hours: Some("8 h – 18 h".into()),
        },
        time_zone: TimeZone::get("Europe/Paris").unwrap(),
    })
}

fn to(locale: Locale, name: &str) -> Recipient {
    let address = Address::Email("ines.marchand@ville.example".into());
    Recipient { soi: None, name: name.into(), address, locale }
}

/// 22 November 2026, 14:05 in Paris.
fn at() -> Timestamp {
    Timestamp::from_seconds(1_795_352_700)
}

fn alarm() -> Alarm {
    Alarm { reference: REFERENCE.into(), code: ShownCode::new(ALARM) }
}

fn circumstances() -> Circumstances {
    Circumstances { at: at(), zone: Some(NetworkZone::Nomades), browser: Some("Firefox".into()) }
}

fn factors(event: FactorEvent) -> Notice {
    Notice::Factors { event, circumstances: circumstances(), alarm: alarm() }
}

/// One of each, and of each way to say it.
fn notices() -> Vec<(&'static str, Notice)> {
    let (code, valid_for) = (|| ShownCode::new(CODE), Duration::from_mins(10));
    vec![
        ("channel_code", Notice::ChannelCode { code: code(), valid_for }),
        ("reset_code", Notice::ResetCode { code: code(), valid_for }),
        ("activation_code", Notice::ActivationCode { code: ShownCode::new("K7QM-2F4X-9TWB"), until: at() }),
        ("password_changed", Notice::PasswordChanged { circumstances: circumstances(), alarm: alarm() }),
        (
            "password_reset by mobile",
            Notice::PasswordReset { circumstances: circumstances(), over: Some(ChannelKind::Mobile), alarm: alarm() },
        ),
        (
            "password_reset by a code handed over",
            Notice::PasswordReset {
                circumstances: Circumstances { at: at(), zone: None, browser: None },
                over: None,
                alarm: alarm(),
            },
        ),
        ("reset_code_issued", Notice::ResetCodeIssued { at: at(), alarm: alarm() }),
        (
            "channel_changed",
            Notice::ChannelChanged {
                kind: ChannelKind::RecoveryEmail,
                now: Some("c…u@ailleurs.example".into()),
                circumstances: circumstances(),
                alarm: alarm(),
            },
        ),
        (
            "channel_changed, removed",
            Notice::ChannelChanged {
                kind: ChannelKind::Mobile,
                now: None,
                circumstances: circumstances(),
                alarm: alarm(),
            },
        ),
        ("factor_code", Notice::FactorCode { code: code(), valid_for }),
        ("enrolment_code", Notice::EnrolmentCode { code: code(), valid_for }),
        ("factor_added", factors(FactorEvent::Added { factor: SecondFactor::Totp, name: "Téléphone".into() })),
        ("factor_removed", factors(FactorEvent::Removed { factor: SecondFactor::Passkey, name: "Clé bleue".into() })),
        ("recovery_codes", factors(FactorEvent::RecoveryCodes)),
        ("recovery_code_used", factors(FactorEvent::RecoveryCodeUsed { left: 3 })),
        ("recovery_code_used, the last one", factors(FactorEvent::RecoveryCodeUsed { left: 0 })),
        ("factor_suspected", factors(FactorEvent::Suspected)),
        ("manager_pass", factors(FactorEvent::PassGiven { manager: "Nadia Berthier".into() })),
        ("enrolment_vouched", factors(FactorEvent::EnrolmentVouched { manager: "Nadia Berthier".into() })),
        ("key_copied", factors(FactorEvent::CounterWentBack { name: "Clé bleue".into() })),
        ("password_expires", Notice::PasswordExpires { on: Date::constant(2026, 12, 1), days: 9 }),
        ("password_expires tomorrow", Notice::PasswordExpires { on: Date::constant(2026, 12, 1), days: 1 }),
        ("credentials_suspended", Notice::CredentialsSuspended { at: at() }),
        (
            "alarm_raised",
            Notice::AlarmRaised { soi: Soi::from_stored("100001".into()), reference: REFERENCE.into(), at: at() },
        ),
    ]
}

fn each(check: impl Fn(&str, &Notice, Locale)) {
    for locale in Locale::ALL {
        for (name, notice) in notices() {
            println!("{name} {}", locale.tag());
            check(name, &notice, locale);
        }
    }
}

#[test]
fn every_kind_of_notice_is_among_the_samples() {
    // A new kind does not compile here until it is counted, and then misses its sample.
    let kind = |notice: &Notice| match notice {
        Notice::ChannelCode { .. } => 0,
        Notice::ResetCode { .. } => 1,
        Notice::ActivationCode { .. } => 2,
        Notice::PasswordChanged { .. } => 3,
        Notice::PasswordReset { .. } => 4,
        Notice::ResetCodeIssued { .. } => 5,
        Notice::ChannelChanged { .. } => 6,
        Notice::PasswordExpires { .. } => 7,
        Notice::CredentialsSuspended { .. } => 8,
        Notice::AlarmRaised { .. } => 9,
        Notice::FactorCode { .. } => 10,
        Notice::EnrolmentCode { .. } => 11,
        Notice::Factors { event, .. } => match event {
            FactorEvent::Added { .. } => 12,
            FactorEvent::Removed { .. } => 13,
            FactorEvent::RecoveryCodes => 14,
            FactorEvent::RecoveryCodeUsed { .. } => 15,
            FactorEvent::Suspected => 16,
            FactorEvent::PassGiven { .. } => 17,
            FactorEvent::CounterWentBack { .. } => 18,
            FactorEvent::EnrolmentVouched { .. } => 19,
        },
    };
    let seen: std::collections::BTreeSet<i32> = notices().iter().map(|(_, notice)| kind(notice)).collect();
    assert_eq!(seen.len(), 20);
}

#[test]
fn a_code_stands_alone_on_a_line_and_never_in_a_subject_or_a_link() {
    each(|_, notice, locale| {
        let mail = words().mail(&to(locale, "Inès Marchand"), notice);
        let codes = [CODE, ALARM, "K7QM-2F4X-9TWB"];
        for code in codes {
            assert!(!mail.subject.contains(code));
            assert!(!mail.html.contains(&format!("={code}")), "{}", mail.html);
            let lines = mail.text.lines().filter(|line| line.contains(code));
            assert!(lines.into_iter().all(|line| line.trim() == code), "{}", mail.text);
        }
        for link in mail.text.split_whitespace().filter(|word| word.contains("://")) {
            assert!(mail.html.contains(&format!("<a href=\"{link}\">{link}</a>")), "shown as it is: {link}");
            let known = ["/activate", "/account/password", &format!("/not-me?reference={REFERENCE}")];
            assert!(known.iter().any(|path| link == format!("https://login.ville.example{path}")), "{link}");
        }
        assert!(!format!("{mail:?}").contains(CODE));
    });
}

#[test]
fn text_and_html_say_the_same() {
    let unescaped = |html: &str| {
        let mut text = String::new();
        let body = html.split_once("<body").unwrap().1.split_once('>').unwrap().1;
        for piece in body.split('<') {
            text.push_str(piece.split_once('>').map_or(piece, |(_, words)| words));
        }
        text.replace("&#38;", "&").replace("&#39;", "'").replace("&#34;", "\"")
    };
    each(|_, notice, locale| {
        let mail = words().mail(&to(locale, "Inès Marchand"), notice);
        let html = unescaped(&mail.html);
        for line in
            mail.text.lines().map(|line| line.trim().trim_start_matches("- ")).filter(|l| !l.is_empty() && *l != "--")
        {
            assert!(html.contains(line), "{line:?} is missing in {html}");
        }
    });
}

#[test]
fn the_html_needs_nothing_from_elsewhere_and_reads_well() {
    each(|_, notice, locale| {
        let html = words().mail(&to(locale, "Inès Marchand"), notice).html;
        assert!(html.starts_with(&format!("<!doctype html>\n<html lang=\"{}\" dir=\"ltr\">", locale.tag())));
        for forbidden in
            ["<img", "<script", "<style", "<link", "src=", "url(", "color:", "background", "<table", "@import"]
        {
            assert!(!html.contains(forbidden), "{forbidden}");
        }
        assert_eq!((html.matches("<h1").count(), html.matches("<title>").count()), (1, 1));
    });
}

#[test]
fn everybody_is_told_that_nobody_asks_for_a_password() {
    each(|_, notice, locale| {
        let text = words().mail(&to(locale, ""), notice).text;
        let promise = match locale {
            Locale::Fr => "On ne vous demandera jamais votre mot de passe",
            Locale::En => "You will never be asked for your password",
        };
        assert!(text.contains(promise), "{text}");
        assert!(text.starts_with(if locale == Locale::Fr { "Bonjour,\n" } else { "Hello,\n" }), "{text}");
    });
}

#[test]
fn a_text_message_fits_into_one_with_the_letters_of_every_telephone() {
    each(|_, notice, locale| {
        let sms = words().sms(&to(locale, "Inès Marchand"), notice);
        assert!(places(&sms.text) <= 160, "{} places: {}", places(&sms.text), sms.text);
        assert!(
            !sms.text.contains('?') || sms.text.contains("Pas vous ?") || sms.text.contains("Not you?"),
            "{}",
            sms.text
        );
        assert!(!format!("{sms:?}").contains(CODE));
    });
}

#[test]
fn no_value_becomes_markup_a_header_or_a_turned_line() {
    let hostile = |notice: Notice| match notice {
        Notice::ChannelChanged { kind, circumstances, alarm, .. } => {
            let circumstances = Circumstances { browser: Some(HOSTILE.into()), ..circumstances };
            Notice::ChannelChanged { kind, now: Some(HOSTILE.into()), circumstances, alarm }
        }
        Notice::AlarmRaised { at, .. } => {
            Notice::AlarmRaised { soi: Soi::from_stored(HOSTILE.into()), reference: HOSTILE.into(), at }
        }
        other => other,
    };
    for (_, notice) in notices() {
        let mail = words().mail(&to(Locale::Fr, HOSTILE), &hostile(notice.clone()));
        assert!(!mail.html.contains("<b onclick"), "{}", mail.html);
        for text in [&mail.subject, &mail.to_name] {
            assert!(!text.contains(['\r', '\n', '\u{202e}']), "{text:?}");
        }
        assert!(!mail.text.contains('\u{202e}') && !mail.text.contains("\nBcc"), "{}", mail.text);
        let sms = words().sms(&to(Locale::Fr, HOSTILE), &hostile(notice));
        assert!(!sms.text.contains(['\r', '\n', '\u{202e}']), "{}", sms.text);
    }
}

/// `docs/reference/messages.md`, as the words make it.
fn messages_document() -> String {
    let mut document = "# Messages\n\nWhat Octroi writes to agents, word for word, with sample values. A line of its own holds each code; links lead to\n\
         pages that act on POST only. Generated from `idp/locales` and tested.\n"
        .to_owned();
    for (name, notice) in notices() {
        let _ = write!(document, "\n## {name}\n");
        for locale in Locale::ALL {
            let (mail, sms) =
                (words().mail(&to(locale, "Inès Marchand"), &notice), words().sms(&to(locale, ""), &notice));
            let text = mail.text.replace(['\u{a0}', '\u{202f}'], " ");
            let text: Vec<&str> = text.trim_end().lines().map(str::trim_end).collect();
            let (tag, subject, places) =
                (locale.tag(), mail.subject.replace(['\u{a0}', '\u{202f}'], " "), places(&sms.text));
            let _ = write!(
                document,
                "\nMail ({tag}): **{subject}**\n\n```text\n{}\n```\n\nText message ({tag}, {places} of 160):\n\n```text\n{}\n```\n",
                text.join("\n"),
                sms.text
            );
        }
    }
    document
}

#[test]
fn the_document_of_messages_is_what_is_sent() {
    let fresh = messages_document();
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let committed = std::fs::read_to_string(format!("{root}/docs/reference/messages.md")).unwrap_or_default();
    if committed != fresh {
        std::fs::create_dir_all(format!("{root}/target/reference")).unwrap();
        std::fs::write(format!("{root}/target/reference/messages.md"), fresh).unwrap();
        panic!("the words have changed: cp target/reference/messages.md docs/reference/messages.md");
    }
}

/// Not a check: leaves all mails where they can be opened in a browser.
#[test]
fn the_samples_are_left_to_be_looked_at() {
    let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/mail-samples");
    std::fs::create_dir_all(dir).unwrap();
    each(|name, notice, locale| {
        let mail = words().mail(&to(locale, "Inès Marchand"), notice);
        let file = format!("{dir}/{}.{}", name.replace([' ', ','], "-"), locale.tag());
        std::fs::write(format!("{file}.html"), mail.html).unwrap();
        std::fs::write(format!("{file}.txt"), mail.text).unwrap();
    });
}
