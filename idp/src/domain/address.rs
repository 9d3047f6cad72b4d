//! Addresses as people type them: an e-mail address and a telephone number in the one form that is stored and compared.
//!
//! The same rules for HR's file, the command line and the agent's own page. Whether somebody reads there is proved by a
//! code, never concluded from the form.

/// RFC 5321 §4.5.3.1: 64 before the `@`, and 254 in all fit into a path.
const MAX_EMAIL: usize = 254;
const MAX_EMAIL_LOCAL: usize = 64;
/// Where a number without country code is from.
const COUNTRY_CODE: &str = "33";

/// Why a text is no e-mail address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EmailFault {
    #[error("it is longer than 254 characters")]
    TooLong,
    #[error("it holds a letter with an accent or another unusual character")]
    Unusual,
    #[error("there is no @")]
    NoAt,
    #[error("the part before the @ cannot be")]
    LocalPart,
    #[error("the part behind the @ is not a domain")]
    Domain,
}

/// A text that is no telephone number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is not a telephone number")]
pub struct NotANumber;

/// What is wrong with an address that was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddressProblem {
    Empty,
    Email(EmailFault),
    Mobile,
    /// The recovery mail would be the work mail: whoever lost one has lost both.
    SameAsWorkMail,
    /// It is in force and proved already.
    Known,
}

/// RFC 5321 §4.1.2 without quoted local parts, address literals and names without a dot: what a mail server of a city
/// delivers. The domain is folded to lower case; the part before the `@` stays as it is.
pub fn normalise_email(text: &str) -> Result<String, EmailFault> {
    if text.len() > MAX_EMAIL {
        return Err(EmailFault::TooLong);
    }
    if !text.is_ascii() {
        return Err(EmailFault::Unusual);
    }
    let (local, domain) = text.split_once('@').ok_or(EmailFault::NoAt)?;
    let is_atom = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c);
    if local.len() > MAX_EMAIL_LOCAL || !local.split('.').all(|atom| !atom.is_empty() && atom.chars().all(is_atom)) {
        return Err(EmailFault::LocalPart);
    }
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    if !domain.contains('.') || !domain.split('.').all(is_label) {
        return Err(EmailFault::Domain);
    }
    Ok(format!("{local}@{}", domain.to_ascii_lowercase()))
}

/// E.164: `+` and 8 to 15 digits. Spaces, dots, dashes and brackets are for the eye; `00` is `+`; a French number of ten
/// digits gets its country code.
pub fn normalise_mobile(text: &str) -> Result<String, NotANumber> {
    let compact: String = text
        .replace("(0)", "")
        .chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '.' | '-' | '(' | ')' | '/' | '\u{2010}'..='\u{2013}'))
        .collect();
    let digits = match (compact.strip_prefix('+').or_else(|| compact.strip_prefix("00")), compact.strip_prefix('0')) {
        (Some(international), _) => international.to_owned(),
        (None, Some(national)) if compact.len() == 10 => format!("{COUNTRY_CODE}{national}"),
        _ => return Err(NotANumber),
    };
    let is_number =
        (8..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0');
    if is_number { Ok(format!("+{digits}")) } else { Err(NotANumber) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_telephone_number_is_kept_in_one_form() {
        for typed in [
            "+33612345678",
            "0033 6 12 34 56 78",
            "+33 (0)6 12 34 56 78",
            "06/12/34/56/78",
            "06\u{a0}12\u{202f}34.56-78",
        ] {
            assert_eq!(normalise_mobile(typed).as_deref(), Ok("+33612345678"), "{typed}");
        }
        for typed in ["", "612345678", "+33", "+33612345678901234", "06 12 34 56 7x", "+0612345678", "()", "０６"] {
            assert_eq!(normalise_mobile(typed), Err(NotANumber), "{typed}");
        }
        assert_eq!(normalise_mobile(&"6".repeat(1_000_000)), Err(NotANumber));
    }

    #[test]
    fn an_address_that_no_mail_server_delivers_says_why() {
        assert_eq!(normalise_email("Ines@Maison.Example").as_deref(), Ok("Ines@maison.example"));
        for (typed, fault) in [
            ("ines", EmailFault::NoAt),
            ("@maison.example", EmailFault::LocalPart),
            ("i nes@maison.example", EmailFault::LocalPart),
            ("ines@maison", EmailFault::Domain),
            ("ines@a@b.example", EmailFault::Domain),
            ("ines@maison.example\r\nBcc: x@y.example", EmailFault::Domain),
            ("inès@maison.example", EmailFault::Unusual),
        ] {
            assert_eq!(normalise_email(typed), Err(fault), "{typed}");
        }
        assert_eq!(normalise_email(&format!("a@{}.example", "b".repeat(300))), Err(EmailFault::TooLong));
    }
}
