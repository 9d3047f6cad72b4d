//! Which headers of a contact count: the lines of the listener's one source, and only from a trusted proxy.
//!
//! Every other header that claims to know the client or the zone is ignored and listed, so that the caller can log and count
//! it (PRODUCT §2.3). Their values are not kept: they are whatever a stranger wrote. `Via` is not among them: it names
//! proxies, never a client, and ordinary office proxies send it.

use serde::Serialize;

use super::ClientAddressSource;

/// Headers by which somebody may try to tell where a contact comes from.
const FORWARDING: &[&str] = &[
    "forwarded",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-port",
    "x-forwarded-proto",
    "x-real-ip",
    "x-client-ip",
    "x-cluster-client-ip",
    "true-client-ip",
    "cf-connecting-ip",
    "x-network-zone",
    "x-octroi-zone",
];

/// More than this in all lines together is no honest chain of proxies.
const MAX_BYTES: usize = 4096;

/// Why a header was ignored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Because {
    /// The peer is no trusted proxy: its headers say nothing. Worth a warning: somebody tries, or a proxy is not declared.
    UntrustedPeer,
    /// The peer is a trusted proxy, but this is not the listener's source. Ordinary for `x-forwarded-proto` and the like.
    NotTheSource,
}

impl Because {
    /// The stable code, as in logs and metrics.
    pub const fn code(self) -> &'static str {
        match self {
            Self::UntrustedPeer => "untrusted_peer",
            Self::NotTheSource => "not_the_source",
        }
    }
}

/// A forwarding header that was not believed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct IgnoredHeader {
    /// Its name, in lower case.
    pub name: &'static str,
    /// How many lines of it.
    pub lines: usize,
    pub because: Because,
}

/// What the source header's lines are, before any of them is interpreted.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Lines {
    /// The listener has no source header, or its peer is not believed.
    NotRead,
    /// In order of arrival; printable ASCII, space and tab only.
    Read(Vec<String>),
    /// A byte that has no place in such a header.
    BadByte,
    TooLong,
}

/// Sorts a contact's headers, given in order of arrival.
pub(super) fn sort<'h>(
    source: ClientAddressSource,
    trusted: bool,
    headers: impl Iterator<Item = (&'h str, &'h [u8])>,
) -> (Lines, Vec<IgnoredHeader>) {
    let because = if trusted { Because::NotTheSource } else { Because::UntrustedPeer };
    let reads = trusted && source.is_header();
    let mut ignored: Vec<IgnoredHeader> = Vec::new();
    let mut lines = if reads { Lines::Read(Vec::new()) } else { Lines::NotRead };
    let mut bytes = 0_usize;
    for (name, value) in headers {
        let Some(name) = FORWARDING.iter().find(|known| known.eq_ignore_ascii_case(name)) else { continue };
        if reads && *name == source.as_str() {
            bytes = bytes.saturating_add(value.len());
            lines = lines.and(value, bytes);
        } else if let Some(seen) = ignored.iter_mut().find(|seen| seen.name == *name) {
            seen.lines += 1;
        } else {
            ignored.push(IgnoredHeader { name, lines: 1, because });
        }
    }
    (lines, ignored)
}

impl Lines {
    /// The lines with one more; once wrong, always wrong.
    fn and(self, value: &[u8], bytes: usize) -> Self {
        let Self::Read(mut lines) = self else { return self };
        if bytes > MAX_BYTES {
            return Self::TooLong;
        }
        match std::str::from_utf8(value) {
            Ok(text) if text.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\t')) => {
                lines.push(text.to_owned());
                Self::Read(lines)
            }
            _ => Self::BadByte,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADERS: [(&str, &[u8]); 7] = [
        ("x-forwarded-for", b"192.0.2.1"),
        ("forwarded", b"for=10.20.3.4"),
        ("accept", b"*/*"),
        ("X-Forwarded-For", b"192.0.2.2"),
        ("via", b"1.1 proxy"),
        ("x-octroi-zone", b"internal"),
        ("forwarded", b"\xff\x00"),
    ];

    #[test]
    fn only_the_source_of_a_trusted_proxy_is_read() {
        let (lines, ignored) = sort(ClientAddressSource::XForwardedFor, true, HEADERS.into_iter());
        assert_eq!(lines, Lines::Read(vec!["192.0.2.1".into(), "192.0.2.2".into()]));
        let because = Because::NotTheSource;
        assert_eq!(
            ignored,
            [
                IgnoredHeader { name: "forwarded", lines: 2, because },
                IgnoredHeader { name: "x-octroi-zone", lines: 1, because },
            ]
        );
        let (lines, _) = sort(ClientAddressSource::Forwarded, true, HEADERS.into_iter());
        assert_eq!(lines, Lines::BadByte);
    }

    #[test]
    fn everything_from_an_untrusted_peer_is_ignored_and_listed() {
        let (lines, ignored) = sort(ClientAddressSource::XForwardedFor, false, HEADERS.into_iter());
        assert_eq!(lines, Lines::NotRead);
        assert_eq!(ignored.iter().map(|header| header.lines).sum::<usize>(), 5);
        assert!(ignored.iter().all(|header| header.because == Because::UntrustedPeer));
    }

    #[test]
    fn a_source_named_none_reads_no_header_even_from_a_trusted_proxy() {
        let (lines, ignored) = sort(ClientAddressSource::None, true, HEADERS.into_iter());
        assert_eq!(lines, Lines::NotRead);
        assert_eq!(ignored.len(), 3);
    }

    #[test]
    fn behind_proxy_v2_no_request_header_is_a_source() {
        let (lines, ignored) = sort(ClientAddressSource::ProxyV2, true, HEADERS.into_iter());
        assert_eq!(lines, Lines::NotRead);
        assert!(ignored.len() == 3 && ignored.iter().all(|header| header.because == Because::NotTheSource));
    }

    #[test]
    fn four_kibibytes_in_all_lines_are_the_most() {
        let line = [b'1'; 1024];
        let header = ("x-forwarded-for", line.as_slice());
        let read = |count| sort(ClientAddressSource::XForwardedFor, true, std::iter::repeat_n(header, count)).0;
        assert!(matches!(read(4), Lines::Read(lines) if lines.len() == 4));
        assert_eq!(read(5), Lines::TooLong);
    }
}
