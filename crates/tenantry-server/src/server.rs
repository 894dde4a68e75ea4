//! The server as a program holds it.

mod builder;
mod core;
mod discovery;
mod handle;
mod inject;
mod running;

use std::{fmt, net::SocketAddr, sync::Arc};

use bytes::Bytes;
use http::{Request, Response};
use tenantry::{TenantId, config::HostConfig};

pub(crate) use self::core::Core;
pub use self::{builder::MultiTenantServerBuilder, handle::TenantHandle, running::Running};
use crate::{
    error::{Result, ServerError},
    error_handler::{ErrorHandler, FailedRequest},
    identification::IdentificationStrategy,
    log::LogLine,
    stats::ServerStats,
    tenants::Tenant,
};

/// One process for the code of many tenants. Clones are cheap and share everything.
///
/// ```no_run
/// # async fn example() -> Result<(), tenantry_server::ServerError> {
/// use tenantry_server::MultiTenantServer;
///
/// let server = MultiTenantServer::builder()
///     .set("server.port", 3000)
///     .set("security.maxConcurrentTenants", 100)
///     .build()?;
/// server.start().await?;
///
/// let tenant = server.init_tenant("customer-123").await?;
/// println!("Loaded services: {:?}", tenant.list_services());
///
/// let stats = server.tenant_stats();
/// println!("Active tenants: {}/{}", stats.active, stats.total);
///
/// server.reload_tenant("customer-123").await?;
/// server.stop().await;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct MultiTenantServer {
    core: Arc<Core>,
}

impl MultiTenantServer {
    /// A server about to be made. Its configuration is that of the program: `tenantry.toml` and the
    /// environment, unless the builder is told otherwise.
    pub fn builder() -> MultiTenantServerBuilder {
        MultiTenantServerBuilder::new()
    }

    /// Connects to the database, if one is configured, loads the tenants, if that is configured, and
    /// listens. A tenant that cannot be loaded keeps nobody else out.
    ///
    /// # Errors
    ///
    /// [`ServerError::Listen`], [`ServerError::Database`], [`ServerError::Setup`]; nothing runs then.
    pub async fn start(&self) -> Result<Running> {
        running::start(&self.core).await
    }

    /// Like [`start`](Self::start), without listening: for [`inject`](Self::inject).
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start).
    pub async fn ready(&self) -> Result<()> {
        running::prepare(&self.core).await
    }

    /// Listens no longer, lets requests under way end for `server.shutdown_timeout` at most, ends the
    /// tenants' isolates, and closes connections to the database. Whether everything ended in time.
    ///
    /// If it is cancelled, what it began goes on.
    pub async fn stop(&self) -> bool {
        let core = Arc::clone(&self.core);
        tokio::spawn(async move { running::stop(&core).await }).await.unwrap_or(false)
    }

    /// Its configuration.
    #[must_use]
    pub fn config(&self) -> &HostConfig {
        &self.core.config
    }

    /// Whether it has a database, or will have one when it starts.
    #[must_use]
    pub fn has_database(&self) -> bool {
        self.core.database.is_some() || self.core.manager.get().is_some()
    }

    /// Where it listens, if it does.
    #[must_use]
    pub fn local_addr(&self) -> Option<SocketAddr> {
        self.core.local_addr()
    }

    /// Loads a tenant if it is not loaded; one that could not be loaded is tried at once.
    ///
    /// # Errors
    ///
    /// [`ServerError::TenantNotFound`], [`ServerError::TenantsUnavailable`], [`ServerError::TenantInactive`],
    /// [`ServerError::TenantBroken`] with every broken part, [`ServerError::Full`].
    pub async fn init_tenant(&self, id: &str) -> Result<TenantHandle> {
        let tenant = self.tenant(id).await?;
        let loaded = tenant.init(&self.core.tenants).await?;
        Ok(TenantHandle::new(tenant.id().clone(), loaded))
    }

    /// Builds a tenant's code as it is now, and switches to it. Requests under way end in what they
    /// began in. Where the new version cannot be built, the old one stays.
    ///
    /// # Errors
    ///
    /// As [`init_tenant`](Self::init_tenant).
    pub async fn reload_tenant(&self, id: &str) -> Result<TenantHandle> {
        let tenant = self.tenant(id).await?;
        let loaded = tenant.reload(&self.core.tenants).await?;
        Ok(TenantHandle::new(tenant.id().clone(), loaded))
    }

    /// Unloads a tenant when its requests under way have ended; its next request loads it again.
    /// Whether it was loaded.
    ///
    /// # Errors
    ///
    /// [`ServerError::TenantNotFound`].
    pub async fn unload_tenant(&self, id: &str) -> Result<bool> {
        Ok(self.tenant(id).await?.unload().await)
    }

    /// How the tenants stand, and what they use. One that has come to a folder or a store since the start is among
    /// them from its first request on, or once the admin's endpoint has been asked for the list.
    #[must_use]
    pub fn tenant_stats(&self) -> ServerStats {
        ServerStats::of(&self.core)
    }

    /// The last lines of a tenant's log, oldest first.
    ///
    /// # Errors
    ///
    /// [`ServerError::TenantNotFound`].
    pub async fn tenant_log(&self, id: &str) -> Result<Vec<LogLine>> {
        Ok(self.tenant(id).await?.log().lines())
    }

    /// Answers a request without a socket, as for a test.
    pub async fn inject<B: Into<Bytes>>(&self, request: Request<B>) -> Response<Bytes> {
        inject::inject(&self.core, request.map(Into::into)).await
    }

    /// From the next request on, this tells which tenant a request is for.
    ///
    /// ```no_run
    /// # fn example(server: tenantry_server::MultiTenantServer) -> Result<(), Box<dyn std::error::Error>> {
    /// use tenantry_server::identification::{Identify, always, header};
    ///
    /// let default = tenantry_server::TenantId::parse("default")?;
    /// server.set_identification_strategy(header("x-custom-tenant").or(always(default)));
    /// # Ok(())
    /// # }
    /// ```
    pub fn set_identification_strategy(&self, strategy: impl IdentificationStrategy) {
        self.core.identification.set(strategy);
    }

    /// From the next request on, this answers errors that no tenant's own handler has answered.
    ///
    /// ```no_run
    /// # fn example(server: tenantry_server::MultiTenantServer) {
    /// use axum::{Json, http::StatusCode};
    /// use serde_json::json;
    /// use tenantry_server::FailedRequest;
    ///
    /// server.set_error_handler(async |failed: FailedRequest| {
    ///     tracing::error!(tenant = %failed.tenant().id(), error = %failed.message(), "Tenant-specific error");
    ///     let config = failed.tenant().config();
    ///     let message = match config["customErrors"].as_bool() {
    ///         Some(true) => config["errorMessages"][failed.code()].as_str().unwrap_or("Unknown error"),
    ///         _ => "Internal server error",
    ///     };
    ///     (StatusCode::INTERNAL_SERVER_ERROR, Json(json!({"success": false, "error": message})))
    /// });
    /// # }
    /// ```
    pub fn set_error_handler<F, Fut, R>(&self, handler: F)
    where
        F: Fn(FailedRequest) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = R> + Send + 'static,
        R: axum::response::IntoResponse,
    {
        self.core.error_handler.store(Some(Arc::new(ErrorHandler::new(handler))));
    }

    pub(crate) async fn tenant(&self, id: &str) -> Result<Arc<Tenant>> {
        running::prepare(&self.core).await?;
        let id = TenantId::parse_with(self.core.alphabet, id).map_err(tenantry::Error::from)?;
        self.core.find(&id).await?.ok_or(ServerError::TenantNotFound(id))
    }

    pub(crate) fn core(&self) -> &Arc<Core> {
        &self.core
    }

    pub(crate) fn of(core: &Arc<Core>) -> Self {
        Self { core: Arc::clone(core) }
    }
}

impl fmt::Debug for MultiTenantServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MultiTenantServer")
            .field("address", &self.local_addr())
            .finish_non_exhaustive()
    }
}
