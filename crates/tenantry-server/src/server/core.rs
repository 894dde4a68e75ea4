//! What a running server consists of.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    time::Instant,
};

use arc_swap::ArcSwapOption;
use tenantry::{Alphabet, TenantId, TenantManager, config::HostConfig};

use tenantry_fastify::native::NativePlugin;

use super::{discovery::Discovery, running::Serving};
use crate::{
    error::Result,
    error_handler::ErrorHandler,
    identification::{Identification, Known},
    log::TenantLog,
    mount::Mounts,
    script::{PluginSources, Scripts},
    tenants::{Tenant, Tenants},
};

/// What a server consists of, running or not.
pub(crate) struct Core {
    pub(crate) config: HostConfig,
    pub(crate) database: Option<tenantry::Config>,
    pub(crate) alphabet: Alphabet,
    pub(crate) tenants: Arc<Tenants>,
    pub(crate) identification: Identification,
    pub(crate) error_handler: ArcSwapOption<ErrorHandler>,
    pub(crate) mounts: Mounts,
    pub(crate) discovery: Discovery,
    pub(crate) plugin_sources: PluginSources,
    pub(crate) native_plugins: Vec<Arc<dyn NativePlugin>>,
    pub(crate) holds_back_a_thread: bool,
    /// How JavaScript runs here; there once the server is prepared.
    pub(crate) scripts: OnceLock<Arc<Scripts>>,
    pub(crate) manager: OnceLock<TenantManager>,
    /// Whether the server closes the manager when it ends: its own, not one it was given.
    pub(crate) owns_manager: bool,
    pub(crate) is_preparing: tokio::sync::Mutex<bool>,
    pub(crate) serving: Mutex<Option<Serving>>,
    pub(crate) is_stopping: AtomicBool,
    pub(crate) since: Instant,
}

impl Core {
    pub(crate) fn local_addr(&self) -> Option<SocketAddr> {
        let serving = self.serving.lock().unwrap_or_else(PoisonError::into_inner);
        serving.as_ref().map(|serving| serving.address)
    }

    /// What ways of identification may go by.
    pub(crate) fn known(&self) -> Known<'_> {
        Known { alphabet: self.alphabet, manager: self.manager.get() }
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.is_stopping.load(SeqCst)
    }

    /// A tenant by its id, also one whose code has come since the start. One whose folder has gone
    /// is none once it is not loaded any more.
    pub(crate) async fn find(self: &Arc<Self>, id: &TenantId) -> Result<Option<Arc<Tenant>>> {
        if let Some(tenant) = self.tenants.get(id) {
            // Who is loaded is served on, wherever its code has gone; and a store is not asked for each
            // request.
            let stays = tenant.is_loaded() || !tenant.is_of_folder();
            if stays || self.discovery.is_there(id).await {
                return Ok(Some(tenant));
            }
            self.tenants.forget(&tenant);
        }
        self.discovery.find(self, id).await
    }

    /// Brings the list of tenants up to what their folder is now.
    pub(crate) async fn look_again(self: &Arc<Self>) -> Result<()> {
        self.discovery.again(self).await
    }

    /// A log for a tenant, as long as is configured.
    pub(crate) fn log_for(&self, id: &TenantId) -> Arc<TenantLog> {
        let logger = &self.config.logger;
        Arc::new(TenantLog::new(id.as_str(), logger.entries, logger.level))
    }
}
