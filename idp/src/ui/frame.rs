//! What every page has around it: language, names, zone, whom to call, the CSRF value of its forms.
//!
//! [`Branding`] is made once from the configuration and shared; a [`Frame`] is made per request by the web layer and
//! handed to the page. Templates speak through it: `frame.t("login-title")`.

use std::sync::Arc;

use fluent_bundle::FluentArgs;

use crate::domain::locale::Locale;
use crate::domain::zone::NetworkZone;
use crate::i18n::{text, text_with};

/// A configured text in both languages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Localised {
    pub fr: String,
    pub en: String,
}

impl Localised {
    /// The text in this language.
    pub fn get(&self, locale: Locale) -> &str {
        match locale {
            Locale::Fr => &self.fr,
            Locale::En => &self.en,
        }
    }
}

impl From<&str> for Localised {
    /// The same text in both languages.
    fn from(text: &str) -> Self {
        Self { fr: text.to_owned(), en: text.to_owned() }
    }
}

/// How the SOI is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SoiField {
    /// The expected form, in words: "6 à 8 chiffres".
    pub hint: Localised,
    /// Digits only: phones show their number pad.
    pub numeric: bool,
}

/// Whom to call. Only the name is always known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Help {
    /// "Support DSIN"
    pub name: String,
    pub phone: Option<String>,
    /// "8 h – 18 h"
    pub hours: Option<String>,
    pub email: Option<String>,
}

impl Help {
    /// The telephone link: only what a number is made of.
    pub fn phone_href(&self) -> Option<String> {
        let phone = self.phone.as_ref()?;
        Some(format!("tel:{}", phone.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect::<String>()))
    }
}

/// The names and contacts of this installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Branding {
    /// "Octroi"
    pub product: String,
    /// "Ville de Paris"
    pub organisation: String,
    /// "IntraParis"
    pub portal_name: String,
    /// Where the portal is; without it no page links to it.
    pub portal_url: Option<String>,
    pub soi: SoiField,
    pub help: Help,
    /// Stands in for the legal notice of the login page (penal code, articles 226-15 and 323-1 to 323-7).
    pub legal_notice: Option<Localised>,
    /// When the accessibility statement was made, `JJ/MM/AAAA`.
    pub accessibility_stated_on: Option<String>,
    /// Whom to write to about personal data; the help contact where there is nobody else.
    pub privacy_contact: Option<String>,
    /// How long connection logs are kept.
    pub log_retention_months: u32,
}

/// A link with the name of what it leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    pub name: String,
    pub href: String,
}

/// What surrounds one page.
#[derive(Debug, Clone)]
pub struct Frame {
    pub branding: Arc<Branding>,
    pub locale: Locale,
    /// The zone of this request, shown in the header.
    pub zone: NetworkZone,
    /// The value of the hidden field `csrf`.
    pub csrf: String,
    /// The same page in the other language, where it has one.
    pub language_href: Option<String>,
    /// Whoever is signed in has agents of their own: the navigation leads to the page about them.
    pub is_manager: bool,
}

impl Frame {
    /// The sentence `id`.
    pub fn t(&self, id: &str) -> String {
        text(self.locale, id)
    }

    /// The sentence `id` with one value.
    pub fn t_with(&self, id: &str, name: &'static str, value: &str) -> String {
        let mut args = FluentArgs::new();
        args.set(name, value);
        text_with(self.locale, id, &args)
    }

    /// The sentence `id` with one number, which chooses singular or plural.
    pub fn t_count(&self, id: &str, name: &'static str, value: u32) -> String {
        let mut args = FluentArgs::new();
        args.set(name, value);
        text_with(self.locale, id, &args)
    }

    /// The zone is `nomades`.
    pub fn is_nomades(&self) -> bool {
        self.zone == NetworkZone::Nomades
    }

    /// The SOI's form, in words.
    pub fn soi_hint(&self) -> &str {
        self.branding.soi.hint.get(self.locale)
    }

    /// The legal notice of the pages where somebody logs in.
    pub fn legal_notice(&self) -> String {
        match &self.branding.legal_notice {
            Some(notice) => notice.get(self.locale).to_owned(),
            None => self.t("legal-notice"),
        }
    }

    /// The link back to the portal.
    pub fn portal(&self) -> Option<Link> {
        let href = self.branding.portal_url.clone()?;
        Some(Link { name: self.branding.portal_name.clone(), href })
    }

    /// A path of ours that keeps the interaction it belongs to.
    pub fn path(&self, path: &str, interaction: &Option<String>) -> String {
        match interaction {
            Some(id) => format!(
                "{path}?{}",
                form_urlencoded::Serializer::new(String::new()).append_pair("interaction", id).finish()
            ),
            None => path.to_owned(),
        }
    }
}
