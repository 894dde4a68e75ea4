//! Starting and stopping.

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, PoisonError, atomic::Ordering::SeqCst},
    time::Duration,
};

use futures_util::StreamExt;
use tenantry::TenantManager;
use tenantry_web::{RequestIdLayer, ServeOptions, serve_with};
use tokio::{
    net::TcpListener,
    sync::oneshot,
    task::JoinHandle,
    time::{Instant, timeout},
};
use tower::Layer;

use super::Core;
use crate::{
    edge::Edge,
    error::{Result, ServerError},
    script::Scripts,
};

/// How long a client may take for the head of a request, and keep a connection that it does not use.
const HEAD_WITHIN: Duration = Duration::from_secs(60);
/// How long tenants, and then the database's connections, may take to end when the time is over.
const AFTERWARDS: Duration = Duration::from_secs(1);

/// A server that listens.
#[derive(Clone, Copy, Debug)]
pub struct Running {
    address: SocketAddr,
}

impl Running {
    /// Where it listens.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }
}

/// What listens.
pub(crate) struct Serving {
    pub(crate) address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
    looking: JoinHandle<()>,
}

/// Connects, and loads what is to be loaded at the start.
pub(super) async fn prepare(core: &Arc<Core>) -> Result<()> {
    let mut is_done = core.is_preparing.lock().await;
    if *is_done {
        return Ok(());
    }
    if core.is_stopping() {
        return Err(ServerError::Closed);
    }
    if core.manager.get().is_none()
        && let Some(database) = &core.database
    {
        let manager = TenantManager::connect(database.clone()).await?;
        // Nobody else sets it: the lock is held.
        let _ = core.manager.set(manager);
    }
    let scripts = Scripts::new(core).await?;
    let _ = core.scripts.set(scripts);
    let tenants = core.discovery.all(core).await?;
    if core.config.tenants.auto_load {
        let at_once = std::thread::available_parallelism().map_or(2, usize::from);
        let first = tenants.into_iter().take(core.config.tenants.max_concurrent);
        let loading = first.map(|tenant| {
            let tenants = Arc::clone(&core.tenants);
            // What went wrong is kept with the tenant.
            async move { drop(tenant.init(&tenants).await) }
        });
        futures_util::stream::iter(loading).buffer_unordered(at_once).collect::<()>().await;
    }
    *is_done = true;
    Ok(())
}

pub(super) async fn start(core: &Arc<Core>) -> Result<Running> {
    if let Some(address) = core.local_addr() {
        return Ok(Running { address });
    }
    let (listener, address) = listen(core).await?;
    prepare(core).await?;
    let (stop, stopped) = oneshot::channel();
    let edge = RequestIdLayer::new().layer(Edge::new(core));
    let limits = &core.config.limits;
    let options = ServeOptions::guarded(limits.header_bytes, HEAD_WITHIN);
    let drain = core.config.listen.shutdown_timeout;
    let task = tokio::spawn(async move {
        let stopped = async {
            // If the sender is gone, so is the server.
            let _ = stopped.await;
        };
        serve_with(listener, edge, stopped, drain, options).await;
    });
    let tenants = Arc::clone(&core.tenants);
    let looking = tokio::spawn(async move { tenants.look_after().await });
    let serving = Serving { address, stop: Some(stop), task, looking };
    *core.serving.lock().unwrap_or_else(PoisonError::into_inner) = Some(serving);
    Ok(Running { address })
}

async fn listen(core: &Core) -> Result<(TcpListener, SocketAddr)> {
    let listen = &core.config.listen;
    let cannot = |source: io::Error| ServerError::Listen {
        address: format!("{}:{}", listen.host, listen.port),
        source: Arc::new(source),
    };
    let listener = TcpListener::bind((listen.host.as_str(), listen.port)).await.map_err(cannot)?;
    let address = listener.local_addr().map_err(cannot)?;
    Ok((listener, address))
}

/// Whether everything ended in time.
pub(super) async fn stop(core: &Arc<Core>) -> bool {
    if core.is_stopping.swap(true, SeqCst) {
        return true;
    }
    let until = Instant::now() + core.config.listen.shutdown_timeout;
    let serving = core.serving.lock().unwrap_or_else(PoisonError::into_inner).take();
    let mut in_time = true;
    if let Some(mut serving) = serving {
        if let Some(stop) = serving.stop.take() {
            // If nobody hears it, serving has ended already.
            let _ = stop.send(());
        }
        let _ = serving.task.await;
        serving.looking.abort();
        in_time = Instant::now() < until;
    }
    let left = until.saturating_duration_since(Instant::now()).max(AFTERWARDS);
    if timeout(left, core.tenants.close()).await.is_err() {
        tracing::warn!("tenants that have not ended in time are given up");
        in_time = false;
    }
    if let Some(scripts) = core.scripts.get() {
        scripts.close().await;
    }
    if core.owns_manager
        && let Some(manager) = core.manager.get()
    {
        let left = until.saturating_duration_since(Instant::now()).max(AFTERWARDS);
        let report = manager.close_within(left).await;
        in_time &= report.left == 0;
    }
    in_time
}
