//! The same request again and again: discovery, JWKS, and what stands beside them as yardstick.

use anyhow::ensure;
use url::Url;

use crate::client::connection::Connection;
use crate::client::request;
use crate::load::Job;

/// GET of one address.
pub struct Fixed {
    connection: Connection,
    request: Vec<u8>,
}

impl Fixed {
    /// One worker's share of `count` connections.
    pub fn workers(url: &Url, count: usize) -> anyhow::Result<Vec<Self>> {
        let (authority, request) = (request::authority(url)?, request::get(url, &[])?);
        Ok((0..count).map(|_| Self { connection: Connection::new(&authority), request: request.clone() }).collect())
    }
}

impl Job for Fixed {
    async fn once(&mut self) -> anyhow::Result<()> {
        let status = self.connection.ask(&self.request).await?;
        ensure!(status == 200, "{status}: {}", self.connection.text());
        Ok(())
    }
}
