//! `/diagnostic`: what Octroi sees of this workstation. A stranger reads only their own address and zone.

use askama::Template;

use crate::ui::Frame;

/// What Octroi sees.
#[derive(Debug, Template)]
#[template(path = "pages/diagnostic.html")]
pub struct Diagnostic {
    /// `frame.zone` is the zone that the page explains.
    pub frame: Frame,
    pub why: ZoneWhy,
    /// `None`: no address could be told (then the zone is `nomades`).
    pub client_address: Option<String>,
    /// Only for somebody who is signed in.
    pub details: Option<DiagnosticDetails>,
}

/// Why the zone is what it is (PRODUCT §2.3 and §2.4), as a sentence for the person at the keyboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ZoneWhy {
    /// Inside `network.internal`, on a listener that may say so.
    Inside,
    /// In none of the municipal networks.
    Outside,
    /// In `network.never_internal`: VPN pool, guest Wi-Fi, servers.
    Excluded,
    /// The entrance itself is for remote access: the listener's ceiling is `nomades`.
    Ceiling,
    /// A trusted proxy that said nothing, or nothing readable.
    Unknown,
}

/// The rest, for the help desk on the phone.
#[derive(Debug, Clone)]
pub struct DiagnosticDetails {
    /// The listener's name.
    pub listener: String,
    /// From the connection itself towards the agent.
    pub hops: Vec<Hop>,
    /// The page came over https.
    pub secure: bool,
    /// `User-Agent`, as sent.
    pub browser: String,
    /// Our test cookie came back.
    pub cookies_received: bool,
    /// The server's local date and time.
    pub server_time: String,
    pub request_id: String,
}

/// One address on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hop {
    pub address: String,
    pub role: HopRole,
    /// Where it was read, e.g. the header's name; may be empty.
    pub note: String,
}

/// What an address on the way is to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HopRole {
    /// The other end of the connection, when that is not already the client or a trusted proxy.
    Peer,
    TrustedProxy,
    /// The address that decides the zone.
    Client,
    /// Written in a header by somebody who is not trusted.
    Ignored,
}

impl HopRole {
    const fn id(self) -> &'static str {
        match self {
            Self::Peer => "diagnostic-hop-peer",
            Self::TrustedProxy => "diagnostic-hop-trusted_proxy",
            Self::Client => "diagnostic-hop-client",
            Self::Ignored => "diagnostic-hop-ignored",
        }
    }

    fn is_client(self) -> bool {
        self == Self::Client
    }
}

impl Diagnostic {
    /// What the browser's tab says.
    pub fn title(&self) -> String {
        self.frame.t("diagnostic-title")
    }

    fn verdict(&self) -> String {
        self.frame.t(if self.frame.is_nomades() { "diagnostic-zone-nomades" } else { "diagnostic-zone-internal" })
    }

    fn why_text(&self) -> String {
        self.frame.t(match self.why {
            ZoneWhy::Inside => "diagnostic-why-inside",
            ZoneWhy::Outside => "diagnostic-why-outside",
            ZoneWhy::Excluded => "diagnostic-why-excluded",
            ZoneWhy::Ceiling => "diagnostic-why-ceiling",
            ZoneWhy::Unknown => "diagnostic-why-unknown",
        })
    }
}
