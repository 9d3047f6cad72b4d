//! UserInfo over many distinct tokens: each worker walks through its own share, so that all are used in turn.

use anyhow::ensure;
use url::Url;

use crate::client::connection::Connection;
use crate::client::request;
use crate::load::Job;

/// One worker.
pub struct UserInfo {
    connection: Connection,
    requests: Vec<Vec<u8>>,
    next: usize,
}

impl UserInfo {
    /// Deals the tokens out to `count` workers, or fewer when there are fewer tokens.
    pub fn workers(url: &Url, tokens: &[String], count: usize) -> anyhow::Result<Vec<Self>> {
        ensure!(!tokens.is_empty(), "no access token to ask UserInfo with");
        let authority = request::authority(url)?;
        let count = count.min(tokens.len());
        let mut workers = Vec::with_capacity(count);
        for first in 0..count {
            let mut requests = Vec::new();
            for token in tokens.iter().skip(first).step_by(count) {
                requests.push(request::get(url, &[("authorization", &format!("Bearer {token}"))])?);
            }
            workers.push(Self { connection: Connection::new(&authority), requests, next: 0 });
        }
        Ok(workers)
    }
}

impl Job for UserInfo {
    async fn once(&mut self) -> anyhow::Result<()> {
        if self.next >= self.requests.len() {
            self.next = 0;
        }
        let request = self.requests.get(self.next).map(Vec::as_slice).unwrap_or_default();
        self.next += 1;
        let status = self.connection.ask(request).await?;
        ensure!(
            status == 200,
            "{status}: {} {:?}",
            self.connection.text(),
            self.connection.headers("www-authenticate")
        );
        Ok(())
    }
}
