//! `[help]`: whom an agent calls. Each refusal page says it.

use super::problem::Fault;
use super::section::Section;

/// The section, checked.
#[derive(Debug, Clone)]
pub struct HelpConfig {
    pub name: String,
    pub phone: Option<String>,
    pub hours: Option<String>,
    pub email: Option<String>,
    /// Where it is told that an agent said "this was not me".
    pub alerts_email: Option<String>,
}

pub(super) fn read(section: &Section<'_>) -> HelpConfig {
    let name = section.text("name", "Support DSIN");
    let phone = section.optional_text("phone").and_then(|phone| section.judge("phone", check_phone(phone)));
    let hours = section.optional_text("hours");
    let email = section.optional_text("email").and_then(|email| section.judge("email", check_email(email)));
    let alerts_email =
        section.optional_text("alerts_email").and_then(|email| section.judge("alerts_email", check_email(email)));
    if ["help.phone", "help.email"].iter().all(|key| !section.reader.is_set(key)) {
        let fault = Fault::new("a refused agent is told to call, but not where", "set help.phone or help.email");
        section.warning("phone", fault);
    }
    HelpConfig { name, phone, hours, email, alerts_email }
}

fn check_phone(phone: String) -> Result<String, Fault> {
    let is_number = phone.contains(|c: char| c.is_ascii_digit())
        && phone.chars().all(|c| c.is_ascii_digit() || "+-.() ".contains(c) || c == '\u{a0}');
    if is_number { Ok(phone) } else { Err(Fault::new("this is no telephone number", "write it as \"01 23 45 67 89\"")) }
}

pub(super) fn check_email(email: String) -> Result<String, Fault> {
    let is_address = email.split_once('@').is_some_and(|(local, host)| !local.is_empty() && host.contains('.'))
        && !email.contains(|c: char| c.is_whitespace() || "<>\"?&,;".contains(c));
    if is_address { Ok(email) } else { Err(Fault::new("this is no mail address", "write it as \"NAME@HOST\"")) }
}
