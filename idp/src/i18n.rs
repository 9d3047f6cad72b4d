//! Languages: which one a page speaks ([`negotiate`]) and where its sentences come from ([`text`], [`text_with`]).
//!
//! `locales/fr/*.ftl` is the source, `locales/en` complete beside it; tests in `ui/shape.rs` compare them. Messages hold
//! no markup: whatever is put into them is escaped by the template. To add a file: one line in `SOURCES`.

use std::borrow::Cow;
use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use unic_langid::LanguageIdentifier;

use crate::domain::locale::Locale;

/// No request needs more than this to say a language; the rest is not read.
const MOST_BYTES: usize = 512;
const MOST_TAGS: usize = 16;

/// The language of a page: `ui_locales` (OpenID Connect Core §3.1.2.1, in order of preference), then the cookie, then
/// `Accept-Language` with its weights (RFC 9110 §12.5.4), then French. Whatever cannot be read counts as absent.
pub fn negotiate(ui_locales: Option<&str>, cookie: Option<&str>, accept_language: Option<&str>) -> Locale {
    ui_locales
        .and_then(|list| beginning(list).split_whitespace().take(MOST_TAGS).find_map(Locale::from_tag))
        .or_else(|| cookie.and_then(|tag| Locale::from_tag(beginning(tag))))
        .or_else(|| accept_language.and_then(preferred))
        .unwrap_or_default()
}

/// The best of `Accept-Language`; the first of equals, as browsers list them by preference.
fn preferred(header: &str) -> Option<Locale> {
    let mut best: Option<(u16, Locale)> = None;
    for range in beginning(header).split(',').take(MOST_TAGS) {
        let (tag, parameter) = range.split_once(';').map_or((range, None), |(tag, rest)| (tag, Some(rest)));
        let locale = if tag.trim() == "*" { Some(Locale::default()) } else { Locale::from_tag(tag) };
        let (Some(locale), Some(weight)) = (locale, weight(parameter)) else { continue };
        if weight > best.map_or(0, |(weight, _)| weight) {
            best = Some((weight, locale));
        }
    }
    best.map(|(_, locale)| locale)
}

/// A weight in thousandths (RFC 9110 §12.4.2); `None` when it is none.
fn weight(parameter: Option<&str>) -> Option<u16> {
    let Some(parameter) = parameter else { return Some(1000) };
    let value = parameter.trim().strip_prefix("q=").or_else(|| parameter.trim().strip_prefix("Q="))?;
    let (whole, fraction) = value.split_once('.').unwrap_or((value, ""));
    if fraction.len() > 3 || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let thousandths: u16 = format!("{fraction:0<3}").parse().ok()?;
    match whole {
        "0" => Some(thousandths),
        "1" if thousandths == 0 => Some(1000),
        _ => None,
    }
}

fn beginning(text: &str) -> &str {
    text.get(..text.floor_char_boundary(MOST_BYTES)).unwrap_or_default()
}

macro_rules! source {
    ($name:literal) => {
        (
            $name,
            include_str!(concat!("../locales/fr/", $name, ".ftl")),
            include_str!(concat!("../locales/en/", $name, ".ftl")),
        )
    };
}

/// The French and the English text of every file.
pub(crate) const SOURCES: &[(&str, &str, &str)] = &[
    source!("frame"),
    source!("login"),
    source!("password"),
    source!("reasons"),
    source!("reset"),
    source!("session"),
    source!("account"),
    source!("activity"),
    source!("diagnostic"),
    source!("factor"),
    source!("notices"),
    source!("statements"),
    source!("mail"),
    source!("sms"),
];

static FRENCH: LazyLock<FluentBundle<FluentResource>> = LazyLock::new(|| bundle(Locale::Fr));
static ENGLISH: LazyLock<FluentBundle<FluentResource>> = LazyLock::new(|| bundle(Locale::En));

/// For plural rules.
fn langid(locale: Locale) -> LanguageIdentifier {
    locale.tag().parse().unwrap_or_default()
}

fn bundle(locale: Locale) -> FluentBundle<FluentResource> {
    let mut bundle = FluentBundle::new_concurrent(vec![langid(locale)]);
    // Both languages run left to right; isolation marks would only stand in titles and in what people copy.
    bundle.set_use_isolating(false);
    for (_, french, english) in SOURCES {
        let text = match locale {
            Locale::Fr => french,
            Locale::En => english,
        };
        // What cannot be parsed is left out; a test sees to it that nothing is.
        let resource = FluentResource::try_new((*text).to_owned()).unwrap_or_else(|(resource, _)| resource);
        bundle.add_resource_overriding(resource);
    }
    bundle
}

/// The sentence `id`, without values.
pub fn text(locale: Locale, id: &str) -> String {
    format(locale, id, None)
}

/// The sentence `id` with its values.
pub fn text_with(locale: Locale, id: &str, args: &FluentArgs<'_>) -> String {
    format(locale, id, Some(args))
}

fn format(locale: Locale, id: &str, args: Option<&FluentArgs<'_>>) -> String {
    let bundle: &FluentBundle<FluentResource> = match locale {
        Locale::Fr => &FRENCH,
        Locale::En => &ENGLISH,
    };
    let pattern = bundle.get_message(id).and_then(|message| message.value());
    debug_assert!(pattern.is_some(), "{id} is missing in {}", locale.tag());
    let mut errors = Vec::new();
    let text = pattern.map_or(Cow::Borrowed(id), |pattern| bundle.format_pattern(pattern, args, &mut errors));
    debug_assert!(errors.is_empty(), "{id} in {}: {errors:?}", locale.tag());
    text.into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_french_unless_somebody_asks() {
        assert_eq!(negotiate(None, None, None), Locale::Fr);
        assert_eq!(negotiate(Some(""), Some(""), Some("")), Locale::Fr);
        assert_eq!(negotiate(None, None, Some("de-DE,es;q=0.5")), Locale::Fr);
    }

    #[test]
    fn ui_locales_goes_before_the_cookie_and_the_cookie_before_the_header() {
        assert_eq!(negotiate(Some("de en-GB fr"), Some("fr"), Some("fr")), Locale::En);
        assert_eq!(negotiate(Some("de"), Some("en"), Some("fr")), Locale::En);
        assert_eq!(negotiate(None, None, Some("EN-us")), Locale::En);
    }

    #[test]
    fn weights_are_honoured() {
        for (header, expected) in [
            ("en;q=0.8, fr;q=0.9", Locale::Fr),
            ("fr;q=0.8, en;q=0.9", Locale::En),
            ("fr;q=0, en;q=0.001", Locale::En),
            ("en;q=0", Locale::Fr),
            ("en;q=0.5, *;q=0.9", Locale::Fr),
            ("en, fr", Locale::En),
            ("en;q=2, fr;q=0.1", Locale::Fr),
            ("en;q=0.1234, fr;q=0.1", Locale::Fr),
            ("en;level=1, fr;q=0.1", Locale::Fr),
        ] {
            assert_eq!(negotiate(None, None, Some(header)), expected, "{header}");
        }
    }

    #[test]
    fn garbage_of_any_size_is_french() {
        let huge = "x".repeat(1 << 20);
        let commas = ",".repeat(1 << 20);
        let multibyte = "é".repeat(MOST_BYTES);
        for text in [huge.as_str(), &commas, &multibyte, ";;;q=", "\0\u{1}", "en\0", "-", "_"] {
            assert_eq!(negotiate(Some(text), Some(text), Some(text)), Locale::Fr);
        }
    }
}
