//! Request parameters as they arrived: decoded pairs in order, nothing merged, nothing guessed.
//!
//! Parsing is strict where WHATWG's is forgiving: a broken escape, bytes that are not UTF-8 and NUL are errors, because
//! two readers that repair an input differently are how one of them is deceived. Callers ask with [`Params::one`], which
//! refuses repetition (RFC 6749 §3.1) and takes an empty value as absent (the same section).

use std::fmt;

/// More pairs than any request of ours needs.
const MAX_PAIRS: usize = 64;
const MAX_NAME_BYTES: usize = 128;
/// The longest value is an `id_token_hint`.
const MAX_VALUE_BYTES: usize = 8192;

/// Decoded parameters in the order of the request. Values may be secrets, so only names are printed.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Params(Vec<(String, String)>);

/// Why parameters cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ParamsError {
    #[error("a percent-encoding is broken")]
    Encoding,
    #[error("a parameter is not UTF-8")]
    NotUtf8,
    #[error("a parameter contains a null character")]
    Null,
    #[error("there are too many parameters")]
    TooMany,
    #[error("a parameter is too long")]
    TooLong,
}

impl ParamsError {
    /// What a client may read.
    pub const fn public(self) -> &'static str {
        match self {
            Self::Encoding => "a percent-encoding is broken",
            Self::NotUtf8 => "a parameter is not UTF-8",
            Self::Null => "a parameter contains a null character",
            Self::TooMany => "there are too many parameters",
            Self::TooLong => "a parameter is too long",
        }
    }
}

/// A parameter that came more than once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a parameter is repeated")]
pub struct Repeated;

impl Params {
    /// Parses a query string or a body of type `application/x-www-form-urlencoded` (RFC 6749 appendix B).
    pub fn parse(encoded: &[u8]) -> Result<Self, ParamsError> {
        let mut pairs = Vec::new();
        for pair in encoded.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
            if pairs.len() == MAX_PAIRS {
                return Err(ParamsError::TooMany);
            }
            let mut halves = pair.splitn(2, |byte| *byte == b'=');
            let name = form_decode(halves.next().unwrap_or_default(), MAX_NAME_BYTES)?;
            let value = form_decode(halves.next().unwrap_or_default(), MAX_VALUE_BYTES)?;
            pairs.push((name, value));
        }
        Ok(Self(pairs))
    }

    /// From pairs that were decoded before, such as those of a stored interaction.
    pub fn from_pairs(pairs: Vec<(String, String)>) -> Self {
        Self(pairs)
    }

    /// The value of a parameter that may come once. Absent and empty are the same (RFC 6749 §3.1).
    pub fn one(&self, name: &str) -> Result<Option<&str>, Repeated> {
        let mut values = self.0.iter().filter(|(n, _)| n == name).map(|(_, value)| value.as_str());
        let first = values.next();
        // RFC 6749 §3.1: "Request and response parameters MUST NOT be included more than once" (OA-17).
        if values.next().is_some() { Err(Repeated) } else { Ok(first.filter(|value| !value.is_empty())) }
    }

    /// The pairs whose names are in `names`, in order: what is worth keeping.
    #[must_use]
    pub fn only(&self, names: &[&str]) -> Self {
        Self(self.0.iter().filter(|(name, _)| names.contains(&name.as_str())).cloned().collect())
    }

    /// The pairs themselves.
    pub fn pairs(&self) -> &[(String, String)] {
        &self.0
    }
}

impl fmt::Debug for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

/// Decodes one name or value of `application/x-www-form-urlencoded`.
pub(super) fn form_decode(encoded: &[u8], max_bytes: usize) -> Result<String, ParamsError> {
    let mut decoded = Vec::with_capacity(encoded.len().min(max_bytes));
    let mut bytes = encoded.iter().copied();
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => hex(bytes.next())? << 4 | hex(bytes.next())?,
            other => other,
        });
        if decoded.len() > max_bytes {
            return Err(ParamsError::TooLong);
        }
    }
    let text = String::from_utf8(decoded).map_err(|_| ParamsError::NotUtf8)?;
    if text.contains('\0') { Err(ParamsError::Null) } else { Ok(text) }
}

fn hex(digit: Option<u8>) -> Result<u8, ParamsError> {
    let value = digit.and_then(|d| char::from(d).to_digit(16)).and_then(|v| u8::try_from(v).ok());
    value.ok_or(ParamsError::Encoding)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parsed(text: &str) -> Params {
        Params::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn pairs_are_decoded_and_keep_their_order() {
        let params = parsed("scope=openid+profile&state=a%26b%3D%C3%A9&&empty=&flag");
        assert_eq!(params.one("scope"), Ok(Some("openid profile")));
        assert_eq!(params.one("state"), Ok(Some("a&b=é")));
        assert_eq!(params.pairs().len(), 4);
    }

    #[test]
    fn an_empty_parameter_is_an_absent_one() {
        let params = parsed("empty=&flag");
        for name in ["empty", "flag", "missing"] {
            assert_eq!(params.one(name), Ok(None), "{name}");
        }
    }

    #[test]
    fn a_repeated_parameter_is_an_error_even_when_equal_or_empty() {
        for text in ["a=1&a=2", "a=1&a=1", "a=&a=1", "a&a", "a=1&%61=1"] {
            assert_eq!(parsed(text).one("a"), Err(Repeated), "{text}");
        }
    }

    #[test]
    fn what_is_not_clean_text_is_refused() {
        for (text, error) in [
            (&b"a=%"[..], ParamsError::Encoding),
            (b"a=%4", ParamsError::Encoding),
            (b"a=%zz", ParamsError::Encoding),
            (b"a=%+1", ParamsError::Encoding),
            (b"a=%ff", ParamsError::NotUtf8),
            (b"a=\xff", ParamsError::NotUtf8),
            (b"a=%00", ParamsError::Null),
            (b"a\0=1", ParamsError::Null),
        ] {
            assert_eq!(Params::parse(text), Err(error), "{text:?}");
        }
    }

    #[test]
    fn size_is_bounded_in_pairs_names_and_values() {
        assert_eq!(Params::parse("a=1&".repeat(65).as_bytes()), Err(ParamsError::TooMany));
        assert_eq!(parsed(&"a=1&".repeat(64)).pairs().len(), 64);
        assert_eq!(Params::parse(format!("a={}", "x".repeat(8193)).as_bytes()), Err(ParamsError::TooLong));
        assert_eq!(Params::parse("x".repeat(129).as_bytes()), Err(ParamsError::TooLong));
        assert_eq!(Params::parse(&vec![b'x'; 1 << 20]), Err(ParamsError::TooLong));
    }

    #[test]
    fn debug_shows_names_and_no_value() {
        assert_eq!(format!("{:?}", parsed("client_secret=hunter2")), r#"["client_secret"]"#);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..512)) {
            if let Ok(params) = Params::parse(&bytes) {
                prop_assert!(params.pairs().iter().all(|(n, v)| !n.contains('\0') && !v.contains('\0')));
            }
        }

        #[test]
        fn what_another_encoder_wrote_is_read_back(pairs in proptest::collection::vec(("[a-z]{1,8}", "[^\0]{0,64}"), 0..32)) {
            let encoded = form_urlencoded::Serializer::new(String::new()).extend_pairs(&pairs).finish();
            let params = parsed(&encoded);
            prop_assert_eq!(params.pairs(), &pairs[..]);
        }
    }
}
