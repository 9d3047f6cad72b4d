//! One HTTP/1.1 connection that is kept alive: request bytes out, one answer in.
//!
//! Lean on purpose, so that one core drives more than the server on the other core answers: requests are bytes made
//! beforehand, the head is read by `httparse`, a body stays in the buffer it arrived in. No pipelining, no TLS.

use anyhow::{Context as _, bail, ensure};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// More headers than any provider sends.
const MAX_HEADERS: usize = 64;

/// How the end of a body is known (RFC 9112 §6).
enum Framing {
    Length(usize),
    Chunked,
    UntilClose,
}

/// A connection to one authority, opened when it is needed.
pub struct Connection {
    authority: String,
    stream: Option<TcpStream>,
    /// The answer as it arrived: head, then body.
    buffer: Vec<u8>,
    head: usize,
    /// The body of an answer in chunks, put together.
    unchunked: Option<Vec<u8>>,
    pub status: u16,
}

impl Connection {
    pub fn new(authority: &str) -> Self {
        Self {
            authority: authority.to_owned(),
            stream: None,
            buffer: Vec::with_capacity(16 * 1024),
            head: 0,
            unchunked: None,
            status: 0,
        }
    }

    /// Sends a request and reads the whole answer; it stays readable until the next one. A connection that the server
    /// closed while it was idle is opened again, as browsers do.
    pub async fn ask(&mut self, request: &[u8]) -> anyhow::Result<u16> {
        let reused = self.stream.is_some();
        let answered = self.exchange(request).await;
        if answered.is_ok() {
            return Ok(self.status);
        }
        self.stream = None;
        if reused && self.buffer.is_empty() {
            let again = self.exchange(request).await;
            if again.is_err() {
                self.stream = None;
            }
            again?;
            return Ok(self.status);
        }
        answered.map(|()| self.status)
    }

    /// The body of the last answer.
    pub fn body(&self) -> &[u8] {
        match &self.unchunked {
            Some(body) => body,
            None => self.buffer.get(self.head..).unwrap_or_default(),
        }
    }

    /// The body as text, for people and forms.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(self.body()).into_owned()
    }

    /// Every value of a header of the last answer.
    pub fn headers(&self, name: &str) -> Vec<String> {
        let mut found = Vec::new();
        let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
        let mut response = httparse::Response::new(&mut headers);
        if response.parse(&self.buffer).is_ok() {
            let named = response.headers.iter().filter(|header| header.name.eq_ignore_ascii_case(name));
            found.extend(named.map(|header| String::from_utf8_lossy(header.value).into_owned()));
        }
        found
    }

    async fn exchange(&mut self, request: &[u8]) -> anyhow::Result<()> {
        self.buffer.clear();
        self.unchunked = None;
        let stream = match &mut self.stream {
            Some(stream) => stream,
            empty => {
                let stream = TcpStream::connect(&self.authority).await;
                let stream = stream.with_context(|| format!("no connection to {}", self.authority))?;
                stream.set_nodelay(true)?;
                empty.insert(stream)
            }
        };
        stream.write_all(request).await.context("the request was not taken")?;
        let (framing, keep) = loop {
            read_more(stream, &mut self.buffer).await?;
            let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
            let mut response = httparse::Response::new(&mut headers);
            if let httparse::Status::Complete(length) = response.parse(&self.buffer)? {
                self.head = length;
                self.status = response.code.unwrap_or_default();
                break (framing(self.status, response.headers)?, !closes(response.headers));
            }
        };
        match framing {
            Framing::Length(length) => {
                while self.buffer.len() < self.head + length {
                    read_more(stream, &mut self.buffer).await?;
                }
                ensure!(self.buffer.len() == self.head + length, "bytes after the end of an answer");
            }
            Framing::Chunked => {
                let body = loop {
                    let chunks = self.buffer.get(self.head..).unwrap_or_default();
                    if let Some(body) = unchunk(chunks)? {
                        break body;
                    }
                    read_more(stream, &mut self.buffer).await?;
                };
                self.unchunked = Some(body);
            }
            Framing::UntilClose => while stream.read_buf(&mut self.buffer).await? > 0 {},
        }
        if !keep || matches!(framing, Framing::UntilClose) {
            self.stream = None;
        }
        Ok(())
    }
}

async fn read_more(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> anyhow::Result<()> {
    ensure!(stream.read_buf(buffer).await? > 0, "the server closed the connection in the middle of an answer");
    Ok(())
}

fn framing(status: u16, headers: &[httparse::Header<'_>]) -> anyhow::Result<Framing> {
    if status == 204 || status == 304 {
        return Ok(Framing::Length(0));
    }
    let value = |name: &str| headers.iter().find(|header| header.name.eq_ignore_ascii_case(name)).map(|h| h.value);
    if value("transfer-encoding").is_some_and(|coding| coding.eq_ignore_ascii_case(b"chunked")) {
        return Ok(Framing::Chunked);
    }
    match value("content-length") {
        Some(length) => Ok(Framing::Length(std::str::from_utf8(length)?.trim().parse().context("content-length")?)),
        None => Ok(Framing::UntilClose),
    }
}

fn closes(headers: &[httparse::Header<'_>]) -> bool {
    headers.iter().any(|h| h.name.eq_ignore_ascii_case("connection") && h.value.eq_ignore_ascii_case(b"close"))
}

/// The body behind a sequence of chunks (RFC 9112 §7.1); `None` while the last one is not there.
fn unchunk(mut chunks: &[u8]) -> anyhow::Result<Option<Vec<u8>>> {
    let mut body = Vec::new();
    loop {
        let parsed = httparse::parse_chunk_size(chunks).map_err(|_| anyhow::anyhow!("a chunk without its size"))?;
        let httparse::Status::Complete((start, size)) = parsed else { return Ok(None) };
        let size = usize::try_from(size)?;
        let Some(data) = chunks.get(start..start + size) else { return Ok(None) };
        let Some(end) = chunks.get(start + size..start + size + 2) else { return Ok(None) };
        if end != b"\r\n" {
            bail!("a chunk that is longer than its size, or a trailer");
        }
        if size == 0 {
            return Ok(Some(body));
        }
        body.extend_from_slice(data);
        chunks = chunks.get(start + size + 2..).unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_put_together_when_the_last_one_is_there() {
        assert_eq!(unchunk(b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n").unwrap().unwrap(), b"abcde");
        for cut in 0..18 {
            assert_eq!(unchunk(&b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"[..cut]).unwrap(), None, "{cut}");
        }
        assert!(unchunk(b"3\r\nabcd\r\n").is_err());
    }

    #[test]
    fn an_answer_without_length_ends_with_its_connection() {
        assert!(matches!(framing(200, &[]).unwrap(), Framing::UntilClose));
        assert!(matches!(framing(304, &[]).unwrap(), Framing::Length(0)));
        let length = [httparse::Header { name: "Content-Length", value: b"12" }];
        assert!(matches!(framing(200, &length).unwrap(), Framing::Length(12)));
    }
}
