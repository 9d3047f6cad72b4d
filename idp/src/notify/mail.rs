//! A mail as text and as HTML. Both say the same; the HTML has no picture, no colour of its own (so that it is read in the
//! dark too), no script, and shows each address as it is.

use askama::Template;

use super::Mail;
use super::content::Content;
use super::words::Voice;

#[derive(Template)]
#[template(path = "mail/mail.html")]
struct Html<'a> {
    say: &'a Voice<'a>,
    hello: &'a str,
    never: &'a str,
    content: &'a Content,
}

#[derive(Template)]
#[template(path = "mail/mail.txt")]
struct Text<'a> {
    say: &'a Voice<'a>,
    hello: &'a str,
    never: &'a str,
    content: &'a Content,
}

/// The mail to this address.
pub fn written(content: Content, say: &Voice<'_>, to: &str, name: String) -> Mail {
    let hello = if name.is_empty() { say.t("mail-hello-nobody") } else { say.t("mail-hello") };
    let never = if content.code.is_some() { say.t("mail-never-code") } else { say.t("mail-never-password") };
    let (hello, never) = (hello.as_str(), never.as_str());
    // Writing into a String does not fail.
    let html = Html { say, hello, never, content: &content }.render().unwrap_or_default();
    let text = Text { say, hello, never, content: &content }.render().unwrap_or_default();
    Mail { to: to.to_owned(), to_name: name, subject: content.subject, text, html }
}
