//! A raw connection under watch, from its first byte to its last: time limits, and leaving when the listener is full.
//!
//! It is the innermost layer, below PROXY and TLS, so that one set of limits holds for handshakes, headers and answers.
//! There is one timer for each connection, which is moved only when a limit comes nearer: a request that arrives in one
//! piece costs none. Bodies have their limit where they are read (`web/form.rs`).

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

use super::Limits;
use super::slots::Slot;
use super::socket::Raw;

/// The connection.
pub(super) struct Watched {
    raw: Raw,
    limits: Limits,
    /// The one timer; it may ring early, never late.
    timer: Pin<Box<Sleep>>,
    /// When the first byte of what is to become a request came, and how many requests had begun then.
    heading: Option<(Instant, u32)>,
    /// Since when an answer waits for the client to take it.
    stalled: Option<Instant>,
    waker: Option<Waker>,
    slot: Slot,
}

/// Why a connection is closed by us; the metric label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Over {
    /// A keep-alive connection rested long enough: nothing to tell.
    Idle,
    SlowHeader,
    SlowReader,
    /// The listener is full, or the server stops.
    Leaving,
}

impl Watched {
    pub fn new(raw: Raw, slot: Slot, limits: Limits) -> Self {
        let timer = Box::pin(sleep_until(Instant::now() + limits.header_timeout));
        Self { raw, limits, timer, heading: None, stalled: None, waker: None, slot }
    }

    /// The slot in which it stands.
    pub const fn slot(&self) -> &Slot {
        &self.slot
    }

    /// What is due next, and why.
    fn due(&self) -> Option<(Instant, Over)> {
        let link = &self.slot.link;
        if let Some(stalled) = self.stalled {
            return Some((stalled + self.limits.write_timeout, Over::SlowReader));
        }
        if link.is_busy() {
            return None;
        }
        let begun = link.begun();
        match self.heading {
            Some((since, before)) if before == begun => Some((since + self.limits.header_timeout, Over::SlowHeader)),
            _ if begun == 0 => Some((link.resting_since() + self.limits.header_timeout, Over::SlowHeader)),
            _ => Some((link.resting_since() + self.limits.idle_timeout, Over::Idle)),
        }
    }

    /// Called when there is nothing to do but wait: says whether there is anything to wait for.
    fn check(&mut self, cx: &mut Context<'_>) -> Result<(), io::Error> {
        if self.waker.as_ref().is_none_or(|known| !known.will_wake(cx.waker())) {
            self.waker = Some(cx.waker().clone());
            self.slot.link.wake_by(cx.waker());
        }
        loop {
            if self.slot.link.is_leaving() && !self.slot.link.is_busy() && self.stalled.is_none() {
                return Err(self.close(Over::Leaving));
            }
            let due = self.due();
            if let Some((due, why)) = due {
                if due <= Instant::now() {
                    return Err(self.close(why));
                }
                if due < self.timer.deadline() {
                    self.timer.as_mut().reset(due);
                }
            }
            if self.timer.as_mut().poll(cx).is_pending() {
                return Ok(());
            }
            // It rang for a limit that has moved on since.
            let next = due.map_or_else(|| Instant::now() + self.limits.header_timeout, |(due, _)| due);
            self.timer.as_mut().reset(next);
        }
    }

    fn close(&self, why: Over) -> io::Error {
        let (why, kind) = match why {
            Over::Idle => return io::Error::new(io::ErrorKind::TimedOut, "the connection rested long enough"),
            // The one that made room has counted it.
            Over::Leaving => return io::Error::new(io::ErrorKind::ConnectionAborted, "room for others"),
            Over::SlowHeader => ("slow_header", io::ErrorKind::TimedOut),
            Over::SlowReader => ("slow_reader", io::ErrorKind::TimedOut),
        };
        metrics::counter!("octroi_connection_closed_total", "listener" => self.slot.listener.to_string(), "why" => why)
            .increment(1);
        io::Error::new(kind, why)
    }

    fn written<T>(&mut self, cx: &mut Context<'_>, outcome: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if outcome.is_pending() {
            // Counted until all is taken: a client that takes a byte now and then is slow all the same.
            self.stalled.get_or_insert_with(Instant::now);
            self.check(cx)?;
        }
        outcome
    }
}

impl AsyncRead for Watched {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buf.filled().len();
        let outcome = Pin::new(&mut this.raw).poll_read(cx, buf);
        match &outcome {
            Poll::Pending => this.check(cx)?,
            Poll::Ready(Ok(())) if buf.filled().len() > before => {
                let begun = this.slot.link.begun();
                if !this.slot.link.is_busy() && this.heading.is_none_or(|(_, before)| before != begun) {
                    this.heading = Some((Instant::now(), begun));
                }
            }
            Poll::Ready(_) => {}
        }
        outcome
    }
}

impl AsyncWrite for Watched {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let outcome = Pin::new(&mut this.raw).poll_write(cx, buf);
        this.written(cx, outcome)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let outcome = Pin::new(&mut this.raw).poll_write_vectored(cx, bufs);
        this.written(cx, outcome)
    }

    fn is_write_vectored(&self) -> bool {
        self.raw.is_write_vectored()
    }

    /// Called by the layers above when they have nothing left to write.
    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let outcome = Pin::new(&mut this.raw).poll_flush(cx);
        if let Poll::Ready(Ok(())) = outcome {
            this.stalled = None;
        }
        outcome
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let outcome = Pin::new(&mut this.raw).poll_shutdown(cx);
        this.written(cx, outcome)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::UnixStream;

    use super::*;
    use crate::web::listen::slots::Slots;

    const LONG: Duration = Duration::from_secs(60);
    const SHORT: Duration = Duration::from_millis(50);

    async fn watched(limits: Limits) -> (UnixStream, Watched) {
        let (client, server) = UnixStream::pair().unwrap();
        let slot = Slots::new("office".into(), 16).take().await;
        (client, Watched::new(Raw::Right(server), slot, limits))
    }

    fn limits(header_timeout: Duration, idle_timeout: Duration, write_timeout: Duration) -> Limits {
        Limits { max_connections: 16, header_timeout, idle_timeout, write_timeout }
    }

    #[tokio::test]
    async fn an_answer_that_nobody_takes_ends_although_some_bytes_are_taken() {
        let (mut client, mut server) = watched(limits(LONG, LONG, SHORT * 4)).await;
        let taking = tokio::spawn(async move {
            let mut some = [0; 16];
            loop {
                if client.read_exact(&mut some).await.is_err() {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        });
        let error = server.write_all(&vec![0; 8 << 20]).await.unwrap_err();
        assert_eq!((error.kind(), error.to_string().as_str()), (io::ErrorKind::TimedOut, "slow_reader"));
        taking.abort();
    }

    #[tokio::test]
    async fn a_header_has_its_limit_and_a_connection_at_rest_another() {
        let (mut client, mut server) = watched(limits(SHORT, LONG, LONG)).await;
        client.write_all(b"GET").await.unwrap();
        let mut header = [0; 4];
        assert_eq!(server.read_exact(&mut header).await.unwrap_err().to_string(), "slow_header");
        let (_client, mut server) = watched(limits(LONG, SHORT, LONG)).await;
        let link = server.slot().link.clone();
        link.begin_request();
        let waiting = tokio::time::timeout(SHORT * 3, server.read_u8()).await;
        assert!(waiting.is_err(), "a request under way has no limit here");
        link.end_request();
        // The timer was set for the header, and the limit at rest is nearer.
        assert_eq!(server.read_u8().await.unwrap_err().kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn who_has_to_leave_leaves_after_the_request_that_is_under_way() {
        let slots = Slots::new("office".into(), 16);
        let (_client, server) = UnixStream::pair().unwrap();
        let mut server = Watched::new(Raw::Right(server), slots.take().await, limits(LONG, LONG, LONG));
        let link = server.slot().link.clone();
        link.begin_request();
        slots.close_all_at_rest();
        let waiting = tokio::time::timeout(SHORT, server.read_u8()).await;
        assert!(waiting.is_err());
        let ((), ended) = tokio::join!(async { link.end_request() }, server.read_u8());
        assert_eq!(ended.unwrap_err().kind(), io::ErrorKind::ConnectionAborted);
    }
}
