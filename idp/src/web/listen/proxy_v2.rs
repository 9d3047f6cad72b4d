//! Reads the PROXY v2 header at the beginning of a connection, and not one byte behind it. What the bytes mean stands in
//! `network/proxy_v2.rs`; how long it may take, in `watched.rs`.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt as _};

use crate::network::Proxied;
use crate::network::proxy_v2::{MAX_LENGTH, ParseError, parse};

/// Why there is no header.
#[derive(Debug, thiserror::Error)]
pub(super) enum HeaderError {
    #[error(transparent)]
    Parse(#[from] ParseError),
    #[error("the connection ended or failed")]
    Io(#[from] io::Error),
}

/// For whom the proxy speaks.
pub(super) async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Result<Proxied, HeaderError> {
    let mut buffer = [0_u8; MAX_LENGTH];
    let mut have = 0;
    loop {
        let needed = match parse(buffer.get(..have).unwrap_or_default()) {
            Ok(header) => return Ok(header.proxied),
            Err(ParseError::Incomplete { needed }) => needed,
            Err(error) => return Err(error.into()),
        };
        let room = buffer.get_mut(have..needed).unwrap_or_default();
        match stream.read(room).await? {
            0 => return Err(ParseError::Incomplete { needed }.into()),
            some => have += some,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn not_one_byte_behind_the_header_is_read_however_it_arrives() {
        let header = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0f\x0a\x14\x03\x04\x0a\0\0\x01\x1f\x90\x01\xbb\x04\0\0";
        let whole = [header.as_slice(), b"GET /"].concat();
        for at in 0..header.len() {
            let (before, after) = whole.split_at(at);
            let mut stream = before.chain(after);
            let proxied = read(&mut stream).await.unwrap();
            assert_eq!(proxied, Proxied::Client("10.20.3.4:8080".parse().unwrap()));
            let mut rest = Vec::new();
            stream.read_to_end(&mut rest).await.unwrap();
            assert_eq!(rest, b"GET /");
        }
    }

    #[tokio::test]
    async fn a_header_that_ends_early_or_is_none_is_an_error_at_once() {
        let cut = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\x0a";
        for at in 0..cut.len() {
            let error = read(&mut &cut[..at]).await.unwrap_err();
            assert!(matches!(error, HeaderError::Parse(ParseError::Incomplete { .. })), "{at}: {error}");
        }
        // It does not wait for sixteen bytes to see that this is something else.
        let mut short = tokio_test_stream(b"GET");
        assert!(matches!(read(&mut short).await, Err(HeaderError::Parse(ParseError::Signature))));
    }

    /// Some bytes, and then nothing for ever.
    fn tokio_test_stream(bytes: &[u8]) -> impl AsyncRead + Unpin {
        let (mut ours, theirs) = tokio::io::duplex(64);
        let bytes = bytes.to_vec();
        tokio::spawn(async move {
            use tokio::io::AsyncWriteExt as _;
            let _ = ours.write_all(&bytes).await;
            std::future::pending::<()>().await;
        });
        theirs
    }
}
