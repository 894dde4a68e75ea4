//! A server for HTTP/1.1 that ends well.

mod connection;
mod stop;

use std::{convert::Infallible, io, pin::pin, sync::Arc, time::Duration};

use axum::{extract::Request, response::Response};
use tokio::{
    net::{TcpListener, TcpStream},
    select,
    sync::mpsc,
    time::{sleep, timeout},
};
use tower::Service;

use self::{connection::connection, stop::Stop};

/// How long nothing is accepted after the system had nothing to accept it with.
const EXHAUSTED: Duration = Duration::from_millis(200);

/// Serves `service`, a router or layers around one, by HTTP/1.1 until `shutdown` is done; then lets the
/// requests under way end, for `drain` at most.
///
/// What is sent is not held back to be sent with more (`TCP_NODELAY`). Connections may be upgraded, as for
/// WebSockets. There is no HTTP/2 and no TLS: for these there is a proxy in front, or `axum::serve`.
///
/// ```no_run
/// # async fn example(tenants: tenantry::TenantManager, router: axum::Router) -> std::io::Result<()> {
/// use std::time::Duration;
/// use tenantry_web::{RequestIdLayer, serve, shutdown_signal};
/// use tower::Layer;
///
/// let listener = tokio::net::TcpListener::bind(("127.0.0.1", 3001)).await?;
/// let app = RequestIdLayer::new().layer(router);
/// serve(listener, app, shutdown_signal()?, Duration::from_secs(10)).await;
/// tenants.close().await;
/// # Ok(())
/// # }
/// ```
///
/// A layer around the router is cheaper than one within, which every route gets a copy of, and hears
/// of requests that no route fits, too.
///
/// While the system has no descriptor or memory for one more connection, that is logged, and tried again.
pub async fn serve<S>(
    listener: TcpListener,
    service: S,
    shutdown: impl Future<Output = ()> + Send + 'static,
    drain: Duration,
) where
    S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    serve_with(listener, service, shutdown, drain, ServeOptions::default()).await;
}

/// What [`serve_with`] does beside what [`serve()`] does.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct ServeOptions {
    /// The largest head of a request, in bytes, 8,192 at least: beyond, the answer is 431. hyper's
    /// own bound if it is none.
    pub max_head: Option<usize>,
    /// How long a client may take for a request's head, the wait for one on a kept connection
    /// included. As long as it likes if it is none.
    pub head_timeout: Option<Duration>,
    /// Whether each request has its client's address among its extensions, as
    /// [`ConnectInfo<SocketAddr>`](axum::extract::ConnectInfo).
    pub with_peer: bool,
}

impl ServeOptions {
    /// Bounds on a request's head, and the client's address.
    #[must_use]
    pub fn guarded(max_head: usize, head_timeout: Duration) -> Self {
        let (max_head, head_timeout) = (Some(max_head), Some(head_timeout));
        Self { max_head, head_timeout, with_peer: true }
    }
}

/// Like [`serve()`], with bounds for clients.
pub async fn serve_with<S>(
    listener: TcpListener,
    service: S,
    shutdown: impl Future<Output = ()> + Send + 'static,
    drain: Duration,
    options: ServeOptions,
) where
    S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    let stop = Arc::new(Stop::new());
    // Each connection has a clone; when the last one has ended, nothing is there to be received.
    let (alive, mut ended) = mpsc::channel::<Infallible>(1);
    let mut shutdown = pin!(shutdown);
    loop {
        let accepted = select! {
            accepted = listener.accept() => accepted,
            () = &mut shutdown => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                without_delay(&stream);
                let peer = options.with_peer.then_some(peer);
                let (service, stop, alive) = (service.clone(), Arc::clone(&stop), alive.clone());
                tokio::spawn(async move {
                    connection(stream, peer, service, &stop, options).await;
                    drop(alive);
                });
            }
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                tracing::error!(%error, "no connection can be accepted just now");
                sleep(EXHAUSTED).await;
            }
        }
    }
    drop((listener, service, alive));
    stop.stop();
    if timeout(drain, ended.recv()).await.is_err() {
        tracing::warn!("requests still under way after {drain:?} are given up");
    }
}

fn without_delay(stream: &TcpStream) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY is not set");
    }
}

/// Whether the one that was to be accepted has gone already.
fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::Interrupted
    )
}

/// Ends with Ctrl-C or SIGTERM. Signals count from this call on.
///
/// # Errors
///
/// When signals cannot be listened to.
#[cfg(unix)]
pub fn shutdown_signal() -> io::Result<impl Future<Output = ()> + Send + 'static> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}
