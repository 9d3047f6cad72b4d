//! A client with the limits that `mod.rs` promises. It resolves names itself, so that an address is judged at the moment of
//! its use and not looked up a second time.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Certificate, Client, redirect};
use url::{Host, Url};

use super::addresses::may_reach;

/// No answer that we read is longer.
const LONGEST_ANSWER: usize = 64 * 1024;

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    #[error("the HTTP client cannot be set up")]
    Client(#[from] reqwest::Error),
    #[error("{address} is no public address: list it in {key}")]
    Forbidden { address: IpAddr, key: &'static str },
}

/// What a client may do.
#[derive(Debug, Clone)]
pub struct Limits {
    pub timeout: Duration,
    /// Addresses that are not public and may be reached all the same.
    pub allow: Vec<IpNet>,
    /// The configuration key of `allow`, to be named when something is missing in it.
    pub key: &'static str,
    /// PEM certificates that are trusted beside the system's.
    pub authorities: Option<Vec<u8>>,
}

/// A client for requests to `url`.
pub fn client(url: &Url, limits: &Limits) -> Result<Client, ClientError> {
    // An address in the URL is connected to without asking the resolver.
    let literal = match url.host() {
        Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
        Some(Host::Ipv6(address)) => Some(IpAddr::V6(address)),
        Some(Host::Domain(_)) | None => None,
    };
    if let Some(address) = literal.filter(|address| !may_reach(*address, &limits.allow)) {
        return Err(ClientError::Forbidden { address, key: limits.key });
    }
    let authorities = match &limits.authorities {
        Some(pem) => Certificate::from_pem_bundle(pem)?,
        None => Vec::new(),
    };
    let mut builder = Client::builder()
        .timeout(limits.timeout)
        .redirect(redirect::Policy::none())
        .no_proxy()
        .retry(reqwest::retry::never())
        .pool_max_idle_per_host(4)
        .dns_resolver(Arc::new(Judged { allow: limits.allow.clone(), key: limits.key }))
        .user_agent(concat!("Octroi/", env!("CARGO_PKG_VERSION")));
    if !authorities.is_empty() {
        builder = builder.tls_certs_merge(authorities);
    }
    Ok(builder.build()?)
}

/// Reads an answer to its end, so that its connection can be used again, unless it is over-long.
pub async fn finish(mut response: reqwest::Response) {
    let mut read = 0;
    while let Ok(Some(chunk)) = response.chunk().await {
        read += chunk.len();
        if read > LONGEST_ANSWER {
            return;
        }
    }
}

/// Resolves a name to those of its addresses that may be reached.
struct Judged {
    allow: Vec<IpNet>,
    key: &'static str,
}

#[derive(Debug, thiserror::Error)]
#[error("{host} is at {address}, which is no public address: list it in {key}")]
struct Refused {
    host: String,
    address: IpAddr,
    key: &'static str,
}

impl Resolve for Judged {
    fn resolve(&self, name: Name) -> Resolving {
        let (host, allow, key) = (name.as_str().to_owned(), self.allow.clone(), self.key);
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((host.as_str(), 0)).await?.collect();
            let (reached, refused): (Vec<_>, Vec<_>) = found.into_iter().partition(|at| may_reach(at.ip(), &allow));
            match (reached.is_empty(), refused.first()) {
                (true, Some(at)) => Err(Refused { host, address: at.ip(), key }.into()),
                _ => Ok(Box::new(reached.into_iter()) as Addrs),
            }
        })
    }
}
