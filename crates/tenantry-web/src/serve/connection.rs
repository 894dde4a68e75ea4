use std::{
    convert::Infallible,
    future::poll_fn,
    net::SocketAddr,
    pin::pin,
    sync::{Mutex, PoisonError},
    task::{Context, Poll, Waker},
};

use axum::{
    body::Body,
    extract::{ConnectInfo, Request},
    response::Response,
};
use futures_util::future::Either;
use hyper::{body::Incoming, server::conn::http1};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tower::{Service, ServiceExt, util::Oneshot};

use super::{ServeOptions, stop::Stop};

/// Answers one connection's requests, one after the other, until either side ends it.
pub(super) async fn connection<S>(
    stream: TcpStream,
    peer: Option<SocketAddr>,
    service: S,
    stop: &Stop,
    options: ServeOptions,
) where
    S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    let mut http = http1::Builder::new();
    // Answers are short: one buffer and a send cost less than two and a gathering write.
    http.writev(false);
    if let Some(bytes) = options.max_head {
        http.max_buf_size(bytes.max(8_192));
    }
    if let Some(within) = options.head_timeout {
        http.timer(TokioTimer::new()).header_read_timeout(within);
    }
    let service = OneByOne { service: Mutex::new(service), peer };
    let serving = http.serve_connection(TokioIo::new(stream), service).with_upgrades();
    let (mut serving, mut watch) = (pin!(serving), stop.watch());
    let mut is_told = false;
    let served = poll_fn(|cx| {
        if !is_told && watch.is_stopped(cx) {
            is_told = true;
            serving.as_mut().graceful_shutdown();
        }
        serving.as_mut().poll(cx)
    });
    if let Err(error) = served.await {
        // Mostly a client that has gone.
        tracing::trace!(%error, "a connection has ended");
    }
}

/// A service whose connection asks for one answer at a time, so that no clone is needed for each.
struct OneByOne<S> {
    service: Mutex<S>,
    peer: Option<SocketAddr>,
}

impl<S> hyper::service::Service<hyper::Request<Incoming>> for OneByOne<S>
where
    S: Service<Request, Response = Response, Error = Infallible> + Clone,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Either<S::Future, Oneshot<S, Request>>;

    fn call(&self, request: hyper::Request<Incoming>) -> Self::Future {
        let mut request = request.map(Body::new);
        if let Some(peer) = self.peer {
            request.extensions_mut().insert(ConnectInfo(peer));
        }
        let mut service = self.service.lock().unwrap_or_else(PoisonError::into_inner);
        match service.poll_ready(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Ok(())) => Either::Left(service.call(request)),
            Poll::Pending => Either::Right(service.clone().oneshot(request)),
        }
    }
}
