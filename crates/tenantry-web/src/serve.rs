use std::{convert::Infallible, io, time::Duration};

use axum::{extract::Request, response::Response, serve::ListenerExt};
use tokio::{net::TcpListener, select, sync::oneshot, time::sleep};
use tower::{Service, make::Shared};

/// Serves `service`, a router or layers around one, until `shutdown` is done; then lets the requests under way end, for `drain` at
/// most.
///
/// What is sent is not held back to be sent with more (`TCP_NODELAY`).
///
/// ```no_run
/// # async fn example(tenants: tenantry::TenantManager, router: axum::Router) -> std::io::Result<()> {
/// use std::time::Duration;
/// use tenantry_web::{RequestIdLayer, serve, shutdown_signal};
/// use tower::Layer;
///
/// let listener = tokio::net::TcpListener::bind(("127.0.0.1", 3001)).await?;
/// let app = RequestIdLayer::new().layer(router);
/// serve(listener, app, shutdown_signal()?, Duration::from_secs(10)).await?;
/// tenants.close().await;
/// # Ok(())
/// # }
/// ```
///
/// A layer around the router is cheaper than one within, which every route gets a copy of, and hears
/// of requests that no route fits, too.
///
/// # Errors
///
/// Those of the listener.
pub async fn serve<S>(
    listener: TcpListener,
    service: S,
    shutdown: impl Future<Output = ()> + Send + 'static,
    drain: Duration,
) -> io::Result<()>
where
    S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    let (stop, stopping) = oneshot::channel::<()>();
    let listener = listener.tap_io(|stream| {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY is not set");
        }
    });
    let server = axum::serve(listener, Shared::new(service)).with_graceful_shutdown(async move {
        shutdown.await;
        drop(stop);
    });
    let too_late = async {
        // It ends when its other half is dropped.
        let _ = stopping.await;
        sleep(drain).await;
    };
    select! {
        served = server => served,
        () = too_late => {
            tracing::warn!("requests still under way after {drain:?} are given up");
            Ok(())
        }
    }
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
