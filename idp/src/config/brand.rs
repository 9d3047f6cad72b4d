//! `[brand]`: the names on the pages.

use url::Url;

use super::problem::Fault;
use super::section::Section;

/// The section, checked.
#[derive(Debug, Clone)]
pub struct BrandConfig {
    pub product: String,
    pub organisation: String,
    /// The portal's name, to which pages lead back.
    pub portal: String,
    pub portal_uri: Option<Url>,
}

pub(super) fn read(section: &Section<'_>) -> BrandConfig {
    let product = section.text("product", "Octroi");
    let organisation = section.text("organisation", "la Ville");
    let portal = section.text("portal", "IntraParis");
    let portal_uri = section.optional_text("portal_uri").and_then(|text| section.judge("portal_uri", parse_uri(&text)));
    BrandConfig { product, organisation, portal, portal_uri }
}

/// A link on our pages: no `javascript:`, no password.
fn parse_uri(text: &str) -> Result<Url, Fault> {
    let is_plain =
        |url: &Url| ["https", "http"].contains(&url.scheme()) && url.username().is_empty() && url.password().is_none();
    Url::parse(text)
        .ok()
        .filter(is_plain)
        .ok_or_else(|| Fault::new("this is no web address", "write it as \"https://HOST/PATH\""))
}
