//! The few files that pages link to, inside the binary. Their URL carries a hash of their content, so they may be cached
//! for ever; the web layer serves [`ASSETS`] and nothing else. No file of a third party, no font, no image but SVG.

/// One file and how it is served.
#[derive(Debug)]
pub struct Asset {
    /// The path that is routed, without query: `/assets/octroi.css`.
    pub path: &'static str,
    pub content_type: &'static str,
    pub bytes: &'static [u8],
    /// FNV-1a of the bytes: names a version, protects nothing.
    pub hash: u64,
}

impl Asset {
    const fn new(path: &'static str, content_type: &'static str, bytes: &'static [u8]) -> Self {
        Self { path, content_type, bytes, hash: fnv1a(bytes) }
    }

    /// The URL that pages use: `/assets/octroi.css?v=HASH`.
    pub fn url(&self) -> String {
        format!("{}?v={:016x}", self.path, self.hash)
    }

    /// A strong validator (RFC 9110 §8.8.3), quotes included.
    pub fn etag(&self) -> String {
        format!("\"{:016x}\"", self.hash)
    }
}

pub static STYLESHEET: Asset =
    Asset::new("/assets/octroi.css", "text/css; charset=utf-8", include_bytes!("../../assets/octroi.css"));
pub static FAVICON: Asset =
    Asset::new("/assets/favicon.svg", "image/svg+xml", include_bytes!("../../assets/favicon.svg"));
/// Sends the form of [`form_post`](super::pages::form_post) without a click.
pub static FORM_POST: Asset =
    Asset::new("/assets/form-post.js", "text/javascript; charset=utf-8", include_bytes!("../../assets/form-post.js"));
/// Adds a show/hide button to password fields; without it they simply stay hidden.
pub static SHOW_PASSWORD: Asset = Asset::new(
    "/assets/show-password.js",
    "text/javascript; charset=utf-8",
    include_bytes!("../../assets/show-password.js"),
);

/// Ticks the rules of a new password while it is typed; without it they are judged when the form is sent.
pub static PASSWORD_RULES: Asset = Asset::new(
    "/assets/password-rules.js",
    "text/javascript; charset=utf-8",
    include_bytes!("../../assets/password-rules.js"),
);

/// Makes passkeys and asks for them; without it the other ways remain.
pub static PASSKEY: Asset =
    Asset::new("/assets/passkey.js", "text/javascript; charset=utf-8", include_bytes!("../../assets/passkey.js"));

/// Every asset there is.
pub static ASSETS: &[&Asset] = &[&STYLESHEET, &FAVICON, &FORM_POST, &SHOW_PASSWORD, &PASSWORD_RULES, &PASSKEY];

/// The asset routed at `path`.
pub fn find_asset(path: &str) -> Option<&'static Asset> {
    ASSETS.iter().copied().find(|asset| asset.path == path)
}

const fn fnv1a(bytes: &[u8]) -> u64 {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    let mut rest = bytes;
    while let [first, tail @ ..] = rest {
        // `u64::from` is not const yet.
        #[allow(clippy::cast_lossless, reason = "widening in a const fn")]
        {
            hash ^= *first as u64;
        }
        hash = hash.wrapping_mul(0x0000_0100_0000_01b3);
        rest = tail;
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_fnv1a() {
        assert_eq!(fnv1a(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a(b"a"), 0xaf63_dc4c_8601_ec8c);
    }

    #[test]
    fn every_asset_is_found_by_its_path_and_its_url_names_its_version() {
        for asset in ASSETS {
            assert_eq!(find_asset(asset.path).map(Asset::etag), Some(asset.etag()));
            assert!(asset.url().starts_with(asset.path) && asset.url().contains("?v="));
            assert!(!asset.bytes.is_empty());
        }
        assert!(find_asset("/assets/../Cargo.toml").is_none());
    }

    #[test]
    fn no_asset_reaches_for_another_origin() {
        for asset in ASSETS {
            let text = std::str::from_utf8(asset.bytes).unwrap();
            let text = text.replace("http://www.w3.org/2000/svg", "");
            assert!(
                !text.contains("://") && !text.contains("@import") && !text.contains("@font-face"),
                "{}",
                asset.path
            );
        }
    }
}
