use std::{io, time::Duration};

use axum::serve::ListenerExt;
use tenantry_web::TenantManager;
use tokio::{net::TcpListener, select, sync::oneshot, time::sleep};

use crate::router;

/// How long requests under way may take once the server is to stop.
const DRAIN: Duration = Duration::from_secs(10);

/// Serves the API until `shutdown`, lets the requests under way end, and closes the manager.
///
/// # Errors
///
/// Those of the listener.
pub async fn serve(
    tenants: TenantManager,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let (stop, stopping) = oneshot::channel::<()>();
    let listener = listener.tap_io(|stream| {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY is not set");
        }
    });
    let server = axum::serve(listener, router(tenants.clone())).with_graceful_shutdown(async move {
        shutdown.await;
        drop(stop);
    });
    let too_late = async {
        let _ = stopping.await;
        sleep(DRAIN).await;
    };
    let served = select! {
        served = server => served,
        () = too_late => {
            tracing::warn!("requests still under way after {DRAIN:?} are given up");
            Ok(())
        }
    };
    tenants.close().await;
    served
}
