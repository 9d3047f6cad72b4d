//! The pages that agents see: one struct per page (askama), their words in French and English (fluent), their assets.
//!
//! `ui` **decides nothing**: structs receive decided facts, templates arrange them. It knows no HTTP, no database and no
//! configuration, and imports only `domain`. A page is three files with one name: `ui/pages/<name>.rs`,
//! `templates/pages/<name>.html` and its handler `web/pages/<name>.rs`. Words live in `locales/{fr,en}`, French first.
//!
//! Look next at [`frame::Frame`], which every page embeds, and at [`pages::login`], the page that everybody knows.

pub mod activity;
pub mod assets;
pub mod frame;
pub mod pages;
pub mod qr;
pub mod words;

#[cfg(test)]
mod samples;
#[cfg(test)]
mod shape;

pub use crate::domain::locale::Locale;
pub use crate::i18n::negotiate;
pub use frame::{Branding, Frame, Help, Link, Localised, SoiField};

/// A page that could not be written out. Its source is for the log.
#[derive(Debug, thiserror::Error)]
#[error("a page could not be rendered")]
pub struct RenderError(#[source] askama::Error);

/// Anything of [`pages`]: becomes one HTML document.
pub trait Page {
    /// The whole document, UTF-8, every value escaped.
    fn to_html(&self) -> Result<String, RenderError>;
}

impl<T: askama::Template> Page for T {
    fn to_html(&self) -> Result<String, RenderError> {
        self.render().map_err(RenderError)
    }
}
