//! The switch "au bureau / chez moi": which of the provider's two origins the browser is sent to.
//!
//! It swaps the origin of browser-facing addresses (authorize, end-session) and nothing else: issuer, redirect URIs and
//! back-channel addresses stay, as they would for an agent who carries a laptop home.

use octroi_idp::domain::zone::NetworkZone;
use url::Url;

/// Where the visitor of the demo pretends to sit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Place {
    /// Straight to the provider.
    #[default]
    Office,
    /// Through the Nomades gateway.
    Home,
}

impl Place {
    /// The form's and the cookie's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Office => "office",
            Self::Home => "home",
        }
    }

    /// The zone that Octroi would see from here.
    pub const fn expected_zone(self) -> NetworkZone {
        match self {
            Self::Office => NetworkZone::Internal,
            Self::Home => NetworkZone::Nomades,
        }
    }

    /// Reads that word; anything else is no place.
    pub fn find(word: &str) -> Option<Self> {
        [Self::Office, Self::Home].into_iter().find(|place| place.as_str() == word)
    }
}

/// The provider's two origins, as seen by a browser.
#[derive(Debug, Clone)]
pub struct Origins {
    pub office: Url,
    pub home: Url,
}

impl Origins {
    /// `url` as this place reaches it. An address that is not on the office origin is not the provider's: it stays.
    pub fn seen_from(&self, place: Place, url: Url) -> Url {
        let target = match place {
            Place::Office => &self.office,
            Place::Home => &self.home,
        };
        if url.origin() != self.office.origin() {
            return url;
        }
        let mut swapped = target.clone();
        swapped.set_path(url.path());
        swapped.set_query(url.query());
        swapped
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origins() -> Origins {
        Origins {
            office: Url::parse("http://localhost:8080").unwrap(),
            home: Url::parse("http://localhost:8081").unwrap(),
        }
    }

    #[test]
    fn home_swaps_the_origin_and_nothing_else() {
        let url = Url::parse(
            "http://localhost:8080/oauth2/authorize?redirect_uri=http%3A%2F%2Flocalhost%3A8080%2Fcb&state=a%2Bb",
        )
        .unwrap();
        assert_eq!(origins().seen_from(Place::Office, url.clone()), url);
        assert_eq!(
            origins().seen_from(Place::Home, url).as_str(),
            "http://localhost:8081/oauth2/authorize?redirect_uri=http%3A%2F%2Flocalhost%3A8080%2Fcb&state=a%2Bb"
        );
    }

    #[test]
    fn an_address_of_somebody_else_is_left_alone() {
        let url = Url::parse("http://localhost:9999/oauth2/authorize").unwrap();
        assert_eq!(origins().seen_from(Place::Home, url.clone()), url);
    }

    #[test]
    fn only_the_two_words_are_places() {
        assert_eq!(Place::find("home"), Some(Place::Home));
        assert_eq!(Place::find("Home"), None);
        assert_eq!(Place::find(""), None);
    }
}
