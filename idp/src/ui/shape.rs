//! Tests about all pages at once: words complete in both languages, French typography, sound and safe HTML.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use fluent_bundle::FluentResource;

use super::samples::{self, HOSTILE, Sample};
use super::words::reason_key;
use crate::domain::reason::Reason;
use crate::i18n::SOURCES;

fn crate_dir() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn files(dir: &Path, extension: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|e| e == extension) {
            let text = std::fs::read_to_string(&path).unwrap();
            found.push((path, text));
        }
    }
    found
}

/// Templates and modules that speak, those of mails too, without the tests.
fn sources() -> Vec<(PathBuf, String)> {
    let mut all = files(&crate_dir().join("templates"), "html");
    all.extend(files(&crate_dir().join("templates"), "txt"));
    let rust = ["src/ui", "src/notify"].map(|dir| files(&crate_dir().join(dir), "rs"));
    let no_source = [
        "samples.rs",
        "samples/account.rs",
        "samples/factor.rs",
        "samples/approvals.rs",
        "samples/passkey.rs",
        "shape.rs",
    ];
    all.extend(rust.into_iter().flatten().filter(|(path, _)| !no_source.iter().any(|name| path.ends_with(name))));
    all
}

/// Message id → its source text, which holds its variables.
fn messages(source: &str) -> BTreeMap<String, String> {
    let resource = FluentResource::try_new(source.to_owned()).map_err(|(_, errors)| errors).unwrap();
    assert!(resource.entries().count() > 0);
    let mut messages = BTreeMap::new();
    let mut current = String::new();
    for line in source.lines().filter(|line| !line.starts_with('#')) {
        let starts_message = line.starts_with(|c: char| c.is_ascii_alphabetic());
        let value = match line.split_once(" = ") {
            Some((id, value)) if starts_message => {
                current = id.to_owned();
                assert!(!messages.contains_key(id), "{id} stands twice");
                value
            }
            _ => line,
        };
        if !current.is_empty() {
            let text: &mut String = messages.entry(current.clone()).or_default();
            text.push_str(value);
            text.push('\n');
        }
    }
    messages
}

fn variables(text: &str) -> BTreeSet<String> {
    let name = |rest: &str| rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
    text.split('$').skip(1).map(name).collect()
}

fn french() -> BTreeMap<String, String> {
    SOURCES.iter().flat_map(|(_, french, _)| messages(french)).collect()
}

fn english() -> BTreeMap<String, String> {
    SOURCES.iter().flat_map(|(_, _, english)| messages(english)).collect()
}

#[test]
fn english_says_everything_that_french_says_with_the_same_values() {
    for (file, french, english) in SOURCES {
        let (french, english) = (messages(french), messages(english));
        let ids = |messages: &BTreeMap<String, String>| messages.keys().cloned().collect::<Vec<_>>();
        assert_eq!(ids(&french), ids(&english), "{file}.ftl");
        for (id, text) in &french {
            assert_eq!(variables(text), variables(&english[id]), "{id}");
        }
    }
}

#[test]
fn every_file_of_words_is_listed_once() {
    for locale in ["fr", "en"] {
        let on_disk = files(&crate_dir().join("locales").join(locale), "ftl").len();
        assert_eq!(on_disk, SOURCES.len(), "{locale}");
    }
    let all: usize = SOURCES.iter().map(|(_, french, _)| messages(french).len()).sum();
    assert_eq!(all, french().len(), "an id stands in two files");
}

#[test]
fn every_id_that_is_asked_for_exists() {
    let french = french();
    for (path, text) in sources() {
        for call in [".t(\"", ".with(\"", ".t_with(\"", ".t_count(\"", "text(locale, \"", "text_with(locale, \""] {
            for rest in text.split(call).skip(1) {
                let id = rest.split('"').next().unwrap();
                assert!(french.contains_key(id), "{id} in {}", path.display());
            }
        }
    }
}

#[test]
fn every_reason_has_its_three_sentences() {
    let french = french();
    for reason in Reason::ALL {
        for part in ["title", "what", "next"] {
            assert!(french.contains_key(&reason_key(*reason, part)), "{reason} {part}");
        }
    }
}

#[test]
fn no_sentence_is_left_that_nobody_says() {
    let mut said = String::new();
    for (_, text) in sources() {
        said.push_str(&text);
    }
    let reasons: BTreeSet<String> =
        Reason::ALL.iter().flat_map(|r| ["title", "what", "next"].map(|part| reason_key(*r, part))).collect();
    for id in french().keys().filter(|id| !reasons.contains(*id)) {
        // `bad_request-malformed-title` is composed of its first two words and a part.
        let stem = id.rsplit_once('-').map_or(id.as_str(), |(stem, _)| stem);
        let composed =
            ["-title", "-text"].iter().any(|part| id.ends_with(part)) && said.contains(&format!("\"{stem}\""));
        assert!(composed || said.contains(&format!("\"{id}\"")), "{id}");
    }
}

#[test]
fn french_is_set_as_french() {
    for (id, text) in french() {
        let chars: Vec<char> = text.chars().collect();
        for (i, c) in chars.iter().enumerate() {
            let before = i.checked_sub(1).map(|i| chars[i]);
            let after = chars.get(i + 1).copied();
            let no_break = |c: Option<char>| c == Some('\u{a0}') || c == Some('\u{202f}');
            match c {
                ':' | ';' | '?' | '»' => assert!(no_break(before), "{id}: no-break space before {c}: {text}"),
                '«' => assert!(no_break(after), "{id}: no-break space after «: {text}"),
                '!' => panic!("{id}: pages do not exclaim: {text}"),
                '\'' | '"' => panic!("{id}: straight quotation mark: {text}"),
                _ => {}
            }
        }
        let lower = text.to_lowercase();
        for word in ["invalide", "interdit", "(e)", "·e", "veuillez"] {
            assert!(!lower.contains(word), "{id}: {word}");
        }
    }
}

#[test]
fn messages_hold_no_markup() {
    for (id, text) in french().into_iter().chain(english()) {
        assert!(!text.contains(['<', '>', '&']) || text.contains("->"), "{id}: {text}");
    }
}

fn count(haystack: &str, needle: &str) -> usize {
    haystack.matches(needle).count()
}

fn each(check: impl Fn(&Sample)) {
    for sample in samples::all() {
        println!("{} {}", sample.name, sample.locale.tag());
        check(&sample);
    }
}

#[test]
fn every_page_has_one_heading_its_landmarks_and_a_title_of_its_own() {
    each(|page| {
        let html = &page.html;
        assert!(html.starts_with("<!doctype html>\n<html lang=\""), "{html}");
        assert!(html.contains(&format!("<html lang=\"{}\">", page.locale.tag())));
        for once in ["<h1", "<main ", "<header ", "<footer ", "<title>", "<aside ", "class=\"skip\""] {
            assert_eq!(count(html, once), 1, "{once}");
        }
        // The account has a navigation of its own, which says where one is; each has a name.
        let is_account = html.contains("<nav class=\"tabs\"");
        assert_eq!(
            (count(html, "<nav "), count(html, "aria-current=\"page\"")),
            (1 + usize::from(is_account), usize::from(is_account))
        );
        assert!(html.split("<nav ").skip(1).all(|nav| nav.split('>').next().unwrap().contains("aria-label=\"")));
        assert!(html.contains("– Octroi</title>"));
        assert!(!page.title.is_empty());
    });
}

#[test]
fn nothing_is_inline_that_the_content_security_policy_forbids() {
    each(|page| {
        let html = &page.html;
        assert!(!html.contains(" style=") && !html.contains("<style"), "{}", page.name);
        assert_eq!(count(html, "<script"), count(html, "<script src=\"/assets/"));
        for handler in [" onclick", " onload", " onsubmit", " onerror", "javascript:"] {
            assert!(!html.replace(&escaped(HOSTILE), "").contains(handler), "{handler}");
        }
        for attribute in ["src=\"http", "rel=\"stylesheet\" href=\"http", "url(http"] {
            assert!(!html.contains(attribute), "{attribute}");
        }
    });
}

fn escaped(text: &str) -> String {
    text.replace('&', "&#38;").replace('<', "&#60;").replace('>', "&#62;").replace('"', "&#34;").replace('\'', "&#39;")
}

#[test]
fn values_are_escaped_wherever_they_stand() {
    each(|page| assert!(!page.html.contains("<b onclick")));
    let hostile: Vec<_> = samples::all().into_iter().filter(|s| s.name.ends_with("hostile")).collect();
    assert!(hostile.len() >= 8);
    assert!(hostile.iter().all(|page| page.html.contains(&escaped(HOSTILE))));
}

#[test]
fn every_label_and_description_points_to_something() {
    each(|page| {
        let html = &page.html;
        let ids: Vec<&str> = attribute(html, "id");
        let unique: BTreeSet<&str> = ids.iter().copied().collect();
        assert_eq!(ids.len(), unique.len(), "an id stands twice");
        for name in ["for", "aria-describedby", "aria-labelledby"] {
            for target in attribute(html, name).iter().flat_map(|value| value.split(' ')) {
                assert!(unique.contains(target), "{name}={target}");
            }
        }
        // Each visible field has a label and says what it may be filled with (RGAA 11.1, 11.13).
        for input in html.split("<input ").skip(1).map(|rest| format!(" {}", rest.split('>').next().unwrap())) {
            if input.contains("type=\"hidden\"") || input.ends_with(" hidden") {
                continue;
            }
            let id = attribute(&input, "id")[0];
            assert!(html.contains(&format!("<label for=\"{id}\">")), "{id}");
            assert!(input.contains("autocomplete=\""), "{id}");
        }
    });
}

fn attribute<'a>(html: &'a str, name: &str) -> Vec<&'a str> {
    html.split(&format!(" {name}=\"")).skip(1).map(|rest| rest.split('"').next().unwrap()).collect()
}

#[test]
fn every_form_posts_the_csrf_value_except_those_that_leave() {
    each(|page| {
        for form in page.html.split("<form ").skip(1) {
            let form = form.split("</form>").next().unwrap();
            assert!(form.contains("method=\"post\""));
            let leaves = form.split("action=\"").nth(1).unwrap().starts_with("https://");
            assert_eq!(form.contains("name=\"csrf\" value=\"csrf-value\""), !leaves);
        }
    });
}

#[test]
fn a_page_with_a_problem_says_so_in_its_title_and_in_an_alert() {
    each(|page| {
        let Some((_, rest)) = page.html.split_once("role=\"alert\"") else { return };
        let title = rest.split_once("note-title\">").unwrap().1.split('<').next().unwrap();
        let head = page.html.split("</title>").next().unwrap();
        assert!(head.contains(&format!("<title>{title} – ")), "{title}");
    });
    let alerts = samples::all().iter().filter(|page| page.html.contains("role=\"alert\"")).count();
    assert!(alerts >= 2 * 15);
}

#[test]
fn a_refusal_carries_its_code_and_its_reference() {
    each(|page| {
        let Some(code) = page.name.strip_prefix("refusal-").and_then(Reason::from_code) else { return };
        assert!(page.html.contains(&format!("<main id=\"main\" tabindex=\"-1\" data-reason=\"{code}\">")));
        assert!(page.html.contains("<b id=\"reference\" class=\"ref\">K7QM-2F4X</b>"));
        assert!(page.html.contains("Support DSIN"));
    });
}

#[test]
fn the_names_that_scripts_rely_on_are_there() {
    let samples = samples::all();
    for (name, marks) in [
        ("login", &["id=\"login-submit\"", "id=\"login-cancel\"", "name=\"soi\"", "name=\"password\""][..]),
        (
            "password-expired",
            &[
                "data-rule=\"length\" data-min=\"15\" data-max=\"256\"",
                "data-rule=\"soi\"",
                "data-rule=\"same\"",
                "data-rule=\"later\"",
                "id=\"password-rules-told\" role=\"status\"",
                "src=\"/assets/password-rules.js?v=",
            ],
        ),
        ("password-rules-classes", &["data-rule=\"classes\""]),
        ("password-rules-phrase", &["data-rule=\"words\" data-min=\"7\""]),
        ("password-expired", &["name=\"new_password\"", "name=\"new_password_again\"", "name=\"ticket\""]),
        ("password-ends", &["id=\"change-password\" href=\"/account/password", "id=\"later\""]),
        ("activate", &["name=\"soi\"", "name=\"code\"", "name=\"new_password\"", "name=\"new_password_again\""]),
        ("account", &["id=\"logout\""]),
        ("account-password", &["name=\"current_password\"", "name=\"new_password\"", "name=\"new_password_again\""]),
        ("account-confirm", &["name=\"current_password\""]),
        ("account-code", &["name=\"code\""]),
        ("logout-confirm", &["id=\"logout-confirm\"", "id=\"logout-cancel\""]),
        ("signed-out", &["id=\"signed-out\""]),
        ("bad-request", &["id=\"error\"", "id=\"request-id\""]),
    ] {
        for page in samples.iter().filter(|sample| sample.name == name) {
            for mark in marks {
                assert!(page.html.contains(mark), "{name}: {mark}");
            }
        }
    }
}

#[test]
fn the_login_says_where_it_leads_and_keeps_what_was_typed() {
    let samples = samples::all();
    let find = |name: &str, tag: &str| {
        samples.iter().find(|s| s.name == name && s.locale.tag() == tag).map(|s| s.html.clone()).unwrap()
    };
    let login = find("login", "fr");
    assert!(login.contains("Pour continuer vers Webmail"));
    assert!(login.contains("href=\"/activate?interaction=interaction-id\""));
    assert!(login.contains("articles 226-15 et 323-1 à 323-7 du code pénal"));
    let throttled = find("login-throttled", "fr").replace('\u{a0}', " ");
    assert!(throttled.contains("value=\"100002\""));
    assert!(throttled.contains("2 min 30"));
    assert!(throttled.contains("Au bureau, cet essai ne vous bloque pas."));
    assert!(!find("login-throttled-inside", "fr").contains("Au bureau, cet essai"));
    assert!(find("login-nomades", "en").contains("outside the municipal buildings"));
}

#[test]
fn a_stranger_reads_nothing_but_their_own_address_and_zone() {
    let samples = samples::all();
    for page in samples.iter().filter(|s| s.name == "diagnostic-stranger") {
        assert!(page.html.contains("2001:db8:10:20::7") && page.html.contains("id=\"zone\" class=\"ref\">nomades<"));
        assert_eq!(count(&page.html, "<dt>"), 2);
        assert!(!page.html.contains("class=\"steps\""));
    }
}

/// Not a check: leaves all pages where they can be opened in a browser.
#[test]
fn the_samples_are_left_to_be_looked_at() {
    let dir = crate_dir().join("../target/ui-samples");
    std::fs::create_dir_all(dir.join("assets")).unwrap();
    for asset in super::assets::ASSETS {
        std::fs::write(dir.join(asset.path.trim_start_matches('/')), asset.bytes).unwrap();
    }
    for sample in samples::all() {
        let html = sample.html.replace("\"/assets/", "\"assets/");
        std::fs::write(dir.join(format!("{}.{}.html", sample.name, sample.locale.tag())), html).unwrap();
    }
}
