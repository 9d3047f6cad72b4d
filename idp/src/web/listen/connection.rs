//! What a connection tells its requests: whence it comes. And what its requests tell the connection: that one is under way.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::Router;
use axum::extract::Request;
use axum::response::Response;
use pin_project_lite::pin_project;
use tower::Service;

use super::slots::Link;
use crate::network::Arrival;

/// In the extensions of each request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Connection {
    /// Peer and PROXY header, for the zone.
    pub arrival: Arrival,
}

/// The router, as one connection calls it.
#[derive(Clone)]
pub(super) struct Entered {
    router: Router,
    connection: Connection,
    link: Arc<Link>,
}

impl Entered {
    pub const fn new(router: Router, connection: Connection, link: Arc<Link>) -> Self {
        Self { router, connection, link }
    }
}

impl<B> Service<Request<B>> for Entered
where
    Router: Service<Request<B>, Response = Response, Error = Infallible>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = UnderWay<<Router as Service<Request<B>>>::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.router.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        request.extensions_mut().insert(self.connection);
        self.link.begin_request();
        UnderWay { answer: self.router.call(request), link: self.link.clone() }
    }
}

pin_project! {
    /// A request under way, until its answer is there or nobody waits for it any more.
    pub(super) struct UnderWay<F> {
        #[pin]
        answer: F,
        link: Arc<Link>,
    }

    impl<F> PinnedDrop for UnderWay<F> {
        fn drop(this: Pin<&mut Self>) {
            this.link.end_request();
        }
    }
}

impl<F: Future> Future for UnderWay<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let answer = ready!(self.project().answer.poll(cx));
        Poll::Ready(answer)
    }
}
