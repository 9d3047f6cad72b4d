//! `octroictl zone …`

use std::net::IpAddr;

use clap::{Args, Subcommand};
use octroi_idp::network::Proxied;

/// What is done with zones.
#[derive(Debug, Subcommand)]
pub enum ZoneVerb {
    /// List listeners and networks as configured
    List,
    /// Say hop by hop how an address becomes a zone
    #[command(after_help = "Examples:\n  octroictl zone explain --peer 10.1.2.3\n  \
        octroictl zone explain --peer 10.0.0.5 --header 'X-Forwarded-For: 198.51.100.7, 10.0.0.9' --listener office\n  \
        octroictl zone explain --peer 10.0.0.5 --proxied 198.51.100.7 --listener gateway")]
    Explain(ExplainArgs),
}

/// `zone explain`
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// The address at the other end of the connection (a unix socket has none)
    #[arg(long, value_name = "ADDR")]
    pub peer: Option<IpAddr>,
    /// Whom the PROXY v2 header names: an address, `local` (the proxy itself) or `hidden`
    #[arg(long, value_name = "ADDR", value_parser = proxied)]
    pub proxied: Option<Proxied>,
    /// A header of the request, as 'Name: value' (repeatable, in order)
    #[arg(long = "header", value_name = "NAME: VALUE", value_parser = header)]
    pub headers: Vec<(String, String)>,
    /// The listener that received it [default: the first one configured]
    #[arg(long, value_name = "NAME")]
    pub listener: Option<String>,
}

fn proxied(text: &str) -> Result<Proxied, String> {
    match text {
        "local" => Ok(Proxied::Itself),
        "hidden" => Ok(Proxied::Hidden),
        address => match address.parse::<IpAddr>() {
            // The port says nothing about a zone.
            Ok(address) => Ok(Proxied::Client((address, 0).into())),
            Err(_) => Err("write an address, or one of the words local and hidden".into()),
        },
    }
}

fn header(text: &str) -> Result<(String, String), String> {
    match text.split_once(':') {
        Some((name, value)) if !name.trim().is_empty() => {
            Ok((name.trim().to_ascii_lowercase(), value.trim().to_owned()))
        }
        _ => Err("write it as 'Name: value'".into()),
    }
}
